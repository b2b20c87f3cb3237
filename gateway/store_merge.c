/* See store_merge.h. */
#include "gateway/store_merge.h"

#include <assert.h>

#include "gateway/table.h"

/* Rows are known by an id, each kind by its own. */
enum noun { RECEIPTS, PARKED, NOUNS };

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
