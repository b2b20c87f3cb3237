/*
 * Operators that report one part of a long message for all.  What the part that speaks is
 * told counts for every other one that the operator has taken: segments of the same
 * message, and parts that the client has cut itself, which are messages of their own.
 * A part that is taken later inherits what was told before.
 */
#include "gateway/reports_pieces.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/dispatch.h"
#include "gateway/gateway.h"
#include "gateway/store.h"
#include "gateway/table.h"
#include "routing/code.h"
#include "routing/delivery.h"
#include "smpp/parts.h"

enum {
    TOGETHER_MS = 60000, /* a reference that comes again later is another message's */
    OUTCOME = 0,         /* in the place of a part's number: what was told of the set */
};

/* Which part of a long message a try carries. */
struct place {
    uint16_t number;
    uint16_t total;
    uint64_t set; /* of a client's own parts; 0: all are in the one message */
};

static enum config_parts_report policy_of(struct reports *reports,
                                          const struct attempt *attempt)
{
    const struct config_link *link = reports_channel(reports, attempt->channel)->link;

    return link ? link->parts_report : CONFIG_PARTS_ALL;
}

static uint64_t set_of(const struct live *live, uint32_t channel,
                       const struct smpp_part *part)
{
    const struct body *body = live->bodies[0];
    uint64_t key = (uint64_t)live->message.account << 32 | (uint64_t)part->kind << 24 |
                   (uint64_t)part->total << 16 | part->reference;

    key = table_hash(key ^ (uint64_t)channel << 40, body->source, strlen(body->source));
    return table_hash(key, body->destination, strlen(body->destination));
}

/* False: it is no part of anything. */
static bool place_of(const struct live *live, const struct attempt *attempt,
                     struct place *out)
{
    struct smpp_part part;

    if (live->message.segments > 1) {
        *out = (struct place){attempt->segment, live->message.segments, 0};
        return true;
    }
    if (!body_part_of(live->bodies[0], &part))
        return false;
    *out = (struct place){part.number, part.total, set_of(live, attempt->channel, &part)};
    return true;
}

static bool speaks(enum config_parts_report policy, const struct place *place,
                   uint16_t number)
{
    return policy == CONFIG_PARTS_ANY ||
           number == (policy == CONFIG_PARTS_FIRST ? 1 : place->total);
}

static bool is_final(uint8_t event)
{
    return event >= ATTEMPT_EV_REPORT_DELIVERED && event <= ATTEMPT_EV_REPORT_EXPIRED;
}

bool reports_part_speaks(struct reports *reports, const struct live *live,
                         const struct attempt *attempt)
{
    enum config_parts_report policy = policy_of(reports, attempt);
    struct place place;

    return policy == CONFIG_PARTS_ALL || !place_of(live, attempt, &place) ||
           speaks(policy, &place, place.number);
}

static void count_for(struct reports *reports, struct live *live, struct attempt *attempt,
                      uint8_t event, uint8_t reason, uint32_t code)
{
    reports->gateway->counters.reports_for_parts++;
    dispatch_note(reports->gateway, live, attempt, (enum attempt_event)event,
                  (enum reason)reason, code);
}

/* --- parts that are messages of their own ------------------------------------------- */

static uint64_t hash_of_part(uint64_t set, uint16_t number)
{
    return table_hash(set, &number, sizeof(number));
}

/* What was told of a set, and when, in seconds, in one number: 32 bits of that, 16 and 6 of
 * the code and its network, 5 of the reason and 5 of the event. */
static uint64_t pack(uint8_t event, uint8_t reason, uint32_t code, int64_t now_ms)
{
    assert(event < 1 << 5 && reason < 1 << 5);
    return (uint64_t)(now_ms / 1000) << 32 | (uint64_t)(code_number(code) & 0xFFFF) << 16 |
           (uint64_t)(code_network(code) & 0x3F) << 10 | (uint64_t)reason << 5 | event;
}

static void tell_siblings(struct reports *reports, const struct live *live,
                          const struct attempt *attempt, const struct place *place,
                          const struct kept_report *report)
{
    struct gateway *gateway = reports->gateway;
    int64_t now_ms = gateway_now_ms(gateway);

    reports_remember(reports, hash_of_part(place->set, OUTCOME),
                     pack(report->event, report->reason, report->code, now_ms), now_ms);
    for (uint16_t number = 1; number <= place->total; number++) {
        struct live *sibling;
        uint64_t message;

        if (number == place->number ||
            !table_get(reports->ids, hash_of_part(place->set, number), &message) ||
            (sibling = live_find(gateway, message)) == NULL ||
            sibling->message.state == MESSAGE_ENDED ||
            llabs(sibling->message.accepted_at_ms - live->message.accepted_at_ms) >
                TOGETHER_MS)
            continue;
        for (uint16_t i = 0; i < sibling->message.attempt_count; i++) {
            struct attempt *its = &sibling->message.attempts[i];

            if (its->channel != attempt->channel || its->state != ATTEMPT_ACCEPTED)
                continue;
            store_cut(gateway->store);
            count_for(reports, sibling, its, report->event, report->reason, report->code);
        }
        dispatch_review_soon(gateway, sibling);
    }
}

/* True: the attempt's state has changed. */
static bool inherit_from_set(struct reports *reports, struct live *live,
                             struct attempt *attempt, const struct place *place)
{
    uint64_t told;

    reports_remember(reports, hash_of_part(place->set, place->number), live->message.id,
                     gateway_now_ms(reports->gateway));
    if (!table_get(reports->ids, hash_of_part(place->set, OUTCOME), &told) ||
        live->message.accepted_at_ms / 1000 > (int64_t)(told >> 32))
        return false;
    count_for(reports, live, attempt, told & 0x1F, told >> 5 & 0x1F,
              code_make(told >> 16 & 0xFFFF, told >> 10 & 0x3F));
    return true;
}

/* --- segments of one message -------------------------------------------------------- */

static void tell_segments(struct reports *reports, struct live *live,
                          const struct attempt *attempt, const struct kept_report *report)
{
    for (uint16_t i = 0; i < live->message.attempt_count; i++) {
        struct attempt *other = &live->message.attempts[i];

        if (other == attempt || other->channel != attempt->channel ||
            other->step != attempt->step || other->state != ATTEMPT_ACCEPTED)
            continue;
        store_cut(reports->gateway->store);
        count_for(reports, live, other, report->event, report->reason, report->code);
    }
}

/* The report that gave a try this state; REPORT_ACCEPTED: it has no final one. */
static uint8_t event_of(const struct attempt *attempt)
{
    if (attempt->state == ATTEMPT_DELIVERED)
        return ATTEMPT_EV_REPORT_DELIVERED;
    if (attempt->state == ATTEMPT_READ || attempt->state == ATTEMPT_CLICKED)
        return ATTEMPT_EV_REPORT_READ;
    if (attempt->state == ATTEMPT_EXPIRED)
        return ATTEMPT_EV_REPORT_EXPIRED;
    /* Refused when it was sent is no report. */
    if (attempt->state == ATTEMPT_FAILED && (attempt->flags & ATTEMPT_WAS_ACCEPTED))
        return ATTEMPT_EV_REPORT_FAILED;
    return ATTEMPT_EV_REPORT_ACCEPTED;
}

static bool inherit_from_segments(struct reports *reports, struct live *live,
                                  struct attempt *attempt, const struct place *place)
{
    enum config_parts_report policy = policy_of(reports, attempt);

    for (uint16_t i = 0; i < live->message.attempt_count; i++) {
        const struct attempt *other = &live->message.attempts[i];
        uint8_t event = event_of(other);

        if (other->channel != attempt->channel || other->step != attempt->step ||
            !speaks(policy, place, other->segment) || !is_final(event))
            continue;
        count_for(reports, live, attempt, event, other->reason, other->code);
        return true;
    }
    return false;
}

/* ------------------------------------------------------------------------------------ */

void reports_tell_parts(struct reports *reports, struct live *live,
                        const struct attempt *attempt, const struct kept_report *report)
{
    struct place place;

    if (policy_of(reports, attempt) == CONFIG_PARTS_ALL || !is_final(report->event) ||
        !place_of(live, attempt, &place) ||
        !speaks(policy_of(reports, attempt), &place, place.number))
        return;
    if (place.set == 0)
        tell_segments(reports, live, attempt, report);
    else
        tell_siblings(reports, live, attempt, &place, report);
}

bool reports_may_inherit(struct reports *reports, const struct attempt *attempt)
{
    return attempt->state == ATTEMPT_ACCEPTED &&
           policy_of(reports, attempt) != CONFIG_PARTS_ALL;
}

bool reports_inherit(struct reports *reports, struct live *live, struct attempt *attempt)
{
    struct place place;

    if (!reports_may_inherit(reports, attempt) || !place_of(live, attempt, &place))
        return false;
    return place.set == 0 ? inherit_from_segments(reports, live, attempt, &place)
                          : inherit_from_set(reports, live, attempt, &place);
}
