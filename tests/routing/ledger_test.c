/* Postings, their purses, and what an account may spend. */
#include "routing/ledger.h"

#include "tests/test.h"

static const struct {
    enum posting_kind kind;
    const char *name;
    enum ledger_purse from;
    uint32_t from_owner;
    enum ledger_purse to;
    uint32_t to_owner;
} kinds[] = {
    {POSTING_OPENING,      "opening",      LEDGER_FUNDING,   0, LEDGER_AVAILABLE, 7},
    {POSTING_HOLD,         "hold",         LEDGER_AVAILABLE, 7, LEDGER_HELD,      7},
    {POSTING_CAPTURE,      "capture",      LEDGER_HELD,      7, LEDGER_REVENUE,   0},
    {POSTING_RELEASE,      "release",      LEDGER_HELD,      7, LEDGER_AVAILABLE, 7},
    {POSTING_LATE_CAPTURE, "late_capture", LEDGER_AVAILABLE, 7, LEDGER_REVENUE,   0},
    {POSTING_ABSORB,       "absorb",       LEDGER_ABSORBED,  0, LEDGER_REVENUE,   0},
    {POSTING_COST,         "cost",         LEDGER_PAYABLE,   7, LEDGER_COST,      0},
};

TEST(each_kind_of_posting_moves_between_its_own_purses)
{
    CHECK_EQ(ROWS(kinds), POSTING_KINDS - 1, "every kind has a row");
    for (size_t i = 0; i < ROWS(kinds); i++) {
        struct posting posting = ledger_posting(kinds[i].kind, 7, 250);

        CHECK_STR(ledger_posting_name(kinds[i].kind), kinds[i].name, kinds[i].name);
        CHECK_EQ(posting.kind, kinds[i].kind, kinds[i].name);
        CHECK_EQ(posting.amount, 250, kinds[i].name);
        CHECK_EQ(ledger_purse_of(posting.from), kinds[i].from, kinds[i].name);
        CHECK_EQ(ledger_owner(posting.from), kinds[i].from_owner, kinds[i].name);
        CHECK_EQ(ledger_purse_of(posting.to), kinds[i].to, kinds[i].name);
        CHECK_EQ(ledger_owner(posting.to), kinds[i].to_owner, kinds[i].name);
    }
}

TEST(a_ledger_account_is_purse_and_owner)
{
    uint64_t account = ledger_account_of(UINT32_MAX, LEDGER_ADJUSTMENT);

    CHECK_EQ(ledger_owner(account), UINT32_MAX, "the highest owner");
    CHECK_EQ(ledger_purse_of(account), LEDGER_ADJUSTMENT, "the highest owner");
    CHECK_STR(ledger_purse_name(LEDGER_AVAILABLE), "account:available", "name");
    CHECK_STR(ledger_purse_name((enum ledger_purse)0), "unknown", "no purse");
    CHECK_STR(ledger_purse_name((enum ledger_purse)99), "unknown", "no purse");
    CHECK_STR(ledger_posting_name((enum posting_kind)0), "unknown", "no kind");
    CHECK_STR(ledger_posting_name(POSTING_KINDS), "unknown", "no kind");
}

static const struct {
    const char *code;
    bool ok;
} currencies[] = {
    {"EUR",  true },
    {"RUB",  true },
    {"eur",  false},
    {"EU",   false},
    {"EURO", false},
    {"",     false},
    {"E1R",  false},
};

TEST(a_currency_is_three_capital_letters)
{
    for (size_t i = 0; i < ROWS(currencies); i++) {
        uint32_t number = ledger_currency(currencies[i].code);
        char code[4];

        CHECK_EQ(number != 0, currencies[i].ok, currencies[i].code);
        if (currencies[i].ok)
            CHECK_STR(ledger_currency_code(number, code), currencies[i].code,
                      currencies[i].code);
    }
    CHECK(ledger_currency("EUR") != ledger_currency("RUE"), "order matters");
}

static const struct {
    const char *row;
    struct balance before;
    int64_t amount;
    bool ok;
} holds[] = {
    {"all there is",              {.available = 100},                     100,       true },
    {"one more than there is",    {.available = 100},                     101,       false},
    {"nothing of nothing",        {.available = 0},                       0,         true },
    {"down to the credit",        {.available = 0, .limit = -50},         50,        true },
    {"below the credit",          {.available = 0, .limit = -50},         51,        false},
    {"below the limit already",   {.available = -60, .limit = -50},       1,         false},
    {"the amount does not fit",   {.available = -10, .limit = INT64_MIN}, INT64_MAX, false},
    {"what is held does not fit", {.available = 10, .held = INT64_MAX},   1,         false},
};

TEST(a_hold_fits_or_changes_nothing)
{
    for (size_t i = 0; i < ROWS(holds); i++) {
        struct balance balance = holds[i].before;

        CHECK_EQ(balance_hold(&balance, holds[i].amount), holds[i].ok, holds[i].row);
        CHECK_EQ(holds[i].before.available - balance.available,
                 holds[i].ok ? holds[i].amount : 0, holds[i].row);
        CHECK_EQ(balance.held - holds[i].before.held, holds[i].ok ? holds[i].amount : 0,
                 holds[i].row);
    }
}

TEST(the_last_unit_is_held_once)
{
    struct balance balance = {.available = 20 * 50000};
    unsigned held = 0;

    for (unsigned i = 0; i < 64; i++)
        held += balance_hold(&balance, 50000);
    CHECK_EQ(held, 20, "twenty messages");
    CHECK_EQ(balance.available, 0, "twenty messages");
    balance_capture(&balance, 50000);
    balance_release(&balance, 50000);
    CHECK_EQ(balance.held, 18 * 50000, "one captured, one released");
    CHECK_EQ(balance.available, 50000, "one captured, one released");
    CHECK(balance_hold(&balance, 50000), "the released one");
    CHECK(!balance_hold(&balance, 1), "no more");
}

static const struct {
    const char *row;
    int64_t available;
    int64_t limit;
    int64_t amount;
    int64_t taken;
} late[] = {
    {"all of it",               100,       0,         60, 60},
    {"what is there",           40,        0,         60, 40},
    {"nothing",                 0,         0,         60, 0 },
    {"within the credit",       0,         -100,      60, 60},
    {"below the limit already", -120,      -100,      60, 0 },
    {"the room does not fit",   INT64_MAX, INT64_MIN, 60, 60},
};

TEST(a_late_charge_takes_what_the_limit_allows)
{
    for (size_t i = 0; i < ROWS(late); i++) {
        struct balance balance = {.available = late[i].available, .limit = late[i].limit};

        CHECK_EQ(balance_late(&balance, late[i].amount), late[i].taken, late[i].row);
        CHECK_EQ(balance.available, late[i].available - late[i].taken, late[i].row);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(each_kind_of_posting_moves_between_its_own_purses),
        RUN(a_ledger_account_is_purse_and_owner),
        RUN(a_currency_is_three_capital_letters),
        RUN(a_hold_fits_or_changes_nothing),
        RUN(the_last_unit_is_held_once),
        RUN(a_late_charge_takes_what_the_limit_allows),
    };

    return RUN_ALL(tests);
}
