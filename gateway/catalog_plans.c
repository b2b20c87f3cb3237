/*
 * Versions of plans: what messages name by number.  A number is never given again, so that
 * what names a version that is gone finds none rather than another's: it leads to the place
 * of its remainder, and one whose place is taken is passed over.
 *
 * What ended long ago is still told of with its steps.  So a version stays as long as there
 * are few; of more than CATALOG_PLANS_KEPT those go, the oldest first, that the
 * configuration does not say, no message in memory names, and none that ended can be
 * brought back for by a late report.  For that each that is no longer said has the day on
 * which the last that named it ended, in the place of its name in its definition, written
 * at most once a day.
 */
#include "gateway/catalog_pieces.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void plans_init(struct plans *plans)
{
    plans->versions = calloc(CATALOG_PLANS_MAX, sizeof(*plans->versions));
    if (plans->versions == NULL)
        abort();
}

void plans_done(struct plans *plans)
{
    for (uint32_t i = 0; i < CATALOG_PLANS_MAX; i++)
        free(plans->versions[i].plan);
    free(plans->versions);
}

/* --- places ------------------------------------------------------------------------- */

static struct plan_version *place_of(const struct catalog *catalog, uint32_t number)
{
    return &catalog->plans.versions[number % CATALOG_PLANS_MAX];
}

/* NULL for a number that no version has (any more). */
static struct plan_version *version_of(const struct catalog *catalog, uint32_t number)
{
    struct plan_version *version = place_of(catalog, number);

    return version->plan != NULL && version->plan->id == number ? version : NULL;
}

/* Its place must be free. */
static struct plan_version *add_version(struct catalog *catalog, uint32_t number,
                                        const struct plan *plan, int32_t day)
{
    struct plan_version *version = place_of(catalog, number);

    assert(version->plan == NULL);
    *version = (struct plan_version){.plan = malloc(sizeof(*plan)), .day = day};
    if (version->plan == NULL)
        abort();
    *version->plan = *plan;
    version->plan->id = number;
    catalog->plans.count++;
    if (number > catalog->plans.last)
        catalog->plans.last = number;
    return version;
}

static void remove_version(struct catalog *catalog, struct plan_version *version)
{
    free(version->plan);
    *version = (struct plan_version){0};
    catalog->plans.count--;
}

bool catalog_load_plan(struct catalog *catalog, const struct store_definition *it)
{
    struct plan plan;
    int32_t day = CATALOG_DAY_UNKNOWN;

    if (it->size != sizeof(plan) || it->number == 0 ||
        place_of(catalog, it->number)->plan != NULL)
        return false;
    memcpy(&plan, it->content, sizeof(plan));
    if (strncmp(it->name, plan.name, sizeof(plan.name)) != 0)
        day = catalog_read_day(it->name);
    add_version(catalog, it->number, &plan, day);
    return true;
}

/* --- what the configuration says ---------------------------------------------------- */

/* It says the same as `plan`, whose id is of no account. */
static struct plan_version *version_like(const struct catalog *catalog, struct plan *plan)
{
    for (uint32_t i = 0; i <= catalog->plans.last && i < CATALOG_PLANS_MAX; i++) {
        struct plan_version *version = &catalog->plans.versions[i];

        if (version->plan == NULL)
            continue;
        plan->id = version->plan->id;
        if (memcmp(version->plan, plan, sizeof(*plan)) == 0)
            return version;
    }
    return NULL;
}

/* 0: there is no room. */
static uint32_t free_number(const struct catalog *catalog)
{
    uint32_t number = catalog->plans.last;

    if (catalog->plans.count == CATALOG_PLANS_MAX)
        return 0;
    while (number < UINT32_MAX)
        if (place_of(catalog, ++number)->plan == NULL)
            return number;
    return 0;
}

uint32_t catalog_number_plan(struct catalog *catalog, struct store *store,
                             struct plan *plan)
{
    struct plan_version *version = version_like(catalog, plan);
    uint32_t number;

    if (version != NULL && version->day == CATALOG_DAY_UNKNOWN) {
        version->is_said = true;
        return version->plan->id;
    }
    number = version ? version->plan->id : free_number(catalog);
    if (number == 0)
        return 0;
    if (version == NULL)
        version = add_version(catalog, number, plan, CATALOG_DAY_UNKNOWN);
    version->is_said = true;
    version->day = CATALOG_DAY_UNKNOWN;
    catalog_define_alone(store, STORE_PLAN, number, plan->name, version->plan,
                         sizeof(*version->plan));
    return number;
}

/* --- naming ------------------------------------------------------------------------- */

const struct plan *catalog_plan(const struct catalog *catalog, uint32_t number)
{
    const struct plan_version *version = version_of(catalog, number);

    return version ? version->plan : NULL;
}

const struct plan *catalog_name_plan(struct catalog *catalog, uint32_t number)
{
    struct plan_version *version = version_of(catalog, number);

    if (version == NULL)
        return NULL;
    version->named++;
    return version->plan;
}

void catalog_leave_plan(struct catalog *catalog, uint32_t number)
{
    struct plan_version *version = version_of(catalog, number);

    assert(version != NULL && version->named > 0);
    version->named--;
}

uint32_t catalog_plan_count(const struct catalog *catalog)
{
    return catalog->plans.count;
}

/* --- giving back -------------------------------------------------------------------- */

static void define_day(struct store *store, struct plan_version *version, int32_t today)
{
    char day[16];

    version->day = today;
    snprintf(day, sizeof(day), "%d", today);
    catalog_define(store, STORE_PLAN, version->plan->id, day, version->plan,
                   sizeof(*version->plan));
}

void catalog_plan_ended(struct catalog *catalog, struct store *store, uint32_t number,
                        int64_t now_ms)
{
    struct plan_version *version = version_of(catalog, number);

    if (version != NULL && !version->is_said && version->day < catalog_day_of(now_ms))
        define_day(store, version, catalog_day_of(now_ms));
}

/* The highest number stays: it says which have been given. */
static bool may_go(const struct catalog *catalog, const struct plan_version *version,
                   int64_t now_ms)
{
    return catalog->plans.count > CATALOG_PLANS_KEPT && version->named == 0 &&
           version->plan->id != catalog->plans.last &&
           catalog_day_is_over(catalog, version->day, now_ms);
}

void catalog_give_back_plans(struct catalog *catalog, struct store *store, int64_t now_ms)
{
    int32_t today = catalog_day_of(now_ms);

    for (uint32_t i = 1; i <= CATALOG_PLANS_MAX; i++) {
        struct plan_version *version = place_of(catalog, catalog->plans.last + i);
        /* Unknown: it was said until now.  Or it is of a clock that was ahead. */
        bool dated = version->day != CATALOG_DAY_UNKNOWN && version->day <= today;

        if (version->plan == NULL || version->is_said ||
            (dated && !may_go(catalog, version, now_ms)))
            continue;
        if (!store_begin(store, STORE_BEGINNING))
            return;
        if (dated) {
            store_undefine(store, STORE_PLAN, version->plan->id);
            remove_version(catalog, version);
        } else {
            define_day(store, version, today);
        }
        store_end(store);
    }
}
