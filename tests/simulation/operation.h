/*
 * What a client asks about a submission of its own, sooner or later: query_sm, cancel_sm
 * and replace_sm (SMPP 3.4 4.8 to 4.10).
 */
#ifndef TESTS_SIMULATION_OPERATION_H
#define TESTS_SIMULATION_OPERATION_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/peers/wire.h"

struct note;
struct world;

struct operation {
    struct note *note; /* NULL: nothing is asked */
    uint32_t command;
    uint32_t sequence;
    bool had_receipt; /* when it was asked */
};

/* One of the last submissions of the account that were accepted; NULL: none was found. */
struct note *operation_choose(struct world *world, const char *account);

/* Asks something of `note`, and writes it into the book. */
void operation_write(struct world *world, struct operation *operation, struct note *note,
                     uint32_t sequence, struct wire_buffer *out);
/* The answer has come; nothing is asked any more. */
void operation_answered(struct world *world, struct operation *operation,
                        const struct wire_header *header, struct wire_view body);

#endif
