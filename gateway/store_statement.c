/*
 * A statement is summed up message by message, in one walk.  The only thing attempts do
 * not say is which part of a late charge was absorbed: the ledger is asked for that first.
 */
#include "gateway/store_statement.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/store_period.h"
#include "gateway/table.h"
#include "routing/ledger.h"

enum { DAY_MS = 24 * 3600 * 1000, ABSORBED_MAX = 16 * 1024 * 1024 };

static const int64_t end_of_time_ms = 253370764800000; /* the year 9999 */

struct summing {
    struct statement *out;
    uint32_t account;
    int64_t from_ms;
    int64_t to_ms;
    struct table *absorbed; /* by attempt */
    bool incomplete;        /* a file of the ledger is missing; `error` names it */
    char *error;
    size_t error_size;
};

static void missing(void *owner, const char *sentence)
{
    struct summing *summing = owner;

    summing->incomplete = true;
    snprintf(summing->error, summing->error_size, "%s", sentence);
}

static void absorbed(void *owner, sqlite3_stmt *row)
{
    struct summing *summing = owner;
    uint64_t attempt = (uint64_t)sqlite3_column_int64(row, 8);
    uint64_t amount = (uint64_t)sqlite3_column_int64(row, 5);
    uint64_t before = 0;

    if (attempt == 0)
        return;
    (void)table_get(summing->absorbed, attempt, &before);
    (void)!table_put(summing->absorbed, attempt, before + amount);
}

static struct statement_line *line_of(struct statement *statement, uint32_t channel)
{
    size_t at = 0;

    while (at < statement->line_count && statement->lines[at].channel < channel)
        at++;
    if (at < statement->line_count && statement->lines[at].channel == channel)
        return &statement->lines[at];
    statement->lines =
        realloc(statement->lines, (statement->line_count + 1) * sizeof(*statement->lines));
    if (statement->lines == NULL)
        abort();
    memmove(&statement->lines[at + 1], &statement->lines[at],
            (statement->line_count - at) * sizeof(*statement->lines));
    statement->line_count++;
    statement->lines[at] = (struct statement_line){.channel = channel};
    return &statement->lines[at];
}

/* True when something of the message left us with it.  What was skipped is no attempt. */
static bool add_attempt(struct statement *out, const struct attempt *attempt,
                        int64_t absorbed_micro)
{
    struct statement_line *line;
    bool sent = attempt->sent_at_ms != 0;

    if (attempt->flags & ATTEMPT_UNSENT)
        return false;
    line = line_of(out, attempt->channel);
    line->attempts++;
    line->sent += sent;
    line->accepted += (attempt->flags & ATTEMPT_WAS_ACCEPTED) != 0;
    line->delivered +=
        attempt->state >= ATTEMPT_DELIVERED && attempt->state <= ATTEMPT_CLICKED;
    line->failed += attempt->state == ATTEMPT_FAILED || attempt->state == ATTEMPT_EXPIRED;
    line->charged_micro += attempt->charged_micro - absorbed_micro;
    line->cost_micro += attempt->cost_micro;
    return sent;
}

static void add_message(void *owner, const struct message *message)
{
    struct summing *summing = owner;
    struct statement *out = summing->out;
    int64_t absorbed_micro = 0;
    bool handed_over = false;

    if (message->accepted_at_ms < summing->from_ms ||
        message->accepted_at_ms >= summing->to_ms ||
        (summing->account != 0 && message->account != summing->account))
        return;
    for (uint16_t i = 0; i < message->attempt_count; i++) {
        const struct attempt *attempt = &message->attempts[i];
        uint64_t of_it = 0;

        (void)table_get(summing->absorbed, attempt->id, &of_it);
        absorbed_micro += (int64_t)of_it;
        handed_over = add_attempt(out, attempt, (int64_t)of_it) || handed_over;
    }
    out->messages++;
    out->parts += message->parts;
    if (message->end < sizeof(out->ends) / sizeof(out->ends[0]))
        out->ends[message->end]++;
    out->absorbed_micro += absorbed_micro;
    out->charged_micro += message->charged_micro - absorbed_micro;
    out->cost_micro += message->cost_micro;
    if (handed_over)
        out->baseline_micro += message->baseline_micro;
}

bool store_statement_make(const struct store_view *view, uint32_t account, int64_t from_ms,
                          int64_t to_ms, struct statement *out, char *error,
                          size_t error_size)
{
    struct summing summing = {.out = out,
                              .account = account,
                              .from_ms = from_ms,
                              .to_ms = to_ms,
                              .absorbed = table_new(ABSORBED_MAX),
                              .error = error,
                              .error_size = error_size};
    struct store_walk_days days;
    bool ok;

    *out = (struct statement){0};
    /* An id may have been made a moment before, or after, its message was accepted. */
    store_day_name(from_ms > DAY_MS ? from_ms - DAY_MS : 0, days.from);
    store_day_name(to_ms < end_of_time_ms ? to_ms + DAY_MS : end_of_time_ms, days.to);
    ok = store_view_hold(view, error, error_size) &&
         store_for_postings(view, POSTING_ABSORB, absorbed, missing, &summing, error,
                            error_size) &&
         !summing.incomplete &&
         store_walk(view, &days, add_message, &summing, error, error_size);
    store_view_let_go(view);
    table_free(summing.absorbed);
    return ok;
}
