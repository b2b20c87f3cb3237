/* query_sm (SMPP 3.4 4.8): what is told of the messages of an id. */
#include "gateway/operations_pieces.h"

#include <string.h>

#include "gateway/receipts.h"
#include "routing/code.h"
#include "smpp/command.h"
#include "smpp/receipt.h"
#include "smpp/timestamp.h"

/* One octet for what may be more (6.1: the network's own). */
static uint8_t code_of(const struct gateway *gateway, const struct live *live,
                       const struct body *body)
{
    uint32_t code = code_number(receipts_code(gateway, live, body));

    return code > UINT8_MAX ? UINT8_MAX : (uint8_t)code;
}

static void tell(struct operation *operation, const struct live *live,
                 const struct body *body)
{
    enum smpp_message_state state = receipts_state(operation->gateway, live, body);

    if (live->message.state != MESSAGE_ENDED) {
        operation->state = SMPP_STATE_ENROUTE;
        operation->error_code = 0;
        operation->final_ms = 0;
        operation->enough = true;
        return;
    }
    if (operation->state == 0 || operation->state == SMPP_STATE_DELIVERED) {
        operation->state = (uint8_t)state;
        operation->error_code = code_of(operation->gateway, live, body);
    }
    if (live->message.ended_at_ms > operation->final_ms)
        operation->final_ms = live->message.ended_at_ms;
}

static void on_live(struct operation *operation, struct live *live, const struct body *body)
{
    tell(operation, live, body);
}

static uint32_t finish(struct operation *operation)
{
    (void)operation;
    return ESME_ROK;
}

void operation_query_write(const struct operation *operation, struct smpp_pdu *answer,
                           char final_date[SMPP_TIMESTAMP_SIZE])
{
    answer->message_id = (struct smpp_octets){(const uint8_t *)operation->given,
                                              (uint32_t)strlen(operation->given)};
    answer->message_state = operation->state;
    answer->error_code = operation->error_code;
    if (operation->final_ms == 0)
        return;
    smpp_timestamp_write(operation->final_ms, final_date);
    answer->final_date =
        (struct smpp_octets){(const uint8_t *)final_date, SMPP_TIMESTAMP_SIZE};
}

const struct operation_kind operation_query = {
    .on_live = on_live,
    .on_ended = tell,
    .finish = finish,
    .unread = ESME_RQUERYFAIL,
};
