/*
 * An operator's own code of a failure as one number: a command_status, or the error of a
 * network (SMPP 3.4 5.3.2.31) with the type of that network above it.  GSM is the usual
 * one, and what is meant where no type is told: of it the code is the plain number.
 */
#ifndef ROUTING_CODE_H
#define ROUTING_CODE_H

#include <stdint.h>

enum { CODE_NETWORK_GSM = 3 };

/* `network` 0: it is not told.  A number of more than 24 bits loses the highest. */
uint32_t code_make(uint32_t number, uint8_t network);

uint32_t code_number(uint32_t code);
uint8_t code_network(uint32_t code);

#endif
