/*
 * libsmpp34 at arm's length: it packs the cold PDUs (binds and their responses, outbind,
 * query, cancel, replace, alert) and is what the codec is measured against.
 *
 * It is only ever given mandatory fields whose values lie in its domain, lengths checked:
 * TLVs, texts and lists are ours, and it never sees octets that no decoder of ours has
 * walked.
 *
 * ONE THREAD: the library keeps state of its own between calls.  All calls of this file
 * in one process come from one thread, in sluiced from the core thread.
 */
#ifndef SMPP_LIBRARY_H
#define SMPP_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "smpp/pdu.h"

/*
 * As smpp_pdu_encode(), with the same octets, for any PDU: a cold one whose values lie in
 * the library's domain is packed by the library, all others by our encoder.
 */
size_t smpp_library_encode_cold(const struct smpp_pdu *pdu, uint8_t *out, size_t room)
    __attribute__((warn_unused_result));

/* ---- for the differential test ---- */

/*
 * True when the library knows all mandatory values of `pdu`: its versions, types of number,
 * numbering plans, statuses and sizes, a sequence_number, and a body if it has one.
 */
bool smpp_library_covers(const struct smpp_pdu *pdu);

/*
 * Packs a covered PDU of any command with the library, text, list and TLVs put in by us.
 * Returns the octets written; 0 when it is not covered, `room` is too small, or the
 * library refused it.
 */
size_t smpp_library_pack(const struct smpp_pdu *pdu, uint8_t *out, size_t room)
    __attribute__((warn_unused_result));

/*
 * True when the library finds in `data` what smpp_pdu_decode() has found there, which
 * `pdu` is, and it is covered.
 */
bool smpp_library_agrees(const uint8_t *data, const struct smpp_pdu *pdu);

#endif
