/* What may still be stopped or changed, by what its attempts say. */
#include "routing/recall.h"

#include "routing/delivery.h"
#include "tests/test.h"

enum { STEPS = 2 };

/* One attempt: of which step, in which state, with which marks. */
struct tried {
    uint8_t step;
    uint8_t state;
    uint16_t flags;
};

static const struct {
    const char *row;
    struct tried tries[3];
    size_t count;
    bool stops;
    bool untouched;
    bool unbegun;
} rows[] = {
    {"nothing was tried",                       {{0}},                            0, true,  true,  true },
    {"permitted, not handed over",              {{1, ATTEMPT_INTENT, 0}},         1, true,  false, false},
    {"handed over in the last step",            {{1, ATTEMPT_SENT, 0}},           1, false, false, false},
    {"accepted in the last step",               {{1, ATTEMPT_ACCEPTED, 0}},       1, false, false, false},
    {"in doubt in the last step",
     {{1, ATTEMPT_UNKNOWN, ATTEMPT_IN_DOUBT}},                                    1, false, false, false},
    {"refused in the last step",                {{1, ATTEMPT_FAILED, 0}},         1, true,  false, false},
    {"failed after it was accepted there",
     {{1, ATTEMPT_FAILED, ATTEMPT_WAS_ACCEPTED}},                                 1, false, false, false},
    {"expired there",
     {{1, ATTEMPT_EXPIRED, ATTEMPT_WAS_ACCEPTED}},                                1, false, false, false},
    {"to be tried again",
     {{1, ATTEMPT_FAILED, ATTEMPT_RETRY}},                                        1, true,  true,  false},
    {"the permit came back",
     {{1, ATTEMPT_FAILED, ATTEMPT_RETRY | ATTEMPT_RETURNED}},                     1, true,  true,  false},
    {"a step could not be tried",
     {{0, ATTEMPT_FAILED, ATTEMPT_UNSENT}},                                       1, true,  true,  true },
    {"a messenger has it",                      {{0, ATTEMPT_SENT, 0}},           1, true,  false, false},
    {"a messenger delivered it",                {{0, ATTEMPT_DELIVERED, 0}},      1, true,  false, false},
    {"a messenger refused it",                  {{0, ATTEMPT_FAILED, 0}},         1, true,  false, false},
    {"in doubt, then to be tried again",
     {{1, ATTEMPT_UNKNOWN, 0}, {1, ATTEMPT_FAILED, ATTEMPT_RETRY}},               2, false, false, false},
    {"one segment went, one did not",
     {{1, ATTEMPT_FAILED, ATTEMPT_RETRY}, {1, ATTEMPT_ACCEPTED, 0}},              2, false, false, false},
    {"not tried there, to be tried again here",
     {{0, ATTEMPT_FAILED, ATTEMPT_UNSENT}, {1, ATTEMPT_FAILED, ATTEMPT_RETRY}},   2, true,  true,  false},
};

TEST(what_nobody_holds_may_be_stopped_and_what_never_went_replaced)
{
    const struct plan plan = {.step_count = STEPS};

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct message message = {.state = MESSAGE_WAITING};

        for (size_t n = 0; n < rows[i].count; n++) {
            struct attempt *attempt = message_add_attempt(&message);

            attempt->step = rows[i].tries[n].step;
            attempt->state = rows[i].tries[n].state;
            attempt->flags = rows[i].tries[n].flags;
        }
        CHECK_EQ(recall_may_stop(&message, &plan), rows[i].stops, rows[i].row);
        CHECK_EQ(recall_is_untouched(&message), rows[i].untouched, rows[i].row);
        CHECK_EQ(recall_is_unbegun(&message), rows[i].unbegun, rows[i].row);
        message.state = MESSAGE_ENDED;
        CHECK(!recall_may_stop(&message, &plan), rows[i].row);
        CHECK(!recall_is_untouched(&message), rows[i].row);
        CHECK(!recall_is_unbegun(&message), rows[i].row);
        message_done(&message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(what_nobody_holds_may_be_stopped_and_what_never_went_replaced),
    };

    return RUN_ALL(tests);
}
