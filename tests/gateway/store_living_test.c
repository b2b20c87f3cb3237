/* More messages than one piece holds are told whole, one after the other. */
#include "gateway/store.h"

#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "tests/gateway/store_life.h"
#include "tests/test.h"

/* Of about 1.5 KiB with all their rows: several pieces. */
enum { MESSAGES = 3000, TEXT_SIZE = 900, WHOLE_PART = 500 };

static bool has_ended(unsigned n)
{
    return n % 5 == 0;
}

static bool is_damaged(unsigned n)
{
    return n == 702 || n == MESSAGES - 1;
}

static bool has_part(unsigned n)
{
    return n % 7 == 0;
}

static bool is_told(unsigned n)
{
    return !has_ended(n) && !is_damaged(n);
}

static uint64_t part_id(unsigned n)
{
    return life_attempt_id(n) + 1;
}

static void join(struct life *life, unsigned n)
{
    struct body *body = life_new_body(n, WHOLE_PART);

    body->id = part_id(n);
    body->number = 2;
    store_join(life->store, body);
    free(body);
}

/* A folder in which all of them are, each in its state; closed. */
static void fill(struct life *life)
{
    char sql[200];

    life_start(life);
    life->goal = LIFE_PERMITTED;
    life->text_size = TEXT_SIZE;
    for (unsigned n = 1; n <= MESSAGES; n++) {
        assert_true(life_begin(life, n));
        if (n % 100 == 0)
            life_run(life, 30);
    }
    life_fold(life);
    for (unsigned n = 1; n <= MESSAGES; n++) {
        assert_true(store_begin(life->store, STORE_CONTINUATION));
        if (has_part(n))
            join(life, n);
        if (has_ended(n)) {
            life_charge(life, n, 0);
            life_end(life, n);
        }
        store_end(life->store);
    }
    life_close(life);
    for (unsigned n = 1; n <= MESSAGES; n++) {
        if (!is_damaged(n))
            continue;
        snprintf(sql, sizeof(sql), "UPDATE message SET content=x'00' WHERE id=%llu",
                 (unsigned long long)life_message_id(n));
        assert_int_equal(life_ask(life, "live.db", sql), -1);
    }
}

struct seen {
    struct life *life;
    unsigned n; /* whose rows are told */
    unsigned messages;
    unsigned bodies;
    unsigned attempts;
    uint64_t expected;
    unsigned die_at; /* the disk goes with this message */
};

static void on_expected(void *owner, uint64_t messages)
{
    ((struct seen *)owner)->expected = messages;
}

static void on_message(void *owner, const struct message *message)
{
    struct seen *seen = owner;

    do
        seen->n++;
    while (!is_told(seen->n));
    assert_int_equal(message->id, life_message_id(seen->n));
    assert_int_equal(message->state, MESSAGE_WAITING);
    assert_int_equal(message->held_micro, LIFE_HOLD);
    assert_int_equal(message->baseline_micro, LIFE_SELL);
    seen->messages++;
    seen->bodies = seen->attempts = 0;
    if (seen->n == seen->die_at)
        vfs_kill(seen->life->vfs);
}

static void on_body(void *owner, const struct body *body)
{
    struct seen *seen = owner;
    bool is_first = seen->bodies++ == 0;
    struct body *expected = life_new_body(seen->n, is_first ? TEXT_SIZE : WHOLE_PART);

    if (!is_first) {
        expected->id = part_id(seen->n);
        expected->number = 2;
    }
    assert_memory_equal(body, expected, body_size(expected->text_size, 0));
    free(expected);
}

static void on_attempt(void *owner, uint64_t message, const struct attempt *attempt)
{
    struct seen *seen = owner;
    struct attempt expected;

    assert_int_equal(message, life_message_id(seen->n));
    life_fill_attempt(seen->n, &expected);
    assert_memory_equal(attempt, &expected, sizeof(expected));
    seen->attempts++;
}

static void on_loaded(void *owner, uint64_t message)
{
    struct seen *seen = owner;

    assert_int_equal(message, life_message_id(seen->n));
    assert_int_equal(seen->bodies, has_part(seen->n) ? 2 : 1);
    assert_int_equal(seen->attempts, 1);
}

static const struct store_loader seeing = {
    .on_expected = on_expected,
    .on_message = on_message,
    .on_body = on_body,
    .on_attempt = on_attempt,
    .on_loaded = on_loaded,
};

static void check_seen(const struct seen *seen)
{
    unsigned told = 0;

    for (unsigned n = 1; n <= MESSAGES; n++)
        told += is_told(n);
    assert_int_equal(seen->messages, told);
    assert_int_equal(seen->expected, MESSAGES - MESSAGES / 5);
}

TEST(each_message_is_told_once_and_whole_and_in_order)
{
    struct life life;
    struct seen seen = {.life = &life};

    fill(&life);
    assert_true(life_open(&life));
    assert_true(life_load(&life, &seeing, &seen));
    check_seen(&seen);
    life_free(&life);
}

TEST(with_threads_they_are_told_the_same)
{
    struct event_base *base = event_base_new();
    struct life life;
    struct seen seen = {.life = &life};

    fill(&life);
    assert_true(life_open_threads(&life, base));
    assert_true(life_load(&life, &seeing, &seen));
    check_seen(&seen);
    life_close(&life);
    life_free(&life);
    event_base_free(base);
}

TEST(a_disk_that_fails_meanwhile_is_told_with_its_reason)
{
    struct event_base *base = event_base_new();
    struct life life;
    struct seen seen = {.life = &life, .die_at = 1};

    fill(&life);
    assert_true(life_open_threads(&life, base));
    assert_false(life_load(&life, &seeing, &seen));
    assert_string_not_equal(life.error, "");
    life_close(&life);
    vfs_start(life.vfs);
    life_free(&life);
    event_base_free(base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(each_message_is_told_once_and_whole_and_in_order),
        RUN(with_threads_they_are_told_the_same),
        RUN(a_disk_that_fails_meanwhile_is_told_with_its_reason),
    };

    return RUN_ALL(tests);
}
