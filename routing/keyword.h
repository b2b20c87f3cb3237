/*
 * The first word of what a subscriber writes, in a form in which "Stop!", "STOP" and
 * " stop it" are one, and "ARRÊT" is "ARRET": phones, and people, write it in many ways.
 */
#ifndef ROUTING_KEYWORD_H
#define ROUTING_KEYWORD_H

#include <stdbool.h>
#include <stddef.h>

enum { KEYWORD_SIZE = 65 }; /* octets, with the NUL: 32 letters of two octets each */

/*
 * The first word of a UTF-8 text in its common form, with a NUL; "" when it has none.  A
 * word is letters and digits, with - and _ inside; what stands before it, blanks and
 * punctuation, is passed over.  Letters are folded to lower case (Latin, Greek, Cyrillic),
 * Latin ones and the Cyrillic YO to their form without marks.  True when the word was
 * longer than the room, of which the part that fits is there.
 */
bool keyword_read(const char *text, size_t size, char out[KEYWORD_SIZE]);

#endif
