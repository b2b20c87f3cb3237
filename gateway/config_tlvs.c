/*
 * The dictionaries of optional parameters: what a tlv section of an account and of a link
 * may mean, and what its words may be.
 */
#include "gateway/config_build.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/tlv_form.h"
#include "routing/message.h"

enum { TLVS_MAX = 16, VALUES_MAX = 256, PAIR_MAX = 256, FIXED_MAX = 255 };

/* Sluice's own tags; they mean this unless told otherwise. */
static const struct {
    uint16_t tag;
    enum config_tlv_means means;
} own[] = {
    {0x3D01, CONFIG_TLV_PLAN    },
    {0x3D02, CONFIG_TLV_CHANNEL },
    {0x3D03, CONFIG_TLV_STEP    },
    {0x3D04, CONFIG_TLV_CHARGED },
    {0x3D05, CONFIG_TLV_CURRENCY},
};

/* Where each meaning may stand, and where it does unless told; in neither: not there. */
static const struct rule {
    enum config_tlv_where account;
    enum config_tlv_where account_usual;
    enum config_tlv_where link;
    bool takes_values;
} rules[CONFIG_TLV_MEANINGS] = {
    [CONFIG_TLV_PLAN] = {CONFIG_TLV_BOTH,    CONFIG_TLV_RECEIPT, CONFIG_TLV_USUAL,   true },
    [CONFIG_TLV_STEP] = {CONFIG_TLV_RECEIPT, CONFIG_TLV_RECEIPT, CONFIG_TLV_USUAL,   true },
    [CONFIG_TLV_CHANNEL] = {CONFIG_TLV_RECEIPT, CONFIG_TLV_RECEIPT, CONFIG_TLV_USUAL,   true },
    [CONFIG_TLV_CHARGED] = {CONFIG_TLV_RECEIPT, CONFIG_TLV_RECEIPT, CONFIG_TLV_USUAL,
                         false                                                            },
    [CONFIG_TLV_CURRENCY] = {CONFIG_TLV_RECEIPT, CONFIG_TLV_RECEIPT, CONFIG_TLV_USUAL,
                         true                                                             },
    [CONFIG_TLV_REASON] = {CONFIG_TLV_RECEIPT, CONFIG_TLV_RECEIPT, CONFIG_TLV_RECEIPT,
                         true                                                             },
    [CONFIG_TLV_CODE] = {CONFIG_TLV_USUAL,   CONFIG_TLV_USUAL,   CONFIG_TLV_RECEIPT, true },
    [CONFIG_TLV_REFERENCE] = {CONFIG_TLV_BOTH,    CONFIG_TLV_BOTH,    CONFIG_TLV_USUAL,   false},
    [CONFIG_TLV_PASS] = {CONFIG_TLV_SUBMIT,  CONFIG_TLV_SUBMIT,  CONFIG_TLV_SUBMIT,  false},
    [CONFIG_TLV_FIXED] = {CONFIG_TLV_USUAL,   CONFIG_TLV_USUAL,   CONFIG_TLV_SUBMIT,  false},
};

/* One section on its way. */
struct entry {
    struct config_build *build;
    const struct config_node *node;
    const struct config_account *account; /* NULL: of a link */
    struct config_tlv *tlv;
};

static bool is_number(enum config_tlv_form form)
{
    return form >= CONFIG_TLV_INT1 && form <= CONFIG_TLV_INT8;
}

static bool read_tag(const char *title, uint16_t *out)
{
    char *end;
    unsigned long tag = strtoul(title, &end, 0);

    if (*title < '0' || *title > '9' || *end != '\0' || tag < CONFIG_TLV_TAG_MIN ||
        tag > UINT16_MAX)
        return false;
    *out = (uint16_t)tag;
    return true;
}

/* False, after a sentence, when it can mean nothing here. */
static bool settle_meaning(const struct entry *it)
{
    struct config_tlv *tlv = it->tlv;
    const struct config_entry *means = config_node_entry(it->node, "means");
    const struct config_entry *where = config_node_entry(it->node, "where");
    enum config_tlv_where allowed;

    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
        if (tlv->means == CONFIG_TLV_OWN && tlv->tag == own[i].tag)
            tlv->means = own[i].means;
    if (tlv->means == CONFIG_TLV_OWN) {
        config_error_in(it->build->errors, it->node, means,
                        "means is required: this is none of Sluice's own tags, 0x3D01 to "
                        "0x3D05");
        return false;
    }
    allowed = it->account ? rules[tlv->means].account : rules[tlv->means].link;
    if (allowed == CONFIG_TLV_USUAL) {
        config_error_in(it->build->errors, it->node, means,
                        "this means nothing in the dictionary of %s",
                        it->account ? "an account" : "a link");
        return false;
    }
    if (tlv->where == CONFIG_TLV_USUAL)
        tlv->where = it->account ? rules[tlv->means].account_usual : allowed;
    if ((tlv->where & ~allowed) != 0 ||
        (tlv->where != CONFIG_TLV_BOTH && tlv->means == CONFIG_TLV_REFERENCE)) {
        config_error_in(it->build->errors, it->node, where, "it cannot stand there");
        return false;
    }
    return true;
}

static bool is_way(const struct config *config, const char *name)
{
    if (config_find_link(config, name) >= 0)
        return true;
    for (size_t i = 0; i < config->channel_count; i++)
        if (strcmp(config->channels[i].name, name) == 0)
            return true;
    return false;
}

static bool is_granted(const struct config *config, const struct config_account *account,
                       const char *plan)
{
    for (size_t i = 0; i < account->plan_count; i++)
        if (strcmp(config->plans[account->plans[i]].name, plan) == 0)
            return true;
    return false;
}

/* What is wrong with a word of ours; NULL: nothing. */
static const char *fault_of_word(const struct entry *it, const char *word)
{
    uint8_t octets[8];
    uint16_t size;

    switch (it->tlv->means) {
    case CONFIG_TLV_PLAN:
        return is_granted(it->build->config, it->account, word)
                   ? NULL
                   : "is no plan of this account (plan, plans)";
    case CONFIG_TLV_CHANNEL:
        return is_way(it->build->config, word) ? NULL : "is no link or channel";
    case CONFIG_TLV_REASON:
        return reason_find(word) < REASONS ? NULL : "is no reason";
    case CONFIG_TLV_CODE:
        return tlv_form_write(CONFIG_TLV_INT4, word, octets, sizeof(octets), &size)
                   ? NULL
                   : "is no code: a number is";
    default:
        return *word != '\0' ? NULL : "says nothing";
    }
}

/* Around the last '=', without the blanks beside it; false: there is none. */
static bool split_pair(struct config_build *build, const char *text,
                       struct config_tlv_value *out)
{
    const char *equals = strrchr(text, '=');
    char wire[PAIR_MAX];
    size_t size;

    if (equals == NULL || strlen(text) >= sizeof(wire))
        return false;
    size = (size_t)(equals - text);
    while (size > 0 && text[size - 1] == ' ')
        size--;
    memcpy(wire, text, size);
    wire[size] = '\0';
    out->wire = config_memory_text(build->memory, wire);
    out->word = config_memory_text(build->memory, equals + 1 + strspn(equals + 1, " "));
    return true;
}

static void read_pair(const struct entry *it, const struct config_entry *values,
                      const char *text, struct config_tlv_value *out)
{
    struct config_errors *errors = it->build->errors;
    const char *fault;
    uint8_t octets[PAIR_MAX];
    uint16_t size;

    if (!split_pair(it->build, text, out)) {
        config_error_in(errors, it->node, values,
                        "values hold \"VALUE = WORD\" of less than %d characters; not "
                        "'%.60s'",
                        PAIR_MAX, text);
        return;
    }
    if (strcmp(out->wire, CONFIG_TLV_ANY) != 0 &&
        !tlv_form_write(it->tlv->form, out->wire, octets, sizeof(octets), &size))
        config_error_in(errors, it->node, values, "'%.60s' does not fit the form",
                        out->wire);
    fault = fault_of_word(it, out->word);
    if (fault != NULL)
        config_error_in(errors, it->node, values, "'%.60s' %s", out->word, fault);
}

static void read_values(const struct entry *it)
{
    const struct config_entry *values = config_node_entry(it->node, "values");
    struct config_tlv *tlv = it->tlv;
    size_t count = values != NULL ? values->value_count : 0;

    if (count > 0 && !rules[tlv->means].takes_values) {
        config_error_in(it->build->errors, it->node, values,
                        "values have no place here: it goes as it is");
        return;
    }
    if (count > VALUES_MAX) {
        config_error_in(it->build->errors, it->node, values, "more than %d values",
                        VALUES_MAX);
        return;
    }
    if (count == 0 && is_number(tlv->form) && rules[tlv->means].takes_values &&
        tlv->means != CONFIG_TLV_CODE)
        config_error_in(it->build->errors, it->node, NULL,
                        "values are required: a number must say what it stands for");
    tlv->values = config_memory_take(it->build->memory, (count + 1) * sizeof(*tlv->values));
    tlv->value_count = count;
    for (size_t i = 0; i < count; i++)
        read_pair(it, values, values->values[i], &tlv->values[i]);
}

static void read_fixed(const struct entry *it)
{
    struct config_tlv *tlv = it->tlv;
    uint8_t *octets = config_memory_take(it->build->memory, FIXED_MAX);

    if (tlv->means != CONFIG_TLV_FIXED) {
        if (tlv->value[0] != '\0')
            config_error_in(it->build->errors, it->node,
                            config_node_entry(it->node, "value"),
                            "value is for what is fixed");
        return;
    }
    if (!tlv_form_write(tlv->form, tlv->value, octets, FIXED_MAX, &tlv->fixed_size))
        config_error_in(it->build->errors, it->node, config_node_entry(it->node, "value"),
                        "value does not fit the form: '%.60s'", tlv->value);
    tlv->fixed = octets;
}

static void read_tlv(const struct entry *it)
{
    config_build_rows(it->build, it->node, it->tlv);
    if (!read_tag(it->node->title, &it->tlv->tag)) {
        config_error_in(it->build->errors, it->node, NULL,
                        "a tag is a number from 0x1400 to 0xFFFF: those below are the "
                        "specification's");
        return;
    }
    if (!settle_meaning(it))
        return;
    read_values(it);
    read_fixed(it);
}

static void build_tlvs(struct config_build *build, const struct config_node *node,
                       const struct config_account *account, struct config_tlvs *out)
{
    struct entry entry = {.build = build, .account = account};

    out->list = config_build_take(build, node, "tlv", sizeof(*out->list), &out->count);
    if (out->count > TLVS_MAX)
        config_error_in(build->errors, node, NULL, "more than %d tlv sections", TLVS_MAX);
    for (size_t i = 0; i < out->count; i++) {
        entry.node = config_node_child(node, "tlv", entry.node);
        entry.tlv = &out->list[i];
        read_tlv(&entry);
        for (size_t j = 0; j < i; j++)
            if (out->list[j].tag == entry.tlv->tag && entry.tlv->tag != 0)
                config_error_in(build->errors, entry.node, NULL,
                                "this tag has a section already");
    }
}

void config_account_tlvs_build(struct config_build *build, const struct config_node *node,
                               struct config_account *account)
{
    build_tlvs(build, node, account, &account->tlvs);
}

void config_link_tlvs_build(struct config_build *build, const struct config_node *node,
                            struct config_link *link)
{
    build_tlvs(build, node, NULL, &link->tlvs);
}
