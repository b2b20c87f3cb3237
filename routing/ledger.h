/*
 * The ledger's accounts and kinds of postings (double entry).
 *
 * A posting moves `amount` > 0 from one ledger account to another.  The balance
 * of a ledger account is what came in less what went out, so that the sum over all
 * of them is zero in every currency after every transaction.
 */
#ifndef ROUTING_LEDGER_H
#define ROUTING_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

/* Which purse of an owner.  The numbers are stored: never change one. */
enum ledger_purse {
    LEDGER_FUNDING = 1,    /* the house: where openings and top-ups come from */
    LEDGER_AVAILABLE = 2,  /* a sender's account */
    LEDGER_HELD = 3,       /* a sender's account */
    LEDGER_REVENUE = 4,    /* the house */
    LEDGER_REFUNDS = 5,    /* the house */
    LEDGER_ABSORBED = 6,   /* the house: late charges nobody could be asked for */
    LEDGER_PAYABLE = 7,    /* a supplier's channel */
    LEDGER_PREPAID = 8,    /* a supplier's channel */
    LEDGER_COST = 9,       /* the house */
    LEDGER_ADJUSTMENT = 10 /* the house */
};

/* A ledger account: purse and owner (0 = the house) in one number. */
static inline uint64_t ledger_account_of(uint32_t owner, enum ledger_purse purse)
{
    return (uint64_t)owner << 8 | (uint64_t)purse;
}
static inline uint32_t ledger_owner(uint64_t account)
{
    return (uint32_t)(account >> 8);
}
static inline enum ledger_purse ledger_purse_of(uint64_t account)
{
    return (enum ledger_purse)(account & 0xFF);
}

/* The numbers are stored: never change one. */
enum posting_kind {
    POSTING_OPENING = 1,      /* funding -> available */
    POSTING_HOLD = 2,         /* available -> held */
    POSTING_CAPTURE = 3,      /* held -> revenue */
    POSTING_RELEASE = 4,      /* held -> available */
    POSTING_LATE_CAPTURE = 5, /* available -> revenue, after the end */
    POSTING_ABSORB =
        6,            /* absorbed -> revenue: the part of a late capture that did not fit */
    POSTING_COST = 7, /* payable -> cost */
    POSTING_KINDS
};

struct posting {
    uint64_t from; /* ledger_account_of() */
    uint64_t to;
    int64_t amount;
    enum posting_kind kind;
    uint32_t currency; /* ledger_currency("EUR") */
    uint64_t message;  /* 0 for openings */
    uint64_t attempt;  /* the attempt whose event it is; 0 for holds and releases */
};

/* The posting of this kind; `owner` is the account, or the channel for POSTING_COST. */
struct posting ledger_posting(enum posting_kind kind, uint32_t owner, int64_t amount);

/* "revenue", "account:available" ... */
const char *ledger_purse_name(enum ledger_purse purse);
const char *ledger_posting_name(enum posting_kind kind);

/* Three letters as a number and back; 0 for what is no currency. */
uint32_t ledger_currency(const char *code);
char *ledger_currency_code(uint32_t currency, char out[4]);

/*
 * What an account owns, as the loop keeps it.  `limit` is the lowest `available`
 * may become: 0 for prepaid, negative for credit.
 */
struct balance {
    int64_t available;
    int64_t held;
    int64_t opening;
    int64_t limit;
};

/* True and moved when `amount` may be held. */
bool balance_hold(struct balance *balance, int64_t amount)
    __attribute__((warn_unused_result));
/* `amount` leaves what is held for good. */
void balance_capture(struct balance *balance, int64_t amount);
void balance_release(struct balance *balance, int64_t amount);
/* Takes a late charge as far as the limit allows; returns what was taken. */
int64_t balance_late(struct balance *balance, int64_t amount);

#endif
