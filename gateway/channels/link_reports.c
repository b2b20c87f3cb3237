/*
 * What the operator sends by itself: receipts, which become reports, and what subscribers
 * write; both are answered when they are durable.
 */
#include "gateway/channels/link_pieces.h"

#include <string.h>

#include "gateway/config.h"
#include "gateway/gateway.h"
#include "gateway/inbound.h"
#include "gateway/reports.h"
#include "routing/delivery.h"
#include "smpp/command.h"
#include "smpp/receipt.h"

/* An id of a receipt and of its response are equal in these forms. */
static const enum smpp_id_form receipt_forms[] = {
    [CONFIG_ID_AS_IS] = SMPP_ID_AS_IS,
    [CONFIG_ID_RECEIPT_HEX] = SMPP_ID_HEX,
    [CONFIG_ID_RECEIPT_DECIMAL] = SMPP_ID_DECIMAL,
    [CONFIG_ID_ANY_CASE] = SMPP_ID_FOLDED,
    [CONFIG_ID_NO_ZEROS] = SMPP_ID_FOLDED,
};

/* UNKNOWN is news, not a failure: the final word may still come, or the deadline. */
static const struct {
    enum attempt_event event;
    enum reason reason;
} states[] = {
    [SMPP_STATE_SCHEDULED] = {ATTEMPT_EV_REPORT_ACCEPTED,  REASON_NONE       },
    [SMPP_STATE_ENROUTE] = {ATTEMPT_EV_REPORT_ACCEPTED,  REASON_NONE       },
    [SMPP_STATE_DELIVERED] = {ATTEMPT_EV_REPORT_DELIVERED, REASON_NONE       },
    [SMPP_STATE_EXPIRED] = {ATTEMPT_EV_REPORT_EXPIRED,   REASON_EXPIRED    },
    [SMPP_STATE_DELETED] = {ATTEMPT_EV_REPORT_FAILED,    REASON_UNREACHABLE},
    [SMPP_STATE_UNDELIVERABLE] = {ATTEMPT_EV_REPORT_FAILED,    REASON_UNREACHABLE},
    [SMPP_STATE_ACCEPTED] = {ATTEMPT_EV_REPORT_ACCEPTED,  REASON_NONE       },
    [SMPP_STATE_UNKNOWN] = {ATTEMPT_EV_REPORT_ACCEPTED,  REASON_NONE       },
    [SMPP_STATE_REJECTED] = {ATTEMPT_EV_REPORT_FAILED,    REASON_BLOCKED    },
    [SMPP_STATE_SKIPPED] = {ATTEMPT_EV_REPORT_FAILED,    REASON_UNREACHABLE},
};

static void copy_text(struct smpp_octets from, char *out, size_t room_size)
{
    size_t size = from.size < room_size - 1 ? from.size : room_size - 1;

    if (size > 0)
        memcpy(out, from.data, size);
    out[size] = 0;
}

static uint32_t code_of(struct smpp_octets error)
{
    uint32_t code = 0;

    for (uint32_t i = 0; i < error.size && i < 9; i++) {
        if (error.data[i] < '0' || error.data[i] > '9')
            return 0;
        code = code * 10 + (uint32_t)(error.data[i] - '0');
    }
    return code;
}

/* The report is durable: the operator may forget it. */
static void acknowledge(void *owner, const struct store_effect *effect)
{
    struct gateway *gateway = owner;
    struct link *link = gateway->links[effect->extra >> 16];
    struct bind *bind = &link->binds[effect->extra & 0xFFFF];

    if (bind->conn && bind->session == effect->target)
        smpp_session_answer_deliver(smpp_conn_session(bind->conn), effect->number,
                                    (uint32_t)effect->id, ESME_ROK);
}

static void answer(struct bind *bind, const struct smpp_pdu *request, uint32_t status)
{
    smpp_session_answer_deliver(smpp_conn_session(bind->conn), request->sequence,
                                request->command, status);
}

void link_on_deliver(void *owner, const struct smpp_pdu *request)
{
    struct bind *bind = owner;
    struct link *link = bind->link;
    const struct store_effect ack = {
        .run = acknowledge,
        .target = bind->session,
        .id = request->command,
        .number = request->sequence,
        .extra = (uint32_t)link->config_index << 16 | bind->index,
    };
    char scratch[SMPP_RECEIPT_SCRATCH_SIZE];
    char id[SMPP_RECEIPT_ID_MAX_SIZE + 1];
    char source[24];
    char destination[24];
    struct smpp_receipt receipt;
    struct report_news news = {.provider_id = id,
                               .source = source,
                               .destination = destination,
                               .text = "",
                               .event = ATTEMPT_EV_REPORT_ACCEPTED};

    if (!smpp_receipt_read(request, NULL, scratch, sizeof(scratch), &receipt)) {
        uint32_t status =
            inbound_take(link->gateway, link->number, bind->session, request, &ack);

        if (status != ESME_ROK)
            answer(bind, request, status);
        return;
    }
    id[smpp_receipt_id_canonical(receipt_forms[link->config->id_rule], receipt.id, id)] = 0;
    copy_text(request->destination, source, sizeof(source));
    copy_text(request->source, destination, sizeof(destination));
    if (receipt.state >= 0 && !receipt.is_intermediate) {
        news.event = (uint8_t)states[receipt.state].event;
        news.reason = states[receipt.state].reason;
    }
    news.code = code_of(receipt.error);
    if (!reports_in(link->gateway, link->number, &news, &ack))
        answer(bind, request, ESME_RX_T_APPN);
}
