/*
 * Integers as SMPP writes them: unsigned, most significant octet first (3.4 3.1).
 * For the codec's own files; nobody else sees the wire.
 */
#ifndef SMPP_WIRE_H
#define SMPP_WIRE_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>

static inline uint16_t smpp_wire_get_16(const uint8_t *at)
{
    uint16_t value;

    memcpy(&value, at, sizeof(value));
    return ntohs(value);
}

static inline uint32_t smpp_wire_get_32(const uint8_t *at)
{
    uint32_t value;

    memcpy(&value, at, sizeof(value));
    return ntohl(value);
}

static inline void smpp_wire_put_16(uint8_t *at, uint16_t value)
{
    value = htons(value);
    memcpy(at, &value, sizeof(value));
}

static inline void smpp_wire_put_32(uint8_t *at, uint32_t value)
{
    value = htonl(value);
    memcpy(at, &value, sizeof(value));
}

/* Copies; `from` may be NULL when there is nothing to copy.  The position after it. */
static inline uint8_t *smpp_wire_put_octets(uint8_t *at, const uint8_t *from, size_t size)
{
    if (size > 0)
        memcpy(at, from, size);
    return at + size;
}

/* Not 0 when one of the eight octets is a NUL; the first NUL sets the lowest bit set. */
static inline uint64_t smpp_wire_nuls(uint64_t word)
{
    const uint64_t ones = 0x0101010101010101;

    return (word - ones) & ~word & (ones << 7);
}

/*
 * The octets before the NUL of the string at `at`; `room` if there is no NUL in `room`.
 * Eight octets at a time: the strings of SMPP are short, and a call of memchr() for each
 * would be a third of the decoding.
 */
static inline size_t smpp_wire_string_size(const uint8_t *at, size_t room)
{
    size_t size = 0;

    for (; room - size >= sizeof(uint64_t); size += sizeof(uint64_t)) {
        uint64_t word;
        uint64_t nuls;

        memcpy(&word, at + size, sizeof(word));
        nuls = smpp_wire_nuls(le64toh(word));
        if (nuls != 0)
            return size + (size_t)__builtin_ctzll(nuls) / 8;
    }
    while (size < room && at[size] != 0)
        size++;
    return size;
}

/*
 * Copies `size` octets of a string; false when one of them is a NUL.  `out` has then
 * been written to nevertheless.
 */
static inline bool smpp_wire_put_string(uint8_t *out, const uint8_t *from, size_t size)
{
    size_t at = 0;
    uint64_t nuls = 0;

    for (; size - at >= sizeof(uint64_t); at += sizeof(uint64_t)) {
        uint64_t word;

        memcpy(&word, from + at, sizeof(word));
        nuls |= smpp_wire_nuls(word);
        memcpy(out + at, &word, sizeof(word));
    }
    for (; at < size; at++) {
        nuls |= from[at] == 0;
        out[at] = from[at];
    }
    return nuls == 0;
}

#endif
