/*
 * Inside of a profile: its templates, which profile_load.c makes and profile.c renders, and
 * its paths, which profile.c and profile_report.c follow.
 */
#ifndef GATEWAY_PROFILE_PIECES_H
#define GATEWAY_PROFILE_PIECES_H

#include <stdbool.h>
#include <stddef.h>

#include "routing/message.h"

struct json_value;

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

/* The value at `path` as text; false when there is none, or none that an id could be. */
bool profile_text_at(const struct json_value *value, const char *path, char *out,
                     size_t room);

/*
 * An id; of one that is longer than an attempt keeps the beginning, and in the place of the
 * rest digits that tell it from others.
 */
bool profile_id_at(const struct json_value *value, const char *path,
                   char out[ATTEMPT_PROVIDER_ID_SIZE]);

#endif
