/*
 * Frames put aside, first in, first out: what a peer that is held has asked meanwhile.
 * Who puts them there sees to their bound.
 */
#ifndef SMPP_ASIDE_H
#define SMPP_ASIDE_H

#include <stddef.h>
#include <stdint.h>

/* Zero it before its first use. */
struct smpp_aside {
    uint8_t *octets;
    size_t start; /* of the first frame */
    size_t end;
    size_t room;
    size_t count;
};

void smpp_aside_put(struct smpp_aside *aside, const uint8_t *frame, size_t size);

/* The first frame, which lies there until the next call; there is one. */
const uint8_t *smpp_aside_take(struct smpp_aside *aside, size_t *out_size);

/* Octets in it. */
size_t smpp_aside_size(const struct smpp_aside *aside);

/* Frees all of it. */
void smpp_aside_clear(struct smpp_aside *aside);

#endif
