/*
 * Rows of the same side, account, channel and class share one prefix map.  There are
 * few such groups; the most precise one with a matching prefix wins.
 */
#include "routing/price.h"

#include <stdlib.h>
#include <string.h>

#include "routing/money.h"
#include "routing/prefix.h"

enum { PRICE_GROUPS_MAX = 4096 };

struct group {
    enum price_side side;
    uint32_t account;
    uint32_t channel;
    uint32_t class;
    uint32_t currency;
    struct prefix_map *map; /* to an index in prices */
};

struct price_book {
    struct group *groups;
    size_t group_count;
    struct price *prices;
    uint32_t price_count;
};

struct price_book *price_book_new(void)
{
    struct price_book *book = calloc(1, sizeof(*book));

    if (book == NULL)
        abort();
    return book;
}

void price_book_free(struct price_book *book)
{
    if (book == NULL)
        return;
    for (size_t i = 0; i < book->group_count; i++)
        prefix_map_free(book->groups[i].map);
    free(book->groups);
    free(book->prices);
    free(book);
}

static struct group *group_of(struct price_book *book, const struct price_row *row)
{
    struct group *group;

    for (size_t i = 0; i < book->group_count; i++) {
        group = &book->groups[i];
        if (group->side == row->side && group->account == row->account &&
            group->channel == row->channel && group->class == row->class &&
            group->currency == row->currency)
            return group;
    }
    if (book->group_count == PRICE_GROUPS_MAX)
        return NULL;
    book->groups = realloc(book->groups, (book->group_count + 1) * sizeof(*book->groups));
    if (book->groups == NULL)
        abort();
    group = &book->groups[book->group_count++];
    *group = (struct group){row->side,  row->account,  row->channel,
                            row->class, row->currency, prefix_map_new()};
    return group;
}

bool price_book_add(struct price_book *book, const struct price_row *row)
{
    struct group *group = group_of(book, row);

    if (group == NULL || !prefix_map_add(group->map, row->prefix, book->price_count))
        return false;
    book->prices = realloc(book->prices, (book->price_count + 1) * sizeof(*book->prices));
    if (book->prices == NULL)
        abort();
    book->prices[book->price_count++] = row->price;
    return true;
}

/* How precise a group is for what is asked; -1: it does not apply. */
static int precision(const struct group *group, enum price_side side, uint32_t account,
                     uint32_t channel, uint32_t class)
{
    int score = 0;

    if (group->side != side)
        return -1;
    if (group->account == account)
        score += 4;
    else if (group->account != PRICE_ANY)
        return -1;
    if (group->channel == channel)
        score += 2;
    else if (group->channel != PRICE_ANY)
        return -1;
    if (group->class == class)
        score += 1;
    else if (group->class != PRICE_ANY)
        return -1;
    return score;
}

bool price_book_find(const struct price_book *book, enum price_side side, uint32_t account,
                     uint32_t channel, uint32_t class, uint32_t currency,
                     const char *digits, struct price *out)
{
    int best = -1;

    for (size_t i = 0; i < book->group_count; i++) {
        int score = precision(&book->groups[i], side, account, channel, class);
        uint32_t index;

        if (score <= best || book->groups[i].currency != currency ||
            !prefix_map_find(book->groups[i].map, digits, &index))
            continue;
        best = score;
        *out = book->prices[index];
    }
    return best >= 0;
}

bool price_of(const struct price *price, uint32_t parts, int64_t *out)
{
    return money_multiply(price->price_micro, price->per_message ? 1 : parts, out);
}

const struct price *price_pinned(const struct price_pins *pins, uint8_t step, int way)
{
    return way >= 0 && (pins->sold[step] >> way & 1) ? &pins->steps[step][way] : NULL;
}

int price_first_way(const struct price_pins *pins, uint8_t step)
{
    return pins->sold[step] != 0 ? __builtin_ctz(pins->sold[step]) : -1;
}

bool price_dearest(const struct price_pins *pins, uint8_t step, uint32_t parts,
                   int64_t *out)
{
    int64_t dearest = 0;

    for (int way = 0; way < PLAN_WAYS_MAX; way++) {
        const struct price *price = price_pinned(pins, step, way);
        int64_t amount;

        if (price == NULL)
            continue;
        if (!price_of(price, parts, &amount))
            return false;
        if (amount > dearest)
            dearest = amount;
    }
    *out = dearest;
    return true;
}

bool price_worst_case(const struct price_pins *pins, uint32_t parts, int64_t *out)
{
    int64_t sum = 0;
    bool some = false;

    for (uint8_t i = 0; i < pins->step_count; i++) {
        int64_t step;

        if (!pins->sold[i])
            continue;
        if (!price_dearest(pins, i, parts, &step) || !money_add(sum, step, &sum))
            return false;
        some = true;
    }
    if (!some)
        return false;
    *out = sum;
    return true;
}
