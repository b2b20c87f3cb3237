/*
 * The door: who was let in, who was refused and with what, and the ids that were given.
 */
#include "tests/simulation/judge_parts.h"

#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "tests/peers/wire.h"
#include "tests/simulation/book.h"
#include "tests/simulation/identity.h"
#include "tests/simulation/world.h"

enum {
    DRAIN_MS = 12000, /* a polite end takes at most */
    ON_ITS_WAY_MS = 50,
    OPTED_OUT = 0x410,
    NO_MORE_PARTS = 0x405,
    ID_TIME_SHIFT = 22, /* the upper bits of an id are its time */
};

/* Where the time of the ids begins: 2026-01-01. */
#define IDS_BEGIN_MS INT64_C(1767225600000)

/* --- ids ---------------------------------------------------------------------------- */

static uint64_t ask(sqlite3_stmt *statement, uint64_t number, const char *text)
{
    uint64_t answer = 0;

    sqlite3_reset(statement);
    sqlite3_bind_int64(statement, 1, (int64_t)number);
    if (text)
        sqlite3_bind_text(statement, 2, text, -1, SQLITE_STATIC);
    if (sqlite3_step(statement) == SQLITE_ROW)
        answer = (uint64_t)sqlite3_column_int64(statement, 0);
    return answer;
}

/* The destinations of a submit_multi that were accepted have the ids that follow. */
static void find_id(struct world *world, sqlite3_stmt *aliases, sqlite3_stmt *bodies,
                    struct note *note)
{
    uint64_t id = identity_number(world->id_form, note->id_text);
    unsigned after = book_find(world->book, note->lead)->members;

    if (identity_is_alias(world->id_form))
        id = ask(aliases, id, NULL);
    for (unsigned i = 0; id != 0 && i <= after && note->id == 0; i++)
        note->id = ask(bodies, id + i, note->destination);
    if (note->id == 0)
        world_violation(world, "the id of N%u, %s, leads to nothing of its recipient's",
                        note->number, note->id_text);
}

/* Of the message of submission ?1. */
#define CONTENT_IN(schema)                                                                 \
    "SELECT content FROM " schema ".known WHERE id ="                                      \
    " coalesce((SELECT message FROM " schema ".part WHERE id = ?1), ?1)"

void judge_ids(struct world *world, sqlite3 *database)
{
    sqlite3_stmt *aliases =
        judge_prepare(world, database, "SELECT id FROM alias WHERE alias = ?1");
    sqlite3_stmt *bodies =
        judge_prepare(world, database,
                      "SELECT ?1 FROM (" CONTENT_IN("day") " UNION ALL " CONTENT_IN(
                          "main") ") WHERE ltrim(destination(content, ?1), '+') = ?2");

    for (size_t i = 0; aliases && bodies && i < book_count(world->book); i++) {
        struct note *note = book_at(world->book, i);

        if (note->id_text[0])
            find_id(world, aliases, bodies, note);
        for (size_t k = 0; k < i && note->id != 0; k++)
            if (book_at(world->book, k)->id == note->id)
                world_violation(world, "N%zu and N%u are the same message", k + 1,
                                note->number);
    }
    sqlite3_finalize(aliases);
    sqlite3_finalize(bodies);
}

/* --- refusals ----------------------------------------------------------------------- */

/* Of several that were refused for more than one reason all are told the same. */
static bool went_with_others(const struct note *note)
{
    return note->members > 0 || note->lead != note->number;
}

static bool is_limited(const struct note *note)
{
    return strcmp(note->account, "sms") == 0;
}

static bool is_refusal_allowed(const struct world *world, const struct note *note,
                               uint32_t status, int64_t at_ms)
{
    switch (status) {
    case WIRE_SUBMIT_FAILED: /* no money */
        return strcmp(note->account, "poor") == 0 || went_with_others(note);
    case OPTED_OUT:
        return note->unwanted;
    case WIRE_BAD_DESTINATION:
        return note->wrong;
    case NO_MORE_PARTS:
        return world->parts > 0 && is_limited(note);
    case WIRE_THROTTLED:
        return world->tps > 0 && is_limited(note);
    case WIRE_SYSTEM_ERROR: /* it is about to end; it has unbound already; its disk is full
                             */
    case WIRE_BAD_STATE:
    case WIRE_QUEUE_FULL:
        if (status == WIRE_QUEUE_FULL && world->congested_ms != 0)
            return true;
        /* The answer comes when who has sent it may be gone already. */
        return judge_upset_within(world, at_ms - ON_ITS_WAY_MS, at_ms + DRAIN_MS);
    default:
        return false;
    }
}

static void judge_answer(struct world *world, const struct note *note)
{
    unsigned number = note->number;

    if (note->fate == FATE_OPEN)
        world_violation(world, "N%u was never answered", number);
    if (note->fate == FATE_REFUSED &&
        !is_refusal_allowed(world, note, note->status, note->answered_at_ms))
        world_violation(world, "N%u (%s) was refused with 0x%x", number, note->account,
                        note->status);
    if (note->again_status != 0 &&
        !is_refusal_allowed(world, note, note->again_status, note->again_answered_ms))
        world_violation(world, "N%u (%s) was refused with 0x%x when it was sent again",
                        number, note->account, note->again_status);
    if (note->fate == FATE_REFUSED && note->submits + note->calls > 0)
        world_violation(world, "N%u was refused, and sent", number);
    if (note->fate == FATE_TAKEN && (note->unwanted || note->wrong))
        world_violation(world, "N%u was accepted, and its recipient %s", number,
                        note->wrong ? "is no number" : "had opted out");
}

/* --- limits ------------------------------------------------------------------------- */

static int64_t accepted_ms(const struct world *world, const struct note *note)
{
    return (int64_t)(note->id >> ID_TIME_SHIFT) + IDS_BEGIN_MS -
           clock_wall_ms(world->clock) + world_now_ms(world);
}

static int by_time(const void *a, const void *b)
{
    int64_t first = *(const int64_t *)a;
    int64_t second = *(const int64_t *)b;

    return (first > second) - (first < second);
}

/* A bucket of tps, refilled with tps each second: full again after a start. */
static void judge_rate(struct world *world, const int64_t *at_ms, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = i; k < count; k++)
            if ((int64_t)(k - i) * 1000 >
                    (int64_t)world->tps * (1000 + at_ms[k] - at_ms[i]) &&
                !judge_upset_within(world, at_ms[i], at_ms[k])) {
                world_violation(world,
                                "%zu parts were taken within %lld ms, at %u a second",
                                k - i + 1, (long long)(at_ms[k] - at_ms[i]), world->tps);
                return;
            }
}

/* Also what was on its way at that time, and was lost in a crash since. */
static unsigned parts_used(const struct world *world, int64_t at_ms)
{
    unsigned count = 0;

    for (size_t i = 0; i < book_count(world->book); i++) {
        const struct note *note = book_at(world->book, i);

        count += is_limited(note) && note->sent_at_ms <= at_ms &&
                 (note->id != 0 || note->lost_ms >= at_ms);
    }
    return count;
}

/* Each of the account's messages has one part. */
static void judge_limits(struct world *world)
{
    int64_t *at_ms = calloc(book_count(world->book) + 1, sizeof(*at_ms));
    size_t count = 0;

    if (at_ms == NULL)
        abort();
    for (size_t i = 0; i < book_count(world->book); i++) {
        const struct note *note = book_at(world->book, i);

        if (!is_limited(note))
            continue;
        if (note->id != 0)
            at_ms[count++] = accepted_ms(world, note);
        if (world->parts > 0 && note->fate == FATE_REFUSED &&
            note->status == NO_MORE_PARTS &&
            parts_used(world, note->answered_at_ms) < world->parts)
            world_violation(world, "N%u was refused when %u parts were used of %u",
                            note->number, parts_used(world, note->answered_at_ms),
                            world->parts);
    }
    qsort(at_ms, count, sizeof(*at_ms), by_time);
    if (world->tps > 0)
        judge_rate(world, at_ms, count);
    if (world->parts > 0 && count > world->parts)
        world_violation(world, "%zu parts were taken of %u", count, world->parts);
    free(at_ms);
}

void judge_door(struct world *world)
{
    for (size_t i = 0; i < book_count(world->book); i++)
        judge_answer(world, book_at(world->book, i));
    judge_limits(world);
}
