/*
 * A PDU read into its fields and written anew from them, which is what a relay does and
 * the least that anything between two SMPP peers can do: once with libsmpp34, once with
 * the codec of the peers.
 */
#ifndef TESTS_BENCH_RECODE_H
#define TESTS_BENCH_RECODE_H

#include "tests/peers/wire.h"

/*
 * Writes at most `room` octets to `out`.  Returns how many; 0 when the PDU is not one
 * that the codec carries, or does not fit.  What is at `pdu` is spoilt.
 */
typedef size_t recode_pdu(uint8_t *pdu, const struct wire_header *header, uint8_t *out,
                          size_t room);

/*
 * The library is given the header and the mandatory fields; optional parameters are put
 * behind what it encoded, as they came.
 */
recode_pdu recode_with_library;

recode_pdu recode_with_wire;

#endif
