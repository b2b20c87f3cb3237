#include "smpp/destination.h"

#include "smpp/command.h"
#include "smpp/wire.h"

enum { ADDRESS_MAX_SIZE = 21, STATUS_SIZE = 4 };

static bool is_failure(uint32_t command)
{
    return (command & SMPP_RESPONSE) != 0;
}

uint32_t smpp_destination_read(uint32_t command, const uint8_t *data, size_t size,
                               struct smpp_destination *out, size_t *out_size)
{
    struct smpp_destination destination = {.flag = SMPP_DESTINATION_SME};
    bool failure = is_failure(command);
    size_t at = 0;
    size_t room;

    if (!failure) {
        if (size < 1)
            return ESME_RINVCMDLEN;
        destination.flag = data[at++];
        if (destination.flag != SMPP_DESTINATION_SME &&
            destination.flag != SMPP_DESTINATION_LIST)
            return ESME_RINVDESTFLAG;
    }
    if (destination.flag == SMPP_DESTINATION_SME) {
        if (size - at < 2)
            return ESME_RINVCMDLEN;
        destination.ton = data[at++];
        destination.npi = data[at++];
    }
    room = size - at < ADDRESS_MAX_SIZE ? size - at : ADDRESS_MAX_SIZE;
    destination.address.data = data + at;
    destination.address.size = (uint32_t)smpp_wire_string_size(data + at, room);
    if (destination.address.size == room)
        return destination.flag == SMPP_DESTINATION_LIST ? ESME_RINVDLNAME
                                                         : ESME_RINVDSTADR;
    at += destination.address.size + 1;
    if (failure) {
        if (size - at < STATUS_SIZE)
            return ESME_RINVCMDLEN;
        destination.error_status = smpp_wire_get_32(data + at);
        at += STATUS_SIZE;
    }
    *out = destination;
    *out_size = at;
    return ESME_ROK;
}

size_t smpp_destination_write(uint32_t command, const struct smpp_destination *destination,
                              uint8_t *out, size_t room)
{
    bool failure = is_failure(command);
    bool sme = failure || destination->flag == SMPP_DESTINATION_SME;
    size_t address_size = destination->address.size;
    size_t size = (failure ? STATUS_SIZE : 1) + (sme ? 2 : 0) + address_size + 1;
    uint8_t *at = out;

    if (!sme && destination->flag != SMPP_DESTINATION_LIST)
        return 0;
    if (address_size >= ADDRESS_MAX_SIZE || size > room)
        return 0;

    if (!failure)
        *at++ = destination->flag;
    if (sme) {
        *at++ = destination->ton;
        *at++ = destination->npi;
    }
    if (!smpp_wire_put_string(at, destination->address.data, address_size))
        return 0;
    at += address_size;
    *at++ = 0;
    if (failure)
        smpp_wire_put_32(at, destination->error_status);
    return size;
}
