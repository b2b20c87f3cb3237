/*
 * The clauses that a program of this folder holds: each a test of its own under the name of
 * its requirement, and a line for tests/conformance/table.sh:
 *
 *   | paragraph | held, NOT HELD or not supported | requirement |
 *
 * What we deliberately do not do has a requirement that begins with "not supported: "; its
 * row shows what the peer gets instead.
 */
#ifndef TESTS_CONFORMANCE_CLAUSES_H
#define TESTS_CONFORMANCE_CLAUSES_H

#include <stdlib.h>

#include "tests/test.h"

enum { CLAUSES_MAX = 1024, CLAUSE_SIZE = 160, PARAGRAPH_SIZE = 48 };

/* A clause that is held by code rather than by a row. */
#define CLAUSE(name) static void name(const void *row __attribute__((unused)))

struct clause {
    char requirement[CLAUSE_SIZE];
    char paragraph[PARAGRAPH_SIZE];
    void (*hold)(const void *row); /* fails, or returns */
    const void *row;
    bool held;
};

struct clauses {
    size_t count;
    struct clause of[CLAUSES_MAX];
    struct CMUnitTest tests[CLAUSES_MAX];
};

static inline void clause_run(void **state)
{
    struct clause *clause = *state;

    clause->hold(clause->row);
    clause->held = true;
}

static inline int clause_tell(void **state)
{
    static const char unsupported[] = "not supported: ";
    const struct clause *clause = *state;
    const char *requirement = clause->requirement;
    const char *verdict = "NOT HELD";

    if (clause->held)
        verdict = "held";
    if (strncmp(requirement, unsupported, strlen(unsupported)) == 0) {
        requirement += strlen(unsupported);
        if (clause->held)
            verdict = "not supported";
    }
    printf("\n| %s | %s | %s |\n", clause->paragraph, verdict, requirement);
    return 0;
}

/* `row` lives until all were run. */
static inline void clauses_add(struct clauses *clauses, const char *paragraph,
                               const char *requirement, const char *more,
                               void (*hold)(const void *row), const void *row)
{
    struct clause *clause = &clauses->of[clauses->count];

    if (clauses->count == CLAUSES_MAX ||
        snprintf(clause->paragraph, PARAGRAPH_SIZE, "%s", paragraph) >= PARAGRAPH_SIZE ||
        snprintf(clause->requirement, CLAUSE_SIZE, "%s%s", requirement, more) >=
            CLAUSE_SIZE)
        abort();
    clause->hold = hold;
    clause->row = row;
    clauses->tests[clauses->count++] =
        (struct CMUnitTest){clause->requirement, clause_run, NULL, clause_tell, clause};
}

/* The name of a CLAUSE is its requirement. */
#define CLAUSES_ADD_NAMED(clauses, paragraph, name)                                        \
    clauses_add_named(clauses, paragraph, #name, name)

static inline void clauses_add_named(struct clauses *clauses, const char *paragraph,
                                     const char *name, void (*hold)(const void *row))
{
    char *at = clauses->of[clauses->count].requirement;

    clauses_add(clauses, paragraph, name, "", hold, NULL);
    while ((at = strchr(at, '_')) != NULL)
        *at = ' ';
}

static inline int clauses_run(struct clauses *clauses)
{
    return _cmocka_run_group_tests("clauses", clauses->tests, clauses->count, NULL, NULL);
}

#endif
