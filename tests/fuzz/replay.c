/*
 * Runs a fuzz target over the files given, without a fuzzer: a corpus as an ordinary test.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

enum { INPUT_MAX_SIZE = 1024 * 1024 };

int main(int argc, char **argv)
{
    static uint8_t whole[INPUT_MAX_SIZE];

    for (int i = 1; i < argc; i++) {
        FILE *file = fopen(argv[i], "rb");
        uint8_t *input;
        size_t size;

        if (file == NULL) {
            perror(argv[i]);
            return 1;
        }
        size = fread(whole, 1, INPUT_MAX_SIZE, file);
        fclose(file);

        /* A block of its own size, so that a sanitizer sees an octet read too many. */
        input = malloc(size > 0 ? size : 1);
        if (input == NULL)
            return 1;
        memcpy(input, whole, size);
        printf("%s\n", argv[i]);
        fflush(stdout); /* an abort shall show which it was */
        LLVMFuzzerTestOneInput(input, size);
        free(input);
    }
    return 0;
}
