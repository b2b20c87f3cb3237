/*
 * Suspending is one decision.  Dropping goes over the messages that are there now, some in
 * each turn of the loop: no more can come.
 */
#include "gateway/suspension.h"

#include <assert.h>
#include <stdlib.h>

#include "gateway/cancel.h"
#include "gateway/catalog.h"
#include "gateway/clock.h"
#include "gateway/esme.h"
#include "gateway/gateway.h"
#include "gateway/live.h"
#include "gateway/log.h"
#include "gateway/store.h"

enum {
    LOOKS_PER_TURN = 4096,
    DROPS_PER_TURN = 128,
    CONGESTED_MS = 50,
};

/* One request on its way. */
struct job {
    struct job *next;
    struct gateway *gateway;
    uint64_t id;
    struct account *account;
    suspension_done *done;
    uint64_t request;
    uint64_t *messages; /* that were alive when it began */
    size_t count;
    size_t at;
    uint64_t cancelled;
    int64_t returned_micro;
    struct clock_timer turn;
};

struct suspensions {
    struct gateway *gateway;
    struct job *jobs;
    uint64_t last_id;
};

struct suspensions *suspensions_new(struct gateway *gateway)
{
    struct suspensions *suspensions = calloc(1, sizeof(*suspensions));

    if (suspensions == NULL)
        abort();
    suspensions->gateway = gateway;
    return suspensions;
}

static struct job **place_of(struct suspensions *suspensions, uint64_t id)
{
    struct job **at = &suspensions->jobs;

    while (*at != NULL && (*at)->id != id)
        at = &(*at)->next;
    return at;
}

static void free_job(struct job **place)
{
    struct job *job = *place;

    *place = job->next;
    clock_disarm(job->gateway->clock, &job->turn);
    free(job->messages);
    free(job);
}

void suspensions_free(struct suspensions *suspensions)
{
    if (suspensions == NULL)
        return;
    while (suspensions->jobs != NULL)
        free_job(&suspensions->jobs);
    free(suspensions);
}

void suspension_load(struct gateway *gateway, const struct store_suspension *suspension)
{
    struct account *account = catalog_account(gateway->catalog, suspension->account);

    if (account != NULL)
        account->suspended_since_ms = suspension->since_ms;
}

static struct job *new_job(struct gateway *gateway, struct account *account,
                           suspension_done *done, uint64_t request)
{
    struct suspensions *suspensions = gateway->suspensions;
    struct job *job = calloc(1, sizeof(*job));

    if (job == NULL)
        abort();
    job->gateway = gateway;
    job->id = ++suspensions->last_id;
    job->account = account;
    job->done = done;
    job->request = request;
    job->next = suspensions->jobs;
    suspensions->jobs = job;
    return job;
}

static void is_done(void *owner, const struct store_effect *effect)
{
    struct gateway *gateway = owner;
    struct job **place = place_of(gateway->suspensions, effect->target);
    struct suspension_result result;
    struct job *job = *place;

    if (job == NULL)
        return;
    result = (struct suspension_result){job->account, job->cancelled, job->returned_micro};
    job->done(gateway, job->request, &result);
    free_job(place);
}

/* --- dropping ------------------------------------------------------------------------- */

static bool drop(struct job *job, uint64_t id)
{
    const struct live *seen = live_look(job->gateway, id);
    struct live *live;
    int64_t held;

    if (seen == NULL || seen->message.account != job->account->number)
        return false;
    live = live_find(job->gateway, id);
    held = live->message.held_micro;
    if (!cancel_message(job->gateway, live))
        return false;
    job->cancelled++;
    job->returned_micro += held;
    return true;
}

static void drop_some(void *owner)
{
    struct job *job = owner;
    struct gateway *gateway = job->gateway;
    const struct store_effect done = {.run = is_done, .target = job->id};
    unsigned drops = 0;

    if (store_is_congested(gateway->store)) {
        clock_arm_in(gateway->clock, &job->turn, CONGESTED_MS, drop_some, job);
        return;
    }
    for (unsigned looks = 0;
         looks < LOOKS_PER_TURN && drops < DROPS_PER_TURN && job->at < job->count; looks++)
        drops += drop(job, job->messages[job->at++]);
    if (job->at < job->count) {
        clock_arm_in(gateway->clock, &job->turn, 0, drop_some, job);
        return;
    }
    log_warning("account.dropped", "account=%s messages=%llu", job->account->name,
                (unsigned long long)job->cancelled);
    store_barrier(gateway->store, &done);
}

static void list_messages(struct job *job)
{
    struct gateway *gateway = job->gateway;
    size_t room = lives_count(gateway->lives);

    job->messages = malloc((room + 1) * sizeof(*job->messages));
    if (job->messages == NULL)
        abort();
    job->count = live_ids(gateway, job->messages, room);
}

/* --- suspending ----------------------------------------------------------------------- */

static void is_suspended(void *owner, const struct store_effect *effect)
{
    struct gateway *gateway = owner;

    esmes_suspend(gateway, (uint32_t)effect->target);
}

static void record(struct gateway *gateway, const struct account *account)
{
    const struct store_suspension it = {account->number, account->suspended_since_ms};

    store_suspend(gateway->store, &it);
}

void suspension_begin(struct gateway *gateway, struct account *account, bool drop_queued,
                      suspension_done *done, uint64_t request)
{
    struct job *job = new_job(gateway, account, done, request);
    const struct store_effect suspended = {.run = is_suspended, .target = account->number};
    const struct store_effect answer = {.run = is_done, .target = job->id};
    bool begun = store_begin(gateway->store, STORE_CONTINUATION);

    assert(begun);
    if (account->suspended_since_ms == 0) {
        account->suspended_since_ms = gateway_now_ms(gateway);
        record(gateway, account);
        log_warning("account.suspended", "account=%s", account->name);
    }
    store_effect(gateway->store, &suspended);
    if (!drop_queued)
        store_effect(gateway->store, &answer);
    store_end(gateway->store);
    if (drop_queued) {
        list_messages(job);
        drop_some(job);
    }
}

void suspension_end(struct gateway *gateway, struct account *account, suspension_done *done,
                    uint64_t request)
{
    struct job *job = new_job(gateway, account, done, request);
    const struct store_effect answer = {.run = is_done, .target = job->id};
    bool begun = store_begin(gateway->store, STORE_CONTINUATION);

    assert(begun);
    if (account->suspended_since_ms != 0) {
        account->suspended_since_ms = 0;
        record(gateway, account);
        log_warning("account.resumed", "account=%s", account->name);
    }
    store_effect(gateway->store, &answer);
    store_end(gateway->store);
}
