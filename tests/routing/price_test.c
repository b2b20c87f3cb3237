/* The price book: which row counts, and what a message costs at most. */
#include "routing/price.h"

#include "tests/test.h"

enum {
    ACME = 1,
    BETA = 2,
    SMS = 10,
    PUSH = 11,
    SERVICE = 1,
    ADVERTISING = 2,
    EUR = 7,
    USD = 8
};

static const struct price_row book_rows[] = {
    {PRICE_SELL, PRICE_ANY, PRICE_ANY, PRICE_ANY,   EUR, "",        {.price_micro = 1} },
    {PRICE_SELL, PRICE_ANY, PRICE_ANY, PRICE_ANY,   EUR, "79001",   {.price_micro = 2} },
    {PRICE_SELL, PRICE_ANY, PRICE_ANY, ADVERTISING, EUR, "7",       {.price_micro = 3} },
    {PRICE_SELL, PRICE_ANY, SMS,       PRICE_ANY,   EUR, "7",       {.price_micro = 4} },
    {PRICE_SELL, PRICE_ANY, SMS,       ADVERTISING, EUR, "7",       {.price_micro = 5} },
    {PRICE_SELL, ACME,      PRICE_ANY, PRICE_ANY,   EUR, "49",      {.price_micro = 6} },
    {PRICE_SELL, ACME,      SMS,       PRICE_ANY,   EUR, "79",      {.price_micro = 0} },
    {PRICE_BUY,  PRICE_ANY, SMS,       PRICE_ANY,   EUR, "7",       {.price_micro = 9} },
    {PRICE_SELL, ACME,      SMS,       ADVERTISING, USD, "7900123", {.price_micro = 11}},
};

static struct price_book *book_of_rows(void)
{
    struct price_book *book = price_book_new();

    for (size_t i = 0; i < ROWS(book_rows); i++)
        CHECK(price_book_add(book, &book_rows[i]), book_rows[i].prefix);
    return book;
}

static const struct {
    const char *row;
    enum price_side side;
    uint32_t account;
    uint32_t channel;
    uint32_t class;
    const char *digits;
    int64_t price; /* -1: none */
} questions[] = {
    {"everything else",                           PRICE_SELL, BETA,      PUSH, SERVICE,     "380501",  1 },
    {"the longest prefix",                        PRICE_SELL, BETA,      PUSH, SERVICE,     "790012",  2 },
    {"the class before the prefix",               PRICE_SELL, BETA,      PUSH, ADVERTISING, "790012",  3 },
    {"the channel before the prefix",             PRICE_SELL, BETA,      SMS,  SERVICE,     "790012",  4 },
    {"channel and class",                         PRICE_SELL, BETA,      SMS,  ADVERTISING, "790012",  5 },
    {"the account before all",                    PRICE_SELL, ACME,      PUSH, ADVERTISING, "4917",    6 },
    {"written zero is a price",                   PRICE_SELL, ACME,      SMS,  SERVICE,     "790012",  0 },
    {"a group without the prefix does not count", PRICE_SELL, ACME,      SMS,  SERVICE,     "78",      4 },
    {"what we buy is another side",               PRICE_BUY,  PRICE_ANY, SMS,  SERVICE,     "790012",  9 },
    {"nothing bought there",                      PRICE_BUY,  PRICE_ANY, PUSH, SERVICE,     "790012",  -1},
    {"another currency is another book",          PRICE_SELL, ACME,      SMS,  ADVERTISING, "7900123", 0 },
    {"nothing bought for this number",            PRICE_BUY,  PRICE_ANY, SMS,  SERVICE,     "4917",    -1},
};

TEST(the_most_precise_row_counts)
{
    struct price_book *book = book_of_rows();

    for (size_t i = 0; i < ROWS(questions); i++) {
        struct price price = {.price_micro = 777};
        bool found = price_book_find(book, questions[i].side, questions[i].account,
                                     questions[i].channel, questions[i].class, EUR,
                                     questions[i].digits, &price);

        CHECK_EQ(found, questions[i].price >= 0, questions[i].row);
        CHECK_EQ(price.price_micro, found ? questions[i].price : 777, questions[i].row);
    }
    price_book_free(book);
}

TEST(the_order_of_rows_does_not_matter_but_for_equal_ones)
{
    struct price_book *book = price_book_new();
    struct price_row again = book_rows[0];
    struct price price;

    for (size_t i = ROWS(book_rows); i > 0; i--)
        CHECK(price_book_add(book, &book_rows[i - 1]), "backwards");
    CHECK(price_book_find(book, PRICE_SELL, BETA, SMS, ADVERTISING, EUR, "79001", &price),
          "found");
    CHECK_EQ(price.price_micro, 5, "backwards");
    again.price.price_micro = 42;
    CHECK(price_book_add(book, &again), "again");
    CHECK(price_book_find(book, PRICE_SELL, BETA, PUSH, SERVICE, EUR, "380", &price),
          "again");
    CHECK_EQ(price.price_micro, 42, "the last of equal rows");
    price_book_free(book);
}

TEST(a_row_without_digits_is_refused)
{
    struct price_book *book = price_book_new();
    struct price_row row = {.prefix = "+7"};
    struct price price;

    CHECK(!price_book_add(book, &row), "+7");
    CHECK(!price_book_find(book, PRICE_SELL, 0, 0, 0, EUR, "7", &price),
          "nothing was added");
    price_book_free(book);
    price_book_free(NULL);
}

static const struct {
    const char *row;
    struct price_pins pins;
    uint32_t parts;
    int64_t most; /* -1: refused */
} worst[] = {
    {"a messenger and the SMS",
     {2, {1, 1}, {{{.price_micro = 10000, .per_message = true}}, {{.price_micro = 50000}}}},
     3,                                                                                         160000},
    {"a step without a price counts nothing",
     {2, {0, 1}, {{{.price_micro = 10000}}, {{.price_micro = 50000}}}},
     1,                                                                                         50000 },
    {"of a group the dearest",
     {1, {7}, {{{.price_micro = 50000}, {.price_micro = 70000}, {.price_micro = 60000}}}},
     2,                                                                                         140000},
    {"the dearest depends on the parts",
     {1, {3}, {{{.price_micro = 50000}, {.price_micro = 90000, .per_message = true}}}},
     2,                                                                                         100000},
    {"a way that is not sold does not count",
     {1, {1}, {{{.price_micro = 50000}, {.price_micro = 70000}}}},
     1,                                                                                         50000 },
    {"free, because it is written",           {1, {1}, {{{.price_micro = 0}}}},              9, 0     },
    {"no step has a price",                   {2, {0, 0}, {{{0}}, {{0}}}},                   1, -1    },
    {"no step",                               {0, {1}, {{{.price_micro = 1}}}},              1, -1    },
    {"a step that does not fit",              {1, {1}, {{{.price_micro = INT64_MAX}}}},      2, -1    },
    {"a sum that does not fit",
     {2, {1, 1}, {{{.price_micro = INT64_MAX}}, {{.price_micro = 1}}}},
     1,                                                                                         -1    },
};

TEST(the_worst_case_is_all_steps_together)
{
    for (size_t i = 0; i < ROWS(worst); i++) {
        int64_t most = -1;

        CHECK_EQ(price_worst_case(&worst[i].pins, worst[i].parts, &most),
                 worst[i].most >= 0, worst[i].row);
        CHECK_EQ(most, worst[i].most, worst[i].row);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(the_most_precise_row_counts),
        RUN(the_order_of_rows_does_not_matter_but_for_equal_ones),
        RUN(a_row_without_digits_is_refused),
        RUN(the_worst_case_is_all_steps_together),
    };

    return RUN_ALL(tests);
}
