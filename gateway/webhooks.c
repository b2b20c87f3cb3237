#include "gateway/webhooks.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/api_pieces.h"
#include "gateway/catalog.h"
#include "gateway/profile.h"
#include "gateway/reports.h"
#include "gateway/store.h"
#include "routing/delivery.h"

static const uint8_t event_of[] = {
    [PROFILE_SENT] = ATTEMPT_EV_REPORT_ACCEPTED,
    [PROFILE_DELIVERED] = ATTEMPT_EV_REPORT_DELIVERED,
    [PROFILE_READ] = ATTEMPT_EV_REPORT_READ,
    [PROFILE_FAILED] = ATTEMPT_EV_REPORT_FAILED,
    [PROFILE_EXPIRED] = ATTEMPT_EV_REPORT_EXPIRED,
};

static const char *const sentence_of[] = {
    [PROFILE_REPORT_NONE] = "this channel sends no reports",
    [PROFILE_REPORT_SYNTAX] = "the body is not JSON",
    [PROFILE_REPORT_NAMELESS] = "the report names no message: neither an id nor a ref",
    [PROFILE_REPORT_STATUS] = "the report has no status, or one that is not known",
};

/* Index in config->channels, or -1. */
static int find_channel(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->channel_count; i++)
        if (strcmp(config->channels[i].name, name) == 0)
            return (int)i;
    return -1;
}

/* NULL: it is not there, or the profile names none. */
static const char *header_of(const struct http_request *request, const char *name)
{
    return name[0] != '\0' ? http_request_header(request, name) : NULL;
}

static bool is_signed(const struct config_channel *channel,
                      const struct http_request *request, int64_t now_ms)
{
    const struct profile *profile = channel->profile;
    const struct profile_signed given = {
        .body = request->body,
        .body_size = request->body_size,
        .signature = header_of(request, profile->signature_header),
        .time = header_of(request, profile->signature_time_header),
        .now_ms = now_ms,
    };

    return profile_signature_ok(profile, channel->key, &given);
}

/* Our own id, as the provider was given it; 0: it is not one of ours. */
static uint64_t read_ref(const char *text)
{
    uint64_t id;

    return api_read_id(text, &id) ? id : 0;
}

static void acknowledge(void *owner, const struct store_effect *effect)
{
    api_answer_octets(owner, effect->target, 200, "application/json", "{}", 2);
}

static void take_report(struct api_call *call, uint32_t channel,
                        const struct profile_report *report)
{
    const struct store_effect answer = {.run = acknowledge, .target = call->request->id};
    const struct report_news news = {
        .provider_id = report->id,
        .ref = read_ref(report->ref),
        .event = event_of[report->news],
        .reason = report->reason,
        .source = "",
        .destination = "",
        .text = "",
    };

    if (news.ref == 0 && report->id[0] == '\0') {
        api_refuse(call->gateway, call->request->id, API_BAD_REPORT, NULL,
                   "the report has no id, and its ref is none of ours");
        return;
    }
    if (!reports_in(call->gateway, channel, &news, &answer))
        api_refuse_for_now(call->gateway, call->request->id, API_FULL, 1,
                           "too many late reports are being looked up, report again later");
}

void webhooks_on_report(struct api_call *call)
{
    struct gateway *gateway = call->gateway;
    const struct http_request *request = call->request;
    int index = find_channel(gateway->config, call->name);
    const struct config_channel *channel;
    struct profile_report report;
    enum profile_report_result result;

    if (index < 0) {
        api_refuse(gateway, request->id, API_UNKNOWN_CHANNEL, NULL,
                   "no channel has the name %s", call->name);
        return;
    }
    channel = &gateway->config->channels[index];
    if (!is_signed(channel, request, gateway_now_ms(gateway))) {
        api_refuse(gateway, request->id, API_BAD_SIGNATURE, NULL,
                   "the body is not signed with the channel's key");
        return;
    }
    if (store_is_congested(gateway->store)) {
        api_refuse_for_now(gateway, request->id, API_FULL, 1,
                           "the store is behind, report again later");
        return;
    }
    result = profile_report(channel->profile, request->body, request->body_size, &report);
    if (result != PROFILE_REPORT_OK) {
        api_refuse(gateway, request->id, API_BAD_REPORT, NULL, "%s", sentence_of[result]);
        return;
    }
    take_report(call, catalog_messenger(gateway->catalog, (size_t)index), &report);
}
