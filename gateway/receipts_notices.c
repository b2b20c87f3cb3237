/*
 * Intermediate notifications: news of a message that goes on, for those who asked.  They
 * are not worth a row: what is not taken at once is old when the next one comes, and the
 * receipt tells all that counts.
 */
#include "gateway/receipts_pieces.h"

#include "gateway/esme.h"
#include "gateway/gateway.h"
#include "gateway/translate.h"

enum { WANTED = 0x10 /* of registered_delivery, 3.4 5.2.17 */, KINDS = 2 };

static void make(struct gateway *gateway, const struct live *live, const struct body *body,
                 uint32_t code)
{
    struct outbox_letter letter = {
        .kind = LETTER_NOTICE,
        .id = gateway_id(gateway),
        .account = live->message.account,
        .submission = body->id,
        .origin = live->origin,
        .responded_at_ms = live->responded_at_ms,
    };
    struct store_receipt row;

    if (esmes_bound(gateway, live->message.account) == 0) {
        gateway->counters.notices_dropped++;
        return;
    }
    receipts_write_notice(gateway, live, body, code, &row);
    letter.made_at_ms = row.made_at_ms;
    letter.bytes = row.bytes;
    letter.size = row.size;
    outbox_add(gateway, &letter);
}

void receipts_notify(struct gateway *gateway, struct live *live, uint8_t step,
                     uint16_t segment, enum receipts_notice notice, uint32_t code)
{
    uint16_t bit = (uint16_t)(1u << (step * KINDS + (unsigned)notice));

    for (uint16_t i = 0; i < live->body_count; i++) {
        struct body *body = live->bodies[i];

        if (!(body->registered_delivery & WANTED) || (body->told & bit) ||
            live->message.state == MESSAGE_ENDED)
            continue;
        if (segment != 0 && (live->message.flags & MESSAGE_COLLECTED) &&
            translate_body_segment(live, body) != segment)
            continue;
        body->told |= bit;
        make(gateway, live, body, code);
    }
}

enum outbox_sent receipts_send_notice(struct gateway *gateway,
                                      const struct outbox_letter *letter, bool others)
{
    const struct live *live = live_find_submission(gateway, letter->submission);

    if (live == NULL || live->message.state == MESSAGE_ENDED)
        return OUTBOX_STALE;
    return receipts_send(gateway, letter, others);
}
