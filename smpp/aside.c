#include "smpp/aside.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "smpp/wire.h"

enum { FIRST_ROOM = 4096 };

/* What was taken makes room before more is asked for. */
static void make_room(struct smpp_aside *aside, size_t size)
{
    size_t used = smpp_aside_size(aside);
    size_t wanted = aside->room == 0 ? FIRST_ROOM : aside->room;

    if (aside->room - aside->end >= size)
        return;
    if (aside->start > 0)
        memmove(aside->octets, aside->octets + aside->start, used);
    aside->start = 0;
    aside->end = used;
    while (wanted - used < size)
        wanted *= 2;
    if (wanted == aside->room)
        return;
    aside->octets = realloc(aside->octets, wanted);
    if (aside->octets == NULL)
        abort();
    aside->room = wanted;
}

void smpp_aside_put(struct smpp_aside *aside, const uint8_t *frame, size_t size)
{
    make_room(aside, size);
    memcpy(aside->octets + aside->end, frame, size);
    aside->end += size;
    aside->count++;
}

const uint8_t *smpp_aside_take(struct smpp_aside *aside, size_t *out_size)
{
    const uint8_t *frame = aside->octets + aside->start;

    assert(aside->count > 0);
    *out_size = smpp_wire_get_32(frame);
    aside->start += *out_size;
    if (--aside->count == 0)
        aside->start = aside->end = 0;
    return frame;
}

size_t smpp_aside_size(const struct smpp_aside *aside)
{
    return aside->end - aside->start;
}

void smpp_aside_clear(struct smpp_aside *aside)
{
    free(aside->octets);
    *aside = (struct smpp_aside){0};
}
