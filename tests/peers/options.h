/*
 * A role is described in one string, 'port=2785,password=sluice,rule=*0001:undelivered'.
 * Each role says in rows which keys it knows; from the rows come the reading, the
 * bounds, the error sentences and the lines of --help.
 */
#ifndef TESTS_PEERS_OPTIONS_H
#define TESTS_PEERS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    OPTION_TEXT_BYTES = 256,  /* the size of every text field, NUL included */
    OPTION_ERROR_BYTES = 400, /* enough for every sentence written here */
};

/* Milliseconds, one drawn for each use; both ends included. */
struct option_range {
    int64_t low_ms;
    int64_t high_ms;
};

enum option_kind {
    OPTION_NUMBER, /* int64_t, within low .. high */
    OPTION_RANGE,  /* struct option_range: MS or MS-MS, within low .. high */
    OPTION_TEXT,   /* char[OPTION_TEXT_BYTES] */
    OPTION_YES_NO, /* bool */
    OPTION_CALL,   /* read() does it; may be given more than once */
};

struct option_row {
    const char *name;
    enum option_kind kind;
    size_t offset; /* of the field in the role's struct */
    int64_t low;
    int64_t high;
    bool (*read)(void *role, const char *name, const char *value, char *error);
    const char *help;
};

/*
 * Reads all of `description` into `role`; space in front of a key does not count.  False
 * when something in it is wrong: then `error` (OPTION_ERROR_BYTES) holds a sentence and
 * `role` is half-filled.
 */
bool options_read(const struct option_row *rows, size_t count, const char *description,
                  void *role, char *error) __attribute__((warn_unused_result));

/* Two columns on stdout, one line a row. */
void options_print(const struct option_row *rows, size_t count);

/* Pieces that the roles read themselves.  False leaves the output untouched. */
bool option_read_number(const char *value, int64_t low, int64_t high, int64_t *out_number)
    __attribute__((warn_unused_result));
bool option_read_range(const char *value, int64_t low, int64_t high,
                       struct option_range *out_range) __attribute__((warn_unused_result));

#endif
