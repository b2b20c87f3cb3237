#include "gateway/cli/demo_progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { BAR_CELLS = 28, LINE_EVERY_MS = 1000 };

static void print_cells(const char *cell, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        fputs(cell, stdout);
}

/* All that were asked, and of these, from the left, all that were reached. */
static void draw_bar(const struct demo_progress *progress, const struct demo_line *line)
{
    const struct demo_look *look = progress->look;
    int64_t asked = line->attempts * BAR_CELLS / progress->contacts;
    int64_t reached = line->delivered * BAR_CELLS / progress->contacts;

    if (asked > BAR_CELLS)
        asked = BAR_CELLS;
    fputs(look->good, stdout);
    print_cells(look->full, reached);
    fputs(look->plain, stdout);
    fputs(look->faint, stdout);
    print_cells(look->half, asked - reached);
    print_cells(look->none, BAR_CELLS - asked);
    fputs(look->plain, stdout);
}

static void draw(struct demo_progress *progress, const struct demo_moment *moment)
{
    const struct demo_look *look = progress->look;
    char charged[MONEY_TEXT_SIZE];
    char saved[MONEY_TEXT_SIZE];

    if (progress->lines_drawn > 0)
        printf("\033[%dA\r", progress->lines_drawn);
    for (int i = 0; i < DEMO_CHANNELS; i++) {
        const struct demo_line *line = &moment->lines[i];

        printf("  %-18s  ", line->label);
        draw_bar(progress, line);
        printf("  %3" PRId64 " asked  %3" PRId64 " reached\033[K\n", line->attempts,
               line->delivered);
    }
    printf("\033[K\n  %4.1f s   sent %s%" PRId64 "%s of %u   receipts %s%" PRId64
           "%s   charged %s   %ssaved %s %s%s\033[K\n",
           (double)moment->elapsed_ms / 1000, look->strong, moment->statement.messages,
           look->plain, progress->contacts, look->strong, moment->receipts, look->plain,
           demo_look_money(moment->statement.charged_micro, charged), look->good,
           demo_look_money(moment->statement.saved_micro, saved),
           moment->statement.currency, look->plain);
    progress->lines_drawn = DEMO_CHANNELS + 2;
}

/* A column is as wide as its head. */
static void print_head(const struct demo_moment *moment)
{
    printf("    time  sent  receipts  reached:");
    for (int i = 0; i < DEMO_CHANNELS; i++)
        printf("  %s", moment->lines[i].label);
    printf("\n");
}

static void print_line(struct demo_progress *progress, const struct demo_moment *moment)
{
    if (progress->last_line_ms == 0)
        print_head(moment);
    printf("  %4.1f s  %4" PRId64 "  %8" PRId64 "          ",
           (double)moment->elapsed_ms / 1000, moment->statement.messages, moment->receipts);
    for (int i = 0; i < DEMO_CHANNELS; i++)
        printf("  %*" PRId64, (int)strlen(moment->lines[i].label),
               moment->lines[i].delivered);
    printf("\n");
    progress->last_line_ms = moment->elapsed_ms;
}

void demo_progress_show(struct demo_progress *progress, const struct demo_moment *moment,
                        bool last)
{
    if (progress->look->redraws)
        draw(progress, moment);
    else if (last || moment->elapsed_ms - progress->last_line_ms >= LINE_EVERY_MS)
        print_line(progress, moment);
    fflush(stdout);
}
