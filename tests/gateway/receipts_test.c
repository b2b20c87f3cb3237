/*
 * What a receipt says, as the account sees it: the test is its client, and behind the
 * gateway the operator too.
 */
#include "gateway/receipts.h"

#include <stdlib.h>

#include "gateway/catalog.h"
#include "gateway/gateway.h"
#include "gateway/receipts_pieces.h"
#include "smpp/command.h"
#include "tests/gateway/lone_line.h"
#include "tests/gateway/receipts_scene.h"
#include "tests/test.h"

/* Design of the ends: their words, states, and who hears of them. */
TEST(each_end_has_its_word_and_its_hearers)
{
    static const struct {
        const char *row;
        const char *accepted_as;
        enum message_end end;
        const char *stat;
        uint8_t state;
        bool success;
    } rows[] = {
        {"delivered",           "ACCEPTD", MESSAGE_DELIVERED,     "stat:DELIVRD", 2, true },
        {"accepted",            "ACCEPTD", MESSAGE_ACCEPTED,      "stat:ACCEPTD", 6, true },
        {"accepted as DELIVRD", "DELIVRD", MESSAGE_ACCEPTED,      "stat:DELIVRD", 2, true },
        {"accepted as UNKNOWN", "UNKNOWN", MESSAGE_ACCEPTED,      "stat:UNKNOWN", 7, false},
        {"undeliverable",       "DELIVRD", MESSAGE_UNDELIVERABLE, "stat:UNDELIV", 5, false},
        {"expired",             "DELIVRD", MESSAGE_EXPIRED,       "stat:EXPIRED", 3, false},
        {"rejected",            "DELIVRD", MESSAGE_REJECTED,      "stat:REJECTD", 8, false},
        {"cancelled",           "DELIVRD", MESSAGE_CANCELLED,     "stat:DELETED", 4, false},
        {"unknown",             "DELIVRD", MESSAGE_UNKNOWN,       "stat:UNKNOWN", 7, false},
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        char setting[64];
        struct body *body = live_body_new(5, 0);
        struct live live = {.bodies = &body, .body_count = 1};
        struct store_receipt row;
        struct letter letter;
        const struct smpp_tlv *told;

        snprintf(setting, sizeof(setting), "accepted_as = \"%s\"", rows[i].accepted_as);
        scene_begin_with("", setting);
        live.message.account =
            catalog_account_at(lone_gateway_of(scene.lone)->catalog, ACCOUNT)->number;
        live.message.end = (uint8_t)rows[i].end;
        live.message.segments = 1;
        memcpy(body->bytes, "hello", 5);
        for (unsigned registered = 0; registered < 256; registered++) {
            bool wanted = (registered & 3) == 1 ||
                          ((registered & 3) == 2 && !rows[i].success) ||
                          ((registered & 3) == 3 && rows[i].success);

            body->registered_delivery = (uint8_t)registered;
            CHECK_EQ(receipts_write_row(lone_gateway_of(scene.lone), &live, body, &row),
                     wanted, rows[i].row);
        }
        body->registered_delivery = 1;
        assert_true(receipts_write_row(lone_gateway_of(scene.lone), &live, body, &row));
        receipts_write_letter(lone_gateway_of(scene.lone), live.message.account, row.bytes,
                              row.size, &letter);
        CHECK(scene_says(&letter.pdu, rows[i].stat), rows[i].row);
        CHECK_EQ(letter.pdu.esm_class, 0x04, rows[i].row);
        told = smpp_pdu_tlv(&letter.pdu, SMPP_TLV_MESSAGE_STATE);
        assert_non_null(told);
        CHECK_EQ(smpp_tlv_integer(told), rows[i].state, rows[i].row);
        free(body);
        scene_end();
    }
}

/* The operator was full (0x58) at first, and took it then. */
TEST(a_success_tells_no_error_of_an_earlier_try)
{
    static const struct {
        const char *row;
        const char *accepted_as;
        enum message_end end;
        const char *told;
    } rows[] = {
        {"delivered",           "ACCEPTD", MESSAGE_DELIVERED,     "stat:DELIVRD err:000"},
        {"accepted",            "ACCEPTD", MESSAGE_ACCEPTED,      "stat:ACCEPTD err:000"},
        {"accepted as DELIVRD", "DELIVRD", MESSAGE_ACCEPTED,      "stat:DELIVRD err:000"},
        {"accepted as UNKNOWN", "UNKNOWN", MESSAGE_ACCEPTED,      "stat:UNKNOWN err:000"},
        {"undeliverable",       "ACCEPTD", MESSAGE_UNDELIVERABLE, "stat:UNDELIV err:088"},
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct attempt attempts[] = {
            {.state = ATTEMPT_FAILED, .flags = ATTEMPT_RETRY, .segment = 1, .code = 0x58},
            {.state = ATTEMPT_ACCEPTED, .segment = 1},
        };
        struct body *body = live_body_new(5, 0);
        struct live live = {.bodies = &body, .body_count = 1};
        struct store_receipt row;
        struct letter letter;
        char setting[64];

        snprintf(setting, sizeof(setting), "accepted_as = \"%s\"", rows[i].accepted_as);
        scene_begin_with("", setting);
        live.message.account =
            catalog_account_at(lone_gateway_of(scene.lone)->catalog, ACCOUNT)->number;
        live.message.end = (uint8_t)rows[i].end;
        live.message.segments = 1;
        live.message.attempts = attempts;
        live.message.attempt_count = ROWS(attempts);
        body->registered_delivery = 1;
        memcpy(body->bytes, "hello", 5);
        assert_true(receipts_write_row(lone_gateway_of(scene.lone), &live, body, &row));
        receipts_write_letter(lone_gateway_of(scene.lone), live.message.account, row.bytes,
                              row.size, &letter);
        CHECK(scene_says(&letter.pdu, rows[i].told), rows[i].row);
        CHECK_EQ(smpp_pdu_tlv(&letter.pdu, SMPP_TLV_NETWORK_ERROR_CODE) != NULL,
                 rows[i].end == MESSAGE_UNDELIVERABLE, rows[i].row);
        free(body);
        scene_end();
    }
}

TEST(the_account_chooses_its_form)
{
    struct smpp_pdu pdu;
    char id[32];
    char text[256];

    scene_begin_with("",
                     "receipt_date_digits = 14 receipt_zone = \"+03:00\" "
                     "receipt_text_length = 3 receipt_err_digits = 4 receipt_tlvs = false");
    scene_bind_operator();
    scene_bind_line(&scene.lines[0], SMPP_BIND_TRANSCEIVER);
    scene_submit(&scene.lines[0], 1, id);
    scene_take("op1");
    scene_report("op1", "stat:UNDELIV err:021 text:");
    scene_hear_this(&scene.lines[0], SMPP_DELIVER_SM, &pdu);
    snprintf(text, sizeof(text), "id:%s sub:001 dlvrd:000 submit date:202607311530", id);
    CHECK(scene_says(&pdu, text), "dates in the zone");
    CHECK(scene_says(&pdu, " stat:UNDELIV err:0021 text:hel"), "the error and the text");
    CHECK_EQ(pdu.short_message.size,
             strlen(text) + 2 + strlen(" done date:20260731153005") +
                 strlen(" stat:UNDELIV err:0021 text:hel"),
             "and no more");
    CHECK_EQ(pdu.tlv_count, 0, "optional parameters");
    scene_end();
}

/* Vonage, Kannel msg-id-type: an id in hex is answered and one in decimal reported. */
TEST(the_id_of_a_receipt_may_have_another_form)
{
    static const struct {
        const char *answered;
        const char *reported;
        int base_answered;
        int base_reported;
        size_t digits; /* of the receipt's; 0: as many as it has */
    } rows[] = {
        {"hex",     "decimal",  16, 10, 0 },
        {"decimal", "hex",      10, 16, 16},
        {"alias",   "decimal",  16, 10, 0 },
        {"alias",   "as-given", 16, 16, 8 },
        {"hex",     "as-given", 16, 16, 16},
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        const struct smpp_tlv *told;
        char settings[96], id[32], text[64];
        struct smpp_pdu pdu;

        snprintf(settings, sizeof(settings), "message_id = \"%s\" receipt_id = \"%s\"",
                 rows[i].answered, rows[i].reported);
        scene_begin_with("", settings);
        scene_bind_operator();
        scene_bind_line(&scene.lines[0], SMPP_BIND_TRANSCEIVER);
        scene_deliver_one(&scene.lines[0], "op1", id);
        scene_hear_this(&scene.lines[0], SMPP_DELIVER_SM, &pdu);
        told = smpp_pdu_tlv(&pdu, SMPP_TLV_RECEIPTED_MESSAGE_ID);
        assert_non_null(told);
        CHECK_EQ(strtoull((const char *)told->value, NULL, rows[i].base_reported),
                 strtoull(id, NULL, rows[i].base_answered), settings);
        if (rows[i].digits > 0)
            CHECK_EQ(strlen((const char *)told->value), rows[i].digits, settings);
        snprintf(text, sizeof(text), "id:%s sub:", (const char *)told->value);
        CHECK(scene_says(&pdu, text), settings);
        scene_end();
    }
}

TEST(dates_of_an_operator_are_not_told)
{
    static const char *const dates[] = {
        "submit date:7001010000 done date:9912312359 ",
        "submit date:19700101000000 done date:20991231235959 ",
        "submit date:0000000000 done date:0000000000 ",
    };
    struct smpp_pdu pdu;
    struct lone_answer answer;
    char id[32], operators[8], rest[128], path[64];

    scene_begin_bound();
    for (size_t i = 0; i < ROWS(dates); i++) {
        scene_submit(&scene.lines[0], 1, id);
        snprintf(operators, sizeof(operators), "d%zu", i);
        scene_take(operators);
        snprintf(rest, sizeof(rest), "%sstat:DELIVRD err:000 text:", dates[i]);
        scene_report(operators, rest);
        scene_expect(&scene.lines[0], 0x04, id, "stat:DELIVRD", &pdu);
        CHECK(scene_says(&pdu, "submit date:2607311230 done date:2607311230"), dates[i]);
        lone_line_answer(&scene.lines[0], &pdu, ESME_ROK);
        snprintf(path, sizeof(path), "/v1/messages/%s", id);
        answer = lone_gateway_ask(scene.lone, "admin-token", "GET", path, "", NULL);
        CHECK(strstr(answer.body, "\"ended_at\":\"2026-07-31T12:30:") != NULL, answer.body);
        CHECK(strstr(answer.body, "\"updated_at\":\"2026-07-31T12:30:") != NULL,
              answer.body);
    }
    scene_end();
}

/* The ids do not go back with it: they are of the hour that was. */
TEST(after_the_clock_was_set_back_no_receipt_tells_of_a_time_to_come)
{
    struct gateway *gateway;
    char dates[2][16], id[32], text[160];
    const char *at;
    struct smpp_pdu pdu;

    scene_begin();
    gateway = lone_gateway_of(scene.lone);
    (void)ids_next(&gateway->ids, gateway_now_ms(gateway) + 3600 * 1000);
    scene_bind_operator();
    scene_bind_line(&scene.lines[0], SMPP_BIND_TRANSCEIVER);
    scene_deliver_one(&scene.lines[0], "op1", id);
    scene_expect(&scene.lines[0], 0x04, id, "stat:DELIVRD", &pdu);
    memcpy(text, pdu.short_message.data, pdu.short_message.size);
    text[pdu.short_message.size] = '\0';
    at = strstr(text, "submit date:");
    assert_non_null(at);
    assert_int_equal(sscanf(at, "submit date:%15s done date:%15s", dates[0], dates[1]), 2);
    CHECK(strcmp(dates[0], dates[1]) <= 0, text);
    scene_end();
}

TEST(acknowledgements_of_the_recipient_are_for_the_operator)
{
    static const struct {
        uint8_t asked;
        uint8_t passed;
    } rows[] = {
        {0x00, 0x01},
        {0x01, 0x01},
        {0x04, 0x05},
        {0x0A, 0x09},
        {0xFF, 0x0D},
    };
    struct smpp_pdu pdu;
    char id[32];

    scene_begin();
    scene_bind_operator();
    scene_bind_line(&scene.lines[0], SMPP_BIND_TRANSMITTER);
    for (size_t i = 0; i < ROWS(rows); i++) {
        scene_submit(&scene.lines[0], rows[i].asked, id);
        scene_hear_this(&scene.smsc, SMPP_SUBMIT_SM, &pdu);
        CHECK_EQ(pdu.registered_delivery, rows[i].passed, "what the operator is asked");
        lone_line_take(&scene.smsc, &pdu, id);
    }
    scene_end();
}

TEST(below_34_nothing_has_optional_parameters)
{
    static const struct {
        const char *row;
        uint8_t version;
        int told; /* sc_interface_version, 0: none */
    } rows[] = {
        {"3.3",       0x33, 0   },
        {"none said", 0x00, 0   },
        {"3.4",       0x34, 0x34},
        {"5.0",       0x50, 0x34},
    };

    scene_begin_with("", "tlv \"0x3D02\" { }");
    scene_bind_operator();
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct smpp_pdu pdu;
        const struct smpp_tlv *told;
        char id[32];
        char operators[8];

        snprintf(operators, sizeof(operators), "op%zu", i);
        scene_bind_version(&scene.lines[0], SMPP_BIND_TRANSCEIVER, rows[i].version, &pdu);
        told = smpp_pdu_tlv(&pdu, SMPP_TLV_SC_INTERFACE_VERSION);
        CHECK_EQ(told ? smpp_tlv_integer(told) : 0, rows[i].told, rows[i].row);
        CHECK_EQ(pdu.tlv_count, rows[i].told ? 1 : 0, rows[i].row);
        scene_deliver_one(&scene.lines[0], operators, id);
        scene_expect(&scene.lines[0], 0x04, id, "stat:DELIVRD", &pdu);
        CHECK_EQ(pdu.tlv_count, rows[i].told ? 3 : 0, rows[i].row);
        lone_line_answer(&scene.lines[0], &pdu, ESME_ROK);
        lone_line_close(&scene.lines[0]);
    }
    scene_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(each_end_has_its_word_and_its_hearers),
        RUN(a_success_tells_no_error_of_an_earlier_try),
        RUN(the_account_chooses_its_form),
        RUN(the_id_of_a_receipt_may_have_another_form),
        RUN(dates_of_an_operator_are_not_told),
        RUN(after_the_clock_was_set_back_no_receipt_tells_of_a_time_to_come),
        RUN(acknowledgements_of_the_recipient_are_for_the_operator),
        RUN(below_34_nothing_has_optional_parameters),
    };

    return RUN_ALL(tests);
}
