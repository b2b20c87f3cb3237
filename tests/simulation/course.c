#include "tests/simulation/course.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/gateway.h"
#include "gateway/live.h"
#include "gateway/outbox.h"
#include "gateway/store.h"
#include "tests/simulation/book.h"
#include "tests/simulation/client.h"
#include "tests/simulation/dialect.h"
#include "tests/simulation/judge.h"
#include "tests/simulation/life.h"
#include "tests/simulation/messenger.h"
#include "tests/simulation/optout.h"
#include "tests/simulation/smsc.h"
#include "tests/simulation/vfs.h"
#include "tests/simulation/web.h"

enum {
    FAULTS_END_MS = 26000,
    FIRST_INTERRUPTION_MS = 3000,
    REST_MS = 400000, /* all must have come to rest so long after the faults */
    LOOK_MS = 500,
    RACE_PACE_MS = 500,
    RESTING_MS = 62000, /* a report that nobody knows stays parked for a minute */
};

static const struct client_character characters[] = {
    {"sms",     false, false, false, 25},
    {"sms",     false, false, false, 15},
    {"cascade", true,  false, false, 30},
    {"cascade", true,  false, false, 20},
    {"poor",    false, true,  false, 10},
    {"poor",    false, true,  false, 10},
    {"poor",    false, true,  false, 10},
    {"hostile", false, false, true,  0 },
};

/* Most of what they send goes to the messenger first. */
static const struct client_character racers[] = {
    {"cascade", true,  false, false, 60},
    {"cascade", true,  false, false, 60},
    {"cascade", true,  false, false, 60},
    {"cascade", true,  false, false, 60},
    {"sms",     false, false, false, 20},
};

/* --- what goes wrong ---------------------------------------------------------------- */

static void interrupt(void *owner, uint64_t number)
{
    struct world *world = owner;
    enum ending ending = (enum ending)world_chance(world, ENDINGS);

    (void)number;
    if (!world->faults)
        return;
    /* A polite end has no need of a moment. */
    if (ending == ENDING_POWER && world_chance(world, 3) == 0)
        vfs_cut_at(world->vfs, VFS_SYNC, world_chance(world, 4) + 1, false);
    else
        world_arm(world,
                  ending == ENDING_POLITE ? MOMENT_ANY
                                          : (enum moment)world_chance(world, MOMENTS),
                  ending);
    world_after(world, world_between(world, 3000, 8000), interrupt, world, 0);
}

static void empty_disk(void *owner, uint64_t number)
{
    struct world *world = owner;

    (void)number;
    world_tell(world, "the disk has room");
    vfs_set_full(world->vfs, false);
    world->disk_full = false;
    world->disk_emptied_ms = world_now_ms(world);
}

static void fill_disk(void *owner, uint64_t number)
{
    struct world *world = owner;

    (void)number;
    world_tell(world, "the disk is full");
    vfs_set_full(world->vfs, true);
    world->disk_full = true;
    world_after(world, world_between(world, 200, 4000), empty_disk, world, 0);
}

/* --- coming to rest ----------------------------------------------------------------- */

static bool is_quiet(const struct world *world)
{
    const struct gateway *gateway = world->gateway;

    if (gateway == NULL || !gateway->ready || !smsc_is_quiet(world->smsc) ||
        !messenger_is_quiet(world->messenger))
        return false;
    for (size_t i = 0; i < world->client_count; i++)
        if (!client_is_done(world->clients[i]))
            return false;
    return lives_count(gateway->lives) == 0 &&
           outbox_waiting(gateway, LETTER_RECEIPT) == 0 &&
           outbox_waiting(gateway, LETTER_INBOUND) == 0 && store_is_idle(gateway->store);
}

static void heal(struct world *world)
{
    world_tell(world, "all is healed");
    world->faults = false;
    world->healed_ms = world_now_ms(world);
    world->armed = false;
    vfs_cut_at(world->vfs, VFS_SYNC, 0, false);
    if (world->disk_full)
        empty_disk(world, 0);
}

static void come_to_rest(struct world *world)
{
    int64_t latest_ms = world_now_ms(world) + REST_MS;

    while (!is_quiet(world) && world_now_ms(world) < latest_ms && world->violations == 0)
        world_run_until(world, world_now_ms(world) + LOOK_MS);
    if (!is_quiet(world) && world->violations == 0 && world->gateway)
        world_violation(world,
                        "no rest: %zu messages live, %zu receipts wait, operator %s, "
                        "messenger %s",
                        lives_count(world->gateway->lives),
                        outbox_waiting(world->gateway, LETTER_RECEIPT),
                        smsc_is_quiet(world->smsc) ? "quiet" : "not",
                        messenger_is_quiet(world->messenger) ? "quiet" : "not");
    world_run_until(world, world_now_ms(world) + RESTING_MS);
}

/* --- the gateway's own word --------------------------------------------------------- */

static void on_verified(void *owner, uint64_t number, int status, const char *body)
{
    struct world *world = owner;

    (void)number;
    world->verified = true;
    if (status != 200 || strstr(body, "\"ok\":true") == NULL ||
        strstr(body, "\"ended_with_hold\":0") == NULL ||
        strstr(body, "\"attempts_without_posting\":0") == NULL)
        world_violation(world, "the ledger's verification says %d %s", status, body);
}

static void verify(struct world *world)
{
    const struct web_request request = {.method = "GET",
                                        .path = "/v1/ledger/verify",
                                        .body = "",
                                        .is_local = true,
                                        .on_answer = on_verified,
                                        .owner = world};
    int64_t latest_ms = world_now_ms(world) + 10000;

    world->verified = false;
    web_send(world, &request);
    while (!world->verified && world_now_ms(world) < latest_ms)
        world_run_until(world, world_now_ms(world) + 10);
    if (!world->verified)
        world_violation(world, "the ledger's verification does not come");
}

/* ------------------------------------------------------------------------------------ */

static void populate(struct world *world)
{
    const struct client_character *first = world->races ? racers : characters;
    size_t count = world->races ? sizeof(racers) / sizeof(racers[0])
                                : sizeof(characters) / sizeof(characters[0]);

    world->smsc = smsc_new(world);
    world->messenger = messenger_new(world);
    world->optouts = optouts_begin(world);
    for (size_t i = 0; i < count; i++)
        world->clients[world->client_count++] = client_new(world, &first[i]);
}

static void sweep_folder(void)
{
    unlink("state/lock");
    unlink("state/reserve");
    rmdir("state/history");
    rmdir("state/ledger");
    rmdir("state");
    unlink("sluice.conf");
}

void course_run(enum course_kind kind, uint64_t seed, bool verbose,
                struct course_result *out)
{
    struct world *world = world_new(seed, verbose);

    if (kind == COURSE_RACES) {
        world->races = true;
        world->pace_ms = RACE_PACE_MS;
    }
    world->dialect = dialect_at(seed % DIALECTS);
    life_configure(world);
    populate(world);
    world_start_gateway(world);
    /* What a start would find again must not be lost before one, either. */
    if (seed % 3 != 0)
        world_after(world,
                    world_between(world, FIRST_INTERRUPTION_MS, 2 * FIRST_INTERRUPTION_MS),
                    interrupt, world, 0);
    if (seed % 4 == 1)
        world_after(world, world_between(world, 5000, 20000), fill_disk, world, 0);
    world_run_until(world, FAULTS_END_MS);
    heal(world);
    come_to_rest(world);
    if (world->violations == 0) {
        verify(world);
        judge(world);
        smsc_judge_letters(world->smsc);
        messenger_count_races(world->messenger);
        life_count(world);
    }
    *out = (struct course_result){.violations = world->violations,
                                  .hash = world->hash,
                                  .events = world->told,
                                  .submissions = book_count(world->book)};
    memcpy(out->situations, world->situations, sizeof(out->situations));
    world_free(world);
    sweep_folder();
}
