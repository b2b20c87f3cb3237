/*
 * A message, a plan and channels to try decisions on, and short scripts of what happens
 * to the message, so that a row of a table can tell a whole life.
 *
 * Words of a script, one after the other, blanks between them:
 *   +500    the clock goes on by so many milliseconds
 *   s       routing must want a try: it gets its permit and is handed over
 *   w       routing must want nothing now, and the message must not end
 *   m       routing must be waiting for a slot that does not come: it wants a try
 *   t       routing must find that the time to enter the step has passed
 *   p y     the step is skipped for its price, its content
 *   o r n u the last try's verdict: OK, refused, refused for its way, unsure
 *   a A b   the last try's verdict: again in 100 ms, again in an hour; permit unused
 *   k d e f x  a report on the last try: accepted, delivered, read, failed, expired
 *   g h     failed, expired, of which the link says that another one may do better
 * A number before a letter names another try than the last: "1d".
 */
#ifndef TESTS_ROUTING_DELIVERY_SCRIPT_H
#define TESTS_ROUTING_DELIVERY_SCRIPT_H

#include <ctype.h>
#include <stdlib.h>

#include "routing/delivery.h"

#include "tests/test.h"

enum {
    START_MS = 1000000,
    DEADLINE_MS = 60000, /* after the start */
    GRACE_MS = 1000,
    DOUBT_WAIT_MS = 500,
};

/* Channels by their number. */
enum {
    LINK_A = 1,
    LINK_B = 2,
    MESSENGER = 3,
    MAIL = 4,
    BLIND_LINK = 5,
    KEYED = 6,
    CHANNELS
};

static const struct channel_traits channel_traits[CHANNELS] = {
    [LINK_A] = {.is_link = true,
                .proves = ATTEMPT_DELIVERED,
                .in_doubt_resends = 1,
                .in_doubt_wait_ms = DOUBT_WAIT_MS,
                .grace_ms = GRACE_MS},
    [LINK_B] = {.is_link = true,
                .proves = ATTEMPT_DELIVERED,
                .in_doubt_resends = 1,
                .in_doubt_wait_ms = DOUBT_WAIT_MS,
                .grace_ms = GRACE_MS},
    [MESSENGER] = {.proves = ATTEMPT_READ,  .in_doubt_resends = 1             },
    [MAIL] = {.proves = ATTEMPT_ACCEPTED, .in_doubt_resends = 1},
    [BLIND_LINK] = {.is_link = true,
                .proves = ATTEMPT_ACCEPTED,
                .in_doubt_resends = 1,
                .in_doubt_wait_ms = DOUBT_WAIT_MS,
                .grace_ms = GRACE_MS},
    [KEYED] = {.repeats_safely = true,  .proves = ATTEMPT_DELIVERED,              .in_doubt_resends = 1},
};

static inline struct message message_at_start(void)
{
    return (struct message){.id = 1,
                            .accepted_at_ms = START_MS,
                            .entered_at_ms = START_MS,
                            .deadline_ms = START_MS + DEADLINE_MS,
                            .segments = 1,
                            .parts = 1,
                            .state = MESSAGE_WAITING};
}

/* A message on its way through a script. */
struct life {
    struct message message;
    const struct plan *plan;
    int64_t now_ms;
    const char *row;
};

static inline struct delivery_decision life_ask(struct life *life)
{
    struct delivery_decision decision;

    delivery_decide(&life->message, life->plan, channel_traits, life->now_ms, &decision);
    return decision;
}

static inline void life_send(struct life *life)
{
    struct delivery_decision decision = life_ask(life);
    struct attempt *attempt;

    CHECK_EQ(decision.end, MESSAGE_END_NONE, life->row);
    CHECK(decision.send, life->row);
    CHECK_EQ(decision.channels[0], decision.channel, life->row);
    attempt = message_add_attempt(&life->message);
    attempt->id = 100u + attempt->ordinal;
    attempt->anchor = decision.anchor ? decision.anchor : attempt->id;
    attempt->channel = decision.channel;
    attempt->segment = decision.segment;
    attempt->number = decision.try_number;
    attempt->step = life->message.step;
    attempt->state = ATTEMPT_INTENT;
    attempt->sent_at_ms = life->now_ms;
    CHECK(delivery_apply(attempt, ATTEMPT_EV_HANDED_OVER, REASON_NONE, life->now_ms),
          life->row);
}

static inline void life_skip(struct life *life, enum reason reason)
{
    struct delivery_decision decision = life_ask(life);

    CHECK(decision.send || decision.unsent, life->row);
    delivery_skip_step(&life->message, decision.channel, 900u + life->message.attempt_count,
                       reason, life->now_ms);
}

static inline void life_event(struct life *life, struct attempt *attempt, char letter)
{
    static const struct {
        char letter;
        enum attempt_event event;
        enum reason reason;
    } events[] = {
        {'o', ATTEMPT_EV_OK,               REASON_NONE         },
        {'r', ATTEMPT_EV_REFUSED,          REASON_CONTENT      },
        {'n', ATTEMPT_EV_REFUSED,          REASON_UNREACHABLE  },
        {'u', ATTEMPT_EV_UNSURE,           REASON_UNKNOWN      },
        {'a', ATTEMPT_EV_RETRY,            REASON_QUOTA        },
        {'A', ATTEMPT_EV_RETRY,            REASON_QUOTA        },
        {'b', ATTEMPT_EV_RETURNED,         REASON_PROVIDER_DOWN},
        {'k', ATTEMPT_EV_REPORT_ACCEPTED,  REASON_NONE         },
        {'d', ATTEMPT_EV_REPORT_DELIVERED, REASON_NONE         },
        {'e', ATTEMPT_EV_REPORT_READ,      REASON_NONE         },
        {'f', ATTEMPT_EV_REPORT_FAILED,    REASON_UNREACHABLE  },
        {'x', ATTEMPT_EV_REPORT_EXPIRED,   REASON_EXPIRED      },
        {'g', ATTEMPT_EV_REPORT_FAILED,    REASON_UNREACHABLE  },
        {'h', ATTEMPT_EV_REPORT_EXPIRED,   REASON_EXPIRED      },
    };

    for (size_t i = 0; i < ROWS(events); i++) {
        if (events[i].letter != letter)
            continue;
        if (letter == 'b') { /* it had not been handed over */
            attempt->state = ATTEMPT_INTENT;
            attempt->sent_at_ms = 0;
        }
        if (strchr("ngh", letter) != NULL)
            attempt->flags |= ATTEMPT_NEXT_WAY;
        delivery_apply(attempt, events[i].event, events[i].reason, life->now_ms);
        if (letter == 'a')
            attempt->again_at_ms = life->now_ms + 100;
        if (letter == 'A')
            attempt->again_at_ms = life->now_ms + 3600000;
        if (letter == 'u')
            attempt->again_at_ms =
                life->now_ms + channel_traits[attempt->channel].in_doubt_wait_ms;
        return;
    }
    fail_msg("%s: no such word: %c", life->row, letter);
}

static inline void life_word(struct life *life, const char *word)
{
    struct delivery_decision decision;
    char *letter;
    unsigned long number;

    if (*word == '+') {
        life->now_ms += strtol(word + 1, NULL, 10);
        return;
    }
    number = strtoul(word, &letter, 10);
    if (number == 0)
        number = life->message.attempt_count;
    switch (*letter) {
    case 's':
        life_send(life);
        return;
    case 'w':
    case 'm':
        decision = life_ask(life);
        CHECK_EQ(decision.end, MESSAGE_END_NONE, life->row);
        CHECK_EQ(decision.send, *letter == 'm', life->row);
        CHECK_EQ(decision.unsent, false, life->row);
        return;
    case 't':
        decision = life_ask(life);
        CHECK(decision.unsent, life->row);
        life_skip(life, decision.unsent_reason);
        return;
    case 'p':
        life_skip(life, REASON_NO_PRICE);
        return;
    case 'y':
        life_skip(life, REASON_CONTENT);
        return;
    default:
        CHECK(number <= life->message.attempt_count, life->row);
        life_event(life, &life->message.attempts[number - 1], *letter);
    }
}

static inline void life_run(struct life *life, const char *script)
{
    char words[256];
    char *rest = words;
    char *word;

    CHECK(strlen(script) < sizeof(words), life->row);
    strncpy(words, script, sizeof(words) - 1);
    words[sizeof(words) - 1] = 0;
    while ((word = strsep(&rest, " ")) != NULL)
        if (*word)
            life_word(life, word);
}

#endif
