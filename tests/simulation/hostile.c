#include "tests/simulation/hostile.h"

#include <stdlib.h>
#include <string.h>

#include "tests/peers/wire.h"
#include "tests/simulation/cable.h"
#include "tests/simulation/world.h"

enum { MANGLED_OCTETS_MAX = 6, GARBAGE_MAX = 3000 };

static void send_garbage(struct world *world, struct cable *cable)
{
    static const char http[] = "GET / HTTP/1.1\r\nHost: sms.example\r\n\r\n";
    static const uint8_t tls[] = {0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01,
                                  0xFC, 0x03, 0x03, 0x5A, 0x17, 0x00, 0x00, 0x00};
    uint8_t octets[GARBAGE_MAX];
    size_t size = (size_t)world_between(world, 1, GARBAGE_MAX);
    bool zeros = world_chance(world, 4) == 0;

    world_met(world, SITUATION_garbage);
    switch (world_chance(world, 4)) {
    case 0:
        cable_send(cable, http, sizeof(http) - 1, MOMENTS);
        return;
    case 1:
        cable_send(cable, tls, sizeof(tls), MOMENTS);
        return;
    default:
        for (size_t i = 0; i < size; i++)
            octets[i] = zeros ? 0 : (uint8_t)world_chance(world, 256);
        cable_send(cable, octets, size, MOMENTS);
        return;
    }
}

static void put_32(uint8_t *out, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)(value >> (24 - 8 * i));
}

static void send_broken_frame(struct world *world, struct cable *cable, uint32_t sequence)
{
    const uint32_t lengths[] = {(uint32_t)world_chance(world, 16), WIRE_PDU_MAX_BYTES + 1,
                                0x80000000, 0xFFFFFFFF};
    uint8_t octets[WIRE_HEADER_BYTES] = {0};

    world_met(world, SITUATION_broken_frame);
    put_32(octets, lengths[world_chance(world, 4)]);
    put_32(octets + 4, WIRE_SUBMIT_SM);
    put_32(octets + 12, sequence);
    cable_send(cable, octets, sizeof(octets), MOMENTS);
}

/* One that is right. */
static size_t write_pdu(struct world *world, uint32_t sequence, uint8_t *out, size_t room)
{
    static const uint32_t commands[] = {WIRE_SUBMIT_SM,
                                        WIRE_SUBMIT_SM,
                                        WIRE_DATA_SM,
                                        WIRE_QUERY_SM,
                                        WIRE_CANCEL_SM,
                                        WIRE_REPLACE_SM,
                                        WIRE_DELIVER_SM | WIRE_RESPONSE};
    struct wire_buffer buffer = {out, room, 0};
    struct wire_message message = {
        .source = wire_view_of("666"),
        .destination_ton = 1,
        .destination_npi = 1,
        .destination = wire_view_of("46709999999"),
        .registered_delivery = WIRE_REGISTERED_ALWAYS,
        .short_message = wire_view_of("Hostile octets, perhaps in a long message"),
    };

    if (!wire_write_message(&buffer, commands[world_chance(world, 7)], sequence, &message))
        abort();
    return buffer.used;
}

static void send_mangled_pdu(struct world *world, struct cable *cable, uint32_t sequence)
{
    uint8_t octets[512];
    size_t size = write_pdu(world, sequence, octets, sizeof(octets));
    int64_t count = world_between(world, 1, MANGLED_OCTETS_MAX);

    world_met(world, SITUATION_mangled_pdu);
    while (count-- > 0)
        octets[world_between(world, WIRE_HEADER_BYTES, (int64_t)size - 1)] =
            (uint8_t)world_chance(world, 256);
    cable_send(cable, octets, size, MOMENTS);
}

static void send_cut_pdu(struct world *world, struct cable *cable, uint32_t sequence)
{
    uint8_t octets[512];
    size_t size = write_pdu(world, sequence, octets, sizeof(octets));

    world_met(world, SITUATION_cut_pdu);
    cable_send(cable, octets, (size_t)world_between(world, 1, (int64_t)size - 1), MOMENTS);
    cable_close(cable);
}

void hostile_greet(struct world *world, struct cable *cable)
{
    if (world_chance(world, 2) == 0)
        send_garbage(world, cable);
    else
        send_broken_frame(world, cable, 1);
}

bool hostile_act(struct world *world, struct cable *cable, uint32_t sequence)
{
    switch (world_chance(world, 10)) {
    case 0:
        send_garbage(world, cable);
        return true;
    case 1:
        send_broken_frame(world, cable, sequence);
        return true;
    case 2:
        send_cut_pdu(world, cable, sequence);
        return false;
    default:
        send_mangled_pdu(world, cable, sequence);
        return true;
    }
}
