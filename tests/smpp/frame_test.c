#include "tests/test.h"

#include <stdlib.h>

#include "smpp/frame.h"
#include "tests/smpp/random_pdu.h"

static const uint8_t enquire_link[] = {0, 0, 0, 16, 0, 0, 0, 0x15, 0, 0, 0, 0, 0, 0, 0, 1};

/* A block of exactly this size, so that a sanitizer sees an octet read too many. */
static uint8_t *exactly(const uint8_t *octets, size_t size)
{
    uint8_t *block = malloc(size > 0 ? size : 1);

    if (block == NULL)
        abort();
    memcpy(block, octets, size);
    return block;
}

TEST(a_frame_is_cut_where_command_length_says)
{
    uint8_t stream[2 * sizeof(enquire_link)];
    size_t size = 0;

    memcpy(stream, enquire_link, sizeof(enquire_link));
    memcpy(stream + sizeof(enquire_link), enquire_link, sizeof(enquire_link));
    assert_int_equal(smpp_frame_cut(stream, sizeof(stream), SMPP_PDU_MAX_SIZE, &size),
                     SMPP_FRAME_PDU);
    assert_int_equal(size, sizeof(enquire_link));
}

TEST(an_unfinished_frame_says_how_many_octets_it_needs)
{
    for (size_t available = 0; available < sizeof(enquire_link); available++) {
        uint8_t *block = exactly(enquire_link, available);
        size_t size = 0;

        assert_int_equal(smpp_frame_cut(block, available, SMPP_PDU_MAX_SIZE, &size),
                         SMPP_FRAME_MORE);
        assert_int_equal(size, available < 4 ? 4 : sizeof(enquire_link));
        free(block);
    }
    assert_int_equal(smpp_frame_cut(NULL, 0, SMPP_PDU_MAX_SIZE, &(size_t){0}),
                     SMPP_FRAME_MORE);
}

TEST(a_length_is_judged_as_soon_as_its_four_octets_are_there)
{
    static const struct {
        const char *row;
        const char octets[5];
        size_t max_size;
        enum smpp_frame expected;
    } rows[] = {
        {"0",                      "\0\0\0\0",         SMPP_PDU_MAX_SIZE,  SMPP_FRAME_BROKEN},
        {"4",                      "\0\0\0\4",         SMPP_PDU_MAX_SIZE,  SMPP_FRAME_BROKEN},
        {"15",                     "\0\0\0\17",        SMPP_PDU_MAX_SIZE,  SMPP_FRAME_BROKEN},
        {"16",                     "\0\0\0\20",        SMPP_PDU_MAX_SIZE,  SMPP_FRAME_MORE  },
        {"the most",               "\0\1\x40\0",       SMPP_PDU_MAX_SIZE,  SMPP_FRAME_MORE  },
        {"one more",               "\0\1\x40\1",       SMPP_PDU_MAX_SIZE,  SMPP_FRAME_BROKEN},
        {"the most before a bind", "\0\0\4\0",         SMPP_BIND_MAX_SIZE, SMPP_FRAME_MORE  },
        {"one more before a bind", "\0\0\4\1",         SMPP_BIND_MAX_SIZE, SMPP_FRAME_BROKEN},
        {"2^31 - 1",               "\x7f\xff\xff\xff", SMPP_PDU_MAX_SIZE,  SMPP_FRAME_BROKEN},
        {"2^31",                   "\x80\0\0\0",       SMPP_PDU_MAX_SIZE,  SMPP_FRAME_BROKEN},
        {"2^32 - 1",               "\xff\xff\xff\xff", SMPP_PDU_MAX_SIZE,  SMPP_FRAME_BROKEN},
        {"HTTP",                   "GET ",             SMPP_PDU_MAX_SIZE,  SMPP_FRAME_BROKEN},
        {"TLS",                    "\x16\3\1\2",       SMPP_PDU_MAX_SIZE,  SMPP_FRAME_BROKEN},
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        uint8_t *block = exactly((const uint8_t *)rows[i].octets, 4);
        size_t size = 7;

        CHECK_EQ(smpp_frame_cut(block, 4, rows[i].max_size, &size), rows[i].expected,
                 rows[i].row);
        if (rows[i].expected == SMPP_FRAME_BROKEN)
            CHECK_EQ(size, 7, rows[i].row);
        free(block);
    }
}

/* ---- cut anywhere, joined anywhere ---- */

struct stream {
    uint8_t octets[16 * 1024];
    size_t size;
    size_t pdus;
};

/* What a reader makes of the stream: a sum over all PDUs, in order. */
struct reading {
    size_t pdus;
    uint64_t sum;
};

static struct stream every_pdu(void)
{
    static struct random_pdu random = {.state = 34};
    struct stream stream = {.size = 0};

    for (size_t i = 0; i < ROWS(every_command); i++) {
        size_t size;

        random_fill(&random, every_command[i], true);
        if (random.pdu.destinations.size > 300)
            continue;
        size = smpp_pdu_encode(&random.pdu, stream.octets + stream.size,
                               sizeof(stream.octets) - stream.size);
        CHECK(size > 0, "the stream has room");
        stream.size += size;
        stream.pdus++;
    }
    return stream;
}

/* Takes all whole PDUs off the front; returns the octets taken. */
static size_t take_pdus(struct reading *reading, const uint8_t *octets, size_t available)
{
    size_t taken = 0;

    for (;;) {
        struct smpp_pdu pdu;
        size_t size;

        if (smpp_frame_cut(octets + taken, available - taken, SMPP_PDU_MAX_SIZE, &size) !=
            SMPP_FRAME_PDU)
            return taken;
        CHECK_EQ(smpp_pdu_decode(octets + taken, size, &pdu), ESME_ROK,
                 smpp_command_name(pdu.command));
        for (size_t i = 0; i < size; i++)
            reading->sum = reading->sum * 31 + octets[taken + i];
        reading->pdus++;
        taken += size;
    }
}

TEST(a_stream_cut_at_any_octet_gives_the_same_pdus)
{
    static struct stream stream;
    struct reading whole = {0, 0};

    stream = every_pdu();
    assert_int_equal(take_pdus(&whole, stream.octets, stream.size), stream.size);
    assert_int_equal(whole.pdus, stream.pdus);

    for (size_t cut = 0; cut <= stream.size; cut++) {
        struct reading reading = {0, 0};
        uint8_t *first = exactly(stream.octets, cut);
        size_t taken = take_pdus(&reading, first, cut);

        free(first);
        taken += take_pdus(&reading, stream.octets + taken, stream.size - taken);
        CHECK_EQ(taken, stream.size, "taken");
        CHECK_EQ(reading.pdus, whole.pdus, "PDUs");
        CHECK(reading.sum == whole.sum, "the same octets");
    }
}

TEST(a_stream_that_comes_in_small_pieces_gives_the_same_pdus)
{
    static struct stream stream;
    struct reading whole = {0, 0};

    stream = every_pdu();
    take_pdus(&whole, stream.octets, stream.size);
    for (size_t piece = 1; piece < 40; piece++) {
        struct reading reading = {0, 0};
        size_t taken = 0;

        for (size_t available = 0; available < stream.size + piece; available += piece) {
            size_t there = available < stream.size ? available : stream.size;

            taken += take_pdus(&reading, stream.octets + taken, there - taken);
        }
        CHECK_EQ(taken, stream.size, "taken");
        CHECK_EQ(reading.pdus, whole.pdus, "PDUs");
        CHECK(reading.sum == whole.sum, "the same octets");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_frame_is_cut_where_command_length_says),
        RUN(an_unfinished_frame_says_how_many_octets_it_needs),
        RUN(a_length_is_judged_as_soon_as_its_four_octets_are_there),
        RUN(a_stream_cut_at_any_octet_gives_the_same_pdus),
        RUN(a_stream_that_comes_in_small_pieces_gives_the_same_pdus),
    };

    return RUN_ALL(tests);
}
