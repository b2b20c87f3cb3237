#include "tests/bench/bench_process.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool read_cpu(pid_t pid, double *out_cpu_s)
{
    char path[64];
    char line[1024];
    unsigned long user;
    unsigned long system;
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    file = fopen(path, "re");
    if (!file)
        return false;

    bool is_read = fgets(line, sizeof(line), file) != NULL;

    fclose(file);

    /* The name of the program, field 2, may hold spaces and brackets. */
    const char *fields = is_read ? strrchr(line, ')') : NULL;

    if (!fields || sscanf(fields, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
                          &user, &system) != 2)
        return false;
    *out_cpu_s = (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
    return true;
}

static bool read_memory(pid_t pid, struct bench_process *process)
{
    char path[64];
    char line[256];
    uint64_t kilobytes;
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    file = fopen(path, "re");
    if (!file)
        return false;
    while (fgets(line, sizeof(line), file)) {
        if (sscanf(line, "VmRSS: %" SCNu64, &kilobytes) == 1)
            process->rss_bytes = kilobytes * 1024;
        else if (sscanf(line, "VmHWM: %" SCNu64, &kilobytes) == 1)
            process->peak_rss_bytes = kilobytes * 1024;
    }
    fclose(file);
    return true;
}

bool bench_process_read(pid_t pid, struct bench_process *out_process)
{
    struct bench_process process = {0};

    if (!read_cpu(pid, &process.cpu_s) || !read_memory(pid, &process))
        return false;
    *out_process = process;
    return true;
}
