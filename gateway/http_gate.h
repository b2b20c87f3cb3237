/*
 * The strict gate: which octets are an HTTP/1.1 request, and where it ends.  It is pure:
 * octets in, an answer out; no connection, clock or allocation.
 *
 * It takes one spelling of everything, where RFC 9112 allows a reader to be lenient, so
 * that no proxy before us can have read a request otherwise: lines end in CRLF, no folded
 * lines, exactly one Host, Content-Length of 1 to 10 digits or exactly "chunked", never
 * both, chunks without extensions or trailers, targets that begin with '/'.
 */
#ifndef GATEWAY_HTTP_GATE_H
#define GATEWAY_HTTP_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/http_header.h"

#define HTTP_HEAD_MAX_BYTES 16384
#define HTTP_HEADERS_MAX    64

/* Zero, or the HTTP status to refuse the request with. */
typedef int http_gate_status;

/*
 * Looks for the end of a head in input[0..size).  `*scanned` octets of it were looked at
 * before (0 at first) and found well-formed.  `*out_size` is the size of the head with its
 * empty line, or 0 when it is not all there yet.
 */
http_gate_status http_gate_find_head(const uint8_t *input, size_t size, size_t *scanned,
                                     size_t *out_size) __attribute__((warn_unused_result));

/* A head taken apart; everything points into the octets it was read from. */
struct http_head {
    const char *method;
    const char *path; /* decoded */
    const char *query;
    size_t header_count;
    struct http_header headers[HTTP_HEADERS_MAX];
    uint64_t content_length; /* 0 when chunked */
    bool is_chunked;
    bool wants_continue; /* Expect: 100-continue */
    bool closes;         /* no other request follows on this connection */
};

/* Takes a whole head (as found) apart in place: `octets` is written to. */
http_gate_status http_gate_read_head(char *octets, size_t size, struct http_head *head)
    __attribute__((warn_unused_result));

/*
 * Reads the line that announces a chunk: `*out_line` is its size, 0 when it is not all
 * there yet; `*out_chunk` the octets announced, 0 for the last.
 */
http_gate_status http_gate_read_chunk_line(const uint8_t *input, size_t size,
                                           size_t *out_line, uint64_t *out_chunk)
    __attribute__((warn_unused_result));

/*
 * Decodes %XX in [from, from + size) to `out` with a NUL; '+' becomes a blank if asked.
 * False when it is not well encoded, has a NUL in it or does not fit in `room`.  `out` may
 * be `from`.
 */
bool http_gate_decode(const char *from, size_t size, bool plus_is_blank, char *out,
                      size_t room) __attribute__((warn_unused_result));

#endif
