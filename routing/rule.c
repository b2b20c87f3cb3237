/* Rules in their order: a row of matchers each. */
#include "routing/rule.h"

#include <stdbool.h>
#include <string.h>

#include "routing/number.h"

static bool fits(const struct rule *rule, const struct rule_facts *facts,
                 const char *source)
{
    return (rule->account == RULE_ANY || rule->account == facts->account) &&
           (rule->class == RULE_ANY || rule->class == facts->class) &&
           (*rule->service_type == 0 ||
            strcmp(rule->service_type, facts->service_type) == 0) &&
           (*rule->source == 0 || strcmp(rule->source, source) == 0) &&
           strncmp(rule->prefix, facts->destination, strlen(rule->prefix)) == 0;
}

uint32_t rule_find(const struct rule *rules, size_t count, const struct rule_facts *facts,
                   uint32_t otherwise)
{
    char digits[NUMBER_SIZE];
    const char *source = facts->source;

    if (count > 0 && number_normalise(source, strlen(source), digits))
        source = digits;
    for (size_t i = 0; i < count; i++)
        if (fits(&rules[i], facts, source))
            return rules[i].plan;
    return otherwise;
}
