/*
 * sluice-sim: SMSCs, messengers and webhook sinks to practise on, any number of them in
 * one process.  Here: the command line, the loop, the end.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/buffer.h>

#include "tests/peers/control.h"
#include "tests/peers/journal.h"
#include "tests/peers/messenger.h"
#include "tests/peers/options.h"
#include "tests/peers/sim.h"
#include "tests/peers/sink.h"
#include "tests/peers/smsc.h"

enum {
    ROLES_MAX = 64,
    CONFIG_LINE_BYTES = 8192,
};

static const struct sim_role_kind *const kinds[] = {&smsc_role, &messenger_role,
                                                    &sink_role};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

struct role {
    const struct sim_role_kind *kind;
    void *self;
};

struct program {
    struct sim sim;
    struct role roles[ROLES_MAX];
    size_t role_count;
    const char *stats_path;
    int ready_fd;
    struct control *control;
};

static void complain(const char *sentence)
{
    fprintf(stderr, "sluice-sim: %s\n", sentence);
}

/* ---- Statistics ---- */

static json_t *all_stats(const void *cookie)
{
    const struct program *program = cookie;
    json_t *roles = json_array();

    for (size_t i = 0; i < program->role_count; i++)
        json_array_append_new(roles, program->roles[i].kind->stats(program->roles[i].self));
    return json_pack("{so}", "roles", roles);
}

/* Whole or not at all: a reader never sees half a file. */
static bool write_stats(const struct program *program)
{
    json_t *stats;
    char path[4096];
    bool written;

    if (program->stats_path == NULL)
        return true;
    if ((size_t)snprintf(path, sizeof(path), "%s.new", program->stats_path) >= sizeof(path))
        return false;
    stats = all_stats(program);
    written = json_dump_file(stats, path, JSON_INDENT(1)) == 0 &&
              rename(path, program->stats_path) == 0;
    json_decref(stats);
    if (!written)
        fprintf(stderr, "sluice-sim: %s: %s\n", program->stats_path, strerror(errno));
    return written;
}

/* ---- Roles ---- */

static void *role_named(const struct program *program, const char *kind, const char *name)
{
    for (size_t i = 0; i < program->role_count; i++) {
        json_t *stats;
        bool same;

        if (strcmp(program->roles[i].kind->name, kind) != 0)
            continue;
        stats = program->roles[i].kind->stats(program->roles[i].self);
        same = name[0] == 0 ||
               strcmp(json_string_value(json_object_get(stats, "name")), name) == 0;
        json_decref(stats);
        if (same)
            return program->roles[i].self;
    }
    return NULL;
}

static struct smsc *smsc_named(const void *cookie, const char *name)
{
    return role_named(cookie, "smsc", name);
}

static bool add_role(struct program *program, const char *kind, const char *description)
{
    char error[OPTION_ERROR_BYTES] = "";
    struct role *role = &program->roles[program->role_count];

    if (program->role_count == ROLES_MAX) {
        complain("too many roles");
        return false;
    }
    for (size_t i = 0; i < KINDS; i++) {
        if (strcmp(kinds[i]->name, kind) != 0)
            continue;
        role->kind = kinds[i];
        role->self = kinds[i]->open(&program->sim, description, error);
        if (role->self == NULL) {
            fprintf(stderr, "sluice-sim: --%s %s: %s\n", kind, description, error);
            return false;
        }
        program->role_count++;
        return true;
    }
    fprintf(stderr, "sluice-sim: there is no role '%s'\n", kind);
    return false;
}

static bool add_control(struct program *program, const char *description)
{
    char error[OPTION_ERROR_BYTES] = "";

    program->control =
        control_open(&program->sim, description,
                     (struct control_questions){all_stats, smsc_named, program}, error);
    if (program->control != NULL)
        return true;
    fprintf(stderr, "sluice-sim: --control %s: %s\n", description, error);
    return false;
}

/* A line of a configuration file: 'smsc port=2785,...'; # begins a comment. */
static bool read_config_line(struct program *program, char *line)
{
    char *description;

    line[strcspn(line, "\r\n")] = 0;
    line += strspn(line, " \t");
    if (*line == 0 || *line == '#')
        return true;
    description = line + strcspn(line, " \t");
    if (*description != 0)
        *description++ = 0;
    description += strspn(description, " \t");
    return add_role(program, line, description);
}

static bool read_config(struct program *program, const char *path)
{
    FILE *file = fopen(path, "r");
    char line[CONFIG_LINE_BYTES];
    bool good = file != NULL;
    int number = 0;

    if (file == NULL) {
        fprintf(stderr, "sluice-sim: %s: %s\n", path, strerror(errno));
        return false;
    }
    while (good && fgets(line, sizeof(line), file) != NULL) {
        number++;
        good = read_config_line(program, line);
        if (!good)
            fprintf(stderr, "sluice-sim: %s:%d: refused\n", path, number);
    }
    fclose(file);
    return good;
}

/* ---- The command line ---- */

static void help(void)
{
    printf("Usage: sluice-sim [OPTION]... ROLE...\n"
           "SMSCs, messengers and webhook sinks to practise on.\n\n"
           "  --smsc DESCRIPTION       an operator's SMSC; may be given again\n"
           "  --messenger DESCRIPTION  a messenger with an HTTP API; may be given again\n"
           "  --sink DESCRIPTION       takes webhooks and logs them; may be given again\n"
           "  --config FILE            a role a line: 'smsc port=2785,password=sluice'\n"
           "  --control DESCRIPTION    HTTP: statistics, subscribers' messages, cut links\n"
           "  --log FILE               a line for each thing that happened\n"
           "  --stats FILE             JSON, at the end and on SIGUSR1\n"
           "  --ready-fd N             where 'ready' is written once all listen (1)\n"
           "  --seed N                 the same seed draws the same chances (1)\n"
           "  --help, --version\n\n");
    for (size_t i = 0; i < KINDS; i++) {
        kinds[i]->help();
        printf("\n");
    }
    control_help();
}

static const struct option options[] = {
    {"smsc",      required_argument, NULL, 0  },
    {"messenger", required_argument, NULL, 0  },
    {"sink",      required_argument, NULL, 0  },
    {"config",    required_argument, NULL, 'c'},
    {"control",   required_argument, NULL, 'o'},
    {"log",       required_argument, NULL, 'l'},
    {"stats",     required_argument, NULL, 's'},
    {"ready-fd",  required_argument, NULL, 'r'},
    {"seed",      required_argument, NULL, 'e'},
    {"help",      no_argument,       NULL, 'h'},
    {"version",   no_argument,       NULL, 'v'},
    {NULL,        0,                 NULL, 0  },
};

static bool read_number(const char *value, int64_t high, int64_t *out_number)
{
    if (option_read_number(value, 0, high, out_number))
        return true;
    fprintf(stderr, "sluice-sim: '%s' is not a number from 0 to %lld\n", value,
            (long long)high);
    return false;
}

static bool open_log(struct program *program, const char *path)
{
    program->sim.journal = journal_open(path);
    if (program->sim.journal == NULL)
        fprintf(stderr, "sluice-sim: %s: %s\n", path, strerror(errno));
    return program->sim.journal != NULL;
}

static bool read_option(struct program *program, int letter, int index)
{
    int64_t number = 0;

    switch (letter) {
    case 0:
        return add_role(program, options[index].name, optarg);
    case 'c':
        return read_config(program, optarg);
    case 'o':
        return add_control(program, optarg);
    case 'l':
        return open_log(program, optarg);
    case 's':
        program->stats_path = optarg;
        return true;
    case 'r':
        if (!read_number(optarg, 1 << 20, &number))
            return false;
        program->ready_fd = (int)number;
        return true;
    case 'e':
        if (!read_number(optarg, INT64_MAX, &number))
            return false;
        program->sim.random.state = (uint64_t)number;
        return true;
    case 'h':
        help();
        exit(0);
    case 'v':
        printf("sluice-sim (Sluice) " PACKAGE_VERSION "\n");
        exit(0);
    }
    fprintf(stderr, "Try 'sluice-sim --help'.\n");
    return false;
}

static bool read_command_line(struct program *program, int argc, char **argv)
{
    int letter;
    int index = 0;

    while ((letter = getopt_long(argc, argv, "", options, &index)) != -1) {
        if (!read_option(program, letter, index))
            return false;
    }
    if (optind < argc) {
        fprintf(stderr, "sluice-sim: '%s' is not understood\n", argv[optind]);
        return false;
    }
    if (program->role_count == 0) {
        complain("no role is given; try 'sluice-sim --help'");
        return false;
    }
    return true;
}

/* ---- The loop ---- */

static void on_end(int signal_number, short what, void *cookie)
{
    struct program *program = cookie;

    (void)signal_number;
    (void)what;
    event_base_loopbreak(program->sim.base);
}

static void on_stats(int signal_number, short what, void *cookie)
{
    (void)signal_number;
    (void)what;
    (void)write_stats(cookie);
}

/* 'ready smsc=2785 messenger=9785', in one write: the name and the port of each role. */
static bool say_ready(struct program *program)
{
    struct evbuffer *line = evbuffer_new();
    bool written;

    if (line == NULL)
        abort();
    evbuffer_add_printf(line, "ready");
    for (size_t i = 0; i < program->role_count; i++) {
        json_t *stats = program->roles[i].kind->stats(program->roles[i].self);

        evbuffer_add_printf(line, " %s=%lld",
                            json_string_value(json_object_get(stats, "name")),
                            (long long)json_integer_value(json_object_get(stats, "port")));
        json_decref(stats);
    }
    if (program->control != NULL)
        evbuffer_add_printf(line, " control=%lld",
                            (long long)control_port(program->control));
    evbuffer_add_printf(line, "\n");
    written = evbuffer_write(line, program->ready_fd) > 0;
    evbuffer_free(line);
    if (!written)
        complain("the line 'ready' cannot be written");
    return written;
}

static bool run(struct program *program)
{
    struct event_base *base = program->sim.base;
    struct event *events[] = {
        evsignal_new(base, SIGTERM, on_end, program),
        evsignal_new(base, SIGINT, on_end, program),
        evsignal_new(base, SIGUSR1, on_stats, program),
    };
    const size_t count = sizeof(events) / sizeof(events[0]);

    for (size_t i = 0; i < count; i++) {
        if (events[i] == NULL || event_add(events[i], NULL) != 0)
            abort();
    }
    if (!say_ready(program))
        return false;
    event_base_dispatch(base);
    for (size_t i = 0; i < count; i++)
        event_free(events[i]);
    return write_stats(program);
}

int main(int argc, char **argv)
{
    struct program program = {.sim.random.state = 1, .ready_fd = 1};
    bool good;

    signal(SIGPIPE, SIG_IGN);
    program.sim.base = event_base_new();
    if (program.sim.base == NULL) {
        complain("there is no event loop here");
        return 1;
    }
    good = read_command_line(&program, argc, argv) && run(&program);
    control_close(program.control);
    while (program.role_count > 0) {
        program.role_count--;
        program.roles[program.role_count].kind->close(
            program.roles[program.role_count].self);
    }
    journal_close(program.sim.journal);
    event_base_free(program.sim.base);
    return good ? 0 : 1;
}
