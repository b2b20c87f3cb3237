#include "routing/code.h"

enum { NETWORK_SHIFT = 24, NUMBER_MASK = (1 << NETWORK_SHIFT) - 1 };

uint32_t code_make(uint32_t number, uint8_t network)
{
    uint32_t above = network == CODE_NETWORK_GSM ? 0 : network;

    return above << NETWORK_SHIFT | (number & NUMBER_MASK);
}

uint32_t code_number(uint32_t code)
{
    return code & NUMBER_MASK;
}

uint8_t code_network(uint32_t code)
{
    uint8_t network = (uint8_t)(code >> NETWORK_SHIFT);

    return network == 0 ? CODE_NETWORK_GSM : network;
}
