/* The limits of accounts, on top of the pure questions of routing/. */
#include "gateway/limits.h"

#include <stdlib.h>

#include "gateway/catalog.h"
#include "gateway/clock.h"
#include "gateway/config.h"
#include "gateway/gateway.h"
#include "gateway/log.h"
#include "gateway/repeats.h"
#include "gateway/store.h"
#include "routing/country.h"
#include "routing/money.h"
#include "routing/prefix.h"
#include "smpp/command.h"
#include "smpp/parts.h"
#include "smpp/tlv.h"

enum { SUBUNIT_CARD = 3 }; /* SMPP 3.4 5.3.2.1: the message is for the smart card */

/* Of one account that has any. */
struct limit {
    bool counts; /* parts or money */
    struct usage usage;
    int64_t alarmed[USAGE_KINDS]; /* in which hour or day */
    int64_t refused[USAGE_KINDS];
    uint64_t alarms[USAGE_KINDS];
    struct repeats *repeats; /* NULL: no limit per recipient */
};

struct limits {
    struct gateway *gateway;
    struct prefix_map *countries;
    struct prefix_map *premium;
};

/* --- life --------------------------------------------------------------------------- */

struct limits *limits_new(struct gateway *gateway)
{
    struct limits *limits = calloc(1, sizeof(*limits));
    const struct config *config = gateway->config;

    if (limits == NULL)
        abort();
    limits->gateway = gateway;
    limits->countries = country_map_new();
    limits->premium = prefix_map_new();
    if (config->premium_known)
        country_add_premium(limits->premium);
    for (size_t i = 0; i < config->premium_prefix_count; i++)
        (void)!prefix_map_add(limits->premium, config->premium_prefixes[i], 1);
    return limits;
}

static void drop_limit(struct account *account)
{
    if (account->limit == NULL)
        return;
    repeats_free(account->limit->repeats);
    free(account->limit);
    account->limit = NULL;
}

void limits_free(struct limits *limits)
{
    if (limits == NULL)
        return;
    for (uint32_t i = 1; i <= catalog_account_count(limits->gateway->catalog); i++) {
        struct account *account = catalog_account(limits->gateway->catalog, i);

        if (account != NULL)
            drop_limit(account);
    }
    prefix_map_free(limits->countries);
    prefix_map_free(limits->premium);
    free(limits);
}

static struct limit *limit_of(struct account *account)
{
    if (account->limit == NULL) {
        account->limit = calloc(1, sizeof(*account->limit));
        if (account->limit == NULL)
            abort();
        for (int i = 0; i < USAGE_KINDS; i++)
            account->limit->alarmed[i] = account->limit->refused[i] = -1;
    }
    return account->limit;
}

void limits_load(struct gateway *gateway, const struct store_usage *usage)
{
    struct account *account = catalog_account(gateway->catalog, usage->account);

    if (account != NULL)
        limit_of(account)->usage = usage->usage;
}

static void record(struct gateway *gateway, const struct account *account)
{
    const struct store_usage row = {account->number, account->limit->usage};

    store_usage(gateway->store, &row);
}

/* Without its limits nothing is counted, and so nothing that was may count again. */
static void forget_usage(struct gateway *gateway, struct account *account)
{
    if (account->limit == NULL || account->limit->usage.since_ms == 0)
        return;
    account->limit->usage = (struct usage){0};
    if (!store_begin(gateway->store, STORE_CONTINUATION))
        abort();
    record(gateway, account);
    store_end(gateway->store);
}

static bool has_limits(const struct config_account *config)
{
    for (int i = 0; i < USAGE_KINDS; i++)
        if (config->limits.of[i] > 0)
            return true;
    return false;
}

static void settle(struct gateway *gateway, struct account *account)
{
    const struct config_account *config = account->config;
    bool counts = config != NULL && has_limits(config);
    bool repeats = config != NULL && config->recipient_max > 0;

    if (!counts)
        forget_usage(gateway, account);
    if (!counts && !repeats) {
        drop_limit(account);
        return;
    }
    limit_of(account)->counts = counts;
    if (counts && account->limit->usage.since_ms == 0)
        account->limit->usage.since_ms = gateway_now_ms(gateway);
    if (repeats && account->limit->repeats == NULL)
        account->limit->repeats =
            repeats_new(config->recipient_max, config->recipient_within_ms);
}

void limits_settle(struct gateway *gateway)
{
    for (uint32_t i = 1; i <= catalog_account_count(gateway->catalog); i++) {
        struct account *account = catalog_account(gateway->catalog, i);

        if (account != NULL)
            settle(gateway, account);
    }
}

/* --- what ---------------------------------------------------------------------------- */

/* Where in the phone it is to go, by its parameters. */
static void read_parameters(const struct body *body, struct permission_facts *facts)
{
    const struct smpp_tlv *tlv;
    struct smpp_pdu pdu;

    smpp_pdu_init(&pdu, SMPP_SUBMIT_SM, 0, 0);
    (void)!body_add_tlvs(body, &pdu);
    tlv = smpp_pdu_tlv(&pdu, SMPP_TLV_DESTINATION_PORT);
    if (tlv != NULL && tlv->size == 2) {
        facts->has_port = true;
        facts->port = (uint16_t)smpp_tlv_integer(tlv);
    }
    tlv = smpp_pdu_tlv(&pdu, SMPP_TLV_DEST_ADDR_SUBUNIT);
    if (tlv != NULL && tlv->size == 1 && smpp_tlv_integer(tlv) == SUBUNIT_CARD)
        facts->to_card = true;
}

/* ... or by its header. */
static void read_header(const struct body *body, struct permission_facts *facts)
{
    const struct smpp_octets text = {body->bytes, body->text_size};
    struct smpp_header header;

    if (!smpp_header_read(text, &header))
        return;
    facts->has_port = header.has_ports;
    facts->port = header.ports.destination;
    facts->to_card = header.is_for_card;
}

enum permission limits_permit(const struct gateway *gateway, const struct account *account,
                              const struct body *body, bool is_reply)
{
    const struct permission_maps maps = {gateway->limits->countries,
                                         gateway->limits->premium};
    struct permission_facts facts = {
        .source = is_reply ? NULL : body->source,
        .destination = body->destination,
        .is_our_text = body->from_api,
        .data_coding = body->data_coding,
        .esm_class = body->esm_class,
        .protocol_id = body->protocol_id,
    };

    if (body->header_size > 0)
        read_header(body, &facts);
    if (body->tlv_size > 0)
        read_parameters(body, &facts);
    return permission_ask(&account->config->permissions, &facts, &maps);
}

/* --- how much ------------------------------------------------------------------------ */

bool limits_recipient_fits(const struct gateway *gateway, const struct account *account,
                           const char *digits)
{
    return account->limit == NULL || account->limit->repeats == NULL ||
           repeats_fits(account->limit->repeats, digits, clock_mono_ms(gateway->clock));
}

static void tell(const char *event, const struct account *account, enum usage_kind kind)
{
    int64_t used = account->limit->usage.used[kind];
    int64_t limit = account->config->limits.of[kind];
    char texts[2][MONEY_TEXT_SIZE];

    if (kind == USAGE_SPEND_HOUR || kind == USAGE_SPEND_DAY)
        log_warning(event, "account=%s limit=%s used=%s of=%s", account->name,
                    usage_name(kind), money_format(used, texts[0]),
                    money_format(limit, texts[1]));
    else
        log_warning(event, "account=%s limit=%s used=%lld of=%lld", account->name,
                    usage_name(kind), (long long)used, (long long)limit);
}

enum usage_kind limits_ask(struct gateway *gateway, struct account *account, uint32_t parts,
                           int64_t spend)
{
    struct limit *limit = account->limit;
    enum usage_kind kind;

    if (limit == NULL || !limit->counts)
        return USAGE_FITS;
    usage_roll(&limit->usage, gateway_now_ms(gateway));
    kind = usage_ask(&limit->usage, &account->config->limits, parts, spend);
    if (kind != USAGE_FITS && limit->refused[kind] != limit->usage.window[kind]) {
        limit->refused[kind] = limit->usage.window[kind];
        tell("limit.reached", account, kind);
    }
    return kind;
}

/* Four fifths, once in each hour or day. */
static void alarm_where_due(struct account *account)
{
    struct limit *limit = account->limit;

    for (int i = 0; i < USAGE_KINDS; i++) {
        int64_t most = account->config->limits.of[i];

        if (most == 0 || limit->usage.used[i] < most - most / 5 ||
            limit->alarmed[i] == limit->usage.window[i])
            continue;
        limit->alarmed[i] = limit->usage.window[i];
        limit->alarms[i]++;
        tell("limit.alarm", account, (enum usage_kind)i);
    }
}

static void count(struct gateway *gateway, struct account *account, uint32_t parts,
                  int64_t spend)
{
    usage_add(&account->limit->usage, parts, spend);
    record(gateway, account);
    alarm_where_due(account);
}

void limits_count(struct gateway *gateway, struct account *account, uint32_t parts,
                  int64_t spend, const char *digits)
{
    struct limit *limit = account->limit;

    if (limit == NULL)
        return;
    if (limit->repeats != NULL)
        repeats_add(limit->repeats, digits, clock_mono_ms(gateway->clock));
    if (limit->counts)
        count(gateway, account, parts, spend);
}

void limits_count_more(struct gateway *gateway, struct account *account, int64_t then_ms,
                       uint32_t parts, int64_t spend)
{
    if (account->limit == NULL || !account->limit->counts)
        return;
    usage_roll(&account->limit->usage, gateway_now_ms(gateway));
    if (spend < 0)
        usage_correct(&account->limit->usage, then_ms, spend);
    count(gateway, account, parts, spend > 0 ? spend : 0);
}

void limits_correct(struct gateway *gateway, struct account *account, int64_t then_ms,
                    int64_t spend)
{
    struct limit *limit = account->limit;

    if (limit == NULL || !limit->counts || spend == 0)
        return;
    usage_roll(&limit->usage, gateway_now_ms(gateway));
    usage_correct(&limit->usage, then_ms, spend);
    record(gateway, account);
}

bool limits_facts(const struct gateway *gateway, const struct account *account,
                  enum usage_kind kind, struct limits_facts *out)
{
    struct usage usage;

    if (account->limit == NULL || !account->limit->counts ||
        account->config->limits.of[kind] == 0)
        return false;
    usage = account->limit->usage;
    usage_roll(&usage, gateway_now_ms(gateway));
    *out = (struct limits_facts){
        .used = usage.used[kind],
        .limit = account->config->limits.of[kind],
        .ends_ms = usage_ends_ms(&usage, kind),
        .alarms = account->limit->alarms[kind],
    };
    return true;
}

uint64_t limits_forgotten(const struct account *account)
{
    return account->limit != NULL && account->limit->repeats != NULL
               ? repeats_forgotten(account->limit->repeats)
               : 0;
}
