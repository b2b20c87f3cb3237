/*
 * A line to test a connection on: one end is a smpp_conn with a simple application, the
 * other end is the test's, which speaks and hears octets written as hexadecimal text.
 * The time is a number of the test's.
 */
#ifndef TESTS_SMPP_LINE_H
#define TESTS_SMPP_LINE_H

#include <ctype.h>
#include <stdlib.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "smpp/command.h"
#include "smpp/conn.h"

enum { LINE_HELD_MAX = 2048, LINE_OCTETS_MAX = 1 << 20 };

struct line {
    struct event_base *base;
    struct bufferevent *far; /* the test's end */
    struct smpp_conn *conn;
    struct smpp_session *session;
    int64_t now_ms;
    int64_t wake_ms;
    int64_t ahead_ms; /* how far the clock is ahead of what the turn began with */
    bool closed;
    bool far_closed; /* the far end has seen the end of the stream */
    enum smpp_end end;
    int error;

    /* How the application behaves. */
    bool hold_binds;   /* not answered until the test does */
    bool hold_submits; /* kept in `held` */
    uint32_t bind_status;
    struct smpp_session_ops ops;
    struct smpp_pdu held[LINE_HELD_MAX];
    size_t held_count;
    size_t submits;
    char log[4096]; /* what the application was told, a word or two each, with ';' */
};

/* ---- the application ---- */

static inline void line_note(struct line *line, const char *what, uint64_t number)
{
    size_t used = strlen(line->log);

    snprintf(line->log + used, sizeof(line->log) - used, "%s %llx;", what,
             (unsigned long long)number);
}

static inline void line_on_bind(void *owner, const struct smpp_pdu *bind)
{
    struct line *line = owner;
    bool right = bind->password.size == 2 && memcmp(bind->password.data, "pw", 2) == 0;

    if (!line->hold_binds)
        smpp_session_bind_answer(line->session, right ? line->bind_status : ESME_RINVPASWD,
                                 NULL, line->now_ms);
}

static inline void line_on_submit(void *owner, const struct smpp_pdu *request)
{
    struct line *line = owner;

    line->submits++;
    if (line->hold_submits)
        line->held[line->held_count++] = *request;
    else
        smpp_session_answer_submit(line->session, request->sequence, request->command,
                                   ESME_ROK, "7");
}

static inline void line_answer_held(struct line *line)
{
    for (size_t i = 0; i < line->held_count; i++)
        smpp_session_answer_submit(line->session, line->held[i].sequence,
                                   line->held[i].command, ESME_ROK, "7");
    line->held_count = 0;
}

static inline void line_on_replace(void *owner, const struct smpp_pdu *request)
{
    struct line *line = owner;
    struct smpp_pdu answer;

    smpp_pdu_init(&answer, request->command | SMPP_RESPONSE, ESME_ROK, request->sequence);
    smpp_session_answer(line->session, &answer);
}

static inline void line_on_deliver(void *owner, const struct smpp_pdu *request)
{
    struct line *line = owner;

    smpp_session_answer_deliver(line->session, request->sequence, request->command,
                                ESME_ROK);
}

static inline void line_on_alert(void *owner, const struct smpp_pdu *alert)
{
    line_note(owner, "alert", alert->sequence);
}

static inline void line_on_bound(void *owner, const struct smpp_pdu *response)
{
    line_note(owner, "bound", response->system_id.size);
}

static inline void line_on_refused(void *owner, uint32_t status)
{
    line_note(owner, "refused", status);
}

static inline void line_on_response(void *owner, const struct smpp_pdu *response,
                                    uint64_t cookie)
{
    line_note(owner, "answer", cookie);
    line_note(owner, "status", response->status);
}

static inline void line_on_no_response(void *owner, uint64_t cookie, enum smpp_fate fate)
{
    static const char *const words[] = {
        [SMPP_FATE_TIMED_OUT] = "timed-out",
        [SMPP_FATE_LOST] = "lost",
        [SMPP_FATE_UNSENT] = "unsent",
    };

    line_note(owner, words[fate], cookie);
}

static inline void line_on_room(void *owner)
{
    line_note(owner, "room", 0);
}

static inline void line_on_alive(void *owner)
{
    line_note(owner, "alive", 0);
}

static inline void line_on_unbind(void *owner)
{
    line_note(owner, "unbind", 0);
}

static const struct smpp_session_ops line_ops = {
    .on_bind = line_on_bind,
    .on_submit = line_on_submit,
    .on_replace = line_on_replace,
    .on_deliver = line_on_deliver,
    .on_alert = line_on_alert,
    .on_bound = line_on_bound,
    .on_refused = line_on_refused,
    .on_response = line_on_response,
    .on_no_response = line_on_no_response,
    .on_room = line_on_room,
    .on_alive = line_on_alive,
    .on_unbind = line_on_unbind,
};

/* ---- the connection's owner ---- */

static inline int64_t line_now_ms(void *owner)
{
    return ((struct line *)owner)->now_ms;
}

static inline int64_t line_exact_ms(void *owner)
{
    struct line *line = owner;

    return line->now_ms + line->ahead_ms;
}

static inline void line_wake_at(void *owner, int64_t due_ms)
{
    ((struct line *)owner)->wake_ms = due_ms;
}

static inline void line_on_closed(void *owner, enum smpp_end end, int error)
{
    struct line *line = owner;

    line->closed = true;
    line->end = end;
    line->error = error;
    line->conn = NULL;
    line->session = NULL;
}

static const struct smpp_conn_ops line_conn_ops = {
    .now_ms = line_now_ms,
    .exact_ms = line_exact_ms,
    .wake_at = line_wake_at,
    .on_closed = line_on_closed,
};

static inline void line_on_far_event(struct bufferevent *bev, short what, void *owner)
{
    (void)bev;
    if ((what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) != 0)
        ((struct line *)owner)->far_closed = true;
}

/* ---- the test's end ---- */

static inline struct smpp_session_config line_config(enum smpp_role role)
{
    return (struct smpp_session_config){
        .id = 81,
        .role = role,
        .interface_version = 0x34,
        .untold_version = 0x33,
        .system_id = "sluice",
        .init_ms = 10000,
        .leave_ms = 3000,
        .limits = {.window = 4,
                   .peer_window = 1000,
                   .enquire_link_ms = 30000,
                   .response_ms = 5000},
    };
}

/* Without its ends. */
static inline void line_begin(struct line *line, struct event_base *base)
{
    memset(line, 0, sizeof(*line));
    line->base = base;
    line->now_ms = 1000000;
    line->wake_ms = INT64_MAX;
    line->ops = line_ops;
}

/* Between `near`, which becomes a conn's, and `far`. */
static inline void line_open_on(struct line *line, struct event_base *base,
                                const struct smpp_session_config *config,
                                struct bufferevent *near, struct bufferevent *far)
{
    line_begin(line, base);
    line->far = far;
    line->conn = smpp_conn_new(near, config, &line->ops, &line_conn_ops, line);
    line->session = smpp_conn_session(line->conn);
    bufferevent_setcb(far, NULL, NULL, line_on_far_event, line);
    bufferevent_enable(far, EV_READ | EV_WRITE);
}

static inline void line_open(struct line *line, const struct smpp_session_config *config)
{
    struct event_base *base = event_base_new();
    struct bufferevent *pair[2];

    assert_int_equal(bufferevent_pair_new(base, 0, pair), 0);
    line_open_on(line, base, config, pair[0], pair[1]);
}

/* Lets all that can happen now happen. */
static inline void line_run(struct line *line)
{
    for (int turn = 0; turn < 12; turn++)
        event_base_loop(line->base, EVLOOP_NONBLOCK);
}

/* Lets time pass, in the steps the connection asked for. */
static inline void line_pass(struct line *line, int64_t ms)
{
    int64_t until_ms = line->now_ms + ms;

    line_run(line);
    while (!line->closed && line->wake_ms <= until_ms) {
        if (line->now_ms < line->wake_ms)
            line->now_ms = line->wake_ms;
        line->wake_ms = INT64_MAX;
        smpp_conn_tick(line->conn);
        line_run(line);
    }
    line->now_ms = until_ms;
}

static inline void line_close(struct line *line)
{
    smpp_conn_free(line->conn);
    bufferevent_free(line->far);
    event_base_loop(line->base, EVLOOP_NONBLOCK);
    event_base_free(line->base);
}

/* The octets of hexadecimal text; blanks are ignored. */
static inline size_t line_octets(const char *hex, uint8_t *out, size_t room)
{
    size_t digits = 0;

    for (; *hex != '\0'; hex++) {
        int value;

        if (isspace((unsigned char)*hex))
            continue;
        value = isdigit((unsigned char)*hex) ? *hex - '0'
                                             : toupper((unsigned char)*hex) - 'A' + 10;
        assert_in_range(value, 0, 15);
        assert_true(digits / 2 < room);
        out[digits / 2] = (uint8_t)(digits % 2 == 0 ? value << 4 : out[digits / 2] | value);
        digits++;
    }
    assert_int_equal(digits % 2, 0);
    return digits / 2;
}

/* Says the octets, `slice` at a time (0: all at once). */
static inline void line_say_octets(struct line *line, const uint8_t *octets, size_t size,
                                   size_t slice)
{
    for (size_t at = 0; at < size;) {
        size_t some = slice == 0 || size - at < slice ? size - at : slice;

        bufferevent_write(line->far, octets + at, some);
        at += some;
        if (slice != 0)
            line_run(line);
    }
    line_run(line);
}

static inline void line_say(struct line *line, const char *hex, size_t slice)
{
    uint8_t octets[65536];

    line_say_octets(line, octets, line_octets(hex, octets, sizeof(octets)), slice);
}

/* What was heard since the last time must be exactly this. */
static inline void line_hears(struct line *line, const char *hex, const char *row)
{
    struct evbuffer *input = bufferevent_get_input(line->far);
    size_t size = evbuffer_get_length(input);
    uint8_t *heard = evbuffer_pullup(input, -1);
    uint8_t expected[65536];
    size_t expected_size = line_octets(hex, expected, sizeof(expected));
    char text[4096] = "";

    for (size_t i = 0; i < size && i < sizeof(text) / 2 - 1; i++)
        snprintf(text + 2 * i, 3, "%02X", heard[i]);
    if (size != expected_size || (size > 0 && memcmp(heard, expected, size) != 0))
        fail_msg("%s: heard %s, expected %s", row, text, hex);
    evbuffer_drain(input, size);
}

/* Drops what was heard; returns how much it was. */
static inline size_t line_forget(struct line *line)
{
    struct evbuffer *input = bufferevent_get_input(line->far);
    size_t size = evbuffer_get_length(input);

    evbuffer_drain(input, size);
    return size;
}

/* ---- octets that many tests need ---- */

/* clang-format off */
#define LINE_BIND(kind, version) /* "good", "pw" */ \
    "0000001D 0000000" kind " 00000000 00000001 676F6F6400 707700 00 " version " 00 00 00 "
#define LINE_BIND_RESP(kind, version) /* "sluice" */ \
    "0000001C 8000000" kind " 00000000 00000001 736C7569636500 0210 0001 " version " "
#define LINE_BIND_RESP_BARE(kind) \
    "00000017 8000000" kind " 00000000 00000001 736C7569636500 "
#define LINE_SUBMIT(sequence) /* "hi" to 3900 */ \
    "00000027 00000004 00000000 " sequence " 00 000000 0101 3339303000 " \
    "00 00 00 00 00 00 00 00 00 02 6869 "
#define LINE_SUBMIT_RESP(sequence) "00000012 80000004 00000000 " sequence " 3700 "
#define LINE_DELIVER(sequence) \
    "00000027 00000005 00000000 " sequence " 00 0101 3339303000 000000 " \
    "00 00 00 00 00 00 00 00 00 02 6869 "
#define LINE_DELIVER_RESP(sequence) "00000011 80000005 00000000 " sequence " 00 "
#define LINE_HEADER(command, status, sequence) \
    "00000010 " command " " status " " sequence " "
#define LINE_ENQUIRE(sequence)      LINE_HEADER("00000015", "00000000", sequence)
#define LINE_ENQUIRE_RESP(sequence) LINE_HEADER("80000015", "00000000", sequence)
#define LINE_NACK(status, sequence) LINE_HEADER("80000000", status, sequence)
/* clang-format on */

/* An ESME bound to us: kind "9", "1" or "2". */
static inline void line_bind_esme(struct line *line, const char *kind, const char *version)
{
    char hex[128];

    snprintf(hex, sizeof(hex),
             "0000001D 0000000%s 00000000 00000001 676F6F6400 707700 00 %s 000000", kind,
             version);
    line_say(line, hex, 0);
    assert_true((smpp_session_state(line->session) & SMPP_STATE_BOUND) != 0);
    line_forget(line);
}

/* We bound to an SMSC as `command`; it tells its version or not. */
static inline void line_bind_us(struct line *line, uint32_t command, const char *response)
{
    struct smpp_bind bind = {.command = command, .system_id = "good", .password = "pw"};

    assert_true(smpp_session_bind(line->session, &bind));
    line_run(line);
    line_forget(line);
    line_say(line, response, 0);
    assert_true((smpp_session_state(line->session) & SMPP_STATE_BOUND) != 0);
    line->log[0] = '\0';
}

#endif
