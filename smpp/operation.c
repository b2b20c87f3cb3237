#include "smpp/operation.h"

#include <stddef.h>

#include "smpp/command.h"
#include "smpp/session.h"

enum {
    NEVER = 0,
    OPEN = SMPP_STATE_OPEN,
    BOUND = SMPP_STATE_BOUND,
    SUBMITS = SMPP_STATE_SUBMITS,
    LINKED = SMPP_STATE_BOUND | SMPP_STATE_LEAVING,
    /* Until our unbind is answered a delivery may be on its way: refused, it could be a
     * receipt that never comes again. */
    DELIVERS = SMPP_STATE_DELIVERS | SMPP_STATE_LEAVING,
    ALWAYS = SMPP_STATE_OPEN | SMPP_STATE_BINDING | LINKED,
};

/*
 * Deviations: replace_sm also on a transceiver (2.7 lists it, Table 2-1 does not);
 * enquire_link in every state, as 5.0 2.4 has it; data_sm from a receiver, which 3.4
 * allows and 5.0 does not.  The commonest come first: the rows are searched in order.
 */
static const struct smpp_operation operations[] = {
    {SMPP_SUBMIT_SM,          SMPP_OPERATION_SUBMIT,       SUBMITS, NEVER,    true },
    {SMPP_DELIVER_SM,         SMPP_OPERATION_DELIVER,      NEVER,   DELIVERS, true },
    {SMPP_ENQUIRE_LINK,       SMPP_OPERATION_ENQUIRE_LINK, ALWAYS,  ALWAYS,   true },
    {SMPP_DATA_SM,            SMPP_OPERATION_DATA,         BOUND,   LINKED,   true },
    {SMPP_SUBMIT_MULTI,       SMPP_OPERATION_SUBMIT,       SUBMITS, NEVER,    true },
    {SMPP_QUERY_SM,           SMPP_OPERATION_QUERY,        SUBMITS, NEVER,    true },
    {SMPP_CANCEL_SM,          SMPP_OPERATION_CANCEL,       SUBMITS, NEVER,    true },
    {SMPP_REPLACE_SM,         SMPP_OPERATION_REPLACE,      SUBMITS, NEVER,    true },
    {SMPP_BIND_TRANSCEIVER,   SMPP_OPERATION_BIND,         OPEN,    NEVER,    true },
    {SMPP_BIND_TRANSMITTER,   SMPP_OPERATION_BIND,         OPEN,    NEVER,    true },
    {SMPP_BIND_RECEIVER,      SMPP_OPERATION_BIND,         OPEN,    NEVER,    true },
    {SMPP_UNBIND,             SMPP_OPERATION_UNBIND,       LINKED,  LINKED,   true },
    {SMPP_OUTBIND,            SMPP_OPERATION_OUTBIND,      NEVER,   OPEN,     false},
    {SMPP_ALERT_NOTIFICATION, SMPP_OPERATION_ALERT,        NEVER,   DELIVERS, false},
};

const struct smpp_operation *smpp_operation(uint32_t command)
{
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
        if (operations[i].command == command)
            return &operations[i];
    }
    return NULL;
}
