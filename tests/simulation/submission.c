#include "tests/simulation/submission.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/simulation/book.h"
#include "tests/simulation/optout.h"
#include "tests/simulation/world.h"

enum { VALIDITY_SIZE = 17, SME = 1, MEMBERS_MAX = 3, NEWS_EVERY = 4 };

/* --- how it goes -------------------------------------------------------------------- */

/* One more destination: good, none, or of one who wants to hear nothing. */
static void join(struct world *world, const struct note *lead, bool *opted_out)
{
    struct note *note = book_add(world->book);
    const char *number =
        strcmp(lead->account, "sms") == 0 && !*opted_out && world_fault(world, 15)
            ? optouts_choose(world)
            : NULL;

    note->lead = lead->number;
    memcpy(note->account, lead->account, sizeof(note->account));
    memcpy(note->text, lead->text, sizeof(note->text));
    note->cascades = lead->cascades;
    note->validity_ms = lead->validity_ms;
    note->start_ms = lead->start_ms;
    if (number) {
        snprintf(note->destination, sizeof(note->destination), "%s", number);
        note->unwanted = *opted_out = true;
    } else if (world_fault(world, 10)) {
        note->wrong = true;
        snprintf(note->destination, sizeof(note->destination), "nobody%u", note->number);
    }
}

unsigned submission_choose(struct world *world, struct note *note)
{
    unsigned more = 0;
    bool opted_out = note->unwanted;

    if (note->parts == 1 && world_fault(world, 8)) {
        world_met(world, SITUATION_submit_multi);
        for (more = (unsigned)world_between(world, 1, MEMBERS_MAX); note->members < more;
             note->members++)
            join(world, note, &opted_out);
    } else if (note->validity_ms == 0 && note->start_ms == 0 && world_fault(world, 10)) {
        world_met(world, SITUATION_data_sm);
        note->by_data = true;
    }
    for (unsigned i = 0; i <= more; i++)
        book_find(world->book, note->number + i)->asks_news =
            note->number % NEWS_EVERY == 0;
    return more + 1;
}

/* --- writing ------------------------------------------------------------------------ */

/* 5.2.12 and 3GPP TS 23.040 9.2.3.24.1: parts of one message carry a header. */
static size_t write_text(const struct note *note, uint8_t *out)
{
    size_t size = 0;

    if (note->parts > 1) {
        const uint8_t header[] = {5, 0, 3, (uint8_t)note->set, note->parts, note->part};

        memcpy(out, header, sizeof(header));
        size = sizeof(header);
    }
    memcpy(out + size, note->text, strlen(note->text));
    return size + strlen(note->text);
}

/* 7.1.1: relative, in whole seconds. */
static struct wire_view write_time(int64_t ms, char out[VALIDITY_SIZE])
{
    out[0] = 0;
    if (ms)
        snprintf(out, VALIDITY_SIZE, "0000000000%02d000R", (int)(ms / 1000));
    return wire_view_of(out);
}

static void add_address(struct wire_pdu *pdu, const char *address)
{
    wire_add_byte(pdu, 1);
    wire_add_byte(pdu, 1);
    wire_add_string(pdu, wire_view_of(address));
}

/* 4.7.1 */
static void add_data(struct wire_pdu *pdu, const struct wire_message *message,
                     const struct note *note)
{
    wire_add_string(pdu, message->service_type);
    wire_add_byte(pdu, message->source_ton);
    wire_add_byte(pdu, message->source_npi);
    wire_add_string(pdu, message->source);
    add_address(pdu, note->destination);
    wire_add_byte(pdu, message->esm_class);
    wire_add_byte(pdu, message->registered_delivery);
    wire_add_byte(pdu, message->data_coding);
    wire_add_tlv(pdu, WIRE_TAG_MESSAGE_PAYLOAD, message->short_message);
}

/* 4.5.1 */
static void add_multi(const struct world *world, struct wire_pdu *pdu,
                      const struct wire_message *message, const struct note *note)
{
    wire_add_string(pdu, message->service_type);
    wire_add_byte(pdu, message->source_ton);
    wire_add_byte(pdu, message->source_npi);
    wire_add_string(pdu, message->source);
    wire_add_byte(pdu, (uint8_t)(note->members + 1));
    for (unsigned i = 0; i <= note->members; i++) {
        wire_add_byte(pdu, SME);
        add_address(pdu, book_find(world->book, note->number + i)->destination);
    }
    wire_add_byte(pdu, message->esm_class);
    wire_add_byte(pdu, message->protocol_id);
    wire_add_byte(pdu, message->priority);
    wire_add_string(pdu, message->schedule);
    wire_add_string(pdu, message->validity);
    wire_add_byte(pdu, message->registered_delivery);
    wire_add_byte(pdu, message->replace_if_present);
    wire_add_byte(pdu, message->data_coding);
    wire_add_byte(pdu, message->default_message_id);
    wire_add_byte(pdu, (uint8_t)message->short_message.size);
    wire_add_bytes(pdu, message->short_message);
}

void submission_write(struct world *world, const struct note *note, uint32_t sequence,
                      struct wire_buffer *out)
{
    uint8_t text[NOTE_TEXT_SIZE + 8];
    char validity[VALIDITY_SIZE];
    char start[VALIDITY_SIZE];
    struct wire_message message = {
        .source = wire_view_of("12345"),
        .destination_ton = 1,
        .destination_npi = 1,
        .destination = wire_view_of(note->destination),
        .esm_class = note->parts > 1 ? WIRE_ESM_UDHI : 0,
        .registered_delivery =
            (uint8_t)(WIRE_REGISTERED_ALWAYS |
                      (note->asks_news ? WIRE_REGISTERED_NOTIFICATIONS : 0)),
        .short_message = {text, write_text(note, text)},
        .validity = write_time(note->validity_ms, validity),
        .schedule = write_time(note->start_ms, start),
    };
    struct wire_pdu pdu = wire_open(out,
                                    note->members   ? WIRE_SUBMIT_MULTI
                                    : note->by_data ? WIRE_DATA_SM
                                                    : WIRE_SUBMIT_SM,
                                    0, sequence);

    if (note->members)
        add_multi(world, &pdu, &message, note);
    else if (note->by_data)
        add_data(&pdu, &message, note);
    else
        wire_add_message(&pdu, &message);
    if (!wire_close(&pdu))
        abort();
}

/* --- the answer to several ---------------------------------------------------------- */

/* 4.5.2: behind the id a count, and of each its TON, NPI, address and status. */
uint32_t submission_status(const struct note *note, const struct wire_header *header,
                           struct wire_view body)
{
    size_t at = wire_read_id(body).size + 1;
    unsigned count;

    if (header->status != WIRE_OK || header->id != (WIRE_SUBMIT_MULTI | WIRE_RESPONSE) ||
        at >= body.size)
        return header->status;
    count = body.at[at++];
    while (count-- > 0 && at + 2 < body.size) {
        struct wire_view address =
            wire_read_id((struct wire_view){body.at + at + 2, body.size - at - 2});
        size_t end = at + 2 + address.size + 1;

        if (end + 4 > body.size)
            break;
        if (wire_view_is(address, note->destination))
            return (uint32_t)body.at[end] << 24 | (uint32_t)body.at[end + 1] << 16 |
                   (uint32_t)body.at[end + 2] << 8 | body.at[end + 3];
        at = end + 4;
    }
    return WIRE_OK;
}
