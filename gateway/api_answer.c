/*
 * Answers.  What was read from memory is answered when memory is durable: it is written
 * down at once, kept, and let go by a barrier of the store.  Barriers end in the order
 * they were made, so the kept answers are a queue; the server's bound on requests in
 * flight is its bound too.
 */
#include "gateway/api_pieces.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/http_answer.h"
#include "gateway/duration_histogram.h"
#include "gateway/rfc3339.h"
#include "gateway/store.h"

struct kept_answer {
    struct kept_answer *next;
    uint64_t request;
    size_t size;
    char octets[];
};

struct api {
    struct gateway *gateway;
    struct json_writer writer;
    struct kept_answer *kept_first;
    struct kept_answer *kept_last;
    struct api_question *questions;
    uint64_t answers[6]; /* by the first digit of the status */
    uint64_t refusals[API_PROBLEMS];
    struct duration_histogram loop_turns;
};

static const struct {
    int status;
    const char *code;
} problems[API_PROBLEMS] = {
    [API_BAD_BODY] = {400, "bad_body"          },
    [API_BAD_QUERY] = {400, "bad_query"         },
    [API_BAD_SOURCE] = {400, "bad_source"        },
    [API_BAD_DESTINATION] = {400, "bad_destination"   },
    [API_BAD_TEXT] = {400, "bad_text"          },
    [API_BAD_TIME] = {400, "bad_time"          },
    [API_NO_PLAN] = {400, "no_plan"           },
    [API_NO_PRICE] = {400, "no_price"          },
    [API_BAD_REPORT] = {400, "bad_report"        },
    [API_UNAUTHENTICATED] = {401, "unauthenticated"   },
    [API_BAD_SIGNATURE] = {401, "bad_signature"     },
    [API_NO_MONEY] = {402, "no_money"          },
    [API_FORBIDDEN] = {403, "forbidden"         },
    [API_NO_CLASS] = {403, "no_class"          },
    [API_DENIED] = {403, "denied"            },
    [API_UNKNOWN_PATH] = {404, "unknown_path"      },
    [API_UNKNOWN_ACCOUNT] = {404, "unknown_account"   },
    [API_UNKNOWN_MESSAGE] = {404, "unknown_message"   },
    [API_UNKNOWN_OPTOUT] = {404, "unknown_optout"    },
    [API_UNKNOWN_INBOUND] = {404, "unknown_inbound"   },
    [API_UNKNOWN_CHANNEL] = {404, "unknown_channel"   },
    [API_METHOD] = {405, "method_not_allowed"},
    [API_TOO_LATE] = {409, "too_late"          },
    [API_NOTHING_TO_TELL] = {409, "nothing_to_tell"   },
    [API_OTHER_REQUEST] = {422, "other_request"     },
    [API_BAD_KEY] = {400, "bad_key"           },
    [API_SUSPENDED] = {403, "suspended"         },
    [API_DENIED_SOURCE] = {403, "denied_source"     },
    [API_DENIED_CONTENT] = {403, "denied_content"    },
    [API_DENIED_DESTINATION] = {403, "denied_destination"},
    [API_DENIED_PREMIUM] = {403, "denied_premium"    },
    [API_RATE] = {429, "rate"              },
    [API_OPTED_OUT] = {403, "opted_out"         },
    [API_PARTS_LIMIT] = {429, "parts_limit"       },
    [API_SPEND_LIMIT] = {429, "spend_limit"       },
    [API_RECIPIENT_LIMIT] = {429, "recipient_limit"   },
    [API_FULL] = {503, "full"              },
    [API_NOT_READY] = {503, "not_ready"         },
};

struct api *api_new(struct gateway *gateway)
{
    struct api *api = calloc(1, sizeof(*api));

    if (api == NULL)
        abort();
    api->gateway = gateway;
    return api;
}

void api_free(struct api *api)
{
    if (api == NULL)
        return;
    while (api->kept_first != NULL) {
        struct kept_answer *next = api->kept_first->next;

        free(api->kept_first);
        api->kept_first = next;
    }
    while (api->questions != NULL)
        api_question_free(api->questions);
    json_writer_done(&api->writer);
    free(api);
}

uint64_t api_answers(const struct api *api, unsigned class)
{
    assert(class < sizeof(api->answers) / sizeof(api->answers[0]));
    return api->answers[class];
}

const char *api_refusal_at(const struct api *api, size_t index, uint64_t *out_count)
{
    if (index >= API_PROBLEMS)
        return NULL;
    *out_count = api->refusals[index];
    return problems[index].code;
}

struct duration_histogram *api_loop_turns(struct api *api)
{
    return &api->loop_turns;
}

/* ---- Answers ------------------------------------------------------------- */

static void send_answer(struct gateway *gateway, uint64_t request, int status,
                        const char *content_type, const struct http_header *extra,
                        const void *octets, size_t size)
{
    gateway->api->answers[status / 100]++;
    http_server_answer(gateway->http_server, request, status, content_type, extra,
                       extra != NULL ? 1 : 0, octets, size);
}

void api_refuse_unread(struct gateway *gateway, uint64_t request)
{
    api_refuse_for_now(gateway, request, API_NOT_READY, 10,
                       "the database could not be read; see the log");
}

struct json_writer *api_writer(struct gateway *gateway)
{
    json_writer_reset(&gateway->api->writer);
    return &gateway->api->writer;
}

void api_answer(struct gateway *gateway, uint64_t request, int status)
{
    const struct json_writer *writer = &gateway->api->writer;

    send_answer(gateway, request, status, "application/json", NULL, writer->bytes,
                writer->size);
}

void api_answer_octets(struct gateway *gateway, uint64_t request, int status,
                       const char *content_type, const void *octets, size_t size)
{
    send_answer(gateway, request, status, content_type, NULL, octets, size);
}

static void let_go(void *owner, const struct store_effect *effect)
{
    struct gateway *gateway = owner;
    struct api *api = gateway->api;
    struct kept_answer *answer = api->kept_first;

    assert(answer != NULL && answer->request == effect->target);
    api->kept_first = answer->next;
    send_answer(gateway, answer->request, 200, "application/json", NULL, answer->octets,
                answer->size);
    free(answer);
}

void api_answer_when_durable(struct gateway *gateway, uint64_t request)
{
    struct api *api = gateway->api;
    struct kept_answer *answer = malloc(sizeof(*answer) + api->writer.size);

    if (answer == NULL)
        abort();
    answer->next = NULL;
    answer->request = request;
    answer->size = api->writer.size;
    memcpy(answer->octets, api->writer.bytes, api->writer.size);
    if (api->kept_first == NULL)
        api->kept_first = answer;
    else
        api->kept_last->next = answer;
    api->kept_last = answer;
    store_barrier(gateway->store, &(struct store_effect){.run = let_go, .target = request});
}

static void refuse(struct gateway *gateway, uint64_t request, enum api_problem problem,
                   const struct http_header *extra, const char *detail)
{
    struct json_writer *writer = api_writer(gateway);

    gateway->api->refusals[problem]++;
    json_write_object(writer, NULL);
    json_write_string(writer, "type", "about:blank");
    json_write_string(writer, "title", http_answer_reason(problems[problem].status));
    json_write_integer(writer, "status", problems[problem].status);
    json_write_string(writer, "code", problems[problem].code);
    json_write_string(writer, "detail", detail);
    json_write_object_end(writer);
    send_answer(gateway, request, problems[problem].status, "application/problem+json",
                extra, writer->bytes, writer->size);
}

void api_refuse(struct gateway *gateway, uint64_t request, enum api_problem problem,
                const struct http_header *extra, const char *detail, ...)
{
    char text[512];
    va_list values;

    va_start(values, detail);
    vsnprintf(text, sizeof(text), detail, values);
    va_end(values);
    refuse(gateway, request, problem, extra, text);
}

void api_refuse_for_now(struct gateway *gateway, uint64_t request, enum api_problem problem,
                        int64_t retry_after_s, const char *detail)
{
    char seconds[24];
    const struct http_header retry_after = {"Retry-After", seconds};

    snprintf(seconds, sizeof(seconds), "%" PRId64, retry_after_s);
    refuse(gateway, request, problem, &retry_after, detail);
}

bool api_read_id(const char *text, uint64_t *out)
{
    size_t size = strlen(text);

    if (size == 0 || size > 19 || strspn(text, "0123456789") != size)
        return false;
    *out = strtoull(text, NULL, 10);
    return true;
}

/* ---- Questions ----------------------------------------------------------- */

struct api_question *api_question_new(struct api_call *call)
{
    struct api *api = call->gateway->api;
    struct api_question *question = calloc(1, sizeof(*question));

    if (question == NULL)
        abort();
    question->gateway = call->gateway;
    question->request = call->request->id;
    question->asker = call->asker;
    question->next = api->questions;
    if (api->questions != NULL)
        api->questions->previous = question;
    api->questions = question;
    return question;
}

void api_question_free(struct api_question *question)
{
    if (question->previous != NULL)
        question->previous->next = question->next;
    else
        question->gateway->api->questions = question->next;
    if (question->next != NULL)
        question->next->previous = question->previous;
    free(question);
}

void api_question_asked(struct api_question *question, bool taken)
{
    if (taken)
        return;
    api_refuse_for_now(question->gateway, question->request, API_FULL, 1,
                       "too many questions wait for the database");
    api_question_free(question);
}

/* Whether the query has the parameter, be it well written or not. */
static bool is_given(const char *query, const char *name)
{
    size_t size = strlen(name);

    for (const char *at = query; at != NULL; at = strchr(at, '&')) {
        at += *at == '&';
        if (strncmp(at, name, size) == 0 &&
            (at[size] == '=' || at[size] == '&' || at[size] == '\0'))
            return true;
    }
    return false;
}

enum api_given api_read_query(struct api_call *call, const char *name, char *out,
                              size_t room)
{
    if (!is_given(call->request->query, name))
        return API_ABSENT;
    if (http_request_query(call->request, name, out, room))
        return API_GIVEN;
    api_refuse(call->gateway, call->request->id, API_BAD_QUERY, NULL,
               "\"%s\" of the query is not well written, or too long", name);
    return API_UNREADABLE;
}

/* Absent is fine; false: it is there, and no time. */
static bool read_time(struct api_call *call, const char *name, int64_t *time_ms)
{
    char text[64];
    enum api_given given = api_read_query(call, name, text, sizeof(text));

    if (given == API_ABSENT)
        return true;
    if (given == API_UNREADABLE)
        return false;
    if (rfc3339_read(text, time_ms))
        return true;
    api_refuse(call->gateway, call->request->id, API_BAD_QUERY, NULL,
               "\"%s\" must be a date such as 2026-11-21, or a time of RFC 3339", name);
    return false;
}

bool api_read_period(struct api_call *call, struct api_question *question,
                     int64_t window_ms)
{
    int64_t now_ms = gateway_now_ms(call->gateway);
    int64_t end_ms = now_ms + 1; /* what was accepted this very millisecond is in it */
    bool good;

    question->from_ms = window_ms != 0 ? now_ms - window_ms : 0;
    question->to_ms = end_ms;
    good = read_time(call, "from", &question->from_ms) &&
           read_time(call, "to", &question->to_ms);
    if (question->to_ms > end_ms)
        question->to_ms = end_ms;
    if (good && question->from_ms > question->to_ms) {
        api_refuse(call->gateway, call->request->id, API_BAD_QUERY, NULL,
                   "\"from\" is later than \"to\", or than now");
        good = false;
    }
    if (!good)
        api_question_free(question);
    return good;
}
