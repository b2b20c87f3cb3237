/*
 * The lines of a page in the Prometheus text format: each metric is begun, then its samples
 * follow.  Every name gets sluice_ before it.
 */
#ifndef GATEWAY_METRICS_PAGE_H
#define GATEWAY_METRICS_PAGE_H

#include <stdint.h>

struct duration_histogram;
struct evbuffer;

struct metrics_page {
    struct evbuffer *out;
    const char *name; /* of the metric that is being written */
};

/* Its HELP and TYPE; `name` is borrowed until the next one begins. */
void metrics_begin(struct metrics_page *page, const char *name, const char *type,
                   const char *help);

/* `labels` as they stand in braces, with them; "" for none. */
void metrics_number(struct metrics_page *page, const char *labels, int64_t value);

/* Six decimals: microseconds as seconds, micro-units as money. */
void metrics_millionths(struct metrics_page *page, const char *labels, int64_t value);

/* The buckets in seconds, their sum and count. */
void metrics_durations(struct metrics_page *page, const struct duration_histogram *times);

enum { METRICS_LABELS_SIZE = 160 };

/* Into `out`, which is returned.  Values are names of the configuration, or our own words:
 * nothing is escaped. */
const char *metrics_label(char out[METRICS_LABELS_SIZE], const char *name,
                          const char *value);
const char *metrics_two_labels(char out[METRICS_LABELS_SIZE], const char *name,
                               const char *value, const char *name2, const char *value2);

#endif
