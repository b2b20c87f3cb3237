/*
 * One pass over the octets says where a head ends and that no octet in it is forbidden;
 * a second takes it apart.  Rows say which headers may come once and what they mean.
 */
#include "gateway/http_gate.h"

#include <string.h>
#include <strings.h>

enum {
    BAD_REQUEST = 400,
    TARGET_TOO_LONG = 414,
    EXPECTATION_FAILED = 417,
    HEAD_TOO_LARGE = 431,
    NOT_IMPLEMENTED = 501,
    VERSION_NOT_SUPPORTED = 505,
};

#define TARGET_MAX_BYTES 8192

/* "ffffffff" and CRLF. */
#define CHUNK_LINE_MAX_BYTES 10

static bool is_letter_or_digit(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* RFC 9110 5.6.2. */
static bool is_token(const char *text)
{
    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++)
        if (!is_letter_or_digit(*text) && strchr("!#$%&'*+-.^_`|~", *text) == NULL)
            return false;
    return true;
}

static int hex_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* ---- Finding the end ----------------------------------------------------- */

static bool is_forbidden(uint8_t octet)
{
    return (octet < 0x20 && octet != '\t') || octet == 0x7F;
}

/* A CR is looked at together with the octet behind it, so it may wait for that. */
http_gate_status http_gate_find_head(const uint8_t *input, size_t size, size_t *scanned,
                                     size_t *out_size)
{
    size_t at = *scanned;

    *out_size = 0;
    for (; at < size; at++) {
        if (!is_forbidden(input[at]))
            continue;
        if (input[at] != '\r')
            return BAD_REQUEST;
        if (at + 1 == size)
            break;
        if (input[at + 1] != '\n')
            return BAD_REQUEST;
        if (at == 0)
            return BAD_REQUEST; /* an empty line where a request should begin */
        at++;
        if (at >= 3 && input[at - 2] == '\n') {
            if (at + 1 > HTTP_HEAD_MAX_BYTES)
                return HEAD_TOO_LARGE;
            *out_size = at + 1;
            return 0;
        }
    }
    *scanned = at;
    return at >= HTTP_HEAD_MAX_BYTES ? HEAD_TOO_LARGE : 0;
}

/* ---- The request line ---------------------------------------------------- */

static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};

static bool is_known_method(const char *method)
{
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
        if (strcmp(method, methods[i]) == 0)
            return true;
    return false;
}

bool http_gate_decode(const char *from, size_t size, bool plus_is_blank, char *out,
                      size_t room)
{
    size_t used = 0;

    for (size_t i = 0; i < size; i++) {
        char c = from[i];

        if (c == '%') {
            int high = i + 1 < size ? hex_of(from[i + 1]) : -1;
            int low = i + 2 < size ? hex_of(from[i + 2]) : -1;

            if (high < 0 || low < 0)
                return false;
            c = (char)(high << 4 | low);
            i += 2;
        } else if (c == '+' && plus_is_blank) {
            c = ' ';
        }
        if (c == '\0' || used + 1 >= room)
            return false;
        out[used++] = c;
    }
    if (room == 0)
        return false;
    out[used] = '\0';
    return true;
}

/*
 * RFC 3986: what a path and a query are made of.  An encoded slash is refused because it
 * would look like a border between two segments once it is decoded.
 */
static bool is_target(const char *target)
{
    if (*target != '/')
        return false;
    for (; *target != '\0'; target++)
        if (!is_letter_or_digit(*target) && strchr("-._~!$&'()*+,;=:@/?%", *target) == NULL)
            return false;
    return true;
}

static http_gate_status read_path(char *target, struct http_head *head)
{
    char *query = strchr(target, '?');

    if (query != NULL)
        *query++ = '\0';
    if (strcasestr(target, "%2f") != NULL ||
        !http_gate_decode(target, strlen(target), false, target, strlen(target) + 1))
        return BAD_REQUEST;
    for (const char *c = target; *c != '\0'; c++)
        if (is_forbidden((uint8_t)*c) || *c == '\t')
            return BAD_REQUEST;
    head->path = target;
    head->query = query != NULL ? query : "";
    return 0;
}

/* "HTTP/" and two digits with a point between them, as RFC 9112 2.3 writes it. */
static http_gate_status read_version(const char *version, struct http_head *head)
{
    if (strncmp(version, "HTTP/", 5) != 0 || strlen(version) != 8 || version[6] != '.' ||
        version[5] < '0' || version[5] > '9' || version[7] < '0' || version[7] > '9')
        return BAD_REQUEST;
    if (version[5] != '1' || version[7] > '1')
        return VERSION_NOT_SUPPORTED;
    head->closes = version[7] == '0';
    return 0;
}

static http_gate_status read_request_line(char *line, struct http_head *head)
{
    char *target = strchr(line, ' ');
    char *version = target != NULL ? strchr(target + 1, ' ') : NULL;
    http_gate_status status;

    if (version == NULL)
        return BAD_REQUEST;
    *target++ = '\0';
    *version++ = '\0';
    if (!is_token(line) || !is_target(target))
        return BAD_REQUEST;
    if (strlen(target) > TARGET_MAX_BYTES)
        return TARGET_TOO_LONG;
    status = read_version(version, head);
    if (status != 0)
        return status;
    if (!is_known_method(line))
        return NOT_IMPLEMENTED;
    head->method = line;
    return read_path(target, head);
}

/* ---- The headers --------------------------------------------------------- */

static http_gate_status read_host(const char *value, struct http_head *head)
{
    (void)head;
    if (*value == '\0')
        return BAD_REQUEST;
    for (; *value != '\0'; value++)
        if (!is_letter_or_digit(*value) && strchr("-._~:[]", *value) == NULL)
            return BAD_REQUEST;
    return 0;
}

static http_gate_status read_content_length(const char *value, struct http_head *head)
{
    size_t digits = strspn(value, "0123456789");

    if (digits == 0 || digits > 10 || value[digits] != '\0')
        return BAD_REQUEST;
    for (; *value != '\0'; value++)
        head->content_length = head->content_length * 10 + (uint64_t)(*value - '0');
    return 0;
}

static http_gate_status read_transfer_encoding(const char *value, struct http_head *head)
{
    head->is_chunked = true;
    return strcmp(value, "chunked") == 0 ? 0 : BAD_REQUEST;
}

static http_gate_status read_expect(const char *value, struct http_head *head)
{
    head->wants_continue = true;
    return strcasecmp(value, "100-continue") == 0 ? 0 : EXPECTATION_FAILED;
}

/* A list of tokens, of which we know one. */
static http_gate_status read_connection(const char *value, struct http_head *head)
{
    while (*value != '\0') {
        size_t size = strcspn(value, ", \t");

        if (size == 5 && strncasecmp(value, "close", 5) == 0)
            head->closes = true;
        value += size;
        value += strspn(value, ", \t");
    }
    return 0;
}

/* Of these two would mean that two readers could each follow another one. */
enum { ROW_HOST, ROW_LENGTH, ROW_ENCODING };

static const struct {
    const char *name;
    bool once;
    http_gate_status (*read)(const char *value, struct http_head *head);
} header_rows[] = {
    [ROW_HOST] = {"Host",              true,  read_host             },
    [ROW_LENGTH] = {"Content-Length",    true,  read_content_length   },
    [ROW_ENCODING] = {"Transfer-Encoding", true,  read_transfer_encoding},
    {"Connection",        false, read_connection       },
    {"Expect",            true,  read_expect           },
    {"Authorization",     true,  NULL                  },
    {"Content-Type",      true,  NULL                  },
    {"Idempotency-Key",   true,  NULL                  },
};

#define HEADER_ROWS (sizeof(header_rows) / sizeof(header_rows[0]))

static http_gate_status read_known(const struct http_header *header, struct http_head *head,
                                   unsigned *seen)
{
    for (size_t i = 0; i < HEADER_ROWS; i++) {
        if (strcasecmp(header->name, header_rows[i].name) != 0)
            continue;
        if (header_rows[i].once && (*seen & 1u << i))
            return BAD_REQUEST;
        *seen |= 1u << i;
        return header_rows[i].read != NULL ? header_rows[i].read(header->value, head) : 0;
    }
    return 0;
}

static http_gate_status read_header(char *line, struct http_head *head, unsigned *seen)
{
    char *value = strchr(line, ':');
    struct http_header *header;
    size_t size;

    if (value == NULL)
        return BAD_REQUEST;
    *value++ = '\0';
    if (!is_token(line))
        return BAD_REQUEST; /* also a folded line and a blank before the colon */
    value += strspn(value, " \t");
    size = strlen(value);
    while (size > 0 && (value[size - 1] == ' ' || value[size - 1] == '\t'))
        value[--size] = '\0';
    if (head->header_count == HTTP_HEADERS_MAX)
        return HEAD_TOO_LARGE;
    header = &head->headers[head->header_count++];
    *header = (struct http_header){line, value};
    return read_known(header, head, seen);
}

/* The line at `*at` with a NUL for its CRLF; `*at` is then the next one. */
static char *take_line(char **at, const char *end_of_head)
{
    char *line = *at;
    char *end = memchr(line, '\r', (size_t)(end_of_head - line));

    *end = '\0';
    *at = end + 2;
    return line;
}

http_gate_status http_gate_read_head(char *octets, size_t size, struct http_head *head)
{
    char *at = octets;
    char *end = octets + size - 2; /* the empty line */
    unsigned seen = 0;
    bool is_old;
    http_gate_status status;

    head->header_count = 0;
    head->content_length = 0;
    head->is_chunked = false;
    head->wants_continue = false;
    head->closes = false;
    status = read_request_line(take_line(&at, octets + size), head);
    is_old = head->closes;
    while (status == 0 && at < end)
        status = read_header(take_line(&at, octets + size), head, &seen);
    if (status != 0)
        return status;
    if (!(seen & 1u << ROW_HOST))
        return BAD_REQUEST;
    /* HTTP/1.0 knows no chunks: an old proxy would have read on otherwise. */
    if (head->is_chunked && (is_old || seen & 1u << ROW_LENGTH))
        return BAD_REQUEST;
    return 0;
}

/* ---- Chunks -------------------------------------------------------------- */

http_gate_status http_gate_read_chunk_line(const uint8_t *input, size_t size,
                                           size_t *out_line, uint64_t *out_chunk)
{
    uint64_t chunk = 0;
    size_t digits = 0;

    *out_line = 0;
    while (digits < size && digits < CHUNK_LINE_MAX_BYTES - 2 &&
           hex_of((char)input[digits]) >= 0)
        chunk = chunk << 4 | (uint64_t)hex_of((char)input[digits++]);
    if (digits < size && (digits == 0 || input[digits] != '\r'))
        return BAD_REQUEST;
    if (digits + 1 < size && input[digits + 1] != '\n')
        return BAD_REQUEST;
    if (digits + 2 <= size) {
        *out_line = digits + 2;
        *out_chunk = chunk;
    }
    return 0;
}
