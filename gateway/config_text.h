/*
 * A configuration's text as libConfuse is to see it.
 *
 * Comments become blanks, since it counts their lines wrongly.  What would leave its
 * scanner in the middle of a string is refused; so is a sign it would pass over, a brace
 * that is never closed, and a variable of the environment that is not set, which would
 * silently become nothing.  After each brace that opens a section stands the line of that
 * brace, as the value of the key CONFIG_TEXT_MARK: so the first thing told of a section is
 * where it begins.
 */
#ifndef GATEWAY_CONFIG_TEXT_H
#define GATEWAY_CONFIG_TEXT_H

#include <stdbool.h>
#include <stdio.h>

struct config_errors;

#define CONFIG_TEXT_MARK "@"

/* Writes the text to `out`.  False after a sentence: what was written is of no use. */
bool config_text_clean(const char *text, const char *file, FILE *out,
                       struct config_errors *errors) __attribute__((warn_unused_result));

#endif
