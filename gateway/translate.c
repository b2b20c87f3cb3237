/*
 * Bodies to segments.  What fits one short message goes on octet for octet as it came; what
 * does not is cut anew, and each segment fitted to the link it goes over.
 */
#include "gateway/translate_pieces.h"

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

enum smpp_alphabet translate_alphabet_of(const struct account *account)
{
    return account->config ? translate_alphabet(account->config->default_alphabet)
                           : SMPP_ALPHABET_GSM;
}

struct translate_form translate_form_of(const struct config_link *link)
{
    if (link == NULL)
        return (struct translate_form){SMPP_ALPHABET_GSM, CONFIG_UDH8, 0};
    return (struct translate_form){translate_alphabet(link->default_alphabet), link->split,
                                   link->languages};
}

/* --- cutting ------------------------------------------------------------------------ */

static enum smpp_part_kind kind_of(enum config_split split)
{
    return split == CONFIG_UDH16 ? SMPP_PART_16
                                 : (split == CONFIG_SAR ? SMPP_PART_SAR : SMPP_PART_8);
}

/* A header of its own, or binary, is never cut by us. */
static bool is_cut(const struct body *body, const struct encoded *encoded)
{
    return !translate_has_header(body) && encoded->alphabet != SMPP_ALPHABET_BINARY;
}

/* The ports that parameters tell; false: none, or the text is too short to be cut. */
static bool has_ports(const struct body *body, const struct encoded *encoded,
                      struct smpp_ports *out)
{
    return encoded->size > SMPP_USER_DATA_MAX_SIZE && translate_ports_of(body, out);
}

/* 0: more than can be sent.  Where ports are told by parameters the operator puts them into
 * the header that it writes. */
static size_t split_text(const struct encoded *encoded, const struct translate_form *form,
                         bool with_ports, struct smpp_segment segments[SMPP_PARTS_MAX])
{
    size_t header_size =
        smpp_part_header_size(kind_of(form->split)) + (with_ports ? SMPP_PORTS_SIZE : 0);

    if (encoded->alphabet == SMPP_ALPHABET_GSM)
        return smpp_parts_split_shifted(encoded->shift, encoded->octets, encoded->size,
                                        header_size, segments, SMPP_PARTS_MAX);
    return smpp_parts_split(encoded->alphabet, encoded->octets, encoded->size, header_size,
                            segments, SMPP_PARTS_MAX);
}

/* With a header of its own it must be one short message already. */
static bool fits_beside_header(const struct body *body, enum smpp_alphabet alphabet,
                               size_t size)
{
    return body->header_size > SMPP_USER_DATA_MAX_SIZE ||
           size <= body->header_size + smpp_text_capacity(alphabet, body->header_size);
}

/* 3GPP TS 23.040 9.2.3.24: one that runs past the text, or whose elements run past it. */
static bool has_broken_header(const struct body *body)
{
    struct smpp_header header;

    return translate_has_header(body) &&
           !smpp_header_read(translate_user_data(body), &header);
}

static bool count_uncut(const struct body *body, const struct encoded *encoded,
                        uint16_t *out_parts)
{
    if (translate_has_header(body) && encoded->alphabet != SMPP_ALPHABET_BINARY &&
        !fits_beside_header(body, encoded->alphabet, encoded->size))
        return false;
    if (encoded->size > SMPP_USER_DATA_MAX_SIZE &&
        encoded->alphabet == SMPP_ALPHABET_BINARY)
        *out_parts = (uint16_t)((encoded->size + 133) / 134);
    return true;
}

bool translate_count(const struct body *body, enum smpp_alphabet default_alphabet,
                     const struct translate_form *form, bool latin, uint16_t *out_segments,
                     uint16_t *out_parts)
{
    uint8_t scratch[TRANSLATE_SEGMENT_MAX];
    struct smpp_segment segments[SMPP_PARTS_MAX];
    struct encoded encoded;
    struct smpp_ports ports;
    size_t count;

    *out_segments = 1;
    *out_parts = 1;
    if (has_broken_header(body) ||
        !translate_encode(body, default_alphabet, form, latin, scratch, &encoded))
        return false;
    if (!is_cut(body, &encoded))
        return count_uncut(body, &encoded, out_parts);
    count = split_text(&encoded, form, has_ports(body, &encoded, &ports), segments);
    if (count == 0 || (count > 1 && translate_is_sar_part(body)))
        return false;
    *out_parts = (uint16_t)count;
    if (form->split != CONFIG_PAYLOAD)
        *out_segments = (uint16_t)count;
    return true;
}

bool translate_is_cheaper_in_latin(const struct body *body,
                                   enum smpp_alphabet default_alphabet,
                                   const struct translate_form *form)
{
    uint16_t segments;
    uint16_t parts;
    uint16_t latin_parts;

    return translate_count(body, default_alphabet, form, false, &segments, &parts) &&
           parts > 1 &&
           translate_count(body, default_alphabet, form, true, &segments, &latin_parts) &&
           latin_parts < parts;
}

bool translate_wants_latin(const struct account *account, const struct config_link *link,
                           const struct body *body)
{
    const struct translate_form form = translate_form_of(link);

    return account->config && link != NULL &&
           account->config->transliterate == CONFIG_LATIN_CHEAPER &&
           translate_is_cheaper_in_latin(body, translate_alphabet_of(account), &form);
}

/* --- segments ----------------------------------------------------------------------- */

/* A piece of the text, behind the header that is due, into `out`.  In a header of ours
 * ports have their place beside the part; the parameters that tell them are the link's to
 * drop. */
static bool cut(const struct live *live, const struct encoded *encoded, uint16_t number,
                const struct translate_form *form, uint8_t *scratch, struct translated *out)
{
    struct smpp_segment segments[SMPP_PARTS_MAX];
    struct smpp_part part = {.kind = kind_of(form->split),
                             .reference =
                                 (uint16_t)(live->message.id ^ live->message.id >> 22)};
    struct smpp_ports ports;
    bool with_ports = has_ports(out->body, encoded, &ports);
    size_t count = split_text(encoded, form, with_ports, segments);
    uint8_t header[SMPP_HEADER_MAX_SIZE];
    size_t size;

    /* Each part that was collected is one segment already. */
    if (live->message.flags & MESSAGE_COLLECTED)
        number = 1;
    /* Another way of cutting than at acceptance would lose or repeat text. */
    if (number == 0 || number > count ||
        count != (live->message.flags & MESSAGE_COLLECTED ? 1 : live->message.segments))
        return false;
    part.total = (uint8_t)count;
    part.number = (uint8_t)number;
    out->octets = encoded->octets + segments[number - 1].offset;
    out->octet_count = segments[number - 1].size;
    if (count > 1 && part.kind == SMPP_PART_SAR) {
        out->has_sar = true;
        out->sar = part;
    }
    with_ports = with_ports && count > 1 && !out->has_sar;
    size = smpp_header_write(count > 1 ? &part : NULL, with_ports ? &ports : NULL,
                             encoded->shift, header);
    if (size == 0)
        return true;
    /* The encoded text may lie in the scratch itself: the header goes in front by a move.
     */
    memmove(scratch + size, out->octets, out->octet_count);
    memcpy(scratch, header, size);
    out->esm_class |= SMPP_ESM_CLASS_UDHI;
    out->header_size = (uint8_t)size;
    out->octets = scratch;
    out->octet_count += size;
    return true;
}

/* Writes a segment's text behind its header in another alphabet; false: it has not room for
 * it there, or not the letters. */
static bool write_segment(enum smpp_alphabet to, const char *text, size_t size,
                          size_t capacity, uint8_t *scratch, struct translated *out)
{
    uint8_t written[SHORT_MAX];
    struct smpp_text_progress progress;

    if (smpp_text_encode(to, text, size, written, capacity, &progress) != SMPP_TEXT_OK)
        return false;
    memmove(scratch, out->octets, out->header_size);
    memcpy(scratch + out->header_size, written, progress.written);
    out->octets = scratch;
    out->octet_count = out->header_size + progress.written;
    return true;
}

/* Octets of header the segment has on the air: of parameters the operator makes one. */
static size_t header_on_air(const struct translated *out)
{
    return out->has_sar || translate_is_sar_part(out->body)
               ? smpp_part_header_size(SMPP_PART_SAR)
               : out->header_size;
}

/*
 * A segment whose data_coding is 0 by another's meaning.  What came from GSM has room where
 * GSM had; what the link's alphabet cannot say goes as UCS-2, and where that is too long
 * under the data_coding that names the alphabet it has.
 */
static bool recode(enum smpp_alphabet from, struct smpp_shift shift, enum smpp_alphabet to,
                   uint8_t *scratch, struct translated *out)
{
    const uint8_t *octets = out->octets + out->header_size;
    size_t octet_count = out->octet_count - out->header_size;
    size_t header_size = header_on_air(out);
    char text[SHORT_MAX * SMPP_TEXT_DECODED_GROWTH];
    struct smpp_text_progress progress;
    enum smpp_alphabet room = from == SMPP_ALPHABET_GSM ? from : to;

    if (out->header_size > SMPP_USER_DATA_MAX_SIZE || octet_count > SHORT_MAX)
        return false;
    if (from == SMPP_ALPHABET_GSM)
        (void)!smpp_text_decode_shifted(shift, octets, octet_count, text, sizeof(text),
                                        &progress);
    else
        (void)!smpp_text_decode(from, octets, octet_count, text, sizeof(text), &progress);
    out->data_coding = 0;
    if (write_segment(to, text, progress.written, smpp_text_capacity(room, header_size),
                      scratch, out))
        return true;
    out->data_coding = smpp_text_data_coding(SMPP_ALPHABET_UCS2);
    if (write_segment(SMPP_ALPHABET_UCS2, text, progress.written,
                      smpp_text_capacity(SMPP_ALPHABET_UCS2, header_size), scratch, out))
        return true;
    out->data_coding = smpp_text_data_coding(from);
    return from != SMPP_ALPHABET_GSM;
}

/* Says the alphabet as this link understands it. */
static bool fit(const struct encoded *encoded, enum smpp_alphabet link_alphabet,
                uint8_t *scratch, struct translated *out)
{
    if (encoded->anew)
        out->data_coding = encoded->alphabet == link_alphabet
                               ? 0
                               : smpp_text_data_coding(encoded->alphabet);
    if (out->data_coding != 0 || encoded->alphabet == link_alphabet)
        return true;
    return recode(encoded->alphabet, encoded->shift, link_alphabet, scratch, out);
}

/* A whole payload, to be cut by the operator, in the alphabet it takes for data_coding 0.
 */
static bool recode_payload(const struct encoded *encoded, enum smpp_alphabet link_alphabet,
                           uint8_t *scratch, struct translated *out)
{
    char text[WRITTEN_MAX * SMPP_TEXT_DECODED_GROWTH];
    struct smpp_text_progress progress;
    size_t size;

    (void)!smpp_text_decode(encoded->alphabet, encoded->octets, encoded->size, text,
                            sizeof(text), &progress);
    size = progress.written;
    out->octets = scratch;
    out->data_coding = 0;
    if (smpp_text_encode(link_alphabet, text, size, scratch, TRANSLATE_SEGMENT_MAX,
                         &progress) == SMPP_TEXT_OK) {
        out->octet_count = progress.written;
        return true;
    }
    out->data_coding = smpp_text_data_coding(SMPP_ALPHABET_UCS2);
    if (smpp_text_encode(SMPP_ALPHABET_UCS2, text, size, scratch, TRANSLATE_SEGMENT_MAX,
                         &progress) != SMPP_TEXT_OK)
        return false;
    out->octet_count = progress.written;
    return true;
}

bool translate_segment(const struct live *live, uint16_t number,
                       enum smpp_alphabet account_alphabet,
                       const struct translate_form *form, enum smpp_alphabet link_alphabet,
                       uint8_t *scratch, struct translated *out)
{
    const struct body *body = translate_segment_body(live, number);
    struct encoded encoded;

    memset(out, 0, sizeof(*out));
    out->body = body;
    out->esm_class = body->esm_class;
    out->data_coding = body->data_coding;
    out->header_size = body->header_size;
    if (!translate_encode(body, account_alphabet, form,
                          (live->message.flags & MESSAGE_TRANSLITERATED) != 0, scratch,
                          &encoded))
        return false;
    out->octets = encoded.octets;
    out->octet_count = encoded.size;
    if (is_cut(body, &encoded) && form->split != CONFIG_PAYLOAD &&
        !cut(live, &encoded, number, form, scratch, out))
        return false;
    if (translate_has_header(body) && body->header_size == 0)
        return true; /* a header that cannot be read: every octet stays */
    if (form->split == CONFIG_PAYLOAD && encoded.size > SHORT_MAX &&
        out->data_coding == 0 && encoded.alphabet != link_alphabet &&
        (!encoded.anew || encoded.alphabet == SMPP_ALPHABET_GSM))
        return recode_payload(&encoded, link_alphabet, scratch, out);
    return fit(&encoded, link_alphabet, scratch, out);
}
