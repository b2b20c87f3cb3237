/*
 * The rows that tests/faults.sh joins to one table: a fault, how often it was tried, and
 * how often a promise did not hold.
 */
#ifndef TESTS_FAULTS_H
#define TESTS_FAULTS_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* Empties the rows of this program, in the build folder; NULL when it is not known. */
static inline FILE *faults_open(const char *program)
{
    const char *build = getenv("SLUICE_BUILD");
    char path[4096];

    if (build == NULL)
        return NULL;
    snprintf(path, sizeof(path), "%s/tests/faults", build);
    (void)!mkdir(path, 0777);
    snprintf(path, sizeof(path), "%s/tests/faults/%s", build, program);
    return fopen(path, "w");
}

/* `table` may be NULL. */
static inline void faults_row(FILE *table, const char *fault, uint64_t tried,
                              uint64_t violations)
{
    if (table != NULL)
        fprintf(table, "%s\t%llu\t%llu\n", fault, (unsigned long long)tried,
                (unsigned long long)violations);
}

#endif
