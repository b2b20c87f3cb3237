/* From what was submitted to what links and messengers carry. */
#include "gateway/translate.h"

#include <stdlib.h>

#include "tests/test.h"

static const struct translate_form plain_form = {SMPP_ALPHABET_GSM, CONFIG_UDH8, 0};

/* A message by hand: bodies, and nothing else of a gateway. */
static struct body *body_new(const void *text, size_t size)
{
    struct body *body = calloc(1, body_size((uint32_t)size, 0));

    body->text_size = (uint32_t)size;
    body->number = 1;
    if (size > 0)
        memcpy(body->bytes, text, size);
    return body;
}

static void live_of(struct live *live, struct body **bodies, uint16_t count)
{
    memset(live, 0, sizeof(*live));
    live->bodies = bodies;
    live->body_count = count;
    live->message.id = 0x123456789ABCDEFu;
    live->message.segments = 1;
}

/* --- what is text ------------------------------------------------------------------- */

static const uint8_t concatenated[] = {5, 0, 3, 7, 2, 1, 'a'};
static const uint8_t with_ports[] = {6, 5, 4, 0x0B, 0x84, 0x23, 0xF0, 'a'};
static const uint8_t in_turkish[] = {3, 0x25, 1, 1, 'a'};
static const uint8_t a_part_in_turkish[] = {8, 0, 3, 7, 2, 1, 0x24, 1, 1, 'a'};
static const uint8_t broken_header[] = {200, 0, 3, 'a'};

static const struct {
    const char *row;
    uint8_t data_coding;
    uint8_t protocol_id;
    uint8_t esm_class;
    uint8_t from_api;
    const void *octets;
    size_t size;
    bool is_text;
} texts[] = {
    {"the default alphabet",            0,    0,    0,    0, "a",               1,                     true },
    {"Latin-1",                         3,    0,    0,    0, "a",               1,                     true },
    {"UCS-2",                           8,    0,    0,    0, "\0a",             2,                     true },
    {"binary",                          4,    0,    0,    0, "a",               1,                     false},
    {"class 0: flash",                  0x10, 0,    0,    0, "a",               1,                     false},
    {"class 1",                         0x11, 0,    0,    0, "a",               1,                     true },
    {"a protocol id",                   0,    0x41, 0,    0, "a",               1,                     false},
    {"a part of a long message",        0,    0,    0x40, 0, concatenated,      sizeof(concatenated),  true },
    {"in a national language",          0,    0,    0x40, 0, in_turkish,        sizeof(in_turkish),    true },
    {"a part in a national language",   0,    0,    0x40, 0, a_part_in_turkish,
     sizeof(a_part_in_turkish),                                                                        true },
    {"class 0 UCS-2",                   0x18, 0,    0,    0, "\0a",             2,                     false},
    {"class 0, to be deleted",          0x50, 0,    0,    0, "a",               1,                     false},
    {"to be deleted after reading",     0x40, 0,    0,    0, "a",               1,                     true },
    {"compressed",                      0x20, 0,    0,    0, "a",               1,                     false},
    {"message waiting",                 0xC8, 0,    0,    0, "a",               1,                     false},
    {"message waiting, UCS-2",          0xE0, 0,    0,    0, "\0a",             2,                     false},
    {"a reserved group",                0x80, 0,    0,    0, "a",               1,                     false},
    {"to an application's port",        0,    0,    0x40, 0, with_ports,        sizeof(with_ports),    false},
    {"a header that runs past the end", 0,    0,    0x40, 0, broken_header,     sizeof(broken_header),
     false                                                                                                  },
    {"nothing at all",                  0,    0,    0,    0, "",                0,                     true },
    {"from the interface, always",      4,    1,    0x40, 1, "a",               1,                     true },
};

TEST(only_what_is_surely_text_is_text)
{
    for (size_t i = 0; i < ROWS(texts); i++) {
        struct body *body = body_new(texts[i].octets, texts[i].size);

        body->data_coding = texts[i].data_coding;
        body->protocol_id = texts[i].protocol_id;
        body->esm_class = texts[i].esm_class;
        body->from_api = texts[i].from_api;
        CHECK_EQ(translate_is_text(body, SMPP_ALPHABET_GSM), texts[i].is_text,
                 texts[i].row);
        free(body);
    }
}

/* A body with one TLV behind its text, as the wire has it. */
static struct body *body_with_tlv(uint16_t tag, const void *value, uint16_t size)
{
    struct body *body = calloc(1, body_size(1, 4u + size));
    const uint8_t head[] = {(uint8_t)(tag >> 8), (uint8_t)tag, (uint8_t)(size >> 8),
                            (uint8_t)size};

    body->text_size = 1;
    body->tlv_size = 4u + size;
    body->number = 1;
    body->bytes[0] = 'a';
    memcpy(body->bytes + 1, head, sizeof(head));
    memcpy(body->bytes + 5, value, size);
    return body;
}

TEST(a_parameter_may_send_it_elsewhere_than_to_the_person)
{
    static const struct {
        const char *row;
        uint16_t tag;
        const char *value;
        uint16_t size;
        bool is_text;
        bool is_flash;
    } rows[] = {
        {"user_message_reference",  0x0204, "\0\1",     2, true,  false},
        {"language_indicator",      0x020D, "\1",       1, true,  false},
        {"source_port",             0x020A, "\x0B\x84", 2, false, false},
        {"destination_port",        0x020B, "\x0B\x84", 2, false, false},
        {"payload_type of its own", 0x0019, "\0",       1, true,  false},
        {"payload_type WCMP",       0x0019, "\1",       1, false, false},
        {"any unit of the handset", 0x0005, "\0",       1, true,  false},
        {"the display: flash",      0x0005, "\1",       1, false, true },
        {"the card",                0x0005, "\3",       1, false, false},
        {"an indicator of waiting", 0x0030, "\x80",     1, false, false},
        {"a USSD operation",        0x0501, "\1",       1, false, false},
        {"an ITS session",          0x1383, "\0\0",     2, false, false},
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct body *body = body_with_tlv(rows[i].tag, rows[i].value, rows[i].size);

        CHECK_EQ(translate_is_text(body, SMPP_ALPHABET_GSM), rows[i].is_text, rows[i].row);
        CHECK_EQ(translate_is_flash(body, SMPP_ALPHABET_GSM), rows[i].is_flash,
                 rows[i].row);
        free(body);
    }
}

TEST(flash_is_text_but_for_its_class)
{
    static const struct {
        const char *row;
        uint8_t data_coding;
        uint8_t protocol_id;
        bool is_flash;
    } rows[] = {
        {"no class",        0x00, 0,    false},
        {"class 0",         0x10, 0,    true },
        {"class 0 of 0xF0", 0xF0, 0,    true },
        {"class 1",         0xF1, 0,    false},
        {"class 0 octets",  0x14, 0,    false},
        {"a protocol id",   0x10, 0x41, false},
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct body *body = body_new("ab", 2);

        body->data_coding = rows[i].data_coding;
        body->protocol_id = rows[i].protocol_id;
        CHECK_EQ(translate_is_flash(body, SMPP_ALPHABET_GSM), rows[i].is_flash,
                 rows[i].row);
        free(body);
    }
}

/* --- counting ----------------------------------------------------------------------- */

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

/* --- segments ----------------------------------------------------------------------- */

/* The text of all segments, without their headers; checks what each says of itself. */
static size_t collect_segments(struct live *live, enum config_split split, uint8_t *out)
{
    static uint8_t scratch[TRANSLATE_SEGMENT_MAX];
    size_t used = 0;
    uint16_t reference = 0;

    for (uint16_t number = 1; number <= live->message.segments; number++) {
        struct translated segment;
        struct smpp_header header = {0};
        struct smpp_part part;

        CHECK(translate_segment(live, number, SMPP_ALPHABET_GSM,
                                &(struct translate_form){SMPP_ALPHABET_GSM, split, 0},
                                SMPP_ALPHABET_GSM, scratch, &segment),
              "a segment");
        if (split == CONFIG_SAR) {
            CHECK(segment.has_sar, "parameters");
            CHECK_EQ(segment.esm_class & SMPP_ESM_CLASS_UDHI, 0, "no header");
            part = segment.sar;
        } else {
            struct smpp_octets octets = {segment.octets, (uint32_t)segment.octet_count};

            CHECK(segment.esm_class & SMPP_ESM_CLASS_UDHI, "a header");
            CHECK(smpp_header_read(octets, &header) && header.is_part,
                  "a header that is read");
            part = header.part;
        }
        CHECK_EQ(part.total, live->message.segments, "total");
        CHECK_EQ(part.number, number, "number");
        if (number > 1)
            CHECK_EQ(part.reference, reference, "one reference for all");
        reference = part.reference;
        CHECK(segment.octet_count <= 160, "it fits");
        memcpy(out + used, segment.octets + header.size, segment.octet_count - header.size);
        used += segment.octet_count - header.size;
    }
    return used;
}

TEST(the_segments_together_are_the_text)
{
    static const enum config_split splits[] = {CONFIG_UDH8, CONFIG_UDH16, CONFIG_SAR};
    static const char *const units[] = {"abcdefg", "a\xE2\x82\xAC",
                                        "\xD0\x96\xF0\x9F\x98\x80"};
    static char text[4000];
    static uint8_t encoded[8000];
    static uint8_t together[8000];

    for (size_t s = 0; s < ROWS(splits); s++) {
        for (size_t u = 0; u < ROWS(units); u++) {
            struct smpp_text_progress progress;
            struct live live;
            size_t size = 0;
            uint16_t parts;

            while (size + 8 < 1500) {
                memcpy(text + size, units[u], strlen(units[u]));
                size += strlen(units[u]);
            }
            struct body *body = body_new(text, size);

            body->from_api = 1;
            live_of(&live, &body, 1);
            CHECK(translate_count(body, SMPP_ALPHABET_GSM,
                                  &(struct translate_form){SMPP_ALPHABET_GSM, splits[s], 0},
                                  false, &live.message.segments, &parts),
                  units[u]);
            CHECK(live.message.segments > 3, units[u]);
            CHECK_EQ(smpp_text_encode(smpp_text_best_alphabet(text, size), text, size,
                                      encoded, sizeof(encoded), &progress),
                     SMPP_TEXT_OK, units[u]);
            size = collect_segments(&live, splits[s], together);
            CHECK_BYTES(together, size, encoded, progress.written, units[u]);
            free(body);
        }
    }
}

TEST(cut_otherwise_than_counted_nothing_is_sent)
{
    static uint8_t scratch[TRANSLATE_SEGMENT_MAX];
    char text[306];
    struct body *body;
    struct translated segment;
    struct live live;

    memset(text, 'a', sizeof(text));
    body = body_new(text, sizeof(text));
    body->from_api = 1;
    live_of(&live, &body, 1);
    live.message.segments = 2;
    CHECK(translate_segment(&live, 2, SMPP_ALPHABET_GSM, &plain_form, SMPP_ALPHABET_GSM,
                            scratch, &segment),
          "as counted");
    CHECK(!translate_segment(&live, 1, SMPP_ALPHABET_GSM,
                             &(struct translate_form){SMPP_ALPHABET_GSM, CONFIG_UDH16, 0},
                             SMPP_ALPHABET_GSM, scratch, &segment),
          "three parts with the longer header");
    CHECK(!translate_segment(&live, 3, SMPP_ALPHABET_GSM, &plain_form, SMPP_ALPHABET_GSM,
                             scratch, &segment),
          "there is no third");
    free(body);
}

TEST(a_short_message_goes_on_octet_for_octet)
{
    static uint8_t scratch[TRANSLATE_SEGMENT_MAX];
    static const uint8_t octets[] = {0x00, 0x1B, 0x65, 0x7F, 'x'};
    struct body *body = body_new(octets, sizeof(octets));
    struct translated segment;
    struct live live;

    body->data_coding = 0xF5;
    body->esm_class = 0x03;
    live_of(&live, &body, 1);
    CHECK(translate_segment(&live, 1, SMPP_ALPHABET_GSM, &plain_form, SMPP_ALPHABET_LATIN_1,
                            scratch, &segment),
          "short");
    CHECK_BYTES(segment.octets, segment.octet_count, octets, sizeof(octets), "octets");
    CHECK_EQ(segment.data_coding, 0xF5, "data_coding");
    CHECK_EQ(segment.esm_class, 0x03, "esm_class");
    CHECK(segment.body == body, "body");
    free(body);
}

static const struct {
    const char *row;
    const char *text; /* as the account means it */
    enum smpp_alphabet from;
    enum smpp_alphabet to;
    uint8_t data_coding;
    const char *octets;
    size_t size;
} recodings[] = {
    {"the same to both",                "\xE9", SMPP_ALPHABET_LATIN_1, SMPP_ALPHABET_LATIN_1, 0, "\xE9",
     1                                                                                                    },
    {"Latin-1 to GSM",                  "\xE9", SMPP_ALPHABET_LATIN_1, SMPP_ALPHABET_GSM,     0, "\x05", 1},
    {"GSM to Latin-1",                  "\x05", SMPP_ALPHABET_GSM,     SMPP_ALPHABET_LATIN_1, 0, "\xE9", 1},
    {"GSM to ASCII, as far as it goes", "ab",   SMPP_ALPHABET_GSM,     SMPP_ALPHABET_ASCII,   0,
     "ab",                                                                                               2},
    {"no character there: UCS-2",       "\x05", SMPP_ALPHABET_GSM,     SMPP_ALPHABET_ASCII,   8,
     "\0\xE9",                                                                                           2},
};

TEST(what_zero_means_is_translated_between_account_and_link)
{
    static uint8_t scratch[TRANSLATE_SEGMENT_MAX];

    for (size_t i = 0; i < ROWS(recodings); i++) {
        struct body *body = body_new(recodings[i].text, strlen(recodings[i].text));
        struct translated segment;
        struct live live;

        live_of(&live, &body, 1);
        const struct translate_form form = {recodings[i].to, CONFIG_UDH8, 0};

        CHECK(translate_segment(&live, 1, recodings[i].from, &form, recodings[i].to,
                                scratch, &segment),
              recodings[i].row);
        CHECK_EQ(segment.data_coding, recodings[i].data_coding, recodings[i].row);
        CHECK_BYTES(segment.octets, segment.octet_count, recodings[i].octets,
                    recodings[i].size, recodings[i].row);
        free(body);
    }
}

/* --- parts that were collected ------------------------------------------------------ */

static struct body *part_new(uint8_t number, uint8_t total, const char *text)
{
    uint8_t octets[160] = {5, 0, 3, 7, total, number};
    struct body *body;

    memcpy(octets + 6, text, strlen(text));
    body = body_new(octets, 6 + strlen(text));
    body->esm_class = SMPP_ESM_CLASS_UDHI;
    body->header_size = 6;
    body->number = number;
    return body;
}

TEST(parts_are_put_in_order_whatever_came_first)
{
    struct body *bodies[] = {
        part_new(3, 5, "three "), part_new(1, 5, "one "), part_new(3, 5, "three "),
        part_new(5, 5, "five"),   part_new(2, 5, "two "),
    };
    char text[64];
    struct live live;

    live_of(&live, bodies, ROWS(bodies));
    live.message.flags = MESSAGE_COLLECTED;
    CHECK_EQ(translate_distinct_parts(&live), 4, "the fourth is missing");
    CHECK(translate_text(&live, SMPP_ALPHABET_GSM, text, sizeof(text)), "text");
    CHECK_STR(text, "one two three five", "text");
    CHECK(translate_segment_body(&live, 1) == bodies[1], "one");
    CHECK(translate_segment_body(&live, 2) == bodies[4], "two");
    CHECK(translate_segment_body(&live, 3) == bodies[0], "three: the first that came");
    CHECK(translate_segment_body(&live, 4) == bodies[3], "five goes as the fourth");
    CHECK_EQ(translate_body_segment(&live, bodies[1]), 1, "one");
    CHECK_EQ(translate_body_segment(&live, bodies[2]), 3, "the repeated part");
    CHECK_EQ(translate_body_segment(&live, bodies[3]), 4, "five");
    for (size_t i = 0; i < ROWS(bodies); i++)
        free(bodies[i]);
}

TEST(each_part_goes_with_its_own_header)
{
    static uint8_t scratch[TRANSLATE_SEGMENT_MAX];
    struct body *bodies[] = {part_new(2, 2, "two"), part_new(1, 2, "one")};
    struct translated segment;
    struct live live;

    live_of(&live, bodies, 2);
    live.message.flags = MESSAGE_COLLECTED;
    live.message.segments = 2;
    CHECK(translate_segment(&live, 1, SMPP_ALPHABET_GSM,
                            &(struct translate_form){SMPP_ALPHABET_GSM, CONFIG_SAR, 0},
                            SMPP_ALPHABET_GSM, scratch, &segment),
          "one");
    CHECK(segment.body == bodies[1], "one");
    CHECK_BYTES(segment.octets, segment.octet_count, bodies[1]->bytes, bodies[1]->text_size,
                "one");
    CHECK(!segment.has_sar, "as it came");
    free(bodies[0]);
    free(bodies[1]);
}

TEST(parts_told_by_parameters_alone_go_one_by_one)
{
    static uint8_t scratch[TRANSLATE_SEGMENT_MAX];
    struct body *bodies[] = {body_new("one", 3), body_new("two", 3)};
    struct translated segment;
    struct live live;

    bodies[1]->number = 2;
    live_of(&live, bodies, 2);
    live.message.flags = MESSAGE_COLLECTED;
    live.message.segments = 2;
    for (uint16_t number = 1; number <= 2; number++) {
        CHECK(translate_segment(&live, number, SMPP_ALPHABET_GSM, &plain_form,
                                SMPP_ALPHABET_GSM, scratch, &segment),
              "a segment");
        CHECK_BYTES(segment.octets, segment.octet_count, bodies[number - 1]->bytes, 3,
                    "as it came");
        CHECK_EQ(segment.esm_class, 0, "without a header");
    }
    free(bodies[0]);
    free(bodies[1]);
}

TEST(parts_in_different_alphabets_are_one_text)
{
    struct body *bodies[] = {part_new(1, 2, "caf\x05 "), part_new(2, 2, "")};
    char text[64];
    struct live live;

    free(bodies[1]);
    bodies[1] = body_new("\x05\x00\x03\x07\x02\x02\x04\x16", 8);
    bodies[1]->esm_class = SMPP_ESM_CLASS_UDHI;
    bodies[1]->header_size = 6;
    bodies[1]->number = 2;
    bodies[1]->data_coding = 8;
    live_of(&live, bodies, 2);
    live.message.flags = MESSAGE_COLLECTED;
    CHECK(translate_text(&live, SMPP_ALPHABET_GSM, text, sizeof(text)), "text");
    CHECK_STR(text, "caf\xC3\xA9 \xD0\x96", "text");
    free(bodies[0]);
    free(bodies[1]);
}

TEST(a_text_that_has_no_room_is_refused)
{
    struct body *body = body_new("0123456789", 10);
    char text[11];
    struct live live;

    live_of(&live, &body, 1);
    CHECK(!translate_text(&live, SMPP_ALPHABET_GSM, text, 10), "one octet short");
    CHECK(translate_text(&live, SMPP_ALPHABET_GSM, text, 11), "room for all and the end");
    CHECK_STR(text, "0123456789", "all");
    body->from_api = 1;
    CHECK(!translate_text(&live, SMPP_ALPHABET_GSM, text, 10), "one octet short, UTF-8");
    free(body);
}

TEST(the_head_of_a_text_is_shown_and_of_what_is_no_text_nothing)
{
    static const uint8_t faces[] = {
        0xD8, 0x3D, 0xDE, 0x00, 0xD8, 0x3D, 0xDE, 0x00, 0xD8, 0x3D, 0xDE, 0x00, 0xD8, 0x3D,
        0xDE, 0x00, 0xD8, 0x3D, 0xDE, 0x00, 0xD8, 0x3D, 0xDE, 0x00, 0xD8, 0x3D, 0xDE, 0x00,
        0xD8, 0x3D, 0xDE, 0x00, 0xD8, 0x3D, 0xDE, 0x00, 0xD8, 0x3D, 0xDE, 0x00, 0xD8, 0x3D,
        0xDE, 0x00, 0xD8, 0x3D, 0xDE, 0x00, 0xD8, 0x3D, 0xDE, 0x00, 0xD8, 0x3D, 0xDE, 0x00,
        0xD8, 0x3D, 0xDE, 0x00, 0xD8, 0x3D, 0xDE, 0x00, 0xD8, 0x3D, 0xDE, 0x00, 0xD8, 0x3D,
        0xDE, 0x00, 0xD8, 0x3D, 0xDE, 0x00, 0xD8, 0x3D, 0xDE, 0x00, 0xD8, 0x3D, 0xDE, 0x00,
    };
    const struct {
        const char *row;
        const void *text;
        uint32_t size;
        uint8_t data_coding;
        enum smpp_alphabet alphabet;
        const char *head;
    } rows[] = {
        {"longer than is shown",        "Your code is 1234, do not tell it", 33,            0,
         SMPP_ALPHABET_GSM,                                                                                           "Your code is 1234, d"                      },
        {"shorter",                     "hi",                                2,             0, SMPP_ALPHABET_GSM,     "hi"                                        },
        {"escapes are one character",
         "\x1B\x65\x1B\x65\x1B\x65\x1B\x65\x1B\x65\x1B\x65\x1B\x65\x1B\x65"
         "\x1B\x65\x1B\x65\x1B\x65"
         "1234567890",                                                       32,            0, SMPP_ALPHABET_GSM,     "€€€€€€€€€€€123456789"},
        {"0 means GSM",                 "\x05t\x05",                         3,             0, SMPP_ALPHABET_GSM,     "été"                                     },
        {"0 means ISO-8859-1",          "\xE9t\xE9",                         3,             0, SMPP_ALPHABET_LATIN_1, "été"                                     },
        {"0 means ASCII",               "{t}",                               3,             0, SMPP_ALPHABET_ASCII,   "{t}"                                       },
        {"UCS-2, pairs are kept whole", faces,                               sizeof(faces), 8, SMPP_ALPHABET_GSM,
         "😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀"                                                                       },
        {"binary",                      "Your code",                         9,             4, SMPP_ALPHABET_GSM,     ""                                          },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct body *body = body_new(rows[i].text, rows[i].size);
        char head[TRANSLATE_HEAD_SIZE];

        body->data_coding = rows[i].data_coding;
        translate_head(body, rows[i].alphabet, head);
        CHECK_STR(head, rows[i].head, rows[i].row);
        free(body);
    }
}

TEST(the_head_of_an_api_text_ends_with_a_whole_character)
{
    static const char text[] = "ééééééééééééééééééé😀😀";
    struct body *body = body_new(text, sizeof(text) - 1);
    char head[TRANSLATE_HEAD_SIZE];

    body->from_api = 1;
    translate_head(body, SMPP_ALPHABET_GSM, head);
    CHECK_STR(head, "ééééééééééééééééééé😀", "twenty characters");
    free(body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(only_what_is_surely_text_is_text),
        RUN(a_parameter_may_send_it_elsewhere_than_to_the_person),
        RUN(flash_is_text_but_for_its_class),
        RUN(a_text_is_written_in_the_alphabet_that_takes_the_fewest_parts),
        RUN(a_long_text_is_cut_in_the_alphabet_of_the_link),
        RUN(the_parts_of_a_client_are_recoded_behind_their_headers),
        RUN(another_link_of_the_plan_gets_the_same_segments_in_its_own_alphabet),
        RUN(cyrillic_in_latin_is_counted_and_cut_as_it_is_sent),
        RUN(segments_and_parts_are_counted_as_they_will_be_sent),
        RUN(what_has_a_header_must_fit_one_short_message),
        RUN(a_header_that_runs_past_its_text_is_refused),
        RUN(the_segments_together_are_the_text),
        RUN(cut_otherwise_than_counted_nothing_is_sent),
        RUN(a_short_message_goes_on_octet_for_octet),
        RUN(what_zero_means_is_translated_between_account_and_link),
        RUN(parts_are_put_in_order_whatever_came_first),
        RUN(each_part_goes_with_its_own_header),
        RUN(parts_told_by_parameters_alone_go_one_by_one),
        RUN(parts_in_different_alphabets_are_one_text),
        RUN(a_text_that_has_no_room_is_refused),
        RUN(the_head_of_a_text_is_shown_and_of_what_is_no_text_nothing),
        RUN(the_head_of_an_api_text_ends_with_a_whole_character),
    };

    return RUN_ALL(tests);
}
