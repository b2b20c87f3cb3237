#include "tests/simulation/repetition.h"

#include <string.h>

#include "tests/simulation/book.h"
#include "tests/simulation/world.h"

enum { LOOK_BACK = 40, LOOKS = 8 };

/* Which of two is replaced would be a matter of their order. */
static bool may_be_repeated(const struct note *note, const char *account)
{
    return note->fate != FATE_REFUSED && note->parts == 1 && note->members == 0 &&
           note->lead == note->number && !note->unwanted && !note->replace_asked &&
           !note->again_open && strcmp(note->account, account) == 0;
}

struct note *repetition_choose(struct world *world, const char *account)
{
    size_t count = book_count(world->book);
    uint64_t reach = count < LOOK_BACK ? count : LOOK_BACK;
    bool is_impatient = world_chance(world, 2) == 0;

    /* Who has lost an answer sends again. */
    for (uint64_t i = 1; i <= reach; i++) {
        struct note *note = book_at(world->book, count - i);

        if (note->fate == FATE_LOST && !note->was_repeated &&
            may_be_repeated(note, account))
            return note;
    }
    /* Who is impatient does not wait for it. */
    for (uint64_t i = 1; is_impatient && i <= reach; i++) {
        struct note *note = book_at(world->book, count - i);

        if (note->fate == FATE_OPEN && may_be_repeated(note, account))
            return note;
    }
    for (int i = 0; i < LOOKS && count > 0; i++) {
        struct note *note = book_at(world->book, count - 1 - world_chance(world, reach));

        if (may_be_repeated(note, account))
            return note;
    }
    return NULL;
}

void repetition_sent(struct world *world, struct note *note)
{
    note->again_open = note->was_repeated = true;
    note->again_known = note->id_text[0] != 0;
    note->again_at_ms = world_now_ms(world);
    world_tell(world, "%s sends N%u again", note->account, note->number);
}

void repetition_lost(struct world *world, struct note *note)
{
    note->again_open = false;
    world_tell(world, "%s lost the answer to N%u again", note->account, note->number);
}

void repetition_answered(struct world *world, struct note *note,
                         const struct wire_header *header, struct wire_view body)
{
    note->again_open = false;
    world_tell(world, "%s has answer 0x%x to N%u, sent again", note->account,
               header->status, note->number);
    if (header->status != WIRE_OK) {
        /* It costs nothing. */
        if (note->again_known && header->status == WIRE_SUBMIT_FAILED)
            world_violation(world, "N%u was accepted, and is to be paid again",
                            note->number);
        note->again_status = header->status;
        note->again_answered_ms = world_now_ms(world);
        return;
    }
    world_met(world,
              note->fate == FATE_LOST ? SITUATION_repeated_lost : SITUATION_repeated);
    book_accept(world, note, wire_read_id(body));
}
