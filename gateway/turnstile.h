/*
 * Turns.  What is submitted when the next commit is full, or when what was accepted before
 * only waits for a machine that is busy, makes permits and reports wait longer: who has
 * submitted waits for his next turn, sessions and clients of the API alike.  Those who
 * waited longest come first.
 */
#ifndef GATEWAY_TURNSTILE_H
#define GATEWAY_TURNSTILE_H

#include <stdbool.h>
#include <stdint.h>

struct gateway;
struct live;
struct turnstile;

enum turnstile_line {
    TURNSTILE_NONE,
    TURNSTILE_COMMIT, /* until a commit is done */
    TURNSTILE_ROOM,   /* until as many have left the queues as have come before him */
    TURNSTILE_LINES,
};

/* Of one who waits, in what he is kept in; zero it before its first use. */
struct turnstile_place {
    struct turnstile_place *prev;
    struct turnstile_place *next;
    int64_t since_ms;
    enum turnstile_line line; /* TURNSTILE_NONE: he does not wait */
    void (*pass)(void *owner);
    void *owner;
};

struct turnstile *turnstile_new(struct gateway *gateway);
/* Everybody passes.  Accepts NULL. */
void turnstile_free(struct turnstile *turnstile);

/* Where he waits who has just submitted this message, or one that is not known (NULL). */
enum turnstile_line turnstile_line_for(const struct gateway *gateway,
                                       const struct live *live);

/* `pass` is called when it is his turn.  False: nobody waits for this now. */
bool turnstile_wait(struct turnstile *turnstile, struct turnstile_place *place,
                    enum turnstile_line line, void (*pass)(void *owner), void *owner);

/* He waits no more, if he did. */
void turnstile_leave(struct turnstile *turnstile, struct turnstile_place *place);

#endif
