#include "gateway/allowance.h"

void allowance_init(struct allowance *allowance, uint32_t per_s, uint32_t burst)
{
    *allowance = (struct allowance){per_s, burst, (int64_t)burst * 1000, INT64_MIN};
}

void allowance_change(struct allowance *allowance, uint32_t per_s, uint32_t burst)
{
    int64_t capacity = (int64_t)burst * 1000;

    allowance->per_s = per_s;
    allowance->burst = burst;
    if (allowance->filled_at_ms == INT64_MIN || allowance->milliparts > capacity)
        allowance->milliparts = capacity;
}

/* What it holds at `now_ms`, in thousandths of a part: per_s of them per millisecond. */
static int64_t level(const struct allowance *allowance, int64_t now_ms)
{
    int64_t capacity = (int64_t)allowance->burst * 1000;
    int64_t missing = capacity - allowance->milliparts;
    int64_t elapsed_ms;

    if (allowance->filled_at_ms == INT64_MIN || now_ms <= allowance->filled_at_ms)
        return allowance->milliparts;
    elapsed_ms = now_ms - allowance->filled_at_ms;
    return elapsed_ms > missing / allowance->per_s
               ? capacity
               : allowance->milliparts + elapsed_ms * allowance->per_s;
}

/* What must be there for them: a full one lends the rest. */
static int64_t need(const struct allowance *allowance, uint32_t parts)
{
    uint32_t burst = allowance->burst;

    return (int64_t)(parts < burst ? parts : burst) * 1000;
}

bool allowance_take(struct allowance *allowance, uint32_t parts, int64_t patience_ms,
                    int64_t now_ms)
{
    int64_t here;

    if (allowance->per_s == 0)
        return true;
    here = level(allowance, now_ms);
    if (here + patience_ms * allowance->per_s < need(allowance, parts))
        return false;
    allowance->milliparts = here - (int64_t)parts * 1000;
    allowance->filled_at_ms = now_ms;
    return true;
}

void allowance_give(struct allowance *allowance, uint32_t parts)
{
    int64_t capacity = (int64_t)allowance->burst * 1000;

    if (allowance->per_s == 0)
        return;
    allowance->milliparts += (int64_t)parts * 1000;
    if (allowance->milliparts > capacity)
        allowance->milliparts = capacity;
}

int64_t allowance_due_ms(const struct allowance *allowance, uint32_t parts, int64_t now_ms)
{
    int64_t per_s = allowance->per_s;
    int64_t missing;

    if (per_s == 0)
        return 0;
    missing = need(allowance, parts) - level(allowance, now_ms);
    return missing > 0 ? (missing + per_s - 1) / per_s : 0;
}
