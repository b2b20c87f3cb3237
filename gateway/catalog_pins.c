/*
 * Pinned prices: sets that messages name by number.  A number is never given again, so that
 * what names a set that is gone finds none rather than another's; the place of a set is
 * given back when no message in memory names it and none that ended can be brought back by
 * a late report.  For that each set has the day on which the last that named it ended: it
 * is the name of its definition, in days since 1970, written at most once a day.
 */
#include "gateway/catalog_pieces.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/log.h"
#include "gateway/table.h"

enum {
    LOOKS = 16,          /* places looked at for each set that is made */
    BACK_AT_ONCE = 4,    /* sets given back in one decision */
    FULL_FOR_MS = 60000, /* when none could be given back: until all are looked at again */
};

void pinned_init(struct pinned *pinned)
{
    pinned->sets = calloc(CATALOG_PINS_MAX, sizeof(*pinned->sets));
    if (pinned->sets == NULL)
        abort();
    pinned->by_number = table_new(CATALOG_PINS_MAX);
    pinned->by_content = table_new(CATALOG_PINS_MAX);
}

void pinned_done(struct pinned *pinned)
{
    for (uint32_t i = 0; i < pinned->used; i++)
        free(pinned->sets[i].prices);
    free(pinned->sets);
    table_free(pinned->by_number);
    table_free(pinned->by_content);
}

/* --- places ------------------------------------------------------------------------- */

/* Of its steps alone: most plans have few. */
static size_t size_of_pins(const struct price_pins *pins)
{
    return offsetof(struct price_pins, steps) + pins->step_count * sizeof(pins->steps[0]);
}

/* Of what is sold alone: most messages have one step and one way. */
static uint64_t hash_of_pins(const struct price_pins *pins)
{
    uint64_t hash = table_hash(1, pins->sold, sizeof(pins->sold));

    for (uint8_t step = 0; step < pins->step_count; step++)
        for (int way = 0; pins->sold[step] >> way != 0; way++)
            hash = table_hash(hash, &pins->steps[step][way], sizeof(struct price));
    return hash;
}

static struct pinned_set *set_of(const struct catalog *catalog, uint32_t number)
{
    uint64_t place;

    return number != 0 && table_get(catalog->pinned.by_number, number, &place)
               ? &catalog->pinned.sets[place]
               : NULL;
}

static struct pinned_set *set_with(const struct catalog *catalog,
                                   const struct price_pins *pins)
{
    uint64_t place;
    struct pinned_set *set;

    if (!table_get(catalog->pinned.by_content, hash_of_pins(pins), &place))
        return NULL;
    set = &catalog->pinned.sets[place];
    return memcmp(set->prices, pins, size_of_pins(pins)) == 0 ? set : NULL;
}

/* There must be room. */
static struct pinned_set *add_set(struct pinned *pinned, uint32_t number,
                                  const struct price_pins *pins, int32_t day)
{
    uint32_t place = pinned->spare ? pinned->spare - 1 : pinned->used++;
    struct pinned_set *set = &pinned->sets[place];
    size_t size = size_of_pins(pins);

    if (pinned->spare)
        pinned->spare = set->number;
    *set = (struct pinned_set){.prices = malloc(size), .number = number, .day = day};
    if (set->prices == NULL)
        abort();
    memcpy(set->prices, pins, size);
    pinned->count++;
    if (number > pinned->last)
        pinned->last = number;
    if (!table_put(pinned->by_number, number, place) ||
        !table_put(pinned->by_content, hash_of_pins(pins), place))
        abort();
    return set;
}

static void remove_set(struct pinned *pinned, struct pinned_set *set)
{
    uint64_t hash = hash_of_pins(set->prices);
    uint32_t place = (uint32_t)(set - pinned->sets);
    uint64_t there;

    if (table_get(pinned->by_content, hash, &there) && there == place)
        table_remove(pinned->by_content, hash);
    table_remove(pinned->by_number, set->number);
    free(set->prices);
    *set = (struct pinned_set){.number = pinned->spare};
    pinned->spare = place + 1;
    pinned->count--;
}

bool catalog_load_pins(struct catalog *catalog, const struct store_definition *it)
{
    struct price_pins pins = {0};

    if (it->size < offsetof(struct price_pins, steps) || it->size > sizeof(pins))
        return false;
    memcpy(&pins, it->content, it->size);
    if (pins.step_count > PLAN_STEPS_MAX || it->size < size_of_pins(&pins) ||
        it->number == 0 || catalog->pinned.count == CATALOG_PINS_MAX)
        return false;
    add_set(&catalog->pinned, it->number, &pins, catalog_read_day(it->name));
    return true;
}

/* --- giving back -------------------------------------------------------------------- */

/* The highest number stays: it says which have been given. */
static bool is_over(const struct catalog *catalog, struct pinned_set *set, int64_t now_ms)
{
    if (set->prices == NULL || set->named > 0 || set->number == catalog->pinned.last)
        return false;
    /* Unknown, or of a clock that was ahead. */
    if (set->day == CATALOG_DAY_UNKNOWN || set->day > catalog_day_of(now_ms))
        set->day = catalog_day_of(now_ms);
    return catalog_day_is_over(catalog, set->day, now_ms);
}

/* Looks at so many places at most. */
static void give_back(struct catalog *catalog, struct store *store, uint32_t looks,
                      int64_t now_ms)
{
    struct pinned *pinned = &catalog->pinned;
    unsigned back = 0;

    for (uint32_t i = 0; i < looks && back < BACK_AT_ONCE && pinned->used > 0; i++) {
        struct pinned_set *set = &pinned->sets[pinned->hand++ % pinned->used];

        pinned->hand %= pinned->used;
        if (!is_over(catalog, set, now_ms))
            continue;
        store_undefine(store, STORE_PINS, set->number);
        remove_set(pinned, set);
        back++;
    }
}

/* Whether one more set has room. */
static bool make_room(struct catalog *catalog, struct store *store, int64_t now_ms)
{
    struct pinned *pinned = &catalog->pinned;

    give_back(catalog, store, LOOKS, now_ms);
    if (pinned->count < CATALOG_PINS_MAX && pinned->last < UINT32_MAX)
        return true;
    pinned->refused++;
    if (now_ms >= pinned->full_since_ms && now_ms < pinned->full_since_ms + FULL_FOR_MS)
        return false;
    give_back(catalog, store, CATALOG_PINS_MAX, now_ms);
    if (pinned->count < CATALOG_PINS_MAX && pinned->last < UINT32_MAX) {
        pinned->refused--;
        return true;
    }
    pinned->full_since_ms = now_ms;
    log_error("catalog.prices_full", "sets=%u refused=%llu", pinned->count,
              (unsigned long long)pinned->refused);
    return false;
}

/* --- naming ------------------------------------------------------------------------- */

const struct price_pins *catalog_pins(const struct catalog *catalog, uint32_t number)
{
    const struct pinned_set *set = set_of(catalog, number);

    return set ? set->prices : NULL;
}

uint32_t catalog_pins_count(const struct catalog *catalog)
{
    return catalog->pinned.count;
}

uint64_t catalog_pins_refused(const struct catalog *catalog)
{
    return catalog->pinned.refused;
}

const struct price_pins *catalog_name_pins(struct catalog *catalog, uint32_t number)
{
    struct pinned_set *set = set_of(catalog, number);

    if (set == NULL)
        return NULL;
    set->named++;
    return set->prices;
}

void catalog_leave_pins(struct catalog *catalog, uint32_t number)
{
    struct pinned_set *set = set_of(catalog, number);

    assert(set != NULL && set->named > 0);
    set->named--;
}

static void define_set(struct store *store, const struct pinned_set *set)
{
    char day[16];

    snprintf(day, sizeof(day), "%d", set->day);
    catalog_define(store, STORE_PINS, set->number, day, set->prices,
                   size_of_pins(set->prices));
}

void catalog_pins_ended(struct catalog *catalog, struct store *store, uint32_t number,
                        int64_t now_ms)
{
    struct pinned_set *set = set_of(catalog, number);

    if (set == NULL || set->day >= catalog_day_of(now_ms))
        return;
    set->day = catalog_day_of(now_ms);
    define_set(store, set);
}

static void pin_step(const struct catalog *catalog, const struct plan_step *step,
                     uint32_t account, uint32_t class, const char *digits,
                     struct price_pins *pins, uint8_t number)
{
    uint32_t currency = catalog_account(catalog, account)->currency;

    for (uint8_t way = 0; way < step->way_count; way++) {
        struct price *pinned = &pins->steps[number][way];
        struct price price;

        if (!price_book_find(catalog->prices, PRICE_SELL, account, step->ways[way], class,
                             currency, digits, &price))
            continue;
        pins->sold[number] |= (uint8_t)(1u << way);
        pinned->price_micro = price.price_micro;
        pinned->per_message = price.per_message;
        pinned->billed = price.billed;
    }
}

bool catalog_pin(struct catalog *catalog, struct store *store, const struct plan *plan,
                 uint32_t account, uint32_t class, const char *digits, int64_t now_ms,
                 uint32_t *out)
{
    struct price_pins pins;
    const struct pinned_set *set;
    bool some = false;

    *out = 0;
    memset(&pins, 0, sizeof(pins));
    pins.step_count = plan->step_count;
    for (uint8_t i = 0; i < plan->step_count; i++) {
        pin_step(catalog, &plan->steps[i], account, class, digits, &pins, i);
        some = some || pins.sold[i] != 0;
    }
    if (!some)
        return true;
    set = set_with(catalog, &pins);
    if (set == NULL) {
        if (!make_room(catalog, store, now_ms))
            return false;
        set = add_set(&catalog->pinned, catalog->pinned.last + 1, &pins,
                      catalog_day_of(now_ms));
        define_set(store, set);
    }
    *out = set->number;
    return true;
}
