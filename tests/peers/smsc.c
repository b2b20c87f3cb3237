/* The practice SMSC as a whole: listening, the turn of the loop, statistics. */
#include "tests/peers/smsc_parts.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/peers/journal.h"

enum {
    ACCEPTS_PER_TURN = 64,
    IDS_PER_SECOND = 1000000,
};

int64_t smsc_draw(struct smsc *smsc, struct option_range range)
{
    if (range.low_ms == range.high_ms)
        return range.low_ms;
    return range.low_ms +
           (int64_t)random_below(&smsc->sim->random,
                                 (uint64_t)(range.high_ms - range.low_ms + 1));
}

void smsc_want_turn(struct smsc *smsc)
{
    if (smsc->turn_wanted)
        return;
    smsc->turn_wanted = true;
    event_active(smsc->turn, EV_TIMEOUT, 0);
}

/* ---- The turn ---- */

static void run_due(struct smsc *smsc)
{
    struct job *job;

    while ((job = jobs_due(smsc->jobs, smsc->now_ms)) != NULL) {
        struct link *link;

        if (job->kind != JOB_ANSWER) {
            report_due(smsc, job);
            continue;
        }
        link = link_find(smsc, job->link);
        if (link != NULL && link->state != LINK_DRAINING)
            submit_answer(link, job);
        else
            smsc->counters.answers_lost++;
        jobs_give(smsc->jobs, job);
    }
}

static void sleep_until_due(struct smsc *smsc)
{
    int64_t at_ms = jobs_ask_at_ms(smsc->jobs);
    int64_t wait_ms = at_ms - smsc->now_ms;
    struct timeval wait;

    if (at_ms < 0 || at_ms == smsc->timer_at_ms)
        return;
    if (wait_ms < 1)
        wait_ms = 1;
    wait = (struct timeval){wait_ms / 1000, wait_ms % 1000 * 1000};
    smsc->timer_at_ms = at_ms;
    event_add(smsc->timer, &wait);
}

/* Input that waited for room in the output is looked at again once there is some. */
static void resume(struct link *link)
{
    size_t waiting = link->input_used;

    if (link->closing || waiting == 0 || link->output.used > link->output.capacity / 2)
        return;
    link_process(link);
    if (link->input_used == waiting)
        return;
    link->dirty = true;
    if (waiting == LINK_INPUT_BYTES && !link->closing)
        event_add(link->readable, NULL);
}

static void on_turn(int fd, short what, void *cookie)
{
    struct smsc *smsc = cookie;

    (void)fd;
    (void)what;
    smsc->now_ms = sim_now_ms();
    run_due(smsc);
    report_send_ready(smsc);
    for (size_t i = 0; i < smsc->links_top; i++) {
        struct link *link = smsc->links[i];

        if (link != NULL && link->dirty) {
            link_flush(link);
            resume(link);
        }
    }
    /* Asked for by the sockets and rows above; from here on it is wanted anew. */
    smsc->turn_wanted = false;
    for (size_t i = 0; i < smsc->links_top; i++) {
        struct link *link = smsc->links[i];

        if (link != NULL && link->closing)
            link_free(link);
        else if (link != NULL && link->dirty)
            smsc_want_turn(smsc);
    }
    sleep_until_due(smsc);
    journal_flush(smsc->sim->journal);
}

static void on_timer(int fd, short what, void *cookie)
{
    struct smsc *smsc = cookie;

    (void)fd;
    (void)what;
    smsc->timer_at_ms = -1;
    smsc_want_turn(smsc);
}

static void on_second(int fd, short what, void *cookie)
{
    struct smsc *smsc = cookie;

    (void)fd;
    (void)what;
    smsc->now_ms = sim_now_ms();
    for (size_t i = 0; i < smsc->links_top; i++) {
        if (smsc->links[i] != NULL && !smsc->links[i]->closing)
            session_second(smsc->links[i]);
    }
    if (smsc->drop_every_s != 0 &&
        smsc->now_ms - smsc->dropped_at_ms >= smsc->drop_every_s * 1000)
        smsc_drop(smsc);
    smsc_want_turn(smsc);
}

static void on_acceptable(int fd, short what, void *cookie)
{
    struct smsc *smsc = cookie;

    (void)what;
    smsc->now_ms = sim_now_ms();
    for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
        int accepted = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (accepted < 0)
            return;
        link_new(smsc, accepted);
    }
}

/* ---- From outside ---- */

static struct event *loop_event(struct smsc *smsc, int fd, short what,
                                void (*call)(int, short, void *))
{
    struct event *event = event_new(smsc->sim->base, fd, what, call, smsc);

    if (event == NULL)
        abort();
    return event;
}

static void start(struct smsc *smsc)
{
    const struct timeval second = {1, 0};

    smsc->now_ms = sim_now_ms();
    smsc->dropped_at_ms = smsc->now_ms;
    smsc->timer_at_ms = -1;
    smsc->bucket_at_us = sim_now_us();
    smsc->bucket_micro = smsc->per_second * 1000000;
    smsc->links = sim_alloc(SMSC_LINKS_MAX, sizeof(*smsc->links));
    smsc->jobs = jobs_new((size_t)smsc->capacity, SMSC_ACCOUNTS_MAX);
    /* Another run begins later and so, at less than a million a second, above. */
    smsc->next_id = (uint64_t)time(NULL) * IDS_PER_SECOND + 1;
    seen_init(&smsc->seen, (size_t)smsc->remember);
    smsc->acceptable = loop_event(smsc, smsc->fd, EV_READ | EV_PERSIST, on_acceptable);
    smsc->turn = loop_event(smsc, -1, 0, on_turn);
    smsc->timer = loop_event(smsc, -1, 0, on_timer);
    smsc->second = loop_event(smsc, -1, EV_PERSIST, on_second);
    event_add(smsc->acceptable, NULL);
    event_add(smsc->second, &second);
    message_start(smsc);
}

static void *open_smsc(struct sim *sim, const char *description, char *error)
{
    struct smsc *smsc = sim_alloc(1, sizeof(*smsc));

    smsc->sim = sim;
    smsc->fd = -1;
    if (smsc_read_options(smsc, description, error))
        smsc->fd = sim_listen(smsc->host, &smsc->port, error);
    if (smsc->fd < 0) {
        free(smsc);
        return NULL;
    }
    start(smsc);
    return smsc;
}

static void close_smsc(void *role)
{
    struct smsc *smsc = role;

    for (size_t i = 0; i < smsc->links_top; i++)
        link_free(smsc->links[i]);
    message_stop(smsc);
    event_free(smsc->acceptable);
    event_free(smsc->turn);
    event_free(smsc->timer);
    event_free(smsc->second);
    close(smsc->fd);
    jobs_free(smsc->jobs);
    seen_done(&smsc->seen);
    free(smsc->links);
    free(smsc);
}

void smsc_drop(struct smsc *smsc)
{
    smsc->dropped_at_ms = smsc->now_ms;
    for (size_t i = 0; i < smsc->links_top; i++) {
        if (smsc->links[i] != NULL && !smsc->links[i]->closing) {
            smsc->counters.links_dropped++;
            link_close(smsc->links[i], "drop");
        }
    }
}

/* clang-format off */
#define COUNTER(field) {#field, offsetof(struct smsc_counters, field)}
/* clang-format on */

static const struct sim_counter counter_rows[] = {
    COUNTER(connections),
    COUNTER(binds),
    COUNTER(binds_refused),
    COUNTER(binds_open),
    COUNTER(submits),
    COUNTER(taken),
    COUNTER(throttled),
    COUNTER(over_window),
    COUNTER(queue_full),
    COUNTER(scripted_refusals),
    COUNTER(malformed),
    COUNTER(answers),
    COUNTER(answers_swallowed),
    COUNTER(submits_lost),
    COUNTER(answers_lost),
    COUNTER(reports),
    COUNTER(reports_acknowledged),
    COUNTER(reports_retried),
    COUNTER(reports_refused),
    COUNTER(acknowledgements_unmatched),
    COUNTER(messages),
    COUNTER(messages_acknowledged),
    COUNTER(enquiries),
    COUNTER(enquiries_sent),
    COUNTER(cancels),
    COUNTER(queries),
    COUNTER(nacks),
    COUNTER(links_dropped),
    COUNTER(outstanding_max),
    COUNTER(reports_out_max),
};

static json_t *stats_of_smsc(const void *role)
{
    const struct smsc *smsc = role;
    json_t *stats =
        sim_stats("smsc", smsc->name, smsc->port, counter_rows,
                  sizeof(counter_rows) / sizeof(counter_rows[0]), &smsc->counters);

    json_object_set_new(stats, "distinct", json_integer((json_int_t)smsc->seen.distinct));
    json_object_set_new(stats, "duplicates",
                        json_integer((json_int_t)smsc->seen.duplicates));
    json_object_set_new(stats, "untracked", json_integer((json_int_t)smsc->seen.untracked));
    json_object_set_new(stats, "pending",
                        json_integer((json_int_t)jobs_in_use(smsc->jobs)));
    return stats;
}

const struct sim_role_kind smsc_role = {
    .name = "smsc",
    .open = open_smsc,
    .close = close_smsc,
    .stats = stats_of_smsc,
    .help = smsc_help,
};
