/* What a decision appends to the batch that is being filled: one record for each change. */
#include "gateway/store_pieces.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

_Static_assert(sizeof(struct store_record_attempt) <= STORE_ATTEMPT_ADD_BYTES &&
                   sizeof(struct store_record_receipt) <= STORE_RECEIPT_ADD_BYTES &&
                   offsetof(struct store_record_receipt, receipt.bytes) <=
                       STORE_RECEIPT_GONE_BYTES &&
                   sizeof(struct store_record_duplicate) <= STORE_DUPLICATE_BYTES,
               "what operations take");

static void *append(struct store *store, enum store_record_kind kind, size_t size)
{
    struct store_batch *batch = store->last;
    struct store_record *record = (struct store_record *)(batch->bytes + batch->used);

    assert(store->in_decision);
    size = (size + STORE_RECORD_ALIGNMENT - 1) & ~(size_t)(STORE_RECORD_ALIGNMENT - 1);
    assert(batch->used + size <= STORE_BATCH_BYTES + STORE_DECISION_BYTES);
    batch->used += size;
    batch->operations++;
    record->size = (uint32_t)size;
    record->kind = (uint8_t)kind;
    record->posting_count = 0;
    return record;
}

void store_accept(struct store *store, const struct message *message,
                  const struct body *body, const struct posting *hold)
{
    size_t size = body_size(body->text_size, body->tlv_size);
    struct store_record_message *record =
        append(store, STORE_RECORD_ACCEPT, sizeof(*record) + size);

    record->message = *message;
    record->posted_at_ms = message->accepted_at_ms;
    if (hold) {
        record->head.posting_count = 1;
        record->posting = *hold;
    }
    memcpy(record + 1, body, size);
}

void store_join(struct store *store, const struct body *body)
{
    size_t size = body_size(body->text_size, body->tlv_size);
    struct store_record_body *record =
        append(store, STORE_RECORD_JOIN, offsetof(struct store_record_body, body) + size);

    memcpy(&record->body, body, size);
}

void store_message(struct store *store, const struct message *message,
                   const struct posting *release)
{
    struct store_record_message *record =
        append(store, STORE_RECORD_MESSAGE, sizeof(*record));

    record->message = *message;
    record->posted_at_ms = message->ended_at_ms;
    if (message->state != MESSAGE_ENDED) {
        /* What was charged and owed stands with the attempts, until the end sums it up. */
        record->message.held_micro += message->charged_micro;
        record->message.charged_micro = 0;
        record->message.cost_micro = 0;
    }
    if (release) {
        record->head.posting_count = 1;
        record->posting = *release;
    }
}

static struct store_record_attempt *
append_attempt(struct store *store, enum store_record_kind kind, uint64_t message,
               const struct attempt *attempt, size_t posting_count)
{
    size_t size = offsetof(struct store_record_attempt, postings[posting_count]);
    struct store_record_attempt *record = append(store, kind, size);

    record->message = message;
    record->posted_at_ms = attempt->updated_at_ms;
    record->charged_before = 0;
    record->cost_before = 0;
    record->attempt = *attempt;
    record->head.posting_count = (uint16_t)posting_count;
    return record;
}

void store_permit(struct store *store, uint64_t message, const struct attempt *attempt)
{
    append_attempt(store, STORE_RECORD_PERMIT, message, attempt, 0);
}

void store_attempt(struct store *store, uint64_t message, const struct attempt *attempt,
                   int64_t charged_before, int64_t cost_before,
                   const struct posting *postings, size_t posting_count)
{
    struct store_record_attempt *record =
        append_attempt(store, STORE_RECORD_ATTEMPT, message, attempt, posting_count);

    record->charged_before = charged_before;
    record->cost_before = cost_before;
    for (size_t i = 0; i < posting_count; i++)
        record->postings[i] = postings[i];
}

void store_post(struct store *store, uint32_t account, const struct posting *opening)
{
    struct store_record_opening *record =
        append(store, STORE_RECORD_OPENING, sizeof(*record));

    record->account = account;
    record->posting = *opening;
}

void store_receipt_add(struct store *store, const struct store_receipt *receipt)
{
    size_t size = offsetof(struct store_receipt, bytes) + receipt->size;
    struct store_record_receipt *record =
        append(store, STORE_RECORD_RECEIPT_ADD,
               offsetof(struct store_record_receipt, receipt) + size);

    memcpy(&record->receipt, receipt, size);
}

void store_receipt_gone(struct store *store, uint64_t id, uint32_t account)
{
    struct store_record_receipt *record =
        append(store, STORE_RECORD_RECEIPT_GONE,
               offsetof(struct store_record_receipt, receipt.bytes));

    record->receipt.id = id;
    record->receipt.account = account;
}

void store_park(struct store *store, const struct store_parked *parked)
{
    size_t size = offsetof(struct store_parked, bytes) + parked->size;
    struct store_record_parked *record = append(
        store, STORE_RECORD_PARK, offsetof(struct store_record_parked, parked) + size);

    memcpy(&record->parked, parked, size);
}

void store_unpark(struct store *store, uint64_t id)
{
    struct store_record_parked *record = append(
        store, STORE_RECORD_UNPARK, offsetof(struct store_record_parked, parked.bytes));

    record->parked.id = id;
}

static void append_kept(struct store *store, enum store_record_kind kind,
                        const struct store_kept *kept)
{
    struct store_record_kept *record = append(store, kind, sizeof(*record));

    record->kept = *kept;
}

void store_keep(struct store *store, const struct store_kept *kept)
{
    append_kept(store, STORE_RECORD_KEEP, kept);
}

void store_unkeep(struct store *store, uint64_t message)
{
    append_kept(store, STORE_RECORD_UNKEEP, &(struct store_kept){.message = message});
}

void store_define(struct store *store, const struct store_definition *definition)
{
    uint32_t name_size = (uint32_t)strlen(definition->name) + 1;
    struct store_record_define *record =
        append(store, STORE_RECORD_DEFINE, sizeof(*record) + name_size + definition->size);

    record->kind = definition->kind;
    record->number = definition->number;
    record->name_size = name_size;
    record->content_size = definition->size;
    memcpy(record->bytes, definition->name, name_size);
    if (definition->size > 0)
        memcpy(record->bytes + name_size, definition->content, definition->size);
}

void store_undefine(struct store *store, enum store_definition_kind kind, uint32_t number)
{
    struct store_record_define *record =
        append(store, STORE_RECORD_UNDEFINE, sizeof(*record));

    record->kind = kind;
    record->number = number;
    record->name_size = 0;
    record->content_size = 0;
}

/* --- what subscribers write --------------------------------------------------------- */

void store_inbound_put(struct store *store, const struct store_inbound *inbound)
{
    struct store_record_inbound *record =
        append(store, STORE_RECORD_INBOUND_PUT, sizeof(*record) + inbound->size);

    record->inbound = *inbound;
    record->inbound.bytes = NULL; /* they follow it */
    memcpy(record->bytes, inbound->bytes, inbound->size);
}

void store_inbound_gone(struct store *store, uint64_t id)
{
    struct store_record_inbound *record =
        append(store, STORE_RECORD_INBOUND_GONE, sizeof(*record));

    record->inbound = (struct store_inbound){.id = id};
}

void store_mark(struct store *store, const struct store_mark *mark)
{
    struct store_record_mark *record = append(store, STORE_RECORD_MARK, sizeof(*record));

    record->mark = *mark;
}

void store_marks_gone(struct store *store, enum store_mark_kind kind, int64_t before_ms)
{
    struct store_record_mark *record =
        append(store, STORE_RECORD_MARKS_GONE, sizeof(*record));

    record->mark = (struct store_mark){.kind = kind, .at_ms = before_ms};
}

static void append_optout(struct store *store, enum store_record_kind kind,
                          const struct store_optout *optout)
{
    struct store_record_optout *record = append(store, kind, sizeof(*record));

    memset(&record->account, 0,
           sizeof(*record) - offsetof(struct store_record_optout, account));
    record->account = optout->account;
    record->at_ms = optout->at_ms;
    record->origin = optout->origin;
    snprintf(record->number, sizeof(record->number), "%s", optout->number);
    snprintf(record->sender, sizeof(record->sender), "%s", optout->sender);
}

void store_optout_put(struct store *store, const struct store_optout *optout)
{
    append_optout(store, STORE_RECORD_OPTOUT_PUT, optout);
}

void store_optout_gone(struct store *store, uint32_t account, const char *number,
                       const char *sender)
{
    const struct store_optout optout = {
        .account = account, .number = number, .sender = sender};

    append_optout(store, STORE_RECORD_OPTOUT_GONE, &optout);
}

/* --- replacements and names --------------------------------------------------------- */

void store_replace(struct store *store, const struct body *body, int64_t baseline_micro,
                   const struct posting *posting, int64_t at_ms)
{
    size_t size = body_size(body->text_size, body->tlv_size);
    struct store_record_replace *record = append(
        store, STORE_RECORD_REPLACE, offsetof(struct store_record_replace, body) + size);

    record->at_ms = at_ms;
    record->baseline_micro = baseline_micro;
    if (posting) {
        record->head.posting_count = 1;
        record->posting = *posting;
    }
    memcpy(&record->body, body, size);
}

void store_alias(struct store *store, uint32_t alias, uint64_t id, uint32_t forgotten)
{
    struct store_record_alias *record = append(store, STORE_RECORD_ALIAS, sizeof(*record));

    record->alias = alias;
    record->forgotten = forgotten;
    record->id = id;
}

/* --- limits of accounts ------------------------------------------------------------- */

void store_usage(struct store *store, const struct store_usage *usage)
{
    struct store_record_usage *record = append(store, STORE_RECORD_USAGE, sizeof(*record));

    record->usage = *usage;
}

void store_suspend(struct store *store, const struct store_suspension *suspension)
{
    struct store_record_suspend *record =
        append(store, STORE_RECORD_SUSPEND, sizeof(*record));

    record->suspension = *suspension;
}

void store_duplicate(struct store *store, const struct store_duplicate *duplicate)
{
    struct store_record_duplicate *record =
        append(store, STORE_RECORD_DUPLICATE, sizeof(*record));

    record->duplicate = *duplicate;
}

void store_duplicate_gone(struct store *store, uint64_t id)
{
    struct store_record_duplicate *record =
        append(store, STORE_RECORD_DUPLICATE_GONE, sizeof(*record));

    record->duplicate = (struct store_duplicate){.id = id};
}
