/*
 * The alphabets of short messages and UTF-8: decoding, encoding, counting.
 *
 * Encoded text is as SMPP carries it: GSM 03.38 unpacked, one septet in an octet
 * (3.4 5.2.19), UCS-2 big-endian, with surrogate pairs.  No function allocates or
 * keeps state; outputs go to the caller's room, are never longer than it and get no
 * NUL.
 */
#ifndef SMPP_TEXT_H
#define SMPP_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "smpp/gsm.h"

enum smpp_alphabet {
    SMPP_ALPHABET_GSM,        /* 3GPP TS 23.038 6.2.1 with the extension of 6.2.1.1 */
    SMPP_ALPHABET_ASCII,      /* IA5 */
    SMPP_ALPHABET_LATIN_1,    /* ISO-8859-1 */
    SMPP_ALPHABET_ISO_8859_5, /* Cyrillic */
    SMPP_ALPHABET_UCS2,       /* UTF-16 big-endian */
    SMPP_ALPHABET_BINARY,     /* not text, or in no alphabet we know: never decoded */
};

enum {
    SMPP_TEXT_DECODED_GROWTH = 3,  /* decoding n octets writes at most 3 n */
    SMPP_TEXT_ENCODED_GROWTH = 2,  /* encoding n octets of UTF-8 writes at most 2 n */
    SMPP_USER_DATA_MAX_SIZE = 140, /* octets of user data in one short message on the air */
};

/*
 * The alphabet of a data_coding (3.4 5.2.19).  0x00 means `default_alphabet`, which is
 * agreed with each peer.  From 0x10 on it is what 3GPP TS 23.038 4 says: class and alphabet
 * (0x10-0x1F, 0xF0-0xFF), the same to be deleted after reading (0x40-0x5F), message waiting
 * (0xC0-0xEF).  Compressed, reserved and all others are BINARY.
 */
enum smpp_alphabet smpp_text_alphabet(uint8_t data_coding,
                                      enum smpp_alphabet default_alphabet);

/* The message class a data_coding carries: 0 (flash) to 3, -1 when it carries none. */
int smpp_text_class(uint8_t data_coding);

/* It switches an indicator of waiting messages; its text may be thrown away unread. */
bool smpp_text_is_waiting(uint8_t data_coding);

/* The data_coding of an alphabet, without class: 0x00 for GSM, 0x04 for BINARY. */
uint8_t smpp_text_data_coding(enum smpp_alphabet alphabet);

/* As settings and traces spell it: "gsm", "ascii", "latin-1", "iso-8859-5", "ucs-2",
 * "binary". */
const char *smpp_text_alphabet_name(enum smpp_alphabet alphabet);

/* The alphabet with this name; false, and nothing written, when there is none. */
bool smpp_text_alphabet_find(const char *name, enum smpp_alphabet *out_alphabet)
    __attribute__((warn_unused_result));

enum smpp_text_result {
    SMPP_TEXT_OK = 0,
    SMPP_TEXT_INVALID, /* the input is not what it claims to be */
    SMPP_TEXT_UNFIT,   /* a character the alphabet does not have */
    SMPP_TEXT_NO_ROOM, /* the output would not fit */
};

/* How far a conversion came; filled whatever the result. */
struct smpp_text_progress {
    size_t read;    /* octets of input used: all, or up to the character that stopped it */
    size_t written; /* octets of output, always whole characters */
    size_t invalid; /* decoding: places of the input shown as U+FFFD */
};

/*
 * Encoded text to UTF-8.  What means nothing (an octet outside the alphabet, half a
 * surrogate pair, half a unit) is written as U+FFFD and counted; the result is then
 * SMPP_TEXT_INVALID, and everything was decoded all the same.  NO_ROOM: the characters
 * that fit were written.  After ESC, a code the extension does not have shows the
 * character of the main table (23.038 6.2.1.1); ESC ESC and an ESC at the end, a space.
 * BINARY: SMPP_TEXT_UNFIT, nothing written.
 */
enum smpp_text_result smpp_text_decode(enum smpp_alphabet alphabet, const uint8_t *octets,
                                       size_t size, char *utf8, size_t room,
                                       struct smpp_text_progress *progress);

/* The same of GSM text beside a header that names other tables; after ESC, what the single
 * shift table does not have is shown as in the locking one. */
enum smpp_text_result smpp_text_decode_shifted(struct smpp_shift shift,
                                               const uint8_t *octets, size_t size,
                                               char *utf8, size_t room,
                                               struct smpp_text_progress *progress);

/*
 * UTF-8 to encoded text.  Stops at the first character that is not UTF-8 (INVALID), not
 * in the alphabet (UNFIT) or does not fit (NO_ROOM): progress->read is its offset.
 */
enum smpp_text_result smpp_text_encode(enum smpp_alphabet alphabet, const char *utf8,
                                       size_t size, uint8_t *octets, size_t room,
                                       struct smpp_text_progress *progress);

/* The same to GSM with other tables. */
enum smpp_text_result smpp_text_encode_shifted(struct smpp_shift shift, const char *utf8,
                                               size_t size, uint8_t *octets, size_t room,
                                               struct smpp_text_progress *progress);

/* GSM if it has every character of this UTF-8, else UCS-2. */
enum smpp_alphabet smpp_text_best_alphabet(const char *utf8, size_t size);

/* What a text is when it is encoded, without encoding it. */
struct smpp_text_measure {
    size_t units;  /* septets, escapes included; octets; or units of 16 bits */
    size_t octets; /* as SMPP carries it */
    size_t parts;  /* short messages it takes; 1 for an empty text */
};

/*
 * Measures UTF-8 in an alphabet.  A text over 160 septets, 140 octets or 70 units is cut
 * into parts that each lose `header_size` octets to their header (6: 153, 134, 67; 7:
 * 152, 133, 66), never inside an escape or surrogate pair.  INVALID and UNFIT as encoding
 * says; nothing is written then.
 */
enum smpp_text_result smpp_text_measure(enum smpp_alphabet alphabet, const char *utf8,
                                        size_t size, size_t header_size,
                                        struct smpp_text_measure *out_measure)
    __attribute__((warn_unused_result));

/*
 * The same of GSM text with other tables: each short message also carries the elements
 * that name them (155 septets for one language alone, 149 in a part beside a header of 6).
 */
enum smpp_text_result smpp_text_measure_shifted(struct smpp_shift shift, const char *utf8,
                                                size_t size, size_t header_size,
                                                struct smpp_text_measure *out_measure)
    __attribute__((warn_unused_result));

/*
 * Octets of encoded text one short message takes beside a header of `header_size` octets,
 * its length octet included (23.040 9.2.3.24); header_size <= 140.
 */
size_t smpp_text_capacity(enum smpp_alphabet alphabet, size_t header_size);

/* The same of GSM text, where the header (0: there is none but for this) also names its
 * tables. */
size_t smpp_text_shifted_capacity(struct smpp_shift shift, size_t header_size);

/* Well-formed UTF-8 as RFC 3629: no overlong form, no surrogate, nothing past U+10FFFF. */
bool smpp_text_is_utf8(const char *text, size_t size);

#endif
