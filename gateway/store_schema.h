/*
 * The tables.  live.db holds what lives, the outbox and the ledger; history/DAY.db
 * holds ended messages whose ids were made on that day (UTC), ledger/MONTH.db the postings
 * of a month that is over, in the same form.
 *
 * Hot rows have no secondary index.  Times are milliseconds since 1970 UTC, money
 * micro-units.  The numbers behind state, kind and the like are those of
 * routing/message.h and routing/ledger.h.
 */
#ifndef GATEWAY_STORE_SCHEMA_H
#define GATEWAY_STORE_SCHEMA_H

/* Another one for other tables, and for another form of what the journal and `definition`
 * hold as it is (store_sqlite.c). */
#define STORE_SCHEMA_VERSION "11"

/*
 * In live.db and in each day of the history; %s is "" or "day.".  `content` is the message
 * with its attempts and bodies (packed.h); state and ended_at are of it, for who looks in
 * from outside.  `part` leads from a submission that joined a message to that message.
 *
 * Who reads them reads `known`, which each has in its own way: where many live, they end in
 * no order, and a row that came or went in the place of its id would change a page each.
 */
#define STORE_SCHEMA_MESSAGES                                                              \
    "CREATE TABLE IF NOT EXISTS %smessage("                                                \
    " id INTEGER PRIMARY KEY, state INTEGER, ended_at INTEGER, content BLOB);"             \
    "CREATE TABLE IF NOT EXISTS %spart(id INTEGER PRIMARY KEY, message INTEGER);"

/*
 * In each day: what ended in a later window of the journal than it came in, one behind the
 * other as they ended.  It is newer than a row of `message`, which there is of what ended
 * again after a copy of live.db was put back.
 */
#define STORE_SCHEMA_AGED                                                                  \
    "CREATE TABLE IF NOT EXISTS %saged("                                                   \
    " place INTEGER PRIMARY KEY, id INTEGER, state INTEGER, ended_at INTEGER,"             \
    " content BLOB);"                                                                      \
    "CREATE UNIQUE INDEX IF NOT EXISTS %saged_id ON aged(id);"                             \
    "CREATE VIEW IF NOT EXISTS %sknown AS"                                                 \
    " SELECT id, state, ended_at, content FROM message WHERE NOT EXISTS"                   \
    " (SELECT 1 FROM aged WHERE aged.id = message.id)"                                     \
    " UNION ALL SELECT id, state, ended_at, content FROM aged;"

/* In live.db and in each month of the ledger. */
#define STORE_SCHEMA_POSTING                                                               \
    "posting("                                                                             \
    " id INTEGER PRIMARY KEY, at INTEGER, kind INTEGER, source INTEGER,"                   \
    " target INTEGER, amount INTEGER, currency INTEGER, message INTEGER,"                  \
    " attempt INTEGER);"

/*
 * In live.db only.  `gone` names messages whose rows are in their day and are still to be
 * taken out here, many of a page at once.  `late` lies over attempts whose rows are in the
 * history already, until it is written into their day, which is closed then (store_late.h).
 * `history` says which days there are, and when the last of their messages ended.
 * `usage` has a row for each account with limits, `suspension` one for each that may not
 * send, `duplicate` one for each submission whose repetition is told.  `chain` says what
 * the postings were when they were made (store_chain.c), `closed` what the files of the
 * history were when they were written no more (store_closed.c).
 */
#define STORE_SCHEMA_LIVE                                                                  \
    "CREATE TABLE IF NOT EXISTS gone(id INTEGER PRIMARY KEY);"                             \
    "CREATE VIEW IF NOT EXISTS known AS SELECT * FROM message WHERE NOT EXISTS"            \
    " (SELECT 1 FROM gone WHERE gone.id = message.id);"                                    \
    "CREATE INDEX IF NOT EXISTS part_of ON part(message);"                                 \
    "CREATE TABLE IF NOT EXISTS late("                                                     \
    " message INTEGER, ordinal INTEGER, state INTEGER, reason INTEGER, flags INTEGER,"     \
    " code INTEGER, sent_at INTEGER, updated_at INTEGER, charged INTEGER, cost INTEGER,"   \
    " provider_id TEXT, PRIMARY KEY(message, ordinal)) WITHOUT ROWID;"                     \
    "CREATE TABLE IF NOT EXISTS history("                                                  \
    " day TEXT PRIMARY KEY, messages INTEGER, ended_at INTEGER) WITHOUT ROWID;"            \
    "CREATE TABLE IF NOT EXISTS " STORE_SCHEMA_POSTING                                     \
    "CREATE TABLE IF NOT EXISTS period("                                                   \
    " name TEXT PRIMARY KEY, first INTEGER, last INTEGER) WITHOUT ROWID;"                  \
    "CREATE TABLE IF NOT EXISTS chain("                                                    \
    " first INTEGER PRIMARY KEY, last INTEGER, digest INTEGER);"                           \
    "CREATE TABLE IF NOT EXISTS closed("                                                   \
    " name TEXT PRIMARY KEY, size INTEGER, digests BLOB) WITHOUT ROWID;"                   \
    "CREATE TABLE IF NOT EXISTS balance("                                                  \
    " ledger INTEGER, currency INTEGER, amount INTEGER,"                                   \
    " PRIMARY KEY(ledger, currency)) WITHOUT ROWID;"                                       \
    "CREATE TABLE IF NOT EXISTS opening("                                                  \
    " account INTEGER PRIMARY KEY, amount INTEGER);"                                       \
    "CREATE TABLE IF NOT EXISTS outbox("                                                   \
    " id INTEGER PRIMARY KEY, account INTEGER, made_at INTEGER, bytes BLOB);"              \
    "CREATE TABLE IF NOT EXISTS outbox_sum("                                               \
    " account INTEGER PRIMARY KEY, count INTEGER, ids INTEGER);"                           \
    "CREATE TABLE IF NOT EXISTS parked("                                                   \
    " id INTEGER PRIMARY KEY, channel INTEGER, at INTEGER, bytes BLOB);"                   \
    "CREATE TABLE IF NOT EXISTS inbound("                                                  \
    " id INTEGER PRIMARY KEY, account INTEGER, channel INTEGER, state INTEGER,"            \
    " at INTEGER, bytes BLOB);"                                                            \
    "CREATE TABLE IF NOT EXISTS mark("                                                     \
    " kind INTEGER, at INTEGER, hash INTEGER, PRIMARY KEY(kind, at, hash))"                \
    " WITHOUT ROWID;"                                                                      \
    "CREATE TABLE IF NOT EXISTS optout("                                                   \
    " account INTEGER, number TEXT, sender TEXT, at INTEGER, origin INTEGER,"              \
    " PRIMARY KEY(account, number, sender)) WITHOUT ROWID;"                                \
    "CREATE TABLE IF NOT EXISTS alias("                                                    \
    " alias INTEGER PRIMARY KEY, id INTEGER);"                                             \
    "CREATE TABLE IF NOT EXISTS usage("                                                    \
    " account INTEGER PRIMARY KEY, since INTEGER, hour INTEGER, day INTEGER,"              \
    " parts_hour INTEGER, parts_day INTEGER, spend_hour INTEGER, spend_day INTEGER);"      \
    "CREATE TABLE IF NOT EXISTS suspension("                                               \
    " account INTEGER PRIMARY KEY, since INTEGER);"                                        \
    "CREATE TABLE IF NOT EXISTS duplicate("                                                \
    " id INTEGER PRIMARY KEY, account INTEGER, key INTEGER, \"check\" INTEGER,"            \
    " ended_at INTEGER, parts INTEGER, alias INTEGER, form INTEGER,"                        \
    " named INTEGER, held INTEGER);"                      \
    "CREATE TABLE IF NOT EXISTS kept("                                                     \
    " message INTEGER PRIMARY KEY, rule TEXT);"                                            \
    "CREATE TABLE IF NOT EXISTS definition("                                               \
    " kind INTEGER, number INTEGER, name TEXT, content BLOB,"                              \
    " PRIMARY KEY(kind, number)) WITHOUT ROWID;"                                           \
    "CREATE TABLE IF NOT EXISTS meta("                                                     \
    " key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;"

#endif
