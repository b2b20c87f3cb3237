#include "tests/gateway/store_told.h"

#include "gateway/store.h"

#include <stdlib.h>

#include "tests/test.h"

static void note(struct told *told, char what)
{
    size_t length = strlen(told->order);

    if (length + 1 < sizeof(told->order))
        told->order[length] = what;
}

static void told_definition(void *owner, const struct store_definition *definition)
{
    struct told *told = owner;

    told->definitions += definition->number == 1 && definition->name[0] == 's';
}

static void told_balance(void *owner, uint64_t ledger, uint32_t currency, int64_t amount)
{
    struct told *told = owner;

    if (ledger == ledger_account_of(1, LEDGER_AVAILABLE) &&
        currency == ledger_currency("EUR"))
        told->available = amount;
}

static void told_opening(void *owner, uint32_t account, int64_t amount)
{
    struct told *told = owner;

    assert_int_equal(account, 1);
    told->opening = amount;
}

static void told_message(void *owner, const struct message *message)
{
    struct told *told = owner;

    told->message = *message;
    told->messages++;
    note(told, 'm');
}

static void told_body(void *owner, const struct body *body)
{
    struct told *told = owner;
    size_t size = body_size(body->text_size, body->tlv_size);

    free(told->body);
    told->body = malloc(size);
    memcpy(told->body, body, size);
    told->bodies++;
    note(told, 'b');
}

static void told_attempt(void *owner, uint64_t message, const struct attempt *attempt)
{
    struct told *told = owner;

    assert_int_equal(message, told->message.id);
    told->attempt = *attempt;
    told->attempts++;
    note(told, 'a');
}

static void told_loaded(void *owner, uint64_t message)
{
    struct told *told = owner;

    assert_int_equal(message, told->message.id);
    note(told, 'l');
}

static void told_late(void *owner, uint64_t message, const struct attempt *attempt)
{
    struct told *told = owner;

    (void)message;
    told->late = *attempt;
    told->lates++;
}

static void told_receipt(void *owner, const struct store_receipt *receipt)
{
    struct told *told = owner;

    told->receipt = *receipt;
    told->receipts++;
}

static void told_parked(void *owner, const struct store_parked *parked)
{
    struct told *told = owner;

    told->parked = *parked;
    told->parks++;
}

static void told_alias(void *owner, uint32_t alias, uint64_t id)
{
    struct told *told = owner;

    told->aliases = told->aliases * 1000 + alias * 10 + (unsigned)id;
}

static void told_kept(void *owner, const struct store_kept *kept)
{
    struct told *told = owner;

    told->kept = *kept;
    told->keeps++;
}

static void told_highest(void *owner, uint64_t id)
{
    struct told *told = owner;

    told->highest = id;
}

const struct store_loader told_loader = {
    .on_definition = told_definition,
    .on_balance = told_balance,
    .on_opening = told_opening,
    .on_message = told_message,
    .on_body = told_body,
    .on_attempt = told_attempt,
    .on_loaded = told_loaded,
    .on_late = told_late,
    .on_receipt = told_receipt,
    .on_parked = told_parked,
    .on_alias = told_alias,
    .on_kept = told_kept,
    .on_highest_id = told_highest,
};

void told_reopen(struct life *life, struct told *told)
{
    life_close(life);
    memset(told, 0, sizeof(*told));
    CHECK(life_open(life), life->error);
    CHECK(life_load(life, &told_loader, told), life->error);
}
