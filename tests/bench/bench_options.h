/*
 * The command line of sluice-bench, read and checked: what it holds makes sense
 * together, and every string is borrowed from argv.
 */
#ifndef TESTS_BENCH_OPTIONS_H
#define TESTS_BENCH_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "tests/bench/bench_destination.h"
#include "tests/bench/bench_text.h"

#define BENCH_ACCOUNTS_MAX 64
#define BENCH_SESSIONS_MAX 16384
#define BENCH_PIDS_MAX     16
#define BENCH_METRICS_MAX  32
#define BENCH_STATUSES_MAX 32

struct bench_account {
    const char *system_id;
    const char *password;
};

struct bench_options {
    const char *host;
    uint16_t port;
    struct bench_account accounts[BENCH_ACCOUNTS_MAX];
    unsigned account_count;
    unsigned binds; /* of each account */
    unsigned window;

    uint32_t messages; /* 0: until the time is over */
    double seconds;    /* 0: until the messages are sent */
    double rate_per_s; /* 0: as fast as the windows allow */
    uint32_t capacity; /* ids to keep */
    struct bench_destinations destinations;
    const char *source;
    struct bench_text text;
    uint8_t registered_delivery;

    int64_t wait_ns;
    int64_t linger_ns;
    bool reconnect;
    bool resend;
    bool retry;
    bool no_ack;
    int64_t ack_delay_ns;

    uint32_t expected_shares[BENCH_STAT_COUNT]; /* all 0: any word */
    uint32_t expected_share_sum;
    uint32_t allowed_statuses[BENCH_STATUSES_MAX];
    unsigned allowed_status_count;
    bool any_status;

    const char *ids_path;
    const char *json_path;
    bool quiet;
    pid_t pids[BENCH_PIDS_MAX];
    unsigned pid_count;
    const char *metrics_url;
    const char *metrics_token;
    const char *metrics[BENCH_METRICS_MAX];
    unsigned metric_count;
};

/* Ends the process: 0 after --help or --version, 2 with a sentence when it is wrong. */
void bench_options_read(struct bench_options *options, int argc, char **argv);

bool bench_options_allow(const struct bench_options *options, uint32_t status);

#endif
