/* Submissions of the API, and replies to what subscribers write. */
#include "gateway/intake_pieces.h"

#include <stdio.h>
#include <string.h>

#include "gateway/gateway.h"
#include "gateway/source.h"
#include "routing/number.h"

static bool is_granted(const struct config_account *account, int plan)
{
    for (size_t i = 0; i < account->plan_count; i++)
        if (account->plans[i] == (size_t)plan)
            return true;
    return false;
}

static void set_source(struct body *body, const char *from)
{
    struct source source;

    source_read(from, &source);
    body->source_ton = source.ton;
    body->source_npi = source.npi;
    memcpy(body->source, source.address, sizeof(body->source));
}

/* All that it asks for; its account is the table it is looked for in. */
static struct duplicates_key key_of(const struct intake_request *request)
{
    char validity[32], start[32];
    const char *const asked[] = {request->from, request->to,
                                 request->text, request->plan ? request->plan : "",
                                 validity,      start};

    snprintf(validity, sizeof(validity), "%lld", (long long)request->validity_ms);
    snprintf(start, sizeof(start), "%lld", (long long)request->start_at_ms);
    return duplicates_key_named(request->name, asked, sizeof(asked) / sizeof(asked[0]));
}

/* A message of the API, or a reply; `it` says by which of the two. */
static enum intake_result take_request(struct submission *it,
                                       const struct intake_request *request)
{
    struct gateway *gateway = it->gateway;
    int index = config_find_account(gateway->config, request->account);
    size_t size = strlen(request->text);
    char destination[NUMBER_SIZE];

    gateway->counters.submits++;
    if (index < 0)
        return INTAKE_NO_ACCOUNT;
    if (gateway->draining)
        return INTAKE_FULL;
    it->account_index = (size_t)index;
    it->account = catalog_account_at(gateway->catalog, it->account_index);
    it->now_ms = gateway_now_ms(gateway);
    if (request->name) {
        enum intake_result result;

        it->key = key_of(request);
        if (intake_is_named_again(it, &result))
            return result;
    }
    if (request->validity_ms < 0 || request->validity_ms > INTAKE_VALIDITY_MAX_MS ||
        request->start_at_ms > it->now_ms + INTAKE_VALIDITY_MAX_MS ||
        (request->validity_ms && request->start_at_ms >= it->now_ms + request->validity_ms))
        return INTAKE_BAD_TIME;
    if (strlen(request->from) >= NUMBER_SIZE)
        return INTAKE_BAD_SOURCE;
    if (!number_normalise(request->to, strlen(request->to), destination))
        return INTAKE_BAD_DESTINATION;
    if (size > BODY_BYTES_MAX || !smpp_text_is_utf8(request->text, size))
        return INTAKE_BAD_TEXT;
    if (request->plan) {
        int plan = config_find_plan(gateway->config, request->plan);

        if (plan < 0 || !is_granted(it->account->config, plan))
            return INTAKE_NO_PLAN;
        it->plan = catalog_plan_at(gateway->catalog, (size_t)plan);
    }
    it->start_at_ms = request->start_at_ms;
    if (request->validity_ms)
        it->deadline_ms = it->now_ms + request->validity_ms;
    it->body = live_body_new((uint32_t)size, 0);
    it->body->from_api = 1;
    it->body->destination_ton = 1;
    it->body->destination_npi = 1;
    set_source(it->body, request->from);
    memcpy(it->body->destination, destination, strlen(destination) + 1);
    memcpy(it->body->bytes, request->text, size);
    return intake_accept(it);
}

void intake_set_held(struct store_effect *answer, int64_t held_micro)
{
    answer->number = (uint32_t)held_micro;
    answer->extra = (uint32_t)(held_micro >> 32);
}

int64_t intake_held(const struct store_effect *answer)
{
    return (int64_t)((uint64_t)answer->extra << 32 | answer->number);
}

enum intake_result intake_api(struct gateway *gateway, const struct intake_request *request,
                              const struct store_effect *answer, uint64_t *out_id)
{
    struct submission it = {
        .gateway = gateway, .answer = *answer, .tell_first = request->tell_first};
    enum intake_result result = take_request(&it, request);

    if (result == INTAKE_OK)
        *out_id = it.answer.id;
    return result;
}

enum intake_result intake_reply(struct gateway *gateway,
                                const struct intake_request *request)
{
    struct submission it = {.gateway = gateway, .is_reply = true};

    return take_request(&it, request);
}
