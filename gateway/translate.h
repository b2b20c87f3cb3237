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

/* True when it may be decoded: a known alphabet, protocol_id 0, no class 0, and a header
 * with nothing but concatenation. */
bool translate_is_text(const struct body *body, enum smpp_alphabet default_alphabet);

/*
 * How many submit_sm a body takes on a link that splits like this, and how many parts
 * that is to the sender.  False: the text is too long or not what it claims to be.
 */
bool translate_count(const struct body *body, enum smpp_alphabet default_alphabet,
                     enum config_split split, uint16_t *out_segments, uint16_t *out_parts);

/* A segment as it goes into submit_sm; octets point into `scratch` or the body. */
struct translated {
    const struct body *body;
    uint8_t esm_class;
    uint8_t data_coding;
    const uint8_t *octets;
    size_t octet_count;
    bool has_sar;
    struct smpp_part sar;
};

/* Segment `number` (from 1) of the message; `scratch` has TRANSLATE_SEGMENT_MAX octets. */
bool translate_segment(const struct live *live, uint16_t number,
                       enum smpp_alphabet account_alphabet, enum smpp_alphabet link_alphabet,
                       enum config_split split, uint8_t *scratch, struct translated *out);

/* How many different parts of a collected message have come. */
uint16_t translate_distinct_parts(const struct live *live);

/* The body whose submission goes as this segment; a collected message has one for each. */
const struct body *translate_segment_body(const struct live *live, uint16_t number);
/* And back: the segment a submission goes as. */
uint16_t translate_body_segment(const struct live *live, const struct body *body);

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
