#include "gateway/webhooks.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/api_pieces.h"
#include "gateway/catalog.h"
#include "gateway/clock.h"
#include "gateway/log.h"
#include "gateway/log_share.h"
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
    [PROFILE_REPORT_TOO_MANY] = "the body holds more than 1000 reports",
    [PROFILE_REPORT_NAMELESS] = "the report has no id, and no ref that is one of ours",
    [PROFILE_REPORT_STATUS] = "the report has no status, or one that is not known",
};

/* A body while its reports are heard. */
struct hearing {
    struct api_call *call;
    const struct config_channel *channel;
    uint32_t number; /* of the channel, in the catalog */
    size_t heard;
    size_t unheard;
    enum profile_report_result fault; /* of the first of these */
    bool is_full;                     /* none could be taken now */
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

/* What comes alone may be refused: it will come again, and nothing else with it. */
static void take_alone(struct hearing *hearing, const struct report_news *news)
{
    struct api_call *call = hearing->call;
    const struct store_effect answer = {.run = acknowledge, .target = call->request->id};

    hearing->is_full = !reports_in(call->gateway, hearing->number, news, &answer);
}

static void hear(void *owner, enum profile_report_result result,
                 const struct profile_report *report)
{
    struct hearing *hearing = owner;
    struct report_news news = {.source = "", .destination = "", .text = ""};

    if (result == PROFILE_REPORT_OK) {
        news.provider_id = report->id;
        news.ref = read_ref(report->ref);
        news.event = event_of[report->news];
        news.reason = report->reason;
        if (news.ref == 0 && report->id[0] == '\0')
            result = PROFILE_REPORT_NAMELESS;
    }
    if (result != PROFILE_REPORT_OK) {
        if (hearing->unheard++ == 0)
            hearing->fault = result;
        return;
    }
    hearing->heard++;
    if (hearing->channel->profile->report_each[0] == '\0')
        take_alone(hearing, &news);
    else
        reports_take(hearing->call->gateway, hearing->number, &news);
}

static void refuse(const struct hearing *hearing, enum profile_report_result fault)
{
    api_refuse(hearing->call->gateway, hearing->call->request->id, API_BAD_REPORT, NULL,
               "%s", sentence_of[fault]);
}

/* The others were taken, and are not to come again for it. */
static void tell_unheard(const struct hearing *hearing)
{
    struct gateway *gateway = hearing->call->gateway;

    gateway->counters.reports_unheard += hearing->unheard;
    if (log_share_take(&gateway->hooks_told, "report.untold",
                       clock_mono_ms(gateway->clock)))
        log_warning("report.unheard", "channel=%s count=%zu of=%zu reason=\"%s\"",
                    hearing->channel->name, hearing->unheard,
                    hearing->heard + hearing->unheard, sentence_of[hearing->fault]);
}

static void answer(const struct hearing *hearing)
{
    struct gateway *gateway = hearing->call->gateway;
    const struct store_effect answer = {.run = acknowledge,
                                        .target = hearing->call->request->id};

    if (hearing->heard == 0 && hearing->unheard > 0) {
        refuse(hearing, hearing->fault);
        return;
    }
    if (hearing->unheard > 0)
        tell_unheard(hearing);
    if (hearing->channel->profile->report_each[0] != '\0')
        store_barrier(gateway->store, &answer);
    else if (hearing->is_full)
        api_refuse_for_now(gateway, hearing->call->request->id, API_FULL, 1,
                           "too many late reports are being looked up, report again later");
}

void webhooks_on_report(struct api_call *call)
{
    struct gateway *gateway = call->gateway;
    const struct http_request *request = call->request;
    int index = find_channel(gateway->config, call->name);
    struct hearing hearing = {.call = call};
    enum profile_report_result result;

    if (index < 0) {
        api_refuse(gateway, request->id, API_UNKNOWN_CHANNEL, NULL,
                   "no channel has the name %s", call->name);
        return;
    }
    hearing.channel = &gateway->config->channels[index];
    hearing.number = catalog_messenger(gateway->catalog, (size_t)index);
    if (!is_signed(hearing.channel, request, gateway_now_ms(gateway))) {
        api_refuse(gateway, request->id, API_BAD_SIGNATURE, NULL,
                   "the body is not signed with the channel's key");
        return;
    }
    if (store_is_congested(gateway->store)) {
        api_refuse_for_now(gateway, request->id, API_FULL, 1,
                           "the store is behind, report again later");
        return;
    }
    result = profile_reports(hearing.channel->profile, request->body, request->body_size,
                             hear, &hearing);
    if (result != PROFILE_REPORT_OK)
        refuse(&hearing, result);
    else
        answer(&hearing);
}
