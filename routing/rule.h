/* Which plan a message takes: rows of matchers, the first that fits. */
#ifndef ROUTING_RULE_H
#define ROUTING_RULE_H

#include <stddef.h>
#include <stdint.h>

enum { RULE_ANY = UINT32_MAX };

struct rule {
    uint32_t account; /* RULE_ANY: all; also for class */
    uint32_t class;
    const char *service_type; /* "" fits all, also below */
    const char *source; /* a number as digits */
    const char *prefix; /* of the destination's digits */
    uint32_t plan;
};

struct rule_facts {
    uint32_t account;
    uint32_t class;
    const char *service_type;
    const char *source;
    const char *destination;
};

/* The plan of the first rule that fits, `otherwise` if none does.  A number as the source is
 * compared as digits, however it is written. */
uint32_t rule_find(const struct rule *rules, size_t count, const struct rule_facts *facts,
                   uint32_t otherwise);

#endif
