/*
 * In the first reading both sides are added up, rows with the one sign and postings with
 * the other, into a fixed number of cells by the hash of the key, each amount times an odd
 * number of that key: a cell that is not zero holds a key whose two sides differ.  In the
 * second the keys of those cells are looked at one by one.
 */
#include "gateway/tally.h"

#include <stdlib.h>

#include "gateway/table.h"

enum { CELLS = 1 << 16 };

struct tally {
    uint64_t *cells;
    struct tally_difference *suspects;
    size_t count;
    size_t capacity;
    struct table *places; /* key -> place, from 1; NULL in the first reading */
};

struct tally *tally_new(void)
{
    struct tally *tally = calloc(1, sizeof(*tally));

    if (tally == NULL || (tally->cells = calloc(CELLS, sizeof(*tally->cells))) == NULL)
        abort();
    return tally;
}

void tally_free(struct tally *tally)
{
    if (tally == NULL)
        return;
    table_free(tally->places);
    free(tally->suspects);
    free(tally->cells);
    free(tally);
}

/* Sums of rows that may have been tampered with: they wrap, and differ. */
static void add(int64_t *sum, int64_t amount)
{
    (void)!__builtin_add_overflow(*sum, amount, sum);
}

/* NULL: there are too many. */
static struct tally_difference *suspect_of(struct tally *tally, uint64_t key)
{
    uint64_t place;

    if (table_get(tally->places, key, &place))
        return &tally->suspects[place - 1];
    if (!table_put(tally->places, key, tally->count + 1))
        return NULL;
    if (tally->count == tally->capacity) {
        tally->capacity = tally->capacity ? tally->capacity * 2 : 64;
        tally->suspects =
            realloc(tally->suspects, tally->capacity * sizeof(*tally->suspects));
        if (tally->suspects == NULL)
            abort();
    }
    tally->suspects[tally->count] = (struct tally_difference){0};
    return &tally->suspects[tally->count++];
}

void tally_say(struct tally *tally, enum tally_side side, uint64_t message,
               uint64_t attempt, int64_t by_rows, int64_t by_postings)
{
    const uint64_t identity[] = {side, message, attempt};
    uint64_t key = table_hash(0, identity, sizeof(identity));
    uint64_t *cell = &tally->cells[key % CELLS];
    struct tally_difference *suspect;

    if (tally->places == NULL) {
        *cell += ((uint64_t)by_rows - (uint64_t)by_postings) * (key | 1);
    } else if (*cell != 0 && (suspect = suspect_of(tally, key)) != NULL) {
        suspect->side = side;
        suspect->message = message;
        suspect->attempt = attempt;
        add(&suspect->by_rows, by_rows);
        add(&suspect->by_postings, by_postings);
    }
}

bool tally_begin_naming(struct tally *tally)
{
    for (size_t i = 0; i < CELLS; i++) {
        if (tally->cells[i] == 0)
            continue;
        tally->places = table_new(TALLY_DIFFERENCES_MAX);
        return true;
    }
    return false;
}

const struct tally_difference *tally_next(const struct tally *tally, size_t *at)
{
    while (*at < tally->count) {
        const struct tally_difference *suspect = &tally->suspects[(*at)++];

        if (suspect->by_rows != suspect->by_postings)
            return suspect;
    }
    return NULL;
}
