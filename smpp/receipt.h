/*
 * Delivery receipts: the text of SMPP 3.4 Appendix B written, and whatever peers make
 * of it read (text, optional parameters, or both).
 */
#ifndef SMPP_RECEIPT_H
#define SMPP_RECEIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "smpp/pdu.h"

/* message_state (3.4 5.2.28; 5.0 4.7.15 adds SCHEDULED and SKIPPED). */
enum smpp_message_state {
    SMPP_STATE_NONE = -1, /* not said, or said in a word nobody knows */
    SMPP_STATE_SCHEDULED = 0,
    SMPP_STATE_ENROUTE = 1,
    SMPP_STATE_DELIVERED = 2,
    SMPP_STATE_EXPIRED = 3,
    SMPP_STATE_DELETED = 4,
    SMPP_STATE_UNDELIVERABLE = 5,
    SMPP_STATE_ACCEPTED = 6,
    SMPP_STATE_UNKNOWN = 7,
    SMPP_STATE_REJECTED = 8,
    SMPP_STATE_SKIPPED = 9,
};

/* The seven letters of a state (Appendix B): "DELIVRD"; "UNKNOWN" for what is no state. */
const char *smpp_receipt_word(enum smpp_message_state state);

/* The state of a word, in any case, also those only some peers use; else NONE. */
enum smpp_message_state smpp_receipt_state(struct smpp_octets word);

enum {
    SMPP_RECEIPT_MAX_SIZE = 254, /* a receipt always fits into short_message */
    SMPP_RECEIPT_ID_MAX_SIZE = 64,
    SMPP_RECEIPT_ERROR_MAX_SIZE = 8,
};

/* What a receipt is to say.  All views are borrowed for the call. */
struct smpp_receipt_facts {
    struct smpp_octets id; /* cut at SMPP_RECEIPT_ID_MAX_SIZE */
    enum smpp_message_state state;
    struct smpp_octets error; /* shorter than error_digits: zeros before it; cut at 8 */
    int64_t submitted_ms;     /* since 1970-01-01 UTC */
    int64_t done_ms;
    struct smpp_octets text; /* of the message, UTF-8; {0} for none */
    uint8_t text_length;     /* characters of it to show: 20 by Appendix B */
    uint8_t date_digits;  /* 10 by Appendix B, 12 with seconds, 14 with the century too */
    uint8_t error_digits; /* 0: the 3 of Appendix B */
    int16_t zone_minutes; /* the dates' zone, east of UTC */
    bool latin_1;         /* the text keeps the letters of ISO-8859-1 */
};

/*
 * Writes
 *   id:ID sub:001 dlvrd:001 submit date:YYMMDDhhmm done date:YYMMDDhhmm stat:DELIVRD
 *   err:000 text:...
 * in one line, `dlvrd` 000 unless the state is DELIVERED.  Each character of the text is
 * one octet: what is not printable ASCII becomes '?', but for ISO-8859-1 with `latin_1`; a
 * line break becomes a space.  What of the text would pass SMPP_RECEIPT_MAX_SIZE is left
 * out.  Returns the size; no NUL.
 */
size_t smpp_receipt_write(const struct smpp_receipt_facts *facts,
                          char out[SMPP_RECEIPT_MAX_SIZE]);

enum { SMPP_RECEIPT_SCRATCH_SIZE = 512 }; /* enough for all short_message holds */

/*
 * A receipt as it was read.  Views point into the PDU's bytes or into the scratch and
 * live as long as both; a field that was not there has size 0.
 */
struct smpp_receipt {
    struct smpp_octets id;         /* receipted_message_id, else the text's */
    struct smpp_octets text_id;    /* the text's, also when the parameter is there too */
    enum smpp_message_state state; /* message_state, else by `word`, else NONE */
    bool is_intermediate;          /* an intermediate notification (3.4 2.11) */
    struct smpp_octets word;       /* the text's stat, as written */
    struct smpp_octets error;      /* network_error_code in decimal, else the text's err */
    uint8_t network_type; /* of network_error_code (5.3.2.31), 0 when there is none */
    struct smpp_octets submit_date; /* as written: see smpp_timestamp_read_date() */
    struct smpp_octets done_date;
    struct smpp_octets text; /* behind `text:`, what is told of the message's own */
};

/* What a place in a list of values without names holds. */
enum smpp_receipt_column {
    SMPP_COLUMN_OTHER,
    SMPP_COLUMN_ID,
    SMPP_COLUMN_STATE,
    SMPP_COLUMN_DONE,
    SMPP_COLUMN_SUBMITTED,
    SMPP_COLUMN_ERROR,
    SMPP_COLUMN_TEXT,
};

enum { SMPP_RECEIPT_COLUMNS_MAX = 16 };

/* What cannot be seen by a peer's receipts but must be known; NULL or all zero: nothing. */
struct smpp_receipt_form {
    bool unmarked;        /* esm_class may say nothing of a receipt */
    uint8_t column_count; /* 0: state, done, submitted, error, others */
    uint8_t columns[SMPP_RECEIPT_COLUMNS_MAX];
};

/* The recipient's own telephone or application, or the recipient by hand, says that it has
 * the message (3.4 2.11): of 0x08 and 0x10, whatever else is set. */
bool smpp_esm_class_is_acknowledgement(uint8_t esm_class);

/*
 * Reads a deliver_sm or data_sm.  False when it is no receipt: esm_class is neither that
 * of a receipt nor of an intermediate notification (3.4 5.2.12) and there is no
 * receipted_message_id, or it is an acknowledgement of the recipient without a
 * message_state; nor, where `form` says that receipts come unmarked, is it a plain
 * message whose text has an id, a state and a date before any `text:`.
 *
 * The optional parameters come first.  The text is taken token by token, in any order and
 * case, fields missing or unknown; the first of each name counts and nothing after
 * `text:`, for what follows was written by whoever sent the message.  A word of Appendix B
 * without its `stat:` counts beside an id, and a list of values without names, separated by
 * commas, semicolons or bars, is read by the columns of `form`; its dates must be dates.
 * Text in UCS-2 is decoded into `scratch`, of at least SMPP_RECEIPT_SCRATCH_SIZE; what does
 * not fit there is not looked at.
 */
bool smpp_receipt_read(const struct smpp_pdu *deliver, const struct smpp_receipt_form *form,
                       char *scratch, size_t scratch_size, struct smpp_receipt *out_receipt)
    __attribute__((warn_unused_result));

/* How a peer writes its message ids; a rule for its responses and one for its receipts. */
enum smpp_id_form {
    SMPP_ID_AS_IS,   /* octet for octet */
    SMPP_ID_FOLDED,  /* letters in any case, zeros before it mean nothing */
    SMPP_ID_DECIMAL, /* zeros before it mean nothing */
    SMPP_ID_HEX,     /* a hexadecimal number, compared as decimal */
};

/*
 * The form under which an id of a response and the id of its receipt are equal: "00B8BE19"
 * read as HEX and "12107289" read as DECIMAL give the same octets.  HEX of more than 16
 * significant digits and what is no number by its form are taken as FOLDED.  Returns the
 * size, at most SMPP_RECEIPT_ID_MAX_SIZE; 0 when the id is empty or longer than that.
 */
size_t smpp_receipt_id_canonical(enum smpp_id_form form, struct smpp_octets id,
                                 char out[SMPP_RECEIPT_ID_MAX_SIZE]);

#endif
