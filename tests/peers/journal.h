/*
 * What truly happened, a line an event:
 *
 *   submit at=1795301429.123456 role=smsc bind=3 sequence=17 source=Shop ...
 *
 * A value is one word: an octet other than letters, digits and + - . _ : / is written
 * as %XX, an empty value as nothing.  Lines gather in memory and go out whole, at the
 * latest at the end of the turn of the loop in which they were written.
 */
#ifndef TESTS_PEERS_JOURNAL_H
#define TESTS_PEERS_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct journal;

/* NULL when the file cannot be opened; errno says why.  Release with journal_close(). */
struct journal *journal_open(const char *path);

/* Writes what is left.  Accepts NULL. */
void journal_close(struct journal *journal);

/*
 * A line: begin, fields, end.  All take NULL for the journal and do nothing then.  A
 * line that would pass its limit of 200,000 octets loses its last fields.
 */
void journal_begin(struct journal *journal, const char *event, const char *role);
void journal_number(struct journal *journal, const char *name, int64_t number);
void journal_text(struct journal *journal, const char *name, const char *text);
void journal_octets(struct journal *journal, const char *name, const void *octets,
                    size_t size); /* as text, with %XX */
void journal_hex(struct journal *journal, const char *name, const void *octets,
                 size_t size);
void journal_end(struct journal *journal);

/* Writes all lines out.  A write that fails ends the program: a checker reads this. */
void journal_flush(struct journal *journal);

#endif
