/* Cyrillic in Latin letters. */
#include "gateway/transliterate.h"

#include "tests/test.h"

static const struct {
    const char *row;
    const char *cyrillic;
    const char *latin; /* NULL: refused */
} rows[] = {
    {"a sentence",                 "Привет, мир!",                                              "Privet, mir!"       },
    {"all small Russian letters",  "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
     "abvgdeyozhziyklmnoprstufkhtschshshchyeyuya"                                                                             },
    {"a capital before a small",   "Щука",                                                           "Shchuka"            },
    {"capitals",                   "ЩУКА",                                                           "SHCHUKA"            },
    {"the last of capitals",       "БОРЩ",                                                           "BORSHCH"            },
    {"a capital alone",            "Я и Ю",                                                           "Ya i Yu"            },
    {"hard and soft signs",        "Объём, соль",                                               "Obyom, sol"         },
    {"Ukrainian",                  "Їжак, Єва, ґанок",                                       "Yizhak, Yeva, ganok"},
    {"Serbian",                    "Љубав, њива",                                               "Ljubav, njiva"      },
    {"Kazakh",                     "Қазақ тілі, әңгіме",                                  "Qazaq tili, angime" },
    {"quotes, dashes, the number", "«№ 5» — да…",                                              "\"No 5\" - da..."   },
    {"what it leaves as it is",    "код 12 € ñ 😀",                                              "kod 12 € ñ 😀" },
    {"no Cyrillic",                "hello — world",                                                    NULL                 },
    {"nothing",                    "",                                                                   NULL                 },
};

TEST(cyrillic_is_written_in_latin_letters)
{
    for (size_t i = 0; i < ROWS(rows); i++) {
        char out[256];
        size_t size;
        bool ok = transliterate(rows[i].cyrillic, strlen(rows[i].cyrillic), out,
                                sizeof(out), &size);

        CHECK_EQ(ok, rows[i].latin != NULL, rows[i].row);
        if (ok)
            CHECK_BYTES(out, size, rows[i].latin, strlen(rows[i].latin), rows[i].row);
    }
}

TEST(what_does_not_fit_is_refused)
{
    char out[5] = "....#";
    size_t size = 77;

    assert_false(transliterate("щщ", strlen("щщ"), out, 4, &size));
    assert_int_equal(size, 77);
    assert_int_equal(out[4], '#');
    assert_true(transliterate("щ", strlen("щ"), out, 4, &size));
    assert_int_equal(size, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(cyrillic_is_written_in_latin_letters),
        RUN(what_does_not_fit_is_refused),
    };

    return RUN_ALL(tests);
}
