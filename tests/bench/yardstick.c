/*
 * What this machine takes for the least that a gateway does for a message, so that a
 * figure seen here can be held against one seen elsewhere.
 *
 *     yardstick [MESSAGES]
 *
 * A message is eight PDUs, four read and four written: submit_sm from the client and to
 * the operator, their responses, and the same of the receipt.  In one process and one
 * thread, several times in turn, the median of each:
 *
 *     libsmpp34     the eight in memory alone, as relay.c calls the library
 *     wire          the same with the codec of the peers
 *     sockets       the octets of the eight, BATCH messages for each call, over loopback
 *     SQLite        a row for the message and one for its attempt, and each of them
 *                   changed once, in WAL with synchronous=FULL, GROUP messages a commit
 *
 * Told are microseconds of processor per message, in user space and in the kernel, and
 * what the goals of `make bench` were drawn up from, on another machine of two processors.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sqlite3.h>

#include "tests/bench/recode.h"

enum {
    MESSAGES = 100000,
    ROUNDS = 5,
    PDUS = 4,
    PDU_BYTES = 512,
    BATCH = 64,
    GROUP = 4000,
    CHECKPOINT_PAGES = 16 * 1024 * 1024 / 4096,
    CONTENT_BYTES = 200, /* of a message's row: its addresses and its text */
};

static const char database_path[] = "yardstick.db";

static void need(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "yardstick: %s\n", what);
    exit(EXIT_FAILURE);
}

/* ---- The PDUs ---- */

struct pdu {
    size_t size;
    uint8_t octets[PDU_BYTES];
};

static void make_submit(struct wire_buffer *buffer)
{
    const struct wire_message submit = {
        .source_ton = 5,
        .source = wire_view_of("Sluice"),
        .destination_ton = 1,
        .destination_npi = 1,
        .destination = wire_view_of("79001234567"),
        .registered_delivery = WIRE_REGISTERED_ALWAYS,
        .short_message = wire_view_of("Your code is 123456. Do not tell it to anybody."),
    };

    need(wire_write_message(buffer, WIRE_SUBMIT_SM, 1, &submit), "no room for a submit");
}

static void make_receipt(struct wire_buffer *buffer)
{
    const struct wire_message receipt = {
        .source_ton = 1,
        .source_npi = 1,
        .source = wire_view_of("79001234567"),
        .destination_ton = 5,
        .destination = wire_view_of("Sluice"),
        .esm_class = WIRE_ESM_RECEIPT,
        .short_message = wire_view_of(
            "id:118345672190164992 sub:001 dlvrd:001 submit date:2601010000 done "
            "date:2601010000 stat:DELIVRD err:000 text:"),
    };
    struct wire_pdu pdu = wire_open(buffer, WIRE_DELIVER_SM, WIRE_OK, 1);

    wire_add_message(&pdu, &receipt);
    wire_add_tlv_string(&pdu, WIRE_TAG_RECEIPTED_MESSAGE_ID,
                        wire_view_of("118345672190164992"));
    wire_add_tlv_byte(&pdu, WIRE_TAG_MESSAGE_STATE, WIRE_STATE_DELIVERED);
    need(wire_close(&pdu), "no room for a receipt");
}

static void make_pdus(struct pdu pdus[PDUS])
{
    for (int i = 0; i < PDUS; i++) {
        struct wire_buffer buffer = {pdus[i].octets, PDU_BYTES, 0};

        if (i == 0)
            make_submit(&buffer);
        else if (i == 2)
            make_receipt(&buffer);
        else
            need(wire_write_id_response(
                     &buffer, WIRE_RESPONSE | (i == 1 ? WIRE_SUBMIT_SM : WIRE_DELIVER_SM),
                     WIRE_OK, 1, wire_view_of(i == 1 ? "118345672190164992" : "")),
                 "no room for a response");
        pdus[i].size = buffer.used;
    }
}

/* ---- The codecs ---- */

static void recode_all(recode_pdu *recode, size_t messages)
{
    struct pdu pdus[PDUS];

    make_pdus(pdus);
    for (size_t i = 0; i < messages; i++) {
        for (int j = 0; j < PDUS; j++) {
            uint8_t in[PDU_BYTES];
            uint8_t out[PDU_BYTES];
            struct wire_header header;

            memcpy(in, pdus[j].octets, pdus[j].size);
            need(wire_read_header(in, pdus[j].size, &header) == WIRE_FRAME_WHOLE &&
                     recode(in, &header, out, sizeof(out)) == pdus[j].size &&
                     memcmp(out, pdus[j].octets, pdus[j].size) == 0,
                 "what was written is not what was read");
        }
    }
}

static void measure_library(size_t messages)
{
    recode_all(recode_with_library, messages);
}

static void measure_wire(size_t messages)
{
    recode_all(recode_with_wire, messages);
}

/* ---- The sockets ---- */

static void connect_pair(int out[2])
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM, 0);

    out[0] = socket(AF_INET, SOCK_STREAM, 0);
    need(bind(listener, (struct sockaddr *)&address, size) == 0 &&
             listen(listener, 1) == 0 &&
             getsockname(listener, (struct sockaddr *)&address, &size) == 0 &&
             connect(out[0], (struct sockaddr *)&address, size) == 0,
         "no connection over loopback");
    out[1] = accept(listener, NULL, NULL);
    need(out[1] >= 0, "no connection over loopback");
    close(listener);
}

/* Both ends of each of the eight are paid for here: four are sent, and four received. */
static void measure_sockets(size_t messages)
{
    static uint8_t octets[BATCH * PDU_BYTES];
    struct pdu pdus[PDUS];
    int pair[2];

    make_pdus(pdus);
    connect_pair(pair);
    for (size_t i = 0; i < messages; i += BATCH) {
        for (int j = 0; j < PDUS; j++) {
            size_t size = pdus[j].size * BATCH;
            size_t got = 0;

            need(send(pair[0], octets, size, 0) == (ssize_t)size, "a send is short");
            while (got < size) {
                ssize_t more = recv(pair[1], octets, size - got, 0);

                need(more > 0, "a connection over loopback ended");
                got += (size_t)more;
            }
        }
    }
    close(pair[0]);
    close(pair[1]);
}

/* ---- SQLite ---- */

static void run(sqlite3 *database, const char *sql)
{
    need(sqlite3_exec(database, sql, NULL, NULL, NULL) == SQLITE_OK, sql);
}

static void put(sqlite3_stmt *statement, uint64_t id, const void *content, int size)
{
    sqlite3_bind_int64(statement, 1, (sqlite3_int64)id);
    if (content)
        sqlite3_bind_blob(statement, 2, content, size, SQLITE_STATIC);
    need(sqlite3_step(statement) == SQLITE_DONE, "SQLite does not take a row");
    sqlite3_reset(statement);
}

static void remove_database(void)
{
    for (const char *const *end = (const char *const[]){"", "-wal", "-shm", NULL}; *end;
         end++) {
        char path[64];

        snprintf(path, sizeof(path), "%s%s", database_path, *end);
        unlink(path);
    }
}

static sqlite3 *open_database(void)
{
    sqlite3 *database = NULL;

    remove_database();
    need(sqlite3_open(database_path, &database) == SQLITE_OK, "no database");
    run(database, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                  "PRAGMA wal_autocheckpoint=0; PRAGMA cache_size=-65536;"
                  "CREATE TABLE message(id INTEGER PRIMARY KEY, content BLOB,"
                  " state INTEGER, due INTEGER);"
                  "CREATE TABLE attempt(id INTEGER PRIMARY KEY, message INTEGER,"
                  " state INTEGER, provider_id TEXT)");
    return database;
}

static void checkpoint(sqlite3 *database)
{
    int pages = 0;

    sqlite3_wal_checkpoint_v2(database, NULL, SQLITE_CHECKPOINT_PASSIVE, &pages, NULL);
    if (pages > CHECKPOINT_PAGES)
        sqlite3_wal_checkpoint_v2(database, NULL, SQLITE_CHECKPOINT_RESTART, NULL, NULL);
}

/* The messages that came with one commit end with the next, as where reports are quick. */
static void measure_sqlite(size_t messages)
{
    static const char *const sql[] = {
        "INSERT INTO message VALUES(?1, ?2, 1, 0)",
        "INSERT INTO attempt VALUES(?1, ?1, 1, NULL)",
        "UPDATE attempt SET state = 2, provider_id = '118345672190164992' WHERE id = ?1",
        "UPDATE message SET state = 2, due = 1 WHERE id = ?1",
    };
    enum { COME = 2, ALL = sizeof(sql) / sizeof(sql[0]) };
    sqlite3 *database = open_database();
    sqlite3_stmt *statements[ALL];
    uint8_t content[CONTENT_BYTES];

    memset(content, 'x', sizeof(content));
    for (int i = 0; i < ALL; i++)
        need(sqlite3_prepare_v2(database, sql[i], -1, &statements[i], NULL) == SQLITE_OK,
             sql[i]);
    for (size_t first = 0; first < messages + GROUP; first += GROUP) {
        run(database, "BEGIN IMMEDIATE");
        for (size_t id = first; id < first + GROUP; id++) {
            if (first < messages) {
                put(statements[0], id, content, sizeof(content));
                put(statements[1], id, NULL, 0);
            }
            for (int i = COME; i < ALL && first > 0; i++)
                put(statements[i], id - GROUP, NULL, 0);
        }
        run(database, "COMMIT");
        checkpoint(database);
    }
    for (int i = 0; i < ALL; i++)
        sqlite3_finalize(statements[i]);
    sqlite3_close(database);
    remove_database();
}

/* ---- The table ---- */

struct cost {
    double user_us;
    double kernel_us;
};

static double microseconds(struct timeval time)
{
    return (double)time.tv_sec * 1e6 + (double)time.tv_usec;
}

static struct cost cost_of(void (*measure)(size_t messages), size_t messages)
{
    struct rusage before;
    struct rusage after;
    double each = (double)messages;

    getrusage(RUSAGE_SELF, &before);
    measure(messages);
    getrusage(RUSAGE_SELF, &after);
    return (struct cost){
        (microseconds(after.ru_utime) - microseconds(before.ru_utime)) / each,
        (microseconds(after.ru_stime) - microseconds(before.ru_stime)) / each,
    };
}

static int compare(const void *a, const void *b)
{
    const struct cost *left = a;
    const struct cost *right = b;
    double more = left->user_us + left->kernel_us - right->user_us - right->kernel_us;

    return more < 0 ? -1 : more > 0;
}

int main(int argc, char **argv)
{
    static const struct row {
        const char *name;
        void (*measure)(size_t messages);
        const char *elsewhere;
    } rows[] = {
        {"libsmpp34, in memory",            measure_library, "10, a relay with its sockets"         },
        {"wire.h, in memory",               measure_wire,    "0.35, a relay with a codec of its own"},
        {"sockets, 64 messages a call",     measure_sockets, ""                                     },
        {"SQLite, 4,000 messages a commit", measure_sqlite,  "5.5, with a codec"                    },
    };
    enum { COUNT = sizeof(rows) / sizeof(rows[0]) };
    size_t given = argc > 1 ? strtoul(argv[1], NULL, 10) : MESSAGES;
    size_t messages = given < GROUP ? GROUP : given / GROUP * GROUP;
    struct cost costs[COUNT][ROUNDS];

    for (int round = 0; round < ROUNDS; round++)
        for (int i = 0; i < COUNT; i++)
            costs[i][round] = cost_of(rows[i].measure, messages);
    printf("%-34s%8s%8s%8s   %-16s%s\n", "us of processor per message", "all", "user",
           "kernel", "least .. most", "seen elsewhere");
    for (int i = 0; i < COUNT; i++) {
        struct cost *of = costs[i];

        qsort(of, ROUNDS, sizeof(*of), compare);

        const struct cost *median = &of[ROUNDS / 2];
        const struct cost *most = &of[ROUNDS - 1];

        printf("%-34s%8.2f%8.2f%8.2f   %5.2f .. %-6.2f %s\n", rows[i].name,
               median->user_us + median->kernel_us, median->user_us, median->kernel_us,
               of[0].user_us + of[0].kernel_us, most->user_us + most->kernel_us,
               rows[i].elsewhere);
    }
    return EXIT_SUCCESS;
}
