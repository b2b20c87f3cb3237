/*
 * The start: from the rows of the store back to what lives.
 */
#ifndef GATEWAY_RECOVERY_H
#define GATEWAY_RECOVERY_H

#include <stdbool.h>
#include <stddef.h>

struct gateway;

/* Loads definitions and balances, with which the catalogue is settled, then messages, which
 * wait from then on if that is all they do, receipts and parked reports. */
bool recovery_load(struct gateway *gateway, char *error, size_t error_size);

/*
 * After the channels are there: permits without a verdict are in doubt; every message for
 * which something is to be done goes on from where it was.
 */
void recovery_resume(struct gateway *gateway);

/* What was loaded goes no further.  Harmless without a load. */
void recovery_free(struct gateway *gateway);

#endif
