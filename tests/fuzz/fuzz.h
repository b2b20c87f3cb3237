/* The one function a fuzz target has; libFuzzer and replay.c call it. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* Aborts when the input shows a fault; 0 else. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
