#include "tests/test.h"

#include "smpp/tlv.h"

TEST(every_tag_of_the_table_is_found_under_its_own_number)
{
    static const struct {
        uint16_t tag;
        const char *name;
    } rows[] = {
#define TLV(tag, kind, min, max, repeatable, submission, delivery, name) {tag, #name},
#include "smpp/tlv.def"
#undef TLV
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        const struct smpp_tlv_rule *rule = smpp_tlv_rule(rows[i].tag);

        CHECK(rule != NULL, rows[i].name);
        CHECK_EQ(rule->tag, rows[i].tag, rows[i].name);
        CHECK_STR(rule->name, rows[i].name, rows[i].name);
        CHECK(rule->min_size <= rule->max_size, rows[i].name);
        if (i > 0)
            CHECK(rows[i].tag > rows[i - 1].tag, rows[i].name); /* in order, none twice */
    }
}

TEST(every_other_tag_is_unknown)
{
    unsigned known = 0;

    for (uint32_t tag = 0; tag <= 0xFFFF; tag++)
        known += smpp_tlv_rule((uint16_t)tag) != NULL;
    assert_int_equal(known, 44 + 20); /* 3.4 Table 5-7, and what 5.0 Table 4-60 adds */
}

/* The sizes as the paragraphs of 3.4 5.3.2 and 5.0 4.8.4 print them. */
TEST(a_value_has_the_size_its_paragraph_says)
{
    static const struct {
        const char *row;
        uint16_t tag;
        uint32_t size;
        bool fits;
    } rows[] = {
        {"dest_addr_subunit 1",                 0x0005, 1,     true },
        {"dest_addr_subunit 0",                 0x0005, 0,     false},
        {"dest_addr_subunit 2",                 0x0005, 2,     false},
        {"dest_telematics_id is of 2",          0x0008, 2,     true },
        {"source_telematics_id is of 1",        0x0010, 1,     true },
        {"source_telematics_id 2",              0x0010, 2,     false},
        {"qos_time_to_live 4",                  0x0017, 4,     true },
        {"qos_time_to_live 2",                  0x0017, 2,     false},
        {"receipted_message_id 65",             0x001E, 65,    true },
        {"receipted_message_id 66",             0x001E, 66,    false},
        {"receipted_message_id 0",              0x001E, 0,     false},
        {"source_subaddress 23",                0x0202, 23,    true },
        {"source_subaddress 24",                0x0202, 24,    false},
        {"source_subaddress 1",                 0x0202, 1,     false},
        {"user_message_reference 2",            0x0204, 2,     true },
        {"user_message_reference 1",            0x0204, 1,     false},
        {"sar_msg_ref_num 2",                   0x020C, 2,     true },
        {"sar_msg_ref_num 1",                   0x020C, 1,     false},
        {"sar_total_segments 1",                0x020E, 1,     true },
        {"sar_total_segments 2",                0x020E, 2,     false},
        {"callback_num 4",                      0x0381, 4,     true },
        {"callback_num 19",                     0x0381, 19,    true },
        {"callback_num 20",                     0x0381, 20,    false},
        {"network_error_code 3",                0x0423, 3,     true },
        {"network_error_code 4",                0x0423, 4,     false},
        {"message_payload 0",                   0x0424, 0,     true },
        {"message_payload 65535",               0x0424, 65535, true },
        {"ms_validity 1",                       0x1204, 1,     true },
        {"ms_validity 4, of 5.0",               0x1204, 4,     true },
        {"ms_validity 2",                       0x1204, 2,     false},
        {"alert_on_message_delivery 0",         0x130C, 0,     true },
        {"alert_on_message_delivery 1, of 5.0", 0x130C, 1,     true },
        {"alert_on_message_delivery 2",         0x130C, 2,     false},
        {"its_session_info 2",                  0x1383, 2,     true },
        {"its_session_info 1",                  0x1383, 1,     false},
    };

    for (size_t i = 0; i < ROWS(rows); i++)
        CHECK_EQ(smpp_tlv_size_fits(smpp_tlv_rule(rows[i].tag), (uint16_t)rows[i].size),
                 rows[i].fits, rows[i].row);
}

TEST(integers_are_read_most_significant_octet_first)
{
    static const uint8_t octets[] = {0x81, 0x02, 0x03, 0x04, 0x05};
    static const struct {
        const char *row;
        uint16_t size;
        uint32_t expected;
    } rows[] = {
        {"none",                 0, 0         },
        {"one",                  1, 0x81      },
        {"two",                  2, 0x8102    },
        {"three are no integer", 3, 0         },
        {"four",                 4, 0x81020304},
        {"five are no integer",  5, 0         },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct smpp_tlv tlv = {0x1400, rows[i].size, octets};

        CHECK_EQ(smpp_tlv_integer(&tlv), rows[i].expected, rows[i].row);
    }
}

TEST(tlvs_are_written_in_order_or_not_at_all)
{
    static const uint8_t expected[] = {0x02, 0x04, 0, 2, 'a', 'b', 0x13, 0x0C, 0, 0};
    const struct smpp_tlv tlvs[] = {
        {0x0204, 2, (const uint8_t *)"ab"},
        {0x130C, 0, NULL                 },
    };
    uint8_t out[sizeof(expected)];

    assert_ptr_equal(smpp_tlv_write(tlvs, 2, out, out + sizeof(out)), out + sizeof(out));
    assert_memory_equal(out, expected, sizeof(expected));
    for (size_t room = 0; room < sizeof(expected); room++)
        assert_null(smpp_tlv_write(tlvs, 2, out, out + room));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(every_tag_of_the_table_is_found_under_its_own_number),
        RUN(every_other_tag_is_unknown),
        RUN(a_value_has_the_size_its_paragraph_says),
        RUN(integers_are_read_most_significant_octet_first),
        RUN(tlvs_are_written_in_order_or_not_at_all),
    };

    return RUN_ALL(tests);
}
