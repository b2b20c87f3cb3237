/*
 * What is submitted next, and on which bind: the rest of a message that was begun there,
 * then what has to be made again, then a new message if its time has come.
 */
#include "tests/bench/bench_runner.h"

#include <assert.h>

int64_t bench_sender_intended_ns(const struct bench_runner *runner, uint32_t message)
{
    return runner->run->started_ns +
           (int64_t)((double)message * BENCH_SECOND_NS / runner->options->rate_per_s);
}

/* Whether another message may begin now, and when it should have. */
static bool begin_message(struct bench_runner *runner, int64_t now_ns,
                          int64_t *out_intended_ns)
{
    const struct bench_options *options = runner->options;
    struct bench_run *run = runner->run;
    unsigned parts = options->text.part_count;

    if (run->stopped || run->out_of_room || runner->next_message == UINT32_MAX / parts ||
        (options->messages && runner->next_message == options->messages))
        return false;
    *out_intended_ns = options->rate_per_s > 0
                           ? bench_sender_intended_ns(runner, runner->next_message)
                           : now_ns;
    if (*out_intended_ns > now_ns || *out_intended_ns >= runner->end_ns)
        return false;
    if (bench_ledger_size(run->ledger) + runner->in_flight + parts > options->capacity) {
        run->out_of_room = true;
        return false;
    }
    runner->next_message++;
    return true;
}

/* The next submit for this seat: the rest of a message, an old one, or a new one. */
static bool next_submit(struct bench_runner *runner, struct bench_seat *seat,
                        int64_t now_ns, struct bench_due_submit *out)
{
    unsigned parts = runner->options->text.part_count;

    if (seat->parts_left == 0) {
        if (bench_backlog_take(&runner->backlog, out))
            return true;
        if (!begin_message(runner, now_ns, &seat->next.intended_ns)) {
            runner->none_due = true;
            return false;
        }
        seat->next.unit = (runner->next_message - 1) * parts;
        seat->parts_left = parts;
        runner->parts_left += parts;
    }
    seat->parts_left--;
    runner->parts_left--;
    *out = seat->next;
    seat->next.unit++;
    return true;
}

static bool submit_one(struct bench_runner *runner, struct bench_seat *seat, int64_t now_ns)
{
    struct bench_due_submit submit;

    if (!bench_session_has_room(seat->session) || now_ns < seat->paused_until_ns ||
        !next_submit(runner, seat, now_ns, &submit))
        return false;

    uint32_t sequence =
        bench_session_take(seat->session, submit.unit, submit.intended_ns, now_ns);
    bool fits = bench_script_write(runner->run->script, submit.unit, sequence,
                                   bench_session_output(seat->session));

    assert(fits);
    runner->in_flight++;
    runner->run->counts.submits++;
    return true;
}

/* One each in turn, so that a low rate is shared by all binds. */
void bench_sender_submit(struct bench_runner *runner, int64_t now_ns)
{
    uint32_t before = runner->next_message;
    unsigned seat = runner->first_seat;
    unsigned refused = 0; /* so many in a row */

    assert(runner->seat_count > 0);
    runner->none_due = false;
    while (refused < runner->seat_count && !(runner->none_due && runner->parts_left == 0)) {
        refused = submit_one(runner, &runner->seats[seat], now_ns) ? 0 : refused + 1;
        seat = (seat + 1) % runner->seat_count;
    }
    runner->first_seat = (runner->first_seat + 1) % runner->seat_count;
    if (runner->next_message != before)
        runner->activity_ns = now_ns;
}

bool bench_sender_is_done(const struct bench_runner *runner, int64_t now_ns)
{
    const struct bench_options *options = runner->options;
    int64_t next_ns = options->rate_per_s > 0
                          ? bench_sender_intended_ns(runner, runner->next_message)
                          : now_ns;

    if (runner->backlog.count > 0 || runner->parts_left > 0)
        return false;
    return runner->run->stopped || runner->run->out_of_room || next_ns >= runner->end_ns ||
           (options->messages && runner->next_message == options->messages);
}
