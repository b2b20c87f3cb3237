/*
 * Accounts at run time; the one file that calls libsodium.
 */
#include "gateway/accounts.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "gateway/allowance.h"
#include "gateway/config.h"
#include "gateway/executor.h"
#include "gateway/failures.h"

/* argon2id: two passes over 19 MiB, some 12 ms; several times as strong as it is long. */
#define HASH_PASSES 2ULL
#define HASH_MEMORY (19U * 1024 * 1024)

/*
 * Failures that cost nothing: a person's typing errors from one address to one account;
 * more for a whole address, behind which many may be.
 */
enum { FREE_PER_ACCOUNT = 5, FREE_PER_ADDRESS = 20 };

enum { DIGEST_SIZE = 32, UNKNOWN = -1 };

static_assert(ACCOUNTS_HASH_SIZE == crypto_pwhash_STRBYTES, "as libsodium writes them");

struct account {
    const struct config_account *config;
    uint32_t binds;
    struct allowance parts;
    bool has_digest;
    uint8_t digest[DIGEST_SIZE]; /* of the last good password */
};

/* One password on its way through the pool. */
struct check {
    struct executor_job job;
    struct accounts *accounts;
    struct check *previous;
    struct check *next;
    uint64_t id;
    int account;   /* UNKNOWN: the hash is somebody's, the result is not looked at */
    bool forgiven; /* from the account's own networks: failures are not counted */
    char hash[ACCOUNTS_HASH_SIZE]; /* settings may change while it is on its way */
    uint64_t account_key;
    uint64_t address_key;
    int64_t now_ms;
    bool matches;
    size_t password_size;
    char password[ACCOUNTS_PASSWORD_MAX];
};

struct accounts {
    const struct config *config;
    struct executor *executor;
    accounts_on_checked *on_checked;
    void *owner;
    struct account *list;
    int hashed; /* an account with a hash: the work for what has none; UNKNOWN: none has */
    struct failures *failures;
    struct check *checks;
    size_t check_count;
    struct accounts_counts counts;
    uint8_t key[crypto_generichash_KEYBYTES];
};

static const char *hash_of(const struct accounts *accounts, int account)
{
    return account == UNKNOWN ? NULL : accounts->config->accounts[account].password_hash;
}

/* One that has a hash, or UNKNOWN. */
static int find_hashed(const struct accounts *accounts)
{
    for (size_t i = 0; i < accounts->config->account_count; i++)
        if (hash_of(accounts, (int)i) != NULL)
            return (int)i;
    return UNKNOWN;
}

struct accounts *accounts_new(const struct config *config, struct executor *executor,
                              accounts_on_checked *on_checked, void *owner)
{
    struct accounts *accounts = calloc(1, sizeof(*accounts));

    if (accounts == NULL || sodium_init() < 0)
        abort();
    accounts->config = config;
    accounts->executor = executor;
    accounts->on_checked = on_checked;
    accounts->owner = owner;
    accounts->failures = failures_new(ACCOUNTS_FAILURES_MAX);
    accounts->list = calloc(config->account_count + 1, sizeof(*accounts->list));
    if (accounts->list == NULL)
        abort();
    crypto_generichash_keygen(accounts->key);
    for (size_t i = 0; i < config->account_count; i++) {
        const struct config_account *account = &config->accounts[i];

        accounts->list[i].config = account;
        allowance_init(&accounts->list[i].parts, account->tps, account->burst);
    }
    accounts->hashed = find_hashed(accounts);
    assert(accounts->hashed == UNKNOWN || executor != NULL);
    return accounts;
}

void accounts_changed(struct accounts *accounts, uint32_t account, bool password)
{
    struct account *changed = &accounts->list[account];

    allowance_change(&changed->parts, changed->config->tps, changed->config->burst);
    if (!password)
        return;
    if (hash_of(accounts, accounts->hashed) == NULL)
        accounts->hashed = find_hashed(accounts);
    changed->has_digest = false;
    sodium_memzero(changed->digest, sizeof(changed->digest));
}

static void check_free(struct check *check)
{
    struct accounts *accounts = check->accounts;

    if (check->previous != NULL)
        check->previous->next = check->next;
    else
        accounts->checks = check->next;
    if (check->next != NULL)
        check->next->previous = check->previous;
    accounts->check_count--;
    sodium_memzero(check->password, sizeof(check->password));
    free(check);
}

void accounts_free(struct accounts *accounts)
{
    if (accounts == NULL)
        return;
    while (accounts->checks != NULL)
        check_free(accounts->checks);
    failures_free(accounts->failures);
    sodium_memzero(accounts->key, sizeof(accounts->key));
    free(accounts->list);
    free(accounts);
}

int accounts_find(const struct accounts *accounts, const void *system_id, size_t size)
{
    for (size_t i = 0; i < accounts->config->account_count; i++) {
        const char *name = accounts->list[i].config->system_id;

        if (strlen(name) == size && memcmp(name, system_id, size) == 0)
            return (int)i;
    }
    return UNKNOWN;
}

/* ---- Passwords ----------------------------------------------------------- */

/* A digest that nobody outside can make; the first of its two pieces has one size always.
 */
static void keyed_digest(const struct accounts *accounts, const void *fixed,
                         size_t fixed_size, const void *varying, size_t varying_size,
                         uint8_t *out, size_t out_size)
{
    crypto_generichash_state state;

    crypto_generichash_init(&state, accounts->key, sizeof(accounts->key), out_size);
    crypto_generichash_update(&state, fixed, fixed_size);
    crypto_generichash_update(&state, varying, varying_size);
    crypto_generichash_final(&state, out, out_size);
}

static void password_digest(const struct accounts *accounts, uint32_t account,
                            const void *password, size_t size, uint8_t out[DIGEST_SIZE])
{
    keyed_digest(accounts, &account, sizeof(account), password, size, out, DIGEST_SIZE);
}

/*
 * Of an IPv6 address only its network: its owner has all the rest to choose from.  The
 * key of the address alone has no system_id, which is not the same as an empty one.
 */
static uint64_t failure_key(const struct accounts *accounts,
                            const struct accounts_question *question, bool with_system_id)
{
    static const uint8_t mapped[12] = {[10] = 0xFF, [11] = 0xFF};
    bool is_ipv4 = memcmp(question->address, mapped, sizeof(mapped)) == 0;
    uint8_t digest[DIGEST_SIZE];
    uint8_t fixed[1 + 16] = {with_system_id};
    uint64_t key;

    memcpy(fixed + 1, question->address, is_ipv4 ? 16 : 8);
    keyed_digest(accounts, fixed, sizeof(fixed), question->system_id,
                 with_system_id ? question->system_id_size : 0, digest, sizeof(digest));
    memcpy(&key, digest, sizeof(key));
    return key;
}

static bool comes_from_network(const struct config_account *account,
                               const uint8_t address[16])
{
    for (size_t i = 0; i < account->allow_from_count; i++)
        if (config_network_contains(&account->allow_from[i], address))
            return true;
    return false;
}

/* In a time that does not tell where the first difference is. */
static bool plain_matches(const struct accounts *accounts, const char *password,
                          const struct accounts_question *question)
{
    uint8_t right[DIGEST_SIZE], given[DIGEST_SIZE];

    password_digest(accounts, 0, password, strlen(password), right);
    password_digest(accounts, 0, question->password, question->password_size, given);
    return sodium_memcmp(right, given, DIGEST_SIZE) == 0;
}

static bool digest_matches(const struct accounts *accounts, uint32_t account,
                           const struct accounts_question *question)
{
    uint8_t given[DIGEST_SIZE];

    if (!accounts->list[account].has_digest)
        return false;
    password_digest(accounts, account, question->password, question->password_size, given);
    return sodium_memcmp(accounts->list[account].digest, given, DIGEST_SIZE) == 0;
}

static enum accounts_answer admit(struct accounts *accounts, uint64_t account_key)
{
    failures_forget(accounts->failures, account_key);
    accounts->counts.accepted++;
    return ACCOUNTS_OK;
}

static enum accounts_answer refuse(struct accounts *accounts, bool forgiven,
                                   uint64_t account_key, uint64_t address_key,
                                   int64_t now_ms)
{
    accounts->counts.refused++;
    if (!forgiven) {
        failures_add(accounts->failures, account_key, FREE_PER_ACCOUNT, now_ms);
        failures_add(accounts->failures, address_key, FREE_PER_ADDRESS, now_ms);
    }
    return ACCOUNTS_REFUSED;
}

/* On a thread of the pool: touches nothing but the check. */
static void check_run(void *self)
{
    struct check *check = self;

    check->matches =
        crypto_pwhash_str_verify(check->hash, check->password, check->password_size) == 0;
}

/* The account's password may have been changed meanwhile. */
static bool is_current(const struct check *check)
{
    const char *hash = hash_of(check->accounts, check->account);

    return hash != NULL && strcmp(hash, check->hash) == 0;
}

static void check_complete(void *self)
{
    struct check *check = self;
    struct accounts *accounts = check->accounts;
    const uint64_t id = check->id;
    const int account = check->account;
    enum accounts_answer answer;

    if (account != UNKNOWN && check->matches && is_current(check)) {
        struct account *known = &accounts->list[account];

        password_digest(accounts, (uint32_t)account, check->password, check->password_size,
                        known->digest);
        known->has_digest = true;
        answer = admit(accounts, check->account_key);
    } else {
        answer = refuse(accounts, check->forgiven, check->account_key, check->address_key,
                        check->now_ms);
    }
    check_free(check);
    accounts->on_checked(accounts->owner, id, answer,
                         answer == ACCOUNTS_OK ? (uint32_t)account : 0);
}

/* The expensive way, for a known account or to look like it. */
static enum accounts_answer check_hash(struct accounts *accounts, int account,
                                       bool forgiven,
                                       const struct accounts_question *question,
                                       uint64_t account_key, uint64_t address_key)
{
    struct check *check;

    if (accounts->check_count == ACCOUNTS_CHECKS_MAX) {
        accounts->counts.busy++;
        return ACCOUNTS_BUSY;
    }
    check = calloc(1, sizeof(*check));
    if (check == NULL)
        abort();
    check->job =
        (struct executor_job){.run = check_run, .complete = check_complete, .self = check};
    check->accounts = accounts;
    check->id = question->id;
    check->account = account;
    check->forgiven = forgiven;
    (void)snprintf(check->hash, sizeof(check->hash), "%s",
                   hash_of(accounts, account != UNKNOWN ? account : accounts->hashed));
    check->account_key = account_key;
    check->address_key = address_key;
    check->now_ms = question->now_ms;
    check->password_size = question->password_size;
    memcpy(check->password, question->password, question->password_size);
    check->next = accounts->checks;
    if (check->next != NULL)
        check->next->previous = check;
    accounts->checks = check;
    accounts->check_count++;
    if (!executor_submit(accounts->executor, EXECUTOR_POOL, &check->job)) {
        check_free(check);
        accounts->counts.busy++;
        return ACCOUNTS_BUSY;
    }
    accounts->counts.hashes++;
    return ACCOUNTS_PENDING;
}

enum accounts_answer accounts_check(struct accounts *accounts,
                                    const struct accounts_question *question,
                                    uint32_t *out_account)
{
    int account = accounts_find(accounts, question->system_id, question->system_id_size);
    const struct config_account *config =
        account != UNKNOWN ? accounts->list[account].config : NULL;
    bool forgiven = config != NULL && comes_from_network(config, question->address);
    uint64_t account_key = failure_key(accounts, question, true);
    uint64_t address_key = failure_key(accounts, question, false);

    if (!forgiven && (failures_waits(accounts->failures, account_key, question->now_ms) ||
                      failures_waits(accounts->failures, address_key, question->now_ms))) {
        accounts->counts.refused++;
        accounts->counts.held_off++;
        return ACCOUNTS_REFUSED;
    }
    if (question->password_size > ACCOUNTS_PASSWORD_MAX)
        return refuse(accounts, forgiven, account_key, address_key, question->now_ms);
    if (config != NULL && config->allow_from_count > 0 && !forgiven)
        account = UNKNOWN;
    if (account != UNKNOWN &&
        (config->password != NULL
             ? plain_matches(accounts, config->password, question)
             : digest_matches(accounts, (uint32_t)account, question))) {
        *out_account = (uint32_t)account;
        return admit(accounts, account_key);
    }
    if (account != UNKNOWN && config->password_hash == NULL)
        account = UNKNOWN;
    if (hash_of(accounts, accounts->hashed) == NULL)
        return refuse(accounts, forgiven, account_key, address_key, question->now_ms);
    return check_hash(accounts, account, forgiven, question, account_key, address_key);
}

bool accounts_hash_password(const char *plain, char out[ACCOUNTS_HASH_SIZE])
{
    return sodium_init() >= 0 &&
           crypto_pwhash_str_alg(out, plain, strlen(plain), HASH_PASSES, HASH_MEMORY,
                                 crypto_pwhash_ALG_ARGON2ID13) == 0;
}

/* ---- Tokens -------------------------------------------------------------- */

const struct config_token *accounts_find_token(const struct accounts *accounts,
                                               const char *value)
{
    const struct config_http *http = &accounts->config->http;
    const struct config_token *found = NULL;
    uint8_t given[DIGEST_SIZE], right[DIGEST_SIZE];

    password_digest(accounts, 0, value, strlen(value), given);
    for (size_t i = 0; i < http->token_count; i++) {
        password_digest(accounts, 0, http->tokens[i].value, strlen(http->tokens[i].value),
                        right);
        if (sodium_memcmp(right, given, DIGEST_SIZE) == 0)
            found = &http->tokens[i];
    }
    return found;
}

bool accounts_token_allows(const struct config_token *token, const char *account)
{
    for (size_t i = 0; i < token->account_count; i++)
        if (strcmp(token->accounts[i], account) == 0)
            return true;
    return token->all_accounts;
}

/* ---- Limits -------------------------------------------------------------- */

bool accounts_take_bind(struct accounts *accounts, uint32_t account)
{
    struct account *known = &accounts->list[account];

    if (known->binds >= known->config->binds)
        return false;
    known->binds++;
    return true;
}

void accounts_give_bind(struct accounts *accounts, uint32_t account)
{
    assert(accounts->list[account].binds > 0);
    accounts->list[account].binds--;
}

uint32_t accounts_binds(const struct accounts *accounts, uint32_t account)
{
    return accounts->list[account].binds;
}

bool accounts_take_parts(struct accounts *accounts, uint32_t account, uint32_t parts,
                         int64_t patience_ms, int64_t now_ms)
{
    return allowance_take(&accounts->list[account].parts, parts, patience_ms, now_ms);
}

void accounts_give_parts(struct accounts *accounts, uint32_t account, uint32_t parts)
{
    allowance_give(&accounts->list[account].parts, parts);
}

int64_t accounts_parts_due_ms(const struct accounts *accounts, uint32_t account,
                              uint32_t parts, int64_t now_ms)
{
    return allowance_due_ms(&accounts->list[account].parts, parts, now_ms);
}

struct accounts_counts accounts_counts(const struct accounts *accounts)
{
    return accounts->counts;
}
