#include "tests/gateway/lone_gateway.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ftw.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/event.h>

#include "gateway/clock.h"
#include "gateway/config.h"
#include "gateway/executor.h"
#include "gateway/gateway.h"
#include "gateway/log.h"
#include "tests/test.h"

enum { TURNS_MAX = 20000, ANSWER_MAX = 512 * 1024, VIRTUAL_START_MS = 1000 };

static const int64_t VIRTUAL_WALL_MS = 1785501005000; /* 2026-07-31 12:30:05 UTC */

struct lone_gateway {
    char folder[64];
    uint16_t port;
    bool is_virtual;
    bool is_inline;
    struct event_base *base;
    struct clock *clock;
    struct executor *executor;
    struct config *config;
    struct gateway *gateway;
    char answer[ANSWER_MAX];
};

static const char text[] =
    "practice = true\n"
    "destinations = {\"*\"}\n"
    "providers = \"%s/conf/providers\"\n"
    "listen \"smpp\" { address = \"127.0.0.1:0\" }\n"
    "http {\n"
    "  address = \"127.0.0.1:%u\"\n"
    "  token \"admin\" { value = \"admin-token\" scope = \"admin\" accounts = {\"*\"} }\n"
    "  token \"send\" { value = \"rich-send\" scope = \"send\" accounts = {\"rich\"} }\n"
    "  token \"own\" { value = \"rich-admin\" scope = \"admin\" accounts = {\"rich\"} }\n"
    "  token \"read\" { value = \"rich-read\" scope = \"read\" accounts = {\"rich\"} }\n"
    "}\n"
    "account \"rich\" { password = \"p\" plan = \"both\" opening = \"1000\" }\n"
    "account \"poor\" { password = \"p\" plan = \"both\" opening = \"0.10\" }\n"
    "account \"slow\" { password = \"p\" plan = \"both\" opening = \"1000\" tps = 1 burst "
    "= 1 }\n"
    "link \"smsc\" { port = %u system_id = \"s\" password = \"s\" "
    "%s }\n"
    "channel \"chat\" { profile = \"lab\" url = \"http://127.0.0.1:1/send\" token = \"t\""
    " key = \"lab-hook\" label = \"Chat\" }\n"
    "plan \"both\" {\n"
    "  step \"chat\" { channels = {\"chat\"} until = \"delivered\" within = \"2s\" }\n"
    "  step \"sms\" { channels = {\"smsc\"} }\n"
    "}\n"
    "plan \"dear\" { step \"sms\" { channels = {\"smsc\"} } }\n"
    "price { side = \"sell\" channel = \"smsc\" price = \"0.05\" }\n"
    "price { side = \"buy\" channel = \"smsc\" price = \"0.03\" }\n"
    "price { side = \"sell\" channel = \"chat\" unit = \"message\" on = \"delivered\""
    " price = \"0.01\" }\n"
    "%s\n";

/* One that nobody has now. */
static uint16_t free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    close(fd);
    return ntohs(address.sin_port);
}

static struct config *load_config(struct lone_gateway *lone, uint16_t operator_port,
                                  const char *settings, const char *sections)
{
    const char *source = getenv("SLUICE_SOURCE");
    struct config_errors *errors = calloc(1, sizeof(*errors));
    struct config *config;
    char *providers = realpath(source != NULL ? source : ".", NULL);
    char path[128];
    FILE *file;

    assert_non_null(providers);
    snprintf(path, sizeof(path), "%s/sluice.conf", lone->folder);
    file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, text, providers, lone->port, operator_port, settings, sections);
    free(providers);
    fclose(file);
    config = config_load(path, errors);
    if (config == NULL)
        fail_msg("%s", errors->lines[0]);
    free(errors);
    return config;
}

static void turn(struct lone_gateway *lone)
{
    event_base_loop(lone->base, EVLOOP_NONBLOCK);
    if (lone->is_virtual)
        clock_advance(lone->clock, clock_mono_ms(lone->clock) + 1);
}

void lone_gateway_pass(struct lone_gateway *lone, int64_t ms)
{
    int64_t until_ms = clock_mono_ms(lone->clock) + ms;

    assert_true(lone->is_virtual);
    while (clock_mono_ms(lone->clock) < until_ms) {
        int64_t due_ms = clock_next_due_ms(lone->clock);

        clock_advance(lone->clock, due_ms < until_ms ? due_ms : until_ms);
        turn(lone);
    }
    lone_gateway_turn(lone);
}

void lone_gateway_turn(struct lone_gateway *lone)
{
    turn(lone);
    poll(NULL, 0, 1);
}

struct lone_gateway *lone_gateway_new(void)
{
    return lone_gateway_new_with(1, "host = \"127.0.0.1\"", "");
}

static void start(struct lone_gateway *lone, uint16_t operator_port, const char *settings,
                  const char *sections)
{
    struct gateway_options options = {0};
    char error[512] = "";

    lone->port = free_port();
    lone->base = event_base_new();
    lone->clock = lone->is_virtual ? clock_new_virtual(VIRTUAL_START_MS, VIRTUAL_WALL_MS)
                                   : clock_new(lone->base);
    lone->executor = lone->is_inline ? executor_new_inline(lone->clock, NULL, NULL)
                                     : executor_new(lone->base);
    lone->config = load_config(lone, operator_port, settings, sections);
    options.config = lone->config;
    options.state_folder = lone->folder;
    options.base = lone->base;
    options.clock = lone->clock;
    options.executor = lone->executor;
    lone->gateway = gateway_new(&options, error, sizeof(error));
    if (lone->gateway == NULL)
        fail_msg("%s", error);
    for (int i = 0; i < TURNS_MAX && !lone->gateway->ready; i++)
        lone_gateway_turn(lone);
    assert_true(lone->gateway->ready);
}

static void stop(struct lone_gateway *lone)
{
    executor_free(lone->executor);
    gateway_free(lone->gateway);
    config_free(lone->config);
    clock_free(lone->clock);
    event_base_free(lone->base);
}

/* In memory if there is room: a disk that stands still for a while is no matter of theirs
 * who wait to see that nothing happens. */
static const char *choose_parent(void)
{
    enum { ROOM_MIB = 256 };
    struct statvfs memory;

    return statvfs("/dev/shm", &memory) == 0 && access("/dev/shm", W_OK) == 0 &&
                   memory.f_bavail * (memory.f_frsize / 1024) / 1024 >= ROOM_MIB
               ? "/dev/shm"
               : "/tmp";
}

static struct lone_gateway *new_on(bool is_virtual, bool is_inline, uint16_t operator_port,
                                   const char *settings, const char *sections)
{
    struct lone_gateway *lone = calloc(1, sizeof(*lone));

    assert_non_null(lone);
    log_open(STDERR_FILENO, LOG_LEVEL_ERROR);
    snprintf(lone->folder, sizeof(lone->folder), "%s/sluice-lone-XXXXXX", choose_parent());
    assert_non_null(mkdtemp(lone->folder));
    lone->is_virtual = is_virtual;
    lone->is_inline = is_inline;
    start(lone, operator_port, settings, sections);
    return lone;
}

void lone_gateway_start_again(struct lone_gateway *lone, uint16_t operator_port,
                              const char *settings, const char *sections)
{
    stop(lone);
    start(lone, operator_port, settings, sections);
}

struct lone_gateway *lone_gateway_new_with(uint16_t operator_port, const char *settings,
                                           const char *sections)
{
    return new_on(false, false, operator_port, settings, sections);
}

struct lone_gateway *lone_gateway_new_virtual(uint16_t operator_port, const char *settings,
                                              const char *sections)
{
    return new_on(true, false, operator_port, settings, sections);
}

struct lone_gateway *lone_gateway_new_inline(const char *sections)
{
    return new_on(true, true, 1, "host = \"127.0.0.1\"", sections);
}

static int remove_entry(const char *path, const struct stat *status, int kind,
                        struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

void lone_gateway_free(struct lone_gateway *lone)
{
    stop(lone);
    nftw(lone->folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    free(lone);
}

struct gateway *lone_gateway_of(struct lone_gateway *lone)
{
    return lone->gateway;
}

const char *lone_gateway_folder(const struct lone_gateway *lone)
{
    return lone->folder;
}

static int connect_tcp(const struct lone_gateway *lone)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(lone->port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static int connect_unix(const struct lone_gateway *lone)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(address.sun_path, sizeof(address.sun_path), "%s/sluice.sock", lone->folder);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

/* To the end of the connection, turning the loop meanwhile. */
static void read_all(struct lone_gateway *lone, int fd)
{
    struct pollfd readable = {.fd = fd, .events = POLLIN};
    size_t used = 0;
    ssize_t got = -1;

    for (int i = 0; i < TURNS_MAX && got != 0; i++) {
        turn(lone);
        if (poll(&readable, 1, 1) <= 0)
            continue;
        got = recv(fd, lone->answer + used, ANSWER_MAX - 1 - used, 0);
        assert_true(got >= 0);
        used += (size_t)got;
    }
    assert_int_equal(got, 0);
    lone->answer[used] = '\0';
}

struct lone_answer lone_gateway_ask(struct lone_gateway *lone, const char *token,
                                    const char *method, const char *path,
                                    const char *header, const char *body)
{
    struct lone_answer answer;
    char request[65536];
    char *end;
    bool is_local = token != NULL && token[0] == '\0';
    int fd = is_local ? connect_unix(lone) : connect_tcp(lone);
    int size = snprintf(request, sizeof(request),
                        "%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                        "Content-Length: %zu\r\n%s%s%s%s\r\n%s",
                        method, path, body != NULL ? strlen(body) : 0, header,
                        token != NULL && !is_local ? "Authorization: Bearer " : "",
                        token != NULL && !is_local ? token : "",
                        token != NULL && !is_local ? "\r\n" : "", body != NULL ? body : "");

    assert_true(size > 0 && (size_t)size < sizeof(request));
    assert_int_equal(send(fd, request, (size_t)size, MSG_NOSIGNAL), size);
    read_all(lone, fd);
    close(fd);
    end = strstr(lone->answer, "\r\n\r\n");
    assert_non_null(end);
    *end = '\0';
    answer.status = atoi(lone->answer + 9);
    answer.head = lone->answer;
    answer.body = end + 4;
    return answer;
}
