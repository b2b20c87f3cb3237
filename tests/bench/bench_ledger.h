/*
 * Every id the peer has given us, and what became of it: the proof that each
 * accepted submit got exactly one final receipt, and nothing else did.
 *
 * An id enters by the response that gives it, or by a receipt that names it first;
 * the second kind is a promise that the response still comes, and an unknown receipt
 * if it never does.  The capacity is set once: a full ledger says so and changes
 * nothing.  It knows neither clock nor socket; all times are the caller's, in
 * monotonic nanoseconds greater than 0.
 */
#ifndef TESTS_BENCH_LEDGER_H
#define TESTS_BENCH_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/bench/bench_stat.h"

/* The longest message_id of SMPP 3.4, without its NUL. */
#define BENCH_ID_MAX 64

/* Most ids a ledger can be made for. */
#define BENCH_LEDGER_MAX ((size_t)1 << 26)

struct bench_ledger;

/* Whether a final receipt belongs to an accepted submit. */
enum bench_due {
    BENCH_DUE_OPTIONAL, /* it depends on what we cannot know */
    BENCH_DUE_ALWAYS,
    BENCH_DUE_NEVER,
};

/* One id.  Read only; the fields of the response are 0 until it came. */
struct bench_entry {
    int64_t intended_ns; /* when the submit should have gone out */
    int64_t accepted_ns; /* when its response was read */
    int64_t receipt_ns;  /* when its first final receipt was read */
    int64_t latest_ns;   /* when its last one was */
    uint32_t unit;       /* which submit it was */
    uint32_t id_offset;  /* private */
    uint16_t account;
    uint16_t session;
    uint8_t id_size;
    uint8_t expected; /* enum bench_stat; NONE: any */
    uint8_t stat;     /* enum bench_stat of the first receipt */
    uint8_t due;      /* enum bench_due */
    bool accepted;
    uint16_t receipts;   /* how many final ones came, the first included */
    uint16_t unanswered; /* of these, not acknowledged */
};

/* What the response to one submit said, and what is known about that submit. */
struct bench_acceptance {
    uint32_t unit;
    uint16_t account;
    uint16_t session;
    uint8_t expected; /* enum bench_stat; NONE: any */
    uint8_t due;      /* enum bench_due */
    int64_t intended_ns;
    int64_t read_ns;
    int64_t drained_ns; /* when this session was last seen with nothing to read */
};

struct bench_arrival {
    uint16_t account;
    uint16_t session;
    uint8_t stat;
    int64_t read_ns;
    int64_t lost_ns; /* when the account last lost a connection; 0: never */
};

enum bench_ledger_result {
    BENCH_LEDGER_OK = 0,
    BENCH_LEDGER_EARLY,    /* accept: the receipt was there; receive: no such id yet */
    BENCH_LEDGER_REPEATED, /* accept: the id was given before; receive: a second receipt */
    BENCH_LEDGER_NO_ID,    /* empty, or longer than BENCH_ID_MAX */
    BENCH_LEDGER_FULL,
};

struct bench_ledger_counts {
    uint64_t accepted;     /* ids given by a response */
    uint64_t owed;         /* of these, BENCH_DUE_ALWAYS */
    uint64_t completed;    /* of these again, with their first receipt */
    uint64_t received;     /* final receipts of any kind, all told */
    uint64_t repeated_ids; /* ids given a second time */
    uint64_t no_ids;       /* responses and receipts without a usable id */
    uint64_t early;        /* receipts that certainly came before the response */
    uint64_t crossed;      /* read first, but on another bind: nobody can tell */
    uint64_t duplicates;   /* second receipts that nothing excuses */
    uint64_t redelivered;  /* second receipts whose acknowledgement may be lost */
    uint64_t unasked;      /* receipts nobody asked for */
    uint64_t misdirected;  /* receipts on another account's bind */
    uint64_t unexpected;   /* first receipts with another word than expected */
    uint64_t unclaimed;    /* receipts whose id no response has given (yet) */
    uint64_t overflows;    /* calls refused because the ledger was full */
    uint64_t stats[BENCH_STAT_COUNT]; /* of first receipts of accepted ids */
};

/* For at most `capacity` ids (1 to BENCH_LEDGER_MAX).  NULL without the memory. */
struct bench_ledger *bench_ledger_new(size_t capacity);
void bench_ledger_free(struct bench_ledger *ledger);

/* `out_entry` (may be NULL) is set for OK and EARLY, and stays valid. */
enum bench_ledger_result bench_ledger_accept(struct bench_ledger *ledger, const uint8_t *id,
                                             size_t id_size,
                                             const struct bench_acceptance *acceptance,
                                             const struct bench_entry **out_entry);

/*
 * `out_index` is set for OK, EARLY and REPEATED; it names the entry for
 * bench_ledger_acknowledge() and bench_ledger_entry().
 */
enum bench_ledger_result bench_ledger_receive(struct bench_ledger *ledger,
                                              const uint8_t *id, size_t id_size,
                                              const struct bench_arrival *arrival,
                                              uint32_t *out_index);

/* A receipt was answered: once all of them are, a further one has no excuse. */
void bench_ledger_acknowledge(struct bench_ledger *ledger, uint32_t index);

bool bench_ledger_knows(const struct bench_ledger *ledger, const uint8_t *id,
                        size_t id_size);

const struct bench_ledger_counts *bench_ledger_counts(const struct bench_ledger *ledger);

/* Entries in the order in which their ids were first seen. */
size_t bench_ledger_size(const struct bench_ledger *ledger);
const struct bench_entry *bench_ledger_entry(const struct bench_ledger *ledger,
                                             size_t index);

/* The id as a string: octets that do not print are '?'. */
void bench_ledger_id(const struct bench_ledger *ledger, const struct bench_entry *entry,
                     char out_id[BENCH_ID_MAX + 1]);

/* Accepted, owed a receipt, and none came. */
bool bench_entry_is_missing(const struct bench_entry *entry);

#endif
