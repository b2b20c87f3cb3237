/*
 * The state of things on one page, for a person who was woken up: first what needs
 * attention, in sentences, then the numbers.
 *
 * It is told at once and not when it is durable: with a disk that hangs it must still
 * say so.
 */
#include "gateway/api_pieces.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "gateway/catalog.h"
#include "gateway/channels/link.h"
#include "gateway/dispatch.h"
#include "gateway/esme.h"
#include "gateway/inbound.h"
#include "gateway/limits.h"
#include "gateway/outbox.h"
#include "gateway/reports.h"
#include "gateway/review.h"
#include "gateway/store.h"
#include "gateway/tls.h"
#include "routing/ledger.h"
#include "smpp/command.h"

enum { OLD_RECEIPT_S = 3600, DAY_S = 24 * 3600, CERTIFICATE_S = 14 * DAY_S };

static void say(struct json_writer *writer, const char *sentence, ...)
    __attribute__((format(printf, 2, 3)));

static void say(struct json_writer *writer, const char *sentence, ...)
{
    char text[256];
    va_list values;

    va_start(values, sentence);
    vsnprintf(text, sizeof(text), sentence, values);
    va_end(values);
    json_write_string(writer, NULL, text);
}

/* ---- What needs attention ------------------------------------------------ */

static void look_at_gateway(const struct gateway *gateway, struct json_writer *writer)
{
    if (gateway->draining)
        say(writer, "the gateway is stopping: nothing new is taken");
    else if (!gateway->ready)
        say(writer, "the gateway is starting: nothing is taken yet");
    if (store_disk_is_low(gateway->store))
        say(writer, "the disk is almost full: submissions are refused until there is room");
    if (store_is_congested(gateway->store))
        say(writer, "the store is far behind (a slow disk?): %u operations wait",
            store_counters(gateway->store)->waiting_operations);
    if (lives_are_full(gateway->lives))
        say(writer, "max_messages is reached: submissions are refused until some end");
    if (review_count(gateway, REVIEW_ALL) > 0)
        say(writer, "%zu messages are kept for review", review_count(gateway, REVIEW_ALL));
    if (gateway->counters.ledger_mismatches > 0)
        say(writer, "the last check of the ledger found %" PRIu64 " mismatches",
            gateway->counters.ledger_mismatches);
    if (gateway->counters.receipts_dropped > 0)
        say(writer, "%" PRIu64 " receipts were dropped since the start",
            gateway->counters.receipts_dropped);
}

static void look_at_links(const struct gateway *gateway, struct json_writer *writer)
{
    for (size_t i = 0; i < gateway->config->link_count; i++) {
        const char *name = gateway->config->links[i].name;
        struct link_facts facts;

        link_look(gateway->links[i], &facts);
        if (strcmp(facts.state, "refused") == 0)
            say(writer, "link %s: the operator refuses our name or password", name);
        else if (facts.bound < facts.wanted)
            say(writer, "link %s: %u of %u binds are up", name, facts.bound, facts.wanted);
        if (facts.rate_is_lowered)
            say(writer, "link %s: throttled to %" PRId64 " a second", name, facts.per_s);
        if (facts.alarms > 0)
            say(writer, "link %s: %" PRIu64 " answers spoke of our configuration, last %s",
                name, facts.alarms, smpp_status_name(facts.alarm_status));
    }
}

static void look_at_channels(const struct gateway *gateway, struct json_writer *writer)
{
    struct dispatch_channel_facts facts;

    for (uint32_t i = 0; dispatch_next_channel(gateway, &i, &facts);)
        if (facts.suspended)
            say(writer,
                "channel %s is suspended: it refused us as a whole, or asked us to pause",
                catalog_channel_name(gateway->catalog, i));
}

static void look_at_inbound(const struct gateway *gateway, struct json_writer *writer)
{
    size_t unrouted = inbound_unrouted_count(gateway);

    if (unrouted > 0)
        say(writer, "%zu messages of subscribers are nobody's: sluice inbound list",
            unrouted);
}

static void look_at_accounts(const struct gateway *gateway, struct json_writer *writer)
{
    int64_t now_ms = gateway_now_ms(gateway);

    for (size_t i = 0; i < gateway->config->account_count; i++) {
        const struct account *account = catalog_account_at(gateway->catalog, i);
        size_t waiting = outbox_waiting_of(gateway, LETTER_RECEIPT, account->number);
        int64_t age_s =
            (now_ms - outbox_oldest_ms(gateway, LETTER_RECEIPT, account->number)) / 1000;
        int64_t inbound_ms = inbound_oldest_ms(gateway, account->number);

        if (waiting > 0 && age_s > OLD_RECEIPT_S)
            say(writer,
                "account %s does not take its receipts: %zu wait, the oldest for %" PRId64
                " minutes",
                account->name, waiting, age_s / 60);
        if (inbound_ms != 0 && now_ms - inbound_ms > OLD_RECEIPT_S * 1000LL)
            say(writer, "account %s does not take what its subscribers write",
                account->name);
        if (account->suspended_since_ms != 0)
            say(writer, "account %s is suspended", account->name);
        for (int kind = 0; kind < USAGE_KINDS; kind++) {
            struct limits_facts limit;

            if (limits_facts(gateway, account, (enum usage_kind)kind, &limit) &&
                limit.used >= limit.limit - limit.limit / 5)
                say(writer, "account %s has used four fifths or more of its %s",
                    account->name, usage_name((enum usage_kind)kind));
        }
        if (account->balance.available <= account->balance.limit)
            say(writer, "account %s has used up its balance", account->name);
    }
}

static void look_at_expiry(const char *what, const struct tls_expiry *expiry,
                           int64_t left_s, int64_t soon_s, struct json_writer *writer)
{
    if (left_s <= 0)
        say(writer, "the %s of %s %s is no longer good", what, expiry->kind, expiry->name);
    else if (left_s < soon_s)
        say(writer, "the %s of %s %s is good for %" PRId64 " days more", what, expiry->kind,
            expiry->name, left_s / DAY_S);
}

static void look_at_certificates(const struct gateway *gateway, struct json_writer *writer)
{
    int64_t now_s = gateway_now_ms(gateway) / 1000;
    struct tls_expiry expiry;

    for (size_t at = 0; tls_next_certificate(gateway->tls, &at, &expiry);)
        look_at_expiry("certificate", &expiry, expiry.at_s - now_s, CERTIFICATE_S, writer);
    for (size_t at = 0; tls_next_crl(gateway->tls, &at, &expiry);)
        look_at_expiry("revocation list", &expiry, expiry.at_s - now_s, DAY_S, writer);
}

/* ---- The numbers --------------------------------------------------------- */

static void write_messages(const struct gateway *gateway, struct json_writer *writer)
{
    const struct gateway_counters *counters = &gateway->counters;
    uint64_t refused = 0;

    json_write_object(writer, "messages");
    json_write_integer(writer, "live", (int64_t)lives_count(gateway->lives));
    json_write_integer(writer, "queued", (int64_t)dispatch_queued(gateway));
    json_write_integer(writer, "accepted", (int64_t)counters->accepted);
    for (int i = INTAKE_OK; i < INTAKE_RESULTS; i++)
        refused += counters->refused[i];
    json_write_integer(writer, "refused", (int64_t)refused);
    json_write_object(writer, "ended");
    for (int end = MESSAGE_DELIVERED; end <= MESSAGE_UNKNOWN; end++)
        json_write_integer(writer, message_end_name((enum message_end)end),
                           (int64_t)counters->ends[end]);
    json_write_object_end(writer);
    json_write_integer(writer, "in_doubt", (int64_t)counters->in_doubt);
    json_write_object_end(writer);
}

static void write_reports(const struct gateway *gateway, struct json_writer *writer)
{
    json_write_object(writer, "reports");
    json_write_integer(writer, "received", (int64_t)gateway->counters.reports);
    json_write_integer(writer, "parked", (int64_t)reports_parked(gateway));
    json_write_integer(writer, "unmatched", (int64_t)gateway->counters.reports_unmatched);
    json_write_object_end(writer);
}

static void write_receipts(const struct gateway *gateway, struct json_writer *writer)
{
    json_write_object(writer, "receipts");
    json_write_integer(writer, "made", (int64_t)gateway->counters.receipts_made);
    json_write_integer(writer, "acknowledged",
                       (int64_t)gateway->counters.receipts_acknowledged);
    json_write_integer(writer, "refused", (int64_t)gateway->counters.receipts_refused);
    json_write_integer(writer, "waiting", (int64_t)outbox_waiting(gateway, LETTER_RECEIPT));
    json_write_integer(writer, "dropped", (int64_t)gateway->counters.receipts_dropped);
    json_write_object_end(writer);
}

static void write_inbound(const struct gateway *gateway, struct json_writer *writer)
{
    const struct gateway_counters *counters = &gateway->counters;

    json_write_object(writer, "inbound");
    json_write_integer(writer, "received", (int64_t)counters->inbound_received);
    json_write_integer(writer, "delivered", (int64_t)counters->inbound_delivered);
    json_write_integer(writer, "waiting", (int64_t)inbound_waiting(gateway));
    json_write_integer(writer, "unrouted", (int64_t)inbound_unrouted_count(gateway));
    json_write_integer(writer, "refused",
                       (int64_t)(counters->inbound_refused + counters->inbound_full));
    json_write_object_end(writer);
}

static void write_store(const struct gateway *gateway, struct json_writer *writer)
{
    const struct store_counters *counters = store_counters(gateway->store);

    json_write_object(writer, "store");
    json_write_string(writer, "folder", store_folder(gateway->store));
    json_write_integer(writer, "commits", (int64_t)counters->commits);
    json_write_integer(writer, "operations", (int64_t)counters->operations);
    json_write_integer(writer, "waiting_operations", counters->waiting_operations);
    json_write_integer(writer, "longest_commit_us", counters->longest_commit_us);
    json_write_integer(writer, "longest_checkpoint_us", counters->longest_checkpoint_us);
    json_write_bool(writer, "congested", store_is_congested(gateway->store));
    json_write_bool(writer, "disk_low", store_disk_is_low(gateway->store));
    json_write_object_end(writer);
}

static void write_channels(struct gateway *gateway, struct json_writer *writer)
{
    struct dispatch_channel_facts facts;

    json_write_array(writer, "channels");
    for (uint32_t i = 0; dispatch_next_channel(gateway, &i, &facts);) {
        json_write_object(writer, NULL);
        api_write_channel_facts(gateway, writer, i, &facts);
        json_write_object_end(writer);
    }
    json_write_array_end(writer);
}

static void write_accounts(const struct gateway *gateway, struct json_writer *writer)
{
    json_write_array(writer, "accounts");
    for (size_t i = 0; i < gateway->config->account_count; i++) {
        const struct account *account = catalog_account_at(gateway->catalog, i);
        char currency[4];

        json_write_object(writer, NULL);
        json_write_string(writer, "account", account->name);
        json_write_integer(writer, "sessions",
                           (int64_t)esmes_bound(gateway, account->number));
        json_write_integer(writer, "accepted", (int64_t)account->accepted);
        json_write_integer(writer, "refused", (int64_t)account->refused);
        json_write_string(writer, "currency",
                          ledger_currency_code(account->currency, currency));
        json_write_money(writer, "available", account->balance.available);
        json_write_money(writer, "held", account->balance.held);
        json_write_integer(
            writer, "receipts_waiting",
            (int64_t)outbox_waiting_of(gateway, LETTER_RECEIPT, account->number));
        json_write_time(writer, "oldest_receipt_at",
                        outbox_oldest_ms(gateway, LETTER_RECEIPT, account->number));
        json_write_object_end(writer);
    }
    json_write_array_end(writer);
}

void api_on_status(struct api_call *call)
{
    struct gateway *gateway = call->gateway;
    struct json_writer *writer = api_writer(gateway);
    int64_t now_ms = gateway_now_ms(gateway);

    json_write_object(writer, NULL);
    json_write_string(writer, "version", PACKAGE_VERSION);
    json_write_time(writer, "now", now_ms);
    json_write_time(writer, "started_at", gateway->started_at_ms);
    json_write_integer(writer, "uptime", (now_ms - gateway->started_at_ms) / 1000);
    json_write_bool(writer, "ready", gateway->ready && !gateway->draining);
    json_write_array(writer, "attention");
    look_at_gateway(gateway, writer);
    look_at_links(gateway, writer);
    look_at_channels(gateway, writer);
    look_at_accounts(gateway, writer);
    look_at_certificates(gateway, writer);
    look_at_inbound(gateway, writer);
    json_write_array_end(writer);
    write_messages(gateway, writer);
    write_reports(gateway, writer);
    write_receipts(gateway, writer);
    write_inbound(gateway, writer);
    write_store(gateway, writer);
    write_channels(gateway, writer);
    write_accounts(gateway, writer);
    json_write_object_end(writer);
    api_answer(gateway, call->request->id, 200);
}
