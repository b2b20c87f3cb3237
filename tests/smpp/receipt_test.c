#include "smpp/receipt.h"

#include <regex.h>

#include "smpp/timestamp.h"
#include "tests/test.h"

#define NO_STATE SMPP_STATE_NONE

static struct smpp_octets view(const char *text)
{
    return (struct smpp_octets){(const uint8_t *)text, (uint32_t)strlen(text)};
}

/* ---- Writing ----------------------------------------------------------------------- */

/* 2026-07-31 12:30:05 UTC */
static const int64_t noon_ms = 1785501005000;

static void check_written(const char *row, const struct smpp_receipt_facts *facts,
                          const char *expected)
{
    char out[SMPP_RECEIPT_MAX_SIZE + 1];
    size_t size = smpp_receipt_write(facts, out);

    CHECK(size <= SMPP_RECEIPT_MAX_SIZE, row);
    out[size] = '\0';
    CHECK_STR(out, expected, row);
}

TEST(a_receipt_is_written_as_appendix_b_says)
{
    const struct smpp_receipt_facts delivered = {
        .id = view("4611686018427387905"),
        .state = SMPP_STATE_DELIVERED,
        .submitted_ms = noon_ms,
        .done_ms = noon_ms + 60000,
        .text = view("Your order 17 is on its way"),
        .text_length = 20,
        .date_digits = 10,
    };
    struct smpp_receipt_facts facts = delivered;

    check_written("delivered", &facts,
                  "id:4611686018427387905 sub:001 dlvrd:001 submit date:2607311230 "
                  "done date:2607311231 stat:DELIVRD err:000 text:Your order 17 is on ");

    facts.state = SMPP_STATE_UNDELIVERABLE;
    facts.error = view("450");
    check_written("undeliverable", &facts,
                  "id:4611686018427387905 sub:001 dlvrd:000 submit date:2607311230 "
                  "done date:2607311231 stat:UNDELIV err:450 text:Your order 17 is on ");

    facts.error = view("6");
    facts.text_length = 0;
    facts.date_digits = 12;
    check_written("short error, no text, seconds", &facts,
                  "id:4611686018427387905 sub:001 dlvrd:000 submit date:260731123005 "
                  "done date:260731123105 stat:UNDELIV err:006 text:");

    facts = delivered;
    facts.id = view("a");
    facts.error = view("E-0450-TOO-LONG");
    facts.text = view("Привет, €5\r\n\t{ok}");
    check_written("not ASCII", &facts,
                  "id:a sub:001 dlvrd:001 submit date:2607311230 done date:2607311231 "
                  "stat:DELIVRD err:E-0450-T text:??????, ?5  ?{ok}");
}

TEST(its_form_is_the_accounts)
{
    const struct smpp_receipt_facts plain = {
        .id = view("7"),
        .state = SMPP_STATE_UNDELIVERABLE,
        .submitted_ms = noon_ms,
        .done_ms = noon_ms + 60000,
        .error = view("21"),
        .text = view("Ça va? naïve €ж"),
        .text_length = 20,
        .date_digits = 10,
        .error_digits = 3,
    };
    struct smpp_receipt_facts facts = plain;

    facts.zone_minutes = 3 * 60;
    check_written("east", &facts,
                  "id:7 sub:001 dlvrd:000 submit date:2607311530 done date:2607311531 "
                  "stat:UNDELIV err:021 text:?a va? na?ve ??");
    facts.zone_minutes = -(12 * 60 + 45);
    facts.date_digits = 14;
    check_written("west, into the day before; the century", &facts,
                  "id:7 sub:001 dlvrd:000 submit date:20260730234505 "
                  "done date:20260730234605 stat:UNDELIV err:021 text:?a va? na?ve ??");
    facts = plain;
    facts.error_digits = 4;
    facts.text_length = 4;
    check_written("a wider error, less text", &facts,
                  "id:7 sub:001 dlvrd:000 submit date:2607311230 done date:2607311231 "
                  "stat:UNDELIV err:0021 text:?a v");
    facts.error_digits = 1;
    facts.error = view("0");
    facts.latin_1 = true;
    facts.text_length = 20;
    check_written("a narrow error, ISO-8859-1", &facts,
                  "id:7 sub:001 dlvrd:000 submit date:2607311230 done date:2607311231 "
                  "stat:UNDELIV err:0 text:\xC7\x61 va? na\xEFve ??");
    facts.error_digits = 200;
    facts.text = view("\xC2\x85\xC2\xA0\xC3");
    check_written("what is no letter there", &facts,
                  "id:7 sub:001 dlvrd:000 submit date:2607311230 done date:2607311231 "
                  "stat:UNDELIV err:00000000 text:?\xA0?");
}

/*
 * What clients look for in a receipt, as POSIX says it; the groups are those they read.
 * A client that reads field by field has a row for each field.
 */
enum form { APPENDIX_B = 1, SECONDS = 2, WITH_CENTURY = 4, ANY_FORM = 7 };

static const struct {
    const char *client;
    const char *pattern;
    unsigned takes; /* which forms of the dates */
    const char *groups[8];
} clients[] = {
    {"Kannel, msgid",                 "id:([^ ]*) ",                                 ANY_FORM,             {"46116860"}     },
    {"Kannel, stat",                  "stat:([^ ]*) ",                               ANY_FORM,             {"DELIVRD"}      },
    {"Kannel, err",                   "err:([^ ]*) ",                                ANY_FORM,             {"000"}          },
    {"Jasmin, id",                    "id:([0-9A-Za-z_-]+)",                         ANY_FORM,             {"46116860"}     },
    {"Jasmin, sub",                   "sub:([0-9]{3})",                              ANY_FORM,             {"001"}          },
    {"Jasmin, dlvrd",                 "dlvrd:([0-9]{3})",                            ANY_FORM,             {"001"}          },
    {"Jasmin, stat",                  "stat:([0-9A-Za-z_]{7})",                      ANY_FORM,             {"DELIVRD"}      },
    {"Jasmin, err",                   "err:([0-9A-Za-z_]{3})",                       ANY_FORM,             {"000"}          },
    {"Jasmin, text",                  "text:(.*)",                                   ANY_FORM,             {"Your order 17"}},
    {"Jasmin, an early one",
     "^id:([0-9]{1,20}) sub:([0-9]{3}) dlvrd:([0-9]{3}) submit date:([0-9]{10}) "
     "done date:([0-9]{10}) stat:([0-9A-Za-z_]{7}) err:([0-9A-Za-z_]{3}) text:(.*)", APPENDIX_B,
     {"46116860", "001", "001", "2607311230", "2607311231", "DELIVRD", "000",
      "Your order 17"}                                                                                                      },
    {"jSMPP, the fixed stripper",
     "^id:([0-9]*) sub:([0-9]{3}) dlvrd:([0-9]{3}) submit date:([0-9]{10}) "
     "done date:([0-9]{10}) stat:([a-zA-Z]*)",                                       APPENDIX_B,
     {"46116860", "001", "001", "2607311230", "2607311231", "DELIVRD"}                                                      },
    {"jSMPP, up to the next space",   "submit date:([0-9]{10,14}) ",                 ANY_FORM,             {NULL}           },
    {"cloudhopper, one of two forms",
     "submit date:([0-9]{10}|[0-9]{12}) done date:([0-9]{10}|[0-9]{12}) ",           APPENDIX_B | SECONDS,
     {NULL}                                                                                                                 },
    {"php-smpp",
     "^id:([^ ]+) sub:([0-9]{1,3}) dlvrd:([0-9]{3}) submit date:([0-9]{10,12}) "
     "done date:([0-9]{10,12}) stat:([A-Z ]{7}) err:([0-9]{2,3}) text:(.*)$",        APPENDIX_B | SECONDS,
     {"46116860"}                                                                                                           },
    {"Vumi",
     "id:([^ ]{0,65}) +sub:(...) +dlvrd:(...) +submit date:([0-9]*) +done date:([0-9]*) "
     "+stat:([A-Z]{7}) +err:(...) +[Tt]ext:(.{0,20}).*",                             ANY_FORM,
     {"46116860"}                                                                                                           },
    {"node, field by field",          "submit date:([0-9]{10})( |$)",                APPENDIX_B,           {"2607311230"}   },
    {"go-smpp",                       "done date:([A-Za-z0-9_-]+)",                  ANY_FORM,             {NULL}           },
};

static void check_clients(const char *text, enum form form)
{
    for (size_t i = 0; i < ROWS(clients); i++) {
        regmatch_t groups[9];
        regex_t pattern;
        bool found;

        assert_int_equal(regcomp(&pattern, clients[i].pattern, REG_EXTENDED), 0);
        found = regexec(&pattern, text, ROWS(groups), groups, 0) == 0;
        regfree(&pattern);
        CHECK_EQ(found, (clients[i].takes & form) != 0, clients[i].client);
        for (size_t j = 0; j < 8 && found && clients[i].groups[j]; j++) {
            const regmatch_t *group = &groups[j + 1];
            size_t size = (size_t)(group->rm_eo - group->rm_so);

            CHECK_BYTES(text + group->rm_so, size, clients[i].groups[j],
                        strlen(clients[i].groups[j]), clients[i].client);
        }
    }
}

TEST(clients_that_people_use_understand_it)
{
    static const struct {
        enum form form;
        uint8_t digits;
    } forms[] = {
        {APPENDIX_B,   10},
        {SECONDS,      12},
        {WITH_CENTURY, 14},
    };

    for (size_t i = 0; i < ROWS(forms); i++) {
        char text[SMPP_RECEIPT_MAX_SIZE + 1];
        const struct smpp_receipt_facts facts = {
            .id = view("46116860"),
            .state = SMPP_STATE_DELIVERED,
            .submitted_ms = noon_ms,
            .done_ms = noon_ms + 60000,
            .text = view("Your order 17"),
            .text_length = 20,
            .date_digits = forms[i].digits,
        };

        text[smpp_receipt_write(&facts, text)] = 0;
        check_clients(text, forms[i].form);
    }
}

TEST(a_receipt_always_fits_into_short_message)
{
    static const char filling[] =
        "0123456789012345678901234567890123456789012345678901234567890123456789"
        "0123456789012345678901234567890123456789012345678901234567890123456789";
    const struct smpp_receipt_facts facts = {
        .id = view(filling),
        .state = SMPP_STATE_EXPIRED,
        .error = view(filling),
        .text = view(filling),
        .text_length = 255,
        .date_digits = 12,
    };
    char out[SMPP_RECEIPT_MAX_SIZE];

    assert_int_equal(smpp_receipt_write(&facts, out), SMPP_RECEIPT_MAX_SIZE);
    CHECK_BYTES(out + 3, SMPP_RECEIPT_ID_MAX_SIZE, filling, SMPP_RECEIPT_ID_MAX_SIZE, "id");
    assert_memory_equal(out + 3 + SMPP_RECEIPT_ID_MAX_SIZE, " sub:001 dlvrd:000", 18);
}

TEST(each_state_has_a_word_and_each_word_its_state)
{
    static const struct {
        const char *word;
        enum smpp_message_state state;
    } rows[] = {
        {"SCHEDLD",   SMPP_STATE_SCHEDULED    },
        {"ENROUTE",   SMPP_STATE_ENROUTE      },
        {"DELIVRD",   SMPP_STATE_DELIVERED    },
        {"EXPIRED",   SMPP_STATE_EXPIRED      },
        {"DELETED",   SMPP_STATE_DELETED      },
        {"UNDELIV",   SMPP_STATE_UNDELIVERABLE},
        {"ACCEPTD",   SMPP_STATE_ACCEPTED     },
        {"UNKNOWN",   SMPP_STATE_UNKNOWN      },
        {"REJECTD",   SMPP_STATE_REJECTED     },
        {"SKIPPED",   SMPP_STATE_SKIPPED      },
        {"ACKED",     SMPP_STATE_ACCEPTED     },
        {"BUFFRED",   SMPP_STATE_ACCEPTED     },
        {"BUFFERD",   SMPP_STATE_ACCEPTED     },
        {"SUBMITD",   SMPP_STATE_ENROUTE      },
        {"ENQUEUD",   SMPP_STATE_ENROUTE      },
        {"STAGED",    SMPP_STATE_ENROUTE      },
        {"BLIST",     SMPP_STATE_REJECTED     },
        {"NOROUTE",   SMPP_STATE_UNDELIVERABLE},
        {"PDLIVRD",   SMPP_STATE_UNKNOWN      },
        {"FAILED",    SMPP_STATE_UNDELIVERABLE},
        {"delivrd",   SMPP_STATE_DELIVERED    },
        {"Delivered", SMPP_STATE_DELIVERED    },
        {"DELIVR",    SMPP_STATE_NONE         },
        {"DELIVRDX",  SMPP_STATE_NONE         },
        {"00",        SMPP_STATE_NONE         },
        {"",          SMPP_STATE_NONE         },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        CHECK_EQ(smpp_receipt_state(view(rows[i].word)), rows[i].state, rows[i].word);
        if (i <= SMPP_STATE_SKIPPED)
            CHECK_STR(smpp_receipt_word(rows[i].state), rows[i].word, rows[i].word);
    }
    assert_string_equal(smpp_receipt_word(SMPP_STATE_NONE), "UNKNOWN");
}

/* ---- Reading ------------------------------------------------------------------------ */

static bool equals(struct smpp_octets actual, const char *expected)
{
    return actual.size == strlen(expected) &&
           (actual.size == 0 || memcmp(actual.data, expected, actual.size) == 0);
}

#define CHECK_VIEW(actual, expected, row)                                                  \
    do {                                                                                   \
        struct smpp_octets check_view_ = (actual);                                         \
        if (!equals(check_view_, (expected)))                                              \
            fail_msg("%s: %s is \"%.*s\", expected \"%s\"", (row), #actual,                \
                     (int)check_view_.size, (const char *)check_view_.data, (expected));   \
    } while (0)

/*
 * What peers have been seen to send, by kind of source; numbers and ids changed.  No
 * parameters, esm_class of a receipt, data_coding 0.
 */
static const struct {
    const char *source;
    const char *text;
    const char *id;
    enum smpp_message_state state;
    const char *error;
    const char *submit_date;
    const char *done_date;
} formats[] = {
  /* Specifications and manuals. */
    {"SMPP 3.4 Appendix B",
     "id:0123456789 sub:001 dlvrd:001 submit date:2607311230 done date:2607311231 "
     "stat:DELIVRD err:000 Text:hello",                                                                                        "0123456789",                                                       SMPP_STATE_DELIVERED,     "000",  "2607311230",       "2607311231"    },
    {"Appendix B, one digit of error",
     "id:0123456789 sub:001 dlvrd:000 submit date:2607311230 done date:2607311231 "
     "stat:UNDELIV err:1 text:hello",                                                                                          "0123456789",                                                       SMPP_STATE_UNDELIVERABLE, "1",    "2607311230",       "2607311231"    },
    {"carrier's manual, no text to show",
     "id:0000000012345678 sub:001 dlvrd:001 submit date:1601010100 done date:1601010101 "
     "stat:DELIVRD err:000 text:none",                                                                                         "0000000012345678",                                                 SMPP_STATE_DELIVERED,     "000",  "1601010100",       "1601010101"    },
    {"aggregator's manual, seconds",
     "id:64567564356765435676 sub:001 dlvrd:001 submit date:190608165232 done "
     "date:190608165237 stat:DELIVRD err:000 text:Hello World",                                                                "64567564356765435676",                                             SMPP_STATE_DELIVERED,     "000",  "190608165232",     "190608165237"  },
    {"question and answer page, ends after err",
     "id:40072910491427628 sub:001 dlvrd:001 submit date:1007291049 done date:1007291049 "
     "stat:DELIVRD err:000",                                                                                                   "40072910491427628",                                                SMPP_STATE_DELIVERED,     "000",  "1007291049",       "1007291049"    },
    {"question and answer page, a reason as text",
     "id:0911897980 sub:001 dlvrd:000 submit date:1201121551 done date:1201121551 "
     "stat:UNDELIV err:075 text:-PROFILE",                                                                                     "0911897980",                                                       SMPP_STATE_UNDELIVERABLE, "075",  "1201121551",       "1201121551"    },
    {"old carrier's interface, 14 digits, a sentence",
     "id:1234567 sub:001 dlvrd:001 submit date:20210222061132 done date:20210222061140 "
     "stat:DELIVRD err:000 text:450A DLVRD TO SMSC",                                                                           "1234567",                                                          SMPP_STATE_DELIVERED,     "000",  "20210222061132",   "20210222061140"},
 /* Gateways. */
    {"open source gateway, UUID",
     "id:7d093bfa-4d65-4757-b0bb-177fc9d0a038 sub:001 dlvrd:001 submit date:180903120232 "
     "done date:180903121447 stat:DELIVRD err:000 text:",                                                                      "7d093bfa-4d65-4757-b0bb-177fc9d0a038",                             SMPP_STATE_DELIVERED,     "000",  "180903120232",
     "180903121447"                                                                                                                                                                                                                                                      },
    {"open source gateway, on hand-over",
     "id:7d093bfa-4d65-4757-b0bb-177fc9d0a038 sub:001 dlvrd:000 submit date:1809031202 "
     "done "
     "date:1809031214 stat:BUFFRED err:000 text:Hello there",                                                                  "7d093bfa-4d65-4757-b0bb-177fc9d0a038",                             SMPP_STATE_ACCEPTED,      "000",  "1809031202",
     "1809031214"                                                                                                                                                                                                                                                        },
    {"open source gateway, no sub, no dlvrd, no text",
     "id:dbd1d8e8-d2a4-4efe-b508-60761b1ae484 submit date:1906190720 done date:1906190720 "
     "stat:EXPIRED err:030",                                                                                                   "dbd1d8e8-d2a4-4efe-b508-60761b1ae484",                             SMPP_STATE_EXPIRED,       "030",  "1906190720",
     "1906190720"                                                                                                                                                                                                                                                        },
    {"the same, century but no seconds",
     "id:dbd1d8e8-d2a4-4efe-b508-60761b1ae484 submit date:201906190720 done "
     "date:201906190720 stat:EXPIRED err:030",                                                                                 "dbd1d8e8-d2a4-4efe-b508-60761b1ae484",                             SMPP_STATE_EXPIRED,       "030",  "201906190720",
     "201906190720"                                                                                                                                                                                                                                                      },
    {"SMSC's unit test, intermediate",
     "id:0512249005 sub:001 dlvrd:000 submit date:1609051327 done date:1609051337 "
     "stat:ENROUTE err:054 text:",                                                                                             "0512249005",                                                       SMPP_STATE_ENROUTE,       "054",  "1609051327",       "1609051337"    },
    {"library's example, no err",
     "id:123456 sub:234 dlvrd:000 submit date:1604052345 done date:1605021145 stat:DELIVRD",                                   "123456",                                                           SMPP_STATE_DELIVERED,     "",     "1604052345",       "1605021145"    },
 /* Bug reports. */
    {"bug report, no sub, no dlvrd",
     "id:1526758174 submit date:1701240904 done date:1701240904 stat:DELIVRD err:000 "
     "text:hellow",                                                                                                            "1526758174",                                                       SMPP_STATE_DELIVERED,     "000",  "1701240904",       "1701240904"    },
    {"bug report, four digits of error",
     "id:117062714244798261 sub:001 dlvrd:001 submit date:1706271624 done date:1706271624 "
     "stat:DELIVRD err:0000 text:H\x1B"
     "ello world",                                                                                                             "117062714244798261",                                               SMPP_STATE_DELIVERED,     "0000", "1706271624",       "1706271624"    },
    {"bug report, letters in error",
     "id:117062714244798261 sub:001 dlvrd:000 submit date:1706271624 done date:1706271624 "
     "stat:UNDELIV err:21b text:",                                                                                             "117062714244798261",                                               SMPP_STATE_UNDELIVERABLE, "21b",  "1706271624",       "1706271624"    },
    {"bug report, a space after the colon",
     "id:117062714244798261 sub:001 dlvrd:001 submit date:1706271624 done date:1706271624 "
     "stat:DELIVRD err: 0 text:x",                                                                                             "117062714244798261",                                               SMPP_STATE_DELIVERED,     "0",    "1706271624",       "1706271624"    },
    {"bug report, hex id, seconds",
     "id:a29f6845555647139e5c8f3b817f2c9a sub:001 dlvrd:001 submit date:141023215253 done "
     "date:141023215259 stat:DELIVRD err:000 text:",                                                                           "a29f6845555647139e5c8f3b817f2c9a",                                 SMPP_STATE_DELIVERED,     "000",  "141023215253",
     "141023215259"                                                                                                                                                                                                                                                      },
    {"bug report, times with offset",
     "id:rdwjwxns18krxr9936ey96ymcw sub:000 dlvrd:000 submit date:180711070003912+ done "
     "date:180711070000012+ stat:UNDELIV err:000",                                                                             "rdwjwxns18krxr9936ey96ymcw",                                       SMPP_STATE_UNDELIVERABLE, "000",  "180711070003912+",
     "180711070000012+"                                                                                                                                                                                                                                                  },
    {"bug report, the word without its name",
     "id:ce5bc5a9-4f7d-4282-9244-2e1022a9335c sub:000 dlvrd:000 submit date:180903120815 "
     "done date:180903120816 DELIVRD err:000 Text:",                                                                           "ce5bc5a9-4f7d-4282-9244-2e1022a9335c",                             SMPP_STATE_DELIVERED,     "000",  "180903120815",
     "180903120816"                                                                                                                                                                                                                                                      },
    {"bug report, a word of six letters",
     "id:1000001 sub:001 dlvrd:000 submit date:1501261200 done date:1501261201 stat:FAILED "
     "err:042 text:",                                                                                                          "1000001",                                                          SMPP_STATE_UNDELIVERABLE, "042",  "1501261200",       "1501261201"    },
    {"bug report, numbers without zeros",
     "id:45013692 sub:0 dlvrd:28 submit date:1908121157 done date:1908121158 stat:UNDELIV "
     "err:21 Text:*100#",                                                                                                      "45013692",                                                         SMPP_STATE_UNDELIVERABLE, "21",   "1908121157",       "1908121158"    },
    {"bug report, a space before the text",
     "id:123A456B sub:1 dlvrd:1 submit date:1702281424 done date:1702281424 stat:DELIVRD "
     "err:0 text: hello how are you there",                                                                                    "123A456B",                                                         SMPP_STATE_DELIVERED,     "0",    "1702281424",       "1702281424"    },
    {"library's unit test, text in UCS-2 behind ASCII",
     "id:0489708364 sub:001 dlvrd:001 submit date:1810151907 done date:1810151907 "
     "stat:DELIVRD err:000 text:\x04\x1F\x04@\x04\x38\x04\x32",                                                                "0489708364",                                                       SMPP_STATE_DELIVERED,     "000",  "1810151907",       "1810151907"    },
    {"library's request, 32 hex digits",
     "id:6C7C7DE28BB3E961947700000000FE37 sub:001 dlvrd:000 submit date:1907311208 done "
     "date:1907311208 stat:UNDELIV err:001 text:Ceci est un tet.",                                                             "6C7C7DE28BB3E961947700000000FE37",                                 SMPP_STATE_UNDELIVERABLE, "001",  "1907311208",
     "1907311208"                                                                                                                                                                                                                                                        },
 /* Words only some write. */
    {"operator's word, acknowledged",                   "id:5 stat:ACKED err:000",                                             "5",                                                                SMPP_STATE_ACCEPTED,
     "000",                                                                                                                                                                                                                          "",                 ""              },
    {"operator's word, scheduled",                      "id:5 stat:SCHEDLD err:000",                                           "5",                                                                SMPP_STATE_SCHEDULED,
     "000",                                                                                                                                                                                                                          "",                 ""              },
    {"operator's word, skipped",                        "id:5 stat:SKIPPED err:000",                                           "5",                                                                SMPP_STATE_SKIPPED,
     "000",                                                                                                                                                                                                                          "",                 ""              },
    {"reseller's word, list",                           "id:5 stat:BLIST err:255",                                             "5",                                                                SMPP_STATE_REJECTED,      "255",
     "",                                                                                                                                                                                                                                                 ""              },
    {"reseller's word, no route",                       "id:5 stat:NOROUTE err:254",                                           "5",
     SMPP_STATE_UNDELIVERABLE,                                                                                                                                                                                               "254",  "",                 ""              },
    {"aggregator's word, partly",                       "id:5 stat:PDLIVRD err:000",                                           "5",                                                                SMPP_STATE_UNKNOWN,
     "000",                                                                                                                                                                                                                          "",                 ""              },
    {"a word nobody knows",                             "id:5 stat:WHATEVR err:000",                                           "5",                                                                NO_STATE,                 "000",  "",                 ""              },
 /* Forms. */
    {"lower case",                                      "id:77 sub:001 dlvrd:001 stat:delivrd err:000 text:x",                 "77",
     SMPP_STATE_DELIVERED,                                                                                                                                                                                                   "000",  "",                 ""              },
    {"upper case",                                      "ID:77 SUB:001 DLVRD:001 SUBMIT DATE:2607311230 STAT:DELIVRD ERR:000",
     "77",                                                                                                                                                                                         SMPP_STATE_DELIVERED,     "000",  "2607311230",       ""              },
    {"another order",
     "stat:EXPIRED err:9 done date:2607311231 id:77 submit date:2607311230",                                                   "77",
     SMPP_STATE_EXPIRED,                                                                                                                                                                                                     "9",    "2607311230",       "2607311231"    },
    {"names joined by underlines",
     "id:77 submit_date:2607311230 done_date:2607311231 "
     "status:DELIVRD error:0",                                                                                                 "77",                                                               SMPP_STATE_DELIVERED,     "0",    "2607311230",       "2607311231"    },
    {"names run together",                              "id:77 submitdate:2607311230 donedate:2607311231 stat:DELIVRD",
     "77",                                                                                                                                                                                         SMPP_STATE_DELIVERED,     "",     "2607311230",       "2607311231"    },
    {"one field a line",
     "id:77\r\nsub:001\r\ndlvrd:001\r\nsubmit date:2607311230\r\nstat:DELIVRD\r\nerr:000",                                     "77",                                                               SMPP_STATE_DELIVERED,     "000",  "2607311230",       ""              },
    {"commas between",                                  "id:77,sub:001,dlvrd:001,stat:DELIVRD,err:000,text:a",                 "77",
     SMPP_STATE_DELIVERED,                                                                                                                                                                                                   "000",  "",                 ""              },
    {"many spaces",                                     "  id: 77   sub: 001   stat:  DELIVRD  err:   000  text:  a",          "77",
     SMPP_STATE_DELIVERED,                                                                                                                                                                                                   "000",  "",                 ""              },
    {"an introduction",                                 "Delivery report: id:77 stat:DELETED",                                 "77",                                                               SMPP_STATE_DELETED,       "",
     "",                                                                                                                                                                                                                                                 ""              },
    {"empty values",                                    "id: sub: dlvrd: submit date: done date: stat: err: text:",            "",
     NO_STATE,                                                                                                                                                                                                               "",     "",                 ""              },
    {"an empty value does not take the next name",      "id:77 err: stat:UNKNOWN text:",                                       "77",
     SMPP_STATE_UNKNOWN,                                                                                                                                                                                                     "",     "",                 ""              },
    {"an id of 64 characters",
     "id:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef stat:DELIVRD",                                       "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
     SMPP_STATE_DELIVERED,                                                                                                                                                                                                   "",     "",                 ""              },
    {"operator's list of values, no id",
     "00,0210021543,0210021500,,447700900123,447700900456,0",                                                                  "",                                                                 NO_STATE,                 "",
     "0210021500",                                                                                                                                                                                                                                       "0210021543"    },
    {"operator's list of values, an error",
     "34,0210021543,0210021500,12,447700900123,447700900456,0",                                                                "",                                                                 NO_STATE,                 "12",
     "0210021500",                                                                                                                                                                                                                                       "0210021543"    },
 /* What is not said by the peer but by whoever wrote the message. */
    {"injection: all of it in the text",                "text:id:666 stat:DELIVRD err:000",                                    "",                                                                 NO_STATE,
     "",                                                                                                                                                                                                                             "",                 ""              },
    {"injection: behind a true one",
     "id:77 sub:001 dlvrd:000 stat:UNDELIV err:001 text:id:666 stat:DELIVRD err:000",                                          "77",
     SMPP_STATE_UNDELIVERABLE,                                                                                                                                                                                               "001",  "",                 ""              },
    {"injection: what the true one left out",
     "id:77 Text:x stat:DELIVRD done "
     "date:2607311231",                                                                                                        "77",                                                               NO_STATE,                 "",     "",                 ""              },
    {"injection: without a name for the text",
     "id:77 stat:UNDELIV err:001 id:666 stat:DELIVRD err:000",                                                                 "77",
     SMPP_STATE_UNDELIVERABLE,                                                                                                                                                                                               "001",  "",                 ""              },
    {"prose is no word",                                "id:77 message could not be delivered",                                "77",                                                               NO_STATE,                 "",     "",
     ""                                                                                                                                                                                                                                                                  },
    {"a word alone, without an id, is no receipt",      "DELIVRD",                                                             "",                                                                 NO_STATE,                 "",     "",                 ""              },
    {"a name inside a word is no name",                 "paid:5 android:7 restat:DELIVRD",                                     "",                                                                 NO_STATE,                 "",
     "",                                                                                                                                                                                                                                                 ""              },
    {"a list of other values",                          "1,2,3,4,5,6,7",                                                       "",                                                                 NO_STATE,                 "",     "",                 ""              },
    {"nothing",                                         "",                                                                    "",                                                                 NO_STATE,                 "",     "",                 ""              },
};

TEST(every_format_that_was_seen_is_read)
{
    for (size_t i = 0; i < ROWS(formats); i++) {
        const char *row = formats[i].source;
        struct smpp_pdu pdu = {
            .command = 5, .esm_class = 0x04, .short_message = view(formats[i].text)};
        char scratch[SMPP_RECEIPT_SCRATCH_SIZE];
        struct smpp_receipt receipt;

        CHECK(smpp_receipt_read(&pdu, NULL, scratch, sizeof(scratch), &receipt), row);
        CHECK_VIEW(receipt.id, formats[i].id, row);
        CHECK_VIEW(receipt.text_id, formats[i].id, row);
        CHECK_EQ(receipt.state, formats[i].state, row);
        CHECK_VIEW(receipt.error, formats[i].error, row);
        CHECK_VIEW(receipt.submit_date, formats[i].submit_date, row);
        CHECK_VIEW(receipt.done_date, formats[i].done_date, row);
        CHECK(!receipt.is_intermediate, row);
    }
}

TEST(every_date_of_these_formats_is_a_time)
{
    for (size_t i = 0; i < ROWS(formats); i++) {
        struct smpp_octets date = view(formats[i].done_date);
        int64_t ms;

        if (date.size > 0)
            CHECK(smpp_timestamp_read_date(date.data, date.size, &ms), formats[i].source);
    }
}

TEST(the_same_text_is_read_in_ucs2)
{
    for (size_t i = 0; i < ROWS(formats); i++) {
        const char *row = formats[i].source;
        uint8_t wide[2 * SMPP_RECEIPT_MAX_SIZE];
        size_t size = strlen(formats[i].text);
        struct smpp_pdu pdu = {.esm_class = 0x04, .data_coding = 8};
        char scratch[SMPP_RECEIPT_SCRATCH_SIZE];
        struct smpp_receipt receipt;

        for (size_t at = 0; at < size; at++) {
            wide[2 * at] = 0;
            wide[2 * at + 1] = (uint8_t)formats[i].text[at];
        }
        pdu.short_message = (struct smpp_octets){wide, (uint32_t)(2 * size)};
        CHECK(smpp_receipt_read(&pdu, NULL, scratch, sizeof(scratch), &receipt), row);
        CHECK_VIEW(receipt.id, formats[i].id, row);
        CHECK_EQ(receipt.state, formats[i].state, row);
        CHECK_VIEW(receipt.error, formats[i].error, row);
    }
}

TEST(ascii_that_claims_to_be_ucs2_is_read_as_ascii)
{
    struct smpp_pdu pdu = {.esm_class = 0x04,
                           .data_coding = 8,
                           .short_message = view("id:77 stat:DELIVRD err:000")};
    char scratch[SMPP_RECEIPT_SCRATCH_SIZE];
    struct smpp_receipt receipt;

    assert_true(smpp_receipt_read(&pdu, NULL, scratch, sizeof(scratch), &receipt));
    CHECK_VIEW(receipt.id, "77", "ASCII");
    assert_int_equal(receipt.state, SMPP_STATE_DELIVERED);
}

TEST(a_receipt_longer_than_the_scratch_is_read_as_far_as_it_goes)
{
    uint8_t wide[65536] = {0};
    static const char text[] = "id:77 stat:DELIVRD text:";
    struct smpp_pdu pdu = {.esm_class = 0x04, .data_coding = 8};
    char scratch[SMPP_RECEIPT_SCRATCH_SIZE + 1];
    struct smpp_receipt receipt;

    for (size_t at = 0; at < sizeof(text) - 1; at++)
        wide[2 * at + 1] = (uint8_t)text[at];
    pdu.short_message = (struct smpp_octets){wide, sizeof(wide)};
    scratch[SMPP_RECEIPT_SCRATCH_SIZE] = '#';
    assert_true(
        smpp_receipt_read(&pdu, NULL, scratch, SMPP_RECEIPT_SCRATCH_SIZE, &receipt));
    CHECK_VIEW(receipt.id, "77", "long");
    assert_int_equal(scratch[SMPP_RECEIPT_SCRATCH_SIZE], '#');
}

TEST(a_receipt_may_stand_between_a_header_and_a_nul)
{
    struct smpp_pdu pdu = {.esm_class = 0x44};
    char scratch[SMPP_RECEIPT_SCRATCH_SIZE];
    struct smpp_receipt receipt;
    static const char text[] = "\x05\x00\x03\x07\x02\x01id:77 stat:DELIVRD";

    pdu.short_message = (struct smpp_octets){(const uint8_t *)text, sizeof(text)};
    assert_true(smpp_receipt_read(&pdu, NULL, scratch, sizeof(scratch), &receipt));
    CHECK_VIEW(receipt.id, "77", "behind a header");
    assert_int_equal(receipt.state, SMPP_STATE_DELIVERED);
}

TEST(only_esm_class_or_the_receipted_id_makes_a_receipt)
{
    static const struct {
        const char *row;
        uint8_t esm_class;
        bool has_id;
        bool is_receipt;
        bool is_intermediate;
        bool has_state;
    } rows[] = {
        {"a message",                                0x00, false, false, false, false},
        {"receipt",                                  0x04, false, true,  false, false},
        {"receipt, mode bits set",                   0x07, false, true,  false, false},
        {"receipt with header and reply path",       0xC4, false, true,  false, false},
        {"intermediate notification",                0x20, false, true,  true,  false},
        {"delivery acknowledgement",                 0x08, false, false, false, false},
        {"user acknowledgement",                     0x10, false, false, false, false},
        {"conversation abort",                       0x18, false, false, false, false},
        {"reserved",                                 0x24, false, false, false, false},
        {"reserved, with the bit of a receipt",      0x0C, false, false, false, false},
        {"reserved, with the bit of a notification", 0x30, false, false, false, false},
        {"a message with a receipted id",            0x00, true,  true,  false, false},
        {"an acknowledgement with one",              0x08, true,  false, false, false},
        {"by hand, with a header",                   0x50, true,  false, false, false},
        {"with a state it is a receipt",             0x08, true,  true,  false, true },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct smpp_pdu pdu = {.esm_class = rows[i].esm_class,
                               .short_message = view("id:1 stat:DELIVRD")};
        struct smpp_receipt receipt = {.network_type = 77};
        char scratch[SMPP_RECEIPT_SCRATCH_SIZE];

        if (rows[i].has_id)
            CHECK(smpp_pdu_add_tlv(&pdu, SMPP_TLV_RECEIPTED_MESSAGE_ID, "1", 2),
                  rows[i].row);
        if (rows[i].has_state)
            CHECK(smpp_pdu_add_tlv(&pdu, SMPP_TLV_MESSAGE_STATE, "\2", 1), rows[i].row);
        CHECK_EQ(smpp_receipt_read(&pdu, NULL, scratch, sizeof(scratch), &receipt),
                 rows[i].is_receipt, rows[i].row);
        if (rows[i].is_receipt)
            CHECK_EQ(receipt.is_intermediate, rows[i].is_intermediate, rows[i].row);
        else
            CHECK_EQ(receipt.network_type, 77, rows[i].row);
    }
}

TEST(a_plain_message_is_a_receipt_only_where_they_come_unmarked)
{
    static const struct {
        const char *row;
        uint8_t esm_class;
        const char *text;
        bool is_receipt;
    } rows[] = {
        {"all it needs",            0x00, "id:1 submit date:2607311230 stat:DELIVRD",    true },
        {"the other date",          0x00, "id:1 done date:2607311230 stat:DELIVRD",      true },
        {"store and forward",       0x03, "id:1 done date:2607311230 stat:DELIVRD",      true },
        {"an acknowledgement",      0x08, "id:1 done date:2607311230 stat:DELIVRD",      false},
        {"no date",                 0x00, "id:1 stat:DELIVRD",                           false},
        {"no state",                0x00, "id:1 done date:2607311230",                   false},
        {"no id",                   0x00, "done date:2607311230 stat:DELIVRD",           false},
        {"all of it in its text",   0x00, "text:id:1 done date:2607311230 stat:DELIVRD",
         false                                                                                },
        {"what a subscriber wrote", 0x00, "STOP",                                        false},
    };
    static const struct smpp_receipt_form unmarked = {.unmarked = true};

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct smpp_pdu pdu = {.esm_class = rows[i].esm_class,
                               .short_message = view(rows[i].text)};
        char scratch[SMPP_RECEIPT_SCRATCH_SIZE];
        struct smpp_receipt receipt;

        CHECK_EQ(smpp_receipt_read(&pdu, &unmarked, scratch, sizeof(scratch), &receipt),
                 rows[i].is_receipt, rows[i].row);
        CHECK(!smpp_receipt_read(&pdu, NULL, scratch, sizeof(scratch), &receipt),
              rows[i].row);
    }
}

TEST(a_list_is_read_by_its_columns)
{
    static const struct smpp_receipt_form form = {
        .column_count = 6,
        .columns = {SMPP_COLUMN_ID, SMPP_COLUMN_OTHER, SMPP_COLUMN_STATE, SMPP_COLUMN_DONE,
                    SMPP_COLUMN_ERROR, SMPP_COLUMN_TEXT}
    };
    static const struct {
        const char *row;
        const char *text;
        const char *id, *word, *error, *told;
    } rows[] = {
        {"commas",          "77,x,DELIVRD,2607311230,000,hello",       "77", "DELIVRD", "000", "hello"},
        {"bars and spaces", " 77 | | DELIVRD | 2607311230 | 1 | a b ", "77", "DELIVRD", "1",
         "a b"                                                                                        },
        {"semicolons",      "77;;00;260731123005",                     "77", "00",      "",    ""     },
        {"no date",         "77,x,DELIVRD,soon,000,hello",             "",   "",        "",    ""     },
        {"named after all", "id:78 stat:EXPIRED text:a,b",             "78", "EXPIRED", "",    "a,b"  },
        {"in its text",     "text:77,x,DELIVRD,2607311230,000,hello",  "",   "",        "",
         "77,x,DELIVRD,2607311230,000,hello"                                                          },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct smpp_pdu pdu = {.esm_class = 0x04, .short_message = view(rows[i].text)};
        char scratch[SMPP_RECEIPT_SCRATCH_SIZE];
        struct smpp_receipt receipt;

        CHECK(smpp_receipt_read(&pdu, &form, scratch, sizeof(scratch), &receipt),
              rows[i].row);
        CHECK_VIEW(receipt.id, rows[i].id, rows[i].row);
        CHECK_VIEW(receipt.word, rows[i].word, rows[i].row);
        CHECK_VIEW(receipt.error, rows[i].error, rows[i].row);
        CHECK_VIEW(receipt.text, rows[i].told, rows[i].row);
    }
}

TEST(the_parameters_come_before_the_text)
{
    static const struct {
        const char *row;
        const char *text;
        struct smpp_tlv tlvs[3]; /* size 0: not there */
        const char *id, *text_id;
        enum smpp_message_state state;
        const char *error;
        uint8_t network_type;
    } rows[] = {
        {"no text at all",
         "",                                   {{0x001E, 4, (const uint8_t *)"abc"},
          {0x0427, 1, (const uint8_t *)"\x02"},
          {0x0423, 3, (const uint8_t *)"\x03\x00\x06"}},
         "abc",      "",
         SMPP_STATE_DELIVERED,     "006",
         3},
        {"both, and they differ",
         "id:0489708364 stat:UNDELIV err:001", {{0x001E, 9, (const uint8_t *)"1d305b4c"},
          {0x0427, 1, (const uint8_t *)"\x02"},
          {0x0423, 3, (const uint8_t *)"\x08\xFF\xFF"}},
         "1d305b4c", "0489708364",
         SMPP_STATE_DELIVERED,     "65535",
         8},
        {"an id without its NUL, and spaces",
         "",                                   {{0x001E, 5, (const uint8_t *)"abc  "}},
         "abc",      "",
         SMPP_STATE_NONE,          "",
         0},
        {"an empty id",
         "id:7 stat:EXPIRED",                  {{0x001E, 1, (const uint8_t *)""}},
         "7",        "7",
         SMPP_STATE_EXPIRED,       "",
         0},
        {"a state nobody knows",
         "id:7 stat:EXPIRED",                  {{0x0427, 1, (const uint8_t *)"\x0A"}},
         "7",        "7",
         SMPP_STATE_EXPIRED,       "",
         0},
        {"a state of the wrong size",
         "id:7 stat:EXPIRED",                  {{0x0427, 2, (const uint8_t *)"\x00\x02"}},
         "7",        "7",
         SMPP_STATE_EXPIRED,       "",
         0},
        {"scheduled",
         "id:7",                               {{0x0427, 1, (const uint8_t *)"\x00"}},
         "7",        "7",
         SMPP_STATE_SCHEDULED,     "",
         0},
        {"digits instead of a number",
         "id:7 err:1",                         {{0x0423, 3, (const uint8_t *)"042"}},
         "7",        "7",
         SMPP_STATE_NONE,          "042",
         0},
        {"an error of the wrong size",
         "id:7 err:1",                         {{0x0423, 2, (const uint8_t *)"\x03\x01"}},
         "7",        "7",
         SMPP_STATE_NONE,          "1",
         0},
        {"injection in a text beside parameters",
         "text:id:666 stat:DELIVRD",           {{0x001E, 3, (const uint8_t *)"77"}, {0x0427, 1, (const uint8_t *)"\x05"}},
         "77",       "",
         SMPP_STATE_UNDELIVERABLE, "",
         0},
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        const char *row = rows[i].row;
        struct smpp_pdu pdu = {.esm_class = 0x04, .short_message = view(rows[i].text)};
        char scratch[SMPP_RECEIPT_SCRATCH_SIZE];
        struct smpp_receipt receipt;

        for (size_t at = 0; at < ROWS(rows[i].tlvs) && rows[i].tlvs[at].size > 0; at++)
            pdu.tlvs[pdu.tlv_count++] = rows[i].tlvs[at];
        CHECK(smpp_receipt_read(&pdu, NULL, scratch, sizeof(scratch), &receipt), row);
        CHECK_VIEW(receipt.id, rows[i].id, row);
        CHECK_VIEW(receipt.text_id, rows[i].text_id, row);
        CHECK_EQ(receipt.state, rows[i].state, row);
        CHECK_VIEW(receipt.error, rows[i].error, row);
        CHECK_EQ(receipt.network_type, rows[i].network_type, row);
    }
}

TEST(what_is_written_is_read_back)
{
    for (int each = SMPP_STATE_SCHEDULED; each <= SMPP_STATE_SKIPPED; each++) {
        const char *row = smpp_receipt_word((enum smpp_message_state)each);
        const struct smpp_receipt_facts facts = {
            .id = view("00B8BE19"),
            .state = (enum smpp_message_state)each,
            .error = view("12"),
            .submitted_ms = noon_ms,
            .done_ms = noon_ms + 1000,
            .text = view("id:666 stat:DELIVRD"),
            .text_length = 20,
            .date_digits = 12,
        };
        char text[SMPP_RECEIPT_MAX_SIZE], scratch[SMPP_RECEIPT_SCRATCH_SIZE];
        struct smpp_pdu pdu = {.esm_class = 0x04};
        struct smpp_receipt receipt;
        int64_t ms = 0;

        pdu.short_message = (struct smpp_octets){
            (const uint8_t *)text, (uint32_t)smpp_receipt_write(&facts, text)};
        CHECK(smpp_receipt_read(&pdu, NULL, scratch, sizeof(scratch), &receipt), row);
        CHECK_VIEW(receipt.id, "00B8BE19", row);
        CHECK_EQ(receipt.state, each, row);
        CHECK_VIEW(receipt.error, "012", row);
        CHECK(smpp_timestamp_read_date(receipt.done_date.data, receipt.done_date.size, &ms),
              row);
        CHECK_EQ(ms, noon_ms + 1000, row);
    }
}

/* ---- Ids ----------------------------------------------------------------------------- */

TEST(an_id_has_one_canonical_form)
{
    static const struct {
        enum smpp_id_form form;
        const char *id;
        const char *canonical;
    } rows[] = {
        {SMPP_ID_AS_IS,   "00B8be19",             "00B8be19"            },
        {SMPP_ID_FOLDED,  "00B8be19",             "b8be19"              },
        {SMPP_ID_FOLDED,  "7D093BFA-4D65",        "7d093bfa-4d65"       },
        {SMPP_ID_FOLDED,  "0000",                 "0"                   },
        {SMPP_ID_DECIMAL, "0012107289",           "12107289"            },
        {SMPP_ID_DECIMAL, "0",                    "0"                   },
        {SMPP_ID_HEX,     "00B8BE19",             "12107289"            },
        {SMPP_ID_HEX,     "b8be19",               "12107289"            },
        {SMPP_ID_HEX,     "000",                  "0"                   },
        {SMPP_ID_HEX,     "FFFFFFFFFFFFFFFF",     "18446744073709551615"},
        {SMPP_ID_HEX,     "0000FFFFFFFFFFFFFFFF", "18446744073709551615"},
        {SMPP_ID_HEX,     "1FFFFFFFFFFFFFFFF",    "1ffffffffffffffff"   },
        {SMPP_ID_HEX,     "0XYZ",                 "xyz"                 },
        {SMPP_ID_HEX,     "",                     ""                    },
    };
    static const char too_long[] =
        "01234567890123456789012345678901234567890123456789012345678901234";

    for (size_t i = 0; i < ROWS(rows); i++) {
        char out[SMPP_RECEIPT_ID_MAX_SIZE];
        size_t size = smpp_receipt_id_canonical(rows[i].form, view(rows[i].id), out);

        CHECK_VIEW(((struct smpp_octets){(const uint8_t *)out, (uint32_t)size}),
                   rows[i].canonical, rows[i].id);
    }
    assert_int_equal(smpp_receipt_id_canonical(SMPP_ID_AS_IS, view(too_long),
                                               (char[SMPP_RECEIPT_ID_MAX_SIZE]){0}),
                     0);
    assert_int_equal(smpp_receipt_id_canonical(SMPP_ID_FOLDED, view(too_long + 1),
                                               (char[SMPP_RECEIPT_ID_MAX_SIZE]){0}),
                     64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_receipt_is_written_as_appendix_b_says),
        RUN(its_form_is_the_accounts),
        RUN(clients_that_people_use_understand_it),
        RUN(a_receipt_always_fits_into_short_message),
        RUN(each_state_has_a_word_and_each_word_its_state),
        RUN(every_format_that_was_seen_is_read),
        RUN(every_date_of_these_formats_is_a_time),
        RUN(the_same_text_is_read_in_ucs2),
        RUN(ascii_that_claims_to_be_ucs2_is_read_as_ascii),
        RUN(a_receipt_longer_than_the_scratch_is_read_as_far_as_it_goes),
        RUN(a_receipt_may_stand_between_a_header_and_a_nul),
        RUN(only_esm_class_or_the_receipted_id_makes_a_receipt),
        RUN(a_plain_message_is_a_receipt_only_where_they_come_unmarked),
        RUN(a_list_is_read_by_its_columns),
        RUN(the_parameters_come_before_the_text),
        RUN(what_is_written_is_read_back),
        RUN(an_id_has_one_canonical_form),
    };

    return RUN_ALL(tests);
}
