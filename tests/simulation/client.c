#include "tests/simulation/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/peers/wire.h"
#include "tests/simulation/book.h"
#include "tests/simulation/cable.h"
#include "tests/simulation/hostile.h"
#include "tests/simulation/operation.h"
#include "tests/simulation/optout.h"
#include "tests/simulation/receipt.h"
#include "tests/simulation/repetition.h"
#include "tests/simulation/smsc.h"
#include "tests/simulation/submission.h"
#include "tests/simulation/world.h"

enum {
    WINDOW_MAX = 24,
    INPUT_SIZE = 128 * 1024,
    TICK_MS = 20,
    NO_MORE_PARTS = 0x405,
};

struct sent {
    struct note *note; /* the first of those that went together; NULL: the place is free */
    uint32_t sequence;
    bool is_again; /* it was sent before */
};

struct client {
    struct world *world;
    struct client_character character;
    struct cable *cable; /* NULL: not connected */
    bool bound;
    uint32_t sequence;
    unsigned window;
    unsigned sent;       /* of those wanted */
    unsigned parts_left; /* of the long message being sent */
    unsigned set;
    struct sent open[WINDOW_MAX]; /* by place: sent on this connection, not answered */
    struct operation operation;   /* one at a time */
    uint64_t sessions;            /* that have ended */
    struct clock_timer tick;
    struct clock_timer again;
    size_t input_size;
    uint8_t input[INPUT_SIZE];
};

static void on_tick(void *owner);

static const struct cable_ops ops;

struct client *client_new(struct world *world, const struct client_character *character)
{
    struct client *client = calloc(1, sizeof(*client));

    if (client == NULL)
        abort();
    client->world = world;
    client->character = *character;
    client->window = (unsigned)world_between(world, 4, WINDOW_MAX);
    clock_arm_in(world->clock, &client->tick, world_between(world, 1, TICK_MS), on_tick,
                 client);
    return client;
}

void client_free(struct client *client)
{
    if (client->cable)
        cable_cut(client->cable);
    clock_disarm(client->world->clock, &client->tick);
    clock_disarm(client->world->clock, &client->again);
    free(client);
}

static unsigned open_count(const struct client *client)
{
    unsigned count = 0;

    for (unsigned i = 0; i < WINDOW_MAX; i++)
        count += client->open[i].note != NULL;
    return count;
}

bool client_is_done(const struct client *client)
{
    return open_count(client) == 0 && client->operation.note == NULL;
}

bool client_awaits_multi(const struct client *client)
{
    for (unsigned i = 0; i < WINDOW_MAX; i++)
        if (client->open[i].note && client->open[i].note->members > 0)
            return true;
    return false;
}

bool client_awaits_repetition(const struct client *client)
{
    for (unsigned i = 0; i < WINDOW_MAX; i++)
        if (client->open[i].note && client->open[i].is_again)
            return true;
    return false;
}

/* --- sessions ----------------------------------------------------------------------- */

static void send_octets(struct client *client, const struct wire_buffer *buffer)
{
    if (client->cable)
        cable_send(client->cable, buffer->at, buffer->used, MOMENTS);
}

static void send_bare(struct client *client, uint32_t command, uint32_t status,
                      uint32_t sequence)
{
    uint8_t octets[WIRE_HEADER_BYTES];
    struct wire_buffer buffer = {octets, sizeof(octets), 0};

    if (wire_write_bare(&buffer, command, status, sequence))
        send_octets(client, &buffer);
}

static void answer_is_lost(struct client *client, struct note *lead)
{
    struct world *world = client->world;

    for (unsigned i = 0; i <= lead->members; i++) {
        struct note *note = book_find(world->book, lead->number + i);

        /* It was told when it was sent again. */
        if (note->fate == FATE_TAKEN)
            continue;
        note->fate = FATE_LOST;
        note->lost_ms = world_now_ms(world);
        world_tell(world, "%s lost the answer to N%u", note->account, note->number);
        world_met(world, SITUATION_response_lost);
    }
}

static void session_is_over(struct client *client)
{
    client->cable = NULL;
    client->bound = false;
    client->input_size = 0;
    client->sessions++;
    client->parts_left = 0;
    client->operation.note = NULL;
    for (unsigned i = 0; i < WINDOW_MAX; i++) {
        struct sent sent = client->open[i];

        client->open[i].note = NULL;
        if (sent.note && sent.is_again)
            repetition_lost(client->world, sent.note);
        else if (sent.note)
            answer_is_lost(client, sent.note);
    }
}

static void connect_again(void *owner);

static void connect_later(struct client *client)
{
    clock_arm_in(client->world->clock, &client->again,
                 world_between(client->world, 100, 1200), connect_again, client);
}

static void connect_again(void *owner)
{
    struct client *client = owner;
    uint8_t octets[128];
    struct wire_buffer buffer = {octets, sizeof(octets), 0};
    const struct wire_bind bind = {.system_id = wire_view_of(client->character.account),
                                   .password = wire_view_of("secret08"),
                                   .interface_version = WIRE_VERSION_3_4};

    client->cable = cable_connect(client->world, &ops, client);
    if (client->cable == NULL) {
        connect_later(client);
        return;
    }
    client->sequence = 1;
    if (client->character.hostile && world_fault(client->world, 40)) {
        hostile_greet(client->world, client->cable);
        return;
    }
    if (!wire_write_bind(&buffer, WIRE_BIND_TRANSCEIVER, client->sequence, &bind))
        abort();
    send_octets(client, &buffer);
}

static void on_closed(void *owner)
{
    struct client *client = owner;

    session_is_over(client);
}

static void leave(struct client *client)
{
    struct world *world = client->world;

    world_tell(world, "%s leaves", client->character.account);
    if (world_chance(world, 2) == 0)
        cable_cut(client->cable);
    else
        cable_close(client->cable);
    session_is_over(client);
}

/* --- submits ------------------------------------------------------------------------ */

static void send_submit(struct client *client, struct note *note, bool is_again)
{
    uint8_t octets[1024];
    struct wire_buffer buffer = {octets, sizeof(octets), 0};
    unsigned place = 0;

    while (client->open[place].note)
        place++;
    client->open[place] = (struct sent){note, ++client->sequence, is_again};
    submission_write(client->world, note, client->sequence, &buffer);
    send_octets(client, &buffer);
}

/* A part of a long message follows its first; the last one may never come. */
static void continue_set(struct client *client, struct note *note)
{
    const struct note *first = book_find(client->world->book, client->set);

    note->set = client->set;
    note->parts = first->parts;
    note->part = (uint8_t)(first->parts - client->parts_left + 1);
    memcpy(note->destination, first->destination, sizeof(note->destination));
    client->parts_left--;
    if (client->parts_left == 1 && world_fault(client->world, 25))
        client->parts_left = 0;
}

static void submit_next(struct client *client)
{
    struct world *world = client->world;
    struct note *note = book_add(world->book);
    unsigned count;

    snprintf(note->account, sizeof(note->account), "%s", client->character.account);
    note->cascades = client->character.cascades;
    /* Several for one person: what is matched by address alone may be another's. */
    if (note->number > 1 && !book_find(world->book, note->number - 1)->wrong &&
        world_fault(world, 10))
        memcpy(note->destination, book_find(world->book, note->number - 1)->destination,
               sizeof(note->destination));
    if (client->parts_left > 0) {
        continue_set(client, note);
    } else if (note->cascades && world_fault(world, 20)) {
        note->parts = (uint8_t)world_between(world, 2, 3);
        client->set = note->number;
        client->parts_left = note->parts - 1u;
    } else if (!note->cascades && world_fault(world, 12)) {
        note->start_ms = world_between(world, 1, 12) * 1000;
    } else if (world_fault(world, 20)) {
        note->validity_ms = world_between(world, 5, 30) * 1000;
    }
    if (strcmp(note->account, "sms") == 0) {
        const char *number = world_fault(world, 4) ? optouts_choose(world) : NULL;

        if (number)
            snprintf(note->destination, sizeof(note->destination), "%s", number);
        note->unwanted = optouts_has(world, note->destination);
    }
    count = submission_choose(world, note);
    for (unsigned i = 0; i < count; i++)
        book_find(world->book, note->number + i)->sent_at_ms = world_now_ms(world);
    client->sent += count;
    send_submit(client, note, false);
}

static void submit_again(struct client *client)
{
    struct note *note = repetition_choose(client->world, client->character.account);

    if (note == NULL)
        return;
    repetition_sent(client->world, note);
    send_submit(client, note, true);
}

/* Something of one of the account's submissions. */
static void ask(struct client *client)
{
    struct note *note = operation_choose(client->world, client->character.account);
    uint8_t octets[256];
    struct wire_buffer buffer = {octets, sizeof(octets), 0};

    if (note == NULL)
        return;
    operation_write(client->world, &client->operation, note, ++client->sequence, &buffer);
    send_octets(client, &buffer);
}

uint32_t client_asks(const struct client *client)
{
    return client->operation.note ? client->operation.command : 0;
}

static void on_tick(void *owner)
{
    struct client *client = owner;
    struct world *world = client->world;
    unsigned burst = client->character.races ? WINDOW_MAX : 1;

    clock_arm_in(world->clock, &client->tick,
                 client->character.races ? TICK_MS
                                         : world_between(world, 1, world->pace_ms),
                 on_tick, client);
    if (client->cable == NULL && !clock_is_armed(&client->again))
        connect_later(client);
    if (!client->bound)
        return;
    if (client->character.hostile && world->faults) {
        if (!hostile_act(world, client->cable, ++client->sequence))
            session_is_over(client);
        return;
    }
    while (burst-- > 0 && client->sent < client->character.wanted && world->faults &&
           open_count(client) < client->window)
        submit_next(client);
    if (world_fault(world, 6) && open_count(client) < client->window)
        submit_again(client);
    if (client->operation.note == NULL && world_fault(world, 10))
        ask(client);
    if (world_fault(world, 1) && world_chance(world, 4) == 0)
        leave(client);
}

/* One of those that went together. */
static void note_answer(struct client *client, struct note *note,
                        const struct wire_header *header, struct wire_view body)
{
    struct world *world = client->world;
    uint32_t status = submission_status(note, header, body);

    world_tell(world, "%s has answer 0x%x to N%u", note->account, status, note->number);
    note->status = status;
    note->answered_at_ms = world_now_ms(world);
    if (status == WIRE_OK) {
        book_accept(world, note, wire_read_id(body));
        return;
    }
    /* It was accepted when it was sent again. */
    if (note->fate == FATE_TAKEN)
        return;
    note->fate = FATE_REFUSED;
    if (header->status == WIRE_OK)
        world_met(world, SITUATION_multi_refused_one);
    if (status == WIRE_SUBMIT_FAILED)
        world_met(world, SITUATION_money_spent);
    if (status == NO_MORE_PARTS)
        world_met(world, SITUATION_day_used_up);
    if (status == WIRE_THROTTLED)
        world_met(world, SITUATION_client_throttled);
    if (note->unwanted)
        world_met(world, SITUATION_opted_out);
}

static void on_submit_answer(struct client *client, const struct wire_header *header,
                             struct wire_view body)
{
    struct world *world = client->world;
    struct sent sent = {0};

    for (unsigned i = 0; i < WINDOW_MAX && sent.note == NULL; i++) {
        if (client->open[i].note == NULL || client->open[i].sequence != header->sequence)
            continue;
        sent = client->open[i];
        client->open[i].note = NULL;
    }
    if (sent.note == NULL) {
        if (!client->character.hostile)
            world_violation(world, "an answer to no submit of %s",
                            client->character.account);
    } else if (sent.is_again) {
        repetition_answered(world, sent.note, header, body);
    } else {
        for (unsigned i = 0; i <= sent.note->members; i++)
            note_answer(client, book_find(world->book, sent.note->number + i), header,
                        body);
    }
}

/* --- receipts ----------------------------------------------------------------------- */

/* What was sent over one of them may be sent again over another. */
static uint64_t sessions_ended(const struct client *client)
{
    const struct world *world = client->world;
    uint64_t sum = 0;

    for (size_t i = 0; i < world->client_count; i++)
        if (strcmp(world->clients[i]->character.account, client->character.account) == 0)
            sum += world->clients[i]->sessions;
    return sum;
}

static void on_receipt(struct client *client, const struct wire_header *header,
                       struct wire_view body)
{
    struct world *world = client->world;
    uint64_t cause = (uint64_t)world->crashes << 32 | sessions_ended(client);
    uint32_t status = WIRE_OK;
    struct note *note;

    if (receipt_is_none(body)) {
        smsc_letter_has_come(world->smsc, client->character.account, body);
        if (!world_fault(world, 10))
            send_bare(client, WIRE_DELIVER_SM | WIRE_RESPONSE, WIRE_OK, header->sequence);
        return;
    }
    if (receipt_is_news(body)) {
        receipt_note_news(world, body, client->cable, client->character.hostile);
        send_bare(client, WIRE_DELIVER_SM | WIRE_RESPONSE, WIRE_OK, header->sequence);
        return;
    }
    if (world_fault(world, 3))
        return;
    if (world_fault(world, 4))
        status = world_chance(world, 2) ? WIRE_QUEUE_FULL : WIRE_SYSTEM_ERROR;
    note = receipt_note(world, body, cause, status == WIRE_OK, client->character.hostile);
    if (note)
        note->receipt_session = client->cable;
    if (note && strcmp(note->account, client->character.account) != 0)
        world_violation(world, "%s has the receipt of N%u, which is %s's",
                        client->character.account, note->number, note->account);
    send_bare(client, WIRE_DELIVER_SM | WIRE_RESPONSE, status, header->sequence);
}

static void on_pdu(struct client *client, const struct wire_header *header,
                   struct wire_view body)
{
    switch (header->id) {
    case WIRE_BIND_TRANSCEIVER | WIRE_RESPONSE:
        client->bound = header->status == WIRE_OK;
        break;
    case WIRE_SUBMIT_SM | WIRE_RESPONSE:
    case WIRE_DATA_SM | WIRE_RESPONSE:
    case WIRE_SUBMIT_MULTI | WIRE_RESPONSE:
        on_submit_answer(client, header, body);
        break;
    case WIRE_QUERY_SM | WIRE_RESPONSE:
    case WIRE_CANCEL_SM | WIRE_RESPONSE:
    case WIRE_REPLACE_SM | WIRE_RESPONSE:
        if (client->operation.note && client->operation.sequence == header->sequence)
            operation_answered(client->world, &client->operation, header, body);
        else if (!client->character.hostile)
            world_violation(client->world, "an answer to nothing that was asked");
        break;
    case WIRE_DELIVER_SM:
        on_receipt(client, header, body);
        break;
    case WIRE_ENQUIRE_LINK:
    case WIRE_UNBIND:
        send_bare(client, header->id | WIRE_RESPONSE, WIRE_OK, header->sequence);
        break;
    default:
        if (!client->character.hostile)
            world_violation(client->world, "%s was sent command 0x%08x",
                            client->character.account, header->id);
        break;
    }
}

static void on_octets(void *owner, const uint8_t *octets, size_t size)
{
    struct client *client = owner;
    struct cable *cable = client->cable;
    size_t used = 0;

    if (client->input_size + size > sizeof(client->input)) {
        world_violation(client->world, "a client was sent more than it can take");
        return;
    }
    memcpy(client->input + client->input_size, octets, size);
    client->input_size += size;
    while (client->cable == cable) {
        struct wire_header header;
        enum wire_frame frame =
            wire_read_header(client->input + used, client->input_size - used, &header);

        if (frame == WIRE_FRAME_BROKEN)
            world_violation(client->world, "a client was sent a broken frame");
        if (frame != WIRE_FRAME_WHOLE)
            break;
        on_pdu(client, &header,
               (struct wire_view){client->input + used + WIRE_HEADER_BYTES,
                                  header.length - WIRE_HEADER_BYTES});
        used += header.length;
    }
    if (client->cable != cable)
        return;
    client->input_size -= used;
    memmove(client->input, client->input + used, client->input_size);
}

static const struct cable_ops ops = {on_octets, on_closed};
