/*
 * How an answer of HTTP/1.1 is written.
 */
#ifndef GATEWAY_HTTP_ANSWER_H
#define GATEWAY_HTTP_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

struct evbuffer;
struct http_header;

struct http_answer {
    int status;
    const char *date;         /* as RFC 9110 5.6.7 writes it */
    const char *content_type; /* NULL: none */
    const struct http_header *extra;
    size_t extra_count;
    const void *body;
    size_t size;
    bool closes;  /* the connection, after it */
    bool is_head; /* to HEAD: the body is announced and not written */
};

/* An extra header with a control octet is left out: it could end the head early. */
void http_answer_write(const struct http_answer *answer, struct evbuffer *output);

/* "Bad Request"; "" for a status without a row, which RFC 9112 4 allows. */
const char *http_answer_reason(int status);

#endif
