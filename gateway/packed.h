/*
 * A message with its attempts and its bodies as octets, as small as they come: the row that
 * the database has of it.  Numbers take as many octets as they need, times are told from
 * the acceptance on, ids from the message's own; a digest of it all stands first.
 *
 * A change of the form is a new STORE_SCHEMA_VERSION.
 */
#ifndef GATEWAY_PACKED_H
#define GATEWAY_PACKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/body.h"
#include "routing/message.h"

/* Bodies one behind the other, as packed_write_body() writes them; borrowed. */
struct packed_bodies {
    const uint8_t *octets;
    size_t size;
};

/* The octets that packed_write() takes at most, and how many it took. */
size_t packed_most(const struct message *message, const struct packed_bodies *bodies);
size_t packed_write(const struct message *message, const struct packed_bodies *bodies,
                    uint8_t *out);

/*
 * False: they are not what was written.  The room of the attempts of `message` is used
 * again (zero it before its first use), `out_bodies` lie within `octets`.
 */
bool packed_read(const uint8_t *octets, size_t size, struct message *message,
                 struct packed_bodies *out_bodies) __attribute__((warn_unused_result));

/* Of one body of this message. */
size_t packed_most_of_body(const struct body *body);
size_t packed_write_body(uint64_t message, const struct body *body, uint8_t *out);
/* The same with so many octets of its text, from the first. */
size_t packed_write_head(uint64_t message, const struct body *body, uint32_t text_size,
                         uint8_t *out);

/* Which submission the first of them is; 0: there is none. */
uint64_t packed_first_body(uint64_t message, const struct packed_bodies *bodies);
/* Takes the first of them off: its octets. */
struct packed_bodies packed_take_body(struct packed_bodies *bodies);
/* The first of them, from malloc(); NULL: there is none, or it cannot be. */
struct body *packed_read_body(uint64_t message, const struct packed_bodies *bodies);
/* The same where there is room for a struct body and as many octets as they are.  False:
 * nothing that counts is there. */
bool packed_read_body_into(uint64_t message, const struct packed_bodies *bodies,
                           struct body *out) __attribute__((warn_unused_result));

#endif
