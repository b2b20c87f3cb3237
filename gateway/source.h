/* A sender as people write it, in the form SMPP has for it. */
#ifndef GATEWAY_SOURCE_H
#define GATEWAY_SOURCE_H

#include <stdint.h>

#include "gateway/body.h"

struct source {
    uint8_t ton;
    uint8_t npi;
    char address[BODY_ADDRESS_SIZE];
};

/* Letters make it alphanumeric (SMPP 3.4 5.2.5), few digits a short code, others are
 * international.  `text` is shorter than BODY_ADDRESS_SIZE. */
void source_read(const char *text, struct source *out);

#endif
