/* The messages of a window: each is read once, and lies in memory until the next. */
#include "gateway/store_messages_pieces.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/log.h"
#include "gateway/store_database.h"
#include "gateway/store_rows.h"
#include "gateway/table.h"

/* Octets that stay where they are until the next window. */
struct block {
    struct block *next;
    size_t used;
    size_t size;
    uint8_t octets[];
};

enum {
    BLOCK_SIZE = 1024 * 1024,
    ALIGNMENT = 8,
    ATTEMPTS_KEPT = 8, /* room for so many, of each message of the largest window */
};

/* --- memory ------------------------------------------------------------------------- */

struct store_messages *store_messages_new(void)
{
    struct store_messages *messages = calloc(1, sizeof(*messages));

    if (messages == NULL)
        abort();
    messages->places = table_new(SIZE_MAX);
    return messages;
}

static void free_blocks(struct block *blocks)
{
    while (blocks) {
        struct block *next = blocks->next;

        free(blocks);
        blocks = next;
    }
}

void store_messages_free(struct store_messages *messages)
{
    if (messages == NULL)
        return;
    for (size_t i = 0; i < messages->capacity; i++)
        message_done(&messages->opened[i].message);
    free_blocks(messages->blocks);
    free_blocks(messages->spare);
    free(messages->opened);
    free(messages->order);
    free(messages->ids);
    table_free(messages->places);
    free(messages);
}

/* What was large is not kept: long messages come by in any place. */
void store_messages_begin(struct store_messages *messages)
{
    while (messages->blocks) {
        struct block *block = messages->blocks;

        messages->blocks = block->next;
        if (block->size > BLOCK_SIZE) {
            free(block);
            continue;
        }
        block->used = 0;
        block->next = messages->spare;
        messages->spare = block;
    }
    for (size_t i = 0; i < messages->count; i++) {
        struct message *message = &messages->opened[i].message;

        if (message->attempt_capacity > ATTEMPTS_KEPT)
            message_done(message);
    }
    table_clear(messages->places);
    messages->count = 0;
}

static struct block *take_block(struct store_messages *messages, size_t size)
{
    struct block *block = size <= BLOCK_SIZE ? messages->spare : NULL;

    if (block) {
        messages->spare = block->next;
    } else {
        size = size > BLOCK_SIZE ? size : BLOCK_SIZE;
        block = malloc(sizeof(*block) + size);
        if (block == NULL)
            abort();
        block->size = size;
        block->used = 0;
    }
    block->next = messages->blocks;
    messages->blocks = block;
    return block;
}

uint8_t *store_messages_room(struct store_messages *messages, size_t most)
{
    struct block *block = messages->blocks;

    most += ALIGNMENT;
    if (block == NULL || block->size - block->used < most)
        block = take_block(messages, most);
    return block->octets + block->used;
}

void store_messages_keep(struct store_messages *messages, size_t used)
{
    messages->blocks->used += (used + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
}

static uint8_t *copy(struct store_messages *messages, const void *octets, size_t size)
{
    uint8_t *room = store_messages_room(messages, size);

    if (size > 0)
        memcpy(room, octets, size);
    store_messages_keep(messages, size);
    return room;
}

/* --- opening ------------------------------------------------------------------------ */

static struct opened *add_opened(struct store_messages *messages)
{
    struct opened *opened;
    struct attempt *room;
    uint16_t capacity;

    if (messages->count == messages->capacity) {
        size_t grown = messages->capacity ? messages->capacity * 2 : 1024;

        messages->opened = realloc(messages->opened, grown * sizeof(*messages->opened));
        messages->order = realloc(messages->order, grown * sizeof(*messages->order));
        if (messages->opened == NULL || messages->order == NULL)
            abort();
        memset(messages->opened + messages->capacity, 0,
               (grown - messages->capacity) * sizeof(*messages->opened));
        messages->capacity = grown;
    }
    opened = &messages->opened[messages->count++];
    room = opened->message.attempts;
    capacity = opened->message.attempt_capacity;
    *opened = (struct opened){
        .message = {.attempts = room, .attempt_capacity = capacity}
    };
    return opened;
}

/* One that is damaged is not touched: the start and the check of the ledger name it. */
static bool read_row(struct store_sqlite *store, struct opened *opened, uint64_t id)
{
    sqlite3_stmt *row = store->statements[STATEMENT_MESSAGE];
    char error[100];
    int result;

    sqlite3_bind_int64(row, 1, (int64_t)id);
    result = sqlite3_step(row);
    if (result == SQLITE_ROW) {
        opened->known = opened->lives = store_read_message(
            row, &opened->message, &opened->bodies, error, sizeof(error));
        if (opened->known)
            opened->bodies.octets =
                copy(store->messages, opened->bodies.octets, opened->bodies.size);
        else
            log_error("store.damaged", "id=%llu", (unsigned long long)id);
    }
    opened->ended = opened->message.state == MESSAGE_ENDED;
    sqlite3_reset(row);
    return result == SQLITE_ROW || result == SQLITE_DONE;
}

/* What is above all that was recorded has no row. */
struct opened *store_messages_open(struct store_sqlite *store, uint64_t id)
{
    struct store_messages *messages = store->messages;
    struct opened *opened;
    uint64_t place;

    if (table_get(messages->places, id, &place))
        return &messages->opened[place - 1];
    opened = add_opened(messages);
    if (!table_put(messages->places, id, messages->count))
        abort();
    opened->message.id = id;
    return id > store->highest_recorded || read_row(store, opened, id) ? opened : NULL;
}

/* Of the message that a record changes; 0: it changes none that can have a row. */
static uint64_t message_of(const struct store_record *record)
{
    switch (record->kind) {
    case STORE_RECORD_JOIN:
        return ((const struct store_record_body *)record)->body.message;
    case STORE_RECORD_MESSAGE:
        return ((const struct store_record_message *)record)->message.id;
    case STORE_RECORD_PERMIT:
    case STORE_RECORD_ATTEMPT:
        return ((const struct store_record_attempt *)record)->message;
    case STORE_RECORD_REPLACE:
        return ((const struct store_record_replace *)record)->body.message;
    default:
        return 0;
    }
}

static void note_to_read(struct store_messages *messages, uint64_t id)
{
    if (messages->id_count > 0 && messages->ids[messages->id_count - 1] == id)
        return;
    if (messages->id_count == messages->id_capacity) {
        messages->id_capacity = messages->id_capacity ? messages->id_capacity * 2 : 1024;
        messages->ids =
            realloc(messages->ids, messages->id_capacity * sizeof(*messages->ids));
        if (messages->ids == NULL)
            abort();
    }
    messages->ids[messages->id_count++] = id;
}

static int compare_numbers(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;

    return left < right ? -1 : left > right;
}

bool store_messages_read(struct store_sqlite *store, const struct store_window *window)
{
    struct store_messages *messages = store->messages;
    const struct store_record *record;

    messages->id_count = 0;
    for (size_t at = 0; at < window->used; at += record->size) {
        uint64_t id;

        record = (const struct store_record *)(window->bytes + at);
        id = message_of(record);
        if (id != 0 && id <= store->highest_recorded)
            note_to_read(messages, id);
    }
    if (messages->id_count == 0)
        return true;
    qsort(messages->ids, messages->id_count, sizeof(*messages->ids), compare_numbers);
    for (size_t i = 0; i < messages->id_count; i++) {
        if (store_messages_open(store, messages->ids[i]) == NULL)
            return false;
        store_window_rest(window, i);
    }
    return true;
}
