/*
 * A chunked body, put together piece by piece.
 */
#ifndef GATEWAY_HTTP_CHUNKS_H
#define GATEWAY_HTTP_CHUNKS_H

#include <stddef.h>
#include <stdint.h>

struct evbuffer;

enum http_chunks_phase { HTTP_CHUNK_LINE, HTTP_CHUNK_DATA, HTTP_CHUNK_END, HTTP_LAST_END };

/* Zero it before the first use. */
struct http_chunks {
    enum http_chunks_phase phase;
    uint64_t left;         /* of the chunk being read */
    struct evbuffer *body; /* so far */
};

enum http_chunks_step {
    HTTP_CHUNKS_ON,        /* step again */
    HTTP_CHUNKS_WAIT,      /* for more input */
    HTTP_CHUNKS_ANNOUNCED, /* `left` octets are to come: step again if they may */
    HTTP_CHUNKS_WHOLE,     /* the body is there, and not an octet more was taken */
    HTTP_CHUNKS_WRONG,     /* this is no chunk */
};

/* Makes ready for a body; http_chunks_done() ends it. */
void http_chunks_begin(struct http_chunks *chunks);

/* One piece more, taken from `input`. */
enum http_chunks_step http_chunks_read(struct http_chunks *chunks, struct evbuffer *input)
    __attribute__((warn_unused_result));

/* The body is gone then.  Harmless when there is none. */
void http_chunks_done(struct http_chunks *chunks);

#endif
