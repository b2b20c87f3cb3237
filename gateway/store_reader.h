/*
 * Questions to the database, answered over read-only connections: messages, on one thread;
 * statements and whether the ledger is right, which may take minutes, on another.
 */
#ifndef GATEWAY_STORE_READER_H
#define GATEWAY_STORE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/body.h"
#include "routing/message.h"

struct executor;
struct store;
struct store_reader;

/*
 * NULL with a sentence.  A question sees all that `store` was told before it; without a
 * store, which must be closed then, what is in the tables of `folder`.
 */
struct store_reader *store_reader_open(const char *folder, const char *vfs,
                                       struct store *store, struct executor *executor,
                                       char *error, size_t error_size);
/*
 * Nobody waits for answers any more: what is being read, for minutes perhaps, is given up,
 * so that the executor's jobs end soon.  Accepts NULL.
 */
void store_reader_end(struct store_reader *reader);
/* After the executor has ended its jobs, before the store is closed.  Accepts NULL. */
void store_reader_close(struct store_reader *reader);

/* A message with all its rows, late changes laid over them; valid during the callback. */
struct stored_message {
    bool found;
    bool failed;            /* whether it is there is not known: it could not be read */
    struct message message; /* with its attempts */
    struct body **bodies;   /* the message's own first, then parts by id */
    size_t body_count;
};

/*
 * By the id of any of its submissions, in live.db or in the history.  The callback comes
 * on the loop; it may take attempts and bodies by setting what it took to NULL and 0.
 * False: too many questions wait.
 */
bool store_reader_message(struct store_reader *reader, uint64_t submission,
                          void (*done)(void *owner, uint64_t tag,
                                       struct stored_message *stored),
                          void *owner, uint64_t tag) __attribute__((warn_unused_result));

/* The same as it is in the tables now, which may be behind what was decided. */
bool store_reader_look(struct store_reader *reader, uint64_t submission,
                       void (*done)(void *owner, uint64_t tag,
                                    struct stored_message *stored),
                       void *owner, uint64_t tag) __attribute__((warn_unused_result));

/* One line of a statement: what one channel did for one account in the period. */
struct statement_line {
    uint32_t channel;
    int64_t attempts;
    int64_t sent;
    int64_t accepted;
    int64_t delivered;
    int64_t failed;
    int64_t charged_micro;
    int64_t cost_micro;
};

struct statement {
    bool failed; /* the database could not be read: nothing of this is true */
    int64_t messages;
    int64_t parts;
    int64_t ends[8];       /* by enum message_end */
    int64_t charged_micro; /* without what was absorbed */
    int64_t absorbed_micro;
    int64_t refunded_micro;
    int64_t cost_micro;
    int64_t baseline_micro;       /* of messages of which something was handed over */
    struct statement_line *lines; /* by channel */
    size_t line_count;
};

/* Messages accepted from `from_ms` to before `to_ms`; account 0: of all. */
bool store_reader_statement(struct store_reader *reader, uint32_t account, int64_t from_ms,
                            int64_t to_ms,
                            void (*done)(void *owner, uint64_t tag,
                                         const struct statement *statement),
                            void *owner, uint64_t tag) __attribute__((warn_unused_result));

enum { VERIFICATION_SENTENCES_MAX = 50, VERIFICATION_SENTENCE_SIZE = 240 };

/* What the database says of itself, from its rows alone. */
struct verification {
    bool ok;
    int64_t postings;
    int64_t accounts; /* of the ledger */
    int64_t closed;   /* databases that are written no more, and were read */
    struct {
        uint32_t currency;
        int64_t sum_micro; /* over all balances: 0 */
    } sums[8];
    size_t sum_count;
    int64_t ended_with_hold;
    int64_t attempts_without_posting; /* charged or owed, and no posting says so, or another
                                         amount */
    size_t mismatch_count;            /* may be more than there are sentences */
    char mismatches[VERIFICATION_SENTENCES_MAX][VERIFICATION_SENTENCE_SIZE];
};

bool store_reader_verify(struct store_reader *reader,
                         void (*done)(void *owner, uint64_t tag,
                                      const struct verification *verification),
                         void *owner, uint64_t tag) __attribute__((warn_unused_result));

#endif
