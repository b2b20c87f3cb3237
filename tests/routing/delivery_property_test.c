/*
 * Lives made of chance: plans, channels, verdicts, reports that come early, twice, late or
 * contradict each other, lost slots, time that jumps.  Whatever happens, what must hold
 * holds.  Each life has a seed; a failure names it.
 */
#include <stdlib.h>

#include "routing/delivery.h"

#include "tests/test.h"

enum {
    LIVES = 20000,
    CHANNELS = 5,
    EVENTS_MAX = 256,
    STEPS_MAX = 3,
    SEGMENTS_MAX = 4,
    START_MS = 5000000,
};

struct event {
    int64_t at_ms;
    uint64_t attempt;
    enum { HAND_OVER, APPLY } kind;
    enum attempt_event event;
};

struct life {
    uint64_t seed;
    uint64_t random;
    struct message message;
    struct plan plan;
    struct channel_traits traits[CHANNELS + 1];
    int64_t now_ms;
    struct event events[EVENTS_MAX];
    size_t event_count;
    unsigned chance_of_slot; /* of 100 */
    unsigned chance_of_report;
    bool refused[1024]; /* by attempt: its verdict said that it was not taken */
    enum message_end end;
    unsigned ends;
    char row[48];
};

static uint64_t next_random(struct life *life)
{
    life->random ^= life->random << 13;
    life->random ^= life->random >> 7;
    life->random ^= life->random << 17;
    return life->random;
}

static int64_t between(struct life *life, int64_t low, int64_t high)
{
    return low + (int64_t)(next_random(life) % (uint64_t)(high - low + 1));
}

static bool chance(struct life *life, unsigned of_100)
{
    return next_random(life) % 100 < of_100;
}

/* --- making one --------------------------------------------------------------------- */

static void make_channels(struct life *life)
{
    for (uint32_t i = 1; i <= CHANNELS; i++) {
        struct channel_traits *traits = &life->traits[i];

        /* Channels 1 to 3 are links, the others are not. */
        traits->is_link = i <= 3;
        traits->repeats_safely = chance(life, 20);
        traits->proves = (uint8_t)between(life, ATTEMPT_ACCEPTED, ATTEMPT_READ);
        traits->in_doubt_resends = (uint8_t)between(life, 0, 2);
        traits->in_doubt_wait_ms = chance(life, 30) ? 0 : between(life, 1, 3000);
        traits->grace_ms = chance(life, 30) ? 0 : between(life, 1, 2000);
    }
}

static void make_step(struct life *life, struct plan_step *step, bool last)
{
    bool links = chance(life, 60);
    uint32_t low = links ? 1 : 4;
    uint32_t high = links ? 3 : 5;
    unsigned proves = ATTEMPT_CLICKED;

    for (uint32_t i = low; i <= high; i++)
        if (step->way_count == 0 || chance(life, 30))
            step->ways[step->way_count++] = i;
    for (uint8_t i = 0; i < step->way_count; i++)
        if (life->traits[step->ways[i]].proves < proves)
            proves = life->traits[step->ways[i]].proves;
    step->until = (uint8_t)between(life, ATTEMPT_ACCEPTED, proves);
    step->within_ms = last && chance(life, 60) ? 1000000 : between(life, 1, 8000);
    step->enter_within_ms = chance(life, 50) ? step->within_ms : between(life, 1, 8000);
    step->wait_full = chance(life, 20);
    step->stop_on_silence = chance(life, 20);
}

static void make_life(struct life *life, uint64_t seed)
{
    memset(life, 0, sizeof(*life));
    life->seed = seed;
    life->random = seed * 0x9E3779B97F4A7C15u + 1;
    snprintf(life->row, sizeof(life->row), "seed %llu", (unsigned long long)seed);
    make_channels(life);
    life->plan.step_count = (uint8_t)between(life, 1, STEPS_MAX);
    life->plan.class = (uint8_t)between(life, 0, PLAN_ANY_CLASS);
    for (uint8_t i = 0; i < life->plan.step_count; i++)
        make_step(life, &life->plan.steps[i], i + 1 == life->plan.step_count);
    life->now_ms = START_MS;
    life->message = (struct message){
        .id = 1,
        .accepted_at_ms = START_MS,
        .entered_at_ms = START_MS,
        .deadline_ms = START_MS + between(life, 1, 20000),
        .segments = (uint16_t)(chance(life, 60) ? 1 : between(life, 2, SEGMENTS_MAX)),
        .state = chance(life, 10) ? MESSAGE_SCHEDULED : MESSAGE_WAITING,
        .start_at_ms = START_MS + between(life, 0, 15000),
        .flags = (uint8_t)(chance(life, 30) ? MESSAGE_COLLECTED : 0),
    };
    life->chance_of_slot = chance(life, 70) ? 100 : (unsigned)between(life, 0, 60);
    life->chance_of_report = (unsigned)between(life, 0, 100);
}

/* --- what happens to a try ---------------------------------------------------------- */

static void schedule(struct life *life, int64_t in_ms, const struct attempt *attempt,
                     int kind, enum attempt_event event)
{
    if (life->event_count == EVENTS_MAX)
        return;
    life->events[life->event_count++] = (struct event){
        .at_ms = life->now_ms + in_ms,
        .attempt = attempt->id,
        .kind = kind,
        .event = event,
    };
}

/* Most tries are answered, some with doubt, some of these after all; reports come at any
 * time, or never. */
static void foretell(struct life *life, const struct attempt *attempt)
{
    static const enum attempt_event verdicts[] = {
        ATTEMPT_EV_OK,      ATTEMPT_EV_OK,     ATTEMPT_EV_OK,     ATTEMPT_EV_RETRY,
        ATTEMPT_EV_REFUSED, ATTEMPT_EV_UNSURE, ATTEMPT_EV_UNSURE,
    };
    enum { LATE_VERDICTS = 5 }; /* the first: all but doubt */
    int64_t hand_over_ms = between(life, 0, 30);
    int64_t verdict_ms = hand_over_ms + between(life, 0, chance(life, 80) ? 100 : 5000);

    enum attempt_event verdict = verdicts[between(life, 0, ROWS(verdicts) - 1)];

    schedule(life, hand_over_ms, attempt, HAND_OVER, ATTEMPT_EVENTS);
    schedule(life, verdict_ms, attempt, APPLY, verdict);
    if (verdict == ATTEMPT_EV_UNSURE && chance(life, 50))
        schedule(life, verdict_ms + between(life, 1, 8000), attempt, APPLY,
                 verdicts[between(life, 0, LATE_VERDICTS - 1)]);
    for (int i = 0; i < 3 && chance(life, life->chance_of_report); i++)
        schedule(life, hand_over_ms + between(life, 0, chance(life, 70) ? 4000 : 40000),
                 attempt, APPLY,
                 (enum attempt_event)between(life, ATTEMPT_EV_REPORT_ACCEPTED,
                                             ATTEMPT_EV_REPORT_EXPIRED));
}

static bool is_open(const struct attempt *attempt)
{
    return attempt->state == ATTEMPT_INTENT || attempt->state == ATTEMPT_SENT;
}

/* What every new try must find. */
static void check_try(struct life *life, const struct delivery_decision *decision)
{
    const struct message *message = &life->message;
    const struct attempt *last = NULL;
    unsigned resends = 0;
    bool listed = false;

    CHECK(life->ends == 0, life->row);
    CHECK(life->now_ms < message->deadline_ms, life->row);
    for (uint8_t i = 0; i < decision->channel_count; i++)
        listed = listed || decision->channels[i] == decision->channel;
    CHECK(listed, life->row);
    for (uint16_t i = 0; i < message->attempt_count; i++) {
        const struct attempt *attempt = &message->attempts[i];

        if (attempt->step != message->step || (attempt->flags & ATTEMPT_UNSENT))
            continue;
        /* One operator takes all segments of a step, as far as he took any. */
        if (attempt->state != ATTEMPT_FAILED && attempt->state != ATTEMPT_EXPIRED &&
            !life->refused[attempt->ordinal] && attempt->channel != decision->channel)
            fail_msg("%s: two channels in one step", life->row);
        if (attempt->segment != decision->segment)
            continue;
        CHECK(!is_open(attempt), life->row);
        CHECK(attempt->state < ATTEMPT_ACCEPTED || attempt->state > ATTEMPT_CLICKED,
              life->row);
        if (last && !(last->flags & (ATTEMPT_RETRY | ATTEMPT_NEXT_WAY)))
            resends++;
        last = attempt;
    }
    if (last == NULL) {
        CHECK_EQ(decision->anchor, 0, life->row);
        return;
    }
    CHECK_EQ(decision->anchor, last->anchor, life->row);
    if (last->flags & ATTEMPT_RETRY)
        CHECK(life->now_ms >= last->again_at_ms, life->row);
    else if (!(last->flags & ATTEMPT_NEXT_WAY))
        CHECK(resends < life->traits[decision->channel].in_doubt_resends, life->row);
}

static void begin_try(struct life *life, const struct delivery_decision *decision)
{
    struct attempt *attempt = message_add_attempt(&life->message);

    CHECK(attempt->ordinal < ROWS(life->refused), life->row);
    attempt->id = attempt->ordinal;
    attempt->anchor = decision->anchor ? decision->anchor : attempt->id;
    attempt->segment = decision->segment;
    attempt->step = life->message.step;
    attempt->number = decision->try_number;
    attempt->channel = decision->channels[between(life, 0, decision->channel_count - 1)];
    attempt->state = ATTEMPT_INTENT;
    attempt->updated_at_ms = life->now_ms;
    foretell(life, attempt);
}

static void hand_over(struct life *life, struct attempt *attempt)
{
    if (attempt->state != ATTEMPT_INTENT)
        return; /* a report was faster */
    if (!delivery_still_wanted(&life->message, &life->plan, life->traits, attempt,
                               life->now_ms) ||
        chance(life, 5)) {
        delivery_apply(attempt, ATTEMPT_EV_RETURNED, REASON_PROVIDER_DOWN, life->now_ms);
        attempt->again_at_ms = 0;
        return;
    }
    attempt->sent_at_ms = life->now_ms;
    delivery_apply(attempt, ATTEMPT_EV_HANDED_OVER, REASON_NONE, life->now_ms);
}

static void happen(struct life *life, const struct event *event)
{
    struct attempt *attempt = message_attempt(&life->message, event->attempt);

    if (event->kind == HAND_OVER) {
        hand_over(life, attempt);
        return;
    }
    /* A permit that was given back has no verdict and no report. */
    if (attempt->flags & ATTEMPT_RETURNED)
        return;
    if (event->event == ATTEMPT_EV_RETRY)
        attempt->again_at_ms = life->now_ms + between(life, 0, 3000);
    if (event->event == ATTEMPT_EV_UNSURE)
        attempt->again_at_ms =
            life->now_ms + life->traits[attempt->channel].in_doubt_wait_ms;
    if (event->event == ATTEMPT_EV_REFUSED && chance(life, 40))
        attempt->flags |= ATTEMPT_NEXT_WAY;
    if (event->event == ATTEMPT_EV_RETRY || event->event == ATTEMPT_EV_REFUSED)
        life->refused[attempt->ordinal] = true;
    delivery_apply(attempt, event->event, REASON_UNREACHABLE, life->now_ms);
    if (is_open(attempt)) /* a verdict always ends it, whatever came before */
        CHECK(event->event == ATTEMPT_EV_RETRY || event->event > ATTEMPT_EV_RETURNED,
              life->row);
}

static void let_happen(struct life *life)
{
    for (size_t i = 0; i < life->event_count;) {
        struct event event = life->events[i];

        if (event.at_ms > life->now_ms) {
            i++;
            continue;
        }
        life->events[i] = life->events[--life->event_count];
        happen(life, &event);
    }
}

/* --- what must hold of every decision ----------------------------------------------- */

static int64_t grace_of(const struct life *life)
{
    int64_t grace_ms = 0;

    for (uint32_t i = 1; i <= CHANNELS; i++)
        if (life->traits[i].grace_ms > grace_ms)
            grace_ms = life->traits[i].grace_ms;
    return grace_ms;
}

static uint16_t segments_of(const struct life *life, uint8_t step)
{
    return life->traits[life->plan.steps[step].ways[0]].is_link ? life->message.segments
                                                                : 1;
}

/* The state that is proved for all segments of a step, or 0. */
static unsigned proved_of(const struct life *life, uint8_t step)
{
    unsigned least = ATTEMPT_CLICKED;

    for (uint16_t segment = 1; segment <= segments_of(life, step); segment++) {
        unsigned best = 0;

        for (uint16_t i = 0; i < life->message.attempt_count; i++) {
            const struct attempt *attempt = &life->message.attempts[i];

            if (attempt->step == step && attempt->segment == segment &&
                !(attempt->flags & ATTEMPT_UNSENT) && attempt->state >= ATTEMPT_ACCEPTED &&
                attempt->state <= ATTEMPT_CLICKED && attempt->state > best)
                best = attempt->state;
        }
        if (best < least)
            least = best;
    }
    return least;
}

static bool is_proved(const struct life *life)
{
    for (uint8_t step = 0; step <= life->message.step; step++)
        if (proved_of(life, step) >= life->plan.steps[step].until &&
            (step < life->message.step || !life->plan.steps[step].wait_full))
            return true;
    return false;
}

static unsigned best_of(const struct life *life)
{
    unsigned best = 0;

    for (uint8_t step = 0; step <= life->message.step; step++)
        if (proved_of(life, step) > best)
            best = proved_of(life, step);
    return best;
}

/* The rules for ends that need no knowledge of how the decision was made. */
static void check_end(struct life *life, enum message_end end)
{
    unsigned best = best_of(life);
    bool tried = false;
    bool in_time = life->now_ms < life->message.deadline_ms;

    for (uint16_t i = 0; i < life->message.attempt_count; i++)
        tried = tried ||
                !(life->message.attempts[i].flags & (ATTEMPT_UNSENT | ATTEMPT_RETURNED));
    CHECK_EQ(end == MESSAGE_DELIVERED, best >= ATTEMPT_DELIVERED, life->row);
    switch (end) {
    case MESSAGE_DELIVERED:
        break;
    case MESSAGE_ACCEPTED:
        CHECK_EQ(best, ATTEMPT_ACCEPTED, life->row);
        break;
    case MESSAGE_EXPIRED:
        CHECK(!in_time, life->row);
        break;
    case MESSAGE_REJECTED:
        CHECK(!tried, life->row);
        break;
    case MESSAGE_UNDELIVERABLE:
    case MESSAGE_UNKNOWN:
        CHECK(tried, life->row);
        break;
    default:
        fail_msg("%s: ends %d", life->row, (int)end);
    }
}

static struct delivery_decision ask_copy(const struct life *life, int64_t now_ms,
                                         struct message *out_copy)
{
    struct delivery_decision decision;
    size_t size = life->message.attempt_count * sizeof(struct attempt);

    *out_copy = life->message;
    out_copy->attempts = malloc(size + 1);
    if (size > 0)
        memcpy(out_copy->attempts, life->message.attempts, size);
    delivery_decide(out_copy, &life->plan, life->traits, now_ms, &decision);
    return decision;
}

/* Asked again without news it says the same and changes nothing. */
static void check_again(struct life *life, struct delivery_decision first)
{
    struct message copy;
    struct delivery_decision again = ask_copy(life, life->now_ms, &copy);
    struct attempt *attempts = copy.attempts;

    first.entered_step = false;
    CHECK_BYTES(&again, sizeof(again), &first, sizeof(first), life->row);
    if (copy.attempt_count > 0)
        CHECK_BYTES(attempts, copy.attempt_count * sizeof(*attempts),
                    life->message.attempts, life->message.attempt_count * sizeof(*attempts),
                    life->row);
    copy.attempts = life->message.attempts;
    CHECK_BYTES(&copy, sizeof(copy), &life->message, sizeof(copy), life->row);
    free(attempts);
}

/* Until the time it names nothing changes by itself. */
static void check_due(struct life *life, const struct delivery_decision *decision)
{
    struct delivery_decision early;
    struct message copy;
    int64_t at_ms;

    if (decision->send || decision->unsent || decision->end)
        return;
    CHECK(decision->due_ms > life->now_ms, life->row);
    CHECK(decision->due_ms <= life->message.deadline_ms + grace_of(life) ||
              decision->due_ms <= life->message.deadline_ms,
          life->row);
    at_ms = chance(life, 50) ? decision->due_ms - 1
                             : between(life, life->now_ms, decision->due_ms - 1);
    early = ask_copy(life, at_ms, &copy);
    CHECK_EQ(early.end, MESSAGE_END_NONE, life->row);
    CHECK_EQ(early.send, false, life->row);
    CHECK_EQ(early.unsent, false, life->row);
    CHECK_EQ(early.due_ms, decision->due_ms, life->row);
    CHECK_EQ(copy.step, life->message.step, life->row);
    free(copy.attempts);
}

static struct delivery_decision ask(struct life *life)
{
    struct delivery_decision decision;
    bool proved = is_proved(life);

    delivery_decide(&life->message, &life->plan, life->traits, life->now_ms, &decision);
    if (life->ends > 0) {
        CHECK_EQ(decision.end, MESSAGE_END_NONE, life->row);
        CHECK_EQ(decision.send, false, life->row);
        CHECK_EQ(decision.due_ms, INT64_MAX, life->row);
        return decision;
    }
    if (proved)
        CHECK(decision.end == MESSAGE_DELIVERED || decision.end == MESSAGE_ACCEPTED,
              life->row);
    if (life->now_ms >= life->message.deadline_ms + grace_of(life))
        CHECK(decision.end != MESSAGE_END_NONE, life->row);
    if (decision.end)
        check_end(life, decision.end);
    check_again(life, decision);
    check_due(life, &decision);
    return decision;
}

/* --- a life ------------------------------------------------------------------------- */

/* As the dispatcher does: asks until nothing is left to do now. */
static int64_t review(struct life *life)
{
    for (unsigned asked = 0;; asked++) {
        struct delivery_decision decision = ask(life);

        CHECK(asked < 200, life->row);
        if (decision.end) {
            life->end = decision.end;
            life->ends++;
            life->message.state = MESSAGE_ENDED;
            life->message.end = (uint8_t)decision.end;
            return INT64_MAX;
        }
        if (decision.unsent || (decision.send && chance(life, 3))) {
            delivery_skip_step(
                &life->message, decision.channel, 1000u + life->message.attempt_count,
                decision.unsent ? decision.unsent_reason
                                : (chance(life, 50) ? REASON_NO_PRICE : REASON_CONTENT),
                life->now_ms);
            continue;
        }
        if (!decision.send || !chance(life, life->chance_of_slot))
            return decision.due_ms;
        check_try(life, &decision);
        begin_try(life, &decision);
    }
}

static int64_t next_event_ms(const struct life *life)
{
    int64_t next_ms = INT64_MAX;

    for (size_t i = 0; i < life->event_count; i++)
        if (life->events[i].at_ms < next_ms)
            next_ms = life->events[i].at_ms;
    return next_ms;
}

static void live(struct life *life)
{
    int64_t over_ms = life->message.deadline_ms + grace_of(life);

    for (unsigned turns = 0; life->ends == 0 || life->event_count > 0; turns++) {
        int64_t next_ms = next_event_ms(life);
        int64_t due_ms;

        CHECK(turns < 20000, life->row);
        let_happen(life);
        due_ms = review(life);
        if (life->ends == 0 && due_ms < next_ms)
            next_ms = due_ms;
        if (next_event_ms(life) < next_ms)
            next_ms = next_event_ms(life);
        /* A slot may come at any time. */
        if (life->ends == 0 && chance(life, 30))
            next_ms = next_ms < life->now_ms + 50 ? next_ms : life->now_ms + 50;
        if (life->ends == 0 && next_ms > over_ms)
            next_ms = over_ms;
        if (life->ends > 0 && next_ms == INT64_MAX)
            break;
        if (next_ms > life->now_ms)
            life->now_ms = next_ms;
        /* The loop stood still, or the clock was set. */
        if (chance(life, 2))
            life->now_ms += between(life, 1, 5000);
    }
    CHECK_EQ(life->ends, 1, life->row);
}

static void live_from(uint64_t seed)
{
    struct life life;

    make_life(&life, seed);
    live(&life);
    message_done(&life.message);
}

TEST(whatever_happens_a_message_ends_once_and_in_time)
{
    for (uint64_t seed = 1; seed <= LIVES; seed++)
        live_from(seed);
}

TEST(every_kind_of_end_is_reached)
{
    unsigned ends[MESSAGE_UNKNOWN + 1] = {0};

    for (uint64_t seed = 1; seed <= LIVES / 10; seed++) {
        struct life life;

        make_life(&life, seed);
        live(&life);
        ends[life.end]++;
        message_done(&life.message);
    }
    for (int end = MESSAGE_DELIVERED; end <= MESSAGE_UNKNOWN; end++)
        if (end != MESSAGE_CANCELLED)
            CHECK(ends[end] > 0, message_end_name((enum message_end)end));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        RUN(whatever_happens_a_message_ends_once_and_in_time),
        RUN(every_kind_of_end_is_reached),
    };

    /* With a number: that life alone, to look at it. */
    if (argc > 1) {
        live_from(strtoull(argv[1], NULL, 10));
        return 0;
    }
    return RUN_ALL(tests);
}
