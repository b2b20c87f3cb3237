/*
 * Inside of a profile's templates, shared by profile_load.c, which makes them, and
 * profile.c, which renders them.
 */
#ifndef GATEWAY_PROFILE_PIECES_H
#define GATEWAY_PROFILE_PIECES_H

#include <stddef.h>

enum profile_place {
    PROFILE_LITERAL,
    PROFILE_TO,
    PROFILE_TO_PLUS,
    PROFILE_FROM,
    PROFILE_TEXT,
    PROFILE_REF,
    PROFILE_TTL,
    PROFILE_TOKEN,
    PROFILE_PLACES,
};

struct profile_piece {
    enum profile_place place;
    const char *literal; /* of PROFILE_LITERAL only */
    size_t size;
};

#endif
