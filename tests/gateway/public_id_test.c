#include "gateway/public_id.h"

#include "gateway/ids.h"
#include "tests/test.h"

static const struct {
    const char *row;
    enum public_id_form form;
    uint64_t id;
    uint32_t alias;
} rows[] = {
    {"7",                                    PUBLIC_ID_DECIMAL, 7,                  0         },
    {"117786605908918273",                   PUBLIC_ID_DECIMAL, 117786605908918273, 0         },
    {"9223372036854775807",                  PUBLIC_ID_DECIMAL, INT64_MAX,          0         },
    {"01A276AFC3003001",                     PUBLIC_ID_HEX,     0x01A276AFC3003001, 0         },
    {"7FFFFFFFFFFFFFFF",                     PUBLIC_ID_HEX,     INT64_MAX,          0         },
    {"01a276af-c300-8300-8144-667e76758e6c", PUBLIC_ID_UUID,    0x01A276AFC3003001, 0         },
    {"0000000A",                             PUBLIC_ID_ALIAS,   117786605908918273, 10        },
    {"FFFFFFFF",                             PUBLIC_ID_ALIAS,   117786605908918273, UINT32_MAX},
};

TEST(an_id_is_written_in_its_form)
{
    for (size_t i = 0; i < ROWS(rows); i++) {
        char out[PUBLIC_ID_SIZE];

        CHECK_EQ(public_id_write(rows[i].form, rows[i].id, rows[i].alias, out),
                 strlen(rows[i].row), rows[i].row);
        CHECK_STR(out, rows[i].row, rows[i].row);
    }
}

/* In either case, whatever form its account has now. */
TEST(an_id_is_read_in_any_form)
{
    for (size_t i = 0; i < ROWS(rows); i++) {
        size_t size = strlen(rows[i].row);
        char lower[PUBLIC_ID_SIZE + 8];

        for (size_t at = 0; at < size; at++)
            lower[at] = (char)(rows[i].row[at] >= 'A' && rows[i].row[at] <= 'Z'
                                   ? rows[i].row[at] | 0x20
                                   : rows[i].row[at]);
        lower[size] = 'f'; /* which is behind its end */
        for (int form = 0; form < PUBLIC_ID_FORMS; form++) {
            struct public_id id = {0};

            if (rows[i].form == PUBLIC_ID_HEX && form == PUBLIC_ID_DECIMAL)
                continue;
            CHECK(public_id_read(lower, size, (enum public_id_form)form, &id), rows[i].row);
            if (rows[i].form == PUBLIC_ID_ALIAS)
                CHECK_EQ(id.alias, rows[i].alias, rows[i].row);
            else
                CHECK_EQ(id.id, rows[i].id, rows[i].row);
        }
    }
}

TEST(what_is_no_id_is_not_read)
{
    static const char *const wrong[] = {
        "",
        "0",
        "00000000",
        "0000000000000000",
        "no id",
        "-7",
        "+7",
        "7 ",
        "0x0000A0",
        "9223372036854775808",
        "18446744073709551615",
        "100000000000000000000",
        "FFFFFFFFFFFFFFFF",
        "0000000G",
        "\x10\x11\x12\x13\x14\x15\x16\x17",
        "01a276af-c300-8300-8144-667e76758e6d", /* the check */
        "01a276af-c300-8300-8144-667e76758e6g",
        "01a276afxc300-8300-8144-667e76758e6c",
        "01a276af-c300-4300-8144-667e76758e6c", /* another version */
        "                                    ",
    };

    for (size_t i = 0; i < ROWS(wrong); i++) {
        struct public_id id;

        CHECK(!public_id_read(wrong[i], strlen(wrong[i]), PUBLIC_ID_HEX, &id), wrong[i]);
    }
}

TEST(sixteen_digits_are_what_the_account_has)
{
    struct public_id id;

    assert_true(public_id_read("1234567890123456", 16, PUBLIC_ID_DECIMAL, &id));
    assert_int_equal(id.id, 1234567890123456);
    assert_true(public_id_read("1234567890123456", 16, PUBLIC_ID_UUID, &id));
    assert_int_equal(id.id, 0x1234567890123456);
}

TEST(all_of_a_submit_multi_have_the_id_of_the_first)
{
    struct ids ids = {.node = 3};
    struct body body = {0};
    uint64_t first = ids_next(&ids, 1795305564000);

    body.id = first;
    assert_int_equal(public_id_of(&body), first);
    for (int place = 1; place <= 255; place++) {
        body.place = (uint8_t)place;
        assert_int_equal(public_id_of(&body), first);
        body.id = ids_next(&ids, 1795305564000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(an_id_is_written_in_its_form),
        RUN(an_id_is_read_in_any_form),
        RUN(what_is_no_id_is_not_read),
        RUN(sixteen_digits_are_what_the_account_has),
        RUN(all_of_a_submit_multi_have_the_id_of_the_first),
    };

    return RUN_ALL(tests);
}
