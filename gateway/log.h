/*
 * Log lines are events with fields, one a fact, fit for grep:
 *     2026-11-21T22:40:01.123Z info session.refused account=acme reason=password
 * Texts, numbers of phones and secrets stay out.  Thread safe (one write per line).
 *
 * log_event(LOG_INFO, "session.refused", "account=%s reason=%s", name, reason);
 * Values with blanks or quotes are given with log_quote() around them.
 */
#ifndef GATEWAY_LOG_H
#define GATEWAY_LOG_H

#include <stdbool.h>
#include <stddef.h>

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARNING, LOG_LEVEL_ERROR };

/* Until it is called: standard error, from info up. */
void log_open(int fd, enum log_level lowest);
void log_set_level(enum log_level lowest);
void log_event(enum log_level level, const char *event, const char *fields, ...)
    __attribute__((format(printf, 3, 4)));

/* `text` in quotes with controls and quotes escaped, cut to fit; returns `out`. */
const char *log_quote(const char *text, char *out, size_t room);

#define log_debug(event, ...)   log_event(LOG_LEVEL_DEBUG, event, __VA_ARGS__)
#define log_info(event, ...)    log_event(LOG_LEVEL_INFO, event, __VA_ARGS__)
#define log_warning(event, ...) log_event(LOG_LEVEL_WARNING, event, __VA_ARGS__)
#define log_error(event, ...)   log_event(LOG_LEVEL_ERROR, event, __VA_ARGS__)

#endif
