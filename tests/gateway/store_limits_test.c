/* What the limits of accounts leave in the store, and what is found of it again. */
#include "tests/gateway/store_life.h"

#include <stdlib.h>

#include "tests/test.h"

enum { ACCOUNTS = 200 };

struct told {
    struct usage usages[ACCOUNTS + 1];
    size_t usage_count;
    int64_t suspended_since_ms[ACCOUNTS + 1];
    struct store_duplicate duplicates[8];
    size_t duplicate_count;
};

static void told_usage(void *owner, const struct store_usage *it)
{
    struct told *told = owner;

    told->usages[it->account] = it->usage;
    told->usage_count++;
}

static void told_suspension(void *owner, const struct store_suspension *it)
{
    struct told *told = owner;

    told->suspended_since_ms[it->account] = it->since_ms;
}

static void told_duplicate(void *owner, const struct store_duplicate *it)
{
    struct told *told = owner;

    told->duplicates[told->duplicate_count++] = *it;
}

static const struct store_loader loader = {.on_usage = told_usage,
                                           .on_suspension = told_suspension,
                                           .on_duplicate = told_duplicate};

static struct life life;

static void begin(void)
{
    life_new(&life, 1);
    CHECK(life_open(&life), life.error);
}

static struct told *reopen(void)
{
    struct told *told = calloc(1, sizeof(*told));

    assert_non_null(told);
    life_close(&life);
    CHECK(life_open(&life), life.error);
    CHECK(life_load(&life, &loader, told), life.error);
    return told;
}

static void decide(void (*append)(struct store *store, unsigned n), unsigned n)
{
    assert_true(store_begin(life.store, STORE_BEGINNING));
    append(life.store, n);
    store_end(life.store);
}

/* Numbers of account `n` that tell every column apart. */
static struct store_usage usage_of(unsigned n, int64_t more)
{
    int64_t base = n * 1000LL + more;

    return (struct store_usage){
        .account = n,
        .usage = {.since_ms = base + 1,
                  .window = {base + 2, base + 3, base + 2, base + 3},
                  .used = {base + 4, base + 5, base + 6, base + 7}}
    };
}

static void append_usage(struct store *store, unsigned n)
{
    for (int64_t more = 0; more < 3; more++) {
        struct store_usage usage = usage_of(n, more * 100);

        store_usage(store, &usage);
    }
}

TEST(the_last_usage_of_each_account_is_found_again)
{
    struct told *told;

    begin();
    for (unsigned n = 1; n <= ACCOUNTS; n++)
        decide(append_usage, n);
    for (unsigned n = ACCOUNTS; n >= 1; n--)
        decide(append_usage, n);
    told = reopen();
    assert_int_equal(told->usage_count, ACCOUNTS);
    for (unsigned n = 1; n <= ACCOUNTS; n++) {
        struct store_usage wanted = usage_of(n, 200);

        assert_memory_equal(&told->usages[n], &wanted.usage, sizeof(wanted.usage));
    }
    free(told);
    life_free(&life);
}

static void forget_usage(struct store *store, unsigned n)
{
    const struct store_usage none = {.account = n};

    append_usage(store, n);
    store_usage(store, &none);
}

TEST(a_usage_that_goes_leaves_no_row)
{
    struct told *told;

    begin();
    decide(append_usage, 1);
    decide(append_usage, 2);
    decide(forget_usage, 1);
    told = reopen();
    assert_int_equal(told->usage_count, 1);
    assert_int_equal(told->usages[1].since_ms, 0);
    free(told);
    life_free(&life);
}

static void suspend(struct store *store, unsigned n)
{
    const struct store_suspension first = {n, 500 + n}, again = {n, 900};

    store_suspend(store, &first);
    store_suspend(store, &again);
}

static void resume(struct store *store, unsigned n)
{
    const struct store_suspension it = {.account = n};

    store_suspend(store, &it);
    store_suspend(store, &it);
}

TEST(a_suspension_is_found_again_until_it_is_lifted)
{
    struct told *told;

    begin();
    decide(suspend, 1);
    decide(suspend, 2);
    decide(resume, 2);
    told = reopen();
    assert_int_equal(told->suspended_since_ms[1], 501);
    assert_int_equal(told->suspended_since_ms[2], 0);
    free(told);
    life_free(&life);
}

static void remember(struct store *store, unsigned n)
{
    const struct store_duplicate it = {.id = n,
                                       .account = 7,
                                       .key = UINT64_MAX - n,
                                       .check = 1ULL << 63,
                                       .parts = 2,
                                       .alias = 0xFFFFFFFF,
                                       .form = 3,
                                       .named = true,
                                       .held_micro = 5000000000};

    store_duplicate(store, &it);
}

static void end_it(struct store *store, unsigned n)
{
    const struct store_duplicate it = {.id = n,
                                       .account = 7,
                                       .key = UINT64_MAX - n,
                                       .check = 1ULL << 63,
                                       .parts = 2,
                                       .alias = 0xFFFFFFFF,
                                       .form = 3,
                                       .named = true,
                                       .held_micro = 5000000000,
                                       .ended_at_ms = 1000 - n};

    store_duplicate(store, &it);
    store_duplicate(store, &it);
}

static void forget(struct store *store, unsigned n)
{
    store_duplicate_gone(store, n);
    store_duplicate_gone(store, n);
}

TEST(repetitions_are_told_by_what_is_found_again_oldest_end_first)
{
    static const uint64_t wanted[] = {4, 3, 1}; /* 4 lives; 3 ended before 1 */
    struct told *told;

    begin();
    for (unsigned n = 1; n <= 4; n++)
        decide(remember, n);
    for (unsigned n = 1; n <= 3; n++)
        decide(end_it, n);
    decide(forget, 2);
    told = reopen();
    assert_int_equal(told->duplicate_count, ROWS(wanted));
    for (size_t i = 0; i < ROWS(wanted); i++) {
        const struct store_duplicate *it = &told->duplicates[i];

        assert_int_equal(it->id, wanted[i]);
        assert_int_equal(it->account, 7);
        assert_true(it->key == UINT64_MAX - it->id && it->check == 1ULL << 63);
        assert_int_equal(it->parts, 2);
        assert_int_equal(it->alias, 0xFFFFFFFF);
        assert_int_equal(it->form, 3);
        assert_true(it->named && it->held_micro == 5000000000);
        assert_int_equal(it->ended_at_ms, it->id == 4 ? 0 : 1000 - (int64_t)it->id);
    }
    free(told);
    life_free(&life);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(the_last_usage_of_each_account_is_found_again),
        RUN(a_usage_that_goes_leaves_no_row),
        RUN(a_suspension_is_found_again_until_it_is_lifted),
        RUN(repetitions_are_told_by_what_is_found_again_oldest_end_first),
    };

    return RUN_ALL(tests);
}
