/*
 * The submissions are judged by the book alone: what the operator and the messenger did
 * allows some ends and forbids others.  The money is added up from the postings here, by
 * other code than the product's.
 */
#include "tests/simulation/judge.h"

#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "tests/gateway/store_content.h"
#include "tests/peers/wire.h"
#include "tests/simulation/book.h"
#include "tests/simulation/dialect.h"
#include "tests/simulation/judge_parts.h"
#include "tests/simulation/messenger.h"
#include "tests/simulation/smsc.h"
#include "tests/simulation/world.h"

enum {
    DEADLINE_MS = 40000,
    CLAIM_MS = 150, /* a report whose id nobody knows is looked at a little later */
    SMS_MICRO = 50000,
    MESSENGER_MICRO = 10000,
    ANSWER_MS = 2000,   /* the answer has come, and is durable */
    GRACE_MS = 5000,    /* of the link, a doubt, and a slow disk */
    HEALTHY_MS = 10000, /* so long before its deadline it could have been sent */
    SENDINGS_MAX = 2,   /* of a segment: one, and one resend */
};

/* The earliest; sent again, it may have been accepted then. */
static int64_t deadline_ms(const struct note *note)
{
    return note->sent_at_ms + note->start_ms +
           (note->validity_ms ? note->validity_ms : DEADLINE_MS);
}

static int64_t last_deadline_ms(const struct note *note)
{
    return deadline_ms(note) +
           (note->was_repeated ? note->again_at_ms - note->sent_at_ms : 0);
}

bool judge_upset_within(const struct world *world, int64_t from_ms, int64_t to_ms)
{
    for (unsigned i = 0; i < world->upsets; i++)
        if (world->upset_at_ms[i] >= from_ms && world->upset_at_ms[i] <= to_ms)
            return true;
    return false;
}

sqlite3_stmt *judge_prepare(struct world *world, sqlite3 *database, const char *sql)
{
    sqlite3_stmt *statement = NULL;

    if (sqlite3_prepare_v2(database, sql, -1, &statement, NULL) != SQLITE_OK)
        world_violation(world, "the judge cannot read: %s", sqlite3_errmsg(database));
    return statement;
}

/* --- ends --------------------------------------------------------------------------- */

/*
 * A report whose id nobody was told is matched by its address and its text.  Where it tells
 * no text, and another message went to the same number, it is nobody's; or, when that one
 * had ended in doubt before a restart and is not remembered, it may be taken for its own.
 */
static bool is_ambiguous(const struct world *world, const struct note *note)
{
    if (world->dialect->layout & LAYOUT_ECHO)
        return false;
    for (size_t i = 0; i < book_count(world->book); i++) {
        const struct note *other = book_at(world->book, i);

        if (other->set != note->set && strcmp(other->destination, note->destination) == 0 &&
            (note->doubted || other->doubted || world->upsets > 0))
            return true;
    }
    return false;
}

/* Nor is it anybody's where the addresses are not exchanged. */
static bool may_stay_in_doubt(const struct world *world, const struct note *note)
{
    return (world->dialect->layout & LAYOUT_SWAPPED) &&
           (note->doubted || world->upsets > 0);
}

/* What all parts of one message have met. */
struct lot {
    bool told_delivered;
    bool told_failed;
    bool refused;
    bool doubted;
    bool messenger_delivered;
    unsigned submits;
    unsigned calls;
};

static struct lot lot_of(const struct world *world, const struct note *note)
{
    struct lot lot = {0};

    for (size_t i = 0; i < book_count(world->book); i++) {
        const struct note *part = book_at(world->book, i);

        if (part->set != note->set)
            continue;
        lot.told_delivered = lot.told_delivered || part->told_delivered;
        lot.told_failed = lot.told_failed || part->told_failed;
        lot.refused = lot.refused || part->refused > 0 || part->postponed > 3;
        lot.doubted = lot.doubted || part->doubted;
        lot.messenger_delivered = lot.messenger_delivered || part->messenger_delivered;
        lot.submits += part->submits;
        lot.calls += part->calls;
    }
    return lot;
}

static bool is_allowed(const struct world *world, const struct note *note)
{
    struct lot lot = lot_of(world, note);
    const char *word = note->word;

    if (strcmp(word, "DELIVRD") == 0)
        return lot.messenger_delivered ||
               (note->parts > 1 ? lot.told_delivered : note->told_delivered);
    if (strcmp(word, "UNDELIV") == 0)
        return lot.told_failed || lot.refused;
    if (strcmp(word, "EXPIRED") == 0)
        /* A long message has that of its first part. */
        return note->receipt_at_ms >= deadline_ms(book_find(world->book, note->set));
    if (strcmp(word, "UNKNOWN") == 0)
        /* Of a part nothing final was heard, and another has failed. */
        return lot.doubted || (note->parts > 1 && (lot.told_failed || lot.refused)) ||
               judge_upset_within(world, note->sent_at_ms, note->receipt_at_ms);
    if (strcmp(word, "DELETED") == 0)
        return note->cancel_asked;
    return strcmp(word, "REJECTD") == 0 && lot.submits == 0 && lot.calls == 0;
}

/* Its delivery was known well before its end, and nothing had said otherwise. */
static bool must_be_delivered(const struct note *note, int64_t ended_ms)
{
    /* Of a try whose answer may come still the report is nobody's yet. */
    int64_t latest_ms = ended_ms - (note->doubted ? SMSC_RESPONSE_MS : CLAIM_MS);

    if (note->parts > 1)
        return false;
    if (note->submits == 0)
        return note->messenger_known_ms != 0 && note->messenger_known_ms < latest_ms;
    return note->submits == 1 && note->delivered_known_ms != 0 &&
           note->delivered_known_ms < latest_ms &&
           (note->failed_ms == 0 || note->delivered_known_ms < note->failed_ms);
}

/* When its message ended, by the world's clock; 0: it is not there. */
static int64_t ended_ms_of(struct world *world, sqlite3_stmt *statement,
                           const struct note *note)
{
    int64_t ended_ms = 0;

    sqlite3_reset(statement);
    sqlite3_bind_int64(statement, 1, (int64_t)note->id);
    if (sqlite3_step(statement) == SQLITE_ROW)
        ended_ms = sqlite3_column_int64(statement, 0) - clock_wall_ms(world->clock) +
                   world_now_ms(world);
    return ended_ms;
}

/* Nothing hindered it from then on. */
static int64_t may_begin_ms(const struct world *world, const struct note *note)
{
    int64_t start_ms = note->sent_at_ms + note->start_ms;

    return start_ms > world->healed_ms ? start_ms : world->healed_ms;
}

static void judge_note(struct world *world, sqlite3_stmt *ends, const struct note *note)
{
    unsigned number = note->number;
    int64_t ended_ms;
    int64_t last_ms;

    if (note->fate == FATE_TAKEN && note->receipts == 0)
        world_violation(world, "N%u (%s) was accepted, and no receipt came", number,
                        note->account);
    if (note->taken > SENDINGS_MAX)
        world_violation(world, "N%u was handed to the operator %u times", number,
                        note->taken);
    if (note->receipts == 0)
        return;
    if (!note->receipt_answered)
        world_violation(world, "the receipt of N%u was never acknowledged", number);
    if (note->cancelled && strcmp(note->word, "DELETED") != 0)
        world_violation(world, "N%u was cancelled, and has the receipt %s", number,
                        note->word);
    if (note->queried[0] && strcmp(note->word, note->queried) != 0)
        world_violation(world, "N%u was queried as %s, and has the receipt %s", number,
                        note->queried, note->word);
    if (strcmp(note->word, "EXPIRED") == 0 && note->parts == 1 &&
        note->submits + note->calls == 0 &&
        may_begin_ms(world, note) + HEALTHY_MS < deadline_ms(note))
        world_violation(world, "N%u was not sent, and nothing was in its way", number);
    ended_ms = ended_ms_of(world, ends, note);
    if (ended_ms == 0 && note->parts == 1)
        world_violation(world, "N%u has a receipt, and its message is nowhere", number);
    last_ms = last_deadline_ms(note);
    if (note->parts == 1 && ended_ms > last_ms + GRACE_MS &&
        !judge_upset_within(world, last_ms - GRACE_MS, last_ms + GRACE_MS))
        world_violation(world, "N%u ended %lld ms after its deadline", number,
                        (long long)(ended_ms - last_ms));
    if (is_ambiguous(world, note))
        return;
    if (!is_allowed(world, note))
        world_violation(world, "N%u has the receipt %s, which nothing allows", number,
                        note->word);
    if (must_be_delivered(note, ended_ms) && !may_stay_in_doubt(world, note) &&
        strcmp(note->word, "DELIVRD") != 0)
        world_violation(world, "N%u was delivered in time, and has the receipt %s", number,
                        note->word);
}

/* --- money -------------------------------------------------------------------------- */

/* Every row of the answer is a violation; its columns are text, a number, a number. */
static void expect_none(struct world *world, sqlite3 *database, const char *what,
                        const char *sql)
{
    sqlite3_stmt *statement = judge_prepare(world, database, sql);

    while (statement && sqlite3_step(statement) == SQLITE_ROW)
        world_violation(world, "%s: %lld %lld %lld", what,
                        (long long)sqlite3_column_int64(statement, 0),
                        (long long)sqlite3_column_int64(statement, 1),
                        (long long)sqlite3_column_int64(statement, 2));
    sqlite3_finalize(statement);
}

static const struct {
    const char *what;
    const char *sql;
} money_rows[] = {
    {"a balance is not what its postings give (ledger, stored, added up)",
     "SELECT ledger, b, p FROM (SELECT ledger, sum(b) AS b, sum(p) AS p FROM"
     " (SELECT ledger, amount AS b, 0 AS p FROM balance"
     " UNION ALL SELECT target, 0, amount FROM posting"
     " UNION ALL SELECT source, 0, -amount FROM posting) GROUP BY ledger) WHERE b <> p"                           },
    {"the balances do not add up to zero (sum)",
     "SELECT s, 0, 0 FROM (SELECT sum(amount) AS s FROM balance) WHERE s <> 0"                                    },
    {"something is held (ledger, amount)",
     "SELECT ledger, amount, 0 FROM balance WHERE ledger & 255 = 3 AND amount <> 0"                               },
    {"a balance is below its limit (ledger, amount)",
     "SELECT ledger, amount, 0 FROM balance WHERE ledger & 255 = 2 AND amount < 0"                                },
    {"a posting of nothing or less (id, amount)",
     "SELECT id, amount, 0 FROM posting WHERE amount <= 0"                                                        },
    {"an attempt was charged twice (message, attempt, times)",
     "SELECT message, attempt, count(*) AS n FROM posting WHERE kind IN (3, 5)"
     " GROUP BY message, attempt HAVING n > 1"                                                                    },
    {"the same cost was owed twice (message, attempt, times)",
     "SELECT message, attempt, count(*) AS n FROM posting WHERE kind = 7"
     " GROUP BY message, attempt HAVING n > 1"                                                                    },
    {"a message was held for twice, or released twice (message, kind, times)",
     "SELECT message, kind, count(*) AS n FROM posting WHERE kind IN (2, 4)"
     " GROUP BY message, kind HAVING n > 1"                                                                       },
    {"an account was opened twice (ledger, times)",
     "SELECT target, count(*) AS n, 0 FROM posting WHERE kind = 1 GROUP BY target"
     " HAVING n > 1"                                                                                              },
    {"a receipt waits (id, account)",                                          "SELECT id, account, 0 FROM outbox"},
    {"a report is parked (id, channel)",                                       "SELECT id, channel, 0 FROM parked"},
    {"a message has not ended (id, state)",
     "SELECT id, state, 0 FROM known WHERE state <> 5"                                                          },
};

/* What the sender of these parts paid, late charges and what was absorbed too. */
static int64_t charged(struct world *world, sqlite3_stmt *statement,
                       const struct note *first)
{
    int64_t sum = 0;

    for (size_t i = 0; i < book_count(world->book); i++) {
        const struct note *part = book_at(world->book, i);

        if (part->set != first->number || part->id == 0)
            continue;
        sqlite3_reset(statement);
        sqlite3_bind_int64(statement, 1, (int64_t)part->id);
        if (sqlite3_step(statement) == SQLITE_ROW)
            sum += sqlite3_column_int64(statement, 0);
    }
    return sum;
}

/* For who looks into it. */
static void tell_postings(struct world *world, sqlite3 *database, const struct note *first)
{
    sqlite3_stmt *statement = judge_prepare(
        world, database,
        "SELECT at, kind, amount, attempt FROM posting WHERE message = ?1 ORDER BY id");

    sqlite3_bind_int64(statement, 1, (int64_t)first->id);
    while (sqlite3_step(statement) == SQLITE_ROW)
        world_tell(world, "N%u: at %lld kind %d amount %lld attempt %lld", first->number,
                   (long long)(sqlite3_column_int64(statement, 0) -
                               clock_wall_ms(world->clock) + world_now_ms(world)),
                   sqlite3_column_int(statement, 1),
                   (long long)sqlite3_column_int64(statement, 2),
                   (long long)sqlite3_column_int64(statement, 3));
    sqlite3_finalize(statement);
}

/* Of what was handed over then the gateway had the id, and did not lose it. */
static bool is_answer_kept(const struct world *world, int64_t at_ms)
{
    return !judge_upset_within(world, at_ms - ANSWER_MS, at_ms + ANSWER_MS);
}

/* Whatever its end, a delivery of which the gateway has the report is paid for. */
static int64_t must_be_paid(const struct world *world, const struct note *note)
{
    int64_t sum = 0;

    if (note->parts > 1)
        return 0;
    /* Its report had our ref, which is as old as the permit. */
    if (note->messenger_known_ms != 0)
        sum += MESSENGER_MICRO;
    if (note->submits == 1 && note->delivered_known_ms != 0 && !note->doubted &&
        is_answer_kept(world, note->taken_at_ms))
        sum += SMS_MICRO;
    return sum;
}

/* Between what must have been charged, and what can have been: once for each step. */
static void judge_charge(struct world *world, sqlite3_stmt *statement,
                         const struct note *first)
{
    struct lot lot = lot_of(world, first);
    int64_t most = lot.messenger_delivered ? MESSENGER_MICRO : 0;
    int64_t least = 0;
    bool known = true;
    int64_t sum = charged(world, statement, first);

    for (size_t i = 0; i < book_count(world->book); i++) {
        const struct note *part = book_at(world->book, i);

        if (part->set != first->number)
            continue;
        known = known && part->id != 0;
        most += part->taken > 0 ? SMS_MICRO : 0;
        if (part->receipts > 0 && strcmp(part->word, "DELIVRD") == 0 &&
            part->told_delivered && !lot.messenger_delivered)
            least += SMS_MICRO;
    }
    if (first->parts == 1 && first->receipts > 0 && strcmp(first->word, "DELIVRD") == 0 &&
        !first->told_delivered)
        least = MESSENGER_MICRO;
    if (least < must_be_paid(world, first))
        least = must_be_paid(world, first);
    if ((sum <= most && (!known || sum >= least)) || is_ambiguous(world, first))
        return;
    tell_postings(world, sqlite3_db_handle(statement), first);
    world_violation(world, "N%u (%s) was charged %lld, not between %lld and %lld",
                    first->number, first->account, (long long)sum, (long long)least,
                    (long long)most);
}

static void judge_money(struct world *world, sqlite3 *database)
{
    sqlite3_stmt *statement = judge_prepare(world, database,
                                            "SELECT coalesce(sum(amount), 0) FROM posting"
                                            " WHERE message = ?1 AND kind IN (3, 5, 6)");

    for (size_t i = 0; i < sizeof(money_rows) / sizeof(money_rows[0]); i++)
        expect_none(world, database, money_rows[i].what, money_rows[i].sql);
    for (size_t i = 0; statement && i < book_count(world->book); i++)
        if (book_at(world->book, i)->set == book_at(world->book, i)->number)
            judge_charge(world, statement, book_at(world->book, i));
    sqlite3_finalize(statement);
}

static void judge_notes(struct world *world, sqlite3 *database)
{
    sqlite3_stmt *ends =
        judge_prepare(world, database,
                      "SELECT ended_at FROM day.known WHERE id = ?1"
                      " UNION ALL SELECT ended_at FROM known WHERE id = ?1");

    for (size_t i = 0; ends && i < book_count(world->book); i++)
        judge_note(world, ends, book_at(world->book, i));
    sqlite3_finalize(ends);
}

void judge(struct world *world)
{
    sqlite3 *database = NULL;

    if (sqlite3_open_v2("state/live.db", &database, SQLITE_OPEN_READONLY, "simulation") !=
            SQLITE_OK ||
        sqlite3_exec(database, "ATTACH 'state/history/2026-11-16.db' AS day", NULL, NULL,
                     NULL) != SQLITE_OK) {
        world_violation(world, "the judge cannot open the database");
    } else {
        store_content_functions(database);
        judge_ids(world, database);
        judge_door(world);
        judge_notes(world, database);
        judge_money(world, database);
    }
    sqlite3_close(database);
}
