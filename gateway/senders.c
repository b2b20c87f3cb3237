/*
 * A table is kept in one form, the stored one: when it came into force, then for each row
 * what is done, the class, and three strings with their NULs.  The rows that are asked
 * point into it.
 */
#include "gateway/senders.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/catalog.h"
#include "gateway/config.h"
#include "gateway/gateway.h"
#include "gateway/log.h"

struct table_version {
    uint32_t number; /* of its definition, rising */
    int64_t from_ms;
    size_t size; /* of the stored form */
    uint8_t *stored;
    struct sender_row *rows;
    size_t row_count;
    struct table_version *before; /* it replaced */
};

struct senders {
    struct table_version *tables[CATALOG_CHANNELS_MAX + 1]; /* in force, by link */
    uint32_t last; /* the highest number there was */
    uint32_t count;
};

enum {
    HEAD_SIZE = sizeof(uint32_t) + sizeof(int64_t),
    ROW_HEAD_SIZE = 1 + sizeof(uint32_t)
};

static void *taken(size_t size)
{
    void *memory = calloc(1, size > 0 ? size : 1);

    if (memory == NULL)
        abort();
    return memory;
}

struct senders *senders_new(void)
{
    return taken(sizeof(struct senders));
}

static void version_free(struct table_version *version)
{
    free(version->stored);
    free(version->rows);
    free(version);
}

void senders_free(struct senders *senders)
{
    if (senders == NULL)
        return;
    for (size_t i = 0; i <= CATALOG_CHANNELS_MAX; i++) {
        while (senders->tables[i] != NULL) {
            struct table_version *before = senders->tables[i]->before;

            version_free(senders->tables[i]);
            senders->tables[i] = before;
        }
    }
    free(senders);
}

/* --- the stored form ---------------------------------------------------------------- */

static void put(uint8_t **at, const void *value, size_t size)
{
    memcpy(*at, value, size);
    *at += size;
}

static size_t row_size(const struct config_sender *sender,
                       const struct config_beginning *beginning)
{
    return ROW_HEAD_SIZE + strlen(sender->name) + strlen(beginning->digits) +
           strlen(sender->becomes) + 3;
}

static void put_row(uint8_t **at, const struct config_sender *sender,
                    const struct config_beginning *beginning)
{
    uint8_t refused = sender->refuse;
    uint32_t class = sender->class == CONFIG_ANY_CLASS ? (uint32_t)SENDER_ANY_CLASS
                                                       : (uint32_t)sender->class;

    put(at, &refused, sizeof(refused));
    put(at, &class, sizeof(class));
    put(at, sender->name, strlen(sender->name) + 1);
    put(at, beginning->digits, strlen(beginning->digits) + 1);
    put(at, sender->becomes, strlen(sender->becomes) + 1);
}

/* The link, and since when; the rows behind are what is compared. */
static uint8_t *store_rows(const struct config_link *config, uint32_t link, int64_t from_ms,
                           size_t *out_size)
{
    size_t size = HEAD_SIZE;
    uint8_t *stored;
    uint8_t *at;

    for (size_t i = 0; i < config->sender_count; i++)
        for (size_t j = 0; j < config->senders[i].reach.count; j++)
            size += row_size(&config->senders[i], &config->senders[i].reach.beginnings[j]);
    at = stored = taken(size);
    put(&at, &link, sizeof(link));
    put(&at, &from_ms, sizeof(from_ms));
    /* Of equals the first counts: a prefix before a network before a country's. */
    for (unsigned said_by = 0; said_by < CONFIG_SAID_BY; said_by++)
        for (size_t i = 0; i < config->sender_count; i++)
            for (size_t j = 0; j < config->senders[i].reach.count; j++)
                if (config->senders[i].reach.beginnings[j].said_by == said_by)
                    put_row(&at, &config->senders[i],
                            &config->senders[i].reach.beginnings[j]);
    *out_size = size;
    return stored;
}

/* The string at *at, which moves behind it; NULL: it does not end. */
static const char *read_string(const uint8_t **at, const uint8_t *end)
{
    const char *string = (const char *)*at;
    size_t left = (size_t)(end - *at);
    size_t length = strnlen(string, left);

    if (length == left)
        return NULL;
    *at += length + 1;
    return string;
}

static bool read_row(const uint8_t **at, const uint8_t *end, struct sender_row *out)
{
    if (end - *at < ROW_HEAD_SIZE)
        return false;
    out->refused = (*at)[0] != 0;
    memcpy(&out->class, *at + 1, sizeof(out->class));
    *at += ROW_HEAD_SIZE;
    out->name = read_string(at, end);
    out->prefix = out->name != NULL ? read_string(at, end) : NULL;
    out->becomes = out->prefix != NULL ? read_string(at, end) : NULL;
    return out->becomes != NULL;
}

/* Takes `stored`.  NULL: it is not what was stored. */
static struct table_version *version_of(uint32_t number, uint8_t *take_stored, size_t size,
                                        uint32_t *out_link)
{
    struct table_version *version = taken(sizeof(*version));
    bool ok = size >= HEAD_SIZE;
    const uint8_t *at = take_stored + (ok ? HEAD_SIZE : size);
    const uint8_t *end = take_stored + size;

    version->number = number;
    version->stored = take_stored;
    version->size = size;
    version->rows = taken(SENDER_ROWS_MAX * sizeof(*version->rows));
    if (ok) {
        memcpy(out_link, take_stored, sizeof(*out_link));
        memcpy(&version->from_ms, take_stored + sizeof(*out_link),
               sizeof(version->from_ms));
        ok = *out_link <= CATALOG_CHANNELS_MAX;
    }
    while (ok && at < end)
        ok = version->row_count < SENDER_ROWS_MAX &&
             read_row(&at, end, &version->rows[version->row_count++]);
    if (!ok) {
        version_free(version);
        return NULL;
    }
    version->rows =
        realloc(version->rows, (version->row_count + 1) * sizeof(*version->rows));
    if (version->rows == NULL)
        abort();
    return version;
}

/* --- life --------------------------------------------------------------------------- */

static void put_in_force(struct senders *senders, uint32_t link,
                         struct table_version *version)
{
    version->before = senders->tables[link];
    senders->tables[link] = version;
    senders->count++;
    if (version->number > senders->last)
        senders->last = version->number;
}

/* NULL: all are in force. */
static struct table_version *take_oldest(struct senders *senders)
{
    struct table_version **oldest = NULL;
    struct table_version *version = NULL;

    for (size_t i = 0; i <= CATALOG_CHANNELS_MAX; i++) {
        struct table_version **at = &senders->tables[i];

        if (*at == NULL || (*at)->before == NULL)
            continue;
        while ((*at)->before != NULL)
            at = &(*at)->before;
        if (oldest == NULL || (*at)->number < (*oldest)->number)
            oldest = at;
    }
    if (oldest != NULL) {
        version = *oldest;
        *oldest = NULL;
        senders->count--;
    }
    return version;
}

/* In a decision. */
static void forget_oldest(struct senders *senders, struct store *store)
{
    struct table_version *version = take_oldest(senders);

    if (version == NULL)
        return;
    store_undefine(store, STORE_SENDERS, version->number);
    version_free(version);
}

void senders_load(struct senders *senders, const struct store_definition *definition)
{
    uint8_t *stored = taken(definition->size);
    struct table_version *version;
    uint32_t link;

    if (definition->size > 0)
        memcpy(stored, definition->content, definition->size);
    version = version_of(definition->number, stored, definition->size, &link);
    if (version != NULL)
        put_in_force(senders, link, version);
    else
        log_error("senders.unreadable", "number=%u link=%s", definition->number,
                  definition->name);
}

static bool is_in_force(const struct table_version *version, const uint8_t *stored,
                        size_t size)
{
    if (version == NULL)
        return size == HEAD_SIZE;
    return version->size == size &&
           memcmp(version->stored + HEAD_SIZE, stored + HEAD_SIZE, size - HEAD_SIZE) == 0;
}

static bool settle(struct gateway *gateway, const struct config_link *config, uint32_t link)
{
    struct senders *senders = gateway->senders;
    size_t size;
    uint8_t *stored = store_rows(config, link, gateway_now_ms(gateway), &size);
    const struct store_definition definition = {STORE_SENDERS, senders->last + 1,
                                                config->name, stored, (uint32_t)size};

    if (is_in_force(senders->tables[link], stored, size)) {
        free(stored);
        return true;
    }
    if (senders->last == UINT32_MAX || !store_begin(gateway->store, STORE_CONTINUATION)) {
        free(stored);
        return false;
    }
    if (senders->count >= SENDERS_VERSIONS_MAX)
        forget_oldest(senders, gateway->store);
    store_define(gateway->store, &definition);
    store_end(gateway->store);
    put_in_force(senders, link, version_of(definition.number, stored, size, &link));
    return true;
}

bool senders_settle(struct gateway *gateway)
{
    for (size_t i = 0; i < gateway->config->link_count; i++)
        if (!settle(gateway, &gateway->config->links[i], catalog_link(gateway->catalog, i)))
            return false;
    return true;
}

/* --- questions ---------------------------------------------------------------------- */

static enum sender_answer find(const struct table_version *version, const char *name,
                               uint32_t class, const char *destination,
                               const char **out_becomes)
{
    if (version == NULL)
        return SENDER_STAYS;
    return sender_find(version->rows, version->row_count, name, class, destination,
                       out_becomes);
}

enum sender_answer senders_find(const struct gateway *gateway, uint32_t link,
                                const char *name, uint32_t class, const char *destination,
                                const char **out_becomes)
{
    return find(gateway->senders->tables[link], name, class, destination, out_becomes);
}

const char *senders_told(const struct gateway *gateway, const struct message *message,
                         const struct body *body, const struct attempt *attempt)
{
    const struct table_version *version = gateway->senders->tables[attempt->channel];
    const char *becomes;

    if (attempt->sent_at_ms == 0)
        return NULL;
    while (version != NULL && version->from_ms > attempt->sent_at_ms)
        version = version->before;
    return find(version, body->source, message_class(message), body->destination,
                &becomes) == SENDER_REPLACED
               ? becomes
               : NULL;
}
