/* The log of what a peer saw and did.  See journal.h. */
#include "tests/peers/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    LINE_MAX_BYTES = 200000,
    BUFFER_BYTES = 4 * LINE_MAX_BYTES,
};

struct journal {
    int fd;
    size_t used;
    size_t line_start;
    char buffer[BUFFER_BYTES];
};

struct journal *journal_open(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    struct journal *journal;

    if (fd < 0)
        return NULL;
    journal = calloc(1, sizeof(*journal));
    if (journal == NULL)
        abort();
    journal->fd = fd;
    return journal;
}

void journal_close(struct journal *journal)
{
    if (journal == NULL)
        return;
    journal_flush(journal);
    close(journal->fd);
    free(journal);
}

void journal_flush(struct journal *journal)
{
    size_t written = 0;

    if (journal == NULL)
        return;
    while (written < journal->used) {
        ssize_t count =
            write(journal->fd, journal->buffer + written, journal->used - written);

        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0) {
            perror("sluice-sim: the log cannot be written");
            exit(1);
        }
        written += (size_t)count;
    }
    journal->used = 0;
}

/* Room for `size` octets of the open line and its end, or NULL. */
static char *reserve(struct journal *journal, size_t size)
{
    char *at = journal->buffer + journal->used;

    if (journal->used - journal->line_start + size >= LINE_MAX_BYTES)
        return NULL;
    journal->used += size;
    return at;
}

static void add(struct journal *journal, const char *octets, size_t size)
{
    char *at = reserve(journal, size);

    if (at != NULL)
        memcpy(at, octets, size);
}

static void add_name(struct journal *journal, const char *name)
{
    add(journal, " ", 1);
    add(journal, name, strlen(name));
    add(journal, "=", 1);
}

void journal_begin(struct journal *journal, const char *event, const char *role)
{
    struct timespec now;
    char at[48];
    int length;

    if (journal == NULL)
        return;
    if (BUFFER_BYTES - journal->used < LINE_MAX_BYTES)
        journal_flush(journal);
    journal->line_start = journal->used;
    clock_gettime(CLOCK_REALTIME, &now);
    add(journal, event, strlen(event));
    length = snprintf(at, sizeof(at), " at=%lld.%06ld", (long long)now.tv_sec,
                      now.tv_nsec / 1000);
    add(journal, at, (size_t)length);
    journal_text(journal, "role", role);
}

void journal_number(struct journal *journal, const char *name, int64_t number)
{
    char digits[24];
    char *at = digits + sizeof(digits);
    uint64_t left = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;

    if (journal == NULL)
        return;
    do
        *--at = (char)('0' + left % 10);
    while ((left /= 10) > 0);
    if (number < 0)
        *--at = '-';
    add_name(journal, name);
    add(journal, at, (size_t)(digits + sizeof(digits) - at));
}

void journal_text(struct journal *journal, const char *name, const char *text)
{
    journal_octets(journal, name, text, strlen(text));
}

static bool is_plain(uint8_t octet)
{
    return (octet >= '0' && octet <= '9') || (octet >= 'A' && octet <= 'Z') ||
           (octet >= 'a' && octet <= 'z') || (octet != 0 && strchr("+-._:/", octet));
}

void journal_octets(struct journal *journal, const char *name, const void *octets,
                    size_t size)
{
    static const char digits[] = "0123456789ABCDEF";
    const uint8_t *at = octets;

    if (journal == NULL)
        return;
    add_name(journal, name);
    for (size_t i = 0; i < size; i++) {
        char escaped[3] = {'%', digits[at[i] >> 4], digits[at[i] & 15]};

        if (is_plain(at[i]))
            add(journal, (const char *)&at[i], 1);
        else
            add(journal, escaped, sizeof(escaped));
    }
}

void journal_hex(struct journal *journal, const char *name, const void *octets, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *at = octets;
    char *out;

    if (journal == NULL)
        return;
    add_name(journal, name);
    out = reserve(journal, 2 * size);
    for (size_t i = 0; out != NULL && i < size; i++) {
        out[2 * i] = digits[at[i] >> 4];
        out[2 * i + 1] = digits[at[i] & 15];
    }
}

void journal_end(struct journal *journal)
{
    if (journal == NULL)
        return;
    journal->buffer[journal->used++] = '\n';
}
