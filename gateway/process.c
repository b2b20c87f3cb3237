#include "gateway/process.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

static int64_t microseconds_of(const struct timeval *time)
{
    return (int64_t)time->tv_sec * 1000000 + time->tv_usec;
}

static int64_t read_resident_bytes(void)
{
    FILE *file = fopen("/proc/self/statm", "re");
    long pages = -1;

    if (file == NULL)
        return -1;
    if (fscanf(file, "%*s %ld", &pages) != 1)
        pages = -1;
    fclose(file);
    return pages < 0 ? -1 : (int64_t)pages * sysconf(_SC_PAGESIZE);
}

static int64_t count_open_files(void)
{
    DIR *folder = opendir("/proc/self/fd");
    int64_t count = -1; /* the folder itself is open too */
    const struct dirent *entry;

    if (folder == NULL)
        return -1;
    while ((entry = readdir(folder)) != NULL)
        count += entry->d_name[0] != '.';
    closedir(folder);
    return count;
}

int process_open_waits(void)
{
    return open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
}

int64_t process_waited_us(int waits)
{
    char text[80];
    long long waited_ns;
    ssize_t size = pread(waits, text, sizeof(text) - 1, 0);

    if (size <= 0)
        return 0;
    text[size] = '\0';
    return sscanf(text, "%*s %lld", &waited_ns) == 1 ? waited_ns / 1000 : 0;
}

uint64_t process_raise_open_files(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 0;
    if (limit.rlim_cur != limit.rlim_max) {
        struct rlimit raised = {.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};

        if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
            limit = raised;
    }
    return limit.rlim_cur == RLIM_INFINITY ? UINT64_MAX : (uint64_t)limit.rlim_cur;
}

/* The limit is of files; a program that the kernel pipes into asks the flag alone. */
void process_let_dump(bool may)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_CORE, &limit) == 0) {
        limit.rlim_cur = may ? limit.rlim_max : 0;
        (void)setrlimit(RLIMIT_CORE, &limit);
    }
    (void)prctl(PR_SET_DUMPABLE, may ? 1L : 0L, 0L, 0L, 0L);
}

struct process_facts process_read_facts(void)
{
    struct process_facts facts = {
        .resident_bytes = read_resident_bytes(),
        .open_files = count_open_files(),
    };
    struct rusage usage;

    if (getrusage(RUSAGE_SELF, &usage) == 0)
        facts.cpu_us = microseconds_of(&usage.ru_utime) + microseconds_of(&usage.ru_stime);
    return facts;
}
