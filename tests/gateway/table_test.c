/* The hash table, against an array that cannot be wrong. */
#include "gateway/table.h"

#include <stdlib.h>
#include <time.h>

#include "tests/test.h"

TEST(what_was_put_is_there_until_it_is_removed)
{
    struct table *table = table_new(10);
    uint64_t value = 99;

    assert_false(table_get(table, 7, &value));
    assert_int_equal(value, 99);
    assert_true(table_put(table, 7, 70));
    assert_true(table_get(table, 7, &value));
    assert_int_equal(value, 70);
    assert_true(table_put(table, 7, 71));
    assert_int_equal(table_count(table), 1);
    assert_true(table_get(table, 7, &value));
    assert_int_equal(value, 71);
    table_remove(table, 8);
    table_remove(table, 7);
    table_remove(table, 7);
    assert_int_equal(table_count(table), 0);
    assert_false(table_get(table, 7, &value));
    table_free(table);
}

TEST(a_full_table_refuses_what_is_new_and_takes_what_is_there)
{
    struct table *table = table_new(1000);
    uint64_t value;

    for (uint64_t key = 1; key <= 1000; key++)
        assert_true(table_put(table, key, key));
    assert_false(table_put(table, 1001, 1));
    assert_true(table_put(table, 500, 5));
    assert_true(table_get(table, 500, &value));
    assert_int_equal(value, 5);
    assert_int_equal(table_count(table), 1000);
    table_remove(table, 1);
    assert_true(table_put(table, 1001, 1));
    table_free(table);
}

static uint64_t random_of(uint64_t *state)
{
    *state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
    return *state >> 33;
}

/* Few keys, so that chains grow together and are torn apart again and again; `more` of ten
 * steps put one in. */
static void assert_like_an_array(uint64_t random, int steps, unsigned more)
{
    enum { KEYS = 700 };
    struct table *table = table_new(KEYS);
    uint64_t *values = calloc(KEYS + 1, sizeof(*values));
    size_t count = 0;

    for (int i = 0; i < steps; i++) {
        uint64_t key = random_of(&random) % KEYS + 1;
        uint64_t value = 0;

        if (random_of(&random) % 10 < more) {
            count += values[key] == 0;
            values[key] = (uint64_t)i + 1;
            assert_true(table_put(table, key, values[key]));
        } else {
            count -= values[key] != 0;
            values[key] = 0;
            table_remove(table, key);
        }
        assert_int_equal(table_count(table), count);
        key = random_of(&random) % KEYS + 1;
        assert_int_equal(table_get(table, key, &value), values[key] != 0);
        assert_int_equal(value, values[key]);
    }
    free(values);
    table_free(table);
}

TEST(any_order_of_putting_and_removing_gives_what_an_array_gives)
{
    assert_like_an_array(1, 200000, 5);
}

/* It grows four times on the way. */
TEST(so_it_does_while_it_grows)
{
    for (uint64_t seed = 1; seed <= 500; seed++)
        assert_like_an_array(seed, 1500, 8);
}

/* As the last entry, so each of those that have not been moved. */
TEST(a_table_that_grows_is_gone_through_and_cleared_whole)
{
    for (size_t keys = 1; keys <= 400; keys++) {
        struct table *table = table_new(SIZE_MAX);
        uint64_t sum = 0;
        size_t at = 0;
        uint64_t key;
        uint64_t value;

        for (uint64_t i = 1; i <= keys; i++)
            assert_true(table_put(table, i, i));
        while (table_next(table, &at, &key, &value))
            sum += value;
        assert_int_equal(sum, keys * (keys + 1) / 2);
        table_clear(table);
        for (uint64_t i = 1; i <= keys; i++)
            assert_false(table_get(table, i, &value));
        assert_true(table_put(table, 7, 70));
        assert_int_equal(table_count(table), 1);
        table_free(table);
    }
}

static int64_t processor_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* Of all that a million puts take, how much a thousand of them take at most, in
 * thousandths. */
static int64_t longest_share(void)
{
    enum { GROUP = 1000 };
    struct table *table = table_new(SIZE_MAX);
    int64_t begin_ns = processor_ns();
    int64_t last_ns = begin_ns;
    int64_t longest_ns = 0;

    for (uint64_t i = 1; i <= GROUP * 1000; i++) {
        int64_t now_ns;

        assert_true(table_put(table, i, i));
        if (i % GROUP != 0)
            continue;
        now_ns = processor_ns();
        if (now_ns - last_ns > longest_ns)
            longest_ns = now_ns - last_ns;
        last_ns = now_ns;
    }
    table_free(table);
    return longest_ns * 1000 / (last_ns - begin_ns);
}

/* To move all at once is a quarter of it.  A group in which the host is away takes long,
 * too, but not each time. */
TEST(nobody_waits_for_a_table_to_grow)
{
    int64_t least = INT64_MAX;

    for (int i = 0; i < 5; i++) {
        int64_t share = longest_share();

        least = share < least ? share : least;
    }
    assert_in_range(least, 0, 100);
}

TEST(every_entry_is_gone_through_once)
{
    enum { KEYS = 5000 };
    struct table *table = table_new(KEYS);
    bool *seen = calloc(KEYS + 1, sizeof(*seen));
    size_t at = 0;
    size_t count = 0;
    uint64_t key;
    uint64_t value;

    for (uint64_t i = 1; i <= KEYS; i++)
        assert_true(table_put(table, i, i * 2));
    while (table_next(table, &at, &key, &value)) {
        assert_in_range(key, 1, KEYS);
        assert_false(seen[key]);
        assert_int_equal(value, key * 2);
        seen[key] = true;
        count++;
    }
    assert_int_equal(count, KEYS);
    assert_false(table_next(table, &at, &key, &value));
    free(seen);
    table_free(table);
}

/* At each point of its growth: nothing comes and nothing goes. */
TEST(a_new_value_moves_nothing_under_who_goes_through_them)
{
    enum { KEYS = 400 };

    for (size_t keys = 1; keys <= KEYS; keys++) {
        struct table *table = table_new(KEYS);
        bool seen[KEYS + 1] = {false};
        size_t at = 0;
        size_t count = 0;
        uint64_t key;
        uint64_t value;

        for (uint64_t i = 1; i <= keys; i++)
            assert_true(table_put(table, i, i));
        while (table_next(table, &at, &key, &value)) {
            assert_false(seen[key]);
            seen[key] = true;
            count++;
            assert_true(table_put(table, key, value + 1));
        }
        assert_int_equal(count, keys);
        table_free(table);
    }
}

TEST(room_that_was_made_changes_nothing_else)
{
    struct table *table = table_new(SIZE_MAX);
    uint64_t value;

    assert_true(table_put(table, 7, 70));
    table_reserve(table, 100000);
    table_reserve(table, 10);
    for (uint64_t i = 8; i <= 100000; i++)
        assert_true(table_put(table, i, i * 10));
    assert_int_equal(table_count(table), 99994);
    for (uint64_t i = 7; i <= 100000; i++) {
        assert_true(table_get(table, i, &value));
        assert_int_equal(value, i * 10);
    }
    assert_false(table_get(table, 6, &value));
    table_free(table);
}

TEST(a_hash_depends_on_every_octet_on_the_size_and_on_the_seed)
{
    uint8_t octets[40] = {0};

    for (size_t size = 0; size < sizeof(octets); size++) {
        uint64_t hash = table_hash(1, octets, size);

        assert_int_not_equal(hash, 0);
        assert_int_equal(hash, table_hash(1, octets, size));
        assert_int_not_equal(hash, table_hash(2, octets, size));
        assert_int_not_equal(hash, table_hash(1, octets, size + 1));
        for (size_t i = 0; i < size; i++) {
            octets[i] ^= 0x10;
            assert_int_not_equal(hash, table_hash(1, octets, size));
            octets[i] ^= 0x10;
        }
    }
}

TEST(freeing_no_table_is_harmless)
{
    table_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(what_was_put_is_there_until_it_is_removed),
        RUN(a_full_table_refuses_what_is_new_and_takes_what_is_there),
        RUN(any_order_of_putting_and_removing_gives_what_an_array_gives),
        RUN(so_it_does_while_it_grows),
        RUN(a_table_that_grows_is_gone_through_and_cleared_whole),
        RUN(nobody_waits_for_a_table_to_grow),
        RUN(every_entry_is_gone_through_once),
        RUN(a_new_value_moves_nothing_under_who_goes_through_them),
        RUN(room_that_was_made_changes_nothing_else),
        RUN(a_hash_depends_on_every_octet_on_the_size_and_on_the_seed),
        RUN(freeing_no_table_is_harmless),
    };

    return RUN_ALL(tests);
}
