/*
 * What the operator sends by itself: receipts, which become reports, and what subscribers
 * write; both are answered when they are durable.
 */
#include "gateway/channels/link_pieces.h"

#include <string.h>

#include "gateway/config.h"
#include "gateway/dictionary.h"
#include "gateway/gateway.h"
#include "gateway/inbound.h"
#include "gateway/reports.h"
#include "smpp/command.h"
#include "smpp/receipt.h"

enum { TEXT_SIZE = 48 };

static struct smpp_octets without_plus(struct smpp_octets number)
{
    if (number.size > 0 && number.data[0] == '+')
        return (struct smpp_octets){number.data + 1, number.size - 1};
    return number;
}

static void copy_reference(const struct smpp_pdu *request, struct report_news *news)
{
    const struct smpp_tlv *reference =
        smpp_pdu_tlv(request, SMPP_TLV_USER_MESSAGE_REFERENCE);

    news->has_user_message_reference = reference && reference->size == 2;
    if (news->has_user_message_reference)
        news->user_message_reference = (uint16_t)smpp_tlv_integer(reference);
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

static void refuse(struct bind *bind, const struct smpp_pdu *request, uint32_t status)
{
    struct link *link = bind->link;

    if (!link->config->refuse_deliveries) {
        link->unreceived++;
        status = ESME_ROK;
    }
    smpp_session_answer_deliver(smpp_conn_session(bind->conn), request->sequence,
                                request->command, status);
}

void link_on_deliver(void *owner, const struct smpp_pdu *request)
{
    struct bind *bind = owner;
    const struct link *link = bind->link;
    const struct link *of = link->gateway->links[link->config->reports_of];
    const struct store_effect ack = {
        .run = acknowledge,
        .target = bind->session,
        .id = request->command,
        .number = request->sequence,
        .extra = (uint32_t)link->config_index << 16 | bind->index,
    };
    char scratch[SMPP_RECEIPT_SCRATCH_SIZE];
    char id[SMPP_RECEIPT_ID_MAX_SIZE + 1];
    char source[LINK_ADDRESS_SIZE];
    char destination[LINK_ADDRESS_SIZE];
    char text[TEXT_SIZE];
    struct smpp_receipt receipt;
    struct report_news news = {
        .provider_id = id, .source = source, .destination = destination, .text = text};

    if (!smpp_receipt_read(request, &of->config->receipt_form, scratch, sizeof(scratch),
                           &receipt)) {
        uint32_t status =
            inbound_take(link->gateway, link->number, bind->session, request, &ack);

        if (status != ESME_ROK)
            refuse(bind, request, status);
        return;
    }
    if (receipt.id.size > SMPP_RECEIPT_ID_MAX_SIZE)
        receipt.id.size = 0; /* no answer's */
    smpp_octets_text(receipt.id, id, sizeof(id));
    smpp_octets_text(without_plus(request->destination), source, sizeof(source));
    smpp_octets_text(without_plus(request->source), destination, sizeof(destination));
    link_read_number(of, request->source_ton, destination);
    if (link_rewrites_sources(of))
        source[0] = 0;
    smpp_octets_text(receipt.text, text, sizeof(text));
    copy_reference(request, &news);
    link_receipt_news(of->config, &receipt, &news);
    dictionary_read_report(of->config, request, &news);
    if (!reports_in(link->gateway, of->number, &news, &ack))
        refuse(bind, request, ESME_RX_T_APPN);
}
