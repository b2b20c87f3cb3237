#include "tests/bench/bench_report.h"

#include <inttypes.h>

#include "tests/bench/bench_clock.h"
#include "tests/bench/bench_json.h"

static const struct {
    const char *name;
    const char *json_name;
    double share;
} quantiles[] = {
    {"p50",   "p50_us",  0.5  },
    {"p99",   "p99_us",  0.99 },
    {"p99.9", "p999_us", 0.999},
    {"max",   "max_us",  1    },
};

#define QUANTILES (sizeof(quantiles) / sizeof(quantiles[0]))

/* The derived numbers, in one place for both forms. */
struct summary {
    const struct bench_ledger_counts *ledger;
    double accepting_s;
    double completing_s;
    double accepted_per_s;
    double completed_per_s;
};

static double span_s(const struct bench_run *run, int64_t end_ns)
{
    return end_ns > run->started_ns && run->started_ns > 0
               ? (double)(end_ns - run->started_ns) / BENCH_SECOND_NS
               : 0;
}

static double ratio(double count, double whole)
{
    return whole > 0 ? count / whole : 0;
}

static struct summary summarise(const struct bench_run *run)
{
    struct summary summary = {
        .ledger = bench_ledger_counts(run->ledger),
        .accepting_s = span_s(run, run->last_response_ns),
        .completing_s = span_s(run, run->last_receipt_ns),
    };

    summary.accepted_per_s = ratio((double)summary.ledger->accepted, summary.accepting_s);
    summary.completed_per_s =
        ratio((double)summary.ledger->completed, summary.completing_s);
    return summary;
}

/* ---- For people ---- */

static void put_latency(FILE *file, const char *name, const struct bench_histogram *times)
{
    fprintf(file, "%-22s", name);
    for (size_t i = 0; i < QUANTILES; i++)
        fprintf(file, "  %s %.3f ms", quantiles[i].name,
                (double)bench_histogram_quantile(times, quantiles[i].share) / 1e6);
    fputc('\n', file);
}

static void put_process(FILE *file, const char *name, const struct bench_process_use *use,
                        uint64_t accepted)
{
    if (use->is_known)
        fprintf(file,
                "%-22s  %.2f s, %.2f us per submit; memory %.1f MiB, at most %.1f MiB\n",
                name, use->cpu_s, ratio(use->cpu_s * 1e6, (double)accepted),
                (double)use->rss_bytes / 1048576, (double)use->peak_rss_bytes / 1048576);
    else
        fprintf(file, "%-22s  not known, the process came or went during the run\n", name);
}

static void put_metrics(FILE *file, const struct bench_run *run, uint64_t accepted)
{
    for (unsigned i = 0; i < run->metrics_after.count; i++) {
        const struct bench_metric *after = &run->metrics_after.rows[i];
        double growth = bench_metrics_growth(&run->metrics_before, after);

        fprintf(file, "%s  %.10g, %.4f per submit\n", after->name, growth,
                ratio(growth, (double)accepted));
    }
}

void bench_report_text(FILE *file, const struct bench_run *run)
{
    struct summary summary = summarise(run);
    const struct bench_ledger_counts *ledger = summary.ledger;
    const struct bench_run_counts *counts = &run->counts;
    char name[32];

    fprintf(file,
            "submits                 %" PRIu64 " sent, %" PRIu64 " accepted, %" PRIu64
            " refused, %" PRIu64 " retried, %" PRIu64 " unanswered\n",
            counts->submits, ledger->accepted, counts->refused, counts->retried,
            counts->unanswered + counts->never_answered);
    fprintf(file,
            "receipts                %" PRIu64 " due, %" PRIu64 " of them came, %" PRIu64
            " redelivered;",
            ledger->owed, ledger->completed, ledger->redelivered);
    for (unsigned stat = 0; stat < BENCH_STAT_COUNT; stat++) {
        if (ledger->stats[stat] > 0)
            fprintf(file, " %s %" PRIu64, bench_stat_word((enum bench_stat)stat),
                    ledger->stats[stat]);
    }
    fprintf(file, "\naccepted                %.0f/s over %.3f s\n", summary.accepted_per_s,
            summary.accepting_s);
    fprintf(file, "completed               %.0f/s over %.3f s\n", summary.completed_per_s,
            summary.completing_s);
    put_latency(file, "submit to response", &run->response_ns);
    put_latency(file, "submit to receipt", &run->receipt_ns);
    for (unsigned i = 0; i < run->options->pid_count; i++) {
        snprintf(name, sizeof(name), "process %d", (int)run->options->pids[i]);
        put_process(file, name, &run->processes[i], ledger->accepted);
    }
    put_process(file, "sluice-bench itself", &run->own, ledger->accepted);
    put_metrics(file, run, ledger->accepted);
}

static void put_id(FILE *file, const struct bench_run *run, const struct bench_entry *entry)
{
    char id[BENCH_ID_MAX + 1];

    bench_ledger_id(run->ledger, entry, id);
    fprintf(file, "    %s\n", id);
}

void bench_report_faults(FILE *file, const struct bench_run *run,
                         const struct bench_verdict *verdict)
{
    for (unsigned i = 0; i < verdict->count; i++)
        fprintf(file, "sluice-bench: %s\n", verdict->sentences[i]);
    if (verdict->missing > 0)
        fprintf(file, "the first ids whose receipt never came:\n");
    for (unsigned i = 0; i < verdict->missing && i < BENCH_LISTED_MAX; i++)
        put_id(file, run, verdict->missing_entries[i]);
    if (verdict->unknown > run->counts.unanswered) {
        fprintf(file, "the first ids never given:\n");
        for (unsigned i = 0; i < verdict->unknown && i < BENCH_LISTED_MAX; i++)
            put_id(file, run, verdict->unknown_entries[i]);
    }
}

/* ---- As JSON ---- */

static void json_ids(struct bench_json *json, const char *name, const struct bench_run *run,
                     const struct bench_entry *const *entries, uint64_t count)
{
    char id[BENCH_ID_MAX + 1];

    bench_json_open(json, name, '[');
    for (unsigned i = 0; i < count && i < BENCH_LISTED_MAX; i++) {
        bench_ledger_id(run->ledger, entries[i], id);
        bench_json_string(json, NULL, id);
    }
    bench_json_close(json, ']');
}

static void json_submits(struct bench_json *json, const struct bench_run *run)
{
    const struct bench_run_counts *counts = &run->counts;
    char status[16];

    bench_json_open(json, "submits", '{');
    bench_json_count(json, "sent", counts->submits);
    bench_json_count(json, "accepted", bench_ledger_counts(run->ledger)->accepted);
    bench_json_count(json, "refused", counts->refused);
    bench_json_count(json, "retried", counts->retried);
    bench_json_count(json, "unanswered", counts->unanswered);
    bench_json_count(json, "resent", counts->resent);
    bench_json_count(json, "never_answered", counts->never_answered);
    bench_json_open(json, "refused_by_status", '{');
    for (unsigned i = 0; i < counts->status_count; i++) {
        snprintf(status, sizeof(status), "0x%08" PRIX32, counts->statuses[i].status);
        bench_json_count(json, status, counts->statuses[i].count);
    }
    bench_json_close(json, '}');
    bench_json_close(json, '}');
}

static void json_receipts(struct bench_json *json, const struct bench_run *run,
                          const struct bench_verdict *verdict)
{
    const struct bench_ledger_counts *ledger = bench_ledger_counts(run->ledger);
    const struct bench_run_counts *counts = &run->counts;
    const struct {
        const char *name;
        uint64_t count;
    } rows[] = {
        {"due",              ledger->owed        },
        {"completed",        ledger->completed   },
        {"received",         ledger->received    },
        {"missing",          verdict->missing    },
        {"duplicate",        ledger->duplicates  },
        {"redelivered",      ledger->redelivered },
        {"unknown",          verdict->unknown    },
        {"early",            ledger->early       },
        {"crossed",          ledger->crossed     },
        {"unasked",          ledger->unasked     },
        {"misdirected",      ledger->misdirected },
        {"unexpected",       ledger->unexpected  },
        {"ids_differ",       counts->ids_differ  },
        {"stats_differ",     counts->stats_differ},
        {"intermediate",     counts->intermediate},
        {"other_deliver_sm", counts->others      },
    };

    bench_json_open(json, "receipts", '{');
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        bench_json_count(json, rows[i].name, rows[i].count);
    bench_json_open(json, "by_stat", '{');
    for (unsigned stat = 0; stat < BENCH_STAT_COUNT; stat++) {
        if (ledger->stats[stat] > 0)
            bench_json_count(json, bench_stat_word((enum bench_stat)stat),
                             ledger->stats[stat]);
    }
    bench_json_close(json, '}');
    json_ids(json, "missing_ids", run, verdict->missing_entries, verdict->missing);
    json_ids(json, "unknown_ids", run, verdict->unknown_entries, verdict->unknown);
    bench_json_close(json, '}');
}

static void json_latency(struct bench_json *json, const char *name,
                         const struct bench_histogram *times)
{
    bench_json_open(json, name, '{');
    bench_json_count(json, "count", times->total);
    for (size_t i = 0; i < QUANTILES; i++)
        bench_json_real(json, quantiles[i].json_name,
                        (double)bench_histogram_quantile(times, quantiles[i].share) / 1e3);
    bench_json_close(json, '}');
}

static void json_process(struct bench_json *json, const char *name, int64_t pid,
                         const struct bench_process_use *use, uint64_t accepted)
{
    bench_json_open(json, name, '{');
    if (pid > 0)
        bench_json_count(json, "pid", (uint64_t)pid);
    bench_json_bool(json, "known", use->is_known);
    if (!use->is_known) {
        bench_json_close(json, '}');
        return;
    }
    bench_json_real(json, "cpu_s", use->cpu_s);
    bench_json_real(json, "cpu_us_per_submit", ratio(use->cpu_s * 1e6, (double)accepted));
    bench_json_count(json, "rss_bytes", use->rss_bytes);
    bench_json_count(json, "peak_rss_bytes", use->peak_rss_bytes);
    bench_json_close(json, '}');
}

static void json_metrics(struct bench_json *json, const struct bench_run *run,
                         uint64_t accepted)
{
    bench_json_open(json, "metrics", '{');
    for (unsigned i = 0; i < run->metrics_after.count; i++) {
        const struct bench_metric *after = &run->metrics_after.rows[i];
        double growth = bench_metrics_growth(&run->metrics_before, after);

        bench_json_open(json, after->name, '{');
        bench_json_real(json, "growth", growth);
        bench_json_real(json, "per_submit", ratio(growth, (double)accepted));
        bench_json_close(json, '}');
    }
    bench_json_close(json, '}');
}

void bench_report_json(FILE *file, const struct bench_run *run,
                       const struct bench_verdict *verdict)
{
    struct bench_json json = {.file = file};
    struct summary summary = summarise(run);
    uint64_t accepted = summary.ledger->accepted;

    bench_json_open(&json, NULL, '{');
    bench_json_bool(&json, "exact", verdict->count == 0);
    bench_json_open(&json, "violations", '[');
    for (unsigned i = 0; i < verdict->count; i++)
        bench_json_string(&json, NULL, verdict->sentences[i]);
    bench_json_close(&json, ']');
    json_submits(&json, run);
    json_receipts(&json, run, verdict);
    bench_json_open(&json, "connections", '{');
    bench_json_count(&json, "lost", run->counts.connections_lost);
    bench_json_count(&json, "failed", run->counts.connects_failed);
    bench_json_close(&json, '}');
    bench_json_real(&json, "accepting_s", summary.accepting_s);
    bench_json_real(&json, "completing_s", summary.completing_s);
    bench_json_real(&json, "accepted_per_s", summary.accepted_per_s);
    bench_json_real(&json, "completed_per_s", summary.completed_per_s);
    bench_json_open(&json, "latency", '{');
    json_latency(&json, "response", &run->response_ns);
    json_latency(&json, "receipt", &run->receipt_ns);
    bench_json_close(&json, '}');
    bench_json_open(&json, "processes", '[');
    for (unsigned i = 0; i < run->options->pid_count; i++)
        json_process(&json, NULL, run->options->pids[i], &run->processes[i], accepted);
    bench_json_close(&json, ']');
    json_process(&json, "own", 0, &run->own, accepted);
    json_metrics(&json, run, accepted);
    bench_json_close(&json, '}');
}

/* ---- The list of ids ---- */

static double wall_s(const struct bench_run *run, int64_t time_ns)
{
    return run->started_at_s + (double)(time_ns - run->started_ns) / BENCH_SECOND_NS;
}

void bench_report_ids(FILE *file, const struct bench_run *run)
{
    fputs("id\taccount\tdestination\tunit\taccepted_at\treceipt_at\tstat\treceipts\n",
          file);
    for (size_t i = 0; i < bench_ledger_size(run->ledger); i++) {
        const struct bench_entry *entry = bench_ledger_entry(run->ledger, i);
        char id[BENCH_ID_MAX + 1];
        char number[BENCH_NUMBER_MAX + 1];

        if (!entry->accepted)
            continue;
        bench_ledger_id(run->ledger, entry, id);
        bench_script_number(run->script, entry->unit, number);
        fprintf(file, "%s\t%s\t%s\t%" PRIu32 "\t%.6f\t", id,
                run->options->accounts[entry->account].system_id, number, entry->unit,
                wall_s(run, entry->accepted_ns));
        if (entry->receipts > 0)
            fprintf(file, "%.6f\t%s\t", wall_s(run, entry->receipt_ns),
                    bench_stat_word((enum bench_stat)entry->stat));
        else
            fputs("-\t-\t", file);
        fprintf(file, "%u\n", entry->receipts);
    }
}
