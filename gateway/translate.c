/*
 * Bodies to segments and to text.  What fits one short message goes on octet for octet
 * as it came; what does not is cut anew.
 */
#include "gateway/translate.h"

#include <string.h>

enum smpp_alphabet translate_alphabet(enum config_alphabet alphabet)
{
    static const enum smpp_alphabet alphabets[] = {
        [CONFIG_GSM0338] = SMPP_ALPHABET_GSM,
        [CONFIG_ASCII] = SMPP_ALPHABET_ASCII,
        [CONFIG_LATIN1] = SMPP_ALPHABET_LATIN_1,
    };

    return alphabets[alphabet];
}

static bool has_header(const struct body *body)
{
    return (body->esm_class & SMPP_ESM_CLASS_UDHI) != 0;
}

static struct smpp_octets user_data(const struct body *body)
{
    return (struct smpp_octets){body->bytes, body->text_size};
}

bool translate_is_text(const struct body *body, enum smpp_alphabet default_alphabet)
{
    struct smpp_header header;

    if (body->from_api)
        return true;
    if (body->protocol_id != 0 || smpp_text_class(body->data_coding) == 0 ||
        smpp_text_alphabet(body->data_coding, default_alphabet) == SMPP_ALPHABET_BINARY)
        return false;
    return !has_header(body) ||
           (smpp_header_read(user_data(body), &header) && header.is_only_text);
}

/* The encoded text of a body that is cut here, and its alphabet. */
struct encoded {
    enum smpp_alphabet alphabet;
    const uint8_t *octets;
    size_t size;
};

static bool encode_api(const struct body *body, uint8_t *scratch, struct encoded *out)
{
    const char *text = (const char *)body->bytes;
    struct smpp_text_progress progress;

    out->alphabet = smpp_text_best_alphabet(text, body->text_size);
    if (smpp_text_encode(out->alphabet, text, body->text_size, scratch,
                         TRANSLATE_SEGMENT_MAX, &progress) != SMPP_TEXT_OK)
        return false;
    out->octets = scratch;
    out->size = progress.written;
    return true;
}

static bool encoded_of(const struct body *body, enum smpp_alphabet default_alphabet,
                       uint8_t *scratch, struct encoded *out)
{
    if (body->from_api)
        return encode_api(body, scratch, out);
    *out = (struct encoded){smpp_text_alphabet(body->data_coding, default_alphabet),
                            body->bytes, body->text_size};
    return true;
}

static enum smpp_part_kind kind_of(enum config_split split)
{
    return split == CONFIG_UDH16 ? SMPP_PART_16
                                 : (split == CONFIG_SAR ? SMPP_PART_SAR : SMPP_PART_8);
}

/* A header of its own, or binary, is never cut by us. */
static bool is_cut(const struct body *body, const struct encoded *encoded)
{
    return !has_header(body) && encoded->alphabet != SMPP_ALPHABET_BINARY &&
           encoded->size > smpp_text_capacity(encoded->alphabet, 0);
}

bool translate_count(const struct body *body, enum smpp_alphabet default_alphabet,
                     enum config_split split, uint16_t *out_segments, uint16_t *out_parts)
{
    uint8_t scratch[TRANSLATE_SEGMENT_MAX];
    struct smpp_segment segments[SMPP_PARTS_MAX];
    struct encoded encoded;
    size_t count;

    *out_segments = 1;
    *out_parts = 1;
    if (!encoded_of(body, default_alphabet, scratch, &encoded))
        return false;
    if (!is_cut(body, &encoded)) {
        /* With a header of its own it must be one short message already. */
        if (has_header(body) && encoded.alphabet != SMPP_ALPHABET_BINARY &&
            body->header_size <= SMPP_USER_DATA_MAX_SIZE &&
            encoded.size > body->header_size +
                               smpp_text_capacity(encoded.alphabet, body->header_size))
            return false;
        if (encoded.size > SMPP_USER_DATA_MAX_SIZE &&
            encoded.alphabet == SMPP_ALPHABET_BINARY)
            *out_parts = (uint16_t)((encoded.size + 133) / 134);
        return true;
    }
    count = smpp_parts_split(encoded.alphabet, encoded.octets, encoded.size,
                             smpp_part_header_size(kind_of(split)), segments, SMPP_PARTS_MAX);
    if (count == 0)
        return false;
    *out_parts = (uint16_t)count;
    if (split != CONFIG_PAYLOAD)
        *out_segments = (uint16_t)count;
    return true;
}

/* --- the parts of a collected message ----------------------------------------------- */

/* The first body of each part that came, by its number (1 to 255). */
struct distinct {
    const struct body *by_number[SMPP_PARTS_MAX + 1];
};

static void find_distinct(const struct live *live, struct distinct *out)
{
    memset(out, 0, sizeof(*out));
    for (uint16_t i = 0; i < live->body_count; i++) {
        uint8_t number = (uint8_t)live->bodies[i]->number;

        if (out->by_number[number] == NULL)
            out->by_number[number] = live->bodies[i];
    }
}

static uint16_t count_below(const struct distinct *distinct, uint16_t number)
{
    uint16_t count = 0;

    for (uint16_t i = 0; i < number; i++)
        count += distinct->by_number[i] != NULL;
    return count;
}

uint16_t translate_distinct_parts(const struct live *live)
{
    struct distinct distinct;

    find_distinct(live, &distinct);
    return count_below(&distinct, SMPP_PARTS_MAX + 1);
}

uint16_t translate_body_segment(const struct live *live, const struct body *body)
{
    struct distinct distinct;

    if (!(live->message.flags & MESSAGE_COLLECTED))
        return 1;
    find_distinct(live, &distinct);
    return (uint16_t)(count_below(&distinct, body->number) + 1);
}

const struct body *translate_segment_body(const struct live *live, uint16_t number)
{
    struct distinct distinct;

    if (!(live->message.flags & MESSAGE_COLLECTED))
        return live->bodies[0];
    find_distinct(live, &distinct);
    for (uint16_t i = 0; i <= SMPP_PARTS_MAX; i++)
        if (distinct.by_number[i] && --number == 0)
            return distinct.by_number[i];
    return live->bodies[0];
}

/* --- segments ----------------------------------------------------------------------- */

/* A text whose data_coding 0 means another alphabet to the link than to the account. */
static bool recode(const struct body *body, enum smpp_alphabet from, enum smpp_alphabet to,
                   uint8_t *scratch, struct translated *out)
{
    struct smpp_text_progress progress;
    char text[254 * SMPP_TEXT_DECODED_GROWTH];
    size_t size;

    if (body->data_coding != 0 || from == to || has_header(body) || body->text_size > 254)
        return true;
    (void)!smpp_text_decode(from, body->bytes, body->text_size, text, sizeof(text), &progress);
    size = progress.written;
    if (smpp_text_encode(to, text, size, scratch, TRANSLATE_SEGMENT_MAX, &progress) !=
        SMPP_TEXT_OK) {
        to = SMPP_ALPHABET_UCS2;
        out->data_coding = smpp_text_data_coding(to);
        if (smpp_text_encode(to, text, size, scratch, TRANSLATE_SEGMENT_MAX, &progress) !=
                SMPP_TEXT_OK ||
            progress.written > SMPP_USER_DATA_MAX_SIZE)
            return false;
    }
    out->octets = scratch;
    out->octet_count = progress.written;
    return true;
}

static bool cut(const struct live *live, const struct encoded *encoded, uint16_t number,
                enum config_split split, uint8_t *scratch, struct translated *out)
{
    struct smpp_segment segments[SMPP_PARTS_MAX];
    struct smpp_part part = {.kind = kind_of(split),
                             .reference = (uint16_t)(live->message.id ^
                                                     live->message.id >> 22)};
    size_t count = smpp_parts_split(encoded->alphabet, encoded->octets, encoded->size,
                                    smpp_part_header_size(part.kind), segments,
                                    SMPP_PARTS_MAX);
    size_t header;

    /* Another way of cutting than at acceptance would lose or repeat text. */
    if (number == 0 || number > count || count != live->message.segments)
        return false;
    part.total = (uint8_t)count;
    part.number = (uint8_t)number;
    if (part.kind == SMPP_PART_SAR) {
        out->has_sar = true;
        out->sar = part;
        out->octets = encoded->octets + segments[number - 1].offset;
        out->octet_count = segments[number - 1].size;
        return true;
    }
    /* The encoded text may lie in the scratch itself: the header goes in front by a move. */
    uint8_t octets[SMPP_PART_HEADER_MAX_SIZE];

    header = smpp_part_write_header(&part, octets);
    memmove(scratch + header, encoded->octets + segments[number - 1].offset,
            segments[number - 1].size);
    memcpy(scratch, octets, header);
    out->esm_class |= SMPP_ESM_CLASS_UDHI;
    out->octets = scratch;
    out->octet_count = header + segments[number - 1].size;
    return true;
}

bool translate_segment(const struct live *live, uint16_t number,
                       enum smpp_alphabet account_alphabet, enum smpp_alphabet link_alphabet,
                       enum config_split split, uint8_t *scratch, struct translated *out)
{
    const struct body *body = translate_segment_body(live, number);
    struct encoded encoded;

    memset(out, 0, sizeof(*out));
    out->body = body;
    out->esm_class = body->esm_class;
    out->data_coding = body->data_coding;
    if (!encoded_of(body, account_alphabet, scratch, &encoded))
        return false;
    if (body->from_api)
        out->data_coding = encoded.alphabet == link_alphabet
                               ? 0
                               : smpp_text_data_coding(encoded.alphabet);
    out->octets = encoded.octets;
    out->octet_count = encoded.size;
    if (is_cut(body, &encoded) && split != CONFIG_PAYLOAD)
        return cut(live, &encoded, number, split, scratch, out);
    return body->from_api || recode(body, account_alphabet, link_alphabet, scratch, out);
}

/* --- text --------------------------------------------------------------------------- */

static bool add_text(const struct body *body, enum smpp_alphabet account_alphabet, char *out,
                     size_t room, size_t *used)
{
    struct smpp_text_progress progress;

    if (body->from_api) {
        if (body->text_size > room - *used)
            return false;
        memcpy(out + *used, body->bytes, body->text_size);
        *used += body->text_size;
        return true;
    }
    if (smpp_text_decode(smpp_text_alphabet(body->data_coding, account_alphabet),
                         body->bytes + body->header_size,
                         body->text_size - body->header_size, out + *used, room - *used,
                         &progress) > SMPP_TEXT_INVALID)
        return false;
    *used += progress.written;
    return true;
}

bool translate_text(const struct live *live, enum smpp_alphabet account_alphabet, char *out,
                    size_t room)
{
    struct distinct distinct;
    size_t used = 0;

    find_distinct(live, &distinct);
    for (uint16_t i = 0; i <= SMPP_PARTS_MAX; i++)
        if (distinct.by_number[i] &&
            !add_text(distinct.by_number[i], account_alphabet, out, room - 1, &used))
            return false;
    out[used] = 0;
    return true;
}

/* The whole characters at the start of the UTF-8, as many as are shown. */
static size_t head_size(const char *text, size_t size)
{
    size_t length = 0;

    for (size_t i = 0; i < size; i++)
        if (((uint8_t)text[i] & 0xC0) != 0x80 && length++ == TRANSLATE_HEAD_MAX)
            return i;
    return size;
}

void translate_head(const struct body *body, enum smpp_alphabet account_alphabet,
                    char out[TRANSLATE_HEAD_SIZE])
{
    /* No alphabet has characters of more octets than UTF-8 has. */
    enum { OCTETS = TRANSLATE_HEAD_MAX * 4 };
    char decoded[OCTETS * SMPP_TEXT_DECODED_GROWTH];
    const char *text = (const char *)body->bytes;
    size_t size = body->text_size - body->header_size;
    struct smpp_text_progress progress;

    out[0] = 0;
    if (!translate_is_text(body, account_alphabet))
        return;
    if (size > OCTETS)
        size = OCTETS;
    if (!body->from_api) {
        (void)!smpp_text_decode(smpp_text_alphabet(body->data_coding, account_alphabet),
                                body->bytes + body->header_size, size, decoded,
                                sizeof(decoded), &progress);
        text = decoded;
        size = progress.written;
    }
    size = head_size(text, size);
    memcpy(out, text, size);
    out[size] = 0;
}
