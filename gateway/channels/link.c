/*
 * The life of a link: binds that come and go, and when they are tried again.
 */
#include "gateway/channels/link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/channels/link_pieces.h"
#include "gateway/config.h"
#include "gateway/dispatch.h"
#include "gateway/gateway.h"
#include "gateway/log.h"
#include "gateway/tls.h"
#include "smpp/client.h"
#include "smpp/command.h"

enum {
    LEAVE_MS = 2000,
    JITTER_PERCENT = 20,
    FORGET_ADDRESS_AFTER = 8, /* failures */
    /* Who is refused for who he is goes on more and more slowly: many operators lock an
     * account that keeps trying. */
    REFUSED_MAX_MS = 5 * 60 * 1000,
};

static const struct smpp_session_ops session_ops;
static const struct smpp_conn_ops conn_ops;

int64_t link_now_ms(const struct link *link)
{
    return clock_mono_ms(link->gateway->clock);
}

/* --- connecting --------------------------------------------------------------------- */

static void connect_bind(struct bind *bind);

static void connect_again(void *owner)
{
    connect_bind(owner);
}

static void connect_in(struct bind *bind, int64_t delay_ms)
{
    if (!bind->link->leaving)
        clock_arm_in(bind->link->gateway->clock, &bind->again, delay_ms, connect_again,
                     bind);
}

static bool is_for_who_we_are(uint32_t status)
{
    return status == ESME_RINVPASWD || status == ESME_RINVSYSID || status == ESME_RBINDFAIL;
}

/* All binds of the link count the refusals together: they have one password. */
static void schedule_connect(struct bind *bind, int64_t shortest_ms)
{
    struct link *link = bind->link;
    const struct config_link *config = link->config;
    uint32_t random = gateway_random(link->gateway);
    int64_t highest_ms = config->reconnect_max_ms;
    unsigned failures = bind->failures;
    int64_t delay_ms;

    /* The operator counts us as bound until it notices that we are not. */
    if (bind->refused == ESME_RALYBND && config->already_bound_wait_ms > 0) {
        connect_in(bind, config->already_bound_wait_ms +
                             random % (config->already_bound_wait_ms + 1));
        return;
    }
    if (is_for_who_we_are(bind->refused)) {
        failures = link->refusals;
        highest_ms = highest_ms > REFUSED_MAX_MS ? highest_ms : REFUSED_MAX_MS;
    }
    delay_ms = smpp_backoff_ms(config->reconnect_min_ms, highest_ms, failures,
                               JITTER_PERCENT, random);
    if (delay_ms < shortest_ms)
        delay_ms = shortest_ms + random % (shortest_ms * JITTER_PERCENT / 100 + 1);
    connect_in(bind, delay_ms);
}

/*
 * Who could not be reached is asked for at the next host at once; after the last of them,
 * and after any answer but the wanted one, there is a pause.
 */
static void has_failed(struct bind *bind)
{
    struct link *link = bind->link;

    bind->host = (bind->host + 1) % link->config->host_count;
    if (bind->host != 0 && bind->refused == 0) {
        connect_in(bind, 0);
        return;
    }
    bind->failures++;
    if (bind->failures % FORGET_ADDRESS_AFTER == 0)
        link_hosts_forget(link);
    schedule_connect(bind, 0);
}

/* It was bound: the next round begins with the first host.  Some operators shut out who
 * comes back too soon. */
static void was_lost(struct bind *bind)
{
    bind->host = 0;
    bind->failures = 1 + bind->link->rebinds;
    schedule_connect(bind, bind->link->config->lost_wait_ms);
}

void link_host_told(struct link *link, size_t index)
{
    for (uint32_t i = 0; i < link->bind_count && !link->leaving; i++) {
        struct bind *bind = &link->binds[i];

        if (bind->host != index || bind->conn || clock_is_armed(&bind->again))
            continue;
        if (link->hosts[index].count > 0)
            connect_bind(bind);
        else
            has_failed(bind);
    }
}

/* The binds of one connection as it is configured; 0: no second one. */
static const uint32_t bind_commands[][2] = {
    [CONFIG_TRANSCEIVER] = {SMPP_BIND_TRANSCEIVER, 0                 },
    [CONFIG_TRANSMITTER] = {SMPP_BIND_TRANSMITTER, 0                 },
    [CONFIG_RECEIVER] = {SMPP_BIND_RECEIVER,    0                 },
    [CONFIG_PAIR] = {SMPP_BIND_TRANSMITTER, SMPP_BIND_RECEIVER},
};

static const uint8_t versions[] = {
    [CONFIG_SMPP_3_3] = 0x33,
    [CONFIG_SMPP_3_4] = 0x34,
    [CONFIG_SMPP_5_0] = 0x50,
};

static void connect_bind(struct bind *bind)
{
    struct link *link = bind->link;
    const struct config_link *config = link->config;
    const struct link_address *address =
        link_host_address(link, bind->host, bind->failures);
    /* Few SMSCs tell their version, most take TLVs: it is what the link is made for. */
    struct smpp_session_config session = {
        .role = SMPP_ROLE_ESME,
        .interface_version = versions[config->interface_version],
        .untold_version = versions[config->interface_version],
        .init_ms = (uint32_t)config->bind_timeout_ms,
        .leave_ms = LEAVE_MS,
        .limits = {.window = config->window,
                   .peer_window = config->window,
                   .enquire_link_ms = (uint32_t)config->enquire_link_ms,
                   .enquire_always = config->enquire_always,
                   .response_ms = (uint32_t)config->response_timeout_ms},
    };
    const struct smpp_bind request = {
        .command = bind->command,
        .system_id = config->system_id,
        .password = config->password,
        .system_type = config->system_type,
        .address_range = config->address_range,
        .addr_ton = (uint8_t)config->address_ton,
        .addr_npi = (uint8_t)config->address_npi,
    };

    if (address == NULL) {
        if (!link_host_ask(link, bind->host))
            schedule_connect(bind, 0);
        return;
    }
    session.id = bind->session = gateway_id(link->gateway);
    bind->refused = 0;
    bind->conn = smpp_client_connect(
        link->gateway->base, link->transport, (const struct sockaddr *)&address->address,
        address->size, &session, &request, &session_ops, &conn_ops, bind);
    if (bind->conn)
        return;
    if (bind->failures == 0)
        log_warning("link.closed", "link=%s bind=%u reason=not-begun error=\"%s\"",
                    config->name, bind->index, strerror(errno));
    has_failed(bind);
}

/* --- binds -------------------------------------------------------------------------- */

/* The dispatcher hears when the link begins to take messages, and when it does not any
 * more. */
void link_tell_state(struct link *link)
{
    bool takes = link_is_up(link) && !link_is_held_up(link);

    if (takes == link->told_takes)
        return;
    link->told_takes = takes;
    dispatch_way_changed(link->gateway, link->number);
}

void link_bind_less(struct bind *bind)
{
    if (bind->resting && bind->in_flight == 0 && bind->reserved == 0 && bind->conn)
        smpp_session_unbind(smpp_conn_session(bind->conn), link_now_ms(bind->link));
}

void link_bind_rest(struct bind *bind)
{
    bind->resting = true;
    link_bind_less(bind);
}

void link_bind_go_home(struct bind *bind)
{
    log_info("link.back", "link=%s bind=%u host=%s", bind->link->config->name, bind->index,
             bind->link->hosts[0].at->host);
    bind->going_home = true;
    link_bind_rest(bind);
}

static void on_bound(void *owner, const struct smpp_pdu *response)
{
    struct bind *bind = owner;
    struct link *link = bind->link;

    (void)response;
    bind->blocked = false;
    bind->failures = 0;
    bind->was_bound = true;
    breadth_init(&bind->breadth, link->config->window);
    link->refusals = 0;
    log_info("link.bound", "link=%s bind=%u bound=%zu host=%s tls=%s", link->config->name,
             bind->index, link_bound(link), link->hosts[bind->host].at->host,
             tls_version(smpp_conn_bufferevent(bind->conn)));
    link_host_bound(link, bind);
    link_tell_state(link);
    dispatch_room(link->gateway, link->number);
}

static void on_refused(void *owner, uint32_t status)
{
    struct bind *bind = owner;
    struct link *link = bind->link;

    bind->refused = status;
    link->refusals += is_for_who_we_are(status);
    link->refused++;
    log_error("link.refused", "link=%s bind=%u host=%s status=%s", link->config->name,
              bind->index, link->hosts[bind->host].at->host, smpp_status_name(status));
}

static void on_unbind(void *owner)
{
    struct bind *bind = owner;

    link_tell_state(bind->link);
}

static void on_alive(void *owner)
{
    struct bind *bind = owner;

    bind->doubted = false;
    dispatch_room(bind->link->gateway, bind->link->number);
}

static void on_room(void *owner)
{
    struct bind *bind = owner;

    bind->blocked = false;
    dispatch_room(bind->link->gateway, bind->link->number);
}

static const struct smpp_session_ops session_ops = {
    .on_bound = on_bound,
    .on_refused = on_refused,
    .on_deliver = link_on_deliver,
    .on_response = link_on_response,
    .on_no_response = link_on_no_response,
    .on_late_response = link_on_late_response,
    .on_room = on_room,
    .on_alive = on_alive,
    .on_unbind = on_unbind,
};

static void conn_on_closed(void *owner, enum smpp_end end, int error)
{
    struct bind *bind = owner;
    struct link *link = bind->link;
    char why[200];
    bool was_bound = bind->was_bound;

    if (!tls_failure(smpp_conn_bufferevent(bind->conn), why, sizeof(why)))
        snprintf(why, sizeof(why), "%s", error ? strerror(error) : "");
    /* The first of a row of failures, or it was bound. */
    if (bind->failures == 0)
        log_warning("link.closed", "link=%s bind=%u reason=%s error=\"%s\"",
                    link->config->name, bind->index, smpp_end_name(end), why);
    clock_disarm(link->gateway->clock, &bind->tick);
    bind->conn = NULL;
    bind->session = 0;
    bind->reserved = 0;
    bind->generation++;
    bind->resting = bind->doubted = bind->was_bound = false;
    link_tell_state(link);
    if (bind->going_home) {
        bind->going_home = false;
        bind->host = 0;
        connect_in(bind, 0);
    } else if (was_bound) {
        was_lost(bind);
    } else {
        has_failed(bind);
    }
}

static int64_t conn_now_ms(void *owner)
{
    const struct bind *bind = owner;

    return link_now_ms(bind->link);
}

static void tick(void *owner)
{
    struct bind *bind = owner;

    if (bind->conn)
        smpp_conn_tick(bind->conn);
}

static void conn_wake_at(void *owner, int64_t due_ms)
{
    struct bind *bind = owner;

    if (due_ms == INT64_MAX)
        clock_disarm(bind->link->gateway->clock, &bind->tick);
    else
        clock_arm(bind->link->gateway->clock, &bind->tick, due_ms, tick, bind);
}

static int64_t conn_exact_ms(void *owner)
{
    const struct bind *bind = owner;

    return clock_precise_us(bind->link->gateway->clock) / 1000;
}

static const struct smpp_conn_ops conn_ops = {.now_ms = conn_now_ms,
                                              .exact_ms = conn_exact_ms,
                                              .wake_at = conn_wake_at,
                                              .on_closed = conn_on_closed};

/* --- life --------------------------------------------------------------------------- */

static void drain(void *self)
{
    struct link *link = self;

    link->draining = true;
}

void link_unbind(struct link *link)
{
    link->draining = true;
    link->leaving = true;
    for (uint32_t i = 0; i < link->bind_count; i++) {
        struct bind *bind = &link->binds[i];

        clock_disarm(link->gateway->clock, &bind->again);
        if (bind->conn)
            smpp_session_unbind(smpp_conn_session(bind->conn), link_now_ms(link));
    }
}

size_t link_connections(const struct link *link)
{
    size_t count = 0;

    for (uint32_t i = 0; i < link->bind_count; i++)
        count += link->binds[i].conn != NULL;
    return count;
}

size_t link_bound(const struct link *link)
{
    size_t count = 0;

    for (uint32_t i = 0; i < link->bind_count; i++)
        count += link->binds[i].conn &&
                 (smpp_session_state(smpp_conn_session(link->binds[i].conn)) &
                  SMPP_STATE_BOUND) != 0;
    return count;
}

bool link_has_session(const struct gateway *gateway, uint64_t session)
{
    for (size_t i = 0; i < gateway->config->link_count; i++) {
        const struct link *link = gateway->links[i];

        for (uint32_t j = 0; j < link->config->connections; j++)
            if (link->binds[j].conn && link->binds[j].session == session)
                return true;
    }
    return false;
}

static void close_link(void *self)
{
    struct link *link = self;
    struct clock *clock = link->gateway->clock;

    for (uint32_t i = 0; i < link->bind_count; i++) {
        struct bind *bind = &link->binds[i];

        clock_disarm(clock, &bind->again);
        clock_disarm(clock, &bind->tick);
        smpp_conn_free(bind->conn);
        free(bind->flights);
    }
    clock_disarm(clock, &link->pause);
    clock_disarm(clock, &link->room);
    link_hosts_close(link);
    free(link->binds);
    free(link);
}

static const struct channel_ops ops = {
    .reserve = link_reserve,
    .unreserve = link_unreserve,
    .send = link_send,
    .room = link_room,
    .capacity = link_capacity,
    .is_up = link_is_up,
    .is_held_up = link_is_held_up,
    .drain = drain,
    .open = link_open_tries,
    .close = close_link,
};

static void set_up_bind(struct link *link, uint32_t index)
{
    struct bind *bind = &link->binds[index];
    uint32_t flights = 2 * link->config->window;

    bind->link = link;
    bind->index = index;
    bind->command = bind_commands[link->config->bind]
                                 [link->config->bind == CONFIG_PAIR ? index % 2 : 0];
    bind->flights = calloc(flights, sizeof(*bind->flights));
    if (bind->flights == NULL)
        abort();
    for (uint32_t i = 0; i < flights; i++)
        bind->flights[i].next = i + 1;
}

struct link *link_open(struct gateway *gateway, size_t index, uint32_t number)
{
    const struct config_link *config = &gateway->config->links[index];
    struct link *link = calloc(1, sizeof(*link));
    uint32_t per_connection = config->bind == CONFIG_PAIR ? 2 : 1;

    if (link == NULL || (link->binds = calloc(config->connections * per_connection,
                                              sizeof(*link->binds))) == NULL)
        abort();
    link->gateway = gateway;
    link->config = config;
    link->config_index = index;
    link->transport = tls_of_link(gateway->tls, index);
    if (link->transport == NULL)
        link->transport = gateway->transport;
    link->number = number;
    link->bind_count = config->connections * per_connection;
    pace_init(&link->pace, config->tps, link_now_ms(link));
    link_hosts_open(link);
    for (uint32_t i = 0; i < link->bind_count; i++)
        set_up_bind(link, i);
    dispatch_add_channel(gateway, number, &ops, link);
    for (uint32_t i = 0; i < link->bind_count; i++)
        connect_bind(&link->binds[i]);
    return link;
}
