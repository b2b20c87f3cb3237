/* What of a submission is text for a person. */
#include "gateway/translate.h"

#include <stdlib.h>

#include "tests/gateway/translate_bodies.h"
#include "tests/test.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(only_what_is_surely_text_is_text),
        RUN(a_parameter_may_send_it_elsewhere_than_to_the_person),
        RUN(flash_is_text_but_for_its_class),
    };

    return RUN_ALL(tests);
}
