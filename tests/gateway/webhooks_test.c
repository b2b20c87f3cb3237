/*
 * Reports of a messenger that tells of several messages in one body, on virtual time.
 */
#include "gateway/webhooks.h"

#include <stdlib.h>

#include "gateway/config.h"
#include "gateway/gateway.h"
#include "gateway/intake.h"
#include "gateway/live.h"
#include "gateway/profile.h"
#include "gateway/reports.h"
#include "gateway/signature.h"
#include "tests/gateway/lone_gateway.h"
#include "tests/gateway/lone_messenger.h"
#include "tests/test.h"

enum {
    GONE_MS = 3000,  /* after an end: nothing of it is in memory any more */
    READ_MS = 20000, /* in this the history is read for very many */
    MANY = 300,      /* far more than are read at a time */
    BODY_MAX = 60000,
};

static const char sections[] =
    "account \"many\" { password = \"p\" plan = \"both\" opening = \"100000\" }\n";

static struct lone_gateway *lone;
static uint64_t messages[MANY]; /* by the place of their posts */

/* It has the lab's profile, and a list of reports in its bodies. */
static void reports_in_lists(void)
{
    const struct config *config = lone_gateway_of(lone)->config;
    struct profile *profile = (struct profile *)(uintptr_t)config->channels[0].profile;

    profile->report_each = "list.*";
}

static int start(void **state)
{
    (void)state;
    lone = lone_gateway_new_virtual(1, "host = \"127.0.0.1\"", sections);
    lone_messenger_begin();
    reports_in_lists();
    return 0;
}

static int stop(void **state)
{
    (void)state;
    lone_gateway_free(lone);
    return 0;
}

static void is_accepted(void *owner, const struct store_effect *effect)
{
    (void)owner;
    (void)effect;
}

/* Submitted, posted and taken, so many. */
static void deliver_to_messenger(size_t count)
{
    const struct intake_request request = {
        .account = "many", .from = "Shop", .to = "491700000001", .text = "hello"};
    const struct store_effect effect = {.run = is_accepted};
    size_t wanted = lone_messenger_posted() + count;

    assert_true(count <= MANY);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(intake_api(lone_gateway_of(lone), &request, &effect, &messages[i]),
                         INTAKE_OK);
    for (int i = 0; i < 1000 && lone_messenger_posted() < wanted; i++) {
        lone_gateway_pass(lone, 1);
        lone_messenger_answer(lone);
    }
    CHECK_EQ(lone_messenger_posted(), wanted, "posted");
    lone_gateway_pass(lone, 10);
}

/* A list that grows. */
struct list {
    char body[BODY_MAX];
    size_t size;
};

static void begin_list(struct list *list)
{
    list->size = (size_t)sprintf(list->body, "{\"list\":[");
}

__attribute__((format(printf, 2, 3))) static void add(struct list *list, const char *format,
                                                      ...)
{
    va_list arguments;

    if (list->body[list->size - 1] != '[')
        list->body[list->size++] = ',';
    va_start(arguments, format);
    list->size += (size_t)vsnprintf(list->body + list->size, BODY_MAX - list->size, format,
                                    arguments);
    va_end(arguments);
    assert_true(list->size + 3 < BODY_MAX);
}

/* By its ref, or by the messenger's own id. */
static void add_report(struct list *list, size_t index, bool by_id, const char *status)
{
    add(list, "{\"%s\":\"%s%llu\",\"status\":\"%s\"}", by_id ? "id" : "ref",
        by_id ? "m" : "", (unsigned long long)lone_messenger_post(index)->id, status);
}

static struct lone_answer post(struct list *list)
{
    static const struct signature_scheme scheme = {
        .hash = SIGNATURE_SHA256, .encoding = SIGNATURE_HEX, .prefix = "sha256="};
    char given[SIGNATURE_TEXT_MAX], header[SIGNATURE_TEXT_MAX + 32];

    strcpy(list->body + list->size, "]}");
    signature_make(&scheme, "lab-hook", 8, list->body, strlen(list->body), given);
    snprintf(header, sizeof(header), "X-Signature: %s\r\n", given);
    return lone_gateway_ask(lone, NULL, "POST", "/v1/hooks/chat", header, list->body);
}

/* What the try of this message has come to, as the API tells it. */
static void check_state(size_t index, const char *wanted)
{
    struct lone_answer answer;
    char path[64], state[64];

    snprintf(path, sizeof(path), "/v1/messages/%llu", (unsigned long long)messages[index]);
    answer = lone_gateway_ask(lone, "admin-token", "GET", path, "", NULL);
    snprintf(state, sizeof(state), "\"state\":\"%s\"", wanted);
    CHECK(strstr(answer.body, state) != NULL, answer.body);
}

/* They are delivered, and gone from memory. */
static void deliver_and_forget(size_t count)
{
    struct list list;

    deliver_to_messenger(count);
    begin_list(&list);
    for (size_t i = 0; i < count; i++)
        add_report(&list, i, true, "delivered");
    CHECK_EQ(post(&list).status, 200, "delivered");
    for (int ms = 0; ms < GONE_MS && lives_count(lone_gateway_of(lone)->lives) > 0;
         ms += 100)
        lone_gateway_pass(lone, 100);
    CHECK_EQ(lives_count(lone_gateway_of(lone)->lives), 0, "messages in memory");
}

TEST(each_message_of_a_body_hears_its_own)
{
    struct gateway *gateway = lone_gateway_of(lone);
    struct list list;

    deliver_to_messenger(4);
    begin_list(&list);
    add_report(&list, 0, false, "delivered");
    add_report(&list, 1, true, "failed");
    add(&list, "{\"id\":\"nobody's\",\"status\":\"read\"}");
    add(&list, "{\"id\":\"m1\",\"status\":\"lost\"}");
    add(&list, "{\"ref\":\"not ours\",\"status\":\"read\"}");
    add_report(&list, 2, true, "read");
    CHECK_EQ(post(&list).status, 200, "the body");
    check_state(0, "delivered"); /* by its ref */
    check_state(1, "failed");    /* by its id */
    check_state(2, "read");      /* behind what is not understood */
    check_state(3, "accepted");  /* not named */
    CHECK_EQ(gateway->counters.reports, 4, "reports");
    CHECK_EQ(gateway->counters.reports_unheard, 2, "not understood");
    CHECK_EQ(reports_parked(gateway), 1, "nobody's");
}

TEST(a_body_is_refused_only_if_nothing_of_it_is_understood)
{
    struct list list;

    begin_list(&list);
    CHECK_EQ(post(&list).status, 200, "it tells of nothing");
    begin_list(&list);
    add(&list, "{\"id\":\"m1\",\"status\":\"lost\"}");
    add(&list, "7");
    CHECK_EQ(post(&list).status, 400, "only what nobody knows");
    begin_list(&list);
    for (size_t i = 0; i <= PROFILE_REPORTS_MAX; i++)
        add(&list, "7");
    CHECK_EQ(post(&list).status, 400, "too many");
    CHECK_EQ(lone_gateway_of(lone)->counters.reports_unheard, 0, "passed over");
}

/* Two of each. */
TEST(reports_of_messages_that_are_gone_are_all_taken)
{
    struct gateway *gateway = lone_gateway_of(lone);
    struct list list;

    deliver_and_forget(MANY);
    begin_list(&list);
    for (size_t i = 0; i < MANY; i++) {
        add_report(&list, i, true, "delivered");
        add_report(&list, i, true, "read");
    }
    CHECK_EQ(post(&list).status, 200, "the body");
    for (int ms = 0; ms < READ_MS && reports_parked(gateway) > 0; ms += 10)
        lone_gateway_pass(lone, 10);
    CHECK_EQ(reports_parked(gateway), 0, "still kept");
    CHECK_EQ(gateway->counters.reports_unmatched, 0, "nobody's");
    for (size_t i = 0; i < MANY; i++)
        check_state(i, "read");
}

/* Of one that is gone no more are kept than of any other. */
TEST(a_thousand_reports_of_one_message_harm_nobody)
{
    struct gateway *gateway = lone_gateway_of(lone);
    struct list list;

    deliver_and_forget(1);
    begin_list(&list);
    for (size_t i = 0; i < PROFILE_REPORTS_MAX; i++)
        add_report(&list, 0, true, "read");
    CHECK_EQ(post(&list).status, 200, "the body");
    for (int ms = 0; ms < READ_MS && reports_parked(gateway) > 0; ms += 10)
        lone_gateway_pass(lone, 10);
    CHECK_EQ(reports_parked(gateway), 0, "still kept");
    CHECK(gateway->hooks_told.untold > 0, "lines that the log was spared");
    CHECK(gateway->counters.reports_unmatched > LOG_SHARE_PER_S, "given up");
    check_state(0, "read");
}

TEST(what_was_taken_of_messages_that_are_gone_is_known_after_a_start)
{
    enum { FEW = 3 };
    struct gateway *gateway;
    struct list list;

    deliver_and_forget(FEW);
    begin_list(&list);
    for (size_t i = 0; i < FEW; i++)
        add_report(&list, i, i % 2, "read");
    CHECK_EQ(post(&list).status, 200, "the body");
    lone_gateway_start_again(lone, 1, "host = \"127.0.0.1\"", sections);
    gateway = lone_gateway_of(lone);
    for (int ms = 0; ms < READ_MS && reports_parked(gateway) > 0; ms += 10)
        lone_gateway_pass(lone, 10);
    CHECK_EQ(reports_parked(gateway), 0, "still kept");
    for (size_t i = 0; i < FEW; i++)
        check_state(i, "read");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_message_of_a_body_hears_its_own, start, stop),
        cmocka_unit_test_setup_teardown(
            a_body_is_refused_only_if_nothing_of_it_is_understood, start, stop),
        cmocka_unit_test_setup_teardown(reports_of_messages_that_are_gone_are_all_taken,
                                        start, stop),
        cmocka_unit_test_setup_teardown(a_thousand_reports_of_one_message_harm_nobody,
                                        start, stop),
        cmocka_unit_test_setup_teardown(
            what_was_taken_of_messages_that_are_gone_is_known_after_a_start, start, stop),
    };

    return RUN_ALL(tests);
}
