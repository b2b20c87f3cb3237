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
#include "tests/simulation/smsc.h"
#include "tests/simulation/world.h"

enum {
    WINDOW_MAX = 24,
    INPUT_SIZE = 128 * 1024,
    TICK_MS = 20,
    VALIDITY_SIZE = 17,
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
    struct note *open[WINDOW_MAX]; /* by place: sent on this connection, not answered */
    uint32_t open_sequence[WINDOW_MAX];
    struct operation operation; /* one at a time */
    uint64_t sessions;          /* that have ended */
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
        count += client->open[i] != NULL;
    return count;
}

bool client_is_done(const struct client *client)
{
    return open_count(client) == 0 && client->operation.note == NULL;
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

static void session_is_over(struct client *client)
{
    client->cable = NULL;
    client->bound = false;
    client->input_size = 0;
    client->sessions++;
    client->parts_left = 0;
    client->operation.note = NULL;
    for (unsigned i = 0; i < WINDOW_MAX; i++) {
        struct note *note = client->open[i];

        client->open[i] = NULL;
        if (note == NULL)
            continue;
        note->fate = FATE_LOST;
        world_tell(client->world, "%s lost the answer to N%u", client->character.account,
                   note->number);
        world_met(client->world, SITUATION_response_lost);
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

static void send_submit(struct client *client, struct note *note)
{
    uint8_t octets[512];
    uint8_t text[NOTE_TEXT_SIZE + 8];
    char validity[VALIDITY_SIZE];
    char start[VALIDITY_SIZE];
    struct wire_buffer buffer = {octets, sizeof(octets), 0};
    struct wire_message submit = {
        .source = wire_view_of("12345"),
        .destination_ton = 1,
        .destination_npi = 1,
        .destination = wire_view_of(note->destination),
        .esm_class = note->parts > 1 ? WIRE_ESM_UDHI : 0,
        .registered_delivery = WIRE_REGISTERED_ALWAYS,
    };
    unsigned place = 0;

    note->asks_news = note->number % 4 == 0;
    if (note->asks_news)
        submit.registered_delivery |= WIRE_REGISTERED_NOTIFICATIONS;

    while (client->open[place])
        place++;
    submit.short_message = (struct wire_view){text, write_text(note, text)};
    if (note->validity_ms) {
        snprintf(validity, sizeof(validity), "0000000000%02d000R",
                 (int)(note->validity_ms / 1000));
        submit.validity = wire_view_of(validity);
    }
    if (note->start_ms) {
        snprintf(start, sizeof(start), "0000000000%02d000R", (int)(note->start_ms / 1000));
        submit.schedule = wire_view_of(start);
    }
    client->open[place] = note;
    client->open_sequence[place] = ++client->sequence;
    note->sent_at_ms = world_now_ms(client->world);
    if (!wire_write_message(&buffer, WIRE_SUBMIT_SM, client->sequence, &submit))
        abort();
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

    snprintf(note->account, sizeof(note->account), "%s", client->character.account);
    note->cascades = client->character.cascades;
    client->sent++;
    /* Several for one person: what is matched by address alone may be another's. */
    if (note->number > 1 && world_fault(world, 10))
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
    send_submit(client, note);
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
                 client->character.races ? TICK_MS : world_between(world, 1, 16 * TICK_MS),
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
    if (client->operation.note == NULL && world_fault(world, 10))
        ask(client);
    if (world_fault(world, 1) && world_chance(world, 4) == 0)
        leave(client);
}

static void on_submit_answer(struct client *client, const struct wire_header *header,
                             struct wire_view body)
{
    struct world *world = client->world;
    struct note *note = NULL;

    for (unsigned i = 0; i < WINDOW_MAX && note == NULL; i++) {
        if (client->open[i] == NULL || client->open_sequence[i] != header->sequence)
            continue;
        note = client->open[i];
        client->open[i] = NULL;
    }
    if (note == NULL) {
        if (!client->character.hostile)
            world_violation(world, "an answer to no submit of %s",
                            client->character.account);
        return;
    }
    note->status = header->status;
    note->answered_at_ms = world_now_ms(world);
    note->fate = header->status == WIRE_OK ? FATE_TAKEN : FATE_REFUSED;
    world_tell(world, "%s has answer 0x%x to N%u", note->account, header->status,
               note->number);
    if (note->fate == FATE_REFUSED) {
        if (header->status == WIRE_SUBMIT_FAILED)
            world_met(world, SITUATION_money_spent);
        if (note->unwanted)
            world_met(world, SITUATION_opted_out);
        return;
    }
    wire_view_copy(wire_read_id(body), note->id_text, sizeof(note->id_text));
    note->id = world_read_id(world, note->id_text);
    if (note->id == 0)
        world_violation(world, "N%u was accepted without an id", note->number);
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
