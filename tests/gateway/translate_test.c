/* How texts are counted and cut for the links. */
#include "gateway/translate.h"

#include <stdlib.h>

#include "tests/gateway/translate_bodies.h"
#include "tests/test.h"

static const struct {
    const char *row;
    const char *unit; /* repeated `times` */
    unsigned times;
    uint8_t from_api;
    uint8_t data_coding;
    enum config_split split;
    uint16_t segments; /* 0: refused */
    uint16_t parts;
} counts[] = {
    {"nothing",                           "",                 1,             1, 0, CONFIG_UDH8,    1,   1  },
    {"one short message",                 "a",                160,           1, 0, CONFIG_UDH8,    1,   1  },
    {"one septet more",                   "a",                161,           1, 0, CONFIG_UDH8,    2,   2  },
    {"two full parts",                    "a",                306,           1, 0, CONFIG_UDH8,    2,   2  },
    {"and one more",                      "a",                307,           1, 0, CONFIG_UDH8,    3,   3  },
    {"the longer header",                 "a",                305,           1, 0, CONFIG_UDH16,   3,   3  },
    {"in parameters",                     "a",                306,           1, 0, CONFIG_SAR,     2,   2  },
    {"whole, counted all the same",       "a",                307,           1, 0, CONFIG_PAYLOAD, 1,   3  },
    {"an escape takes two septets",       "\xE2\x82\xAC",     81,            1, 0, CONFIG_UDH8,    2,   2  },
    {"Cyrillic",                          "\xD0\x96",         70,            1, 0, CONFIG_UDH8,    1,   1  },
    {"Cyrillic, one more",                "\xD0\x96",         71,            1, 0, CONFIG_UDH8,    2,   2  },
    {"surrogate pairs are not cut",       "\xF0\x9F\x98\x80", 67,            1, 0, CONFIG_UDH8,    3,   3  },
    {"as long as can be",                 "a",                255 * 153,     1, 0, CONFIG_UDH8,    255, 255},
    {"longer",                            "a",                255 * 153 + 1, 1, 0, CONFIG_UDH8,    0,   0  },
    {"submitted short",                   "a",                160,           0, 0, CONFIG_UDH8,    1,   1  },
    {"submitted long",                    "a",                161,           0, 0, CONFIG_UDH8,    2,   2  },
    {"IA5 is of seven bits",              "a",                160,           0, 1, CONFIG_UDH8,    1,   1  },
    {"one character of IA5 more",         "a",                161,           0, 1, CONFIG_UDH8,    2,   2  },
    {"binary goes whole, and is counted", "a",                280,           0, 4, CONFIG_UDH8,    1,   3  },
};

TEST(segments_and_parts_are_counted_as_they_will_be_sent)
{
    static char text[65536];

    for (size_t i = 0; i < ROWS(counts); i++) {
        size_t unit = strlen(counts[i].unit);
        uint16_t segments = 0;
        uint16_t parts = 0;
        struct body *body;
        bool ok;

        for (unsigned n = 0; n < counts[i].times; n++)
            memcpy(text + n * unit, counts[i].unit, unit);
        body = body_new(text, unit * counts[i].times);
        body->from_api = counts[i].from_api;
        body->data_coding = counts[i].data_coding;
        const struct translate_form form = {SMPP_ALPHABET_GSM, counts[i].split, 0};

        ok = translate_count(body, SMPP_ALPHABET_GSM, &form, false, &segments, &parts);
        CHECK_EQ(ok, counts[i].segments != 0, counts[i].row);
        if (ok) {
            CHECK_EQ(segments, counts[i].segments, counts[i].row);
            CHECK_EQ(parts, counts[i].parts, counts[i].row);
        }
        free(body);
    }
}

/* Texts that are written anew for the links: in which alphabet, and how many parts. */
TEST(a_text_is_written_in_the_alphabet_that_takes_the_fewest_parts)
{
    enum { TURKISH = 1 << 1, SPANISH = 1 << 2, PORTUGUESE = 1 << 3 };
    static const struct {
        const char *row;
        const char *unit;
        unsigned times;
        enum smpp_alphabet link;
        enum config_split split;
        uint8_t languages;
        uint16_t parts;
        uint8_t data_coding; /* of the first segment */
        const char *header;  /* its first octets, in hex */
    } rows[] = {
        {"GSM is GSM",                                  "ñ",                 160, SMPP_ALPHABET_GSM,     CONFIG_UDH8,    TURKISH,    1, 0, ""        },
        {"no table: UCS-2",                             "ş",                 70,  SMPP_ALPHABET_GSM,     CONFIG_UDH8,    0,          1, 8, ""        },
        {"no part saved: UCS-2",                        "ş",                 70,  SMPP_ALPHABET_GSM,     CONFIG_UDH8,    TURKISH,    1, 8,
         ""                                                                                                                                           },
        {"a single shift saves one",                    "ş",                 71,  SMPP_ALPHABET_GSM,     CONFIG_UDH8,    TURKISH,    1, 0,
         "03240101"                                                                                                                                   },
        {"155 of them",                                 "ş",                 155, SMPP_ALPHABET_GSM,     CONFIG_UDH8,    TURKISH,    1, 0,
         "03250101"                                                                                                                                   },
        {"156 are two parts",                           "ş",                 156, SMPP_ALPHABET_GSM,     CONFIG_UDH8,    TURKISH,    2, 0,
         "080003"                                                                                                                                     },
        {"149 in each",                                 "ş",                 298, SMPP_ALPHABET_GSM,     CONFIG_UDH8,    TURKISH,    2, 0, "080003"  },
        {"and one more",                                "ş",                 299, SMPP_ALPHABET_GSM,     CONFIG_UDH8,    TURKISH,    3, 0, "080003"  },
        {"148 beside a long header",                    "ş",                 297, SMPP_ALPHABET_GSM,     CONFIG_UDH16,   TURKISH,    3,
         0,                                                                                                                                 "090804"  },
        {"a few behind escapes",                        "aaaaaaaaá",         15,  SMPP_ALPHABET_GSM,     CONFIG_UDH8,    SPANISH,
         1,                                                                                                                              0, "03240102"},
        {"the language is not the operator's",          "aaaaaaaaá",         15,  SMPP_ALPHABET_GSM,
         CONFIG_UDH8,                                                                                                     TURKISH,    3, 8, "050003"  },
        {"one letter only a locking shift makes cheap", "ãõ",               70,  SMPP_ALPHABET_GSM,
         CONFIG_UDH8,                                                                                                     PORTUGUESE, 1, 0, "03250103"},
        {"both shifts",                                 "ããããããããΦ", 15,  SMPP_ALPHABET_GSM,     CONFIG_UDH8,    PORTUGUESE, 1, 0,
         "06240103250103"                                                                                                                             },
        {"no header beside parameters",                 "ş",                 71,  SMPP_ALPHABET_GSM,     CONFIG_SAR,     TURKISH,    2,
         8,                                                                                                                                 ""        },
        {"nor in a payload",                            "ş",                 71,  SMPP_ALPHABET_GSM,     CONFIG_PAYLOAD, TURKISH,    2, 8, ""        },
        {"for Latin-1: as long as GSM",                 "ä",                 160, SMPP_ALPHABET_LATIN_1, CONFIG_UDH8,    0,          1,
         0,                                                                                                                                 ""        },
        {"for Latin-1: in parts as GSM",                "ä",                 306, SMPP_ALPHABET_LATIN_1, CONFIG_UDH8,    0,          2,
         0,                                                                                                                                 "050003"  },
        {"what GSM lacks: as octets",                   "á",                 141, SMPP_ALPHABET_LATIN_1, CONFIG_UDH8,    0,          2, 0,
         "050003"                                                                                                                                     },
        {"what Latin-1 lacks",                          "€",                71,  SMPP_ALPHABET_LATIN_1, CONFIG_UDH8,    0,          2, 8,
         "050003"                                                                                                                                     },
        {"for ASCII",                                   "a",                  160, SMPP_ALPHABET_ASCII,   CONFIG_UDH8,    0,          1, 0, ""        },
        {"what ASCII lacks",                            "ä",                 71,  SMPP_ALPHABET_ASCII,   CONFIG_UDH8,    0,          2, 8, "050003"  },
    };
    static char text[2000];

    for (size_t i = 0; i < ROWS(rows); i++) {
        static uint8_t scratch[TRANSLATE_SEGMENT_MAX];
        const struct translate_form form = {rows[i].link, rows[i].split, rows[i].languages};
        size_t unit = strlen(rows[i].unit);
        struct translated segment;
        struct live live;
        uint16_t parts;
        char header[2 * SMPP_HEADER_MAX_SIZE + 1] = "";

        for (unsigned n = 0; n < rows[i].times; n++)
            memcpy(text + n * unit, rows[i].unit, unit);
        struct body *body = body_new(text, unit * rows[i].times);

        body->from_api = 1;
        live_of(&live, &body, 1);
        CHECK(translate_count(body, SMPP_ALPHABET_GSM, &form, false, &live.message.segments,
                              &parts),
              rows[i].row);
        CHECK_EQ(parts, rows[i].parts, rows[i].row);
        CHECK(translate_segment(&live, 1, SMPP_ALPHABET_GSM, &form, rows[i].link, scratch,
                                &segment),
              rows[i].row);
        CHECK_EQ(segment.data_coding, rows[i].data_coding, rows[i].row);
        for (size_t n = 0; n < segment.header_size && n < strlen(rows[i].header) / 2; n++)
            snprintf(header + 2 * n, 3, "%02x", segment.octets[n]);
        CHECK_STR(header, rows[i].header, rows[i].row);
        CHECK_EQ((segment.esm_class & SMPP_ESM_CLASS_UDHI) != 0, segment.header_size > 0,
                 rows[i].row);
        if (rows[i].split != CONFIG_PAYLOAD)
            CHECK(segment.octet_count <= 160, rows[i].row);
        free(body);
    }
}

/* A long text under data_coding 0, where the account and the link mean two alphabets. */
TEST(a_long_text_is_cut_in_the_alphabet_of_the_link)
{
    static const struct {
        const char *row;
        enum smpp_alphabet from;
        enum smpp_alphabet to;
        enum config_split split;
        const char *unit; /* as the account encodes it */
        unsigned times;
        uint16_t segments;
        uint8_t data_coding;
        const char *said; /* a character of it, as the link encodes it */
    } rows[] = {
        {"Latin-1 to GSM",                SMPP_ALPHABET_LATIN_1, SMPP_ALPHABET_GSM,     CONFIG_UDH8,    "\xE9",
         306,                                                                                                        2, 0, "\x05"    },
        {"Latin-1 to GSM, in parameters", SMPP_ALPHABET_LATIN_1, SMPP_ALPHABET_GSM,
         CONFIG_SAR,                                                                                    "\xE9", 307, 3, 0, "\x05"    },
        {"Latin-1 to GSM, long header",   SMPP_ALPHABET_LATIN_1, SMPP_ALPHABET_GSM,
         CONFIG_UDH16,                                                                                  "\xE9", 304, 2, 0, "\x05"    },
        {"Latin-1 to GSM, whole",         SMPP_ALPHABET_LATIN_1, SMPP_ALPHABET_GSM,     CONFIG_PAYLOAD,
         "\xE9",                                                                                                306, 1, 0, "\x05"    },
        {"Latin-1 that GSM lacks",        SMPP_ALPHABET_LATIN_1, SMPP_ALPHABET_GSM,     CONFIG_UDH8,
         "\xE1",                                                                                                134, 2, 8, "\x00\xE1"},
        {"GSM to Latin-1",                SMPP_ALPHABET_GSM,     SMPP_ALPHABET_LATIN_1, CONFIG_UDH8,    "\x05",
         306,                                                                                                        2, 0, "\xE9"    },
        {"GSM to Latin-1, whole",         SMPP_ALPHABET_GSM,     SMPP_ALPHABET_LATIN_1, CONFIG_PAYLOAD,
         "\x05",                                                                                                306, 1, 0, "\xE9"    },
        {"GSM that Latin-1 lacks",        SMPP_ALPHABET_GSM,     SMPP_ALPHABET_LATIN_1, CONFIG_UDH8,
         "\x10",                                                                                                161, 3, 8, "\x03\x94"},
        {"ASCII to GSM",                  SMPP_ALPHABET_ASCII,   SMPP_ALPHABET_GSM,     CONFIG_UDH8,    "@",    306, 2,
         0,                                                                                                                "\x00"    },
        {"GSM to ASCII",                  SMPP_ALPHABET_GSM,     SMPP_ALPHABET_ASCII,   CONFIG_UDH8,    "\x02", 306,
         2,                                                                                                             0, "$"       },
    };
    static char text[400];

    for (size_t i = 0; i < ROWS(rows); i++) {
        static uint8_t scratch[TRANSLATE_SEGMENT_MAX];
        const struct translate_form form = {rows[i].to, rows[i].split, 0};
        size_t said = rows[i].to == SMPP_ALPHABET_GSM && rows[i].said[0] == 0 &&
                              rows[i].data_coding == 0
                          ? 1
                          : (rows[i].data_coding == 8 ? 2 : strlen(rows[i].said));
        struct live live;
        uint16_t parts;
        size_t told = 0;

        for (unsigned n = 0; n < rows[i].times; n++)
            text[n] = rows[i].unit[0];
        struct body *body = body_new(text, rows[i].times);

        live_of(&live, &body, 1);
        CHECK(translate_count(body, rows[i].from, &form, false, &live.message.segments,
                              &parts),
              rows[i].row);
        CHECK_EQ(live.message.segments, rows[i].segments, rows[i].row);
        for (uint16_t number = 1; number <= live.message.segments; number++) {
            struct translated segment;

            CHECK(translate_segment(&live, number, rows[i].from, &form, rows[i].to, scratch,
                                    &segment),
                  rows[i].row);
            CHECK_EQ(segment.data_coding, rows[i].data_coding, rows[i].row);
            for (size_t at = segment.header_size; at < segment.octet_count; at += said) {
                CHECK_BYTES(segment.octets + at, said, rows[i].said, said, rows[i].row);
                told++;
            }
        }
        CHECK_EQ(told, rows[i].times, rows[i].row);
        free(body);
    }
}

/* The parts of a client, whose header stays: only their text is written anew. */
TEST(the_parts_of_a_client_are_recoded_behind_their_headers)
{
    static const struct {
        const char *row;
        enum smpp_alphabet from;
        enum smpp_alphabet to;
        const char *unit;
        size_t size;
        uint8_t data_coding;
        const char *said;
    } rows[] = {
        {"Latin-1 to GSM",                    SMPP_ALPHABET_LATIN_1, SMPP_ALPHABET_GSM,     "\xE9", 134, 0,
         "\x05"                                                                                                   },
        {"GSM to Latin-1, all of it",         SMPP_ALPHABET_GSM,     SMPP_ALPHABET_LATIN_1, "\x05", 153,
         0,                                                                                                 "\xE9"},
        {"no letter there: UCS-2",            SMPP_ALPHABET_LATIN_1, SMPP_ALPHABET_GSM,     "\xE1", 67,  8,
         NULL                                                                                                     },
        {"no room in UCS-2: by its own name", SMPP_ALPHABET_LATIN_1, SMPP_ALPHABET_GSM,
         "\xE1",                                                                                    134, 3, "\xE1"},
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        static uint8_t scratch[TRANSLATE_SEGMENT_MAX];
        const struct translate_form form = {rows[i].to, CONFIG_UDH8, 0};
        uint8_t octets[160] = {5, 0, 3, 7, 2, 1};
        struct translated segment;
        struct live live;
        uint16_t parts;

        memset(octets + 6, (uint8_t)rows[i].unit[0], rows[i].size);
        struct body *body = body_new(octets, 6 + rows[i].size);

        body->esm_class = SMPP_ESM_CLASS_UDHI;
        body->header_size = 6;
        live_of(&live, &body, 1);
        CHECK(translate_count(body, rows[i].from, &form, false, &live.message.segments,
                              &parts),
              rows[i].row);
        CHECK_EQ(parts, 1, rows[i].row);
        CHECK(
            translate_segment(&live, 1, rows[i].from, &form, rows[i].to, scratch, &segment),
            rows[i].row);
        CHECK_EQ(segment.data_coding, rows[i].data_coding, rows[i].row);
        CHECK_BYTES(segment.octets, 6, octets, 6, rows[i].row);
        CHECK_EQ(segment.octet_count, 6 + rows[i].size * (rows[i].data_coding == 8 ? 2 : 1),
                 rows[i].row);
        for (size_t at = 6; rows[i].said && at < segment.octet_count; at++)
            CHECK_EQ(segment.octets[at], (uint8_t)rows[i].said[0], rows[i].row);
        free(body);
    }
}

/* What parameters tell has no place beside a header of ours, nor can a part be cut again:
 * its text is written anew only where it stays one short message. */
TEST(the_parts_that_parameters_tell_stay_parts)
{
    static const struct {
        const char *row;
        const char *unit;
        size_t size;
        uint8_t data_coding;
        size_t octets;
    } rows[] = {
        {"Latin-1 to GSM",                    "\xE9", 134, 0, 134},
        {"no letter there: UCS-2",            "\xE1", 67,  8, 134},
        {"no room in UCS-2: by its own name", "\xE1", 68,  3, 68 },
        {"as long as a part can be",          "\xE1", 134, 3, 134},
        {"two septets for each: no room",     "^",    77,  3, 77 },
    };
    static const uint8_t sar[] = {0x02, 0x0C, 0, 2,    0,    7, 0x02, 0x0E,
                                  0,    1,    2, 0x02, 0x0F, 0, 1,    1};
    static const uint8_t languages[] = {0, 1 << SMPP_LANGUAGE_SPANISH};

    for (size_t i = 0; i < 2 * ROWS(rows); i++) {
        static uint8_t scratch[TRANSLATE_SEGMENT_MAX];
        const struct translate_form form = {SMPP_ALPHABET_GSM, CONFIG_UDH8,
                                            languages[i % 2]};
        const char *row = rows[i / 2].row;
        size_t size = rows[i / 2].size;
        struct body *body = calloc(1, body_size(134, sizeof(sar)));
        struct translated segment;
        struct live live;
        uint16_t parts;

        body->number = 1;
        body->text_size = (uint32_t)size;
        body->tlv_size = sizeof(sar);
        memset(body->bytes, (uint8_t)rows[i / 2].unit[0], size);
        memcpy(body->bytes + size, sar, sizeof(sar));
        live_of(&live, &body, 1);
        CHECK(translate_count(body, SMPP_ALPHABET_LATIN_1, &form, false,
                              &live.message.segments, &parts),
              row);
        CHECK_EQ(parts, 1, row);
        CHECK(translate_segment(&live, 1, SMPP_ALPHABET_LATIN_1, &form, SMPP_ALPHABET_GSM,
                                scratch, &segment),
              row);
        CHECK_EQ(segment.esm_class, 0, row);
        CHECK(!segment.has_sar, "as it came");
        CHECK_EQ(segment.data_coding, rows[i / 2].data_coding, row);
        CHECK_EQ(segment.octet_count, rows[i / 2].octets, row);
        free(body);
    }
}

TEST(ports_of_parameters_stand_beside_no_header_of_national_tables)
{
    static uint8_t scratch[TRANSLATE_SEGMENT_MAX];
    static const uint8_t ports[] = {0x02, 0x0B, 0, 2, 0x15, 0xB3};
    const struct translate_form form = {SMPP_ALPHABET_GSM, CONFIG_UDH8,
                                        1 << SMPP_LANGUAGE_SPANISH};
    enum { SIZE = 71 };
    struct body *body = calloc(1, body_size(SIZE, sizeof(ports)));
    struct translated segment;
    struct live live;
    uint16_t parts;

    body->number = 1;
    body->text_size = SIZE;
    body->tlv_size = sizeof(ports);
    memset(body->bytes, 0xE1, SIZE);
    memcpy(body->bytes + SIZE, ports, sizeof(ports));
    live_of(&live, &body, 1);
    CHECK(translate_count(body, SMPP_ALPHABET_LATIN_1, &form, false, &live.message.segments,
                          &parts),
          "counted");
    for (uint16_t number = 1; number <= parts; number++) {
        struct smpp_header header = {0};

        CHECK(translate_segment(&live, number, SMPP_ALPHABET_LATIN_1, &form,
                                SMPP_ALPHABET_GSM, scratch, &segment),
              "a segment");
        if (segment.esm_class & SMPP_ESM_CLASS_UDHI)
            CHECK(smpp_header_read(
                      (struct smpp_octets){segment.octets, (uint32_t)segment.octet_count},
                      &header) &&
                      header.has_ports && header.ports.destination == 0x15B3,
                  "the header tells the ports");
    }
    free(body);
}

TEST(another_link_of_the_plan_gets_the_same_segments_in_its_own_alphabet)
{
    static uint8_t scratch[TRANSLATE_SEGMENT_MAX];
    char text[306];
    struct translated segment;
    struct live live;
    uint16_t parts;

    memset(text, 0x05, sizeof(text));
    struct body *body = body_new(text, sizeof(text));

    live_of(&live, &body, 1);
    CHECK(translate_count(body, SMPP_ALPHABET_GSM, &plain_form, false,
                          &live.message.segments, &parts),
          "two parts");
    CHECK(translate_segment(&live, 2, SMPP_ALPHABET_GSM, &plain_form, SMPP_ALPHABET_LATIN_1,
                            scratch, &segment),
          "over the link that takes Latin-1");
    CHECK_EQ(segment.octet_count, 6 + 153, "as long");
    CHECK_EQ(segment.octets[6], 0xE9, "in Latin-1");
    free(body);
}

TEST(cyrillic_in_latin_is_counted_and_cut_as_it_is_sent)
{
    static uint8_t scratch[TRANSLATE_SEGMENT_MAX];
    static const struct {
        const char *row;
        const char *unit;
        unsigned times;
        uint8_t data_coding; /* 0xFF: from the API */
        bool cheaper;
        uint16_t parts; /* in Latin letters */
    } rows[] = {
        {"one part saves nothing",   "ы",       70,  0xFF, false, 1},
        {"two become one",           "ы",       71,  0xFF, true,  1},
        {"160 still one",            "ы",       160, 0xFF, true,  1},
        {"161: three become two",    "ы",       161, 0xFF, true,  2},
        {"as many parts either way", "щ",       71,  0xFF, false, 2},
        {"a face cannot be written", "ы😀",   71,  0xFF, false, 0},
        {"nothing to transliterate", "á",       71,  0xFF, false, 0},
        {"submitted in UCS-2",       "\x04\x4B", 71,  8,    true,  1},
        {"flash stays as it is",     "\x04\x4B", 71,  0x18, false, 0},
        {"submitted in ISO-8859-5",  "\xEB",     150, 6,    true,  1},
    };
    static char text[1000];

    for (size_t i = 0; i < ROWS(rows); i++) {
        size_t unit = rows[i].data_coding == 8 || rows[i].data_coding == 0x18
                          ? 2
                          : strlen(rows[i].unit);
        uint16_t segments;
        uint16_t parts = 0;

        for (unsigned n = 0; n < rows[i].times; n++)
            memcpy(text + n * unit, rows[i].unit, unit);
        struct body *body = body_new(text, unit * rows[i].times);

        body->from_api = rows[i].data_coding == 0xFF;
        body->data_coding = rows[i].data_coding == 0xFF ? 0 : rows[i].data_coding;
        CHECK_EQ(translate_is_cheaper_in_latin(body, SMPP_ALPHABET_GSM, &plain_form),
                 rows[i].cheaper, rows[i].row);
        if (rows[i].parts > 0) {
            CHECK(translate_count(body, SMPP_ALPHABET_GSM, &plain_form, true, &segments,
                                  &parts),
                  rows[i].row);
            CHECK_EQ(parts, rows[i].parts, rows[i].row);
        }
        if (rows[i].cheaper) {
            struct translated segment;
            struct live live;

            live_of(&live, &body, 1);
            live.message.segments = segments;
            live.message.flags = MESSAGE_TRANSLITERATED;
            CHECK(translate_segment(&live, 1, SMPP_ALPHABET_GSM, &plain_form,
                                    SMPP_ALPHABET_GSM, scratch, &segment),
                  rows[i].row);
            CHECK_EQ(segment.data_coding, 0, rows[i].row);
            CHECK_EQ(segment.octets[segment.octet_count - 1], 'y', rows[i].row);
        }
        free(body);
    }
}

TEST(what_has_a_header_must_fit_one_short_message)
{
    uint8_t octets[200] = {5, 0, 3, 7, 2, 1};
    uint16_t segments;
    uint16_t parts;

    for (size_t size = 158; size <= 161; size++) {
        struct body *body = body_new(octets, size);

        body->esm_class = SMPP_ESM_CLASS_UDHI;
        body->header_size = 6;
        CHECK_EQ(
            translate_count(body, SMPP_ALPHABET_GSM, &plain_form, false, &segments, &parts),
            size <= 6 + 153, "153 septets beside the header");
        free(body);
    }
}

TEST(a_header_that_runs_past_its_text_is_refused)
{
    static const struct {
        const char *row;
        uint8_t octets[8];
        size_t size;
        uint8_t data_coding;
    } rows[] = {
        {"longer than the text",  {8, 0, 3, 7, 2, 1, 'a', 'b'}, 8, 0},
        {"the same, in binary",   {8, 0, 3, 7, 2, 1, 'a', 'b'}, 8, 4},
        {"an element that is so", {5, 0, 9, 7, 2, 1, 'a', 'b'}, 8, 0},
        {"nothing, not a header", {0},                          0, 0},
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct body *body = body_new(rows[i].octets, rows[i].size);
        uint16_t segments, parts;

        body->esm_class = SMPP_ESM_CLASS_UDHI;
        body->data_coding = rows[i].data_coding;
        CHECK(!translate_count(body, SMPP_ALPHABET_GSM, &plain_form, false, &segments,
                               &parts),
              rows[i].row);
        free(body);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_text_is_written_in_the_alphabet_that_takes_the_fewest_parts),
        RUN(a_long_text_is_cut_in_the_alphabet_of_the_link),
        RUN(the_parts_of_a_client_are_recoded_behind_their_headers),
        RUN(the_parts_that_parameters_tell_stay_parts),
        RUN(ports_of_parameters_stand_beside_no_header_of_national_tables),
        RUN(another_link_of_the_plan_gets_the_same_segments_in_its_own_alphabet),
        RUN(cyrillic_in_latin_is_counted_and_cut_as_it_is_sent),
        RUN(segments_and_parts_are_counted_as_they_will_be_sent),
        RUN(what_has_a_header_must_fit_one_short_message),
        RUN(a_header_that_runs_past_its_text_is_refused),
    };

    return RUN_ALL(tests);
}
