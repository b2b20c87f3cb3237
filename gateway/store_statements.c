/* The statements that change live.db, prepared once. */
#include "gateway/store_database.h"
#include "gateway/store_rows.h"

static const char *const texts[STATEMENTS] = {
    [STATEMENT_BEGIN] = "BEGIN IMMEDIATE",
    [STATEMENT_COMMIT] = "COMMIT",
    [STATEMENT_ROLLBACK] = "ROLLBACK",
    [STATEMENT_MESSAGE] = "SELECT " STORE_MESSAGE_COLUMNS " FROM known WHERE id=?",
    [STATEMENT_MESSAGE_GONE] = "INSERT INTO gone(id) VALUES(?)",
    [STATEMENT_GONE_LAST] =
        "SELECT max(id) FROM (SELECT id FROM gone WHERE id>? ORDER BY id LIMIT ?)",
    [STATEMENT_MESSAGES_SWEPT] =
        "DELETE FROM message WHERE id IN (SELECT id FROM gone WHERE id>? AND id<=?)",
    [STATEMENT_GONE_SWEPT] = "DELETE FROM gone WHERE id>? AND id<=?",
    [STATEMENT_PART_ADD] = "INSERT OR IGNORE INTO part(id, message) VALUES(?,?)",
    [STATEMENT_PARTS_GONE] = "DELETE FROM part WHERE message=?",
    [STATEMENT_LATE_SET] =
        "INSERT INTO late(" STORE_LATE_COLUMNS
        ") VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?13)"
        " ON CONFLICT(message, ordinal) DO UPDATE SET state=?3, reason=?4, flags=?5,"
        " code=?6, sent_at=?7, updated_at=?8, charged=?9, cost=?10, provider_id=?13"
        " WHERE charged=?11 AND cost=?12",
    [STATEMENT_LATE_GONE] = "DELETE FROM late WHERE message=?",
    [STATEMENT_LATE_FORGET] =
        "DELETE FROM late WHERE message>=?1 AND message<=(SELECT max(message) FROM (SELECT"
        " message FROM late WHERE message>=?1 AND message<?2 ORDER BY message LIMIT ?3))",
    [STATEMENT_CHAIN_SET] =
        "INSERT OR REPLACE INTO chain(first, last, digest) VALUES(?,?,?)",
    [STATEMENT_BALANCE_ADD] =
        "INSERT INTO balance(ledger, currency, amount) VALUES(?,?,?)"
        " ON CONFLICT(ledger, currency) DO UPDATE SET amount = amount + excluded.amount",
    [STATEMENT_OPENING_ADD] = "INSERT OR IGNORE INTO opening(account, amount) VALUES(?,?)",
    [STATEMENT_RECEIPT_ADD] =
        "INSERT OR IGNORE INTO outbox(id, account, made_at, bytes) VALUES(?,?,?,?)",
    [STATEMENT_RECEIPT_GONE] = "DELETE FROM outbox WHERE id=?",
    [STATEMENT_OUTBOX_SUM] = "INSERT INTO outbox_sum(account, count, ids) VALUES(?1,?2,?3)"
                             " ON CONFLICT(account) DO UPDATE SET count = count + ?2,"
                             " ids = (ids | ?3) - (ids & ?3)",
    [STATEMENT_PARK] =
        "INSERT OR IGNORE INTO parked(id, channel, at, bytes) VALUES(?,?,?,?)",
    [STATEMENT_UNPARK] = "DELETE FROM parked WHERE id=?",
    [STATEMENT_DEFINE] =
        "INSERT OR REPLACE INTO definition(kind, number, name, content) VALUES(?,?,?,?)",
    [STATEMENT_UNDEFINE] = "DELETE FROM definition WHERE kind=? AND number=?",
    [STATEMENT_KEEP] = "INSERT OR IGNORE INTO kept(message, rule) VALUES(?,?)",
    [STATEMENT_UNKEEP] = "DELETE FROM kept WHERE message=?",
    [STATEMENT_HIGHEST_ID] =
        "INSERT OR REPLACE INTO meta(key, value) VALUES('highest_id', ?)",
    [STATEMENT_HISTORY] = "INSERT INTO history(day, messages, ended_at) VALUES(?,?,?)"
                          " ON CONFLICT(day) DO UPDATE SET messages = messages +"
                          " excluded.messages, ended_at = max(ended_at, excluded.ended_at)",
    [STATEMENT_JOURNAL] = "INSERT OR REPLACE INTO meta(key, value) VALUES('journal', ?)",
    [STATEMENT_INBOUND_PUT] = "INSERT OR REPLACE INTO inbound(id, account, channel, state,"
                              " at, bytes) VALUES(?,?,?,?,?,?)",
    [STATEMENT_INBOUND_GONE] = "DELETE FROM inbound WHERE id=?",
    [STATEMENT_MARK] = "INSERT OR IGNORE INTO mark(kind, at, hash) VALUES(?,?,?)",
    [STATEMENT_MARKS_GONE] = "DELETE FROM mark WHERE kind=? AND at<?",
    [STATEMENT_OPTOUT_PUT] = "INSERT OR IGNORE INTO optout(account, number, sender, at,"
                             " origin) VALUES(?,?,?,?,?)",
    [STATEMENT_OPTOUT_GONE] =
        "DELETE FROM optout WHERE account=? AND number=? AND sender=?",
    [STATEMENT_ALIAS_ADD] = "INSERT OR REPLACE INTO alias(alias, id) VALUES(?,?)",
    [STATEMENT_ALIAS_GONE] = "DELETE FROM alias WHERE alias=?",
    [STATEMENT_USAGE_SET] =
        "INSERT OR REPLACE INTO usage(account, since, hour, day, parts_hour, parts_day,"
        " spend_hour, spend_day) VALUES(?,?,?,?,?,?,?,?)",
    [STATEMENT_USAGE_GONE] = "DELETE FROM usage WHERE account=?",
    [STATEMENT_SUSPEND] = "INSERT OR IGNORE INTO suspension(account, since) VALUES(?,?)",
    [STATEMENT_RESUME] = "DELETE FROM suspension WHERE account=?",
    [STATEMENT_DUPLICATE_SET] =
        "INSERT INTO duplicate(id, account, key, \"check\", ended_at, parts, alias, form,"
        " named, held) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10) ON CONFLICT(id) DO UPDATE "
        "SET ended_at=?5",
    [STATEMENT_DUPLICATE_GONE] = "DELETE FROM duplicate WHERE id=?",
};

bool store_prepare_statements(struct store_sqlite *store, char *error, size_t error_size)
{
    for (size_t i = 0; i < STATEMENTS; i++)
        if ((store->statements[i] =
                 store_prepare(store->database, texts[i], error, error_size)) == NULL)
            return false;
    return true;
}
