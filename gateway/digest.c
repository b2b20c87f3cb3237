/* Each step is undone by another one: what differs once does not fall together again by
 * octets that are equal. */
#include "gateway/digest.h"

#include <string.h>

static uint64_t add_word(uint64_t digest, uint64_t word)
{
    digest = (digest ^ word) * 0x9E3779B97F4A7C15;
    return digest ^ digest >> 29;
}

uint64_t digest_add(uint64_t digest, const void *octets, size_t size)
{
    const uint8_t *at = octets;
    uint64_t word = 0;

    for (; size >= sizeof(word); at += sizeof(word), size -= sizeof(word)) {
        memcpy(&word, at, sizeof(word));
        digest = add_word(digest, word);
    }
    if (size == 0)
        return digest;
    word = 0;
    memcpy(&word, at, size);
    return add_word(digest, word);
}
