/*
 * A header field.  Names are compared without case.
 */
#ifndef GATEWAY_HTTP_HEADER_H
#define GATEWAY_HTTP_HEADER_H

#include <stdbool.h>

struct http_header {
    const char *name;
    const char *value;
};

/* False when a control octet in it could end its line, or the head, early. */
bool http_header_is_safe(const struct http_header *header);

#endif
