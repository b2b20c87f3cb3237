/* The receipts that peers have been seen to send. */
#include "smpp/receipt.h"

#include "smpp/timestamp.h"
#include "tests/smpp/receipt_view.h"
#include "tests/test.h"

#define NO_STATE SMPP_STATE_NONE

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
        struct smpp_pdu pdu = {.command = 5,
                               .esm_class = 0x04,
                               .short_message = receipt_view(formats[i].text)};
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
        struct smpp_octets date = receipt_view(formats[i].done_date);
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
                           .short_message = receipt_view("id:77 stat:DELIVRD err:000")};
    char scratch[SMPP_RECEIPT_SCRATCH_SIZE];
    struct smpp_receipt receipt;

    assert_true(smpp_receipt_read(&pdu, NULL, scratch, sizeof(scratch), &receipt));
    CHECK_VIEW(receipt.id, "77", "ASCII");
    assert_int_equal(receipt.state, SMPP_STATE_DELIVERED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(every_format_that_was_seen_is_read),
        RUN(every_date_of_these_formats_is_a_time),
        RUN(the_same_text_is_read_in_ucs2),
        RUN(ascii_that_claims_to_be_ucs2_is_read_as_ascii),
    };

    return RUN_ALL(tests);
}
