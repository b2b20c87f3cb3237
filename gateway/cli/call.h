/*
 * One HTTP/1.1 request over a socket of its own, and its answer.
 */
#ifndef GATEWAY_CLI_CALL_H
#define GATEWAY_CLI_CALL_H

#include <stdbool.h>
#include <stddef.h>

struct call_answer {
    int status;
    char *body; /* NUL ended; freed with call_answer_done() */
    size_t size;
};

/* Connected to the unix socket, or to http://host:port; -1 with a sentence. */
int call_connect_unix(const char *path, char *error, size_t error_size);
int call_connect_url(const char *url, char *error, size_t error_size);

/* How long an answer may take, where it is not the usual minute. */
void call_set_patience(int fd, unsigned seconds);

/*
 * Sends the request and reads the answer; closes the socket in any case.  `token` and
 * `body` (JSON) may be NULL.  False with a sentence.
 */
bool call_exchange(int fd, const char *method, const char *path, const char *token,
                   const void *body, size_t body_size, struct call_answer *out, char *error,
                   size_t error_size) __attribute__((warn_unused_result));

/*
 * Reads the status line, the headers and where the body begins; false while the head is
 * not whole, or when it is none.  *out_length is -1 when the head does not tell it.
 */
bool call_read_head(const char *octets, size_t size, int *out_status, size_t *out_head,
                    long *out_length) __attribute__((warn_unused_result));

void call_answer_done(struct call_answer *answer);

#endif
