/* Cyrillic in Latin letters, so that a short message has room for more of them. */
#ifndef GATEWAY_TRANSLITERATE_H
#define GATEWAY_TRANSLITERATE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Writes well-formed UTF-8 with each Cyrillic letter and sign of transliterate.def in
 * Latin, all else as it is, without a NUL.  Щ is Shch, and SHCH among capitals.  False, and
 * nothing said, when it does not fit the room or holds no such letter.
 */
bool transliterate(const char *utf8, size_t size, char *out, size_t room, size_t *out_size)
    __attribute__((warn_unused_result));

#endif
