/*
 * The first record of a row within the window is its main one; later ones are merged into
 * it.  Their postings stay where they are, and are made if the main one changed its row.
 */
#include "gateway/store_merge.h"

#include <assert.h>

#include "gateway/table.h"

/* Rows are known by an id, each kind by its own. */
enum noun { MESSAGES, ATTEMPTS, RECEIPTS, PARKED, NOUNS };

struct merge {
    struct store_window *window;
    struct table *mains[NOUNS]; /* id -> place in the window + 1 */
};

static void set_main(struct merge *merge, enum noun noun, uint64_t id,
                     struct store_record *record)
{
    uint64_t place = (uint64_t)((uint8_t *)record - merge->window->bytes) + 1;
    bool fits = table_put(merge->mains[noun], id, place);

    assert(fits);
}

/* NULL: there is none yet, and this one is it from now on. */
static struct store_record *main_of(struct merge *merge, enum noun noun, uint64_t id,
                                    struct store_record *record)
{
    uint64_t place;

    if (table_get(merge->mains[noun], id, &place))
        return (struct store_record *)(merge->window->bytes + place - 1);
    set_main(merge, noun, id, record);
    return NULL;
}

static bool is_accept(const struct store_record *record)
{
    return record->kind == STORE_RECORD_ACCEPT ||
           record->kind == STORE_RECORD_ACCEPT_ENDED ||
           record->kind == STORE_RECORD_ACCEPT_REPLACED;
}

/* That of this message, if it is in the window. */
static struct store_record *accept_of(struct merge *merge, uint64_t message)
{
    uint64_t place;
    struct store_record *record;

    if (!table_get(merge->mains[MESSAGES], message, &place))
        return NULL;
    record = (struct store_record *)(merge->window->bytes + place - 1);
    return is_accept(record) ? record : NULL;
}

static void note_end(struct store_record *main)
{
    if (main->kind == STORE_RECORD_ACCEPT)
        main->kind = STORE_RECORD_ACCEPT_ENDED;
}

static void merge_accept(struct merge *merge, struct store_record *record)
{
    const struct store_record_message *accept = (const struct store_record_message *)record;

    if (main_of(merge, MESSAGES, accept->message.id, record))
        record->kind = STORE_RECORD_NOTHING;
    else if (accept->message.state == MESSAGE_ENDED)
        note_end(record);
}

static void merge_join(struct merge *merge, struct store_record *record)
{
    record->main = accept_of(merge, ((struct store_record_body *)record)->body.message);
}

static void merge_replace(struct merge *merge, struct store_record *record)
{
    struct store_record *accept =
        accept_of(merge, ((struct store_record_replace *)record)->body.message);

    if (accept)
        accept->kind = STORE_RECORD_ACCEPT_REPLACED;
}

/* An ended message stays ended. */
static void merge_message(struct merge *merge, struct store_record *record)
{
    const struct store_record_message *set = (const struct store_record_message *)record;
    struct store_record *main = main_of(merge, MESSAGES, set->message.id, record);
    struct message *message;

    if (main == NULL)
        return;
    message = &((struct store_record_message *)main)->message;
    if (message->state == MESSAGE_ENDED) {
        record->kind = STORE_RECORD_NOTHING;
        return;
    }
    *message = set->message;
    if (message->state == MESSAGE_ENDED)
        note_end(main);
    record->kind = STORE_RECORD_MESSAGE_FOLLOWS;
    record->main = main;
}

static void merge_permit(struct merge *merge, struct store_record *record)
{
    const struct store_record_attempt *permit = (const struct store_record_attempt *)record;

    if (main_of(merge, ATTEMPTS, permit->attempt.id, record))
        record->kind = STORE_RECORD_NOTHING;
    else
        record->main = accept_of(merge, permit->message);
}

/* It counts only if the row has the money that the decision saw. */
static void merge_attempt(struct merge *merge, struct store_record *record)
{
    const struct store_record_attempt *set = (const struct store_record_attempt *)record;
    struct store_record *main = main_of(merge, ATTEMPTS, set->attempt.id, record);
    struct attempt *attempt;

    if (main == NULL)
        return;
    attempt = &((struct store_record_attempt *)main)->attempt;
    if (attempt->charged_micro != set->charged_before ||
        attempt->cost_micro != set->cost_before) {
        record->kind = STORE_RECORD_NOTHING;
        return;
    }
    *attempt = set->attempt;
    record->kind = STORE_RECORD_ATTEMPT_FOLLOWS;
    record->main = main;
}

/* What came and went within the window was never there. */
static void merge_coming(struct merge *merge, enum noun noun, uint64_t id,
                         struct store_record *record)
{
    struct store_record *main = main_of(merge, noun, id, record);

    if (main == NULL)
        return;
    if (main->kind == record->kind)
        record->kind = STORE_RECORD_NOTHING;
    else
        set_main(merge, noun, id, record);
}

static void merge_going(struct merge *merge, enum noun noun, uint64_t id,
                        struct store_record *record, enum store_record_kind coming)
{
    struct store_record *main = main_of(merge, noun, id, record);

    if (main == NULL)
        return;
    if (main->kind == coming)
        main->kind = STORE_RECORD_NOTHING;
    record->kind = STORE_RECORD_NOTHING;
}

static void merge_record(struct merge *merge, struct store_record *record)
{
    const struct store_record_receipt *receipt =
        (const struct store_record_receipt *)record;
    const struct store_record_parked *parked = (const struct store_record_parked *)record;

    switch (record->kind) {
    case STORE_RECORD_ACCEPT:
        merge_accept(merge, record);
        break;
    case STORE_RECORD_JOIN:
        merge_join(merge, record);
        break;
    case STORE_RECORD_REPLACE:
        merge_replace(merge, record);
        break;
    case STORE_RECORD_MESSAGE:
        merge_message(merge, record);
        break;
    case STORE_RECORD_PERMIT:
        merge_permit(merge, record);
        break;
    case STORE_RECORD_ATTEMPT:
        merge_attempt(merge, record);
        break;
    case STORE_RECORD_RECEIPT_ADD:
        merge_coming(merge, RECEIPTS, receipt->receipt.id, record);
        break;
    case STORE_RECORD_RECEIPT_GONE:
        merge_going(merge, RECEIPTS, receipt->receipt.id, record, STORE_RECORD_RECEIPT_ADD);
        break;
    case STORE_RECORD_PARK:
        merge_coming(merge, PARKED, parked->parked.id, record);
        break;
    case STORE_RECORD_UNPARK:
        merge_going(merge, PARKED, parked->parked.id, record, STORE_RECORD_PARK);
        break;
    default:
        break;
    }
}

void store_merge(struct store_window *window)
{
    struct merge merge = {.window = window};
    size_t most = window->used / sizeof(struct store_record) + 1;

    for (int noun = 0; noun < NOUNS; noun++)
        merge.mains[noun] = table_new(most);
    for (size_t at = 0; at < window->used;) {
        struct store_record *record = (struct store_record *)(window->bytes + at);

        merge_record(&merge, record);
        at += record->size;
    }
    for (int noun = 0; noun < NOUNS; noun++)
        table_free(merge.mains[noun]);
}
