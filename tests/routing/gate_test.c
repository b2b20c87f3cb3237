/* Whether a step may be tried now. */
#include "routing/gate.h"

#include "tests/test.h"

/* Times; address, text, needs text, price; suspended until; sell, buy, floor, held;
 * opted out; a name that is refused. */
static const struct {
    const char *row;
    struct gate_facts facts;
    enum gate_answer answer;
    enum reason reason;
} rows[] = {
    {"nothing against it",
     {1, 2, 1, 1, 0, 1, 0, 0, 5, 3, 0, 5, 0, 0},
     GATE_GO,                                                                            REASON_NONE         },
    {"the deadline",              {2, 2, 1, 1, 0, 1, 0, 0, 5, 3, 0, 5, 0, 0}, GATE_SKIP, REASON_EXPIRED      },
    {"no address",
     {1, 2, 0, 1, 0, 1, 0, 0, 5, 3, 0, 5, 0, 0},
     GATE_SKIP,                                                                          REASON_NO_ADDRESS   },
    {"binary over a link",
     {1, 2, 1, 0, 0, 1, 0, 0, 5, 3, 0, 5, 0, 0},
     GATE_GO,                                                                            REASON_NONE         },
    {"binary, not over a link",
     {1, 2, 1, 0, 1, 1, 0, 0, 5, 3, 0, 5, 0, 0},
     GATE_SKIP,                                                                          REASON_CONTENT      },
    {"no price",                  {1, 2, 1, 1, 0, 0, 0, 0, 5, 3, 0, 5, 0, 0}, GATE_SKIP, REASON_NO_PRICE     },
    {"more than is held",
     {1, 2, 1, 1, 0, 1, 0, 0, 5, 3, 0, 4, 0, 0},
     GATE_SKIP,                                                                          REASON_NO_PRICE     },
    {"no margin",                 {1, 2, 1, 1, 0, 1, 0, 0, 5, 5, 0, 5, 0, 0}, GATE_GO,   REASON_NONE         },
    {"under its cost",
     {1, 2, 1, 1, 0, 1, 0, 0, 5, 6, 0, 5, 0, 0},
     GATE_SKIP,                                                                          REASON_NO_PRICE     },
    {"just the margin",           {1, 2, 1, 1, 0, 1, 0, 0, 5, 3, 2, 5, 0, 0}, GATE_GO,   REASON_NONE         },
    {"under the margin",
     {1, 2, 1, 1, 0, 1, 0, 0, 5, 3, 3, 5, 0, 0},
     GATE_SKIP,                                                                          REASON_NO_PRICE     },
    {"suspended",
     {1, 9, 1, 1, 0, 1, 1, 2, 5, 3, 0, 5, 0, 0},
     GATE_SKIP,                                                                          REASON_PROVIDER_DOWN},
    {"the probe is due",          {2, 9, 1, 1, 0, 1, 1, 2, 5, 3, 0, 5, 0, 0}, GATE_GO,   REASON_NONE         },
    {"charged before",            {1, 2, 1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0}, GATE_GO,   REASON_NONE         },
    {"opted out",                 {1, 2, 1, 1, 0, 1, 0, 0, 5, 3, 0, 5, 1, 0}, GATE_SKIP, REASON_OPTED_OUT    },
    {"opted out, and no price",
     {1, 2, 1, 1, 0, 0, 0, 0, 5, 3, 0, 5, 1, 0},
     GATE_SKIP,                                                                          REASON_OPTED_OUT    },
    {"a name the link refuses",
     {1, 2, 1, 1, 0, 1, 0, 0, 5, 3, 0, 5, 0, 1},
     GATE_SKIP,                                                                          REASON_SENDER       },
    {"several causes: the first",
     {2, 2, 0, 0, 1, 0, 1, 9, 5, 6, 0, 4, 0, 0},
     GATE_SKIP,                                                                          REASON_EXPIRED      },
};

TEST(the_gate_lets_through_what_nothing_speaks_against)
{
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct gate_verdict verdict = gate_ask(&rows[i].facts);

        CHECK_EQ(verdict.answer, rows[i].answer, rows[i].row);
        CHECK_EQ(verdict.reason, rows[i].reason, rows[i].row);
        CHECK_EQ(verdict.under_cost, strncmp(rows[i].row, "under ", 6) == 0, rows[i].row);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(the_gate_lets_through_what_nothing_speaks_against),
    };

    return RUN_ALL(tests);
}
