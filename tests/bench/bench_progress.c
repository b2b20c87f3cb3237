#include "tests/bench/bench_progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "tests/bench/bench_clock.h"

#define BAR_CELLS      24
#define DRAW_EVERY_NS  (BENCH_SECOND_NS / 5)
#define CLEAR_TO_RIGHT "\033[K"

void bench_progress_begin(struct bench_progress *progress, bool is_wanted)
{
    *progress = (struct bench_progress){.is_shown = is_wanted && isatty(STDERR_FILENO)};
}

static void draw_bar(double done)
{
    int full = (int)(done * BAR_CELLS);

    fprintf(stderr, "\r[");
    for (int cell = 0; cell < BAR_CELLS; cell++)
        fputc(cell < full ? '#' : '.', stderr);
    fprintf(stderr, "] %3.0f %%", done * 100);
}

void bench_progress_draw(struct bench_progress *progress,
                         const struct bench_progress_facts *facts, int64_t now_ns)
{
    int64_t passed_ns = now_ns - progress->drawn_ns;

    if (!progress->is_shown || passed_ns < DRAW_EVERY_NS)
        return;
    if (progress->drawn_ns > 0)
        progress->rate_per_s = (double)(facts->accepted - progress->drawn_accepted) *
                               BENCH_SECOND_NS / (double)passed_ns;
    progress->drawn_ns = now_ns;
    progress->drawn_accepted = facts->accepted;

    draw_bar(facts->done);
    fprintf(stderr, "  %.0f/s  accepted %" PRIu64 "  receipts %" PRIu64 "  window %u/%u",
            progress->rate_per_s, facts->accepted, facts->receipts, facts->in_flight,
            facts->window);
    if (facts->done > 0 && facts->done < 1)
        fprintf(stderr, "  %.0f s left",
                (double)facts->elapsed_ns / BENCH_SECOND_NS * (1 / facts->done - 1));
    fputs(CLEAR_TO_RIGHT, stderr);
    fflush(stderr);
}

void bench_progress_end(struct bench_progress *progress)
{
    if (progress->is_shown)
        fputs("\r" CLEAR_TO_RIGHT, stderr);
}
