/*
 * A disk that fails, is full or loses its power, at any point: whatever an effect has
 * told the world is found again.
 */
#include "gateway/store.h"

#include <stdlib.h>

#include <sqlite3.h>

#include "tests/faults.h"
#include "tests/gateway/store_life.h"
#include "tests/test.h"

static FILE *table; /* of what was tried */

struct found {
    struct life *life;
    uint64_t highest;
    unsigned receipts[LIFE_MESSAGES_MAX + 1];
};

static void found_receipt(void *owner, const struct store_receipt *receipt)
{
    struct found *found = owner;
    unsigned n;

    assert_int_equal(receipt->size, 4);
    memcpy(&n, receipt->bytes, 4);
    assert_int_equal(receipt->id, life_message_id(n));
    found->receipts[n]++;
}

static void found_highest(void *owner, uint64_t id)
{
    struct found *found = owner;

    found->highest = id;
}

static const struct store_loader found_loader = {.on_receipt = found_receipt,
                                                 .on_highest_id = found_highest};

/* What the effects of message `n` have told the world is there. */
static void check_message(struct life *life, const struct found *found, unsigned n,
                          enum life_step step, const char *row)
{
    struct stored_message stored;

    life_find(life, life_message_id(n), &stored);
    CHECK(stored.found, row);
    CHECK_EQ(stored.body_count, 1, row);
    CHECK_EQ(stored.bodies[0]->text_size, life->text_size, row);
    CHECK(found->highest >= life_message_id(n), row);
    if (step >= LIFE_PERMITTED) {
        CHECK_EQ(stored.message.attempt_count, 1, row);
        CHECK(found->highest >= life_attempt_id(n), row);
    }
    if (step == LIFE_ENDED) {
        CHECK_EQ(stored.message.state, MESSAGE_ENDED, row);
        CHECK_EQ(stored.message.charged_micro, LIFE_SELL, row);
        /* An acknowledgement that was not awaited may be lost, a receipt may not. */
        CHECK(found->receipts[n] == 1 || n % 2 == 0, row);
    }
    life_done(&stored);
}

/* The life after the crash: all that was seen is there, the ledger is right, it goes on. */
static void check_all(struct life *life, const char *row)
{
    struct found found = {.life = life};
    struct verification verification;
    enum life_step steps[LIFE_MESSAGES_MAX + 1];
    unsigned another = LIFE_MESSAGES_MAX;

    memcpy(steps, life->steps, sizeof(steps));
    CHECK(life_open(life), life->error);
    CHECK(life_load(life, &found_loader, &found), life->error);
    for (unsigned n = 1; n <= LIFE_MESSAGES_MAX; n++)
        if (steps[n] != LIFE_NONE)
            check_message(life, &found, n, steps[n], row);
    life_verify(life, &verification);
    CHECK(verification.ok, verification.mismatches[0]);
    CHECK_EQ(verification.ended_with_hold, 0, row);
    life->failures = 0;
    life_settle(life);
    while (steps[another] != LIFE_NONE)
        another--;
    CHECK(life_begin(life, another), row);
    life_run(life, 1500);
    CHECK_EQ(life->steps[another], LIFE_ENDED, row);
    CHECK_EQ(life->failures, 0, row);
    life_verify(life, &verification);
    CHECK(verification.ok, verification.mismatches[0]);
}

/* Some messages, one after the other, with their way into the history. */
static void live_on(struct life *life, unsigned first, unsigned last)
{
    life_settle(life);
    for (unsigned n = first; n <= last; n++) {
        (void)!life_begin(life, n);
        if (n % 3 == 0)
            life_run(life, 4);
    }
    life_run(life, 1500);
    life_settle(life);
    life_run(life, 700);
}

/* For the table of all faults. */
static void note(const char *fault, const char *row, uint64_t times)
{
    char text[100];

    snprintf(text, sizeof(text), "%s: %s", fault, row);
    faults_row(table, text, times, 0);
}

struct trouble {
    const char *row;
    enum vfs_call call;
    bool after;
    unsigned luck_percent;
    unsigned messages;
    size_t text_size;
    unsigned stride; /* not each of the calls, but each so many */
};

/* False: the run has no nth such call. */
static bool cut_once(const struct trouble *trouble, uint64_t nth)
{
    struct life life;
    bool down;
    char row[100];

    snprintf(row, sizeof(row), "%s %llu", trouble->row, (unsigned long long)nth);
    life_new(&life, nth + 1000 * trouble->luck_percent);
    life.text_size = trouble->text_size;
    vfs_set_luck(life.vfs, trouble->luck_percent);
    vfs_cut_at(life.vfs, trouble->call, nth, trouble->after);
    if (life_open(&life))
        live_on(&life, 1, trouble->messages);
    down = vfs_is_down(life.vfs);
    if (down) {
        CHECK(life.failures <= 1, row);
        life_crash(&life, true);
        check_all(&life, row);
    }
    life_free(&life);
    return down;
}

TEST(whatever_was_seen_is_there_after_a_power_cut_at_any_point)
{
    static const struct trouble troubles[] = {
        {"before sync, all is lost",     VFS_SYNC,  false, 0,  7,  20,    1},
        {"after sync, all is lost",      VFS_SYNC,  true,  0,  7,  20,    1},
        {"before sync, half is lost",    VFS_SYNC,  false, 50, 7,  20,    1},
        {"after sync, a little is lost", VFS_SYNC,  true,  90, 7,  20,    1},
        {"write, all is lost",           VFS_WRITE, false, 0,  7,  20,    5},
        {"write, half is lost",          VFS_WRITE, true,  50, 7,  20,    3},
        {"each write, a little is lost", VFS_WRITE, true,  90, 2,  20,    1},
        {"checkpoint, all is lost",      VFS_SYNC,  false, 0,  80, 60000, 3},
        {"checkpoint, half is lost",     VFS_SYNC,  true,  50, 80, 60000, 4},
    };

    for (size_t i = 0; i < ROWS(troubles); i++) {
        uint64_t nth = 1;
        uint64_t times = 1;

        for (; cut_once(&troubles[i], nth); times++)
            nth += troubles[i].stride;
        CHECK(nth > 15, troubles[i].row);
        note("power cut", troubles[i].row, times);
    }
}

static void path_in(const struct life *life, const char *file, char path[128])
{
    memset(path, 0, 128);
    snprintf(path, 127, "%s/%s", life->folder, file);
}

static sqlite3_file *open_raw(const struct life *life, const char *file)
{
    sqlite3_vfs *vfs = sqlite3_vfs_find("store-life");
    sqlite3_file *handle = calloc(1, (size_t)vfs->szOsFile);
    char path[128];

    path_in(life, file, path);
    assert_non_null(handle);
    assert_int_equal(
        vfs->xOpen(vfs, path, handle,
                   SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MAIN_DB, NULL),
        SQLITE_OK);
    return handle;
}

static void close_raw(sqlite3_file *handle)
{
    handle->pMethods->xClose(handle);
    free(handle);
}

static int64_t size_of(const struct life *life, const char *file)
{
    sqlite3_file *handle = open_raw(life, file);
    sqlite3_int64 size = -1;

    assert_int_equal(handle->pMethods->xFileSize(handle, &size), SQLITE_OK);
    close_raw(handle);
    return size;
}

static void shorten(const struct life *life, const char *file, int64_t size)
{
    sqlite3_file *handle = open_raw(life, file);

    assert_int_equal(handle->pMethods->xTruncate(handle, size), SQLITE_OK);
    close_raw(handle);
}

static void take_away(const struct life *life, const char *file)
{
    sqlite3_vfs *vfs = sqlite3_vfs_find("store-life");
    char path[128];

    path_in(life, file, path);
    assert_int_equal(vfs->xDelete(vfs, path, 1), SQLITE_OK);
}

/* Five windows in the tables' log, three messages in the journal alone, then a kill. */
static void live_until_killed(struct life *life, uint64_t seed)
{
    life_new(life, seed);
    assert_true(life_open(life));
    life_settle(life);
    for (unsigned n = 1; n <= 15; n++) {
        assert_true(life_begin(life, n));
        life_run(life, 6);
        if (n % 3 == 0)
            life_fold(life);
    }
    life->goal = LIFE_ACCEPTED;
    for (unsigned n = 16; n <= 18; n++)
        assert_true(life_begin(life, n));
    life_run(life, 2);
    assert_int_equal(life->steps[18], LIFE_ACCEPTED);
    life_crash(life, false);
}

TEST(a_log_or_journal_that_was_shortened_is_noticed_and_can_be_given_up)
{
    static const struct {
        const char *row;
        const char *file;
        unsigned permille; /* of it are left */
        bool removed;
        const char *told;
        bool all; /* the journal does not follow on what is left, either */
    } rows[] = {
        {"the log without its end",              "live.db-wal", 999, false, "its log, live.db-wal",
         true                                                                                            },
        {"three quarters of the log",            "live.db-wal", 750, false, "its log, live.db-wal",
         true                                                                                            },
        {"the log is empty",                     "live.db-wal", 0,   false, "its log, live.db-wal", true },
        {"the log is gone",                      "live.db-wal", 0,   true,  "its log, live.db-wal", true },
        {"the journal without its last batches", "journal-1",   1,   false,
         "batch 48 was durable",                                                                    false},
        {"the journal is empty",                 "journal-1",   0,   false, "batch 48 was durable", false},
        {"the journal is gone",                  "journal-1",   0,   true,  "batch 48 was durable", false},
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct life life;
        int64_t size;

        live_until_killed(&life, i + 1);
        if (rows[i].removed) {
            take_away(&life, rows[i].file);
        } else {
            size = size_of(&life, rows[i].file);
            CHECK(size > 0, rows[i].row);
            shorten(&life, rows[i].file, size * rows[i].permille / 1000);
        }
        /* However often it is tried. */
        for (int try = 0; try < 2; try++) {
            CHECK(!life_open(&life), rows[i].row);
            CHECK(strstr(life.error, rows[i].told), life.error);
            life_close(&life);
        }
        take_away(&life, "journal.head");
        if (rows[i].all) {
            take_away(&life, "live.head");
            CHECK(!life_open(&life), rows[i].row);
            CHECK(strstr(life.error, "move journal-1, journal-2 and "), life.error);
            life_close(&life);
            take_away(&life, "journal-1");
            take_away(&life, "journal-2");
        }
        CHECK(life_open(&life), life.error);
        life_check_ledger(&life);
        life_free(&life);
    }
}

enum then { THEN_KILL, THEN_POWER, THEN_CLOSE_AND_POWER };

struct failing {
    const char *row;
    enum vfs_call call;
    int code;
    enum then then;
    unsigned waves; /* of messages; between them the history is tried again */
};

static bool fail_once(const struct failing *failing, uint64_t nth, unsigned *out_failures)
{
    const struct store_effect one_more = life_counted(1);
    struct life life;
    uint64_t calls;
    uint64_t effects;
    char row[100];

    snprintf(row, sizeof(row), "%s %llu", failing->row, (unsigned long long)nth);
    life_new(&life, nth);
    vfs_set_luck(life.vfs, 50);
    CHECK(life_open(&life), life.error);
    calls = vfs_calls(life.vfs, failing->call);
    vfs_fail_at(life.vfs, failing->call, nth, failing->code);
    for (unsigned wave = 0; wave < failing->waves; wave++) {
        if (wave > 0)
            life_run(&life, 11000);
        live_on(&life, wave * 5 + 1, wave * 5 + 5);
    }
    calls = vfs_calls(life.vfs, failing->call) - calls;
    vfs_fail_at(life.vfs, failing->call, 0, SQLITE_OK);
    CHECK(life.failures <= 1, row);
    *out_failures += life.failures;
    effects = life.effects;
    if (life.failures) {
        /* From then on nothing is begun and nothing leaves. */
        CHECK(!life_begin(&life, 50), row);
        life_decide(&life);
        store_effect(life.store, &one_more);
        store_end(life.store);
        life_run(&life, 500);
        CHECK_EQ(life.effects, effects, row);
        CHECK_EQ(life.failures, 1, row);
    }
    if (failing->then == THEN_CLOSE_AND_POWER) {
        uint64_t syncs = vfs_calls(life.vfs, VFS_SYNC);

        /* What could not be synced is not synced again, to be believed then. */
        life_close(&life);
        CHECK(life.failures == 0 || vfs_calls(life.vfs, VFS_SYNC) == syncs, row);
    }

    life_crash(&life, failing->then != THEN_KILL);
    check_all(&life, row);
    /* What the disk never had is not hidden by what the kernel still remembers. */
    life_crash(&life, true);
    check_all(&life, row);
    life_free(&life);
    return calls >= nth;
}

TEST(a_commit_that_failed_and_was_not_told_yet_is_not_tried_again_at_the_end)
{
    struct life life;
    uint64_t syncs;

    life_start(&life);
    life_run(&life, 50);
    syncs = vfs_calls(life.vfs, VFS_SYNC);
    vfs_fail_at(life.vfs, VFS_SYNC, 1, SQLITE_IOERR_FSYNC);
    assert_true(life_begin(&life, 1));
    while (vfs_calls(life.vfs, VFS_SYNC) == syncs)
        life_run(&life, 1);
    assert_int_equal(life.failures, 0);
    life_close(&life);
    assert_int_equal(vfs_calls(life.vfs, VFS_SYNC), syncs + 1);
    assert_int_equal(life.steps[1], LIFE_NONE);
    life_free(&life);
}

TEST(a_failing_disk_ends_the_store_once_and_nothing_was_told)
{
    static const struct failing rows[] = {
        {"sync, then a kill",      VFS_SYNC,  SQLITE_IOERR_FSYNC, THEN_KILL,            1},
        {"sync, then the power",   VFS_SYNC,  SQLITE_IOERR_FSYNC, THEN_POWER,           1},
        {"sync, then the end",     VFS_SYNC,  SQLITE_IOERR_FSYNC, THEN_CLOSE_AND_POWER, 1},
        {"sync, later a kill",     VFS_SYNC,  SQLITE_IOERR_FSYNC, THEN_KILL,            3},
        {"sync, later the power",  VFS_SYNC,  SQLITE_IOERR_FSYNC, THEN_POWER,           3},
        {"write, then a kill",     VFS_WRITE, SQLITE_IOERR_WRITE, THEN_KILL,            1},
        {"write, then the power",  VFS_WRITE, SQLITE_IOERR_WRITE, THEN_POWER,           1},
        {"write, then the end",    VFS_WRITE, SQLITE_IOERR_WRITE, THEN_CLOSE_AND_POWER, 1},
        {"write, later the power", VFS_WRITE, SQLITE_IOERR_WRITE, THEN_POWER,           4},
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        uint64_t nth = 1;
        unsigned failures = 0;

        while (fail_once(&rows[i], nth, &failures))
            nth++;
        CHECK(failures >= 3, rows[i].row);
        note("EIO", rows[i].row, nth);
    }
}

/* The first frame, and the room that it makes behind itself. */
TEST(a_disk_that_fails_at_any_write_of_a_frame_has_failed)
{
    for (uint64_t nth = 1; nth <= 5; nth++) {
        struct life life;

        life_new(&life, nth);
        assert_true(life_open(&life));
        vfs_fail_at(life.vfs, VFS_WRITE, nth, SQLITE_IOERR_WRITE);
        assert_true(life_begin(&life, 1));
        life_run(&life, 50);
        CHECK_EQ(life.failures, 1, "the store has ended");
        assert_int_equal(life.steps[1], LIFE_NONE);
        life_free(&life);
    }
}

TEST(on_a_full_disk_the_reserve_is_used_for_one_more_try)
{
    struct life life;

    life_start(&life);
    life_run(&life, 50);
    for (unsigned n = 1; n <= 3; n++) {
        vfs_fail_at(life.vfs, VFS_WRITE, n, SQLITE_FULL);
        assert_true(life_begin(&life, n));
        life_run(&life, 50);
        assert_int_equal(life.steps[n], LIFE_ENDED);
    }
    assert_int_equal(life.failures, 0);
    /* And if that does not help, it is a failure like others. */
    vfs_set_full(life.vfs, true);
    assert_true(life_begin(&life, 4));
    life_run(&life, 50);
    assert_int_equal(life.failures, 1);
    assert_int_equal(life.steps[4], LIFE_NONE);
    vfs_set_full(life.vfs, false);
    life_crash(&life, true);
    check_all(&life, "full");
    life_free(&life);
}

/* What it would copy stays in the log, which can be read. */
TEST(a_checkpoint_that_finds_no_room_is_made_later)
{
    struct life life;

    life_start(&life);
    life.text_size = 60000;
    life.goal = LIFE_PERMITTED;
    for (unsigned n = 1; n <= 100; n++)
        assert_true(life_begin(&life, n));
    while (store_counters(life.store)->folds == 0)
        life_run(&life, 1);
    assert_int_equal(store_counters(life.store)->checkpoints, 0);
    vfs_set_full(life.vfs, true);
    life_run(&life, 5000);
    CHECK_EQ(life.failures, 0, life.error);
    vfs_set_full(life.vfs, false);
    for (unsigned n = 101; n <= 200; n++)
        assert_true(life_begin(&life, n));
    life_run(&life, 5000);
    assert_in_range(store_counters(life.store)->checkpoints, 2, 10);
    life_crash(&life, true);
    life.goal = LIFE_ENDED;
    check_all(&life, "full");
    life_free(&life);
}

struct counted {
    unsigned messages;
    unsigned bodies;
    unsigned attempts;
    unsigned receipts;
};

static void count_message(void *owner, const struct message *message)
{
    (void)message;
    ((struct counted *)owner)->messages++;
}

static void count_body(void *owner, const struct body *body)
{
    (void)body;
    ((struct counted *)owner)->bodies++;
}

static void count_attempt(void *owner, uint64_t message, const struct attempt *attempt)
{
    (void)message;
    (void)attempt;
    ((struct counted *)owner)->attempts++;
}

static void count_receipt(void *owner, const struct store_receipt *receipt)
{
    (void)receipt;
    ((struct counted *)owner)->receipts++;
}

static const struct store_loader counting_loader = {.on_message = count_message,
                                                    .on_body = count_body,
                                                    .on_attempt = count_attempt,
                                                    .on_receipt = count_receipt};

TEST(a_decision_is_there_whole_or_not_at_all)
{
    unsigned there = 0;
    unsigned missing = 0;

    for (uint64_t nth = 1; nth < 60; nth++) {
        struct life life;
        struct body *body = life_new_body(1, 20000);
        const struct posting hold = life_posting(POSTING_HOLD, 1, LIFE_HOLD);
        struct message message;
        struct attempt attempt;
        struct counted counted = {0};

        life_new(&life, nth);
        vfs_set_luck(life.vfs, 60);
        assert_true(life_open(&life));
        life_fill_message(1, &message);
        life_fill_attempt(1, &attempt);
        life_decide(&life);
        store_accept(life.store, &message, body, &hold);
        store_permit(life.store, message.id, &attempt);
        store_receipt_add(life.store,
                          &(struct store_receipt){.id = 5, .account = 1, .size = 1});
        store_end(life.store);
        vfs_cut_at(life.vfs, VFS_WRITE, nth, nth % 2);
        life_run(&life, 50);
        life_crash(&life, true);
        vfs_cut_at(life.vfs, VFS_WRITE, 0, false);
        CHECK(life_open(&life), life.error);
        CHECK(life_load(&life, &counting_loader, &counted), life.error);
        assert_int_equal(counted.bodies, counted.messages);
        assert_int_equal(counted.attempts, counted.messages);
        assert_int_equal(counted.receipts, counted.messages);
        there += counted.messages;
        missing += 1 - counted.messages;
        free(body);
        life_free(&life);
    }
    assert_true(there > 0 && missing > 0);
}

/* --- definitions that change and go -------------------------------------------------- */

enum { NUMBERS = 4, STATES = 400 };

/* By number, what each said after so many decisions; 0: it was not there. */
struct said {
    struct life life;
    unsigned states[STATES][NUMBERS];
    unsigned latest;  /* decided */
    unsigned durable; /* told by its effect */
    unsigned loaded[NUMBERS];
};

static void said_is_durable(void *owner, const struct store_effect *effect)
{
    ((struct said *)owner)->durable = (unsigned)effect->target;
}

static void said_loaded(void *owner, const struct store_definition *it)
{
    struct said *said = owner;
    unsigned content;

    if (it->kind != STORE_PINS)
        return;
    assert_in_range(it->number, 1, NUMBERS);
    assert_int_equal(it->size, sizeof(content));
    memcpy(&content, it->content, sizeof(content));
    assert_int_equal(atoi(it->name), content);
    said->loaded[it->number - 1] = content;
}

/* One is said anew, or goes. */
static void say(struct said *said, unsigned number)
{
    unsigned content = rand() % 3 == 0 ? 0 : said->latest + 1;
    const struct store_effect durable = {.run = said_is_durable,
                                         .target = said->latest + 1};
    char name[16];
    const struct store_definition it = {STORE_PINS, number, name, &content,
                                        sizeof(content)};

    snprintf(name, sizeof(name), "%u", content);
    life_decide(&said->life);
    if (content)
        store_define(said->life.store, &it);
    else
        store_undefine(said->life.store, STORE_PINS, number);
    store_effect(said->life.store, &durable);
    store_end(said->life.store);
    memcpy(said->states[said->latest + 1], said->states[said->latest],
           sizeof(said->states[0]));
    said->states[++said->latest][number - 1] = content;
}

/* What is there now is what was said at some moment since the last that was told. */
static void check_said(struct said *said)
{
    static const struct store_loader loader = {.on_definition = said_loaded};
    unsigned at = said->latest;

    memset(said->loaded, 0, sizeof(said->loaded));
    assert_true(life_open(&said->life));
    CHECK(life_load(&said->life, &loader, said), said->life.error);
    while (memcmp(said->states[at], said->loaded, sizeof(said->loaded)) != 0) {
        CHECK(at > said->durable, "a moment that was told, or later");
        at--;
    }
    said->latest = said->durable = at;
}

TEST(definitions_change_and_go_and_none_comes_back_from_the_journal)
{
    for (unsigned seed = 1; seed <= 40; seed++) {
        struct said *said = calloc(1, sizeof(*said));

        srand(seed);
        life_new(&said->life, seed);
        assert_true(life_open(&said->life));
        while (said->latest < STATES - 20) {
            for (int i = rand() % 20; i > 0; i--) {
                say(said, 1 + (unsigned)rand() % NUMBERS);
                life_run(&said->life, rand() % 3);
            }
            if (rand() % 3 == 0)
                life_fold(&said->life);
            life_crash(&said->life, rand() % 2);
            check_said(said);
        }
        life_free(&said->life);
        free(said);
    }
}

int main(void)
{
    int failed;
    const struct CMUnitTest tests[] = {
        RUN(whatever_was_seen_is_there_after_a_power_cut_at_any_point),
        RUN(a_log_or_journal_that_was_shortened_is_noticed_and_can_be_given_up),
        RUN(a_commit_that_failed_and_was_not_told_yet_is_not_tried_again_at_the_end),
        RUN(a_failing_disk_ends_the_store_once_and_nothing_was_told),
        RUN(a_disk_that_fails_at_any_write_of_a_frame_has_failed),
        RUN(on_a_full_disk_the_reserve_is_used_for_one_more_try),
        RUN(a_checkpoint_that_finds_no_room_is_made_later),
        RUN(a_decision_is_there_whole_or_not_at_all),
        RUN(definitions_change_and_go_and_none_comes_back_from_the_journal),
    };

    table = faults_open("store_crash_test");
    failed = RUN_ALL(tests);
    if (table != NULL)
        fclose(table);
    return failed;
}
