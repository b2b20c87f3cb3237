/* What subscribers write: sent to the gateway until it is acknowledged. */
#include "tests/simulation/smsc_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/simulation/world.h"

enum { AGAIN_MS = 5000, FIRST_MS = 1000, LETTER_TEXT_SIZE = 40 };

static void send_letter(void *owner, uint64_t index)
{
    struct smsc *smsc = owner;
    struct world *world = smsc->world;
    struct letter *letter = &smsc->letters[index];
    struct line *line = smsc_any_bound_line(smsc);
    char text[LETTER_TEXT_SIZE];
    char number[16];
    uint8_t octets[256];
    struct wire_buffer buffer = {octets, sizeof(octets), 0};
    struct wire_message message = {
        .source_ton = 1, .source_npi = 1, .destination = wire_view_of("4600")};
    struct wire_pdu pdu;

    if (letter->acknowledged)
        return;
    world_after(world, line ? AGAIN_MS : 300, send_letter, smsc, index);
    if (line == NULL)
        return;
    snprintf(number, sizeof(number), "4690%08u", (unsigned)index);
    snprintf(text, sizeof(text), "M%06u hello", (unsigned)index);
    message.source = wire_view_of(number);
    message.short_message = wire_view_of(text);
    letter->line = smsc_line_number(smsc, line);
    letter->sequence = ++line->sequence;
    if (letter->sendings++ > 0)
        world_met(world, SITUATION_letter_again);
    world_tell(world, "subscriber's M%u (%u)", (unsigned)index, letter->sendings);
    pdu = wire_open(&buffer, WIRE_DELIVER_SM, 0, letter->sequence);
    wire_add_message(&pdu, &message);
    if (!wire_close(&pdu))
        abort();
    smsc_send(line, &buffer, MOMENT_REPORT);
}

static void write_letter(void *owner, uint64_t number)
{
    struct smsc *smsc = owner;
    struct world *world = smsc->world;

    (void)number;
    if (!world->faults || smsc->letter_count == LETTERS_MAX)
        return;
    send_letter(smsc, smsc->letter_count++);
    world_after(world, world_between(world, 200, 2500), write_letter, smsc, 0);
}

void smsc_begin_letters(struct smsc *smsc)
{
    world_after(smsc->world, FIRST_MS, write_letter, smsc, 0);
}

bool smsc_on_letter_answer(struct line *line, const struct wire_header *header)
{
    struct smsc *smsc = line->smsc;

    for (size_t i = 0; i < smsc->letter_count; i++) {
        struct letter *letter = &smsc->letters[i];

        if (letter->line == 0 || smsc->lines[letter->line - 1] != line ||
            letter->sequence != header->sequence)
            continue;
        if (header->status == WIRE_OK && !letter->acknowledged) {
            letter->acknowledged = true;
            letter->life_acknowledged = smsc->world->life;
        }
        if (header->status != WIRE_OK && header->status != WIRE_QUEUE_FULL &&
            header->status != WIRE_RETRY_LATER)
            world_violation(smsc->world, "M%zu was answered 0x%x", i, header->status);
        return true;
    }
    return false;
}

void smsc_letter_has_come(struct smsc *smsc, const char *account, struct wire_view body)
{
    struct world *world = smsc->world;
    struct wire_message deliver;
    char text[LETTER_TEXT_SIZE];
    unsigned number;

    if (wire_read_message(body, &deliver) != WIRE_OK) {
        world_violation(world, "a client cannot read a deliver_sm");
        return;
    }
    wire_view_copy(wire_message_text(&deliver), text, sizeof(text));
    if (sscanf(text, "M%6u", &number) != 1 || number >= smsc->letter_count ||
        !wire_view_is(deliver.destination, "4600")) {
        world_violation(world, "%s was sent a message of nobody", account);
        return;
    }
    if (strcmp(account, "sms") != 0)
        world_violation(world, "%s was sent M%u, which is for sms", account, number);
    world_tell(world, "%s has M%u", account, number);
    if (smsc->letters[number].life_acknowledged != 0 &&
        smsc->letters[number].life_acknowledged < world->life)
        world_met(world, SITUATION_letter_over_crash);
    world_met(world, SITUATION_letter_came);
    smsc->letters[number].came++;
}

void smsc_judge_letters(const struct smsc *smsc)
{
    for (size_t i = 0; i < smsc->letter_count; i++)
        if (smsc->letters[i].acknowledged && smsc->letters[i].came == 0)
            world_violation(smsc->world, "M%zu was acknowledged, and did not come", i);
}
