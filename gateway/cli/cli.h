/*
 * What the subcommands of sluice(1) share: which daemon is meant, and asking it.
 */
#ifndef GATEWAY_CLI_CLI_H
#define GATEWAY_CLI_CLI_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/json.h"

/* What the process ends with. */
enum cli_status {
    CLI_OK = 0,
    CLI_REFUSED = 1,     /* the daemon said no, or something is not right */
    CLI_UNREACHABLE = 2, /* there is no daemon to ask */
    CLI_USAGE = 64,      /* the command line is wrong; argp's own, too */
};

struct cli_target {
    const char *state_folder; /* of the daemon: its socket is there ... */
    const char *url;          /* ... or, when not NULL, where it listens */
    const char *token;        /* for the url */
    bool json;                /* print its answer as it is */
    unsigned patience_s;      /* how long the answer may take; 0: a minute */
};

/*
 * For a command's struct argp: --state-dir, --url, --token and --json.  On
 * ARGP_KEY_INIT its parser sets state->child_inputs[0] to its struct cli_target.
 */
extern const struct argp_child cli_children[2];

/* From the environment, else the usual places. */
struct cli_target cli_target_default(void);

/*
 * Asks the daemon: POST with a body, GET without one, or by the method that is told.  With
 * CLI_OK *out is its answer, to be freed with json_document_free(), and with --json it is
 * printed already; otherwise what is wrong has been said.
 */
enum cli_status cli_ask(const struct cli_target *target, const char *path,
                        const struct json_writer *body, struct json_document **out)
    __attribute__((warn_unused_result));
enum cli_status cli_ask_to(const struct cli_target *target, const char *method,
                           const char *path, const struct json_writer *body,
                           struct json_document **out);

/* "/v1/accounts/" + name + "/balance", the name encoded.  False: it is too long. */
bool cli_path(char *out, size_t room, const char *before, const char *name,
              const char *after) __attribute__((warn_unused_result));

/* ---- Reading answers; what is not there is "", 0 or false ------------------ */

const char *cli_text(const struct json_value *value, const char *path);
int64_t cli_number(const struct json_value *value, const char *path);
bool cli_claim(const struct json_value *value, const char *path);
int64_t cli_time_ms(const struct json_value *value, const char *path);

/* An element of the array at `path`; NULL behind the last. */
const struct json_value *cli_element(const struct json_value *value, const char *path,
                                     size_t index);

/* ---- Writing --------------------------------------------------------------- */

enum { CLI_SPAN_SIZE = 32 };

/* What strangers wrote, for a terminal: each control character in it, which a terminal
 * might obey, becomes a question mark.  In place; returns `text`. */
char *cli_tame(char *text);

/* A text of an answer for a terminal, cut to fit into `out`; returns that. */
const char *cli_shown(const struct json_value *value, const char *path, char *out,
                      size_t room);

/* "3.2 s", "12 min", "5 h", "3 days": for people. */
const char *cli_span(int64_t ms, char out[CLI_SPAN_SIZE]);

/* "/v1/messages/IDafter?to=NUMBER", without the number when it is NULL; false: too long. */
bool cli_message_path(char *out, size_t room, const char *id, const char *after,
                      const char *to);

#endif
