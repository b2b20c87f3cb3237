/*
 * A pool of jobs, doubly linked lists by index, and a wheel of two levels: 4096 slots
 * of 1 ms, and 4096 blocks of as many.  A block is dealt out to the slots when its
 * time begins.
 */
#include "tests/peers/jobs.h"

#include <assert.h>
#include <stdlib.h>

enum {
    SLOT_BITS = 12,
    SLOTS = 1 << SLOT_BITS,
    WHEEL_LISTS = 2 * SLOTS, /* slots, then blocks */
    WORDS = SLOTS / 64,
};
#define NOWHERE UINT32_MAX

/* What job->list says of a job that is in no list. */
#define IN_HANDS (UINT32_MAX - 1)
#define IN_POOL  UINT32_MAX

struct list {
    uint32_t first;
    uint32_t last;
};

struct jobs {
    struct job *all;
    size_t capacity;
    size_t touched; /* jobs from here on were never used; saves their memory */
    size_t in_use;
    uint32_t free_first;
    int64_t tick_ms; /* the first millisecond not dealt with yet */
    size_t waiting;
    size_t list_count;
    uint64_t occupied[WORDS]; /* slots that may hold something */
    struct list lists[];      /* the wheel's, then the queues */
};

struct jobs *jobs_new(size_t capacity, size_t queue_count)
{
    size_t list_count = WHEEL_LISTS + queue_count;
    struct jobs *jobs = calloc(1, sizeof(*jobs) + list_count * sizeof(jobs->lists[0]));

    assert(capacity > 0 && capacity < IN_HANDS);
    if (jobs == NULL || (jobs->all = calloc(capacity, sizeof(*jobs->all))) == NULL)
        abort();
    jobs->capacity = capacity;
    jobs->free_first = NOWHERE;
    jobs->list_count = list_count;
    for (size_t i = 0; i < list_count; i++)
        jobs->lists[i] = (struct list){NOWHERE, NOWHERE};
    return jobs;
}

void jobs_free(struct jobs *jobs)
{
    if (jobs == NULL)
        return;
    free(jobs->all);
    free(jobs);
}

uint32_t jobs_index(const struct jobs *jobs, const struct job *job)
{
    return (uint32_t)(job - jobs->all);
}

struct job *jobs_at(struct jobs *jobs, uint32_t index)
{
    assert(index < jobs->touched);
    return &jobs->all[index];
}

size_t jobs_spare(const struct jobs *jobs)
{
    return jobs->capacity - jobs->in_use;
}

size_t jobs_in_use(const struct jobs *jobs)
{
    return jobs->in_use;
}

struct job *jobs_take(struct jobs *jobs)
{
    struct job *job;

    if (jobs->in_use == jobs->capacity)
        return NULL;
    if (jobs->free_first != NOWHERE) {
        job = &jobs->all[jobs->free_first];
        jobs->free_first = job->next;
        *job = (struct job){0};
    } else {
        job = &jobs->all[jobs->touched++];
    }
    jobs->in_use++;
    job->list = IN_HANDS;
    return job;
}

static void unlink_job(struct jobs *jobs, struct job *job)
{
    struct list *list;

    assert(job->list != IN_POOL);
    if (job->list == IN_HANDS)
        return;
    list = &jobs->lists[job->list];
    if (job->previous != NOWHERE)
        jobs->all[job->previous].next = job->next;
    else
        list->first = job->next;
    if (job->next != NOWHERE)
        jobs->all[job->next].previous = job->previous;
    else
        list->last = job->previous;
    if (job->list < WHEEL_LISTS)
        jobs->waiting--;
    job->list = IN_HANDS;
}

void jobs_give(struct jobs *jobs, struct job *job)
{
    unlink_job(jobs, job);
    job->list = IN_POOL;
    job->next = jobs->free_first;
    jobs->free_first = jobs_index(jobs, job);
    jobs->in_use--;
}

static void append(struct jobs *jobs, struct job *job, size_t at)
{
    struct list *list = &jobs->lists[at];
    uint32_t index = jobs_index(jobs, job);

    job->list = (uint32_t)at;
    job->next = NOWHERE;
    job->previous = list->last;
    if (list->last != NOWHERE)
        jobs->all[list->last].next = index;
    else
        list->first = index;
    list->last = index;
    if (at < WHEEL_LISTS)
        jobs->waiting++;
    if (at < SLOTS)
        jobs->occupied[at / 64] |= (uint64_t)1 << at % 64;
}

static void into_wheel(struct jobs *jobs, struct job *job)
{
    int64_t due_ms = job->due_ms;

    if ((due_ms >> SLOT_BITS) == (jobs->tick_ms >> SLOT_BITS))
        append(jobs, job, (size_t)(due_ms & (SLOTS - 1)));
    else
        append(jobs, job, SLOTS + (size_t)(due_ms >> SLOT_BITS & (SLOTS - 1)));
}

void jobs_wait(struct jobs *jobs, struct job *job, int64_t now_ms, int64_t wait_ms)
{
    unlink_job(jobs, job);
    if (jobs->waiting == 0 && now_ms > jobs->tick_ms)
        jobs->tick_ms = now_ms;
    if (wait_ms > JOBS_LONGEST_WAIT_MS)
        wait_ms = JOBS_LONGEST_WAIT_MS;
    job->due_ms = now_ms + wait_ms;
    if (job->due_ms < jobs->tick_ms)
        job->due_ms = jobs->tick_ms;
    into_wheel(jobs, job);
}

void jobs_queue(struct jobs *jobs, struct job *job, size_t queue)
{
    assert(WHEEL_LISTS + queue < jobs->list_count);
    unlink_job(jobs, job);
    append(jobs, job, WHEEL_LISTS + queue);
}

void jobs_queue_first(struct jobs *jobs, struct job *job, size_t queue)
{
    struct list *list = &jobs->lists[WHEEL_LISTS + queue];
    uint32_t index = jobs_index(jobs, job);

    assert(WHEEL_LISTS + queue < jobs->list_count);
    unlink_job(jobs, job);
    job->list = (uint32_t)(WHEEL_LISTS + queue);
    job->previous = NOWHERE;
    job->next = list->first;
    if (list->first != NOWHERE)
        jobs->all[list->first].previous = index;
    else
        list->last = index;
    list->first = index;
}

struct job *jobs_head(struct jobs *jobs, size_t queue)
{
    uint32_t first = jobs->lists[WHEEL_LISTS + queue].first;

    return first != NOWHERE ? &jobs->all[first] : NULL;
}

/* The block whose time begins now is dealt out to the slots. */
static void deal(struct jobs *jobs)
{
    size_t block = SLOTS + (size_t)(jobs->tick_ms >> SLOT_BITS & (SLOTS - 1));

    while (jobs->lists[block].first != NOWHERE) {
        struct job *job = &jobs->all[jobs->lists[block].first];

        unlink_job(jobs, job);
        into_wheel(jobs, job);
    }
}

struct job *jobs_due(struct jobs *jobs, int64_t now_ms)
{
    if (jobs->waiting == 0)
        return NULL;
    while (jobs->tick_ms <= now_ms) {
        size_t slot = (size_t)(jobs->tick_ms & (SLOTS - 1));
        uint32_t first = jobs->lists[slot].first;

        if (first != NOWHERE) {
            unlink_job(jobs, &jobs->all[first]);
            return &jobs->all[first];
        }
        jobs->occupied[slot / 64] &= ~((uint64_t)1 << slot % 64);
        jobs->tick_ms++;
        if ((jobs->tick_ms & (SLOTS - 1)) == 0)
            deal(jobs);
    }
    return NULL;
}

int64_t jobs_ask_at_ms(const struct jobs *jobs)
{
    size_t slot = (size_t)(jobs->tick_ms & (SLOTS - 1));
    int64_t block_ms = jobs->tick_ms - (int64_t)slot;
    uint64_t word;

    if (jobs->waiting == 0)
        return -1;
    word = jobs->occupied[slot / 64] & (UINT64_MAX << slot % 64);
    for (size_t i = slot / 64;; word = jobs->occupied[i]) {
        if (word != 0)
            return block_ms + (int64_t)(i * 64) + __builtin_ctzll(word);
        if (++i == WORDS)
            return block_ms + SLOTS;
    }
}

struct job *jobs_walk(struct jobs *jobs, const struct job *after)
{
    size_t i = after == NULL ? 0 : jobs_index(jobs, after) + 1;

    for (; i < jobs->touched; i++) {
        if (jobs->all[i].list != IN_POOL)
            return &jobs->all[i];
    }
    return NULL;
}
