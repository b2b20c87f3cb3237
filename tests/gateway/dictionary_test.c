/*
 * Dictionaries of optional parameters: what is wrong in one, and what the right ones make
 * of the octets that come and go.
 */
#include "gateway/dictionary.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "gateway/channels/channel.h"
#include "gateway/tlv_form.h"
#include "smpp/command.h"
#include "tests/test.h"

static const char frame[] =
    "practice = true\ncountry = \"DE\"\n"
    "link \"up\" { host = \"h\" port = 1 system_id = \"s\" receipts = true\n%s\n}\n"
    "plan \"sms\" { step \"a\" { channels = {\"up\"} } }\n"
    "plan \"cheap\" { step \"b\" { channels = {\"up\"} } }\n"
    "plan \"dear\" { step \"c\" { channels = {\"up\"} } }\n"
    "account \"x\" { password = \"p\" plan = \"sms\" plans = {\"cheap\"}\n%s\n}\n"
    "listen \"l\" { address = \"127.0.0.1:0\" }\n"
    "price { side = \"sell\" price = \"0.05\" }\n";

static struct config_errors errors;

/* NULL: `errors` says why. */
static struct config *load(const char *link, const char *account)
{
    char path[] = "/tmp/sluice-dictionary-XXXXXX";
    FILE *file = fdopen(mkstemp(path), "w");
    struct config *config;

    assert_non_null(file);
    fprintf(file, frame, link, account);
    fclose(file);
    config = config_load(path, &errors);
    unlink(path);
    return config;
}

static struct config *load_or_fail(const char *link, const char *account)
{
    struct config *config = load(link, account);

    if (config == NULL)
        fail_msg("%s", errors.lines[0]);
    return config;
}

/* ---- In the file ------------------------------------------------------------------ */

TEST(what_can_mean_nothing_is_told)
{
    static const struct {
        const char *link;
        const char *account;
        const char *sentence; /* how it ends */
    } rows[] = {
        {"",                                                                       "tlv \"0x13FF\" { means = \"plan\" }",
         ": tlv '0x13FF': a tag is a number from 0x1400 to 0xFFFF: those below are the "
         "specification's"                                                          },
        {"",                                                                       "tlv \"plan\" { means = \"plan\" }",
         ": tlv 'plan': a tag is a number from 0x1400 to 0xFFFF: those below are the "
         "specification's"                                                          },
        {"",                                                                       "tlv \"0x1400\" { }",
         ": tlv '0x1400': means is required: this is none of Sluice's own tags, 0x3D01 to "
         "0x3D05"                                                                   },
        {"",                                                                       "tlv \"0x1400\" { means = \"fixed\" value = \"v\" }",
         ": tlv '0x1400': this means nothing in the dictionary of an account"       },
        {"tlv \"0x1400\" { means = \"plan\" }",                                    "",
         ": tlv '0x1400': this means nothing in the dictionary of a link"           },
        {"",                                                                       "tlv \"0x3D02\" { where = \"submit\" }",
         ": tlv '0x3D02': it cannot stand there"                                    },
        {"",                                                                       "tlv \"0x1400\" { means = \"reference\" where = \"receipt\" }",
         ": tlv '0x1400': it cannot stand there"                                    },
        {"",                                                                       "tlv \"0x1400\" { means = \"plan\" } tlv \"5120\" { means = \"step\" }",
         ": tlv '5120': this tag has a section already"                             },
        {"",                                                                       "tlv \"0x3D01\" { values = {\"1 = dear\"} }",
         ": tlv '0x3D01': 'dear' is no plan of this account (plan, plans)"          },
        {"",                                                                       "tlv \"0x3D02\" { values = {\"1 = down\"} }",
         ": tlv '0x3D02': 'down' is no link or channel"                             },
        {"",                                                                       "tlv \"0x3D02\" { form = \"int1\" }",
         ": tlv '0x3D02': values are required: a number must say what it stands for"},
        {"",                                                                       "tlv \"0x3D02\" { form = \"int1\" values = {\"256 = up\"} }",
         ": tlv '0x3D02': '256' does not fit the form"                              },
        {"",                                                                       "tlv \"0x3D02\" { values = {\"up\"} }",
         ": tlv '0x3D02': values hold \"VALUE = WORD\" of less than 256 characters; not "
         "'up'"                                                                     },
        {"",                                                                       "tlv \"0x3D04\" { values = {\"1 = 1\"} }",
         ": tlv '0x3D04': values have no place here: it goes as it is"              },
        {"",                                                                       "tlv \"0x3D04\" { value = \"1\" }",
         ": tlv '0x3D04': value is for what is fixed"                               },
        {"tlv \"0x1403\" { means = \"reason\" values = {\"21 = busy\"} }",         "",
         ": tlv '0x1403': 'busy' is no reason"                                      },
        {"tlv \"0x1403\" { means = \"code\" values = {\"E1 = one\"} }",            "",
         ": tlv '0x1403': 'one' is no code: a number is"                            },
        {"tlv \"0x1403\" { means = \"fixed\" form = \"hex\" value = \"0A0\" }",    "",
         ": tlv '0x1403': value does not fit the form: '0A0'"                       },
        {"tlv \"0x1403\" { means = \"fixed\" form = \"int2\" value = \"65536\" }", "",
         ": tlv '0x1403': value does not fit the form: '65536'"                     },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct config *config = load(rows[i].link, rows[i].account);
        const char *line = errors.lines[0];
        size_t size = strlen(rows[i].sentence);

        CHECK(config == NULL, rows[i].sentence);
        CHECK(strlen(line) >= size, rows[i].sentence);
        CHECK_STR(line + strlen(line) - size, rows[i].sentence, rows[i].sentence);
        CHECK_EQ(errors.count, 1, rows[i].sentence);
    }
}

/* What config_print() makes of it; the caller frees. */
static char *printed(const struct config *config)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    config_print(config, out);
    fclose(out);
    return text;
}

TEST(what_is_printed_is_the_dictionary_again)
{
    struct config *config = load_or_fail(
        "tlv \"0x1400\" { means = \"fixed\" form = \"hex\" value = \"0aFF\" }"
        "tlv \"5121\" { means = \"reason\" form = \"int2\" values = {\"21=no_account\", "
        "\"* = blocked\"} }",
        "tlv \"0x3D05\" { } tlv \"0x1444\" { means = \"plan\" where = \"both\" "
        "values = {\"V,S = cheap\", \"a = b  =  sms\"} }");
    char *text = printed(config);

    assert_non_null(strstr(text, "  tlv \"0x1400\" {\n    means = \"fixed\"\n"
                                 "    where = \"submit\"\n    form = \"hex\"\n"
                                 "    value = \"0aFF\"\n  }\n"));
    assert_non_null(strstr(text, "  tlv \"0x1401\" {\n    means = \"reason\"\n"
                                 "    where = \"receipt\"\n    form = \"int2\"\n"
                                 "    value = \"\"\n    values = {\"21 = no_account\", "
                                 "\"* = blocked\"}\n  }\n"));
    assert_non_null(strstr(text, "  tlv \"0x3D05\" {\n    means = \"currency\"\n"
                                 "    where = \"receipt\"\n"));
    assert_non_null(strstr(text,
                           "    where = \"both\"\n    form = \"text\"\n    value = "
                           "\"\"\n    values = {\"V,S = cheap\", \"a = b = sms\"}\n"));
    free(text);
    config_free(config);
}

/* ---- Octets ----------------------------------------------------------------------- */

TEST(each_form_has_its_octets)
{
    static const struct {
        enum config_tlv_form form;
        const char *text;
        const char *octets; /* NULL: there are none */
        size_t size;
    } rows[] = {
        {CONFIG_TLV_TEXT,    "V,S",                  "V,S",                              3},
        {CONFIG_TLV_TEXT,    "",                     "",                                 0},
        {CONFIG_TLV_CSTRING, "V",                    "V\0",                              2},
        {CONFIG_TLV_CSTRING, "",                     "\0",                               1},
        {CONFIG_TLV_INT1,    "255",                  "\xFF",                             1},
        {CONFIG_TLV_INT2,    "258",                  "\x01\x02",                         2},
        {CONFIG_TLV_INT4,    "16909060",             "\x01\x02\x03\x04",                 4},
        {CONFIG_TLV_INT8,    "18446744073709551615", "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 8},
        {CONFIG_TLV_HEX,     "00A1",                 "\x00\xA1",                         2},
        {CONFIG_TLV_INT1,    "256",                  NULL,                               0},
        {CONFIG_TLV_INT1,    "",                     NULL,                               0},
        {CONFIG_TLV_INT2,    "-1",                   NULL,                               0},
        {CONFIG_TLV_INT8,    "18446744073709551616", NULL,                               0},
        {CONFIG_TLV_HEX,     "0G",                   NULL,                               0},
        {CONFIG_TLV_TEXT,    "nine octs",            NULL,                               0},
        {CONFIG_TLV_CSTRING, "eight oc",             NULL,                               0},
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        uint8_t octets[8];
        char text[32];
        uint16_t size = 77;
        bool fits =
            tlv_form_write(rows[i].form, rows[i].text, octets, sizeof(octets), &size);

        CHECK_EQ(fits, rows[i].octets != NULL, rows[i].text);
        if (!fits)
            continue;
        CHECK_BYTES(octets, size, rows[i].octets, rows[i].size, rows[i].text);
        CHECK(tlv_form_read(rows[i].form, octets, size, text, sizeof(text)), rows[i].text);
        CHECK_STR(text, rows[i].text, "and back");
    }
}

TEST(what_is_no_such_value_is_not_read)
{
    static const struct {
        enum config_tlv_form form;
        const char *octets;
        size_t size;
        const char *text; /* NULL: not read */
    } rows[] = {
        {CONFIG_TLV_TEXT,    "V\0",       2, "V"   }, /* with the NUL of others */
        {CONFIG_TLV_CSTRING, "V",         1, "V"   }, /* without */
        {CONFIG_TLV_INT4,    "\x07",      1, "7"   }, /* of another size */
        {CONFIG_TLV_TEXT,    "a\0b",      3, NULL  },
        {CONFIG_TLV_TEXT,    "123456789", 9, NULL  },
        {CONFIG_TLV_INT1,    "",          0, NULL  },
        {CONFIG_TLV_INT1,    "123456789", 9, NULL  },
        {CONFIG_TLV_HEX,     "1234",      4, NULL  },
        {CONFIG_TLV_HEX,     "\x01\xFE",  2, "01FE"},
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        char text[8];
        bool read = tlv_form_read(rows[i].form, (const uint8_t *)rows[i].octets,
                                  rows[i].size, text, sizeof(text));

        CHECK_EQ(read, rows[i].text != NULL, rows[i].octets);
        if (read)
            CHECK_STR(text, rows[i].text, rows[i].octets);
    }
}

/* ---- What an account sends -------------------------------------------------------- */

static void add(struct smpp_pdu *pdu, uint16_t tag, const char *value)
{
    assert_true(smpp_pdu_add_tlv(pdu, tag, value, (uint16_t)strlen(value)));
}

TEST(a_plan_is_asked_for_only_as_the_dictionary_says)
{
    static const struct {
        const char *row;
        const char *dictionary;
        uint16_t tags[2];
        const char *values[2];
        enum dictionary_answer answer;
        size_t plan;
    } rows[] = {
        {"no dictionary",               "",                   {0x3D01},         {"cheap"}, DICTIONARY_NOTHING, 0},
        {"only told",                   "tlv \"0x3D01\" { }", {0x3D01},         {"cheap"}, DICTIONARY_NOTHING, 0},
        {"its name",
         "tlv \"0x3D01\" { where = \"submit\" }",             {0x3D01},
         {"cheap"},
         DICTIONARY_PLAN,                                                                                      1},
        {"its own plan",
         "tlv \"0x3D01\" { where = \"both\" }",               {0x3D01},
         {"sms"},
         DICTIONARY_PLAN,                                                                                      0},
        {"not granted",
         "tlv \"0x3D01\" { where = \"both\" }",               {0x3D01},
         {"dear"},
         DICTIONARY_REFUSED,                                                                                   0},
        {"no plan",
         "tlv \"0x3D01\" { where = \"both\" }",               {0x3D01},
         {"none"},
         DICTIONARY_REFUSED,                                                                                   0},
        {"nothing in it",
         "tlv \"0x3D01\" { where = \"both\" }",               {0x3D01},
         {""},
         DICTIONARY_REFUSED,                                                                                   0},
        {"not said",
         "tlv \"0x3D01\" { where = \"both\" }",               {0x1444},
         {"cheap"},
         DICTIONARY_NOTHING,                                                                                   0},
        {"an order of channels",
         "tlv \"0x1444\" { means = \"plan\" where = \"submit\" "
         "values = {\"V,S = cheap\", \"S = sms\"} }",         {0x1444},
         {"V,S"},
         DICTIONARY_PLAN,                                                                                      1},
        {"an order nobody knows",
         "tlv \"0x1444\" { means = \"plan\" where = \"submit\" "
         "values = {\"V,S = cheap\", \"S = sms\"} }",         {0x1444},
         {"V,I"},
         DICTIONARY_REFUSED,                                                                                   0},
        {"a name, where values are",
         "tlv \"0x1444\" { means = \"plan\" where = \"submit\" "
         "values = {\"V,S = cheap\"} }",                      {0x1444},
         {"cheap"},
         DICTIONARY_REFUSED,                                                                                   0},
        {"any other order",
         "tlv \"0x1444\" { means = \"plan\" where = \"submit\" "
         "values = {\"V,S = cheap\", \"* = sms\"} }",         {0x1444},
         {"I"},
         DICTIONARY_PLAN,                                                                                      0},
        {"the first of the dictionary",
         "tlv \"0x1437\" { means = \"plan\" where = \"submit\" values = {\"N = sms\"} } "
         "tlv \"0x1444\" { means = \"plan\" where = \"submit\" values = {\"V,S = cheap\"} "
         "}",                                                 {0x1444, 0x1437},
         {"V,S", "N"},
         DICTIONARY_PLAN,                                                                                      0},
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct config *config = load_or_fail("", rows[i].dictionary);
        struct smpp_pdu pdu;
        size_t plan = 0;

        smpp_pdu_init(&pdu, SMPP_SUBMIT_SM, 0, 1);
        for (size_t j = 0; j < 2 && rows[i].tags[j] != 0; j++)
            add(&pdu, rows[i].tags[j], rows[i].values[j]);
        CHECK_EQ(dictionary_plan(config, &config->accounts[0], &pdu, &plan), rows[i].answer,
                 rows[i].row);
        CHECK_EQ(plan, rows[i].plan, rows[i].row);
        config_free(config);
    }
}

TEST(what_is_kept_is_in_the_dictionary_and_has_a_limit)
{
    struct config *config =
        load_or_fail("", "tlv \"0x1400\" { means = \"reference\" } "
                         "tlv \"0x1401\" { means = \"pass\" } tlv \"0x3D01\" { }");
    const struct config_account *account = &config->accounts[0];
    char long_value[200];
    struct smpp_pdu pdu;

    assert_true(dictionary_keeps(account, 0x1400));
    assert_true(dictionary_keeps(account, 0x1401));
    assert_false(dictionary_keeps(account, 0x3D01));
    assert_false(dictionary_keeps(account, 0x1402));

    memset(long_value, 'x', sizeof(long_value));
    smpp_pdu_init(&pdu, SMPP_SUBMIT_SM, 0, 1);
    assert_true(smpp_pdu_add_tlv(&pdu, 0x1401, long_value, 200));
    assert_true(smpp_pdu_add_tlv(&pdu, 0x1400, long_value, 124));
    assert_true(dictionary_fits(account, &pdu));
    smpp_pdu_init(&pdu, SMPP_SUBMIT_SM, 0, 1);
    assert_true(smpp_pdu_add_tlv(&pdu, 0x1400, long_value, 125));
    assert_false(dictionary_fits(account, &pdu));
    config_free(config);
}

/* ---- Operators -------------------------------------------------------------------- */

TEST(an_operator_is_sent_what_its_dictionary_says)
{
    static const uint16_t tags[] = {0x1400, 0x0005, 0x1403, 0x1401, 0x1414};
    struct config *config = load_or_fail(
        "tlv \"0x1414\" { means = \"fixed\" form = \"cstring\" value = \"OTP\" } "
        "tlv \"0x1415\" { means = \"fixed\" form = \"int1\" value = \"7\" } "
        "tlv \"0x1401\" { means = \"pass\" } "
        "tlv \"0x1403\" { means = \"reason\" }",
        "");
    const struct config_link *link = &config->links[0];
    struct smpp_pdu pdu;

    smpp_pdu_init(&pdu, SMPP_SUBMIT_SM, 0, 1);
    assert_true(dictionary_add_fixed(link, &pdu));
    assert_int_equal(pdu.tlv_count, 2);
    CHECK_BYTES(pdu.tlvs[0].value, pdu.tlvs[0].size, "OTP", 4, "a C string");
    CHECK_EQ(pdu.tlvs[0].tag, 0x1414, "its tag");
    CHECK_BYTES(pdu.tlvs[1].value, pdu.tlvs[1].size, "\x07", 1, "an octet");

    smpp_pdu_init(&pdu, SMPP_SUBMIT_SM, 0, 1);
    for (size_t i = 0; i < ROWS(tags); i++)
        assert_true(smpp_pdu_add_tlv(&pdu, tags[i], "\1", 1));
    dictionary_filter(link, &pdu);
    assert_int_equal(pdu.tlv_count, 2);
    CHECK_EQ(pdu.tlvs[0].tag, 0x0005, "the specification's own");
    CHECK_EQ(pdu.tlvs[1].tag, 0x1401, "what may pass");
    config_free(config);
}

TEST(a_receipts_parameters_tell_the_reason_and_the_code)
{
    static const struct {
        const char *row;
        uint16_t tag;
        const char *value;
        size_t size;
        enum reason reason;
        uint32_t code;
    } rows[] = {
        {"a row's",           0x1403, "\x00\x15", 2, REASON_NO_ACCOUNT,  3   },
        {"another row's",     0x1403, "\x16",     1, REASON_BLOCKED,     3   },
        {"no row's",          0x1403, "\x00\x01", 2, REASON_UNREACHABLE, 3   },
        {"what is no number", 0x1403, "",         0, REASON_UNREACHABLE, 3   },
        {"a code",            0x1404, "1025",     4, REASON_UNREACHABLE, 1025},
        {"a tag of nobody",   0x1405, "\x00\x15", 2, REASON_UNREACHABLE, 3   },
    };
    struct config *config =
        load_or_fail("tlv \"0x1403\" { means = \"reason\" form = \"int2\" values = {\"21 = "
                     "no_account\", "
                     "\"22 = blocked\"} } tlv \"0x1404\" { means = \"code\" }",
                     "");

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct report_news news = {.reason = REASON_UNREACHABLE, .code = 3};
        struct smpp_pdu pdu;

        smpp_pdu_init(&pdu, SMPP_DELIVER_SM, 0, 1);
        assert_true(
            smpp_pdu_add_tlv(&pdu, rows[i].tag, rows[i].value, (uint16_t)rows[i].size));
        dictionary_read_report(&config->links[0], &pdu, &news);
        CHECK_EQ(news.reason, rows[i].reason, rows[i].row);
        CHECK_EQ(news.code, rows[i].code, rows[i].row);
        news.reason = REASON_NONE;
        dictionary_read_report(&config->links[0], &pdu, &news);
        CHECK_EQ(news.reason, REASON_NONE, "good news have none");
    }
    config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(what_can_mean_nothing_is_told),
        RUN(what_is_printed_is_the_dictionary_again),
        RUN(each_form_has_its_octets),
        RUN(what_is_no_such_value_is_not_read),
        RUN(a_plan_is_asked_for_only_as_the_dictionary_says),
        RUN(what_is_kept_is_in_the_dictionary_and_has_a_limit),
        RUN(an_operator_is_sent_what_its_dictionary_says),
        RUN(a_receipts_parameters_tell_the_reason_and_the_code),
    };

    return RUN_ALL(tests);
}
