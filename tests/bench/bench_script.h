/*
 * Every submit of a run, numbered from 0, as octets ready to be sent.  A unit is one
 * submit_sm: with messages of n parts, unit u is part u % n of message u / n.  What a
 * unit looks like depends on its number alone, so sending it again needs no memory.
 *
 * The PDUs are made once, one for each pattern and part; a submit is a copy of one with
 * its sequence number, the digits of its destination and its reference put in.
 */
#ifndef TESTS_BENCH_SCRIPT_H
#define TESTS_BENCH_SCRIPT_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/bench/bench_destination.h"
#include "tests/bench/bench_text.h"
#include "tests/peers/wire.h"

struct bench_script;

/* What all submits have in common; borrowed for the life of the script. */
struct bench_script_source {
    const struct bench_destinations *destinations;
    const struct bench_text *text;
    const char *source;
    uint8_t registered_delivery;
};

/* The most octets of one submit. */
#define BENCH_SUBMIT_BYTES_MAX 320

struct bench_script *bench_script_new(const struct bench_script_source *source);
void bench_script_free(struct bench_script *script);

/* False when `buffer` has no room; nothing is written then. */
bool bench_script_write(const struct bench_script *script, uint32_t unit, uint32_t sequence,
                        struct wire_buffer *buffer) __attribute__((warn_unused_result));

/* The word the receipt of this unit must carry; NONE: any. */
enum bench_stat bench_script_expected(const struct bench_script *script, uint32_t unit);

void bench_script_number(const struct bench_script *script, uint32_t unit,
                         char out_number[BENCH_NUMBER_MAX + 1]);

#endif
