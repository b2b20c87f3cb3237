/*
 * Whatever octets are called text.  The first says alphabet and room, the rest is decoded,
 * encoded, measured and cut; what must hold for any input is asserted.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "smpp/parts.h"
#include "smpp/text.h"
#include "tests/fuzz/fuzz.h"

/* `room` octets of the heap, so that the sanitizer sees the first one behind them. */
static void *buffer(size_t room)
{
    void *octets = malloc(room > 0 ? room : 1);

    assert(octets != NULL);
    return octets;
}

static void check_decode(enum smpp_alphabet alphabet, const uint8_t *in, size_t size,
                         size_t room)
{
    struct smpp_text_progress progress;
    char *utf8 = buffer(room);
    enum smpp_text_result result =
        smpp_text_decode(alphabet, in, size, utf8, room, &progress);

    assert(progress.written <= room && progress.read <= size);
    assert(smpp_text_is_utf8(utf8, progress.written));
    if (alphabet != SMPP_ALPHABET_BINARY)
        assert(room < size * SMPP_TEXT_DECODED_GROWTH || progress.read == size);
    assert((result == SMPP_TEXT_INVALID) <= (progress.invalid > 0));
    free(utf8);
}

static void check_cut(enum smpp_alphabet alphabet, const uint8_t *octets, size_t size,
                      size_t parts)
{
    struct smpp_segment segments[SMPP_PARTS_MAX];
    size_t count = smpp_parts_split(alphabet, octets, size, 6, segments, SMPP_PARTS_MAX);
    size_t end = 0;

    assert(count == (parts <= SMPP_PARTS_MAX ? parts : 0));
    for (size_t i = 0; i < count; i++) {
        assert(segments[i].offset == end);
        end += segments[i].size;
    }
    assert(count == 0 || end == size);
}

static void check_encode(enum smpp_alphabet alphabet, const char *utf8, size_t size,
                         size_t room)
{
    struct smpp_text_progress progress, back;
    struct smpp_text_measure measure;
    uint8_t *octets = buffer(room);
    enum smpp_text_result result =
        smpp_text_encode(alphabet, utf8, size, octets, room, &progress);
    char *again = buffer(size);

    assert(progress.written <= room && progress.read <= size);
    if (smpp_text_decode(alphabet, octets, progress.written, again, size, &back) ==
        SMPP_TEXT_OK)
        assert(back.written == progress.read && memcmp(again, utf8, back.written) == 0);
    if (result == SMPP_TEXT_OK) {
        assert(smpp_text_measure(alphabet, utf8, size, 6, &measure) == SMPP_TEXT_OK);
        assert(measure.octets == progress.written);
        check_cut(alphabet, octets, progress.written, measure.parts);
    }
    free(again);
    free(octets);
}

/* The same with national tables: what is decoded and written again reads the same. */
static void check_shifted(struct smpp_shift shift, const uint8_t *in, size_t size)
{
    struct smpp_segment segments[SMPP_PARTS_MAX];
    struct smpp_text_progress decoded, encoded, back;
    struct smpp_text_measure measure;
    size_t room = size * SMPP_TEXT_DECODED_GROWTH;
    char *utf8 = buffer(room);
    uint8_t *octets = buffer(room * SMPP_TEXT_ENCODED_GROWTH);
    char *again = buffer(room);

    (void)smpp_text_decode_shifted(shift, in, size, utf8, room, &decoded);
    assert(decoded.read == size && smpp_text_is_utf8(utf8, decoded.written));
    if (smpp_text_encode_shifted(shift, utf8, decoded.written, octets,
                                 room * SMPP_TEXT_ENCODED_GROWTH,
                                 &encoded) == SMPP_TEXT_OK) {
        size_t count;

        (void)smpp_text_decode_shifted(shift, octets, encoded.written, again, room, &back);
        assert(back.written == decoded.written && memcmp(again, utf8, back.written) == 0);
        assert(smpp_text_measure_shifted(shift, utf8, decoded.written, 6, &measure) ==
               SMPP_TEXT_OK);
        count = smpp_parts_split_shifted(shift, octets, encoded.written, 6, segments,
                                         SMPP_PARTS_MAX);
        assert(count == (measure.parts <= SMPP_PARTS_MAX ? measure.parts : 0));
    }
    free(utf8);
    free(octets);
    free(again);
}

/* What a data_coding says, and back. */
static void check_data_coding(uint8_t data_coding)
{
    enum smpp_alphabet alphabet = smpp_text_alphabet(data_coding, SMPP_ALPHABET_GSM);
    enum smpp_alphabet found;
    const char *name = smpp_text_alphabet_name(alphabet);
    int class = smpp_text_class(data_coding);

    assert(smpp_text_alphabet_find(name, &found) && found == alphabet);
    assert(!smpp_text_alphabet_find("utf-8", &found));
    assert(smpp_text_alphabet(smpp_text_data_coding(alphabet), SMPP_ALPHABET_GSM) ==
           alphabet);
    assert(class >= -1 && class <= 3);
    assert(!smpp_text_is_waiting(data_coding) || class == -1);
    assert((smpp_language_name(data_coding) != NULL) ==
           (data_coding != SMPP_LANGUAGE_NONE && data_coding < SMPP_LANGUAGES));
}

/* The alphabet that is chosen for a text has all of it. */
static void check_best(const char *utf8, size_t size)
{
    struct smpp_text_measure measure;

    if (smpp_text_is_utf8(utf8, size))
        assert(smpp_text_measure(smpp_text_best_alphabet(utf8, size), utf8, size, 6,
                                 &measure) == SMPP_TEXT_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum smpp_alphabet alphabet;
    size_t room;

    if (size == 0)
        return 0;
    alphabet = (enum smpp_alphabet)(data[0] % (SMPP_ALPHABET_BINARY + 1));
    room = (size - 1) * (data[0] / 64);
    check_decode(alphabet, data + 1, size - 1, room);
    check_encode(alphabet, (const char *)data + 1, size - 1, room);
    check_data_coding(data[0]);
    check_best((const char *)data + 1, size - 1);
    check_shifted((struct smpp_shift){data[0] & 3, data[0] >> 2 & 3}, data + 1, size - 1);
    return 0;
}
