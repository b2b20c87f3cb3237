/* The text of a body, and of the parts of a collected message together, in UTF-8. */
#include "gateway/translate_pieces.h"

#include <string.h>

#include "smpp/command.h"

/* --- one body ----------------------------------------------------------------------- */

bool translate_has_header(const struct body *body)
{
    return (body->esm_class & SMPP_ESM_CLASS_UDHI) != 0;
}

bool translate_is_sar_part(const struct body *body)
{
    struct smpp_part part;

    return body->tlv_size > 0 && body_part_of(body, &part) && part.kind == SMPP_PART_SAR;
}

bool translate_ports_of(const struct body *body, struct smpp_ports *out)
{
    struct smpp_pdu pdu;

    if (body->tlv_size == 0)
        return false;
    smpp_pdu_init(&pdu, SMPP_SUBMIT_SM, 0, 0);
    (void)!body_add_tlvs(body, &pdu);
    return smpp_ports_read(&pdu, out);
}

struct smpp_octets translate_user_data(const struct body *body)
{
    return (struct smpp_octets){body->bytes, body->text_size};
}

struct smpp_shift translate_shift_of(const struct body *body)
{
    struct smpp_header header;

    if (translate_has_header(body) && smpp_header_read(translate_user_data(body), &header))
        return header.shift;
    return (struct smpp_shift){0, 0};
}

static struct smpp_octets text_of(const struct body *body)
{
    return (struct smpp_octets){body->bytes + body->header_size,
                                body->text_size - body->header_size};
}

/* Some clients count the NUL behind their strings; in a text it says nothing. */
static size_t without_nuls(char *text, size_t size)
{
    char *nul = memchr(text, 0, size);
    size_t kept = nul != NULL ? (size_t)(nul - text) : size;

    for (size_t i = kept; i < size; i++)
        if (text[i] != 0)
            text[kept++] = text[i];
    return kept;
}

/* Octets of a body's text; false: it is not text, or has no room. */
static bool decode_octets(const struct body *body, enum smpp_alphabet default_alphabet,
                          struct smpp_octets octets, char *out, size_t room,
                          size_t *out_size)
{
    enum smpp_alphabet alphabet = smpp_text_alphabet(body->data_coding, default_alphabet);
    struct smpp_text_progress progress;
    enum smpp_text_result result;

    if (alphabet == SMPP_ALPHABET_GSM)
        result = smpp_text_decode_shifted(translate_shift_of(body), octets.data,
                                          octets.size, out, room, &progress);
    else
        result = smpp_text_decode(alphabet, octets.data, octets.size, out, room, &progress);
    *out_size = without_nuls(out, progress.written);
    return result <= SMPP_TEXT_INVALID;
}

bool translate_decode(const struct body *body, enum smpp_alphabet default_alphabet,
                      size_t limit, char *out, size_t room, size_t *out_size)
{
    struct smpp_octets octets = text_of(body);

    octets.size = octets.size < limit ? octets.size : (uint32_t)limit;
    return decode_octets(body, default_alphabet, octets, out, room, out_size);
}

bool translate_body_text(const struct body *body, enum smpp_alphabet default_alphabet,
                         char *out, size_t room, size_t *out_size)
{
    if (!body->from_api)
        return translate_decode(body, default_alphabet, SIZE_MAX, out, room, out_size);
    if (body->text_size > room)
        return false;
    memcpy(out, body->bytes, body->text_size);
    *out_size = body->text_size;
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
    _Static_assert((int)OCTETS == (int)BODY_SHOWN_MAX, "what is shown of a text is kept");
    char decoded[OCTETS * SMPP_TEXT_DECODED_GROWTH];
    const char *text = (const char *)body->bytes;
    size_t size = body->text_size - body->header_size;

    out[0] = 0;
    if (!translate_is_text(body, account_alphabet))
        return;
    if (!body->from_api) {
        (void)!translate_decode(body, account_alphabet, OCTETS, decoded, sizeof(decoded),
                                &size);
        text = decoded;
    }
    size = head_size(text, size < OCTETS ? size : OCTETS);
    memcpy(out, text, size);
    out[size] = 0;
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

/*
 * Octets at the end of a part that are one character with as many at the head of the next:
 * clients that count units and not characters cut there.
 */
static size_t torn_octets(const struct body *body, const struct body *next,
                          enum smpp_alphabet default_alphabet)
{
    enum smpp_alphabet alphabet;
    struct smpp_octets text;
    struct smpp_octets more;
    size_t size;

    if (body == NULL || next == NULL || body->from_api || next->from_api)
        return 0;
    text = text_of(body);
    more = text_of(next);
    alphabet = smpp_text_alphabet(body->data_coding, default_alphabet);
    size = smpp_parts_torn(alphabet, text.data, text.size);
    if (smpp_text_alphabet(next->data_coding, default_alphabet) != alphabet ||
        more.size < size || size == 0)
        return 0;
    if (alphabet == SMPP_ALPHABET_GSM)
        return more.data[0] != SMPP_GSM_ESCAPE ? size : 0;
    return more.data[0] >> 2 == 0xDC >> 2 ? size : 0;
}

/* A part's text, and the character that is torn between it and the next. */
static bool decode_part(const struct body *const parts[2], size_t taken,
                        enum smpp_alphabet default_alphabet, char *out, size_t room,
                        size_t *out_size, size_t *out_torn)
{
    const struct body *body = parts[0];
    struct smpp_octets octets = text_of(body);
    size_t torn = torn_octets(body, parts[1], default_alphabet);
    uint8_t joined[4];
    size_t size;

    *out_torn = torn;
    if (body->from_api)
        return translate_body_text(body, default_alphabet, out, room, out_size);
    octets.data += taken;
    octets.size -= (uint32_t)(taken + torn);
    if (!decode_octets(body, default_alphabet, octets, out, room, out_size))
        return false;
    if (torn == 0)
        return true;
    memcpy(joined, octets.data + octets.size, torn);
    memcpy(joined + torn, text_of(parts[1]).data, torn);
    if (!decode_octets(body, default_alphabet,
                       (struct smpp_octets){joined, (uint32_t)(2 * torn)}, out + *out_size,
                       room - *out_size, &size))
        return false;
    *out_size += size;
    return true;
}

bool translate_text(const struct live *live, enum smpp_alphabet account_alphabet, char *out,
                    size_t room)
{
    struct distinct distinct;
    size_t used = 0;
    size_t taken = 0; /* octets of the next part that its predecessor told */

    find_distinct(live, &distinct);
    for (uint16_t i = 0; i <= SMPP_PARTS_MAX; i++) {
        const struct body *const parts[] = {
            distinct.by_number[i], i < SMPP_PARTS_MAX ? distinct.by_number[i + 1] : NULL};
        size_t size;

        if (parts[0] == NULL)
            continue;
        if (!decode_part(parts, taken, account_alphabet, out + used, room - 1 - used, &size,
                         &taken))
            return false;
        used += size;
    }
    out[used] = 0;
    return true;
}
