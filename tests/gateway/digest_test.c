/* What the digest promises of octets that differ. */
#include "gateway/digest.h"

#include "tests/test.h"

enum { OCTETS = 600 };

static void fill(uint8_t octets[OCTETS])
{
    for (size_t i = 0; i < OCTETS; i++)
        octets[i] = (uint8_t)(i * 37 + 11);
}

TEST(each_octet_of_each_size_counts)
{
    uint8_t octets[OCTETS];

    fill(octets);
    for (size_t size = 1; size <= OCTETS; size++) {
        uint64_t before = digest_add(size, octets, size);

        for (size_t i = 0; i < size; i++) {
            octets[i] ^= 0x10;
            assert_int_not_equal(digest_add(size, octets, size), before);
            octets[i] ^= 0x10;
        }
        assert_int_equal(digest_add(size, octets, size), before);
    }
}

TEST(words_that_change_places_count)
{
    uint8_t octets[OCTETS], other[OCTETS];
    uint64_t before;

    fill(octets);
    before = digest_add(0, octets, OCTETS);
    for (size_t i = 0; i < OCTETS / 8; i++)
        for (size_t j = i + 1; j < OCTETS / 8; j++) {
            memcpy(other, octets, OCTETS);
            memcpy(other + 8 * i, octets + 8 * j, 8);
            memcpy(other + 8 * j, octets + 8 * i, 8);
            if (memcmp(other, octets, OCTETS) != 0)
                assert_int_not_equal(digest_add(0, other, OCTETS), before);
        }
}

TEST(what_came_before_counts)
{
    uint8_t octets[OCTETS];

    fill(octets);
    for (size_t size = 0; size <= OCTETS; size++)
        assert_int_not_equal(digest_add(1, octets, size), digest_add(2, octets, size));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(each_octet_of_each_size_counts),
        RUN(words_that_change_places_count),
        RUN(what_came_before_counts),
    };

    return RUN_ALL(tests);
}
