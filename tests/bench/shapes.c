/*
 * Two shapes of the tables, side by side, with SQLite alone: rows that are changed where
 * they are, and events that are only appended and folded at a start.
 *
 *     shapes [ALIVE [WINDOWS]]
 *
 * ALIVE messages are open at any time and end in random order.  Window by window, each one
 * transaction as the gateway's (WAL, synchronous=FULL), as many come as end.
 *
 *     in place   a row comes into `live`; at the end it leaves it, and is put into `day`
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
    CHECKPOINT_PAGES = 16 * 1024 * 1024 / 4096
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

static void measure(bool events, size_t alive, size_t windows)
{
    static const char in_place[] =
        "CREATE TABLE live(id INTEGER PRIMARY KEY, content BLOB);"
        "CREATE TABLE day(id INTEGER PRIMARY KEY, content BLOB)";
    static const char appended[] =
        "CREATE TABLE event(at INTEGER PRIMARY KEY, content BLOB)";
    const char *name = events ? "events" : "in-place";
    sqlite3 *database = begin_shape(name, events ? appended : in_place);
    sqlite3_stmt *come = prepare(database, events ? "INSERT INTO event VALUES(?,?)"
                                                  : "INSERT INTO live VALUES(?,?)");
    sqlite3_stmt *gone = events ? NULL : prepare(database, "DELETE FROM live WHERE id=?");
    sqlite3_stmt *end = events ? NULL : prepare(database, "INSERT INTO day VALUES(?,?)");
    struct open open = {calloc(alive + WINDOW, sizeof(uint64_t)), 0};
    uint64_t *ends = calloc(WINDOW, sizeof(*ends));
    uint8_t content[CONTENT];
    uint64_t next = 1;
    uint64_t written = 0;
    double before_s = 0;
    size_t rows;
    double start_s;

    memset(content, 'x', sizeof(content));
    for (size_t window = 0; window < alive / WINDOW + windows; window++) {
        bool counts = open.count + WINDOW > alive;

        if (counts && before_s == 0) {
            before_s = cpu_s();
            written = octets_written();
        }
        run(database, "BEGIN IMMEDIATE");
        if (counts) {
            choose_ends(&open, ends);
            for (size_t i = 0; i < WINDOW; i++) {
                if (events) {
                    put(come, next++, content, OUTCOME);
                    continue;
                }
                put(gone, ends[i], NULL, 0);
                put(end, ends[i], content, CONTENT);
            }
        }
        for (size_t i = 0; i < WINDOW; i++) {
            open.ids[open.count++] = next;
            put(come, next++, content, CONTENT);
        }
        run(database, "COMMIT");
        checkpoint(database);
    }
    double each_us = (cpu_s() - before_s) * 1e6 / (double)(windows * WINDOW);
    double octets = (double)(octets_written() - written) / (double)(windows * WINDOW);

    start_s = events
                  ? read_s(database, "SELECT at, content FROM event WHERE at>=?1",
                           oldest(&open), &rows)
                  : read_s(database, "SELECT id, content FROM live WHERE id>=?1", 0, &rows);
    printf("%-9s %8zu alive  %5.1f us  %6.0f octets  a start reads %zu rows, %.1f s per "
           "million alive\n",
           name, alive, each_us, octets, rows, start_s * 1e6 / (double)alive);
    free(open.ids);
    free(ends);
    sqlite3_finalize(come);
    sqlite3_finalize(gone);
    sqlite3_finalize(end);
    sqlite3_close(database);
}

int main(int argc, char **argv)
{
    size_t alive = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000;
    size_t windows = argc > 2 ? strtoul(argv[2], NULL, 10) : 40;

    measure(false, alive, windows);
    measure(true, alive, windows);
    return 0;
}
