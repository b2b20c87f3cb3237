/* Names, and the list of attempts. */
#include "routing/message.h"

#include "tests/test.h"

TEST(every_reason_is_found_by_its_name)
{
    for (int reason = REASON_NONE; reason < REASONS; reason++)
        CHECK_EQ(reason_find(reason_name((enum reason)reason)), reason,
                 reason_name((enum reason)reason));
    CHECK_EQ(reason_find("no_such_reason"), REASONS, "no such reason");
    CHECK_EQ(reason_find(""), REASONS, "empty");
    CHECK_STR(reason_name(REASONS), "unknown", "past the last");
}

TEST(states_and_ends_have_the_names_of_the_interface)
{
    CHECK_STR(message_state_name(MESSAGE_COLLECTING), "collecting", "state");
    CHECK_STR(message_state_name(MESSAGE_SCHEDULED), "scheduled", "state");
    CHECK_STR(message_state_name(MESSAGE_WAITING), "waiting", "state");
    CHECK_STR(message_state_name(MESSAGE_SENT), "sent", "state");
    CHECK_STR(message_state_name(MESSAGE_ENDED), "ended", "state");
    CHECK_STR(message_state_name((enum message_state)0), "unknown", "no state");
    CHECK_STR(message_end_name(MESSAGE_DELIVERED), "delivered", "end");
    CHECK_STR(message_end_name(MESSAGE_ACCEPTED), "accepted", "end");
    CHECK_STR(message_end_name(MESSAGE_UNDELIVERABLE), "undeliverable", "end");
    CHECK_STR(message_end_name(MESSAGE_EXPIRED), "expired", "end");
    CHECK_STR(message_end_name(MESSAGE_REJECTED), "rejected", "end");
    CHECK_STR(message_end_name(MESSAGE_CANCELLED), "cancelled", "end");
    CHECK_STR(message_end_name(MESSAGE_UNKNOWN), "unknown", "end");
    CHECK_STR(attempt_state_name(ATTEMPT_INTENT), "intent", "attempt");
    CHECK_STR(attempt_state_name(ATTEMPT_CLICKED), "clicked", "attempt");
    CHECK_STR(attempt_state_name(ATTEMPT_FAILED), "failed", "attempt");
    CHECK_STR(attempt_state_name(ATTEMPT_EXPIRED), "expired", "attempt");
    CHECK_STR(attempt_state_name((enum attempt_state)77), "unknown", "no attempt");
}

/* They are rows of databases: a new one gets a new number. */
TEST(the_numbers_that_are_stored_stay_as_they_are)
{
    CHECK_EQ(MESSAGE_ENDED, 5, "state");
    CHECK_EQ(MESSAGE_UNKNOWN, 7, "end");
    CHECK_EQ(ATTEMPT_UNKNOWN, 9, "attempt");
    CHECK_EQ(REASON_UNKNOWN, 14, "reason");
    CHECK_EQ(ATTEMPT_NEXT_WAY, 64, "flag");
    CHECK_EQ(REASON_SENDER, 16, "reason");
    CHECK_EQ(MESSAGE_TRANSLITERATED, 4, "flag");
    CHECK_EQ(MESSAGE_ADVERTISING, 8, "flag");
    CHECK_EQ(MESSAGE_SERVICE, 32, "flag");
    CHECK_EQ(MESSAGE_KEPT, 64, "flag");
    CHECK_EQ(MESSAGE_REVIEWED, 128, "flag");
}

TEST(a_class_is_kept_in_the_flags)
{
    for (uint8_t class = 0; class < 3; class ++) {
        struct message message = {.flags = MESSAGE_BINARY | MESSAGE_KEPT};

        message.flags |= message_class_flags(class);
        CHECK_EQ(message_class(&message), class, "class");
        CHECK(message_class_name(class) != NULL, "its name");
    }
}

TEST(attempts_keep_their_order_while_the_list_grows)
{
    struct message message = {0};

    for (uint16_t i = 1; i <= MESSAGE_ATTEMPTS_MAX; i++) {
        struct attempt *attempt = message_add_attempt(&message);

        CHECK_EQ(attempt->ordinal, i, "place");
        CHECK_EQ(attempt->id, 0, "zeroed");
        CHECK_EQ(attempt->state, 0, "zeroed");
        attempt->id = 1000u + i;
        attempt->state = 0xFF;
    }
    for (uint16_t i = 1; i <= MESSAGE_ATTEMPTS_MAX; i += 97)
        CHECK_EQ(message_attempt(&message, 1000u + i)->ordinal, i, "found by its id");
    CHECK(message_attempt(&message, 5) == NULL, "no such id");
    message_done(&message);
    CHECK_EQ(message.attempt_count, 0, "done");
    CHECK_EQ(message_add_attempt(&message)->ordinal, 1, "used again");
    message_done(&message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(every_reason_is_found_by_its_name),
        RUN(states_and_ends_have_the_names_of_the_interface),
        RUN(the_numbers_that_are_stored_stay_as_they_are),
        RUN(a_class_is_kept_in_the_flags),
        RUN(attempts_keep_their_order_while_the_list_grows),
    };

    return RUN_ALL(tests);
}
