/*
 * How often each recipient was written to within a time: at most `max` within any
 * `within_ms`, exactly, as far as the table holds.
 *
 * In memory only: after a restart every recipient begins anew.  Of more than
 * REPEATS_MAX messages within the time the oldest are forgotten, and counted.
 */
#ifndef GATEWAY_REPEATS_H
#define GATEWAY_REPEATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct repeats;

enum { REPEATS_MAX = 1 << 18 };

/* Never NULL. */
struct repeats *repeats_new(uint32_t max, int64_t within_ms);
/* Accepts NULL. */
void repeats_free(struct repeats *repeats);

/* Whether one more to these digits may go now (monotonic). */
bool repeats_fits(struct repeats *repeats, const char *digits, int64_t now_ms);
/* One went. */
void repeats_add(struct repeats *repeats, const char *digits, int64_t now_ms);

uint64_t repeats_forgotten(const struct repeats *repeats);

#endif
