/* A receipt as a client has it: whose it is, and whether it may come at all. */
#ifndef TESTS_SIMULATION_RECEIPT_H
#define TESTS_SIMULATION_RECEIPT_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/peers/wire.h"

struct note;
struct world;

/*
 * Reads the body of a deliver_sm and writes the receipt into the book.  `cause` is greater
 * than it was when something has happened since because of which a receipt may come again;
 * `answered`: it is told that it was had.  NULL: it is of no submission in the book, which
 * is a violation unless `may_be_strange`.
 */
struct note *receipt_note(struct world *world, struct wire_view body, uint64_t cause,
                          bool answered, bool may_be_strange);

/* What Appendix B calls a message_state. */
const char *receipt_word(uint8_t state);
/* The body of a deliver_sm is a message, no receipt. */
bool receipt_is_none(struct wire_view body);
/* The body of a deliver_sm is an intermediate notification, not a receipt. */
bool receipt_is_news(struct wire_view body);

/*
 * Reads such a one that came over `session` (any pointer that is its own): of a submission
 * that was answered and asked, in a state on the way, and not behind the receipt.
 */
void receipt_note_news(struct world *world, struct wire_view body, const void *session,
                       bool may_be_strange);

#endif
