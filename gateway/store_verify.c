/*
 * Whether the ledger is right, from the rows alone.
 *
 * What must be equal is said twice: an attempt says what it was charged and its postings
 * say it; a message says what is held for it and its postings say it.  Both are added
 * up under a key, rows with the one sign and postings with the other, into a fixed
 * number of cells by the hash of the key, each amount times an odd number of that key: a
 * cell that is not zero holds a key whose two sides differ.  Only then are the rows read
 * again, and the keys of those cells are looked at one by one.  So the memory does not
 * grow with the number of messages.  What the postings themselves were when they were made
 * is said by their chain (store_chain.h).
 */
#include "gateway/store_verify.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/ids.h"
#include "gateway/store.h"
#include "gateway/store_chain.h"
#include "gateway/store_closed.h"
#include "gateway/store_period.h"
#include "gateway/table.h"
#include "routing/ledger.h"
#include "routing/money.h"

enum {
    CELLS = 1 << 16,
    SUSPECTS_MAX =
        1 << 20, /* keys looked at one by one; beyond, the count is a lower bound */
    BALANCES_MAX = 1 << 20,
    DAYS_GONE_MAX = 4096,
};

/* What is said twice. */
enum side { CHARGED, COST, HELD, SIDES };

struct suspect {
    enum side side;
    uint64_t message;
    uint64_t attempt;
    int64_t by_rows;
    int64_t by_postings;
};

struct balance_sum {
    uint64_t ledger;
    uint32_t currency;
    bool stored;
    int64_t amount;
    int64_t by_postings;
};

struct verifying {
    const struct store_view *view;
    struct verification *out;
    char error[256];
    struct balance_sum *balances;
    size_t balance_count;
    size_t balance_capacity;
    struct table *balance_places; /* ledger and currency -> place, from 1 */
    uint64_t *cells;
    char (*gone)[STORE_DAY_SIZE]; /* days of the history that were let go */
    size_t gone_count;
    struct store_chain_check chain;
    bool naming; /* the second reading */
    struct suspect *suspects;
    size_t suspect_count;
    size_t suspect_capacity;
    struct table *suspect_places;
    struct table *held; /* account -> what its messages hold */
};

/* --- sentences ---------------------------------------------------------------------- */

static void tell(struct verification *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void tell(struct verification *out, const char *format, ...)
{
    va_list arguments;

    if (out->mismatch_count < VERIFICATION_SENTENCES_MAX) {
        va_start(arguments, format);
        vsnprintf(out->mismatches[out->mismatch_count], VERIFICATION_SENTENCE_SIZE, format,
                  arguments);
        va_end(arguments);
    }
    out->mismatch_count++;
}

/* Money in a sentence. */
struct text {
    char text[MONEY_TEXT_SIZE];
};

static struct text money(int64_t amount)
{
    struct text out;

    money_format(amount, out.text);
    return out;
}

struct name {
    char text[96];
};

/* Of an account or a channel, by its number. */
static struct name name_of(const struct verifying *it, enum store_definition_kind kind,
                           uint32_t number)
{
    sqlite3_stmt *statement;
    struct name name;

    snprintf(name.text, sizeof(name.text), "%u", number);
    if (sqlite3_prepare_v2(it->view->live,
                           "SELECT name FROM definition WHERE kind=?1 AND number=?2", -1,
                           &statement, NULL) != SQLITE_OK)
        return name;
    sqlite3_bind_int64(statement, 1, kind);
    sqlite3_bind_int64(statement, 2, number);
    if (sqlite3_step(statement) == SQLITE_ROW)
        snprintf(name.text, sizeof(name.text), "%s",
                 (const char *)sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    return name;
}

/* "account sms: available", "supplier smsc: payable", "the house: revenue". */
static struct name name_of_ledger(const struct verifying *it, uint64_t ledger)
{
    enum ledger_purse purse = ledger_purse_of(ledger);
    uint32_t owner = ledger_owner(ledger);
    bool supplier = purse == LEDGER_PAYABLE || purse == LEDGER_PREPAID;
    const char *purse_name = ledger_purse_name(purse);
    const char *colon = strchr(purse_name, ':');
    struct name name;

    if (owner == 0)
        snprintf(name.text, sizeof(name.text), "the house: %s", purse_name);
    else
        snprintf(name.text, sizeof(name.text), "%s %.60s: %s",
                 supplier ? "supplier" : "account",
                 name_of(it, supplier ? STORE_CHANNEL : STORE_ACCOUNT, owner).text,
                 colon ? colon + 1 : purse_name);
    return name;
}

/* --- balances ----------------------------------------------------------------------- */

static struct balance_sum *balance_of(struct verifying *it, uint64_t ledger,
                                      uint32_t currency)
{
    uint64_t key = ledger << 24 | (currency & 0xFFFFFF);
    uint64_t place;

    if (key != 0 && table_get(it->balance_places, key, &place))
        return &it->balances[place - 1];
    if (it->balance_count == it->balance_capacity) {
        it->balance_capacity = it->balance_capacity ? it->balance_capacity * 2 : 64;
        it->balances = realloc(it->balances, it->balance_capacity * sizeof(*it->balances));
        if (it->balances == NULL)
            abort();
    }
    if (key == 0 || !table_put(it->balance_places, key, it->balance_count + 1))
        return NULL;
    it->balances[it->balance_count] =
        (struct balance_sum){.ledger = ledger, .currency = currency};
    return &it->balances[it->balance_count++];
}

/* Sums of rows that may have been tampered with: they wrap, and differ. */
static void add(int64_t *sum, int64_t amount)
{
    (void)!__builtin_add_overflow(*sum, amount, sum);
}

static void add_to_sums(struct verification *out, uint32_t currency, int64_t amount)
{
    size_t at = 0;

    while (at < out->sum_count && out->sums[at].currency != currency)
        at++;
    if (at == sizeof(out->sums) / sizeof(out->sums[0]))
        return;
    if (at == out->sum_count) {
        out->sums[at].currency = currency;
        out->sums[at].sum_micro = 0;
        out->sum_count++;
    }
    add(&out->sums[at].sum_micro, amount);
}

static void read_balance(void *owner, sqlite3_stmt *row)
{
    struct verifying *it = owner;
    struct balance_sum *balance = balance_of(it, (uint64_t)sqlite3_column_int64(row, 0),
                                             (uint32_t)sqlite3_column_int64(row, 1));

    if (balance == NULL)
        return;
    balance->stored = true;
    balance->amount = sqlite3_column_int64(row, 2);
    add_to_sums(it->out, balance->currency, balance->amount);
}

static void compare_balances(struct verifying *it)
{
    struct verification *out = it->out;
    char code[4];

    out->accounts = (int64_t)it->balance_count;
    for (size_t i = 0; i < it->balance_count; i++) {
        const struct balance_sum *balance = &it->balances[i];

        if (balance->amount != balance->by_postings)
            tell(out, "%s is %s, its postings give %s",
                 name_of_ledger(it, balance->ledger).text, money(balance->amount).text,
                 money(balance->by_postings).text);
    }
    for (size_t i = 0; i < out->sum_count; i++)
        if (out->sums[i].sum_micro != 0)
            tell(out, "the sum of all balances in %s is %s",
                 ledger_currency_code(out->sums[i].currency, code),
                 money(out->sums[i].sum_micro).text);
}

/* --- what is said twice ------------------------------------------------------------- */

static bool is_gone(const struct verifying *it, uint64_t message)
{
    char day[STORE_DAY_SIZE];

    if (it->gone_count == 0)
        return false;
    store_day_name(ids_time_ms(message), day);
    for (size_t i = 0; i < it->gone_count; i++)
        if (strcmp(it->gone[i], day) == 0)
            return true;
    return false;
}

static void note_suspect(struct verifying *it, enum side side, uint64_t message,
                         uint64_t attempt, uint64_t key, int64_t by_rows,
                         int64_t by_postings)
{
    struct suspect *suspect;
    uint64_t place;

    if (!table_get(it->suspect_places, key, &place)) {
        place = it->suspect_count + 1;
        if (!table_put(it->suspect_places, key, place))
            return;
        if (it->suspect_count == it->suspect_capacity) {
            it->suspect_capacity = it->suspect_capacity ? it->suspect_capacity * 2 : 64;
            it->suspects =
                realloc(it->suspects, it->suspect_capacity * sizeof(*it->suspects));
            if (it->suspects == NULL)
                abort();
        }
        it->suspects[it->suspect_count++] =
            (struct suspect){.side = side, .message = message, .attempt = attempt};
    }
    suspect = &it->suspects[place - 1];
    add(&suspect->by_rows, by_rows);
    add(&suspect->by_postings, by_postings);
}

/* What a row says (`by_rows`) or a posting. */
static void say(struct verifying *it, enum side side, uint64_t message, uint64_t attempt,
                int64_t by_rows, int64_t by_postings)
{
    const uint64_t identity[] = {side, message, attempt};
    uint64_t key = table_hash(0, identity, sizeof(identity));
    uint64_t *cell = &it->cells[key % CELLS];

    if ((by_rows == 0 && by_postings == 0) || is_gone(it, message))
        return;
    if (!it->naming)
        *cell += ((uint64_t)by_rows - (uint64_t)by_postings) * (key | 1);
    else if (*cell != 0)
        note_suspect(it, side, message, attempt, key, by_rows, by_postings);
}

static const struct {
    enum side side;
    int sign;
} said_by[POSTING_KINDS] = {
    [POSTING_OPENING] = {SIDES,   0 },
    [POSTING_HOLD] = {HELD,    1 },
    [POSTING_CAPTURE] = {CHARGED, 1 },
    [POSTING_RELEASE] = {HELD,    -1},
    [POSTING_LATE_CAPTURE] = {CHARGED, 1 },
    [POSTING_ABSORB] = {CHARGED, 1 },
    [POSTING_COST] = {COST,    1 },
};

static void read_posting(void *owner, sqlite3_stmt *row)
{
    struct verifying *it = owner;
    uint64_t kind = (uint64_t)sqlite3_column_int64(row, 2);
    uint64_t from = (uint64_t)sqlite3_column_int64(row, 3);
    uint64_t to = (uint64_t)sqlite3_column_int64(row, 4);
    int64_t amount = sqlite3_column_int64(row, 5);
    uint32_t currency = (uint32_t)sqlite3_column_int64(row, 6);
    uint64_t message = (uint64_t)sqlite3_column_int64(row, 7);
    uint64_t attempt = (uint64_t)sqlite3_column_int64(row, 8);

    if (!it->naming) {
        struct balance_sum *balance = balance_of(it, to, currency);

        store_chain_check_posting(&it->chain, row, 0);
        it->out->postings++;
        if (balance)
            add(&balance->by_postings, amount);
        balance = balance_of(it, from, currency);
        if (balance)
            (void)!__builtin_sub_overflow(balance->by_postings, amount,
                                          &balance->by_postings);
        if (amount <= 0)
            tell(it->out, "message %llu: a posting of %s", (unsigned long long)message,
                 money(amount).text);
    }
    if (kind >= POSTING_KINDS || said_by[kind].sign == 0)
        return;
    if (said_by[kind].side == CHARGED)
        say(it, CHARGED, message, attempt, 0, amount);
    else if (said_by[kind].side == COST)
        say(it, COST, message, attempt, 0, amount);
    else
        say(it, HELD, message, 0, 0, said_by[kind].sign * amount);
    /* What was captured before the end is held no longer. */
    if (kind == POSTING_CAPTURE)
        say(it, HELD, message, 0, 0, -amount);
}

static void add_held(struct verifying *it, const struct message *message)
{
    uint64_t held = 0;

    (void)table_get(it->held, message->account, &held);
    (void)!table_put(it->held, message->account, held + (uint64_t)message->held_micro);
}

static void read_message(void *owner, const struct message *message)
{
    struct verifying *it = owner;
    bool ended = message->state == MESSAGE_ENDED;

    if (ended && message->held_micro != 0 && !it->naming) {
        it->out->ended_with_hold++;
        tell(it->out, "message %llu: it has ended and %s is held",
             (unsigned long long)message->id, money(message->held_micro).text);
    }
    if (!it->naming && message->account != 0)
        add_held(it, message);
    say(it, HELD, message->id, 0, message->held_micro, 0);
    for (uint16_t i = 0; i < message->attempt_count; i++) {
        const struct attempt *attempt = &message->attempts[i];

        say(it, CHARGED, message->id, attempt->id, attempt->charged_micro, 0);
        say(it, COST, message->id, attempt->id, attempt->cost_micro, 0);
    }
}

static void tell_of_it(void *owner, const char *sentence)
{
    tell(((struct verifying *)owner)->out, "%s", sentence);
}

/* It was told in the first reading. */
static void say_nothing(void *owner, const char *sentence)
{
    (void)owner;
    (void)sentence;
}

static bool read_postings(struct verifying *it)
{
    return store_for_postings(it->view, 0, read_posting,
                              it->naming ? say_nothing : tell_of_it, it, it->error,
                              sizeof(it->error));
}

static bool compare_chain(struct verifying *it)
{
    bool ok;

    it->chain.tell = tell_of_it;
    it->chain.owner = it;
    if (!store_chain_check_begin(&it->chain, it->view->live, it->error, sizeof(it->error)))
        return false;
    ok = read_postings(it);
    store_chain_check_end(&it->chain, ok);
    return ok;
}

static bool compare_closed(struct verifying *it)
{
    return store_check_closed(it->view, tell_of_it, it, &it->out->closed, it->error,
                              sizeof(it->error));
}

static bool walk_messages(struct verifying *it)
{
    return store_walk(it->view, &store_walk_all, read_message, it, it->error,
                      sizeof(it->error));
}

static bool all_cells_are_zero(const struct verifying *it)
{
    for (size_t i = 0; i < CELLS; i++)
        if (it->cells[i] != 0)
            return false;
    return true;
}

static void tell_suspect(struct verifying *it, const struct suspect *suspect)
{
    static const char *const said[] = {
        [CHARGED] = "charged",
        [COST] = "owed",
        [HELD] = "held",
    };
    struct verification *out = it->out;
    unsigned long long message = suspect->message;

    if (suspect->by_rows == suspect->by_postings)
        return;
    if (suspect->side == HELD) {
        tell(out, "message %llu: %s is held, its postings give %s", message,
             money(suspect->by_rows).text, money(suspect->by_postings).text);
        return;
    }
    out->attempts_without_posting++;
    tell(out, "message %llu attempt %llu: %s is %s, its postings give %s", message,
         (unsigned long long)suspect->attempt, money(suspect->by_rows).text,
         said[suspect->side], money(suspect->by_postings).text);
}

static bool name_differences(struct verifying *it)
{
    if (all_cells_are_zero(it))
        return true;
    it->naming = true;
    it->suspect_places = table_new(SUSPECTS_MAX);
    if (!read_postings(it) || !walk_messages(it))
        return false;
    for (size_t i = 0; i < it->suspect_count; i++)
        tell_suspect(it, &it->suspects[i]);
    return true;
}

static void compare_held(struct verifying *it)
{
    for (size_t i = 0; i < it->balance_count; i++) {
        const struct balance_sum *balance = &it->balances[i];
        uint64_t held = 0;

        if (ledger_purse_of(balance->ledger) != LEDGER_HELD ||
            ledger_owner(balance->ledger) == 0)
            continue;
        (void)table_get(it->held, ledger_owner(balance->ledger), &held);
        if ((int64_t)held != balance->amount)
            tell(it->out, "%s is %s, its messages hold %s",
                 name_of_ledger(it, balance->ledger).text, money(balance->amount).text,
                 money((int64_t)held).text);
    }
}

/* --- the outbox --------------------------------------------------------------------- */

static void read_outbox(void *owner, sqlite3_stmt *row)
{
    struct verifying *it = owner;
    uint32_t account = (uint32_t)sqlite3_column_int64(row, 0);
    int64_t count = sqlite3_column_int64(row, 1);
    unsigned long long ids = (unsigned long long)sqlite3_column_int64(row, 2);
    struct name name;

    if (count == 0 && ids == 0)
        return;
    name = name_of(it, STORE_ACCOUNT, account);
    if (count == 1)
        tell(it->out, "outbox of account %s: receipt %llu is missing", name.text, ids);
    else if (count == -1)
        tell(it->out, "outbox of account %s: nobody put receipt %llu there", name.text,
             ids);
    else if (count == 0)
        tell(it->out,
             "outbox of account %s: its receipts are not those that were put there",
             name.text);
    else
        tell(it->out, "outbox of account %s: %lld receipts are %s", name.text,
             count > 0 ? (long long)count : -(long long)count,
             count > 0 ? "missing" : "too many");
}

/* What was counted less what is there: count, and the exclusive or of the ids. */
static const char outbox_sql[] =
    "SELECT account, sum(count), bits(ids) FROM"
    " (SELECT account, count, ids FROM outbox_sum"
    "  UNION ALL SELECT account, -1, id FROM outbox) GROUP BY account";

static void bits_step(sqlite3_context *context, int count, sqlite3_value **values)
{
    sqlite3_int64 *bits = sqlite3_aggregate_context(context, sizeof(*bits));

    (void)count;
    if (bits == NULL)
        sqlite3_result_error_nomem(context);
    else
        *bits ^= sqlite3_value_int64(values[0]);
}

static void bits_done(sqlite3_context *context)
{
    const sqlite3_int64 *bits = sqlite3_aggregate_context(context, 0);

    sqlite3_result_int64(context, bits ? *bits : 0);
}

static bool compare_outbox(struct verifying *it)
{
    return sqlite3_create_function_v2(it->view->live, "bits", 1,
                                      SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL, NULL,
                                      bits_step, bits_done, NULL) == SQLITE_OK &&
           store_for_rows(it->view->live, outbox_sql, 0, read_outbox, it, it->error,
                          sizeof(it->error));
}

/* --- all of it ---------------------------------------------------------------------- */

/* Days of the history whose file was let go: their messages are asked about no more. */
static void note_day(void *owner, sqlite3_stmt *row)
{
    struct verifying *it = owner;
    char day[STORE_DAY_SIZE];
    char error[256];
    sqlite3 *history;

    snprintf(day, sizeof(day), "%s", (const char *)sqlite3_column_text(row, 0));
    history = store_view_open_day(it->view, day, error, sizeof(error));
    if (history == NULL && error[0] == 0 && it->gone_count < DAYS_GONE_MAX)
        memcpy(it->gone[it->gone_count++], day, sizeof(day));
    sqlite3_close(history);
}

static bool verify_all(struct verifying *it)
{
    sqlite3 *live = it->view->live;
    size_t room = sizeof(it->error);

    if (!store_view_hold(it->view, it->error, room) ||
        !store_for_rows(live, "SELECT day FROM history", 0, note_day, it, it->error,
                        room) ||
        !store_for_rows(live, "SELECT ledger, currency, amount FROM balance", 0,
                        read_balance, it, it->error, room) ||
        !compare_closed(it) || !compare_chain(it) || !walk_messages(it))
        return false;
    compare_balances(it);
    compare_held(it);
    return name_differences(it) && compare_outbox(it);
}

void store_verify(const struct store_view *view, struct verification *out)
{
    struct verifying it = {.view = view, .out = out};

    *out = (struct verification){0};
    it.cells = calloc(CELLS, sizeof(*it.cells));
    it.gone = calloc(DAYS_GONE_MAX, sizeof(*it.gone));
    it.balance_places = table_new(BALANCES_MAX);
    it.held = table_new(BALANCES_MAX);
    if (it.cells == NULL || it.gone == NULL)
        abort();
    if (!verify_all(&it))
        tell(out, "the database cannot be read: %s", it.error);
    store_view_let_go(view);
    out->ok = out->mismatch_count == 0;
    table_free(it.balance_places);
    table_free(it.suspect_places);
    table_free(it.held);
    free(it.balances);
    free(it.suspects);
    free(it.cells);
    free(it.gone);
}
