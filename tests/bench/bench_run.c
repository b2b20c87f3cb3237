/*
 * A turn of the loop is: read what has come, then start what may start, then write.
 * The phases follow each other; giving up jumps to the unbinding.
 */
#include "tests/bench/bench_run.h"

#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "tests/bench/bench_runner.h"

#define TICK_MS   50
#define UNBIND_NS (2LL * BENCH_SECOND_NS)

/* ---- Phases ---- */

static bool is_all_settled(const struct bench_runner *runner)
{
    const struct bench_ledger_counts *counts = bench_ledger_counts(runner->run->ledger);

    return runner->in_flight == 0 && runner->backlog.count == 0 &&
           counts->completed == counts->owed;
}

static void measure(struct bench_process_use *use, pid_t pid, bool is_end)
{
    struct bench_process now;

    use->is_known = (use->is_known || !is_end) && bench_process_read(pid, &now);
    if (!use->is_known)
        return;
    use->cpu_s = now.cpu_s - (is_end ? use->cpu_s : 0);
    use->rss_bytes = now.rss_bytes;
    use->peak_rss_bytes = now.peak_rss_bytes;
}

static void measure_all(struct bench_runner *runner, bool is_end)
{
    for (unsigned i = 0; i < runner->options->pid_count; i++)
        measure(&runner->run->processes[i], runner->options->pids[i], is_end);
    measure(&runner->run->own, getpid(), is_end);
}

static void start_sending(struct bench_runner *runner)
{
    struct bench_run *run = runner->run;
    struct timeval now;

    measure_all(runner, false);
    gettimeofday(&now, NULL);
    run->started_at_s = (double)now.tv_sec + (double)now.tv_usec / 1e6;
    run->started_ns = bench_clock_ns();
    runner->end_ns =
        runner->options->seconds > 0
            ? run->started_ns + (int64_t)(runner->options->seconds * BENCH_SECOND_NS)
            : INT64_MAX;
    runner->phase = BENCH_PHASE_SENDING;
}

static void start_unbinding(struct bench_runner *runner, int64_t now_ns)
{
    if (runner->phase == BENCH_PHASE_SENDING || runner->phase == BENCH_PHASE_WAITING)
        measure_all(runner, true);
    runner->phase = BENCH_PHASE_UNBINDING;
    runner->phase_end_ns = now_ns + UNBIND_NS;
    for (unsigned i = 0; i < runner->seat_count; i++) {
        if (bench_session_state(runner->seats[i].session) == BENCH_SESSION_BOUND)
            bench_session_unbind(runner->seats[i].session);
    }
}

/* Nothing more can come: it was too long, or nobody is left to bring it. */
static bool is_hopeless(const struct bench_runner *runner, int64_t now_ns)
{
    bool is_due = runner->phase == BENCH_PHASE_BINDING ||
                  runner->phase == BENCH_PHASE_WAITING || runner->in_flight > 0 ||
                  runner->bound < runner->seat_count;
    int64_t wait_ns = runner->options->wait_ns;

    if (runner->options->retry)
        wait_ns += BENCH_RETRY_NS; /* a pause is no silence of the other side */
    return runner->dead == runner->seat_count ||
           (runner->phase == BENCH_PHASE_BINDING && runner->dead > 0) ||
           (is_due && now_ns - runner->activity_ns > wait_ns);
}

static void advance(struct bench_runner *runner, int64_t now_ns)
{
    struct bench_run *run = runner->run;

    if (runner->phase < BENCH_PHASE_LINGERING &&
        (runner->is_interrupted_twice || is_hopeless(runner, now_ns))) {
        run->gave_up = true;
        start_unbinding(runner, now_ns);
    }
    if (runner->phase == BENCH_PHASE_BINDING && runner->bound == runner->seat_count)
        start_sending(runner);
    if (runner->phase == BENCH_PHASE_SENDING) {
        bench_sender_submit(runner, bench_clock_ns());
        if (bench_sender_is_done(runner, now_ns))
            runner->phase = BENCH_PHASE_WAITING;
    }
    if (runner->phase == BENCH_PHASE_WAITING) {
        bench_sender_submit(runner, now_ns); /* what had to be made again */
        if (is_all_settled(runner)) {
            measure_all(runner, true);
            runner->phase = BENCH_PHASE_LINGERING;
            runner->phase_end_ns = now_ns + runner->options->linger_ns;
        }
    }
    if (runner->phase == BENCH_PHASE_LINGERING && now_ns >= runner->phase_end_ns)
        start_unbinding(runner, now_ns);
    if (runner->phase == BENCH_PHASE_UNBINDING &&
        (runner->bound == 0 || now_ns >= runner->phase_end_ns))
        runner->phase = BENCH_PHASE_OVER;
}

static void connect_again(struct bench_runner *runner, int64_t now_ns)
{
    for (unsigned i = 0; i < runner->seat_count && runner->unconnected > 0; i++) {
        struct bench_seat *seat = &runner->seats[i];

        if (seat->is_dead || seat->connect_ns == 0 || now_ns < seat->connect_ns ||
            runner->phase >= BENCH_PHASE_UNBINDING)
            continue;
        seat->connect_ns = 0;
        runner->unconnected--;
        bench_session_connect(seat->session);
    }
}

static void draw(struct bench_runner *runner, int64_t now_ns)
{
    const struct bench_options *options = runner->options;
    const struct bench_ledger_counts *counts = bench_ledger_counts(runner->run->ledger);
    int64_t elapsed_ns = now_ns - runner->run->started_ns;
    double by_number = options->messages
                           ? (double)counts->accepted /
                                 ((double)options->messages * options->text.part_count)
                           : 0;
    double by_time =
        options->seconds > 0 ? (double)elapsed_ns / BENCH_SECOND_NS / options->seconds : 0;
    double done = by_number > by_time ? by_number : by_time;

    if (runner->run->started_ns == 0)
        return;
    bench_progress_draw(&runner->progress,
                        &(struct bench_progress_facts){
                            .done = done < 1 ? done : 1,
                            .accepted = counts->accepted,
                            .receipts = counts->received,
                            .in_flight = runner->in_flight,
                            .window = runner->seat_count * options->window,
                            .elapsed_ns = elapsed_ns,
                        },
                        now_ns);
}

static void on_tick(evutil_socket_t fd, short what, void *argument)
{
    struct bench_runner *runner = argument;

    (void)fd;
    (void)what;
    draw(runner, bench_clock_ns());
}

/* Ends a turn of the loop early enough for what has its own time. */
static void on_wake(evutil_socket_t fd, short what, void *argument)
{
    (void)fd;
    (void)what;
    (void)argument;
}

static void on_signal(evutil_socket_t fd, short what, void *argument)
{
    struct bench_runner *runner = argument;

    (void)fd;
    (void)what;
    runner->is_interrupted_twice = runner->run->stopped;
    runner->run->stopped = true;
}

/* Writes everywhere; returns when the next thing is due that has a time of its own. */
static int64_t flush_all(struct bench_runner *runner, int64_t now_ns)
{
    int64_t next_ns = bench_session_flush_all(&runner->unflushed, now_ns);

    if (runner->phase == BENCH_PHASE_SENDING && runner->options->rate_per_s > 0) {
        int64_t intended_ns = bench_sender_intended_ns(runner, runner->next_message);

        /* One that is due already waits for room, not for time. */
        if (intended_ns > now_ns && intended_ns < next_ns)
            next_ns = intended_ns;
    }
    return next_ns;
}

/*
 * While receipts name ids that were not given yet: a bind with nothing to read now cannot
 * have had their responses before.
 */
static void probe_all(struct bench_runner *runner)
{
    if (bench_ledger_counts(runner->run->ledger)->unclaimed == 0)
        return;
    for (unsigned i = 0; i < runner->seat_count; i++)
        bench_session_probe(runner->seats[i].session);
}

static void loop(struct bench_runner *runner)
{
    const struct timeval tick = {0, TICK_MS * 1000L};
    struct event *ticker = event_new(runner->base, -1, EV_PERSIST, on_tick, runner);
    struct event *waker = event_new(runner->base, -1, 0, on_wake, NULL);
    struct event *interrupt = evsignal_new(runner->base, SIGINT, on_signal, runner);
    struct event *terminate = evsignal_new(runner->base, SIGTERM, on_signal, runner);

    if (!ticker || !waker || !interrupt || !terminate)
        abort();
    event_add(ticker, &tick);
    event_add(interrupt, NULL);
    event_add(terminate, NULL);
    while (runner->phase != BENCH_PHASE_OVER) {
        int64_t now_ns = bench_clock_ns();

        connect_again(runner, now_ns);
        advance(runner, now_ns);

        int64_t next_ns = flush_all(runner, now_ns);

        if (runner->phase == BENCH_PHASE_OVER)
            break;
        if (next_ns < now_ns + TICK_MS * 1000000LL) {
            int64_t wait_us = (next_ns - now_ns) / 1000;
            struct timeval wait = {0, wait_us > 0 ? wait_us : 0};

            event_add(waker, &wait);
        }
        event_base_loop(runner->base, EVLOOP_ONCE);
        probe_all(runner);
    }
    event_free(ticker);
    event_free(waker);
    event_free(interrupt);
    event_free(terminate);
}

/* ---- Beginning and end ---- */

static void make_seats(struct bench_runner *runner, const struct addrinfo *address)
{
    const struct bench_options *options = runner->options;
    size_t parts = options->text.part_count;

    runner->seat_count = options->binds * options->account_count;
    runner->unconnected = runner->seat_count;
    runner->seats = calloc(runner->seat_count, sizeof(*runner->seats));
    if (!runner->seats)
        abort();
    for (unsigned i = 0; i < runner->seat_count; i++) {
        unsigned account = i % options->account_count;
        struct bench_seat *seat = &runner->seats[i];

        seat->backoff_ns = BENCH_BACKOFF_FIRST_NS;
        seat->connect_ns = 1; /* at once */
        seat->session = bench_session_new(&(struct bench_session_config){
            .base = runner->base,
            .address = address->ai_addr,
            .address_size = address->ai_addrlen,
            .system_id = options->accounts[account].system_id,
            .password = options->accounts[account].password,
            .account = (uint16_t)account,
            .number = (uint16_t)i,
            .window = options->window,
            .no_ack = options->no_ack,
            .ack_delay_ns = options->ack_delay_ns,
            .unflushed = &runner->unflushed,
            .ops = &bench_tally_ops,
            .owner = runner,
        });
    }
    bench_backlog_init(&runner->backlog, runner->seat_count * (options->window + parts));
}

/* A timer that is late by a millisecond would be latency of our own making. */
static struct event_base *make_base(void)
{
    struct event_config *config = event_config_new();

    if (!config || event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER) != 0)
        abort();

    struct event_base *base = event_base_new_with_config(config);

    if (!base)
        abort();
    event_config_free(config);
    return base;
}

static enum bench_stat single_expected(const struct bench_options *options)
{
    for (unsigned stat = 0; stat < BENCH_STAT_COUNT; stat++) {
        if (options->expected_shares[stat] > 0 &&
            options->expected_shares[stat] == options->expected_share_sum)
            return (enum bench_stat)stat;
    }
    return BENCH_STAT_NONE;
}

static const char *fetch_metrics(const struct bench_options *options,
                                 struct bench_metrics *out)
{
    if (!options->metrics_url)
        return NULL;
    return bench_metrics_fetch(
        &(struct bench_metrics_source){options->metrics_url, options->metrics_token,
                                       options->metrics, options->metric_count},
        out);
}

static const char *find_host(const struct bench_options *options, struct addrinfo **out)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    char port[8];

    snprintf(port, sizeof(port), "%u", options->port);

    int error = getaddrinfo(options->host, port, &hints, out);

    return error ? gai_strerror(error) : NULL;
}

const char *bench_run(struct bench_run *run, const struct bench_options *options)
{
    struct bench_runner runner = {.run = run, .options = options};
    struct addrinfo *address;

    memset(run, 0, sizeof(*run));
    run->options = options;

    const char *error = find_host(options, &address);

    if (error)
        return error;
    error = fetch_metrics(options, &run->metrics_before);
    if (error) {
        freeaddrinfo(address);
        return error;
    }
    run->script = bench_script_new(
        &(struct bench_script_source){&options->destinations, &options->text,
                                      options->source, options->registered_delivery});
    run->ledger = bench_ledger_new(options->capacity);
    if (!run->ledger) {
        freeaddrinfo(address);
        return "there is no memory for that many ids";
    }
    runner.base = make_base();
    runner.expected = single_expected(options);
    runner.activity_ns = bench_clock_ns();
    make_seats(&runner, address);
    bench_progress_begin(&runner.progress, !options->quiet);

    loop(&runner);

    bench_progress_end(&runner.progress);
    run->counts.never_answered += runner.in_flight;
    run->metrics_error = fetch_metrics(options, &run->metrics_after);
    for (unsigned i = 0; i < runner.seat_count; i++)
        bench_session_free(runner.seats[i].session);
    free(runner.seats);
    bench_backlog_done(&runner.backlog);
    event_base_free(runner.base);
    freeaddrinfo(address);
    return NULL;
}

void bench_run_done(struct bench_run *run)
{
    bench_script_free(run->script);
    bench_ledger_free(run->ledger);
}
