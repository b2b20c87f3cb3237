/*
 * The text that is cut: as it was submitted, or written anew (from the API, transliterated,
 * or under a data_coding 0 that means different things to the account and the links).
 */
#include "gateway/translate_pieces.h"

#include "gateway/transliterate.h"

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

    if (!says_only_its_alphabet(body) || translate_has_header(body))
        return false;
    if (!body->from_api &&
        !translate_decode(body, default_alphabet, SIZE_MAX, text, sizeof(text), &size))
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
    struct translate_form own = *form;
    struct smpp_ports ports;
    size_t size;

    /* 3.4 5.2.12: parameters tell no ports beside a header. */
    if (translate_ports_of(body, &ports))
        own.languages = 0;
    return translate_decode(body, default_alphabet, SIZE_MAX, text, sizeof(text), &size) &&
           encode_text(&own, text, size, scratch, out);
}

bool translate_encode(const struct body *body, enum smpp_alphabet default_alphabet,
                      const struct translate_form *form, bool latin, uint8_t *scratch,
                      struct encoded *out)
{
    if (latin)
        return encode_in_latin(body, default_alphabet, form, scratch, out);
    if (body->from_api)
        return encode_text(form, (const char *)body->bytes, body->text_size, scratch, out);
    if (body->data_coding == 0 && default_alphabet != form->alphabet &&
        !translate_has_header(body) && !translate_is_sar_part(body))
        return encode_anew(body, default_alphabet, form, scratch, out);
    *out = (struct encoded){
        .alphabet = smpp_text_alphabet(body->data_coding, default_alphabet),
        .shift = translate_shift_of(body),
        .octets = body->bytes,
        .size = body->text_size,
    };
    return true;
}
