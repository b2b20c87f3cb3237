/* What the files behind store_sqlite.h share; nobody else includes it. */
#ifndef GATEWAY_STORE_DATABASE_H
#define GATEWAY_STORE_DATABASE_H

#include <sqlite3.h>

#include "gateway/store_chain.h"
#include "gateway/store_coming.h"
#include "gateway/store_day.h"
#include "gateway/store_bulk.h"
#include "gateway/store_head.h"
#include "gateway/store_sqlite.h"

enum store_statement {
    STATEMENT_BEGIN,
    STATEMENT_COMMIT,
    STATEMENT_ROLLBACK,
    STATEMENT_MESSAGE,
    STATEMENT_MESSAGE_GONE,
    STATEMENT_GONE_LAST,
    STATEMENT_MESSAGES_SWEPT,
    STATEMENT_GONE_SWEPT,
    STATEMENT_PART_ADD,
    STATEMENT_PARTS_GONE,
    STATEMENT_LATE_SET,
    STATEMENT_LATE_GONE,
    STATEMENT_LATE_FORGET,
    STATEMENT_CHAIN_SET,
    STATEMENT_BALANCE_ADD,
    STATEMENT_OPENING_ADD,
    STATEMENT_RECEIPT_ADD,
    STATEMENT_RECEIPT_GONE,
    STATEMENT_OUTBOX_SUM,
    STATEMENT_PARK,
    STATEMENT_UNPARK,
    STATEMENT_DEFINE,
    STATEMENT_UNDEFINE,
    STATEMENT_KEEP,
    STATEMENT_UNKEEP,
    STATEMENT_HIGHEST_ID,
    STATEMENT_HISTORY,
    STATEMENT_JOURNAL,
    STATEMENT_INBOUND_PUT,
    STATEMENT_INBOUND_GONE,
    STATEMENT_MARK,
    STATEMENT_MARKS_GONE,
    STATEMENT_OPTOUT_PUT,
    STATEMENT_OPTOUT_GONE,
    STATEMENT_ALIAS_ADD,
    STATEMENT_ALIAS_GONE,
    STATEMENT_USAGE_SET,
    STATEMENT_USAGE_GONE,
    STATEMENT_SUSPEND,
    STATEMENT_RESUME,
    STATEMENT_DUPLICATE_SET,
    STATEMENT_DUPLICATE_GONE,
    STATEMENTS
};

/* What a window adds to sums, written once at its end. */
struct store_sum {
    uint64_t key;
    uint32_t currency; /* balances */
    int64_t amount;    /* of money, or the count of receipts */
    uint64_t ids;      /* xor of the receipts' ids */
};

enum { STORE_SUMS_MAX = 512 };

struct store_sums {
    struct store_sum entries[STORE_SUMS_MAX];
    size_t count;
};

/* The rows of usage that a batch changes, each written once at its end. */
enum { STORE_USAGES_MAX = 64 };

struct store_usages {
    struct store_usage entries[STORE_USAGES_MAX];
    size_t count;
};

struct store_sqlite {
    sqlite3 *database;
    sqlite3_stmt *statements[STATEMENTS];
    struct store_bulk *bulk;
    struct store_messages *messages; /* of the window */
    struct store_coming *coming;     /* the same */
    struct store_day *day;
    char *folder;
    struct store_head *head; /* live.head: the last window that was durable here */
    int page_size;
    int wal_pages;
    int wal_pages_done; /* of them, already in the database */
    uint64_t written_pages;
    bool failed; /* live.db could not be written: it is not touched any more */
    uint64_t rows;
    uint64_t in_history;  /* messages that came there since it was opened */
    uint64_t living_rows; /* of live.db's messages, those that are gone among them */
    uint64_t gone;
    uint64_t swept; /* the last one that was gone and taken out; 0: from the first on */
    int64_t next_posting;
    struct store_link link; /* of the chain, the last one */
    bool link_changed;
    struct store_sums balances;
    struct store_sums outboxes;
    struct store_usages usages;
    uint64_t highest_id; /* of all that was ever recorded */
    uint64_t highest_recorded;
    uint64_t journal_sequence; /* the last batch of the journal that is in the tables */
    bool period_unsure;        /* whether there is more to move to the ledger's files */
    char period_month[STORE_DAY_SIZE]; /* the last one when it was looked for */
    struct store_closing *closing;     /* a day that is being closed */
    bool closed_unsure;                /* whether there is another one */
    char closed_day[STORE_DAY_SIZE];   /* the last one when it was looked for */
    uint64_t late_next; /* what came late: where to go on */
    char closed_tried[STORE_DAY_SIZE]; /* it cannot be, those behind it are looked at; or "" */
    uint64_t *ended; /* a ring: messages that are to move, in this order */
    size_t ended_first;
    size_t ended_count;
    size_t ended_capacity;
};

/* store_statements.c; false and the reason. */
bool store_prepare_statements(struct store_sqlite *store, char *error, size_t error_size);

/* store_apply.c: runs a statement without rows and makes it ready again; false on failure.
 */
bool store_step(struct store_sqlite *store, enum store_statement which);
/* No id up to this one is ever given out again. */
void store_note_id(struct store_sqlite *store, uint64_t id);

/* store_apply.c: one line of the ledger; false on failure. */
struct posting;
bool store_add_posting(struct store_sqlite *store, const struct posting *posting,
                       int64_t at_ms);

/* store_inbound.c: operations on what subscribers write, and the reading of it. */
struct store_record;
bool store_apply_inbound_put(struct store_sqlite *store, struct store_record *record);
bool store_apply_inbound_gone(struct store_sqlite *store, struct store_record *record);
bool store_apply_mark(struct store_sqlite *store, struct store_record *record);
bool store_apply_marks_gone(struct store_sqlite *store, struct store_record *record);
bool store_apply_optout_put(struct store_sqlite *store, struct store_record *record);
bool store_apply_optout_gone(struct store_sqlite *store, struct store_record *record);
bool store_load_inbound(struct store_sqlite *store, const struct store_loader *loader,
                        void *owner, char *error, size_t error_size);

/* store_kept.c: the same for messages kept for review. */
bool store_apply_keep(struct store_sqlite *store, struct store_record *record);
bool store_apply_unkeep(struct store_sqlite *store, struct store_record *record);
bool store_load_kept(struct store_sqlite *store, const struct store_loader *loader,
                     void *owner, char *error, size_t error_size);

/* store_history.c: as `day`, ready to be written.  False: if there is something to detach, it
 * is the caller's. */
bool store_attach_day(struct store_sqlite *store, const char *day, char *error,
                      size_t error_size);

/* Remembers that a message ended. */
void store_sqlite_add_ended(struct store_sqlite *store, uint64_t id);

/* --- the chain of the postings (store_chain.c) --------------------------------------- */

/* Its last link, and the number of the next posting; at the opening. */
bool store_read_chain(struct store_sqlite *store, char *error, size_t error_size);
/* A posting is made: what its row says. */
bool store_chain_posting(struct store_sqlite *store,
                         const int64_t values[STORE_POSTING_INTEGERS]);
/* At the end of a window. */
bool store_flush_chain(struct store_sqlite *store);

/* --- limits of accounts (store_limits.c) -------------------------------------------- */

struct store_loader;
struct store_record;

/* The operations; false on failure. */
bool store_apply_usage(struct store_sqlite *store, struct store_record *record);
bool store_apply_suspend(struct store_sqlite *store, struct store_record *record);
bool store_apply_duplicate(struct store_sqlite *store, struct store_record *record);
bool store_apply_duplicate_gone(struct store_sqlite *store, struct store_record *record);
/* At the end of a batch. */
bool store_flush_usages(struct store_sqlite *store);
/* Suspensions, usage, and what repetitions are told by. */
bool store_load_limits(struct store_sqlite *store, const struct store_loader *loader,
                       void *owner, char *error, size_t error_size);

/* The first column of the first row; false when there is none. */
bool store_ask_integer(sqlite3 *database, const char *sql, int64_t *out);

/* Ends a transaction that failed.  True: the disk was full, and nothing of it is there. */
bool store_gives_up_full(sqlite3 *database);

/* A write-ahead log, synced in each commit; false when it cannot be had. */
bool store_set_durable(sqlite3 *database, const char *schema, char *error,
                       size_t error_size);

/*
 * Copies the log into the database and begins it anew, unless somebody reads it.  Before
 * anything is appended to a log that was found: if its last sync failed, what it seems to
 * hold may be in the cache only, and what came behind it would be lost with it.
 */
bool store_use_up_log(sqlite3 *database, const char *schema, char *error,
                      size_t error_size);

#endif
