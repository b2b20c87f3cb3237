/*
 * Long messages: the user data header (3GPP TS 23.040 9.2.3.24), the sar_ parameters
 * (SMPP 3.4 5.3.2.22-24), and cutting an encoded text into segments.  Pure functions:
 * collecting the parts of a message is left to who has time and memory for it.
 */
#ifndef SMPP_PARTS_H
#define SMPP_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "smpp/pdu.h"
#include "smpp/text.h"

enum {
    SMPP_ESM_CLASS_UDHI = 0x40, /* the user data begins with a header */
    SMPP_PARTS_MAX = 255,       /* of one message */
    SMPP_PART_HEADER_MAX_SIZE = 7,
    SMPP_HEADER_MAX_SIZE =
        19,              /* that we write: a part with ports in two national languages */
    SMPP_PORTS_SIZE = 6, /* octets that ports take in a header */
};

/* How the parts of a message are told to belong together. */
enum smpp_part_kind {
    SMPP_PART_8,   /* header element 0x00, reference of 8 bits */
    SMPP_PART_16,  /* header element 0x08, reference of 16 bits */
    SMPP_PART_SAR, /* sar_msg_ref_num, sar_total_segments, sar_segment_seqnum */
};

/* One part of a long message: total is at least 2, number is from 1 to total. */
struct smpp_part {
    enum smpp_part_kind kind;
    uint16_t reference;
    uint8_t total;
    uint8_t number;
    uint8_t header_size; /* octets of header before the text, 0 for SAR */
};

/* Applications a message is from and to (3GPP TS 23.040 9.2.3.24.4). */
struct smpp_ports {
    uint16_t destination;
    uint16_t source;
};

/* What a user data header says.  Of two elements of the same kind the last counts. */
struct smpp_header {
    uint8_t size;            /* octets, the length octet included */
    bool is_only_text;       /* nothing but concatenation and language shifts */
    bool is_part;            /* `part` is filled: a concatenation that makes sense */
    bool has_ports;          /* application ports, 8 or 16 bits */
    bool is_for_card;        /* (U)SIM toolkit security headers (23.040 9.2.3.24.7) */
    struct smpp_shift shift; /* the tables of GSM text behind it */
    struct smpp_ports ports;
    struct smpp_part part;
};

/*
 * Reads the header at the start of a user data.  False when it runs past the user data
 * or an element runs past the header; nothing is written then, and the caller either
 * refuses the message or takes all of it as text.  Unknown elements are skipped; a
 * concatenation of the wrong size, of total 0 or 1, or whose number is 0 or above its
 * total is ignored.
 */
bool smpp_header_read(struct smpp_octets user_data, struct smpp_header *out_header)
    __attribute__((warn_unused_result));

/*
 * Which part of a long message a submit_sm, deliver_sm or data_sm is: by its header when
 * esm_class says it has one, else by its sar_ parameters, of which all three must be
 * there (3.4 5.3.2.22).  False when it is a message of its own.
 */
bool smpp_part_read(const struct smpp_pdu *pdu, struct smpp_part *out_part)
    __attribute__((warn_unused_result));

/*
 * The ports that parameters tell (SMPP 3.4 5.3.2.20 and .21); without a source_port that is
 * 0.  False: there is no destination_port.
 */
bool smpp_ports_read(const struct smpp_pdu *pdu, struct smpp_ports *out_ports)
    __attribute__((warn_unused_result));

/*
 * Writes the header of a part, `kind` 8 or 16 (with 8, the low octet of the reference).
 * Returns its size: 6 or 7; 0 for SAR, which has none.
 */
size_t smpp_part_write_header(const struct smpp_part *part,
                              uint8_t out[SMPP_PART_HEADER_MAX_SIZE]);

/*
 * Writes the whole header of a short message: its part (NULL: it is a message of its own),
 * its ports (NULL: none), and the tables its GSM text is written with.  Returns its size, 0
 * when none is needed.
 */
size_t smpp_header_write(const struct smpp_part *part, const struct smpp_ports *ports,
                         struct smpp_shift shift, uint8_t out[SMPP_HEADER_MAX_SIZE]);

/* Size of the header that parts of this kind carry: 6, 7, or the 6 an SMSC makes of SAR. */
size_t smpp_part_header_size(enum smpp_part_kind kind);

/*
 * Adds the three sar_ parameters of a part; `values` holds them and must live until the
 * PDU has been encoded.  False when the PDU has no place left.
 */
bool smpp_part_add_sar(struct smpp_pdu *pdu, const struct smpp_part *part,
                       uint8_t values[4]) __attribute__((warn_unused_result));

/* A piece of an encoded text. */
struct smpp_segment {
    uint32_t offset;
    uint32_t size;
};

/*
 * Octets at the end of encoded text that only begin a character: the ESC of a pair (1), a
 * high surrogate (2); 0 when the last character is whole.
 */
size_t smpp_parts_torn(enum smpp_alphabet alphabet, const uint8_t *octets, size_t size);

/*
 * Cuts encoded text so that each segment fits into one short message: one segment and no
 * header if all of it does, else segments beside a header of `header_size` octets.  Never
 * cuts an escape pair, a unit or a surrogate pair.  Returns the number of segments, 0
 * when there would be more than `capacity` (255 is enough for whatever can be sent);
 * `segments` is then undefined.  An empty text is one empty segment.
 */
size_t smpp_parts_split(enum smpp_alphabet alphabet, const uint8_t *octets, size_t size,
                        size_t header_size, struct smpp_segment *segments, size_t capacity)
    __attribute__((warn_unused_result));

/* The same for GSM text with other tables, whose elements stand in each header too. */
size_t smpp_parts_split_shifted(struct smpp_shift shift, const uint8_t *octets, size_t size,
                                size_t header_size, struct smpp_segment *segments,
                                size_t capacity) __attribute__((warn_unused_result));

#endif
