/* Time, chance and what was told; the gateway's lives are in life.c. */
#include "tests/simulation/world.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <event2/event.h>

#include "gateway/config.h"
#include "smpp/transport.h"
#include "tests/simulation/book.h"
#include "tests/simulation/cable.h"
#include "tests/simulation/client.h"
#include "tests/simulation/identity.h"
#include "tests/simulation/life.h"
#include "tests/simulation/messenger.h"
#include "tests/simulation/optout.h"
#include "tests/simulation/smsc.h"
#include "tests/simulation/vfs.h"

enum { VIOLATIONS_SHOWN = 10, TURNS_MAX = 10000, LUCK_PERCENT = 50 };

struct errand {
    struct world *world;
    struct clock_timer timer;
    void (*run)(void *owner, uint64_t number);
    void *owner;
    uint64_t number;
    struct errand *next;
    struct errand **link;
};

struct world *world_new(uint64_t seed, bool verbose)
{
    struct world *world = calloc(1, sizeof(*world));

    if (world == NULL)
        abort();
    world->seed = seed;
    world->verbose = verbose;
    world->lists = seed % 4 == 2;
    world->chance.state = random_mix(seed ^ 0x51CE51CE51CE51CE);
    world->base = event_base_new();
    world->clock = clock_new_virtual(1000, WALL_START_MS);
    world->faults = true;
    world->id_form = (unsigned)world_chance(world, IDENTITIES);
    world->pace_ms = 320 << world_chance(world, 3);
    world->tps = world_chance(world, 5) == 0 ? 4 : 0;
    world->parts = world_chance(world, 5) == 0 ? (unsigned)world_between(world, 10, 45) : 0;
    world->hash = 0xCBF29CE484222325;
    world->book = book_new();
    world->vfs = vfs_new("simulation", seed);
    vfs_set_luck(world->vfs, LUCK_PERCENT);
    world->transport = calloc(1, sizeof(*world->transport));
    if (world->transport == NULL)
        abort();
    cable_transport(world, world->transport);
    return world;
}

void world_free(struct world *world)
{
    if (world->gateway)
        life_drop(world);
    clock_disarm(world->clock, &world->restart);
    for (size_t i = 0; i < world->client_count; i++)
        client_free(world->clients[i]);
    smsc_free(world->smsc);
    messenger_free(world->messenger);
    optouts_end(world->optouts);
    while (world->errands) {
        struct errand *next = world->errands->next;

        clock_disarm(world->clock, &world->errands->timer);
        free(world->errands);
        world->errands = next;
    }
    cables_free(world);
    event_base_loop(world->base, EVLOOP_NONBLOCK);
    book_free(world->book);
    vfs_free(world->vfs);
    free(world->transport);
    config_free(world->config);
    clock_free(world->clock);
    event_base_free(world->base);
    free(world);
}

int64_t world_now_ms(const struct world *world)
{
    return clock_mono_ms(world->clock);
}

/* --- chance ------------------------------------------------------------------------- */

uint64_t world_chance(struct world *world, uint64_t bound)
{
    return random_below(&world->chance, bound);
}

bool world_fault(struct world *world, unsigned percent)
{
    return world->faults && world_chance(world, 100) < percent;
}

int64_t world_between(struct world *world, int64_t low, int64_t high)
{
    return low + (int64_t)world_chance(world, (uint64_t)(high - low + 1));
}

/* --- what is told ------------------------------------------------------------------- */

static void tell(struct world *world, const char *format, va_list values)
    __attribute__((format(printf, 2, 0)));

static void tell(struct world *world, const char *format, va_list values)
{
    char line[400];

    vsnprintf(line, sizeof(line), format, values);
    for (const char *at = line; *at; at++)
        world->hash = (world->hash ^ (uint8_t)*at) * 0x100000001B3;
    world->hash = (world->hash ^ (uint64_t)world_now_ms(world)) * 0x100000001B3;
    world->told++;
    if (world->verbose)
        printf("%8lld.%03lld %s\n", (long long)world_now_ms(world) / 1000,
               (long long)world_now_ms(world) % 1000, line);
}

void world_tell(struct world *world, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    tell(world, format, values);
    va_end(values);
}

void world_violation(struct world *world, const char *format, ...)
{
    va_list values;

    if (world->violations++ >= VIOLATIONS_SHOWN)
        return;
    printf("seed %llu at %lld ms: ", (unsigned long long)world->seed,
           (long long)world_now_ms(world));
    va_start(values, format);
    vprintf(format, values);
    va_end(values);
    printf("\n");
}

void world_upset(struct world *world)
{
    if (world->upsets < UPSETS_MAX)
        world->upset_at_ms[world->upsets++] = world_now_ms(world);
}

void world_met(struct world *world, enum situation situation)
{
    world->situations[situation]++;
}

/* --- time --------------------------------------------------------------------------- */

static void run_errand(void *owner)
{
    struct errand *errand = owner;
    void (*run)(void *, uint64_t) = errand->run;
    void *whose = errand->owner;
    uint64_t number = errand->number;

    *errand->link = errand->next;
    if (errand->next)
        errand->next->link = errand->link;
    free(errand);
    run(whose, number);
}

void world_after(struct world *world, int64_t delay_ms,
                 void (*run)(void *owner, uint64_t number), void *owner, uint64_t number)
{
    struct errand *errand = calloc(1, sizeof(*errand));

    if (errand == NULL)
        abort();
    *errand = (struct errand){.world = world,
                              .run = run,
                              .owner = owner,
                              .number = number,
                              .next = world->errands,
                              .link = &world->errands};
    if (errand->next)
        errand->next->link = &errand->next;
    world->errands = errand;
    clock_arm_in(world->clock, &errand->timer, delay_ms, run_errand, errand);
}

/* Lets libevent run what is active, until nothing is. */
static void settle(struct world *world)
{
    int turns = 0;

    do {
        event_base_loop(world->base, EVLOOP_NONBLOCK);
        if (++turns == TURNS_MAX) {
            world_violation(world, "the loop does not come to rest");
            return;
        }
    } while (event_base_get_num_events(world->base, EVENT_BASE_COUNT_ACTIVE) > 0);
}

void world_step(struct world *world, int64_t until_ms)
{
    int64_t due_ms = clock_next_due_ms(world->clock);

    if (world->gateway) {
        int64_t its_ms = clock_next_due_ms(world->gateway_clock);

        if (its_ms != INT64_MAX && its_ms - world->gateway_offset_ms < due_ms)
            due_ms = its_ms - world->gateway_offset_ms;
    }
    if (due_ms > until_ms)
        due_ms = until_ms;
    if (due_ms < world_now_ms(world))
        due_ms = world_now_ms(world);
    /* The gateway first, so that its clock is never behind that of who speaks to it. */
    if (world->gateway)
        clock_advance(world->gateway_clock, due_ms + world->gateway_offset_ms);
    settle(world);
    if (!world->ending_now && !world->gateway_stopped)
        life_watch(world);
    if (!world->ending_now) {
        clock_advance(world->clock, due_ms);
        settle(world);
        life_look_at_ring(world);
    }
    if (world->gateway && (world->ending_now || world->gateway_stopped))
        life_end(world);
    settle(world);
}

void world_run_until(struct world *world, int64_t until_ms)
{
    while (world_now_ms(world) < until_ms && world->violations == 0)
        world_step(world, until_ms);
}
