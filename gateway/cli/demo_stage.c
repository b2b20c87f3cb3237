#include "gateway/cli/demo_stage.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ftw.h>
#include <libgen.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/cli/demo_api.h"

enum { READY_MS = 10000, PAUSE_MS = 25, GRACE_MS = 2000 };

/* ---- What went wrong ------------------------------------------------------ */

static bool complain(const char *what, const char *why)
{
    fprintf(stderr, "sluice demo: %s: %s\n", what, why);
    return false;
}

static bool complain_of(const struct demo_child *child, const char *what)
{
    fprintf(stderr, "sluice demo: %s %s; the end of what it said:\n", child->name, what);
    demo_child_print_log(child, stderr);
    return false;
}

/* ---- Folder, programs, ports ---------------------------------------------- */

static bool make_folder(struct demo_stage *stage)
{
    const char *parent = getenv("TMPDIR");

    if (parent == NULL || *parent == '\0')
        parent = "/tmp";
    if ((size_t)snprintf(stage->folder, sizeof(stage->folder), "%s/sluice-demo-XXXXXX",
                         parent) >= sizeof(stage->folder) - sizeof("/sluice.sock")) {
        stage->folder[0] = '\0';
        return complain("TMPDIR", strerror(ENAMETOOLONG));
    }
    if (mkdtemp(stage->folder) == NULL) {
        complain(stage->folder, strerror(errno));
        stage->folder[0] = '\0';
        return false;
    }
    snprintf(stage->socket, sizeof(stage->socket), "%.*s/sluice.sock",
             (int)(sizeof(stage->socket) - sizeof("/sluice.sock")), stage->folder);
    return true;
}

static int remove_one(const char *path, const struct stat *status, int kind,
                      struct FTW *where)
{
    (void)status;
    (void)kind;
    (void)where;
    return remove(path);
}

static bool is_program(const char *folder, size_t folder_size, const char *name,
                       char out[PATH_MAX])
{
    return snprintf(out, PATH_MAX, "%.*s/%s", (int)folder_size, folder, name) < PATH_MAX &&
           access(out, X_OK) == 0;
}

/* Beside this program, where an installation has the daemon, or in PATH. */
static bool find_program(const char *beside, const char *name, char out[PATH_MAX])
{
    static const char *const places[] = {"", "/../sbin", "/../bin"};
    const char *path = getenv("PATH");
    char folder[PATH_MAX];

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
        if (snprintf(folder, sizeof(folder), "%s%s", beside, places[i]) < PATH_MAX &&
            is_program(folder, strlen(folder), name, out))
            return true;
    while (path != NULL && *path != '\0') {
        size_t size = strcspn(path, ":");

        if (size > 0 && is_program(path, size, name, out))
            return true;
        path += size + (path[size] == ':');
    }
    fprintf(stderr, "sluice demo: %s is neither in %s nor in PATH\n", name, beside);
    return false;
}

static bool find_programs(struct demo_stage *stage)
{
    char self[PATH_MAX] = "";
    const char *beside;

    if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
        return complain("/proc/self/exe", strerror(errno));
    memcpy(stage->self_path, self, sizeof(self));
    beside = dirname(self);
    return find_program(beside, "sluiced", stage->sluiced_path) &&
           find_program(beside, "sluice-sim", stage->sim_path) &&
           find_program(beside, "sluice-bench", stage->bench_path);
}

/* A port that nobody has; `out_fd` keeps it until it is closed. */
static bool take_port(uint16_t *out_port, int *out_fd)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    socklen_t size = sizeof(address);

    *out_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (*out_fd < 0 || bind(*out_fd, (struct sockaddr *)&address, size) != 0 ||
        getsockname(*out_fd, (struct sockaddr *)&address, &size) != 0)
        return complain("no free port on 127.0.0.1", strerror(errno));
    *out_port = ntohs(address.sin_port);
    return true;
}

static bool choose_ports(struct demo_stage *stage)
{
    int smpp_fd = -1;
    int http_fd = -1;
    bool found =
        take_port(&stage->smpp_port, &smpp_fd) && take_port(&stage->http_port, &http_fd);

    if (smpp_fd >= 0)
        close(smpp_fd);
    if (http_fd >= 0)
        close(http_fd);
    return found;
}

/* ---- Signals -------------------------------------------------------------- */

static bool take_signals(struct demo_stage *stage)
{
    sigset_t wanted;

    sigemptyset(&wanted);
    sigaddset(&wanted, SIGINT);
    sigaddset(&wanted, SIGTERM);
    sigaddset(&wanted, SIGHUP);
    sigaddset(&wanted, SIGCHLD);
    if (sigprocmask(SIG_BLOCK, &wanted, NULL) != 0)
        return complain("sigprocmask", strerror(errno));
    /* Whoever reads us may go away; what has been started must still be ended. */
    signal(SIGPIPE, SIG_IGN);
    stage->signals_fd = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
    return stage->signals_fd >= 0 || complain("signalfd", strerror(errno));
}

static bool still_plays(struct demo_child *child)
{
    char how[64];
    char sentence[96];

    if (demo_child_runs(child))
        return true;
    demo_child_how_it_ended(child, how, sizeof(how));
    snprintf(sentence, sizeof(sentence), "has ended with %s", how);
    return complain_of(child, sentence);
}

bool demo_stage_wait(struct demo_stage *stage, int pause_ms)
{
    struct pollfd ready = {.fd = stage->signals_fd, .events = POLLIN};
    struct signalfd_siginfo news;

    if (poll(&ready, 1, pause_ms) > 0)
        while (read(stage->signals_fd, &news, sizeof(news)) == (ssize_t)sizeof(news))
            if (news.ssi_signo != SIGCHLD)
                stage->stopped_by = (int)news.ssi_signo;
    if (stage->stopped_by != 0)
        return false;
    return (stage->sim.name == NULL || still_plays(&stage->sim)) &&
           (stage->sluiced.name == NULL || still_plays(&stage->sluiced));
}

/* ---- Those who play ------------------------------------------------------- */

static bool start(struct demo_stage *stage, struct demo_child *child, const char *program,
                  const char *const *arguments)
{
    return demo_child_start(child, program, arguments, stage->folder) ||
           complain(program, strerror(errno));
}

/* "ready operator=2785 free=9785 ...", once all roles listen. */
static bool read_ports(struct demo_stage *stage)
{
    char line[256] = "";
    FILE *log = fopen(stage->sim.log_path, "r");
    bool whole = false;

    while (log != NULL && !whole && fgets(line, sizeof(line), log) != NULL)
        whole = strncmp(line, "ready ", 6) == 0 && strchr(line, '\n') != NULL;
    if (log != NULL)
        fclose(log);
    for (int i = 0; whole && i < DEMO_CHANNELS; i++) {
        char key[32];
        const char *at;

        snprintf(key, sizeof(key), " %s=", demo_channel_name(i));
        at = strstr(line, key);
        if (at == NULL)
            return false;
        stage->ports[i] = (uint16_t)strtoul(at + strlen(key), NULL, 10);
    }
    return whole;
}

/* Asks until it holds. */
static bool await(struct demo_stage *stage, bool (*holds)(struct demo_stage *),
                  const struct demo_child *whom)
{
    for (int waited_ms = 0; waited_ms < READY_MS; waited_ms += PAUSE_MS) {
        if (holds(stage))
            return true;
        if (!demo_stage_wait(stage, PAUSE_MS))
            return false;
    }
    return complain_of(whom, "is not ready");
}

static bool start_sim(struct demo_stage *stage)
{
    /* How fast each is: as in life, none answers at once. */
    static const char *const pace[DEMO_CHANNELS] = {
        [DEMO_FREE] = "answer_delay=5-30,report_delay=50-400",
        [DEMO_CHEAP] = "answer_delay=10-60,report_delay=100-600",
        [DEMO_DEAR] = "answer_delay=10-60,report_delay=100-600",
        [DEMO_OPERATOR] =
            "system_id=sluice,password=sluice,answer_delay=5-40,report_delay=200-900",
    };
    char roles[DEMO_CHANNELS][2 * DEMO_SCRIPT_SIZE];
    const char *arguments[2 * DEMO_CHANNELS + 2] = {"sluice-sim"};

    for (int i = 0; i < DEMO_CHANNELS; i++) {
        char rules[DEMO_SCRIPT_SIZE];
        char callback[96] = "";

        demo_audience_rules(i, rules);
        if (i != DEMO_OPERATOR)
            snprintf(callback, sizeof(callback),
                     "callback=http://127.0.0.1:%u/v1/hooks/%s,", stage->http_port,
                     demo_channel_name(i));
        snprintf(roles[i], sizeof(roles[i]), "port=0,name=%s,%s%s,%s", demo_channel_name(i),
                 callback, pace[i], rules);
        arguments[1 + 2 * i] = i == DEMO_OPERATOR ? "--smsc" : "--messenger";
        arguments[2 + 2 * i] = roles[i];
    }
    return start(stage, &stage->sim, stage->sim_path, arguments) &&
           await(stage, read_ports, &stage->sim);
}

static void tell_port(const char *name, uint16_t port)
{
    char text[8];

    snprintf(text, sizeof(text), "%u", port);
    setenv(name, text, 1);
}

static bool takes_messages(struct demo_stage *stage)
{
    return demo_api_is_ready(stage);
}

static bool start_sluiced(struct demo_stage *stage, const char *config)
{
    const char *const arguments[] = {"sluiced",     "-c",          config,
                                     "--state-dir", stage->folder, NULL};

    /* What conf/demo.conf lets its ports be moved with. */
    tell_port("DEMO_SMPP_PORT", stage->smpp_port);
    tell_port("DEMO_HTTP_PORT", stage->http_port);
    tell_port("DEMO_FREE_PORT", stage->ports[DEMO_FREE]);
    tell_port("DEMO_CHEAP_PORT", stage->ports[DEMO_CHEAP]);
    tell_port("DEMO_DEAR_PORT", stage->ports[DEMO_DEAR]);
    tell_port("DEMO_SMSC_PORT", stage->ports[DEMO_OPERATOR]);
    return start(stage, &stage->sluiced, stage->sluiced_path, arguments) &&
           await(stage, takes_messages, &stage->sluiced);
}

bool demo_stage_start(struct demo_stage *stage, const char *config)
{
    return start_sim(stage) && start_sluiced(stage, config);
}

bool demo_stage_start_bench(struct demo_stage *stage, const char *const *arguments)
{
    return start(stage, &stage->bench, stage->bench_path, arguments);
}

/* ---- From beginning to end ------------------------------------------------ */

bool demo_stage_open(struct demo_stage *stage)
{
    *stage = (struct demo_stage){.signals_fd = -1};
    if (take_signals(stage) && find_programs(stage) && make_folder(stage) &&
        choose_ports(stage))
        return true;
    demo_stage_close(stage);
    return false;
}

void demo_stage_close(struct demo_stage *stage)
{
    demo_child_end(&stage->bench, 0);
    demo_child_end(&stage->sluiced, GRACE_MS);
    demo_child_end(&stage->sim, GRACE_MS);
    if (stage->folder[0] != '\0' &&
        nftw(stage->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0)
        complain(stage->folder, strerror(errno));
    stage->folder[0] = '\0';
    if (stage->signals_fd >= 0)
        close(stage->signals_fd);
    stage->signals_fd = -1;
}
