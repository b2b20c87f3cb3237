/* One pass over the rows, keeping the best that fits. */
#include "routing/sender.h"

#include <string.h>
#include <strings.h>

#include "routing/number.h"

static bool is_every_name(const struct sender_row *row)
{
    return strcmp(row->name, "*") == 0;
}

static bool fits(const struct sender_row *row, const char *name, uint32_t class,
                 const char *destination)
{
    return (is_every_name(row) || strcasecmp(row->name, name) == 0) &&
           (row->class == SENDER_ANY_CLASS || row->class == class) &&
           strncmp(row->prefix, destination, strlen(row->prefix)) == 0;
}

/* What is more precise is more: the name, then digits, then the class. */
static size_t precision(const struct sender_row *row)
{
    enum { NAMED = 1 << 16, DIGIT = 2, CLASSED = 1 };

    return (is_every_name(row) ? 0 : NAMED) + strlen(row->prefix) * DIGIT +
           (row->class == SENDER_ANY_CLASS ? 0 : CLASSED);
}

enum sender_answer sender_find(const struct sender_row *rows, size_t count,
                               const char *name, uint32_t class, const char *destination,
                               const char **out_becomes)
{
    const struct sender_row *best = NULL;
    char digits[NUMBER_SIZE];

    if (count > 0 && number_normalise(name, strlen(name), digits))
        name = digits;
    for (size_t i = 0; i < count; i++)
        if (fits(&rows[i], name, class, destination) &&
            (best == NULL || precision(&rows[i]) > precision(best)))
            best = &rows[i];
    if (best == NULL)
        return SENDER_STAYS;
    if (best->refused)
        return SENDER_REFUSED;
    if (*best->becomes == 0)
        return SENDER_STAYS;
    *out_becomes = best->becomes;
    return SENDER_REPLACED;
}
