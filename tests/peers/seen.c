/* Open addressing over fingerprints.  See seen.h. */
#include "tests/peers/seen.h"

#include <stdlib.h>
#include <string.h>

#include "tests/peers/random.h"

enum { FIRST_SLOTS = 4096 };

static uint64_t *slots_new(size_t count)
{
    uint64_t *slots = calloc(count, sizeof(*slots));

    if (slots == NULL)
        abort();
    return slots;
}

void seen_init(struct seen *seen, size_t capacity)
{
    *seen = (struct seen){.capacity = capacity, .slot_count = FIRST_SLOTS};
    seen->slots = slots_new(FIRST_SLOTS);
}

void seen_done(struct seen *seen)
{
    free(seen->slots);
    seen->slots = NULL;
}

/* Where the fingerprint is, or the free slot where it would go. */
static uint64_t *find(const struct seen *seen, uint64_t fingerprint)
{
    size_t at = fingerprint & (seen->slot_count - 1);

    while (seen->slots[at] != 0 && seen->slots[at] != fingerprint)
        at = (at + 1) & (seen->slot_count - 1);
    return &seen->slots[at];
}

static void grow(struct seen *seen)
{
    struct seen wider = *seen;

    wider.slot_count *= 2;
    wider.slots = slots_new(wider.slot_count);
    for (size_t i = 0; i < seen->slot_count; i++) {
        if (seen->slots[i] != 0)
            *find(&wider, seen->slots[i]) = seen->slots[i];
    }
    free(seen->slots);
    *seen = wider;
}

bool seen_add(struct seen *seen, uint64_t fingerprint)
{
    uint64_t *slot;

    if (fingerprint == 0)
        fingerprint = 1;
    slot = find(seen, fingerprint);
    if (*slot != 0) {
        seen->duplicates++;
        return true;
    }
    if (seen->distinct == seen->capacity) {
        seen->untracked++;
        return false;
    }
    *slot = fingerprint;
    if (++seen->distinct * 2 > seen->slot_count)
        grow(seen);
    return false;
}

/* Eight octets a step, each step spread over the whole; the length goes in as well. */
uint64_t seen_fold(uint64_t fingerprint, const void *octets, size_t size)
{
    const uint8_t *at = octets;
    uint64_t word;

    fingerprint = random_mix(fingerprint ^ size);
    for (; size >= sizeof(word); at += sizeof(word), size -= sizeof(word)) {
        memcpy(&word, at, sizeof(word));
        fingerprint = random_mix(fingerprint ^ word);
    }
    if (size > 0) {
        word = 0;
        memcpy(&word, at, size);
        fingerprint = random_mix(fingerprint ^ word);
    }
    return fingerprint;
}
