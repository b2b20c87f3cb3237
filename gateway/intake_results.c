/* What may become of a submission, in the words of each who asks. */
#include "gateway/intake_pieces.h"

#include <assert.h>

#include "gateway/gateway.h"
#include "smpp/command.h"

/* clang-format off */
static const struct {
    uint32_t status;
    const char *cause;
    const char *text;
} results[INTAKE_RESULTS] = {
    [INTAKE_OK] = {ESME_ROK, "none", "accepted"},
    [INTAKE_NO_ACCOUNT] = {ESME_RSYSERR, "no_account", "there is no such account"},
    [INTAKE_BAD_SOURCE] = {ESME_RINVSRCADR, "bad_source",
        "the sender is longer than 20 characters"},
    [INTAKE_BAD_DESTINATION] = {ESME_RINVDSTADR, "bad_destination",
        "the recipient is not a phone number"},
    [INTAKE_BAD_TEXT] = {ESME_RINVMSGLEN, "bad_text",
        "the text is too long or not what it claims to be"},
    [INTAKE_BAD_TIME] = {ESME_RINVEXPIRY, "bad_time", "the validity is over already"},
    [INTAKE_NO_PLAN] = {ESME_RINVSERTYP, "no_plan",
        "there is no such plan for this account"},
    [INTAKE_NO_PRICE] = {ESME_RINVDSTADR, "no_price",
        "no step of the plan has a price for this recipient"},
    [INTAKE_NO_CLASS] = {ESME_RX_R_APPN, "class",
        "the account may not send messages of this class"},
    [INTAKE_DENIED] = {ESME_RX_R_APPN, "content",
        "the content of the message is not allowed"},
    [INTAKE_NO_MONEY] = {ESME_RSUBMITFAIL, "money",
        "the balance does not cover what the plan may cost"},
    [INTAKE_RATE] = {ESME_RTHROTTLED, "rate", "the account's rate is exceeded"},
    [INTAKE_FULL] = {ESME_RMSGQFUL, "full", "the gateway is full, try again later"},
    [INTAKE_OPTED_OUT] = {ESME_ROPTEDOUT, "opted_out", "the recipient has opted out"},
    [INTAKE_LONG_REFERENCE] = {ESME_RINVPARLEN, "long_reference",
        "what is to come back is longer than 128 octets"},
    [INTAKE_NO_SUCH_PLAN] = {ESME_RINVOPTPARAMVAL, "plan",
        "the parameter names no plan of this account"},
    [INTAKE_SUSPENDED] = {INTAKE_RSUSPENDED, "suspended", "the account is suspended"},
    [INTAKE_DENIED_SOURCE] = {ESME_RINVSRCADR, "source",
        "the account may not send as this sender"},
    [INTAKE_DENIED_DATA_CODING] = {INTAKE_RDATACODING, "data_coding",
        "the account may not use this data_coding"},
    [INTAKE_DENIED_ESM_CLASS] = {ESME_RINVESMCLASS, "esm_class",
        "the account may not use this esm_class"},
    [INTAKE_DENIED_PROTOCOL_ID] = {INTAKE_RPROTOCOLID, "protocol_id",
        "the account may not use this protocol_id"},
    [INTAKE_DENIED_PORT] = {INTAKE_RPORT, "port",
        "the account may not address this port"},
    [INTAKE_DENIED_DESTINATION] = {ESME_RINVDSTADR, "destination",
        "the account may not send to this country or range"},
    [INTAKE_DENIED_PREMIUM] = {INTAKE_RPREMIUM, "premium",
        "the account may not send to premium numbers"},
    [INTAKE_PARTS_PER_HOUR] = {INTAKE_RPARTS, "parts_per_hour",
        "the account has used up its parts of this hour"},
    [INTAKE_PARTS_PER_DAY] = {INTAKE_RPARTS, "parts_per_day",
        "the account has used up its parts of this day"},
    [INTAKE_SPEND_PER_HOUR] = {INTAKE_RSPEND, "spend_per_hour",
        "the account has spent what it may in this hour"},
    [INTAKE_SPEND_PER_DAY] = {INTAKE_RSPEND, "spend_per_day",
        "the account has spent what it may on this day"},
    [INTAKE_RECIPIENT] = {INTAKE_RRECIPIENT, "recipient",
        "this recipient had too many messages of the account already"},
    [INTAKE_OTHER] = {ESME_RSUBMITFAIL, "other_request",
        "the Idempotency-Key was that of another request"},
};
/* clang-format on */

static_assert(INTAKE_DENIED_PREMIUM - INTAKE_DENIED_SOURCE ==
                      PERMISSION_PREMIUM - PERMISSION_SOURCE &&
                  INTAKE_SPEND_PER_DAY - INTAKE_PARTS_PER_HOUR == USAGE_SPEND_DAY,
              "in the order of what is asked");
static_assert(INTAKE_RESULTS <= sizeof(((struct gateway_counters *)0)->refused) /
                                    sizeof(((struct gateway_counters *)0)->refused[0]),
              "a counter each");

uint32_t intake_status(enum intake_result result)
{
    return results[result].status;
}

const char *intake_result_text(enum intake_result result)
{
    return results[result].text;
}

const char *intake_result_cause(enum intake_result result)
{
    return results[result].cause;
}

void intake_count_refusal(struct submission *it, enum intake_result result)
{
    it->account->refused++;
    it->gateway->counters.refused[result]++;
}
