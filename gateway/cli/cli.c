#include "gateway/cli/cli.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/cli/call.h"
#include "gateway/rfc3339.h"

#define USUAL_FOLDER "/var/lib/sluice"

/* ---- Which daemon -------------------------------------------------------- */

static const struct argp_option options[] = {
    {"state-dir",                                        's', "DIR", 0,
     "State folder of sluiced, where its socket is"
     " (else $SLUICE_STATE_DIR, else " USUAL_FOLDER ")",
     10},
    {"url",                                             'u', "URL", 0,
     "Where it listens, http://HOST:PORT, instead of its"
     " socket (else $SLUICE_URL)", 10},
    {"token", 't', "TOKEN", 0, "Bearer token for the URL (else $SLUICE_TOKEN)", 10},
    {"json",                                                  'j', NULL, 0, "Print the answer as it is", 10},
    {0  },
};

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct cli_target *target = state->input;

    switch (key) {
    case 's':
        target->state_folder = value;
        target->url = NULL;
        return 0;
    case 'u':
        target->url = value;
        return 0;
    case 't':
        target->token = value;
        return 0;
    case 'j':
        target->json = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp target_argp = {.options = options, .parser = parse};

const struct argp_child cli_children[2] = {
    {&target_argp, 0, NULL, 0},
    {0       }
};

struct cli_target cli_target_default(void)
{
    const char *folder = getenv("SLUICE_STATE_DIR");
    const char *url = getenv("SLUICE_URL");

    return (struct cli_target){
        .state_folder = folder != NULL && folder[0] != '\0' ? folder : USUAL_FOLDER,
        .url = url != NULL && url[0] != '\0' ? url : NULL,
        .token = getenv("SLUICE_TOKEN"),
    };
}

/* ---- Asking -------------------------------------------------------------- */

static int connect_to(const struct cli_target *target, char *error, size_t error_size)
{
    char path[4200];

    if (target->url != NULL)
        return call_connect_url(target->url, error, error_size);
    snprintf(path, sizeof(path), "%s/sluice.sock", target->state_folder);
    return call_connect_unix(path, error, error_size);
}

/* Its problem+json in a line. */
static void print_refusal(const struct call_answer *answer)
{
    char error[160];
    struct json_document *problem =
        json_parse(answer->body, answer->size, error, sizeof(error));
    const struct json_value *value = problem != NULL ? json_at(problem, "") : NULL;

    fprintf(stderr, "sluice: %s (%d%s%s)\n",
            value != NULL ? cli_text(value, "detail") : "refused", answer->status,
            value != NULL ? " " : "", value != NULL ? cli_text(value, "code") : "");
    json_document_free(problem);
}

static enum cli_status read_answer(const struct cli_target *target,
                                   const struct call_answer *answer,
                                   struct json_document **out)
{
    char error[160];

    if (answer->status < 200 || answer->status > 299) {
        if (target->json)
            printf("%s\n", answer->body);
        print_refusal(answer);
        return CLI_REFUSED;
    }
    *out = json_parse(answer->body, answer->size, error, sizeof(error));
    if (*out == NULL) {
        fprintf(stderr, "sluice: the answer is not of a sluiced: %s\n", error);
        return CLI_UNREACHABLE;
    }
    if (target->json)
        printf("%s\n", answer->body);
    return CLI_OK;
}

enum cli_status cli_ask_to(const struct cli_target *target, const char *method,
                           const char *path, const struct json_writer *body,
                           struct json_document **out)
{
    struct call_answer answer = {0};
    enum cli_status status = CLI_UNREACHABLE;
    char error[512];
    int fd = connect_to(target, error, sizeof(error));

    if (fd >= 0 && target->patience_s > 0)
        call_set_patience(fd, target->patience_s);
    if (fd >= 0 &&
        call_exchange(fd, method, path, target->url != NULL ? target->token : NULL,
                      body != NULL ? body->bytes : NULL, body != NULL ? body->size : 0,
                      &answer, error, sizeof(error)))
        status = read_answer(target, &answer, out);
    else
        fprintf(stderr, "sluice: %s\n", error);
    call_answer_done(&answer);
    return status;
}

enum cli_status cli_ask(const struct cli_target *target, const char *path,
                        const struct json_writer *body, struct json_document **out)
{
    return cli_ask_to(target, body != NULL ? "POST" : "GET", path, body, out);
}

bool cli_path(char *out, size_t room, const char *before, const char *name,
              const char *after)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                "0123456789-._~";
    size_t used = strlen(before);

    if (used + 3 * strlen(name) + strlen(after) >= room)
        return false;
    memcpy(out, before, used);
    for (const char *at = name; *at != '\0'; at++) {
        if (strchr(plain, *at) != NULL)
            out[used++] = *at;
        else
            used += (size_t)snprintf(out + used, room - used, "%%%02X", (unsigned char)*at);
    }
    memcpy(out + used, after, strlen(after) + 1);
    return true;
}

bool cli_message_path(char *out, size_t room, const char *id, const char *after,
                      const char *to)
{
    size_t used;

    if (!cli_path(out, room, "/v1/messages/", id, after))
        return false;
    used = strlen(out);
    return to == NULL || cli_path(out + used, room - used, "?to=", to, "");
}

/* ---- Reading ------------------------------------------------------------- */

const char *cli_text(const struct json_value *value, const char *path)
{
    const char *text = json_text(json_below(value, path));

    return text != NULL ? text : "";
}

int64_t cli_number(const struct json_value *value, const char *path)
{
    int64_t number = 0;

    (void)!json_integer_of(json_below(value, path), &number);
    return number;
}

bool cli_claim(const struct json_value *value, const char *path)
{
    char text[8] = "";

    return json_as_text(json_below(value, path), text, sizeof(text)) &&
           strcmp(text, "true") == 0;
}

int64_t cli_time_ms(const struct json_value *value, const char *path)
{
    int64_t time_ms = 0;

    (void)!rfc3339_read(cli_text(value, path), &time_ms);
    return time_ms;
}

const struct json_value *cli_element(const struct json_value *value, const char *path,
                                     size_t index)
{
    const struct json_value *list = json_below(value, path);
    char place[24];

    if (index >= json_length(list))
        return NULL;
    snprintf(place, sizeof(place), "%zu", index);
    return json_below(list, place);
}

/* ---- Writing ------------------------------------------------------------- */

/* Those of ASCII, and the second 32, U+0080 to U+009F, which are two octets. */
char *cli_tame(char *text)
{
    for (char *at = text; *at != '\0'; at++) {
        unsigned char octet = (unsigned char)*at, next = (unsigned char)at[1];

        if (octet == 0xC2 && next >= 0x80 && next <= 0x9F)
            at[0] = at[1] = '?';
        else if (octet < 0x20 || octet == 0x7F)
            *at = '?';
    }
    return text;
}

const char *cli_shown(const struct json_value *value, const char *path, char *out,
                      size_t room)
{
    snprintf(out, room, "%s", cli_text(value, path));
    return cli_tame(out);
}

const char *cli_span(int64_t ms, char out[CLI_SPAN_SIZE])
{
    static const struct {
        int64_t below_ms;
        int64_t unit_ms;
        const char *unit;
    } rows[] = {
        {2 * 60 * 1000LL,    1000,           "s"   },
        {2 * 3600 * 1000LL,  60 * 1000,      "min" },
        {2 * 86400 * 1000LL, 3600 * 1000,    "h"   },
        {INT64_MAX,          86400 * 1000LL, "days"},
    };
    size_t row = 0;

    while (ms >= rows[row].below_ms && row < sizeof(rows) / sizeof(rows[0]) - 1)
        row++;
    if (row == 0)
        snprintf(out, CLI_SPAN_SIZE, "%" PRId64 ".%" PRId64 " s", ms / 1000,
                 ms % 1000 / 100);
    else
        snprintf(out, CLI_SPAN_SIZE, "%" PRId64 " %s", ms / rows[row].unit_ms,
                 rows[row].unit);
    return out;
}
