/*
 * An ESME.  It keeps a session up, submits what it was given to submit within its window,
 * and writes into the book what it was answered and which receipts came.  A hostile one
 * also sends what no ESME sends.
 */
#ifndef TESTS_SIMULATION_CLIENT_H
#define TESTS_SIMULATION_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

struct client;
struct world;

/* How a client behaves. */
struct client_character {
    const char *account;
    bool cascades; /* its plan begins with the messenger */
    bool races;    /* sends all at once */
    bool hostile;
    unsigned wanted; /* submissions */
};

struct client *client_new(struct world *world, const struct client_character *character);
void client_free(struct client *client);

/* No answer is owed to it. */
bool client_is_done(const struct client *client);

/* The answer to a submit_multi is owed to it; to what it has sent again. */
bool client_awaits_multi(const struct client *client);
bool client_awaits_repetition(const struct client *client);

/* The command whose answer it awaits (operation.h); 0: none. */
uint32_t client_asks(const struct client *client);

#endif
