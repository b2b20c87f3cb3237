/*
 * Submissions of an account by their content and by their id, in one growing array; those
 * of ended messages in a list, the one that ended first at its head.
 */
#include "gateway/duplicates.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/catalog.h"
#include "gateway/config.h"
#include "gateway/gateway.h"
#include "gateway/ids.h"
#include "gateway/store.h"
#include "gateway/table.h"
#include "smpp/parts.h"

enum {
    NOBODY = 0,            /* entries are numbered from 1 */
    FORGOTTEN_AT_ONCE = 4, /* of the old ones, for each new one */
    SEED_KEY = 1,
    SEED_CHECK = 2,
    SEED_NAME = 3,
    ELEMENT_PART_8 = 0x00, /* 3GPP TS 23.040 9.2.3.24.1 and .8 */
    ELEMENT_PART_16 = 0x08,
    PLACE_SHIFT = 8, /* above the form: the place in a submit_multi */
    FORM_MASK = 0xFF,
};

struct entry {
    uint64_t key;
    uint64_t check;
    uint64_t id;
    int64_t ended_at_ms; /* 0: it lives */
    int64_t held_micro;
    bool named;
    uint32_t parts;
    uint32_t alias;
    uint32_t form; /* and place */
    uint32_t previous; /* in the list of the ended */
    uint32_t next;     /* there, or in that of the free ones */
};

/* Those of ended messages that are kept equally long. */
struct ended {
    int64_t within_ms;
    uint32_t first;
    uint32_t last;
};

struct duplicates {
    struct ended ended[2]; /* told by their content, by their name */
    size_t max;
    struct table *by_key;
    struct table *by_id;
    struct entry *entries;
    uint32_t used; /* entries ever taken */
    uint32_t room;
    uint32_t free;
    uint64_t forgotten;
};

/* --- what is the same ----------------------------------------------------------------- */

static void mix(struct duplicates_key *key, const void *octets, size_t size)
{
    key->key = table_hash(key->key, octets, size);
    key->check = table_hash(key->check, octets, size);
}

/* The elements of the header but for what only ties parts together. */
static void mix_header(struct duplicates_key *key, const uint8_t *header, size_t size)
{
    for (size_t at = 1; at + 2 <= size;) {
        size_t element = 2u + header[at + 1];

        if (element > size - at)
            break;
        if (header[at] != ELEMENT_PART_8 && header[at] != ELEMENT_PART_16)
            mix(key, header + at, element);
        at += element;
    }
}

struct duplicates_key duplicates_key_of(const struct body *body)
{
    struct duplicates_key key = {SEED_KEY, SEED_CHECK, false};
    const uint8_t fields[] = {body->from_api, body->data_coding, body->protocol_id,
                              (uint8_t)(body->header_size > 0)};
    struct smpp_part part;

    mix(&key, body->source, strlen(body->source));
    mix(&key, body->destination, strlen(body->destination));
    mix(&key, fields, sizeof(fields));
    if (!body->from_api && body_part_of(body, &part)) {
        const uint8_t place[] = {part.number, part.total};

        mix(&key, place, sizeof(place));
    }
    mix_header(&key, body->bytes, body->header_size);
    mix(&key, body->bytes + body->header_size, body->text_size - body->header_size);
    return key;
}

struct duplicates_key duplicates_key_named(const char *name, const char *const *asked,
                                           size_t asked_count)
{
    struct duplicates_key key = {table_hash(SEED_NAME, name, strlen(name)), SEED_CHECK,
                                 true};

    for (size_t i = 0; i < asked_count; i++)
        key.check = table_hash(key.check, asked[i], strlen(asked[i]) + 1);
    return key;
}

/* --- entries ----------------------------------------------------------------------------
 */

static struct entry *entry_at(const struct duplicates *duplicates, uint32_t place)
{
    return &duplicates->entries[place - 1];
}

static struct duplicates *duplicates_new(void)
{
    struct duplicates *duplicates = calloc(1, sizeof(*duplicates));

    if (duplicates == NULL)
        abort();
    /* The bound is `max`, which may be lower than what was recorded under another. */
    duplicates->by_key = table_new(SIZE_MAX);
    duplicates->by_id = table_new(SIZE_MAX);
    return duplicates;
}

static void drop(struct account *account)
{
    struct duplicates *duplicates = account->duplicates;

    if (duplicates == NULL)
        return;
    table_free(duplicates->by_key);
    table_free(duplicates->by_id);
    free(duplicates->entries);
    free(duplicates);
    account->duplicates = NULL;
}

static uint32_t take_entry(struct duplicates *duplicates)
{
    uint32_t place = duplicates->free;

    if (place != NOBODY) {
        duplicates->free = entry_at(duplicates, place)->next;
        return place;
    }
    if (duplicates->used == duplicates->room) {
        duplicates->room = duplicates->room > 0 ? duplicates->room * 2 : 256;
        duplicates->entries =
            realloc(duplicates->entries, duplicates->room * sizeof(*duplicates->entries));
        if (duplicates->entries == NULL)
            abort();
    }
    return ++duplicates->used;
}

static void put(struct table *table, uint64_t key, uint64_t value)
{
    if (!table_put(table, key, value))
        abort();
}

static struct ended *ended_of(struct duplicates *duplicates, const struct entry *entry)
{
    return &duplicates->ended[entry->named];
}

static void add_ended(struct duplicates *duplicates, uint32_t place)
{
    struct entry *entry = entry_at(duplicates, place);
    struct ended *ended = ended_of(duplicates, entry);

    entry->previous = ended->last;
    entry->next = NOBODY;
    if (ended->last != NOBODY)
        entry_at(duplicates, ended->last)->next = place;
    else
        ended->first = place;
    ended->last = place;
}

static void remove_ended(struct duplicates *duplicates, uint32_t place)
{
    const struct entry *entry = entry_at(duplicates, place);
    struct ended *ended = ended_of(duplicates, entry);

    if (entry->previous != NOBODY)
        entry_at(duplicates, entry->previous)->next = entry->next;
    else
        ended->first = entry->next;
    if (entry->next != NOBODY)
        entry_at(duplicates, entry->next)->previous = entry->previous;
    else
        ended->last = entry->previous;
}

/* At the start one whose time is over may come after the one that was taken for new. */
static bool is_newest(const struct duplicates *duplicates, const struct store_duplicate *it)
{
    uint64_t other;

    return !table_get(duplicates->by_key, it->key, &other) ||
           entry_at(duplicates, (uint32_t)other)->id < it->id;
}

static void add(struct duplicates *duplicates, const struct store_duplicate *it)
{
    uint32_t place = take_entry(duplicates);

    *entry_at(duplicates, place) = (struct entry){.key = it->key,
                                                  .check = it->check,
                                                  .id = it->id,
                                                  .ended_at_ms = it->ended_at_ms,
                                                  .held_micro = it->held_micro,
                                                  .named = it->named,
                                                  .parts = it->parts,
                                                  .alias = it->alias,
                                                  .form = it->form};
    if (is_newest(duplicates, it))
        put(duplicates->by_key, it->key, place);
    put(duplicates->by_id, it->id, place);
    if (it->ended_at_ms != 0)
        add_ended(duplicates, place);
}

/* In a decision. */
static void forget(struct gateway *gateway, struct duplicates *duplicates, uint32_t place)
{
    struct entry *entry = entry_at(duplicates, place);
    uint64_t other;

    if (entry->ended_at_ms != 0)
        remove_ended(duplicates, place);
    /* A newer one may have taken its key. */
    if (table_get(duplicates->by_key, entry->key, &other) && other == place)
        table_remove(duplicates->by_key, entry->key);
    table_remove(duplicates->by_id, entry->id);
    store_duplicate_gone(gateway->store, entry->id);
    entry->id = 0;
    entry->next = duplicates->free;
    duplicates->free = place;
}

static bool is_over(const struct duplicates *duplicates, const struct entry *entry,
                    int64_t now_ms)
{
    return entry->ended_at_ms != 0 &&
           now_ms - entry->ended_at_ms > duplicates->ended[entry->named].within_ms;
}

/* --- submissions ------------------------------------------------------------------------
 */

bool duplicates_by_content(const struct account *account)
{
    return account->duplicates != NULL && account->duplicates->ended[false].within_ms > 0;
}

enum duplicates_found duplicates_find(const struct gateway *gateway,
                                      const struct account *account,
                                      const struct duplicates_key *key,
                                      struct duplicates_first *out)
{
    const struct duplicates *duplicates = account->duplicates;
    const struct entry *entry;
    uint64_t place;
    uint32_t in_multi;

    if (duplicates == NULL || !table_get(duplicates->by_key, key->key, &place))
        return DUPLICATES_NONE;
    entry = entry_at(duplicates, (uint32_t)place);
    if (entry->named != key->named || is_over(duplicates, entry, gateway_now_ms(gateway)))
        return DUPLICATES_NONE;
    if (entry->check != key->check)
        return key->named ? DUPLICATES_OTHER : DUPLICATES_NONE;
    in_multi = entry->form >> PLACE_SHIFT;
    *out = (struct duplicates_first){
        .id = entry->id,
        .told_id = in_multi > 1 ? ids_before(entry->id, in_multi - 1) : entry->id,
        .alias = entry->alias,
        .form = entry->form & FORM_MASK,
        .parts = entry->parts,
        .held_micro = entry->held_micro};
    return DUPLICATES_FIRST;
}

/* Of this list those whose time is over, and as long as there is no room the one that ended
 * first. */
static void forget_some(struct gateway *gateway, struct duplicates *duplicates,
                        const struct ended *ended)
{
    int64_t now_ms = gateway_now_ms(gateway);

    for (int i = 0; i < FORGOTTEN_AT_ONCE && ended->first != NOBODY; i++) {
        bool full = table_count(duplicates->by_id) >= duplicates->max;
        bool over = is_over(duplicates, entry_at(duplicates, ended->first), now_ms);

        if (!over && !full)
            break;
        duplicates->forgotten += !over;
        forget(gateway, duplicates, ended->first);
    }
}

static bool make_room(struct gateway *gateway, struct duplicates *duplicates)
{
    forget_some(gateway, duplicates, &duplicates->ended[false]);
    forget_some(gateway, duplicates, &duplicates->ended[true]);
    return table_count(duplicates->by_id) < duplicates->max;
}

static struct duplicates *duplicates_of(struct gateway *gateway, struct account *account)
{
    struct duplicates *duplicates = account->duplicates;

    if (duplicates == NULL)
        duplicates = account->duplicates = duplicates_new();
    duplicates->max = gateway->config->dedupe_max;
    duplicates->ended[false].within_ms =
        account->config != NULL ? account->config->dedupe_within_ms : 0;
    duplicates->ended[true].within_ms = gateway->config->idempotency_keep_ms;
    return duplicates;
}

void duplicates_remember(struct gateway *gateway, struct account *account,
                         const struct duplicates_key *key, const struct body *body,
                         uint32_t parts, int64_t held_micro)
{
    struct duplicates *duplicates;
    const struct store_duplicate it = {.id = body->id,
                                       .key = key->key,
                                       .check = key->check,
                                       .account = account->number,
                                       .parts = parts,
                                       .alias = body->alias,
                                       .form = body->id_form |
                                               (uint32_t)body->place << PLACE_SHIFT,
                                       .named = key->named,
                                       .held_micro = held_micro};

    if (!key->named && !duplicates_by_content(account))
        return;
    duplicates = duplicates_of(gateway, account);
    if (!make_room(gateway, duplicates)) {
        duplicates->forgotten++;
        return;
    }
    add(duplicates, &it);
    store_duplicate(gateway->store, &it);
}

static void note_end(struct gateway *gateway, const struct account *account, uint64_t id,
                     int64_t ended_at_ms)
{
    struct duplicates *duplicates = account->duplicates;
    struct store_duplicate it = {.id = id, .account = account->number};
    struct entry *entry;
    uint64_t place;

    if (!table_get(duplicates->by_id, id, &place))
        return;
    entry = entry_at(duplicates, (uint32_t)place);
    if (entry->ended_at_ms != 0)
        return;
    entry->ended_at_ms = ended_at_ms;
    add_ended(duplicates, (uint32_t)place);
    it.key = entry->key;
    it.check = entry->check;
    it.ended_at_ms = ended_at_ms;
    it.parts = entry->parts;
    it.alias = entry->alias;
    it.form = entry->form;
    it.named = entry->named;
    it.held_micro = entry->held_micro;
    store_duplicate(gateway->store, &it);
}

void duplicates_ended(struct gateway *gateway, const struct live *live)
{
    const struct account *account =
        catalog_account(gateway->catalog, live->message.account);

    if (account == NULL || account->duplicates == NULL)
        return;
    for (uint16_t i = 0; i < live->body_count; i++)
        note_end(gateway, account, live->bodies[i]->id, live->message.ended_at_ms);
}

void duplicates_replaced(struct gateway *gateway, const struct live *live)
{
    const struct account *account =
        catalog_account(gateway->catalog, live->message.account);
    uint64_t place;

    /* What has a name keeps it. */
    if (account != NULL && account->duplicates != NULL &&
        table_get(account->duplicates->by_id, live->bodies[0]->id, &place) &&
        !entry_at(account->duplicates, (uint32_t)place)->named)
        forget(gateway, account->duplicates, (uint32_t)place);
}

/* --- the start ---------------------------------------------------------------------------
 */

void duplicates_load(struct gateway *gateway, const struct store_duplicate *duplicate)
{
    struct account *account = catalog_account(gateway->catalog, duplicate->account);

    if (account == NULL)
        return;
    if (account->duplicates == NULL)
        account->duplicates = duplicates_new();
    add(account->duplicates, duplicate);
}

/* It ended while nobody looked, or its time is over, or nobody looks any more. */
static bool is_of_no_use(const struct gateway *gateway, const struct duplicates *duplicates,
                         const struct entry *entry)
{
    if (duplicates->ended[entry->named].within_ms == 0)
        return true;
    if (entry->ended_at_ms == 0)
        return live_look(gateway, entry->id) == NULL;
    return is_over(duplicates, entry, gateway_now_ms(gateway));
}

static void settle(struct gateway *gateway, struct account *account)
{
    struct duplicates *duplicates = account->duplicates;

    if (duplicates == NULL &&
        (account->config == NULL || account->config->dedupe_within_ms == 0))
        return;
    duplicates = duplicates_of(gateway, account);
    for (uint32_t place = 1; place <= duplicates->used; place++) {
        const struct entry *entry = entry_at(duplicates, place);

        if (entry->id == 0 || !is_of_no_use(gateway, duplicates, entry))
            continue;
        if (!store_begin(gateway->store, STORE_CONTINUATION))
            abort();
        forget(gateway, duplicates, place);
        store_end(gateway->store);
    }
    if (table_count(duplicates->by_id) == 0 && !duplicates_by_content(account))
        drop(account);
}

void duplicates_settle(struct gateway *gateway)
{
    for (uint32_t i = 1; i <= catalog_account_count(gateway->catalog); i++) {
        struct account *account = catalog_account(gateway->catalog, i);

        if (account != NULL)
            settle(gateway, account);
    }
}

void duplicates_free(struct gateway *gateway)
{
    for (uint32_t i = 1;
         gateway->catalog != NULL && i <= catalog_account_count(gateway->catalog); i++) {
        struct account *account = catalog_account(gateway->catalog, i);

        if (account != NULL)
            drop(account);
    }
}

size_t duplicates_count(const struct account *account)
{
    return account->duplicates != NULL ? table_count(account->duplicates->by_id) : 0;
}

uint64_t duplicates_forgotten(const struct account *account)
{
    return account->duplicates != NULL ? account->duplicates->forgotten : 0;
}
