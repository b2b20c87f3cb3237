/*
 * Who has asked for /metrics and waits for the page.  In a turn of the loop it is written
 * once, for a few of them: however many ask, and however often, what a turn costs the
 * others is bounded.
 *
 * A page is never older than the question.  As many wait as the server lets be in flight.
 */
#ifndef GATEWAY_SCRAPES_H
#define GATEWAY_SCRAPES_H

#include <stdbool.h>
#include <stdint.h>

struct gateway;
struct scrapes;

/* Aborts without memory. */
struct scrapes *scrapes_new(struct gateway *gateway);
/* Accepts NULL.  Who still waits is forgotten. */
void scrapes_free(struct scrapes *scrapes);

/* The request is answered in one of the next turns; `with_accounts` as metrics_write(). */
void scrapes_add(struct scrapes *scrapes, uint64_t request, bool with_accounts);

#endif
