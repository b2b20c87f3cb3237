/*
 * sluice demo: the whole gateway in one command, without root, network or configuration.
 *
 * It knows conf/demo.conf: the account "shop" and its password, the token "demo-token",
 * the names of the channels, and the variables that move the ports.
 */
#include <argp.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gateway/cli/commands.h"
#include "gateway/cli/demo_look.h"
#include "gateway/cli/demo_mailing.h"
#include "gateway/cli/demo_result.h"
#include "gateway/cli/demo_stage.h"

enum { FOREVER_MS = -1 };

/* ---- The command line ----------------------------------------------------- */

struct arguments {
    const char *config; /* NULL: to be found */
    bool once;
};

static const struct argp_option options[] = {
    {"conf",               'c', "FILE", 0,
     "The demo's configuration; without it, the one that came"
     " with this program", 0},
    {"once",              '1', NULL, 0, "End when all is told, also on a terminal", 0},
    {0},
};

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct arguments *arguments = state->input;

    switch (key) {
    case 'c':
        arguments->config = value;
        return 0;
    case '1':
        arguments->once = true;
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
    .doc = "Send a mailing through a gateway of its own, and show what became of it.\v"
           "Starts sluiced, and sluice-sim as an operator and three messengers, on free"
           " ports of this machine and in a temporary folder. On a terminal it then stays"
           " up to be tried out, until Ctrl-C. Nothing is left behind. Ends with 0 when"
           " each contact's receipt came and the ledger verifies.",
};

/* In the build folder, and where an installation keeps its examples. */
static bool find_config(char out[PATH_MAX])
{
    static const char *const places[] = {
        "/../conf/demo.conf",
        "/../share/doc/sluice/examples/demo.conf",
    };
    char self[PATH_MAX] = "";
    ssize_t size = readlink("/proc/self/exe", self, sizeof(self) - 1);
    const char *folder = size > 0 ? dirname(self) : ".";

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
        if (snprintf(out, PATH_MAX, "%s%s", folder, places[i]) < PATH_MAX &&
            access(out, R_OK) == 0)
            return true;
    fprintf(stderr, "sluice demo: demo.conf was not found; name it with --conf\n");
    return false;
}

/* ---- The play ------------------------------------------------------------- */

static void introduce(const struct demo_stage *stage, const struct demo_look *look,
                      const char *config)
{
    printf("%sSluice: each message by the cheapest way that works%s\n\n", look->strong,
           look->plain);
    printf(
        "  gateway     sluiced on %s\n"
        "              SMPP on 127.0.0.1:%u, HTTP on 127.0.0.1:%u\n"
        "              state in %s\n"
        "  operator    sluice-sim, SMPP on %u\n"
        "  messengers  sluice-sim, HTTP on %u (free), %u (cheap), %u (dear)\n"
        "  sender      \"shop\", with an ordinary SMPP client: %u contacts, one SMS each\n",
        config, stage->smpp_port, stage->http_port, stage->folder,
        stage->ports[DEMO_OPERATOR], stage->ports[DEMO_FREE], stage->ports[DEMO_CHEAP],
        stage->ports[DEMO_DEAR], demo_audience_size());
    printf("\n%sThe mailing%s\n\n", look->strong, look->plain);
    fflush(stdout);
}

/* As it can be pasted here: below this folder without its name. */
static const char *short_path(const char *path)
{
    char here[PATH_MAX];
    size_t size = getcwd(here, sizeof(here)) != NULL ? strlen(here) : 0;
    bool below = size > 0 && strncmp(path, here, size) == 0 && path[size] == '/';

    return below && strchr(path + size + 1, '/') != NULL ? path + size + 1 : path;
}

/* Until we are asked to end; false when it ended by itself. */
static bool stay_up(struct demo_stage *stage, const struct demo_look *look, const char *id)
{
    printf(
        "\n%sIt stays up until Ctrl-C; try it from another terminal%s\n\n"
        "curl -s -H 'Authorization: Bearer demo-token' http://127.0.0.1:%u/v1/messages \\\n"
        "  -d '{\"account\":\"shop\",\"from\":\"Shop\",\"to\":\"+79008000100\","
        "\"text\":\"Hello\"}'\n\n"
        "%s --port %u --account shop --password shop-pw -n 10 -d 79005######\n\n"
        "%s trace --state-dir %s %s\n\n",
        look->strong, look->plain, stage->http_port, short_path(stage->bench_path),
        stage->smpp_port, short_path(stage->self_path), stage->folder, id);
    fflush(stdout);
    while (demo_stage_wait(stage, FOREVER_MS))
        continue;
    return stage->stopped_by != 0;
}

/* True when all was as it must be. */
static bool play(struct demo_stage *stage, const struct demo_look *look, const char *config,
                 bool stays)
{
    struct demo_examples examples;
    struct demo_moment end;

    if (!demo_stage_start(stage, config))
        return false;
    introduce(stage, look, config);
    if (!demo_mailing_run(stage, look, &end) ||
        !demo_mailing_find_id(stage, demo_audience_fallback(), examples.fallback_id) ||
        !demo_mailing_find_id(stage, demo_audience_saved(), examples.saved_id) ||
        !demo_result_tell(stage, look, &end, &examples))
        return false;
    return !stays || stay_up(stage, look, examples.fallback_id);
}

int demo_command(int argc, char **argv)
{
    struct arguments arguments = {0};
    struct demo_look look;
    struct demo_stage stage;
    char found[PATH_MAX];
    bool good;

    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    if (arguments.config == NULL) {
        if (!find_config(found))
            return CLI_REFUSED;
        arguments.config = found;
    }
    demo_look_at_stdout(&look);
    if (!demo_stage_open(&stage))
        return CLI_REFUSED;
    good = play(&stage, &look, arguments.config, look.is_terminal && !arguments.once);
    demo_stage_close(&stage);
    if (fflush(stdout) != 0 || ferror(stdout))
        good = false;
    if (!good && stage.stopped_by != 0)
        return 128 + stage.stopped_by;
    return good ? CLI_OK : CLI_REFUSED;
}
