#include "tests/bench/bench_destination.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define SHARE_MAX 1000000

/* The end of a run of characters out of `allowed`, copied to `out`; NULL if too long. */
static const char *take_word(const char *list, const char *allowed, char *out, size_t size)
{
    size_t length = strspn(list, allowed);

    if (length == 0 || length >= size)
        return NULL;
    memcpy(out, list, length);
    out[length] = '\0';
    return list + length;
}

static const char *take_row(const char **list, struct bench_destination *row)
{
    char word[16];
    const char *at = take_word(*list, "0123456789#", row->pattern, sizeof(row->pattern));

    if (!at)
        return "a destination is 1 to 20 digits and #";
    row->share = 1;
    row->expected = BENCH_STAT_NONE;
    if (*at == ':') {
        at = take_word(at + 1, "0123456789", word, 8);
        row->share = at ? (uint32_t)strtoul(word, NULL, 10) : 0;
        if (row->share == 0 || row->share > SHARE_MAX)
            return "the share of a destination is a number from 1 to 1000000";
    }
    if (*at == '=') {
        at = take_word(at + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ", word, sizeof(word));
        row->expected = at ? bench_stat_from_word(word, strlen(word)) : BENCH_STAT_OTHER;
        if (row->expected == BENCH_STAT_OTHER)
            return "after = stands the word of a receipt, such as DELIVRD or UNDELIV";
    }
    if ((*at != ',' && *at != '\0') || strcmp(at, ",") == 0)
        return "a destination is PATTERN[:SHARE][=STAT]";
    *list = at + (*at == ',');
    return NULL;
}

/* Smaller shares in the same ratio mix the patterns better. */
static void reduce(struct bench_destinations *destinations)
{
    uint32_t divisor = 0;

    for (unsigned i = 0; i < destinations->count; i++) {
        uint32_t other = destinations->rows[i].share;

        while (other != 0) {
            uint32_t rest = divisor % other;

            divisor = other;
            other = rest;
        }
    }
    assert(divisor > 0);
    destinations->share_sum = 0;
    for (unsigned i = 0; i < destinations->count; i++) {
        destinations->rows[i].share /= divisor;
        destinations->rows[i].share_before = destinations->share_sum;
        destinations->share_sum += destinations->rows[i].share;
    }
}

const char *bench_destinations_read(const char *list, struct bench_destinations *out)
{
    out->count = 0;
    do {
        if (out->count == BENCH_DESTINATIONS_MAX)
            return "there are more than 64 destinations";

        const char *error = take_row(&list, &out->rows[out->count++]);

        if (error)
            return error;
    } while (*list);
    reduce(out);
    return NULL;
}

unsigned bench_destinations_row(const struct bench_destinations *destinations,
                                uint32_t message, uint32_t *out_counter)
{
    uint32_t place = message % destinations->share_sum;
    unsigned row = 0;

    while (place - destinations->rows[row].share_before >= destinations->rows[row].share)
        row++;
    *out_counter = message / destinations->share_sum * destinations->rows[row].share +
                   (place - destinations->rows[row].share_before);
    return row;
}

void bench_destination_fill(const char *pattern, uint32_t counter, char *number)
{
    for (size_t i = strlen(pattern); i-- > 0;) {
        if (pattern[i] == '#') {
            number[i] = (char)('0' + counter % 10);
            counter /= 10;
        }
    }
}
