/*
 * The id of a submission as its account sees it: decimal, and the same everywhere, in
 * submit_sm_resp, in the text and the TLV of its receipt and in the API.
 */
#ifndef GATEWAY_PUBLIC_ID_H
#define GATEWAY_PUBLIC_ID_H

#include <stddef.h>
#include <stdint.h>

enum { PUBLIC_ID_SIZE = 21 }; /* with its NUL */

/* Returns the number of characters. */
size_t public_id_write(uint64_t id, char out[PUBLIC_ID_SIZE]);

#endif
