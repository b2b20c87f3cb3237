/*
 * Times as people and programs write them in queries: RFC 3339, or a date alone.
 */
#ifndef GATEWAY_RFC3339_H
#define GATEWAY_RFC3339_H

#include <stdbool.h>
#include <stdint.h>

/*
 * "2026-11-21" (its beginning in UTC), "2026-11-21T22:40:01Z", with a fraction of a second,
 * with an offset.  A blank counts as the plus of the offset: that is what becomes of one
 * that was not encoded.  Milliseconds since 1970; false for anything else.
 */
bool rfc3339_read(const char *text, int64_t *out_ms) __attribute__((warn_unused_result));

#endif
