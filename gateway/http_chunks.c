#include "gateway/http_chunks.h"

#include <stdlib.h>
#include <sys/types.h>

#include <event2/buffer.h>

#include "gateway/http_gate.h"

void http_chunks_begin(struct http_chunks *chunks)
{
    chunks->body = evbuffer_new();
    if (chunks->body == NULL)
        abort();
    chunks->phase = HTTP_CHUNK_LINE;
}

static enum http_chunks_step read_line(struct http_chunks *chunks, struct evbuffer *input)
{
    uint8_t line[16];
    ssize_t size = evbuffer_copyout(input, line, sizeof(line));
    size_t used;

    if (http_gate_read_chunk_line(line, (size_t)size, &used, &chunks->left) != 0)
        return HTTP_CHUNKS_WRONG;
    if (used == 0)
        return HTTP_CHUNKS_WAIT;
    evbuffer_drain(input, used);
    chunks->phase = chunks->left > 0 ? HTTP_CHUNK_DATA : HTTP_LAST_END;
    return chunks->left > 0 ? HTTP_CHUNKS_ANNOUNCED : HTTP_CHUNKS_ON;
}

/* Copied: a piece that is moved takes the memory around it along, a thousand octets for one
 * that came alone. */
static enum http_chunks_step read_data(struct http_chunks *chunks, struct evbuffer *input)
{
    uint8_t octets[4096];
    int size = 1;

    while (chunks->left > 0 && size > 0) {
        size = evbuffer_remove(
            input, octets, chunks->left < sizeof(octets) ? chunks->left : sizeof(octets));
        if (size > 0 && evbuffer_add(chunks->body, octets, (size_t)size) != 0)
            abort();
        chunks->left -= size > 0 ? (uint64_t)size : 0;
    }
    if (chunks->left > 0)
        return HTTP_CHUNKS_WAIT;
    chunks->phase = HTTP_CHUNK_END;
    return HTTP_CHUNKS_ON;
}

static enum http_chunks_step read_end(struct http_chunks *chunks, struct evbuffer *input)
{
    char end[2];
    ssize_t size = evbuffer_copyout(input, end, 2);

    if ((size > 0 && end[0] != '\r') || (size > 1 && end[1] != '\n'))
        return HTTP_CHUNKS_WRONG;
    if (size < 2)
        return HTTP_CHUNKS_WAIT;
    evbuffer_drain(input, 2);
    if (chunks->phase == HTTP_LAST_END)
        return HTTP_CHUNKS_WHOLE;
    chunks->phase = HTTP_CHUNK_LINE;
    return HTTP_CHUNKS_ON;
}

enum http_chunks_step http_chunks_read(struct http_chunks *chunks, struct evbuffer *input)
{
    switch (chunks->phase) {
    case HTTP_CHUNK_LINE:
        return read_line(chunks, input);
    case HTTP_CHUNK_DATA:
        return read_data(chunks, input);
    default:
        return read_end(chunks, input);
    }
}

void http_chunks_done(struct http_chunks *chunks)
{
    if (chunks->body != NULL)
        evbuffer_free(chunks->body);
    chunks->body = NULL;
}
