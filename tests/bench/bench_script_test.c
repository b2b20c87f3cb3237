#include "tests/test.h"

#include "tests/bench/bench_script.h"

/* 3GPP TS 23.038 and 23.040, written out by hand. */
static const struct {
    const char *row;
    const char *text;
    enum bench_alphabet alphabet;
    uint8_t octets[12];
    size_t size;
} encodings[] = {
    {"gsm",       "a@\xC2\xA3",       BENCH_ALPHABET_GSM,    {0x61, 0x00, 0x01},       3},
    {"extension", "[\xE2\x82\xAC",    BENCH_ALPHABET_GSM,    {0x1B, 0x3C, 0x1B, 0x65}, 4},
    {"ascii",     "a@",               BENCH_ALPHABET_ASCII,  {0x61, 0x40},             2},
    {"latin1",    "\xC3\xA9",         BENCH_ALPHABET_LATIN1, {0xE9},                   1},
    {"ucs2",      "\xD0\x96",         BENCH_ALPHABET_UCS2,   {0x04, 0x16},             2},
    {"surrogate", "\xF0\x9F\x98\x80", BENCH_ALPHABET_UCS2,   {0xD8, 0x3D, 0xDE, 0x00}, 4},
};

TEST(a_text_becomes_the_octets_of_its_alphabet)
{
    for (size_t i = 0; i < ROWS(encodings); i++) {
        struct bench_text text;

        CHECK(!bench_text_cut(encodings[i].text, encodings[i].alphabet, 0, &text),
              encodings[i].row);
        CHECK_EQ(text.part_count, 1, encodings[i].row);
        CHECK_BYTES(text.parts[0].octets, text.parts[0].size, encodings[i].octets,
                    encodings[i].size, encodings[i].row);
    }
}

static const struct {
    const char *row;
    const char *text;
    enum bench_alphabet alphabet;
} refused_texts[] = {
    {"a letter that is not there", "\xD0\x96",         BENCH_ALPHABET_GSM   },
    {"the escape itself",          "\x1B",             BENCH_ALPHABET_GSM   },
    {"beyond Latin-1",             "\xC4\x80",         BENCH_ALPHABET_LATIN1},
    {"cut in the middle",          "\xE2\x82",         BENCH_ALPHABET_UCS2  },
    {"longer than it need be",     "\xC0\x80",         BENCH_ALPHABET_UCS2  },
    {"half a surrogate pair",      "\xED\xA0\x80",     BENCH_ALPHABET_UCS2  },
    {"beyond Unicode",             "\xF5\x80\x80\x80", BENCH_ALPHABET_UCS2  },
};

TEST(a_text_its_alphabet_cannot_say_is_refused)
{
    for (size_t i = 0; i < ROWS(refused_texts); i++) {
        struct bench_text text;

        CHECK(bench_text_cut(refused_texts[i].text, refused_texts[i].alphabet, 0, &text),
              refused_texts[i].row);
    }
}

/* How many parts a text of so many characters is cut into; 0: refused. */
static const struct {
    const char *row;
    unsigned length;
    enum bench_alphabet alphabet;
    unsigned wanted;
    unsigned expected;
} cuts[] = {
    {"160 fit",               160,   BENCH_ALPHABET_GSM,    0,   1  },
    {"161 do not",            161,   BENCH_ALPHABET_GSM,    0,   2  },
    {"306 fit two",           306,   BENCH_ALPHABET_GSM,    0,   2  },
    {"307 do not",            307,   BENCH_ALPHABET_GSM,    0,   3  },
    {"70 of two octets",      70,    BENCH_ALPHABET_UCS2,   0,   1  },
    {"71 of two octets",      71,    BENCH_ALPHABET_UCS2,   0,   2  },
    {"135 of two octets",     135,   BENCH_ALPHABET_UCS2,   0,   3  },
    {"141 of Latin-1",        141,   BENCH_ALPHABET_LATIN1, 0,   2  },
    {"cut though it fits",    10,    BENCH_ALPHABET_GSM,    3,   3  },
    {"one octet each",        3,     BENCH_ALPHABET_GSM,    3,   3  },
    {"too short",             2,     BENCH_ALPHABET_GSM,    3,   0  },
    {"too long for one",      161,   BENCH_ALPHABET_GSM,    1,   0  },
    {"too long for two",      307,   BENCH_ALPHABET_GSM,    2,   0  },
    {"far too long for two",  9999,  BENCH_ALPHABET_GSM,    2,   0  },
    {"the longest",           39015, BENCH_ALPHABET_GSM,    0,   255},
    {"longer than that",      39016, BENCH_ALPHABET_GSM,    0,   0  },
    {"filled up to two",      0,     BENCH_ALPHABET_UCS2,   2,   2  },
    {"filled up to the most", 0,     BENCH_ALPHABET_GSM,    255, 255},
};

TEST(a_text_is_cut_into_parts_that_fit)
{
    for (size_t i = 0; i < ROWS(cuts); i++) {
        struct bench_text text;
        const char *error =
            bench_text_fill(cuts[i].length, cuts[i].alphabet, cuts[i].wanted, &text);

        CHECK_EQ(error ? 0 : text.part_count, cuts[i].expected, cuts[i].row);
    }
}

TEST(no_part_ends_inside_a_character)
{
    static char euros[3 * 200 + 1];
    struct bench_text text;

    for (unsigned i = 0; i < 200; i++)
        memcpy(euros + 3 * i, "\xE2\x82\xAC", 3);
    CHECK(!bench_text_cut(euros, BENCH_ALPHABET_GSM, 0, &text), "cut");
    CHECK_EQ(text.part_count, 3, "400 septets in parts of 152");
    for (unsigned part = 0; part < text.part_count; part++) {
        CHECK_EQ(text.parts[part].size % 2, 0, "whole escapes");
        CHECK_EQ(text.parts[part].octets[0], 0x1B, "begins with an escape");
    }
}

TEST(shares_of_destinations_are_kept_in_every_round)
{
    struct bench_destinations list;
    unsigned seen[3] = {0};

    CHECK(!bench_destinations_read("79001##:20=DELIVRD,79002###:60,7900300#:20=UNDELIV",
                                   &list),
          "read");
    CHECK_EQ(list.share_sum, 5, "reduced");
    for (uint32_t message = 0; message < 500; message++) {
        uint32_t counter;
        unsigned row = bench_destinations_row(&list, message, &counter);

        CHECK_EQ(counter, seen[row], "each pattern counts for itself");
        seen[row]++;
    }
    CHECK_EQ(seen[0], 100, "a fifth");
    CHECK_EQ(seen[1], 300, "three fifths");
    CHECK_EQ(seen[2], 100, "a fifth");
    CHECK_EQ(list.rows[0].expected, BENCH_STAT_DELIVRD, "the word");
    CHECK_EQ(list.rows[1].expected, BENCH_STAT_NONE, "no word");
}

TEST(a_list_of_destinations_that_makes_no_sense_is_refused)
{
    static const char *const lists[] = {
        "",
        "abc",
        "7900#,",
        "7900#:0",
        "7900#:",
        "7900#=NONSENSE",
        "7900#=",
        "7900# ",
        "123456789012345678901",
        "7900#:9999999",
    };

    for (size_t i = 0; i < ROWS(lists); i++) {
        struct bench_destinations list;

        CHECK(bench_destinations_read(lists[i], &list), lists[i]);
    }
}

TEST(a_submit_carries_its_number_its_part_and_its_sequence)
{
    struct bench_destinations list;
    struct bench_text text;
    uint8_t octets[BENCH_SUBMIT_BYTES_MAX];
    struct wire_buffer buffer = {octets, sizeof(octets), 0};
    struct wire_header header;
    struct wire_message message;

    CHECK(!bench_destinations_read("7900##", &list), "destinations");
    CHECK(!bench_text_cut("abcd", BENCH_ALPHABET_GSM, 2, &text), "text");

    struct bench_script *script =
        bench_script_new(&(struct bench_script_source){&list, &text, "Sluice", 1});

    /* Part 2 of message 300. */
    CHECK(bench_script_write(script, 601, 0x12345678, &buffer), "room");
    CHECK_EQ(wire_read_header(octets, buffer.used, &header), WIRE_FRAME_WHOLE, "frame");
    CHECK_EQ(header.length, buffer.used, "command_length");
    CHECK_EQ(header.id, WIRE_SUBMIT_SM, "command_id");
    CHECK_EQ(header.sequence, 0x12345678, "sequence_number");
    CHECK_EQ(wire_read_message((struct wire_view){octets + WIRE_HEADER_BYTES,
                                                  buffer.used - WIRE_HEADER_BYTES},
                               &message),
             WIRE_OK, "body");
    CHECK(wire_view_is(message.destination, "790000"), "the counter starts anew after 99");
    CHECK(wire_view_is(message.source, "Sluice"), "source_addr");
    CHECK_EQ(message.source_ton, 5, "a name is alphanumeric");
    CHECK_EQ(message.esm_class, WIRE_ESM_UDHI, "esm_class");
    CHECK_EQ(message.registered_delivery, 1, "registered_delivery");
    CHECK_BYTES(message.short_message.at, message.short_message.size,
                "\x05\x00\x03\x2C\x02\x02"
                "cd",
                8, "part 2 of 2, reference 300 modulo 256");

    buffer.used = sizeof(octets) - 10;
    CHECK(!bench_script_write(script, 0, 1, &buffer), "no room");
    CHECK_EQ(buffer.used, sizeof(octets) - 10, "nothing written");
    bench_script_free(script);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_text_becomes_the_octets_of_its_alphabet),
        RUN(a_text_its_alphabet_cannot_say_is_refused),
        RUN(a_text_is_cut_into_parts_that_fit),
        RUN(no_part_ends_inside_a_character),
        RUN(shares_of_destinations_are_kept_in_every_round),
        RUN(a_list_of_destinations_that_makes_no_sense_is_refused),
        RUN(a_submit_carries_its_number_its_part_and_its_sequence),
    };

    return RUN_ALL(tests);
}
