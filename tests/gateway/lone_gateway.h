/*
 * A whole gateway in this process, on a state folder of its own, and one client that
 * asks it over HTTP: for tests of what is behind the routes.
 *
 * Its accounts: "rich", "poor" (0.10 EUR), "slow" (one part a second).  Its channels are
 * a messenger and a link, of which nobody is there.  Its tokens: "admin-token",
 * "rich-send" and "rich-read".
 */
#ifndef TESTS_GATEWAY_LONE_GATEWAY_H
#define TESTS_GATEWAY_LONE_GATEWAY_H

#include <stddef.h>
#include <stdint.h>

struct gateway;
struct lone_gateway;

/* Fails the test when it does not start. */
struct lone_gateway *lone_gateway_new(void);

/* The same, with the link's operator at this port, the link's host and more settings of
 * it, and more sections at the end. */
struct lone_gateway *lone_gateway_new_with(uint16_t operator_port, const char *settings,
                                           const char *sections);

/* The same on virtual time, of which a turn takes a millisecond. */
struct lone_gateway *lone_gateway_new_virtual(uint16_t operator_port, const char *settings,
                                              const char *sections);

/* And in one thread: what is to be on disk is there at once, so that the same calls give
 * the same events.  The link's operator is not there. */
struct lone_gateway *lone_gateway_new_inline(const char *sections);

/* It ends and another one starts on its folder, set up as these say. */
void lone_gateway_start_again(struct lone_gateway *lone, uint16_t operator_port,
                              const char *settings, const char *sections);

/* Lets it do what there is to do now, and sleeps a millisecond. */
void lone_gateway_turn(struct lone_gateway *lone);

/* On virtual time: so much of it passes, timer by timer. */
void lone_gateway_pass(struct lone_gateway *lone, int64_t ms);

void lone_gateway_free(struct lone_gateway *lone);
struct gateway *lone_gateway_of(struct lone_gateway *lone);
const char *lone_gateway_folder(const struct lone_gateway *lone);

/* An answer; lives until the next question. */
struct lone_answer {
    int status;
    const char *head;
    const char *body;
};

/*
 * Over TCP with `token`, or, when that is NULL, without one; over the unix socket when it
 * is "".  `body` may be NULL; `header` is one more line with its end, or "".
 */
struct lone_answer lone_gateway_ask(struct lone_gateway *lone, const char *token,
                                    const char *method, const char *path,
                                    const char *header, const char *body);

#endif
