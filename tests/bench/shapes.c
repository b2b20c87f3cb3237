/*
 * Three shapes of the tables, side by side, with SQLite alone.
 *
 *     shapes [ALIVE [WINDOWS]]
 *
 * ALIVE messages are open at any time and end in random order.  Window by window, each one
 * transaction as the gateway's (WAL, synchronous=FULL), as many come as end.
 *
 *     in place   a row comes into `live`; at the end it leaves it, and is put into `day` at
 * the place of its id
 *     in bulk    at the end it is put behind the others of `day`, and leaves `live` later,
 * with others of its page: as the gateway does
 *     events     one event when it comes and one when it ends, into `event`; what is open
 * is known in memory only, and at a start by reading events from the first one that is open
 *
 * Told are microseconds of processor per message, octets written per message, and what a
 * start has to read.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <sqlite3.h>

enum {
    WINDOW = 11000,
    CONTENT = 230,
    OUTCOME = 70,
    CHECKPOINT_PAGES = 16 * 1024 * 1024 / 4096,
    SWEPT_AT_ONCE = 20000,
};

struct open {
    uint64_t *ids;
    size_t count;
};

static uint64_t state = 1;

static uint64_t any(uint64_t below)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 33) % below;
}

static void need(int result, sqlite3 *database, const char *what)
{
    if (result == SQLITE_OK || result == SQLITE_DONE || result == SQLITE_ROW)
        return;
    fprintf(stderr, "%s: %s\n", what, sqlite3_errmsg(database));
    exit(1);
}

static void run(sqlite3 *database, const char *sql)
{
    need(sqlite3_exec(database, sql, NULL, NULL, NULL), database, sql);
}

static double cpu_s(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static uint64_t octets_written(void)
{
    FILE *file = fopen("/proc/self/io", "r");
    char line[100];
    unsigned long long octets = 0;

    while (file && fgets(line, sizeof(line), file))
        if (sscanf(line, "wchar: %llu", &octets) == 1)
            break;
    if (file)
        fclose(file);
    return octets;
}

static sqlite3_stmt *prepare(sqlite3 *database, const char *sql)
{
    sqlite3_stmt *statement = NULL;

    need(sqlite3_prepare_v2(database, sql, -1, &statement, NULL), database, sql);
    return statement;
}

static void put(sqlite3_stmt *statement, uint64_t id, const void *content, int size)
{
    sqlite3_bind_int64(statement, 1, (sqlite3_int64)id);
    if (content)
        sqlite3_bind_blob(statement, 2, content, size, SQLITE_STATIC);
    need(sqlite3_step(statement), sqlite3_db_handle(statement), "a row");
    sqlite3_reset(statement);
}

static int compare(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;

    return left < right ? -1 : left > right;
}

/* Those of `open` that end now, in the order of their ids. */
static void choose_ends(struct open *open, uint64_t *ends)
{
    for (size_t i = 0; i < WINDOW; i++) {
        size_t at = any(open->count);

        ends[i] = open->ids[at];
        open->ids[at] = open->ids[--open->count];
    }
    qsort(ends, WINDOW, sizeof(*ends), compare);
}

static sqlite3 *begin_shape(const char *name, const char *tables)
{
    sqlite3 *database = NULL;
    char path[64];

    for (const char *const *end = (const char *const[]){"", "-wal", "-shm", NULL}; *end;
         end++) {
        snprintf(path, sizeof(path), "%s.db%s", name, *end);
        unlink(path);
    }
    snprintf(path, sizeof(path), "%s.db", name);
    need(sqlite3_open(path, &database), database, path);
    run(database, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                  "PRAGMA wal_autocheckpoint=0; PRAGMA cache_size=-65536");
    run(database, tables);
    return database;
}

static void checkpoint(sqlite3 *database)
{
    int pages = 0;

    need(sqlite3_wal_checkpoint_v2(database, NULL, SQLITE_CHECKPOINT_PASSIVE, &pages, NULL),
         database, "a checkpoint");
    if (pages > 4 * CHECKPOINT_PAGES)
        sqlite3_wal_checkpoint_v2(database, NULL, SQLITE_CHECKPOINT_RESTART, NULL, NULL);
}

/* `sql` of what a start reads, all rows of it. */
static double read_s(sqlite3 *database, const char *sql, uint64_t from, size_t *out_rows)
{
    sqlite3_stmt *statement = prepare(database, sql);
    double before_s = cpu_s();

    *out_rows = 0;
    sqlite3_bind_int64(statement, 1, (sqlite3_int64)from);
    while (sqlite3_step(statement) == SQLITE_ROW)
        *out_rows += sqlite3_column_blob(statement, 1) != NULL;
    sqlite3_finalize(statement);
    return cpu_s() - before_s;
}

static uint64_t oldest(const struct open *open)
{
    uint64_t least = UINT64_MAX;

    for (size_t i = 0; i < open->count; i++)
        if (open->ids[i] < least)
            least = open->ids[i];
    return least;
}

struct shape {
    const char *name;
    const char *tables;
    const char *come;
    const char
        *end[2]; /* of each that ends; the first has its id, the second its content */
    const char *sweep[2]; /* ids above ?1 and up to ?2; NULL: nothing is left to be swept */
    const char *start;    /* what a start reads */
    int outcome;          /* octets that an end writes */
};

#define LIVE "CREATE TABLE live(id INTEGER PRIMARY KEY, content BLOB);"

static const struct shape shapes[] = {
    {.name = "in place",
     .tables = LIVE "CREATE TABLE day(id INTEGER PRIMARY KEY, content BLOB)",
     .come = "INSERT INTO live VALUES(?,?)",
     .end = {"DELETE FROM live WHERE id=?", "INSERT INTO day VALUES(?,?)"},
     .start = "SELECT id, content FROM live WHERE id>=0*?1",
     .outcome = CONTENT                                      },
    {.name = "in bulk",
     .tables = LIVE "CREATE TABLE gone(id INTEGER PRIMARY KEY);"
                    "CREATE TABLE day(place INTEGER PRIMARY KEY, id INTEGER, content BLOB);"
                    "CREATE UNIQUE INDEX day_id ON day(id)",                  .come = "INSERT INTO live VALUES(?,?)",
     .end = {"INSERT INTO gone VALUES(?)", "INSERT INTO day(id, content) VALUES(?,?)"},
     .sweep = {"DELETE FROM live WHERE id IN (SELECT id FROM gone WHERE id>? AND id<=?)",
               "DELETE FROM gone WHERE id>? AND id<=?"},
     .start = "SELECT id, content FROM live WHERE id>=0*?1 AND NOT EXISTS"
              " (SELECT 1 FROM gone WHERE gone.id = live.id)", .outcome = CONTENT},
    {.name = "events",
     .tables = "CREATE TABLE event(at INTEGER PRIMARY KEY, content BLOB)",
     .come = "INSERT INTO event VALUES(?,?)",
     .end = {"INSERT INTO event VALUES(?,?)"},
     .start = "SELECT at, content FROM event WHERE at>=?1",
     .outcome = OUTCOME   },
};

struct tables {
    const struct shape *shape;
    sqlite3 *database;
    sqlite3_stmt *come;
    sqlite3_stmt *end[2];
    sqlite3_stmt *sweep[2];
    sqlite3_stmt *last;
    size_t gone;
    sqlite3_int64 swept;
};

static void open_tables(struct tables *tables, const struct shape *shape)
{
    *tables = (struct tables){.shape = shape,
                              .database = begin_shape(shape->name, shape->tables)};
    tables->come = prepare(tables->database, shape->come);
    for (int i = 0; i < 2; i++) {
        tables->end[i] = shape->end[i] ? prepare(tables->database, shape->end[i]) : NULL;
        tables->sweep[i] =
            shape->sweep[i] ? prepare(tables->database, shape->sweep[i]) : NULL;
    }
    if (shape->sweep[0])
        tables->last =
            prepare(tables->database, "SELECT max(id) FROM (SELECT id FROM gone WHERE id>?"
                                      " ORDER BY id LIMIT ?)");
}

static void close_tables(struct tables *tables)
{
    sqlite3_finalize(tables->come);
    for (int i = 0; i < 2; i++) {
        sqlite3_finalize(tables->end[i]);
        sqlite3_finalize(tables->sweep[i]);
    }
    sqlite3_finalize(tables->last);
    sqlite3_close(tables->database);
}

/* One that ends: an event of its own, or what it was. */
static void end(struct tables *tables, uint64_t id, uint64_t *next, const uint8_t *content)
{
    if (tables->end[1] == NULL) {
        put(tables->end[0], (*next)++, content, tables->shape->outcome);
        return;
    }
    put(tables->end[0], id, NULL, 0);
    put(tables->end[1], id, content, tables->shape->outcome);
    tables->gone++;
}

/* As store_gone.c does it: when one row in three is to go, and from where it stopped. */
static void sweep(struct tables *tables, size_t alive)
{
    sqlite3_int64 last;

    if (tables->last == NULL || tables->gone < (alive + tables->gone) / 3)
        return;
    sqlite3_bind_int64(tables->last, 1, tables->swept);
    sqlite3_bind_int64(tables->last, 2, SWEPT_AT_ONCE);
    need(sqlite3_step(tables->last), tables->database, "the last one");
    last = sqlite3_column_int64(tables->last, 0);
    sqlite3_reset(tables->last);
    for (int i = 0; i < 2 && last != 0; i++) {
        sqlite3_bind_int64(tables->sweep[i], 1, tables->swept);
        sqlite3_bind_int64(tables->sweep[i], 2, last);
        need(sqlite3_step(tables->sweep[i]), tables->database, "a sweep");
        sqlite3_reset(tables->sweep[i]);
    }
    if (last != 0)
        tables->gone -= (size_t)sqlite3_changes(tables->database);
    tables->swept = last;
}

static void measure(const struct shape *shape, size_t alive, size_t windows)
{
    struct tables tables;
    struct open open = {calloc(alive + WINDOW, sizeof(uint64_t)), 0};
    uint64_t *ends = calloc(WINDOW, sizeof(*ends));
    uint8_t content[CONTENT];
    uint64_t next = 1;
    uint64_t written = 0;
    double before_s = 0;
    size_t rows;
    double start_s;

    open_tables(&tables, shape);
    state = 1;
    memset(content, 'x', sizeof(content));
    for (size_t window = 0; window < alive / WINDOW + windows; window++) {
        bool counts = open.count + WINDOW > alive;

        if (counts && before_s == 0) {
            before_s = cpu_s();
            written = octets_written();
        }
        run(tables.database, "BEGIN IMMEDIATE");
        if (counts) {
            choose_ends(&open, ends);
            for (size_t i = 0; i < WINDOW; i++)
                end(&tables, ends[i], &next, content);
            sweep(&tables, alive);
        }
        for (size_t i = 0; i < WINDOW; i++) {
            open.ids[open.count++] = next;
            put(tables.come, next++, content, CONTENT);
        }
        run(tables.database, "COMMIT");
        checkpoint(tables.database);
    }
    double each_us = (cpu_s() - before_s) * 1e6 / (double)(windows * WINDOW);
    double octets = (double)(octets_written() - written) / (double)(windows * WINDOW);

    start_s = read_s(tables.database, shape->start, oldest(&open), &rows);
    printf("%-9s %8zu alive  %5.1f us  %6.0f octets  a start reads %zu rows, %.1f s per "
           "million alive\n",
           shape->name, alive, each_us, octets, rows, start_s * 1e6 / (double)alive);
    free(open.ids);
    free(ends);
    close_tables(&tables);
}

int main(int argc, char **argv)
{
    size_t alive = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000;
    size_t windows = argc > 2 ? strtoul(argv[2], NULL, 10) : 120;

    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
        measure(&shapes[i], alive, windows);
    return 0;
}
