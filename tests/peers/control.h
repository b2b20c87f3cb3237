/*
 * A door for tests and for the curious, over HTTP:
 *
 *   GET  /stats                                   what --stats would write now
 *   POST /message?smsc=NAME&from=..&to=..&text=..&cut=..  a subscriber writes to a client
 *   POST /drop?smsc=NAME                          all links of that SMSC are cut
 *
 * Without smsc= it is the first one.
 */
#ifndef TESTS_PEERS_CONTROL_H
#define TESTS_PEERS_CONTROL_H

#include <stdint.h>

#include "tests/peers/sim.h"
#include "tests/peers/smsc.h"

struct control;

/* Whom the door asks; `cookie` is given back to both. */
struct control_questions {
    json_t *(*stats)(const void *cookie);
    struct smsc *(*smsc_named)(const void *cookie, const char *name); /* "": the first */
    const void *cookie;
};

/* NULL with a sentence in `error` (OPTION_ERROR_BYTES). */
struct control *control_open(struct sim *sim, const char *description,
                             struct control_questions questions, char *error);

/* Accepts NULL. */
void control_close(struct control *control);

int64_t control_port(const struct control *control);
void control_help(void);

#endif
