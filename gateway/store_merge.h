/*
 * What a window of the journal comes to: of a message, an attempt or a receipt that changed
 * several times within it only the outcome is written to the tables.
 */
#ifndef GATEWAY_STORE_MERGE_H
#define GATEWAY_STORE_MERGE_H

#include "gateway/store_batch.h"

/*
 * Changes records in place, so that applying them in their order gives the same rows and
 * the same postings as applying each of what was there, with fewer statements.
 */
void store_merge(struct store_window *window);

#endif
