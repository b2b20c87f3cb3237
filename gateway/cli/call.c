#include "gateway/cli/call.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    PATIENCE_S = 60,
    HEAD_MAX = 64 * 1024,
    BODY_MAX = 256 * 1024 * 1024,
};

/* ---- Connecting ---------------------------------------------------------- */

void call_set_patience(int fd, unsigned seconds)
{
    const struct timeval patience = {.tv_sec = seconds};

    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
}

int call_connect_unix(const char *path, char *error, size_t error_size)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd;

    if (strlen(path) >= sizeof(address.sun_path)) {
        snprintf(error, error_size, "%s is too long for a socket", path);
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0) {
        call_set_patience(fd, PATIENCE_S);
        return fd;
    }
    if (errno == ENOENT || errno == ECONNREFUSED)
        snprintf(error, error_size, "sluiced is not running: nobody listens on %s", path);
    else
        snprintf(error, error_size, "cannot connect to %s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

/* "http://host:port", the host perhaps in brackets, perhaps with a last slash. */
static bool split_url(const char *url, char *host, size_t host_size, char *port,
                      size_t port_size)
{
    static const char scheme[] = "http://";
    const char *at, *end;
    size_t size;

    if (strncasecmp(url, scheme, sizeof(scheme) - 1) != 0)
        return false;
    at = url + sizeof(scheme) - 1;
    end = at + strcspn(at, "/");
    if (end[0] == '/' && end[1] != '\0')
        return false;
    size = *at == '[' ? strcspn(at, "]") : strcspn(at, ":/");
    snprintf(host, host_size, "%.*s", (int)(*at == '[' ? size - 1 : size),
             *at == '[' ? at + 1 : at);
    at += size;
    at += *at == ']';
    if (*at == ':')
        snprintf(port, port_size, "%.*s", (int)(end - at - 1), at + 1);
    else
        snprintf(port, port_size, "80");
    return host[0] != '\0' && port[0] != '\0';
}

int call_connect_url(const char *url, char *error, size_t error_size)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    char host[256] = "", port[16] = "";
    int fd = -1, result;

    if (!split_url(url, host, sizeof(host), port, sizeof(port))) {
        snprintf(error, error_size, "%s is not http://HOST:PORT", url);
        return -1;
    }
    result = getaddrinfo(host, port, &hints, &found);
    if (result != 0) {
        snprintf(error, error_size, "%s: %s", url, gai_strerror(result));
        return -1;
    }
    for (const struct addrinfo *at = found; at != NULL && fd < 0; at = at->ai_next) {
        fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol);
        if (fd >= 0 && connect(fd, at->ai_addr, at->ai_addrlen) != 0) {
            result = errno;
            close(fd);
            fd = -1;
            errno = result;
        }
    }
    if (fd >= 0)
        call_set_patience(fd, PATIENCE_S);
    else if (errno == ECONNREFUSED)
        snprintf(error, error_size, "sluiced is not running: nobody listens on %s", url);
    else
        snprintf(error, error_size, "cannot connect to %s: %s", url, strerror(errno));
    freeaddrinfo(found);
    return fd;
}

/* ---- Reading ------------------------------------------------------------- */

bool call_read_head(const char *octets, size_t size, int *out_status, size_t *out_head,
                    long *out_length)
{
    static const char length_name[] = "content-length:";
    const char *end = memmem(octets, size, "\r\n\r\n", 4);
    const char *line;

    if (end == NULL || size < 12 || memcmp(octets, "HTTP/1.", 7) != 0)
        return false;
    *out_status = atoi(octets + 9);
    *out_head = (size_t)(end - octets) + 4;
    *out_length = -1;
    line = memmem(octets, *out_head, "\r\n", 2);
    while (line < end) {
        line += 2;
        if (strncasecmp(line, length_name, sizeof(length_name) - 1) == 0)
            *out_length = strtol(line + sizeof(length_name) - 1, NULL, 10);
        line = memmem(line, (size_t)(end + 2 - line), "\r\n", 2);
    }
    return true;
}

/* What came over the socket so far. */
struct received {
    char *octets;
    size_t size;
    size_t room;
};

/* 1: there is more; 0: the other side has closed; -1: errno. */
static int receive(int fd, struct received *received)
{
    ssize_t got;

    if (received->room - received->size < 2) {
        received->room = received->room != 0 ? received->room * 2 : 16384;
        received->octets = realloc(received->octets, received->room);
        if (received->octets == NULL)
            abort();
    }
    do
        got = recv(fd, received->octets + received->size,
                   received->room - received->size - 1, 0);
    while (got < 0 && errno == EINTR);
    if (got <= 0)
        return (int)got;
    received->size += (size_t)got;
    received->octets[received->size] = '\0';
    return 1;
}

static bool read_answer(int fd, struct call_answer *out, char *error, size_t error_size)
{
    struct received received = {0};
    size_t head = 0;
    long length = -1;
    int more = 1;

    while (more > 0 && received.size < BODY_MAX) {
        if (head > 0 && length >= 0 && received.size >= head + (size_t)length)
            break;
        more = receive(fd, &received);
        if (head == 0 && more > 0 &&
            !call_read_head(received.octets, received.size, &out->status, &head, &length) &&
            received.size > HEAD_MAX)
            break;
    }
    if (head == 0 || (length >= 0 && received.size < head + (size_t)length)) {
        snprintf(error, error_size, "%s",
                 more < 0 ? strerror(errno) : "the answer was cut short, or was no HTTP");
        free(received.octets);
        return false;
    }
    memmove(received.octets, received.octets + head, received.size - head + 1);
    out->body = received.octets;
    out->size = received.size - head;
    return true;
}

/* ---- Sending ------------------------------------------------------------- */

static bool send_all(int fd, const char *octets, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(fd, octets, size, MSG_NOSIGNAL);

        if (sent < 0 && errno != EINTR)
            return false;
        if (sent > 0) {
            octets += sent;
            size -= (size_t)sent;
        }
    }
    return true;
}

bool call_exchange(int fd, const char *method, const char *path, const char *token,
                   const void *body, size_t body_size, struct call_answer *out, char *error,
                   size_t error_size)
{
    char head[2048];
    int size =
        snprintf(head, sizeof(head),
                 "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                 "Content-Type: application/json\r\nContent-Length: %zu\r\n%s%s%s\r\n",
                 method, path, body_size, token != NULL ? "Authorization: Bearer " : "",
                 token != NULL ? token : "", token != NULL ? "\r\n" : "");
    bool done = false;

    if (size < 0 || (size_t)size >= sizeof(head))
        snprintf(error, error_size, "the request is too long");
    else if (!send_all(fd, head, (size_t)size) ||
             (body != NULL && !send_all(fd, body, body_size)))
        snprintf(error, error_size, "the connection broke: %s", strerror(errno));
    else
        done = read_answer(fd, out, error, error_size);
    close(fd);
    return done;
}

void call_answer_done(struct call_answer *answer)
{
    free(answer->body);
    *answer = (struct call_answer){0};
}
