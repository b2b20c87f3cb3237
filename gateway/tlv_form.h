/*
 * Values of optional parameters as text and back: how a word of the configuration, a
 * number or a name stands in octets.
 */
#ifndef GATEWAY_TLV_FORM_H
#define GATEWAY_TLV_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/config.h"

/*
 * The octets of `text`: as it stands, with a NUL behind it, as a big-endian number, or as
 * hexadecimal says.  False: it is no such number, or passes `room`.
 */
bool tlv_form_write(enum config_tlv_form form, const char *text, uint8_t *out, size_t room,
                    uint16_t *out_size) __attribute__((warn_unused_result));

/*
 * The text of a value, with a NUL; a number in decimal, whatever its size, and a string
 * without the NUL some put behind it.  False: it holds a NUL, is no number of 1 to 8
 * octets, or passes `room`.
 */
bool tlv_form_read(enum config_tlv_form form, const uint8_t *octets, size_t size, char *out,
                   size_t room) __attribute__((warn_unused_result));

#endif
