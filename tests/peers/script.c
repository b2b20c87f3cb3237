/* Rules by number pattern, by count and by chance.  See script.h. */
#include "tests/peers/script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/peers/options.h"

/* Linear in the number for each star: a star is only ever moved forward. */
bool script_matches(const char *pattern, const char *number)
{
    const char *star = NULL;
    const char *resume = NULL;

    while (*number != 0) {
        if (*pattern == '*') {
            star = pattern++;
            resume = number;
        } else if (*pattern == '?' || *pattern == *number) {
            pattern++;
            number++;
        } else if (star != NULL) {
            pattern = star + 1;
            number = ++resume;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == 0;
}

static bool read_share(const char *text, uint64_t *out_hundredths)
{
    char *end;
    double percent = strtod(text, &end);

    if (end == text || (*end != 0 && strcmp(end, "%") != 0) || !(percent >= 0) ||
        percent > 100)
        return false;
    *out_hundredths = (uint64_t)(percent * 100 + 0.5);
    return true;
}

static bool read_condition(struct script_rule *rule, const char *kind)
{
    int64_t number;

    if (strcmp(kind, "rule") == 0) {
        rule->kind = SCRIPT_RULE;
        return rule->pattern[0] != 0;
    }
    if (strcmp(kind, "share") == 0) {
        rule->kind = SCRIPT_SHARE;
        return read_share(rule->pattern, &rule->number);
    }
    rule->kind = SCRIPT_EVERY;
    if (!option_read_number(rule->pattern, 1, INT32_MAX, &number))
        return false;
    rule->number = (uint64_t)number;
    return true;
}

bool script_add(struct script *script, const char *kind, const char *value,
                const char **out_words, char *error)
{
    struct script_rule rule = {0};
    size_t length = strcspn(value, ":");

    if (script->count == SCRIPT_RULES_MAX) {
        snprintf(error, OPTION_ERROR_BYTES, "more than %d rules", SCRIPT_RULES_MAX);
        return false;
    }
    if (value[length] != ':' || length >= sizeof(rule.pattern)) {
        snprintf(error, OPTION_ERROR_BYTES, "%s=%s: CONDITION:WORDS is wanted", kind,
                 value);
        return false;
    }
    memcpy(rule.pattern, value, length);
    if (!read_condition(&rule, kind)) {
        snprintf(error, OPTION_ERROR_BYTES, "%s=%s: '%s' is no condition for %s", kind,
                 value, rule.pattern, kind);
        return false;
    }
    script->rules[script->count++] = rule;
    *out_words = value + length + 1;
    return true;
}

static bool holds(struct script_rule *rule, const char *number, struct random *random)
{
    switch (rule->kind) {
    case SCRIPT_RULE:
        return script_matches(rule->pattern, number);
    case SCRIPT_EVERY:
        return ++rule->calls % rule->number == 0;
    case SCRIPT_SHARE:
        return random_below(random, 10000) < rule->number;
    }
    abort();
}

size_t script_choose(struct script *script, const char *number, struct random *random)
{
    for (size_t i = 0; i < script->count; i++) {
        if (holds(&script->rules[i], number, random))
            return i + 1;
    }
    return 0;
}
