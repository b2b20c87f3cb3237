/*
 * The rows of command.def as data: which mandatory fields a command has, in order.
 * Decoder, encoder and tests walk them; nobody else needs to.
 */
#ifndef SMPP_FIELD_H
#define SMPP_FIELD_H

#include <stdint.h>

enum smpp_field_kind {
    SMPP_FIELD_END, /* no more; the first row of a header-only command */
    SMPP_FIELD_INTEGER,
    SMPP_FIELD_STRING,
    SMPP_FIELD_TIME,
    SMPP_FIELD_TEXT,
    SMPP_FIELD_LIST,
};

/* Kinds and limits as command.def explains them. */
struct smpp_field {
    uint8_t kind;
    uint8_t limit;
    uint16_t offset; /* in struct smpp_pdu: of a uint8_t for INTEGER, of smpp_octets else */
    uint32_t status;
};

/* The rows of a command up to its SMPP_FIELD_END; NULL for an unknown command. */
const struct smpp_field *smpp_fields_of(uint32_t command);

#endif
