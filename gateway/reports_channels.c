/*
 * What is known of the channels that report, and how the ids of their answers and of their
 * reports are compared.
 */
#include "gateway/reports_pieces.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/catalog.h"
#include "gateway/gateway.h"
#include "smpp/receipt.h"

/* An id of an answer and the id of its report are equal in these forms. */
static const struct {
    enum smpp_id_form answer;
    enum smpp_id_form report;
} forms[] = {
    [CONFIG_ID_AS_IS] = {SMPP_ID_AS_IS,   SMPP_ID_AS_IS  },
    [CONFIG_ID_RECEIPT_HEX] = {SMPP_ID_DECIMAL, SMPP_ID_HEX    },
    [CONFIG_ID_RECEIPT_DECIMAL] = {SMPP_ID_HEX,     SMPP_ID_DECIMAL},
    [CONFIG_ID_ANY_CASE] = {SMPP_ID_FOLDED,  SMPP_ID_FOLDED },
    [CONFIG_ID_NO_ZEROS] = {SMPP_ID_FOLDED,  SMPP_ID_FOLDED },
};

static const struct config_link *link_named(const struct config *config, const char *name)
{
    int index = config_find_link(config, name);

    return index >= 0 ? &config->links[index] : NULL;
}

struct reports_channel *reports_channel(struct reports *reports, uint32_t number)
{
    struct reports_channel *channel;

    if (reports->channels[number])
        return reports->channels[number];
    channel = calloc(1, sizeof(*channel));
    if (channel == NULL)
        abort();
    channel->number = number;
    channel->link = link_named(reports->gateway->config,
                               catalog_channel_name(reports->gateway->catalog, number));
    if (channel->link && channel->link->id_rule != CONFIG_ID_LEARN)
        channel->rule = channel->link->id_rule;
    reports->channels[number] = channel;
    if (number > reports->channel_last)
        reports->channel_last = number;
    return channel;
}

void reports_free_channels(struct reports *reports)
{
    for (uint32_t i = 0; i <= reports->channel_last; i++) {
        if (reports->channels[i]) {
            reports_learner_free(reports->channels[i]->learner);
            free(reports->channels[i]->reindexed);
        }
        free(reports->channels[i]);
    }
    free(reports->channels);
}

static void key_of(enum smpp_id_form form, const char *id, char out[REPORTS_KEY_SIZE])
{
    const struct smpp_octets view = {(const uint8_t *)id, (uint32_t)strlen(id)};

    if (form == SMPP_ID_AS_IS)
        memcpy(out, id, view.size + 1);
    else
        out[smpp_receipt_id_canonical(form, view, out)] = 0;
}

void reports_key_of_answer(enum config_id_rule rule, const char *id,
                           char out[REPORTS_KEY_SIZE])
{
    key_of(forms[rule].answer, id, out);
}

void reports_key_of_report(enum config_id_rule rule, const char *id,
                           char out[REPORTS_KEY_SIZE])
{
    key_of(forms[rule].report, id, out);
}

void reports_id_as_answered(enum config_id_rule rule, const char *id,
                            char out[REPORTS_KEY_SIZE])
{
    unsigned long long number;
    char back[REPORTS_KEY_SIZE];

    reports_key_of_report(rule, id, out);
    if (forms[rule].answer != SMPP_ID_HEX)
        return; /* the key of a key is itself */
    number = strtoull(out, NULL, 10);
    snprintf(back, sizeof(back), "%llu", number);
    if (strcmp(back, out) == 0)
        snprintf(out, REPORTS_KEY_SIZE, "%llx", number);
}

const char *reports_id_rule(struct gateway *gateway, uint32_t number)
{
    const struct reports_channel *channel = reports_channel(gateway->reports, number);

    return channel->link ? config_id_rule_name(channel->rule) : NULL;
}
