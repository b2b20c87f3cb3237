/*
 * What comes back, counted: answers, receipts, and binds that come and go.
 */
#include "tests/bench/bench_runner.h"

#include <stdio.h>

#include "tests/bench/bench_receipt.h"

static void note(char reason[BENCH_REASON_BYTES], const char *text)
{
    if (*reason == '\0')
        snprintf(reason, BENCH_REASON_BYTES, "%s", text);
}

static struct bench_seat *seat_of(struct bench_runner *runner,
                                  const struct bench_session *session)
{
    return &runner->seats[bench_session_number(session)];
}

static void on_bound(void *owner, struct bench_session *session)
{
    struct bench_runner *runner = owner;

    runner->bound++;
    runner->activity_ns = bench_session_read_ns(session);
    seat_of(runner, session)->backoff_ns = BENCH_BACKOFF_FIRST_NS;
}

static void count_status(struct bench_run_counts *counts, uint32_t status)
{
    for (unsigned i = 0; i < counts->status_count; i++) {
        if (counts->statuses[i].status == status) {
            counts->statuses[i].count++;
            return;
        }
    }
    if (counts->status_count == BENCH_STATUSES_MAX)
        counts->other_statuses++;
    else
        counts->statuses[counts->status_count++] = (struct bench_status_count){status, 1};
}

static void on_refused(struct bench_runner *runner, struct bench_session *session,
                       const struct bench_submit *submit, uint32_t status)
{
    struct bench_run_counts *counts = &runner->run->counts;

    if (runner->options->retry && (status == WIRE_THROTTLED || status == WIRE_QUEUE_FULL)) {
        counts->retried++;
        bench_backlog_put(&runner->backlog, submit->unit, submit->intended_ns);
        seat_of(runner, session)->paused_until_ns =
            bench_session_read_ns(session) + BENCH_RETRY_NS;
        return;
    }
    counts->refused++;
    runner->activity_ns = bench_session_read_ns(session);
    count_status(counts, status);
}

static enum bench_due due_of(uint8_t registered_delivery, enum bench_stat expected)
{
    bool is_success = expected == BENCH_STAT_DELIVRD || expected == BENCH_STAT_ACCEPTD;

    switch (registered_delivery & WIRE_REGISTERED_MASK) {
    case 0:
        return BENCH_DUE_NEVER;
    case WIRE_REGISTERED_ALWAYS:
        return BENCH_DUE_ALWAYS;
    case WIRE_REGISTERED_ON_FAILURE:
        return expected == BENCH_STAT_NONE ? BENCH_DUE_OPTIONAL
               : is_success                ? BENCH_DUE_NEVER
                                           : BENCH_DUE_ALWAYS;
    default:
        return expected == BENCH_STAT_NONE ? BENCH_DUE_OPTIONAL
               : is_success                ? BENCH_DUE_ALWAYS
                                           : BENCH_DUE_NEVER;
    }
}

static void on_answered(void *owner, struct bench_session *session,
                        const struct bench_submit *submit, uint32_t status,
                        struct wire_view body)
{
    struct bench_runner *runner = owner;
    struct bench_run *run = runner->run;
    int64_t read_ns = bench_session_read_ns(session);
    const struct bench_entry *entry;

    runner->in_flight--;
    run->last_response_ns = read_ns;
    bench_histogram_add(&run->response_ns, read_ns - submit->intended_ns);
    if (status != WIRE_OK) {
        on_refused(runner, session, submit, status);
        return;
    }
    runner->activity_ns = read_ns;

    enum bench_stat own = bench_script_expected(run->script, submit->unit);
    enum bench_stat expected = own != BENCH_STAT_NONE ? own : runner->expected;
    struct bench_acceptance acceptance = {
        .unit = submit->unit,
        .account = bench_session_account(session),
        .session = bench_session_number(session),
        .expected = (uint8_t)expected,
        .due = (uint8_t)due_of(runner->options->registered_delivery, expected),
        .intended_ns = submit->intended_ns,
        .read_ns = read_ns,
        .drained_ns = bench_session_drained_ns(session),
    };
    struct wire_view id = wire_read_id(body);

    if (bench_ledger_accept(run->ledger, id.at, id.size, &acceptance, &entry) ==
        BENCH_LEDGER_EARLY)
        bench_histogram_add(&run->receipt_ns, entry->receipt_ns - entry->intended_ns);
}

static bool on_delivered(void *owner, struct bench_session *session,
                         const struct wire_message *message, uint32_t *out_mark)
{
    struct bench_runner *runner = owner;
    struct bench_run *run = runner->run;
    struct bench_receipt receipt;
    enum bench_receipt_kind kind = bench_receipt_read(message, &receipt);

    run->counts.intermediate += kind == BENCH_RECEIPT_INTERMEDIATE;
    run->counts.others += kind == BENCH_RECEIPT_NONE;
    if (kind != BENCH_RECEIPT_FINAL)
        return false;

    run->counts.ids_differ += receipt.ids_differ;
    run->counts.stats_differ += receipt.stats_differ;
    if (receipt.ids_differ &&
        !bench_ledger_knows(run->ledger, receipt.id.at, receipt.id.size) &&
        bench_ledger_knows(run->ledger, receipt.text_id.at, receipt.text_id.size))
        receipt.id = receipt.text_id;

    uint16_t account = bench_session_account(session);
    struct bench_arrival arrival = {
        .account = account,
        .session = bench_session_number(session),
        .stat = (uint8_t)receipt.stat,
        .read_ns = bench_session_read_ns(session),
        .lost_ns = runner->lost_ns[account],
    };

    enum bench_ledger_result result = bench_ledger_receive(
        run->ledger, receipt.id.at, receipt.id.size, &arrival, out_mark);

    if (result == BENCH_LEDGER_OK)
        bench_histogram_add(&run->receipt_ns,
                            arrival.read_ns -
                                bench_ledger_entry(run->ledger, *out_mark)->intended_ns);

    /* What comes again is no progress: waiting must end also while it goes on. */
    if (result == BENCH_LEDGER_OK || result == BENCH_LEDGER_EARLY)
        runner->activity_ns = run->last_receipt_ns = arrival.read_ns;
    return result == BENCH_LEDGER_OK || result == BENCH_LEDGER_EARLY ||
           result == BENCH_LEDGER_REPEATED;
}

static void on_acknowledged(void *owner, uint32_t mark)
{
    struct bench_runner *runner = owner;

    bench_ledger_acknowledge(runner->run->ledger, mark);
}

static void on_wronged(void *owner, struct bench_session *session, const char *what)
{
    struct bench_runner *runner = owner;

    (void)session;
    runner->run->counts.wrongs++;
    note(runner->run->counts.first_wrong, what);
}

static void on_unanswered(void *owner, const struct bench_submit *submit)
{
    struct bench_runner *runner = owner;
    struct bench_run_counts *counts = &runner->run->counts;

    runner->in_flight--;
    if (runner->phase >= BENCH_PHASE_UNBINDING) {
        counts->never_answered++;
        return;
    }
    counts->unanswered++;
    if (runner->options->resend) {
        counts->resent++;
        bench_backlog_put(&runner->backlog, submit->unit, submit->intended_ns);
    }
}

static void on_closed(void *owner, struct bench_session *session, const char *reason,
                      bool was_bound)
{
    struct bench_runner *runner = owner;
    struct bench_run_counts *counts = &runner->run->counts;
    struct bench_seat *seat = seat_of(runner, session);
    int64_t now_ns = bench_clock_ns();

    runner->bound -= was_bound;
    if (runner->phase >= BENCH_PHASE_UNBINDING)
        return;
    if (was_bound) {
        counts->connections_lost++;
        note(counts->first_loss, reason);
        runner->lost_ns[bench_session_account(session)] = now_ns;
    } else {
        counts->connects_failed++;
        note(counts->first_failure, reason);
    }
    for (; seat->parts_left > 0; seat->parts_left--, runner->parts_left--)
        bench_backlog_put(&runner->backlog, seat->next.unit++, seat->next.intended_ns);
    seat->is_dead = !runner->options->reconnect;
    *(seat->is_dead ? &runner->dead : &runner->unconnected) += 1;
    seat->connect_ns = now_ns + seat->backoff_ns;
    seat->backoff_ns *= 2;
    if (seat->backoff_ns > BENCH_BACKOFF_LAST_NS)
        seat->backoff_ns = BENCH_BACKOFF_LAST_NS;
}

const struct bench_session_ops bench_tally_ops = {
    .bound = on_bound,
    .answered = on_answered,
    .delivered = on_delivered,
    .acknowledged = on_acknowledged,
    .wronged = on_wronged,
    .unanswered = on_unanswered,
    .closed = on_closed,
};
