/*
 * A preload that makes the disk slow and keeps a record of what a process makes durable
 * and what it says, so that a test can hold the two against each other.
 *
 *   SLUICE_FSYNC_DELAY_US=N    every fsync and fdatasync takes N microseconds longer: it
 *                              waits first, so nothing is durable before it returns
 *   SLUICE_FSYNC_COUNT=FILE    at exit, a line "fdatasync N" and a line "fsync N"
 *   SLUICE_FSYNC_LOG=FILE      one line for each fsync, fdatasync, and write to a file or
 *                              a socket, appended when the call has returned
 *   SLUICE_FSYNC_DATA=N        the first N octets written are in the line, as hex
 *
 * A line is, separated by spaces:
 *
 *   ENTERED RETURNED THREAD CALL FD KIND RESULT OFFSET PATH [HEX]
 *
 * with times in monotonic nanoseconds, KIND `file` or `socket`, RESULT what the call
 * returned, OFFSET where a call that names one wrote (else -) and PATH the file (else -).
 * Lines of different threads may stand in another order than their times.  An answer
 * left the process no earlier than ENTERED of its write; what a file was given before
 * ENTERED of an fdatasync on it is durable at RETURNED of that fdatasync.
 *
 * All calls go straight to the kernel.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
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
#include <time.h>
#include <unistd.h>

#define NO_OFFSET (-1)

/* High enough that no program counts on it. */
#define LOG_FD_LOWEST 900

static long delay_us;
static const char *count_path;
static int log_fd = -1;
static size_t data_max;
static atomic_ulong fdatasyncs;
static atomic_ulong fsyncs;
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void complain(const char *path)
{
    fprintf(stderr, "slow_fsync: %s: %s\n", path, strerror(errno));
    _exit(127);
}

static void __attribute__((constructor)) begin(void)
{
    const char *delay = getenv("SLUICE_FSYNC_DELAY_US");
    const char *data = getenv("SLUICE_FSYNC_DATA");
    const char *log = getenv("SLUICE_FSYNC_LOG");

    delay_us = delay ? strtol(delay, NULL, 10) : 0;
    data_max = data ? strtoul(data, NULL, 10) : 0;
    count_path = getenv("SLUICE_FSYNC_COUNT");
    if (!log)
        return;

    int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

    log_fd = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, LOG_FD_LOWEST);
    if (log_fd < 0)
        complain(log);
    close(fd);
}

static void __attribute__((destructor)) end(void)
{
    FILE *file;

    if (!count_path)
        return;
    file = fopen(count_path, "we");
    if (!file)
        complain(count_path);
    fprintf(file, "fdatasync %lu\nfsync %lu\n", atomic_load(&fdatasyncs),
            atomic_load(&fsyncs));
    fclose(file);
}

/* ---- The record ---- */

struct line {
    char text[8192];
    size_t size;
};

static void put_out(struct line *line)
{
    for (size_t sent = 0; sent < line->size;) {
        long size = syscall(SYS_write, log_fd, line->text + sent, line->size - sent);

        if (size <= 0)
            _exit(127); /* a record with a hole proves nothing */
        sent += (size_t)size;
    }
    line->size = 0;
}

static void put_hex(struct line *line, const struct iovec *pieces, int count,
                    size_t written)
{
    static const char digits[] = "0123456789abcdef";
    size_t left = written < data_max ? written : data_max;

    line->text[line->size++] = ' ';
    for (int i = 0; i < count && left > 0; i++) {
        const uint8_t *octets = pieces[i].iov_base;

        for (size_t j = 0; j < pieces[i].iov_len && left > 0; j++, left--) {
            if (line->size + 2 > sizeof(line->text))
                put_out(line);
            line->text[line->size++] = digits[octets[j] >> 4];
            line->text[line->size++] = digits[octets[j] & 15];
        }
    }
}

/* "file" or "socket"; NULL for what is not recorded. */
static const char *kind_of(int fd)
{
    struct stat about;

    if (fstat(fd, &about) != 0)
        return NULL;
    return S_ISREG(about.st_mode) ? "file" : S_ISSOCK(about.st_mode) ? "socket" : NULL;
}

static void record(const char *call, int fd, int64_t entered_ns, long result,
                   int64_t offset, const struct iovec *pieces, int count)
{
    int kept_errno = errno;
    int64_t returned_ns = now_ns();
    const char *kind = log_fd < 0 ? NULL : kind_of(fd);
    char link[32];
    char path[1024];
    char where[24] = "-";
    struct line line;

    if (kind) {
        snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);

        ssize_t size = *kind == 'f' ? readlink(link, path, sizeof(path) - 1) : -1;

        snprintf(size < 0 ? path : path + size, 2, "%s", size < 0 ? "-" : "");
        if (offset != NO_OFFSET)
            snprintf(where, sizeof(where), "%" PRId64, offset);
        line.size = (size_t)snprintf(line.text, sizeof(line.text),
                                     "%" PRId64 " %" PRId64 " %ld %s %d %s %ld %s %s",
                                     entered_ns, returned_ns, syscall(SYS_gettid), call, fd,
                                     kind, result, where, path);
        pthread_mutex_lock(&log_lock);
        if (data_max > 0 && result > 0 && count > 0)
            put_hex(&line, pieces, count, (size_t)result);
        if (line.size == sizeof(line.text))
            put_out(&line);
        line.text[line.size++] = '\n';
        put_out(&line);
        pthread_mutex_unlock(&log_lock);
    }
    errno = kept_errno;
}

/* ---- What makes durable ---- */

static int sync_slowly(const char *call, long number, int fd, atomic_ulong *counter)
{
    int64_t entered_ns = now_ns();
    struct timespec left = {delay_us / 1000000, delay_us % 1000000 * 1000};

    while (delay_us > 0 && nanosleep(&left, &left) != 0 && errno == EINTR)
        ;

    int result = (int)syscall(number, fd);

    atomic_fetch_add(counter, 1);
    record(call, fd, entered_ns, result, NO_OFFSET, NULL, 0);
    return result;
}

int fdatasync(int fd)
{
    return sync_slowly("fdatasync", SYS_fdatasync, fd, &fdatasyncs);
}

int fsync(int fd)
{
    return sync_slowly("fsync", SYS_fsync, fd, &fsyncs);
}

/* ---- What writes ---- */

ssize_t write(int fd, const void *octets, size_t size)
{
    int64_t entered_ns = now_ns();
    struct iovec piece = {(void *)octets, size};
    ssize_t result = syscall(SYS_write, fd, octets, size);

    record("write", fd, entered_ns, result, NO_OFFSET, &piece, 1);
    return result;
}

ssize_t pwrite64(int fd, const void *octets, size_t size, off64_t offset)
{
    int64_t entered_ns = now_ns();
    struct iovec piece = {(void *)octets, size};
    ssize_t result = syscall(SYS_pwrite64, fd, octets, size, offset);

    record("pwrite", fd, entered_ns, result, offset, &piece, 1);
    return result;
}

ssize_t pwrite(int fd, const void *octets, size_t size, off_t offset)
{
    return pwrite64(fd, octets, size, offset);
}

ssize_t writev(int fd, const struct iovec *pieces, int count)
{
    int64_t entered_ns = now_ns();
    ssize_t result = syscall(SYS_writev, fd, pieces, count);

    record("writev", fd, entered_ns, result, NO_OFFSET, pieces, count);
    return result;
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    int64_t entered_ns = now_ns();
    ssize_t result = syscall(SYS_sendmsg, fd, message, flags);

    record("sendmsg", fd, entered_ns, result, NO_OFFSET, message->msg_iov,
           (int)message->msg_iovlen);
    return result;
}

ssize_t sendto(int fd, const void *octets, size_t size, int flags,
               const struct sockaddr *address, socklen_t address_size)
{
    int64_t entered_ns = now_ns();
    struct iovec piece = {(void *)octets, size};
    ssize_t result = syscall(SYS_sendto, fd, octets, size, flags, address, address_size);

    record("sendto", fd, entered_ns, result, NO_OFFSET, &piece, 1);
    return result;
}

ssize_t send(int fd, const void *octets, size_t size, int flags)
{
    return sendto(fd, octets, size, flags, NULL, 0);
}
