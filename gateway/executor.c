/*
 * Lanes of threads and the way back.  A lane is a list of jobs under one lock; what
 * its threads have run goes to one list of completions, and an eventfd wakes the core
 * loop when that list was empty.  libevent itself needs no locks for this.
 */
#include "gateway/executor.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <event2/event.h>

#include "gateway/clock.h"

#define WAITING_MAX 256
#define THREADS_MAX 2

static const struct {
    const char *name; /* of its threads, for ps and the debugger */
    int threads;
    bool is_cut; /* a running job is not waited for in the end */
} lane_rows[EXECUTOR_LANES] = {
    [EXECUTOR_STORE] = {"store",  1, false},
      [EXECUTOR_TABLES] = {"tables", 1, false},
    [EXECUTOR_READER] = {"reader", 1, false},
      [EXECUTOR_BOOKS] = {"books",  1, false},
    [EXECUTOR_POOL] = {"pool",   2, false},
      [EXECUTOR_NAMES] = {"names",  2, true },
};

struct job_list {
    struct executor_job *first;
    struct executor_job **end;
};

struct lane {
    struct executor *executor;
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t news;
    struct job_list jobs;
    size_t waiting;
    bool closing;
    pthread_t threads[THREADS_MAX];
    int64_t due_ms; /* inline: when the job before is run, then completed */
};

struct executor {
    struct lane lanes[EXECUTOR_LANES];

    pthread_mutex_t done_lock; /* of the list, and of what errands have run */
    struct job_list done;
    pthread_cond_t errand_ran;
    int wake_fd;
    struct event *wake_event;

    struct clock *clock; /* inline; NULL with threads */
    int64_t (*delay_ms)(void *owner);
    void *delay_owner;
    struct inline_job *inline_jobs;
};

static void list_clear(struct job_list *list)
{
    list->first = NULL;
    list->end = &list->first;
}

static void list_append(struct job_list *list, struct executor_job *job)
{
    job->next = NULL;
    *list->end = job;
    list->end = &job->next;
}

static struct executor_job *list_take(struct job_list *list)
{
    struct executor_job *job = list->first;

    list->first = job->next;
    if (list->first == NULL)
        list->end = &list->first;
    return job;
}

/* ---- Threads ------------------------------------------------------------- */

static void give_back(struct executor *executor, struct executor_job *job)
{
    uint64_t one = 1;
    bool was_empty;

    pthread_mutex_lock(&executor->done_lock);
    was_empty = executor->done.first == NULL;
    list_append(&executor->done, job);
    pthread_mutex_unlock(&executor->done_lock);
    if (was_empty)
        while (write(executor->wake_fd, &one, sizeof(one)) < 0 && errno == EINTR)
            ;
}

/* Where it is in the job, the thread holds no lock of ours. */
static void run_job(const struct lane *lane, struct executor_job *job)
{
    int before;

    if (!lane_rows[lane - lane->executor->lanes].is_cut) {
        job->run(job->self);
        return;
    }
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &before);
    job->run(job->self);
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
}

static void *lane_thread(void *arg)
{
    struct lane *lane = arg;
    int before;

    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
    pthread_mutex_lock(&lane->lock);
    for (;;) {
        struct executor_job *job;
        bool is_errand;

        while (lane->jobs.first == NULL && !lane->closing)
            pthread_cond_wait(&lane->news, &lane->lock);
        if (lane->closing)
            break;
        job = list_take(&lane->jobs);
        lane->waiting--;
        pthread_mutex_unlock(&lane->lock);
        /* One that has run is its owner's again. */
        is_errand = job->complete == NULL;
        run_job(lane, job);
        if (!is_errand)
            give_back(lane->executor, job);
        pthread_mutex_lock(&lane->lock);
    }
    pthread_mutex_unlock(&lane->lock);
    return NULL;
}

/* Signals are the core loop's: a thread made here takes none. */
static void lane_start(struct lane *lane, enum executor_lane which)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (int i = 0; i < lane_rows[which].threads; i++) {
        if (pthread_create(&lane->threads[i], NULL, lane_thread, lane) != 0)
            abort();
        pthread_setname_np(lane->threads[i], lane_rows[which].name);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
    struct executor *executor = arg;
    struct job_list done;
    uint64_t count;

    (void)what;
    /* The count is read before the list is taken: what comes between wakes us again. */
    while (read(fd, &count, sizeof(count)) < 0 && errno == EINTR)
        ;
    pthread_mutex_lock(&executor->done_lock);
    done = executor->done;
    list_clear(&executor->done);
    pthread_mutex_unlock(&executor->done_lock);
    while (done.first != NULL) {
        struct executor_job *job = done.first;

        /* Taken out first: completing may submit the job again, or free it. */
        done.first = job->next;
        job->complete(job->self);
    }
}

/* ---- Inline -------------------------------------------------------------- */

/* In a list of all, so that the executor can be freed at any moment of a crash. */
struct inline_job {
    struct executor *executor;
    struct lane *lane;
    struct executor_job *job;
    struct clock_timer timer;
    struct inline_job *next;
    struct inline_job **link;
};

/* A lane of one thread runs and completes in order, whatever the delays were. */
static int64_t inline_due_ms(struct inline_job *inline_job)
{
    struct executor *executor = inline_job->executor;
    struct lane *lane = inline_job->lane;
    int64_t due_ms = clock_mono_ms(executor->clock);

    if (executor->delay_ms != NULL)
        due_ms += executor->delay_ms(executor->delay_owner);
    if (lane_rows[lane - executor->lanes].threads == 1 && due_ms < lane->due_ms)
        due_ms = lane->due_ms;
    lane->due_ms = due_ms;
    return due_ms;
}

static void inline_unlink(struct inline_job *inline_job)
{
    *inline_job->link = inline_job->next;
    if (inline_job->next != NULL)
        inline_job->next->link = inline_job->link;
}

static void inline_complete(void *arg)
{
    struct inline_job *inline_job = arg;
    struct executor_job *job = inline_job->job;

    inline_unlink(inline_job);
    free(inline_job);
    job->complete(job->self);
}

static void inline_run(void *arg)
{
    struct inline_job *inline_job = arg;

    inline_job->lane->waiting--;
    inline_job->job->run(inline_job->job->self);
    clock_arm(inline_job->executor->clock, &inline_job->timer, inline_due_ms(inline_job),
              inline_complete, inline_job);
}

static void inline_submit(struct executor *executor, struct lane *lane,
                          struct executor_job *job)
{
    struct inline_job *inline_job = calloc(1, sizeof(*inline_job));

    if (inline_job == NULL)
        abort();
    *inline_job = (struct inline_job){
        .executor = executor, .lane = lane, .job = job, .next = executor->inline_jobs};
    inline_job->link = &executor->inline_jobs;
    if (inline_job->next != NULL)
        inline_job->next->link = &inline_job->next;
    executor->inline_jobs = inline_job;
    lane->waiting++;
    clock_arm(executor->clock, &inline_job->timer, inline_due_ms(inline_job), inline_run,
              inline_job);
}

/* ---- Both ---------------------------------------------------------------- */

bool executor_submit(struct executor *executor, enum executor_lane which,
                     struct executor_job *job)
{
    struct lane *lane = &executor->lanes[which];
    bool fits;

    pthread_mutex_lock(&lane->lock);
    fits = lane->waiting < WAITING_MAX;
    if (fits && executor->clock != NULL) {
        inline_submit(executor, lane, job);
    } else if (fits) {
        list_append(&lane->jobs, job);
        lane->waiting++;
        pthread_cond_signal(&lane->news);
    }
    pthread_mutex_unlock(&lane->lock);
    return fits;
}

void executor_wait(const struct executor *executor, int64_t at_most_us)
{
    struct pollfd wake = {.fd = executor->wake_fd, .events = POLLIN};
    struct timespec most = {.tv_sec = at_most_us / 1000000,
                            .tv_nsec = at_most_us % 1000000 * 1000};

    ppoll(&wake, 1, &most, NULL);
}

void executor_pause(const struct executor *executor, int64_t us)
{
    struct timespec most = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};

    if (executor->clock == NULL)
        nanosleep(&most, NULL);
}

static void run_errand(void *self)
{
    struct executor_errand *errand = self;
    struct executor *executor = errand->executor;

    errand->run(errand->self);
    pthread_mutex_lock(&executor->done_lock);
    errand->has_run = true;
    pthread_cond_signal(&executor->errand_ran);
    pthread_mutex_unlock(&executor->done_lock);
}

bool executor_begin(struct executor *executor, enum executor_lane which,
                    struct executor_errand *errand)
{
    errand->executor = executor;
    errand->has_run = false;
    errand->job = (struct executor_job){.run = run_errand, .self = errand};
    return executor->clock != NULL || executor_submit(executor, which, &errand->job);
}

void executor_join(struct executor_errand *errand)
{
    struct executor *executor = errand->executor;

    if (executor->clock != NULL) {
        errand->run(errand->self);
        return;
    }
    pthread_mutex_lock(&executor->done_lock);
    while (!errand->has_run)
        pthread_cond_wait(&executor->errand_ran, &executor->done_lock);
    pthread_mutex_unlock(&executor->done_lock);
}

size_t executor_waiting(const struct executor *executor, enum executor_lane which)
{
    struct lane *lane = (struct lane *)&executor->lanes[which];
    size_t waiting;

    pthread_mutex_lock(&lane->lock);
    waiting = lane->waiting;
    pthread_mutex_unlock(&lane->lock);
    return waiting;
}

static struct executor *executor_make(void)
{
    struct executor *executor = calloc(1, sizeof(*executor));

    if (executor == NULL)
        abort();
    for (int i = 0; i < EXECUTOR_LANES; i++) {
        struct lane *lane = &executor->lanes[i];

        lane->executor = executor;
        pthread_mutex_init(&lane->lock, NULL);
        pthread_cond_init(&lane->news, NULL);
        list_clear(&lane->jobs);
    }
    pthread_mutex_init(&executor->done_lock, NULL);
    pthread_cond_init(&executor->errand_ran, NULL);
    list_clear(&executor->done);
    executor->wake_fd = -1;
    return executor;
}

struct executor *executor_new(struct event_base *base)
{
    struct executor *executor = executor_make();

    executor->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (executor->wake_fd < 0)
        abort();
    executor->wake_event =
        event_new(base, executor->wake_fd, EV_READ | EV_PERSIST, on_wake, executor);
    if (executor->wake_event == NULL || event_add(executor->wake_event, NULL) != 0)
        abort();
    for (int i = 0; i < EXECUTOR_LANES; i++)
        lane_start(&executor->lanes[i], i);
    return executor;
}

struct executor *executor_new_inline(struct clock *clock, int64_t (*delay_ms)(void *owner),
                                     void *owner)
{
    struct executor *executor = executor_make();

    executor->clock = clock;
    executor->delay_ms = delay_ms;
    executor->delay_owner = owner;
    return executor;
}

static void lane_stop(struct lane *lane, enum executor_lane which)
{
    pthread_mutex_lock(&lane->lock);
    lane->closing = true;
    pthread_cond_broadcast(&lane->news);
    pthread_mutex_unlock(&lane->lock);
    for (int i = 0; i < lane_rows[which].threads; i++) {
        if (lane_rows[which].is_cut)
            pthread_cancel(lane->threads[i]);
        pthread_join(lane->threads[i], NULL);
    }
}

void executor_free(struct executor *executor)
{
    if (executor == NULL)
        return;
    for (int i = 0; i < EXECUTOR_LANES; i++) {
        struct lane *lane = &executor->lanes[i];

        if (executor->clock == NULL)
            lane_stop(lane, i);
        pthread_cond_destroy(&lane->news);
        pthread_mutex_destroy(&lane->lock);
    }
    while (executor->inline_jobs != NULL) {
        struct inline_job *inline_job = executor->inline_jobs;

        clock_disarm(executor->clock, &inline_job->timer);
        inline_unlink(inline_job);
        free(inline_job);
    }
    if (executor->wake_event != NULL)
        event_free(executor->wake_event);
    if (executor->wake_fd >= 0)
        close(executor->wake_fd);
    pthread_cond_destroy(&executor->errand_ran);
    pthread_mutex_destroy(&executor->done_lock);
    free(executor);
}
