/*
 * The operation matrix (SMPP 3.4 2.3, Table 2-1): which side takes which request in
 * which states.  One row per request; a response follows its request and has no row.
 */
#ifndef SMPP_OPERATION_H
#define SMPP_OPERATION_H

#include <stdbool.h>
#include <stdint.h>

enum smpp_operation_kind {
    SMPP_OPERATION_SUBMIT, /* submit_sm, data_sm or submit_multi to an SMSC */
    SMPP_OPERATION_DELIVER,
    SMPP_OPERATION_DATA, /* a submission to an SMSC, a delivery to an ESME */
    SMPP_OPERATION_QUERY,
    SMPP_OPERATION_CANCEL,
    SMPP_OPERATION_REPLACE,
    SMPP_OPERATION_BIND,
    SMPP_OPERATION_OUTBIND,
    SMPP_OPERATION_UNBIND,
    SMPP_OPERATION_ENQUIRE_LINK,
    SMPP_OPERATION_ALERT,
};

struct smpp_operation {
    uint32_t command;
    enum smpp_operation_kind kind;
    unsigned smsc_states; /* SMPP_STATE_ bits in which an SMSC takes it from an ESME */
    unsigned esme_states; /* in which an ESME takes it from an SMSC */
    bool has_response;
};

/* NULL for a command_id that is not a request of SMPP 3.4. */
const struct smpp_operation *smpp_operation(uint32_t command);

#endif
