/*
 * Decoding, encoding and measuring, each one loop over the characters of an alphabet
 * (characters.h); and what a data_coding says.
 */
#include "smpp/text.h"

#include <assert.h>
#include <string.h>

#include "smpp/characters.h"

static const struct smpp_characters *characters_of(enum smpp_alphabet alphabet)
{
    assert((size_t)alphabet < SMPP_ALPHABETS);
    return &smpp_characters[alphabet];
}

/*
 * 23.038 4, by the high four bits: the groups beyond those that SMPP gives numbers of its
 * own (0x00-0x0F).  In the general groups bits 3-2 are the alphabet; 0x40-0x7F only adds
 * that the message is to be deleted after it was read.
 */
static const struct coding_group {
    uint8_t first;
    uint8_t last;
    enum { CODED, COMPRESSED, RESERVED, WAITING_GSM, WAITING_UCS2, CLASSED } kind;
    bool has_class; /* bits 1-0 */
} coding_groups[] = {
    {0x10, 0x1F, CODED,        true },
    {0x20, 0x2F, COMPRESSED,   false},
    {0x30, 0x3F, COMPRESSED,   true },
    {0x40, 0x4F, CODED,        false},
    {0x50, 0x5F, CODED,        true },
    {0x60, 0x6F, COMPRESSED,   false},
    {0x70, 0x7F, COMPRESSED,   true },
    {0x80, 0xBF, RESERVED,     false},
    {0xC0, 0xDF, WAITING_GSM,  false},
    {0xE0, 0xEF, WAITING_UCS2, false},
    {0xF0, 0xFF, CLASSED,      true },
};

/* NULL: one of SMPP's own. */
static const struct coding_group *group_of(uint8_t data_coding)
{
    for (size_t i = 0; i < sizeof(coding_groups) / sizeof(coding_groups[0]); i++)
        if (data_coding >= coding_groups[i].first && data_coding <= coding_groups[i].last)
            return &coding_groups[i];
    return NULL;
}

static enum smpp_alphabet alphabet_in_group(const struct coding_group *group,
                                            uint8_t data_coding)
{
    static const enum smpp_alphabet coded[] = {SMPP_ALPHABET_GSM, SMPP_ALPHABET_BINARY,
                                               SMPP_ALPHABET_UCS2, SMPP_ALPHABET_BINARY};

    switch (group->kind) {
    case CODED:
        return coded[data_coding >> 2 & 3];
    case WAITING_GSM:
        return SMPP_ALPHABET_GSM;
    case WAITING_UCS2:
        return SMPP_ALPHABET_UCS2;
    case CLASSED: /* bit 2 says 8 bits, bit 3 is reserved */
        return data_coding & 0x0C ? SMPP_ALPHABET_BINARY : SMPP_ALPHABET_GSM;
    case COMPRESSED:
    case RESERVED:
        break;
    }
    return SMPP_ALPHABET_BINARY;
}

enum smpp_alphabet smpp_text_alphabet(uint8_t data_coding,
                                      enum smpp_alphabet default_alphabet)
{
    const struct coding_group *group = group_of(data_coding);

    if (data_coding == 0x00)
        return default_alphabet;
    if (group != NULL)
        return alphabet_in_group(group, data_coding);
    for (size_t i = 0; i < SMPP_ALPHABETS; i++) {
        if (data_coding == smpp_characters[i].data_coding)
            return (enum smpp_alphabet)i;
    }
    return SMPP_ALPHABET_BINARY;
}

int smpp_text_class(uint8_t data_coding)
{
    const struct coding_group *group = group_of(data_coding);

    return group != NULL && group->has_class ? data_coding & 3 : -1;
}

bool smpp_text_is_waiting(uint8_t data_coding)
{
    return data_coding >= 0xC0 && data_coding <= 0xEF;
}

uint8_t smpp_text_data_coding(enum smpp_alphabet alphabet)
{
    return characters_of(alphabet)->data_coding;
}

const char *smpp_text_alphabet_name(enum smpp_alphabet alphabet)
{
    return characters_of(alphabet)->name;
}

bool smpp_text_alphabet_find(const char *name, enum smpp_alphabet *out_alphabet)
{
    for (size_t i = 0; i < SMPP_ALPHABETS; i++) {
        if (strcmp(name, smpp_characters[i].name) == 0) {
            *out_alphabet = (enum smpp_alphabet)i;
            return true;
        }
    }
    return false;
}

/* Copies octets while they are plain and fit; returns how many. */
static size_t copy_plain(const uint64_t plain[2], const uint8_t *in, size_t size,
                         uint8_t *out, size_t room)
{
    size_t most = size < room ? size : room;
    size_t count = 0;

    while (count < most && smpp_is_plain(plain, in[count])) {
        out[count] = in[count];
        count++;
    }
    return count;
}

/*
 * Copies text from one alphabet to the other while both have it.  Stops at what means
 * nothing if `strict`, else replaces and counts it.
 */
static enum smpp_text_result convert(const struct smpp_characters *from, const uint8_t *in,
                                     size_t size, const struct smpp_characters *to,
                                     uint8_t *out, size_t room, bool strict,
                                     struct smpp_text_progress *progress)
{
    /* A plain octet is itself in both: in GSM and UTF-8, say. */
    const uint64_t plain[2] = {from->plain[0] & to->plain[0],
                               from->plain[1] & to->plain[1]};
    enum smpp_text_result result = SMPP_TEXT_OK;
    struct smpp_text_progress done = {0};

    while (done.read < size && result == SMPP_TEXT_OK) {
        uint8_t spare[SMPP_CHARACTER_MAX_SIZE];
        size_t copied = copy_plain(plain, in + done.read, size - done.read,
                                   out + done.written, room - done.written);
        uint32_t character;
        bool invalid = false;
        bool in_place;
        size_t read;
        size_t written;

        done.read += copied;
        done.written += copied;
        if (done.read == size)
            break;
        in_place = room - done.written >= sizeof(spare);
        read = from->read(from, in + done.read, size - done.read, &character, &invalid);
        written = to->write(to, character, in_place ? out + done.written : spare);
        if (invalid && strict) {
            result = SMPP_TEXT_INVALID;
        } else if (written == 0) {
            result = SMPP_TEXT_UNFIT;
        } else if (written > room - done.written) {
            result = SMPP_TEXT_NO_ROOM;
        } else {
            if (!in_place)
                memcpy(out + done.written, spare, written);
            done.written += written;
            done.read += read;
            done.invalid += invalid;
        }
    }
    *progress = done;
    return result;
}

/* The row of GSM with the tables of these languages. */
static struct smpp_characters shifted_row(struct smpp_shift shift)
{
    struct smpp_characters row = smpp_characters[SMPP_ALPHABET_GSM];

    row.shift = shift;
    return row;
}

static enum smpp_text_result decode(const struct smpp_characters *from,
                                    const uint8_t *octets, size_t size, char *utf8,
                                    size_t room, struct smpp_text_progress *progress)
{
    enum smpp_text_result result = convert(from, octets, size, &smpp_characters_utf8,
                                           (uint8_t *)utf8, room, false, progress);

    return result == SMPP_TEXT_OK && progress->invalid > 0 ? SMPP_TEXT_INVALID : result;
}

enum smpp_text_result smpp_text_decode(enum smpp_alphabet alphabet, const uint8_t *octets,
                                       size_t size, char *utf8, size_t room,
                                       struct smpp_text_progress *progress)
{
    if (alphabet == SMPP_ALPHABET_BINARY) {
        *progress = (struct smpp_text_progress){0};
        return SMPP_TEXT_UNFIT;
    }
    return decode(characters_of(alphabet), octets, size, utf8, room, progress);
}

enum smpp_text_result smpp_text_decode_shifted(struct smpp_shift shift,
                                               const uint8_t *octets, size_t size,
                                               char *utf8, size_t room,
                                               struct smpp_text_progress *progress)
{
    const struct smpp_characters from = shifted_row(shift);

    return decode(&from, octets, size, utf8, room, progress);
}

enum smpp_text_result smpp_text_encode(enum smpp_alphabet alphabet, const char *utf8,
                                       size_t size, uint8_t *octets, size_t room,
                                       struct smpp_text_progress *progress)
{
    if (alphabet == SMPP_ALPHABET_BINARY) {
        *progress = (struct smpp_text_progress){0};
        return SMPP_TEXT_UNFIT;
    }
    return convert(&smpp_characters_utf8, (const uint8_t *)utf8, size,
                   characters_of(alphabet), octets, room, true, progress);
}

enum smpp_text_result smpp_text_encode_shifted(struct smpp_shift shift, const char *utf8,
                                               size_t size, uint8_t *octets, size_t room,
                                               struct smpp_text_progress *progress)
{
    const struct smpp_characters to = shifted_row(shift);

    return convert(&smpp_characters_utf8, (const uint8_t *)utf8, size, &to, octets, room,
                   true, progress);
}

size_t smpp_text_capacity(enum smpp_alphabet alphabet, size_t header_size)
{
    size_t octets;

    assert(header_size <= SMPP_USER_DATA_MAX_SIZE);
    octets = SMPP_USER_DATA_MAX_SIZE - header_size;
    if (alphabet == SMPP_ALPHABET_GSM || alphabet == SMPP_ALPHABET_ASCII)
        return octets * 8 /
               7; /* IA5 goes on the air as the alphabet of GSM, of 7 bits too */
    return octets - octets % characters_of(alphabet)->unit_size;
}

/* `alone` is what one short message takes that is not a part of a longer text, `beside`
 * what a part takes. */
static enum smpp_text_result measure(const struct smpp_characters *to, const char *utf8,
                                     size_t size, size_t alone, size_t beside,
                                     struct smpp_text_measure *out_measure)
{
    const uint8_t *in = (const uint8_t *)utf8;
    size_t octets = 0;
    size_t used = 0; /* octets of the part being filled */
    size_t parts = 1;

    for (size_t at = 0; at < size;) {
        size_t written = 1;

        if (smpp_is_plain(to->plain, in[at])) {
            at++;
        } else {
            uint8_t encoded[SMPP_CHARACTER_MAX_SIZE];
            uint32_t character;
            bool invalid = false;

            at += smpp_characters_utf8.read(&smpp_characters_utf8, in + at, size - at,
                                            &character, &invalid);
            if (invalid)
                return SMPP_TEXT_INVALID;
            written = to->write(to, character, encoded);
            if (written == 0)
                return SMPP_TEXT_UNFIT;
        }
        octets += written;
        if (used + written > beside) {
            parts++;
            used = 0;
        }
        used += written;
    }
    if (octets <= alone)
        parts = 1;
    *out_measure = (struct smpp_text_measure){octets / to->unit_size, octets, parts};
    return SMPP_TEXT_OK;
}

enum smpp_text_result smpp_text_measure(enum smpp_alphabet alphabet, const char *utf8,
                                        size_t size, size_t header_size,
                                        struct smpp_text_measure *out_measure)
{
    if (alphabet == SMPP_ALPHABET_BINARY)
        return SMPP_TEXT_UNFIT;
    return measure(characters_of(alphabet), utf8, size, smpp_text_capacity(alphabet, 0),
                   smpp_text_capacity(alphabet, header_size), out_measure);
}

size_t smpp_text_shifted_capacity(struct smpp_shift shift, size_t header_size)
{
    enum { ELEMENT_SIZE = 3, LENGTH_SIZE = 1 };
    size_t size =
        (shift.single != 0 ? ELEMENT_SIZE : 0) + (shift.locking != 0 ? ELEMENT_SIZE : 0);

    if (size > 0 && header_size == 0)
        size += LENGTH_SIZE;
    return smpp_text_capacity(SMPP_ALPHABET_GSM, header_size + size);
}

enum smpp_text_result smpp_text_measure_shifted(struct smpp_shift shift, const char *utf8,
                                                size_t size, size_t header_size,
                                                struct smpp_text_measure *out_measure)
{
    const struct smpp_characters to = shifted_row(shift);

    return measure(&to, utf8, size, smpp_text_shifted_capacity(shift, 0),
                   smpp_text_shifted_capacity(shift, header_size), out_measure);
}

enum smpp_alphabet smpp_text_best_alphabet(const char *utf8, size_t size)
{
    struct smpp_text_measure measure;

    if (smpp_text_measure(SMPP_ALPHABET_GSM, utf8, size, 0, &measure) == SMPP_TEXT_OK)
        return SMPP_ALPHABET_GSM;
    return SMPP_ALPHABET_UCS2;
}

bool smpp_text_is_utf8(const char *text, size_t size)
{
    const uint8_t *in = (const uint8_t *)text;
    bool invalid = false;

    for (size_t at = 0; at < size && !invalid;) {
        uint32_t character;

        if (in[at] < 0x80)
            at++;
        else
            at += smpp_characters_utf8.read(&smpp_characters_utf8, in + at, size - at,
                                            &character, &invalid);
    }
    return !invalid;
}
