/*
 * The gateway's lives: how each begins, what must hold at every moment of it, and how it
 * ends.  A killed one is freed, as nothing leaks that way, after its disk has stopped
 * taking anything: nothing it does any more is seen by anybody.
 */
#include "tests/simulation/life.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/catalog.h"
#include "gateway/config.h"
#include "gateway/dispatch.h"
#include "gateway/executor.h"
#include "gateway/gateway.h"
#include "gateway/limits.h"
#include "gateway/live.h"
#include "gateway/outbox.h"
#include "gateway/profile.h"
#include "gateway/reports.h"
#include "gateway/store.h"
#include "gateway/texts.h"
#include "smpp/transport.h"
#include "tests/peers/wire.h"
#include "tests/simulation/cable.h"
#include "tests/simulation/client.h"
#include "tests/simulation/dialect.h"
#include "tests/simulation/identity.h"
#include "tests/simulation/messenger.h"
#include "tests/simulation/smsc.h"
#include "tests/simulation/vfs.h"
#include "tests/simulation/world.h"

enum { EXIT_STORE_FAILED = 75, COMMIT_MS = 1000, SMALL_RING = 64, PACK_AFTERS_MS = 40 };

/* --- the configuration -------------------------------------------------------------- */

static void write_account(const struct world *world, FILE *file, const char *name,
                          const char *plan, const char *opening)
{
    bool is_limited = strcmp(name, "sms") == 0;

    fprintf(file,
            "account \"%s\" {\n  password = \"secret08\"\n  plan = \"%s\"\n"
            "  opening = \"%s\"\n  window = 16\n  binds = 8\n"
            "  transactional_after_stop = false\n  message_id = \"%s\"\n"
            "  allow_from = {\"127.0.0.0/8\"}\n"
            "  spend_per_day = \"1000000\"\n"
            "  data_codings = {\"*\"}\n  protocol_ids = {\"*\"}\n  ports = {\"*\"}\n"
            "  dedupe_within = \"10m\"\n  tps = %u\n  parts_per_day = %u\n}\n",
            name, plan, opening, identity_name(world->id_form), is_limited ? world->tps : 0,
            is_limited ? world->parts : 0);
}

static void write_config(const struct world *world, FILE *file, const char *providers)
{
    fprintf(file,
            "practice = true\nproviders = \"%s\"\nmax_messages = 2000\n"
            "ring_operations = 4096\nring = \"4MiB\"\ndisk_reserve = \"0\"\n"
            "late_window = \"1h\"\nparked_max = 1000\n"
            "destinations = {\"*\"}\npremium_ranges = {\"none\"}\n"
            "listen \"smpp\" { address = \"127.0.0.1:1\" }\n"
            "http { address = \"127.0.0.1:2\" }\n"
            "inbound \"all\" { to = \"4600\" account = \"sms\" }\n",
            providers);
    write_account(world, file, "sms", "sms", "1000.00");
    write_account(world, file, "cascade", "both", "1000.00");
    write_account(world, file, "poor", "sms", "1.00");
    write_account(world, file, "hostile", "both", "1000.00");
    fprintf(
        file,
        "link \"smsc\" {\n  host = \"127.0.0.1\"\n  port = 3\n  system_id = \"sluice\"\n"
        "  password = \"sluice\"\n  connections = %d\n  window = %d\n"
        "  id_rule = \"%s\"\n  reconnect_min = \"200ms\"\n  reconnect_max = \"1s\"\n"
        "  bind_timeout = \"5s\"\n  response_timeout = \"%dms\"\n"
        "  enquire_link = \"10s\"\n  in_doubt_wait = \"2s\"\n  in_doubt_resends = 1\n"
        "  grace = \"1s\"\n"
        "  on_status \"0x58\" { action = \"pause\" delays = {\"1s\"} }\n"
        "  on_status \"0x14\" { action = \"retry\" delays = {\"1s\", \"2s\", \"4s\"} }\n"
        "  on_status \"other\" { action = \"fail\" }\n  %s\n}\n",
        SMSC_CONNECTIONS, SMSC_WINDOW, world->dialect->id_rule, SMSC_RESPONSE_MS,
        world->dialect->settings);
    fprintf(file,
            "channel \"messenger\" {\n  profile = \"lab\"\n"
            "  url = \"http://127.0.0.1:4/send\"\n  token = \"lab\"\n  key = \"lab-hook\"\n"
            "  concurrency = %d\n  timeout = \"%dms\"\n  suspend = \"2s\"\n}\n",
            MESSENGER_CONCURRENCY, MESSENGER_TIMEOUT_MS);
    fprintf(
        file,
        "plan \"sms\" {\n  deadline = \"40s\"\n"
        "  step \"sms\" { channels = {\"smsc\"} until = \"delivered\" within = \"24h\" }\n"
        "}\n"
        "plan \"both\" {\n  deadline = \"40s\"\n  collect_within = \"3s\"\n"
        "  step \"messenger\" { channels = {\"messenger\"} until = \"delivered\""
        " within = \"%dms\" }\n"
        "  step \"sms\" { channels = {\"smsc\"} until = \"delivered\" within = \"24h\" }\n"
        "}\n",
        MESSENGER_WITHIN_MS);
    fprintf(file,
            "price { side = \"sell\" channel = \"smsc\" unit = \"part\" on = \"accepted\""
            " price = \"0.050000\" }\n"
            "price { side = \"buy\" channel = \"smsc\" unit = \"part\" on = \"accepted\""
            " price = \"0.030000\" }\n"
            "price { side = \"sell\" channel = \"messenger\" unit = \"message\""
            " on = \"delivered\" price = \"0.010000\" }\n"
            "price { side = \"buy\" channel = \"messenger\" unit = \"message\""
            " on = \"delivered\" price = \"0.006000\" }\n");
}

void life_configure(struct world *world)
{
    const char *source = getenv("SLUICE_SOURCE");
    struct config_errors errors;
    char providers[4096];
    FILE *file = fopen("sluice.conf", "w");

    if (file == NULL || source == NULL || source[0] != '/') {
        fprintf(stderr, "simulation: SLUICE_SOURCE must name the top of the sources\n");
        exit(2);
    }
    snprintf(providers, sizeof(providers), "%s/conf/providers", source);
    write_config(world, file, providers);
    if (fclose(file) != 0)
        abort();
    world->config = config_load("sluice.conf", &errors);
    if (world->config == NULL) {
        fprintf(stderr, "simulation: %s\n", errors.lines[0]);
        exit(2);
    }
    /* Less than a file may say: its clients are few. */
    if (world->seed % 8 == 5)
        world->config->ring_operations = SMALL_RING;
    if (world->lists)
        /* Of the profile, which is this life's alone. */
        ((struct profile *)(uintptr_t)world->config->channels[0].profile)->report_each =
            MESSENGER_LIST ".*";
}

/* --- the beginning ------------------------------------------------------------------ */

/* Never 0, so that there is a moment between a commit and its effects. */
static int64_t job_delay_ms(void *owner)
{
    struct world *world = owner;

    if (world_fault(world, 2))
        return world_between(world, 20, 400);
    return world_between(world, 1, 4);
}

static void on_stopped(struct gateway *gateway)
{
    struct world *world = gateway->transport->self;

    world->gateway_stopped = true;
}

static void start_again(void *owner)
{
    world_start_gateway(owner);
}

static void start_later(struct world *world)
{
    clock_arm_in(world->clock, &world->restart, world_between(world, 50, 2500), start_again,
                 world);
}

void life_drop(struct world *world)
{
    executor_free(world->executor);
    gateway_free(world->gateway);
    clock_free(world->gateway_clock);
    world->gateway = NULL;
}

/* What was in doubt at the start is bounded by what could be on its way. */
static void check_doubts(struct world *world)
{
    uint64_t most = SMSC_CONNECTIONS * SMSC_WINDOW + MESSENGER_CONCURRENCY;

    if (world->gateway->counters.in_doubt > most)
        world_violation(world, "%llu permits in doubt after the start, windows of %llu",
                        (unsigned long long)world->gateway->counters.in_doubt,
                        (unsigned long long)most);
}

void world_start_gateway(struct world *world)
{
    struct gateway_options options = {
        .config = world->config,
        .state_folder = "state",
        .vfs = "simulation",
        .base = world->base,
        .transport = world->transport,
        .seed = world_chance(world, UINT64_MAX) | 1,
        .on_stopped = on_stopped,
    };
    char error[512] = "";

    if (vfs_is_down(world->vfs))
        vfs_start(world->vfs);
    world->life++;
    world->gateway_stopped = false;
    world->gateway_offset_ms = world_between(world, 0, 1000000);
    options.clock = world->gateway_clock = clock_new_virtual(
        world_now_ms(world) + world->gateway_offset_ms, clock_wall_ms(world->clock));
    options.executor = world->executor =
        executor_new_inline(world->gateway_clock, job_delay_ms, world);
    world->gateway = gateway_new(&options, error, sizeof(error));
    world_tell(world, "life %u begins%s%s", world->life, error[0] ? ", not: " : "", error);
    if (world->gateway) {
        check_doubts(world);
        world->unpacked_seen = world->reports_seen = world->operations_seen = 0;
        lives_keep_texts_to(world->gateway, 0);
        world->gateway->strain.is_short = world->seed % 4 == 3;
        if (world->seed % 2 == 0)
            lives_pack_after(world->gateway, (int64_t)(world->seed / 2 % PACK_AFTERS_MS));
        return;
    }
    life_drop(world);
    if (!world->disk_full && !vfs_is_down(world->vfs))
        world_violation(world, "the gateway does not start: %s", error);
    start_later(world);
}

/* --- while it lasts ----------------------------------------------------------------- */

void world_arm(struct world *world, enum moment moment, enum ending ending)
{
    world->armed = true;
    world->moment = moment;
    world->ending = ending;
}

void world_moment(struct world *world, enum moment moment)
{
    if (!world->armed || world->moment != moment || world->gateway == NULL)
        return;
    world->armed = false;
    if (world->ending == ENDING_POLITE)
        gateway_drain(world->gateway);
    else
        world->ending_now = true;
}

/*
 * On the first day what the day has used is what was not given back of all that was ever
 * held, after a crash too.
 */
static void watch_usage(struct world *world, const struct account *account)
{
    static const int64_t day_ms = 24 * 3600 * 1000;
    int64_t first_day_ends_ms = (WALL_START_MS / day_ms + 1) * day_ms;
    struct limits_facts day;

    if (limits_facts(world->gateway, account, USAGE_SPEND_DAY, &day) &&
        day.ends_ms == first_day_ends_ms &&
        day.used != account->balance.opening - account->balance.available)
        world_violation(world, "%s has used %lld of its day, and not %lld", account->name,
                        (long long)day.used,
                        (long long)(account->balance.opening - account->balance.available));
}

/* From there on nothing new begins. */
void life_look_at_ring(struct world *world)
{
    const struct gateway *gateway = world->gateway;

    if (gateway == NULL || store_counters(gateway->store)->waiting_operations <
                               gateway->config->ring_operations * 60 / 100)
        return;
    world_met(world, SITUATION_ring_over_60);
    world->congested_ms = world_now_ms(world);
}

/* For whom messages that were packed came back since the last look. */
static void watch_unpacked(struct world *world)
{
    const struct gateway_counters *counters = &world->gateway->counters;
    const struct live_rest_counts *rest = lives_rest(world->gateway);
    const struct operation_counts *operations = &counters->operations;
    uint64_t unpacked = rest->unpacked_ever - rest->unpacked_due - rest->unpacked_turn;
    uint64_t answered = operations->queried + operations->cancelled + operations->replaced +
                        operations->refused;

    if (unpacked != world->unpacked_seen) {
        if (counters->reports != world->reports_seen && answered == world->operations_seen)
            world_met(world, SITUATION_unpacked_by_report);
        if (counters->reports == world->reports_seen && answered != world->operations_seen)
            world_met(world, SITUATION_unpacked_by_question);
    }
    world->unpacked_seen = unpacked;
    world->reports_seen = counters->reports;
    world->operations_seen = answered;
}

static void watch_channels(struct world *world)
{
    struct dispatch_channel_facts facts;

    for (uint32_t number = 0; dispatch_next_channel(world->gateway, &number, &facts);)
        if (facts.behind && facts.queued > 0)
            world_met(world, SITUATION_messenger_behind);
}

void life_watch(struct world *world)
{
    struct gateway *gateway = world->gateway;
    const struct store_counters *counters;
    uint64_t syncs = vfs_calls(world->vfs, VFS_SYNC);

    if (gateway == NULL)
        return;
    if (vfs_is_down(world->vfs)) {
        world->ending_now = true;
        return;
    }
    counters = store_counters(gateway->store);
    for (size_t i = 0; i < gateway->config->account_count; i++) {
        const struct account *account = catalog_account_at(gateway->catalog, i);

        if (account->balance.available < account->balance.limit ||
            account->balance.held < 0)
            world_violation(world, "%s has %lld available and %lld held", account->name,
                            (long long)account->balance.available,
                            (long long)account->balance.held);
        watch_usage(world, account);
    }
    life_look_at_ring(world);
    /* What goes on is bounded by the windows, and may be more than so small a ring has. */
    if ((counters->waiting_operations > gateway->config->ring_operations &&
         gateway->config->ring_operations > SMALL_RING) ||
        counters->waiting_bytes > gateway->config->ring_bytes)
        world_violation(world, "%u operations wait in the ring",
                        counters->waiting_operations);
    if (lives_count(gateway->lives) > gateway->config->max_messages)
        world_violation(world, "more messages are alive than allowed");
    if (reports_parked(gateway) > (size_t)gateway->config->parked_max)
        world_violation(world, "more reports are parked than allowed");
    if (syncs != world->syncs_seen && !store_is_idle(gateway->store))
        world_moment(world, MOMENT_COMMITTED);
    world->syncs_seen = syncs;
    watch_unpacked(world);
    watch_channels(world);
    world_moment(world, MOMENT_ANY);
}

/* --- the end ------------------------------------------------------------------------ */

void life_count(struct world *world)
{
    const struct gateway_counters *counters = &world->gateway->counters;
    const struct live_rest_counts *rest = lives_rest(world->gateway);
    const struct texts_counts *texts = texts_counts(world->gateway);
    const struct {
        enum situation situation;
        uint64_t count;
    } rows[] = {
        {SITUATION_in_doubt,          counters->in_doubt          },
        {SITUATION_in_doubt_resolved, counters->in_doubt_resolved },
        {SITUATION_answered_late,     counters->answers_late      },
        {SITUATION_resend,            counters->resends           },
        {SITUATION_permit_returned,   counters->permits_returned  },
        {SITUATION_report_parked,     counters->reports_parked    },
        {SITUATION_report_of_doubt,   counters->reports_claimed   },
        {SITUATION_report_late,       counters->reports_late      },
        {SITUATION_collected_set,     counters->collected_sets    },
        {SITUATION_collected_timeout, counters->collected_timeouts},
        {SITUATION_packed,            rest->packed_ever           },
        {SITUATION_unpacked_by_time,  rest->unpacked_due          },
        {SITUATION_unpacked_by_turn,  rest->unpacked_turn         },
        {SITUATION_text_read_back,    texts->read                 },
        {SITUATION_text_read_again,   texts->again                },
        {SITUATION_text_not_wanted,   texts->unwanted             },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        world->situations[rows[i].situation] += rows[i].count;
}

/* What the crash has hit, read from the memory that is about to go. */
static void name_crash(struct world *world)
{
    const struct gateway *gateway = world->gateway;
    bool committed = world->moment == MOMENT_COMMITTED;
    const struct live *live;

    if (committed)
        world_met(world, SITUATION_crash_committed_no_effect);
    if (world->moment == MOMENT_SUBMIT)
        world_met(world, SITUATION_crash_operator_has_submit);
    if (world->moment == MOMENT_ANSWER)
        world_met(world, SITUATION_crash_verdict_not_durable);
    if (world->moment == MOMENT_REPORT)
        world_met(world, SITUATION_crash_report_not_durable);
    for (size_t i = 0; i < world->client_count; i++) {
        uint32_t command = client_asks(world->clients[i]);

        if (command == WIRE_CANCEL_SM)
            world_met(world, SITUATION_crash_while_cancelling);
        if (command == WIRE_REPLACE_SM)
            world_met(world, SITUATION_crash_while_replacing);
        if (client_awaits_multi(world->clients[i]))
            world_met(world, SITUATION_crash_while_multi);
        if (client_awaits_repetition(world->clients[i]))
            world_met(world, SITUATION_crash_while_repeated);
    }
    if (outbox_waiting(gateway, LETTER_RECEIPT) > 0)
        world_met(world, SITUATION_crash_receipt_waiting);
    if (reports_parked(gateway) > 0)
        world_met(world, SITUATION_crash_report_parked);
    if (lives_rest(gateway)->packed > 0)
        world_met(world, SITUATION_crash_while_packed);
    if (texts_counts(gateway)->reading > 0)
        world_met(world, SITUATION_crash_while_reading);
    if (store_counters(gateway->store)->unfolded_bytes > 0)
        world_met(world, SITUATION_crash_journal_ahead);
    if (!committed && store_counters(gateway->store)->waiting_operations > 0)
        world_met(world, SITUATION_crash_commit_under_way);
    for (size_t at = 0; (live = live_look_next(gateway, &at)) != NULL;) {
        if (live->message.state == MESSAGE_COLLECTING)
            world_met(world, SITUATION_crash_while_collecting);
        if (live->message.state == MESSAGE_SCHEDULED)
            world_met(world, SITUATION_crash_while_scheduled);
        if (committed && live->origin != 0 && live->responded_at_ms == 0)
            world_met(world, SITUATION_crash_committed_no_response);
        for (uint16_t i = 0; i < live->message.attempt_count; i++) {
            if (committed && live->message.attempts[i].state == ATTEMPT_INTENT)
                world_met(world, SITUATION_crash_permit_not_written);
            if (live->message.attempts[i].state == ATTEMPT_UNKNOWN)
                world_met(world, SITUATION_crash_while_doubted);
        }
    }
}

/* Now, or when the commit that failed was begun. */
static bool disk_was_full(const struct world *world)
{
    return world->disk_full || world_now_ms(world) < world->disk_emptied_ms + COMMIT_MS;
}

void life_end(struct world *world)
{
    bool polite =
        !world->ending_now && !vfs_is_down(world->vfs) && world->gateway->exit_status == 0;

    life_count(world);
    /* It went in a sync: the gateway may have seen that it failed. */
    if (vfs_is_down(world->vfs)) {
        world->ending_now = true;
        world->ending = ENDING_POWER;
        world->moment = MOMENT_ANY;
    }
    if (world->ending_now) {
        name_crash(world);
        world_met(world,
                  world->ending == ENDING_POWER ? SITUATION_power_lost : SITUATION_killed);
    } else if (polite) {
        world_met(world, SITUATION_stopped_politely);
    } else if (!disk_was_full(world) || world->gateway->exit_status != EXIT_STORE_FAILED) {
        world_violation(world, "the gateway ended by itself with status %d",
                        world->gateway->exit_status);
    } else {
        world_met(world, SITUATION_disk_full);
    }
    world_tell(world, "life %u ends: %s", world->life,
               polite                          ? "politely"
               : world->ending == ENDING_POWER ? "power cut"
                                               : "killed");
    if (!polite && world->ending == ENDING_POWER)
        vfs_cut_power(world->vfs);
    else if (!polite)
        vfs_kill(world->vfs);
    world->situations[SITUATION_torn_frame] += vfs_torn(world->vfs) - world->torn_seen;
    world->torn_seen = vfs_torn(world->vfs);
    world->ending_now = false;
    world_upset(world);
    world->crashes++;
    life_drop(world);
    start_later(world);
}
