/* Each step is undone by another one: what differs once does not fall together again by
 * octets that are equal. */
#include "gateway/digest.h"

#include <string.h>

enum {
    /* A step waits for the one before it; four that go side by side do not. */
    ROUND_BYTES = 4 * 8,
    ROUNDS_FROM_BYTES = 4 * ROUND_BYTES,
};

static uint64_t add_word(uint64_t digest, uint64_t word)
{
    digest = (digest ^ word) * 0x9E3779B97F4A7C15;
    return digest ^ digest >> 29;
}

static uint64_t read_word(const uint8_t *at)
{
    uint64_t word;

    memcpy(&word, at, sizeof(word));
    return word;
}

static uint64_t add_rounds(uint64_t digest, const uint8_t *at, size_t rounds)
{
    uint64_t first = 0, second = 1, third = 2, fourth = 3;

    for (; rounds > 0; rounds--, at += ROUND_BYTES) {
        first = add_word(first, read_word(at));
        second = add_word(second, read_word(at + 8));
        third = add_word(third, read_word(at + 16));
        fourth = add_word(fourth, read_word(at + 24));
    }
    digest = add_word(add_word(digest, first), second);
    return add_word(add_word(digest, third), fourth);
}

uint64_t digest_add(uint64_t digest, const void *octets, size_t size)
{
    const uint8_t *at = octets;
    uint64_t word = 0;

    if (size >= ROUNDS_FROM_BYTES) {
        digest = add_rounds(digest, at, size / ROUND_BYTES);
        at += size - size % ROUND_BYTES;
        size %= ROUND_BYTES;
    }
    for (; size >= sizeof(word); at += sizeof(word), size -= sizeof(word))
        digest = add_word(digest, read_word(at));
    if (size == 0)
        return digest;
    memcpy(&word, at, size);
    return add_word(digest, word);
}
