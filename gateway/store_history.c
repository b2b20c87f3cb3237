/*
 * Moves messages that ended in live.db to the history: first they are durable there, then
 * they are deleted here.  Interrupted at any point it is simply done again: what lives is
 * newer than a copy that was made before.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/ids.h"
#include "gateway/log.h"
#include "gateway/store_closed.h"
#include "gateway/store_database.h"
#include "gateway/store_rows.h"

/* All that moves at once is named in temp.moving; then each table goes in one statement. */
static const char *const copies[] = {
    "DELETE FROM day.aged WHERE id IN temp.moving",
    "INSERT OR REPLACE INTO day.message SELECT m.* FROM temp.moving"
    " CROSS JOIN main.message AS m ON m.id = moving.id",
    "INSERT OR REPLACE INTO day.part SELECT p.* FROM temp.moving"
    " CROSS JOIN main.part AS p ON p.message = moving.id",
};

/* The day is known from now on. */
static const char *const deletions[] = {
    "INSERT INTO main.history SELECT ?1, count(*), max(m.ended_at) FROM temp.moving"
    " CROSS JOIN main.message AS m ON m.id = moving.id WHERE true"
    " ON CONFLICT(day) DO UPDATE SET messages = messages + excluded.messages,"
    " ended_at = max(ended_at, excluded.ended_at)",
    "DELETE FROM main.message WHERE id IN temp.moving",
    "DELETE FROM main.part WHERE message IN temp.moving",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Messages of one day, on their way. */
struct move {
    char day[STORE_DAY_SIZE];
    uint64_t *ids;
    size_t count;
    size_t looked_at; /* at the head of the ring, to find them */
    bool found_no_room;
};

static uint64_t *ended_at(struct store_sqlite *store, size_t place)
{
    return &store->ended[(store->ended_first + place) % store->ended_capacity];
}

/*
 * Those of the same day as the first, among the first `limit`: after midnight two days
 * end side by side, and each file should be opened for many.
 */
static void choose(struct store_sqlite *store, size_t limit, struct move *move)
{
    char day[STORE_DAY_SIZE];

    store_day_name(ids_time_ms(*ended_at(store, 0)), move->day);
    move->looked_at = limit < store->ended_count ? limit : store->ended_count;
    move->count = 0;
    move->ids = malloc(move->looked_at * sizeof(*move->ids));
    if (move->ids == NULL)
        abort();
    for (size_t i = 0; i < move->looked_at; i++) {
        store_day_name(ids_time_ms(*ended_at(store, i)), day);
        if (strcmp(day, move->day) == 0)
            move->ids[move->count++] = *ended_at(store, i);
    }
}

/* Takes what was moved out of the ring; the others stay at its head, in their order. */
static void remove_chosen(struct store_sqlite *store, const struct move *move)
{
    size_t chosen = move->count;
    size_t place = move->looked_at;

    for (size_t i = move->looked_at; i-- > 0;) {
        uint64_t id = *ended_at(store, i);

        if (chosen > 0 && move->ids[chosen - 1] == id)
            chosen--;
        else
            *ended_at(store, --place) = id;
    }
    store->ended_first = (store->ended_first + move->count) % store->ended_capacity;
    store->ended_count -= move->count;
}

/* What cannot move now is no longer in the way of other days. */
static void put_behind(struct store_sqlite *store, const struct move *move)
{
    remove_chosen(store, move);
    for (size_t i = 0; i < move->count; i++)
        store_sqlite_add_ended(store, move->ids[i]);
}

/* Writes down what moves. */
static bool name_chosen(struct store_sqlite *store, const struct move *move, char *error,
                        size_t error_size)
{
    sqlite3_stmt *add = NULL;
    bool ok = store_run(store->database,
                        "CREATE TEMP TABLE IF NOT EXISTS moving(id INTEGER PRIMARY KEY);"
                        "DELETE FROM temp.moving",
                        error, error_size) &&
              (add = store_prepare(store->database, "INSERT INTO temp.moving VALUES(?)",
                                   error, error_size)) != NULL;

    for (size_t n = 0; ok && n < move->count; n++) {
        sqlite3_bind_int64(add, 1, (int64_t)move->ids[n]);
        ok = sqlite3_step(add) == SQLITE_DONE;
        if (!ok)
            snprintf(error, error_size, "%s", sqlite3_errmsg(store->database));
        sqlite3_reset(add);
    }
    sqlite3_finalize(add);
    return ok;
}

/* All that moves through each of the statements, in one transaction. `move->found_no_room`:
 * nothing has changed. */
static bool for_chosen(struct store_sqlite *store, struct move *move,
                       const char *const *sql, size_t sql_count, char *error,
                       size_t error_size)
{
    bool ok = store_run(store->database, "BEGIN IMMEDIATE", error, error_size) &&
              name_chosen(store, move, error, error_size);

    for (size_t i = 0; ok && i < sql_count; i++) {
        sqlite3_stmt *statement = store_prepare(store->database, sql[i], error, error_size);

        if (statement == NULL) {
            ok = false;
            break;
        }
        sqlite3_bind_text(statement, 1, move->day, -1, SQLITE_STATIC);
        ok = sqlite3_step(statement) == SQLITE_DONE;
        if (!ok)
            snprintf(error, error_size, "%s", sqlite3_errmsg(store->database));
        sqlite3_finalize(statement);
    }
    ok = ok && store_run(store->database, "COMMIT", error, error_size);
    move->found_no_room = !ok && store_gives_up_full(store->database);
    return ok;
}

bool store_attach_day(struct store_sqlite *store, const char *day, char *error,
                      size_t error_size)
{
    char *attach = sqlite3_mprintf("ATTACH '%q/history/%q' AS day", store->folder, day);
    bool ok = store_run(store->database, attach, error, error_size);

    sqlite3_free(attach);
    return ok && store_day_prepare(store->database, "day", error, error_size);
}

static bool copy_to_day(struct store_sqlite *store, struct move *move, char *error,
                        size_t error_size)
{
    return store_attach_day(store, move->day, error, error_size) &&
           for_chosen(store, move, copies, COUNT(copies), error, error_size) &&
           store_use_up_log(store->database, "day", error, error_size);
}

bool store_sqlite_move(struct store_sqlite *store, size_t limit, size_t *out_moved)
{
    struct move move;
    char error[200] = "";
    bool copied;
    bool ok = true;

    *out_moved = 0;
    if (store->ended_count == 0 || limit == 0)
        return true;
    choose(store, limit, &move);
    copied = store_closed_reopen(store, move.day) &&
             copy_to_day(store, &move, error, sizeof(error));
    /* If nothing could be attached, there is nothing to detach. */
    sqlite3_exec(store->database, "DETACH day", NULL, NULL, NULL);
    if (copied)
        ok = for_chosen(store, &move, deletions, COUNT(deletions), error, sizeof(error));
    if (!copied || !ok)
        log_error("store.history", "day=%s reason=\"%s\"", move.day, error);
    if (!copied)
        put_behind(store, &move);
    if (copied && ok) {
        remove_chosen(store, &move);
        store_day_forgive(store->day);
        store->in_history += move.count;
        *out_moved = move.count;
    }
    ok = ok || move.found_no_room;
    store->failed = store->failed || !ok;
    free(move.ids);
    return ok;
}
