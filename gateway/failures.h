/*
 * How often somebody failed, and how long he has to wait for it: a bounded table of keys
 * that forgets the least recently used.  A key is 64 bits somebody else made up.
 */
#ifndef GATEWAY_FAILURES_H
#define GATEWAY_FAILURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct failures;

/* Owned by the caller.  Never NULL. */
struct failures *failures_new(size_t capacity);
void failures_free(struct failures *failures);

/* True while the key has to wait. */
bool failures_waits(struct failures *failures, uint64_t key, int64_t now_ms);

/*
 * One more failure of the key.  The first `free_count` of them cost nothing; each one after
 * doubles the wait, from a second to a minute.  A minute without one forgets them all.
 */
void failures_add(struct failures *failures, uint64_t key, unsigned free_count,
                  int64_t now_ms);

void failures_forget(struct failures *failures, uint64_t key);

size_t failures_count(const struct failures *failures);

#endif
