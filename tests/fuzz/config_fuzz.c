/* Whatever is called a configuration: it loads, or says why with its line. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gateway/config.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config_errors *errors = calloc(1, sizeof(*errors));
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    struct config *config;
    char path[40];
    FILE *nowhere;

    assert(errors != NULL && fd >= 0);
    assert(write(fd, data, size) == (ssize_t)size);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    config = config_load(path, errors);
    assert((config == NULL) == (errors->count > 0));
    if (config) {
        nowhere = fopen("/dev/null", "w");
        assert(nowhere != NULL);
        config_print(config, nowhere);
        fclose(nowhere);
    }
    config_free(config);
    close(fd);
    free(errors);
    return 0;
}
