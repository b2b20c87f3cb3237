/*
 * Reports of messages that are no longer in memory: they are brought back, with their
 * prices, at the pace of who reads the store.
 */
#include "gateway/reports.h"

#include <glob.h>
#include <limits.h>
#include <unistd.h>

#include <sqlite3.h>

#include "gateway/catalog_pieces.h"
#include "gateway/gateway.h"
#include "gateway/live.h"
#include "gateway/reports_pieces.h"
#include "gateway/store_reader.h"
#include "smpp/command.h"
#include "tests/gateway/reports_scene.h"
#include "tests/test.h"

/* A content rule made it advertising, which costs us something else. */
TEST(what_a_late_report_earns_is_of_the_class_the_message_was_accepted_in)
{
    enum { GONE_MS = 1500 };
    struct lone_answer answer;
    struct smpp_pdu seen;
    char path[64];
    uint16_t port;
    uint64_t id;

    scene.listener = lone_line_listen(&port);
    scene.lone = lone_gateway_new_with(
        port, WIDE "grace = \"200ms\"",
        "account \"direct\" { password = \"p\" plan = \"dear\" opening = \"1000\" "
        "classes = {\"transactional\", \"advertising\"} }\n"
        "content \"ads\" { text = {\"sale\"} class = \"advertising\" }\n"
        "price { side = \"buy\" channel = \"smsc\" class = \"advertising\" price = "
        "\"0.04\" on = \"delivered\" }\n");
    lone_operator_bind(&scene.line, scene.lone, scene.listener, SMPP_BIND_TRANSCEIVER,
                       0x34);
    id = scene_submit_with("491700000001", "sale", ",\"validity\":1");
    lone_line_expect(&scene.line, SMPP_SUBMIT_SM, &seen);
    scene_take(seen.sequence, "85");
    scene_check_end(id, MESSAGE_EXPIRED);
    scene_turn_for(GONE_MS);
    CHECK_EQ(lives_count(lone_gateway_of(scene.lone)->lives), 0, "messages in memory");
    scene_report("491700000001", "id:85 stat:DELIVRD err:000");
    snprintf(path, sizeof(path), "/v1/messages/%llu", (unsigned long long)id);
    answer = lone_gateway_ask(scene.lone, "admin-token", "GET", path, "", NULL);
    CHECK_EQ(strstr(answer.body, "\"cost\":\"0.040000\"") != NULL, true, answer.body);
    scene_end();
}

/* The messages in memory that name the prices of this one. */
static uint32_t named(uint32_t pins)
{
    const struct pinned *pinned = &lone_gateway_of(scene.lone)->catalog->pinned;

    for (uint32_t i = 0; i < pinned->used; i++)
        if (pinned->sets[i].prices && pinned->sets[i].number == pins)
            return pinned->sets[i].named;
    return UINT32_MAX;
}

/* Who names them may look at them: they do not go before. */
TEST(a_message_names_its_prices_as_long_as_it_is_in_memory)
{
    enum { GONE_MS = 1500 };
    static const char settings[] = WIDE "grace = \"200ms\"";
    struct gateway *gateway;
    struct live *live;
    uint16_t port;
    uint32_t pins;
    uint64_t id;

    scene.listener = lone_line_listen(&port);
    scene.lone = lone_gateway_new_with(port, settings, LONE_OPERATOR_ACCOUNT);
    lone_operator_bind(&scene.line, scene.lone, scene.listener, SMPP_BIND_TRANSCEIVER,
                       0x34);
    id = scene_submit_with("491700000001", "hello", ",\"validity\":4");
    scene_take(scene_expect_submit(), "85");
    gateway = lone_gateway_of(scene.lone);
    live = live_find(gateway, id);
    pins = live->message.pins;
    CHECK_EQ(named(pins), 1, "it lives");
    assert_true(live_pack(gateway, live));
    CHECK_EQ(named(pins), 1, "packed");
    assert_true(live_find(gateway, id)->pins == catalog_pins(gateway->catalog, pins));
    CHECK_EQ(named(pins), 1, "unpacked");
    lone_line_close(&scene.line);
    lone_gateway_start_again(scene.lone, port, settings, LONE_OPERATOR_ACCOUNT);
    lone_operator_bind(&scene.line, scene.lone, scene.listener, SMPP_BIND_TRANSCEIVER,
                       0x34);
    CHECK_EQ(named(pins), 1, "after a start");
    scene_check_end(id, MESSAGE_EXPIRED);
    scene_turn_for(GONE_MS);
    CHECK_EQ(named(pins), 0, "it is gone");
    scene_report("491700000001", "id:85 stat:DELIVRD err:000");
    scene_turn_for(100);
    CHECK_EQ(named(pins), 1, "a late report brought it back");
    lone_line_close(&scene.line);
    lone_gateway_start_again(scene.lone, port, settings, LONE_OPERATOR_ACCOUNT);
    lone_operator_bind(&scene.line, scene.lone, scene.listener, SMPP_BIND_TRANSCEIVER,
                       0x34);
    CHECK_EQ(named(pins), 0, "after another start");
    scene_end();
}

/* Of the history, as it is made on this day; what it was before is kept beside. */
static void change_history(const char *sql)
{
    char path[PATH_MAX];
    sqlite3 *database;
    glob_t days;
    char *error = NULL;

    snprintf(path, sizeof(path), "%s/history/*.db", lone_gateway_folder(scene.lone));
    assert_int_equal(glob(path, 0, NULL, &days), 0);
    for (size_t i = 0; i < days.gl_pathc; i++) {
        assert_int_equal(sqlite3_open(days.gl_pathv[i], &database), SQLITE_OK);
        sqlite3_busy_timeout(database, 1000);
        sqlite3_exec(database, sql, NULL, NULL, &error);
        CHECK(error == NULL, error);
        sqlite3_close(database);
    }
    globfree(&days);
}

/* Its row is damaged, and mended before the report is too old. */
static void try_again(bool restart)
{
    enum { GONE_MS = 1500, AGAIN_MS = 2500 };
    struct lone_answer answer;
    uint32_t sequence;
    char path[64];
    uint64_t id;

    scene_begin(WIDE "grace = \"100ms\"");
    id = scene_submit_with("491700000001", "hello", ",\"validity\":1");
    sequence = scene_expect_submit();
    scene_take(sequence, "86");
    scene_check_end(id, MESSAGE_EXPIRED);
    scene_turn_for(GONE_MS);
    CHECK_EQ(lives_count(lone_gateway_of(scene.lone)->lives), 0, "messages in memory");
    change_history("CREATE TABLE was AS SELECT * FROM known;"
                   "UPDATE message SET content=x'00'; UPDATE aged SET content=x'00'");
    scene_report("491700000001", "id:86 stat:DELIVRD err:000");
    scene_turn_for(100);
    CHECK_EQ(reports_parked(lone_gateway_of(scene.lone)), 1, "kept");
    change_history(
        "UPDATE message SET content=(SELECT content FROM was WHERE was.id=message.id);"
        "UPDATE aged SET content=(SELECT content FROM was WHERE was.id=aged.id);"
        "DROP TABLE was");
    if (restart) {
        uint16_t port;

        lone_line_close(&scene.line);
        close(scene.listener);
        scene.listener = lone_line_listen(&port);
        lone_gateway_start_again(scene.lone, port, WIDE, LONE_OPERATOR_ACCOUNT);
        lone_operator_bind(&scene.line, scene.lone, scene.listener, SMPP_BIND_TRANSCEIVER,
                           0x34);
    }
    scene_turn_for(restart ? 500 : AGAIN_MS);
    CHECK_EQ(reports_parked(lone_gateway_of(scene.lone)), 0, "tried again");
    snprintf(path, sizeof(path), "/v1/messages/%llu", (unsigned long long)id);
    answer = lone_gateway_ask(scene.lone, "admin-token", "GET", path, "", NULL);
    CHECK(strstr(answer.body, "\"delivered\"") != NULL, answer.body);
    scene_end();
}

TEST(a_late_report_is_tried_again_if_its_message_could_not_be_read)
{
    try_again(false);
    try_again(true);
}

/* All of them wait for one message to be brought back, which is one decision. */
TEST(very_many_reports_of_a_message_that_is_long_gone_harm_nobody)
{
    enum { MANY = 2500, GONE_MS = 1500 };
    struct smpp_pdu pdu, answer;
    unsigned later = 0;
    uint32_t sequence;

    scene_begin(HERE "window = 5000 ");
    scene_submit("491700000001", "hello", &sequence);
    scene_take(sequence, "84");
    scene_report("491700000001", "id:84 stat:DELIVRD err:000 text:hello");
    scene_turn_for(GONE_MS);
    CHECK_EQ(lives_count(lone_gateway_of(scene.lone)->lives), 0, "messages in memory");
    /* Who reads the tables waits until this one is in them. */
    scene_submit("491700000003", "hello", &sequence);
    for (uint32_t i = 0; i < MANY; i++) {
        smpp_pdu_init(&pdu, SMPP_DELIVER_SM, 0, 100 + i);
        pdu.esm_class = 0x04;
        pdu.source = scene_view("491700000002");
        pdu.destination = scene_view("Shop");
        pdu.short_message = scene_view("id:84 stat:UNDELIV err:001");
        lone_line_send(&scene.line, &pdu);
    }
    for (uint32_t i = 0; i < MANY; i++) {
        lone_line_expect(&scene.line, SMPP_DELIVER_SM | SMPP_RESPONSE, &answer);
        later += answer.status != ESME_ROK;
    }
    assert_true(later < MANY);
    scene_end();
}

/* What a content rule made of it when it came, not what its account sends otherwise. */
TEST(one_that_was_brought_back_is_owed_for_as_the_class_it_was_sent_in)
{
    enum { GONE_MS = 3000 };
    struct lone_answer answer;
    uint32_t sequence;
    char path[64];
    uint64_t id;

    scene_begin_with(
        WIDE "grace = \"100ms\"",
        "account \"seller\" { password = \"p\" plan = \"dear\" opening = \"10\""
        " classes = {\"transactional\", \"advertising\"} }\n"
        "content \"ads\" { text = {\"bargain\"} class = \"advertising\" }\n"
        "price { side = \"buy\" channel = \"smsc\" class = \"advertising\""
        " on = \"delivered\" price = \"0.02\" }\n"
        "price { side = \"buy\" channel = \"smsc\" class = \"transactional\""
        " on = \"delivered\" price = \"0.01\" }\n");
    id = scene_submit_as("seller", "491700000001", "a bargain", ",\"validity\":1");
    sequence = scene_expect_submit();
    scene_take(sequence, "85");
    for (int ms = 0; ms < GONE_MS && lives_count(lone_gateway_of(scene.lone)->lives) > 0;
         ms += 50)
        scene_turn_for(50);
    CHECK_EQ(lives_count(lone_gateway_of(scene.lone)->lives), 0, "messages in memory");
    scene_report("491700000001", "id:85 stat:DELIVRD err:000 text:");
    scene_turn_for(50);
    snprintf(path, sizeof(path), "/v1/messages/%llu", (unsigned long long)id);
    answer = lone_gateway_ask(scene.lone, "admin-token", "GET", path, "", NULL);
    CHECK(strstr(answer.body, "\"cost\":\"0.020000\"") != NULL, answer.body);
    scene_end();
}

static void note_verified(void *owner, uint64_t tag, const struct verification *found)
{
    (void)tag;
    *(bool *)owner = found->ok;
}

TEST(late_reports_leave_the_reader_room_for_who_asks)
{
    enum { MANY = 300 };
    const struct kept_report report = {.event = ATTEMPT_EV_REPORT_FAILED};
    struct gateway *gateway;
    unsigned taken = 0;
    bool verified = false;

    scene_begin(WIDE);
    gateway = lone_gateway_of(scene.lone);
    for (uint64_t i = 1; i <= MANY; i++)
        taken += reports_bring_back(gateway->reports, i, &report, NULL);
    assert_in_range(taken, 100, MANY - 100);
    assert_true(store_reader_verify(gateway->reader, note_verified, &verified, 0));
    for (int i = 0; i < 2000 && !verified; i++)
        lone_gateway_turn(scene.lone);
    assert_true(verified);
    /* They are read, and there is room again. */
    assert_true(reports_bring_back(gateway->reports, 1, &report, NULL));
    scene_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(what_a_late_report_earns_is_of_the_class_the_message_was_accepted_in),
        RUN(a_message_names_its_prices_as_long_as_it_is_in_memory),
        RUN(a_late_report_is_tried_again_if_its_message_could_not_be_read),
        RUN(very_many_reports_of_a_message_that_is_long_gone_harm_nobody),
        RUN(one_that_was_brought_back_is_owed_for_as_the_class_it_was_sent_in),
        RUN(late_reports_leave_the_reader_room_for_who_asks),
    };

    return RUN_ALL(tests);
}
