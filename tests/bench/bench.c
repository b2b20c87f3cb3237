/*
 * sluice-bench: SMPP load with exact accounting.  Exit status: 0 all is exact, 1 it is
 * not (or a file could not be written), 2 the command line is wrong.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/bench_options.h"
#include "tests/bench/bench_report.h"
#include "tests/bench/bench_run.h"
#include "tests/bench/bench_verdict.h"

#define EXIT_NOT_EXACT 1

/* "-" is standard output.  NULL, and a sentence said, when it cannot be opened. */
static FILE *open_output(const char *path)
{
    FILE *file = strcmp(path, "-") == 0 ? stdout : fopen(path, "we");

    if (!file)
        fprintf(stderr, "sluice-bench: %s: %s\n", path, strerror(errno));
    return file;
}

static bool close_output(const char *path, FILE *file)
{
    bool is_written = fflush(file) == 0 && !ferror(file);

    if (file != stdout)
        is_written &= fclose(file) == 0;
    if (!is_written)
        fprintf(stderr, "sluice-bench: %s: could not be written\n", path);
    return is_written;
}

/* Opened before the run, so that an hour of load does not end with a wrong path. */
struct outputs {
    FILE *json;
    FILE *ids;
};

static bool open_outputs(struct outputs *outputs, const struct bench_options *options)
{
    *outputs = (struct outputs){NULL, NULL};
    if (options->json_path && !(outputs->json = open_output(options->json_path)))
        return false;
    return !options->ids_path || (outputs->ids = open_output(options->ids_path));
}

static bool tell(const struct bench_run *run, const struct bench_verdict *verdict,
                 const struct outputs *outputs)
{
    const struct bench_options *options = run->options;
    bool is_told = true;

    /* Standard output belongs to what was asked to go there. */
    bool is_taken = outputs->json == stdout || outputs->ids == stdout;

    if (!options->quiet && run->started_ns > 0)
        bench_report_text(is_taken ? stderr : stdout, run);
    if (outputs->json) {
        bench_report_json(outputs->json, run, verdict);
        is_told &= close_output(options->json_path, outputs->json);
    }
    if (outputs->ids) {
        bench_report_ids(outputs->ids, run);
        is_told &= close_output(options->ids_path, outputs->ids);
    }
    fflush(stdout);
    bench_report_faults(stderr, run, verdict);
    return is_told;
}

int main(int argc, char **argv)
{
    struct bench_options *options = calloc(1, sizeof(*options));
    struct bench_run *run = calloc(1, sizeof(*run));
    struct bench_verdict *verdict = calloc(1, sizeof(*verdict));
    struct outputs outputs;
    int status = EXIT_NOT_EXACT;

    if (!options || !run || !verdict)
        abort();
    bench_options_read(options, argc, argv);
    signal(SIGPIPE, SIG_IGN);
    if (!open_outputs(&outputs, options))
        goto done;

    const char *error = bench_run(run, options);

    if (error) {
        fprintf(stderr, "sluice-bench: %s\n", error);
        goto done;
    }
    bench_verdict_find(verdict, run);
    if (tell(run, verdict, &outputs) && verdict->count == 0)
        status = EXIT_SUCCESS;
done:
    bench_run_done(run);
    free(options);
    free(run);
    free(verdict);
    return status;
}
