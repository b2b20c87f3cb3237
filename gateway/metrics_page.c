#include "gateway/metrics_page.h"

#include <inttypes.h>
#include <stdio.h>

#include <event2/buffer.h>

#include "gateway/duration_histogram.h"
#include "routing/money.h"

void metrics_begin(struct metrics_page *page, const char *name, const char *type,
                   const char *help)
{
    page->name = name;
    evbuffer_add_printf(page->out, "# HELP sluice_%s %s\n# TYPE sluice_%s %s\n", name, help,
                        name, type);
}

void metrics_number(struct metrics_page *page, const char *labels, int64_t value)
{
    evbuffer_add_printf(page->out, "sluice_%s%s %" PRId64 "\n", page->name, labels, value);
}

void metrics_millionths(struct metrics_page *page, const char *labels, int64_t value)
{
    char text[MONEY_TEXT_SIZE];

    evbuffer_add_printf(page->out, "sluice_%s%s %s\n", page->name, labels,
                        money_format(value, text));
}

const char *metrics_label(char out[METRICS_LABELS_SIZE], const char *name,
                          const char *value)
{
    snprintf(out, METRICS_LABELS_SIZE, "{%s=\"%s\"}", name, value);
    return out;
}

const char *metrics_two_labels(char out[METRICS_LABELS_SIZE], const char *name,
                               const char *value, const char *name2, const char *value2)
{
    snprintf(out, METRICS_LABELS_SIZE, "{%s=\"%s\",%s=\"%s\"}", name, value, name2, value2);
    return out;
}

void metrics_durations(struct metrics_page *page, const struct duration_histogram *times)
{
    char sum[MONEY_TEXT_SIZE], bound[MONEY_TEXT_SIZE];
    uint64_t count = 0;

    for (size_t i = 0; i < DURATION_HISTOGRAM_BUCKETS; i++) {
        int64_t bound_us = duration_histogram_bound_us(i);

        count += times->counts[i];
        evbuffer_add_printf(page->out, "sluice_%s_bucket{le=\"%s\"} %" PRIu64 "\n",
                            page->name,
                            bound_us > 0 ? money_format(bound_us, bound) : "+Inf", count);
    }
    evbuffer_add_printf(page->out, "sluice_%s_sum %s\nsluice_%s_count %" PRIu64 "\n",
                        page->name, money_format((int64_t)times->sum_us, sum), page->name,
                        count);
}
