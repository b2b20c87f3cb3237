/*
 * The mailing while it runs: a funnel that grows in place on a terminal, a line a second
 * elsewhere.
 */
#ifndef GATEWAY_CLI_DEMO_PROGRESS_H
#define GATEWAY_CLI_DEMO_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/cli/demo_api.h"
#include "gateway/cli/demo_look.h"

struct demo_progress {
    const struct demo_look *look;
    unsigned contacts;
    int lines_drawn;      /* that the next drawing goes over */
    int64_t last_line_ms; /* when the last plain line was printed; 0: none yet */
};

/* What there is to show at a moment. */
struct demo_moment {
    int64_t elapsed_ms;
    int64_t receipts;
    struct demo_statement statement;
    struct demo_line lines[DEMO_CHANNELS];
};

/* `last`: the mailing is over, and this is shown in any case. */
void demo_progress_show(struct demo_progress *progress, const struct demo_moment *moment,
                        bool last);

#endif
