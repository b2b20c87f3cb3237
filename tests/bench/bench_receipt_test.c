#include "tests/test.h"

#include "tests/bench/bench_receipt.h"

#define DATES "submit date:2601020304 done date:2601020305 "

/* `tlvs` are octets as on the wire. */
static const struct {
    const char *row;
    uint8_t esm_class;
    const char *text;
    const char *tlvs;
    size_t tlvs_size;
    enum bench_receipt_kind kind;
    const char *id;
    enum bench_stat stat;
    bool ids_differ;
    bool stats_differ;
} rows[] = {
    {"text alone",            4, "id:42 sub:001 dlvrd:001 " DATES "stat:DELIVRD err:000 text:Hi", "",
     0,                                                                                                                       BENCH_RECEIPT_FINAL,        "42", BENCH_STAT_DELIVRD, false, false},
    {"parameters alone",      4, "",
     "\x00\x1E\x00\x03"
     "42\x00"
     "\x04\x27\x00\x01\x05",                                                                                              12, BENCH_RECEIPT_FINAL,        "42", BENCH_STAT_UNDELIV, false, false},
    {"both agree",            4, "id:42 stat:REJECTD",
     "\x00\x1E\x00\x03"
     "42\x00"
     "\x04\x27\x00\x01\x08",                                                                                              12, BENCH_RECEIPT_FINAL,        "42", BENCH_STAT_REJECTD, false, false},
    {"the ids differ",        4, "id:2a stat:DELIVRD",
     "\x00\x1E\x00\x02"
     "42",                                                                                                                6,  BENCH_RECEIPT_FINAL,        "42", BENCH_STAT_DELIVRD, true,  false},
    {"the states differ",     4, "id:42 stat:DELIVRD",                                            "\x04\x27\x00\x01\x05", 5,
     BENCH_RECEIPT_FINAL,                                                                                                                                 "42", BENCH_STAT_UNDELIV, false, true },
    {"a word of its own",     4, "id:42 stat:BUFFERD",                                            "",                     0,  BENCH_RECEIPT_FINAL,        "42",
     BENCH_STAT_OTHER,                                                                                                                                                              false, false},
    {"the keys inside words", 4, "grid:1 estat:2 id:3 stat:EXPIRED",                              "",                     0,
     BENCH_RECEIPT_FINAL,                                                                                                                                 "3",  BENCH_STAT_EXPIRED, false, false},
    {"nothing in it",         4, "",                                                              "",                     0,  BENCH_RECEIPT_FINAL,        "",   BENCH_STAT_NONE,    false, false},
    {"a key at the end",      4, "stat:",                                                         "",                     0,  BENCH_RECEIPT_FINAL,        "",   BENCH_STAT_NONE,    false,
     false                                                                                                                                                                                      },
    {"on the way",            4, "id:42 stat:ENROUTE",                                            "",                     0,  BENCH_RECEIPT_INTERMEDIATE, "42",
     BENCH_STAT_ENROUTE,                                                                                                                                                            false, false},
};

TEST(a_receipt_is_read_from_its_text_and_its_parameters)
{
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct bench_receipt receipt;
        struct wire_message message = {
            .esm_class = rows[i].esm_class,
            .short_message = wire_view_of(rows[i].text),
            .tlvs = {(const uint8_t *)rows[i].tlvs, rows[i].tlvs_size},
        };

        CHECK_EQ(bench_receipt_read(&message, &receipt), rows[i].kind, rows[i].row);
        CHECK_BYTES(receipt.id.at, receipt.id.size, rows[i].id, strlen(rows[i].id),
                    rows[i].row);
        CHECK_EQ(receipt.stat, rows[i].stat, rows[i].row);
        CHECK_EQ(receipt.ids_differ, rows[i].ids_differ, rows[i].row);
        CHECK_EQ(receipt.stats_differ, rows[i].stats_differ, rows[i].row);
    }
}

TEST(what_is_no_receipt_is_not_read_as_one)
{
    struct bench_receipt receipt;
    struct wire_message message = {.short_message = wire_view_of("id:42 stat:DELIVRD")};

    CHECK_EQ(bench_receipt_read(&message, &receipt), BENCH_RECEIPT_NONE, "esm_class 0");
    message.esm_class = 0x20;
    CHECK_EQ(bench_receipt_read(&message, &receipt), BENCH_RECEIPT_INTERMEDIATE,
             "esm_class 0x20");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_receipt_is_read_from_its_text_and_its_parameters),
        RUN(what_is_no_receipt_is_not_read_as_one),
    };

    return RUN_ALL(tests);
}
