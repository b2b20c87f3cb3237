#include "tests/test.h"

#include "smpp/window.h"

static void add(struct smpp_window *window, uint32_t sequence, uint64_t end)
{
    struct smpp_window_entry entry = {
        .cookie = 1000 + sequence, .end = end, .size = 10, .sequence = sequence};

    assert_true(smpp_window_add(window, &entry));
}

TEST(what_was_added_is_taken_once)
{
    struct smpp_window *window = smpp_window_new(3);
    struct smpp_window_entry entry;

    add(window, 7, 10);
    add(window, 7 + 4, 20); /* the same bucket */
    assert_int_equal(smpp_window_find(window, 11)->cookie, 1011);
    assert_null(smpp_window_find(window, 3));
    assert_true(smpp_window_take(window, 7, &entry));
    assert_int_equal(entry.cookie, 1007);
    assert_false(smpp_window_take(window, 7, &entry));
    assert_true(smpp_window_take(window, 11, &entry));
    assert_int_equal(smpp_window_used(window), 0);
    smpp_window_free(window);
}

TEST(a_full_window_takes_nothing_and_loses_nothing)
{
    struct smpp_window *window = smpp_window_new(2);
    struct smpp_window_entry entry = {.sequence = 3};

    add(window, 1, 10);
    add(window, 2, 20);
    assert_false(smpp_window_add(window, &entry));
    assert_int_equal(smpp_window_used(window), smpp_window_capacity(window));
    assert_true(smpp_window_take(window, 1, &entry));
    add(window, 3, 30);
    assert_non_null(smpp_window_find(window, 2));
    assert_non_null(smpp_window_find(window, 3));
    smpp_window_free(window);
}

TEST(a_window_that_grows_forgets_nothing_and_keeps_its_order)
{
    enum { CAPACITY = 1000 };
    struct smpp_window *window = smpp_window_new(CAPACITY);
    struct smpp_window_entry entry = {.sequence = 1};

    assert_null(smpp_window_find(window, 7));
    for (uint32_t i = 0; i < CAPACITY; i++) {
        add(window, 7 * i + 1, 10 * (i + 1));
        if (i % 3 == 0)
            assert_true(smpp_window_take(window, 7 * i + 1, &entry));
        smpp_window_sent(window, 10 * (i + 1), 500 + i);
    }
    for (uint32_t i = 0; smpp_window_used(window) < CAPACITY; i++)
        add(window, 100000 + i, 100000 + 10 * i);
    assert_false(smpp_window_add(window, &entry));
    for (uint32_t i = 0; i < CAPACITY; i++)
        assert_true((smpp_window_find(window, 7 * i + 1) != NULL) == (i % 3 != 0));
    for (uint32_t i = 0; i < CAPACITY; i++) {
        if (i % 3 == 0)
            continue;
        assert_true(smpp_window_expired(window, 500 + CAPACITY, &entry));
        assert_int_equal(entry.sequence, 7 * i + 1);
        assert_int_equal(entry.deadline_ms, 500 + i);
    }
    assert_int_equal(smpp_window_deadline_ms(window),
                     INT64_MAX); /* the rest was not sent */
    smpp_window_free(window);
}

TEST(a_deadline_begins_when_the_last_octet_has_left)
{
    struct smpp_window *window = smpp_window_new(4);
    struct smpp_window_entry entry;

    add(window, 1, 10);
    add(window, 2, 20);
    assert_int_equal(smpp_window_deadline_ms(window), INT64_MAX);
    smpp_window_sent(window, 9, 500);
    assert_int_equal(smpp_window_deadline_ms(window), INT64_MAX);
    smpp_window_sent(window, 15, 600);
    smpp_window_sent(window, 20, 700);
    assert_int_equal(smpp_window_deadline_ms(window), 600);
    assert_false(smpp_window_expired(window, 599, &entry));
    assert_true(smpp_window_expired(window, 600, &entry));
    assert_int_equal(entry.sequence, 1);
    assert_false(smpp_window_expired(window, 699, &entry));
    assert_true(smpp_window_expired(window, 700, &entry));
    assert_int_equal(entry.sequence, 2);
    assert_false(smpp_window_expired(window, INT64_MAX - 1, &entry));
    smpp_window_free(window);
}

TEST(what_was_not_sent_never_expires)
{
    struct smpp_window *window = smpp_window_new(4);
    struct smpp_window_entry entry;

    add(window, 1, 10);
    assert_true(smpp_window_take(window, 1, &entry)); /* answered before it was counted */
    add(window, 2, 20);
    smpp_window_sent(window, 10, 500);
    assert_false(smpp_window_expired(window, INT64_MAX - 1, &entry));
    assert_true(smpp_window_take_oldest(window, &entry));
    assert_int_equal(entry.sequence, 2);
    assert_false(smpp_window_take_oldest(window, &entry));
    smpp_window_free(window);
}

TEST(an_answer_before_the_octets_were_counted_does_not_confuse_the_others)
{
    struct smpp_window *window = smpp_window_new(3);
    struct smpp_window_entry entry;

    add(window, 1, 10);
    add(window, 2, 20);
    add(window, 3, 30);
    assert_true(smpp_window_take(window, 1, &entry));
    add(window, 4, 40); /* in the place of the first */
    smpp_window_sent(window, 20, 500);
    assert_int_equal(smpp_window_deadline_ms(window), 500);
    assert_true(smpp_window_expired(window, 500, &entry));
    assert_int_equal(entry.sequence, 2);
    assert_int_equal(smpp_window_deadline_ms(window), INT64_MAX);
    smpp_window_free(window);
}

/* Against a plain list, with a fixed sequence of pseudo-random steps. */
TEST(it_agrees_with_a_plain_list_whatever_the_order)
{
    enum { CAPACITY = 37, STEPS = 200000 };
    struct smpp_window *window = smpp_window_new(CAPACITY);
    uint32_t list[CAPACITY];
    size_t used = 0;
    uint32_t next = 0x7FFFFF00;
    uint64_t random = 88172645463325252u;

    for (int step = 0; step < STEPS; step++) {
        struct smpp_window_entry entry;

        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        if (random % 2 == 0 && used < CAPACITY) {
            add(window, next, 0);
            list[used++] = next;
            next = next == 0x7FFFFFFF ? 1 : next + 1;
        } else if (used > 0) {
            size_t which = random % 8 == 1 ? 0 : (random >> 8) % used;

            if (which == 0)
                assert_true(smpp_window_take_oldest(window, &entry));
            else
                assert_true(smpp_window_take(window, list[which], &entry));
            assert_int_equal(entry.sequence, list[which]);
            memmove(&list[which], &list[which + 1], (used - which - 1) * sizeof(list[0]));
            used--;
        }
        assert_int_equal(smpp_window_used(window), used);
    }
    smpp_window_free(window);
}

static const struct CMUnitTest tests[] = {
    RUN(what_was_added_is_taken_once),
    RUN(a_full_window_takes_nothing_and_loses_nothing),
    RUN(a_window_that_grows_forgets_nothing_and_keeps_its_order),
    RUN(a_deadline_begins_when_the_last_octet_has_left),
    RUN(what_was_not_sent_never_expires),
    RUN(an_answer_before_the_octets_were_counted_does_not_confuse_the_others),
    RUN(it_agrees_with_a_plain_list_whatever_the_order),
};

int main(void)
{
    return RUN_ALL(tests);
}
