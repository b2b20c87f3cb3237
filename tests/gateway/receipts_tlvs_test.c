/* Parameters of receipts and of submissions that the account's dictionary turns on. */
#include "gateway/receipts.h"

#include "gateway/intake.h"
#include "smpp/command.h"
#include "tests/gateway/lone_line.h"
#include "tests/gateway/receipts_scene.h"
#include "tests/test.h"

static void check_tlv(const struct smpp_pdu *pdu, uint16_t tag, const void *value,
                      size_t size, const char *row)
{
    const struct smpp_tlv *tlv = smpp_pdu_tlv(pdu, tag);

    if (tlv == NULL)
        fail_msg("%s: it is not there", row);
    CHECK_BYTES(tlv->value, tlv->size, value, size, row);
}

static const char dictionary[] =
    "tlv \"0x3D01\" { where = \"both\" } tlv \"0x3D02\" { form = \"cstring\" } "
    "tlv \"0x3D03\" { form = \"int1\" values = {\"1 = chat\", \"2 = sms\"} } "
    "tlv \"0x3D04\" { } tlv \"0x3D05\" { } tlv \"0x1405\" { means = \"reason\" } "
    "tlv \"0x1400\" { means = \"reference\" } tlv \"0x1401\" { means = \"pass\" } "
    "plans = {\"both\"}";

static void submit_with(struct lone_line *line, const uint16_t tags[2],
                        const char *const values[2], struct smpp_pdu *out_answer)
{
    struct smpp_pdu pdu;

    smpp_pdu_init(&pdu, SMPP_SUBMIT_SM, 0, 2);
    pdu.destination = scene_view("491700000001");
    pdu.registered_delivery = 1;
    pdu.short_message = scene_view("hello");
    for (size_t i = 0; i < 2 && tags[i] != 0; i++)
        assert_true(
            smpp_pdu_add_tlv(&pdu, tags[i], values[i], (uint16_t)strlen(values[i])));
    lone_line_send(line, &pdu);
    scene_hear_this(line, SMPP_SUBMIT_SM | SMPP_RESPONSE, out_answer);
}

TEST(a_receipt_says_what_the_dictionary_turns_on)
{
    static const uint16_t tags[] = {0x1400, 0x1401};
    static const char *const values[] = {"order 17", "for the operator"};
    struct smpp_pdu pdu;

    scene_begin_with("tlv \"0x1401\" { means = \"pass\" } "
                     "tlv \"0x1414\" { means = \"fixed\" value = \"OTP\" }",
                     dictionary);
    scene_bind_operator();
    scene_bind_line(&scene.lines[0], SMPP_BIND_TRANSCEIVER);
    submit_with(&scene.lines[0], tags, values, &pdu);
    scene_hear_this(&scene.smsc, SMPP_SUBMIT_SM, &pdu);
    CHECK_EQ(pdu.tlv_count, 2, "to the operator");
    check_tlv(&pdu, 0x1401, "for the operator", 16, "passed on");
    check_tlv(&pdu, 0x1414, "OTP", 3, "fixed");
    lone_line_take(&scene.smsc, &pdu, "op1");
    scene_report("op1", "stat:DELIVRD err:000 text:");
    scene_hear_this(&scene.lines[0], SMPP_DELIVER_SM, &pdu);
    check_tlv(&pdu, 0x3D01, "dear", 4, "plan");
    check_tlv(&pdu, 0x3D02, "smsc", 5, "channel, a C string");
    check_tlv(&pdu, 0x3D03, "\x02", 1, "step, a number");
    check_tlv(&pdu, 0x3D04, "0.050000", 8, "charged");
    check_tlv(&pdu, 0x3D05, "EUR", 3, "currency");
    check_tlv(&pdu, 0x1400, "order 17", 8, "what came back");
    CHECK_EQ(pdu.tlv_count, 8, "and the two of each receipt; no reason");
    scene_end();
}

TEST(what_two_tags_say_stands_once_under_each)
{
    struct smpp_pdu pdu;
    char id[32];

    scene_begin_with("", "tlv \"0x3D02\" { } tlv \"0x1402\" { means = \"channel\" "
                         "form = \"int1\" values = {\"7 = smsc\"} }");
    scene_bind_operator();
    scene_bind_line(&scene.lines[0], SMPP_BIND_TRANSCEIVER);
    scene_submit(&scene.lines[0], 1, id);
    scene_take("op1");
    scene_report("op1", "stat:DELIVRD err:000 text:");
    scene_hear_this(&scene.lines[0], SMPP_DELIVER_SM, &pdu);
    check_tlv(&pdu, 0x3D02, "smsc", 4, "by name");
    check_tlv(&pdu, 0x1402, "\x07", 1, "by number");
    CHECK_EQ(pdu.tlv_count, 4, "and the two of each receipt");
    scene_end();
}

TEST(a_failure_says_its_reason_as_the_operator_told_it)
{
    struct smpp_pdu pdu;
    char id[32];

    scene_begin_with("tlv \"0x1403\" { means = \"reason\" form = \"int1\" "
                     "values = {\"21 = no_account\"} } tlv \"0x1404\" { means = \"code\" }",
                     dictionary);
    scene_bind_operator();
    scene_bind_line(&scene.lines[0], SMPP_BIND_TRANSCEIVER);
    scene_submit(&scene.lines[0], 1, id);
    scene_take("op1");
    smpp_pdu_init(&pdu, SMPP_DELIVER_SM, 0, 9);
    pdu.esm_class = 0x04;
    pdu.short_message = scene_view("id:op1 stat:UNDELIV err:001");
    assert_true(smpp_pdu_add_tlv(&pdu, 0x1403, "\x15", 1));
    assert_true(smpp_pdu_add_tlv(&pdu, 0x1404, "407", 3));
    lone_line_send(&scene.smsc, &pdu);
    scene_expect(&scene.lines[0], 0x04, id, "stat:UNDELIV err:407", &pdu);
    check_tlv(&pdu, 0x1405, "no_account", 10, "reason");
    check_tlv(&pdu, 0x3D04, "0.050000", 8, "charged");
    scene_end();
}

TEST(a_plan_by_parameter_is_taken_or_refused_with_a_status_of_its_own)
{
    static const uint16_t tags[2] = {0x3D01};
    struct smpp_pdu pdu;

    scene_begin_with("", dictionary);
    scene_bind_operator();
    scene_bind_line(&scene.lines[0], SMPP_BIND_TRANSCEIVER);
    submit_with(&scene.lines[0], tags, (const char *const[2]){"none"}, &pdu);
    CHECK_EQ(pdu.status, ESME_RINVOPTPARAMVAL, "no such plan");
    CHECK_EQ(scene_counters()->refused[INTAKE_NO_SUCH_PLAN], 1, "counted");
    scene_expect_silence(&scene.smsc, "nothing is sent");
    /* Its first step is a messenger nobody answers for: skipped at once. */
    submit_with(&scene.lines[0], tags, (const char *const[2]){"both"}, &pdu);
    CHECK_EQ(pdu.status, ESME_ROK, "granted");
    scene_take("op1");
    scene_report("op1", "stat:DELIVRD err:000 text:");
    scene_hear_this(&scene.lines[0], SMPP_DELIVER_SM, &pdu);
    check_tlv(&pdu, 0x3D01, "both", 4, "the plan");
    check_tlv(&pdu, 0x3D03, "\x02", 1, "its second step");
    scene_end();
}

TEST(without_a_dictionary_a_vendors_parameter_is_nothing)
{
    static const uint16_t tags[2] = {0x3D01, 0x1400};
    static const char *const values[2] = {"none", "order 17"};
    struct smpp_pdu pdu;

    scene_begin_bound();
    submit_with(&scene.lines[0], tags, values, &pdu);
    CHECK_EQ(pdu.status, ESME_ROK, "not looked at");
    scene_hear_this(&scene.smsc, SMPP_SUBMIT_SM, &pdu);
    CHECK_EQ(pdu.tlv_count, 0, "to the operator");
    lone_line_take(&scene.smsc, &pdu, "op1");
    scene_report("op1", "stat:DELIVRD err:000 text:");
    scene_hear_this(&scene.lines[0], SMPP_DELIVER_SM, &pdu);
    CHECK_EQ(pdu.tlv_count, 2, "receipted_message_id and message_state");
    scene_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_receipt_says_what_the_dictionary_turns_on),
        RUN(what_two_tags_say_stands_once_under_each),
        RUN(a_failure_says_its_reason_as_the_operator_told_it),
        RUN(a_plan_by_parameter_is_taken_or_refused_with_a_status_of_its_own),
        RUN(without_a_dictionary_a_vendors_parameter_is_nothing),
    };

    return RUN_ALL(tests);
}
