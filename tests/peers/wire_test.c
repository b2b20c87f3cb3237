/* wire.c against octets that were written by hand from SMPP 3.4. */
#include "tests/test.h"

#include <stdlib.h>

#include "tests/peers/wire.h"

#define VIEW(octets) ((struct wire_view){(const uint8_t *)(octets), sizeof(octets) - 1})

/* 3.2.1: length 0x10, enquire_link (4.11.1), status 0, sequence 0x01020304. */
static const char enquire_link[] = "\0\0\0\x10\0\0\0\x15\0\0\0\0\1\2\3\4";

/* 4.1.5, body: system_id, password, system_type, interface_version, ton, npi, range. */
static const char bind_body[] = "smpp\0secret08\0VMA\0\x34\1\1^79\0";

/*
 * 4.4.1, body: service_type "CMT"; source 5/0 "Shop"; destination 1/1 "79035550142";
 * esm_class 0x40; protocol_id 0; priority 1; no schedule; validity of one hour;
 * registered_delivery 1; replace 0; data_coding 8; default id 0; sm_length 4, U+0431
 * U+0430; then user_message_reference 0x0204 of 2 octets, 0x1234.
 */
static const char submit_body[] = "CMT\0\5\0Shop\0\1\1"
                                  "79035550142\0\x40\0\1\0"
                                  "000000010000000R\0"
                                  "\1\0\x08\0\4\x04\x31\x04\x30"
                                  "\x02\x04\0\2\x12\x34";

TEST(a_header_is_read_and_written_octet_by_octet)
{
    struct wire_header header = {0};
    uint8_t octets[WIRE_HEADER_BYTES];
    struct wire_buffer buffer = {octets, sizeof(octets), 0};

    CHECK_EQ(wire_read_header((const uint8_t *)enquire_link, 16, &header), WIRE_FRAME_WHOLE,
             "whole");
    CHECK_EQ(header.length, 16, "length");
    CHECK_EQ(header.id, WIRE_ENQUIRE_LINK, "id");
    CHECK_EQ(header.sequence, 0x01020304, "sequence");
    CHECK(wire_write_bare(&buffer, WIRE_ENQUIRE_LINK, 0, 0x01020304), "written");
    CHECK_BYTES(octets, buffer.used, enquire_link, (size_t)16, "written");
}

TEST(a_stream_is_cut_where_its_lengths_say)
{
    static const struct {
        const char *row;
        const char *octets;
        size_t size;
        enum wire_frame frame;
    } rows[] = {
        {"nothing yet",          "",                   0,  WIRE_FRAME_PARTIAL},
        {"half a length",        "\0\0\0",             3,  WIRE_FRAME_PARTIAL},
        {"length 16, 15 octets", enquire_link,         15, WIRE_FRAME_PARTIAL},
        {"length 0",             "\0\0\0\0",           4,  WIRE_FRAME_BROKEN },
        {"length 15",            "\0\0\0\x0f",         4,  WIRE_FRAME_BROKEN },
        {"length 80 KiB",        "\0\1\x40\0",         4,  WIRE_FRAME_PARTIAL},
        {"length 80 KiB + 1",    "\0\1\x40\1",         4,  WIRE_FRAME_BROKEN },
        {"length 2^31 - 1",      "\x7f\xff\xff\xff",   4,  WIRE_FRAME_BROKEN },
        {"length 2^32 - 1",      "\xff\xff\xff\xff",   4,  WIRE_FRAME_BROKEN },
        {"HTTP",                 "GET / HTTP/1.1\r\n", 16, WIRE_FRAME_BROKEN },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct wire_header header = {0};

        CHECK_EQ(wire_read_header((const uint8_t *)rows[i].octets, rows[i].size, &header),
                 rows[i].frame, rows[i].row);
    }
}

TEST(a_bind_is_read_and_written_octet_by_octet)
{
    struct wire_bind bind = {0};
    uint8_t octets[100];
    struct wire_buffer buffer = {octets, sizeof(octets), 0};

    CHECK_EQ(wire_read_bind(VIEW(bind_body), &bind), WIRE_OK, "bind");
    CHECK(wire_view_is(bind.system_id, "smpp"), "system_id");
    CHECK(wire_view_is(bind.password, "secret08"), "password");
    CHECK(wire_view_is(bind.system_type, "VMA"), "system_type");
    CHECK_EQ(bind.interface_version, 0x34, "interface_version");
    CHECK(wire_view_is(bind.address_range, "^79"), "address_range");
    CHECK(wire_write_bind(&buffer, WIRE_BIND_TRANSCEIVER, 1, &bind), "written");
    CHECK_BYTES(octets + 16, buffer.used - 16, bind_body, sizeof(bind_body) - 1, "body");
    CHECK_BYTES(octets, (size_t)16, "\0\0\0\x29\0\0\0\x09\0\0\0\0\0\0\0\1", (size_t)16,
                "header");
}

TEST(a_bind_that_is_cut_is_refused_by_the_field_that_is_missing)
{
    static const struct {
        const char *row;
        size_t size;
        uint32_t status;
    } rows[] = {
        {"empty",                       0,  WIRE_BAD_SYSTEM_ID  },
        {"no NUL behind system_id",     4,  WIRE_BAD_SYSTEM_ID  },
        {"no NUL behind password",      13, WIRE_BAD_PASSWORD   },
        {"no NUL behind system_type",   17, WIRE_BAD_SYSTEM_TYPE},
        {"no interface_version",        18, WIRE_BIND_FAILED    },
        {"no NUL behind address_range", 24, WIRE_BIND_FAILED    },
    };
    struct wire_bind bind;

    for (size_t i = 0; i < ROWS(rows); i++)
        CHECK_EQ(wire_read_bind(
                     (struct wire_view){(const uint8_t *)bind_body, rows[i].size}, &bind),
                 rows[i].status, rows[i].row);
    /* 5.2.1: sixteen octets with the NUL; 5.2.2: nine. */
    CHECK_EQ(wire_read_bind(VIEW("1234567890123456\0p\0\0\x34\0\0\0"), &bind),
             WIRE_BAD_SYSTEM_ID, "sixteen characters");
    CHECK_EQ(wire_read_bind(VIEW("smpp\0"
                                 "123456789\0\0\x34\0\0\0"),
                            &bind),
             WIRE_BAD_PASSWORD, "nine characters");
}

TEST(a_message_is_read_and_written_octet_by_octet)
{
    struct wire_message message = {0};
    struct wire_view reference = {0};
    uint8_t octets[200];
    struct wire_buffer buffer = {octets, sizeof(octets), 0};

    CHECK_EQ(wire_read_message(VIEW(submit_body), &message), WIRE_OK, "submit_sm");
    CHECK(wire_view_is(message.service_type, "CMT"), "service_type");
    CHECK_EQ(message.source_ton, 5, "source_ton");
    CHECK(wire_view_is(message.source, "Shop"), "source");
    CHECK_EQ(message.destination_npi, 1, "destination_npi");
    CHECK(wire_view_is(message.destination, "79035550142"), "destination");
    CHECK_EQ(message.esm_class, WIRE_ESM_UDHI, "esm_class");
    CHECK_EQ(message.priority, 1, "priority");
    CHECK_EQ(message.schedule.size, 0, "schedule");
    CHECK(wire_view_is(message.validity, "000000010000000R"), "validity");
    CHECK_EQ(message.registered_delivery, WIRE_REGISTERED_ALWAYS, "registered_delivery");
    CHECK_EQ(message.data_coding, 8, "data_coding");
    CHECK_BYTES(message.short_message.at, message.short_message.size, "\x04\x31\x04\x30",
                (size_t)4, "short_message");
    CHECK(wire_find_tlv(message.tlvs, WIRE_TAG_USER_MESSAGE_REFERENCE, &reference),
          "reference");
    CHECK_BYTES(reference.at, reference.size, "\x12\x34", (size_t)2, "reference");
    CHECK(wire_write_message(&buffer, WIRE_SUBMIT_SM, 7, &message), "written");
    CHECK_BYTES(octets + 16, buffer.used - 16, submit_body, sizeof(submit_body) - 1,
                "body");
}

TEST(no_cut_of_a_message_is_read_beyond_its_end)
{
    /* Each cut is a block of its own, so that a sanitizer sees an octet too many. */
    for (size_t size = 0; size < sizeof(submit_body) - 1; size++) {
        uint8_t *copy = malloc(size > 0 ? size : 1);
        struct wire_message message = {0};
        struct wire_tlv tlv;
        uint32_t status;

        assert_non_null(copy);
        memcpy(copy, submit_body, size);
        status = wire_read_message((struct wire_view){copy, size}, &message);
        /* The optional parameter may be cut: the walk stops there. */
        CHECK_EQ(status == WIRE_OK, size >= sizeof(submit_body) - 1 - 6, "cut");
        if (status == WIRE_OK)
            CHECK(!wire_next_tlv(&message.tlvs, &tlv), "cut parameter");
        free(copy);
    }
}

TEST(a_long_field_is_refused_with_its_own_status)
{
    static const struct {
        const char *row;
        const char *body;
        size_t size;
        uint32_t status;
    } rows[] = {
        {"service_type",           "123456\0",                               7,  WIRE_BAD_SERVICE_TYPE},
        {"source",                 "\0\0\0zzzzzzzzzzzzzzzzzzzzz\0",          25, WIRE_BAD_SOURCE      },
        {"destination",            "\0\0\0\0\0\0zzzzzzzzzzzzzzzzzzzzz\0",    28, WIRE_BAD_DESTINATION },
        {"schedule",               "\0\0\0\0\0\0\0\0\0\0zzzzzzzzzzzzzzz\0",  26, WIRE_BAD_SCHEDULE    },
        {"validity",               "\0\0\0\0\0\0\0\0\0\0\0z\0",              13, WIRE_BAD_EXPIRY      },
        {"sm_length past the end", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\5abcd", 21,
         WIRE_BAD_MESSAGE_LENGTH                                                                      },
    };
    struct wire_message message;

    for (size_t i = 0; i < ROWS(rows); i++)
        CHECK_EQ(
            wire_read_message(
                (struct wire_view){(const uint8_t *)rows[i].body, rows[i].size}, &message),
            rows[i].status, rows[i].row);
}

TEST(the_text_is_in_the_payload_when_the_short_message_is_empty)
{
    struct wire_message message = {.tlvs = VIEW("\x04\x24\0\5hello")};

    CHECK(wire_view_is(wire_message_text(&message), "hello"), "payload");
    message.short_message = wire_view_of("short");
    CHECK(wire_view_is(wire_message_text(&message), "short"), "short_message");
}

TEST(optional_parameters_are_walked_and_what_is_none_is_left)
{
    struct wire_view tlvs = VIEW("\x04\x27\0\1\2"
                                 "\x14\0\0\0"
                                 "\0\x1e\0\7cut");
    struct wire_tlv tlv;

    CHECK(wire_next_tlv(&tlvs, &tlv), "message_state");
    CHECK_EQ(tlv.tag, WIRE_TAG_MESSAGE_STATE, "message_state");
    CHECK_EQ(tlv.value.at[0], WIRE_STATE_DELIVERED, "message_state");
    CHECK(wire_next_tlv(&tlvs, &tlv), "of a vendor");
    CHECK_EQ(tlv.tag, 0x1400, "of a vendor");
    CHECK_EQ(tlv.value.size, 0, "of a vendor");
    CHECK(!wire_next_tlv(&tlvs, &tlv), "cut");
    CHECK_EQ(tlvs.size, 7, "left");
}

TEST(a_pdu_that_does_not_fit_leaves_no_trace)
{
    static const uint8_t long_text[255];
    struct wire_message message = {.destination = wire_view_of("79035550142"),
                                   .short_message = wire_view_of("hello")};
    uint8_t octets[512];
    struct wire_buffer buffer = {octets, sizeof(octets), 0};
    size_t whole;

    CHECK(wire_write_message(&buffer, WIRE_SUBMIT_SM, 1, &message), "fits");
    whole = buffer.used;
    for (size_t capacity = 0; capacity < whole; capacity++) {
        buffer = (struct wire_buffer){octets, capacity, 0};
        CHECK(!wire_write_message(&buffer, WIRE_SUBMIT_SM, 1, &message), "does not fit");
        CHECK_EQ(buffer.used, 0, "no trace");
    }
    /* 5.2.21: 254 octets at most. */
    buffer = (struct wire_buffer){octets, sizeof(octets), 0};
    message.short_message = (struct wire_view){long_text, 255};
    CHECK(!wire_write_message(&buffer, WIRE_SUBMIT_SM, 1, &message), "255 octets");
    message.short_message.size = 254;
    CHECK(wire_write_message(&buffer, WIRE_SUBMIT_SM, 1, &message), "254 octets");
}

TEST(a_response_has_its_id_only_when_it_is_good)
{
    uint8_t octets[64];
    struct wire_buffer buffer = {octets, sizeof(octets), 0};

    CHECK(wire_write_id_response(&buffer, WIRE_RESPONSE | WIRE_SUBMIT_SM, 0, 5,
                                 wire_view_of("42")),
          "good");
    CHECK_BYTES(octets, buffer.used,
                "\0\0\0\x13\x80\0\0\4\0\0\0\0\0\0\0\5"
                "42\0",
                (size_t)19, "good");
    buffer.used = 0;
    /* 4.4.2, note: no body when command_status is not 0. */
    CHECK(wire_write_id_response(&buffer, WIRE_RESPONSE | WIRE_SUBMIT_SM, 0x58, 5,
                                 wire_view_of("42")),
          "refused");
    CHECK_BYTES(octets, buffer.used, "\0\0\0\x10\x80\0\0\4\0\0\0\x58\0\0\0\5", (size_t)16,
                "refused");
    CHECK(wire_view_is(wire_read_id(VIEW("42\0")), "42"), "id");
    CHECK(wire_view_is(wire_read_id(VIEW("42")), "42"), "id without its NUL");
    CHECK_EQ(wire_read_id((struct wire_view){NULL, 0}).size, 0, "no body");
}

TEST(a_view_becomes_a_string_of_bounded_size)
{
    char out[5];

    wire_view_copy(VIEW("ab\0cdef"), out, sizeof(out));
    CHECK_STR(out, "ab?c", "cut");
    wire_view_copy((struct wire_view){NULL, 0}, out, sizeof(out));
    CHECK_STR(out, "", "empty");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        RUN(a_header_is_read_and_written_octet_by_octet),
        RUN(a_stream_is_cut_where_its_lengths_say),
        RUN(a_bind_is_read_and_written_octet_by_octet),
        RUN(a_bind_that_is_cut_is_refused_by_the_field_that_is_missing),
        RUN(a_message_is_read_and_written_octet_by_octet),
        RUN(no_cut_of_a_message_is_read_beyond_its_end),
        RUN(a_long_field_is_refused_with_its_own_status),
        RUN(the_text_is_in_the_payload_when_the_short_message_is_empty),
        RUN(optional_parameters_are_walked_and_what_is_none_is_left),
        RUN(a_pdu_that_does_not_fit_leaves_no_trace),
        RUN(a_response_has_its_id_only_when_it_is_good),
        RUN(a_view_becomes_a_string_of_bounded_size),
    };

    return RUN_ALL(tests);
}
