/*
 * Dictionaries are a few rows: each question walks them.
 */
#include "gateway/dictionary.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/channels/channel.h"
#include "gateway/tlv_form.h"
#include "routing/code.h"

static const struct config_tlv *find(const struct config_tlvs *tlvs, uint16_t tag)
{
    for (size_t i = 0; i < tlvs->count; i++)
        if (tlvs->list[i].tag == tag)
            return &tlvs->list[i];
    return NULL;
}

/* What stands for the value, by the first row that fits; the value itself without rows;
 * NULL: nothing. */
static const char *word_of(const struct config_tlv *tlv, const char *value)
{
    if (tlv->value_count == 0)
        return value;
    for (size_t i = 0; i < tlv->value_count; i++)
        if (strcmp(tlv->values[i].wire, value) == 0 ||
            strcmp(tlv->values[i].wire, CONFIG_TLV_ANY) == 0)
            return tlv->values[i].word;
    return NULL;
}

/* Reads the parameter as its row says; NULL: it means nothing. */
static const char *read_word(const struct config_tlv *tlv, const struct smpp_tlv *from,
                             char text[DICTIONARY_VALUE_SIZE])
{
    if (!tlv_form_read(tlv->form, from->value, from->size, text, DICTIONARY_VALUE_SIZE))
        return NULL;
    return word_of(tlv, text);
}

/* --- what an account sends ---------------------------------------------------------- */

static bool is_granted(const struct config_account *account, int plan)
{
    for (size_t i = 0; i < account->plan_count; i++)
        if (account->plans[i] == (size_t)plan)
            return true;
    return false;
}

enum dictionary_answer dictionary_plan(const struct config *config,
                                       const struct config_account *account,
                                       const struct smpp_pdu *submit, size_t *out_plan)
{
    for (size_t i = 0; i < account->tlvs.count; i++) {
        const struct config_tlv *tlv = &account->tlvs.list[i];
        const struct smpp_tlv *from = NULL;
        char text[DICTIONARY_VALUE_SIZE];
        const char *name;
        int plan;

        if (tlv->means == CONFIG_TLV_PLAN && (tlv->where & CONFIG_TLV_SUBMIT))
            from = smpp_pdu_tlv(submit, tlv->tag);
        if (from == NULL)
            continue;
        name = read_word(tlv, from, text);
        plan = name != NULL ? config_find_plan(config, name) : -1;
        if (plan < 0 || !is_granted(account, plan))
            return DICTIONARY_REFUSED;
        *out_plan = (size_t)plan;
        return DICTIONARY_PLAN;
    }
    return DICTIONARY_NOTHING;
}

bool dictionary_keeps(const struct config_account *account, uint16_t tag)
{
    const struct config_tlv *tlv = find(&account->tlvs, tag);

    return tlv != NULL &&
           (tlv->means == CONFIG_TLV_REFERENCE || tlv->means == CONFIG_TLV_PASS);
}

bool dictionary_fits(const struct config_account *account, const struct smpp_pdu *submit)
{
    size_t size = 0;

    for (size_t i = 0; i < account->tlvs.count; i++) {
        const struct config_tlv *tlv = &account->tlvs.list[i];
        const struct smpp_tlv *from = smpp_pdu_tlv(submit, tlv->tag);

        if (tlv->means == CONFIG_TLV_REFERENCE && from != NULL)
            size += SMPP_TLV_HEADER_SIZE + from->size;
    }
    return size <= DICTIONARY_KEPT_MAX;
}

/* --- what an account is told -------------------------------------------------------- */

bool dictionary_write(const struct config_tlv *tlv, const char *word, uint8_t *out,
                      size_t room, uint16_t *out_size)
{
    for (size_t i = 0; i < tlv->value_count; i++)
        if (strcmp(tlv->values[i].word, word) == 0 &&
            strcmp(tlv->values[i].wire, CONFIG_TLV_ANY) != 0)
            return tlv_form_write(tlv->form, tlv->values[i].wire, out, room, out_size);
    return tlv->value_count == 0 && tlv_form_write(tlv->form, word, out, room, out_size);
}

/* --- operators ------------------------------------------------------------------------ */

/* A standard one where the operator's version has it in a submit_sm, a vendor's by the
 * rows. */
static bool may_go(const struct config_link *link, uint16_t tag)
{
    const struct smpp_tlv_rule *rule = smpp_tlv_rule(tag);
    const struct config_tlv *tlv = find(&link->tlvs, tag);

    if (tag >= CONFIG_TLV_TAG_MIN)
        return tlv != NULL && tlv->means == CONFIG_TLV_PASS;
    return rule != NULL &&
           (rule->submission <= 0x34 || link->interface_version == CONFIG_SMPP_5_0);
}

void dictionary_filter(const struct config_link *link, struct smpp_pdu *submit)
{
    uint16_t kept = 0;

    for (uint16_t i = 0; i < submit->tlv_count; i++)
        if (may_go(link, submit->tlvs[i].tag))
            submit->tlvs[kept++] = submit->tlvs[i];
    submit->tlv_count = kept;
}

bool dictionary_add_fixed(const struct config_link *link, struct smpp_pdu *submit)
{
    bool added = true;

    for (size_t i = 0; i < link->tlvs.count; i++) {
        const struct config_tlv *tlv = &link->tlvs.list[i];

        if (tlv->means == CONFIG_TLV_FIXED)
            added =
                added && smpp_pdu_add_tlv(submit, tlv->tag, tlv->fixed, tlv->fixed_size);
    }
    return added;
}

void dictionary_read_report(const struct config_link *link, const struct smpp_pdu *receipt,
                            struct report_news *news)
{
    for (size_t i = 0; i < link->tlvs.count; i++) {
        const struct config_tlv *tlv = &link->tlvs.list[i];
        const struct smpp_tlv *from = NULL;
        char text[DICTIONARY_VALUE_SIZE];
        const char *word = NULL;

        if (tlv->where & CONFIG_TLV_RECEIPT)
            from = smpp_pdu_tlv(receipt, tlv->tag);
        if (from != NULL)
            word = read_word(tlv, from, text);
        if (word == NULL)
            continue;
        if (tlv->means == CONFIG_TLV_REASON && news->reason != REASON_NONE)
            news->reason = reason_find(word) < REASONS ? reason_find(word) : news->reason;
        else if (tlv->means == CONFIG_TLV_CODE)
            news->code = code_make((uint32_t)strtoul(word, NULL, 10), 0);
    }
}
