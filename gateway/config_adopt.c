/*
 * What is different is found in what both print.  Secrets are masked there, and compared
 * beside it.
 */
#include "gateway/config_adopt.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/config_build.h"

/* --- what may change ------------------------------------------------------------------ */

#define MEMBER(name)                                                                       \
    {                                                                                      \
        offsetof(struct config_account, name),                                             \
            sizeof(((struct config_account *)NULL)->name)                                  \
    }

/* Of an account: all that is asked for whenever it is needed. */
static const struct {
    size_t offset;
    size_t size;
} members[] = {
    MEMBER(password),
    MEMBER(password_hash),
    MEMBER(allow_from),
    MEMBER(allow_from_count),
    MEMBER(client_certificate),
    MEMBER(binds),
    MEMBER(window),
    MEMBER(tps),
    MEMBER(burst),
    MEMBER(credit_micro),
    MEMBER(margin_floor_micro),
    MEMBER(parts_per_hour),
    MEMBER(parts_per_day),
    MEMBER(spend_per_hour_micro),
    MEMBER(spend_per_day_micro),
    MEMBER(limits),
    MEMBER(outbox_max),
    MEMBER(accepted_as),
    MEMBER(late_charge),
    MEMBER(receipt_tlvs),
    MEMBER(receipt_date_digits),
    MEMBER(receipt_zone_minutes),
    MEMBER(receipt_text_length),
    MEMBER(receipt_err_digits),
    MEMBER(transactional_after_stop),
    MEMBER(sources),
    MEMBER(data_codings),
    MEMBER(esm_classes),
    MEMBER(protocol_ids),
    MEMBER(ports),
    MEMBER(destinations),
    MEMBER(premium),
    MEMBER(permissions),
};

static void copy_members(const struct config_account *from, struct config_account *to)
{
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        memcpy((char *)to + members[i].offset, (const char *)from + members[i].offset,
               members[i].size);
}

static void copy(const struct config *from, struct config *to)
{
    to->log_level = from->log_level;
    to->prices = from->prices;
    to->price_count = from->price_count;
    for (size_t i = 0; i < from->account_count && i < to->account_count; i++)
        copy_members(&from->accounts[i], &to->accounts[i]);
}

/* --- what is different ------------------------------------------------------------------
 */

/* What was masked is another one each time it is read. */
static bool same_secret(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL &&
                      (strcmp(a, b) == 0 ||
                       (config_secret_is_masked(a) && config_secret_is_masked(b))));
}

static char *printed(const struct config *config)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL)
        abort();
    config_print(config, out);
    if (fclose(out) != 0)
        abort();
    return text;
}

/* Of those that both have.  NULL, or whose. */
static const char *other_secret(const struct config *a, const struct config *b)
{
    for (size_t i = 0; i < a->http.token_count && i < b->http.token_count; i++)
        if (!same_secret(a->http.tokens[i].value, b->http.tokens[i].value))
            return a->http.tokens[i].name;
    for (size_t i = 0; i < a->link_count && i < b->link_count; i++)
        if (!same_secret(a->links[i].password, b->links[i].password))
            return a->links[i].name;
    for (size_t i = 0; i < a->channel_count && i < b->channel_count; i++)
        if (!same_secret(a->channels[i].token, b->channels[i].token) ||
            !same_secret(a->channels[i].key, b->channels[i].key))
            return a->channels[i].name;
    for (size_t i = 0; i < a->inbound_count && i < b->inbound_count; i++)
        if (!same_secret(a->inbounds[i].webhook_secret, b->inbounds[i].webhook_secret))
            return a->inbounds[i].name;
    return NULL;
}

bool config_password_differs(const struct config_account *running,
                             const struct config_account *fresh)
{
    return !same_secret(running->password, fresh->password) ||
           !same_secret(running->password_hash, fresh->password_hash);
}

bool config_differs(const struct config *running, const struct config *fresh)
{
    char *one = printed(running);
    char *other = printed(fresh);
    bool differs = strcmp(one, other) != 0 || other_secret(running, fresh) != NULL;

    for (size_t i = 0; !differs && i < running->account_count; i++)
        differs = config_password_differs(&running->accounts[i], &fresh->accounts[i]);
    free(one);
    free(other);
    return differs;
}

/* The line at `at`, without what is before it, its quotes and the bracket it opens. */
static void write_line(const char *at, char *out, size_t size)
{
    size_t used = 0;

    at += strspn(at, " ");
    for (; *at != '\0' && *at != '\n' && used + 1 < size; at++)
        if (*at != '"')
            out[used++] = *at;
    if (used > 1 && out[used - 1] == '{')
        used -= 2;
    out[used] = '\0';
}

static bool opens_section(const char *line, size_t size)
{
    return size > 0 && *line != ' ' && line[size - 1] == '{';
}

/* The first line of `other` that `one` has not there, what that has, and the section. */
static const char *first_difference(const char *one, const char *other, char *room,
                                    size_t size)
{
    char section[100] = "", was[100], is[100];

    while (*one != '\0' || *other != '\0') {
        size_t one_size = strcspn(one, "\n");
        size_t other_size = strcspn(other, "\n");

        if (one_size != other_size || memcmp(one, other, one_size) != 0)
            break;
        if (opens_section(other, other_size))
            write_line(other, section, sizeof(section));
        else if (*other == '}')
            section[0] = '\0';
        one += one_size + (one[one_size] != '\0');
        other += other_size + (other[other_size] != '\0');
    }
    write_line(one, was, sizeof(was));
    write_line(other, is, sizeof(is));
    (void)snprintf(room, size,
                   "%s%s%s, which was %s: that waits for a restart, and all else "
                   "with it",
                   section, section[0] != '\0' ? ": " : "", is[0] != '\0' ? is : "nothing",
                   was[0] != '\0' ? was : "nothing");
    return room;
}

const char *config_may_adopt(const struct config *running, const struct config *fresh,
                             char *room, size_t size)
{
    struct config probe = *fresh;
    const char *why = NULL;
    const char *secret;
    char *one, *other;

    /* All but what may change, as it is now. */
    probe.accounts = calloc(fresh->account_count + 1, sizeof(struct config_account));
    if (probe.accounts == NULL)
        abort();
    memcpy(probe.accounts, fresh->accounts,
           fresh->account_count * sizeof(struct config_account));
    copy(running, &probe);
    one = printed(running);
    other = printed(&probe);
    secret = other_secret(running, &probe);
    if (strcmp(one, other) != 0) {
        why = first_difference(one, other, room, size);
    } else if (secret != NULL) {
        (void)snprintf(room, size,
                       "the secret of %s: that waits for a restart, and all else with it",
                       secret);
        why = room;
    }
    free(one);
    free(other);
    free(probe.accounts);
    return why;
}

void config_adopt(struct config *running, struct config *take_fresh)
{
    struct config *before = running->adopted;

    assert(running->account_count == take_fresh->account_count);
    copy(take_fresh, running);
    running->adopted = take_fresh;
    config_free(before);
}
