#include <time.h>

#include "smpp/timestamp.h"
#include "tests/test.h"

#define OCTETS(text) (const uint8_t *)(text), strlen(text)

enum { MINUTE_MS = 60 * 1000, HOUR_MS = 60 * MINUTE_MS, DAY_MS = 24 * HOUR_MS };

/* The C library's calendar is the judge. */
static int64_t utc_ms(int year, int month, int day, int hour, int minute, int second)
{
    struct tm date = {.tm_year = year - 1900,
                      .tm_mon = month - 1,
                      .tm_mday = day,
                      .tm_hour = hour,
                      .tm_min = minute,
                      .tm_sec = second};

    return (int64_t)timegm(&date) * 1000;
}

TEST(an_absolute_time_is_read_with_its_offset)
{
    const struct {
        const char *text;
        int64_t ms;
    } rows[] = {
        {"260731143000008+", utc_ms(2026, 7,  31, 12, 30, 0)       },
        {"260101000000020-", utc_ms(2026, 1,  1,  5,  0,  0)       },
        {"260731143000000+", utc_ms(2026, 7,  31, 14, 30, 0)       },
        {"260731143000900-", utc_ms(2026, 7,  31, 14, 30, 0) + 900 },
        {"260731143000048+", utc_ms(2026, 7,  31, 2,  30, 0)       },
        {"260101000000001+", utc_ms(2025, 12, 31, 23, 45, 0)       },
        {"000229235959000+", utc_ms(2000, 2,  29, 23, 59, 59)      },
        {"240229000000000+", utc_ms(2024, 2,  29, 0,  0,  0)       },
        {"370101000000000+", utc_ms(2037, 1,  1,  0,  0,  0)       },
        {"380101000000000+", utc_ms(1938, 1,  1,  0,  0,  0)       },
        {"991231235959900+", utc_ms(1999, 12, 31, 23, 59, 59) + 900},
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        int64_t ms = 0;

        CHECK_EQ(smpp_timestamp_read(OCTETS(rows[i].text), 0, &ms), SMPP_TIMESTAMP_OK,
                 rows[i].text);
        CHECK_EQ(ms, rows[i].ms, rows[i].text);
    }
}

TEST(a_relative_time_counts_from_now)
{
    const int64_t now_ms = utc_ms(2026, 1, 31, 23, 30, 15) + 250;
    const struct {
        const char *text;
        int64_t ms;
    } rows[] = {
        {"000000000000000R", now_ms                              },
        {"000000010000000R", now_ms + HOUR_MS                    },
        {"000007000000000R", now_ms + 7 * (int64_t)DAY_MS        },
        {"000031235959000R", now_ms + 32 * (int64_t)DAY_MS - 1000},
 /* The example of 7.1.1.2: 31 July 2028, then 10 days and the rest. */
        {"020610233429000R", utc_ms(2028,                          8, 11, 23, 4, 44) + 250},
        {"000100000000000R",                utc_ms(2026,                                                  2, 28, 23, 30, 15) + 250},
        {"001200000000000R",         utc_ms(2027,                                             1, 31, 23, 30, 15) + 250},
        {"020100000000000R",utc_ms(2028,2, 29, 23, 30, 15) + 250},
        {"000000000100999R",                now_ms + MINUTE_MS                                                 }, /* t and nn mean nothing here */
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        int64_t ms = 0;

        CHECK_EQ(smpp_timestamp_read(OCTETS(rows[i].text), now_ms, &ms), SMPP_TIMESTAMP_OK,
                 rows[i].text);
        CHECK_EQ(ms, rows[i].ms, rows[i].text);
    }
}

TEST(a_wrong_time_is_refused_and_changes_nothing)
{
    static const char *const rows[] = {"261301000000000+",
                                       "260001000000000+",
                                       "260100000000000+",
                                       "260132000000000+",
                                       "260431000000000+",
                                       "250229000000000+",
                                       "260101240000000+",
                                       "260101006000000+",
                                       "260101000060000+",
                                       "260101000000049+",
                                       "260101000000000*",
                                       "260101000000000r",
                                       "260101000000000 ",
                                       "26010100000000+",
                                       "2601010000000000+",
                                       "260101000000",
                                       "26 101000000000+",
                                       "2601010000000a0+",
                                       "001300000000000R",
                                       "000032000000000R",
                                       "000000240000000R",
                                       "000000006000000R",
                                       "000000000060000R",
                                       "R",
                                       "0",
                                       "                "};

    for (size_t i = 0; i < ROWS(rows); i++) {
        int64_t ms = 77;

        CHECK_EQ(smpp_timestamp_read(OCTETS(rows[i]), 0, &ms), SMPP_TIMESTAMP_INVALID,
                 rows[i]);
        CHECK_EQ(ms, 77, rows[i]);
    }
}

TEST(the_empty_string_is_no_time)
{
    int64_t ms = 77;

    assert_int_equal(smpp_timestamp_read(NULL, 0, 0, &ms), SMPP_TIMESTAMP_NONE);
    assert_int_equal(ms, 77);
}

TEST(the_dates_of_receipts_are_read_in_every_length)
{
    const struct {
        const char *text;
        int64_t ms; /* -1: no date */
    } rows[] = {
        {"1601010100",   utc_ms(2016, 1, 1, 1, 0, 0)},
        {"190608165232",             utc_ms(2019,                       6, 8, 16, 52, 32)},
        {"20210222061132",            utc_ms(2021,                       2, 22, 6, 11, 32)},
        {"201906190720",utc_ms(2019,6, 19, 7, 20, 0)},
        {"180711070000012+",            utc_ms(2018,                     7, 11, 4, 0, 0)},
        {"180711070000012R",              -1         },
        {"",             -1},
        {"16010101",            -1                   },
        {"1613010100", -1          },
        {"201913010101",            -1                     },
        {"20211322061132",            -1                      },
        {"20000229000000",utc_ms(2000,2, 29, 0, 0, 0)},
        {"21000229000000",             -1                      },
        {"160101010x",              -1       },
        {"YYMMDDhhmm",              -1              },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        int64_t ms = -1;

        CHECK_EQ(smpp_timestamp_read_date(OCTETS(rows[i].text), &ms), rows[i].ms != -1,
                 rows[i].text);
        CHECK_EQ(ms, rows[i].ms, rows[i].text);
    }
}

TEST(times_are_written_in_utc)
{
    const struct {
        const char *text;
        int64_t ms;
    } rows[] = {
        {"700101000000000+", utc_ms(1970, 1, 1,                0,                           0,                           0)      },
        {"260731123005000+", utc_ms(2026, 7, 31,               12,                          30,                          5) + 999},
        {"000229235959000+", utc_ms(2000, 2, 29,               23,                          59,                          59)     },
        {"691231235959000+", -1         },
        {"371231000000000+",                 utc_ms(2037,                          12,  31, 0, 0, 0)     },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        char text[SMPP_TIMESTAMP_SIZE + 1] = "";
        char date[SMPP_TIMESTAMP_DATE_MAX + 1] = "";

        smpp_timestamp_write(rows[i].ms, text);
        CHECK_STR(text, rows[i].text, rows[i].text);
        CHECK_EQ(smpp_timestamp_write_date(rows[i].ms, 10, date), 10, rows[i].text);
        CHECK_EQ(strlen(date), 10, rows[i].text);
        CHECK_EQ(strncmp(date, rows[i].text, 10), 0, rows[i].text);
        CHECK_EQ(smpp_timestamp_write_date(rows[i].ms, 12, date), 12, rows[i].text);
        CHECK_EQ(strncmp(date, rows[i].text, 12), 0, rows[i].text);
        CHECK_EQ(smpp_timestamp_write_date(rows[i].ms, 14, date), 14, rows[i].text);
        CHECK_EQ(strncmp(date + 2, rows[i].text, 12), 0, rows[i].text);
        CHECK_EQ(strncmp(date, rows[i].text[0] < '4' ? "20" : "19", 2), 0, rows[i].text);
    }
}

TEST(durations_are_written_as_relative_times)
{
    const struct {
        int64_t ms;
        const char *text; /* NULL: cannot be said */
    } rows[] = {
        {0,                           "000000000000000R"},
        {1,                           "000000000001000R"},
        {HOUR_MS,                     "000000010000000R"},
        {7 * (int64_t)DAY_MS,         "000007000000000R"},
        {32 * (int64_t)DAY_MS - 1000, "000031235959000R"},
        {32 * (int64_t)DAY_MS - 999,  NULL              },
        {-1,                          NULL              },
        {INT64_MAX,                   NULL              },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        const char *row = rows[i].text ? rows[i].text : "cannot be said";
        char text[SMPP_TIMESTAMP_SIZE + 1] = "";

        CHECK_EQ(smpp_timestamp_write_relative(rows[i].ms, text), rows[i].text != NULL,
                 row);
        CHECK_STR(text, rows[i].text ? rows[i].text : "", row);
    }
}

/* Every seventh hour of the hundred years that two digits can tell apart. */
TEST(what_is_written_reads_back_over_all_years)
{
    for (int64_t ms = utc_ms(1938, 1, 1, 0, 0, 0); ms < utc_ms(2038, 1, 1, 0, 0, 0);
         ms += 7 * HOUR_MS + 1000) {
        char text[SMPP_TIMESTAMP_SIZE + 1] = "", year_and_rest[32];
        const char *expected = year_and_rest + 2;
        time_t seconds = (time_t)(ms / 1000);
        struct tm date;
        int64_t back = 0;

        smpp_timestamp_write(ms, text);
        strftime(year_and_rest, sizeof(year_and_rest), "%Y%m%d%H%M%S000+",
                 gmtime_r(&seconds, &date));
        CHECK_STR(text, expected, expected);
        CHECK_EQ(smpp_timestamp_read(OCTETS(text), 0, &back), SMPP_TIMESTAMP_OK, text);
        CHECK_EQ(back, ms, text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(an_absolute_time_is_read_with_its_offset),
        RUN(a_relative_time_counts_from_now),
        RUN(a_wrong_time_is_refused_and_changes_nothing),
        RUN(the_empty_string_is_no_time),
        RUN(the_dates_of_receipts_are_read_in_every_length),
        RUN(times_are_written_in_utc),
        RUN(durations_are_written_as_relative_times),
        RUN(what_is_written_reads_back_over_all_years),
    };

    return RUN_ALL(tests);
}
