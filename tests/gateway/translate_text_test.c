/* The text of collected parts, and the head of a text. */
#include "gateway/translate.h"

#include <stdlib.h>

#include "tests/gateway/translate_bodies.h"
#include "tests/test.h"

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

/* Clients that count units, not characters, cut where a pair is. */
TEST(a_character_cut_in_two_parts_is_whole_in_the_text)
{
    static const struct {
        const char *row;
        const char *parts[3]; /* behind their headers */
        size_t sizes[3];
        uint8_t data_coding[3];
        const char *text;
    } rows[] = {
        {"a surrogate pair",
         {"\x00"
          "a\xD8\x3D",
          "\xDE\x00\x00"
          "b"},
         {4, 4},
         {8, 8},
         "a\xF0\x9F\x98\x80"
         "b"                                                                                                   },
        {"nothing else in the part between",
         {"\xD8\x3D", "\xDE\x00\xD8\x3D", "\xDE\x01"},
         {2, 4, 2},
         {8, 8, 8},
         "\xF0\x9F\x98\x80\xF0\x9F\x98\x81"                                                                    },
        {"an escape",                          {"1\x1B", "\x65.", "!"}, {2, 2, 1}, {0, 0, 0}, "1\xE2\x82\xAC.!"},
        {"a whole escape before another",      {"\x1B\x1B", "\x65"},    {2, 1},    {0, 0},    " e"             },
        {"an escape at the end",               {"1", "2\x1B"},          {1, 2},    {0, 0},    "12 "            },
        {"half a pair at the end",
         {"\x00"
          "a",
          "\xD8\x3D"},
         {2, 2},
         {8, 8},
         "a\xEF\xBF\xBD"                                                                                       },
        {"half a pair, and another",
         {"\xD8\x3D", "\x00"
                      "b"},
         {2, 2},
         {8, 8},
         "\xEF\xBF\xBD"
         "b"                                                                                                   },
        {"half a pair, then another alphabet",
         {"\xD8\x3D", "b"},
         {2, 1},
         {8, 0},
         "\xEF\xBF\xBD"
         "b"                                                                                                   },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct body *bodies[3];
        uint16_t count = 0;
        char text[64];
        struct live live;

        while (count < 3 && rows[i].parts[count] != NULL) {
            uint8_t octets[20] = {5, 0, 3, 7, 3, (uint8_t)(count + 1)};

            memcpy(octets + 6, rows[i].parts[count], rows[i].sizes[count]);
            bodies[count] = body_new(octets, 6 + rows[i].sizes[count]);
            bodies[count]->esm_class = SMPP_ESM_CLASS_UDHI;
            bodies[count]->header_size = 6;
            bodies[count]->number = (uint16_t)(count + 1);
            bodies[count]->data_coding = rows[i].data_coding[count];
            count++;
        }
        live_of(&live, bodies, count);
        live.message.flags = MESSAGE_COLLECTED;
        CHECK(translate_text(&live, SMPP_ALPHABET_GSM, text, sizeof(text)), rows[i].row);
        CHECK_STR(text, rows[i].text, rows[i].row);
        while (count > 0)
            free(bodies[--count]);
    }
}

/* They count the end of their strings as text. */
TEST(a_nul_that_clients_send_ends_no_text)
{
    static const struct {
        const char *row;
        const char *octets;
        size_t size;
        uint8_t data_coding;
        const char *text;
    } rows[] = {
        {"IA5",              "one\0",         4, 1, "one two" },
        {"Latin-1, within",  "o\0ne",         4, 3, "one two" },
        {"UCS-2",            "\0o\0n\0e\0\0", 8, 8, "one two" },
        {"GSM: a character", "one\0",         4, 0, "one@ two"},
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct body *bodies[] = {body_new(rows[i].octets, rows[i].size),
                                 body_new(" two", 4)};
        char text[TRANSLATE_HEAD_SIZE];
        struct live live;

        bodies[0]->data_coding = rows[i].data_coding;
        bodies[1]->number = 2;
        live_of(&live, bodies, 2);
        live.message.flags = MESSAGE_COLLECTED;
        CHECK(translate_text(&live, SMPP_ALPHABET_GSM, text, sizeof(text)), rows[i].row);
        CHECK_STR(text, rows[i].text, rows[i].row);
        translate_head(bodies[0], SMPP_ALPHABET_GSM, text);
        CHECK_EQ(strlen(text), strlen(rows[i].text) - 4, rows[i].row);
        free(bodies[0]);
        free(bodies[1]);
    }
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
        RUN(parts_are_put_in_order_whatever_came_first),
        RUN(each_part_goes_with_its_own_header),
        RUN(parts_told_by_parameters_alone_go_one_by_one),
        RUN(parts_in_different_alphabets_are_one_text),
        RUN(a_character_cut_in_two_parts_is_whole_in_the_text),
        RUN(a_nul_that_clients_send_ends_no_text),
        RUN(a_text_that_has_no_room_is_refused),
        RUN(the_head_of_a_text_is_shown_and_of_what_is_no_text_nothing),
        RUN(the_head_of_an_api_text_ends_with_a_whole_character),
    };

    return RUN_ALL(tests);
}
