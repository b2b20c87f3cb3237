/*
 * A number that says whether octets are those that were written.  A change within one
 * group of eight always gives another number, others all but always.  It finds what a disk
 * or a slip has done; it is no seal against somebody who works the number out again.
 */
#ifndef GATEWAY_DIGEST_H
#define GATEWAY_DIGEST_H

#include <stddef.h>
#include <stdint.h>

/*
 * `digest` carried on over these octets.  Zeros at their end may count for nothing, so that
 * the caller puts the size into the first `digest` where it may differ; the same octets in
 * other pieces give another number.
 */
uint64_t digest_add(uint64_t digest, const void *octets, size_t size);

#endif
