/*
 * Who is treated how: a list of rules, each a condition and an act.  The first rule
 * whose condition holds wins; no rule, and the number of the act is 0, the default.
 *
 *   rule=PATTERN:WORDS    the destination matches; * is any run, ? any one character
 *   every=N:WORDS         each N-th call
 *   share=PERCENT:WORDS   that part of the calls, drawn at random
 *
 * What the WORDS mean is the role's affair; here an act is a number.
 */
#ifndef TESTS_PEERS_SCRIPT_H
#define TESTS_PEERS_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/peers/random.h"

enum {
    SCRIPT_RULES_MAX = 128,
    SCRIPT_PATTERN_BYTES = 32,
};

enum script_kind {
    SCRIPT_RULE,
    SCRIPT_EVERY,
    SCRIPT_SHARE,
};

struct script_rule {
    enum script_kind kind;
    char pattern[SCRIPT_PATTERN_BYTES];
    uint64_t number; /* N, or hundredths of a percent */
    uint64_t calls;
};

/* The act of rules[i] is i + 1.  All zero is a script without rules. */
struct script {
    struct script_rule rules[SCRIPT_RULES_MAX];
    size_t count;
};

/*
 * Adds the rule `kind`=`value`.  False with a sentence in `error` (OPTION_ERROR_BYTES)
 * when the condition cannot be read; else `out_words` points behind the colon.
 */
bool script_add(struct script *script, const char *kind, const char *value,
                const char **out_words, char *error) __attribute__((warn_unused_result));

/* The number of the act for a call about `number` (a C string). */
size_t script_choose(struct script *script, const char *number, struct random *random);

bool script_matches(const char *pattern, const char *number);

#endif
