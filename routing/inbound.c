/* Rules for what subscribers write, in their order. */
#include "routing/inbound.h"

#include <string.h>

bool inbound_reaches(const struct inbound_rule *rule, const struct inbound_facts *facts)
{
    if (rule->channel != INBOUND_ANY && rule->channel != facts->channel)
        return false;
    if (*rule->to == 0)
        return true;
    return rule->to_is_prefix ? strncmp(facts->to, rule->to, strlen(rule->to)) == 0
                              : strcmp(facts->to, rule->to) == 0;
}

static bool is_among(const char *word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(words[i], word) == 0)
            return true;
    return false;
}

enum inbound_wish inbound_wish(const struct inbound_rule *rule,
                               const struct inbound_facts *facts)
{
    if (*facts->keyword == 0)
        return INBOUND_NO_WISH;
    if (is_among(facts->keyword, rule->stop_words, rule->stop_word_count))
        return INBOUND_STOP;
    if (is_among(facts->keyword, rule->start_words, rule->start_word_count))
        return INBOUND_START;
    return INBOUND_NO_WISH;
}

int inbound_find(const struct inbound_rule *rules, size_t count,
                 const struct inbound_facts *facts)
{
    for (size_t i = 0; i < count; i++)
        if (inbound_reaches(&rules[i], facts) &&
            (*rules[i].keyword == 0 || strcmp(rules[i].keyword, facts->keyword) == 0))
            return (int)i;
    for (size_t i = 0; i < count; i++)
        if (inbound_reaches(&rules[i], facts) &&
            inbound_wish(&rules[i], facts) != INBOUND_NO_WISH)
            return (int)i;
    return -1;
}
