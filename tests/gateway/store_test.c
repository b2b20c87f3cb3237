/* The store: what is durable, what may be seen of it, and what a failing disk does. */
#include "gateway/store.h"

#include <stdlib.h>

#include <event2/event.h>
#include <sqlite3.h>

#include "gateway/clock.h"
#include "gateway/executor.h"
#include "gateway/ids.h"
#include "tests/gateway/store_life.h"
#include "tests/test.h"

/* --- batches and effects ------------------------------------------------------------ */

static void begin(struct life *life)
{
    assert_true(store_begin(life->store, STORE_CONTINUATION));
}

/* A decision of one operation, with an effect if `target` is not 0. */
static void park(struct life *life, uint64_t id, uint64_t target)
{
    const struct store_parked parked = {.id = id, .channel = 1, .size = 1, .at_ms = 1};
    const struct store_effect effect = life_counted(target);

    begin(life);
    store_park(life->store, &parked);
    if (target)
        store_effect(life->store, &effect);
    store_end(life->store);
}

struct syncs {
    struct life *life;
    uint64_t effects_at_sync; /* effects that had run when the last sync was made */
    uint64_t count;
};

static void synced(void *owner, const char *path)
{
    struct syncs *syncs = owner;

    (void)path;
    syncs->count++;
    syncs->effects_at_sync = syncs->life->effects;
}

TEST(effects_run_after_the_commit_and_in_their_order)
{
    struct life life;
    struct syncs syncs = {.life = &life};

    life_new(&life, 1);
    assert_true(life_open(&life));
    vfs_on_sync(life.vfs, synced, &syncs);
    for (uint64_t i = 1; i <= 5000; i++)
        park(&life, i, i);
    assert_int_equal(life.effects, 0);
    while (life.effects == 0)
        life_run(&life, 1);
    assert_int_equal(syncs.effects_at_sync, 0);
    assert_true(syncs.count > 0);
    /* One batch is full, the others wait for theirs. */
    assert_int_equal(life.effects, STORE_BATCH_OPERATIONS);
    life_run(&life, 100);
    assert_int_equal(life.effects, 5000);
    assert_int_equal(life.order[0], 4097); /* it went round */
    for (uint64_t i = 904; i < 4096; i++)
        assert_int_equal(life.order[i], i + 1);
    assert_int_equal(store_counters(life.store)->commits, 3);
    assert_true(store_is_idle(life.store));
    life_free(&life);
}

static void count_one(void *owner)
{
    ++*(unsigned *)owner;
}

TEST(beginnings_have_their_share_of_the_next_batch)
{
    enum { SHARE = STORE_BATCH_OPERATIONS * 60 / 100 };
    struct life life;
    unsigned commits = 0;

    life_new(&life, 1);
    assert_true(life_open(&life));
    store_on_commit(life.store, count_one, &commits);
    for (uint64_t i = 1; i <= SHARE; i++) {
        assert_true(store_takes_beginnings(life.store));
        park(&life, i, i);
    }
    assert_false(store_takes_beginnings(life.store));
    while (store_counters(life.store)->waiting_operations == SHARE &&
           !store_takes_beginnings(life.store))
        life_run(&life, 1);
    /* It is on its way to the disk, and the next one is empty; or done already. */
    assert_true(store_takes_beginnings(life.store));
    life_run(&life, 100);
    assert_int_equal(life.effects, SHARE);
    assert_int_equal(commits, 1);
    life_free(&life);
}

TEST(a_store_is_busy_when_a_batch_holds_what_continuations_have)
{
    enum { SHARE = STORE_BATCH_OPERATIONS * 40 / 100 };
    struct life life;

    life_new(&life, 1);
    assert_true(life_open(&life));
    for (uint64_t i = 1; i < SHARE; i++)
        park(&life, i, i);
    life_run(&life, 100);
    assert_false(store_is_busy(life.store));
    for (uint64_t i = 1; i <= SHARE; i++)
        park(&life, i, i);
    life_run(&life, 100);
    assert_true(store_is_busy(life.store));
    park(&life, 1, 1);
    life_run(&life, 100);
    assert_false(store_is_busy(life.store));
    life_free(&life);
}

struct threaded {
    struct event_base *base;
    struct store *store;
    uint64_t decided;
    uint64_t seen;
    bool in_order;
};

enum { THREADED_DECISIONS = 3000, THREADED_AT_ONCE = 50 };

static void decide_some(struct threaded *it);

static void threaded_effect(void *owner, const struct store_effect *effect)
{
    struct threaded *it = owner;

    it->in_order = it->in_order && effect->target == it->seen + 1;
    it->seen++;
    if (it->seen == THREADED_DECISIONS)
        event_base_loopbreak(it->base);
    else if (it->seen % THREADED_AT_ONCE == 0)
        decide_some(it);
}

static void decide_some(struct threaded *it)
{
    for (int i = 0; i < THREADED_AT_ONCE && it->decided < THREADED_DECISIONS; i++) {
        const struct store_parked parked = {.id = ++it->decided, .size = 1};
        const struct store_effect effect = {.run = threaded_effect, .target = it->decided};

        assert_true(store_begin(it->store, STORE_BEGINNING));
        store_park(it->store, &parked);
        store_effect(it->store, &effect);
        store_end(it->store);
    }
}

TEST(with_threads_every_effect_runs_once_and_in_order)
{
    char folder[] = "store-threads-XXXXXX";
    char error[256];
    struct threaded it = {.base = event_base_new(), .in_order = true};
    struct clock *clock = clock_new(it.base);
    struct executor *executor = executor_new(it.base);
    struct vfs *vfs = vfs_new("store-threads", 1);
    const struct store_config config = {.folder = folder,
                                        .ring_operations = 10000,
                                        .ring_bytes = 16 * 1024 * 1024,
                                        .vfs = "store-threads"};

    assert_non_null(mkdtemp(folder));
    it.store = store_open(&config, clock, executor, &it, error, sizeof(error));
    assert_non_null(it.store);
    decide_some(&it);
    decide_some(&it);
    event_base_dispatch(it.base);
    assert_int_equal(it.seen, THREADED_DECISIONS);
    assert_true(it.in_order);
    executor_free(executor);
    store_close(it.store);
    clock_free(clock);
    event_base_free(it.base);
    vfs_free(vfs);
    life_remove_folder(folder);
}

TEST(what_nobody_awaits_goes_after_twenty_milliseconds)
{
    struct life life;

    life_new(&life, 1);
    assert_true(life_open(&life));
    park(&life, 1, 0);
    life_run(&life, STORE_LAZY_MS - 1);
    assert_int_equal(store_counters(life.store)->commits, 0);
    life_run(&life, 5);
    assert_int_equal(store_counters(life.store)->commits, 1);
    /* It rides along with what is awaited. */
    park(&life, 2, 0);
    park(&life, 3, 9);
    life_run(&life, 5);
    assert_int_equal(store_counters(life.store)->commits, 2);
    assert_int_equal(store_counters(life.store)->operations, 3);
    assert_int_equal(life.effects, 1);
    life_free(&life);
}

TEST(while_commits_are_held_each_has_to_be_let_go)
{
    struct life life;

    life_new(&life, 1);
    assert_true(life_open(&life));
    store_hold(life.store, true);
    park(&life, 1, 1);
    park(&life, 2, 2);
    life_run(&life, 100);
    assert_int_equal(store_counters(life.store)->commits, 0);
    assert_int_equal(store_decided(life.store), 2);
    store_let_one_go(life.store);
    park(&life, 3, 3); /* too late for that one, which has begun */
    life_run(&life, 100);
    assert_int_equal(store_counters(life.store)->commits, 1);
    assert_int_equal(life.effects, 2);
    /* One that was let go in vain takes what comes next, and no other does. */
    store_let_one_go(life.store);
    life_run(&life, 100);
    store_let_one_go(life.store);
    park(&life, 4, 4);
    life_run(&life, 100);
    park(&life, 5, 5);
    life_run(&life, 100);
    assert_int_equal(life.effects, 4);
    /* A full batch goes, and so does what nobody awaits. */
    for (uint64_t i = 6; i < 6 + STORE_BATCH_OPERATIONS; i++)
        park(&life, i, 0);
    life_run(&life, 100);
    assert_int_equal(life.effects, 5);
    assert_int_equal(store_counters(life.store)->commits, 5);
    park(&life, 100000, 9);
    store_hold(life.store, false);
    park(&life, 100001, 10);
    life_run(&life, 100);
    assert_int_equal(life.effects, 7);
    life_free(&life);
}

TEST(each_commit_counts_among_the_times_of_commits)
{
    struct life life;
    uint64_t timed = 0;

    life_new(&life, 1);
    assert_true(life_open(&life));
    for (uint64_t id = 1; id <= 3; id++) {
        park(&life, id, id);
        life_run(&life, 5);
    }
    for (size_t i = 0; i < DURATION_HISTOGRAM_BUCKETS; i++)
        timed += store_counters(life.store)->commit_times.counts[i];
    assert_int_equal(store_counters(life.store)->commits, 3);
    assert_int_equal(timed, 3);
    life_free(&life);
}

TEST(a_barrier_waits_for_all_before_it_and_writes_nothing)
{
    struct life life;
    const struct store_effect effect = life_counted(7);

    life_new(&life, 1);
    assert_true(life_open(&life));
    park(&life, 1, 0);
    store_barrier(life.store, &effect);
    assert_int_equal(life.effects, 0);
    life_run(&life, 5);
    assert_int_equal(life.effects, 1);
    uint64_t syncs = vfs_calls(life.vfs, VFS_SYNC);
    store_barrier(life.store, &effect);
    life_run(&life, 5);
    assert_int_equal(life.effects, 2);
    assert_int_equal(vfs_calls(life.vfs, VFS_SYNC), syncs);
    life_free(&life);
}

TEST(beginnings_are_refused_over_sixty_percent_and_continuations_are_not)
{
    struct life life;

    life_new(&life, 1);
    assert_true(life_open(&life)); /* a ring of 10000 operations */
    for (uint64_t i = 1; i <= 6000; i++) {
        assert_true(store_begin(life.store, STORE_BEGINNING));
        store_park(life.store, &(struct store_parked){.id = i, .size = 1});
        store_end(life.store);
    }
    assert_false(store_begin(life.store, STORE_BEGINNING));
    assert_int_equal(store_counters(life.store)->begins_refused, 1);
    assert_false(store_is_congested(life.store));
    for (uint64_t i = 6001; i <= 10500; i++)
        park(&life, i, 0);
    assert_true(store_is_congested(life.store));
    life_run(&life, 100);
    assert_int_equal(store_counters(life.store)->operations, 10500);
    assert_int_equal(store_counters(life.store)->waiting_operations, 0);
    assert_int_equal(store_counters(life.store)->waiting_bytes, 0);
    assert_true(store_begin(life.store, STORE_BEGINNING));
    store_end(life.store);
    life_free(&life);
}

TEST(beginnings_are_refused_by_octets_too)
{
    struct life life;
    unsigned n = 1;

    life_new(&life, 1);
    life.text_size = 65000;
    assert_true(life_open(&life)); /* a ring of 64 MiB */
    while (n < 2000 && life_begin(&life, n % LIFE_MESSAGES_MAX))
        n++;
    assert_in_range(n, 600, 625);
    life_free(&life);
}

/* --- what is recorded --------------------------------------------------------------- */

static int64_t count_of(struct life *life, const char *what)
{
    char sql[200];

    snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", what);
    return life_ask(life, "live.db", sql);
}

TEST(the_same_operations_again_change_nothing)
{
    struct life life;
    struct verification verification;

    life_new(&life, 1);
    assert_true(life_open(&life));
    for (int again = 0; again < 3; again++) {
        const struct posting hold = life_posting(POSTING_HOLD, 1, LIFE_HOLD);
        struct body *body = life_new_body(1, 100);
        struct body *part = life_new_body(2, 50);
        struct message message;
        struct attempt attempt;

        life_settle(&life);
        life_fill_message(1, &message);
        life_fill_attempt(1, &attempt);
        part->message = message.id;
        begin(&life);
        store_accept(life.store, &message, body, &hold);
        store_join(life.store, part);
        store_permit(life.store, message.id, &attempt);
        life_charge(&life, 1, 0);
        life_end(&life, 1);
        store_park(life.store, &(struct store_parked){.id = 5, .size = 1});
        store_end(life.store);
        life_run(&life, 30);
        free(body);
        free(part);
    }
    life_verify(&life, &verification);
    CHECK(verification.ok, verification.mismatches[0]);
    /* Opening, hold, capture, cost, release. */
    assert_int_equal(verification.postings, 5);
    assert_int_equal(count_of(&life, "opening"), 1);
    assert_int_equal(count_of(&life, "definition"), 2);
    assert_int_equal(count_of(&life, "outbox"), 1);
    assert_int_equal(count_of(&life, "parked"), 1);
    assert_int_equal(life_ask(&life, "live.db", "SELECT count FROM outbox_sum"), 1);
    life_free(&life);
}

TEST(money_is_made_only_if_the_row_had_what_the_decision_saw)
{
    struct life life;
    static const struct {
        const char *row;
        int64_t charged_before;
        int64_t postings;
    } rows[] = {
        {"saw another sum", 1,         1},
        {"saw the row",     0,         3},
        {"saw it too late", 0,         3},
        {"charges twice",   LIFE_SELL, 3}, /* its cost_before is not the row's */
    };

    life_new(&life, 1);
    assert_true(life_open(&life));
    life.goal = LIFE_PERMITTED;
    assert_true(life_begin(&life, 1));
    life_run(&life, 30);
    for (size_t i = 0; i < ROWS(rows); i++) {
        begin(&life);
        life_charge(&life, 1, rows[i].charged_before);
        store_end(life.store);
        life_run(&life, 30);
        CHECK_EQ(count_of(&life, "posting"), rows[i].postings, rows[i].row);
    }
    life_free(&life);
}

/* What a loader was told. */
struct told {
    struct message message;
    struct body *body;
    struct attempt attempt;
    struct attempt late;
    struct store_receipt receipt;
    struct store_parked parked;
    struct store_kept kept;
    unsigned keeps;
    unsigned messages;
    unsigned bodies;
    unsigned attempts;
    unsigned lates;
    unsigned receipts;
    unsigned parks;
    unsigned definitions;
    int64_t available;
    int64_t opening;
    uint64_t highest;
    char order[64];   /* m, b, a, l as they came */
    uint64_t aliases; /* three digits each: the name and the id */
};

static void note(struct told *told, char what)
{
    size_t length = strlen(told->order);

    if (length + 1 < sizeof(told->order))
        told->order[length] = what;
}

static void told_definition(void *owner, const struct store_definition *definition)
{
    struct told *told = owner;

    told->definitions += definition->number == 1 && definition->name[0] == 's';
}

static void told_balance(void *owner, uint64_t ledger, uint32_t currency, int64_t amount)
{
    struct told *told = owner;

    if (ledger == ledger_account_of(1, LEDGER_AVAILABLE) &&
        currency == ledger_currency("EUR"))
        told->available = amount;
}

static void told_opening(void *owner, uint32_t account, int64_t amount)
{
    struct told *told = owner;

    assert_int_equal(account, 1);
    told->opening = amount;
}

static void told_message(void *owner, const struct message *message)
{
    struct told *told = owner;

    told->message = *message;
    told->messages++;
    note(told, 'm');
}

static void told_body(void *owner, const struct body *body)
{
    struct told *told = owner;
    size_t size = body_size(body->text_size, body->tlv_size);

    free(told->body);
    told->body = malloc(size);
    memcpy(told->body, body, size);
    told->bodies++;
    note(told, 'b');
}

static void told_attempt(void *owner, uint64_t message, const struct attempt *attempt)
{
    struct told *told = owner;

    assert_int_equal(message, told->message.id);
    told->attempt = *attempt;
    told->attempts++;
    note(told, 'a');
}

static void told_loaded(void *owner, uint64_t message)
{
    struct told *told = owner;

    assert_int_equal(message, told->message.id);
    note(told, 'l');
}

static void told_late(void *owner, uint64_t message, const struct attempt *attempt)
{
    struct told *told = owner;

    (void)message;
    told->late = *attempt;
    told->lates++;
}

static void told_receipt(void *owner, const struct store_receipt *receipt)
{
    struct told *told = owner;

    told->receipt = *receipt;
    told->receipts++;
}

static void told_parked(void *owner, const struct store_parked *parked)
{
    struct told *told = owner;

    told->parked = *parked;
    told->parks++;
}

static void told_alias(void *owner, uint32_t alias, uint64_t id)
{
    struct told *told = owner;

    told->aliases = told->aliases * 1000 + alias * 10 + (unsigned)id;
}

static void told_kept(void *owner, const struct store_kept *kept)
{
    struct told *told = owner;

    told->kept = *kept;
    told->keeps++;
}

static void told_highest(void *owner, uint64_t id)
{
    struct told *told = owner;

    told->highest = id;
}

static const struct store_loader told_loader = {
    .on_definition = told_definition,
    .on_balance = told_balance,
    .on_opening = told_opening,
    .on_message = told_message,
    .on_body = told_body,
    .on_attempt = told_attempt,
    .on_loaded = told_loaded,
    .on_late = told_late,
    .on_receipt = told_receipt,
    .on_parked = told_parked,
    .on_alias = told_alias,
    .on_kept = told_kept,
    .on_highest_id = told_highest,
};

static void reopen(struct life *life, struct told *told)
{
    life_close(life);
    memset(told, 0, sizeof(*told));
    CHECK(life_open(life), life->error);
    CHECK(life_load(life, &told_loader, told), life->error);
}

TEST(loading_gives_back_what_was_accepted)
{
    struct life life;
    struct told told;
    struct body *body = life_new_body(1, 30);
    struct message message;
    struct attempt attempt;
    const struct store_receipt receipt = {
        .id = 77, .account = 1, .size = 3, .made_at_ms = 5, .bytes = {1, 2, 3}
    };
    const struct store_parked parked = {
        .id = 78, .channel = 2, .size = 2, .at_ms = 6, .bytes = {8, 9}
    };

    life_new(&life, 1);
    assert_true(life_open(&life));
    life_settle(&life);
    life_fill_message(1, &message);
    message.flags = MESSAGE_COLLECTED;
    message.step = 2;
    message.segments = 3;
    message.parts = 4;
    body->text_size = 24;
    body->tlv_size = 6;
    body->user_message_reference = 513;
    body->has_user_message_reference = true;
    body->source_ton = 1;
    body->source_npi = 2;
    body->destination_ton = 3;
    body->destination_npi = 4;
    body->esm_class = 0x40;
    body->protocol_id = 6;
    body->priority_flag = 7;
    body->data_coding = 8;
    body->registered_delivery = 9;
    body->from_api = 1;
    body->header_size = 5;
    body->alias = UINT32_MAX;
    body->number = UINT16_MAX;
    body->id_form = 3;
    body->place = UINT8_MAX;
    body->revision = UINT8_MAX;
    body->replaced_after_s = 366 * 86400;
    snprintf(body->service_type, sizeof(body->service_type), "CMT");
    life_fill_attempt(1, &attempt);
    attempt.code = 0xFFFFFFFF;
    attempt.flags = 0x7F;
    attempt.reason = REASON_QUOTA;
    snprintf(attempt.provider_id, sizeof(attempt.provider_id), "%065d", 7);
    begin(&life);
    store_accept(life.store, &message, body, NULL);
    store_permit(life.store, message.id, &attempt);
    store_receipt_add(life.store, &receipt);
    store_park(life.store, &parked);
    store_end(life.store);
    reopen(&life, &told);

    assert_string_equal(told.order, "mbal");
    assert_memory_equal(&told.message, &message, sizeof(message));
    assert_memory_equal(told.body, body, body_size(24, 6));
    assert_memory_equal(&told.attempt, &attempt, sizeof(attempt));
    assert_int_equal(told.receipts, 1);
    assert_memory_equal(&told.receipt, &receipt, sizeof(receipt));
    assert_int_equal(told.parks, 1);
    assert_memory_equal(&told.parked, &parked, sizeof(parked));
    assert_int_equal(told.definitions, 2);
    assert_int_equal(told.available, LIFE_OPENING);
    assert_int_equal(told.opening, LIFE_OPENING);
    assert_int_equal(told.highest, attempt.id);
    free(told.body);
    free(body);
    life_free(&life);
}

TEST(a_body_is_replaced_once_with_its_money)
{
    struct life life;
    struct told told;
    struct verification verification;
    struct body *body = life_new_body(1, 100);
    const struct posting hold = life_posting(POSTING_HOLD, 1, LIFE_HOLD);
    const struct posting more = life_posting(POSTING_HOLD, 1, LIFE_SELL);
    struct body *longer = life_new_body(1, 300);
    struct message message;

    life_new(&life, 1);
    assert_true(life_open(&life));
    life_settle(&life);
    life_fill_message(1, &message);
    message.held_micro = LIFE_HOLD;
    begin(&life);
    store_accept(life.store, &message, body, &hold);
    store_end(life.store);
    life_run(&life, 30);
    longer->revision = 1;
    longer->registered_delivery = 2;
    message.parts = 2;
    message.held_micro = LIFE_HOLD + LIFE_SELL;
    for (int again = 0; again < 3; again++) {
        begin(&life);
        store_message(life.store, &message, NULL);
        store_replace(life.store, longer, 2 * LIFE_SELL, &more, 9);
        store_end(life.store);
        life_run(&life, 30);
        life_fold(&life);
    }
    life_verify(&life, &verification);
    CHECK(verification.ok, verification.mismatches[0]);
    assert_int_equal(verification.postings, 3); /* with the opening */
    reopen(&life, &told);
    assert_memory_equal(told.body, longer, body_size(300, 0));
    assert_int_equal(told.message.held_micro, LIFE_HOLD + LIFE_SELL);
    assert_int_equal(told.message.baseline_micro, 2 * LIFE_SELL);
    free(told.body);
    free(body);
    free(longer);
    life_free(&life);
}

TEST(names_are_loaded_in_the_order_of_their_giving)
{
    struct life life;
    struct told told;

    life_new(&life, 1);
    assert_true(life_open(&life));
    life_settle(&life);
    begin(&life);
    store_alias(life.store, 99, 1, 0);
    store_alias(life.store, 10, 2, 0);
    store_alias(life.store, 11, 3, 99);
    store_alias(life.store, 11, 3, 99);
    store_end(life.store);
    life_run(&life, 30);
    life_fold(&life);
    assert_int_equal(count_of(&life, "alias"), 2);
    reopen(&life, &told);
    assert_int_equal(told.aliases, 102113);
    life_free(&life);
}

TEST(what_is_kept_for_review_is_told_until_it_is_decided)
{
    const struct store_kept kept = {.message = 5, .rule = "strange-links"};
    struct life life;
    struct told told;

    life_new(&life, 1);
    assert_true(life_open(&life));
    life_settle(&life);
    begin(&life);
    store_keep(life.store, &(struct store_kept){.message = 4, .rule = "another"});
    store_keep(life.store, &kept);
    store_keep(life.store, &(struct store_kept){.message = 5, .rule = "later"});
    store_unkeep(life.store, 4);
    store_end(life.store);
    reopen(&life, &told);
    assert_int_equal(told.keeps, 1);
    assert_memory_equal(&told.kept, &kept, sizeof(kept));
    begin(&life);
    store_unkeep(life.store, 5);
    store_end(life.store);
    reopen(&life, &told);
    assert_int_equal(told.keeps, 0);
    life_free(&life);
}

TEST(no_id_is_forgotten_when_its_message_has_gone)
{
    struct life life;
    struct told told;
    struct ids ids = {0};

    life_new(&life, 1);
    assert_true(life_open(&life));
    life_settle(&life);
    assert_true(life_begin(&life, 9));
    life_run(&life, 1000);
    assert_int_equal(store_counters(life.store)->moved, 1);
    reopen(&life, &told);
    assert_int_equal(told.messages, 0);
    assert_int_equal(told.highest, life_attempt_id(9));
    /* The clock stands an hour before it. */
    ids_seen(&ids, told.highest);
    assert_true(ids_next(&ids, life_accepted_at_ms(9) - 3600000) > told.highest);
    free(told.body);
    life_free(&life);
}

/* --- the history -------------------------------------------------------------------- */

static void charge_late(struct life *life, unsigned n, int64_t before)
{
    const struct posting postings[] = {
        life_posting(POSTING_LATE_CAPTURE, n, LIFE_SELL),
        life_posting(POSTING_COST, n, LIFE_BUY),
    };
    struct attempt attempt;

    life_fill_attempt(n, &attempt);
    attempt.state = ATTEMPT_DELIVERED;
    attempt.sent_at_ms = 21;
    attempt.updated_at_ms = life_accepted_at_ms(n) + 99;
    attempt.charged_micro = LIFE_SELL;
    attempt.cost_micro = LIFE_BUY;
    snprintf(attempt.provider_id, sizeof(attempt.provider_id), "late%u", n);
    begin(life);
    store_attempt(life->store, life_message_id(n), &attempt, before, before ? LIFE_BUY : 0,
                  postings, 2);
    store_end(life->store);
}

/* It ends without a charge, as one that expired. */
static void end_uncharged(struct life *life, unsigned n)
{
    const struct posting release = life_posting(POSTING_RELEASE, n, LIFE_HOLD);
    struct message message;

    life_fill_message(n, &message);
    message.state = MESSAGE_ENDED;
    message.end = MESSAGE_EXPIRED;
    message.ended_at_ms = life_accepted_at_ms(n) + 40;
    message.held_micro = 0;
    begin(life);
    store_message(life->store, &message, &release);
    store_end(life->store);
}

TEST(what_comes_late_lies_over_the_history)
{
    struct life life;
    struct told told;
    struct verification verification;
    struct stored_message stored;

    life_new(&life, 1);
    life.goal = LIFE_PERMITTED;
    assert_true(life_open(&life));
    life_settle(&life);
    assert_true(life_begin(&life, 1));
    life_run(&life, 30);
    end_uncharged(&life, 1);
    life_run(&life, 1000);
    assert_int_equal(store_counters(life.store)->moved, 1);
    charge_late(&life, 1, 0);
    charge_late(&life, 1, 0); /* again: it is there already */
    life_run(&life, 50);
    life_find(&life, life_message_id(1), &stored);
    assert_true(stored.found);
    assert_int_equal(stored.message.end, MESSAGE_EXPIRED);
    assert_int_equal(stored.message.charged_micro, LIFE_SELL);
    assert_int_equal(stored.message.cost_micro, LIFE_BUY);
    assert_int_equal(stored.message.attempts[0].state, ATTEMPT_DELIVERED);
    assert_int_equal(stored.message.attempts[0].sent_at_ms, 21);
    assert_string_equal(stored.message.attempts[0].provider_id, "late1");
    life_done(&stored);
    life_verify(&life, &verification);
    CHECK(verification.ok, verification.mismatches[0]);
    assert_int_equal(verification.postings, 5);
    reopen(&life, &told);
    assert_int_equal(told.lates, 1);
    assert_string_equal(told.late.provider_id, "late1");
    assert_int_equal(told.late.channel, 1);
    life_free(&life);
}

TEST(what_never_had_an_id_is_told_of_at_a_start_for_its_ref)
{
    struct life life;
    struct told told;

    for (unsigned moved = 0; moved <= 1; moved++) {
        life_new(&life, 1);
        life.goal = LIFE_PERMITTED;
        assert_true(life_open(&life));
        life_settle(&life);
        assert_true(life_begin(&life, 1));
        life_run(&life, 30);
        end_uncharged(&life, 1);
        life_run(&life, moved ? 1000 : 30);
        assert_int_equal(store_counters(life.store)->moved, moved);
        reopen(&life, &told);
        assert_int_equal(told.lates, 1);
        assert_string_equal(told.late.provider_id, "");
        assert_int_not_equal(told.late.anchor, 0);
        free(told.body);
        life_free(&life);
    }
}

/*
 * Up to the nth sync after the message has ended; then the power is cut.  False: the move
 * has no such sync.
 */
static bool interrupt_move(struct life *life, uint64_t nth)
{
    life_new(life, 1);
    life->goal = LIFE_PERMITTED;
    assert_true(life_open(life));
    life_settle(life);
    assert_true(life_begin(life, 1));
    life_run(life, 30);
    life_fold(life); /* what ends later has to be moved */
    end_uncharged(life, 1);
    life_run(life, 30);
    assert_int_equal(store_counters(life->store)->moved, 0);
    vfs_cut_at(life->vfs, VFS_SYNC, nth, true);
    life_run(life, 1000);
    if (!vfs_is_down(life->vfs))
        return false;
    life_crash(life, true);
    return true;
}

TEST(a_move_that_was_interrupted_is_done_again_with_what_is_newer)
{
    static const char day[] = "history/2026-11-18.db";
    unsigned in_both = 0;
    struct life life;

    for (uint64_t nth = 1; interrupt_move(&life, nth); nth++, life_free(&life)) {
        struct verification verification;
        struct stored_message stored;
        struct told told = {0};

        if (life_ask(&life, "live.db", "SELECT count(*) FROM known") == 1 &&
            life_ask(&life, day, "SELECT count(*) FROM known") == 1)
            in_both++;
        CHECK(life_open(&life), life.error);
        CHECK(life_load(&life, &told_loader, &told), life.error);
        charge_late(&life, 1, 0);
        life_run(&life, 30);
        life_verify(&life, &verification);
        CHECK(verification.ok, verification.mismatches[0]);
        life_run(&life, 1000);
        life_verify(&life, &verification);
        CHECK(verification.ok, verification.mismatches[0]);
        assert_int_equal(verification.postings, 5);
        life_find(&life, life_message_id(1), &stored);
        assert_true(stored.found);
        assert_int_equal(stored.body_count, 1);
        assert_int_equal(stored.message.charged_micro, LIFE_SELL);
        life_done(&stored);
        life_close(&life);
        assert_int_equal(life_ask(&life, "live.db", "SELECT count(*) FROM known"), 0);
        assert_int_equal(life_ask(&life, day, "SELECT count(*) FROM known"), 1);
        assert_int_equal(life_ask(&life, "live.db", "SELECT messages FROM history"), 1);
    }
    life_free(&life);
    assert_true(in_both > 0);
}

TEST(what_ended_in_the_journal_alone_is_moved_once)
{
    struct life life;
    struct told told = {0};

    life_new(&life, 1);
    assert_true(life_open(&life));
    life_settle(&life);
    assert_true(life_begin(&life, 1));
    while (life.steps[1] != LIFE_ENDED)
        life_run(&life, 1);
    life_crash(&life, false);
    assert_int_equal(
        life_ask(&life, "live.db", "SELECT count(*) FROM known WHERE state=5"), 0);
    assert_true(life_open(&life));
    assert_true(life_load(&life, &told_loader, &told));
    life_run(&life, 1000);
    assert_int_equal(store_counters(life.store)->moved, 1);
    assert_true(life_begin(&life, 2));
    life_run(&life, 1000);
    assert_int_equal(store_counters(life.store)->moved, 2);
    life_close(&life);
    assert_int_equal(life_ask(&life, "live.db", "SELECT count(*) FROM known"), 0);
    life_free(&life);
}

TEST(a_start_finds_the_living_alone_and_takes_out_the_rows_of_the_others)
{
    struct life life;
    struct told told = {0};

    life_new(&life, 1);
    assert_true(life_open(&life));
    life_settle(&life);
    life.goal = LIFE_PERMITTED;
    assert_true(life_begin(&life, 1));
    assert_true(life_begin(&life, 2));
    life_run(&life, 30);
    life_fold(&life);
    assert_true(store_begin(life.store, STORE_CONTINUATION));
    life_charge(&life, 1, 0);
    life_end(&life, 1);
    store_end(life.store);
    life_fold(&life);
    life_crash(&life, false);
    assert_int_equal(life_ask(&life, "live.db", "SELECT count(*) FROM gone"), 1);
    assert_true(life_open(&life));
    assert_true(life_load(&life, &told_loader, &told));
    assert_int_equal(told.messages, 1);
    life_run(&life, 1000);
    assert_int_equal(life_ask(&life, "live.db", "SELECT count(*) FROM message"), 1);
    assert_int_equal(life_ask(&life, "live.db", "SELECT count(*) FROM gone"), 0);
    life_free(&life);
}

/* It comes and ends in one decision. */
static void accept_ended(struct life *life, unsigned n)
{
    struct body *body = life_new_body(n, 10);
    struct message message;

    life_fill_message(n, &message);
    begin(life);
    store_accept(life->store, &message, body, NULL);
    message.state = MESSAGE_ENDED;
    message.held_micro = 0;
    store_message(life->store, &message, NULL);
    store_end(life->store);
    free(body);
}

TEST(near_the_end_nothing_is_moved_any_more_and_the_store_is_idle)
{
    enum { DAY_N = 86400 };
    struct life life;
    struct told told = {0};

    life_new(&life, 1);
    life.goal = LIFE_PERMITTED;
    assert_true(life_open(&life));
    life_settle(&life);
    accept_ended(&life, 1);
    accept_ended(&life, 1 + DAY_N); /* of another day: it has to be moved */
    store_end_upkeep(life.store);
    life_run(&life, 1000);
    assert_true(store_is_idle(life.store));
    assert_int_equal(store_counters(life.store)->moved, 1);
    life_close(&life);
    assert_true(life_open(&life));
    assert_true(life_load(&life, &told_loader, &told));
    life_run(&life, 1000);
    assert_int_equal(store_counters(life.store)->moved, 1);
    life_free(&life);
}

TEST(two_days_that_end_side_by_side_are_moved_in_two_moves)
{
    enum { PAIRS = 30, DAY_N = 86400 };
    struct life life;

    life_new(&life, 1);
    assert_true(life_open(&life));
    for (unsigned i = 1; i <= PAIRS; i++) {
        accept_ended(&life, i);
        accept_ended(&life, i + DAY_N);
    }
    life_run(&life, 700);
    assert_int_equal(store_counters(life.store)->moved, 2 * PAIRS);
    life_close(&life);
    assert_int_equal(
        life_ask(&life, "history/2026-11-18.db", "SELECT count(*) FROM known"), PAIRS);
    assert_int_equal(
        life_ask(&life, "history/2026-11-19.db", "SELECT count(*) FROM known"), PAIRS);
    life_free(&life);
}

/* A day whose last end is not known would not be asked for late reports. */
TEST(a_checkpoint_before_the_move_leaves_the_history_as_it_is)
{
    enum { MESSAGES = 320 };
    struct life life;

    life_new(&life, 1);
    life.text_size = 60000;
    assert_true(life_open(&life));
    life_settle(&life);
    for (unsigned n = 1; n <= MESSAGES; n++) {
        assert_true(life_begin(&life, n));
        life_fold(&life); /* it ends in another window, and has to be moved */
        life_run(&life, 5);
    }
    life_fold(&life);
    assert_true(store_counters(life.store)->checkpoints > 0);
    life_run(&life, 2000);
    assert_int_equal(store_counters(life.store)->moved, MESSAGES);
    life_close(&life);
    assert_int_equal(
        life_ask(&life, "live.db", "SELECT count(*) FROM history WHERE ended_at > 0"), 1);
    life_free(&life);
}

TEST(a_history_that_cannot_be_written_stops_nothing)
{
    struct life life;
    struct stored_message stored;

    life_new(&life, 1);
    life_tamper(&life, "history/2026-11-18.db", "CREATE TABLE message(other)");
    assert_true(life_open(&life));
    life_settle(&life);
    assert_true(life_begin(&life, 1));
    life_run(&life, 1000);
    assert_int_equal(life.failures, 0);
    assert_int_equal(store_counters(life.store)->moved, 0);
    assert_true(life_begin(&life, 2));
    life_run(&life, 30);
    assert_int_equal(life.steps[2], LIFE_ENDED);
    life_find(&life, life_message_id(1), &stored);
    assert_true(stored.found);
    life_done(&stored);
    /* Once it can, it is. */
    life_tamper(&life, "history/2026-11-18.db", "DROP TABLE message");
    life_run(&life, 20000);
    assert_int_equal(store_counters(life.store)->moved, 2);
    life_free(&life);
}

TEST(a_reader_that_stays_stops_neither_commits_nor_later_checkpoints)
{
    struct life life;
    sqlite3 *reader;
    char path[128];
    uint64_t checkpoints;
    struct message message;

    life_new(&life, 1);
    life.text_size = 60000;
    life.goal = LIFE_ACCEPTED;
    assert_true(life_open(&life));
    life_settle(&life);
    life_run(&life, 50);
    snprintf(path, sizeof(path), "%s/live.db", life.folder);
    assert_int_equal(sqlite3_open_v2(path, &reader, SQLITE_OPEN_READONLY, "store-life"), 0);
    assert_int_equal(sqlite3_exec(reader, "BEGIN; SELECT * FROM meta", NULL, NULL, NULL),
                     SQLITE_OK);
    /* 1400 bodies of 60 KB, 84 MB, while it looks at the first moment. */
    for (unsigned i = 0; i < 1400; i++) {
        struct body *body = life_new_body(1 + i, life.text_size);

        life_fill_message(1 + i, &message);
        begin(&life);
        store_accept(life.store, &message, body, NULL);
        const struct store_effect effect = life_counted(i);
        store_effect(life.store, &effect);
        store_end(life.store);
        free(body);
        if (i % 16 == 0)
            life_run(&life, 20);
    }
    life_run(&life, 100);
    assert_int_equal(life.effects, 1400);
    checkpoints = store_counters(life.store)->checkpoints;
    /* One after each window of 32 MiB, not one after each commit. */
    assert_in_range(checkpoints, 2, 10);
    sqlite3_close(reader);
    for (unsigned i = 0; i < 400; i++) {
        struct body *body = life_new_body(1401 + i, life.text_size);

        life_fill_message(1401 + i, &message);
        begin(&life);
        store_accept(life.store, &message, body, NULL);
        store_end(life.store);
        free(body);
        if (i % 16 == 0)
            life_run(&life, 20);
    }
    life_run(&life, 1000);
    assert_true(store_counters(life.store)->checkpoints > checkpoints);
    assert_int_equal(life.failures, 0);
    life_free(&life);
}

/* --- opening and closing ------------------------------------------------------------ */

TEST(closing_commits_what_was_decided_and_runs_no_effect)
{
    static const int64_t waits_ms[] = {0, 1, 2, 3, 4};

    for (size_t i = 0; i < ROWS(waits_ms); i++) {
        struct life life;
        struct told told;

        life_new(&life, 1);
        life.goal = LIFE_ACCEPTED;
        assert_true(life_open(&life));
        life_settle(&life);
        life_run(&life, 50);
        assert_true(life_begin(&life, 1));
        life_run(&life, waits_ms[i]); /* appended, in flight, applied, told */
        assert_true(life_begin(&life, 2));
        uint64_t effects = life.effects;
        reopen(&life, &told);
        assert_int_equal(life.effects, effects);
        assert_int_equal(told.messages, 2);
        free(told.body);
        life_free(&life);
    }
}

TEST(a_folder_is_used_by_one_store_at_a_time)
{
    struct life life;
    struct life other;
    char expected[200];

    life_new(&life, 1);
    assert_true(life_open(&life));
    other = (struct life){.vfs = life.vfs};
    memcpy(other.folder, life.folder, sizeof(other.folder));
    assert_false(life_open(&other));
    snprintf(expected, sizeof(expected), "state folder %s is in use by another sluiced",
             life.folder);
    assert_string_equal(other.error, expected);
    life_close(&other);
    life_close(&life);
    assert_true(life_open(&life));
    life_free(&life);
}

TEST(a_database_of_somebody_else_is_refused_and_left_as_it_was)
{
    static const struct {
        const char *row;
        const char *sql;
        const char *error;
    } rows[] = {
        {"a stranger's", "CREATE TABLE sheep(name)", "schema is 0" },
        {"a later one",
         "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT);"
         "INSERT INTO meta VALUES('schema', '99')",  "schema is 99"},
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct life life;

        life_new(&life, 1);
        life_tamper(&life, "live.db", rows[i].sql);
        CHECK(!life_open(&life), rows[i].row);
        CHECK(strstr(life.error, rows[i].error) != NULL, life.error);
        CHECK(strstr(life.error, "live.db cannot be opened") != NULL, life.error);
        life_close(&life);
        CHECK_EQ(life_ask(&life, "live.db",
                          "SELECT count(*) FROM sqlite_master WHERE type='table'"),
                 1, rows[i].row);
        /* Octet 18 of the file says which kind of log it has. */
        CHECK_EQ(
            life_ask(&life, "live.db",
                     "SELECT count(*) FROM pragma_journal_mode WHERE journal_mode='wal'"),
            0, rows[i].row);
        life_free(&life);
    }
}

TEST(a_state_folder_that_cannot_be_made_is_told_with_its_reason)
{
    struct life life;
    char folder[sizeof(life.folder)];

    life_new(&life, 1);
    memcpy(folder, life.folder, sizeof(folder));
    snprintf(life.folder, sizeof(life.folder), "/nowhere/at/all");
    assert_false(life_open(&life));
    assert_string_equal(
        life.error,
        "state folder /nowhere/at/all cannot be made: No such file or directory");
    life_close(&life);
    memcpy(life.folder, folder, sizeof(folder));
    life_free(&life);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(effects_run_after_the_commit_and_in_their_order),
        RUN(beginnings_have_their_share_of_the_next_batch),
        RUN(a_store_is_busy_when_a_batch_holds_what_continuations_have),
        RUN(with_threads_every_effect_runs_once_and_in_order),
        RUN(what_nobody_awaits_goes_after_twenty_milliseconds),
        RUN(while_commits_are_held_each_has_to_be_let_go),
        RUN(each_commit_counts_among_the_times_of_commits),
        RUN(a_barrier_waits_for_all_before_it_and_writes_nothing),
        RUN(beginnings_are_refused_over_sixty_percent_and_continuations_are_not),
        RUN(beginnings_are_refused_by_octets_too),
        RUN(the_same_operations_again_change_nothing),
        RUN(money_is_made_only_if_the_row_had_what_the_decision_saw),
        RUN(loading_gives_back_what_was_accepted),
        RUN(a_body_is_replaced_once_with_its_money),
        RUN(names_are_loaded_in_the_order_of_their_giving),
        RUN(what_is_kept_for_review_is_told_until_it_is_decided),
        RUN(no_id_is_forgotten_when_its_message_has_gone),
        RUN(what_comes_late_lies_over_the_history),
        RUN(what_never_had_an_id_is_told_of_at_a_start_for_its_ref),
        RUN(a_move_that_was_interrupted_is_done_again_with_what_is_newer),
        RUN(what_ended_in_the_journal_alone_is_moved_once),
        RUN(a_start_finds_the_living_alone_and_takes_out_the_rows_of_the_others),
        RUN(near_the_end_nothing_is_moved_any_more_and_the_store_is_idle),
        RUN(two_days_that_end_side_by_side_are_moved_in_two_moves),
        RUN(a_checkpoint_before_the_move_leaves_the_history_as_it_is),
        RUN(a_history_that_cannot_be_written_stops_nothing),
        RUN(a_reader_that_stays_stops_neither_commits_nor_later_checkpoints),
        RUN(closing_commits_what_was_decided_and_runs_no_effect),
        RUN(a_folder_is_used_by_one_store_at_a_time),
        RUN(a_database_of_somebody_else_is_refused_and_left_as_it_was),
        RUN(a_state_folder_that_cannot_be_made_is_told_with_its_reason),
    };

    return RUN_ALL(tests);
}
