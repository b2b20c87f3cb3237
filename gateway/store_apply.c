/*
 * Puts what is in the journal into the tables.  A transaction for many batches; statements
 * are prepared once; what many operations add up (balances, counts of the outbox) is
 * written once.
 */
#include "gateway/store_sqlite.h"

#include <stdio.h>
#include <string.h>

#include "gateway/store_database.h"
#include "gateway/store_messages.h"
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

bool store_add_posting(struct store_sqlite *store, const struct posting *posting,
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
    store->rows++;
    return store_bulk_add(store->bulk, STORE_BULK_POSTINGS, values) &&
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

static bool apply_opening(struct store_sqlite *store, struct store_record *record)
{
    const struct store_record_opening *opening =
        (const struct store_record_opening *)record;
    const int64_t values[] = {opening->account, opening->posting.amount};

    store_bind_integers(store->statements[STATEMENT_OPENING_ADD], values, 2);
    if (!step(store, STATEMENT_OPENING_ADD))
        return false;
    return !changed(store) || store_add_posting(store, &opening->posting, 0);
}

static const struct store_receipt *receipt_of(const struct store_record *record)
{
    return &((const struct store_record_receipt *)record)->receipt;
}

static bool apply_receipt_add(struct store_sqlite *store, struct store_record *record)
{
    store_coming_add(store->coming, STORE_COMING_RECEIPT, receipt_of(record)->id, record);
    return true;
}

static bool write_receipt(struct store_sqlite *store, const struct store_receipt *receipt)
{
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
    const struct store_receipt *receipt = receipt_of(record);

    if (store_coming_remove(store->coming, STORE_COMING_RECEIPT, receipt->id))
        return true;
    sqlite3_bind_int64(store->statements[STATEMENT_RECEIPT_GONE], 1, (int64_t)receipt->id);
    if (!step(store, STATEMENT_RECEIPT_GONE))
        return false;
    return !changed(store) || count_receipt(store, receipt->account, receipt->id, -1);
}

static const struct store_parked *parked_of(const struct store_record *record)
{
    return &((const struct store_record_parked *)record)->parked;
}

static bool apply_park(struct store_sqlite *store, struct store_record *record)
{
    note_id(store, parked_of(record)->id);
    store_coming_add(store->coming, STORE_COMING_PARKED, parked_of(record)->id, record);
    return true;
}

static bool write_parked(struct store_sqlite *store, const struct store_parked *parked)
{
    const int64_t values[] = {(int64_t)parked->id, parked->channel, parked->at_ms};
    sqlite3_stmt *statement = store->statements[STATEMENT_PARK];

    store_bind_integers(statement, values, 3);
    sqlite3_bind_blob(statement, 4, parked->bytes, parked->size, SQLITE_STATIC);
    return step(store, STATEMENT_PARK);
}

static bool apply_unpark(struct store_sqlite *store, struct store_record *record)
{
    uint64_t id = parked_of(record)->id;

    if (store_coming_remove(store->coming, STORE_COMING_PARKED, id))
        return true;
    sqlite3_bind_int64(store->statements[STATEMENT_UNPARK], 1, (int64_t)id);
    return step(store, STATEMENT_UNPARK);
}

/* What came in the window and is still there. */
static bool write_coming(struct store_sqlite *store, struct store_record *record)
{
    return record->kind == STORE_RECORD_PARK ? write_parked(store, parked_of(record))
                                             : write_receipt(store, receipt_of(record));
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

static bool apply_undefine(struct store_sqlite *store, struct store_record *record)
{
    const struct store_record_define *define = (const struct store_record_define *)record;
    const int64_t values[] = {define->kind, define->number};

    store_bind_integers(store->statements[STATEMENT_UNDEFINE], values, 2);
    return step(store, STATEMENT_UNDEFINE);
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
    [STORE_RECORD_ACCEPT] = store_apply_accept,
    [STORE_RECORD_JOIN] = store_apply_join,
    [STORE_RECORD_MESSAGE] = store_apply_message,
    [STORE_RECORD_PERMIT] = store_apply_permit,
    [STORE_RECORD_ATTEMPT] = store_apply_attempt,
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
    [STORE_RECORD_REPLACE] = store_apply_replace,
    [STORE_RECORD_ALIAS] = apply_alias,
    [STORE_RECORD_USAGE] = store_apply_usage,
    [STORE_RECORD_SUSPEND] = store_apply_suspend,
    [STORE_RECORD_DUPLICATE] = store_apply_duplicate,
    [STORE_RECORD_DUPLICATE_GONE] = store_apply_duplicate_gone,
    [STORE_RECORD_KEEP] = store_apply_keep,
    [STORE_RECORD_UNKEEP] = store_apply_unkeep,
    [STORE_RECORD_UNDEFINE] = apply_undefine,
};

static bool flush_journal(struct store_sqlite *store, uint64_t sequence)
{
    sqlite3_bind_int64(store->statements[STATEMENT_JOURNAL], 1, (int64_t)sequence);
    return step(store, STATEMENT_JOURNAL);
}

/* The day is durable first: what live.db does not have is there. */
static bool flush_day(struct store_sqlite *store)
{
    const struct store_day_sum *sum = store_day_sum(store->day);
    sqlite3_stmt *statement = store->statements[STATEMENT_HISTORY];

    if (!store_day_commit(store->day))
        return false;
    if (sum->messages == 0)
        return true;
    /* It may have been the last of a day that is over. */
    if (strcmp(sum->name, store->closed_day) < 0)
        store->closed_unsure = true;
    sqlite3_bind_text(statement, 1, sum->name, -1, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 2, (int64_t)sum->messages);
    sqlite3_bind_int64(statement, 3, sum->ended_at_ms);
    return step(store, STATEMENT_HISTORY);
}

static bool apply_all(struct store_sqlite *store, const struct store_window *window)
{
    store_bulk_clear(store->bulk);
    store_messages_begin(store->messages);
    store_coming_begin(store->coming);
    store->balances.count = 0;
    store->outboxes.count = 0;
    store->usages.count = 0;
    store_day_begin(store->day, window->again);
    if (!step(store, STATEMENT_BEGIN) || !store_messages_read(store, window))
        return false;
    for (size_t at = 0, count = 0; at < window->used;) {
        struct store_record *record = (struct store_record *)(window->bytes + at);

        if (!operations[record->kind](store, record))
            return false;
        at += record->size;
        store_window_rest(window, count++);
    }
    return store_messages_write(store, window) && flush_day(store) &&
           store_coming_write(store->coming, store, write_coming) &&
           store_bulk_write(store->bulk) && store_flush_chain(store) &&
           flush_balances(store) && flush_outboxes(store) && store_flush_usages(store) &&
           flush_highest_id(store) && flush_journal(store, window->sequence) &&
           step(store, STATEMENT_COMMIT);
}

/* What a window that is not applied must not have changed. */
struct before {
    struct store_link link;
    int64_t next_posting;
    uint64_t highest_recorded;
    size_t ended_count;
    uint64_t living_rows;
    uint64_t gone;
};

/* False: what is in the database is not known. */
static bool roll_back(struct store_sqlite *store, const struct before *before)
{
    store->link = before->link;
    store->next_posting = before->next_posting;
    store->highest_recorded = before->highest_recorded;
    store->ended_count = before->ended_count;
    store->living_rows = before->living_rows;
    store->gone = before->gone;
    store_day_roll_back(store->day);
    return sqlite3_get_autocommit(store->database) || step(store, STATEMENT_ROLLBACK);
}

/* Why it was not applied: SQLite's reason, if it has one. */
static const char *reason_of(const struct store_sqlite *store)
{
    int code = sqlite3_errcode(store->database);

    return code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE
               ? "the ledger in it has a sum or a number that cannot be: somebody else has "
                 "changed it"
               : sqlite3_errmsg(store->database);
}

enum store_applied store_sqlite_apply(struct store_sqlite *store,
                                      const struct store_window *window, char *error,
                                      size_t error_size)
{
    const struct before before = {
        store->link,        store->next_posting, store->highest_recorded,
        store->ended_count, store->living_rows,  store->gone};
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
    snprintf(error, error_size, "%s", reason_of(store));
    if (roll_back(store, &before) && full)
        return STORE_DISK_FULL;
    store->failed = true;
    return STORE_FAILED;
}
