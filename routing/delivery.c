/*
 * One table for what may happen to an attempt, and one walk over the steps of a message
 * for what is to be done next.
 */
#include "routing/delivery.h"

#include <assert.h>
#include <string.h>

#include "routing/step.h"

#define IN(state) (1u << (state))

enum {
    OPEN = IN(ATTEMPT_INTENT) | IN(ATTEMPT_SENT),
    UNPROVED = OPEN | IN(ATTEMPT_UNKNOWN),
    NOT_POSITIVE =
        UNPROVED | IN(ATTEMPT_ACCEPTED) | IN(ATTEMPT_FAILED) | IN(ATTEMPT_EXPIRED),
};

/*
 * All that may happen to an attempt.  A pair that is not here is no news, or came
 * against something better: positive beats negative, whatever the order.
 */
static const struct {
    enum attempt_event event;
    unsigned from;
    enum attempt_state to;
    unsigned sets;
} transitions[] = {
    {ATTEMPT_EV_HANDED_OVER,      IN(ATTEMPT_INTENT),                   ATTEMPT_SENT,      0               },
    {ATTEMPT_EV_OK,               UNPROVED,                             ATTEMPT_ACCEPTED,  0               },
    {ATTEMPT_EV_RETRY,            UNPROVED,                             ATTEMPT_FAILED,    ATTEMPT_RETRY   },
    {ATTEMPT_EV_REFUSED,          UNPROVED,                             ATTEMPT_FAILED,    0               },
    {ATTEMPT_EV_UNSURE,           OPEN,                                 ATTEMPT_UNKNOWN,   ATTEMPT_IN_DOUBT},
    {ATTEMPT_EV_RETURNED,         IN(ATTEMPT_INTENT),                   ATTEMPT_FAILED,
     ATTEMPT_RETRY | ATTEMPT_RETURNED                                                                      },
    {ATTEMPT_EV_REPORT_ACCEPTED,  UNPROVED,                             ATTEMPT_ACCEPTED,  0               },
    {ATTEMPT_EV_REPORT_DELIVERED, NOT_POSITIVE,                         ATTEMPT_DELIVERED, 0               },
    {ATTEMPT_EV_REPORT_READ,      NOT_POSITIVE | IN(ATTEMPT_DELIVERED), ATTEMPT_READ,      0               },
    {ATTEMPT_EV_REPORT_FAILED,    UNPROVED | IN(ATTEMPT_ACCEPTED),      ATTEMPT_FAILED,    0               },
    {ATTEMPT_EV_REPORT_EXPIRED,   UNPROVED | IN(ATTEMPT_ACCEPTED),      ATTEMPT_EXPIRED,   0               },
    {ATTEMPT_EV_DOUBT_OVER,       IN(ATTEMPT_UNKNOWN),                  ATTEMPT_UNKNOWN,   0               },
};

static bool proves_acceptance(enum attempt_event event)
{
    return event == ATTEMPT_EV_OK ||
           (event >= ATTEMPT_EV_REPORT_ACCEPTED && event <= ATTEMPT_EV_REPORT_EXPIRED);
}

static bool is_negative_report(enum attempt_event event)
{
    return event == ATTEMPT_EV_REPORT_FAILED || event == ATTEMPT_EV_REPORT_EXPIRED;
}

static bool is_positive(unsigned state)
{
    return state >= ATTEMPT_ACCEPTED && state <= ATTEMPT_CLICKED;
}

bool delivery_apply(struct attempt *attempt, enum attempt_event event, enum reason reason,
                    int64_t now_ms)
{
    if (proves_acceptance(event))
        attempt->flags |= ATTEMPT_WAS_ACCEPTED;
    if (is_negative_report(event) && attempt->state >= ATTEMPT_DELIVERED &&
        is_positive(attempt->state))
        attempt->flags |= ATTEMPT_CONTRADICTED;
    for (size_t i = 0; i < sizeof(transitions) / sizeof(transitions[0]); i++) {
        if (transitions[i].event != event || !(transitions[i].from & IN(attempt->state)))
            continue;
        attempt->state = (uint8_t)transitions[i].to;
        attempt->flags &= (uint16_t) ~(ATTEMPT_RETRY | ATTEMPT_IN_DOUBT);
        attempt->flags |= (uint16_t)transitions[i].sets;
        attempt->reason = (uint8_t)(is_positive(attempt->state) ? REASON_NONE : reason);
        attempt->updated_at_ms = now_ms;
        return true;
    }
    return false;
}

/* --- the whole message -------------------------------------------------------------- */

enum attempt_state delivery_best(const struct message *message)
{
    unsigned best = 0;

    for (uint16_t i = 0; i < message->attempt_count; i++)
        if (is_positive(message->attempts[i].state) && message->attempts[i].state > best)
            best = message->attempts[i].state;
    return (enum attempt_state)best;
}

bool delivery_in_flight(const struct message *message)
{
    for (uint16_t i = 0; i < message->attempt_count; i++)
        if ((IN(message->attempts[i].state) & OPEN) ||
            (message->attempts[i].flags & ATTEMPT_UNANSWERED))
            return true;
    return false;
}

/* What all steps up to the present one have come to. */
struct chain {
    unsigned best; /* the best state proved for a whole step, or 0 */
    bool tried;
    bool last_is_lost; /* of the last step that was tried */
    unsigned last_best;
    unsigned last_proves;
};

static struct chain look_at_chain(const struct walk *walk)
{
    struct chain chain = {0};
    struct step_view view;

    for (uint8_t step = 0; step <= walk->message->step; step++) {
        unsigned best;

        step_look(walk, step, &view);
        best = step_best(&view);
        if (best > chain.best)
            chain.best = best;
        if (!view.tried)
            continue;
        chain.tried = true;
        chain.last_best = best;
        chain.last_is_lost = view.lost;
        chain.last_proves = ATTEMPT_CLICKED;
        for (uint16_t number = 1; number <= view.count; number++) {
            const struct segment *segment = &view.segments[number];

            if (segment->last == NULL)
                continue;
            chain.last_proves = step_traits(walk, segment->last->channel)->proves;
            /* Refused, with a new try to come that time did not allow. */
            if ((segment->progress == PROGRESS_AGAIN ||
                 segment->progress == PROGRESS_NEW) &&
                !segment->unknown)
                chain.last_is_lost = true;
        }
    }
    return chain;
}

/* The chain is over without success; in the order in which the causes count. */
static enum message_end chain_end(const struct walk *walk, bool stopped)
{
    const struct chain chain = look_at_chain(walk);

    if (chain.best >= ATTEMPT_DELIVERED)
        return MESSAGE_DELIVERED;
    if (chain.best == ATTEMPT_ACCEPTED &&
        (stopped ||
         (chain.last_best == ATTEMPT_ACCEPTED && chain.last_proves <= ATTEMPT_ACCEPTED)))
        return MESSAGE_ACCEPTED;
    if (!chain.tried)
        return MESSAGE_REJECTED;
    return chain.last_is_lost ? MESSAGE_UNDELIVERABLE : MESSAGE_UNKNOWN;
}

static enum message_end success_end(const struct walk *walk)
{
    return look_at_chain(walk).best >= ATTEMPT_DELIVERED ? MESSAGE_DELIVERED
                                                         : MESSAGE_ACCEPTED;
}

/* The deadline has passed, and with it the grace or all that was awaited. */
static enum message_end end_at_deadline(const struct walk *walk,
                                        const struct step_view *view)
{
    if (view->proved)
        return success_end(walk);
    if (step_is_last(walk, view->step) && (view->lost || view->unknown))
        return chain_end(walk, false);
    return look_at_chain(walk).best >= ATTEMPT_DELIVERED ? MESSAGE_DELIVERED
                                                         : MESSAGE_EXPIRED;
}

static bool earlier_step_proved(const struct walk *walk)
{
    struct step_view view;

    for (uint8_t step = 0; step < walk->message->step; step++) {
        step_look(walk, step, &view);
        if (view.proved)
            return true;
    }
    return false;
}

/* --- what is to be done ------------------------------------------------------------- */

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void enter_next_step(const struct walk *walk, struct delivery_decision *out)
{
    walk->message->step++;
    walk->message->entered_at_ms = walk->now_ms;
    walk->message->state = MESSAGE_WAITING;
    out->entered_step = true;
}

static void list_channels(const struct plan_step *step, const struct step_view *view,
                          struct delivery_decision *out)
{
    for (uint8_t i = 0; i < step->way_count; i++)
        if (!step_was_refused(view, i) && (view->way < 0 || view->way == i))
            out->channels[out->channel_count++] = step->ways[i];
    assert(out->channel_count > 0);
    out->channel = out->channels[0];
}

/* A segment wants a try: now, later, or never if its time to enter has passed. */
static void want(const struct walk *walk, const struct step_view *view,
                 struct delivery_decision *out)
{
    const struct segment *wanted = &view->segments[view->wanted];

    list_channels(&walk->plan->steps[view->step], view, out);
    out->segment = view->wanted;
    out->try_number = wanted->tries < UINT8_MAX ? (uint8_t)(wanted->tries + 1) : UINT8_MAX;
    out->anchor = wanted->anchor;
    if (!step_has_begun(view)) {
        if (walk->now_ms >= step_enter_end_ms(walk)) {
            out->unsent = true;
            out->unsent_reason = view->reason ? view->reason : REASON_PROVIDER_DOWN;
            return;
        }
        out->due_ms = earlier(out->due_ms, step_enter_end_ms(walk));
    }
    if (wanted->progress == PROGRESS_AGAIN && walk->now_ms < wanted->at_ms)
        out->due_ms = earlier(out->due_ms, wanted->at_ms);
    else
        out->send = true;
}

/* Nothing more is to be hoped for from the step, whatever time is left. */
static bool is_over(const struct walk *walk, const struct step_view *view)
{
    if (!step_is_last(walk, view->step))
        return view->lost || view->unknown;
    /* At the end of the chain each part of an SMS-only client waits for its own report. */
    if (view->lost)
        return walk->message->flags & MESSAGE_COLLECTED ? !view->open : !view->in_flight;
    return view->unknown && !view->open && view->wanted == 0;
}

/* True when there is nothing left to ask: the decision stands. */
static bool decide_step(const struct walk *walk, struct delivery_decision *out)
{
    struct message *message = walk->message;
    const struct plan_step *step = &walk->plan->steps[message->step];
    bool in_time = walk->now_ms < message->deadline_ms;
    int64_t grace_end_ms;
    struct step_view view;
    bool within;

    step_look(walk, message->step, &view);
    within = walk->now_ms < view.within_end_ms;
    grace_end_ms = step_later_by(message->deadline_ms, view.grace_ms);
    if (view.proved && (!step->wait_full || !within)) {
        out->end = success_end(walk);
        return true;
    }
    if (!in_time && (!(view.open || view.proved) || walk->now_ms >= grace_end_ms ||
                     (is_over(walk, &view) && !step_is_last(walk, view.step)))) {
        out->end = end_at_deadline(walk, &view);
        return true;
    }
    if (is_over(walk, &view) || !within) {
        bool silent = view.open && !view.lost && !view.unknown;
        bool stopped = silent && step->stop_on_silence;

        if (stopped || step_is_last(walk, view.step)) {
            out->end = chain_end(walk, stopped);
            return true;
        }
        enter_next_step(walk, out);
        return false;
    }
    out->due_ms = earlier(view.doubt_end_ms, view.within_end_ms);
    out->due_ms = earlier(out->due_ms, in_time ? message->deadline_ms : grace_end_ms);
    if (view.wanted != 0 && !view.lost && !view.proved && in_time)
        want(walk, &view, out);
    message->state = step_has_begun(&view) ? MESSAGE_SENT : MESSAGE_WAITING;
    return true;
}

void delivery_decide(struct message *message, const struct plan *plan,
                     const struct channel_traits *traits, int64_t now_ms,
                     struct delivery_decision *out)
{
    const struct walk walk = {message, plan, traits, now_ms};

    memset(out, 0, sizeof(*out));
    out->due_ms = INT64_MAX;
    if (message->state == MESSAGE_ENDED || message->state == MESSAGE_COLLECTING)
        return;
    assert(message->step < plan->step_count);
    if (message->flags & MESSAGE_KEPT) {
        out->end = now_ms >= message->deadline_ms ? MESSAGE_EXPIRED : MESSAGE_END_NONE;
        out->due_ms = message->deadline_ms;
        return;
    }
    if (message->state == MESSAGE_SCHEDULED) {
        if (now_ms >= message->deadline_ms) {
            out->end = MESSAGE_EXPIRED;
            return;
        }
        if (now_ms < message->start_at_ms) {
            out->due_ms = earlier(message->start_at_ms, message->deadline_ms);
            return;
        }
        message->state = MESSAGE_WAITING;
        message->entered_at_ms = now_ms;
    }
    if (earlier_step_proved(&walk)) {
        out->end = success_end(&walk);
        return;
    }
    while (!decide_step(&walk, out))
        ;
}

bool delivery_still_wanted(struct message *message, const struct plan *plan,
                           const struct channel_traits *traits,
                           const struct attempt *attempt, int64_t now_ms)
{
    const struct walk walk = {message, plan, traits, now_ms};
    const struct segment *segment;
    struct step_view view;

    if (message->state == MESSAGE_ENDED || attempt->step != message->step ||
        now_ms >= message->deadline_ms)
        return false;
    step_look(&walk, message->step, &view);
    segment = &view.segments[attempt->segment];
    return !view.lost && !view.proved && segment->best == 0 && !segment->failed &&
           now_ms < view.within_end_ms;
}

int64_t delivery_step_end_ms(const struct message *message, const struct plan *plan,
                             uint8_t step)
{
    int64_t first_ms = INT64_MAX;

    for (uint16_t i = 0; i < message->attempt_count; i++) {
        const struct attempt *attempt = &message->attempts[i];

        if (attempt->step == step && attempt->sent_at_ms != 0)
            first_ms = earlier(first_ms, attempt->sent_at_ms);
    }
    if (first_ms == INT64_MAX)
        return INT64_MAX;
    return earlier(step_later_by(first_ms, plan->steps[step].within_ms),
                   message->deadline_ms);
}

static bool is_of_the_way(enum reason reason)
{
    return reason == REASON_NO_PRICE || reason == REASON_PROVIDER_DOWN ||
           reason == REASON_QUOTA || reason == REASON_CHANNEL_GONE ||
           reason == REASON_SENDER;
}

struct attempt *delivery_skip_step(struct message *message, uint32_t channel, uint64_t id,
                                   enum reason reason, int64_t now_ms)
{
    struct attempt *attempt = message_add_attempt(message);

    attempt->id = id;
    attempt->anchor = id;
    attempt->channel = channel;
    attempt->step = message->step;
    attempt->segment = 1;
    attempt->number = 1;
    attempt->state = ATTEMPT_FAILED;
    attempt->reason = (uint8_t)reason;
    attempt->flags = ATTEMPT_UNSENT;
    if (is_of_the_way(reason))
        attempt->flags |= ATTEMPT_NEXT_WAY;
    attempt->updated_at_ms = now_ms;
    return attempt;
}

/* The end of a segment that went as an SMS of its own, from its last try and the best of
 * all. */
static enum message_end segment_end(const struct attempt *last, unsigned best,
                                    unsigned proves, enum message_end end)
{
    if (best >= ATTEMPT_DELIVERED)
        return MESSAGE_DELIVERED;
    if (best == ATTEMPT_ACCEPTED && proves <= ATTEMPT_ACCEPTED)
        return MESSAGE_ACCEPTED;
    if (last == NULL || (last->flags & ATTEMPT_RETRY))
        return end;
    if (last->state == ATTEMPT_FAILED || last->state == ATTEMPT_EXPIRED)
        return end == MESSAGE_CANCELLED ? end : MESSAGE_UNDELIVERABLE;
    /* Another segment was refused: of this one nothing final was heard. */
    return end == MESSAGE_UNDELIVERABLE ? MESSAGE_UNKNOWN : end;
}

enum message_end delivery_segment_end(const struct message *message,
                                      const struct plan *plan,
                                      const struct channel_traits *traits, uint16_t segment)
{
    const struct attempt *last = NULL;
    unsigned best = 0;
    unsigned proves = ATTEMPT_CLICKED;

    for (uint16_t i = 0; i < message->attempt_count; i++) {
        const struct attempt *attempt = &message->attempts[i];
        bool positive = is_positive(attempt->state);

        if (attempt->flags & ATTEMPT_UNSENT)
            continue;
        if (!traits[attempt->channel].is_link) {
            if (positive && attempt->state >= plan->steps[attempt->step].until)
                return message->end;
            continue;
        }
        if (attempt->segment != segment)
            continue;
        last = attempt;
        if (positive && attempt->state > best) {
            best = attempt->state;
            proves = traits[attempt->channel].proves;
        }
    }
    return segment_end(last, best, proves, (enum message_end)message->end);
}
