/*
 * From what was submitted to what a channel carries: segments for links, one UTF-8
 * text for the others.
 */
#ifndef GATEWAY_TRANSLATE_H
#define GATEWAY_TRANSLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/body.h"
#include "gateway/catalog.h"
#include "gateway/config.h"
#include "gateway/live.h"
#include "smpp/parts.h"
#include "smpp/text.h"

enum {
    TRANSLATE_SEGMENT_MAX = 65536, /* octets one segment may have: a whole payload */
    TRANSLATE_TEXT_MAX = 64 * 1024 * 3,
    TRANSLATE_HEAD_MAX = 20, /* characters of a text that a receipt shows at most */
    TRANSLATE_HEAD_SIZE = TRANSLATE_HEAD_MAX * 4 + 1,
};

enum smpp_alphabet translate_alphabet(enum config_alphabet alphabet);

/* What data_coding 0 means to an account; one that is not configured any more: GSM. */
enum smpp_alphabet translate_alphabet_of(const struct account *account);

/*
 * How a long text is cut and, where it is ours to encode, written: the links of a plan
 * take it in the form of one of them, as far as one does not cut it its own way.
 */
struct translate_form {
    enum smpp_alphabet alphabet; /* what data_coding 0 means there */
    enum config_split split;
    uint8_t languages; /* bit 1 << smpp_language: national tables that may be used */
};

/* Of a link; NULL: as if there were a plain one. */
struct translate_form translate_form_of(const struct config_link *link);

/*
 * True when it may be decoded and shown by a messenger: a known alphabet, protocol_id 0,
 * neither class 0 nor message waiting, a header with nothing but concatenation and language
 * shifts, and no parameter that sends it elsewhere than to the person.
 */
bool translate_is_text(const struct body *body, enum smpp_alphabet default_alphabet);

/* It would be text, were it not of class 0 or for the display alone. */
bool translate_is_flash(const struct body *body, enum smpp_alphabet default_alphabet);

/*
 * How many submit_sm a body takes in this form, and how many parts that is to the sender;
 * `latin`: its Cyrillic is transliterated.  False: the text is too long, not what it claims
 * to be, or cannot be transliterated.
 */
bool translate_count(const struct body *body, enum smpp_alphabet default_alphabet,
                     const struct translate_form *form, bool latin, uint16_t *out_segments,
                     uint16_t *out_parts);

/* The account has its Cyrillic transliterated, and for this body it saves a part on the
 * links, of which `link` gives the form; NULL: there are none. */
bool translate_wants_latin(const struct account *account, const struct config_link *link,
                           const struct body *body);

/* It takes fewer parts when it is transliterated. */
bool translate_is_cheaper_in_latin(const struct body *body,
                                   enum smpp_alphabet default_alphabet,
                                   const struct translate_form *form);

/* A segment as it goes into submit_sm; octets point into `scratch` or the body. */
struct translated {
    const struct body *body;
    uint8_t esm_class;
    uint8_t data_coding;
    uint8_t header_size; /* octets of header at the head of them */
    const uint8_t *octets;
    size_t octet_count;
    bool has_sar;
    struct smpp_part sar;
};

/*
 * Segment `number` (from 1) of the message, cut in this form, for a link whose data_coding
 * 0 means `link_alphabet`; `scratch` has TRANSLATE_SEGMENT_MAX octets.  False: it was cut
 * otherwise at acceptance, or that link has no way of writing it in one short message.
 */
bool translate_segment(const struct live *live, uint16_t number,
                       enum smpp_alphabet account_alphabet,
                       const struct translate_form *form, enum smpp_alphabet link_alphabet,
                       uint8_t *scratch, struct translated *out);

/* How many different parts of a collected message have come. */
uint16_t translate_distinct_parts(const struct live *live);

/* The body whose submission goes as this segment; a collected message has one for each. */
const struct body *translate_segment_body(const struct live *live, uint16_t number);
/* And back: the segment a submission goes as. */
uint16_t translate_body_segment(const struct live *live, const struct body *body);

/* The text of one body in UTF-8, without a NUL; false: it is not in an alphabet that is
 * known, or has no room. */
bool translate_body_text(const struct body *body, enum smpp_alphabet default_alphabet,
                         char *out, size_t room, size_t *out_size)
    __attribute__((warn_unused_result));

/* The whole text in UTF-8 with a NUL; false: no text, or more than the room. */
bool translate_text(const struct live *live, enum smpp_alphabet account_alphabet, char *out,
                    size_t room);

/*
 * The first TRANSLATE_HEAD_MAX characters of one body's text, in UTF-8 with a NUL, for a
 * receipt; nothing of what is no text.
 */
void translate_head(const struct body *body, enum smpp_alphabet account_alphabet,
                    char out[TRANSLATE_HEAD_SIZE]);

#endif
