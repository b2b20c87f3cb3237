/* Batches and their effects, and what is refused while there is too much. */
#include "gateway/store.h"

#include <stdlib.h>

#include <event2/event.h>

#include "gateway/clock.h"
#include "gateway/executor.h"
#include "tests/gateway/store_told.h"
#include "tests/test.h"

/* A decision of one operation, with an effect if `target` is not 0. */
static void park(struct life *life, uint64_t id, uint64_t target)
{
    const struct store_parked parked = {.id = id, .channel = 1, .size = 1, .at_ms = 1};
    const struct store_effect effect = life_counted(target);

    life_decide(life);
    store_park(life->store, &parked);
    if (target)
        store_effect(life->store, &effect);
    store_end(life->store);
}

struct syncs {
    struct life *life;
    uint64_t effects_at_sync; /* effects that had run when the last sync was made */
    uint64_t count;
};

static void synced(void *owner, const char *path)
{
    struct syncs *syncs = owner;

    (void)path;
    syncs->count++;
    syncs->effects_at_sync = syncs->life->effects;
}

TEST(effects_run_after_the_commit_and_in_their_order)
{
    struct life life;
    struct syncs syncs = {.life = &life};

    life_new(&life, 1);
    assert_true(life_open(&life));
    vfs_on_sync(life.vfs, synced, &syncs);
    for (uint64_t i = 1; i <= 5000; i++)
        park(&life, i, i);
    assert_int_equal(life.effects, 0);
    while (life.effects == 0)
        life_run(&life, 1);
    assert_int_equal(syncs.effects_at_sync, 0);
    assert_true(syncs.count > 0);
    /* One batch is full, the others wait for theirs. */
    assert_int_equal(life.effects, STORE_BATCH_OPERATIONS);
    life_run(&life, 100);
    assert_int_equal(life.effects, 5000);
    assert_int_equal(life.order[0], 4097); /* it went round */
    for (uint64_t i = 904; i < 4096; i++)
        assert_int_equal(life.order[i], i + 1);
    assert_int_equal(store_counters(life.store)->commits, 3);
    assert_true(store_is_idle(life.store));
    life_free(&life);
}

static void count_one(void *owner)
{
    ++*(unsigned *)owner;
}

TEST(beginnings_have_their_share_of_the_next_batch)
{
    enum { SHARE = STORE_BATCH_OPERATIONS * 60 / 100 };
    struct life life;
    unsigned commits = 0;

    life_new(&life, 1);
    assert_true(life_open(&life));
    store_on_commit(life.store, count_one, &commits);
    for (uint64_t i = 1; i <= SHARE; i++) {
        assert_true(store_takes_beginnings(life.store));
        park(&life, i, i);
    }
    assert_false(store_takes_beginnings(life.store));
    while (store_counters(life.store)->waiting_operations == SHARE &&
           !store_takes_beginnings(life.store))
        life_run(&life, 1);
    /* It is on its way to the disk, and the next one is empty; or done already. */
    assert_true(store_takes_beginnings(life.store));
    life_run(&life, 100);
    assert_int_equal(life.effects, SHARE);
    assert_int_equal(commits, 1);
    life_free(&life);
}

TEST(a_store_is_busy_when_a_batch_holds_what_continuations_have)
{
    enum { SHARE = STORE_BATCH_OPERATIONS * 40 / 100 };
    struct life life;

    life_new(&life, 1);
    assert_true(life_open(&life));
    for (uint64_t i = 1; i < SHARE; i++)
        park(&life, i, i);
    life_run(&life, 100);
    assert_false(store_is_busy(life.store));
    for (uint64_t i = 1; i <= SHARE; i++)
        park(&life, i, i);
    life_run(&life, 100);
    assert_true(store_is_busy(life.store));
    park(&life, 1, 1);
    life_run(&life, 100);
    assert_false(store_is_busy(life.store));
    life_free(&life);
}

struct threaded {
    struct event_base *base;
    struct store *store;
    uint64_t decided;
    uint64_t seen;
    bool in_order;
};

enum { THREADED_DECISIONS = 3000, THREADED_AT_ONCE = 50 };

static void decide_some(struct threaded *it);

static void threaded_effect(void *owner, const struct store_effect *effect)
{
    struct threaded *it = owner;

    it->in_order = it->in_order && effect->target == it->seen + 1;
    it->seen++;
    if (it->seen == THREADED_DECISIONS)
        event_base_loopbreak(it->base);
    else if (it->seen % THREADED_AT_ONCE == 0)
        decide_some(it);
}

static void decide_some(struct threaded *it)
{
    for (int i = 0; i < THREADED_AT_ONCE && it->decided < THREADED_DECISIONS; i++) {
        const struct store_parked parked = {.id = ++it->decided, .size = 1};
        const struct store_effect effect = {.run = threaded_effect, .target = it->decided};

        assert_true(store_begin(it->store, STORE_BEGINNING));
        store_park(it->store, &parked);
        store_effect(it->store, &effect);
        store_end(it->store);
    }
}

TEST(with_threads_every_effect_runs_once_and_in_order)
{
    char folder[] = "store-threads-XXXXXX";
    char error[256];
    struct threaded it = {.base = event_base_new(), .in_order = true};
    struct clock *clock = clock_new(it.base);
    struct executor *executor = executor_new(it.base);
    struct vfs *vfs = vfs_new("store-threads", 1);
    const struct store_config config = {.folder = folder,
                                        .ring_operations = 10000,
                                        .ring_bytes = 16 * 1024 * 1024,
                                        .vfs = "store-threads"};

    assert_non_null(mkdtemp(folder));
    it.store = store_open(&config, clock, executor, &it, error, sizeof(error));
    assert_non_null(it.store);
    decide_some(&it);
    decide_some(&it);
    event_base_dispatch(it.base);
    assert_int_equal(it.seen, THREADED_DECISIONS);
    assert_true(it.in_order);
    executor_free(executor);
    store_close(it.store);
    clock_free(clock);
    event_base_free(it.base);
    vfs_free(vfs);
    life_remove_folder(folder);
}

TEST(what_nobody_awaits_goes_after_twenty_milliseconds)
{
    struct life life;

    life_new(&life, 1);
    assert_true(life_open(&life));
    park(&life, 1, 0);
    life_run(&life, STORE_LAZY_MS - 1);
    assert_int_equal(store_counters(life.store)->commits, 0);
    life_run(&life, 5);
    assert_int_equal(store_counters(life.store)->commits, 1);
    /* It rides along with what is awaited. */
    park(&life, 2, 0);
    park(&life, 3, 9);
    life_run(&life, 5);
    assert_int_equal(store_counters(life.store)->commits, 2);
    assert_int_equal(store_counters(life.store)->operations, 3);
    assert_int_equal(life.effects, 1);
    life_free(&life);
}

TEST(while_commits_are_held_each_has_to_be_let_go)
{
    struct life life;

    life_new(&life, 1);
    assert_true(life_open(&life));
    store_hold(life.store, true);
    park(&life, 1, 1);
    park(&life, 2, 2);
    life_run(&life, 100);
    assert_int_equal(store_counters(life.store)->commits, 0);
    assert_int_equal(store_decided(life.store), 2);
    store_let_one_go(life.store);
    park(&life, 3, 3); /* too late for that one, which has begun */
    life_run(&life, 100);
    assert_int_equal(store_counters(life.store)->commits, 1);
    assert_int_equal(life.effects, 2);
    /* One that was let go in vain takes what comes next, and no other does. */
    store_let_one_go(life.store);
    life_run(&life, 100);
    store_let_one_go(life.store);
    park(&life, 4, 4);
    life_run(&life, 100);
    park(&life, 5, 5);
    life_run(&life, 100);
    assert_int_equal(life.effects, 4);
    /* A full batch goes, and so does what nobody awaits. */
    for (uint64_t i = 6; i < 6 + STORE_BATCH_OPERATIONS; i++)
        park(&life, i, 0);
    life_run(&life, 100);
    assert_int_equal(life.effects, 5);
    assert_int_equal(store_counters(life.store)->commits, 5);
    park(&life, 100000, 9);
    store_hold(life.store, false);
    park(&life, 100001, 10);
    life_run(&life, 100);
    assert_int_equal(life.effects, 7);
    life_free(&life);
}

TEST(each_commit_counts_among_the_times_of_commits)
{
    struct life life;
    uint64_t timed = 0;

    life_new(&life, 1);
    assert_true(life_open(&life));
    for (uint64_t id = 1; id <= 3; id++) {
        park(&life, id, id);
        life_run(&life, 5);
    }
    for (size_t i = 0; i < DURATION_HISTOGRAM_BUCKETS; i++)
        timed += store_counters(life.store)->commit_times.counts[i];
    assert_int_equal(store_counters(life.store)->commits, 3);
    assert_int_equal(timed, 3);
    life_free(&life);
}

TEST(a_barrier_waits_for_all_before_it_and_writes_nothing)
{
    struct life life;
    const struct store_effect effect = life_counted(7);

    life_new(&life, 1);
    assert_true(life_open(&life));
    park(&life, 1, 0);
    store_barrier(life.store, &effect);
    assert_int_equal(life.effects, 0);
    life_run(&life, 5);
    assert_int_equal(life.effects, 1);
    uint64_t syncs = vfs_calls(life.vfs, VFS_SYNC);
    store_barrier(life.store, &effect);
    life_run(&life, 5);
    assert_int_equal(life.effects, 2);
    assert_int_equal(vfs_calls(life.vfs, VFS_SYNC), syncs);
    life_free(&life);
}

TEST(beginnings_are_refused_over_sixty_percent_and_continuations_are_not)
{
    struct life life;

    life_new(&life, 1);
    assert_true(life_open(&life)); /* a ring of 10000 operations */
    for (uint64_t i = 1; i <= 6000; i++) {
        assert_true(store_begin(life.store, STORE_BEGINNING));
        store_park(life.store, &(struct store_parked){.id = i, .size = 1});
        store_end(life.store);
    }
    assert_false(store_begin(life.store, STORE_BEGINNING));
    assert_int_equal(store_counters(life.store)->begins_refused, 1);
    assert_false(store_is_congested(life.store));
    for (uint64_t i = 6001; i <= 10500; i++)
        park(&life, i, 0);
    assert_true(store_is_congested(life.store));
    life_run(&life, 100);
    assert_int_equal(store_counters(life.store)->operations, 10500);
    assert_int_equal(store_counters(life.store)->waiting_operations, 0);
    assert_int_equal(store_counters(life.store)->waiting_bytes, 0);
    assert_true(store_begin(life.store, STORE_BEGINNING));
    store_end(life.store);
    life_free(&life);
}

TEST(beginnings_are_refused_by_octets_too)
{
    struct life life;
    unsigned n = 1;

    life_new(&life, 1);
    life.text_size = 65000;
    assert_true(life_open(&life)); /* a ring of 64 MiB */
    while (n < 2000 && life_begin(&life, n % LIFE_MESSAGES_MAX))
        n++;
    assert_in_range(n, 600, 625);
    life_free(&life);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(effects_run_after_the_commit_and_in_their_order),
        RUN(beginnings_have_their_share_of_the_next_batch),
        RUN(a_store_is_busy_when_a_batch_holds_what_continuations_have),
        RUN(with_threads_every_effect_runs_once_and_in_order),
        RUN(what_nobody_awaits_goes_after_twenty_milliseconds),
        RUN(while_commits_are_held_each_has_to_be_let_go),
        RUN(each_commit_counts_among_the_times_of_commits),
        RUN(a_barrier_waits_for_all_before_it_and_writes_nothing),
        RUN(beginnings_are_refused_over_sixty_percent_and_continuations_are_not),
        RUN(beginnings_are_refused_by_octets_too),
    };

    return RUN_ALL(tests);
}
