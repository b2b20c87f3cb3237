/*
 * Functions for SQL that looks into, or changes, what is written of a message:
 *
 *     field(content, name)              of the message: state, held, charged, cost, ...
 *     field(content, name, ordinal)     of an attempt
 *     with_field(content, name, value [, ordinal])
 *     destination(content, submission)
 *
 * `attempts` is their count: with fewer, the last ones are gone.
 */
#ifndef TESTS_GATEWAY_STORE_CONTENT_H
#define TESTS_GATEWAY_STORE_CONTENT_H

struct sqlite3;

void store_content_functions(struct sqlite3 *database);

#endif
