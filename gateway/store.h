/*
 * The loop decides, the store records: in a journal, at once; then, many batches together,
 * in the tables.
 *
 * A decision changes memory at once and appends its operations, by value, to the batch
 * that is being filled.  What leaves the process because of it is an effect, appended
 * after them, which runs on the loop when the batch is durable: batches commit one at a
 * time and in order, effects run in the order of their appending.  A batch that cannot
 * be committed ends the process: nothing it held was seen by anybody.
 *
 *     if (!store_begin(store, STORE_BEGINNING))
 *         return ESME_RMSGQFUL;
 *     store_accept(store, &message, body, &hold);
 *     store_effect(store, &(struct store_effect){.run = answer_submit, ...});
 *     store_end(store);
 *
 * Between store_begin() and store_end() lies one decision: all of it or nothing is
 * in the database.  A decision with an effect is awaited and makes a commit start as
 * soon as the one before is done, or when it is let go (store_hold); others ride along, or
 * go after STORE_LAZY_MS.
 *
 * A decision has a bound, STORE_DECISION_BYTES.  A loop that appends in one either shows
 * by its own bounds that it takes less than half of it, or calls store_cut() in each turn.
 */
#ifndef GATEWAY_STORE_H
#define GATEWAY_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/body.h"
#include "gateway/duration_histogram.h"
#include "routing/ledger.h"
#include "routing/message.h"
#include "routing/usage.h"

struct clock;
struct executor;
struct store;
struct store_inbound;
struct store_mark;
struct store_optout;

enum {
    STORE_BATCH_OPERATIONS = 2000,
    STORE_BATCH_BYTES = 1024 * 1024,
    STORE_DECISION_BYTES = 512 * 1024, /* no decision is larger */
    STORE_CUT_BYTES = STORE_DECISION_BYTES / 2, /* where store_cut() begins another */
    STORE_LAZY_MS = 20,                /* how long what nobody awaits may wait */
    STORE_RECEIPT_BYTES = 512,
};

/* What an operation takes of a decision at most. */
enum {
    STORE_ATTEMPT_ADD_BYTES = 192, /* without a posting */
    STORE_RECEIPT_ADD_BYTES = 552,
    STORE_RECEIPT_GONE_BYTES = 40,
    STORE_DUPLICATE_BYTES = 80,
};

/* Beginnings may use 60 % of the ring, continuations all of it. */
enum store_share { STORE_BEGINNING, STORE_CONTINUATION };

/*
 * Something that leaves the process once its batch is durable.  The target is named by
 * number, never by a pointer to what may have gone.
 */
struct store_effect {
    void (*run)(void *owner, const struct store_effect *effect);
    uint64_t target;
    uint64_t id;
    uint32_t number;
    uint32_t extra;
    uint32_t place; /* of the message it is about (live.h), for a quick look; 0: unknown */
};

struct store_config {
    const char *folder; /* made if missing; one store per folder, held by flock */
    uint32_t ring_operations;
    uint64_t ring_bytes;
    uint64_t disk_reserve_bytes;
    int64_t late_window_ms; /* late reports come for so long after an end */
    const char *vfs; /* NULL: SQLite's own */
};

/* A receipt that waits to be acknowledged, as its row. */
struct store_receipt {
    uint64_t id; /* of the submission */
    uint32_t account;
    uint16_t size;
    int64_t made_at_ms;
    uint8_t bytes[STORE_RECEIPT_BYTES]; /* the receipts' own form */
};

/* A report for an id nobody knows (yet), as its row. */
struct store_parked {
    uint64_t id;
    uint32_t channel;
    uint16_t size;
    int64_t at_ms;
    uint8_t bytes[STORE_RECEIPT_BYTES]; /* reports.c's own form */
};

/* What an account has used of its limits. */
struct store_usage {
    uint32_t account;
    struct usage usage; /* since_ms 0: nothing is counted, the row goes */
};

/* An account that may not send. */
struct store_suspension {
    uint32_t account;
    int64_t since_ms; /* 0: it may again */
};

/* A submission whose repetition would be told by its content. */
struct store_duplicate {
    uint64_t id;
    uint64_t key; /* two hashes of the content */
    uint64_t check;
    int64_t ended_at_ms; /* of its message; 0: it lives */
    uint32_t account;
    uint32_t parts;
    uint32_t alias; /* in its public id, and the form of that with its place above */
    uint32_t form;
    bool named; /* its repetition is told by the name its client gave it */
    int64_t held_micro;
};

/* A message kept for review, as its row. */
struct store_kept {
    uint64_t message;
    char rule[32]; /* by which */
};

/* A name and its number, a plan or pinned prices by content, or how a link was found to
 * write ids; made once, never changed, but for the day in the name of pinned prices, and of
 * plans that are no longer said, which also go (catalog_pins.c, catalog_plans.c). */
enum store_definition_kind {
    STORE_ACCOUNT = 1,
    STORE_CHANNEL = 2,
    STORE_PLAN = 3,
    STORE_PINS = 4,
    STORE_ID_RULE = 5,
    STORE_SENDERS = 6, /* the sender table of a link, by when it came into force */
};

struct store_definition {
    enum store_definition_kind kind;
    uint32_t number; /* from 1, unique within its kind */
    const char *name;
    const void *content;
    uint32_t size;
};

/* What a store tells while it is loaded, in this order; all on the calling thread. */
struct store_loader {
    void (*on_definition)(void *owner, const struct store_definition *definition);
    void (*on_balance)(void *owner, uint64_t ledger_account, uint32_t currency,
                       int64_t amount);
    void (*on_opening)(void *owner, uint32_t account, int64_t amount);
    /* All names and balances are told, and what follows goes by them: the first decisions
     * may be made.  May be NULL; false and the reason end the loading. */
    bool (*on_names)(void *owner, char *error, size_t error_size);
    /* Attempts of ended messages whose ids and refs are still matchable; of those that are
     * not in the history yet, among the messages. */
    void (*on_late)(void *owner, uint64_t message, const struct attempt *attempt);
    void (*on_parked)(void *owner, const struct store_parked *parked);
    /* How many messages at most will be told.  May be NULL. */
    void (*on_expected)(void *owner, uint64_t messages);
    /* Messages that live, each followed by its bodies and attempts.  What was charged and
     * owed stands with the attempts; `held_micro` is what is held, and what of it they
     * were charged.  What is given is copied by who wants it. */
    void (*on_message)(void *owner, const struct message *message);
    void (*on_body)(void *owner, const struct body *body);
    void (*on_attempt)(void *owner, uint64_t message, const struct attempt *attempt);
    void (*on_loaded)(void *owner, uint64_t message);
    void (*on_receipt)(void *owner, const struct store_receipt *receipt);
    /* What subscribers write (store_inbound.h); NULL: not wanted. */
    void (*on_inbound)(void *owner, const struct store_inbound *inbound);
    void (*on_mark)(void *owner, const struct store_mark *mark);
    void (*on_optout)(void *owner, const struct store_optout *optout);
    /* In the order of their giving.  May be NULL. */
    void (*on_alias)(void *owner, uint32_t alias, uint64_t id);
    /* What limits and repetitions of accounts are about; may be NULL. */
    void (*on_usage)(void *owner, const struct store_usage *usage);
    void (*on_suspension)(void *owner, const struct store_suspension *suspension);
    void (*on_duplicate)(void *owner, const struct store_duplicate *duplicate);
    void (*on_kept)(void *owner, const struct store_kept *kept);
    void (*on_progress)(void *owner, uint64_t messages);
    /* Last: no message, part, attempt or parked report ever recorded had a higher id.
     * May be NULL. */
    void (*on_highest_id)(void *owner, uint64_t id);
};

/*
 * Opens, or makes, the state folder.  NULL: `error` says why in a sentence (in use by
 * another process, not writable, another schema ...).
 */
struct store *store_open(const struct store_config *config, struct clock *clock,
                         struct executor *executor, void *effect_owner, char *error,
                         size_t error_size);

/* Reads all that lives; before the first decision but those of on_names().  False: the
 * database cannot be read. */
bool store_load(struct store *store, const struct store_loader *loader, void *owner,
                int64_t late_since_ms, char *error, size_t error_size);

/*
 * Commits what was appended, inline and without its effects, puts all of it into the tables
 * and closes.  The executor
 * must have ended the store's jobs: it is freed before, or store_is_idle().  Accepts NULL.
 */
void store_close(struct store *store);

/* Called once, on the loop, when a batch could not be committed: the process must end. */
void store_on_failure(struct store *store, void (*failed)(void *owner, const char *why),
                      void *owner);

/* False when this share of the ring is full, or the disk is, for beginnings: nothing was
 * begun. */
bool store_begin(struct store *store, enum store_share share)
    __attribute__((warn_unused_result));
void store_end(struct store *store);

/*
 * Between two changes in a loop that may become durable one without the other: when the
 * decision has become large, what follows is in another one.  What would be wrong if only
 * the changes before it were durable must be appended behind the loop.
 */
void store_cut(struct store *store);

/* The message, its body and the posting of its hold (NULL: nothing is held). */
void store_accept(struct store *store, const struct message *message,
                  const struct body *body, const struct posting *hold);
/* A further part of a collected message. */
void store_join(struct store *store, const struct body *body);
/* The message's own row: state, step, times, sums; with the release of what it held, or
 * NULL. */
void store_message(struct store *store, const struct message *message,
                   const struct posting *release);
/* A new attempt: the permit, or the record of a step that could not be tried. */
void store_permit(struct store *store, uint64_t message, const struct attempt *attempt);
/*
 * What became of an attempt, and the postings (up to three) of this event.  They are
 * made only if the row still has the money it had before: `charged_before` and
 * `cost_before`, compared and set.
 */
void store_attempt(struct store *store, uint64_t message, const struct attempt *attempt,
                   int64_t charged_before, int64_t cost_before,
                   const struct posting *postings, size_t posting_count);
void store_post(struct store *store, uint32_t account, const struct posting *opening);
void store_receipt_add(struct store *store, const struct store_receipt *receipt);
void store_receipt_gone(struct store *store, uint64_t id, uint32_t account);
void store_park(struct store *store, const struct store_parked *parked);
void store_unpark(struct store *store, uint64_t id);
/* The whole row: of several in a batch the last is written. */
void store_usage(struct store *store, const struct store_usage *usage);
void store_suspend(struct store *store, const struct store_suspension *suspension);
/* Remembered, or its end noted. */
void store_duplicate(struct store *store, const struct store_duplicate *duplicate);
void store_duplicate_gone(struct store *store, uint64_t id);
void store_keep(struct store *store, const struct store_kept *kept);
void store_unkeep(struct store *store, uint64_t message);
/* The whole row: one of the same kind and number is replaced. */
void store_define(struct store *store, const struct store_definition *definition);
void store_undefine(struct store *store, enum store_definition_kind kind, uint32_t number);
/*
 * A body that takes the place of the one with its id, whose revision differs; what the
 * message would have cost by SMS, and the posting by which what is held changes, or NULL.
 * The message's own row is told by store_message(), before this.
 */
void store_replace(struct store *store, const struct body *body, int64_t baseline_micro,
                   const struct posting *posting, int64_t at_ms);
/* Another name of a submission, and one that is forgotten for it (0: none). */
void store_alias(struct store *store, uint32_t alias, uint64_t id, uint32_t forgotten);
void store_effect(struct store *store, const struct store_effect *effect);

/*
 * While they are held, commits begin one at a time, each after it was let go: what is awaited
 * gathers meanwhile, up to a full batch.  turns.h says when.
 */
void store_hold(struct store *store, bool held);
void store_let_one_go(struct store *store);

/* A decision without operations: the effect runs when all before it is durable. */
void store_barrier(struct store *store, const struct store_effect *effect);

/*
 * Runs once, on the loop, when all that was decided before can be read in the tables; at
 * once if that is so already.  The waiter is its owner's, who leaves it alone until then, or
 * until the store is closed.
 */
struct store_waiter {
    void (*run)(void *self);
    void *self;
    uint64_t batch; /* the store's, as is `next` */
    struct store_waiter *next;
};
void store_settle(struct store *store, struct store_waiter *waiter);

/*
 * True when what is begun now goes with the next commit and leaves continuations their
 * share of it.  Who can make others wait begins no more until a commit is done.
 */
bool store_takes_beginnings(const struct store *store);
/* True when so much was in the last batch as is left to continuations. */
bool store_is_busy(const struct store *store);
/* True while the thread of the tables is at work and takes no rests: all the time, if it
 * cannot follow. */
bool store_tables_are_busy(const struct store *store);
/* Called on the loop whenever a commit is done and the next one, if any, has started. */
void store_on_commit(struct store *store, void (*done)(void *owner), void *owner);

/*
 * Told of the place of each effect some effects before it runs, and again when it is near:
 * most have left the processor's cache, and now there is time to have them fetched.
 */
void store_on_coming(struct store *store,
                     void (*coming)(void *owner, uint32_t place, bool is_near),
                     void *owner);

/* True when continuations should not be provoked: links and hooks stop reading. */
bool store_is_congested(const struct store *store);
/* True when less space is free on the disk than the reserve. */
bool store_disk_is_low(const struct store *store);
/* For how long what was appended first has waited to be durable; 0: nothing waits. */
int64_t store_stalled_ms(const struct store *store);
/* True when nothing was appended that is not durable, and no thread is at work for it. */
bool store_is_idle(const struct store *store);
/*
 * The end is near: no checkpoint and no move to the history is begun from now on, so that
 * the store is soon idle.  What is left of them is done after the next start.
 */
void store_end_upkeep(struct store *store);

const char *store_folder(const struct store *store);

struct store_counters {
    uint64_t commits;
    uint64_t operations;
    uint64_t rows;      /* inserted, updated and deleted */
    uint64_t written_bytes; /* to the journal */
    uint64_t effects;
    uint64_t begun; /* submits, and what else is a beginning */
    uint64_t begins_refused;
    uint64_t checkpoints;
    uint64_t moved;    /* messages that came into the history */
    int64_t commit_us; /* from the write to the end of its sync, sum */
    int64_t longest_commit_us;
    struct duration_histogram commit_times;
    uint64_t folds; /* of the journal into the tables */
    int64_t fold_us;
    int64_t longest_fold_us;
    uint64_t unfolded_bytes; /* durable, and not in the tables yet */
    int64_t longest_checkpoint_us;
    uint32_t waiting_operations;
    uint64_t waiting_bytes;
    size_t largest_decision_bytes;
};

const struct store_counters *store_counters(const struct store *store);
/* Operations, durable or not, since the start. */
uint64_t store_decided(const struct store *store);

#endif
