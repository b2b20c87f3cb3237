/* The verification of the database; on the reader's thread. */
#ifndef GATEWAY_STORE_VERIFY_H
#define GATEWAY_STORE_VERIFY_H

#include "gateway/store_reader.h"
#include "gateway/store_walk.h"

/* `out` says also when the database cannot be read. */
void store_verify(const struct store_view *view, struct verification *out);

#endif
