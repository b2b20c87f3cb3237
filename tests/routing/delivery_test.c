/* Lives of messages: what is tried, when the next step begins, and how it ends. */
#include "tests/routing/delivery_script.h"

#define STEP(channel, proof, time)                                                         \
    {                                                                                      \
        .ways = {channel}, .way_count = 1, .until = proof, .within_ms = time,              \
        .enter_within_ms = time                                                            \
    }

static const struct plan sms = {
    .id = 1,
    .step_count = 1,
    .class = PLAN_ANY_CLASS,
    .steps = {STEP(LINK_A, ATTEMPT_DELIVERED, 2 * DEADLINE_MS)},
};
static const struct plan short_sms = {
    .id = 1,
    .step_count = 1,
    .class = PLAN_ANY_CLASS,
    .steps = {STEP(LINK_A, ATTEMPT_DELIVERED, 5000)},
};
static const struct plan blind = {
    .id = 1,
    .step_count = 1,
    .class = PLAN_ANY_CLASS,
    .steps = {STEP(BLIND_LINK, ATTEMPT_ACCEPTED, 5000)},
};
static const struct plan cascade = {
    .id = 2,
    .step_count = 2,
    .class = PLAN_ANY_CLASS,
    .steps = {STEP(MESSENGER, ATTEMPT_DELIVERED, 2000),
              STEP(LINK_A, ATTEMPT_DELIVERED, 2 * DEADLINE_MS)},
};
static const struct plan reading = {
    .id = 3,
    .step_count = 2,
    .class = PLAN_ANY_CLASS,
    .steps = {STEP(MESSENGER, ATTEMPT_READ, 2000),
              STEP(LINK_A, ATTEMPT_DELIVERED, 2 * DEADLINE_MS)},
};
static const struct plan stopping = {
    .id = 4,
    .step_count = 2,
    .class = PLAN_ANY_CLASS,
    .steps = {{.ways = {MESSENGER},
               .way_count = 1,
               .until = ATTEMPT_DELIVERED,
               .within_ms = 2000,
               .enter_within_ms = 2000,
               .stop_on_silence = true},
              STEP(LINK_A, ATTEMPT_DELIVERED, 2 * DEADLINE_MS)},
};
static const struct plan mail_first = {
    .id = 5,
    .step_count = 2,
    .class = PLAN_ANY_CLASS,
    .steps = {{.ways = {MAIL},
               .way_count = 1,
               .until = ATTEMPT_ACCEPTED,
               .within_ms = 2000,
               .enter_within_ms = 2000,
               .wait_full = true},
              STEP(LINK_A, ATTEMPT_DELIVERED, 2 * DEADLINE_MS)},
};
static const struct plan group = {
    .id = 6,
    .step_count = 1,
    .class = PLAN_ANY_CLASS,
    .steps = {{.ways = {LINK_A, LINK_B},
               .way_count = 2,
               .until = ATTEMPT_DELIVERED,
               .within_ms = 2 * DEADLINE_MS,
               .enter_within_ms = 2000}},
};
static const struct plan keyed = {
    .id = 7,
    .step_count = 2,
    .class = PLAN_ANY_CLASS,
    .steps = {STEP(KEYED, ATTEMPT_DELIVERED, 5000),
              STEP(LINK_A, ATTEMPT_DELIVERED, 2 * DEADLINE_MS)},
};
static const struct plan advertising = {
    .id = 8,
    .step_count = 1,
    .class = PLAN_ADVERTISING,
    .steps = {STEP(LINK_A, ATTEMPT_DELIVERED, 2 * DEADLINE_MS)},
};
static const struct plan links_in_turn = {
    .id = 9,
    .step_count = 2,
    .class = PLAN_ANY_CLASS,
    .steps = {STEP(LINK_A, ATTEMPT_DELIVERED, 2000),
              STEP(LINK_B, ATTEMPT_DELIVERED, 2 * DEADLINE_MS)},
};

static const struct plan patient = {
    .id = 10,
    .step_count = 2,
    .class = PLAN_ANY_CLASS,
    .steps = {STEP(LINK_A, ATTEMPT_DELIVERED, 2 * DEADLINE_MS),
              STEP(LINK_B, ATTEMPT_DELIVERED, 2 * DEADLINE_MS)},
};
static const struct plan mail_only = {
    .id = 11,
    .step_count = 1,
    .class = PLAN_ANY_CLASS,
    .steps = {{.ways = {MAIL},
               .way_count = 1,
               .until = ATTEMPT_ACCEPTED,
               .within_ms = 2 * DEADLINE_MS,
               .enter_within_ms = 2000,
               .wait_full = true}},
};

/* At the end of the script the message must end like this, or be going on (NONE). */
static const struct {
    const char *row;
    const struct plan *plan;
    uint16_t segments;
    uint8_t flags;
    const char *script;
    enum message_end end;
    uint8_t step;
    uint16_t attempts;
} lives[] = {
  /* (0) The first success ends it. */
    {"delivered",                                                 &sms,           1, 0,                   "s o d",                           MESSAGE_DELIVERED,     0, 1},
    {"delivered before the answer",                               &sms,           1, 0,                   "s d",                             MESSAGE_DELIVERED,     0, 1},
    {"accepted is not delivered",                                 &sms,           1, 0,                   "s o w +5000 w",                   MESSAGE_END_NONE,      0, 1},
    {"accepted is enough",                                        &blind,         1, 0,                   "s o",                             MESSAGE_ACCEPTED,      0, 1},
    {"delivered beats failed",                                    &sms,           1, 0,                   "s o f d",                         MESSAGE_DELIVERED,     0, 1},
    {"failed does not beat delivered",                            &sms,           1, 0,                   "s o d f",                         MESSAGE_DELIVERED,     0, 1},
    {"read proves delivered",                                     &cascade,       1, 0,                   "s o e",                           MESSAGE_DELIVERED,     0, 1},
    {"delivered is not read",                                     &reading,       1, 0,                   "s o d w",                         MESSAGE_END_NONE,      0, 1},
    {"late success of the first step",                            &cascade,       1, 0,                   "s o +2000 s 1d",                  MESSAGE_DELIVERED,
     1,                                                                                                                                                                2},
    {"late success while the second waits for a slot",            &cascade,       1, 0,                   "s o +2000 m 1d",
     MESSAGE_DELIVERED,                                                                                                                                             1, 1},
    {"delivered in the first step, unread; the second fails",     &reading,       1, 0,
     "s o d +2000 s o f",                                                                                                                    MESSAGE_DELIVERED,     1, 2},
    {"delivered in the first step, unread; the second is silent", &reading,       1, 0,
     "s o d +2000 s o +60000",                                                                                                               MESSAGE_DELIVERED,     1, 2},

 /* Advance. */
    {"no answer in time: the second step",                        &cascade,       1, 0,                   "s o +1999 w +1 s",
     MESSAGE_END_NONE,                                                                                                                                              1, 2},
    {"undelivered: the second step at once",                      &cascade,       1, 0,                   "s o f s",                         MESSAGE_END_NONE,      1,
     2                                                                                                                                                                  },
    {"expired there: the second step at once",                    &cascade,       1, 0,                   "s o x s",                         MESSAGE_END_NONE,
     1,                                                                                                                                                                2},
    {"refused: the second step at once",                          &cascade,       1, 0,                   "s r s",                           MESSAGE_END_NONE,      1, 2},
    {"skipped: the second step at once",                          &cascade,       1, 0,                   "y s",                             MESSAGE_END_NONE,      1, 2},
    {"no price: the second step at once",                         &cascade,       1, 0,                   "p s",                             MESSAGE_END_NONE,      1, 2},
    {"no slot in time: the second step",                          &cascade,       1, 0,                   "m +1999 m +1 t s",
     MESSAGE_END_NONE,                                                                                                                                              1, 2},
    {"again within the step",                                     &cascade,       1, 0,                   "s a w +99 w +1 s o",              MESSAGE_END_NONE,      0, 2},
    {"again only after the step: the second at once",             &cascade,       1, 0,                   "s A s",
     MESSAGE_END_NONE,                                                                                                                                              1, 2},
    {"the step's time counts from its first try",                 &cascade,       1, 0,
     "s a +1800 s o +199 w +1 s",                                                                                                            MESSAGE_END_NONE,      1, 3},
    {"again just when the step is over",                          &cascade,       1, 0,                   "s a +1900 s a s",
     MESSAGE_END_NONE,                                                                                                                                              1, 3},
    {"a permit given back begins nothing",                        &cascade,       1, 0,                   "s b m +1999 m +1 t s",
     MESSAGE_END_NONE,                                                                                                                                              1, 3},
    {"not read in time: the second step",                         &reading,       1, 0,                   "s o d +2000 s",                   MESSAGE_END_NONE,
     1,                                                                                                                                                                2},
    {"links one after the other",                                 &links_in_turn, 1, 0,                   "s o +2000 s o d",
     MESSAGE_DELIVERED,                                                                                                                                             1, 2},

 /* wait_full and on_silence. */
    {"a bounce after acceptance still advances",                  &mail_first,    1, 0,                   "s o w +1000 f s",
     MESSAGE_END_NONE,                                                                                                                                              1, 2},
    {"no bounce: the end when the time is over",                  &mail_first,    1, 0,                   "s o w +1999 w +1",
     MESSAGE_ACCEPTED,                                                                                                                                              0, 1},
    {"nothing accepted: the second step",                         &mail_first,    1, 0,                   "s +2000 s",                       MESSAGE_END_NONE,
     1,                                                                                                                                                                2},
    {"silence stops: accepted",                                   &stopping,      1, 0,                   "s o +2000",                       MESSAGE_ACCEPTED,      0, 1},
    {"in doubt is not silence",                                   &stopping,      1, 0,                   "s u +1999 w +1 s",                MESSAGE_END_NONE,      1,
     2                                                                                                                                                                  },
    {"silence stops: not answered",                               &stopping,      1, 0,                   "s +2000",                         MESSAGE_UNKNOWN,       0, 1},
    {"a failure is not silence",                                  &stopping,      1, 0,                   "s o f s",                         MESSAGE_END_NONE,      1, 2},

 /* Ends without success, in the order in which the causes count. */
    {"refused",                                                   &sms,           1, 0,                   "s r",                             MESSAGE_UNDELIVERABLE, 0, 1},
    {"undelivered",                                               &sms,           1, 0,                   "s o f",                           MESSAGE_UNDELIVERABLE, 0, 1},
    {"all steps failed",                                          &cascade,       1, 0,                   "s o f s o f",                     MESSAGE_UNDELIVERABLE, 1, 2},
    {"no step could be tried",                                    &cascade,       1, 0,                   "y y",                             MESSAGE_REJECTED,      1, 2},
    {"no step had a slot in time",                                &short_sms,     1, 0,                   "m +5000 t",                       MESSAGE_REJECTED,      0, 1},
    {"the last could not be tried",                               &cascade,       1, 0,                   "s r y",                           MESSAGE_UNDELIVERABLE, 1, 2},
    {"accepted by the first, the last refused",                   &cascade,       1, 0,                   "s o +2000 s r",
     MESSAGE_UNDELIVERABLE,                                                                                                                                         1, 2},
    {"no final report by rule",                                   &short_sms,     1, 0,                   "s o +5000",                       MESSAGE_UNKNOWN,       0, 1},
    {"again, but the step is over",                               &short_sms,     1, 0,                   "s a +5000",                       MESSAGE_UNDELIVERABLE, 0,
     1                                                                                                                                                                  },
    {"again, but not before the deadline",                        &sms,           1, 0,                   "s A w +59999 w +1",               MESSAGE_EXPIRED,
     0,                                                                                                                                                                1},
    {"again, but not before the deadline: the next step",         &patient,       1, 0,                   "s A s",
     MESSAGE_END_NONE,                                                                                                                                              1, 2},
    {"accepted by the operator, then nothing",                    &sms,           1, 0,                   "s o +60999 w +1",
     MESSAGE_EXPIRED,                                                                                                                                               0, 1},
    {"nothing submitted until the deadline",                      &cascade,       1, 0,                   "s r +1999 m +58001",
     MESSAGE_EXPIRED,                                                                                                                                               1, 1},
    {"a new try was still to come",                               &sms,           1, 0,                   "+59950 s a +50",                  MESSAGE_EXPIRED,       0, 1},
    {"undelivered after the deadline, within the grace",          &sms,           1, 0,                   "s o +60500 f",
     MESSAGE_UNDELIVERABLE,                                                                                                                                         0, 1},
    {"delivered after the deadline, within the grace",            &sms,           1, 0,                   "s o +60500 d",
     MESSAGE_DELIVERED,                                                                                                                                             0, 1},
    {"a failure after the deadline begins no step",               &patient,       1, 0,                   "s o +60500 f",
     MESSAGE_EXPIRED,                                                                                                                                               0, 1},
    {"proved, its full time cut by the deadline",                 &mail_only,     1, 0,                   "s o +59999 w +1",
     MESSAGE_ACCEPTED,                                                                                                                                              0, 1},

 /* In doubt. */
    {"in doubt, then reported",                                   &sms,           1, 0,                   "s u w +499 w d",                  MESSAGE_DELIVERED,     0, 1},
    {"in doubt, then reported failed",                            &sms,           1, 0,                   "s u w f",                         MESSAGE_UNDELIVERABLE, 0, 1},
    {"in doubt: sent again once",                                 &sms,           1, 0,                   "s u +500 s o d",                  MESSAGE_DELIVERED,     0, 2},
    {"in doubt twice: unknown",                                   &sms,           1, 0,                   "s u +500 s u +499 w +1",          MESSAGE_UNKNOWN,       0,
     2                                                                                                                                                                  },
    {"in doubt, sent again, refused: unknown",                    &sms,           1, 0,                   "s u +500 s r",                    MESSAGE_UNKNOWN,
     0,                                                                                                                                                                2},
    {"in doubt, sent again, then failed: told",                   &sms,           1, 0,                   "s u +500 s o f",
     MESSAGE_UNDELIVERABLE,                                                                                                                                         0, 2},
    {"sent again, then the first is accepted",                    &sms,           1, 0,                   "s u +500 s u 1k +500 w",
     MESSAGE_END_NONE,                                                                                                                                              0, 2},
    {"the first failed after all: no third try",                  &sms,           1, 0,                   "s u +500 s 1f u +500",
     MESSAGE_UNKNOWN,                                                                                                                                               0, 2},
    {"the second permit unused, the first failed: no third",      &sms,           1, 0,                   "s u +500 s b 1f",
     MESSAGE_UNDELIVERABLE,                                                                                                                                         0, 2},
    {"the second refused for now, the first failed: no third",    &sms,           1, 0,
     "s u +500 s a 1f +100",                                                                                                                 MESSAGE_UNDELIVERABLE, 0, 2},
    {"the second permit unused, the first was taken",             &sms,           1, 0,                   "s u +500 s b 1k +500 w",
     MESSAGE_END_NONE,                                                                                                                                              0, 2},
    {"in doubt, then refused late",                               &sms,           1, 0,                   "s u w r",                         MESSAGE_UNDELIVERABLE, 0, 1},
    {"in doubt, then throttled late: again",                      &sms,           1, 0,                   "s u w a w +99 w +1 s o d",
     MESSAGE_DELIVERED,                                                                                                                                             0, 2},
    {"the second permit unused, the first was refused: no third", &sms,           1, 0,
     "s u +500 s b 1r",                                                                                                                      MESSAGE_UNDELIVERABLE, 0, 2},
    {"the second refused for now, the first for good: no third",  &sms,           1, 0,
     "s u +500 s a 1r +100",                                                                                                                 MESSAGE_UNDELIVERABLE, 0, 2},
    {"the first was refused after all, the second is taken",      &sms,           1, 0,
     "s u +500 s 1r w 2o 2d",                                                                                                                MESSAGE_DELIVERED,     0, 2},
    {"the first was throttled after all, and was no doubt",       &sms,           1, 0,
     "s u +500 s 1a 2u +500 s",                                                                                                              MESSAGE_END_NONE,      0, 3},
    {"a way refused late that the second has gone: the rest too", &sms,           2, 0,
     "s s 1u +499 2a +1 s 1n 3o +99 s",                                                                                                      MESSAGE_END_NONE,      0, 4},
    {"the same reported of it",                                   &sms,           2, 0,                   "s s 1u +499 2a +1 s 1g 3o +99 s",
     MESSAGE_END_NONE,                                                                                                                                              0, 4},
    {"a throttled new try is not counted",                        &sms,           1, 0,                   "s a +100 s u +500 s o",
     MESSAGE_END_NONE,                                                                                                                                              0, 3},
    {"in doubt on a link before the last: the next step",         &links_in_turn, 1, 0,
     "s u +499 w +1 s",                                                                                                                      MESSAGE_END_NONE,      1, 2},
    {"in doubt on a messenger: what is left of the step",         &cascade,       1, 0,
     "s u +1999 w +1 s",                                                                                                                     MESSAGE_END_NONE,      1, 2},
    {"a channel that knows a key is asked again",                 &keyed,         1, 0,                   "s u +999 w +1 s o d",
     MESSAGE_DELIVERED,                                                                                                                                             0, 2},
    {"and then it is what is left of the step",                   &keyed,         1, 0,                   "s u +1000 s u +3999 w +1 s",
     MESSAGE_END_NONE,                                                                                                                                              1, 3},
    {"also when the second is refused",                           &keyed,         1, 0,                   "s u +1000 s r +3999 w +1 s",
     MESSAGE_END_NONE,                                                                                                                                              1, 3},
    {"or finds no way at all",                                    &keyed,         1, 0,                   "s u +1000 p +3999 w +1 s",        MESSAGE_END_NONE,
     1,                                                                                                                                                                3},
    {"and a report on the first counts all that time",            &keyed,         1, 0,
     "s u +1000 s r +2000 1d",                                                                                                               MESSAGE_DELIVERED,     0, 2},
    {"a key does not help when the step is over",                 &keyed,         1, 0,                   "s +4500 u +499 w +1 s",
     MESSAGE_END_NONE,                                                                                                                                              1, 2},
    {"advertising is never sent again",                           &advertising,   1, 0,                   "s u +500",                        MESSAGE_UNKNOWN,       0,
     1                                                                                                                                                                  },
    {"advertising by its flag",                                   &sms,           1, MESSAGE_ADVERTISING, "s u +500",                        MESSAGE_UNKNOWN,
     0,                                                                                                                                                                1},
    {"in doubt at the deadline",                                  &sms,           1, 0,                   "+59900 s u +600 w +500",          MESSAGE_EXPIRED,       0,
     1                                                                                                                                                                  },

 /* Groups. */
    {"the next channel of the group",                             &group,         1, 0,                   "s n s o d",                       MESSAGE_DELIVERED,     0, 2},
    {"no further channel",                                        &group,         1, 0,                   "s n s n",                         MESSAGE_UNDELIVERABLE, 0, 2},
    {"refused for good: no other channel",                        &group,         1, 0,                   "s r",                             MESSAGE_UNDELIVERABLE, 0,
     1                                                                                                                                                                  },
    {"a channel without a price: the next",                       &group,         1, 0,                   "p s o d",                         MESSAGE_DELIVERED,     0,
     2                                                                                                                                                                  },
    {"undelivered, and the next may do better",                   &group,         1, 0,                   "s o g s o d",
     MESSAGE_DELIVERED,                                                                                                                                             0, 2},
    {"expired, and the next may do better",                       &group,         1, 0,                   "s o h s o d",                     MESSAGE_DELIVERED,
     0,                                                                                                                                                                2},
    {"undelivered by all of them",                                &group,         1, 0,                   "s o g s o g",                     MESSAGE_UNDELIVERABLE, 0,
     2                                                                                                                                                                  },
    {"undelivered, yet it was; another was on its way",           &group,         1, 0,                   "s o g s 1d",
     MESSAGE_DELIVERED,                                                                                                                                             0, 2},
    {"of two one undelivered: never two operators",               &group,         2, 0,                   "s s 1o 2o 1d 2g",
     MESSAGE_UNDELIVERABLE,                                                                                                                                         0, 2},
    {"no channel has a price",                                    &group,         1, 0,                   "p p",                             MESSAGE_REJECTED,      0, 2},
    {"the time to enter is over for all at once",                 &group,         1, 0,                   "m +2000 t",
     MESSAGE_REJECTED,                                                                                                                                              0, 1},
    {"in doubt: not over another operator",                       &group,         1, 0,                   "s u +500 s n",                    MESSAGE_UNKNOWN,
     0,                                                                                                                                                                2},

 /* Several segments. */
    {"all delivered",                                             &sms,           2, 0,                   "s s w 1o 2o 1d w 2d",             MESSAGE_DELIVERED,     0, 2},
    {"one delivered, one refused",                                &sms,           2, 0,                   "s s 1o 1d 2r",                    MESSAGE_UNDELIVERABLE, 0, 2},
    {"one delivered, one silent",                                 &sms,           2, 0,                   "s s 1o 2o 1d +61000",             MESSAGE_EXPIRED,       0, 2},
    {"one accepted, one in doubt",                                &short_sms,     2, 0,                   "s s 1o 2u +500 s u +500 w +4000",
     MESSAGE_UNKNOWN,                                                                                                                                               0, 3},
    {"a refusal waits for the verdicts of the others",            &sms,           3, 0,                   "s s 1r w 2o",
     MESSAGE_UNDELIVERABLE,                                                                                                                                         0, 2},
    {"a refusal stops those not yet submitted",                   &sms,           3, 0,                   "s r",                             MESSAGE_UNDELIVERABLE, 0,
     1                                                                                                                                                                  },
    {"parts of their own wait for their own reports",             &sms,           2, MESSAGE_COLLECTED,
     "s s 1r 2o w 2d",                                                                                                                       MESSAGE_UNDELIVERABLE, 0, 2},
    {"one segment in a messenger",                                &cascade,       3, 0,                   "s o w d",                         MESSAGE_DELIVERED,     0, 1},
    {"a lost segment: the next step at once",                     &links_in_turn, 2, 0,
     "s s 1o 2r s s 3o 4o 3d 4d",                                                                                                            MESSAGE_DELIVERED,     1, 4},
    {"both refused by the way: both go elsewhere",                &group,         2, 0,
     "s s 1n w 2n s s 3o 4o 3d 4d",                                                                                                          MESSAGE_DELIVERED,     0, 4},
    {"one taken, one refused by the way: never two operators",    &group,         2, 0,                   "s s 1n 2o",
     MESSAGE_UNDELIVERABLE,                                                                                                                                         0, 2},
    {"segments are accepted where acceptance is all",             &blind,         2, 0,                   "s s 1o w 2o",
     MESSAGE_ACCEPTED,                                                                                                                                              0, 2},
    {"accepted and refused where acceptance is all",              &blind,         2, 0,                   "s s 1o 2r",
     MESSAGE_UNDELIVERABLE,                                                                                                                                         0, 2},
};

TEST(each_life_goes_as_its_row_says)
{
    for (size_t i = 0; i < ROWS(lives); i++) {
        struct life life = {message_at_start(), lives[i].plan, START_MS, lives[i].row};
        struct delivery_decision decision;

        life.message.segments = lives[i].segments;
        life.message.flags = lives[i].flags;
        life_run(&life, lives[i].script);
        decision = life_ask(&life);
        if (decision.end != lives[i].end)
            fail_msg("%s: ends %s, expected %s", lives[i].row,
                     message_end_name(decision.end), message_end_name(lives[i].end));
        CHECK_EQ(life.message.step, lives[i].step, lives[i].row);
        CHECK_EQ(life.message.attempt_count, lives[i].attempts, lives[i].row);
        message_done(&life.message);
    }
}

TEST(an_ended_message_is_asked_nothing)
{
    struct life life = {message_at_start(), &sms, START_MS, "ended"};
    struct delivery_decision decision;

    life_run(&life, "s o d");
    life.message.state = MESSAGE_ENDED;
    life_run(&life, "f");
    decision = life_ask(&life);
    CHECK_EQ(decision.end, MESSAGE_END_NONE, "ended");
    CHECK_EQ(decision.send, false, "ended");
    CHECK_EQ(decision.due_ms, INT64_MAX, "ended");
    message_done(&life.message);
}

TEST(a_message_that_is_collected_is_left_to_its_collector)
{
    struct life life = {message_at_start(), &sms, START_MS + 2 * DEADLINE_MS, "collecting"};
    struct delivery_decision decision;

    life.message.state = MESSAGE_COLLECTING;
    life.message.start_at_ms = START_MS + 3000;
    decision = life_ask(&life);
    CHECK_EQ(decision.end, MESSAGE_END_NONE, "collecting");
    CHECK_EQ(decision.due_ms, INT64_MAX, "collecting");
    CHECK_EQ(life.message.state, MESSAGE_COLLECTING, "collecting");
}

TEST(a_scheduled_message_waits_for_its_time_and_no_longer_than_its_deadline)
{
    struct life life = {message_at_start(), &sms, START_MS, "scheduled"};
    struct delivery_decision decision;

    life.message.state = MESSAGE_SCHEDULED;
    life.message.start_at_ms = START_MS + 10000;
    decision = life_ask(&life);
    CHECK_EQ(decision.send, false, "before its time");
    CHECK_EQ(decision.due_ms, START_MS + 10000, "before its time");
    life.now_ms = START_MS + 10000;
    decision = life_ask(&life);
    CHECK_EQ(decision.send, true, "at its time");
    CHECK_EQ(life.message.entered_at_ms, life.now_ms, "at its time");
    life.message.state = MESSAGE_SCHEDULED;
    life.message.start_at_ms = START_MS + 2 * DEADLINE_MS;
    decision = life_ask(&life);
    CHECK_EQ(decision.due_ms, START_MS + DEADLINE_MS, "later than its deadline");
    life.now_ms = START_MS + DEADLINE_MS;
    CHECK_EQ(life_ask(&life).end, MESSAGE_EXPIRED, "later than its deadline");
}

/* When to ask again, after a script. */
static const struct {
    const char *row;
    const struct plan *plan;
    const char *script;
    int64_t due_ms; /* after the start */
} dues[] = {
    {"time to enter",                            &short_sms, "",           5000                  },
    {"time to enter, or the deadline before it", &sms,       "",           DEADLINE_MS           },
    {"the step's own time",                      &cascade,   "+100 s o",   2100                  },
    {"a new try",                                &cascade,   "s a",        100                   },
    {"the end of a doubt",                       &sms,       "s u",        DOUBT_WAIT_MS         },
    {"the deadline",                             &sms,       "s o",        DEADLINE_MS           },
    {"the grace",                                &sms,       "s o +60000", DEADLINE_MS + GRACE_MS},
};

TEST(a_message_kept_for_review_only_ends_at_its_deadline)
{
    static const uint8_t states[] = {MESSAGE_WAITING, MESSAGE_SCHEDULED};

    for (size_t i = 0; i < ROWS(states); i++) {
        struct life life = {message_at_start(), &sms, START_MS, "kept"};
        struct delivery_decision decision;

        life.message.state = states[i];
        life.message.flags = MESSAGE_KEPT;
        decision = life_ask(&life);
        CHECK(!decision.send && decision.end == MESSAGE_END_NONE, "nothing is sent");
        CHECK_EQ(decision.due_ms, START_MS + DEADLINE_MS, "asked again at the deadline");
        CHECK_EQ(life.message.state, states[i], "it stays where it was");
        life.now_ms += DEADLINE_MS;
        CHECK_EQ(life_ask(&life).end, MESSAGE_EXPIRED, "the deadline");
        life.now_ms = START_MS;
        life.message.flags = MESSAGE_REVIEWED;
        CHECK(life_ask(&life).send, "released, it goes on");
        message_done(&life.message);
    }
}

TEST(it_says_when_to_ask_again)
{
    for (size_t i = 0; i < ROWS(dues); i++) {
        struct life life = {message_at_start(), dues[i].plan, START_MS, dues[i].row};

        life_run(&life, dues[i].script);
        CHECK_EQ(life_ask(&life).due_ms - START_MS, dues[i].due_ms, dues[i].row);
        message_done(&life.message);
    }
}

TEST(a_group_lists_every_channel_that_may_take_the_try)
{
    struct life life = {message_at_start(), &group, START_MS, "group"};
    struct delivery_decision decision;

    life.message.segments = 2;
    decision = life_ask(&life);
    CHECK_EQ(decision.channel_count, 2, "at first");
    CHECK_EQ(decision.channels[0], LINK_A, "at first");
    CHECK_EQ(decision.channels[1], LINK_B, "at first");
    life_run(&life, "s");
    decision = life_ask(&life);
    CHECK_EQ(decision.channel_count, 1, "the first segment is on its way");
    CHECK_EQ(decision.channel, LINK_A, "the first segment is on its way");
    life_run(&life, "n");
    decision = life_ask(&life);
    CHECK_EQ(decision.channel_count, 1, "refused by its way");
    CHECK_EQ(decision.channel, LINK_B, "refused by its way");
    /* Whoever took it keeps it, also when it was not the first of the list. */
    life_run(&life, "s u +500");
    decision = life_ask(&life);
    CHECK_EQ(decision.segment, 1, "in doubt");
    CHECK_EQ(decision.channel, LINK_B, "in doubt");
    message_done(&life.message);
}

TEST(all_tries_of_a_segment_share_an_anchor)
{
    struct life life = {message_at_start(), &group, START_MS, "anchor"};

    life_run(&life, "s n s a +100 s u +500 s o");
    CHECK_EQ(life.message.attempt_count, 4, "anchor");
    for (uint16_t i = 0; i < 4; i++) {
        CHECK_EQ(life.message.attempts[i].anchor, life.message.attempts[0].id, "anchor");
        CHECK_EQ(life.message.attempts[i].number, i + 1, "anchor");
    }
    message_done(&life.message);
}

/* The permit of the last try, just before it would be used. */
static const struct {
    const char *row;
    const struct plan *plan;
    const char *script;
    bool wanted;
} permits[] = {
    {"as it was decided",                    &sms,           "s",              true },
    {"another segment is on its way",        &sms,           "s o s",          true },
    {"another segment was refused for good", &sms,           "s s 1r",         false},
    {"another segment is in doubt",          &sms,           "s s 1u +500",    true },
    {"the deadline has passed",              &sms,           "s +60000",       false},
    {"the step is over",                     &links_in_turn, "s +1900 s +100", false},
    {"the step was left",                    &links_in_turn, "s s +2000 w",    false},
};

TEST(a_permit_is_good_only_while_its_try_is_wanted)
{
    for (size_t i = 0; i < ROWS(permits); i++) {
        struct life life = {message_at_start(), permits[i].plan, START_MS, permits[i].row};
        struct message *message = &life.message;

        message->segments = 2;
        if (strstr(permits[i].script, "w")) {
            life_run(&life, "s s +2000 m");
            CHECK_EQ(message->step, 1, permits[i].row);
        } else {
            life_run(&life, permits[i].script);
        }
        CHECK_EQ(delivery_still_wanted(message, life.plan, channel_traits,
                                       &message->attempts[message->attempt_count - 1],
                                       life.now_ms),
                 permits[i].wanted, permits[i].row);
        message->state = MESSAGE_ENDED;
        CHECK_EQ(delivery_still_wanted(message, life.plan, channel_traits,
                                       &message->attempts[message->attempt_count - 1],
                                       life.now_ms),
                 false, permits[i].row);
        message_done(message);
    }
}

/* The first try was in doubt, and its report comes while the permit of the second is being
 * written.  The first segment of two is told of; the second one is on its way. */
static const struct {
    const char *row;
    const char *report;
    bool wanted;
} overtaken[] = {
    {"nothing came",                              "",   true },
    {"it was taken",                              "1k", false},
    {"it arrived",                                "1d", false},
    {"it failed",                                 "1f", false},
    {"it expired",                                "1x", false},
    {"it was taken, as its answer says late",     "1o", false},
    {"it was refused, as its answer says late",   "1r", false},
    {"it was throttled, as its answer says late", "1a", true },
};

TEST(what_is_told_of_the_first_try_is_not_sent_again)
{
    for (size_t i = 0; i < ROWS(overtaken); i++) {
        struct life life = {message_at_start(), &sms, START_MS, overtaken[i].row};
        struct message *message = &life.message;
        struct attempt *again;

        message->segments = 2;
        life_run(&life, "s s 2o 1u +500 s");
        again = &message->attempts[2];
        again->state = ATTEMPT_INTENT;
        again->sent_at_ms = 0;
        CHECK_EQ(again->segment, 1, overtaken[i].row);
        life_run(&life, overtaken[i].report);
        CHECK_EQ(delivery_still_wanted(message, &sms, channel_traits, &message->attempts[2],
                                       life.now_ms),
                 overtaken[i].wanted, overtaken[i].row);
        message_done(message);
    }
}

TEST(a_step_ends_within_its_time_and_at_the_deadline)
{
    struct life life = {message_at_start(), &cascade, START_MS, "step end"};

    CHECK_EQ(delivery_step_end_ms(&life.message, &cascade, 0), INT64_MAX, "nothing sent");
    life_run(&life, "+100 s a +100 s o");
    CHECK_EQ(delivery_step_end_ms(&life.message, &cascade, 0), START_MS + 2100,
             "from the first");
    life_run(&life, "+2000 s");
    CHECK_EQ(delivery_step_end_ms(&life.message, &cascade, 1), START_MS + DEADLINE_MS,
             "the last step");
    message_done(&life.message);
}

/* An operator that is busy for hours; the second half of the tries there may be is spread
 * over what is left of them. */
TEST(tries_without_end_last_until_the_deadline)
{
    enum { DAY_MS = 24 * 3600 * 1000 };
    struct plan endless = sms;
    struct life life = {message_at_start(), &endless, START_MS, "without end"};
    struct delivery_decision decision;
    int64_t longest_ms = 0;

    endless.steps[0].within_ms = INT64_MAX;
    life.message.deadline_ms = START_MS + DAY_MS;
    for (unsigned i = 0; i < MESSAGE_ATTEMPTS_MAX / 2 - 1; i++)
        life_run(&life, "s a +100");
    while (!(decision = life_ask(&life)).end) {
        CHECK(life.now_ms < life.message.deadline_ms, "until the deadline");
        if (decision.send) {
            life_run(&life, "s a");
            continue;
        }
        CHECK(decision.due_ms > life.now_ms, "it waits");
        if (decision.due_ms - life.now_ms > longest_ms)
            longest_ms = decision.due_ms - life.now_ms;
        life.now_ms = decision.due_ms;
    }
    CHECK_EQ(life.now_ms, life.message.deadline_ms, "its end");
    CHECK_EQ(decision.end, MESSAGE_EXPIRED, "without end");
    CHECK(longest_ms < 60 * 1000, "each in its turn");
    CHECK(life.message.attempt_count <= MESSAGE_ATTEMPTS_MAX, "and no more of them");
    CHECK_EQ(life.message.attempts[life.message.attempt_count - 1].number, UINT8_MAX,
             "number");
    message_done(&life.message);
}

/* What each submission of a collected message is told. */
static const struct {
    const char *row;
    const struct plan *plan;
    const char *script;
    enum message_end ends[2];
} parts[] = {
    {"a messenger: the same for all",
     &cascade,
     "s o d",                                                               {MESSAGE_DELIVERED, MESSAGE_DELIVERED}        },
    {"its own each",                               &sms, "s s 1o 2o 1d 2f", {MESSAGE_DELIVERED, MESSAGE_UNDELIVERABLE}    },
    {"refused; never submitted",
     &sms,
     "s r",                                                                 {MESSAGE_UNDELIVERABLE, MESSAGE_UNDELIVERABLE}},
    {"delivered; nothing heard",
     &sms,
     "s s 1o 2o 1d +61000",                                                 {MESSAGE_DELIVERED, MESSAGE_EXPIRED}          },
    {"refused; nothing heard",
     &short_sms,
     "s s 1r 2o +5000",                                                     {MESSAGE_UNDELIVERABLE, MESSAGE_UNKNOWN}      },
    {"accepted; refused, where acceptance is all",
     &blind,
     "s s 1o 2r",                                                           {MESSAGE_ACCEPTED, MESSAGE_UNDELIVERABLE}     },
    {"in doubt; delivered",
     &short_sms,
     "s s 1u 2o 2d +500 s u +500",                                          {MESSAGE_UNKNOWN, MESSAGE_DELIVERED}          },
    {"the messenger was silent",
     &cascade,
     "s o +2000 s s 2o 3o 2d 3f",                                           {MESSAGE_DELIVERED, MESSAGE_UNDELIVERABLE}    },
    {"late from the messenger",
     &cascade,
     "s o +2000 s s 2o 3o 3f 1d",                                           {MESSAGE_DELIVERED, MESSAGE_DELIVERED}        },
};

TEST(each_submission_of_a_long_message_is_told_its_own_end)
{
    for (size_t i = 0; i < ROWS(parts); i++) {
        struct life life = {message_at_start(), parts[i].plan, START_MS, parts[i].row};

        life.message.segments = 2;
        life.message.flags = MESSAGE_COLLECTED;
        life_run(&life, parts[i].script);
        life.message.end = (uint8_t)life_ask(&life).end;
        CHECK(life.message.end != MESSAGE_END_NONE, parts[i].row);
        for (uint16_t segment = 1; segment <= 2; segment++) {
            enum message_end end =
                delivery_segment_end(&life.message, life.plan, channel_traits, segment);

            if (end != parts[i].ends[segment - 1])
                fail_msg("%s: part %d ends %s, expected %s", parts[i].row, segment,
                         message_end_name(end),
                         message_end_name(parts[i].ends[segment - 1]));
        }
        message_done(&life.message);
    }
}

/* All that may happen to an attempt: event, state before, state after. */
static const struct {
    enum attempt_event event;
    enum attempt_state from;
    enum attempt_state to;
    uint16_t flags;
} moves[] = {
    {ATTEMPT_EV_HANDED_OVER,      ATTEMPT_INTENT,    ATTEMPT_SENT,      0                               },
    {ATTEMPT_EV_HANDED_OVER,      ATTEMPT_FAILED,    ATTEMPT_FAILED,    0                               },
    {ATTEMPT_EV_OK,               ATTEMPT_SENT,      ATTEMPT_ACCEPTED,  ATTEMPT_WAS_ACCEPTED            },
    {ATTEMPT_EV_OK,               ATTEMPT_UNKNOWN,   ATTEMPT_ACCEPTED,  ATTEMPT_WAS_ACCEPTED            },
    {ATTEMPT_EV_OK,               ATTEMPT_DELIVERED, ATTEMPT_DELIVERED, ATTEMPT_WAS_ACCEPTED            },
    {ATTEMPT_EV_OK,               ATTEMPT_FAILED,    ATTEMPT_FAILED,    ATTEMPT_WAS_ACCEPTED            },
    {ATTEMPT_EV_RETRY,            ATTEMPT_SENT,      ATTEMPT_FAILED,    ATTEMPT_RETRY                   },
    {ATTEMPT_EV_RETRY,            ATTEMPT_UNKNOWN,   ATTEMPT_FAILED,    ATTEMPT_RETRY                   },
    {ATTEMPT_EV_RETRY,            ATTEMPT_DELIVERED, ATTEMPT_DELIVERED, 0                               },
    {ATTEMPT_EV_REFUSED,          ATTEMPT_SENT,      ATTEMPT_FAILED,    0                               },
    {ATTEMPT_EV_REFUSED,          ATTEMPT_UNKNOWN,   ATTEMPT_FAILED,    0                               },
    {ATTEMPT_EV_REFUSED,          ATTEMPT_DELIVERED, ATTEMPT_DELIVERED, 0                               },
    {ATTEMPT_EV_UNSURE,           ATTEMPT_SENT,      ATTEMPT_UNKNOWN,   ATTEMPT_IN_DOUBT                },
    {ATTEMPT_EV_UNSURE,           ATTEMPT_ACCEPTED,  ATTEMPT_ACCEPTED,  0                               },
    {ATTEMPT_EV_RETURNED,         ATTEMPT_INTENT,    ATTEMPT_FAILED,    ATTEMPT_RETRY | ATTEMPT_RETURNED},
    {ATTEMPT_EV_RETURNED,         ATTEMPT_SENT,      ATTEMPT_SENT,      0                               },
    {ATTEMPT_EV_REPORT_ACCEPTED,  ATTEMPT_SENT,      ATTEMPT_ACCEPTED,  ATTEMPT_WAS_ACCEPTED            },
    {ATTEMPT_EV_REPORT_ACCEPTED,  ATTEMPT_FAILED,    ATTEMPT_FAILED,    ATTEMPT_WAS_ACCEPTED            },
    {ATTEMPT_EV_REPORT_DELIVERED, ATTEMPT_SENT,      ATTEMPT_DELIVERED, ATTEMPT_WAS_ACCEPTED            },
    {ATTEMPT_EV_REPORT_DELIVERED, ATTEMPT_FAILED,    ATTEMPT_DELIVERED, ATTEMPT_WAS_ACCEPTED            },
    {ATTEMPT_EV_REPORT_DELIVERED, ATTEMPT_EXPIRED,   ATTEMPT_DELIVERED, ATTEMPT_WAS_ACCEPTED            },
    {ATTEMPT_EV_REPORT_DELIVERED, ATTEMPT_READ,      ATTEMPT_READ,      ATTEMPT_WAS_ACCEPTED            },
    {ATTEMPT_EV_REPORT_READ,      ATTEMPT_DELIVERED, ATTEMPT_READ,      ATTEMPT_WAS_ACCEPTED            },
    {ATTEMPT_EV_REPORT_READ,      ATTEMPT_CLICKED,   ATTEMPT_CLICKED,   ATTEMPT_WAS_ACCEPTED            },
    {ATTEMPT_EV_REPORT_FAILED,    ATTEMPT_ACCEPTED,  ATTEMPT_FAILED,    ATTEMPT_WAS_ACCEPTED            },
    {ATTEMPT_EV_REPORT_FAILED,    ATTEMPT_DELIVERED, ATTEMPT_DELIVERED,
     ATTEMPT_WAS_ACCEPTED | ATTEMPT_CONTRADICTED                                                        },
    {ATTEMPT_EV_REPORT_EXPIRED,   ATTEMPT_ACCEPTED,  ATTEMPT_EXPIRED,   ATTEMPT_WAS_ACCEPTED            },
    {ATTEMPT_EV_REPORT_EXPIRED,   ATTEMPT_READ,      ATTEMPT_READ,
     ATTEMPT_WAS_ACCEPTED | ATTEMPT_CONTRADICTED                                                        },
    {ATTEMPT_EV_REPORT_FAILED,    ATTEMPT_EXPIRED,   ATTEMPT_EXPIRED,   ATTEMPT_WAS_ACCEPTED            },
};

TEST(an_attempt_moves_as_the_table_says_and_no_other_way)
{
    for (size_t i = 0; i < ROWS(moves); i++) {
        struct attempt attempt = {.state = (uint8_t)moves[i].from};
        char row[64];
        bool news;

        snprintf(row, sizeof(row), "event %d in %s", (int)moves[i].event,
                 attempt_state_name(moves[i].from));
        news = delivery_apply(&attempt, moves[i].event, REASON_UNREACHABLE, 7);
        CHECK_EQ(attempt.state, moves[i].to, row);
        CHECK_EQ(attempt.flags, moves[i].flags, row);
        CHECK_EQ(news, moves[i].from != moves[i].to, row);
        CHECK_EQ(attempt.updated_at_ms, news ? 7 : 0, row);
    }
}

TEST(the_reason_of_a_failure_is_kept_until_something_better_comes)
{
    struct attempt attempt = {.state = ATTEMPT_SENT};

    delivery_apply(&attempt, ATTEMPT_EV_REPORT_FAILED, REASON_BLOCKED, 1);
    CHECK_EQ(attempt.reason, REASON_BLOCKED, "failed");
    delivery_apply(&attempt, ATTEMPT_EV_REPORT_DELIVERED, REASON_UNKNOWN, 2);
    CHECK_EQ(attempt.reason, REASON_NONE, "delivered");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(each_life_goes_as_its_row_says),
        RUN(an_ended_message_is_asked_nothing),
        RUN(a_message_that_is_collected_is_left_to_its_collector),
        RUN(a_message_kept_for_review_only_ends_at_its_deadline),
        RUN(a_scheduled_message_waits_for_its_time_and_no_longer_than_its_deadline),
        RUN(it_says_when_to_ask_again),
        RUN(a_group_lists_every_channel_that_may_take_the_try),
        RUN(all_tries_of_a_segment_share_an_anchor),
        RUN(a_permit_is_good_only_while_its_try_is_wanted),
        RUN(what_is_told_of_the_first_try_is_not_sent_again),
        RUN(a_step_ends_within_its_time_and_at_the_deadline),
        RUN(tries_without_end_last_until_the_deadline),
        RUN(each_submission_of_a_long_message_is_told_its_own_end),
        RUN(an_attempt_moves_as_the_table_says_and_no_other_way),
        RUN(the_reason_of_a_failure_is_kept_until_something_better_comes),
    };

    return RUN_ALL(tests);
}
