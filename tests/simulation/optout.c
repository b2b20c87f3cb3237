#include "tests/simulation/optout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/simulation/web.h"
#include "tests/simulation/world.h"

enum { OPTOUTS_MAX = 16, NUMBER_SIZE = 16, AGAIN_MS = 700 };

struct optouts {
    struct world *world;
    size_t count;
    struct {
        char number[NUMBER_SIZE];
        bool confirmed;
    } at[OPTOUTS_MAX];
};

static void put(void *owner, uint64_t index);

static void on_answer(void *owner, uint64_t index, int status, const char *body)
{
    struct optouts *optouts = owner;
    struct world *world = optouts->world;

    (void)body;
    if (status >= 200 && status < 300) {
        optouts->at[index].confirmed = true;
        world_tell(world, "%s has opted out", optouts->at[index].number);
        return;
    }
    if (status != 0 && status != 503)
        world_violation(world, "an opt-out was answered %d", status);
    if (world->faults)
        world_after(world, AGAIN_MS, put, optouts, index);
}

static void put(void *owner, uint64_t index)
{
    struct optouts *optouts = owner;
    char path[64];
    const struct web_request request = {.method = "PUT",
                                        .path = path,
                                        .body = "",
                                        .is_local = true,
                                        .on_answer = on_answer,
                                        .owner = optouts,
                                        .number = index};

    snprintf(path, sizeof(path), "/v1/accounts/sms/optouts/%s", optouts->at[index].number);
    web_send(optouts->world, &request);
}

static void have_enough(void *owner, uint64_t number)
{
    struct optouts *optouts = owner;
    struct world *world = optouts->world;

    (void)number;
    if (!world->faults || optouts->count == OPTOUTS_MAX)
        return;
    snprintf(optouts->at[optouts->count].number, NUMBER_SIZE, "4680%08zu", optouts->count);
    put(optouts, optouts->count++);
    world_after(world, world_between(world, 1000, 6000), have_enough, optouts, 0);
}

struct optouts *optouts_begin(struct world *world)
{
    struct optouts *optouts = calloc(1, sizeof(*optouts));

    if (optouts == NULL)
        abort();
    optouts->world = world;
    world_after(world, world_between(world, 500, 3000), have_enough, optouts, 0);
    return optouts;
}

void optouts_end(struct optouts *optouts)
{
    free(optouts);
}

const char *optouts_choose(struct world *world)
{
    const struct optouts *optouts = world->optouts;
    size_t index;

    if (optouts->count == 0)
        return NULL;
    index = world_chance(world, optouts->count);
    return optouts->at[index].confirmed ? optouts->at[index].number : NULL;
}

bool optouts_has(const struct world *world, const char *number)
{
    const struct optouts *optouts = world->optouts;

    for (size_t i = 0; i < optouts->count; i++)
        if (optouts->at[i].confirmed && strcmp(optouts->at[i].number, number) == 0)
            return true;
    return false;
}
