/* Messages with a plain life, on a disk that may fail. */
#include "tests/gateway/store_content.h"
#include "tests/gateway/store_life.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "gateway/clock.h"
#include "gateway/executor.h"
#include "gateway/log.h"
#include "tests/test.h"

enum { ACCOUNT = 1, CHANNEL = 1, DISK_DELAY_MS = 1 };

static const int64_t start_ms = 1795000000000; /* 2026-11-18 */
static const char vfs_name[] = "store-life";

static int64_t delay_ms(void *owner)
{
    (void)owner;
    return DISK_DELAY_MS;
}

static void start(struct life *life)
{
    life->clock = clock_new_virtual(1000, start_ms);
    life->executor = executor_new_inline(life->clock, delay_ms, NULL);
}

/* --- life of the store -------------------------------------------------------------- */

void life_new(struct life *life, uint64_t seed)
{
    const char *folder = getenv("TMPDIR");

    *life = (struct life){.goal = LIFE_ENDED, .text_size = 20};
    log_open(-1, LOG_LEVEL_ERROR);
    snprintf(life->folder, sizeof(life->folder), "%.40s/store-life-XXXXXX",
             folder ? folder : "/tmp");
    if (mkdtemp(life->folder) == NULL)
        abort();
    life->vfs = vfs_new(vfs_name, seed);
}

void life_remove_folder(const char *folder)
{
    static const char *const names[] = {"lock", "reserve"};
    char path[128];

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        unlink(path);
    }
    snprintf(path, sizeof(path), "%s/history", folder);
    rmdir(path);
    snprintf(path, sizeof(path), "%s/ledger", folder);
    rmdir(path);
    rmdir(folder);
}

void life_free(struct life *life)
{
    life_close(life);
    vfs_free(life->vfs);
    life_remove_folder(life->folder);
}

static void on_failure(void *owner, const char *why)
{
    struct life *life = owner;

    life->failures++;
    snprintf(life->error, sizeof(life->error), "%s", why);
}

static bool open_store(struct life *life)
{
    const struct store_config config = {
        .folder = life->folder,
        .ring_operations = 10000,
        .ring_bytes = 64 * 1024 * 1024,
        .disk_reserve_bytes = life->disk_reserve_bytes,
        .late_window_ms = life->late_window_ms,
        .vfs = vfs_name,
    };

    life->store = store_open(&config, life->clock, life->executor, life, life->error,
                             sizeof(life->error));
    if (life->store)
        store_on_failure(life->store, on_failure, life);
    return life->store != NULL;
}

/* For what a test does not ask about. */
static void no_definition(void *owner, const struct store_definition *definition)
{
    (void)owner, (void)definition;
}
static void no_balance(void *owner, uint64_t ledger, uint32_t currency, int64_t amount)
{
    (void)owner, (void)ledger, (void)currency, (void)amount;
}
static void no_opening(void *owner, uint32_t account, int64_t amount)
{
    (void)owner, (void)account, (void)amount;
}
static void no_message(void *owner, const struct message *message)
{
    (void)owner, (void)message;
}
static void no_body(void *owner, const struct body *body)
{
    (void)owner, (void)body;
}
static void no_attempt(void *owner, uint64_t message, const struct attempt *attempt)
{
    (void)owner, (void)message, (void)attempt;
}
static void no_number(void *owner, uint64_t number)
{
    (void)owner, (void)number;
}
static void no_receipt(void *owner, const struct store_receipt *receipt)
{
    (void)owner, (void)receipt;
}
static void no_parked(void *owner, const struct store_parked *parked)
{
    (void)owner, (void)parked;
}

static void no_kept(void *owner, const struct store_kept *kept)
{
    (void)owner, (void)kept;
}

bool life_open(struct life *life)
{
    start(life);
    return open_store(life);
}

bool life_open_threads(struct life *life, struct event_base *base)
{
    life->clock = clock_new(base);
    life->executor = executor_new(base);
    return open_store(life);
}

void life_open_reader(struct life *life)
{
    start(life);
    (void)!life_reader(life);
}

bool life_load(struct life *life, const struct store_loader *loader, void *owner)
{
#define OR(name, other) .name = loader && loader->name ? loader->name : other
    const struct store_loader whole = {
        OR(on_definition, no_definition),
        OR(on_balance, no_balance),
        OR(on_opening, no_opening),
        OR(on_expected, NULL),
        OR(on_message, no_message),
        OR(on_body, no_body),
        OR(on_attempt, no_attempt),
        OR(on_loaded, no_number),
        OR(on_late, no_attempt),
        OR(on_receipt, no_receipt),
        OR(on_parked, no_parked),
        OR(on_kept, no_kept),
        OR(on_progress, no_number),
        OR(on_inbound, NULL),
        OR(on_mark, NULL),
        OR(on_optout, NULL),
        OR(on_highest_id, no_number),
        .on_alias = loader ? loader->on_alias : NULL,
        .on_usage = loader ? loader->on_usage : NULL,
        .on_suspension = loader ? loader->on_suspension : NULL,
        .on_duplicate = loader ? loader->on_duplicate : NULL,
    };
#undef OR

    return store_load(life->store, &whole, owner, 0, life->error, sizeof(life->error));
}

void life_decide(struct life *life)
{
    bool begun = store_begin(life->store, STORE_CONTINUATION);

    assert(begun);
}

void life_close(struct life *life)
{
    executor_free(life->executor);
    store_reader_close(life->reader);
    store_close(life->store);
    clock_free(life->clock);
    life->executor = NULL;
    life->reader = NULL;
    life->store = NULL;
    life->clock = NULL;
}

void life_crash(struct life *life, bool power)
{
    if (power)
        vfs_cut_power(life->vfs);
    else
        vfs_kill(life->vfs);
    life_close(life);
    vfs_start(life->vfs);
}

void life_run(struct life *life, int64_t ms)
{
    clock_advance(life->clock, clock_mono_ms(life->clock) + ms);
}

/* --- the life of a message ---------------------------------------------------------- */

/* Of the moment, and a sequence. */
static uint64_t id_at(int64_t at_ms, unsigned sequence)
{
    return (uint64_t)(at_ms - 1767225600000) << 22 | sequence;
}

int64_t life_accepted_at_ms(unsigned n)
{
    return start_ms + 1000 * (int64_t)n;
}

uint64_t life_message_id(unsigned n)
{
    return id_at(life_accepted_at_ms(n), 1);
}

uint64_t life_attempt_id(unsigned n)
{
    return id_at(life_accepted_at_ms(n), 2);
}

void life_fill_message(unsigned n, struct message *out)
{
    *out = (struct message){
        .id = life_message_id(n),
        .accepted_at_ms = life_accepted_at_ms(n),
        .start_at_ms = 2,
        .deadline_ms = life_accepted_at_ms(n) + 86400000,
        .entered_at_ms = 3,
        .held_micro = LIFE_HOLD,
        .baseline_micro = LIFE_SELL,
        .account = ACCOUNT,
        .plan = 4,
        .pins = 5,
        .segments = 1,
        .parts = 1,
        .state = MESSAGE_WAITING,
    };
}

void life_fill_attempt(unsigned n, struct attempt *out)
{
    *out = (struct attempt){
        .id = life_attempt_id(n),
        .anchor = life_attempt_id(n),
        .updated_at_ms = life_accepted_at_ms(n) + 10,
        .channel = CHANNEL,
        .ordinal = 1,
        .segment = 1,
        .number = 1,
        .state = ATTEMPT_INTENT,
    };
}

struct body *life_new_body(unsigned n, size_t text_size)
{
    struct body *body = calloc(1, sizeof(*body) + text_size);

    if (body == NULL)
        abort();
    body->id = body->message = life_message_id(n);
    body->number = 1;
    body->text_size = (uint32_t)text_size;
    snprintf(body->source, sizeof(body->source), "shop");
    snprintf(body->destination, sizeof(body->destination), "4917%07u", n);
    for (size_t i = 0; i < text_size; i++)
        body->bytes[i] = (uint8_t)(n + i);
    return body;
}

struct posting life_posting(enum posting_kind kind, unsigned n, int64_t amount)
{
    struct posting posting =
        ledger_posting(kind, kind == POSTING_COST ? CHANNEL : ACCOUNT, amount);

    posting.currency = ledger_currency("EUR");
    posting.message = life_message_id(n);
    if (kind != POSTING_HOLD && kind != POSTING_RELEASE)
        posting.attempt = life_attempt_id(n);
    return posting;
}

static void take_step(void *owner, const struct store_effect *effect);

static void append_step(struct life *life, unsigned n, enum life_step step)
{
    const struct store_effect effect = {
        .run = take_step, .target = life_message_id(n), .id = n, .number = step};

    store_effect(life->store, &effect);
}

void life_charge(struct life *life, unsigned n, int64_t charged_before)
{
    const struct posting postings[] = {life_posting(POSTING_CAPTURE, n, LIFE_SELL),
                                       life_posting(POSTING_COST, n, LIFE_BUY)};
    struct attempt attempt;

    life_fill_attempt(n, &attempt);
    attempt.state = ATTEMPT_DELIVERED;
    attempt.flags = ATTEMPT_WAS_ACCEPTED;
    attempt.sent_at_ms = life_accepted_at_ms(n) + 20;
    attempt.updated_at_ms = life_accepted_at_ms(n) + 30;
    attempt.charged_micro = LIFE_SELL;
    attempt.cost_micro = LIFE_BUY;
    snprintf(attempt.provider_id, sizeof(attempt.provider_id), "p%u", n);
    store_attempt(life->store, life_message_id(n), &attempt, charged_before, 0, postings,
                  2);
}

static void fill_receipt(unsigned n, struct store_receipt *out)
{
    *out = (struct store_receipt){
        .id = life_message_id(n), .account = ACCOUNT, .size = 4, .made_at_ms = n};
    memcpy(out->bytes, &n, 4);
}

void life_end(struct life *life, unsigned n)
{
    const struct posting release = life_posting(POSTING_RELEASE, n, LIFE_HOLD - LIFE_SELL);
    struct store_receipt receipt;
    struct message message;

    life_fill_message(n, &message);
    message.state = MESSAGE_ENDED;
    message.end = MESSAGE_DELIVERED;
    message.ended_at_ms = life_accepted_at_ms(n) + 40;
    message.held_micro = 0;
    message.charged_micro = LIFE_SELL;
    message.cost_micro = LIFE_BUY;
    store_message(life->store, &message, &release);
    fill_receipt(n, &receipt);
    store_receipt_add(life->store, &receipt);
}

void life_charge_late(struct life *life, unsigned n, int64_t before)
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
    life_decide(life);
    store_attempt(life->store, life_message_id(n), &attempt, before, before ? LIFE_BUY : 0,
                  postings, 2);
    store_end(life->store);
}

void life_end_uncharged(struct life *life, unsigned n)
{
    const struct posting release = life_posting(POSTING_RELEASE, n, LIFE_HOLD);
    struct message message;

    life_fill_message(n, &message);
    message.state = MESSAGE_ENDED;
    message.end = MESSAGE_EXPIRED;
    message.ended_at_ms = life_accepted_at_ms(n) + 40;
    message.held_micro = 0;
    life_decide(life);
    store_message(life->store, &message, &release);
    store_end(life->store);
}

static void decide_next(struct life *life, unsigned n)
{
    enum life_step step = life->steps[n];
    bool begun;

    if (step == life->goal && step != LIFE_ENDED)
        return;
    begun = store_begin(life->store, STORE_CONTINUATION);
    assert(begun);
    if (step == LIFE_ACCEPTED) {
        struct attempt attempt;

        life_fill_attempt(n, &attempt);
        store_permit(life->store, life_message_id(n), &attempt);
        append_step(life, n, LIFE_PERMITTED);
    } else if (step == LIFE_PERMITTED) {
        life_charge(life, n, 0);
        life_end(life, n);
        append_step(life, n, LIFE_ENDED);
    } else if (n % 2 == 0) {
        /* Every second receipt is acknowledged; nobody waits for that. */
        store_receipt_gone(life->store, life_message_id(n), ACCOUNT);
    }
    store_end(life->store);
}

static void take_step(void *owner, const struct store_effect *effect)
{
    struct life *life = owner;

    life->order[life->effects++ % 4096] = effect->target;
    life->steps[effect->id] = (enum life_step)effect->number;
    decide_next(life, (unsigned)effect->id);
}

static void count_effect(void *owner, const struct store_effect *effect)
{
    struct life *life = owner;

    life->order[life->effects++ % 4096] = effect->target;
}

struct store_effect life_counted(uint64_t target)
{
    return (struct store_effect){.run = count_effect, .target = target};
}

void life_settle(struct life *life)
{
    static const struct store_definition definitions[] = {
        {.kind = STORE_ACCOUNT, .number = ACCOUNT, .name = "sms" },
        {.kind = STORE_CHANNEL, .number = CHANNEL, .name = "smsc"},
    };
    struct posting opening = ledger_posting(POSTING_OPENING, ACCOUNT, LIFE_OPENING);
    bool begun = store_begin(life->store, STORE_CONTINUATION);

    assert(begun);
    opening.currency = ledger_currency("EUR");
    for (size_t i = 0; i < sizeof(definitions) / sizeof(definitions[0]); i++)
        store_define(life->store, &definitions[i]);
    store_post(life->store, ACCOUNT, &opening);
    store_end(life->store);
}

void life_start(struct life *life)
{
    life_new(life, 1);
    CHECK(life_open(life), life->error);
    life_settle(life);
}

bool life_begin(struct life *life, unsigned n)
{
    const struct posting hold = life_posting(POSTING_HOLD, n, LIFE_HOLD);
    struct message message;
    struct body *body;

    if (!store_begin(life->store, STORE_BEGINNING))
        return false;
    life_fill_message(n, &message);
    body = life_new_body(n, life->text_size);
    store_accept(life->store, &message, body, &hold);
    free(body);
    append_step(life, n, LIFE_ACCEPTED);
    store_end(life->store);
    return true;
}

void life_live_six(struct life *life, bool moved)
{
    life_start(life);
    for (unsigned n = 1; n <= 6; n++) {
        life->goal = n <= 4 ? LIFE_ENDED : LIFE_PERMITTED;
        assert_true(life_begin(life, n));
        life_run(life, 20);
        assert_int_equal(life->steps[n], life->goal);
    }
    life_run(life, moved ? 1000 : 30);
    assert_int_equal(store_counters(life->store)->moved, moved ? 4 : 0);
}

/* --- what is there ------------------------------------------------------------------ */

struct store_reader *life_reader(struct life *life)
{
    if (life->reader == NULL)
        life->reader = store_reader_open(life->folder, vfs_name, life->store,
                                         life->executor, life->error, sizeof(life->error));
    return life->reader;
}

static void keep_verification(void *owner, uint64_t tag,
                              const struct verification *verification)
{
    (void)tag;
    memcpy(owner, verification, sizeof(*verification));
}

void life_verify(struct life *life, struct verification *out)
{
    memset(out, 0, sizeof(*out));
    if (life_reader(life) && store_reader_verify(life->reader, keep_verification, out, 0))
        life_run(life, 10);
}

void life_check_ledger(struct life *life)
{
    struct verification verification;

    life_verify(life, &verification);
    CHECK(verification.ok, verification.mismatches[0]);
}

static void keep_message(void *owner, uint64_t tag, struct stored_message *stored)
{
    (void)tag;
    *(struct stored_message *)owner = *stored;
    stored->message.attempts = NULL;
    stored->message.attempt_count = 0;
    stored->bodies = NULL;
    stored->body_count = 0;
}

void life_find(struct life *life, uint64_t submission, struct stored_message *out)
{
    memset(out, 0, sizeof(*out));
    if (life_reader(life) &&
        store_reader_message(life->reader, submission, keep_message, out, 0))
        life_run(life, 10);
}

void life_done(struct stored_message *stored)
{
    for (size_t i = 0; i < stored->body_count; i++)
        free(stored->bodies[i]);
    free(stored->bodies);
    message_done(&stored->message);
}

static sqlite3 *open_file(struct life *life, const char *file)
{
    sqlite3 *database;
    char path[128];

    snprintf(path, sizeof(path), "%s/%s", life->folder, file);
    if (sqlite3_open_v2(path, &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                        vfs_name) != SQLITE_OK)
        abort();
    store_content_functions(database);
    return database;
}

static void settled(void *self)
{
    *(bool *)self = true;
}

/* What is durable is in the tables. */
void life_fold(struct life *life)
{
    bool done = false;
    struct store_waiter waiter = {.run = settled, .self = &done};

    if (life->store == NULL || life->failures > 0)
        return;
    store_settle(life->store, &waiter);
    for (int i = 0; i < 20 && !done && life->failures == 0; i++)
        life_run(life, 1);
    if (!done)
        abort();
}

void life_tamper(struct life *life, const char *file, const char *sql)
{
    sqlite3 *database;

    life_fold(life);
    database = open_file(life, file);

    if (sqlite3_exec(database, sql, NULL, NULL, NULL) != SQLITE_OK) {
        fprintf(stderr, "%s: %s\n", sql, sqlite3_errmsg(database));
        abort();
    }
    sqlite3_close(database);
}

int64_t life_ask(struct life *life, const char *file, const char *sql)
{
    sqlite3 *database;
    sqlite3_stmt *statement = NULL;
    int64_t answer = -1;

    life_fold(life);
    database = open_file(life, file);

    if (sqlite3_prepare_v2(database, sql, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        answer = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return answer;
}
