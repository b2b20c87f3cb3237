#include "gateway/public_id.h"

#include "tests/test.h"

TEST(an_id_is_written_in_decimal)
{
    static const struct {
        const char *row;
        uint64_t id;
    } rows[] = {
        {"0",                    0                 },
        {"7",                    7                 },
        {"117786605908918273",   117786605908918273},
        {"9223372036854775807",  INT64_MAX         },
        {"18446744073709551615", UINT64_MAX        },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        char out[PUBLIC_ID_SIZE];

        CHECK_EQ(public_id_write(rows[i].id, out), strlen(rows[i].row), rows[i].row);
        CHECK_STR(out, rows[i].row, rows[i].row);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(an_id_is_written_in_decimal),
    };

    return RUN_ALL(tests);
}
