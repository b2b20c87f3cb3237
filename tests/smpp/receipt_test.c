/* What is a receipt, where its facts are looked for, and how ids are compared. */
#include "smpp/receipt.h"

#include "smpp/timestamp.h"
#include "tests/smpp/receipt_view.h"
#include "tests/test.h"

TEST(a_receipt_longer_than_the_scratch_is_read_as_far_as_it_goes)
{
    uint8_t wide[65536] = {0};
    static const char text[] = "id:77 stat:DELIVRD text:";
    struct smpp_pdu pdu = {.esm_class = 0x04, .data_coding = 8};
    char scratch[SMPP_RECEIPT_SCRATCH_SIZE + 1];
    struct smpp_receipt receipt;

    for (size_t at = 0; at < sizeof(text) - 1; at++)
        wide[2 * at + 1] = (uint8_t)text[at];
    pdu.short_message = (struct smpp_octets){wide, sizeof(wide)};
    scratch[SMPP_RECEIPT_SCRATCH_SIZE] = '#';
    assert_true(
        smpp_receipt_read(&pdu, NULL, scratch, SMPP_RECEIPT_SCRATCH_SIZE, &receipt));
    CHECK_VIEW(receipt.id, "77", "long");
    assert_int_equal(scratch[SMPP_RECEIPT_SCRATCH_SIZE], '#');
}

TEST(a_receipt_may_stand_between_a_header_and_a_nul)
{
    struct smpp_pdu pdu = {.esm_class = 0x44};
    char scratch[SMPP_RECEIPT_SCRATCH_SIZE];
    struct smpp_receipt receipt;
    static const char text[] = "\x05\x00\x03\x07\x02\x01id:77 stat:DELIVRD";

    pdu.short_message = (struct smpp_octets){(const uint8_t *)text, sizeof(text)};
    assert_true(smpp_receipt_read(&pdu, NULL, scratch, sizeof(scratch), &receipt));
    CHECK_VIEW(receipt.id, "77", "behind a header");
    assert_int_equal(receipt.state, SMPP_STATE_DELIVERED);
}

TEST(only_esm_class_or_the_receipted_id_makes_a_receipt)
{
    static const struct {
        const char *row;
        uint8_t esm_class;
        bool has_id;
        bool is_receipt;
        bool is_intermediate;
        bool has_state;
    } rows[] = {
        {"a message",                                0x00, false, false, false, false},
        {"receipt",                                  0x04, false, true,  false, false},
        {"receipt, mode bits set",                   0x07, false, true,  false, false},
        {"receipt with header and reply path",       0xC4, false, true,  false, false},
        {"intermediate notification",                0x20, false, true,  true,  false},
        {"delivery acknowledgement",                 0x08, false, false, false, false},
        {"user acknowledgement",                     0x10, false, false, false, false},
        {"conversation abort",                       0x18, false, false, false, false},
        {"reserved",                                 0x24, false, false, false, false},
        {"reserved, with the bit of a receipt",      0x0C, false, false, false, false},
        {"reserved, with the bit of a notification", 0x30, false, false, false, false},
        {"a message with a receipted id",            0x00, true,  true,  false, false},
        {"an acknowledgement with one",              0x08, true,  false, false, false},
        {"by hand, with a header",                   0x50, true,  false, false, false},
        {"with a state it is a receipt",             0x08, true,  true,  false, true },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct smpp_pdu pdu = {.esm_class = rows[i].esm_class,
                               .short_message = receipt_view("id:1 stat:DELIVRD")};
        struct smpp_receipt receipt = {.network_type = 77};
        char scratch[SMPP_RECEIPT_SCRATCH_SIZE];

        if (rows[i].has_id)
            CHECK(smpp_pdu_add_tlv(&pdu, SMPP_TLV_RECEIPTED_MESSAGE_ID, "1", 2),
                  rows[i].row);
        if (rows[i].has_state)
            CHECK(smpp_pdu_add_tlv(&pdu, SMPP_TLV_MESSAGE_STATE, "\2", 1), rows[i].row);
        CHECK_EQ(smpp_receipt_read(&pdu, NULL, scratch, sizeof(scratch), &receipt),
                 rows[i].is_receipt, rows[i].row);
        if (rows[i].is_receipt)
            CHECK_EQ(receipt.is_intermediate, rows[i].is_intermediate, rows[i].row);
        else
            CHECK_EQ(receipt.network_type, 77, rows[i].row);
    }
}

TEST(a_plain_message_is_a_receipt_only_where_they_come_unmarked)
{
    static const struct {
        const char *row;
        uint8_t esm_class;
        const char *text;
        bool is_receipt;
    } rows[] = {
        {"all it needs",            0x00, "id:1 submit date:2607311230 stat:DELIVRD",    true },
        {"the other date",          0x00, "id:1 done date:2607311230 stat:DELIVRD",      true },
        {"store and forward",       0x03, "id:1 done date:2607311230 stat:DELIVRD",      true },
        {"an acknowledgement",      0x08, "id:1 done date:2607311230 stat:DELIVRD",      false},
        {"no date",                 0x00, "id:1 stat:DELIVRD",                           false},
        {"no state",                0x00, "id:1 done date:2607311230",                   false},
        {"no id",                   0x00, "done date:2607311230 stat:DELIVRD",           false},
        {"all of it in its text",   0x00, "text:id:1 done date:2607311230 stat:DELIVRD",
         false                                                                                },
        {"what a subscriber wrote", 0x00, "STOP",                                        false},
    };
    static const struct smpp_receipt_form unmarked = {.unmarked = true};

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct smpp_pdu pdu = {.esm_class = rows[i].esm_class,
                               .short_message = receipt_view(rows[i].text)};
        char scratch[SMPP_RECEIPT_SCRATCH_SIZE];
        struct smpp_receipt receipt;

        CHECK_EQ(smpp_receipt_read(&pdu, &unmarked, scratch, sizeof(scratch), &receipt),
                 rows[i].is_receipt, rows[i].row);
        CHECK(!smpp_receipt_read(&pdu, NULL, scratch, sizeof(scratch), &receipt),
              rows[i].row);
    }
}

TEST(a_list_is_read_by_its_columns)
{
    static const struct smpp_receipt_form form = {
        .column_count = 6,
        .columns = {SMPP_COLUMN_ID, SMPP_COLUMN_OTHER, SMPP_COLUMN_STATE, SMPP_COLUMN_DONE,
                    SMPP_COLUMN_ERROR, SMPP_COLUMN_TEXT}
    };
    static const struct {
        const char *row;
        const char *text;
        const char *id, *word, *error, *told;
    } rows[] = {
        {"commas",          "77,x,DELIVRD,2607311230,000,hello",       "77", "DELIVRD", "000", "hello"},
        {"bars and spaces", " 77 | | DELIVRD | 2607311230 | 1 | a b ", "77", "DELIVRD", "1",
         "a b"                                                                                        },
        {"semicolons",      "77;;00;260731123005",                     "77", "00",      "",    ""     },
        {"no date",         "77,x,DELIVRD,soon,000,hello",             "",   "",        "",    ""     },
        {"named after all", "id:78 stat:EXPIRED text:a,b",             "78", "EXPIRED", "",    "a,b"  },
        {"in its text",     "text:77,x,DELIVRD,2607311230,000,hello",  "",   "",        "",
         "77,x,DELIVRD,2607311230,000,hello"                                                          },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct smpp_pdu pdu = {.esm_class = 0x04,
                               .short_message = receipt_view(rows[i].text)};
        char scratch[SMPP_RECEIPT_SCRATCH_SIZE];
        struct smpp_receipt receipt;

        CHECK(smpp_receipt_read(&pdu, &form, scratch, sizeof(scratch), &receipt),
              rows[i].row);
        CHECK_VIEW(receipt.id, rows[i].id, rows[i].row);
        CHECK_VIEW(receipt.word, rows[i].word, rows[i].row);
        CHECK_VIEW(receipt.error, rows[i].error, rows[i].row);
        CHECK_VIEW(receipt.text, rows[i].told, rows[i].row);
    }
}

TEST(the_parameters_come_before_the_text)
{
    static const struct {
        const char *row;
        const char *text;
        struct smpp_tlv tlvs[3]; /* size 0: not there */
        const char *id, *text_id;
        enum smpp_message_state state;
        const char *error;
        uint8_t network_type;
    } rows[] = {
        {"no text at all",
         "",                                   {{0x001E, 4, (const uint8_t *)"abc"},
          {0x0427, 1, (const uint8_t *)"\x02"},
          {0x0423, 3, (const uint8_t *)"\x03\x00\x06"}},
         "abc",      "",
         SMPP_STATE_DELIVERED,     "006",
         3},
        {"both, and they differ",
         "id:0489708364 stat:UNDELIV err:001", {{0x001E, 9, (const uint8_t *)"1d305b4c"},
          {0x0427, 1, (const uint8_t *)"\x02"},
          {0x0423, 3, (const uint8_t *)"\x08\xFF\xFF"}},
         "1d305b4c", "0489708364",
         SMPP_STATE_DELIVERED,     "65535",
         8},
        {"an id without its NUL, and spaces",
         "",                                   {{0x001E, 5, (const uint8_t *)"abc  "}},
         "abc",      "",
         SMPP_STATE_NONE,          "",
         0},
        {"an empty id",
         "id:7 stat:EXPIRED",                  {{0x001E, 1, (const uint8_t *)""}},
         "7",        "7",
         SMPP_STATE_EXPIRED,       "",
         0},
        {"a state nobody knows",
         "id:7 stat:EXPIRED",                  {{0x0427, 1, (const uint8_t *)"\x0A"}},
         "7",        "7",
         SMPP_STATE_EXPIRED,       "",
         0},
        {"a state of the wrong size",
         "id:7 stat:EXPIRED",                  {{0x0427, 2, (const uint8_t *)"\x00\x02"}},
         "7",        "7",
         SMPP_STATE_EXPIRED,       "",
         0},
        {"scheduled",
         "id:7",                               {{0x0427, 1, (const uint8_t *)"\x00"}},
         "7",        "7",
         SMPP_STATE_SCHEDULED,     "",
         0},
        {"digits instead of a number",
         "id:7 err:1",                         {{0x0423, 3, (const uint8_t *)"042"}},
         "7",        "7",
         SMPP_STATE_NONE,          "042",
         0},
        {"an error of the wrong size",
         "id:7 err:1",                         {{0x0423, 2, (const uint8_t *)"\x03\x01"}},
         "7",        "7",
         SMPP_STATE_NONE,          "1",
         0},
        {"injection in a text beside parameters",
         "text:id:666 stat:DELIVRD",           {{0x001E, 3, (const uint8_t *)"77"}, {0x0427, 1, (const uint8_t *)"\x05"}},
         "77",       "",
         SMPP_STATE_UNDELIVERABLE, "",
         0},
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        const char *row = rows[i].row;
        struct smpp_pdu pdu = {.esm_class = 0x04,
                               .short_message = receipt_view(rows[i].text)};
        char scratch[SMPP_RECEIPT_SCRATCH_SIZE];
        struct smpp_receipt receipt;

        for (size_t at = 0; at < ROWS(rows[i].tlvs) && rows[i].tlvs[at].size > 0; at++)
            pdu.tlvs[pdu.tlv_count++] = rows[i].tlvs[at];
        CHECK(smpp_receipt_read(&pdu, NULL, scratch, sizeof(scratch), &receipt), row);
        CHECK_VIEW(receipt.id, rows[i].id, row);
        CHECK_VIEW(receipt.text_id, rows[i].text_id, row);
        CHECK_EQ(receipt.state, rows[i].state, row);
        CHECK_VIEW(receipt.error, rows[i].error, row);
        CHECK_EQ(receipt.network_type, rows[i].network_type, row);
    }
}

TEST(what_is_written_is_read_back)
{
    for (int each = SMPP_STATE_SCHEDULED; each <= SMPP_STATE_SKIPPED; each++) {
        const char *row = smpp_receipt_word((enum smpp_message_state)each);
        const struct smpp_receipt_facts facts = {
            .id = receipt_view("00B8BE19"),
            .state = (enum smpp_message_state)each,
            .error = receipt_view("12"),
            .submitted_ms = receipt_noon_ms,
            .done_ms = receipt_noon_ms + 1000,
            .text = receipt_view("id:666 stat:DELIVRD"),
            .text_length = 20,
            .date_digits = 12,
        };
        char text[SMPP_RECEIPT_MAX_SIZE], scratch[SMPP_RECEIPT_SCRATCH_SIZE];
        struct smpp_pdu pdu = {.esm_class = 0x04};
        struct smpp_receipt receipt;
        int64_t ms = 0;

        pdu.short_message = (struct smpp_octets){
            (const uint8_t *)text, (uint32_t)smpp_receipt_write(&facts, text)};
        CHECK(smpp_receipt_read(&pdu, NULL, scratch, sizeof(scratch), &receipt), row);
        CHECK_VIEW(receipt.id, "00B8BE19", row);
        CHECK_EQ(receipt.state, each, row);
        CHECK_VIEW(receipt.error, "012", row);
        CHECK(smpp_timestamp_read_date(receipt.done_date.data, receipt.done_date.size, &ms),
              row);
        CHECK_EQ(ms, receipt_noon_ms + 1000, row);
    }
}

/* ---- Ids ----------------------------------------------------------------------------- */

TEST(an_id_has_one_canonical_form)
{
    static const struct {
        enum smpp_id_form form;
        const char *id;
        const char *canonical;
    } rows[] = {
        {SMPP_ID_AS_IS,   "00B8be19",             "00B8be19"            },
        {SMPP_ID_FOLDED,  "00B8be19",             "b8be19"              },
        {SMPP_ID_FOLDED,  "7D093BFA-4D65",        "7d093bfa-4d65"       },
        {SMPP_ID_FOLDED,  "0000",                 "0"                   },
        {SMPP_ID_DECIMAL, "0012107289",           "12107289"            },
        {SMPP_ID_DECIMAL, "0",                    "0"                   },
        {SMPP_ID_HEX,     "00B8BE19",             "12107289"            },
        {SMPP_ID_HEX,     "b8be19",               "12107289"            },
        {SMPP_ID_HEX,     "000",                  "0"                   },
        {SMPP_ID_HEX,     "FFFFFFFFFFFFFFFF",     "18446744073709551615"},
        {SMPP_ID_HEX,     "0000FFFFFFFFFFFFFFFF", "18446744073709551615"},
        {SMPP_ID_HEX,     "1FFFFFFFFFFFFFFFF",    "1ffffffffffffffff"   },
        {SMPP_ID_HEX,     "0XYZ",                 "xyz"                 },
        {SMPP_ID_HEX,     "",                     ""                    },
    };
    static const char too_long[] =
        "01234567890123456789012345678901234567890123456789012345678901234";

    for (size_t i = 0; i < ROWS(rows); i++) {
        char out[SMPP_RECEIPT_ID_MAX_SIZE];
        size_t size =
            smpp_receipt_id_canonical(rows[i].form, receipt_view(rows[i].id), out);

        CHECK_VIEW(((struct smpp_octets){(const uint8_t *)out, (uint32_t)size}),
                   rows[i].canonical, rows[i].id);
    }
    assert_int_equal(smpp_receipt_id_canonical(SMPP_ID_AS_IS, receipt_view(too_long),
                                               (char[SMPP_RECEIPT_ID_MAX_SIZE]){0}),
                     0);
    assert_int_equal(smpp_receipt_id_canonical(SMPP_ID_FOLDED, receipt_view(too_long + 1),
                                               (char[SMPP_RECEIPT_ID_MAX_SIZE]){0}),
                     64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_receipt_longer_than_the_scratch_is_read_as_far_as_it_goes),
        RUN(a_receipt_may_stand_between_a_header_and_a_nul),
        RUN(only_esm_class_or_the_receipted_id_makes_a_receipt),
        RUN(a_plain_message_is_a_receipt_only_where_they_come_unmarked),
        RUN(a_list_is_read_by_its_columns),
        RUN(the_parameters_come_before_the_text),
        RUN(what_is_written_is_read_back),
        RUN(an_id_has_one_canonical_form),
    };

    return RUN_ALL(tests);
}
