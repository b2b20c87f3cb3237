#include "smpp/frame.h"

#include "smpp/pdu.h"
#include "smpp/wire.h"

enum { LENGTH_SIZE = 4 };

enum smpp_frame smpp_frame_cut(const uint8_t *data, size_t available, size_t max_size,
                               size_t *out_size)
{
    uint32_t length;

    if (available < LENGTH_SIZE) {
        *out_size = LENGTH_SIZE;
        return SMPP_FRAME_MORE;
    }
    length = smpp_wire_get_32(data);
    if (length < SMPP_HEADER_SIZE || length > max_size)
        return SMPP_FRAME_BROKEN;
    *out_size = length;
    return available < length ? SMPP_FRAME_MORE : SMPP_FRAME_PDU;
}
