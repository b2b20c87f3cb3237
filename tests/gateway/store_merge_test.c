/*
 * A window that is merged gives the same tables as its decisions one by one: the same
 * random course is recorded twice, once with a fold after each decision.
 */

#include <stdlib.h>

#include <sqlite3.h>

#include "gateway/packed.h"
#include "routing/ledger.h"
#include "tests/gateway/store_life.h"
#include "tests/test.h"

enum { MESSAGES = 12, DECISIONS = 120, TEXT_MAX = 400000 };

/* What the loop knows of one message. */
struct known {
    struct message message;
    struct attempt attempts[3];
    unsigned attempt_count;
    uint8_t revision;
    bool accepted;
    bool receipt;
};

struct course {
    struct life life;
    uint64_t random;
    bool fold_each;
    struct known known[MESSAGES + 1];
    bool parked[4];
    uint32_t alias;
    char *text; /* of all tables at the end */
    size_t used;
};

static unsigned choose(struct course *course, unsigned count)
{
    course->random = course->random * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(course->random >> 33) % count;
}

static void accept(struct course *course, unsigned n)
{
    struct known *known = &course->known[n];
    const struct posting hold = life_posting(POSTING_HOLD, n, LIFE_HOLD);
    struct body *body = life_new_body(n, 20);

    life_fill_message(n, &known->message);
    store_accept(course->life.store, &known->message, body, &hold);
    free(body);
    known->accepted = true;
}

static void permit(struct course *course, unsigned n)
{
    struct known *known = &course->known[n];
    struct attempt *attempt = &known->attempts[known->attempt_count];

    life_fill_attempt(n, attempt);
    attempt->id += known->attempt_count;
    attempt->ordinal = (uint16_t)++known->attempt_count;
    store_permit(course->life.store, life_message_id(n), attempt);
}

static void change_attempt(struct course *course, unsigned n)
{
    struct known *known = &course->known[n];
    struct attempt *attempt = &known->attempts[choose(course, known->attempt_count)];
    int64_t charged_before = attempt->charged_micro;
    int64_t cost_before = attempt->cost_micro;
    struct posting postings[] = {life_posting(POSTING_CAPTURE, n, LIFE_SELL),
                                 life_posting(POSTING_COST, n, LIFE_BUY)};
    bool charges = charged_before == 0 && choose(course, 2) == 0;

    postings[0].attempt = postings[1].attempt = attempt->id;
    attempt->state = (uint8_t)(1 + choose(course, 9));
    attempt->updated_at_ms++;
    if (charges) {
        attempt->charged_micro = LIFE_SELL;
        attempt->cost_micro = LIFE_BUY;
        snprintf(attempt->provider_id, sizeof(attempt->provider_id), "p%u", n);
    }
    store_attempt(course->life.store, life_message_id(n), attempt, charged_before,
                  cost_before, postings, charges ? 2 : 0);
}

static void change_message(struct course *course, unsigned n)
{
    struct known *known = &course->known[n];
    const struct posting release = life_posting(POSTING_RELEASE, n, LIFE_HOLD - LIFE_SELL);
    struct store_receipt receipt = {
        .id = life_message_id(n), .account = 1, .size = 1, .made_at_ms = n};
    bool ends = choose(course, 3) == 0;

    if (known->message.state == MESSAGE_ENDED)
        return;
    known->message.state = ends ? MESSAGE_ENDED : (uint8_t)(1 + choose(course, 4));
    known->message.entered_at_ms++;
    if (ends) {
        known->message.held_micro = 0;
        known->message.ended_at_ms = life_accepted_at_ms(n) + 40;
        store_receipt_add(course->life.store, &receipt);
        known->receipt = true;
    }
    store_message(course->life.store, &known->message, ends ? &release : NULL);
}

static void replace(struct course *course, unsigned n)
{
    struct known *known = &course->known[n];
    const struct posting more = life_posting(POSTING_HOLD, n, LIFE_SELL);
    struct body *body = life_new_body(n, 10 + choose(course, 20));

    if (known->message.state != MESSAGE_ENDED) {
        body->revision = ++known->revision;
        body->alias = n;
        body->replaced_after_s = 60 + n;
        known->message.parts++;
        known->message.held_micro += LIFE_SELL;
        known->message.baseline_micro += LIFE_SELL;
        store_message(course->life.store, &known->message, NULL);
        store_replace(course->life.store, body, known->message.baseline_micro, &more, 7);
    }
    free(body);
}

/* Eight names at once: each new one takes the place of the oldest. */
static void name(struct course *course, unsigned n)
{
    uint32_t alias = ++course->alias;

    store_alias(course->life.store, alias, life_message_id(n), alias > 8 ? alias - 8 : 0);
}

static void park_or_not(struct course *course)
{
    unsigned n = choose(course, 4);
    const struct store_parked parked = {.id = 900 + n, .channel = 1, .size = 1};

    if (course->parked[n])
        store_unpark(course->life.store, parked.id);
    else
        store_park(course->life.store, &parked);
    course->parked[n] = !course->parked[n];
}

/* One thing that may happen now to a message chosen by chance. */
static void decide(struct course *course)
{
    unsigned n = 1 + choose(course, MESSAGES);
    struct known *known = &course->known[n];
    unsigned what = choose(course, 8);

    assert_true(store_begin(course->life.store, STORE_CONTINUATION));
    if (!known->accepted)
        accept(course, n);
    else if (what == 0 && known->attempt_count < 3 && known->message.state != MESSAGE_ENDED)
        permit(course, n);
    else if (what <= 2 && known->attempt_count > 0)
        change_attempt(course, n);
    else if (what == 3)
        change_message(course, n);
    else if (what == 4 && known->receipt) {
        store_receipt_gone(course->life.store, life_message_id(n), 1);
        known->receipt = false;
    } else if (what == 5)
        replace(course, n);
    else if (what == 6)
        name(course, n);
    else
        park_or_not(course);
    store_end(course->life.store);
}

static int write_row(void *self, int count, char **values, char **names)
{
    struct course *course = self;

    (void)names;
    for (int i = 0; i < count; i++)
        course->used +=
            (size_t)snprintf(course->text + course->used, TEXT_MAX - course->used, "%s ",
                             values[i] ? values[i] : "-");
    course->used +=
        (size_t)snprintf(course->text + course->used, TEXT_MAX - course->used, "\n");
    assert_true(course->used < TEXT_MAX);
    return 0;
}

/* All that is known of a message, wherever it is. */
static void write_message(struct course *course, unsigned n)
{
    struct stored_message stored;
    struct packed_bodies bodies;
    uint8_t packed[1000];
    uint8_t out[3000];
    size_t size;

    life_find(&course->life, life_message_id(n), &stored);
    assert_int_equal(stored.found, course->known[n].accepted);
    if (stored.found) {
        assert_int_equal(stored.body_count, 1);
        bodies = (struct packed_bodies){
            packed, packed_write_body(stored.message.id, stored.bodies[0], packed)};
        size = packed_write(&stored.message, &bodies, out);
        for (size_t i = 0; i < size; i++)
            course->used += (size_t)snprintf(course->text + course->used,
                                             TEXT_MAX - course->used, "%02X", out[i]);
        course->used +=
            (size_t)snprintf(course->text + course->used, TEXT_MAX - course->used, "\n");
    }
    life_done(&stored);
}

static void write_tables(struct course *course)
{
    static const char *const tables[] = {
        "SELECT alias, id FROM alias ORDER BY alias",
        "SELECT * FROM posting ORDER BY id",
        "SELECT * FROM balance ORDER BY ledger, currency",
        "SELECT id, account, made_at, hex(bytes) FROM outbox ORDER BY id",
        "SELECT * FROM outbox_sum WHERE count<>0 OR ids<>0 ORDER BY account",
        "SELECT id, channel FROM parked ORDER BY id",
        "SELECT value FROM meta WHERE key='highest_id'",
    };
    sqlite3 *database;
    char path[160];

    snprintf(path, sizeof(path), "%s/live.db", course->life.folder);
    assert_int_equal(sqlite3_open_v2(path, &database,
                                     SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                                     "store-life"),
                     SQLITE_OK);
    for (size_t i = 0; i < ROWS(tables); i++)
        CHECK_EQ(sqlite3_exec(database, tables[i], write_row, course, NULL), SQLITE_OK,
                 tables[i]);
    sqlite3_close(database);
    for (unsigned n = 1; n <= MESSAGES; n++)
        write_message(course, n);
}

/* All that was told is in its tables, as text for the caller to free. */
static char *run(uint64_t seed, bool fold_each)
{
    struct course *course = calloc(1, sizeof(*course));
    char *text = malloc(TEXT_MAX);

    assert_true(course != NULL && text != NULL);
    course->random = seed;
    course->fold_each = fold_each;
    course->text = text;
    life_new(&course->life, seed);
    assert_true(life_open(&course->life));
    life_settle(&course->life);
    for (unsigned i = 0; i < DECISIONS; i++) {
        decide(course);
        if (fold_each || i == DECISIONS / 2)
            life_fold(&course->life);
    }
    life_fold(&course->life);
    write_tables(course);
    life_free(&course->life);
    free(course);
    return text;
}

TEST(a_merged_window_gives_the_tables_of_its_decisions_one_by_one)
{
    for (uint64_t seed = 1; seed <= 60; seed++) {
        char *one_by_one = run(seed, true);
        char *merged = run(seed, false);
        char row[30];

        snprintf(row, sizeof(row), "seed %llu", (unsigned long long)seed);
        CHECK_STR(merged, one_by_one, row);
        free(one_by_one);
        free(merged);
    }
}

TEST(a_life_that_ends_in_its_window_costs_one_row_and_its_postings)
{
    struct life life;
    uint64_t rows;

    life_start(&life);
    life_fold(&life);
    rows = store_counters(life.store)->rows;
    for (unsigned n = 2; n <= 20; n += 2)
        assert_true(life_begin(&life, n));
    life_run(&life, 100);
    life_fold(&life);
    /* The message, four postings; its receipt came and went.  Once: balances,
     * the chain, the day, what is in the tables. */
    assert_in_range(store_counters(life.store)->rows - rows, 50, 65);
    life_free(&life);
}

TEST(of_what_came_and_ended_in_a_window_live_db_has_the_postings_alone)
{
    struct life life;
    struct stored_message stored;
    struct verification verification;

    life_start(&life);
    life_fold(&life);
    for (unsigned n = 2; n <= 20; n += 2)
        assert_true(life_begin(&life, n));
    while (life.steps[20] != LIFE_ENDED)
        life_run(&life, 1);
    life_fold(&life);
    assert_int_equal(store_counters(life.store)->moved, 10);
    assert_int_equal(life_ask(&life, "live.db", "SELECT count(*) FROM known"), 0);
    assert_int_equal(life_ask(&life, "live.db", "SELECT count(*) FROM posting"), 41);
    assert_int_equal(life_ask(&life, "live.db", "SELECT messages FROM history"), 10);
    life_find(&life, life_message_id(8), &stored);
    assert_true(stored.found);
    assert_int_equal(stored.message.end, MESSAGE_DELIVERED);
    assert_int_equal(stored.message.attempt_count, 1);
    assert_int_equal(stored.body_count, 1);
    life_done(&stored);
    life_verify(&life, &verification);
    assert_true(verification.ok);
    life_free(&life);
}

/* All of the life of message `n` in one decision. */
static void live_at_once(struct life *life, unsigned n)
{
    const struct posting hold = life_posting(POSTING_HOLD, n, LIFE_HOLD);
    struct body *body = life_new_body(n, 20);
    struct message message;
    struct attempt attempt;

    life_fill_message(n, &message);
    life_fill_attempt(n, &attempt);
    life_decide(life);
    store_accept(life->store, &message, body, &hold);
    store_permit(life->store, message.id, &attempt);
    life_charge(life, n, 0);
    life_end(life, n);
    store_end(life->store);
    free(body);
}

/* All day long the last ones of the day before end, or of the week before. */
TEST(where_days_end_side_by_side_it_is_the_newest_that_is_written_at_once)
{
    enum { NEXT_DAY = 60000, COUNT = 10 };
    struct life life;

    life_start(&life);
    life.goal = LIFE_PERMITTED;
    assert_true(life_begin(&life, 1));
    while (life.steps[1] != LIFE_PERMITTED)
        life_run(&life, 1);
    life_fold(&life);
    life_decide(&life);
    life_charge(&life, 1, 0);
    life_end(&life, 1);
    store_end(life.store);
    for (unsigned n = NEXT_DAY; n < NEXT_DAY + COUNT; n++)
        live_at_once(&life, n);
    life_fold(&life);
    assert_int_equal(life_ask(&life, "live.db", "SELECT count(*) FROM known"), 1);
    assert_int_equal(life_ask(&life, "history/2026-11-19.db", "SELECT count(*) FROM known"),
                     COUNT);
    life_run(&life, 1000);
    assert_int_equal(life_ask(&life, "live.db", "SELECT count(*) FROM known"), 0);
    assert_int_equal(life_ask(&life, "history/2026-11-18.db", "SELECT count(*) FROM known"),
                     1);
    life_check_ledger(&life);
    life_free(&life);
}

TEST(a_day_that_was_deleted_is_made_anew)
{
    static const char day[] = "history/2026-11-18.db";
    sqlite3_vfs *vfs;
    char path[160];
    struct life life;

    life_new(&life, 1);
    vfs = sqlite3_vfs_find("store-life");
    assert_true(life_open(&life));
    life_settle(&life);
    for (unsigned n = 2; n <= 4; n += 2) {
        assert_true(life_begin(&life, n));
        while (life.steps[n] != LIFE_ENDED)
            life_run(&life, 1);
        life_fold(&life);
        snprintf(path, sizeof(path), "%s/%s", life.folder, day);
        if (n == 2)
            assert_int_equal(vfs->xDelete(vfs, path, 1), SQLITE_OK);
    }
    assert_int_equal(life_ask(&life, day, "SELECT count(*) FROM known"), 1);
    life_free(&life);
}

/* Message `n`, from its beginning to its end. */
static void live_through(struct life *life, unsigned n)
{
    assert_true(life_begin(life, n));
    while (life->steps[n] != LIFE_ENDED)
        life_run(life, 1);
}

/*
 * After a crash between the day and live.db the window is folded again with what came
 * behind it: a row that is there already is an older one.
 */
TEST(a_row_that_the_day_has_from_before_a_crash_becomes_what_it_is_now)
{
    static const char day[] = "history/2026-11-18.db";
    struct life life;
    struct stored_message stored;
    char sql[400];

    life_start(&life);
    live_through(&life, 2);
    life_fold(&life);
    snprintf(sql, sizeof(sql),
             "INSERT INTO message SELECT %llu, 5, 1, with_field(content, 'id', %llu)"
             " FROM message",
             (unsigned long long)life_message_id(4),
             (unsigned long long)life_message_id(4));
    life_tamper(&life, day, sql);
    live_through(&life, 4);
    life_fold(&life);
    assert_int_equal(store_counters(life.store)->moved, 2);
    life_find(&life, life_message_id(4), &stored);
    assert_true(stored.found);
    assert_int_equal(stored.message.end, MESSAGE_DELIVERED);
    assert_int_equal(stored.message.charged_micro, LIFE_SELL);
    life_done(&stored);
    life_check_ledger(&life);
    life_free(&life);
}

TEST(a_day_that_fails_in_the_middle_of_a_window_is_made_up_for_later)
{
    static const char day[] = "history/2026-11-18.db";
    struct life life;

    life_start(&life);
    live_through(&life, 2);
    life_fold(&life);
    life_tamper(&life, day,
                "CREATE TRIGGER full BEFORE INSERT ON message BEGIN"
                " SELECT RAISE(ABORT, 'no room'); END");
    /* One that has to be moved ends in the window of one that would go there at once. */
    life.goal = LIFE_PERMITTED;
    assert_true(life_begin(&life, 4));
    life_run(&life, 10);
    life_fold(&life);
    life.goal = LIFE_ENDED;
    assert_true(store_begin(life.store, STORE_CONTINUATION));
    life_charge(&life, 4, 0);
    life_end(&life, 4);
    store_end(life.store);
    live_through(&life, 6);
    life_fold(&life);
    assert_int_equal(life.failures, 0);
    assert_int_equal(store_counters(life.store)->moved, 1);
    assert_int_equal(life_ask(&life, "live.db", "SELECT count(*) FROM known"), 2);
    life_tamper(&life, day, "DROP TRIGGER full");
    life_run(&life, 25000);
    assert_int_equal(store_counters(life.store)->moved, 3);
    assert_int_equal(life_ask(&life, "live.db", "SELECT count(*) FROM known"), 0);
    assert_int_equal(life_ask(&life, day, "SELECT count(*) FROM known"), 3);
    life_free(&life);
}

/* A write that finds no room; false: there are not so many. */
static bool move_and_fill(uint64_t nth)
{
    static const char day[] = "history/2026-11-18.db";
    enum { NEXT_DAY = 60000 };
    struct life life;
    uint64_t before;
    bool there;

    life_start(&life);
    live_at_once(&life, 2);
    live_at_once(&life, NEXT_DAY);
    life_fold(&life);
    assert_int_equal(life_ask(&life, "live.db", "SELECT count(*) FROM known"), 1);
    before = vfs_calls(life.vfs, VFS_WRITE);
    vfs_fail_at(life.vfs, VFS_WRITE, nth, SQLITE_FULL);
    life_run(&life, 25000);
    there = vfs_calls(life.vfs, VFS_WRITE) >= before + nth;
    CHECK_EQ(life.failures, 0, life.error);
    assert_int_equal(life_ask(&life, "live.db", "SELECT count(*) FROM known"), 0);
    assert_int_equal(life_ask(&life, day, "SELECT count(*) FROM known"), 1);
    life_check_ledger(&life);
    life_free(&life);
    return there;
}

TEST(a_move_that_finds_no_room_is_made_later)
{
    uint64_t nth = 1;

    while (move_and_fill(nth))
        nth++;
    assert_true(nth > 10);
}

/* As it may for ever, where its file is damaged. */
TEST(a_day_that_fails_is_in_the_way_of_no_other)
{
    enum { NEXT_DAY = 60000 };
    static const char day[] = "history/2026-11-18.db";
    static const char next_day[] = "history/2026-11-19.db";
    struct life life;

    life_start(&life);
    live_at_once(&life, 2);
    life_fold(&life);
    life_tamper(&life, day,
                "CREATE TRIGGER full BEFORE INSERT ON message BEGIN"
                " SELECT RAISE(ABORT, 'damaged'); END");
    live_at_once(&life, 4);
    life_fold(&life);
    live_at_once(&life, NEXT_DAY);
    life_fold(&life);
    life_run(&life, 25000);
    assert_int_equal(life_ask(&life, "live.db", "SELECT count(*) FROM known"), 1);
    assert_int_equal(life_ask(&life, next_day, "SELECT count(*) FROM known"), 1);
    /* Nor in that of what ends from now on. */
    live_at_once(&life, NEXT_DAY + 1);
    life_fold(&life);
    assert_int_equal(life_ask(&life, "live.db", "SELECT count(*) FROM known"), 1);
    life_tamper(&life, day, "DROP TRIGGER full");
    life_run(&life, 25000);
    assert_int_equal(life_ask(&life, "live.db", "SELECT count(*) FROM known"), 0);
    assert_int_equal(life_ask(&life, day, "SELECT count(*) FROM known"), 2);
    assert_int_equal(life_ask(&life, next_day, "SELECT count(*) FROM known"), 2);
    assert_int_equal(life.failures, 0);
    life_free(&life);
}

TEST(what_was_replaced_in_the_window_that_it_ended_in_is_as_it_was_replaced)
{
    struct life life;
    struct stored_message stored;
    struct message message;
    struct body *body = life_new_body(2, 30);

    life_start(&life);
    life_fold(&life);
    life_fill_message(2, &message);
    assert_true(store_begin(life.store, STORE_CONTINUATION));
    store_accept(life.store, &message, body, NULL);
    body->revision = 1;
    body->bytes[0] ^= 1;
    store_replace(life.store, body, LIFE_SELL, NULL, 7);
    message.state = MESSAGE_ENDED;
    message.held_micro = 0;
    store_message(life.store, &message, NULL);
    store_end(life.store);
    life_fold(&life);
    life_find(&life, life_message_id(2), &stored);
    assert_true(stored.found);
    assert_int_equal(stored.bodies[0]->revision, 1);
    assert_int_equal(stored.bodies[0]->bytes[0], body->bytes[0]);
    life_done(&stored);
    free(body);
    life_free(&life);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_merged_window_gives_the_tables_of_its_decisions_one_by_one),
        RUN(a_life_that_ends_in_its_window_costs_one_row_and_its_postings),
        RUN(of_what_came_and_ended_in_a_window_live_db_has_the_postings_alone),
        RUN(where_days_end_side_by_side_it_is_the_newest_that_is_written_at_once),
        RUN(a_day_that_was_deleted_is_made_anew),
        RUN(a_row_that_the_day_has_from_before_a_crash_becomes_what_it_is_now),
        RUN(a_day_that_fails_in_the_middle_of_a_window_is_made_up_for_later),
        RUN(a_move_that_finds_no_room_is_made_later),
        RUN(a_day_that_fails_is_in_the_way_of_no_other),
        RUN(what_was_replaced_in_the_window_that_it_ended_in_is_as_it_was_replaced),
    };

    return RUN_ALL(tests);
}
