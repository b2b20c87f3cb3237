/*
 * sluiced: reads the command line and the configuration, runs the loop, ends with the
 * status that tells why.
 */
#include <argp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>

#include "gateway/api.h"
#include "gateway/clock.h"
#include "gateway/config.h"
#include "gateway/executor.h"
#include "gateway/gateway.h"
#include "gateway/http_trust.h"
#include "gateway/log.h"
#include "gateway/duration_histogram.h"
#include "gateway/notify.h"
#include "gateway/process.h"
#include "gateway/reload.h"
#include "gateway/store.h"
#include "gateway/tls.h"

const char *argp_program_version = "sluiced " PACKAGE_VERSION;

struct arguments {
    const char *config;
    const char *state_folder;
    bool test;
    bool print;
};

static const struct argp_option options[] = {
    {"config",                                        'c', "FILE", 0, "Read this configuration (see sluice.conf(5))", 0},
    {"state-dir",                                         's', "DIR", 0,
     "Keep messages, money and the socket here"
     " (else $SLUICE_STATE_DIR); made if missing", 0},
    {"test", 't', NULL, 0, "Check the configuration and end: 0 right, 1 wrong", 0},
    {"print",                                               'T', NULL, 0, "Print the effective configuration, secrets masked, and end",
     0},
    {0   },
};

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct arguments *arguments = state->input;

    switch (key) {
    case 'c':
        arguments->config = value;
        return 0;
    case 's':
        arguments->state_folder = value;
        return 0;
    case 't':
        arguments->test = true;
        return 0;
    case 'T':
        arguments->print = true;
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "what is '%s'?", value);
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    .options = options,
    .parser = parse,
    .doc = "The Sluice SMPP gateway with cascade routing.\v"
           "Runs in the foreground and logs to standard error. SIGTERM lets what is open"
           " finish and ends with 0.",
};

static struct config *load(const char *path)
{
    struct config_errors errors;
    struct config *config = config_load(path, &errors);

    for (size_t i = 0; i < errors.warning_count && i < CONFIG_WARNINGS_MAX; i++)
        fprintf(stderr, "%s (warning)\n", errors.warnings[i]);
    if (config)
        return config;
    for (size_t i = 0; i < errors.count && i < CONFIG_ERRORS_MAX; i++)
        fprintf(stderr, "%s\n", errors.lines[i]);
    if (errors.count > CONFIG_ERRORS_MAX)
        fprintf(stderr, "... and %zu more\n", errors.count - CONFIG_ERRORS_MAX);
    return NULL;
}

struct daemon {
    struct event_base *base;
    struct gateway *gateway;
    struct config *config;
    struct notify *notify;
    int waits; /* of the loop's thread (process.h) */
    bool stopped;
};

static void on_signal(evutil_socket_t number, short what, void *owner)
{
    struct daemon *daemon = owner;

    (void)what;
    if (daemon->gateway == NULL) {
        /* Nothing was taken, and nothing was begun. */
        log_info("gateway.stopped", "reason=\"signal %d, while loading\"", (int)number);
        _exit(0);
    }
    if (daemon->gateway->draining) {
        log_warning("gateway.stopped", "reason=\"signal %d, again\"", (int)number);
        daemon->stopped = true;
        return;
    }
    gateway_drain(daemon->gateway);
}

static void on_hangup(evutil_socket_t number, short what, void *owner)
{
    struct daemon *daemon = owner;

    (void)number;
    (void)what;
    if (daemon->gateway == NULL)
        return;
    notify_reloading(daemon->notify);
    gateway_reload(daemon->gateway, daemon->config);
    notify_reloaded(daemon->notify);
}

static int64_t stalled_ms(void *owner)
{
    const struct daemon *daemon = owner;

    return store_stalled_ms(daemon->gateway->store);
}

static int64_t cpu_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* What was decided in this turn is committed, now or at the next beat; then the loop rests
 * until that, but for what has become durable. */
static void end_turn(const struct daemon *daemon, int64_t ran_us)
{
    struct gateway *gateway = daemon->gateway;
    struct turns *turns = &gateway->turns;
    int64_t now_us = clock_precise_us(gateway->clock);
    int64_t rest_us;
    bool was_paced = turns->paced;
    bool goes;

    if (store_stalled_ms(gateway->store) >= TURNS_STILL_MS)
        turns_stand_still(turns, now_us);
    goes = turns_end(turns, now_us, store_decided(gateway->store),
                     store_counters(gateway->store)->begun);
    if (turns->paced != was_paced)
        store_hold(gateway->store, turns->paced);
    if (goes && (turns->paced || was_paced))
        store_let_one_go(gateway->store);
    if (strain_is_due(&gateway->strain, now_us))
        strain_look(&gateway->strain, now_us, ran_us + process_waited_us(daemon->waits),
                    store_tables_are_busy(gateway->store));
    rest_us = turns_rest_us(turns, now_us);
    if (rest_us > 0)
        executor_wait(gateway->executor, rest_us);
}

/* By the beat nothing is waited for, and what the first look has set off (output of TLS, a
 * request on a connection that is new) has a second one. */
static bool turn(struct daemon *daemon)
{
    clock_turn(daemon->gateway->clock);
    if (!daemon->gateway->turns.paced)
        return event_base_loop(daemon->base, EVLOOP_ONCE) == 0;
    return event_base_loop(daemon->base, EVLOOP_ONCE | EVLOOP_NONBLOCK) == 0 &&
           event_base_loop(daemon->base, EVLOOP_ONCE | EVLOOP_NONBLOCK) == 0;
}

/* Turn by turn, each measured by the time it used the processor. */
static void run(struct daemon *daemon)
{
    struct duration_histogram *times = api_loop_turns(daemon->gateway->api);
    struct gateway *gateway = daemon->gateway;
    int64_t before_us = cpu_us();

    notify_watch(daemon->notify, stalled_ms, daemon);
    while (!daemon->stopped && !gateway->stopped && turn(daemon)) {
        int64_t after_us = cpu_us();

        duration_histogram_add(times, after_us - before_us);
        before_us = after_us;
        end_turn(daemon, after_us);
        notify_follow(daemon->notify, gateway->ready, gateway->draining);
    }
}

static void while_loading(void *owner, uint64_t rows)
{
    struct daemon *daemon = owner;

    event_base_loop(daemon->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
    notify_loading(daemon->notify, rows);
}

/* What the files say that the configuration names. */
static int test(const struct config *config, const char *path)
{
    char error[1400];
    struct tls *tls = tls_new(config, NULL, error, sizeof(error));
    struct http_trust *trust = NULL;
    bool good = tls != NULL;

    if (good && config->private_ca[0] != '\0')
        good = (trust = http_trust_new(config->private_ca, error, sizeof(error))) != NULL;
    tls_free(tls);
    http_trust_free(trust);
    if (!good) {
        fprintf(stderr, "%s: %s\n", path, error);
        return 1;
    }
    printf("%s: the configuration is right\n", path);
    return 0;
}

enum { OWN_FILES = 64 }; /* of the store, the log, the libraries */

/* What the configuration may open at once. */
static uint64_t count_files(const struct config *config)
{
    uint64_t count = OWN_FILES + (uint64_t)config->http.max_connections;

    for (size_t i = 0; i < config->listen_count; i++)
        count += config->listens[i].max_connections;
    for (size_t i = 0; i < config->link_count; i++)
        count += config->links[i].connections *
                 (config->links[i].bind == CONFIG_PAIR ? UINT64_C(2) : 1);
    for (size_t i = 0; i < config->channel_count; i++)
        count += config->channels[i].concurrency;
    return count;
}

/* Better not to start than to find out under load. */
static bool has_files(const struct config *config)
{
    uint64_t wanted = count_files(config);
    uint64_t allowed = process_raise_open_files();

    if (wanted <= allowed)
        return true;
    log_error("gateway.refused",
              "reason=\"the configuration may need %llu open files and sockets, and the "
              "system allows %llu: raise the limit (ulimit -n, LimitNOFILE=) or lower "
              "max_connections\"",
              (unsigned long long)wanted, (unsigned long long)allowed);
    return false;
}

static int serve(struct config *config, const char *state_folder)
{
    struct daemon daemon = {
        .base = event_base_new(), .config = config, .waits = process_open_waits()};
    struct clock *clock = clock_new(daemon.base);
    struct executor *executor = executor_new(daemon.base);
    struct event *terminate = evsignal_new(daemon.base, SIGTERM, on_signal, &daemon);
    struct event *interrupt = evsignal_new(daemon.base, SIGINT, on_signal, &daemon);
    struct event *hangup = evsignal_new(daemon.base, SIGHUP, on_hangup, &daemon);
    const struct gateway_options gateway_options = {
        .config = config,
        .state_folder = state_folder,
        .base = daemon.base,
        .clock = clock,
        .executor = executor,
        .while_loading = while_loading,
        .loading_owner = &daemon,
    };
    const struct notify_environment environment = {.socket = getenv("NOTIFY_SOCKET"),
                                                   .watchdog_us = getenv("WATCHDOG_USEC"),
                                                   .watchdog_pid = getenv("WATCHDOG_PID")};
    char error[512] = "";
    int status = 1;

    daemon.notify = notify_new(clock, &environment);
    notify_loading(daemon.notify, 0);
    /* Before the store is loaded: the loop turns meanwhile. */
    event_add(terminate, NULL);
    event_add(interrupt, NULL);
    event_add(hangup, NULL);
    daemon.gateway = gateway_new(&gateway_options, error, sizeof(error));
    if (daemon.gateway == NULL) {
        log_error("gateway.refused", "reason=\"%s\"", error);
    } else {
        run(&daemon);
        status = daemon.gateway->exit_status;
    }
    executor_free(executor);
    gateway_free(daemon.gateway);
    event_free(terminate);
    event_free(interrupt);
    event_free(hangup);
    notify_free(daemon.notify);
    clock_free(clock);
    event_base_free(daemon.base);
    if (daemon.waits >= 0)
        close(daemon.waits);
    return status;
}

int main(int argc, char **argv)
{
    struct arguments arguments = {.state_folder = getenv("SLUICE_STATE_DIR")};
    struct config *config;
    int status = 0;

    signal(SIGPIPE, SIG_IGN);
    /* Texts and numbers are in all that is made, also in a folder that others may read. */
    umask(S_IRWXG | S_IRWXO);
    process_let_dump(false);
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    if (arguments.config == NULL) {
        fprintf(stderr, "sluiced: which configuration? Give it with -c FILE.\n");
        return EX_USAGE;
    }
    config = load(arguments.config);
    if (config == NULL)
        return 1;
    log_open(STDERR_FILENO, config->log_level);
    process_let_dump(config->core_dumps);
    if (arguments.print) {
        config_print(config, stdout);
    } else if (arguments.test) {
        status = test(config, arguments.config);
    } else if (arguments.state_folder == NULL || *arguments.state_folder == 0) {
        fprintf(stderr, "sluiced: where is the state to be kept? Give --state-dir DIR or"
                        " set SLUICE_STATE_DIR.\n");
        status = 1;
    } else if (!has_files(config)) {
        status = 1;
    } else {
        status = serve(config, arguments.state_folder);
    }
    config_free(config);
    return status;
}
