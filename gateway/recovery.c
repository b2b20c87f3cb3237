/* Rows to messages that live. */
#include "gateway/recovery.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/aliases.h"
#include "gateway/catalog.h"
#include "gateway/clock.h"
#include "gateway/collector.h"
#include "gateway/config.h"
#include "gateway/dispatch.h"
#include "gateway/duplicates.h"
#include "gateway/gateway.h"
#include "gateway/inbound.h"
#include "gateway/limits.h"
#include "gateway/live.h"
#include "gateway/log.h"
#include "gateway/marks.h"
#include "gateway/optouts.h"
#include "gateway/receipts.h"
#include "gateway/reports.h"
#include "gateway/review.h"
#include "gateway/senders.h"
#include "gateway/store.h"
#include "gateway/suspension.h"
#include "routing/delivery.h"

enum { ROWS_PER_LOOK = 512 };

/* From the first row to the last message that goes on. */
struct recovery {
    struct live *live; /* whose rows are being told */
    size_t expected;
    uint64_t *ids; /* of those for which something is to be done, as they came */
    size_t count;
    size_t room;
    int64_t began_us;
};

static struct recovery *recovery_new(struct gateway *gateway)
{
    struct recovery *recovery = calloc(1, sizeof(*recovery));

    if (recovery == NULL)
        abort();
    recovery->began_us = clock_precise_us(gateway->clock);
    return recovery;
}

void recovery_free(struct gateway *gateway)
{
    if (gateway->recovery == NULL)
        return;
    free(gateway->recovery->ids);
    free(gateway->recovery);
    gateway->recovery = NULL;
}

/* Time passes: those who have come meanwhile are told that it is too early. */
static void look_up(struct gateway *gateway)
{
    if (++gateway->loaded_rows % ROWS_PER_LOOK != 0 || !gateway->while_loading)
        return;
    clock_go_on(gateway->clock);
    gateway->while_loading(gateway->loading_owner, gateway->loaded_rows);
    clock_hold(gateway->clock);
}

static void on_definition(void *owner, const struct store_definition *definition)
{
    struct gateway *gateway = owner;

    if (definition->kind == STORE_ID_RULE)
        reports_load_rule(gateway, definition);
    else if (definition->kind == STORE_SENDERS)
        senders_load(gateway->senders, definition);
    else
        catalog_load(gateway->catalog, definition);
}

static void on_balance(void *owner, uint64_t ledger, uint32_t currency, int64_t amount)
{
    struct gateway *gateway = owner;

    catalog_load_balance(gateway->catalog, ledger, currency, amount);
}

static void on_opening(void *owner, uint32_t account, int64_t amount)
{
    struct gateway *gateway = owner;

    catalog_load_opening(gateway->catalog, account, amount);
}

static bool on_names(void *owner, char *error, size_t error_size)
{
    struct gateway *gateway = owner;

    return catalog_settle(gateway->catalog, gateway->store, error, error_size);
}

static void on_expected(void *owner, uint64_t messages)
{
    struct gateway *gateway = owner;

    gateway->recovery->expected = messages;
    lives_expect(gateway->lives, messages);
    reports_expect(gateway, messages);
}

static void on_message(void *owner, const struct message *message)
{
    struct gateway *gateway = owner;
    struct live *live = live_new(gateway, message->id, NULL);

    message_done(&live->message);
    live->message = *message;
    /* What has been charged and owed since the row was written stands with the attempts. */
    live->message.charged_micro = 0;
    live->message.cost_micro = 0;
    gateway->recovery->live = live;
}

static void on_body(void *owner, const struct body *body)
{
    struct gateway *gateway = owner;
    size_t size = body_size(body->text_size, body->tlv_size);
    struct body *copy = malloc(size);

    if (copy == NULL)
        abort();
    memcpy(copy, body, size);
    live_join(gateway, gateway->recovery->live, copy);
}

static void on_attempt(void *owner, uint64_t message, const struct attempt *row)
{
    struct gateway *gateway = owner;
    struct live *live = gateway->recovery->live;
    struct attempt *attempt = message_add_attempt(&live->message);

    (void)message;
    *attempt = *row;
    attempt->flags &= (uint16_t) ~(ATTEMPT_AWAITED | ATTEMPT_UNANSWERED);
    live->message.charged_micro += row->charged_micro;
    live->message.cost_micro += row->cost_micro;
    live->message.held_micro -= row->charged_micro;
}

static bool tie(struct gateway *gateway, struct live *live)
{
    const struct account *account =
        catalog_account(gateway->catalog, live->message.account);

    if (live->pins == NULL)
        live->pins = catalog_name_pins(gateway->catalog, live->message.pins);
    if (live->pins == NULL || account == NULL || live->body_count == 0)
        return false;
    if (live->plan == NULL)
        live->plan = catalog_name_plan(gateway->catalog, live->message.plan);
    if (live->plan == NULL)
        return false;
    live->class = message_class(&live->message);
    return true;
}

/* No permit of it is without a verdict, or was, or without an id. */
static bool is_certain(const struct message *message)
{
    for (uint16_t i = 0; i < message->attempt_count; i++)
        if (message->attempts[i].state == ATTEMPT_INTENT ||
            message->attempts[i].state == ATTEMPT_SENT ||
            message->attempts[i].state == ATTEMPT_UNKNOWN ||
            reports_lacks_id(&message->attempts[i]))
            return false;
    return true;
}

/* It waits, and that is all: most do, and are not looked at again. */
static bool is_left_waiting(struct gateway *gateway, struct live *live)
{
    return tie(gateway, live) && live->message.state != MESSAGE_COLLECTING &&
           is_certain(&live->message) && reports_parked(gateway) == 0 &&
           dispatch_wait(gateway, live) && reports_recall(gateway, live);
}

static void keep_for_later(struct recovery *recovery, uint64_t message)
{
    if (recovery->count == recovery->room) {
        recovery->room = recovery->room * 2 + ROWS_PER_LOOK;
        recovery->ids = realloc(recovery->ids, recovery->room * sizeof(*recovery->ids));
        if (recovery->ids == NULL)
            abort();
    }
    recovery->ids[recovery->count++] = message;
}

static void on_loaded(void *owner, uint64_t message)
{
    struct gateway *gateway = owner;

    if (!is_left_waiting(gateway, gateway->recovery->live))
        keep_for_later(gateway->recovery, message);
    (void)live_pack(gateway, gateway->recovery->live);
    look_up(gateway);
}

static void on_late(void *owner, uint64_t message, const struct attempt *attempt)
{
    reports_load_late(owner, message, attempt);
    look_up(owner);
}

static void on_receipt(void *owner, const struct store_receipt *receipt)
{
    receipts_load(owner, receipt);
    look_up(owner);
}

static void on_parked(void *owner, const struct store_parked *parked)
{
    reports_load(owner, parked);
    look_up(owner);
}

static void on_inbound(void *owner, const struct store_inbound *inbound)
{
    inbound_load(owner, inbound);
}

static void on_mark(void *owner, const struct store_mark *mark)
{
    marks_load(owner, mark);
}

static void on_optout(void *owner, const struct store_optout *optout)
{
    optouts_load(owner, optout);
}

static void on_alias(void *owner, uint32_t alias, uint64_t id)
{
    struct gateway *gateway = owner;

    aliases_load(gateway->aliases, alias, id);
}

static void on_usage(void *owner, const struct store_usage *usage)
{
    limits_load(owner, usage);
}

static void on_suspension(void *owner, const struct store_suspension *suspension)
{
    suspension_load(owner, suspension);
}

static void on_duplicate(void *owner, const struct store_duplicate *duplicate)
{
    duplicates_load(owner, duplicate);
}

static void on_kept(void *owner, const struct store_kept *kept)
{
    const struct live *live = live_look(owner, kept->message);

    /* Without its message nobody could release it. */
    if (live != NULL && live->message.account != 0)
        review_load(owner, live->message.account, kept);
}

static void on_highest_id(void *owner, uint64_t id)
{
    struct gateway *gateway = owner;

    ids_seen(&gateway->ids, id);
}

static void on_progress(void *owner, uint64_t messages)
{
    struct gateway *gateway = owner;
    int64_t us = clock_precise_us(gateway->clock) - gateway->recovery->began_us;

    log_info("store.loading", "messages=%llu of=%zu seconds=%.1f",
             (unsigned long long)messages, gateway->recovery->expected, (double)us / 1e6);
}

bool recovery_load(struct gateway *gateway, char *error, size_t error_size)
{
    static const struct store_loader loader = {
        .on_definition = on_definition,
        .on_balance = on_balance,
        .on_opening = on_opening,
        .on_names = on_names,
        .on_expected = on_expected,
        .on_message = on_message,
        .on_body = on_body,
        .on_attempt = on_attempt,
        .on_loaded = on_loaded,
        .on_late = on_late,
        .on_receipt = on_receipt,
        .on_parked = on_parked,
        .on_inbound = on_inbound,
        .on_mark = on_mark,
        .on_optout = on_optout,
        .on_alias = on_alias,
        .on_usage = on_usage,
        .on_suspension = on_suspension,
        .on_duplicate = on_duplicate,
        .on_kept = on_kept,
        .on_progress = on_progress,
        .on_highest_id = on_highest_id,
    };
    int64_t late_since_ms = gateway_now_ms(gateway) - gateway->config->late_window_ms;
    bool ok;

    gateway->recovery = recovery_new(gateway);
    clock_hold(gateway->clock);
    ok = store_load(gateway->store, &loader, gateway, late_since_ms, error, error_size);
    clock_go_on(gateway->clock);
    return ok;
}

/* A permit that nobody answered: a byte may have left us. */
static size_t put_in_doubt(struct gateway *gateway, struct live *live)
{
    const struct channel_traits *traits = catalog_traits(gateway->catalog);
    int64_t now_ms = gateway_now_ms(gateway);
    /* What a parked report begins anew meanwhile is not in doubt. */
    uint16_t before = live->message.attempt_count;
    size_t count = 0;

    for (uint16_t i = 0; i < before; i++) {
        struct attempt *attempt = &live->message.attempts[i];

        store_cut(gateway->store);
        if (attempt->provider_id[0])
            reports_learn(gateway, live, attempt);
        attempt = &live->message.attempts[i];
        if (!traits[attempt->channel].is_link && !(attempt->flags & ATTEMPT_UNSENT))
            reports_expect_ref(gateway, live, attempt);
        /* It was in doubt before, or taken without an id: its report may come still. */
        if ((attempt->state == ATTEMPT_UNKNOWN && attempt->provider_id[0] == 0) ||
            reports_lacks_id(attempt)) {
            if (traits[attempt->channel].is_link)
                reports_await(gateway, live, attempt);
            reports_doubt(gateway, live, attempt);
        }
        if (attempt->state != ATTEMPT_INTENT && attempt->state != ATTEMPT_SENT)
            continue;
        attempt->sent_at_ms = attempt->updated_at_ms;
        attempt->again_at_ms = now_ms + traits[attempt->channel].in_doubt_wait_ms;
        delivery_apply(attempt, ATTEMPT_EV_UNSURE, REASON_UNKNOWN, attempt->updated_at_ms);
        store_attempt(gateway->store, live->message.id, attempt, attempt->charged_micro,
                      attempt->cost_micro, NULL, 0);
        if (traits[attempt->channel].is_link)
            reports_await(gateway, live, attempt);
        reports_doubt(gateway, live, attempt);
        gateway->counters.in_doubt++;
        count++;
    }
    return count;
}

/* Without what it names nothing can be done for it. */
static bool is_tied(const struct live *live)
{
    return live->plan != NULL;
}

static void begin(struct gateway *gateway)
{
    bool begun = store_begin(gateway->store, STORE_CONTINUATION);

    assert(begun);
}

/* It names what the store does not hold (any more): its end, and its money, are told at
 * least. */
static void give_up(struct gateway *gateway, struct live *live)
{
    log_error("store.unreadable", "id=%llu plan=%u pins=%u account=%u",
              (unsigned long long)live->message.id, live->message.plan, live->message.pins,
              live->message.account);
    if (catalog_account(gateway->catalog, live->message.account) == NULL ||
        live->body_count == 0)
        return;
    live->message.flags &= (uint8_t)~MESSAGE_COLLECTED;
    dispatch_end(gateway, live, MESSAGE_UNKNOWN);
}

/* In a decision: what it was in the midst of. */
static size_t resume(struct gateway *gateway, struct live *live)
{
    if (!tie(gateway, live)) {
        give_up(gateway, live);
        return 0;
    }
    if (live->message.state == MESSAGE_COLLECTING)
        collector_resume(gateway, live);
    return put_in_doubt(gateway, live);
}

void recovery_resume(struct gateway *gateway)
{
    struct recovery *recovery = gateway->recovery;
    size_t count = lives_count(gateway->lives);
    bool reports_wait = reports_parked(gateway) > 0;
    size_t in_doubt = 0;
    size_t unreadable = 0;

    clock_hold(gateway->clock);
    for (size_t i = 0; i < recovery->count; i++) {
        struct live *live = live_find(gateway, recovery->ids[i]);

        begin(gateway);
        in_doubt += resume(gateway, live);
        if (!is_tied(live))
            unreadable++;
        else if (!reports_wait)
            dispatch_review(gateway, live);
        store_end(gateway->store);
        (void)live_pack(gateway, live);
    }
    /* What a report is about is known when all tries are. */
    for (size_t i = 0; reports_wait && i < recovery->count; i++) {
        struct live *live = live_find(gateway, recovery->ids[i]);

        if (!is_tied(live))
            continue;
        /* A report that is here counts before any time that has passed meanwhile. */
        reports_claim_for(gateway, live);
        begin(gateway);
        dispatch_review(gateway, live);
        store_end(gateway->store);
        (void)live_pack(gateway, live);
    }
    catalog_give_back_plans(gateway->catalog, gateway->store, gateway_now_ms(gateway));
    clock_go_on(gateway->clock);
    log_info("store.recovered",
             "messages=%zu in_doubt=%zu receipts=%zu parked=%zu "
             "unreadable=%zu",
             count, in_doubt, outbox_waiting(gateway, LETTER_RECEIPT),
             reports_parked(gateway), unreadable);
    recovery_free(gateway);
}
