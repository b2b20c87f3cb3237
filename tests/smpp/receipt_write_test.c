/* The receipts we write: as Appendix B says, in the form of the account. */
#include "smpp/receipt.h"

#include <regex.h>

#include "tests/smpp/receipt_view.h"
#include "tests/test.h"

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
        .id = receipt_view("4611686018427387905"),
        .state = SMPP_STATE_DELIVERED,
        .submitted_ms = receipt_noon_ms,
        .done_ms = receipt_noon_ms + 60000,
        .text = receipt_view("Your order 17 is on its way"),
        .text_length = 20,
        .date_digits = 10,
    };
    struct smpp_receipt_facts facts = delivered;

    check_written("delivered", &facts,
                  "id:4611686018427387905 sub:001 dlvrd:001 submit date:2607311230 "
                  "done date:2607311231 stat:DELIVRD err:000 text:Your order 17 is on ");

    facts.state = SMPP_STATE_UNDELIVERABLE;
    facts.error = receipt_view("450");
    check_written("undeliverable", &facts,
                  "id:4611686018427387905 sub:001 dlvrd:000 submit date:2607311230 "
                  "done date:2607311231 stat:UNDELIV err:450 text:Your order 17 is on ");

    facts.error = receipt_view("6");
    facts.text_length = 0;
    facts.date_digits = 12;
    check_written("short error, no text, seconds", &facts,
                  "id:4611686018427387905 sub:001 dlvrd:000 submit date:260731123005 "
                  "done date:260731123105 stat:UNDELIV err:006 text:");

    facts = delivered;
    facts.id = receipt_view("a");
    facts.error = receipt_view("E-0450-TOO-LONG");
    facts.text = receipt_view("Привет, €5\r\n\t{ok}");
    check_written("not ASCII", &facts,
                  "id:a sub:001 dlvrd:001 submit date:2607311230 done date:2607311231 "
                  "stat:DELIVRD err:E-0450-T text:??????, ?5  ?{ok}");
}

TEST(its_form_is_the_accounts)
{
    const struct smpp_receipt_facts plain = {
        .id = receipt_view("7"),
        .state = SMPP_STATE_UNDELIVERABLE,
        .submitted_ms = receipt_noon_ms,
        .done_ms = receipt_noon_ms + 60000,
        .error = receipt_view("21"),
        .text = receipt_view("Ça va? naïve €ж"),
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
    facts.error = receipt_view("0");
    facts.latin_1 = true;
    facts.text_length = 20;
    check_written("a narrow error, ISO-8859-1", &facts,
                  "id:7 sub:001 dlvrd:000 submit date:2607311230 done date:2607311231 "
                  "stat:UNDELIV err:0 text:\xC7\x61 va? na\xEFve ??");
    facts.error_digits = 200;
    facts.text = receipt_view("\xC2\x85\xC2\xA0\xC3");
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
            .id = receipt_view("46116860"),
            .state = SMPP_STATE_DELIVERED,
            .submitted_ms = receipt_noon_ms,
            .done_ms = receipt_noon_ms + 60000,
            .text = receipt_view("Your order 17"),
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
        .id = receipt_view(filling),
        .state = SMPP_STATE_EXPIRED,
        .error = receipt_view(filling),
        .text = receipt_view(filling),
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
        CHECK_EQ(smpp_receipt_state(receipt_view(rows[i].word)), rows[i].state,
                 rows[i].word);
        if (i <= SMPP_STATE_SKIPPED)
            CHECK_STR(smpp_receipt_word(rows[i].state), rows[i].word, rows[i].word);
    }
    assert_string_equal(smpp_receipt_word(SMPP_STATE_NONE), "UNKNOWN");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_receipt_is_written_as_appendix_b_says),
        RUN(its_form_is_the_accounts),
        RUN(clients_that_people_use_understand_it),
        RUN(a_receipt_always_fits_into_short_message),
        RUN(each_state_has_a_word_and_each_word_its_state),
    };

    return RUN_ALL(tests);
}
