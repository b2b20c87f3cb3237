/*
 * Runs seeds, shared out over processes.  A seed that fails says what was violated and the
 * command that runs it again; a run over the fixed seeds fails, too, when a situation of
 * situations.def never came about, for then something was not tested.
 */
#include <argp.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "gateway/log.h"
#include "tests/faults.h"
#include "tests/simulation/course.h"

enum {
    FIXED_FROM = 1,
    FIXED_TO = 200,
    FRESH = 200,
    DEEP_FRESH = 5000,
    RACES = 2000, /* of a report against the SMS, forced */
    DEEP_RACES = 100000,
};

/* Under sanitizers a seed takes ten times as long: fewer of them. */
#if defined(__SANITIZE_ADDRESS__)
enum { SHARE = 10 };
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
enum { SHARE = 10 };
#else
enum { SHARE = 1 };
#endif
#else
enum { SHARE = 1 };
#endif

struct arguments {
    enum course_kind kind;
    uint64_t from;
    uint64_t to;
    bool verbose;
    bool stop;      /* at the first seed that fails */
    bool fixed;     /* the situations are demanded */
    uint64_t fresh; /* how many seeds that nobody has seen come after them */
    uint64_t races; /* and how many races then */
    unsigned processes;
};

/* What a signal handler needs to know of the seed that is being run. */
static struct {
    const char *program;
    const char *kind; /* the option for it */
    volatile sig_atomic_t seed;
} now;

/* An assertion of the product: its seed is to be known, too. */
static void on_fatal(int number)
{
    signal(number, SIG_DFL);
    dprintf(STDOUT_FILENO,
            "seed %d: ended by signal %d\nagain with: %s%s --seed %d --verbose\n",
            (int)now.seed, number, now.program, now.kind, (int)now.seed);
    raise(number);
}

static const struct argp_option options[] = {
    {"seed",                 's', "N", 0, "Run this seed alone", 0},
    {"seeds",                   'n', "FROM..TO", 0, "Run these seeds", 0},
    {"races", 'r', NULL, 0, "Seeds in which every report races with an SMS", 0},
    {"stop",                      'x', NULL, 0, "Stop at the first seed that fails", 0},
    {"processes", 'p', "N", 0, "Share the seeds out over so many; one per processor", 0},
    {"verbose",                     'v', NULL, 0, "Print every event, and what the gateway logs", 0},
    {0                    },
};

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct arguments *arguments = state->input;

    switch (key) {
    case 's':
        arguments->from = arguments->to = strtoull(value, NULL, 10);
        arguments->fixed = false;
        return 0;
    case 'n':
        if (sscanf(value, "%" SCNu64 "..%" SCNu64, &arguments->from, &arguments->to) != 2)
            argp_error(state, "'%s' is no range of seeds such as 1..100", value);
        arguments->fixed = false;
        return 0;
    case 'r':
        arguments->kind = COURSE_RACES;
        return 0;
    case 'x':
        arguments->stop = true;
        return 0;
    case 'p':
        arguments->processes = (unsigned)strtoul(value, NULL, 10);
        if (arguments->processes == 0)
            argp_error(state, "'%s' is no number of processes", value);
        return 0;
    case 'v':
        arguments->verbose = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    .options = options,
    .parser = parse,
    .doc = "The whole gateway on virtual time, with faults.\v"
           "Without a seed: the fixed ones, which must meet every situation, as many "
           "fresh ones, by the time of day, and then races until there were enough; "
           "thousands of seeds, and a hundred thousand races, when SLUICE_DEEP is set.",
};

static const struct {
    const char *name;
    bool required;
    const char *what;
} situations[SITUATIONS] = {
#define SITUATION(name, required, what) [SITUATION_##name] = {#name, required, what},
#include "tests/simulation/situations.def"
#undef SITUATION
};

/* Over all seeds that were run. */
struct tally {
    uint64_t seeds;
    uint64_t submissions;
    uint64_t failed;
    uint64_t met[SITUATIONS];
    uint64_t violated[SITUATIONS]; /* failed seeds that met it */
};

static void count_seed(struct tally *tally, const struct course_result *result)
{
    tally->seeds++;
    tally->submissions += result->submissions;
    tally->failed += result->violations > 0;
    for (size_t i = 0; i < SITUATIONS; i++) {
        tally->met[i] += result->situations[i];
        tally->violated[i] += result->violations > 0 && result->situations[i] > 0;
    }
}

static void add_tally(struct tally *sum, const struct tally *one)
{
    sum->seeds += one->seeds;
    sum->submissions += one->submissions;
    sum->failed += one->failed;
    for (size_t i = 0; i < SITUATIONS; i++) {
        sum->met[i] += one->met[i];
        sum->violated[i] += one->violated[i];
    }
}

static void write_table(const struct tally *tally)
{
    FILE *table = faults_open("simulation");

    if (table == NULL)
        return;
    faults_row(table, "a seed: a day of traffic, faults by chance", tally->seeds,
               tally->failed);
    for (size_t i = 0; i < SITUATIONS; i++)
        faults_row(table, situations[i].what, tally->met[i], tally->violated[i]);
    fclose(table);
}

/* Prints how often each came about; the number of those that should have and did not. */
static unsigned print_situations(const uint64_t *met)
{
    unsigned missing = 0;

    for (size_t i = 0; i < SITUATIONS; i++) {
        printf("%8" PRIu64 "  %-30s %s\n", met[i], situations[i].name, situations[i].what);
        missing += situations[i].required && met[i] == 0;
    }
    return missing;
}

/* The first seed again: not one event may differ. */
static bool is_repeatable(uint64_t seed)
{
    struct course_result first;
    struct course_result second;

    course_run(COURSE_ANY, seed, false, &first);
    course_run(COURSE_ANY, seed, false, &second);
    if (first.hash == second.hash && first.events == second.events)
        return true;
    printf("seed %" PRIu64 " is not repeatable: %" PRIu64 " events, then %" PRIu64 "\n",
           seed, first.events, second.events);
    return false;
}

/* False when it failed. */
static bool run_seed(enum course_kind kind, bool verbose, uint64_t seed,
                     struct tally *tally)
{
    struct course_result result;

    now.kind = kind == COURSE_RACES ? " --races" : "";
    now.seed = (sig_atomic_t)seed;
    course_run(kind, seed, verbose, &result);
    count_seed(tally, &result);
    if (result.violations > 0)
        printf("again with: %s%s --seed %" PRIu64 " --verbose\n", now.program, now.kind,
               seed);
    return result.violations == 0;
}

static uint64_t races_of(const struct tally *tally)
{
    return tally->met[SITUATION_race_report_first] + tally->met[SITUATION_race_crossed] +
           tally->met[SITUATION_race_sms_first];
}

static void print_races(const struct tally *tally)
{
    printf("%" PRIu64 " races: in %" PRIu64 " the report was first, in %" PRIu64
           " it was on its way when the SMS went, in %" PRIu64 " the SMS was first\n",
           races_of(tally), tally->met[SITUATION_race_report_first],
           tally->met[SITUATION_race_crossed], tally->met[SITUATION_race_sms_first]);
}

/* What follows on each other; the situations are demanded of the first. */
enum phase { PHASE_GIVEN, PHASE_FRESH, PHASE_RACES, PHASES };

/* What one process has run, written as it goes; seen by the one that began it. */
struct share {
    struct tally phases[PHASES];
    bool ended; /* it came to its end */
};

/* Which seeds it takes: every `processes`-th, from `index`. */
struct place {
    unsigned index;
    unsigned processes;
};

/* False when it is to stop. */
static bool run_seeds(const struct arguments *arguments, struct place place, uint64_t from,
                      uint64_t to, struct tally *tally)
{
    for (uint64_t seed = from + place.index; seed <= to; seed += place.processes)
        if (!run_seed(arguments->kind, arguments->verbose, seed, tally) && arguments->stop)
            return false;
    return true;
}

/* Until there were as many races as is its part.  False when it is to stop. */
static bool run_races(const struct arguments *arguments, struct place place, uint64_t from,
                      struct tally *tally)
{
    uint64_t part = (arguments->races + place.processes - 1) / place.processes;
    /* Each has some two hundred. */
    uint64_t to = from + arguments->races / 50;

    for (uint64_t seed = from + place.index; races_of(tally) < part && seed <= to;
         seed += place.processes)
        if (!run_seed(COURSE_RACES, arguments->verbose, seed, tally) && arguments->stop)
            return false;
    return true;
}

static void run_share(const struct arguments *arguments, struct place place,
                      uint64_t first_fresh, struct share *share)
{
    bool races_alone = arguments->fixed && arguments->kind == COURSE_RACES;

    if (!races_alone && !run_seeds(arguments, place, arguments->from, arguments->to,
                                   &share->phases[PHASE_GIVEN]))
        return;
    if (arguments->fixed && !races_alone &&
        !run_seeds(arguments, place, first_fresh, first_fresh + arguments->fresh - 1,
                   &share->phases[PHASE_FRESH]))
        return;
    if (arguments->fixed &&
        !run_races(arguments, place, first_fresh, &share->phases[PHASE_RACES]))
        return;
    share->ended = true;
}

/* False when the folder for what a course writes cannot be made. */
static bool enter_folder(char *folder, size_t size)
{
    const char *temporary = getenv("TMPDIR");

    snprintf(folder, size, "%s/sluice-simulation-XXXXXX", temporary ? temporary : "/tmp");
    if (mkdtemp(folder) != NULL && chdir(folder) == 0)
        return true;
    fprintf(stderr, "simulation: no folder can be made in %s\n", folder);
    return false;
}

static bool leave_folder(const char *folder)
{
    if (rmdir(folder) == 0)
        return true;
    printf("%s is not empty afterwards\n", folder);
    return false;
}

/* One of them, in a folder of its own; it does not return. */
static void be_process(const struct arguments *arguments, struct place place,
                       uint64_t first_fresh, struct share *share)
{
    char folder[4096];
    bool ok = enter_folder(folder, sizeof(folder));

    if (ok) {
        run_share(arguments, place, first_fresh, share);
        ok = leave_folder(folder);
    }
    fflush(stdout);
    exit(ok ? 0 : 2);
}

/* False when one of them did not end as it should. */
static bool run_processes(const struct arguments *arguments, uint64_t first_fresh,
                          struct share *shares)
{
    bool ok = true;

    for (unsigned i = 0; i < arguments->processes; i++) {
        struct place place = {.index = i, .processes = arguments->processes};
        pid_t process = fork();

        if (process == 0)
            be_process(arguments, place, first_fresh, &shares[i]);
        ok = process > 0 && ok;
    }
    for (int status; wait(&status) > 0;)
        ok = WIFEXITED(status) && WEXITSTATUS(status) == 0 && ok;
    return ok;
}

static void print_phase(const char *name, uint64_t from, uint64_t to,
                        const struct tally *tally)
{
    printf("%sseeds %" PRIu64 "..%" PRIu64 ": %" PRIu64 " submissions, %" PRIu64
           " seeds failed\n",
           name, from, to, tally->submissions, tally->failed);
}

/* What all have found; false when that is not good. */
static bool judge_fixed(const struct arguments *arguments, uint64_t first_fresh,
                        const struct tally *phases)
{
    bool ok = true;

    if (arguments->kind == COURSE_ANY) {
        /* A part of the seeds need not have met them all. */
        if (print_situations(phases[PHASE_GIVEN].met) > 0 && SHARE == 1) {
            printf("situations that never came about: not all was tested\n");
            ok = false;
        }
        ok = is_repeatable(arguments->from) && ok;
        print_phase("", first_fresh, first_fresh + arguments->fresh - 1,
                    &phases[PHASE_FRESH]);
    }
    print_phase("races, ", first_fresh, first_fresh + phases[PHASE_RACES].seeds - 1,
                &phases[PHASE_RACES]);
    print_races(&phases[PHASE_RACES]);
    if (races_of(&phases[PHASE_RACES]) < arguments->races) {
        printf("these are less than %" PRIu64 "\n", arguments->races);
        ok = false;
    }
    return ok;
}

static int run(const struct arguments *arguments, struct share *shares)
{
    uint64_t first_fresh = (uint64_t)time(NULL) % 1000000 * 1000;
    struct tally phases[PHASES] = {0};
    struct tally all = {0};
    bool ok = true;

    if (arguments->processes > 1)
        ok = run_processes(arguments, first_fresh, shares);
    else
        run_share(arguments, (struct place){.processes = 1}, first_fresh, shares);
    for (unsigned i = 0; i < arguments->processes; i++) {
        ok = shares[i].ended && ok;
        for (unsigned phase = 0; phase < PHASES; phase++)
            add_tally(&phases[phase], &shares[i].phases[phase]);
    }
    for (unsigned phase = 0; phase < PHASES; phase++)
        add_tally(&all, &phases[phase]);
    if (!ok && arguments->stop)
        return 1;
    if (phases[PHASE_GIVEN].seeds > 0)
        print_phase("", arguments->from, arguments->to, &phases[PHASE_GIVEN]);
    if (arguments->fixed)
        ok = judge_fixed(arguments, first_fresh, phases) && ok;
    else
        print_situations(phases[PHASE_GIVEN].met);
    if (arguments->fixed && arguments->kind == COURSE_ANY)
        write_table(&all);
    return ok && all.failed == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct arguments arguments = {.kind = COURSE_ANY,
                                  .from = FIXED_FROM,
                                  .to = FIXED_TO / SHARE,
                                  .fixed = true,
                                  .fresh = FRESH / SHARE,
                                  .races = RACES / SHARE,
                                  .processes = (unsigned)sysconf(_SC_NPROCESSORS_ONLN)};
    struct share *shares;
    char folder[4096];
    int status;

    if (getenv("SLUICE_DEEP")) {
        arguments.fresh = DEEP_FRESH / SHARE;
        arguments.races = DEEP_RACES / SHARE;
    }
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    /* Who stops at the first, or reads every event, has them in their order. */
    if (arguments.stop || arguments.verbose || arguments.from == arguments.to)
        arguments.processes = 1;
    setvbuf(stdout, NULL, _IOLBF, 0);
    log_open(STDOUT_FILENO, arguments.verbose ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR + 1);
    shares = mmap(NULL, arguments.processes * sizeof(*shares), PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shares == MAP_FAILED || !enter_folder(folder, sizeof(folder)))
        return 2;
    now.program = argv[0];
    signal(SIGABRT, on_fatal);
    signal(SIGSEGV, on_fatal);
    status = run(&arguments, shares);
    return leave_folder(folder) ? status : 1;
}
