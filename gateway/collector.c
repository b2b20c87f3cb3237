/*
 * Sets of parts, found by (account, source, destination, kind, reference, total).  A
 * set is in the table only while it still waits: what comes after opens a new one.
 */
#include "gateway/collector.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/catalog.h"
#include "gateway/clock.h"
#include "gateway/config.h"
#include "gateway/content.h"
#include "gateway/dispatch.h"
#include "gateway/gateway.h"
#include "gateway/outbox.h"
#include "gateway/review.h"
#include "gateway/store.h"
#include "gateway/table.h"
#include "gateway/translate.h"
#include "smpp/command.h"

struct set {
    uint64_t key;
    struct smpp_part part; /* of the first: kind, reference, total */
    uint16_t distinct;
};

enum {
    BODIES_MAX = SMPP_PARTS_MAX + 20, /* of a set, repeated parts too */
    /* In the decision that ends the message: of a body its receipt, those that go for it,
     * and that its repetition is none for long; of each way that it is not taken. */
    BODY_END_BYTES = STORE_RECEIPT_ADD_BYTES +
                     OUTBOX_DROPS_PER_LETTER * STORE_RECEIPT_GONE_BYTES +
                     STORE_DUPLICATE_BYTES,
    WAYS_END_BYTES = PLAN_STEPS_MAX * PLAN_WAYS_MAX * STORE_ATTEMPT_ADD_BYTES,
};

_Static_assert(BODIES_MAX *BODY_END_BYTES + WAYS_END_BYTES + 16 * 1024 <=
                   STORE_DECISION_BYTES - STORE_CUT_BYTES,
               "a message ends in one decision");

struct collector {
    struct table *by_key; /* -> message */
};

struct collector *collector_new(struct gateway *gateway)
{
    struct collector *collector = calloc(1, sizeof(*collector));

    if (collector == NULL)
        abort();
    collector->by_key = table_new(gateway->config->max_messages);
    return collector;
}

void collector_free(struct collector *collector)
{
    if (collector == NULL)
        return;
    table_free(collector->by_key);
    free(collector);
}

uint64_t collector_key(uint32_t account, const struct body *body,
                       const struct smpp_part *part)
{
    uint64_t key = (uint64_t)account << 32 | (uint64_t)part->kind << 24 |
                   (uint64_t)part->total << 16 | part->reference;

    key = table_hash(key, body->source, strlen(body->source));
    return table_hash(key, body->destination, strlen(body->destination));
}

static bool same_content(const struct body *a, const struct body *b)
{
    return a->text_size == b->text_size && a->data_coding == b->data_coding &&
           memcmp(a->bytes, b->bytes, a->text_size) == 0;
}

static const struct body *body_with_number(const struct live *live, uint16_t number)
{
    for (uint16_t i = 0; i < live->body_count; i++)
        if (live->bodies[i]->number == number)
            return live->bodies[i];
    return NULL;
}

struct live *collector_find(struct gateway *gateway, uint32_t account,
                            const struct body *body, const struct smpp_part *part)
{
    struct table *table = gateway->collector->by_key;
    uint64_t key = collector_key(account, body, part);
    const struct body *present;
    struct live *live;
    uint64_t message;

    if (!table_get(table, key, &message) || (live = live_find(gateway, message)) == NULL)
        return NULL;
    /* Two keys with one hash are told apart by the first part. */
    if (strcmp(live->bodies[0]->source, body->source) != 0 ||
        strcmp(live->bodies[0]->destination, body->destination) != 0 ||
        live->message.account != account)
        return NULL;
    /* One client's repetitions do not grow without end: they open a set, with its hold. */
    if (live->body_count >= BODIES_MAX)
        return NULL;
    present = body_with_number(live, part->number);
    return present == NULL || same_content(present, body) ? live : NULL;
}

void collector_forget(struct gateway *gateway, struct live *live)
{
    struct set *set = live->set;
    uint64_t message;

    if (set == NULL)
        return;
    if (table_get(gateway->collector->by_key, set->key, &message) &&
        message == live->message.id)
        table_remove(gateway->collector->by_key, set->key);
    clock_disarm(gateway->clock, &live->collecting);
    free(set);
    live->set = NULL;
}

/* What a rule says of the whole text, which no part of it may have shown.  True: it ended.
 */
static bool judge_whole(struct gateway *gateway, struct live *live)
{
    const struct account *account =
        catalog_account(gateway->catalog, live->message.account);
    const struct content_rule *rule =
        contents_judge_whole(gateway, live, translate_alphabet_of(account));

    if (rule == NULL || rule->action == CONTENT_PASS)
        return false;
    if (rule->action == CONTENT_REVIEW && !review_is_full(gateway)) {
        review_keep(gateway, live, rule->name);
        return false;
    }
    dispatch_end(gateway, live, MESSAGE_REJECTED);
    return true;
}

static void close_set(struct gateway *gateway, struct live *live)
{
    struct set *set = live->set;

    assert(live->message.state == MESSAGE_COLLECTING);
    live->message.state = MESSAGE_WAITING;
    live->message.entered_at_ms = gateway_now_ms(gateway);
    live->message.segments = set->distinct;
    if (set->distinct == set->part.total) {
        gateway->counters.collected_sets++;
    } else {
        live->message.flags |= MESSAGE_BINARY; /* the whole text is not there */
        live->message.parts = set->distinct;
    }
    collector_forget(gateway, live);
    if (judge_whole(gateway, live))
        return;
    store_message(gateway->store, &live->message, NULL);
    dispatch_review(gateway, live);
}

/* All parts are here, or no more are waited for. */
static void waited_enough(void *owner)
{
    struct live *live = owner;
    const struct set *set = live->set;
    struct gateway *gateway = live->gateway;
    bool begun = store_begin(gateway->store, STORE_CONTINUATION);

    assert(begun);
    gateway->counters.collected_timeouts += set->distinct < set->part.total;
    close_set(gateway, live);
    store_end(gateway->store);
}

static struct set *new_set(struct gateway *gateway, struct live *live,
                           const struct smpp_part *part)
{
    struct set *set = calloc(1, sizeof(*set));

    if (set == NULL)
        abort();
    set->key = collector_key(live->message.account, live->bodies[0], part);
    set->part = *part;
    set->distinct = 1;
    live->set = set;
    (void)!table_put(gateway->collector->by_key, set->key, live->message.id);
    return set;
}

void collector_open(struct gateway *gateway, struct live *live,
                    const struct smpp_part *part)
{
    new_set(gateway, live, part);
    clock_arm_in(gateway->clock, &live->collecting,
                 live->message.start_at_ms - gateway_now_ms(gateway), waited_enough, live);
}

void collector_join(struct gateway *gateway, struct live *live, struct body *take_body,
                    const struct smpp_part *part)
{
    struct set *set = live->set;
    bool is_new = body_with_number(live, part->number) == NULL;

    take_body->message = live->message.id;
    take_body->number = part->number;
    store_join(gateway->store, take_body);
    live_join(gateway, live, take_body);
    if (!is_new)
        return;
    set->distinct++;
    if (set->distinct == set->part.total) {
        /* In a decision of its own: a submit_multi may complete many sets in this one, and
         * nothing becomes of them before its answer. */
        clock_arm_in(gateway->clock, &live->collecting, 0, waited_enough, live);
        return;
    }
    live->message.start_at_ms = gateway_now_ms(gateway) + live->plan->collect_within_ms;
    if (live->message.start_at_ms > live->message.deadline_ms)
        live->message.start_at_ms = live->message.deadline_ms;
    store_message(gateway->store, &live->message, NULL);
    clock_arm_in(gateway->clock, &live->collecting,
                 live->message.start_at_ms - gateway_now_ms(gateway), waited_enough, live);
}

void collector_resume(struct gateway *gateway, struct live *live)
{
    struct smpp_part part;
    struct set *set;
    int64_t left_ms = live->message.start_at_ms - gateway_now_ms(gateway);

    if (!body_part_of(live->bodies[0], &part)) {
        live->message.state = MESSAGE_WAITING;
        return;
    }
    set = new_set(gateway, live, &part);
    set->distinct = translate_distinct_parts(live);
    if (set->distinct == set->part.total)
        left_ms = 0;
    clock_arm_in(gateway->clock, &live->collecting, left_ms > 0 ? left_ms : 0,
                 waited_enough, live);
}

size_t collector_sets(const struct gateway *gateway)
{
    return table_count(gateway->collector->by_key);
}
