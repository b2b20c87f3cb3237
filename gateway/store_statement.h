/* Makes statements; on the reader's thread. */
#ifndef GATEWAY_STORE_STATEMENT_H
#define GATEWAY_STORE_STATEMENT_H

#include "gateway/store_reader.h"
#include "gateway/store_walk.h"

/* `out->lines` is from malloc(), also when false. */
bool store_statement_make(const struct store_view *view, uint32_t account, int64_t from_ms,
                          int64_t to_ms, struct statement *out, char *error,
                          size_t error_size);

#endif
