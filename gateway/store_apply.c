/*
 * Puts what is in the journal into the tables.  A transaction for many batches; statements
 * are prepared once; what many operations add up (balances, counts of the outbox) is
 * written once.
 */
#include "gateway/store_sqlite.h"

#include <stdio.h>
#include <string.h>

#include "gateway/store_database.h"
#include "gateway/store_rows.h"

/* --- rows --------------------------------------------------------------------------- */

/* Runs a statement without rows and makes it ready again; false on failure. */
static bool step(struct store_sqlite *store, enum store_statement which)
{
    sqlite3_stmt *statement = store->statements[which];
    int result = sqlite3_step(statement);

    sqlite3_reset(statement);
    store->rows++;
    return result == SQLITE_DONE;
}

/* EXISTS is no change: the operation was applied before. */
static bool changed(const struct store_sqlite *store)
{
    return sqlite3_changes(store->database) > 0;
}

static struct store_sum *sum_of(struct store_sums *sums, uint64_t key, uint32_t currency)
{
    for (size_t i = 0; i < sums->count; i++)
        if (sums->entries[i].key == key && sums->entries[i].currency == currency)
            return &sums->entries[i];
    if (sums->count == STORE_SUMS_MAX)
        return NULL;
    sums->entries[sums->count] = (struct store_sum){.key = key, .currency = currency};
    return &sums->entries[sums->count++];
}

static bool flush_balances(struct store_sqlite *store)
{
    for (size_t i = 0; i < store->balances.count; i++) {
        const struct store_sum *sum = &store->balances.entries[i];
        const int64_t values[] = {(int64_t)sum->key, sum->currency, sum->amount};

        store_bind_integers(store->statements[STATEMENT_BALANCE_ADD], values, 3);
        if (!step(store, STATEMENT_BALANCE_ADD))
            return false;
    }
    store->balances.count = 0;
    return true;
}

static bool flush_outboxes(struct store_sqlite *store)
{
    for (size_t i = 0; i < store->outboxes.count; i++) {
        const struct store_sum *sum = &store->outboxes.entries[i];
        const int64_t values[] = {(int64_t)sum->key, sum->amount, (int64_t)sum->ids};

        store_bind_integers(store->statements[STATEMENT_OUTBOX_SUM], values, 3);
        if (!step(store, STATEMENT_OUTBOX_SUM))
            return false;
    }
    store->outboxes.count = 0;
    return true;
}

static bool add_to_balance(struct store_sqlite *store, uint64_t ledger, uint32_t currency,
                           int64_t amount)
{
    struct store_sum *sum = sum_of(&store->balances, ledger, currency);

    if (sum == NULL) {
        if (!flush_balances(store))
            return false;
        sum = sum_of(&store->balances, ledger, currency);
    }
    return !__builtin_add_overflow(sum->amount, amount, &sum->amount);
}

/* It is above all that were recorded before this window: it cannot be there. */
static bool is_fresh(const struct store_sqlite *store, uint64_t id)
{
    return id > store->highest_recorded;
}

static bool add_fresh(struct store_sqlite *store, enum store_fresh_kind kind,
                      const void *row)
{
    store->rows++;
    return store_fresh_add(store->fresh, kind, row);
}

static bool add_to_day(struct store_sqlite *store, enum store_fresh_kind kind,
                       const void *row)
{
    store->rows++;
    return store_day_add(store->day, kind, row);
}

/* The message has gone to the history; it is before this record. */
static bool is_in_day(const struct store_record *record)
{
    return record->main && record->main->kind == STORE_RECORD_ACCEPT_ENDED;
}

static bool add_posting(struct store_sqlite *store, const struct posting *posting,
                        int64_t at_ms)
{
    const int64_t values[STORE_POSTING_INTEGERS] = {
        store->next_posting,
        at_ms,
        posting->kind,
        (int64_t)posting->from,
        (int64_t)posting->to,
        posting->amount,
        posting->currency,
        (int64_t)posting->message,
        (int64_t)posting->attempt,
    };

    store->next_posting++;
    return add_fresh(store, STORE_FRESH_POSTINGS, values) &&
           store_chain_posting(store, values) &&
           add_to_balance(store, posting->from, posting->currency, -posting->amount) &&
           add_to_balance(store, posting->to, posting->currency, posting->amount);
}

static bool count_receipt(struct store_sqlite *store, uint32_t account, uint64_t id, int by)
{
    struct store_sum *sum = sum_of(&store->outboxes, account, 0);

    if (sum == NULL) {
        if (!flush_outboxes(store))
            return false;
        sum = sum_of(&store->outboxes, account, 0);
    }
    sum->amount += by;
    sum->ids ^= id;
    return true;
}

static void note_id(struct store_sqlite *store, uint64_t id)
{
    if (id > store->highest_id)
        store->highest_id = id;
}

bool store_step(struct store_sqlite *store, enum store_statement which)
{
    return step(store, which);
}

void store_note_id(struct store_sqlite *store, uint64_t id)
{
    note_id(store, id);
}

/* No id up to it is given out again, whatever the clock says then. */
static bool flush_highest_id(struct store_sqlite *store)
{
    if (store->highest_id == store->highest_recorded)
        return true;
    sqlite3_bind_int64(store->statements[STATEMENT_HIGHEST_ID], 1,
                       (int64_t)store->highest_id);
    if (!step(store, STATEMENT_HIGHEST_ID))
        return false;
    store->highest_recorded = store->highest_id;
    return true;
}

/* --- operations, one function each -------------------------------------------------- */

static bool apply_nothing(struct store_sqlite *store, struct store_record *record)
{
    (void)store;
    (void)record;
    return true;
}

static bool add_message(struct store_sqlite *store, const struct message *message,
                        bool *out_added)
{
    *out_added = true;
    if (is_fresh(store, message->id))
        return add_fresh(store, STORE_FRESH_MESSAGES, message);
    store_bind_message(store->statements[STATEMENT_MESSAGE_ADD], message);
    if (!step(store, STATEMENT_MESSAGE_ADD))
        return false;
    *out_added = changed(store);
    return true;
}

static bool add_body(struct store_sqlite *store, const struct body *body)
{
    if (is_fresh(store, body->id))
        return add_fresh(store, STORE_FRESH_BODIES, body);
    store_bind_body(store->statements[STATEMENT_BODY_ADD], body);
    return step(store, STATEMENT_BODY_ADD);
}

static bool apply_accept(struct store_sqlite *store, struct store_record *record)
{
    const struct store_record_message *accept = (const struct store_record_message *)record;
    const struct body *body = (const struct body *)(accept + 1);

    note_id(store, accept->message.id);
    if (!add_message(store, &accept->message, &record->changed))
        return false;
    if (!record->changed)
        return true;
    if (accept->message.state == MESSAGE_ENDED)
        store_sqlite_add_ended(store, accept->message.id);
    return add_body(store, body) &&
           (record->posting_count == 0 ||
            add_posting(store, &accept->posting, accept->posted_at_ms));
}

/* Nothing of it is in live.db but its posting. */
static bool apply_accept_ended(struct store_sqlite *store, struct store_record *record)
{
    const struct store_record_message *accept = (const struct store_record_message *)record;

    if (!is_fresh(store, accept->message.id) ||
        !store_day_takes(store->day, accept->message.id)) {
        record->kind = STORE_RECORD_ACCEPT;
        return apply_accept(store, record);
    }
    note_id(store, accept->message.id);
    record->changed = true;
    store_day_count(store->day, accept->message.ended_at_ms);
    return add_to_day(store, STORE_FRESH_MESSAGES, &accept->message) &&
           add_to_day(store, STORE_FRESH_BODIES, accept + 1) &&
           (record->posting_count == 0 ||
            add_posting(store, &accept->posting, accept->posted_at_ms));
}

static bool apply_join(struct store_sqlite *store, struct store_record *record)
{
    const struct store_record_body *join = (const struct store_record_body *)record;

    note_id(store, join->body.id);
    if (is_in_day(record))
        return add_to_day(store, STORE_FRESH_BODIES, &join->body);
    return add_body(store, &join->body);
}

static bool apply_message(struct store_sqlite *store, struct store_record *record)
{
    const struct store_record_message *set = (const struct store_record_message *)record;
    const struct message *message = &set->message;
    const int64_t values[] = {
        (int64_t)message->id,   message->state,       message->end,
        message->step,          message->flags,       message->segments,
        message->parts,         message->start_at_ms, message->deadline_ms,
        message->entered_at_ms, message->ended_at_ms, message->held_micro,
        message->charged_micro, message->cost_micro,
    };

    store_bind_integers(store->statements[STATEMENT_MESSAGE_SET], values, 14);
    if (!step(store, STATEMENT_MESSAGE_SET))
        return false;
    if (!changed(store))
        return true;
    record->changed = true;
    if (message->state == MESSAGE_ENDED)
        store_sqlite_add_ended(store, message->id);
    return record->posting_count == 0 ||
           add_posting(store, &set->posting, set->posted_at_ms);
}

static bool add_attempt_postings(struct store_sqlite *store,
                                 const struct store_record_attempt *set)
{
    for (uint16_t i = 0; i < set->head.posting_count; i++)
        if (!add_posting(store, &set->postings[i], set->posted_at_ms))
            return false;
    return true;
}

static bool apply_permit(struct store_sqlite *store, struct store_record *record)
{
    const struct store_record_attempt *permit = (const struct store_record_attempt *)record;

    note_id(store, permit->attempt.id);
    if (is_in_day(record)) {
        record->changed = true;
        return add_to_day(store, STORE_FRESH_ATTEMPTS, permit);
    }
    if (is_fresh(store, permit->attempt.id)) {
        record->changed = true;
        return add_fresh(store, STORE_FRESH_ATTEMPTS, permit);
    }
    store_bind_attempt(store->statements[STATEMENT_ATTEMPT_ADD], permit->message,
                       &permit->attempt);
    if (!step(store, STATEMENT_ATTEMPT_ADD))
        return false;
    record->changed = changed(store);
    return true;
}

static void bind_attempt_set(sqlite3_stmt *statement,
                             const struct store_record_attempt *set)
{
    const struct attempt *attempt = &set->attempt;
    const int64_t values[] = {
        (int64_t)set->message,  attempt->ordinal,       attempt->state,
        attempt->reason,        attempt->flags,         attempt->code,
        attempt->sent_at_ms,    attempt->updated_at_ms, attempt->again_at_ms,
        attempt->charged_micro, attempt->cost_micro,
    };

    store_bind_integers(statement, values, 11);
    sqlite3_bind_text(statement, 12, attempt->provider_id, -1, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 13, set->charged_before);
    sqlite3_bind_int64(statement, 14, set->cost_before);
}

/* False: it cannot be read. */
static bool is_in_live(struct store_sqlite *store, uint64_t message, bool *out)
{
    sqlite3_stmt *statement = store->statements[STATEMENT_IS_LIVE];
    int result;

    sqlite3_bind_int64(statement, 1, (int64_t)message);
    result = sqlite3_step(statement);
    sqlite3_reset(statement);
    *out = result == SQLITE_ROW;
    return result == SQLITE_ROW || result == SQLITE_DONE;
}

/*
 * The row is where the message is: in `attempt`, or laid over the history in `late`.
 * The postings are made only if the row had the money the decision saw.
 */
static bool apply_attempt(struct store_sqlite *store, struct store_record *record)
{
    const struct store_record_attempt *set = (const struct store_record_attempt *)record;
    bool lives;

    bind_attempt_set(store->statements[STATEMENT_ATTEMPT_SET], set);
    if (!step(store, STATEMENT_ATTEMPT_SET))
        return false;
    if (!changed(store)) {
        if (!is_in_live(store, set->message, &lives))
            return false;
        if (lives)
            return true;
        bind_attempt_set(store->statements[STATEMENT_LATE_SET], set);
        if (!step(store, STATEMENT_LATE_SET))
            return false;
        if (!changed(store))
            return true;
    }
    record->changed = true;
    return add_attempt_postings(store, set);
}

/* It was merged into its main record: only its postings are left, if that one counted. */
static bool apply_message_follows(struct store_sqlite *store, struct store_record *record)
{
    const struct store_record_message *set = (const struct store_record_message *)record;

    return !record->main->changed || record->posting_count == 0 ||
           add_posting(store, &set->posting, set->posted_at_ms);
}

static bool apply_attempt_follows(struct store_sqlite *store, struct store_record *record)
{
    return !record->main->changed ||
           add_attempt_postings(store, (const struct store_record_attempt *)record);
}

static bool apply_opening(struct store_sqlite *store, struct store_record *record)
{
    const struct store_record_opening *opening =
        (const struct store_record_opening *)record;
    const int64_t values[] = {opening->account, opening->posting.amount};

    store_bind_integers(store->statements[STATEMENT_OPENING_ADD], values, 2);
    if (!step(store, STATEMENT_OPENING_ADD))
        return false;
    return !changed(store) || add_posting(store, &opening->posting, 0);
}

static bool apply_receipt_add(struct store_sqlite *store, struct store_record *record)
{
    const struct store_receipt *receipt =
        &((const struct store_record_receipt *)record)->receipt;
    const int64_t values[] = {(int64_t)receipt->id, receipt->account, receipt->made_at_ms};
    sqlite3_stmt *statement = store->statements[STATEMENT_RECEIPT_ADD];

    store_bind_integers(statement, values, 3);
    sqlite3_bind_blob(statement, 4, receipt->bytes, receipt->size, SQLITE_STATIC);
    if (!step(store, STATEMENT_RECEIPT_ADD))
        return false;
    return !changed(store) || count_receipt(store, receipt->account, receipt->id, 1);
}

static bool apply_receipt_gone(struct store_sqlite *store, struct store_record *record)
{
    const struct store_receipt *receipt =
        &((const struct store_record_receipt *)record)->receipt;

    sqlite3_bind_int64(store->statements[STATEMENT_RECEIPT_GONE], 1, (int64_t)receipt->id);
    if (!step(store, STATEMENT_RECEIPT_GONE))
        return false;
    return !changed(store) || count_receipt(store, receipt->account, receipt->id, -1);
}

static bool apply_park(struct store_sqlite *store, struct store_record *record)
{
    const struct store_parked *parked =
        &((const struct store_record_parked *)record)->parked;
    const int64_t values[] = {(int64_t)parked->id, parked->channel, parked->at_ms};
    sqlite3_stmt *statement = store->statements[STATEMENT_PARK];

    note_id(store, parked->id);
    store_bind_integers(statement, values, 3);
    sqlite3_bind_blob(statement, 4, parked->bytes, parked->size, SQLITE_STATIC);
    return step(store, STATEMENT_PARK);
}

static bool apply_unpark(struct store_sqlite *store, struct store_record *record)
{
    const struct store_parked *parked =
        &((const struct store_record_parked *)record)->parked;

    sqlite3_bind_int64(store->statements[STATEMENT_UNPARK], 1, (int64_t)parked->id);
    return step(store, STATEMENT_UNPARK);
}

static bool apply_define(struct store_sqlite *store, struct store_record *record)
{
    const struct store_record_define *define = (const struct store_record_define *)record;
    sqlite3_stmt *statement = store->statements[STATEMENT_DEFINE];

    sqlite3_bind_int64(statement, 1, define->kind);
    sqlite3_bind_int64(statement, 2, define->number);
    sqlite3_bind_text(statement, 3, (const char *)define->bytes, -1, SQLITE_STATIC);
    sqlite3_bind_blob(statement, 4, define->bytes + define->name_size,
                      (int)define->content_size, SQLITE_STATIC);
    return step(store, STATEMENT_DEFINE);
}

/*
 * The revision is part of what is compared: what was applied before changes nothing.  The
 * message may have come in this window.
 */
static bool apply_replace(struct store_sqlite *store, struct store_record *record)
{
    const struct store_record_replace *set = (const struct store_record_replace *)record;
    const int64_t baseline[] = {(int64_t)set->body.message, set->baseline_micro};

    store_bind_body(store->statements[STATEMENT_BODY_SET], &set->body);
    if (!store_fresh_write(store->fresh) || !step(store, STATEMENT_BODY_SET))
        return false;
    if (!changed(store))
        return true;
    store_bind_integers(store->statements[STATEMENT_BASELINE_SET], baseline, 2);
    if (!step(store, STATEMENT_BASELINE_SET))
        return false;
    return record->posting_count == 0 || add_posting(store, &set->posting, set->at_ms);
}

static bool apply_alias(struct store_sqlite *store, struct store_record *record)
{
    const struct store_record_alias *alias = (const struct store_record_alias *)record;
    const int64_t values[] = {alias->alias, (int64_t)alias->id};

    if (alias->forgotten != 0) {
        sqlite3_bind_int64(store->statements[STATEMENT_ALIAS_GONE], 1, alias->forgotten);
        if (!step(store, STATEMENT_ALIAS_GONE))
            return false;
    }
    store_bind_integers(store->statements[STATEMENT_ALIAS_ADD], values, 2);
    return step(store, STATEMENT_ALIAS_ADD);
}

static bool (*const operations[])(struct store_sqlite *, struct store_record *) = {
    [STORE_RECORD_NOTHING] = apply_nothing,
    [STORE_RECORD_MESSAGE_FOLLOWS] = apply_message_follows,
    [STORE_RECORD_ATTEMPT_FOLLOWS] = apply_attempt_follows,
    [STORE_RECORD_ACCEPT_ENDED] = apply_accept_ended,
    [STORE_RECORD_ACCEPT_REPLACED] = apply_accept,
    [STORE_RECORD_ACCEPT] = apply_accept,
    [STORE_RECORD_JOIN] = apply_join,
    [STORE_RECORD_MESSAGE] = apply_message,
    [STORE_RECORD_PERMIT] = apply_permit,
    [STORE_RECORD_ATTEMPT] = apply_attempt,
    [STORE_RECORD_OPENING] = apply_opening,
    [STORE_RECORD_RECEIPT_ADD] = apply_receipt_add,
    [STORE_RECORD_RECEIPT_GONE] = apply_receipt_gone,
    [STORE_RECORD_PARK] = apply_park,
    [STORE_RECORD_UNPARK] = apply_unpark,
    [STORE_RECORD_DEFINE] = apply_define,
    [STORE_RECORD_INBOUND_PUT] = store_apply_inbound_put,
    [STORE_RECORD_INBOUND_GONE] = store_apply_inbound_gone,
    [STORE_RECORD_MARK] = store_apply_mark,
    [STORE_RECORD_MARKS_GONE] = store_apply_marks_gone,
    [STORE_RECORD_OPTOUT_PUT] = store_apply_optout_put,
    [STORE_RECORD_OPTOUT_GONE] = store_apply_optout_gone,
    [STORE_RECORD_REPLACE] = apply_replace,
    [STORE_RECORD_ALIAS] = apply_alias,
    [STORE_RECORD_USAGE] = store_apply_usage,
    [STORE_RECORD_SUSPEND] = store_apply_suspend,
    [STORE_RECORD_DUPLICATE] = store_apply_duplicate,
    [STORE_RECORD_DUPLICATE_GONE] = store_apply_duplicate_gone,
    [STORE_RECORD_KEEP] = store_apply_keep,
    [STORE_RECORD_UNKEEP] = store_apply_unkeep,
};

static bool flush_journal(struct store_sqlite *store, uint64_t sequence)
{
    sqlite3_bind_int64(store->statements[STATEMENT_JOURNAL], 1, (int64_t)sequence);
    return step(store, STATEMENT_JOURNAL);
}

/* First the day: what live.db does not have is there. */
static bool flush_day(struct store_sqlite *store)
{
    const struct store_day_sum *sum = store_day_sum(store->day);
    sqlite3_stmt *statement = store->statements[STATEMENT_HISTORY];

    if (!store_day_commit(store->day))
        return false;
    if (sum->messages == 0)
        return true;
    sqlite3_bind_text(statement, 1, sum->name, -1, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 2, (int64_t)sum->messages);
    sqlite3_bind_int64(statement, 3, sum->ended_at_ms);
    return step(store, STATEMENT_HISTORY);
}

static bool apply_all(struct store_sqlite *store, const struct store_window *window)
{
    store_fresh_clear(store->fresh);
    store->balances.count = 0;
    store->outboxes.count = 0;
    store->usages.count = 0;
    store_day_begin(store->day);
    if (!step(store, STATEMENT_BEGIN))
        return false;
    for (size_t at = 0; at < window->used;) {
        struct store_record *record = (struct store_record *)(window->bytes + at);

        if (!operations[record->kind](store, record))
            return false;
        at += record->size;
    }
    return flush_day(store) && store_fresh_write(store->fresh) &&
           store_flush_chain(store) && flush_balances(store) && flush_outboxes(store) &&
           store_flush_usages(store) && flush_highest_id(store) &&
           flush_journal(store, window->sequence) && step(store, STATEMENT_COMMIT);
}

/* What a window that is not applied must not have changed. */
struct before {
    struct store_link link;
    int64_t next_posting;
    uint64_t highest_recorded;
    size_t ended_count;
};

/* False: what is in the database is not known. */
static bool roll_back(struct store_sqlite *store, const struct before *before)
{
    store->link = before->link;
    store->next_posting = before->next_posting;
    store->highest_recorded = before->highest_recorded;
    store->ended_count = before->ended_count;
    store_day_roll_back(store->day);
    return sqlite3_get_autocommit(store->database) || step(store, STATEMENT_ROLLBACK);
}

enum store_applied store_sqlite_apply(struct store_sqlite *store,
                                      const struct store_window *window, char *error,
                                      size_t error_size)
{
    const struct before before = {store->link, store->next_posting,
                                  store->highest_recorded, store->ended_count};
    bool had_day = !store_day_has_failed(store->day);
    bool ok = apply_all(store, window);
    bool full;

    /* Without the history all of it goes into live.db. */
    if (!ok && had_day && store_day_has_failed(store->day))
        ok = roll_back(store, &before) && apply_all(store, window);
    if (ok) {
        store->journal_sequence = window->sequence;
        store->in_history += store_day_sum(store->day)->messages;
        store_head_note(store->head, (struct store_position){.sequence = window->sequence});
        return STORE_APPLIED;
    }
    full = sqlite3_errcode(store->database) == SQLITE_FULL;
    snprintf(error, error_size, "%s", sqlite3_errmsg(store->database));
    if (roll_back(store, &before) && full)
        return STORE_DISK_FULL;
    store->failed = true;
    return STORE_FAILED;
}
