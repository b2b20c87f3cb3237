#include <stdlib.h>

#include <unicode/ucnv.h>
#include <unicode/ustring.h>

#include "smpp/text.h"
#include "tests/test.h"

#define OCTETS(literal) (const uint8_t *)(literal), sizeof(literal) - 1

/* ---- data_coding -------------------------------------------------------------- */

TEST(a_data_coding_names_its_alphabet_and_class)
{
    static const struct {
        const char *row;
        uint8_t data_coding;
        enum smpp_alphabet alphabet;
        int class;
    } rows[] = {
        {"default",                  0x00, SMPP_ALPHABET_LATIN_1,    -1},
        {"IA5",                      0x01, SMPP_ALPHABET_ASCII,      -1},
        {"octets",                   0x02, SMPP_ALPHABET_BINARY,     -1},
        {"Latin-1",                  0x03, SMPP_ALPHABET_LATIN_1,    -1},
        {"octets again",             0x04, SMPP_ALPHABET_BINARY,     -1},
        {"JIS",                      0x05, SMPP_ALPHABET_BINARY,     -1},
        {"Cyrillic",                 0x06, SMPP_ALPHABET_ISO_8859_5, -1},
        {"Hebrew",                   0x07, SMPP_ALPHABET_BINARY,     -1},
        {"UCS-2",                    0x08, SMPP_ALPHABET_UCS2,       -1},
        {"reserved",                 0x0F, SMPP_ALPHABET_BINARY,     -1},
        {"flash GSM",                0x10, SMPP_ALPHABET_GSM,        0 },
        {"class 3 GSM",              0x13, SMPP_ALPHABET_GSM,        3 },
        {"flash octets",             0x14, SMPP_ALPHABET_BINARY,     0 },
        {"flash UCS-2",              0x18, SMPP_ALPHABET_UCS2,       0 },
        {"class 2 UCS-2",            0x1A, SMPP_ALPHABET_UCS2,       2 },
        {"reserved alphabet",        0x1C, SMPP_ALPHABET_BINARY,     0 },
        {"compressed",               0x20, SMPP_ALPHABET_BINARY,     -1},
        {"compressed UCS-2",         0x28, SMPP_ALPHABET_BINARY,     -1},
        {"compressed flash",         0x30, SMPP_ALPHABET_BINARY,     0 },
        {"compressed, class 3",      0x3F, SMPP_ALPHABET_BINARY,     3 },
        {"deletion, GSM",            0x40, SMPP_ALPHABET_GSM,        -1},
        {"deletion, octets",         0x44, SMPP_ALPHABET_BINARY,     -1},
        {"deletion, UCS-2",          0x48, SMPP_ALPHABET_UCS2,       -1},
        {"deletion, reserved",       0x4C, SMPP_ALPHABET_BINARY,     -1},
        {"deletion, flash",          0x50, SMPP_ALPHABET_GSM,        0 },
        {"deletion, class 1 UCS-2",  0x59, SMPP_ALPHABET_UCS2,       1 },
        {"deletion, compressed",     0x60, SMPP_ALPHABET_BINARY,     -1},
        {"deletion, all of it",      0x72, SMPP_ALPHABET_BINARY,     2 },
        {"reserved group",           0x80, SMPP_ALPHABET_BINARY,     -1},
        {"reserved group's end",     0xBF, SMPP_ALPHABET_BINARY,     -1},
        {"message waiting, discard", 0xC8, SMPP_ALPHABET_GSM,        -1},
        {"message waiting, store",   0xD9, SMPP_ALPHABET_GSM,        -1},
        {"message waiting, UCS-2",   0xE0, SMPP_ALPHABET_UCS2,       -1},
        {"class 0",                  0xF0, SMPP_ALPHABET_GSM,        0 },
        {"class 1",                  0xF1, SMPP_ALPHABET_GSM,        1 },
        {"class 1 octets",           0xF5, SMPP_ALPHABET_BINARY,     1 },
        {"reserved bit",             0xF8, SMPP_ALPHABET_BINARY,     0 },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        CHECK_EQ(smpp_text_alphabet(rows[i].data_coding, SMPP_ALPHABET_LATIN_1),
                 rows[i].alphabet, rows[i].row);
        CHECK_EQ(smpp_text_class(rows[i].data_coding), rows[i].class, rows[i].row);
    }
}

TEST(message_waiting_is_three_groups)
{
    for (int data_coding = 0; data_coding < 0x100; data_coding++)
        CHECK_EQ(smpp_text_is_waiting((uint8_t)data_coding),
                 data_coding >> 4 == 0xC || data_coding >> 4 == 0xD ||
                     data_coding >> 4 == 0xE,
                 "by the high four bits");
}

TEST(an_alphabet_is_found_by_its_name_and_its_data_coding)
{
    for (int i = SMPP_ALPHABET_GSM; i <= SMPP_ALPHABET_BINARY; i++) {
        enum smpp_alphabet alphabet = (enum smpp_alphabet)i;
        const char *name = smpp_text_alphabet_name(alphabet);
        enum smpp_alphabet found = SMPP_ALPHABET_BINARY;

        CHECK(smpp_text_alphabet_find(name, &found), name);
        CHECK_EQ(found, alphabet, name);
        CHECK_EQ(smpp_text_alphabet(smpp_text_data_coding(alphabet), SMPP_ALPHABET_GSM),
                 alphabet, name);
    }
    assert_false(smpp_text_alphabet_find("utf-8", &(enum smpp_alphabet){0}));
}

/* ---- National languages ------------------------------------------------------------ */

/* Octets and UTF-8 from annex A of 23.038, each other's only form. */
static const struct {
    const char *row;
    struct smpp_shift shift; /* locking, single */
    const uint8_t *octets;
    size_t size;
    const char *utf8;
} shifted[] = {
    {"Turkish locking",              {1, 0},  OCTETS("\x04\x07\x0B\x0C\x1C\x1D\x40\x60"), "€ıĞğŞşİç"},
    {"Turkish single",
     {0, 1},
     OCTETS("\x1B\x47\x1B\x49\x1B\x53\x1B\x63\x1B\x67\x1B\x69\x1B\x73"),
     "ĞİŞçğış"                                                                                        },
    {"Spanish single",
     {0, 2},
     OCTETS("\x1B\x09\x1B\x41\x1B\x49\x1B\x4F\x1B\x55\x1B\x61\x1B\x69\x1B\x6F\x1B\x75"),
     "çÁÍÓÚáíóú"                                                                                    },
    {"Portuguese locking",
     {3, 0},
     OCTETS(
         "\x04\x06\x07\x08\x09\x0B\x0C\x0E\x0F\x12\x13\x14\x15\x16\x17\x18\x19\x1A\x1C\x1D"
         "\x1E\x24\x40\x5B\x5C\x5D\x60\x7B\x7C\x7D"),
     "êúíóçÔôÁáªÇÀ∞^\\€Ó|ÂâÊºÍÃÕÚ~ãõ`"                                            },
    {"Portuguese single",
     {0, 3},
     OCTETS(
         "\x1B\x05\x1B\x09\x1B\x0B\x1B\x0C\x1B\x0E\x1B\x0F\x1B\x1F\x1B\x41\x1B\x49\x1B\x4F"
         "\x1B\x55\x1B\x5B\x1B\x5C\x1B\x61\x1B\x69\x1B\x6F\x1B\x75\x1B\x7B\x1B\x7C\x1B"
         "\x7F"),
     "êçÔôÁáÊÀÍÓÚÃÕÂíóúãõâ"                                                              },
    {"Greek in Portuguese",
     {3, 3},
     OCTETS("\x1B\x12\x1B\x13\x1B\x15\x1B\x16\x1B\x17\x1B\x18\x1B\x19"),
     "ΦΓΩΠΨΣΘ"                                                                                        },
    {"two languages at once",        {1, 2},  OCTETS("\x0B\x1B\x61"),                     "Ğá"             },
    {"Spanish has no locking table", {2, 0},  OCTETS("\x40\x5F"),                         "¡§"             },
    {"the extension stays",          {1, 1},  OCTETS("\x1B\x28\x1B\x3E\x1B\x40"),         "{]|"              },
    {"the euro stays",               {0, 2},  OCTETS("\x1B\x65"),                         "€"              },
    {"LF, CR and the space stay",    {3, 3},  OCTETS("\x0A\x0D\x20"),                     "\n\r "            },
    {"É is Turkish too",            {1, 0},  OCTETS("\x1F"),                             "É"               },
    {"a language we do not have",    {13, 9}, OCTETS("\x40\x1B\x65"),                     "¡€"            },
};

TEST(each_language_has_the_letters_of_annex_a)
{
    for (size_t i = 0; i < ROWS(shifted); i++) {
        struct smpp_text_progress progress;
        struct smpp_text_measure measure;
        const char *utf8 = shifted[i].utf8;
        char back[128];
        uint8_t octets[128];

        CHECK_EQ(smpp_text_decode_shifted(shifted[i].shift, shifted[i].octets,
                                          shifted[i].size, back, sizeof(back), &progress),
                 SMPP_TEXT_OK, shifted[i].row);
        CHECK_BYTES(back, progress.written, utf8, strlen(utf8), shifted[i].row);
        CHECK_EQ(smpp_text_encode_shifted(shifted[i].shift, utf8, strlen(utf8), octets,
                                          sizeof(octets), &progress),
                 SMPP_TEXT_OK, shifted[i].row);
        CHECK_BYTES(octets, progress.written, shifted[i].octets, shifted[i].size,
                    shifted[i].row);
        CHECK_EQ(
            smpp_text_measure_shifted(shifted[i].shift, utf8, strlen(utf8), 6, &measure),
            SMPP_TEXT_OK, shifted[i].row);
        CHECK_EQ(measure.octets, shifted[i].size, shifted[i].row);
    }
}

TEST(a_code_the_language_does_not_have_shows_the_locking_table)
{
    struct smpp_text_progress progress;
    char utf8[16];

    smpp_text_decode_shifted((struct smpp_shift){1, 2}, OCTETS("\x1B\x0B\x1B\x41"), utf8,
                             sizeof(utf8), &progress);
    CHECK_BYTES(utf8, progress.written, "ĞÁ", strlen("ĞÁ"), "Turkish behind ESC");
}

/* How many codes mean something else than without the shift: 23.038 annex A, counted. */
TEST(a_language_changes_as_many_codes_as_its_table_says)
{
    static const struct {
        const char *row;
        struct smpp_shift shift;
        bool escaped;
        size_t changes;
    } rows[] = {
        {"Turkish locking",    {1, 0}, false, 8 },
        {"Portuguese locking", {3, 0}, false, 30},
        {"Turkish single",     {0, 1}, true,  7 },
        {"Spanish single",     {0, 2}, true,  9 },
 /* 27, of which seven are Greek letters that show in the main table too. */
        {"Portuguese single",  {0, 3}, true,  20},
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        size_t changes = 0;

        for (int code = 0; code < 128; code++) {
            uint8_t octets[2] = {0x1B, (uint8_t)code};
            const uint8_t *at = rows[i].escaped ? octets : octets + 1;
            size_t size = rows[i].escaped ? 2 : 1;
            char with[8], without[8];
            struct smpp_text_progress one, other;

            (void)smpp_text_decode_shifted(rows[i].shift, at, size, with, sizeof(with),
                                           &one);
            (void)smpp_text_decode(SMPP_ALPHABET_GSM, at, size, without, sizeof(without),
                                   &other);
            changes +=
                one.written != other.written || memcmp(with, without, one.written) != 0;
        }
        CHECK_EQ(changes, rows[i].changes, rows[i].row);
    }
}

/* ---- Rows --------------------------------------------------------------------- */

/* Octets and UTF-8 that are each other's only form. */
static const struct pair {
    const char *row;
    enum smpp_alphabet alphabet;
    const uint8_t *octets;
    size_t size;
    const char *utf8;
} pairs[] = {
    {"nothing",                      SMPP_ALPHABET_GSM,        OCTETS(""),                                         ""              },
    {"hello",                        SMPP_ALPHABET_GSM,        OCTETS("hello"),                                    "hello"         },
    {"the signs that moved",         SMPP_ALPHABET_GSM,        OCTETS("\x00\x01\x02\x03\x11\x24"),
     "@£$¥_¤"                                                                                                                   },
    {"accents",                      SMPP_ALPHABET_GSM,        OCTETS("\x04\x05\x06\x07\x08\x09\x7F"),             "èéùìòÇà"},
    {"Greek",                        SMPP_ALPHABET_GSM,        OCTETS("\x10\x12\x13\x14\x15\x16\x17\x18\x19\x1A"),
     "ΔΦΓΛΩΠΨΣΘΞ"                                                                                                        },
    {"umlauts",                      SMPP_ALPHABET_GSM,        OCTETS("\x5B\x5C\x5E\x7B\x7C\x7E\x1E"),             "ÄÖÜäöüß"},
    {"extension",                    SMPP_ALPHABET_GSM,
     OCTETS("\x1B\x14\x1B\x28\x1B\x29\x1B\x2F\x1B\x3C\x1B\x3D\x1B\x3E\x1B\x40\x1B\x65"),
     "^{}\\[~]|€"                                                                                                                },
    {"form feed",                    SMPP_ALPHABET_GSM,        OCTETS("\x1B\x0A"),                                 "\f"            },
    {"an ESC pair between letters",  SMPP_ALPHABET_GSM,        OCTETS("A\x1B\x28"),                                "A{"            },
    {"ASCII",                        SMPP_ALPHABET_ASCII,      OCTETS("$ @ _ [ ]"),                                "$ @ _ [ ]"     },
    {"Latin-1",                      SMPP_ALPHABET_LATIN_1,    OCTETS("\xC0 \xE7 \xFF"),                           "À ç ÿ"      },
    {"Cyrillic",                     SMPP_ALPHABET_ISO_8859_5, OCTETS("\xBF\xE0\xD8\xD2\xD5\xE2 \xF0 \xA1\xF1"),
     "Привет № Ёё"                                                                                                       },
    {"Cyrillic that is not in step", SMPP_ALPHABET_ISO_8859_5, OCTETS("\xAD\xFD\xFF"),
     "\u00AD§џ"                                                                                                                  },
    {"UCS-2",                        SMPP_ALPHABET_UCS2,       OCTETS("\x04\x1F\x00\x21\x20\xAC"),                 "П!€"        },
    {"a surrogate pair",             SMPP_ALPHABET_UCS2,       OCTETS("\xD8\x3D\xDE\x00"),                         "😀"          },
    {"the last character",           SMPP_ALPHABET_UCS2,       OCTETS("\xDB\xFF\xDF\xFF"),                         "\U0010FFFF"    },
    {"a byte order mark stays",      SMPP_ALPHABET_UCS2,       OCTETS("\xFE\xFF\x00\x41"),                         "\uFEFFA"       },
};

TEST(each_pair_of_octets_and_text_converts_both_ways)
{
    for (size_t i = 0; i < ROWS(pairs); i++) {
        const struct pair *pair = &pairs[i];
        struct smpp_text_progress progress;
        char utf8[64];
        uint8_t octets[64];

        CHECK_EQ(smpp_text_decode(pair->alphabet, pair->octets, pair->size, utf8,
                                  sizeof(utf8), &progress),
                 SMPP_TEXT_OK, pair->row);
        CHECK_EQ(progress.read, pair->size, pair->row);
        CHECK_BYTES(utf8, progress.written, pair->utf8, strlen(pair->utf8), pair->row);
        CHECK_EQ(smpp_text_encode(pair->alphabet, pair->utf8, strlen(pair->utf8), octets,
                                  sizeof(octets), &progress),
                 SMPP_TEXT_OK, pair->row);
        CHECK_EQ(progress.read, strlen(pair->utf8), pair->row);
        CHECK_BYTES(octets, progress.written, pair->octets, pair->size, pair->row);
    }
}

TEST(what_means_nothing_is_shown_and_counted)
{
    static const struct {
        const char *row;
        enum smpp_alphabet alphabet;
        const uint8_t *octets;
        size_t size;
        const char *utf8;
        size_t invalid;
    } rows[] = {
        {"eighth bit in GSM",    SMPP_ALPHABET_GSM,   OCTETS("a\x80z"),                   "a\uFFFDz", 1},
        {"eighth bit in ASCII",  SMPP_ALPHABET_ASCII, OCTETS("\xE9"),                     "\uFFFD",   1},
        {"ESC and eighth bit",   SMPP_ALPHABET_GSM,   OCTETS("\x1B\x80"),                 " \uFFFD",  1},
        {"half a unit",          SMPP_ALPHABET_UCS2,  OCTETS("\x00\x41\x04"),             "A\uFFFD",  1},
        {"low half first",       SMPP_ALPHABET_UCS2,  OCTETS("\xDE\x00\x00\x41"),         "\uFFFDA",  1},
        {"high half alone",      SMPP_ALPHABET_UCS2,  OCTETS("\xD8\x3D\x00\x41"),         "\uFFFDA",  1},
        {"high half at the end", SMPP_ALPHABET_UCS2,  OCTETS("\xD8\x3D"),                 "\uFFFD",   1},
        {"two high halves",      SMPP_ALPHABET_UCS2,  OCTETS("\xD8\x3D\xD8\x3D\xDE\x00"),
         "\uFFFD😀",                                                                                1},
 /* Not wrong, but without a form of their own. */
        {"ESC before a letter",  SMPP_ALPHABET_GSM,   OCTETS("\x1B\x41"),                 "A",        0},
        {"ESC before CR",        SMPP_ALPHABET_GSM,   OCTETS("\x1B\x0D"),                 "\r",       0},
        {"ESC ESC",              SMPP_ALPHABET_GSM,   OCTETS("\x1B\x1B\x28"),             " (",       0},
        {"ESC at the end",       SMPP_ALPHABET_GSM,   OCTETS("a\x1B"),                    "a ",       0},
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct smpp_text_progress progress;
        char utf8[64];

        CHECK_EQ(smpp_text_decode(rows[i].alphabet, rows[i].octets, rows[i].size, utf8,
                                  sizeof(utf8), &progress),
                 rows[i].invalid ? SMPP_TEXT_INVALID : SMPP_TEXT_OK, rows[i].row);
        CHECK_BYTES(utf8, progress.written, rows[i].utf8, strlen(rows[i].utf8),
                    rows[i].row);
        CHECK_EQ(progress.invalid, rows[i].invalid, rows[i].row);
        CHECK_EQ(progress.read, rows[i].size, rows[i].row);
    }
}

TEST(encoding_says_which_character_stopped_it)
{
    static const struct {
        const char *row;
        enum smpp_alphabet alphabet;
        const char *utf8;
        size_t room;
        enum smpp_text_result result;
        size_t read;
        size_t written;
    } rows[] = {
        {"small c cedilla is not GSM",      SMPP_ALPHABET_GSM,        "façade", 64, SMPP_TEXT_UNFIT,   2,
         2                                                                                                  },
        {"a Greek letter that looks Latin", SMPP_ALPHABET_GSM,        "Α",      64, SMPP_TEXT_UNFIT,   0,
         0                                                                                                  },
        {"increment is not Delta",          SMPP_ALPHABET_GSM,        "x∆",    64, SMPP_TEXT_UNFIT,   1, 1},
        {"ESC has no code",                 SMPP_ALPHABET_GSM,        "\x1B",    64, SMPP_TEXT_UNFIT,   0, 0},
        {"accent in ASCII",                 SMPP_ALPHABET_ASCII,      "é",      64, SMPP_TEXT_UNFIT,   0, 0},
        {"euro in Latin-1",                 SMPP_ALPHABET_LATIN_1,    "5 €",   64, SMPP_TEXT_UNFIT,   2, 2},
        {"Latin accent in Cyrillic",        SMPP_ALPHABET_ISO_8859_5, "é",      64, SMPP_TEXT_UNFIT,   0,
         0                                                                                                  },
        {"past the Cyrillic",               SMPP_ALPHABET_ISO_8859_5, "Ѡ",      64, SMPP_TEXT_UNFIT,   0, 0},
        {"Cyrillic that would be 0xAD",     SMPP_ALPHABET_ISO_8859_5, "Ѝ",      64, SMPP_TEXT_UNFIT,
         0,                                                                                                0},
        {"binary takes nothing",            SMPP_ALPHABET_BINARY,     "a",       64, SMPP_TEXT_UNFIT,   0, 0},
        {"no room",                         SMPP_ALPHABET_GSM,        "abc",     2,  SMPP_TEXT_NO_ROOM, 2, 2},
        {"no room for half a pair",         SMPP_ALPHABET_GSM,        "a€",    2,  SMPP_TEXT_NO_ROOM, 1, 1},
        {"no room for half a unit",         SMPP_ALPHABET_UCS2,       "ab",      3,  SMPP_TEXT_NO_ROOM, 1, 2},
        {"not UTF-8",                       SMPP_ALPHABET_UCS2,       "a\xFFz",  64, SMPP_TEXT_INVALID, 1, 2},
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct smpp_text_progress progress;
        uint8_t octets[64];

        CHECK_EQ(smpp_text_encode(rows[i].alphabet, rows[i].utf8, strlen(rows[i].utf8),
                                  octets, rows[i].room, &progress),
                 rows[i].result, rows[i].row);
        CHECK_EQ(progress.read, rows[i].read, rows[i].row);
        CHECK_EQ(progress.written, rows[i].written, rows[i].row);
    }
}

TEST(decoding_without_room_gives_the_characters_that_fit)
{
    struct smpp_text_progress progress;
    char utf8[8];

    assert_int_equal(
        smpp_text_decode(SMPP_ALPHABET_UCS2, OCTETS("\0a\x20\xAC\0b"), utf8, 3, &progress),
        SMPP_TEXT_NO_ROOM);
    CHECK_BYTES(utf8, progress.written, "a", 1, "room for a, not for the euro");
    CHECK_EQ(progress.read, 2, "room for a, not for the euro");
}

TEST(binary_is_never_decoded)
{
    struct smpp_text_progress progress;
    char utf8[8];

    assert_int_equal(smpp_text_decode(SMPP_ALPHABET_BINARY, OCTETS("abc"), utf8,
                                      sizeof(utf8), &progress),
                     SMPP_TEXT_UNFIT);
    assert_int_equal(progress.written, 0);
}

TEST(utf8_is_what_rfc_3629_says)
{
    static const struct {
        const char *row;
        const char *text;
        bool valid;
    } rows[] = {
        {"nothing",                 "",                     true },
        {"ASCII",                   "abc",                  true },
        {"two octets",              "\xC2\x80",             true },
        {"three octets",            "\xE0\xA0\x80",         true },
        {"four octets",             "\xF0\x90\x80\x80",     true },
        {"the last one",            "\xF4\x8F\xBF\xBF",     true },
        {"past the last one",       "\xF4\x90\x80\x80",     false},
        {"overlong slash",          "\xC0\xAF",             false},
        {"overlong in three",       "\xE0\x9F\xBF",         false},
        {"overlong in four",        "\xF0\x8F\xBF\xBF",     false},
        {"surrogate",               "\xED\xA0\x80",         false},
        {"before the surrogates",   "\xED\x9F\xBF",         true },
        {"continuation alone",      "\x80",                 false},
        {"cut short",               "\xE2\x82",             false},
        {"cut short by a letter",   "\xE2\x82z",            false},
        {"five octets",             "\xF8\x88\x80\x80\x80", false},
        {"never an octet of UTF-8", "\xFF",                 false},
    };

    for (size_t i = 0; i < ROWS(rows); i++)
        CHECK_EQ(smpp_text_is_utf8(rows[i].text, strlen(rows[i].text)), rows[i].valid,
                 rows[i].row);
}

/* ---- Measures ------------------------------------------------------------------- */

/* `count` times `unit`, in a buffer of its own. */
static char *repeated(const char *unit, size_t count)
{
    char *text = calloc(strlen(unit) * count + 1, 1);
    char *at = text;

    assert_non_null(text);
    for (size_t i = 0; i < count; i++)
        at = stpcpy(at, unit);
    return text;
}

TEST(parts_are_counted_by_the_standard_rules)
{
    static const struct {
        const char *row;
        enum smpp_alphabet alphabet;
        const char *unit;
        size_t count;
        size_t header_size;
        size_t units;
        size_t parts;
    } rows[] = {
        {"empty",                    SMPP_ALPHABET_GSM,     "",     0,   6, 0,   1},
        {"160 septets",              SMPP_ALPHABET_GSM,     "a",    160, 6, 160, 1},
        {"161 septets",              SMPP_ALPHABET_GSM,     "a",    161, 6, 161, 2},
        {"two full parts",           SMPP_ALPHABET_GSM,     "a",    306, 6, 306, 2},
        {"one more",                 SMPP_ALPHABET_GSM,     "a",    307, 6, 307, 3},
        {"152 beside a long header", SMPP_ALPHABET_GSM,     "a",    305, 7, 305, 3},
        {"80 euros",                 SMPP_ALPHABET_GSM,     "€",  80,  6, 160, 1},
        {"81 euros",                 SMPP_ALPHABET_GSM,     "€",  81,  6, 162, 2},
        {"a pair at the border",     SMPP_ALPHABET_GSM,     "€",  153, 6, 306, 3},
        {"70 units",                 SMPP_ALPHABET_UCS2,    "ы",   70,  6, 70,  1},
        {"71 units",                 SMPP_ALPHABET_UCS2,    "ы",   71,  6, 71,  2},
        {"134 units",                SMPP_ALPHABET_UCS2,    "ы",   134, 6, 134, 2},
        {"135 units",                SMPP_ALPHABET_UCS2,    "ы",   135, 6, 135, 3},
        {"66 beside a long header",  SMPP_ALPHABET_UCS2,    "ы",   133, 7, 133, 3},
        {"35 faces",                 SMPP_ALPHABET_UCS2,    "😀", 35,  6, 70,  1},
        {"a face at the border",     SMPP_ALPHABET_UCS2,    "😀", 67,  6, 134, 3},
        {"140 octets",               SMPP_ALPHABET_LATIN_1, "é",   140, 6, 140, 1},
        {"141 octets",               SMPP_ALPHABET_LATIN_1, "é",   141, 6, 141, 2},
        {"two full parts of octets", SMPP_ALPHABET_LATIN_1, "é",   268, 6, 268, 2},
        {"and one more",             SMPP_ALPHABET_LATIN_1, "é",   269, 6, 269, 3},
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        char *text = repeated(rows[i].unit, rows[i].count);
        struct smpp_text_measure measure;

        CHECK_EQ(smpp_text_measure(rows[i].alphabet, text, strlen(text),
                                   rows[i].header_size, &measure),
                 SMPP_TEXT_OK, rows[i].row);
        CHECK_EQ(measure.units, rows[i].units, rows[i].row);
        CHECK_EQ(measure.parts, rows[i].parts, rows[i].row);
        free(text);
    }
}

TEST(language_elements_are_counted_in_each_part)
{
    static const struct {
        const char *row;
        struct smpp_shift shift;
        const char *unit;
        size_t count;
        size_t header_size;
        size_t units;
        size_t parts;
    } rows[] = {
        {"155 beside one language",     {1, 0}, "ğ", 155, 6, 155, 1},
        {"156 beside one language",     {1, 0}, "ğ", 156, 6, 156, 2},
        {"149 in a part",               {1, 0}, "ğ", 298, 6, 298, 2},
        {"and one more",                {1, 0}, "ğ", 299, 6, 299, 3},
        {"148 beside a long header",    {1, 0}, "ğ", 297, 7, 297, 3},
        {"152 beside two languages",    {1, 1}, "ğ", 152, 6, 152, 1},
        {"146 in a part",               {1, 1}, "ğ", 293, 6, 293, 3},
        {"77 escapes",                  {0, 1}, "ğ", 77,  6, 154, 1},
        {"78 escapes",                  {0, 1}, "ğ", 78,  6, 156, 2},
        {"an escape is not cut at 149", {0, 1}, "ğ", 149, 6, 298, 3},
        {"no language: as without",     {0, 0}, "a",  160, 6, 160, 1},
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        char *text = repeated(rows[i].unit, rows[i].count);
        struct smpp_text_measure measure;

        CHECK_EQ(smpp_text_measure_shifted(rows[i].shift, text, strlen(text),
                                           rows[i].header_size, &measure),
                 SMPP_TEXT_OK, rows[i].row);
        CHECK_EQ(measure.units, rows[i].units, rows[i].row);
        CHECK_EQ(measure.parts, rows[i].parts, rows[i].row);
        free(text);
    }
}

TEST(measuring_what_does_not_fit_changes_nothing)
{
    struct smpp_text_measure measure = {7, 7, 7};

    assert_int_equal(smpp_text_measure(SMPP_ALPHABET_GSM, "ы", 2, 6, &measure),
                     SMPP_TEXT_UNFIT);
    assert_int_equal(smpp_text_measure(SMPP_ALPHABET_GSM, "\xFF", 1, 6, &measure),
                     SMPP_TEXT_INVALID);
    assert_int_equal(smpp_text_measure(SMPP_ALPHABET_BINARY, "a", 1, 6, &measure),
                     SMPP_TEXT_UNFIT);
    assert_int_equal(measure.units + measure.octets + measure.parts, 21);
}

TEST(one_character_outside_gsm_takes_the_whole_text_to_ucs2)
{
    assert_int_equal(smpp_text_best_alphabet("", 0), SMPP_ALPHABET_GSM);
    assert_int_equal(smpp_text_best_alphabet("[5 €]", 7), SMPP_ALPHABET_GSM);
    assert_int_equal(smpp_text_best_alphabet("naïve", 6), SMPP_ALPHABET_UCS2);
}

TEST(the_capacity_beside_a_header_is_that_of_23_040)
{
    static const struct {
        size_t header_size;
        size_t gsm, octets, ucs2;
    } rows[] = {
        {0,   160, 140, 140},
        {4,   155, 136, 136},
        {5,   154, 135, 134},
        {6,   153, 134, 134},
        {7,   152, 133, 132},
        {9,   149, 131, 130},
        {10,  148, 130, 130},
        {12,  146, 128, 128},
        {13,  145, 127, 126},
        {140, 0,   0,   0  },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        size_t header_size = rows[i].header_size;
        char row[32];

        snprintf(row, sizeof(row), "header of %zu", header_size);
        CHECK_EQ(smpp_text_capacity(SMPP_ALPHABET_GSM, header_size), rows[i].gsm, row);
        CHECK_EQ(smpp_text_capacity(SMPP_ALPHABET_ASCII, header_size), rows[i].gsm, row);
        CHECK_EQ(smpp_text_capacity(SMPP_ALPHABET_BINARY, header_size), rows[i].octets,
                 row);
        CHECK_EQ(smpp_text_capacity(SMPP_ALPHABET_UCS2, header_size), rows[i].ucs2, row);
    }
}

/* ---- ICU as the judge ------------------------------------------------------------- */

/* Every single octet, and every code after ESC, decoded by both. */
static void agree_with_icu(const char *converter_name, enum smpp_alphabet alphabet,
                           const uint8_t *octets, size_t size)
{
    UErrorCode error = U_ZERO_ERROR;
    UConverter *converter = ucnv_open(converter_name, &error);
    UChar wide[8];
    char expected[32], actual[32], row[32];
    int32_t wide_size, expected_size;
    struct smpp_text_progress progress;
    uint8_t again[8];

    snprintf(row, sizeof(row), "%s %02X %02X", converter_name, octets[0],
             size > 1 ? octets[1] : 0);
    CHECK(U_SUCCESS(error), row);
    wide_size =
        ucnv_toUChars(converter, wide, 8, (const char *)octets, (int32_t)size, &error);
    u_strToUTF8(expected, sizeof(expected), &expected_size, wide, wide_size, &error);
    CHECK(U_SUCCESS(error), row);
    ucnv_close(converter);

    CHECK_EQ(smpp_text_decode(alphabet, octets, size, actual, sizeof(actual), &progress),
             SMPP_TEXT_OK, row);
    CHECK_BYTES(actual, progress.written, expected, (size_t)expected_size, row);
    CHECK_EQ(smpp_text_encode(alphabet, expected, (size_t)expected_size, again,
                              sizeof(again), &progress),
             SMPP_TEXT_OK, row);
    CHECK_BYTES(again, progress.written, octets, size, row);
}

TEST(every_code_of_the_gsm_alphabet_is_icus)
{
    static const uint8_t extension[] = {0x0A, 0x14, 0x28, 0x29, 0x2F,
                                        0x3C, 0x3D, 0x3E, 0x40, 0x65};

    for (int code = 0; code < 128; code++) {
        if (code != 0x1B)
            agree_with_icu("gsm-03.38-2009", SMPP_ALPHABET_GSM, &(uint8_t){(uint8_t)code},
                           1);
    }
    for (size_t i = 0; i < ROWS(extension); i++)
        agree_with_icu("gsm-03.38-2009", SMPP_ALPHABET_GSM, (uint8_t[]){0x1B, extension[i]},
                       2);
}

TEST(every_octet_of_the_iso_alphabets_is_icus)
{
    for (int octet = 0; octet < 256; octet++) {
        uint8_t octets[] = {(uint8_t)octet};

        agree_with_icu("ISO-8859-1", SMPP_ALPHABET_LATIN_1, octets, 1);
        agree_with_icu("ISO-8859-5", SMPP_ALPHABET_ISO_8859_5, octets, 1);
        if (octet < 0x80)
            agree_with_icu("US-ASCII", SMPP_ALPHABET_ASCII, octets, 1);
    }
}

/* ---- Properties ------------------------------------------------------------------- */

enum { ROUNDS = 20000, LONGEST = 200 };

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static const enum smpp_alphabet texts[] = {SMPP_ALPHABET_GSM, SMPP_ALPHABET_ASCII,
                                           SMPP_ALPHABET_LATIN_1, SMPP_ALPHABET_ISO_8859_5,
                                           SMPP_ALPHABET_UCS2};

/* `guard` behind the room shows a write past it. */
TEST(no_output_passes_its_room_whatever_the_input)
{
    uint64_t seed = 2026;

    for (int round = 0; round < ROUNDS; round++) {
        enum smpp_alphabet alphabet = texts[next_random(&seed) % ROWS(texts)];
        size_t size = next_random(&seed) % LONGEST;
        size_t room = next_random(&seed) % (LONGEST * SMPP_TEXT_DECODED_GROWTH);
        uint8_t in[LONGEST];
        char utf8[LONGEST * SMPP_TEXT_DECODED_GROWTH + 1];
        uint8_t octets[LONGEST * SMPP_TEXT_DECODED_GROWTH + 1];
        struct smpp_text_progress progress;
        enum smpp_text_result result;

        for (size_t i = 0; i < size; i++)
            in[i] = (uint8_t)next_random(&seed);
        utf8[room] = '#';
        result = smpp_text_decode(alphabet, in, size, utf8, room, &progress);
        CHECK(progress.written <= room && utf8[room] == '#', "decode");
        CHECK(progress.written <= size * SMPP_TEXT_DECODED_GROWTH, "decode grows");
        CHECK(smpp_text_is_utf8(utf8, progress.written), "decode writes UTF-8");
        CHECK_EQ(result == SMPP_TEXT_NO_ROOM, progress.read < size,
                 "decode stops for room");

        octets[room] = '#';
        smpp_text_encode(alphabet, (const char *)in, size, octets, room, &progress);
        CHECK(progress.written <= room && octets[room] == '#', "encode");
        CHECK(progress.written <= size * SMPP_TEXT_ENCODED_GROWTH, "encode grows");
    }
}

/* A random character of the alphabet, as UTF-8; whatever character there is for UCS-2. */
static size_t random_character(enum smpp_alphabet alphabet, uint64_t *seed, char out[4])
{
    struct smpp_text_progress progress;
    uint8_t octets[4];
    size_t size = 0;
    enum smpp_text_result result;

    do {
        uint64_t random = next_random(seed);

        size = alphabet == SMPP_ALPHABET_UCS2 ? 2 : 1;
        octets[0] = (uint8_t)random;
        octets[1] = (uint8_t)(random >> 8);
        if (alphabet == SMPP_ALPHABET_UCS2 && random % 5 == 0) {
            octets[0] = (uint8_t)(0xD8 | (random >> 16 & 3));
            octets[2] = (uint8_t)(0xDC | (random >> 18 & 3));
            octets[3] = (uint8_t)(random >> 24);
            size = 4;
        }
        if (alphabet == SMPP_ALPHABET_GSM && random % 7 == 0) {
            octets[0] = 0x1B;
            octets[1] &= 0x7F;
            size = 2;
        }
        result = smpp_text_decode(alphabet, octets, size, out, 4, &progress);
    } while (result != SMPP_TEXT_OK);
    return progress.written;
}

TEST(what_is_encoded_decodes_to_itself_and_was_measured_right)
{
    uint64_t seed = 23038;

    for (int round = 0; round < ROUNDS; round++) {
        enum smpp_alphabet alphabet = texts[next_random(&seed) % ROWS(texts)];
        size_t characters = next_random(&seed) % LONGEST;
        char text[4 * LONGEST], back[4 * LONGEST];
        uint8_t octets[4 * LONGEST * SMPP_TEXT_ENCODED_GROWTH];
        size_t size = 0;
        struct smpp_text_progress encoded, decoded;
        struct smpp_text_measure measure;

        for (size_t i = 0; i < characters; i++)
            size += random_character(alphabet, &seed, text + size);
        CHECK_EQ(smpp_text_encode(alphabet, text, size, octets, sizeof(octets), &encoded),
                 SMPP_TEXT_OK, "encode");
        CHECK_EQ(smpp_text_decode(alphabet, octets, encoded.written, back, sizeof(back),
                                  &decoded),
                 SMPP_TEXT_OK, "decode");
        CHECK_BYTES(back, decoded.written, text, size, "round trip");
        CHECK_EQ(smpp_text_measure(alphabet, text, size, 6, &measure), SMPP_TEXT_OK,
                 "measure");
        CHECK_EQ(measure.octets, encoded.written, "measure");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_data_coding_names_its_alphabet_and_class),
        RUN(message_waiting_is_three_groups),
        RUN(each_language_has_the_letters_of_annex_a),
        RUN(a_code_the_language_does_not_have_shows_the_locking_table),
        RUN(a_language_changes_as_many_codes_as_its_table_says),
        RUN(language_elements_are_counted_in_each_part),
        RUN(an_alphabet_is_found_by_its_name_and_its_data_coding),
        RUN(each_pair_of_octets_and_text_converts_both_ways),
        RUN(what_means_nothing_is_shown_and_counted),
        RUN(encoding_says_which_character_stopped_it),
        RUN(decoding_without_room_gives_the_characters_that_fit),
        RUN(binary_is_never_decoded),
        RUN(utf8_is_what_rfc_3629_says),
        RUN(parts_are_counted_by_the_standard_rules),
        RUN(measuring_what_does_not_fit_changes_nothing),
        RUN(one_character_outside_gsm_takes_the_whole_text_to_ucs2),
        RUN(the_capacity_beside_a_header_is_that_of_23_040),
        RUN(every_code_of_the_gsm_alphabet_is_icus),
        RUN(every_octet_of_the_iso_alphabets_is_icus),
        RUN(no_output_passes_its_room_whatever_the_input),
        RUN(what_is_encoded_decodes_to_itself_and_was_measured_right),
    };

    return RUN_ALL(tests);
}
