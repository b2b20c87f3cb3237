/*
 * What the files of translate.h share: translate.c cuts a body into segments,
 * translate_encode.c writes the text that is cut, translate_marks.c tells what is text,
 * translate_text.c reads it, of the parts of a collected message too.  Only they include
 * this.
 */
#ifndef GATEWAY_TRANSLATE_PIECES_H
#define GATEWAY_TRANSLATE_PIECES_H

#include "gateway/translate.h"

enum {
    WRITTEN_MAX = SMPP_PARTS_MAX * 153, /* characters that any number of parts can take */
    SHORT_MAX = 160,                    /* units of one short message */
};

/* --- what was submitted (translate_text.c) ------------------------------------------ */

bool translate_has_header(const struct body *body);
/* A part that its client tells by sar_ parameters: it cannot be cut into parts again. */
bool translate_is_sar_part(const struct body *body);
/* The ports that its parameters tell; false: they tell none. */
bool translate_ports_of(const struct body *body, struct smpp_ports *out);
struct smpp_octets translate_user_data(const struct body *body);
/* The national tables that its header names. */
struct smpp_shift translate_shift_of(const struct body *body);

/* The text of a body in UTF-8, as far as there is room; false: it is not text. */
bool translate_decode(const struct body *body, enum smpp_alphabet default_alphabet,
                      size_t limit, char *out, size_t room, size_t *out_size);

/* --- what is cut (translate_encode.c) ----------------------------------------------- */

/* A text, and how it is encoded. */
struct encoded {
    enum smpp_alphabet alphabet;
    struct smpp_shift shift;
    bool anew; /* not as it was submitted: its data_coding is ours to say */
    const uint8_t *octets;
    size_t size;
};

/* Its text as it goes over links of this form, cut or not; what is written anew is in the
 * scratch, of TRANSLATE_SEGMENT_MAX octets.  False: it cannot be written there. */
bool translate_encode(const struct body *body, enum smpp_alphabet default_alphabet,
                      const struct translate_form *form, bool latin, uint8_t *scratch,
                      struct encoded *out);

#endif
