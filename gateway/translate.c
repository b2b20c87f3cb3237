/*
 * Bodies to segments and to text.  What fits one short message goes on octet for octet
 * as it came; what does not is cut anew.
 *
 * The text is written anew (from the API, transliterated, or under a data_coding 0 that
 * means different things to the account and the links), or stays as submitted; then it is
 * cut; then each segment is fitted to the link it goes over.
 */
#include "gateway/translate.h"

#include <string.h>

#include "gateway/transliterate.h"
#include "smpp/command.h"
#include "smpp/tlv.h"

enum {
    WRITTEN_MAX = SMPP_PARTS_MAX * 153, /* characters that any number of parts can take */
    SHORT_MAX = 160,                    /* units of one short message */
};

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

static bool has_header(const struct body *body)
{
    return (body->esm_class & SMPP_ESM_CLASS_UDHI) != 0;
}

static struct smpp_octets user_data(const struct body *body)
{
    return (struct smpp_octets){body->bytes, body->text_size};
}

struct translate_form translate_form_of(const struct config_link *link)
{
    if (link == NULL)
        return (struct translate_form){SMPP_ALPHABET_GSM, CONFIG_UDH8, 0};
    return (struct translate_form){translate_alphabet(link->default_alphabet), link->split,
                                   link->languages};
}

/* --- what it is --------------------------------------------------------------------- */

/* Parameters that name another receiver than the person at the handset (SMPP 3.4 5.3.2). */
static const struct {
    uint16_t tag;
    bool unless_zero; /* 0 says nothing of the kind */
} not_of_text[] = {
    {SMPP_TLV_SOURCE_PORT,            false},
    {SMPP_TLV_DESTINATION_PORT,       false},
    {SMPP_TLV_PAYLOAD_TYPE,           true },
    {SMPP_TLV_MS_MSG_WAIT_FACILITIES, false},
    {SMPP_TLV_USSD_SERVICE_OP,        false},
    {SMPP_TLV_ITS_SESSION_INFO,       false},
};

enum { SUBUNIT_DISPLAY = 1 }; /* 5.3.2.1: flash by parameter */

struct marks {
    bool flash;
    bool elsewhere;
};

static void read_mark(const struct smpp_tlv *tlv, struct marks *marks)
{
    uint8_t value = tlv->size > 0 ? tlv->value[tlv->size - 1] : 0;

    if (tlv->tag == SMPP_TLV_DEST_ADDR_SUBUNIT) {
        marks->flash = marks->flash || value == SUBUNIT_DISPLAY;
        marks->elsewhere = marks->elsewhere || value > SUBUNIT_DISPLAY;
    }
    for (size_t i = 0; i < sizeof(not_of_text) / sizeof(not_of_text[0]); i++)
        if (not_of_text[i].tag == tlv->tag && (value != 0 || !not_of_text[i].unless_zero))
            marks->elsewhere = true;
}

static struct marks marks_of(const struct body *body, enum smpp_alphabet default_alphabet)
{
    struct marks marks = {.flash = smpp_text_class(body->data_coding) == 0};
    struct smpp_header header;
    struct smpp_pdu pdu;

    marks.elsewhere =
        body->protocol_id != 0 || smpp_text_is_waiting(body->data_coding) ||
        smpp_text_alphabet(body->data_coding, default_alphabet) == SMPP_ALPHABET_BINARY ||
        (has_header(body) &&
         !(smpp_header_read(user_data(body), &header) && header.is_only_text));
    smpp_pdu_init(&pdu, SMPP_SUBMIT_SM, 0, 0);
    (void)!body_add_tlvs(body, &pdu);
    for (uint16_t i = 0; i < pdu.tlv_count; i++)
        read_mark(&pdu.tlvs[i], &marks);
    return marks;
}

bool translate_is_text(const struct body *body, enum smpp_alphabet default_alphabet)
{
    struct marks marks;

    if (body->from_api)
        return true;
    marks = marks_of(body, default_alphabet);
    return !marks.flash && !marks.elsewhere;
}

bool translate_is_flash(const struct body *body, enum smpp_alphabet default_alphabet)
{
    struct marks marks;

    if (body->from_api)
        return false;
    marks = marks_of(body, default_alphabet);
    return marks.flash && !marks.elsewhere;
}

/* --- the text to be cut ------------------------------------------------------------- */

/* A text, and how it is encoded. */
struct encoded {
    enum smpp_alphabet alphabet;
    struct smpp_shift shift;
    bool anew; /* not as it was submitted: its data_coding is ours to say */
    const uint8_t *octets;
    size_t size;
};

static struct smpp_shift shift_of(const struct body *body)
{
    struct smpp_header header;

    if (has_header(body) && smpp_header_read(user_data(body), &header))
        return header.shift;
    return (struct smpp_shift){0, 0};
}

/* The text of a body in UTF-8, as far as there is room; false: it is not text. */
static bool decode_body(const struct body *body, enum smpp_alphabet default_alphabet,
                        size_t limit, char *out, size_t room, size_t *out_size)
{
    enum smpp_alphabet alphabet = smpp_text_alphabet(body->data_coding, default_alphabet);
    const uint8_t *octets = body->bytes + body->header_size;
    size_t size = body->text_size - body->header_size;
    struct smpp_text_progress progress;
    enum smpp_text_result result;

    size = size < limit ? size : limit;
    if (alphabet == SMPP_ALPHABET_GSM)
        result =
            smpp_text_decode_shifted(shift_of(body), octets, size, out, room, &progress);
    else
        result = smpp_text_decode(alphabet, octets, size, out, room, &progress);
    *out_size = progress.written;
    return result <= SMPP_TEXT_INVALID;
}

static size_t header_size_of(enum config_split split)
{
    return split == CONFIG_UDH16 ? 7 : 6;
}

/* Whether this text can be written in the alphabet, and the parts that takes. */
static bool parts_in(enum smpp_alphabet alphabet, const struct translate_form *form,
                     const char *text, size_t size, size_t *out_parts)
{
    struct smpp_text_measure measure;

    if (smpp_text_measure(alphabet, text, size, header_size_of(form->split), &measure) !=
        SMPP_TEXT_OK)
        return false;
    *out_parts = measure.parts;
    return true;
}

/*
 * National tables where they save a part against UCS-2: a handset that lacks them would
 * show other letters.  Only beside a header of our own.
 */
static void choose_shift(const struct translate_form *form, const char *text, size_t size,
                         size_t parts, struct encoded *out)
{
    if (form->split == CONFIG_SAR || form->split == CONFIG_PAYLOAD)
        return;
    for (uint8_t language = 1; language < SMPP_LANGUAGES; language++) {
        const struct smpp_shift shifts[] = {
            {0,        language},
            {language, 0       },
            {language, language}
        };

        for (size_t i = 0; i < sizeof(shifts) / sizeof(shifts[0]); i++) {
            struct smpp_text_measure measure;

            if (!(form->languages & 1u << language) ||
                smpp_text_measure_shifted(shifts[i], text, size,
                                          header_size_of(form->split),
                                          &measure) != SMPP_TEXT_OK ||
                measure.parts >= parts)
                continue;
            parts = measure.parts;
            out->alphabet = SMPP_ALPHABET_GSM;
            out->shift = shifts[i];
        }
    }
}

/*
 * The alphabet a text is written in.  An operator that takes ASCII or Latin-1 writes GSM on
 * the air where it can: what both have is cut as GSM is.
 */
static void choose_alphabet(const struct translate_form *form, const char *text,
                            size_t size, struct encoded *out)
{
    size_t parts = SIZE_MAX;
    size_t gsm_parts;

    out->alphabet = form->alphabet;
    if (parts_in(form->alphabet, form, text, size, &parts)) {
        if (form->alphabet != SMPP_ALPHABET_GSM &&
            parts_in(SMPP_ALPHABET_GSM, form, text, size, &gsm_parts))
            out->alphabet = SMPP_ALPHABET_GSM;
        return;
    }
    out->alphabet = SMPP_ALPHABET_UCS2;
    if (parts_in(SMPP_ALPHABET_UCS2, form, text, size, &parts) &&
        form->alphabet == SMPP_ALPHABET_GSM)
        choose_shift(form, text, size, parts, out);
}

static bool encode_text(const struct translate_form *form, const char *text, size_t size,
                        uint8_t *scratch, struct encoded *out)
{
    struct smpp_text_progress progress;
    enum smpp_text_result result;

    *out = (struct encoded){.anew = true, .octets = scratch};
    choose_alphabet(form, text, size, out);
    if (out->alphabet == SMPP_ALPHABET_GSM)
        result = smpp_text_encode_shifted(out->shift, text, size, scratch,
                                          TRANSLATE_SEGMENT_MAX, &progress);
    else
        result = smpp_text_encode(out->alphabet, text, size, scratch, TRANSLATE_SEGMENT_MAX,
                                  &progress);
    out->size = progress.written;
    return result == SMPP_TEXT_OK;
}

/* With its class or groups of its own a data_coding says more than an alphabet. */
static bool says_only_its_alphabet(const struct body *body)
{
    return body->from_api || body->data_coding < 0x10;
}

/* Out of line, also the next: their room on the stack is not taken for every message. */
__attribute__((noinline)) static bool encode_in_latin(const struct body *body,
                                                      enum smpp_alphabet default_alphabet,
                                                      const struct translate_form *form,
                                                      uint8_t *scratch, struct encoded *out)
{
    char text[WRITTEN_MAX * SMPP_TEXT_DECODED_GROWTH];
    char latin[WRITTEN_MAX];
    size_t size = body->text_size;

    if (!says_only_its_alphabet(body) || has_header(body))
        return false;
    if (!body->from_api &&
        !decode_body(body, default_alphabet, SIZE_MAX, text, sizeof(text), &size))
        return false;
    return transliterate(body->from_api ? (const char *)body->bytes : text, size, latin,
                         sizeof(latin), &size) &&
           encode_text(form, latin, size, scratch, out);
}

__attribute__((noinline)) static bool encode_anew(const struct body *body,
                                                  enum smpp_alphabet default_alphabet,
                                                  const struct translate_form *form,
                                                  uint8_t *scratch, struct encoded *out)
{
    char text[WRITTEN_MAX * SMPP_TEXT_DECODED_GROWTH];
    size_t size;

    return decode_body(body, default_alphabet, SIZE_MAX, text, sizeof(text), &size) &&
           encode_text(form, text, size, scratch, out);
}

static bool encode(const struct body *body, enum smpp_alphabet default_alphabet,
                   const struct translate_form *form, bool latin, uint8_t *scratch,
                   struct encoded *out)
{
    if (latin)
        return encode_in_latin(body, default_alphabet, form, scratch, out);
    if (body->from_api)
        return encode_text(form, (const char *)body->bytes, body->text_size, scratch, out);
    if (body->data_coding == 0 && default_alphabet != form->alphabet && !has_header(body))
        return encode_anew(body, default_alphabet, form, scratch, out);
    *out = (struct encoded){
        .alphabet = smpp_text_alphabet(body->data_coding, default_alphabet),
        .shift = shift_of(body),
        .octets = body->bytes,
        .size = body->text_size,
    };
    return true;
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
    return !has_header(body) && encoded->alphabet != SMPP_ALPHABET_BINARY;
}

/* The ports that parameters tell; false: none, or the text is too short to be cut. */
static bool has_ports(const struct body *body, const struct encoded *encoded,
                      struct smpp_ports *out)
{
    struct smpp_pdu pdu;

    if (body->tlv_size == 0 || encoded->size <= SMPP_USER_DATA_MAX_SIZE)
        return false;
    smpp_pdu_init(&pdu, SMPP_SUBMIT_SM, 0, 0);
    (void)!body_add_tlvs(body, &pdu);
    return smpp_ports_read(&pdu, out);
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

    return has_header(body) && !smpp_header_read(user_data(body), &header);
}

/* A part that its client tells by sar_ parameters: it cannot be cut into parts again. */
static bool is_sar_part(const struct body *body)
{
    struct smpp_part part;

    return body->tlv_size > 0 && body_part_of(body, &part) && part.kind == SMPP_PART_SAR;
}

static bool count_uncut(const struct body *body, const struct encoded *encoded,
                        uint16_t *out_parts)
{
    if (has_header(body) && encoded->alphabet != SMPP_ALPHABET_BINARY &&
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
        !encode(body, default_alphabet, form, latin, scratch, &encoded))
        return false;
    if (!is_cut(body, &encoded))
        return count_uncut(body, &encoded, out_parts);
    count = split_text(&encoded, form, has_ports(body, &encoded, &ports), segments);
    if (count == 0 || (count > 1 && is_sar_part(body)))
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
    if (write_segment(to, text, progress.written,
                      smpp_text_capacity(room, out->header_size), scratch, out))
        return true;
    out->data_coding = smpp_text_data_coding(SMPP_ALPHABET_UCS2);
    if (write_segment(SMPP_ALPHABET_UCS2, text, progress.written,
                      smpp_text_capacity(SMPP_ALPHABET_UCS2, out->header_size), scratch,
                      out))
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
    if (!encode(body, account_alphabet, form,
                (live->message.flags & MESSAGE_TRANSLITERATED) != 0, scratch, &encoded))
        return false;
    out->octets = encoded.octets;
    out->octet_count = encoded.size;
    if (is_cut(body, &encoded) && form->split != CONFIG_PAYLOAD &&
        !cut(live, &encoded, number, form, scratch, out))
        return false;
    if (has_header(body) && body->header_size == 0)
        return true; /* a header that cannot be read: every octet stays */
    if (form->split == CONFIG_PAYLOAD && encoded.size > SHORT_MAX &&
        out->data_coding == 0 && encoded.alphabet != link_alphabet &&
        (!encoded.anew || encoded.alphabet == SMPP_ALPHABET_GSM))
        return recode_payload(&encoded, link_alphabet, scratch, out);
    return fit(&encoded, link_alphabet, scratch, out);
}

/* --- text --------------------------------------------------------------------------- */

bool translate_body_text(const struct body *body, enum smpp_alphabet default_alphabet,
                         char *out, size_t room, size_t *out_size)
{
    if (!body->from_api)
        return decode_body(body, default_alphabet, SIZE_MAX, out, room, out_size);
    if (body->text_size > room)
        return false;
    memcpy(out, body->bytes, body->text_size);
    *out_size = body->text_size;
    return true;
}

bool translate_text(const struct live *live, enum smpp_alphabet account_alphabet, char *out,
                    size_t room)
{
    struct distinct distinct;
    size_t used = 0;

    find_distinct(live, &distinct);
    for (uint16_t i = 0; i <= SMPP_PARTS_MAX; i++) {
        size_t size;

        if (distinct.by_number[i] == NULL)
            continue;
        if (!translate_body_text(distinct.by_number[i], account_alphabet, out + used,
                                 room - 1 - used, &size))
            return false;
        used += size;
    }
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

    out[0] = 0;
    if (!translate_is_text(body, account_alphabet))
        return;
    if (!body->from_api) {
        (void)!decode_body(body, account_alphabet, OCTETS, decoded, sizeof(decoded), &size);
        text = decoded;
    }
    size = head_size(text, size < OCTETS ? size : OCTETS);
    memcpy(out, text, size);
    out[size] = 0;
}
