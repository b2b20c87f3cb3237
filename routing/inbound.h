/*
 * Whose a message of a subscriber is: by the number it was written to, the link it came
 * over and its first word.
 */
#ifndef ROUTING_INBOUND_H
#define ROUTING_INBOUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { INBOUND_ANY = 0 };

/* A row of matchers, borrowed for the life of the rule. */
struct inbound_rule {
    const char *to;      /* digits; "" fits all */
    bool to_is_prefix;   /* how the number begins */
    uint32_t channel;    /* or INBOUND_ANY */
    const char *keyword; /* in its common form (keyword.h); "" fits all */
    /* First words that end and begin what may be sent to the writer, in that form. */
    const char *const *stop_words;
    size_t stop_word_count;
    const char *const *start_words;
    size_t start_word_count;
};

struct inbound_facts {
    const char *to;
    uint32_t channel;
    const char *keyword; /* "" when it has none, or its first part is missing */
};

enum inbound_wish { INBOUND_NO_WISH, INBOUND_STOP, INBOUND_START };

/* The number and the link fit, whatever the text. */
bool inbound_reaches(const struct inbound_rule *rule, const struct inbound_facts *facts);

/* What the first word asks of this rule, whose number and link fit. */
enum inbound_wish inbound_wish(const struct inbound_rule *rule,
                               const struct inbound_facts *facts);

/*
 * The first rule that fits; else, since a STOP must never be nobody's, the first that is
 * reached and knows the word as a wish; -1 for none.
 */
int inbound_find(const struct inbound_rule *rules, size_t count,
                 const struct inbound_facts *facts);

#endif
