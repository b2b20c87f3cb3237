/* Reading 'key=value,key=value'.  See options.h. */
#include "tests/peers/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool option_read_number(const char *value, int64_t low, int64_t high, int64_t *out_number)
{
    char *end;
    long long number;

    errno = 0;
    number = strtoll(value, &end, 0);
    if (end == value || *end != 0 || errno != 0 || number < low || number > high)
        return false;
    *out_number = number;
    return true;
}

bool option_read_range(const char *value, int64_t low, int64_t high,
                       struct option_range *out_range)
{
    char first[32];
    size_t length = strcspn(value, "-");
    struct option_range range;

    if (length >= sizeof(first))
        return false;
    memcpy(first, value, length);
    first[length] = 0;
    if (!option_read_number(first, low, high, &range.low_ms))
        return false;
    range.high_ms = range.low_ms;
    if (value[length] == '-' &&
        !option_read_number(value + length + 1, range.low_ms, high, &range.high_ms))
        return false;
    *out_range = range;
    return true;
}

static bool read_yes_no(const char *value, bool *out_yes)
{
    if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
        return false;
    *out_yes = value[0] == 'y';
    return true;
}

/* One key.  `read` has written its own sentence when it refuses. */
static bool read_value(const struct option_row *row, const char *value, void *role,
                       char *error)
{
    char *field = (char *)role + row->offset;

    switch (row->kind) {
    case OPTION_NUMBER:
        if (option_read_number(value, row->low, row->high, (int64_t *)(void *)field))
            return true;
        snprintf(error, OPTION_ERROR_BYTES, "%s=%s: a number from %lld to %lld is wanted",
                 row->name, value, (long long)row->low, (long long)row->high);
        return false;
    case OPTION_RANGE:
        if (option_read_range(value, row->low, row->high,
                              (struct option_range *)(void *)field))
            return true;
        snprintf(error, OPTION_ERROR_BYTES,
                 "%s=%s: milliseconds as N or LOW-HIGH are wanted, at most %lld", row->name,
                 value, (long long)row->high);
        return false;
    case OPTION_TEXT:
        snprintf(field, OPTION_TEXT_BYTES, "%s", value);
        return true;
    case OPTION_YES_NO:
        if (read_yes_no(value, (bool *)(void *)field))
            return true;
        snprintf(error, OPTION_ERROR_BYTES, "%s=%s: yes or no is wanted", row->name, value);
        return false;
    case OPTION_CALL:
        return row->read(role, row->name, value, error);
    }
    abort();
}

static bool read_pair(const struct option_row *rows, size_t count, char *pair, void *role,
                      char *error)
{
    char *value = strchr(pair, '=');

    if (value == NULL) {
        snprintf(error, OPTION_ERROR_BYTES, "'%s' is not key=value", pair);
        return false;
    }
    *value++ = 0;
    if (strlen(value) >= OPTION_TEXT_BYTES) {
        snprintf(error, OPTION_ERROR_BYTES, "%s: longer than %d characters", pair,
                 OPTION_TEXT_BYTES - 1);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (strcmp(rows[i].name, pair) == 0)
            return read_value(&rows[i], value, role, error);
    }
    snprintf(error, OPTION_ERROR_BYTES, "there is no key '%.100s' here", pair);
    return false;
}

bool options_read(const struct option_row *rows, size_t count, const char *description,
                  void *role, char *error)
{
    char *copy = strdup(description);
    char *rest = copy;
    bool good = true;

    if (copy == NULL)
        abort();
    while (good && rest != NULL && *rest != 0) {
        char *pair = strsep(&rest, ",");

        pair += strspn(pair, " \t\n");
        good = *pair == 0 || read_pair(rows, count, pair, role, error);
    }
    free(copy);
    return good;
}

void options_print(const struct option_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        printf("  %-14s %s\n", rows[i].name, rows[i].help);
}
