#include "gateway/metrics.h"

#include "gateway/accounts.h"
#include "gateway/aliases.h"
#include "gateway/api.h"
#include "gateway/catalog.h"
#include "gateway/channels/link.h"
#include "gateway/clock.h"
#include "gateway/collector.h"
#include "gateway/dispatch.h"
#include "gateway/duplicates.h"
#include "gateway/esme.h"
#include "gateway/executor.h"
#include "gateway/gateway.h"
#include "gateway/http_server.h"
#include "gateway/inbound.h"
#include "gateway/intake.h"
#include "gateway/limits.h"
#include "gateway/live.h"
#include "gateway/metrics_page.h"
#include "gateway/process.h"
#include "gateway/optouts.h"
#include "gateway/outbox.h"
#include "gateway/operations.h"
#include "gateway/receipts.h"
#include "gateway/reload.h"
#include "gateway/reports.h"
#include "gateway/review.h"
#include "gateway/store.h"
#include "gateway/texts.h"
#include "gateway/tls.h"
#include "routing/ledger.h"

/* Gathered once for a page. */
struct facts {
    const struct gateway *gateway;
    const struct gateway_counters *counters;
    const struct store_counters *store;
    struct esme_counters esme;
    struct http_server_counts http;
    struct accounts_counts passwords;
    struct tls_counts tls;
    struct process_facts process;
    bool with_accounts;
};

/* ---- Of the whole gateway ------------------------------------------------ */

static const char *const verdict_names[] = {
    [VERDICT_OK] = "ok",           [VERDICT_RETRY] = "retry",   [VERDICT_NEXT] = "next",
    [VERDICT_SUSPEND] = "suspend", [VERDICT_UNSURE] = "unsure",
};

enum { VERDICTS = sizeof(verdict_names) / sizeof(verdict_names[0]) };

static void by_refusal(struct metrics_page *page, const struct facts *it)
{
    char labels[METRICS_LABELS_SIZE];

    for (int i = INTAKE_BAD_SOURCE; i < INTAKE_RESULTS; i++)
        metrics_number(
            page,
            metrics_label(labels, "cause", intake_result_cause((enum intake_result)i)),
            (int64_t)it->counters->refused[i]);
}

static void by_inbound_refusal(struct metrics_page *page, const struct facts *it)
{
    char labels[METRICS_LABELS_SIZE];

    metrics_number(page, metrics_label(labels, "cause", "full"),
                   (int64_t)it->counters->inbound_full);
    metrics_number(page, metrics_label(labels, "cause", "nobodys"),
                   (int64_t)it->counters->inbound_refused);
}

static void by_operation(struct metrics_page *page, const struct facts *it)
{
    const struct operation_counts *counts = &it->counters->operations;
    char labels[METRICS_LABELS_SIZE];

    metrics_number(page, metrics_label(labels, "result", "queried"),
                   (int64_t)counts->queried);
    metrics_number(page, metrics_label(labels, "result", "cancelled"),
                   (int64_t)counts->cancelled);
    metrics_number(page, metrics_label(labels, "result", "replaced"),
                   (int64_t)counts->replaced);
    metrics_number(page, metrics_label(labels, "result", "refused"),
                   (int64_t)counts->refused);
}

static void by_reload(struct metrics_page *page, const struct facts *it)
{
    static const char *const results[] = {
        [RELOAD_DONE] = "done", [RELOAD_SAME] = "same", [RELOAD_REFUSED] = "refused"};
    char labels[METRICS_LABELS_SIZE];

    for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++)
        metrics_number(page, metrics_label(labels, "result", results[i]),
                       (int64_t)it->counters->reloads[i]);
}

static void by_decision(struct metrics_page *page, const struct facts *it)
{
    char labels[METRICS_LABELS_SIZE];

    metrics_number(page, metrics_label(labels, "decision", "release"),
                   (int64_t)it->counters->review_released);
    metrics_number(page, metrics_label(labels, "decision", "drop"),
                   (int64_t)it->counters->review_dropped);
}

static void by_end(struct metrics_page *page, const struct facts *it)
{
    char labels[METRICS_LABELS_SIZE];

    for (int end = MESSAGE_DELIVERED; end <= MESSAGE_UNKNOWN; end++)
        metrics_number(
            page, metrics_label(labels, "end", message_end_name((enum message_end)end)),
            (int64_t)it->counters->ends[end]);
}

static void by_verdict(struct metrics_page *page, const struct facts *it)
{
    char labels[METRICS_LABELS_SIZE];

    for (int i = 0; i < VERDICTS; i++)
        metrics_number(page, metrics_label(labels, "verdict", verdict_names[i]),
                       (int64_t)it->counters->verdicts[i]);
}

static void by_status_class(struct metrics_page *page, const struct facts *it)
{
    static const struct {
        unsigned class;
        const char *name;
    } rows[] = {
        {2, "2xx"},
        {4, "4xx"},
        {5, "5xx"}
    };
    char labels[METRICS_LABELS_SIZE];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        metrics_number(page, metrics_label(labels, "class", rows[i].name),
                       (int64_t)api_answers(it->gateway->api, rows[i].class));
}

static void by_refusal_code(struct metrics_page *page, const struct facts *it)
{
    char labels[METRICS_LABELS_SIZE];
    const char *code;
    uint64_t count;

    for (size_t i = 0; (code = api_refusal_at(it->gateway->api, i, &count)) != NULL; i++)
        metrics_number(page, metrics_label(labels, "code", code), (int64_t)count);
}

static void by_lane(struct metrics_page *page, const struct facts *it)
{
    static const char *const names[EXECUTOR_LANES] = {
        [EXECUTOR_STORE] = "store",   [EXECUTOR_TABLES] = "tables",
        [EXECUTOR_READER] = "reader", [EXECUTOR_BOOKS] = "books",
        [EXECUTOR_POOL] = "pool",     [EXECUTOR_NAMES] = "names"};
    char labels[METRICS_LABELS_SIZE];

    for (int lane = 0; lane < EXECUTOR_LANES; lane++)
        metrics_number(
            page, metrics_label(labels, "lane", names[lane]),
            (int64_t)executor_waiting(it->gateway->executor, (enum executor_lane)lane));
}

static void by_handshake(struct metrics_page *page, const struct facts *it)
{
    static const char *const sides[] = {"listen", "link"};
    char labels[METRICS_LABELS_SIZE];

    for (size_t i = 0; i < sizeof(sides) / sizeof(sides[0]); i++) {
        metrics_number(page, metrics_two_labels(labels, "side", sides[i], "result", "done"),
                       (int64_t)it->tls.done[i]);
        metrics_number(page,
                       metrics_two_labels(labels, "side", sides[i], "result", "failed"),
                       (int64_t)(it->tls.failed[i] - it->tls.plain[i]));
        metrics_number(page,
                       metrics_two_labels(labels, "side", sides[i], "result", "no-tls"),
                       (int64_t)it->tls.plain[i]);
    }
}

static void seconds_left(struct metrics_page *page, const struct facts *it,
                         const struct tls_expiry *expiry)
{
    char labels[METRICS_LABELS_SIZE];

    metrics_number(page,
                   metrics_two_labels(labels, "side", expiry->kind, "name", expiry->name),
                   expiry->at_s - gateway_now_ms(it->gateway) / 1000);
}

static void by_certificate(struct metrics_page *page, const struct facts *it)
{
    struct tls_expiry expiry;

    for (size_t at = 0; tls_next_certificate(it->gateway->tls, &at, &expiry);)
        seconds_left(page, it, &expiry);
}

static void by_crl(struct metrics_page *page, const struct facts *it)
{
    struct tls_expiry expiry;

    for (size_t at = 0; tls_next_crl(it->gateway->tls, &at, &expiry);)
        seconds_left(page, it, &expiry);
}

static void by_version(struct metrics_page *page, const struct facts *it)
{
    char labels[METRICS_LABELS_SIZE];

    (void)it;
    metrics_number(page, metrics_label(labels, "version", PACKAGE_VERSION), 1);
}

static void by_loop_turn(struct metrics_page *page, const struct facts *it)
{
    metrics_durations(page, api_loop_turns(it->gateway->api));
}

static void by_commit(struct metrics_page *page, const struct facts *it)
{
    metrics_durations(page, &it->store->commit_times);
}

/* ---- Of each channel ----------------------------------------------------- */

#define BY_CHANNEL(function, value)                                                        \
    static void function(struct metrics_page *page, const struct facts *it)                \
    {                                                                                      \
        struct dispatch_channel_facts facts;                                               \
        char labels[METRICS_LABELS_SIZE];                                                  \
                                                                                           \
        for (uint32_t i = 0; dispatch_next_channel(it->gateway, &i, &facts);)              \
            metrics_number(page,                                                           \
                           metrics_label(labels, "channel",                                \
                                         catalog_channel_name(it->gateway->catalog, i)),   \
                           (int64_t)(value));                                              \
    }

BY_CHANNEL(by_channel_up, facts.up)
BY_CHANNEL(by_channel_suspended, facts.suspended)
BY_CHANNEL(by_channel_behind, facts.behind)
BY_CHANNEL(by_channel_queued, facts.queued)
BY_CHANNEL(by_channel_open, facts.open)
BY_CHANNEL(by_channel_capacity, facts.capacity)
BY_CHANNEL(by_channel_unreported, facts.unreported)

static void by_channel_verdict(struct metrics_page *page, const struct facts *it)
{
    struct dispatch_channel_facts facts;
    char labels[METRICS_LABELS_SIZE];

    for (uint32_t i = 0; dispatch_next_channel(it->gateway, &i, &facts);)
        for (int verdict = 0; verdict < VERDICTS; verdict++)
            metrics_number(page,
                           metrics_two_labels(labels, "channel",
                                              catalog_channel_name(it->gateway->catalog, i),
                                              "verdict", verdict_names[verdict]),
                           (int64_t)facts.verdicts[verdict]);
}

static void by_channel_class(struct metrics_page *page, const struct facts *it)
{
    static const char *const classes[QUEUE_CLASSES] = {"transactional", "service",
                                                       "advertising"};
    struct dispatch_channel_facts facts;
    char labels[METRICS_LABELS_SIZE];

    for (uint32_t i = 0; dispatch_next_channel(it->gateway, &i, &facts);)
        for (int class = 0; class < QUEUE_CLASSES; class ++)
            metrics_number(page,
                           metrics_two_labels(labels, "channel",
                                              catalog_channel_name(it->gateway->catalog, i),
                                              "class", classes[class]),
                           (int64_t)facts.queued_by_class[class]);
}

/* ---- Of each link -------------------------------------------------------- */

#define BY_LINK(function, value)                                                           \
    static void function(struct metrics_page *page, const struct facts *it)                \
    {                                                                                      \
        const struct config *config = it->gateway->config;                                 \
        struct link_facts facts;                                                           \
        char labels[METRICS_LABELS_SIZE];                                                  \
                                                                                           \
        for (size_t i = 0; i < config->link_count; i++) {                                  \
            link_look(it->gateway->links[i], &facts);                                      \
            metrics_number(page, metrics_label(labels, "channel", config->links[i].name),  \
                           (int64_t)(value));                                              \
        }                                                                                  \
    }

BY_LINK(by_link_binds, facts.bound)
BY_LINK(by_link_binds_wanted, facts.wanted)
BY_LINK(by_link_binds_refused, facts.binds_refused)
BY_LINK(by_link_rate, facts.per_s)
BY_LINK(by_link_throttled, facts.throttled)
BY_LINK(by_link_window, facts.window)
BY_LINK(by_link_congested, facts.congested)
BY_LINK(by_link_unreceived, facts.unreceived)
BY_LINK(by_link_alarms, facts.alarms)

static void by_link_state(struct metrics_page *page, const struct facts *it)
{
    const struct config *config = it->gateway->config;
    struct link_facts facts;
    char labels[METRICS_LABELS_SIZE];

    for (size_t i = 0; i < config->link_count; i++) {
        link_look(it->gateway->links[i], &facts);
        metrics_number(page,
                       metrics_two_labels(labels, "channel", config->links[i].name, "state",
                                          facts.state),
                       1);
    }
}

/* ---- Of each account ----------------------------------------------------- */

/* The next configured one after *place; NULL: no more, or not for who asks. */
static const struct account *next_account(const struct facts *it, size_t *place)
{
    if (!it->with_accounts || *place >= it->gateway->config->account_count)
        return NULL;
    return catalog_account_at(it->gateway->catalog, (*place)++);
}

#define BY_ACCOUNT(function, value)                                                        \
    static void function(struct metrics_page *page, const struct facts *it)                \
    {                                                                                      \
        const struct account *account;                                                     \
        char labels[METRICS_LABELS_SIZE];                                                  \
                                                                                           \
        for (size_t i = 0; (account = next_account(it, &i)) != NULL;)                      \
            metrics_number(page, metrics_label(labels, "account", account->name),          \
                           (int64_t)(value));                                              \
    }

#define MONEY_BY_ACCOUNT(function, value)                                                  \
    static void function(struct metrics_page *page, const struct facts *it)                \
    {                                                                                      \
        const struct account *account;                                                     \
        char labels[METRICS_LABELS_SIZE];                                                  \
        char currency[4];                                                                  \
                                                                                           \
        for (size_t i = 0; (account = next_account(it, &i)) != NULL;)                      \
            metrics_millionths(                                                            \
                page,                                                                      \
                metrics_two_labels(labels, "account", account->name, "currency",           \
                                   ledger_currency_code(account->currency, currency)),     \
                value);                                                                    \
    }

/* Since then, in seconds; 0: there is none. */
static int64_t age_s(const struct facts *it, int64_t made_ms)
{
    return made_ms == 0 ? 0 : (gateway_now_ms(it->gateway) - made_ms) / 1000;
}

static int64_t age_of_inbound_s(const struct facts *it)
{
    struct inbound_unrouted unrouted;
    int64_t oldest_ms = 0;

    if (inbound_unrouted_next(it->gateway, 0, &unrouted))
        oldest_ms = unrouted.at_ms;
    for (size_t i = 0; i < it->gateway->config->account_count; i++) {
        const struct account *account = catalog_account_at(it->gateway->catalog, i);
        int64_t account_ms = inbound_oldest_ms(it->gateway, account->number);

        if (account_ms != 0 && (oldest_ms == 0 || account_ms < oldest_ms))
            oldest_ms = account_ms;
    }
    return age_s(it, oldest_ms);
}

MONEY_BY_ACCOUNT(by_account_available, account->balance.available)
MONEY_BY_ACCOUNT(by_account_held, account->balance.held)
BY_ACCOUNT(by_account_accepted, account->accepted)
BY_ACCOUNT(by_account_refused, account->refused)
BY_ACCOUNT(by_account_sessions, esmes_bound(it->gateway, account->number))
BY_ACCOUNT(by_account_receipts,
           outbox_waiting_of(it->gateway, LETTER_RECEIPT, account->number))
BY_ACCOUNT(by_account_oldest_receipt,
           age_s(it, outbox_oldest_ms(it->gateway, LETTER_RECEIPT, account->number)))
BY_ACCOUNT(by_account_inbound,
           outbox_waiting_of(it->gateway, LETTER_INBOUND, account->number) +
               outbox_waiting_of(it->gateway, LETTER_HOOK, account->number))
BY_ACCOUNT(by_account_oldest_inbound,
           age_s(it, inbound_oldest_ms(it->gateway, account->number)))

BY_ACCOUNT(by_account_repeated, account->repeated)
BY_ACCOUNT(by_account_suspended, account->suspended_since_ms != 0)
BY_ACCOUNT(by_account_remembered, duplicates_count(account))
BY_ACCOUNT(by_account_forgotten, duplicates_forgotten(account) + limits_forgotten(account))

/* Of each limit that is set. */
#define BY_LIMIT(function, write, first, last, member)                                     \
    static void function(struct metrics_page *page, const struct facts *it)                \
    {                                                                                      \
        const struct account *account;                                                     \
        struct limits_facts limit;                                                         \
        char labels[METRICS_LABELS_SIZE];                                                  \
                                                                                           \
        for (size_t i = 0; (account = next_account(it, &i)) != NULL;)                      \
            for (int kind = first; kind <= (int)last; kind++)                              \
                if (limits_facts(it->gateway, account, (enum usage_kind)kind, &limit))     \
                    write(page,                                                            \
                          metrics_two_labels(labels, "account", account->name, "limit",    \
                                             usage_name((enum usage_kind)kind)),           \
                          (int64_t)limit.member);                                          \
    }

BY_LIMIT(by_parts_used, metrics_number, USAGE_PARTS_HOUR, USAGE_PARTS_DAY, used)
BY_LIMIT(by_parts_limit, metrics_number, USAGE_PARTS_HOUR, USAGE_PARTS_DAY, limit)
BY_LIMIT(by_spend_used, metrics_millionths, USAGE_SPEND_HOUR, USAGE_SPEND_DAY, used)
BY_LIMIT(by_spend_limit, metrics_millionths, USAGE_SPEND_HOUR, USAGE_SPEND_DAY, limit)
BY_LIMIT(by_limit_alarm, metrics_number, USAGE_PARTS_HOUR, USAGE_SPEND_DAY, alarms)

/* ---- The page ------------------------------------------------------------ */

static void write_rows(struct metrics_page *page, const struct facts *it)
{
#define COUNTER        "counter"
#define GAUGE          "gauge"
#define HISTOGRAM      "histogram"
#define NUMBER(value)  metrics_number(page, "", (int64_t)(value))
#define SECONDS(value) metrics_millionths(page, "", (int64_t)(value))
#define MONEY(value)   metrics_millionths(page, "", (int64_t)(value))
#define METRIC(name, type, help, samples)                                                  \
    metrics_begin(page, #name, type, help);                                                \
    samples;
#include "gateway/metrics.def"
}

void metrics_write(const struct gateway *gateway, bool with_accounts, struct evbuffer *out)
{
    struct metrics_page page = {.out = out};
    struct facts facts = {
        .gateway = gateway,
        .counters = &gateway->counters,
        .store = store_counters(gateway->store),
        .http = http_server_counts(gateway->http_server),
        .passwords = accounts_counts(gateway->accounts),
        .tls = tls_counts(gateway->tls),
        .process = process_read_facts(),
        .with_accounts = with_accounts,
    };

    esmes_counters(gateway, &facts.esme);
    write_rows(&page, &facts);
}
