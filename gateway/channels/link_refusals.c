/*
 * What an error status of submit_sm_resp means, by the table of the link: for the try it
 * answers, for the link's pace, and for whoever watches it.
 */
#include "gateway/channels/link_pieces.h"

#include "gateway/config.h"
#include "gateway/gateway.h"
#include "gateway/live.h"
#include "gateway/log.h"
#include "routing/code.h"
#include "smpp/command.h"

enum {
    ALARM_EVERY_MS = 60 * 1000,
    /* 5.0 4.8.4.18: up to 89 is well used, from 90 on it is nearly too much. */
    CONGESTED = 90,
};

/* How often this segment was refused with this status before. */
static size_t refused_before(const struct link *link, const struct flight *flight,
                             uint32_t status)
{
    struct live *live = live_find(link->gateway, flight->message);
    const struct attempt *now =
        live ? message_attempt(&live->message, flight->attempt) : NULL;
    size_t count = 0;

    if (now == NULL)
        return 0; /* so late that nobody knows it any more */
    for (uint16_t i = 0; i < live->message.attempt_count; i++) {
        const struct attempt *attempt = &live->message.attempts[i];

        if (attempt->anchor == now->anchor && attempt->id != now->id &&
            attempt->channel == now->channel && attempt->code == code_make(status, 0))
            count++;
    }
    return count;
}

/* Each one is counted, one a minute is written. */
static void raise_alarm(struct link *link, uint32_t status)
{
    int64_t now_ms = link_now_ms(link);

    link->alarms++;
    if (link->alarmed_at_ms != 0 && now_ms < link->alarmed_at_ms + ALARM_EVERY_MS)
        return;
    link->alarmed_at_ms = now_ms;
    link->alarm_status = status;
    log_error("link.alarm", "link=%s status=%s code=0x%08X alarms=%llu", link->config->name,
              smpp_status_name(status), status, (unsigned long long)link->alarms);
}

/*
 * A pause that nothing was taken after is followed by one of twice its length; what is
 * refused during a pause was sent before it, and makes it no longer than it is from now on.
 */
static void pause_link(struct link *link, const struct config_on_status *rule,
                       uint32_t status)
{
    int64_t now_ms = link_now_ms(link);
    int64_t longest_ms = rule->delays_ms[rule->delay_count - 1];

    if (now_ms >= link->paused_until_ms) {
        link->pause_ms = link->took_since_pause || link->pause_ms == 0 ? rule->delays_ms[0]
                                                                       : link->pause_ms * 2;
        if (link->pause_ms > longest_ms)
            link->pause_ms = longest_ms;
        link->took_since_pause = false;
        if (link->config->adapt_rate)
            pace_throttled(&link->pace, now_ms);
        log_warning("link.paused", "link=%s status=%s for_ms=%lld per_s=%lld",
                    link->config->name, smpp_status_name(status), (long long)link->pause_ms,
                    (long long)pace_per_s(&link->pace));
    }
    link->throttled++;
    link_pause_until(link, now_ms + link->pause_ms);
}

void link_took(struct link *link)
{
    link->took_since_pause = true;
    link->rebinds = 0;
    pace_taken(&link->pace, link_now_ms(link));
}

void link_hear_congestion(struct link *link, const struct smpp_pdu *response)
{
    const struct smpp_tlv *told = smpp_pdu_tlv(response, SMPP_TLV_CONGESTION_STATE);

    if (told == NULL || smpp_tlv_integer(told) < CONGESTED)
        return;
    link->congested++;
    if (link->config->adapt_rate)
        pace_congested(&link->pace, link_now_ms(link));
}

void link_refused(struct bind *bind, const struct flight *flight, uint32_t status,
                  struct verdict_news *news)
{
    struct link *link = bind->link;
    const struct config_on_status *rule = config_link_on_status(link->config, status);
    size_t before;

    news->code = code_make(status, 0);
    news->verdict = VERDICT_NEXT;
    news->reason = rule->bad_number ? REASON_NO_ADDRESS : REASON_UNREACHABLE;
    if (rule->alarm)
        raise_alarm(link, status);
    switch (rule->action) {
    case CONFIG_ACTION_PAUSE:
        news->verdict = VERDICT_RETRY;
        news->reason = REASON_QUOTA;
        pause_link(link, rule, status); /* and there, or elsewhere, it waits */
        break;
    case CONFIG_ACTION_RETRY:
        before = refused_before(link, flight, status);
        if (!rule->bad_number)
            news->reason = REASON_QUOTA;
        if (before < rule->delay_count) {
            news->verdict = VERDICT_RETRY;
            news->retry_after_ms = rule->delays_ms[before];
        }
        break;
    case CONFIG_ACTION_REBIND:
        news->verdict = VERDICT_RETRY;
        news->reason = REASON_PROVIDER_DOWN;
        if (!bind->resting) {
            link->rebinds++;
            link_bind_rest(bind);
        }
        break;
    case CONFIG_ACTION_NEXT:
        news->next_way = true;
        break;
    case CONFIG_ACTION_FAIL:
        break;
    }
}
