/* From what was submitted to what links and messengers carry. */
#include "gateway/translate.h"

#include <stdlib.h>

#include "tests/test.h"

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
    {"the default alphabet",            0,    0,    0,    0, "a",           1,                     true },
    {"Latin-1",                         3,    0,    0,    0, "a",           1,                     true },
    {"UCS-2",                           8,    0,    0,    0, "\0a",         2,                     true },
    {"binary",                          4,    0,    0,    0, "a",           1,                     false},
    {"class 0: flash",                  0x10, 0,    0,    0, "a",           1,                     false},
    {"class 1",                         0x11, 0,    0,    0, "a",           1,                     true },
    {"a protocol id",                   0,    0x41, 0,    0, "a",           1,                     false},
    {"a part of a long message",        0,    0,    0x40, 0, concatenated,  sizeof(concatenated),  true },
    {"to an application's port",        0,    0,    0x40, 0, with_ports,    sizeof(with_ports),    false},
    {"a header that runs past the end", 0,    0,    0x40, 0, broken_header, sizeof(broken_header),
     false                                                                                              },
    {"nothing at all",                  0,    0,    0,    0, "",            0,                     true },
    {"from the interface, always",      4,    1,    0x40, 1, "a",           1,                     true },
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
        ok = translate_count(body, SMPP_ALPHABET_GSM, counts[i].split, &segments, &parts);
        CHECK_EQ(ok, counts[i].segments != 0, counts[i].row);
        if (ok) {
            CHECK_EQ(segments, counts[i].segments, counts[i].row);
            CHECK_EQ(parts, counts[i].parts, counts[i].row);
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
        CHECK_EQ(translate_count(body, SMPP_ALPHABET_GSM, CONFIG_UDH8, &segments, &parts),
                 size <= 6 + 153, "153 septets beside the header");
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

        CHECK(translate_segment(live, number, SMPP_ALPHABET_GSM, SMPP_ALPHABET_GSM, split,
                                scratch, &segment),
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
            CHECK(translate_count(body, SMPP_ALPHABET_GSM, splits[s],
                                  &live.message.segments, &parts),
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
    CHECK(translate_segment(&live, 2, SMPP_ALPHABET_GSM, SMPP_ALPHABET_GSM, CONFIG_UDH8,
                            scratch, &segment),
          "as counted");
    CHECK(!translate_segment(&live, 1, SMPP_ALPHABET_GSM, SMPP_ALPHABET_GSM, CONFIG_UDH16,
                             scratch, &segment),
          "three parts with the longer header");
    CHECK(!translate_segment(&live, 3, SMPP_ALPHABET_GSM, SMPP_ALPHABET_GSM, CONFIG_UDH8,
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
    CHECK(translate_segment(&live, 1, SMPP_ALPHABET_GSM, SMPP_ALPHABET_LATIN_1, CONFIG_UDH8,
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
        CHECK(translate_segment(&live, 1, recodings[i].from, recodings[i].to, CONFIG_UDH8,
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
    CHECK(translate_segment(&live, 1, SMPP_ALPHABET_GSM, SMPP_ALPHABET_GSM, CONFIG_SAR,
                            scratch, &segment),
          "one");
    CHECK(segment.body == bodies[1], "one");
    CHECK_BYTES(segment.octets, segment.octet_count, bodies[1]->bytes, bodies[1]->text_size,
                "one");
    CHECK(!segment.has_sar, "as it came");
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
        RUN(segments_and_parts_are_counted_as_they_will_be_sent),
        RUN(what_has_a_header_must_fit_one_short_message),
        RUN(the_segments_together_are_the_text),
        RUN(cut_otherwise_than_counted_nothing_is_sent),
        RUN(a_short_message_goes_on_octet_for_octet),
        RUN(what_zero_means_is_translated_between_account_and_link),
        RUN(parts_are_put_in_order_whatever_came_first),
        RUN(each_part_goes_with_its_own_header),
        RUN(parts_in_different_alphabets_are_one_text),
        RUN(a_text_that_has_no_room_is_refused),
        RUN(the_head_of_a_text_is_shown_and_of_what_is_no_text_nothing),
        RUN(the_head_of_an_api_text_ends_with_a_whole_character),
    };

    return RUN_ALL(tests);
}
