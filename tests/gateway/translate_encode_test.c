/* Segments together are the text, octet for octet or written anew. */
#include "gateway/translate.h"

#include <stdlib.h>

#include "tests/gateway/translate_bodies.h"
#include "tests/test.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(the_segments_together_are_the_text),
        RUN(cut_otherwise_than_counted_nothing_is_sent),
        RUN(a_short_message_goes_on_octet_for_octet),
        RUN(what_zero_means_is_translated_between_account_and_link),
    };

    return RUN_ALL(tests);
}
