/*
 * One entry of the lists in submit_multi (4.5.1.1: SME addresses and distribution lists)
 * and submit_multi_resp (4.5.2.1: the addresses that failed, each with a status).
 */
#ifndef SMPP_DESTINATION_H
#define SMPP_DESTINATION_H

#include <stddef.h>
#include <stdint.h>

#include "smpp/pdu.h"

enum {
    SMPP_DESTINATION_SME = 1,
    SMPP_DESTINATION_LIST = 2,
    SMPP_DESTINATION_MAX_SIZE = 27, /* of one entry, octets */
};

/*
 * Reads one entry from the start of `data`; `command` says of which list.  Returns 0 and
 * the octets it took, or the status that answers what is wrong.
 */
uint32_t smpp_destination_read(uint32_t command, const uint8_t *data, size_t size,
                               struct smpp_destination *out, size_t *out_size)
    __attribute__((warn_unused_result));

/*
 * Writes one entry, to be appended to the octets of pdu->destinations.  Returns the
 * octets written, 0 when `room` is too small or the address passes its limit.
 */
size_t smpp_destination_write(uint32_t command, const struct smpp_destination *destination,
                              uint8_t *out, size_t room)
    __attribute__((warn_unused_result));

#endif
