/*
 * One pass over the attempts gathers what each segment has come to, one over the
 * segments says what it means; then they are added up.
 */
#include "routing/step.h"

#include <stddef.h>
#include <string.h>

#include "routing/delivery.h"

enum { REPEAT_MS = 1000 }; /* after a doubt, with the same key */

static bool is_positive(unsigned state)
{
    return state >= ATTEMPT_ACCEPTED && state <= ATTEMPT_CLICKED;
}

static bool is_negative(const struct attempt *attempt)
{
    return attempt->state == ATTEMPT_FAILED || attempt->state == ATTEMPT_EXPIRED;
}

static bool is_open(const struct attempt *attempt)
{
    return attempt->state == ATTEMPT_INTENT || attempt->state == ATTEMPT_SENT;
}

const struct channel_traits *step_traits(const struct walk *walk, uint32_t channel)
{
    return &walk->traits[channel];
}

bool step_is_last(const struct walk *walk, uint8_t step)
{
    return step + 1 == walk->plan->step_count;
}

static uint16_t segments_of(const struct walk *walk, uint8_t step)
{
    uint16_t count = walk->message->segments;

    if (!step_traits(walk, walk->plan->steps[step].ways[0])->is_link || count == 0)
        return 1;
    return count < MESSAGE_SEGMENTS_MAX ? count : MESSAGE_SEGMENTS_MAX;
}

bool step_was_refused(const struct step_view *view, int way)
{
    return way >= 0 && (view->refused >> way & 1u) != 0;
}

/* It refused its way, and no younger try of the segment has gone there too: what is said of
 * that one says whether there is a way. */
static bool refuses_way(const struct message *message, const struct attempt *attempt)
{
    if (!is_negative(attempt) || !(attempt->flags & ATTEMPT_NEXT_WAY))
        return false;
    for (uint16_t i = attempt->ordinal; i < message->attempt_count; i++)
        if (message->attempts[i].anchor == attempt->anchor &&
            message->attempts[i].channel == attempt->channel)
            return false;
    return true;
}

/* An attempt into the sums of its step and its segment. */
static void gather(const struct walk *walk, struct step_view *view, struct attempt *attempt)
{
    const struct plan_step *step = &walk->plan->steps[view->step];
    int way = plan_way_of(step, attempt->channel);
    struct segment *segment;

    if (way >= 0 && refuses_way(walk->message, attempt))
        view->refused |= 1u << way;
    if (attempt->state == ATTEMPT_FAILED)
        view->reason = (enum reason)attempt->reason;
    if (attempt->flags & ATTEMPT_UNSENT) {
        view->unsent = true;
        view->closed = view->closed || !(attempt->flags & ATTEMPT_NEXT_WAY);
        return;
    }
    if (attempt->segment == 0 || attempt->segment > view->count)
        return;
    segment = &view->segments[attempt->segment];
    view->tried = view->tried || !(attempt->flags & ATTEMPT_RETURNED);
    view->grace_ms = step_traits(walk, attempt->channel)->grace_ms;
    if (attempt->sent_at_ms != 0 && attempt->sent_at_ms < view->first_sent_ms)
        view->first_sent_ms = attempt->sent_at_ms;
    if (is_open(attempt))
        view->in_flight = true;
    if (!is_negative(attempt)) {
        view->way = way;
        view->way_settled = view->way_settled || !is_open(attempt);
    }
    segment->last = attempt;
    segment->anchor = attempt->anchor;
    segment->tries++;
    if (!(attempt->flags & (ATTEMPT_RETRY | ATTEMPT_NEXT_WAY)))
        segment->doubts++;
    if (attempt->state == ATTEMPT_UNKNOWN)
        segment->unknown = true;
    if (is_negative(attempt) && !(attempt->flags & (ATTEMPT_RETRY | ATTEMPT_NEXT_WAY)))
        segment->failed = true;
    if (is_positive(attempt->state) && attempt->state > segment->best)
        segment->best = attempt->state;
}

/* Wants a try, if there is still a way for it. */
static void wants(const struct step_view *view, const struct plan_step *step,
                  struct segment *segment, enum progress progress, int64_t at_ms)
{
    unsigned all = (1u << step->way_count) - 1;

    segment->progress = (uint8_t)progress;
    segment->at_ms = at_ms;
    if (view->closed || (view->refused & all) == all)
        segment->progress = segment->unknown ? PROGRESS_UNKNOWN : PROGRESS_FAILED;
    else if (step_was_refused(view, view->way))
        /* The others went there: where they stay it must fail, or all go elsewhere. */
        segment->progress = view->way_settled
                                ? (segment->unknown ? PROGRESS_UNKNOWN : PROGRESS_FAILED)
                                : PROGRESS_OPEN;
}

/* In doubt: a report is awaited, then a new try where the rules allow one. */
static void judge_unknown(const struct walk *walk, const struct step_view *view,
                          struct segment *segment)
{
    const struct plan_step *step = &walk->plan->steps[view->step];
    const struct channel_traits *traits = step_traits(walk, segment->last->channel);
    bool advertising = walk->plan->class == PLAN_ADVERTISING ||
                       (walk->message->flags & MESSAGE_ADVERTISING);
    bool spent = advertising || segment->doubts > traits->in_doubt_resends;
    int64_t until_ms = segment->last->again_at_ms;

    /* Who waits for all of the step would never ask again within it. */
    if (traits->in_doubt_wait_ms == 0)
        until_ms =
            traits->repeats_safely && !spent ? until_ms + REPEAT_MS : view->within_end_ms;
    segment->at_ms = until_ms;
    segment->progress = PROGRESS_DOUBT;
    if (segment->last->flags & ATTEMPT_IN_DOUBT) {
        if (walk->now_ms < until_ms)
            return;
        delivery_apply(segment->last, ATTEMPT_EV_DOUBT_OVER,
                       (enum reason)segment->last->reason, segment->last->updated_at_ms);
    }
    segment->progress = PROGRESS_UNKNOWN;
    if ((!step_is_last(walk, view->step) && !traits->repeats_safely) || spent)
        return;
    wants(view, step, segment, PROGRESS_AGAIN, walk->now_ms);
    /* Too late for a new try, not for a report. */
    if (segment->progress == PROGRESS_AGAIN && walk->now_ms >= walk->message->deadline_ms)
        segment->progress = PROGRESS_OPEN;
}

/*
 * Whoever says "later" without end is asked until the time is over: the second half of the
 * tries that there may be is spread over what is left of it.
 */
static int64_t again_at_ms(const struct walk *walk, const struct step_view *view,
                           const struct attempt *last)
{
    const struct message *message = walk->message;
    int64_t left = MESSAGE_ATTEMPTS_MAX - message->attempt_count;
    int64_t end_ms = view->within_end_ms < message->deadline_ms ? view->within_end_ms
                                                                : message->deadline_ms;
    int64_t spread_ms;

    if (left > MESSAGE_ATTEMPTS_MAX / 2 || left <= 0)
        return last->again_at_ms;
    spread_ms = last->updated_at_ms + (end_ms - last->updated_at_ms) / left * view->count;
    if (spread_ms > end_ms)
        spread_ms = end_ms;
    return last->again_at_ms > spread_ms ? last->again_at_ms : spread_ms;
}

/* A new try that could only come after the step is over will not come. */
static bool may_come_again(const struct walk *walk, const struct step_view *view,
                           int64_t at_ms)
{
    return at_ms < view->within_end_ms &&
           (step_is_last(walk, view->step) || at_ms < walk->message->deadline_ms);
}

static void judge_failed(const struct walk *walk, const struct step_view *view,
                         struct segment *segment)
{
    const struct plan_step *step = &walk->plan->steps[view->step];
    const struct attempt *last = segment->last;
    bool told = (last->flags & ATTEMPT_WAS_ACCEPTED) != 0;
    int64_t at_ms = again_at_ms(walk, view, last);

    segment->progress = segment->unknown && !told ? PROGRESS_UNKNOWN : PROGRESS_FAILED;
    if (last->flags & ATTEMPT_NEXT_WAY)
        wants(view, step, segment, PROGRESS_NEW, INT64_MAX);
    else if ((last->flags & ATTEMPT_RETRY) && !segment->failed &&
             may_come_again(walk, view, at_ms))
        wants(view, step, segment, PROGRESS_AGAIN, at_ms);
}

/* Where a report is awaited for all of the step, it is so too when a later try came to
 * nothing. */
static void await_report(const struct walk *walk, const struct step_view *view,
                         struct segment *segment)
{
    if (segment->progress != PROGRESS_UNKNOWN || walk->now_ms >= view->within_end_ms ||
        step_traits(walk, segment->last->channel)->in_doubt_wait_ms != 0)
        return;
    segment->progress = PROGRESS_DOUBT;
    segment->at_ms = view->within_end_ms;
}

static void judge(const struct walk *walk, const struct step_view *view,
                  struct segment *segment)
{
    const struct plan_step *step = &walk->plan->steps[view->step];

    if (segment->best >= step->until)
        segment->progress = PROGRESS_PROVED;
    else if (segment->last == NULL)
        wants(view, step, segment, PROGRESS_NEW, INT64_MAX);
    else if (segment->best != 0 || is_open(segment->last))
        segment->progress = PROGRESS_OPEN;
    else if (segment->last->state == ATTEMPT_UNKNOWN)
        judge_unknown(walk, view, segment);
    else
        judge_failed(walk, view, segment);
    await_report(walk, view, segment);
}

/* --- one step ----------------------------------------------------------------------- */

static void sum_up(struct step_view *view)
{
    view->proved = true;
    view->doubt_end_ms = INT64_MAX;
    for (uint16_t number = 1; number <= view->count; number++) {
        const struct segment *segment = &view->segments[number];

        view->proved = view->proved && segment->progress == PROGRESS_PROVED;
        switch ((enum progress)segment->progress) {
        case PROGRESS_NEW:
        case PROGRESS_AGAIN:
            if (view->wanted == 0)
                view->wanted = number;
            break;
        case PROGRESS_DOUBT:
            if (segment->at_ms < view->doubt_end_ms)
                view->doubt_end_ms = segment->at_ms;
            view->open = true;
            break;
        case PROGRESS_OPEN:
            view->open = true;
            break;
        case PROGRESS_FAILED:
            view->lost = true;
            break;
        case PROGRESS_UNKNOWN:
            view->unknown = true;
            break;
        case PROGRESS_PROVED:
            break;
        }
    }
}

int64_t step_later_by(int64_t time_ms, int64_t by_ms)
{
    int64_t sum;

    return __builtin_add_overflow(time_ms, by_ms, &sum) ? INT64_MAX : sum;
}

int64_t step_enter_end_ms(const struct walk *walk)
{
    const struct message *message = walk->message;

    return step_later_by(message->entered_at_ms,
                         walk->plan->steps[message->step].enter_within_ms);
}

bool step_has_begun(const struct step_view *view)
{
    return view->first_sent_ms != INT64_MAX || view->in_flight;
}

void step_look(const struct walk *walk, uint8_t step, struct step_view *view)
{
    const struct plan_step *its = &walk->plan->steps[step];
    struct message *message = walk->message;

    memset(view, 0, offsetof(struct step_view, segments));
    view->step = step;
    view->count = segments_of(walk, step);
    view->way = -1;
    view->first_sent_ms = INT64_MAX;
    view->grace_ms = step_traits(walk, its->ways[0])->grace_ms;
    memset(view->segments, 0, (view->count + 1u) * sizeof(*view->segments));
    for (uint16_t i = 0; i < message->attempt_count; i++)
        if (message->attempts[i].step == step)
            gather(walk, view, &message->attempts[i]);
    if (message->attempt_count >= MESSAGE_ATTEMPTS_MAX)
        view->closed = true;
    view->within_end_ms = step_later_by(view->first_sent_ms, its->within_ms);
    if (view->within_end_ms >= message->deadline_ms)
        view->within_end_ms = INT64_MAX;
    /* One way could not be tried and the time is over: it is over for the others too. */
    if (step == message->step && view->unsent && !step_has_begun(view) &&
        walk->now_ms >= step_enter_end_ms(walk))
        view->closed = true;
    for (uint16_t number = 1; number <= view->count; number++)
        judge(walk, view, &view->segments[number]);
    sum_up(view);
}

unsigned step_best(const struct step_view *view)
{
    unsigned best = ATTEMPT_CLICKED;

    for (uint16_t number = 1; number <= view->count; number++)
        if (view->segments[number].best < best)
            best = view->segments[number].best;
    return best;
}
