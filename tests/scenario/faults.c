/*
 * A preload that lets one call fail, or ends the process there: every place where the
 * daemon touches its disk, its sockets or its memory is a place where it may die.
 *
 *   SLUICE_FAULT="CALL PATH NTH ACTION"
 *
 *   CALL    write, sync, truncate, read, send, accept, socket or malloc
 *   PATH    a part of the file's path, for the first four, with $ behind it its end; else -
 *   NTH     which of the calls that fit, from 1; "40+" is the 40th and all after it
 *   ACTION  kill, kill-after, half (of a write), hang (until FILE is gone), or the name of
 *           an error: EIO, ENOSPC, EMFILE, ENOMEM
 *   SLUICE_FAULT_FILE=FILE   only while FILE is there
 *   SLUICE_FAULT_MET=FILE    which is made when it comes to that call
 *
 * All other calls go straight to the kernel.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);

enum action { NOTHING, KILL, KILL_AFTER, HALF, HANG, FAIL };

static struct {
    char call[16];
    char path[200];
    unsigned long nth;
    bool and_after;
    enum action action;
    int error;
    const char *while_there;
    const char *met;
} fault;

static atomic_ulong seen;

static const struct {
    const char *name;
    int value;
} errors[] = {
    {"EIO",    EIO   },
    {"ENOSPC", ENOSPC},
    {"EMFILE", EMFILE},
    {"ENOMEM", ENOMEM},
};

static void __attribute__((constructor)) begin(void)
{
    const char *told = getenv("SLUICE_FAULT");
    char nth[24];
    char action[16];

    fault.while_there = getenv("SLUICE_FAULT_FILE");
    fault.met = getenv("SLUICE_FAULT_MET");
    if (told == NULL)
        return;
    if (sscanf(told, "%15s %199s %23s %15s", fault.call, fault.path, nth, action) != 4) {
        fprintf(stderr, "faults: '%s' is no fault\n", told);
        _exit(127);
    }
    fault.nth = strtoul(nth, NULL, 10);
    fault.and_after = strchr(nth, '+') != NULL;
    if (strcmp(action, "kill") == 0)
        fault.action = KILL;
    else if (strcmp(action, "kill-after") == 0)
        fault.action = KILL_AFTER;
    else if (strcmp(action, "half") == 0)
        fault.action = HALF;
    else if (strcmp(action, "hang") == 0)
        fault.action = HANG;
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
        if (strcmp(action, errors[i].name) == 0) {
            fault.action = FAIL;
            fault.error = errors[i].value;
        }
    if (fault.action == NOTHING || fault.nth == 0) {
        fprintf(stderr, "faults: '%s' is no fault\n", told);
        _exit(127);
    }
}

static bool is_path(int fd)
{
    size_t wanted = strcspn(fault.path, "$");
    char link[32];
    char path[1024];
    const char *found;
    long size;

    if (strcmp(fault.path, "-") == 0)
        return true;
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    size = syscall(SYS_readlink, link, path, sizeof(path) - 1);
    if (size < 0)
        return false;
    path[size] = 0;
    if (fault.path[wanted] == 0)
        return strstr(path, fault.path) != NULL;
    found = path + ((size_t)size > wanted ? (size_t)size - wanted : 0);
    return strncmp(found, fault.path, wanted) == 0;
}

static bool is_there(void)
{
    return fault.while_there == NULL || syscall(SYS_access, fault.while_there, 0) == 0;
}

/* Whoever waits for it sees that it has come to this. */
static void note_met(void)
{
    long fd =
        syscall(SYS_openat, AT_FDCWD, fault.met, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    if (fd >= 0)
        syscall(SYS_close, fd);
}

/* What becomes of this call; it dies here when it is to die before it. */
static enum action look(const char *call, int fd)
{
    unsigned long number;

    if (fault.action == NOTHING || strcmp(call, fault.call) != 0 || !is_path(fd) ||
        !is_there())
        return NOTHING;
    number = atomic_fetch_add(&seen, 1) + 1;
    if (number < fault.nth || (number > fault.nth && !fault.and_after))
        return NOTHING;
    if (number == fault.nth && fault.met != NULL)
        note_met();
    if (fault.action == KILL)
        raise(SIGKILL);
    while (fault.action == HANG && is_there())
        usleep(10000);
    if (fault.action == FAIL)
        errno = fault.error;
    return fault.action;
}

static long done(enum action action, long result)
{
    if (action == KILL_AFTER)
        raise(SIGKILL);
    return result;
}

static size_t share(enum action action, size_t size)
{
    return action == HALF && size > 1 ? size / 2 : size;
}

/* ---- Files ---- */

int fdatasync(int fd)
{
    enum action action = look("sync", fd);

    return action == FAIL ? -1 : (int)done(action, syscall(SYS_fdatasync, fd));
}

int fsync(int fd)
{
    enum action action = look("sync", fd);

    return action == FAIL ? -1 : (int)done(action, syscall(SYS_fsync, fd));
}

int ftruncate64(int fd, off64_t size)
{
    enum action action = look("truncate", fd);

    return action == FAIL ? -1 : (int)done(action, syscall(SYS_ftruncate, fd, size));
}

int ftruncate(int fd, off_t size)
{
    return ftruncate64(fd, size);
}

ssize_t pread64(int fd, void *octets, size_t size, off64_t offset)
{
    enum action action = look("read", fd);

    if (action == FAIL)
        return -1;
    return done(action, syscall(SYS_pread64, fd, octets, share(action, size), offset));
}

ssize_t pread(int fd, void *octets, size_t size, off_t offset)
{
    return pread64(fd, octets, size, offset);
}

ssize_t pwrite64(int fd, const void *octets, size_t size, off64_t offset)
{
    enum action action = look("write", fd);

    if (action == FAIL)
        return -1;
    return done(action, syscall(SYS_pwrite64, fd, octets, share(action, size), offset));
}

ssize_t pwrite(int fd, const void *octets, size_t size, off_t offset)
{
    return pwrite64(fd, octets, size, offset);
}

/* ---- Sockets ---- */

ssize_t writev(int fd, const struct iovec *pieces, int count)
{
    enum action action = look("send", fd);

    return action == FAIL ? -1 : done(action, syscall(SYS_writev, fd, pieces, count));
}

int accept4(int fd, struct sockaddr *address, socklen_t *size, int flags)
{
    enum action action = look("accept", fd);

    return action == FAIL
               ? -1
               : (int)done(action, syscall(SYS_accept4, fd, address, size, flags));
}

int socket(int domain, int type, int protocol)
{
    enum action action = look("socket", -1);

    return action == FAIL ? -1
                          : (int)done(action, syscall(SYS_socket, domain, type, protocol));
}

/* ---- Memory ---- */

void *malloc(size_t size)
{
    return look("malloc", -1) == FAIL ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return look("malloc", -1) == FAIL ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    return look("malloc", -1) == FAIL ? NULL : __libc_realloc(old, size);
}
