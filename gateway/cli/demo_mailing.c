#include "gateway/cli/demo_mailing.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* 100 messages a second: slow enough to watch. */
#define RATE "100"
#define TEXT "Your order is on its way and arrives today between 14:00 and 18:00."

enum { LOOK_EVERY_MS = 200, SETTLE_MS = 2000 };

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void ids_path(const struct demo_stage *stage, char out[PATH_MAX])
{
    snprintf(out, PATH_MAX, "%.*s/ids.tsv", (int)(PATH_MAX - sizeof("/ids.tsv")),
             stage->folder);
}

static bool start(struct demo_stage *stage)
{
    char destinations[DEMO_SCRIPT_SIZE];
    char contacts[12];
    char port[8];
    char ids[PATH_MAX];
    const char *const arguments[] = {
        "sluice-bench",
        "--port",
        port,
        "--account",
        "shop",
        "--password",
        "shop-pw",
        "--binds",
        "2",
        "--messages",
        contacts,
        "--rate",
        RATE,
        "--destinations",
        destinations,
        "--source",
        "Shop",
        "--text",
        TEXT,
        "--ids",
        ids,
        "--quiet",
        NULL,
    };

    demo_audience_destinations(destinations);
    snprintf(contacts, sizeof(contacts), "%u", demo_audience_size());
    snprintf(port, sizeof(port), "%u", stage->smpp_port);
    ids_path(stage, ids);
    return demo_stage_start_bench(stage, arguments);
}

static bool look_now(const struct demo_stage *stage, int64_t begun_ms,
                     struct demo_moment *out)
{
    out->elapsed_ms = now_ms() - begun_ms;
    return demo_api_lines(stage, out->lines) &&
           demo_api_statement(stage, &out->statement) &&
           demo_api_receipts(stage, &out->receipts);
}

/* The last acknowledgements may still be on their way into the numbers. */
static bool is_settled(const struct demo_moment *moment)
{
    return moment->receipts >= demo_audience_size() &&
           moment->statement.ended >= demo_audience_size();
}

static bool bench_was_content(const struct demo_stage *stage)
{
    char how[64];

    if (stage->bench.status == 0)
        return true;
    demo_child_how_it_ended(&stage->bench, how, sizeof(how));
    fprintf(stderr, "sluice demo: the sender is not content (%s):\n", how);
    demo_child_print_log(&stage->bench, stderr);
    return false;
}

bool demo_mailing_run(struct demo_stage *stage, const struct demo_look *look,
                      struct demo_moment *out)
{
    struct demo_progress progress = {.look = look, .contacts = demo_audience_size()};
    int64_t begun_ms = now_ms();
    int64_t over_ms = 0;

    if (!start(stage))
        return false;
    for (;;) {
        bool sending = demo_child_runs(&stage->bench);
        bool last;

        if (!look_now(stage, begun_ms, out)) {
            (void)!demo_stage_wait(stage, 0); /* tells if sluiced has ended, and how */
            return false;
        }
        if (!sending && over_ms == 0)
            over_ms = now_ms();
        last = !sending && (is_settled(out) || now_ms() - over_ms > SETTLE_MS);
        demo_progress_show(&progress, out, last);
        if (last)
            return bench_was_content(stage);
        if (!demo_stage_wait(stage, LOOK_EVERY_MS))
            return false;
    }
}

bool demo_mailing_find_id(const struct demo_stage *stage, const char *destination,
                          char out[DEMO_ID_SIZE])
{
    char path[PATH_MAX];
    char line[512];
    FILE *ids;
    bool found = false;

    ids_path(stage, path);
    ids = fopen(path, "r");
    while (ids != NULL && !found && fgets(line, sizeof(line), ids) != NULL) {
        char id[DEMO_ID_SIZE];
        char number[24];

        /* id, account, destination, ... */
        if (sscanf(line, "%23s %*s %23s", id, number) == 2 &&
            strcmp(number, destination) == 0) {
            memcpy(out, id, sizeof(id));
            found = true;
        }
    }
    if (ids != NULL)
        fclose(ids);
    if (!found)
        fprintf(stderr, "sluice demo: there is no message to %s\n", destination);
    return found;
}
