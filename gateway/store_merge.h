/*
 * What a window of the journal comes to: a receipt or a parked report that came and went
 * within it never was there.
 */
#ifndef GATEWAY_STORE_MERGE_H
#define GATEWAY_STORE_MERGE_H

#include "gateway/store_batch.h"

/*
 * Changes records in place, so that applying them in their order gives the same rows as
 * applying each of what was there, with fewer statements.
 */
void store_merge(struct store_window *window);

#endif
