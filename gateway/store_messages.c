/* See store_messages.h. */
#include "gateway/store_messages_pieces.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/store_database.h"
#include "gateway/store_rows.h"

/* --- operations --------------------------------------------------------------------- */

/* Room for so many more octets of bodies behind those that are there, which may move. */
static uint8_t *extend_bodies(struct store_messages *messages, struct opened *opened,
                              size_t more)
{
    struct packed_bodies *bodies = &opened->bodies;

    if (opened->bodies_room < bodies->size + more) {
        size_t room = bodies->size == 0 ? more : 2 * (bodies->size + more);
        uint8_t *octets = store_messages_room(messages, room);

        if (bodies->size > 0)
            memcpy(octets, bodies->octets, bodies->size);
        store_messages_keep(messages, room);
        bodies->octets = octets;
        opened->bodies_room = room;
    }
    return (uint8_t *)(uintptr_t)bodies->octets + bodies->size;
}

static void add_body(struct store_messages *messages, struct opened *opened,
                     const struct body *body)
{
    uint8_t *room = extend_bodies(messages, opened, packed_most_of_body(body));

    opened->bodies.size += packed_write_body(opened->message.id, body, room);
}

static const struct body *body_of_accept(const struct store_record_message *accept)
{
    return (const struct body *)(accept + 1);
}

bool store_apply_accept(struct store_sqlite *store, struct store_record *record)
{
    const struct store_record_message *accept = (const struct store_record_message *)record;
    struct opened *opened = store_messages_open(store, accept->message.id);
    struct attempt *room;
    uint16_t capacity;

    store_note_id(store, accept->message.id);
    if (opened == NULL || opened->known)
        return opened != NULL;
    room = opened->message.attempts;
    capacity = opened->message.attempt_capacity;
    opened->message = accept->message;
    opened->message.attempts = room;
    opened->message.attempt_capacity = capacity;
    opened->message.attempt_count = 0;
    opened->known = opened->changed = true;
    add_body(store->messages, opened, body_of_accept(accept));
    return record->posting_count == 0 ||
           store_add_posting(store, &accept->posting, accept->posted_at_ms);
}

static bool has_body(const struct opened *opened, uint64_t id)
{
    struct packed_bodies rest = opened->bodies;

    while (rest.size > 0) {
        if (packed_first_body(opened->message.id, &rest) == id)
            return true;
        (void)packed_take_body(&rest);
    }
    return false;
}

bool store_apply_join(struct store_sqlite *store, struct store_record *record)
{
    const struct body *body = &((const struct store_record_body *)record)->body;
    struct opened *opened = store_messages_open(store, body->message);

    store_note_id(store, body->id);
    if (opened == NULL || !opened->known || has_body(opened, body->id))
        return opened != NULL;
    add_body(store->messages, opened, body);
    opened->changed = true;
    return true;
}

/* An ended message stays ended. */
bool store_apply_message(struct store_sqlite *store, struct store_record *record)
{
    const struct store_record_message *set = (const struct store_record_message *)record;
    const struct message *message = &set->message;
    struct opened *opened = store_messages_open(store, message->id);
    struct message *row;

    if (opened == NULL || !opened->known || opened->message.state == MESSAGE_ENDED)
        return opened != NULL;
    row = &opened->message;
    row->state = message->state;
    row->end = message->end;
    row->step = message->step;
    row->flags = message->flags;
    row->segments = message->segments;
    row->parts = message->parts;
    row->start_at_ms = message->start_at_ms;
    row->deadline_ms = message->deadline_ms;
    row->entered_at_ms = message->entered_at_ms;
    row->ended_at_ms = message->ended_at_ms;
    row->held_micro = message->held_micro;
    row->charged_micro = message->charged_micro;
    row->cost_micro = message->cost_micro;
    opened->changed = true;
    return record->posting_count == 0 ||
           store_add_posting(store, &set->posting, set->posted_at_ms);
}

static struct attempt *attempt_of(struct opened *opened, uint16_t ordinal)
{
    return ordinal >= 1 && ordinal <= opened->message.attempt_count
               ? &opened->message.attempts[ordinal - 1]
               : NULL;
}

bool store_apply_permit(struct store_sqlite *store, struct store_record *record)
{
    const struct store_record_attempt *permit = (const struct store_record_attempt *)record;
    struct opened *opened = store_messages_open(store, permit->message);

    store_note_id(store, permit->attempt.id);
    if (opened == NULL || !opened->known ||
        permit->attempt.ordinal != opened->message.attempt_count + 1)
        return opened != NULL;
    *message_add_attempt(&opened->message) = permit->attempt;
    opened->changed = true;
    return true;
}

/* Laid over what the history says of it.  False on failure. */
static bool set_late(struct store_sqlite *store, const struct store_record_attempt *set,
                     bool *out_changed)
{
    const struct attempt *attempt = &set->attempt;
    sqlite3_stmt *statement = store->statements[STATEMENT_LATE_SET];
    const int64_t values[] = {
        (int64_t)set->message, attempt->ordinal,       attempt->state,
        attempt->reason,       attempt->flags,         attempt->code,
        attempt->sent_at_ms,   attempt->updated_at_ms, attempt->charged_micro,
        attempt->cost_micro,   set->charged_before,    set->cost_before,
    };

    store_bind_integers(statement, values, 12);
    sqlite3_bind_text(statement, 13, attempt->provider_id, -1, SQLITE_STATIC);
    if (!store_step(store, STATEMENT_LATE_SET))
        return false;
    *out_changed = sqlite3_changes(store->database) > 0;
    return true;
}

static bool set_attempt(struct opened *opened, const struct store_record_attempt *set)
{
    const struct attempt *from = &set->attempt;
    struct attempt *attempt = attempt_of(opened, from->ordinal);

    if (attempt == NULL || attempt->charged_micro != set->charged_before ||
        attempt->cost_micro != set->cost_before)
        return false;
    attempt->state = from->state;
    attempt->reason = from->reason;
    attempt->flags = from->flags;
    attempt->code = from->code;
    attempt->sent_at_ms = from->sent_at_ms;
    attempt->updated_at_ms = from->updated_at_ms;
    attempt->again_at_ms = from->again_at_ms;
    attempt->charged_micro = from->charged_micro;
    attempt->cost_micro = from->cost_micro;
    memcpy(attempt->provider_id, from->provider_id, sizeof(attempt->provider_id));
    opened->changed = true;
    return true;
}

/* The postings are made only if the attempt had the money that the decision saw. */
bool store_apply_attempt(struct store_sqlite *store, struct store_record *record)
{
    const struct store_record_attempt *set = (const struct store_record_attempt *)record;
    struct opened *opened = store_messages_open(store, set->message);
    bool changed = false;

    if (opened == NULL)
        return false;
    if (opened->known)
        changed = set_attempt(opened, set);
    else if (!set_late(store, set, &changed))
        return false;
    for (uint16_t i = 0; changed && i < record->posting_count; i++)
        if (!store_add_posting(store, &set->postings[i], set->posted_at_ms))
            return false;
    return true;
}

/* `body` in the place of the one with its id.  False: that is the same revision, or there
 * is none. */
static bool replace_body(struct store_messages *messages, struct opened *opened,
                         const struct body *body)
{
    uint64_t id = opened->message.id;
    struct packed_bodies rest = opened->bodies;
    struct body *old = NULL;
    uint8_t *room;
    size_t used = 0;

    while (rest.size > 0 && packed_first_body(id, &rest) != body->id)
        (void)packed_take_body(&rest);
    old = packed_read_body(id, &rest);
    if (old == NULL || old->revision == body->revision) {
        free(old);
        return false;
    }
    free(old);
    room = store_messages_room(messages, opened->bodies.size + packed_most_of_body(body));
    used = opened->bodies.size - rest.size;
    if (used > 0)
        memcpy(room, opened->bodies.octets, used);
    (void)packed_take_body(&rest);
    used += packed_write_body(id, body, room + used);
    if (rest.size > 0)
        memcpy(room + used, rest.octets, rest.size);
    used += rest.size;
    store_messages_keep(messages, used);
    opened->bodies = (struct packed_bodies){room, used};
    opened->bodies_room = used;
    return true;
}

/* The revision is part of what is compared: what was applied before changes nothing. */
bool store_apply_replace(struct store_sqlite *store, struct store_record *record)
{
    const struct store_record_replace *set = (const struct store_record_replace *)record;
    struct opened *opened = store_messages_open(store, set->body.message);

    if (opened == NULL || !opened->known ||
        !replace_body(store->messages, opened, &set->body))
        return opened != NULL;
    opened->message.baseline_micro = set->baseline_micro;
    opened->changed = true;
    return record->posting_count == 0 ||
           store_add_posting(store, &set->posting, set->at_ms);
}

/* --- writing ------------------------------------------------------------------------ */

static int compare_ids(const void *a, const void *b)
{
    uint64_t left = (*(struct opened *const *)a)->message.id;
    uint64_t right = (*(struct opened *const *)b)->message.id;

    return left < right ? -1 : left > right;
}

static const struct store_message_row *make_row(struct store_messages *messages,
                                                const struct opened *opened)
{
    struct store_message_row *row = (struct store_message_row *)store_messages_room(
        messages, sizeof(*row) + packed_most(&opened->message, &opened->bodies));
    size_t size = packed_write(&opened->message, &opened->bodies, (uint8_t *)(row + 1));

    *row = (struct store_message_row){.id = opened->message.id,
                                      .ended_at_ms = opened->message.ended_at_ms,
                                      .state = opened->message.state,
                                      .octets = (const uint8_t *)(row + 1),
                                      .size = size};
    store_messages_keep(messages, sizeof(*row) + size);
    return row;
}

/* Each submission that joined it, in live.db or the day. */
static bool add_parts(struct store_sqlite *store, const struct opened *opened, bool in_day)
{
    struct packed_bodies rest = opened->bodies;

    for ((void)packed_take_body(&rest); rest.size > 0; (void)packed_take_body(&rest)) {
        const int64_t values[] = {(int64_t)packed_first_body(opened->message.id, &rest),
                                  (int64_t)opened->message.id};

        if (in_day && !store_day_add_part(store->day, values))
            return false;
        if (in_day)
            continue;
        store_bind_integers(store->statements[STATEMENT_PART_ADD], values, 2);
        if (!store_step(store, STATEMENT_PART_ADD))
            return false;
    }
    return true;
}

static bool has_parts(const struct opened *opened)
{
    struct packed_bodies rest = opened->bodies;

    (void)packed_take_body(&rest);
    return rest.size > 0;
}

static bool write_to_live(struct store_sqlite *store, struct opened *opened)
{
    if (!store_bulk_add(store->bulk, STORE_BULK_MESSAGES,
                        make_row(store->messages, opened)) ||
        !add_parts(store, opened, false))
        return false;
    store->rows++;
    store->living_rows += !opened->lives;
    if (opened->message.state == MESSAGE_ENDED && !opened->ended)
        store_sqlite_add_ended(store, opened->message.id);
    return true;
}

/* Its row stays there for a while (store_gone.h). */
static bool leave_live(struct store_sqlite *store, const struct opened *opened)
{
    sqlite3_int64 id = (sqlite3_int64)opened->message.id;

    sqlite3_bind_int64(store->statements[STATEMENT_MESSAGE_GONE], 1, id);
    if (!store_step(store, STATEMENT_MESSAGE_GONE))
        return false;
    store->gone++;
    if (!has_parts(opened))
        return true;
    sqlite3_bind_int64(store->statements[STATEMENT_PARTS_GONE], 1, id);
    return store_step(store, STATEMENT_PARTS_GONE);
}

static bool write_to_day(struct store_sqlite *store, struct opened *opened)
{
    store->rows++;
    store_day_count(store->day, opened->message.ended_at_ms);
    return store_day_add(store->day, make_row(store->messages, opened), opened->lives) &&
           add_parts(store, opened, true) && (!opened->lives || leave_live(store, opened));
}

/* One that was to be moved before is moved as the others are. */
static bool goes_to_day(struct store_sqlite *store, const struct opened *opened)
{
    return opened->message.state == MESSAGE_ENDED && !opened->ended &&
           store_day_takes(store->day, opened->message.id);
}

bool store_messages_write(struct store_sqlite *store, const struct store_window *window)
{
    struct store_messages *messages = store->messages;
    size_t count = 0;

    for (size_t i = 0; i < messages->count; i++)
        if (messages->opened[i].changed)
            messages->order[count++] = &messages->opened[i];
    if (count == 0)
        return true;
    qsort(messages->order, count, sizeof(*messages->order), compare_ids);
    /* Most of what ends is of the newest day: that one is opened. */
    for (size_t i = count; i-- > 0 && !goes_to_day(store, messages->order[i]);)
        ;
    for (size_t i = 0; i < count; i++) {
        struct opened *opened = messages->order[i];

        if (!(goes_to_day(store, opened) ? write_to_day : write_to_live)(store, opened))
            return false;
        store_window_rest(window, i);
    }
    return true;
}
