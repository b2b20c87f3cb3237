#include "tests/bench/bench_backlog.h"

#include <assert.h>
#include <stdlib.h>

void bench_backlog_init(struct bench_backlog *backlog, size_t capacity)
{
    *backlog = (struct bench_backlog){.rows = calloc(capacity, sizeof(*backlog->rows)),
                                      .capacity = capacity};
    if (!backlog->rows)
        abort();
}

void bench_backlog_done(struct bench_backlog *backlog)
{
    free(backlog->rows);
}

void bench_backlog_put(struct bench_backlog *backlog, uint32_t unit, int64_t intended_ns)
{
    assert(backlog->count < backlog->capacity);

    size_t last = (backlog->first + backlog->count++) % backlog->capacity;

    backlog->rows[last] = (struct bench_due_submit){unit, intended_ns};
}

bool bench_backlog_take(struct bench_backlog *backlog, struct bench_due_submit *out_submit)
{
    if (backlog->count == 0)
        return false;
    *out_submit = backlog->rows[backlog->first];
    backlog->first = (backlog->first + 1) % backlog->capacity;
    backlog->count--;
    return true;
}
