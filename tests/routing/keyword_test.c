/* The first word of what people write. */
#include "routing/keyword.h"

#include "tests/test.h"

static const struct {
    const char *row;
    const char *text;
    const char *word;
} rows[] = {
    {"capitals",                       "STOP",                                             "stop"                            },
    {"small letters",                  "stop",                                             "stop"                            },
    {"a sentence",                     "Stop it, please",                                  "stop"                            },
    {"blanks and lines before it",     " \r\n\t stop",                                     "stop"                            },
    {"punctuation behind it",          "STOP!!!",                                          "stop"                            },
    {"quotes around it",               "\"Stop\"",                                         "stop"                            },
    {"guillemets around it",           "\xC2\xAB\xD0\xA1\xD1\x82\xD0\xBE\xD0\xBF\xC2\xBB",
     "\xD1\x81\xD1\x82\xD0\xBE\xD0\xBF"                                                                                      },
    {"Cyrillic capitals",              "\xD0\xA1\xD0\xA2\xD0\x9E\xD0\x9F",
     "\xD1\x81\xD1\x82\xD0\xBE\xD0\xBF"                                                                                      },
    {"the Cyrillic YO is IE",          "\xD0\x81\xD0\xB6",                                 "\xD0\xB5\xD0\xB6"                },
    {"Ukrainian YI",                   "\xD0\x87",                                         "\xD1\x97"                        },
    {"Greek",                          "\xCE\xA3\xCE\xA4\xCE\x9F\xCE\xA0",                 "\xCF\x83\xCF\x84\xCE\xBF\xCF\x80"},
    {"a circumflex",                   "ARR\xC3\x8AT",                                     "arret"                           },
    {"a circumflex of its own",        "ARRE\xCC\x82T",                                    "arret"                           },
    {"a Turkish capital I with a dot", "\xC4\xB0PTAL",                                     "iptal"                           },
    {"a Turkish small i without one",  "\xC4\xB1ptal",                                     "iptal"                           },
    {"sharp s",                        "schlu\xC3\x9F",                                    "schluss"                         },
    {"Polish",                         "\xC5\x81\xC3\xB3\xC4\x91",                         "lod"                             },
    {"digits",                         "123 vote",                                         "123"                             },
    {"a hyphen inside",                "OPT-OUT now",                                      "opt-out"                         },
    {"a hyphen behind",                "OPT- OUT",                                         "opt"                             },
    {"a hyphen before",                "- stop",                                           "stop"                            },
    {"an emoji before it",             "\xF0\x9F\x98\xA1 stop",                            "stop"                            },
    {"an emoji behind it",             "stop\xF0\x9F\x98\xA1",                             "stop"                            },
    {"a byte order mark",              "\xEF\xBB\xBFstop",                                 "stop"                            },
    {"what is not UTF-8 is no letter", "\xFFstop\xC3",                                     "stop"                            },
    {"Georgian stays as it is",        "\xE1\x83\x90 x",                                   "\xE1\x83\x90"                    },
    {"nothing",                        "",                                                 ""                                },
    {"no word at all",                 " ?! ",                                             ""                                },
};

TEST(the_first_word_is_told_in_its_common_form)
{
    for (size_t i = 0; i < ROWS(rows); i++) {
        char word[KEYWORD_SIZE];

        CHECK(!keyword_read(rows[i].text, strlen(rows[i].text), word), rows[i].row);
        CHECK_STR(word, rows[i].word, rows[i].row);
    }
}

TEST(a_word_that_is_too_long_is_told_so_and_never_cut_inside_a_letter)
{
    char text[200], word[KEYWORD_SIZE];

    memset(text, 'x', sizeof(text));
    assert_true(keyword_read(text, sizeof(text), word));
    CHECK_EQ(strlen(word), KEYWORD_SIZE - 1, "of one octet each");
    for (size_t i = 0; i < sizeof(text); i += 2)
        memcpy(text + i, "\xD0\xB0", 2);
    assert_true(keyword_read(text + 0, sizeof(text), word));
    CHECK_EQ(strlen(word), 64, "of two octets each");
    text[0] = 'x';
    text[1] = 'y';
    memcpy(text + 1, "\xD0\xB0", 2);
    for (size_t i = 1; i + 1 < sizeof(text); i += 2)
        memcpy(text + i, "\xD0\xB0", 2);
    assert_true(keyword_read(text, sizeof(text), word));
    CHECK_EQ(strlen(word), 63, "an odd one before them");
}

TEST(only_the_octets_given_are_looked_at)
{
    char word[KEYWORD_SIZE];

    assert_false(keyword_read("stopping", 4, word));
    assert_string_equal(word, "stop");
    assert_false(keyword_read("ab\xD1\x81", 3, word));
    assert_string_equal(word, "ab");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(the_first_word_is_told_in_its_common_form),
        RUN(a_word_that_is_too_long_is_told_so_and_never_cut_inside_a_letter),
        RUN(only_the_octets_given_are_looked_at),
    };

    return RUN_ALL(tests);
}
