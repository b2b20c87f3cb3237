/*
 * Whether the ledger is right, from the rows alone.
 *
 * What must be equal is said twice: an attempt says what it was charged and its postings
 * say it; a message says what is held for it and its postings say it.  All of it is read
 * once for a tally (tally.h), and once more only if there is something to name.  What the
 * postings themselves were when they were made is said by their chain (store_chain.h).
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
#include "gateway/store_names.h"
#include "gateway/store_outbox.h"
#include "gateway/store_period.h"
#include "gateway/table.h"
#include "gateway/tally.h"
#include "routing/ledger.h"
#include "routing/money.h"

enum {
    BALANCES_MAX = 1 << 20,
    DAYS_GONE_MAX = 4096,
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
    struct tally *tally;
    char (*gone)[STORE_DAY_SIZE]; /* days of the history that were let go */
    size_t gone_count;
    struct store_chain_check chain;
    bool again;         /* the second reading, which names what differs */
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
                 store_ledger_name(it->view->live, balance->ledger).text,
                 money(balance->amount).text, money(balance->by_postings).text);
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

/* What a row says (`by_rows`) or a posting. */
static void say(struct verifying *it, enum tally_side side, uint64_t message,
                uint64_t attempt, int64_t by_rows, int64_t by_postings)
{
    if ((by_rows != 0 || by_postings != 0) && !is_gone(it, message))
        tally_say(it->tally, side, message, attempt, by_rows, by_postings);
}

static const struct {
    enum tally_side side;
    int sign;
} said_by[POSTING_KINDS] = {
    [POSTING_OPENING] = {TALLY_SIDES,   0 },
    [POSTING_HOLD] = {TALLY_HELD,    1 },
    [POSTING_CAPTURE] = {TALLY_CHARGED, 1 },
    [POSTING_RELEASE] = {TALLY_HELD,    -1},
    [POSTING_LATE_CAPTURE] = {TALLY_CHARGED, 1 },
    [POSTING_ABSORB] = {TALLY_CHARGED, 1 },
    [POSTING_COST] = {TALLY_COST,    1 },
};

/* Wraps: the least of all numbers is its own. */
static int64_t negated(int64_t amount)
{
    return (int64_t)(0 - (uint64_t)amount);
}

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
    enum tally_side side;

    if (!it->again) {
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
    side = said_by[kind].side;
    say(it, side, message, side == TALLY_HELD ? 0 : attempt, 0,
        said_by[kind].sign < 0 ? negated(amount) : amount);
    /* What was captured before the end is held no longer. */
    if (kind == POSTING_CAPTURE)
        say(it, TALLY_HELD, message, 0, 0, negated(amount));
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

    if (ended && message->held_micro != 0 && !it->again) {
        it->out->ended_with_hold++;
        tell(it->out, "message %llu: it has ended and %s is held",
             (unsigned long long)message->id, money(message->held_micro).text);
    }
    if (!it->again && message->account != 0)
        add_held(it, message);
    say(it, TALLY_HELD, message->id, 0, message->held_micro, 0);
    for (uint16_t i = 0; i < message->attempt_count; i++) {
        const struct attempt *attempt = &message->attempts[i];

        say(it, TALLY_CHARGED, message->id, attempt->id, attempt->charged_micro, 0);
        say(it, TALLY_COST, message->id, attempt->id, attempt->cost_micro, 0);
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
                              it->again ? say_nothing : tell_of_it, it, it->error,
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

static void tell_difference(struct verifying *it, const struct tally_difference *one)
{
    static const char *const said[] = {
        [TALLY_CHARGED] = "charged",
        [TALLY_COST] = "owed",
        [TALLY_HELD] = "held",
    };
    struct verification *out = it->out;
    unsigned long long message = one->message;

    if (one->side == TALLY_HELD) {
        tell(out, "message %llu: %s is held, its postings give %s", message,
             money(one->by_rows).text, money(one->by_postings).text);
        return;
    }
    out->attempts_without_posting++;
    tell(out, "message %llu attempt %llu: %s is %s, its postings give %s", message,
         (unsigned long long)one->attempt, money(one->by_rows).text, said[one->side],
         money(one->by_postings).text);
}

static bool name_differences(struct verifying *it)
{
    const struct tally_difference *one;

    if (!tally_begin_naming(it->tally))
        return true;
    it->again = true;
    if (!read_postings(it) || !walk_messages(it))
        return false;
    for (size_t at = 0; (one = tally_next(it->tally, &at)) != NULL;)
        tell_difference(it, one);
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
                 store_ledger_name(it->view->live, balance->ledger).text,
                 money(balance->amount).text, money((int64_t)held).text);
    }
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
    return name_differences(it) &&
           store_check_outbox(it->view->live, tell_of_it, it, it->error, room);
}

void store_verify(const struct store_view *view, struct verification *out)
{
    struct verifying it = {.view = view, .out = out};

    *out = (struct verification){0};
    it.tally = tally_new();
    it.gone = calloc(DAYS_GONE_MAX, sizeof(*it.gone));
    it.balance_places = table_new(BALANCES_MAX);
    it.held = table_new(BALANCES_MAX);
    if (it.gone == NULL)
        abort();
    if (!verify_all(&it))
        tell(out, "the database cannot be read: %s", it.error);
    store_view_let_go(view);
    out->ok = out->mismatch_count == 0;
    table_free(it.balance_places);
    table_free(it.held);
    free(it.balances);
    tally_free(it.tally);
    free(it.gone);
}
