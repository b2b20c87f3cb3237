#include "tests/bench/bench_verdict.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void say(struct bench_verdict *verdict, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void say(struct bench_verdict *verdict, const char *format, ...)
{
    va_list arguments;

    if (verdict->count == BENCH_SENTENCES_MAX)
        return;
    va_start(arguments, format);
    vsnprintf(verdict->sentences[verdict->count++], BENCH_SENTENCE_BYTES, format,
              arguments);
    va_end(arguments);
}

static void find_entries(struct bench_verdict *verdict, const struct bench_ledger *ledger)
{
    for (size_t i = 0; i < bench_ledger_size(ledger); i++) {
        const struct bench_entry *entry = bench_ledger_entry(ledger, i);

        if (bench_entry_is_missing(entry)) {
            if (verdict->missing < BENCH_LISTED_MAX)
                verdict->missing_entries[verdict->missing] = entry;
            verdict->missing++;
        } else if (!entry->accepted) {
            if (verdict->unknown < BENCH_LISTED_MAX)
                verdict->unknown_entries[verdict->unknown] = entry;
            verdict->unknown++;
        }
    }
}

static void judge_connections(struct bench_verdict *verdict, const struct bench_run *run)
{
    const struct bench_run_counts *counts = &run->counts;

    if (counts->connections_lost > 0 && !run->options->reconnect)
        say(verdict, "connections lost: %" PRIu64 " (first: %s)", counts->connections_lost,
            counts->first_loss);
    if (run->started_ns == 0 || (counts->connects_failed > 0 && !run->options->reconnect))
        say(verdict, "not all binds came about: %s",
            *counts->first_failure ? counts->first_failure : "no answer in time");
    if (counts->wrongs > 0)
        say(verdict, "PDUs no correct peer sends: %" PRIu64 " (first: %s)", counts->wrongs,
            counts->first_wrong);
}

static void judge_refusals(struct bench_verdict *verdict, const struct bench_run *run)
{
    const struct bench_run_counts *counts = &run->counts;

    for (unsigned i = 0; i < counts->status_count; i++) {
        if (!bench_options_allow(run->options, counts->statuses[i].status))
            say(verdict, "submits refused with 0x%08" PRIX32 ": %" PRIu64,
                counts->statuses[i].status, counts->statuses[i].count);
    }
    if (counts->other_statuses > 0)
        say(verdict, "submits refused with still other statuses: %" PRIu64,
            counts->other_statuses);
}

static void judge_counts(struct bench_verdict *verdict, const struct bench_run *run)
{
    const struct bench_ledger_counts *ledger = bench_ledger_counts(run->ledger);
    const struct bench_run_counts *counts = &run->counts;
    const struct {
        const char *what;
        uint64_t count;
    } rows[] = {
        {"submits never answered",                                  counts->never_answered},
        {"ids given twice",                                         ledger->repeated_ids  },
        {"responses or receipts without a usable id",               ledger->no_ids        },
        {"receipts that never came",                                verdict->missing      },
        {"receipts that came twice",                                ledger->duplicates    },
        {"receipts that came before their submit_sm_resp",          ledger->early         },
        {"receipts nobody asked for",                               ledger->unasked       },
        {"receipts on another account's bind",                      ledger->misdirected   },
        {"receipts with another word than expected",                ledger->unexpected    },
        {"receipts whose text and parameter name different ids",    counts->ids_differ    },
        {"receipts whose text and parameter name different states", counts->stats_differ  },
        {"ids there was no room for",                               ledger->overflows     },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].count > 0)
            say(verdict, "%s: %" PRIu64, rows[i].what, rows[i].count);
    }

    /* A submit whose answer was lost may well have been taken, under an id we never saw. */
    if (verdict->unknown > counts->unanswered)
        say(verdict,
            "receipts for ids never given: %" PRIu64 ", with %" PRIu64
            " answers lost on the way",
            verdict->unknown, counts->unanswered);
}

static void judge_shares(struct bench_verdict *verdict, const struct bench_run *run)
{
    const struct bench_options *options = run->options;
    const uint64_t *stats = bench_ledger_counts(run->ledger)->stats;
    double total = 0;

    for (unsigned stat = 0; stat < BENCH_STAT_COUNT; stat++)
        total += (double)stats[stat];
    for (unsigned stat = 0; options->expected_share_sum > 0 && stat < BENCH_STAT_COUNT;
         stat++) {
        double expected =
            total * options->expected_shares[stat] / options->expected_share_sum;
        double difference = (double)stats[stat] - expected;

        /* A share of a number that it does not divide is rounded either way. */
        if (difference >= 1 || difference <= -1)
            say(verdict, "receipts with %s: %" PRIu64 ", expected %.10g",
                bench_stat_word((enum bench_stat)stat), stats[stat], expected);
    }
}

void bench_verdict_find(struct bench_verdict *verdict, const struct bench_run *run)
{
    memset(verdict, 0, sizeof(*verdict));
    find_entries(verdict, run->ledger);
    judge_connections(verdict, run);
    judge_refusals(verdict, run);
    judge_counts(verdict, run);
    judge_shares(verdict, run);
    if (run->out_of_room)
        say(verdict, "the run ended early, --capacity %" PRIu32 " was used up",
            run->options->capacity);
    if (run->gave_up && run->started_ns > 0)
        say(verdict, "the run was given up before all was sent and answered");
    if (run->stopped)
        say(verdict, "the run was interrupted");
    if (run->metrics_error)
        say(verdict, "%s", run->metrics_error);
}
