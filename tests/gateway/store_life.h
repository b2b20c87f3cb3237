/*
 * A store on a disk of the simulator, and messages whose life is always the same:
 * accepted with a hold, sent with a permit, accepted by the operator and charged, ended
 * with a receipt, acknowledged.  Each step is taken when the effect of the one before
 * has run, and is remembered: what must be found again whatever happens.
 */
#ifndef TESTS_GATEWAY_STORE_LIFE_H
#define TESTS_GATEWAY_STORE_LIFE_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/store.h"
#include "gateway/store_reader.h"
#include "tests/simulation/vfs.h"

enum {
    LIFE_MESSAGES_MAX = 4000,
    LIFE_HOLD = 60000,
    LIFE_SELL = 50000,
    LIFE_BUY = 30000,
    LIFE_OPENING = 1000000000,
};

/* How far a message has come for certain. */
enum life_step { LIFE_NONE, LIFE_ACCEPTED, LIFE_PERMITTED, LIFE_ENDED };

struct event_base;

struct life {
    struct vfs *vfs;
    struct clock *clock;
    struct executor *executor;
    struct store *store;
    struct store_reader *reader; /* opened when it is needed */
    char folder[64];
    char error[600];
    size_t text_size; /* of each message */
    uint64_t disk_reserve_bytes;
    int64_t late_window_ms;
    enum life_step goal;  /* messages stay there */
    uint64_t effects;     /* that have run */
    uint64_t order[4096]; /* their targets */
    unsigned failures;    /* that the store told of */
    enum life_step steps[LIFE_MESSAGES_MAX + 1];
};

/* With the disk and the clock; nothing is opened yet. */
void life_new(struct life *life, uint64_t seed);
void life_free(struct life *life);

/* False: `error` says why. */
bool life_open(struct life *life);
/* With real time and threads, on this base; life_run() is not for it. */
bool life_open_threads(struct life *life, struct event_base *base);
bool life_load(struct life *life, const struct store_loader *loader, void *owner);
/* Only the reader, of a store that stands still. */
void life_open_reader(struct life *life);
/* Begins a decision, for which there must be room; store_end() is the caller's. */
void life_decide(struct life *life);
/* With executor and reader; what was appended is committed first, if the disk is up. */
void life_close(struct life *life);
/* The other end: nothing more is written.  The disk is started again. */
void life_crash(struct life *life, bool power);

/* A state folder without files of SQLite in it. */
void life_remove_folder(const char *folder);

/* Lets time go on. */
void life_run(struct life *life, int64_t ms);

/* The ids of message `n`, from 1; each message is accepted a second after the other. */
uint64_t life_message_id(unsigned n);
uint64_t life_attempt_id(unsigned n);
int64_t life_accepted_at_ms(unsigned n);

/* The opening balance and the names. */
void life_settle(struct life *life);
/* A new one, opened and settled. */
void life_start(struct life *life);
/* Begins the life of message `n`; false when the store refuses. */
bool life_begin(struct life *life, unsigned n);

/* A store with six of them: 1 to 4 have ended (and are in the history, if `moved`), 5 and 6
 * are sent. */
void life_live_six(struct life *life, bool moved);

/* Parts of that life, for tests of their own; `effect` may be NULL. */
void life_fill_message(unsigned n, struct message *out);
void life_fill_attempt(unsigned n, struct attempt *out);
struct body *life_new_body(unsigned n, size_t text_size);
struct posting life_posting(enum posting_kind kind, unsigned n, int64_t amount);
void life_charge(struct life *life, unsigned n, int64_t charged_before);
void life_end(struct life *life, unsigned n);
/* Decisions of their own: it ends without a charge, as one that expired; and is charged by
 * a late report, which saw that it had been charged `before`. */
void life_end_uncharged(struct life *life, unsigned n);
void life_charge_late(struct life *life, unsigned n, int64_t before);

/* An effect that is counted, and whose target is kept in `order`. */
struct store_effect life_counted(uint64_t target);

/* Answers of the reader. */
struct store_reader *life_reader(struct life *life);
void life_verify(struct life *life, struct verification *out);
/* The ledger must be right. */
void life_check_ledger(struct life *life);
/* Its attempts and bodies are the caller's: life_done(). */
void life_find(struct life *life, uint64_t submission, struct stored_message *out);
void life_done(struct stored_message *stored);

/* Waits until all that was decided is in the tables; an open store only. */
void life_fold(struct life *life);
/* Runs SQL on a file of the store, after life_fold(); it may use store_content.h. */
void life_tamper(struct life *life, const char *file, const char *sql);
/* The first column of the first row; -1 when there is none. */
int64_t life_ask(struct life *life, const char *file, const char *sql);

#endif
