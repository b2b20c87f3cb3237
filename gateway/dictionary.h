/*
 * The dictionaries of optional parameters: what tags of a vendor's range (SMPP 3.4 5.3.2,
 * 0x1400 and up) mean between us and one account or one operator.  A tag that is not in the
 * dictionary means nothing: it is neither read, nor sent, nor passed on.
 */
#ifndef GATEWAY_DICTIONARY_H
#define GATEWAY_DICTIONARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/config.h"
#include "smpp/pdu.h"

struct report_news;

enum {
    DICTIONARY_VALUE_SIZE = 256, /* of a value as text, with its NUL */
    DICTIONARY_KEPT_MAX = 128,   /* octets that go back in a receipt: values and tags */
};

/* --- what an account sends ---------------------------------------------------------- */

enum dictionary_answer {
    DICTIONARY_NOTHING, /* the submission says nothing of it */
    DICTIONARY_PLAN,
    DICTIONARY_REFUSED, /* it names no plan, or none that is granted */
};

/*
 * The plan a submission asks for, by its index in config->plans.  Of several parameters
 * that could say so, the first of the dictionary that is there counts.
 */
enum dictionary_answer dictionary_plan(const struct config *config,
                                       const struct config_account *account,
                                       const struct smpp_pdu *submit, size_t *out_plan);

/* This parameter stays with the submission: for the receipt, or for links that pass it on.
 */
bool dictionary_keeps(const struct config_account *account, uint16_t tag);

/* False: what is to go back in the receipt is more than DICTIONARY_KEPT_MAX. */
bool dictionary_fits(const struct config_account *account, const struct smpp_pdu *submit);

/* --- what an account is told -------------------------------------------------------- */

/* What is said under `tlv` of this word of ours, or number; false: nothing. */
bool dictionary_write(const struct config_tlv *tlv, const char *word, uint8_t *out,
                      size_t room, uint16_t *out_size) __attribute__((warn_unused_result));

/* --- operators ------------------------------------------------------------------------ */

/* Takes away what of a client's parameters may not go to this operator. */
void dictionary_filter(const struct config_link *link, struct smpp_pdu *submit);

/* Adds what each submit_sm to this operator carries; false: it does not fit. */
bool dictionary_add_fixed(const struct config_link *link, struct smpp_pdu *submit)
    __attribute__((warn_unused_result));

/* The reason and the code that a receipt of this operator tells by its parameters. */
void dictionary_read_report(const struct config_link *link, const struct smpp_pdu *receipt,
                            struct report_news *news);

#endif
