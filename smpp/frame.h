/*
 * Where one PDU ends and the next begins in a stream of octets (SMPP 3.4 3.2.2):
 * command_length counts itself, the header and the body.
 *
 * Nothing is copied and nothing is remembered: the caller keeps its buffer, asks
 * again when more has come, and drops `out_size` octets after it has used a PDU.
 */
#ifndef SMPP_FRAME_H
#define SMPP_FRAME_H

#include <stddef.h>
#include <stdint.h>

enum smpp_frame {
    SMPP_FRAME_PDU = 0, /* one whole PDU is at the start */
    SMPP_FRAME_MORE,    /* not yet; wait for more octets */
    SMPP_FRAME_BROKEN, /* no PDU can begin like this: generic_nack ESME_RINVCMDLEN, close */
};

/*
 * Looks at the first `available` octets of the stream.  `max_size` is what this peer
 * may send: SMPP_BIND_MAX_SIZE before its bind, SMPP_PDU_MAX_SIZE after it.
 *
 * Decides as soon as the four octets of command_length are there: a length below 16
 * or above `max_size` is BROKEN at once, whatever follows.  `out_size` is the size of
 * the PDU for PDU; for MORE how many octets are needed to go on (4, or the whole PDU);
 * untouched for BROKEN.  `data` may be NULL when `available` is 0.
 */
enum smpp_frame smpp_frame_cut(const uint8_t *data, size_t available, size_t max_size,
                               size_t *out_size) __attribute__((warn_unused_result));

#endif
