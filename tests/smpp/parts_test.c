#include "smpp/parts.h"
#include "smpp/command.h"
#include "smpp/tlv.h"
#include "tests/test.h"

#define OCTETS(literal)                                                                    \
    {                                                                                      \
        (const uint8_t *)(literal), sizeof(literal) - 1                                    \
    }

/* ---- The user data header ------------------------------------------------------------ */

TEST(a_header_says_which_part_it_is)
{
    static const struct {
        const char *row;
        struct smpp_octets user_data;
        bool is_part;
        struct smpp_part part;
    } rows[] = {
        {"8-bit reference",
         OCTETS("\x05\x00\x03\xCC\x02\x01hello"),
         true,                                                                            {SMPP_PART_8, 0xCC, 2, 1, 6}   },
        {"16-bit reference",
         OCTETS("\x06\x08\x04\xAB\xCD\x02\x02hello"),
         true,                                                                            {SMPP_PART_16, 0xABCD, 2, 2, 7}},
        {"the last of 255",
         OCTETS("\x05\x00\x03\x00\xFF\xFF"),
         true,                                                                            {SMPP_PART_8, 0, 255, 255, 6}  },
        {"after another element",
         OCTETS("\x08\x24\x01\x01\x00\x03\x07\x03\x02x"),
         true,                                                                            {SMPP_PART_8, 7, 3, 2, 9}      },
        {"the last of two counts",
         OCTETS("\x0A\x00\x03\x01\x02\x01\x00\x03\x02\x03\x03"),
         true,                                                                            {SMPP_PART_8, 2, 3, 3, 11}     },
        {"a wrong second does not count",
         OCTETS("\x0A\x00\x03\x01\x02\x01\x00\x03\x02\x02\x03"),
         true,                                                                            {SMPP_PART_8, 1, 2, 1, 11}     },
        {"total 0",                       OCTETS("\x05\x00\x03\xCC\x00\x01hello"), false, {0}                            },
        {"total 1",                       OCTETS("\x05\x00\x03\xCC\x01\x01hello"), false, {0}                            },
        {"number 0",                      OCTETS("\x05\x00\x03\xCC\x02\x00hello"), false, {0}                            },
        {"number above total",            OCTETS("\x05\x00\x03\xCC\x02\x03hello"), false, {0}                            },
        {"wrong size",                    OCTETS("\x04\x00\x02\xCC\x02x"),         false, {0}                            },
        {"no element",                    OCTETS("\x00hello"),                     false, {0}                            },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        const struct smpp_part *expected = &rows[i].part;
        struct smpp_header header;

        CHECK(smpp_header_read(rows[i].user_data, &header), rows[i].row);
        CHECK_EQ(header.size, rows[i].user_data.data[0] + 1, rows[i].row);
        CHECK_EQ(header.is_part, rows[i].is_part, rows[i].row);
        CHECK_EQ(header.part.kind, expected->kind, rows[i].row);
        CHECK_EQ(header.part.reference, expected->reference, rows[i].row);
        CHECK_EQ(header.part.total, expected->total, rows[i].row);
        CHECK_EQ(header.part.number, expected->number, rows[i].row);
        CHECK_EQ(header.part.header_size, expected->header_size, rows[i].row);
    }
}

TEST(a_header_says_whether_it_is_of_text_alone)
{
    static const struct {
        const char *row;
        struct smpp_octets user_data;
        bool is_only_text;
        int locking_shift, single_shift;
        int destination_port, source_port;
    } rows[] = {
        {"concatenation",        OCTETS("\x05\x00\x03\xCC\x02\x01"),                 true,  0, 0,    -1,   -1  },
        {"language",             OCTETS("\x06\x25\x01\x03\x24\x01\x02"),             true,  3, 2,    -1,   -1  },
        {"an unknown language",  OCTETS("\x03\x24\x01\x63"),                         true,  0, 0x63, -1,   -1  },
        {"a language and ports", OCTETS("\x09\x25\x01\x03\x05\x04\x0B\x84\x23\xF0"), false,
         3,                                                                                    0,    2948, 9200},
        {"16-bit ports",         OCTETS("\x06\x05\x04\x0B\x84\x23\xF0"),             false, 0, 0,    2948, 9200},
        {"8-bit ports",          OCTETS("\x04\x04\x02\xF0\x01"),                     false, 0, 0,    240,  1   },
        {"a picture",            OCTETS("\x04\x12\x02\x01\x02"),                     false, 0, 0,    -1,   -1  },
        {"card toolkit",         OCTETS("\x02\x70\x00"),                             false, 0, 0,    -1,   -1  },
        {"wrong shift",          OCTETS("\x04\x25\x02\x03\x03"),                     false, 0, 0,    -1,   -1  },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct smpp_header header;

        CHECK(smpp_header_read(rows[i].user_data, &header), rows[i].row);
        CHECK_EQ(header.is_only_text, rows[i].is_only_text, rows[i].row);
        CHECK_EQ(header.shift.locking, rows[i].locking_shift, rows[i].row);
        CHECK_EQ(header.shift.single, rows[i].single_shift, rows[i].row);
        CHECK_EQ(header.has_ports, rows[i].destination_port >= 0, rows[i].row);
        if (header.has_ports) {
            CHECK_EQ(header.ports.destination, rows[i].destination_port, rows[i].row);
            CHECK_EQ(header.ports.source, rows[i].source_port, rows[i].row);
        }
    }
}

/* 3GPP TS 23.040 9.2.3.24: 0x70 to 0x7F are of the (U)SIM toolkit. */
TEST(a_header_for_the_card_is_told)
{
    static const struct {
        const char *row;
        struct smpp_octets user_data;
        bool is_for_card;
    } rows[] = {
        {"command packet",     OCTETS("\x02\x70\x00"),                     true },
        {"the last of them",   OCTETS("\x02\x7F\x00"),                     true },
        {"beside another",     OCTETS("\x07\x70\x00\x00\x03\xCC\x02\x01"), true },
        {"before the first",   OCTETS("\x02\x6F\x00"),                     false},
        {"behind the last",    OCTETS("\x02\x80\x00"),                     false},
        {"concatenation only", OCTETS("\x05\x00\x03\xCC\x02\x01"),         false},
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct smpp_header header;

        CHECK(smpp_header_read(rows[i].user_data, &header), rows[i].row);
        CHECK_EQ(header.is_for_card, rows[i].is_for_card, rows[i].row);
    }
}

TEST(a_header_that_runs_past_its_end_is_none)
{
    static const struct {
        const char *row;
        struct smpp_octets user_data;
    } rows[] = {
        {"no user data",                OCTETS("")                            },
        {"longer than the user data",   OCTETS("\x05\x00\x03\xCC\x02")        },
        {"an element past the header",  OCTETS("\x05\x00\x04\xCC\x02\x01\x01")},
        {"an element without a length", OCTETS("\x06\x00\x03\xCC\x02\x01\x00")},
        {"text read as a header",       OCTETS("Hello")                       },
    };
    uint8_t longest[256] = {140, 0x12, 138};

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct smpp_header header = {.size = 77};

        CHECK(!smpp_header_read(rows[i].user_data, &header), rows[i].row);
        CHECK_EQ(header.size, 77, rows[i].row);
    }
    assert_false(smpp_header_read((struct smpp_octets){longest, sizeof(longest)},
                                  &(struct smpp_header){0}));
    longest[0] = 139;
    longest[2] = 137;
    assert_true(smpp_header_read((struct smpp_octets){longest, sizeof(longest)},
                                 &(struct smpp_header){0}));
}

TEST(a_written_header_reads_back)
{
    static const struct smpp_part parts[] = {
        {SMPP_PART_8,  0x7F,   3,   2, 6},
        {SMPP_PART_16, 0x1234, 255, 1, 7}
    };
    static const struct smpp_octets expected[] = {OCTETS("\x05\x00\x03\x7F\x03\x02"),
                                                  OCTETS("\x06\x08\x04\x12\x34\xFF\x01")};

    for (size_t i = 0; i < ROWS(parts); i++) {
        uint8_t out[SMPP_PART_HEADER_MAX_SIZE];
        struct smpp_header header;
        size_t size = smpp_part_write_header(&parts[i], out);

        CHECK_BYTES(out, size, expected[i].data, expected[i].size, "header");
        CHECK_EQ(smpp_part_header_size(parts[i].kind), size, "size");
        CHECK(smpp_header_read((struct smpp_octets){out, (uint32_t)size}, &header), "read");
        CHECK_EQ(header.part.reference, parts[i].reference, "reference");
    }
    assert_int_equal(smpp_part_write_header(&(struct smpp_part){.kind = SMPP_PART_SAR},
                                            (uint8_t[SMPP_PART_HEADER_MAX_SIZE]){0}),
                     0);
    assert_int_equal(smpp_part_header_size(SMPP_PART_SAR), 6);
}

TEST(a_written_header_names_its_part_and_its_tables)
{
    static const struct {
        const char *row;
        struct smpp_part part; /* total 0: none */
        struct smpp_shift shift;
        struct smpp_octets expected;
    } rows[] = {
        {"nothing to say",       {0},                       {0, 0}, OCTETS("")                            },
        {"one language",         {0},                       {0, 1}, OCTETS("\x03\x24\x01\x01")            },
        {"a locking shift",      {0},                       {1, 0}, OCTETS("\x03\x25\x01\x01")            },
        {"both",                 {0},                       {3, 3}, OCTETS("\x06\x24\x01\x03\x25\x01\x03")},
        {"a part",               {SMPP_PART_8, 7, 3, 2, 0}, {0, 0}, OCTETS("\x05\x00\x03\x07\x03\x02")    },
        {"a part in a language",
         {SMPP_PART_8, 7, 3, 2, 0},
         {0, 2},
         OCTETS("\x08\x00\x03\x07\x03\x02\x24\x01\x02")                                                   },
        {"the longest",
         {SMPP_PART_16, 0x1234, 3, 2, 0},
         {3, 3},
         OCTETS("\x0C\x08\x04\x12\x34\x03\x02\x24\x01\x03\x25\x01\x03")                                   },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        const struct smpp_part *part = rows[i].part.total > 0 ? &rows[i].part : NULL;
        uint8_t out[SMPP_HEADER_MAX_SIZE];
        size_t size = smpp_header_write(part, NULL, rows[i].shift, out);
        struct smpp_header header;

        CHECK_BYTES(out, size, rows[i].expected.data, rows[i].expected.size, rows[i].row);
        if (size == 0)
            continue;
        CHECK(smpp_header_read(rows[i].expected, &header), rows[i].row);
        CHECK(header.is_only_text, rows[i].row);
        CHECK_EQ(header.is_part, part != NULL, rows[i].row);
        CHECK_EQ(header.shift.locking, rows[i].shift.locking, rows[i].row);
        CHECK_EQ(header.shift.single, rows[i].shift.single, rows[i].row);
    }
}

TEST(ports_stand_behind_the_part)
{
    static const struct {
        const char *row;
        struct smpp_part part; /* total 0: none */
        struct smpp_shift shift;
        struct smpp_octets expected;
    } rows[] = {
        {"alone",              {0},       {0, 0}, OCTETS("\x06\x05\x04\x0B\x84\x23\xF0")},
        {"of a part",
         {SMPP_PART_8, 7, 3, 2, 0},
         {0, 0},
         OCTETS("\x0B\x00\x03\x07\x03\x02\x05\x04\x0B\x84\x23\xF0")                     },
        {"the longest of all",
         {SMPP_PART_16, 0x1234, 3, 2, 0},
         {3, 3},
         OCTETS("\x12\x08\x04\x12\x34\x03\x02\x05\x04\x0B\x84\x23\xF0"
                "\x24\x01\x03\x25\x01\x03")                                             },
    };
    static const struct smpp_ports ports = {2948, 9200};

    for (size_t i = 0; i < ROWS(rows); i++) {
        const struct smpp_part *part = rows[i].part.total > 0 ? &rows[i].part : NULL;
        uint8_t out[SMPP_HEADER_MAX_SIZE];
        size_t size = smpp_header_write(part, &ports, rows[i].shift, out);
        struct smpp_header header;

        CHECK_BYTES(out, size, rows[i].expected.data, rows[i].expected.size, rows[i].row);
        CHECK(smpp_header_read(rows[i].expected, &header), rows[i].row);
        CHECK(header.has_ports && !header.is_only_text, rows[i].row);
        CHECK_EQ(header.ports.destination, 2948, rows[i].row);
        CHECK_EQ(header.ports.source, 9200, rows[i].row);
        CHECK_EQ(header.is_part, part != NULL, rows[i].row);
    }
}

TEST(parameters_tell_ports_by_their_destination)
{
    struct smpp_pdu pdu;
    struct smpp_ports ports = {1, 1};

    smpp_pdu_init(&pdu, SMPP_SUBMIT_SM, 0, 1);
    assert_true(smpp_pdu_add_tlv(&pdu, SMPP_TLV_SOURCE_PORT, "\x23\xF0", 2));
    assert_false(smpp_ports_read(&pdu, &ports));
    assert_true(smpp_pdu_add_tlv(&pdu, SMPP_TLV_DESTINATION_PORT, "\x0B\x84", 2));
    assert_true(smpp_ports_read(&pdu, &ports));
    CHECK_EQ(ports.destination, 2948, "destination");
    CHECK_EQ(ports.source, 9200, "source");
    smpp_pdu_init(&pdu, SMPP_SUBMIT_SM, 0, 1);
    assert_true(smpp_pdu_add_tlv(&pdu, SMPP_TLV_DESTINATION_PORT, "\x0B\x84", 2));
    assert_true(smpp_ports_read(&pdu, &ports));
    CHECK_EQ(ports.source, 0, "no source");
}

/* ---- The part a PDU is -----------------------------------------------------------------
 */

TEST(a_pdu_is_a_part_by_its_header_or_its_sar_parameters)
{
    static const struct smpp_octets with_header = OCTETS("\x05\x00\x03\xCC\x02\x01hello");
    const struct smpp_part sar = {SMPP_PART_SAR, 0xBEEF, 3, 2, 0};
    struct smpp_pdu pdu = {.short_message = with_header};
    struct smpp_part part = {.total = 99};
    uint8_t values[4];

    /* Without UDHI the octets are text. */
    assert_false(smpp_part_read(&pdu, &part));
    assert_int_equal(part.total, 99);

    assert_true(smpp_part_add_sar(&pdu, &sar, values));
    assert_true(smpp_part_read(&pdu, &part));
    assert_int_equal(part.kind, SMPP_PART_SAR);
    assert_int_equal(part.reference, 0xBEEF);
    assert_int_equal(part.total, 3);
    assert_int_equal(part.number, 2);
    assert_int_equal(part.header_size, 0);

    /* 3.4 5.2.12: with UDHI the sar_ parameters do not count. */
    pdu.esm_class = SMPP_ESM_CLASS_UDHI;
    assert_true(smpp_part_read(&pdu, &part));
    assert_int_equal(part.kind, SMPP_PART_8);
    pdu.short_message = (struct smpp_octets){(const uint8_t *)"\x00hi", 3};
    assert_false(smpp_part_read(&pdu, &part));
}

TEST(sar_parameters_that_are_missing_or_contradict_themselves_are_ignored)
{
    static const struct {
        const char *row;
        uint8_t total, number;
        uint16_t sizes[3];
        size_t kept; /* of the three parameters */
        bool is_part;
    } rows[] = {
        {"all there",              2, 1, {2, 1, 1}, 3, true },
        {"no number",              2, 1, {2, 1, 1}, 2, false},
        {"reference alone",        2, 1, {2, 1, 1}, 1, false},
        {"reference of one octet", 2, 1, {1, 1, 1}, 3, false},
        {"total of two octets",    2, 1, {2, 2, 1}, 3, false},
        {"number of two octets",   2, 1, {2, 1, 2}, 3, false},
        {"total 0",                0, 1, {2, 1, 1}, 3, false},
        {"total 1",                1, 1, {2, 1, 1}, 3, false},
        {"number 0",               2, 0, {2, 1, 1}, 3, false},
        {"number above total",     2, 3, {2, 1, 1}, 3, false},
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        uint8_t values[5] = {0};
        struct smpp_part part = {
            .kind = SMPP_PART_SAR, .total = rows[i].total, .number = rows[i].number};
        struct smpp_pdu pdu = {0};

        CHECK(smpp_part_add_sar(&pdu, &part, values), rows[i].row);
        for (size_t at = 0; at < ROWS(rows[i].sizes); at++)
            pdu.tlvs[at].size = rows[i].sizes[at];
        pdu.tlv_count = (uint16_t)rows[i].kept;
        CHECK_EQ(smpp_part_read(&pdu, &part), rows[i].is_part, rows[i].row);
    }
}

TEST(sar_parameters_need_three_places)
{
    struct smpp_pdu pdu = {.tlv_count = SMPP_PDU_TLV_CAPACITY - 2};
    uint8_t values[4];

    assert_false(smpp_part_add_sar(&pdu, &(struct smpp_part){.total = 2}, values));
}

/* ---- Cutting ----------------------------------------------------------------------- */

enum { TEXT_SIZE = 40000 };

TEST(a_text_is_cut_where_no_character_is_torn)
{
    static const struct {
        const char *row;
        enum smpp_alphabet alphabet;
        const char *unit; /* the text is these octets, again and again */
        size_t unit_size;
        size_t size; /* of the text */
        size_t header_size;
        size_t count;
        size_t first; /* size of the first segment */
    } rows[] = {
        {"empty",                    SMPP_ALPHABET_GSM,    "a",                1, 0,             6, 1,   0  },
        {"160 septets",              SMPP_ALPHABET_GSM,    "a",                1, 160,           6, 1,   160},
        {"161 septets",              SMPP_ALPHABET_GSM,    "a",                1, 161,           6, 2,   153},
        {"161 septets, long header", SMPP_ALPHABET_GSM,    "a",                1, 161,           7, 2,   152},
        {"pairs at an odd border",   SMPP_ALPHABET_GSM,    "\x1B\x65",         2, 162,           6, 2,   152},
        {"pairs at an even border",  SMPP_ALPHABET_GSM,    "\x1B\x65",         2, 162,           7, 2,   152},
        {"ESC ESC is a pair",        SMPP_ALPHABET_GSM,    "\x1B\x1B",         2, 162,           6, 2,   152},
        {"ESC ESC, long header",     SMPP_ALPHABET_GSM,    "\x1B\x1B",         2, 162,           7, 2,   152},
        {"a single ESC at the end",  SMPP_ALPHABET_GSM,    "\x1B",             1, 161,           6, 2,   152},
        {"70 units",                 SMPP_ALPHABET_UCS2,   "\x04\x1F",         2, 140,           6, 1,   140},
        {"71 units",                 SMPP_ALPHABET_UCS2,   "\x04\x1F",         2, 142,           6, 2,   134},
        {"faces",                    SMPP_ALPHABET_UCS2,   "\xD8\x3D\xDE\x00", 4, 144,           6, 2,   132},
        {"faces, long header",       SMPP_ALPHABET_UCS2,   "\xD8\x3D\xDE\x00", 4, 144,           7, 2,   132},
        {"octets",                   SMPP_ALPHABET_BINARY, "\x1B",             1, 141,           6, 2,   134},
        {"255 parts",                SMPP_ALPHABET_GSM,    "a",                1, 255 * 153,     6, 255, 153},
        {"256 parts",                SMPP_ALPHABET_GSM,    "a",                1, 255 * 153 + 1, 6, 0,   0  },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        static uint8_t text[TEXT_SIZE];
        struct smpp_segment segments[SMPP_PARTS_MAX];
        size_t count;

        for (size_t at = 0; at < rows[i].size; at++)
            text[at] = (uint8_t)rows[i].unit[at % rows[i].unit_size];
        count = smpp_parts_split(rows[i].alphabet, text, rows[i].size, rows[i].header_size,
                                 segments, SMPP_PARTS_MAX);
        CHECK_EQ(count, rows[i].count, rows[i].row);
        if (count > 0)
            CHECK_EQ(segments[0].size, rows[i].first, rows[i].row);
    }
}

TEST(language_elements_leave_less_room_in_each_part)
{
    static const struct {
        const char *row;
        struct smpp_shift shift;
        size_t size;
        size_t header_size;
        size_t count;
        size_t first;
    } rows[] = {
        {"155 beside one language",    {0, 1}, 155, 6, 1, 155},
        {"156 beside one language",    {0, 1}, 156, 6, 2, 149},
        {"two full parts",             {1, 0}, 298, 6, 2, 149},
        {"and one more",               {1, 0}, 299, 6, 3, 149},
        {"152 beside two",             {3, 3}, 152, 6, 1, 152},
        {"153 beside two",             {3, 3}, 153, 6, 2, 146},
        {"one language, long header",  {0, 2}, 156, 7, 2, 148},
        {"two languages, long header", {1, 1}, 153, 7, 2, 145},
        {"no language: as without",    {0, 0}, 160, 6, 1, 160},
    };
    static const struct {
        const char *row;
        struct smpp_shift shift;
        size_t first; /* of nothing but escape pairs */
    } pairs[] = {
        {"149 is odd",  {0, 1}, 148},
        {"146 is even", {1, 1}, 146},
    };
    struct smpp_segment segments[SMPP_PARTS_MAX];
    uint8_t text[400];

    memset(text, 'a', sizeof(text));
    for (size_t i = 0; i < ROWS(rows); i++) {
        size_t count =
            smpp_parts_split_shifted(rows[i].shift, text, rows[i].size, rows[i].header_size,
                                     segments, SMPP_PARTS_MAX);

        CHECK_EQ(count, rows[i].count, rows[i].row);
        CHECK_EQ(segments[0].size, rows[i].first, rows[i].row);
    }
    for (size_t at = 0; at < sizeof(text); at++)
        text[at] = at % 2 == 0 ? 0x1B : 0x53;
    for (size_t i = 0; i < ROWS(pairs); i++) {
        CHECK_EQ(smpp_parts_split_shifted(pairs[i].shift, text, 162, 6, segments,
                                          SMPP_PARTS_MAX),
                 2, pairs[i].row);
        CHECK_EQ(segments[0].size, pairs[i].first, pairs[i].row);
    }
}

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/* Random text with many pairs: segments join to the whole, each decodes by itself, and
 * there are as many as measuring said. */
TEST(segments_join_to_the_text_and_are_as_many_as_measured)
{
    static const char *const gsm[] = {"a", "€", "[", "é", "~"};
    static const char *const ucs2[] = {"ы", "😀", "a", "\U0010FFFF"};
    uint64_t seed = 140;

    for (int round = 0; round < 5000; round++) {
        bool is_gsm = next_random(&seed) % 2 == 0;
        enum smpp_alphabet alphabet = is_gsm ? SMPP_ALPHABET_GSM : SMPP_ALPHABET_UCS2;
        size_t header_size = 6 + next_random(&seed) % 2;
        size_t characters = next_random(&seed) % 400;
        char text[1600], back[1600];
        uint8_t octets[3200];
        size_t size = 0, back_size = 0, end = 0;
        struct smpp_text_progress progress;
        struct smpp_text_measure measure;
        struct smpp_segment segments[SMPP_PARTS_MAX];
        size_t count;

        for (size_t i = 0; i < characters; i++) {
            const char *character = is_gsm ? gsm[next_random(&seed) % ROWS(gsm)]
                                           : ucs2[next_random(&seed) % ROWS(ucs2)];

            memcpy(text + size, character, strlen(character));
            size += strlen(character);
        }
        CHECK_EQ(smpp_text_measure(alphabet, text, size, header_size, &measure), 0, "fits");
        CHECK_EQ(smpp_text_encode(alphabet, text, size, octets, sizeof(octets), &progress),
                 0, "fits");
        count = smpp_parts_split(alphabet, octets, progress.written, header_size, segments,
                                 SMPP_PARTS_MAX);
        CHECK_EQ(count, measure.parts, "as many as measured");
        for (size_t i = 0; i < count; i++) {
            CHECK_EQ(segments[i].offset, end, "no gap");
            CHECK(segments[i].size <=
                      smpp_text_capacity(alphabet, count > 1 ? header_size : 0),
                  "fits into a short message");
            end += segments[i].size;
            CHECK_EQ(smpp_text_decode(alphabet, octets + segments[i].offset,
                                      segments[i].size, back + back_size,
                                      sizeof(back) - back_size, &progress),
                     SMPP_TEXT_OK, "whole characters");
            back_size += progress.written;
        }
        CHECK_BYTES(back, back_size, text, size, "joined");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_header_says_which_part_it_is),
        RUN(a_header_says_whether_it_is_of_text_alone),
        RUN(a_header_for_the_card_is_told),
        RUN(a_header_that_runs_past_its_end_is_none),
        RUN(a_written_header_reads_back),
        RUN(a_written_header_names_its_part_and_its_tables),
        RUN(ports_stand_behind_the_part),
        RUN(parameters_tell_ports_by_their_destination),
        RUN(language_elements_leave_less_room_in_each_part),
        RUN(a_pdu_is_a_part_by_its_header_or_its_sar_parameters),
        RUN(sar_parameters_that_are_missing_or_contradict_themselves_are_ignored),
        RUN(sar_parameters_need_three_places),
        RUN(a_text_is_cut_where_no_character_is_torn),
        RUN(segments_join_to_the_text_and_are_as_many_as_measured),
    };

    return RUN_ALL(tests);
}
