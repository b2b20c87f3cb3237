#include "routing/code.h"
#include "tests/test.h"

TEST(a_code_has_the_network_that_was_told_or_gsm)
{
    static const struct {
        const char *row;
        uint32_t number;
        uint8_t network;
        uint8_t network_back;
        uint32_t number_back;
    } rows[] = {
        {"not told",              9,          0,    3,    9       },
        {"GSM",                   262,        3,    3,    262     },
        {"ANSI-136",              9,          1,    1,    9       },
        {"IS-95",                 0xFFFF,     2,    2,    0xFFFF  },
        {"one of somebody's own", 1,          0x2F, 0x2F, 1       },
        {"the highest status",    0xFFFFFFFF, 0,    3,    0xFFFFFF},
        {"nothing",               0,          0,    3,    0       },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        uint32_t code = code_make(rows[i].number, rows[i].network);

        CHECK_EQ(code_number(code), rows[i].number_back, rows[i].row);
        CHECK_EQ(code_network(code), rows[i].network_back, rows[i].row);
    }
    CHECK_EQ(code_make(262, CODE_NETWORK_GSM), 262, "the plain number");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_code_has_the_network_that_was_told_or_gsm),
    };

    return RUN_ALL(tests);
}
