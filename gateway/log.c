/*
 * One line, one write.  The place of the lines and the lowest level are the process's,
 * not a gateway's, and are the only state here.
 */
#include "gateway/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES 2048

static atomic_int log_fd = STDERR_FILENO;
static atomic_int log_lowest = LOG_LEVEL_INFO;

static const char *const level_names[] = {
    [LOG_LEVEL_DEBUG] = "debug",
    [LOG_LEVEL_INFO] = "info",
    [LOG_LEVEL_WARNING] = "warning",
    [LOG_LEVEL_ERROR] = "error",
};

void log_open(int fd, enum log_level lowest)
{
    log_fd = fd;
    log_lowest = lowest;
}

void log_set_level(enum log_level lowest)
{
    log_lowest = lowest;
}

static bool is_control(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7F;
}

/* What snprintf meant to write, as what it did write. */
static size_t written(int wanted, size_t room)
{
    if (wanted < 0)
        return 0;
    return (size_t)wanted < room ? (size_t)wanted : room - 1;
}

static size_t write_head(char *line, size_t room, enum log_level level, const char *event)
{
    struct timespec now = {0};
    struct tm date = {0};
    size_t used;

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &date);
    used = strftime(line, room, "%Y-%m-%dT%H:%M:%S", &date);
    return used + written(snprintf(line + used, room - used, ".%03dZ %s %s ",
                                   (int)(now.tv_nsec / 1000000), level_names[level], event),
                          room - used);
}

void log_event(enum log_level level, const char *event, const char *fields, ...)
{
    char line[LINE_MAX_BYTES];
    size_t used;
    va_list values;

    if ((int)level < log_lowest)
        return;
    used = write_head(line, sizeof(line), level, event);
    va_start(values, fields);
    used += written(vsnprintf(line + used, sizeof(line) - used, fields, values),
                    sizeof(line) - used);
    va_end(values);

    /* A field that came from outside must not begin a line of its own. */
    for (size_t i = 0; i < used; i++)
        if (is_control(line[i]))
            line[i] = '?';
    while (used > 0 && line[used - 1] == ' ')
        used--;
    line[used++] = '\n';
    if (write(log_fd, line, used) < 0)
        return; /* there is nobody left to tell */
}

const char *log_quote(const char *text, char *out, size_t room)
{
    size_t used = 0;

    if (room < 3) {
        if (room > 0)
            out[0] = '\0';
        return out;
    }
    out[used++] = '"';
    /* Room is kept for the longest escape, the closing quote and the end. */
    for (; *text != '\0' && used + 4 + 2 <= room; text++) {
        if (is_control(*text)) {
            used +=
                written(snprintf(out + used, room - used, "\\x%02x", *text), room - used);
        } else {
            if (*text == '"' || *text == '\\')
                out[used++] = '\\';
            out[used++] = *text;
        }
    }
    out[used++] = '"';
    out[used] = '\0';
    return out;
}
