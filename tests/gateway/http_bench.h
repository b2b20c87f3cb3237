/*
 * A server on virtual time, and clients that send it octets.
 */
#ifndef TESTS_GATEWAY_HTTP_BENCH_H
#define TESTS_GATEWAY_HTTP_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/http_server.h"

/* More than the kernel takes off our hands for a peer that does not read. */
#define BIG_BYTES 20000000

/* A server on virtual time and real sockets; all in this one thread. */
struct bench {
    struct event_base *base;
    struct clock *clock;
    struct http_server *server;
    uint16_t port;
    char said[4096]; /* the last request, as text */
    size_t body_size;
    uint64_t waiting[64]; /* ids of requests to /later */
    size_t waiting_count;
};

/* NULL: with the limits that are the default.  The test fails when it cannot be. */
struct bench *bench_new(const struct http_limits *limits);
void bench_free(struct bench *bench);

/* Lets the server do what there is to do now. */
void bench_turn(struct bench *bench);

/* A client's socket, the caller's to close. */
int bench_dial(struct bench *bench);

/* All of it, and the server has read what it takes. */
void bench_say(struct bench *bench, int fd, const char *octets, size_t size);

/* What has come so far; `*out_closed` tells whether the server has closed. */
const char *bench_hear(struct bench *bench, int fd, char *out, size_t room,
                       bool *out_closed);

bool begins(const char *text, const char *with);

#define POST "POST / HTTP/1.1\r\n"
#define GET  "GET / HTTP/1.1\r\n"
#define HOST "Host: a\r\n"
#define END  "\r\n"

/* An array, so that a NUL can be in it. */
#define OCTETS(text) (text), sizeof(text) - 1

#endif
