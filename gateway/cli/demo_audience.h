/*
 * The contacts of the demo's mailing, and what each of them does: the same people, and
 * so the same story, every time.  A contact is a number; its first five digits say the
 * group it belongs to, and a group does the same on each channel.
 *
 * The texts made here are for the command lines of sluice-sim(1) and sluice-bench(1).
 */
#ifndef GATEWAY_CLI_DEMO_AUDIENCE_H
#define GATEWAY_CLI_DEMO_AUDIENCE_H

#include <stddef.h>

/* In the order of the plan of conf/demo.conf. */
enum demo_channel { DEMO_FREE, DEMO_CHEAP, DEMO_DEAR, DEMO_OPERATOR, DEMO_CHANNELS };

/* Room for each text below. */
enum { DEMO_SCRIPT_SIZE = 512 };

unsigned demo_audience_size(void);

/* As conf/demo.conf names it; also the role's name in sluice-sim. */
const char *demo_channel_name(enum demo_channel channel);

/* "rule=79002*:404,rule=...": what the contacts do there. */
void demo_audience_rules(enum demo_channel channel, char out[DEMO_SCRIPT_SIZE]);

/* "79001######:8,79002######:3,...": whom the mailing goes to. */
void demo_audience_destinations(char out[DEMO_SCRIPT_SIZE]);

/*
 * One contact that no messenger reaches, so that it gets an SMS, and one that the second
 * messenger reaches: the first of their groups.
 */
const char *demo_audience_fallback(void);
const char *demo_audience_saved(void);

#endif
