#include "tests/simulation/operation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/simulation/book.h"
#include "tests/simulation/receipt.h"
#include "tests/simulation/world.h"

enum { LOOK_BACK = 60, LOOKS = 6, REPLACE_FAILED = 0x13 };

struct note *operation_choose(struct world *world, const char *account)
{
    size_t count = book_count(world->book);
    uint64_t reach = count < LOOK_BACK ? count : LOOK_BACK;

    for (int i = 0; i < LOOKS && count > 0; i++) {
        struct note *note = book_at(world->book, count - 1 - world_chance(world, reach));

        if (note->fate == FATE_TAKEN && note->parts == 1 &&
            strcmp(note->account, account) == 0)
            return note;
    }
    return NULL;
}

void operation_write(struct world *world, struct operation *operation, struct note *note,
                     uint32_t sequence, struct wire_buffer *out)
{
    static const uint32_t commands[] = {WIRE_QUERY_SM, WIRE_CANCEL_SM, WIRE_REPLACE_SM};
    static const struct wire_view nothing = {NULL, 0};
    uint32_t command = commands[world_chance(world, note->was_repeated ? 2 : 3)];
    struct wire_pdu pdu;

    /* Of one destination of several only this is asked. */
    if (note->members > 0 || note->lead != note->number)
        command = WIRE_CANCEL_SM;
    pdu = wire_open(out, command, 0, sequence);
    *operation = (struct operation){note, command, sequence, note->receipts > 0};
    world_tell(world, "%s asks 0x%x of N%u", note->account, command, note->number);
    if (command == WIRE_CANCEL_SM)
        wire_add_string(&pdu, nothing);
    wire_add_string(&pdu, wire_view_of(note->id_text));
    wire_add_byte(&pdu, 0);
    wire_add_byte(&pdu, 0);
    wire_add_string(&pdu, wire_view_of("12345"));
    if (command == WIRE_CANCEL_SM) {
        note->cancel_asked = true;
        wire_add_byte(&pdu, 1);
        wire_add_byte(&pdu, 1);
        wire_add_string(&pdu, wire_view_of(note->destination));
    } else if (command == WIRE_REPLACE_SM) {
        char text[NOTE_TEXT_SIZE];

        note->replace_asked = true;
        book_write_replaced(note, text);
        wire_add_string(&pdu, nothing);
        wire_add_string(&pdu, nothing);
        wire_add_byte(&pdu, WIRE_REGISTERED_ALWAYS);
        wire_add_byte(&pdu, 0);
        wire_add_byte(&pdu, (uint8_t)strlen(text));
        wire_add_bytes(&pdu, wire_view_of(text));
    }
    if (!wire_close(&pdu))
        abort();
}

/* 4.8.2: message_id, final_date, message_state, error_code. */
static void note_state(struct world *world, const struct operation *operation,
                       struct note *note, struct wire_view body)
{
    size_t at = wire_read_id(body).size + 1;
    const char *word;
    char id[IDENTITY_SIZE];

    wire_view_copy(wire_read_id(body), id, sizeof(id));
    if (strcmp(id, note->id_text) != 0)
        world_violation(world, "a query of N%u is answered for %s", note->number, id);
    while (at < body.size && body.at[at] != 0)
        at++;
    if (at + 2 >= body.size) {
        world_violation(world, "a query of N%u is answered with too little", note->number);
        return;
    }
    word = receipt_word(body.at[at + 1]);
    if (strcmp(word, "ENROUTE") == 0) {
        if (operation->had_receipt)
            world_violation(world, "N%u has a receipt, and a query says it is on its way",
                            note->number);
        return;
    }
    world_met(world, SITUATION_queried_end);
    snprintf(note->queried, sizeof(note->queried), "%s", word);
}

void operation_answered(struct world *world, struct operation *operation,
                        const struct wire_header *header, struct wire_view body)
{
    struct note *note = operation->note;

    operation->note = NULL;
    world_tell(world, "%s has answer 0x%x to 0x%x of N%u", note->account, header->status,
               operation->command, note->number);
    switch (header->status) {
    case WIRE_OK:
        break;
    case WIRE_CANCEL_FAILED:
    case REPLACE_FAILED:
        if (operation->command == WIRE_QUERY_SM)
            world_violation(world, "a query is answered 0x%x", header->status);
        return;
    case WIRE_SYSTEM_ERROR: /* it ends, or its ring is full */
    case WIRE_QUEUE_FULL:
    case WIRE_BAD_STATE:
    case WIRE_SUBMIT_FAILED: /* no money for the new text */
        return;
    default:
        world_violation(world, "0x%x of N%u is answered 0x%x", operation->command,
                        note->number, header->status);
        return;
    }
    if (operation->command == WIRE_QUERY_SM) {
        note_state(world, operation, note, body);
    } else if (operation->command == WIRE_CANCEL_SM) {
        note->cancelled = true;
        world_met(world, SITUATION_cancelled);
    } else {
        note->replaced = true;
        world_met(world, SITUATION_replaced);
    }
}
