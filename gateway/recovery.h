/*
 * The start: from the rows of the store back to what lives.
 */
#ifndef GATEWAY_RECOVERY_H
#define GATEWAY_RECOVERY_H

#include <stdbool.h>
#include <stddef.h>

struct gateway;

/* Loads definitions, balances, messages, receipts and parked reports. */
bool recovery_load(struct gateway *gateway, char *error, size_t error_size);

/*
 * After the catalogue is settled and the channels are there: permits without a verdict
 * are in doubt; every message goes on from where it was.
 */
void recovery_resume(struct gateway *gateway);

#endif
