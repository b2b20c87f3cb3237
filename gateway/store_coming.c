/* See store_coming.h. */
#include "gateway/store_coming.h"

#include <assert.h>
#include <stdlib.h>

#include "gateway/table.h"

struct store_coming {
    struct table *places[STORE_COMING_KINDS]; /* id -> place in `records`, from 1 */
    struct store_record **records;            /* NULL: it went */
    size_t count;
    size_t capacity;
};

struct store_coming *store_coming_new(void)
{
    struct store_coming *coming = calloc(1, sizeof(*coming));

    if (coming == NULL)
        abort();
    for (int i = 0; i < STORE_COMING_KINDS; i++)
        coming->places[i] = table_new(SIZE_MAX);
    return coming;
}

void store_coming_free(struct store_coming *coming)
{
    if (coming == NULL)
        return;
    for (int i = 0; i < STORE_COMING_KINDS; i++)
        table_free(coming->places[i]);
    free(coming->records);
    free(coming);
}

void store_coming_begin(struct store_coming *coming)
{
    for (int i = 0; i < STORE_COMING_KINDS; i++)
        table_clear(coming->places[i]);
    coming->count = 0;
}

void store_coming_add(struct store_coming *coming, enum store_coming_kind kind, uint64_t id,
                      struct store_record *record)
{
    uint64_t before;
    bool fits;

    if (table_get(coming->places[kind], id, &before))
        return;
    if (coming->count == coming->capacity) {
        coming->capacity = coming->capacity ? coming->capacity * 2 : 1024;
        coming->records =
            realloc(coming->records, coming->capacity * sizeof(struct store_record *));
        if (coming->records == NULL)
            abort();
    }
    coming->records[coming->count++] = record;
    fits = table_put(coming->places[kind], id, coming->count);
    assert(fits);
}

bool store_coming_remove(struct store_coming *coming, enum store_coming_kind kind,
                         uint64_t id)
{
    uint64_t place;

    if (!table_get(coming->places[kind], id, &place))
        return false;
    coming->records[place - 1] = NULL;
    table_remove(coming->places[kind], id);
    return true;
}

bool store_coming_write(const struct store_coming *coming, struct store_sqlite *store,
                        bool (*write)(struct store_sqlite *, struct store_record *))
{
    for (size_t i = 0; i < coming->count; i++)
        if (coming->records[i] && !write(store, coming->records[i]))
            return false;
    return true;
}
