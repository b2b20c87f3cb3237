#include "gateway/rfc3339.h"

#include "tests/test.h"

TEST(times_are_read_to_the_millisecond)
{
    static const struct {
        const char *text;
        int64_t ms;
    } rows[] = {
        {"1970-01-01",                   0              },
        {"1970-01-01T00:00:00Z",         0              },
        {"1970-01-01t00:00:01z",         1000           },
        {"2026-11-21T22:40:01.123Z",     1795300801123  },
        {"2026-11-21T22:40:01.1239999Z", 1795300801123  },
        {"2026-11-21T23:40:01.5+01:00",  1795300801500  },
        {"2026-11-21T23:40:01.5 01:00",  1795300801500  },
        {"2026-11-21T17:10:01-05:30",    1795300801000  },
        {"2024-02-29",                   1709164800000  },
        {"2000-02-29T00:00:00Z",         951782400000   },
        {"1969-12-31T23:59:59Z",         -1000          },
        {"2016-12-31T23:59:60Z",         1483228800000  },
        {"9999-12-31",                   253402214400000},
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        int64_t ms = -7;

        CHECK(rfc3339_read(rows[i].text, &ms), rows[i].text);
        CHECK_EQ(ms, rows[i].ms, rows[i].text);
    }
}

TEST(what_is_no_time_is_refused)
{
    static const char *const rows[] = {
        "",
        "yesterday",
        "2026",
        "2026-11",
        "2026-1-1",
        "2026-13-01",
        "2026-00-10",
        "2026-02-29",
        "2100-02-29",
        "2026-04-31",
        "2026-11-21 ",
        "2026-11-21T",
        "2026-11-21T22:40",
        "2026-11-21T22:40:01",
        "2026-11-21T24:00:00Z",
        "2026-11-21T22:60:00Z",
        "2026-11-21T22:40:61Z",
        "2026-11-21T22:40:01.Z",
        "2026-11-21T22:40:01+0100",
        "2026-11-21T22:40:01+01:60",
        "2026-11-21T22:40:01ZZ",
        "-2026-11-21",
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        int64_t ms = -7;

        CHECK(!rfc3339_read(rows[i], &ms), rows[i]);
        CHECK_EQ(ms, -7, rows[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(times_are_read_to_the_millisecond),
        RUN(what_is_no_time_is_refused),
    };

    return RUN_ALL(tests);
}
