/*
 * When the next turn of the loop begins, and with it the next commit.
 *
 * To be woken for one PDU costs many times what it costs to take it, and a commit costs the
 * same for one operation as for fifty.  So at rates at which something comes all the time
 * but never much at once, the loop turns by a beat: what came meanwhile is read together
 * and made durable together, and only a commit that is done is heard in between.
 *
 * Who waits for its answer before it goes on would only be slowed down by that.  It shows
 * in the rate: the beat is kept if about as much is decided with it as was without, and
 * that is tried again and again.  Who has several on their way is slowed down by less than
 * is seen at once, for what is decided comes in waves: so what begins is counted with the
 * beat and without, until it is clear.  What rests is never more than the longest beat,
 * 7 ms.
 *
 * While the disk stands still nobody is answered, and who has much on its way sends no
 * more: that is no matter of the beat, and is not counted, nor what is made up for
 * afterwards.
 */
#ifndef GATEWAY_TURNS_H
#define GATEWAY_TURNS_H

#include <stdbool.h>
#include <stdint.h>

struct turns_count {
    int64_t us;
    uint64_t begun;
};

/* Zero it before its first use. */
struct turns {
    bool paced;
    bool on_trial;         /* this is the first window since it is */
    int64_t began_us;      /* of this way of turning */
    int64_t window_us;     /* when counting began */
    uint64_t window_count; /* and from where */
    int64_t open_per_s;    /* what was decided without a beat */
    int64_t beat_us;       /* its length now, and */
    int64_t first_us;      /* when it began */
    int64_t next_us;       /* when it is */
    int64_t refused_us;    /* after the last trial, for so long, */
    int64_t refused_until_us;

    uint64_t window_begun;      /* as window_count */
    struct turns_count last;    /* window without a beat, */
    struct turns_count open;    /* and with the one before */
    struct turns_count with;    /* a beat, */
    struct turns_count without; /* and before it, for as long as both tell the same load */
    int64_t slowed_per_s;       /* was slowed down: refused for so long */
    int64_t slowed_us;          /* for so long it was refused when that was clear */

    int64_t still_since_us; /* the disk stood still */
    int64_t still_us;       /* until then */
};

/* Nothing has become durable for so long: a beat and a commit take less. */
enum { TURNS_STILL_MS = 20 };
void turns_stand_still(struct turns *turns, int64_t now_us);

/*
 * A turn has ended; `decided` counts the operations since the start, `begun` what was
 * submitted.  True: what is decided is committed now, and nobody holds it.
 */
bool turns_end(struct turns *turns, int64_t now_us, uint64_t decided, uint64_t begun);

/* For how long nothing is read from now on; 0: the loop waits for what comes. */
int64_t turns_rest_us(const struct turns *turns, int64_t now_us);

#endif
