/* See store_living.h. */
#include "gateway/store_living.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/executor.h"
#include "gateway/log.h"
#include "gateway/store_cursor.h"
#include "gateway/store_database.h"
#include "gateway/store_rows.h"

enum {
    PIECES = 2, /* one is read while the other is told */
    PIECE_BYTES = 1024 * 1024,
    PROGRESS_EVERY = 100000,
};

enum item_kind { ITEM_MESSAGE, ITEM_BODY, ITEM_ATTEMPT, ITEM_LOADED, ITEM_LATE };

/* What is told, in this order. */
struct item {
    uint64_t message;
    uint32_t size; /* leads to the next one */
    uint32_t kind;
    uint64_t what[]; /* struct message, body or attempt */
};

struct piece {
    uint8_t *octets;
    size_t used;
    size_t room;
    bool is_last;
};

struct living {
    struct store_sqlite *store;
    struct store_cursor messages;
    struct store_cursor late;
    int64_t late_since_ms;
    struct message message; /* the last one read */
    struct packed_bodies bodies;
    struct piece pieces[PIECES];
    struct piece *filling; /* the thread's until it was waited for, with all above */
    struct executor *executor;
    struct executor_errand errand;
    uint64_t told;
};

/* --- reading, on the thread of the tables ------------------------------------------- */

/* `what` has room for so many octets. */
static struct item *add_item(struct living *living, enum item_kind kind, size_t size)
{
    struct piece *piece = living->filling;
    struct item *item;

    size = (sizeof(*item) + size + 7) / 8 * 8;
    if (piece->used + size > piece->room) {
        piece->room += PIECE_BYTES + size;
        piece->octets = realloc(piece->octets, piece->room);
        if (piece->octets == NULL)
            abort();
    }
    item = (struct item *)(piece->octets + piece->used);
    *item = (struct item){living->message.id, (uint32_t)size, kind};
    piece->used += size;
    return item;
}

static void add_attempt(struct living *living, enum item_kind kind,
                        const struct attempt *attempt)
{
    memcpy(add_item(living, kind, sizeof(*attempt))->what, attempt, sizeof(*attempt));
}

static void add_bodies(struct living *living)
{
    while (living->bodies.size > 0) {
        struct packed_bodies first = packed_take_body(&living->bodies);
        struct item *item = add_item(living, ITEM_BODY, sizeof(struct body) + first.size);

        if (!packed_read_body_into(living->message.id, &first, (struct body *)item->what)) {
            living->filling->used -= item->size;
            return;
        }
    }
}

static void add_living(struct living *living)
{
    struct item *item = add_item(living, ITEM_MESSAGE, sizeof(struct message));
    struct message *message = (struct message *)item->what;

    *message = living->message;
    message->attempts = NULL;
    message->attempt_count = message->attempt_capacity = 0;
    add_bodies(living);
    for (uint16_t i = 0; i < living->message.attempt_count; i++)
        add_attempt(living, ITEM_ATTEMPT, &living->message.attempts[i]);
    (void)add_item(living, ITEM_LOADED, 0);
}

static void add_ended(struct living *living)
{
    struct message *message = &living->message;

    store_sqlite_add_ended(living->store, message->id);
    store_lay_late(&living->late, message);
    for (uint16_t i = 0; i < message->attempt_count; i++)
        if (message->attempts[i].updated_at_ms >= living->late_since_ms)
            add_attempt(living, ITEM_LATE, &message->attempts[i]);
}

static void add_message(struct living *living)
{
    char why[100];

    if (!store_read_message(living->messages.statement, &living->message, &living->bodies,
                            why, sizeof(why)))
        log_error("store.damaged", "id=%llu", (unsigned long long)living->messages.key);
    else if (living->message.state == MESSAGE_ENDED)
        add_ended(living);
    else
        add_living(living);
}

static void fill_piece(void *self)
{
    struct living *living = self;
    struct piece *piece = living->filling;

    piece->used = 0;
    for (; living->messages.result == SQLITE_ROW && piece->used < PIECE_BYTES;
         store_cursor_next(&living->messages))
        add_message(living);
    piece->is_last = living->messages.result != SQLITE_ROW;
}

/* --- telling, on the core thread ---------------------------------------------------- */

static void tell(struct living *living, const struct item *item,
                 const struct store_loader *loader, void *owner)
{
    switch ((enum item_kind)item->kind) {
    case ITEM_MESSAGE:
        loader->on_message(owner, (const struct message *)item->what);
        break;
    case ITEM_BODY:
        loader->on_body(owner, (const struct body *)item->what);
        break;
    case ITEM_ATTEMPT:
        loader->on_attempt(owner, item->message, (const struct attempt *)item->what);
        break;
    case ITEM_LOADED:
        loader->on_loaded(owner, item->message);
        if (++living->told % PROGRESS_EVERY == 0)
            loader->on_progress(owner, living->told);
        break;
    case ITEM_LATE:
        loader->on_late(owner, item->message, (const struct attempt *)item->what);
        break;
    }
}

static void tell_piece(struct living *living, const struct piece *piece,
                       const struct store_loader *loader, void *owner)
{
    for (size_t at = 0; at < piece->used;) {
        const struct item *item = (const struct item *)(piece->octets + at);

        tell(living, item, loader, owner);
        at += item->size;
    }
}

static void begin_piece(struct living *living)
{
    bool begun;

    living->filling = living->pieces + (living->filling == living->pieces);
    living->errand.run = fill_piece;
    living->errand.self = living;
    begun = executor_begin(living->executor, EXECUTOR_TABLES, &living->errand);
    assert(begun);
}

static void tell_all(struct living *living, const struct store_loader *loader, void *owner)
{
    const struct piece *piece;

    begin_piece(living);
    do {
        executor_join(&living->errand);
        piece = living->filling;
        if (!piece->is_last)
            begin_piece(living);
        tell_piece(living, piece, loader, owner);
    } while (!piece->is_last);
}

static void expect(struct store_sqlite *store, const struct store_loader *loader,
                   void *owner)
{
    int64_t rows = 0;

    if (!store_ask_integer(store->database, "SELECT count(*) FROM message", &rows))
        return;
    store->living_rows = (uint64_t)rows;
    if (loader->on_expected)
        loader->on_expected(owner, store->living_rows - store->gone);
}

bool store_load_living(struct store_sqlite *store, struct executor *executor,
                       const struct store_loader *loader, void *owner,
                       int64_t late_since_ms, char *error, size_t error_size)
{
    static const char messages[] =
        "SELECT " STORE_MESSAGE_COLUMNS " FROM main.known ORDER BY id";
    static const char late[] =
        "SELECT " STORE_LATE_COLUMNS " FROM main.late ORDER BY message, ordinal";
    struct living living = {
        .store = store, .executor = executor, .late_since_ms = late_since_ms};
    bool ok =
        store_cursor_open(&living.messages, store->database, messages, 0, 0, error,
                          error_size) &&
        store_cursor_open(&living.late, store->database, late, 0, 0, error, error_size);

    if (ok) {
        expect(store, loader, owner);
        tell_all(&living, loader, owner);
    }
    ok = store_cursor_close(&living.messages, error, error_size) && ok;
    ok = store_cursor_close(&living.late, error, error_size) && ok;
    message_done(&living.message);
    for (int i = 0; i < PIECES; i++)
        free(living.pieces[i].octets);
    return ok;
}
