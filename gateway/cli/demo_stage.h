/*
 * Where the demo plays: a temporary folder, free ports of loopback, sluice-sim with an
 * operator and three messengers, and sluiced on the demo's configuration.  All of it is
 * gone after demo_stage_close(), whatever happened before.
 *
 * What goes wrong is said on standard error, with the last lines of the log of whoever
 * is to blame, and the call returns false.
 */
#ifndef GATEWAY_CLI_DEMO_STAGE_H
#define GATEWAY_CLI_DEMO_STAGE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "gateway/cli/demo_audience.h"
#include "gateway/cli/demo_child.h"

struct demo_stage {
    char folder[PATH_MAX]; /* "" when there is none */
    char socket[PATH_MAX]; /* of sluiced */
    uint16_t smpp_port;
    uint16_t http_port;
    uint16_t ports[DEMO_CHANNELS]; /* of sluice-sim's roles */
    struct demo_child sim;
    struct demo_child sluiced;
    struct demo_child bench;  /* started by the mailing */
    char self_path[PATH_MAX]; /* of this program, and of the others */
    char sluiced_path[PATH_MAX];
    char sim_path[PATH_MAX];
    char bench_path[PATH_MAX];
    int signals_fd;
    int stopped_by; /* the signal that asks us to end, or 0 */
};

/* `stage` is closed also when this fails. */
bool demo_stage_open(struct demo_stage *stage) __attribute__((warn_unused_result));

/* Starts all that plays; sluiced takes messages and its link is bound afterwards. */
bool demo_stage_start(struct demo_stage *stage, const char *config)
    __attribute__((warn_unused_result));

/* Starts sluice-bench; `arguments` as for demo_child_start(). */
bool demo_stage_start_bench(struct demo_stage *stage, const char *const *arguments)
    __attribute__((warn_unused_result));

/*
 * Waits `pause_ms`, less when a child ends.  False when we are asked to end, or when
 * sluiced or sluice-sim has ended: nothing more can be shown.
 */
bool demo_stage_wait(struct demo_stage *stage, int pause_ms)
    __attribute__((warn_unused_result));

void demo_stage_close(struct demo_stage *stage);

#endif
