/*
 * Puts the modules together in the order in which they need each other, and takes them
 * apart again: at once, or politely.
 */
#include "gateway/gateway.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "gateway/accounts.h"
#include "gateway/aliases.h"
#include "gateway/api.h"
#include "gateway/catalog.h"
#include "gateway/channels/http.h"
#include "gateway/channels/link.h"
#include "gateway/clock.h"
#include "gateway/collector.h"
#include "gateway/config.h"
#include "gateway/content.h"
#include "gateway/dispatch.h"
#include "gateway/duplicates.h"
#include "gateway/esme.h"
#include "gateway/http_client.h"
#include "gateway/http_server.h"
#include "gateway/http_trust.h"
#include "gateway/inbound.h"
#include "gateway/intake.h"
#include "gateway/limits.h"
#include "gateway/live.h"
#include "gateway/log.h"
#include "gateway/marks.h"
#include "gateway/operations.h"
#include "gateway/optouts.h"
#include "gateway/outbox.h"
#include "gateway/pairs.h"
#include "gateway/recovery.h"
#include "gateway/reports.h"
#include "gateway/review.h"
#include "gateway/scrapes.h"
#include "gateway/senders.h"
#include "gateway/store.h"
#include "gateway/store_reader.h"
#include "gateway/suspension.h"
#include "gateway/texts.h"
#include "gateway/tls.h"
#include "gateway/turnstile.h"
#include "smpp/client.h"

enum {
    EXIT_STORE_FAILED = 75,
    DRAIN_STEP_MS = 20,
    GOODBYE_MS = 3000, /* for unbinds, after what is open has finished */
};

/* How far a polite end has come. */
enum drain { DRAIN_NONE, DRAIN_CHANNELS, DRAIN_SESSIONS, DRAIN_STORE };

struct drain_state {
    enum drain step;
    int64_t until_ms;
    struct clock_timer timer;
};

int64_t gateway_now_ms(const struct gateway *gateway)
{
    return clock_wall_ms(gateway->clock);
}

uint64_t gateway_id(struct gateway *gateway)
{
    return ids_next(&gateway->ids, clock_wall_ms(gateway->clock));
}

/* xorshift64*: for jitter, nothing secret. */
uint32_t gateway_random(struct gateway *gateway)
{
    uint64_t x = gateway->random_state;

    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    gateway->random_state = x;
    return (uint32_t)(x * 0x2545F4914F6CDD1DULL >> 32);
}

/* --- the end ------------------------------------------------------------------------ */

static void stop(struct gateway *gateway, int exit_status)
{
    if (gateway->stopped)
        return;
    gateway->stopped = true;
    gateway->exit_status = exit_status;
    store_reader_end(gateway->reader);
    if (gateway->on_stopped)
        gateway->on_stopped(gateway);
}

static void store_failed(void *owner, const char *why)
{
    struct gateway *gateway = owner;

    log_error("gateway.stopped", "reason=\"the store failed: %s\" exit=%d", why,
              EXIT_STORE_FAILED);
    gateway->ready = false;
    stop(gateway, EXIT_STORE_FAILED);
}

static void say_goodbye(struct gateway *gateway)
{
    for (size_t i = 0; i < gateway->config->link_count; i++)
        link_unbind(gateway->links[i]);
    esmes_drain(gateway);
    if (gateway->http_server)
        http_server_drain(gateway->http_server);
}

static bool all_have_left(const struct gateway *gateway)
{
    if (esmes_count(gateway) > 0 ||
        (gateway->http_server && http_server_connections(gateway->http_server) > 0))
        return false;
    for (size_t i = 0; i < gateway->config->link_count; i++)
        if (link_connections(gateway->links[i]) > 0)
            return false;
    return true;
}

/*
 * First what is on its way comes back (its permits have verdicts), then everybody is
 * told, then the last decisions are committed.
 */
static void drain_on(void *owner)
{
    struct gateway *gateway = owner;
    struct drain_state *drain = gateway->drain;
    bool late = clock_mono_ms(gateway->clock) >= drain->until_ms;

    clock_arm_in(gateway->clock, &drain->timer, DRAIN_STEP_MS, drain_on, gateway);
    if (drain->step == DRAIN_CHANNELS && (late || dispatch_is_drained(gateway))) {
        drain->step = DRAIN_SESSIONS;
        drain->until_ms = clock_mono_ms(gateway->clock) + GOODBYE_MS;
        say_goodbye(gateway);
    } else if (drain->step == DRAIN_SESSIONS && (late || all_have_left(gateway))) {
        drain->step = DRAIN_STORE;
    } else if (drain->step == DRAIN_STORE && store_is_idle(gateway->store)) {
        clock_disarm(gateway->clock, &drain->timer);
        log_info("gateway.stopped", "reason=drained live=%zu receipts=%zu",
                 lives_count(gateway->lives), outbox_waiting(gateway, LETTER_RECEIPT));
        stop(gateway, 0);
    }
}

void gateway_drain(struct gateway *gateway)
{
    if (gateway->draining || gateway->stopped)
        return;
    log_info("gateway.draining", "live=%zu", lives_count(gateway->lives));
    gateway->draining = true;
    gateway->ready = false;
    dispatch_drain(gateway);
    store_end_upkeep(gateway->store);
    gateway->drain->step = DRAIN_CHANNELS;
    gateway->drain->until_ms = clock_mono_ms(gateway->clock) + gateway->config->drain_ms;
    drain_on(gateway);
}

/* --- the start ---------------------------------------------------------------------- */

static void open_channels(struct gateway *gateway)
{
    const struct config *config = gateway->config;

    gateway->links = calloc(config->link_count + 1, sizeof(*gateway->links));
    if (gateway->links == NULL)
        abort();
    for (size_t i = 0; i < config->link_count; i++)
        gateway->links[i] = link_open(gateway, i, catalog_link(gateway->catalog, i));
    for (size_t i = 0; i < config->channel_count; i++)
        messenger_open(gateway, i, catalog_messenger(gateway->catalog, i));
}

static void http_is_done(void *owner, const struct http_result *result)
{
    if (!inbound_posted(owner, result))
        messengers_on_done(owner, result);
}

static bool open_http(struct gateway *gateway, char *error, size_t error_size)
{
    const struct config_http *config = &gateway->config->http;
    struct http_client_options client = http_default_options;
    struct http_limits limits = http_default_limits;
    char path[4200];

    client.allow_private = gateway->config->practice;
    client.private_networks = gateway->config->private_networks;
    client.private_network_count = gateway->config->private_network_count;
    if (gateway->config->private_ca[0] != '\0') {
        gateway->trust = http_trust_new(gateway->config->private_ca, error, error_size);
        if (gateway->trust == NULL)
            return false;
        client.trust = gateway->trust;
    }
    for (size_t i = 0; i < gateway->config->channel_count; i++)
        client.calls_max += gateway->config->channels[i].concurrency;
    client.calls_max += inbound_posts_max(gateway);
    gateway->http_client =
        http_client_new(gateway->base, gateway->clock, &client, http_is_done, gateway);
    /* Without the section the socket has the server's own limits. */
    if (*config->address.host) {
        limits.body_max_bytes = config->max_body_bytes;
        limits.connections_max = config->max_connections;
        limits.connections_per_address_max = config->max_connections;
        limits.request_deadline_ms = config->request_timeout_ms;
    }
    gateway->http_server =
        http_server_new(gateway->base, gateway->clock, &limits, api_on_request, gateway);
    snprintf(path, sizeof(path), "%s/sluice.sock", store_folder(gateway->store));
    if (*config->address.host &&
        !http_server_listen(gateway->http_server, config->address.host,
                            config->address.port, NULL, error, error_size))
        return false;
    return http_server_listen_unix(gateway->http_server, path, error, error_size);
}

static void clock_stepped(void *owner, int64_t by_ms)
{
    struct gateway *gateway = owner;

    log_warning("clock.stepped", "by_ms=%lld", (long long)by_ms);
    dispatch_rearm(gateway);
}

static void is_verified(void *owner, uint64_t tag, const struct verification *result)
{
    struct gateway *gateway = owner;

    (void)tag;
    gateway->counters.ledger_mismatches = result->mismatch_count;
    for (size_t i = 0; i < result->mismatch_count && i < VERIFICATION_SENTENCES_MAX; i++)
        log_error("store.mismatch", "what=\"%s\"", result->mismatches[i]);
    log_info("store.check", "ok=%s postings=%lld closed=%lld mismatches=%zu",
             result->ok ? "yes" : "no", (long long)result->postings,
             (long long)result->closed, result->mismatch_count);
}

/* The first commit is durable: the store can be written, messages may come. */
static void is_ready(void *owner, const struct store_effect *effect)
{
    struct gateway *gateway = owner;

    (void)effect;
    if (gateway->draining)
        return;
    gateway->ready = true;
    log_info("gateway.ready", "live=%zu accounts=%zu", lives_count(gateway->lives),
             catalog_account_count(gateway->catalog));
    outboxes_resume(gateway);
    if (!store_reader_verify(gateway->reader, is_verified, gateway, 0))
        log_warning("store.check", "ok=unknown reason=\"the reader is busy\"");
}

static void message_comes(void *owner, uint32_t place, bool is_near)
{
    live_comes(owner, place, is_near);
}

static void make_modules(struct gateway *gateway)
{
    gateway->lives = lives_new(gateway->config->max_messages);
    gateway->aliases = aliases_new(gateway->config->aliases, gateway_random(gateway));
    gateway->pairs = pairs_new(gateway->config->max_messages);
    gateway->operations = operations_new(gateway);
    gateway->multi_answers = intake_multi_new();
    gateway->repeat_answers = intake_repeat_new();
    gateway->catalog = catalog_new(gateway->config);
    gateway->dispatch = dispatch_new(gateway);
    gateway->reports = reports_new(gateway);
    gateway->outboxes = outboxes_new(gateway);
    gateway->marks = marks_new(gateway);
    gateway->inbound = inbound_new(gateway);
    gateway->optouts = optouts_new();
    gateway->collector = collector_new(gateway);
    gateway->limits = limits_new(gateway);
    gateway->suspensions = suspensions_new(gateway);
    gateway->senders = senders_new();
    gateway->review = review_new();
    gateway->texts = texts_new();
    gateway->messengers = messengers_new(gateway);
    gateway->accounts =
        accounts_new(gateway->config, gateway->executor, esmes_on_checked, gateway);
    gateway->turnstile = turnstile_new(gateway);
    gateway->esmes = esmes_new(gateway);
    gateway->api = api_new(gateway);
    gateway->scrapes = scrapes_new(gateway);
}

static bool start(struct gateway *gateway, const struct gateway_options *options,
                  char *error, size_t error_size)
{
    const struct store_effect ready = {.run = is_ready};
    const struct store_config store = {
        .folder = options->state_folder,
        .ring_operations = gateway->config->ring_operations,
        .ring_bytes = gateway->config->ring_bytes,
        .disk_reserve_bytes = gateway->config->disk_reserve_bytes,
        .late_window_ms = gateway->config->late_window_ms,
        .vfs = options->vfs,
    };

    gateway->tls = tls_new(gateway->config, gateway->clock, error, error_size);
    if (gateway->tls == NULL)
        return false;
    gateway->store =
        store_open(&store, gateway->clock, gateway->executor, gateway, error, error_size);
    if (gateway->store == NULL)
        return false;
    store_on_failure(gateway->store, store_failed, gateway);
    store_on_coming(gateway->store, message_comes, gateway);
    gateway->reader = store_reader_open(options->state_folder, options->vfs, gateway->store,
                                        gateway->executor, error, error_size);
    if (gateway->reader == NULL)
        return false;
    make_modules(gateway);
    if (!open_http(gateway, error, error_size) || !esmes_listen(gateway, error, error_size))
        return false;
    if (!recovery_load(gateway, error, error_size))
        return false;
    limits_settle(gateway);
    duplicates_settle(gateway);
    if (!senders_settle(gateway)) {
        snprintf(error, error_size, "the state folder has no room for more sender tables");
        return false;
    }
    gateway->contents = contents_new(gateway);
    gateway->recovered = true;
    open_channels(gateway);
    recovery_resume(gateway);
    inbound_resume(gateway);
    clock_on_step(gateway->clock, clock_stepped, gateway);
    store_barrier(gateway->store, &ready);
    return true;
}

struct gateway *gateway_new(const struct gateway_options *options, char *error,
                            size_t error_size)
{
    struct gateway *gateway = calloc(1, sizeof(*gateway));

    if (gateway == NULL || (gateway->drain = calloc(1, sizeof(*gateway->drain))) == NULL)
        abort();
    gateway->config = options->config;
    gateway->base = options->base;
    gateway->clock = options->clock;
    gateway->executor = options->executor;
    gateway->transport = options->transport ? options->transport : &smpp_transport_plain;
    gateway->on_stopped = options->on_stopped;
    gateway->while_loading = options->while_loading;
    gateway->loading_owner = options->loading_owner;
    gateway->ids.node = options->config->node;
    gateway->random_state = options->seed;
    if (options->seed == 0 && getrandom(&gateway->random_state, 8, 0) != 8)
        gateway->random_state = (uint64_t)clock_wall_ms(gateway->clock);
    gateway->random_state |= 1;
    gateway->started_at_ms = gateway_now_ms(gateway);
    if (!start(gateway, options, error, error_size)) {
        gateway_free(gateway);
        return NULL;
    }
    return gateway;
}

void gateway_free(struct gateway *gateway)
{
    if (gateway == NULL)
        return;
    clock_disarm(gateway->clock, &gateway->drain->timer);
    esmes_free(gateway->esmes);
    turnstile_free(gateway->turnstile);
    dispatch_free(gateway->dispatch);
    http_server_free(gateway->http_server);
    http_client_free(gateway->http_client);
    http_trust_free(gateway->trust);
    messengers_free(gateway->messengers);
    api_free(gateway->api);
    scrapes_free(gateway->scrapes);
    store_reader_close(gateway->reader);
    gateway->reader = NULL; /* the last batch may fail yet, and stop() end a reading */
    store_close(gateway->store);
    outboxes_free(gateway->outboxes);
    marks_free(gateway->marks);
    inbound_free(gateway->inbound);
    optouts_free(gateway->optouts);
    reports_free(gateway->reports);
    accounts_free(gateway->accounts);
    operations_free(gateway->operations);
    intake_multi_free(gateway->multi_answers);
    intake_repeat_free(gateway->repeat_answers);
    recovery_free(gateway);
    lives_free(gateway);
    pairs_free(gateway->pairs);
    aliases_free(gateway->aliases);
    collector_free(gateway->collector);
    suspensions_free(gateway->suspensions);
    limits_free(gateway->limits);
    duplicates_free(gateway);
    senders_free(gateway->senders);
    contents_free(gateway->contents);
    review_free(gateway->review);
    texts_free(gateway->texts);
    catalog_free(gateway->catalog);
    tls_free(gateway->tls);
    free(gateway->links);
    free(gateway->drain);
    free(gateway);
}
