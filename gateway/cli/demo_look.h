/*
 * How the demo looks where it is shown: colours and bars on a terminal, plain ASCII
 * lines elsewhere.
 */
#ifndef GATEWAY_CLI_DEMO_LOOK_H
#define GATEWAY_CLI_DEMO_LOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "routing/money.h"

struct demo_look {
    bool is_terminal;
    bool redraws; /* what was drawn can be drawn over */
    /* Before and behind what stands out; empty without colours. */
    const char *strong;
    const char *faint;
    const char *good;
    const char *bad;
    const char *plain;
    /* Cells of a bar. */
    const char *full;
    const char *half;
    const char *none;
};

/* NO_COLOR and TERM=dumb are heeded. */
void demo_look_at_stdout(struct demo_look *look);

/* "0.050": three decimals, or all six where three would not be exact. */
const char *demo_look_money(int64_t amount_micro, char out[MONEY_TEXT_SIZE]);

#endif
