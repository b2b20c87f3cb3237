/*
 * The numbers and names of SMPP: command_id (3.4 5.1.2.1) and command_status
 * (3.4 5.1.3), made from command.def and status.def.
 */
#ifndef SMPP_COMMAND_H
#define SMPP_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

enum smpp_command {
    SMPP_GENERIC_NACK = 0x80000000,
    SMPP_BIND_RECEIVER = 0x00000001,
    SMPP_BIND_TRANSMITTER = 0x00000002,
    SMPP_QUERY_SM = 0x00000003,
    SMPP_SUBMIT_SM = 0x00000004,
    SMPP_DELIVER_SM = 0x00000005,
    SMPP_UNBIND = 0x00000006,
    SMPP_REPLACE_SM = 0x00000007,
    SMPP_CANCEL_SM = 0x00000008,
    SMPP_BIND_TRANSCEIVER = 0x00000009,
    SMPP_OUTBIND = 0x0000000B,
    SMPP_ENQUIRE_LINK = 0x00000015,
    SMPP_SUBMIT_MULTI = 0x00000021,
    SMPP_ALERT_NOTIFICATION = 0x00000102,
    SMPP_DATA_SM = 0x00000103,
    SMPP_RESPONSE = 0x80000000, /* or-ed to a request's id */
};

/* ESME_ROK = 0, ESME_RINVMSGLEN = 1 ... one enumerator per row of status.def. */
enum smpp_status {
#define STATUS(value, name, meaning) name = value,
#include "smpp/status.def"
#undef STATUS
};

/* "submit_sm"; NULL for an id that is not in command.def. */
const char *smpp_command_name(uint32_t command);

/* "ESME_RTHROTTLED"; "vendor" for 0x400-0x4FF, "reserved" for what no table has. */
const char *smpp_status_name(uint32_t status);

#endif
