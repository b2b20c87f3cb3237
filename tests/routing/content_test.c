/* What a text is about. */
#include "routing/content.h"

#include <stdlib.h>

#include "tests/test.h"

TEST(what_looks_alike_is_folded_alike)
{
    static const struct {
        const char *row;
        const char *text;
        const char *folded;
    } rows[] = {
        {"ASCII",               "FREE Prize [A]",                            "free prize [a]"                           },
        {"Latin-1",             "ÀÖ×ØÞß",                              "àö×øþß"                             },
        {"Latin extended",      "ĞğŞşĀ",                                "ğğşşā"                               },
        {"Turkish i",           "İıI",                                     "iii"                                      },
        {"Greek",               "ΑΡΣΩ",                                  "αρσω"                                 },
        {"Cyrillic",            "ПРИВЕТ Ёлка Їжак Қазақ", "привет ёлка їжак қазақ"},
        {"runs of white space", "a \t\r\n b\xC2\xA0\xE2\x80\x89 c",          "a b c"                                    },
        {"without width",
         "fr\xE2\x80\x8B"
         "ee\xC2\xAD pr\xEF\xBB\xBFize",                                     "free prize"                               },
        {"a face",              "A😀B",                                    "a😀b"                                   },
        {"cut short",           "A\xD0",                                     "a\xD0"                                    },
        {"nothing",             "",                                          ""                                         },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        char out[128];
        size_t size = content_fold(rows[i].text, strlen(rows[i].text), out);

        CHECK(size <= strlen(rows[i].text), rows[i].row);
        CHECK_BYTES(out, size, rows[i].folded, strlen(rows[i].folded), rows[i].row);
        memcpy(out, rows[i].text, strlen(rows[i].text));
        size = content_fold(out, strlen(rows[i].text), out);
        CHECK_BYTES(out, size, rows[i].folded, strlen(rows[i].folded), "in place");
    }
}

TEST(a_pattern_is_found_anywhere_with_its_pieces_in_order)
{
    static const struct {
        const char *row;
        const char *pattern;
        const char *text;
        bool fits;
    } rows[] = {
        {"the whole text",       "hello",       "hello",                true },
        {"in the middle",        "ell",         "hello",                true },
        {"not there",            "elo",         "hello",                false},
        {"two pieces",           "win*prize",   "you win a big prize!", true },
        {"in the other order",   "prize*win",   "you win a big prize!", false},
        {"one after the other",  "win*prize",   "winprize",             true },
        {"they do not overlap",  "aba*ba",      "aba",                  false},
        {"stars at the ends",    "*win*",       "you win",              true },
        {"nothing but a star",   "*",           "",                     true },
        {"two stars",            "win**prize",  "win prize",            true },
        {"longer than the text", "hello world", "hello",                false},
    };

    for (size_t i = 0; i < ROWS(rows); i++)
        CHECK_EQ(content_text_fits(rows[i].pattern, rows[i].text, strlen(rows[i].text)),
                 rows[i].fits, rows[i].row);
}

/* The pattern that makes a matcher with a memory of its ways go astray. */
TEST(a_hostile_text_takes_no_longer_than_another)
{
    enum { SIZE = 60000, PIECES = 66 };
    static char text[SIZE];
    char pattern[CONTENT_PATTERN_MAX + 1] = "";

    memset(text, 'a', sizeof(text));
    for (size_t i = 0; i < PIECES; i++)
        strncat(pattern, "aa*", sizeof(pattern) - strlen(pattern) - 1);
    pattern[strlen(pattern) - 1] = 'b';
    for (int round = 0; round < 200; round++)
        assert_false(content_text_fits(pattern, text, sizeof(text)));
}

TEST(hosts_are_found_as_a_handset_would_underline_them)
{
    static const struct {
        const char *row;
        const char *text;
        const char *hosts; /* joined by spaces */
    } rows[] = {
        {"an address",             "see https://shop.example/a?b=c.d now",          "shop.example"                       },
        {"without a scheme",       "see www.shop.example/sale",                     "www.shop.example"                   },
        {"a bare name",            "bit.ly/xyz and t.co",                           "bit.ly t.co"                        },
        {"the end of a sentence",  "go to shop.example.",                           "shop.example"                       },
        {"a number is none",       "it costs 12.50 or 3.14",                        ""                                   },
        {"a numeric host is one",  "http://192.0.2.1:8080/",                        "192.0.2.1"                          },
        {"behind the at sign too", "http://bank.com@evil.example/",
         "bank.com evil.example"                                                                                         },
        {"letters of any script",  "http://почта.рф и пример.укр", "почта.рф пример.укр"},
        {"encoded",                "xn--80a.xn--p1ai",                              "xn--80a.xn--p1ai"                   },
        {"no labels",              "... .. a..b .ru",                               ""                                   },
        {"abbreviations",          "e.g. at 5 p.m.",                                ""                                   },
        {"no host at all",         "hello",                                         ""                                   },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        char found[256] = "";
        const char *host;
        size_t size;

        for (size_t at = 0;
             content_next_host(rows[i].text, strlen(rows[i].text), &at, &host, &size);) {
            if (found[0] != 0)
                strncat(found, " ", 2);
            strncat(found, host, size);
        }
        CHECK_STR(found, rows[i].hosts, rows[i].row);
    }
}

#define LIST(...)                                                                          \
    {                                                                                      \
        (const char *const[]){__VA_ARGS__},                                                \
            sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)                    \
    }
#define NOTHING                                                                            \
    {                                                                                      \
        NULL, 0                                                                            \
    }

TEST(the_first_rule_that_fits_decides)
{
    const struct content_rule rules[] = {
        {"own",           7,                   NOTHING,          LIST("shop.example"),          NOTHING,              0,       0,                                            CONTENT_PASS                                                           },
        {"lottery",       CONTENT_ANY_ACCOUNT, LIST("win*prize", "лотере"),               NOTHING,              NOTHING,
         CONTENT_SAME_CLASS,                                                                                                                                                 0,                                                                       CONTENT_DENY},
        {"both",               CONTENT_ANY_ACCOUNT,                             LIST("sale"),            LIST("*"), NOTHING, 2, 0,                                            CONTENT_PASS                                                                                                                 },
        {"links",               CONTENT_ANY_ACCOUNT,                            NOTHING,           NOTHING,
         LIST("shop.example",         "bank.example"),                                                                                                  CONTENT_SAME_CLASS,                                                                                                                       0,                                                                           CONTENT_REVIEW},
        {"new", 9,                    NOTHING,                                NOTHING,                                                            NOTHING,                                                      CONTENT_SAME_CLASS,                       3, CONTENT_REVIEW},
    };
    static const struct {
        const char *row;
        uint32_t account;
        const char *text;
        const char *rule; /* NULL: none */
    } rows[] = {
        {"a text",                     1, "win a prize",                   "lottery"},
        {"the second pattern",         1, "большая лотерея", "lottery"},
        {"an earlier rule of its own", 7, "win a prize at shop.example",   "own"    },
        {"below the domain",           7, "www.shop.example",              "own"    },
        {"not what ends alike",        7, "myshop.example",                "links"  },
        {"not what begins alike",      7, "shop.example.evil.example",     "links"  },
        {"all that is said must fit",  1, "sale at www.other.example",     "both"   },
        {"... and here does not",      1, "sale at the corner",            NULL     },
        {"every host is known",        1, "bank.example and shop.example", NULL     },
        {"one host is not",            1, "bank.example and bit.ly/x",     "links"  },
        {"no host at all",             1, "hello",                         NULL     },
        {"all of an account",          9, "hello",                         "new"    },
        {"nothing",                    1, "",                              NULL     },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        const struct content_rule *rule = content_find(rules, ROWS(rules), rows[i].account,
                                                       rows[i].text, strlen(rows[i].text));

        CHECK_EQ(rule != NULL, rows[i].rule != NULL, rows[i].row);
        if (rule != NULL)
            CHECK_STR(rule->name, rows[i].rule, rows[i].row);
    }
    assert_null(content_find(NULL, 0, 1, "win a prize", 11));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(what_looks_alike_is_folded_alike),
        RUN(a_pattern_is_found_anywhere_with_its_pieces_in_order),
        RUN(a_hostile_text_takes_no_longer_than_another),
        RUN(hosts_are_found_as_a_handset_would_underline_them),
        RUN(the_first_rule_that_fits_decides),
    };

    return RUN_ALL(tests);
}
