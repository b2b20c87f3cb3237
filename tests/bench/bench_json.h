/*
 * JSON, written from front to back: commas, indentation and escapes are seen to here.
 * A name is given inside objects and NULL inside arrays.
 */
#ifndef TESTS_BENCH_JSON_H
#define TESTS_BENCH_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct bench_json {
    FILE *file;
    unsigned depth;
    bool has_members; /* of what is open: a comma comes before the next */
};

void bench_json_open(struct bench_json *json, const char *name, char bracket);
void bench_json_close(struct bench_json *json, char bracket);
void bench_json_count(struct bench_json *json, const char *name, uint64_t value);
void bench_json_real(struct bench_json *json, const char *name, double value);
void bench_json_bool(struct bench_json *json, const char *name, bool value);
void bench_json_string(struct bench_json *json, const char *name, const char *value);

#endif
