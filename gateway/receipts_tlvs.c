/*
 * What the account's dictionary puts into a receipt.  The facts are taken when the receipt
 * is made and lie behind its row by their meaning; under which tag and in which form they
 * go is what the dictionary says when it is sent.
 */
#include "gateway/receipts_pieces.h"

#include <assert.h>
#include <string.h>

#include "gateway/catalog.h"
#include "gateway/dictionary.h"
#include "gateway/gateway.h"
#include "gateway/translate.h"
#include "routing/ledger.h"
#include "routing/money.h"

/* A fact: its meaning, its size, its octets; a reference has its tag before its value. */
enum { FACT_HEADER_SIZE = 2, TAG_SIZE = 2 };

/* The try that tells most of the submission: what proved most, else the last. */
static const struct attempt *telling_try(const struct gateway *gateway,
                                         const struct message *message, uint16_t segment)
{
    const struct channel_traits *traits = catalog_traits(gateway->catalog);
    const struct attempt *found = NULL;

    for (uint16_t i = 0; i < message->attempt_count; i++) {
        const struct attempt *attempt = &message->attempts[i];
        bool proved =
            attempt->state >= ATTEMPT_ACCEPTED && attempt->state <= ATTEMPT_CLICKED;

        /* Only links carry it in segments. */
        if (traits[attempt->channel].is_link && attempt->segment != segment &&
            message->segments > 1)
            continue;
        if (found == NULL || found->state < ATTEMPT_ACCEPTED ||
            found->state > ATTEMPT_CLICKED || (proved && attempt->state > found->state))
            found = attempt;
    }
    return found;
}

/* The word for what `tlv` means; NULL: there is nothing to tell. */
static const char *word_of(const struct gateway *gateway, const struct live *live,
                           const struct attempt *attempt, enum config_tlv_means means,
                           char money[MONEY_TEXT_SIZE])
{
    const struct account *account =
        catalog_account(gateway->catalog, live->message.account);

    switch (means) {
    case CONFIG_TLV_PLAN:
        return live->plan ? live->plan->name : NULL;
    case CONFIG_TLV_STEP:
        return attempt && live->plan && attempt->step < live->plan->step_count
                   ? live->plan->steps[attempt->step].name
                   : NULL;
    case CONFIG_TLV_CHANNEL:
        return attempt ? catalog_channel_name(gateway->catalog, attempt->channel) : NULL;
    case CONFIG_TLV_CHARGED:
        return money_format(live->message.charged_micro, money);
    case CONFIG_TLV_CURRENCY:
        return account->config->currency;
    case CONFIG_TLV_REASON:
        return attempt && attempt->reason != REASON_NONE
                   ? reason_name((enum reason)attempt->reason)
                   : NULL;
    default:
        return NULL;
    }
}

static size_t put_fact(enum config_tlv_means means, const void *octets, size_t size,
                       uint8_t *out, size_t room)
{
    if (size > UINT8_MAX || FACT_HEADER_SIZE + size > room)
        return 0;
    out[0] = (uint8_t)means;
    out[1] = (uint8_t)size;
    memcpy(out + FACT_HEADER_SIZE, octets, size);
    return FACT_HEADER_SIZE + size;
}

/* What came under the tag with the submission, tag and all. */
static size_t put_reference(const struct body *body, uint16_t tag, uint8_t *out,
                            size_t room)
{
    uint8_t fact[UINT8_MAX] = {(uint8_t)(tag >> 8), (uint8_t)tag};
    const struct smpp_tlv *tlv;
    struct smpp_pdu pdu;

    smpp_pdu_init(&pdu, 0, 0, 0);
    if (!body_add_tlvs(body, &pdu) || (tlv = smpp_pdu_tlv(&pdu, tag)) == NULL ||
        tlv->size > sizeof(fact) - TAG_SIZE)
        return 0;
    memcpy(fact + TAG_SIZE, tlv->value, tlv->size);
    return put_fact(CONFIG_TLV_REFERENCE, fact, (size_t)TAG_SIZE + tlv->size, out, room);
}

size_t receipts_pack_facts(const struct gateway *gateway, const struct live *live,
                           const struct body *body, uint8_t *out, size_t room)
{
    const struct account *account =
        catalog_account(gateway->catalog, live->message.account);
    const struct attempt *attempt;
    size_t size = 0;

    if (account->config == NULL || account->config->tlvs.count == 0)
        return 0;
    attempt = telling_try(gateway, &live->message, translate_body_segment(live, body));
    for (size_t i = 0; i < account->config->tlvs.count; i++) {
        const struct config_tlv *tlv = &account->config->tlvs.list[i];
        char money[MONEY_TEXT_SIZE];
        const char *word;

        if (!(tlv->where & CONFIG_TLV_RECEIPT))
            continue;
        if (tlv->means == CONFIG_TLV_REFERENCE) {
            size += put_reference(body, tlv->tag, out + size, room - size);
            continue;
        }
        word = word_of(gateway, live, attempt, tlv->means, money);
        if (word != NULL)
            size += put_fact(tlv->means, word, strlen(word), out + size, room - size);
    }
    return size;
}

/* A whole number of micro-units, for forms that are numbers. */
static void to_micro_units(char word[UINT8_MAX + 1])
{
    int64_t micro;

    if (money_parse(word, &micro) && micro >= 0)
        snprintf(word, UINT8_MAX + 1, "%lld", (long long)micro);
}

static bool write_fact(const struct config_tlv *tlv, const uint8_t *octets, size_t size,
                       uint8_t *out, size_t room, uint16_t *out_size)
{
    char word[UINT8_MAX + 1];

    if (tlv->means == CONFIG_TLV_REFERENCE) {
        if (size < TAG_SIZE || (octets[0] << 8 | octets[1]) != tlv->tag ||
            size - TAG_SIZE > room)
            return false;
        *out_size = (uint16_t)(size - TAG_SIZE);
        memcpy(out, octets + TAG_SIZE, *out_size);
        return true;
    }
    memcpy(word, octets, size);
    word[size] = '\0';
    if (tlv->means == CONFIG_TLV_CHARGED && tlv->form >= CONFIG_TLV_INT1 &&
        tlv->form <= CONFIG_TLV_INT8)
        to_micro_units(word);
    return dictionary_write(tlv, word, out, room, out_size);
}

void receipts_write_facts(const struct config_account *account, const uint8_t *facts,
                          size_t size, struct letter *letter)
{
    uint8_t *at = letter->own;
    const uint8_t *end = at + sizeof(letter->own);

    while (size >= FACT_HEADER_SIZE && (size_t)facts[1] + FACT_HEADER_SIZE <= size) {
        for (size_t i = 0; i < account->tlvs.count; i++) {
            const struct config_tlv *tlv = &account->tlvs.list[i];
            uint16_t written;

            /* Two tags of one meaning are two facts, and each goes under both. */
            if ((int)tlv->means != facts[0] || !(tlv->where & CONFIG_TLV_RECEIPT) ||
                smpp_pdu_tlv(&letter->pdu, tlv->tag) != NULL ||
                !write_fact(tlv, facts + FACT_HEADER_SIZE, facts[1], at, (size_t)(end - at),
                            &written) ||
                !smpp_pdu_add_tlv(&letter->pdu, tlv->tag, at, written))
                continue;
            at += written;
        }
        size -= (size_t)facts[1] + FACT_HEADER_SIZE;
        facts += facts[1] + FACT_HEADER_SIZE;
    }
}
