/*
 * The accounts at run time: who may come in, and how much at once.  Made from the
 * configuration, and named as there: by their index in config->accounts.
 *
 * Passwords.  A plain one (practice) is compared at once.  A hash costs milliseconds and
 * is checked on the executor's pool, at most ACCOUNTS_CHECKS_MAX waiting.  After one
 * success the account keeps a keyed digest of the password in memory, so that a
 * reconnecting client costs none of that.  An unknown system_id, a wrong password and an
 * address outside the account's networks are answered alike, after the same work.
 *
 * Failed tries are answered by waiting, per (address, system_id) and per address, in a
 * bounded table that forgets the oldest.  An address inside the networks that an account
 * allows never waits for that account: nobody can lock a client out.
 */
#ifndef GATEWAY_ACCOUNTS_H
#define GATEWAY_ACCOUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct accounts;
struct config;
struct config_token;
struct executor;

enum {
    ACCOUNTS_CHECKS_MAX = 64,     /* passwords being checked or waiting for it */
    ACCOUNTS_FAILURES_MAX = 8192, /* (address, system_id) and addresses remembered */
    ACCOUNTS_PASSWORD_MAX = 128,  /* octets of a password */
    ACCOUNTS_HASH_SIZE = 128,     /* of an argon2id string, with its NUL */
};

enum accounts_answer {
    ACCOUNTS_OK = 0,
    ACCOUNTS_REFUSED, /* wrong or unknown, or to be tried later: the peer is not told which
                       */
    ACCOUNTS_BUSY,    /* too many passwords wait; nothing is known of this one */
    ACCOUNTS_PENDING, /* on_checked() will come */
};

/* The end of a pending check; `account` is meaningful when `answer` is ACCOUNTS_OK. */
typedef void accounts_on_checked(void *owner, uint64_t id, enum accounts_answer answer,
                                 uint32_t account);

/* `config` is borrowed.  `executor` may be NULL when no account has a hash. */
struct accounts *accounts_new(const struct config *config, struct executor *executor,
                              accounts_on_checked *on_checked, void *owner);

/* What the configuration says of the account has changed; its password too, or not. */
void accounts_changed(struct accounts *accounts, uint32_t account, bool password);

/* Accepts NULL.  The executor must be gone: a pending check is forgotten. */
void accounts_free(struct accounts *accounts);

/* Who asks, from where, when (monotonic).  The octets need no NUL and may hold one. */
struct accounts_question {
    uint64_t id; /* the caller's; comes back in on_checked() */
    const void *system_id;
    size_t system_id_size;
    const void *password;
    size_t password_size;
    uint8_t address[16]; /* IPv4 as ::ffff:a.b.c.d */
    int64_t now_ms;
};

/* *out_account is set with ACCOUNTS_OK only. */
enum accounts_answer accounts_check(struct accounts *accounts,
                                    const struct accounts_question *question,
                                    uint32_t *out_account)
    __attribute__((warn_unused_result));

/* The account with this system_id, or -1. */
int accounts_find(const struct accounts *accounts, const void *system_id, size_t size);

/* The bearer token with this value, compared in constant time; NULL if there is none. */
const struct config_token *accounts_find_token(const struct accounts *accounts,
                                               const char *value);
/* Whether the token may act for the account. */
bool accounts_token_allows(const struct config_token *token, const char *account);

/* One more session; false at the account's limit. */
bool accounts_take_bind(struct accounts *accounts, uint32_t account)
    __attribute__((warn_unused_result));
void accounts_give_bind(struct accounts *accounts, uint32_t account);
uint32_t accounts_binds(const struct accounts *accounts, uint32_t account);

/*
 * Takes `parts` out of the account's bucket; false, and nothing taken, when they are not
 * there and will not be within `patience_ms`.  More parts than the bucket holds go when it
 * is full, and are worked off after.
 */
bool accounts_take_parts(struct accounts *accounts, uint32_t account, uint32_t parts,
                         int64_t patience_ms, int64_t now_ms)
    __attribute__((warn_unused_result));
/* Gives back what accounts_take_parts() took, for a submit refused for another reason. */
void accounts_give_parts(struct accounts *accounts, uint32_t account, uint32_t parts);

/* Milliseconds until `parts` are there; 0: now.  Of no parts: until what was taken before
 * its time is worked off. */
int64_t accounts_parts_due_ms(const struct accounts *accounts, uint32_t account,
                              uint32_t parts, int64_t now_ms);

/* For the configuration's password_hash.  False without memory for it. */
bool accounts_hash_password(const char *plain, char out[ACCOUNTS_HASH_SIZE])
    __attribute__((warn_unused_result));

/* Counters for /metrics. */
struct accounts_counts {
    uint64_t accepted;
    uint64_t refused;
    uint64_t held_off; /* of these: not looked at, too many failures before */
    uint64_t busy;
    uint64_t hashes; /* passwords that were checked the expensive way */
};

struct accounts_counts accounts_counts(const struct accounts *accounts);

#endif
