/* The practice messenger: requests in, answers and callbacks out.  See messenger.h. */
#include "tests/peers/messenger_parts.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "tests/peers/http.h"
#include "tests/peers/journal.h"

enum {
    HOLD_MS = 30000, /* until a request that is never answered is let go */
    IDS_PER_SECOND = 1000000,
    TEXT_BYTES = 16384,
    BODY_BYTES = 4096,
};

/* A request that is not answered yet. */
struct post {
    struct post *next;
    struct post **link; /* what points here */
    struct messenger *messenger;
    struct evhttp_request *request;
    struct event *due;
    const struct messenger_act *act;
    char id[32];
    char to[64];
    char ref[256];
};

static int64_t draw(struct messenger *messenger, struct option_range range)
{
    return range.low_ms +
           (int64_t)random_below(&messenger->sim->random,
                                 (uint64_t)(range.high_ms - range.low_ms + 1));
}

/* ---- Reports ---- */

/* `out` holds the prefix, 64 digits and the NUL. */
static void sign(const struct messenger *messenger, const char *body, bool forged,
                 char *out, size_t size)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned digest_size = 0;
    size_t used;

    if (HMAC(EVP_sha256(), messenger->key, (int)strlen(messenger->key),
             (const unsigned char *)body, strlen(body), digest, &digest_size) == NULL)
        abort();
    if (forged)
        digest[0] ^= 1;
    used = (size_t)snprintf(out, size, "%s", messenger->profile->signature_prefix);
    for (unsigned i = 0; i < digest_size && used + 3 <= size; i++)
        used += (size_t)snprintf(out + used, size - used, "%02x", digest[i]);
}

static void report(struct post *post, const char *status, int64_t wait_ms)
{
    struct messenger *messenger = post->messenger;
    const struct messenger_act *act = post->act;
    char body[BODY_BYTES];
    char signature[160];
    struct profile_values values = {
        .id = post->id,
        .ref = post->ref,
        .to = post->to,
        .status = status,
        .reason = act->reason,
    };
    struct callback_order order = {
        .body = body,
        .signature = messenger->key[0] != 0 ? signature : NULL,
        .id = post->id,
        .status = status,
        .wait_ms = wait_ms,
        .once = act->forged,
    };

    if (messenger->callbacks == NULL)
        return;
    profile_write(messenger->profile, messenger->profile->callback, &values, body,
                  sizeof(body));
    sign(messenger, body, act->forged, signature, sizeof(signature));
    callbacks_send(messenger->callbacks, &order);
    if (act->twice)
        callbacks_send(messenger->callbacks, &order);
}

static void plan_reports(struct post *post, int64_t answer_ms)
{
    struct messenger *messenger = post->messenger;
    const struct messenger_act *act = post->act;
    int64_t wait_ms = 0;

    if (!act->early)
        wait_ms =
            answer_ms + draw(messenger, act->report.high_ms >= 0 ? act->report
                                                                 : messenger->report_delay);
    for (size_t i = 0; i < act->status_count; i++) {
        report(post, act->statuses[i], wait_ms);
        wait_ms += draw(messenger, messenger->gap);
    }
}

/* ---- Answers ---- */

static void log_answered(const struct post *post, int code)
{
    struct journal *journal = post->messenger->sim->journal;

    journal_begin(journal, "answered", post->messenger->name);
    journal_text(journal, "id", post->id);
    journal_text(journal, "ref", post->ref);
    journal_number(journal, "http", code);
    journal_end(journal);
    journal_flush(journal);
}

static void reply(struct messenger *messenger, struct evhttp_request *request, int code,
                  const struct profile_values *values)
{
    const struct profile *profile = messenger->profile;
    char body[BODY_BYTES];
    char seconds[24];
    size_t size = profile_write(profile, code == 200 ? profile->answer : profile->error,
                                values, body, sizeof(body));

    if (code == 429 || code == 503) {
        snprintf(seconds, sizeof(seconds), "%lld", (long long)messenger->retry_after_s);
        evhttp_add_header(evhttp_request_get_output_headers(request), "Retry-After",
                          seconds);
    }
    http_reply(request, code, "application/json", body, size);
}

static void answer(struct post *post)
{
    struct messenger *messenger = post->messenger;
    struct evhttp_request *request = post->request;
    const struct messenger_act *act = post->act;
    struct profile_values values = {
        .id = post->id, .ref = post->ref, .to = post->to, .code = act->code};

    switch (act->answer) {
    case ANSWER_TIMEOUT:
    case ANSWER_CUT:
        log_answered(post, 0);
        http_cut(request);
        return;
    case ANSWER_NO_ID:
        log_answered(post, 200);
        http_reply(request, 200, "application/json", "{}", 2);
        return;
    case ANSWER_REPLY:
        log_answered(post, act->code);
        reply(messenger, request, act->code, &values);
        return;
    }
    abort();
}

static void forget(struct post *post)
{
    *post->link = post->next;
    if (post->next != NULL)
        post->next->link = post->link;
    event_free(post->due);
    free(post);
}

static void on_due(evutil_socket_t fd, short what, void *cookie)
{
    struct post *post = cookie;

    (void)fd;
    (void)what;
    answer(post);
    forget(post);
}

/* ---- Requests ---- */

static bool is_ours(const struct messenger *messenger, struct evhttp_request *request)
{
    const char *path = evhttp_uri_get_path(evhttp_request_get_evhttp_uri(request));

    return evhttp_request_get_command(request) == EVHTTP_REQ_POST && path != NULL &&
           script_matches(messenger->profile->path, path);
}

static bool is_authorised(const struct messenger *messenger, struct evhttp_request *request)
{
    const char *given = evhttp_find_header(evhttp_request_get_input_headers(request),
                                           messenger->profile->auth_header);
    size_t prefix = strlen(messenger->profile->auth_prefix);

    return messenger->token[0] == 0 ||
           (given != NULL && strncmp(given, messenger->profile->auth_prefix, prefix) == 0 &&
            strcmp(given + prefix, messenger->token) == 0);
}

static bool read_request(struct messenger *messenger, struct evhttp_request *request,
                         struct post *post, char *text, char *ttl)
{
    const struct profile *profile = messenger->profile;
    size_t size;
    const char *body = http_body(request, &size);
    json_t *json = json_loadb(body, size, 0, NULL);
    bool good = json != NULL &&
                profile_read(json, profile->to, post->to, sizeof(post->to)) &&
                profile_read(json, profile->text, text, TEXT_BYTES);

    if (good) {
        (void)profile_read(json, profile->ref, post->ref, sizeof(post->ref));
        if (profile->ttl != NULL)
            (void)profile_read(json, profile->ttl, ttl, 32);
    }
    json_decref(json);
    return good;
}

static void log_post(const struct post *post, const char *text, const char *ttl, bool again)
{
    struct journal *journal = post->messenger->sim->journal;

    journal_begin(journal, "post", post->messenger->name);
    journal_text(journal, "id", post->id);
    journal_text(journal, "ref", post->ref);
    journal_text(journal, "to", post->to);
    journal_text(journal, "ttl", ttl);
    journal_number(journal, "answer", post->act->code);
    journal_number(journal, "duplicate", again);
    journal_hex(journal, "text", text, strlen(text));
    journal_end(journal);
    journal_flush(journal);
}

static void refuse(struct messenger *messenger, struct evhttp_request *request, int code)
{
    struct journal *journal = messenger->sim->journal;

    journal_begin(journal, "refused", messenger->name);
    journal_text(journal, "uri", evhttp_request_get_uri(request));
    journal_number(journal, "http", code);
    journal_end(journal);
    journal_flush(journal);
    reply(messenger, request, code, &(struct profile_values){.code = code});
}

static void count_outcome(struct messenger *messenger, const struct messenger_act *act)
{
    if (act->answer == ANSWER_TIMEOUT)
        messenger->counters.unanswered++;
    else if (act->answer == ANSWER_CUT)
        messenger->counters.cut++;
    else if (act->code == 200)
        messenger->counters.accepted++;
    else
        messenger->counters.refused_script++;
}

static void take(struct post *post)
{
    struct messenger *messenger = post->messenger;
    const struct messenger_act *act = post->act;
    int64_t wait_ms =
        draw(messenger, act->wait.high_ms >= 0 ? act->wait : messenger->answer_delay);
    struct timeval wait;

    if (act->early)
        wait_ms += draw(messenger, messenger->early_delay);
    plan_reports(post, wait_ms);
    count_outcome(messenger, act);
    if (act->answer == ANSWER_TIMEOUT)
        wait_ms += HOLD_MS;
    post->next = messenger->posts;
    post->link = &messenger->posts;
    if (post->next != NULL)
        post->next->link = &post->next;
    messenger->posts = post;
    post->due = event_new(messenger->sim->base, -1, 0, on_due, post);
    if (post->due == NULL)
        abort();
    wait = (struct timeval){wait_ms / 1000, wait_ms % 1000 * 1000};
    /* Also without a wait from the loop: a request is never cut under its own feet. */
    event_add(post->due, &wait);
}

static void on_request(struct evhttp_request *request, void *cookie)
{
    struct messenger *messenger = cookie;
    char text[TEXT_BYTES] = "";
    char ttl[32] = "";
    struct post *post;
    bool again = false;

    messenger->counters.posts++;
    if (!is_ours(messenger, request)) {
        messenger->counters.refused_shape++;
        refuse(messenger, request, 405);
        return;
    }
    if (!is_authorised(messenger, request)) {
        messenger->counters.refused_auth++;
        refuse(messenger, request, 401);
        return;
    }
    post = sim_alloc(1, sizeof(*post));
    if (!read_request(messenger, request, post, text, ttl)) {
        messenger->counters.refused_shape++;
        refuse(messenger, request, 400);
        free(post);
        return;
    }
    post->messenger = messenger;
    post->request = request;
    post->act =
        &messenger
             ->acts[script_choose(&messenger->script, post->to, &messenger->sim->random)];
    snprintf(post->id, sizeof(post->id), "%llu", (unsigned long long)messenger->next_id++);
    if (post->ref[0] != 0)
        again =
            seen_add(&messenger->refs, seen_fold(SEEN_START, post->ref, strlen(post->ref)));
    log_post(post, text, ttl, again);
    take(post);
}

/* ---- The role ---- */

static void close_messenger(void *role)
{
    struct messenger *messenger = role;

    while (messenger->posts != NULL)
        forget(messenger->posts);
    if (messenger->http != NULL)
        evhttp_free(messenger->http); /* with the requests that were not answered */
    callbacks_free(messenger->callbacks);
    seen_done(&messenger->refs);
    free(messenger);
}

static bool start(struct messenger *messenger, const char *description, char *error)
{
    if (!messenger_read_options(messenger, description, error))
        return false;
    if (messenger->callback_url[0] != 0) {
        messenger->callbacks = callbacks_new(
            messenger->sim, messenger->name, messenger->callback_url,
            messenger->profile->signature_header, (size_t)messenger->callback_connections,
            &messenger->counters.callbacks, error);
        if (messenger->callbacks == NULL)
            return false;
    }
    messenger->next_id = (uint64_t)time(NULL) * IDS_PER_SECOND + 1;
    seen_init(&messenger->refs, (size_t)messenger->remember);
    messenger->http = http_open(messenger->sim, messenger->host, &messenger->port,
                                on_request, messenger, error);
    return messenger->http != NULL;
}

static void *open_messenger(struct sim *sim, const char *description, char *error)
{
    struct messenger *messenger = sim_alloc(1, sizeof(*messenger));

    messenger->sim = sim;
    if (!start(messenger, description, error)) {
        close_messenger(messenger);
        return NULL;
    }
    return messenger;
}

/* clang-format off */
#define COUNTER(field) {#field, offsetof(struct messenger_counters, field)}
#define CALLBACK(field) {#field, offsetof(struct messenger_counters, callbacks.field)}
/* clang-format on */

static const struct sim_counter counter_rows[] = {
    COUNTER(posts),
    COUNTER(accepted),
    COUNTER(refused_auth),
    COUNTER(refused_shape),
    COUNTER(refused_script),
    COUNTER(unanswered),
    COUNTER(cut),
    CALLBACK(callbacks),
    CALLBACK(callbacks_acknowledged),
    CALLBACK(callbacks_retried),
    CALLBACK(callbacks_given_up),
    CALLBACK(callbacks_overflowed),
};

static json_t *stats_of_messenger(const void *role)
{
    const struct messenger *messenger = role;
    json_t *stats =
        sim_stats("messenger", messenger->name, messenger->port, counter_rows,
                  sizeof(counter_rows) / sizeof(counter_rows[0]), &messenger->counters);

    json_object_set_new(stats, "refs", json_integer((json_int_t)messenger->refs.distinct));
    json_object_set_new(stats, "duplicate_refs",
                        json_integer((json_int_t)messenger->refs.duplicates));
    json_object_set_new(stats, "price", json_string(messenger->price));
    return stats;
}

const struct sim_role_kind messenger_role = {
    .name = "messenger",
    .open = open_messenger,
    .close = close_messenger,
    .stats = stats_of_messenger,
    .help = messenger_help,
};
