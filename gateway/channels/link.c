/*
 * A link: binds that come and go, one window each, and what a submit_sm_resp or a
 * receipt of the operator means.  A slot is a place in the window of one bind; it dies
 * with the connection.
 */
#include "gateway/channels/link.h"

#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "gateway/catalog.h"
#include "gateway/channels/channel.h"
#include "gateway/clock.h"
#include "gateway/config.h"
#include "gateway/dispatch.h"
#include "gateway/executor.h"
#include "gateway/gateway.h"
#include "gateway/log.h"
#include "gateway/reports.h"
#include "smpp/client.h"
#include "smpp/command.h"
#include "smpp/receipt.h"
#include "smpp/timestamp.h"

enum {
    LEAVE_MS = 2000,
    JITTER_PERCENT = 20,
    SHORT_MESSAGE_MAX = 254,
};

/* A try on its way: whose it is, while its place in the window is taken. */
struct flight {
    uint64_t message;
    uint64_t attempt;
    uint32_t next; /* the next free one */
};

struct bind {
    struct link *link;
    struct smpp_conn *conn; /* NULL: not connected */
    uint64_t session;
    uint32_t index;
    uint16_t generation;    /* slots of earlier connections are void */
    bool bound;
    bool blocked;           /* the output is full */
    uint32_t reserved;
    unsigned failures;
    struct clock_timer tick;
    struct clock_timer again;
    struct flight *flights;
    uint32_t free_first;
    uint32_t in_flight;
};

struct link {
    struct gateway *gateway;
    const struct config_link *config;
    size_t config_index;
    uint32_t number;
    struct bind *binds;
    uint32_t turn;
    bool draining;
    bool leaving;
    int64_t paused_until_ms;
    struct clock_timer pause;
    /* The bucket of segments, in thousandths. */
    int64_t tokens;
    int64_t tokens_at_ms;
    struct clock_timer refill;
    /* The operator's address. */
    struct executor_job resolve;
    bool resolving;
    bool closed;
    bool has_address;
    int resolve_error;
    struct sockaddr_storage address;
    unsigned address_size;
};

static const struct smpp_session_ops session_ops;
static const struct smpp_conn_ops conn_ops;

static int64_t now_of(const struct link *link)
{
    return clock_mono_ms(link->gateway->clock);
}

/* --- connecting --------------------------------------------------------------------- */

static void connect_bind(struct bind *bind);

static void connect_again(void *owner)
{
    connect_bind(owner);
}

static void schedule_connect(struct bind *bind)
{
    struct link *link = bind->link;
    int64_t delay_ms;

    if (link->leaving)
        return;
    delay_ms = smpp_backoff_ms(link->config->reconnect_min_ms,
                               link->config->reconnect_max_ms, bind->failures,
                               JITTER_PERCENT, gateway_random(link->gateway));
    clock_arm_in(link->gateway->clock, &bind->again, delay_ms, connect_again, bind);
}

static int look_up(struct link *link, int flags)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = flags};
    struct addrinfo *found = NULL;
    char port[8];
    int error;

    snprintf(port, sizeof(port), "%u", link->config->address.port);
    error = getaddrinfo(link->config->address.host, port, &hints, &found);
    if (error == 0) {
        memcpy(&link->address, found->ai_addr, found->ai_addrlen);
        link->address_size = (unsigned)found->ai_addrlen;
        freeaddrinfo(found);
    }
    return error;
}

/* On a thread of the pool; the result is read after it. */
static void run_resolve(void *self)
{
    struct link *link = self;

    link->resolve_error = look_up(link, 0);
}

static void is_resolved(void *self)
{
    struct link *link = self;

    link->resolving = false;
    if (link->resolve_error != 0)
        log_warning("link.unresolved", "link=%s host=%s reason=\"%s\"", link->config->name,
                    link->config->address.host, gai_strerror(link->resolve_error));
    link->has_address = link->resolve_error == 0;
    for (uint32_t i = 0; i < link->config->connections; i++) {
        struct bind *bind = &link->binds[i];

        if (bind->conn || clock_is_armed(&bind->again))
            continue;
        if (link->has_address) {
            connect_bind(bind);
        } else {
            bind->failures++;
            schedule_connect(bind);
        }
    }
}

static void resolve(struct link *link)
{
    if (link->resolving)
        return;
    link->resolving = true;
    link->resolve = (struct executor_job){run_resolve, is_resolved, link, NULL};
    if (!executor_submit(link->gateway->executor, EXECUTOR_POOL, &link->resolve))
        link->resolving = false;
}

static const uint32_t bind_commands[] = {
    [CONFIG_TRANSCEIVER] = SMPP_BIND_TRANSCEIVER,
    [CONFIG_TRANSMITTER] = SMPP_BIND_TRANSMITTER,
    [CONFIG_RECEIVER] = SMPP_BIND_RECEIVER,
};

static void connect_bind(struct bind *bind)
{
    struct link *link = bind->link;
    const struct config_link *config = link->config;
    struct smpp_session_config session = {
        .role = SMPP_ROLE_ESME,
        .interface_version = 0x34,
        /* Few SMSCs tell theirs, most take TLVs: 3.4 is what the link is configured for. */
        .untold_version = 0x34,
        .init_ms = (uint32_t)config->bind_timeout_ms,
        .leave_ms = LEAVE_MS,
        .limits = {.window = config->window,
                   .peer_window = config->window,
                   .enquire_link_ms = (uint32_t)config->enquire_link_ms,
                   .response_ms = (uint32_t)config->response_timeout_ms},
    };
    const struct smpp_bind request = {
        .command = bind_commands[config->bind],
        .system_id = config->system_id,
        .password = config->password,
        .system_type = config->system_type,
        .address_range = "",
    };

    /* A numeric address asks nobody. */
    link->has_address = link->has_address || look_up(link, AI_NUMERICHOST) == 0;
    if (!link->has_address) {
        resolve(link);
        return;
    }
    session.id = bind->session = gateway_id(link->gateway);
    bind->conn = smpp_client_connect(link->gateway->base, link->gateway->transport,
                                     (struct sockaddr *)&link->address, link->address_size,
                                     &session, &request, &session_ops, &conn_ops, bind);
    if (bind->conn == NULL) {
        bind->failures++;
        schedule_connect(bind);
    }
}

static void on_bound(void *owner, const struct smpp_pdu *response)
{
    struct bind *bind = owner;
    struct link *link = bind->link;

    (void)response;
    bind->bound = true;
    bind->blocked = false;
    bind->failures = 0;
    log_info("link.bound", "link=%s bind=%u bound=%zu", link->config->name, bind->index,
             link_bound(link));
    dispatch_room(link->gateway, link->number);
}

static void on_refused(void *owner, uint32_t status)
{
    struct bind *bind = owner;

    log_error("link.refused", "link=%s bind=%u status=%s", bind->link->config->name,
              bind->index, smpp_status_name(status));
}

static void conn_on_closed(void *owner, enum smpp_end end, int error)
{
    struct bind *bind = owner;
    struct link *link = bind->link;

    if (bind->bound || bind->failures == 0)
        log_warning("link.closed", "link=%s bind=%u reason=%s error=\"%s\"",
                    link->config->name, bind->index, smpp_end_name(end),
                    error ? strerror(error) : "");
    clock_disarm(link->gateway->clock, &bind->tick);
    bind->conn = NULL;
    bind->session = 0;
    bind->bound = false;
    bind->reserved = 0;
    bind->generation++;
    bind->failures++;
    /* A name may lead elsewhere by now. */
    if (bind->failures % 8 == 0)
        link->has_address = false;
    schedule_connect(bind);
}

static int64_t conn_now_ms(void *owner)
{
    const struct bind *bind = owner;

    return now_of(bind->link);
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

static const struct smpp_conn_ops conn_ops = {conn_now_ms, conn_wake_at, conn_on_closed};

/* --- slots -------------------------------------------------------------------------- */

static uint32_t room_of(const struct bind *bind)
{
    uint32_t used;

    if (!bind->bound || bind->blocked)
        return 0;
    used = bind->in_flight + bind->reserved;
    return used < bind->link->config->window ? bind->link->config->window - used : 0;
}

static bool is_paused(const struct link *link)
{
    return link->draining || now_of(link) < link->paused_until_ms;
}

static void room_again(void *owner)
{
    struct link *link = owner;

    dispatch_room(link->gateway, link->number);
}

/* The bucket holds one second; without a token the link asks again when there is one. */
static bool has_token(struct link *link)
{
    int64_t rate = link->config->tps;
    int64_t now_ms = now_of(link);

    if (rate == 0)
        return true;
    link->tokens += (now_ms - link->tokens_at_ms) * rate;
    link->tokens_at_ms = now_ms;
    if (link->tokens > rate * 1000)
        link->tokens = rate * 1000;
    if (link->tokens >= 1000)
        return true;
    clock_arm_in(link->gateway->clock, &link->refill,
                 (1000 - link->tokens + rate - 1) / rate, room_again, link);
    return false;
}

static struct bind *pick(struct link *link, uint64_t message, bool pinned)
{
    uint32_t count = link->config->connections;

    for (uint32_t i = 0; i < count; i++) {
        struct bind *bind =
            &link->binds[pinned ? (message + i) % count : (link->turn + i) % count];

        if (room_of(bind) > 0) {
            link->turn = bind->index + 1;
            return bind;
        }
        /* Its segments wait for the bind they began on. */
        if (pinned && bind->bound)
            return NULL;
    }
    return NULL;
}

static bool reserve(void *self, uint64_t message, bool pinned, uint32_t *out_slot)
{
    struct link *link = self;
    struct bind *bind;

    if (is_paused(link) || !has_token(link) ||
        (bind = pick(link, message, pinned)) == NULL)
        return false;
    bind->reserved++;
    if (link->config->tps)
        link->tokens -= 1000;
    *out_slot = bind->index << 16 | bind->generation;
    return true;
}

static struct bind *bind_of_slot(struct link *link, uint32_t slot)
{
    struct bind *bind = &link->binds[slot >> 16];

    return bind->generation == (uint16_t)slot ? bind : NULL;
}

static void unreserve(void *self, uint32_t slot)
{
    struct bind *bind = bind_of_slot(self, slot);

    if (bind && bind->reserved > 0)
        bind->reserved--;
}

static uint32_t room(void *self)
{
    const struct link *link = self;
    uint32_t sum = 0;

    if (is_paused(link))
        return 0;
    for (uint32_t i = 0; i < link->config->connections; i++)
        sum += room_of(&link->binds[i]);
    return sum;
}

static uint32_t capacity(void *self)
{
    const struct link *link = self;

    return link->config->connections * link->config->window;
}

static bool is_up(void *self)
{
    return link_bound(self) > 0;
}

static uint32_t open_tries(void *self)
{
    const struct link *link = self;
    uint32_t sum = 0;

    for (uint32_t i = 0; i < link->config->connections; i++)
        sum += link->binds[i].in_flight + link->binds[i].reserved;
    return sum;
}

/* --- out ---------------------------------------------------------------------------- */

static uint32_t take_flight(struct bind *bind, const struct handover *handover)
{
    uint32_t at = bind->free_first;

    bind->free_first = bind->flights[at].next;
    bind->flights[at].message = handover->message;
    bind->flights[at].attempt = handover->attempt;
    bind->in_flight++;
    return at;
}

static struct flight end_flight(struct bind *bind, uint32_t at)
{
    struct flight flight = bind->flights[at];

    bind->flights[at].next = bind->free_first;
    bind->free_first = at;
    bind->in_flight--;
    return flight;
}

static void tell_verdict(struct bind *bind, uint32_t at, const struct verdict_news *news)
{
    struct flight flight = end_flight(bind, at);
    struct link *link = bind->link;

    dispatch_verdict(link->gateway, flight.message, flight.attempt, news);
    dispatch_room(link->gateway, link->number);
}

static struct smpp_octets view(const void *data, size_t size)
{
    return (struct smpp_octets){data, (uint32_t)size};
}

static struct smpp_octets view_of(const char *text)
{
    return view(text, strlen(text));
}

static bool add_tlvs(struct smpp_pdu *pdu, const struct handover *handover,
                     uint8_t sar_values[4])
{
    const struct body *body = handover->body;
    const uint8_t *at = body->bytes + body->text_size;

    for (uint32_t left = body->tlv_size; left >= 4;) {
        uint16_t tag = (uint16_t)(at[0] << 8 | at[1]);
        uint16_t size = (uint16_t)(at[2] << 8 | at[3]);

        if (size > left - 4 || !smpp_pdu_add_tlv(pdu, tag, at + 4, size))
            return false;
        at += 4 + size;
        left -= 4u + size;
    }
    return handover->sar == NULL || smpp_part_add_sar(pdu, handover->sar, sar_values);
}

static void fill_submit(const struct link *link, const struct handover *handover,
                        struct smpp_pdu *pdu, char validity[SMPP_TIMESTAMP_SIZE])
{
    const struct body *body = handover->body;

    smpp_pdu_init(pdu, SMPP_SUBMIT_SM, 0, 0);
    pdu->service_type = view_of(body->service_type);
    pdu->source_ton = body->source_ton;
    pdu->source_npi = body->source_npi;
    pdu->source = view_of(body->source);
    pdu->destination_ton = body->destination_ton;
    pdu->destination_npi = body->destination_npi;
    pdu->destination = view_of(body->destination);
    pdu->esm_class = handover->esm_class;
    pdu->protocol_id = body->protocol_id;
    pdu->priority_flag = body->priority_flag;
    pdu->registered_delivery = link->config->receipts ? 1 : 0;
    pdu->data_coding = handover->data_coding;
    if (smpp_timestamp_write_relative(handover->ttl_ms, validity))
        pdu->validity_period = view(validity, SMPP_TIMESTAMP_SIZE);
}

static enum channel_send send_submit(void *self, const struct handover *handover)
{
    struct link *link = self;
    struct bind *bind = bind_of_slot(link, handover->slot);
    char validity[SMPP_TIMESTAMP_SIZE];
    uint8_t sar_values[4];
    struct smpp_pdu pdu;
    bool whole;
    uint32_t at;

    if (bind == NULL)
        return CHANNEL_NOT_SENT;
    bind->reserved--;
    if (!bind->bound)
        return CHANNEL_NOT_SENT;
    fill_submit(link, handover, &pdu, validity);
    whole = add_tlvs(&pdu, handover, sar_values);
    if (handover->octet_count <= SHORT_MESSAGE_MAX)
        pdu.short_message = view(handover->octets, handover->octet_count);
    else
        whole = whole &&
                smpp_pdu_add_tlv(&pdu, SMPP_TLV_MESSAGE_PAYLOAD, handover->octets,
                                 (uint16_t)handover->octet_count);
    if (!whole)
        return CHANNEL_CANNOT;
    at = take_flight(bind, handover);
    switch (smpp_session_send(smpp_conn_session(bind->conn), &pdu, at)) {
    case SMPP_SEND_OK:
        return CHANNEL_SENT;
    case SMPP_SEND_REFUSED:
        end_flight(bind, at);
        return CHANNEL_CANNOT;
    case SMPP_SEND_WAIT:
        bind->blocked = true;
        break;
    case SMPP_SEND_NOT_BOUND:
        break;
    }
    end_flight(bind, at);
    return CHANNEL_NOT_SENT;
}

/* --- answers ------------------------------------------------------------------------ */

static const enum smpp_id_form response_forms[] = {
    [CONFIG_ID_AS_IS] = SMPP_ID_AS_IS,           [CONFIG_ID_RECEIPT_HEX] = SMPP_ID_DECIMAL,
    [CONFIG_ID_RECEIPT_DECIMAL] = SMPP_ID_HEX,   [CONFIG_ID_ANY_CASE] = SMPP_ID_FOLDED,
    [CONFIG_ID_NO_ZEROS] = SMPP_ID_FOLDED,
};

static const enum smpp_id_form receipt_forms[] = {
    [CONFIG_ID_AS_IS] = SMPP_ID_AS_IS,           [CONFIG_ID_RECEIPT_HEX] = SMPP_ID_HEX,
    [CONFIG_ID_RECEIPT_DECIMAL] = SMPP_ID_DECIMAL, [CONFIG_ID_ANY_CASE] = SMPP_ID_FOLDED,
    [CONFIG_ID_NO_ZEROS] = SMPP_ID_FOLDED,
};

static void copy_id(enum smpp_id_form form, struct smpp_octets id,
                    char out[SMPP_RECEIPT_ID_MAX_SIZE + 1])
{
    out[smpp_receipt_id_canonical(form, id, out)] = 0;
}

/* How often this segment was refused with this status before. */
static size_t refused_before(const struct link *link, const struct flight *flight,
                             uint32_t status)
{
    struct live *live = live_find(link->gateway, flight->message);
    const struct attempt *now = message_attempt(&live->message, flight->attempt);
    size_t count = 0;

    for (uint16_t i = 0; i < live->message.attempt_count; i++) {
        const struct attempt *attempt = &live->message.attempts[i];

        if (attempt->anchor == now->anchor && attempt->id != now->id &&
            attempt->code == status)
            count++;
    }
    return count;
}

static void pause_link(struct link *link, int64_t delay_ms, uint32_t status)
{
    int64_t until_ms = now_of(link) + delay_ms;

    if (until_ms <= link->paused_until_ms)
        return;
    if (now_of(link) >= link->paused_until_ms)
        log_warning("link.paused", "link=%s status=%s for_ms=%lld", link->config->name,
                    smpp_status_name(status), (long long)delay_ms);
    link->paused_until_ms = until_ms;
    clock_arm(link->gateway->clock, &link->pause, until_ms, room_again, link);
}

static void refused_by_operator(struct link *link, const struct flight *flight,
                                uint32_t status, struct verdict_news *news)
{
    const struct config_on_status *rule = config_link_on_status(link->config, status);
    size_t before;

    news->code = status;
    news->verdict = VERDICT_NEXT;
    news->reason = REASON_UNREACHABLE;
    switch (rule->action) {
    case CONFIG_ACTION_PAUSE:
        news->verdict = VERDICT_RETRY;
        news->reason = REASON_QUOTA;
        news->retry_after_ms = rule->delays_ms[0];
        pause_link(link, rule->delays_ms[0], status);
        break;
    case CONFIG_ACTION_RETRY:
        before = refused_before(link, flight, status);
        news->reason = REASON_QUOTA;
        if (before < rule->delay_count) {
            news->verdict = VERDICT_RETRY;
            news->retry_after_ms = rule->delays_ms[before];
        }
        break;
    case CONFIG_ACTION_NEXT:
        news->next_way = true;
        break;
    case CONFIG_ACTION_FAIL:
        break;
    }
}

static void on_response(void *owner, const struct smpp_pdu *response, uint64_t cookie)
{
    struct bind *bind = owner;
    struct link *link = bind->link;
    struct verdict_news news = {.verdict = VERDICT_OK};
    char id[SMPP_RECEIPT_ID_MAX_SIZE + 1];

    if (response->status == ESME_ROK && response->command != SMPP_GENERIC_NACK) {
        copy_id(response_forms[link->config->id_rule], response->message_id, id);
        news.provider_id = id;
    } else {
        refused_by_operator(link, &bind->flights[cookie],
                            response->status ? response->status
                                             : (uint32_t)ESME_RUNKNOWNERR,
                            &news);
    }
    tell_verdict(bind, (uint32_t)cookie, &news);
}

static void on_no_response(void *owner, uint64_t cookie, enum smpp_fate fate)
{
    struct bind *bind = owner;
    struct verdict_news news = {.verdict = VERDICT_UNSURE, .reason = REASON_UNKNOWN};

    if (fate == SMPP_FATE_UNSENT)
        news = (struct verdict_news){.verdict = VERDICT_RETRY,
                                     .reason = REASON_PROVIDER_DOWN};
    /* The connection may be gone: no new try before it has been told. */
    bind->bound = bind->bound && fate == SMPP_FATE_TIMED_OUT;
    tell_verdict(bind, (uint32_t)cookie, &news);
}

static void on_room(void *owner)
{
    struct bind *bind = owner;

    bind->blocked = false;
    dispatch_room(bind->link->gateway, bind->link->number);
}

/* --- reports ------------------------------------------------------------------------ */

static const struct {
    enum attempt_event event;
    enum reason reason;
} states[] = {
    [SMPP_STATE_SCHEDULED] = {ATTEMPT_EV_REPORT_ACCEPTED, REASON_NONE},
    [SMPP_STATE_ENROUTE] = {ATTEMPT_EV_REPORT_ACCEPTED, REASON_NONE},
    [SMPP_STATE_DELIVERED] = {ATTEMPT_EV_REPORT_DELIVERED, REASON_NONE},
    [SMPP_STATE_EXPIRED] = {ATTEMPT_EV_REPORT_EXPIRED, REASON_EXPIRED},
    [SMPP_STATE_DELETED] = {ATTEMPT_EV_REPORT_FAILED, REASON_UNREACHABLE},
    [SMPP_STATE_UNDELIVERABLE] = {ATTEMPT_EV_REPORT_FAILED, REASON_UNREACHABLE},
    [SMPP_STATE_ACCEPTED] = {ATTEMPT_EV_REPORT_ACCEPTED, REASON_NONE},
    /* News, not a failure: the final word may still come, or the deadline. */
    [SMPP_STATE_UNKNOWN] = {ATTEMPT_EV_REPORT_ACCEPTED, REASON_NONE},
    [SMPP_STATE_REJECTED] = {ATTEMPT_EV_REPORT_FAILED, REASON_BLOCKED},
    [SMPP_STATE_SKIPPED] = {ATTEMPT_EV_REPORT_FAILED, REASON_UNREACHABLE},
};

static void copy_text(struct smpp_octets from, char *out, size_t room_size)
{
    size_t size = from.size < room_size - 1 ? from.size : room_size - 1;

    if (size > 0)
        memcpy(out, from.data, size);
    out[size] = 0;
}

static uint32_t code_of(struct smpp_octets error)
{
    uint32_t code = 0;

    for (uint32_t i = 0; i < error.size && i < 9; i++) {
        if (error.data[i] < '0' || error.data[i] > '9')
            return 0;
        code = code * 10 + (uint32_t)(error.data[i] - '0');
    }
    return code;
}

/* The report is durable: the operator may forget it. */
static void acknowledge(void *owner, const struct store_effect *effect)
{
    struct gateway *gateway = owner;
    struct link *link = gateway->links[effect->extra >> 16];
    struct bind *bind = &link->binds[effect->extra & 0xFFFF];

    if (bind->conn && bind->session == effect->target)
        smpp_session_answer_deliver(smpp_conn_session(bind->conn), effect->number,
                                    (uint32_t)effect->id, ESME_ROK);
}

static void on_deliver(void *owner, const struct smpp_pdu *request)
{
    struct bind *bind = owner;
    struct link *link = bind->link;
    const struct store_effect ack = {
        .run = acknowledge,
        .target = bind->session,
        .id = request->command,
        .number = request->sequence,
        .extra = (uint32_t)link->config_index << 16 | bind->index,
    };
    char scratch[SMPP_RECEIPT_SCRATCH_SIZE];
    char id[SMPP_RECEIPT_ID_MAX_SIZE + 1];
    char source[24];
    char destination[24];
    struct smpp_receipt receipt;
    struct report_news news = {.provider_id = id,
                               .source = source,
                               .destination = destination,
                               .text = "",
                               .event = ATTEMPT_EV_REPORT_ACCEPTED};

    if (!smpp_receipt_read(request, scratch, sizeof(scratch), &receipt)) {
        /* Nobody here takes what subscribers send: the operator is told, not deceived. */
        smpp_session_answer_deliver(smpp_conn_session(bind->conn), request->sequence,
                                    request->command, ESME_RX_R_APPN);
        return;
    }
    copy_id(receipt_forms[link->config->id_rule], receipt.id, id);
    copy_text(request->destination, source, sizeof(source));
    copy_text(request->source, destination, sizeof(destination));
    if (receipt.state >= 0 && !receipt.is_intermediate) {
        news.event = (uint8_t)states[receipt.state].event;
        news.reason = states[receipt.state].reason;
    }
    news.code = code_of(receipt.error);
    if (!reports_in(link->gateway, link->number, &news, &ack))
        smpp_session_answer_deliver(smpp_conn_session(bind->conn), request->sequence,
                                    request->command, ESME_RX_T_APPN);
}

static const struct smpp_session_ops session_ops = {
    .on_bound = on_bound,
    .on_refused = on_refused,
    .on_deliver = on_deliver,
    .on_response = on_response,
    .on_no_response = on_no_response,
    .on_room = on_room,
};

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
    for (uint32_t i = 0; i < link->config->connections; i++) {
        struct bind *bind = &link->binds[i];

        clock_disarm(link->gateway->clock, &bind->again);
        if (bind->conn)
            smpp_session_unbind(smpp_conn_session(bind->conn), now_of(link));
    }
}

size_t link_connections(const struct link *link)
{
    size_t count = 0;

    for (uint32_t i = 0; i < link->config->connections; i++)
        count += link->binds[i].conn != NULL;
    return count;
}

size_t link_bound(const struct link *link)
{
    size_t count = 0;

    for (uint32_t i = 0; i < link->config->connections; i++)
        count += link->binds[i].bound;
    return count;
}

static void close_link(void *self)
{
    struct link *link = self;
    struct clock *clock = link->gateway->clock;

    for (uint32_t i = 0; i < link->config->connections; i++) {
        struct bind *bind = &link->binds[i];

        clock_disarm(clock, &bind->again);
        clock_disarm(clock, &bind->tick);
        smpp_conn_free(bind->conn);
        free(bind->flights);
    }
    clock_disarm(clock, &link->pause);
    clock_disarm(clock, &link->refill);
    free(link->binds);
    free(link);
}

static const struct channel_ops ops = {
    .reserve = reserve,
    .unreserve = unreserve,
    .send = send_submit,
    .room = room,
    .capacity = capacity,
    .is_up = is_up,
    .drain = drain,
    .open = open_tries,
    .close = close_link,
};

static void set_up_bind(struct link *link, uint32_t index)
{
    struct bind *bind = &link->binds[index];
    uint32_t window = link->config->window;

    bind->link = link;
    bind->index = index;
    bind->flights = calloc(window, sizeof(*bind->flights));
    if (bind->flights == NULL)
        abort();
    for (uint32_t i = 0; i < window; i++)
        bind->flights[i].next = i + 1;
}

struct link *link_open(struct gateway *gateway, size_t index, uint32_t number)
{
    const struct config_link *config = &gateway->config->links[index];
    struct link *link = calloc(1, sizeof(*link));

    if (link == NULL ||
        (link->binds = calloc(config->connections, sizeof(*link->binds))) == NULL)
        abort();
    link->gateway = gateway;
    link->config = config;
    link->config_index = index;
    link->number = number;
    link->tokens = (int64_t)config->tps * 1000;
    link->tokens_at_ms = now_of(link);
    for (uint32_t i = 0; i < config->connections; i++)
        set_up_bind(link, i);
    dispatch_add_channel(gateway, number, &ops, link);
    for (uint32_t i = 0; i < config->connections; i++)
        connect_bind(&link->binds[i]);
    return link;
}
