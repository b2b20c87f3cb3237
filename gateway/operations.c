/*
 * The walk over the messages of an id.  One is in memory, or has ended and is asked of the
 * reader; the walk stops there and goes on with its answer.
 */
#include "gateway/operations_pieces.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/aliases.h"
#include "gateway/catalog.h"
#include "gateway/esme.h"
#include "gateway/gateway.h"
#include "gateway/ids.h"
#include "gateway/public_id.h"
#include "gateway/store.h"
#include "gateway/store_reader.h"
#include "gateway/table.h"
#include "smpp/command.h"
#include "smpp/timestamp.h"

enum {
    PER_ACCOUNT_MAX = 4096,
    READS_MAX = 32, /* questions to the reader at once: others have questions too */
};

/* What one account has asked for; the accounts take turns at the reader. */
struct share {
    struct share *next; /* whose turn is behind it; only while some wait to be read */
    size_t waiting;     /* for their answers */
    struct operation *first_to_read;
    struct operation *last_to_read;
};

struct operations {
    struct gateway *gateway;
    struct table *by_number;
    uint64_t last;
    size_t reads;
    struct share **shares; /* by account number */
    struct share *first_share;
    struct share *last_share;
};

struct operations *operations_new(struct gateway *gateway)
{
    struct operations *operations = calloc(1, sizeof(*operations));

    if (operations == NULL || (operations->shares = calloc(CATALOG_ACCOUNTS_MAX + 1,
                                                           sizeof(struct share *))) == NULL)
        abort();
    operations->gateway = gateway;
    operations->by_number = table_new(SIZE_MAX); /* each account has its own bound */
    return operations;
}

static struct share *share_of(struct operations *operations, uint32_t account)
{
    struct share **place = &operations->shares[account];

    if (*place == NULL && (*place = calloc(1, sizeof(**place))) == NULL)
        abort();
    return *place;
}

static void release(struct operation *operation)
{
    clock_disarm(operation->gateway->clock, &operation->more);
    operation_replace_done(operation);
    free(operation);
}

void operations_free(struct operations *operations)
{
    uint64_t number;
    uint64_t value;

    if (operations == NULL)
        return;
    for (size_t at = 0; table_next(operations->by_number, &at, &number, &value);)
        release((struct operation *)(uintptr_t)value);
    for (size_t i = 0; i <= CATALOG_ACCOUNTS_MAX; i++)
        free(operations->shares[i]);
    free(operations->shares);
    table_free(operations->by_number);
    free(operations);
}

size_t operations_waiting(const struct gateway *gateway)
{
    return table_count(gateway->operations->by_number);
}

static struct operation *find(const struct gateway *gateway, uint64_t number)
{
    uint64_t value;

    return table_get(gateway->operations->by_number, number, &value)
               ? (struct operation *)(uintptr_t)value
               : NULL;
}

/* --- answers ------------------------------------------------------------------------ */

static void send_answer(const struct operation *operation)
{
    char final_date[SMPP_TIMESTAMP_SIZE];
    struct smpp_pdu answer;

    smpp_pdu_init(&answer, operation->command | SMPP_RESPONSE, operation->status,
                  operation->sequence);
    if (operation->command == SMPP_QUERY_SM && operation->status == ESME_ROK)
        operation_query_write(operation, &answer, final_date);
    esmes_answer_with(operation->gateway, operation->session, &answer);
}

static void is_durable(void *owner, const struct store_effect *effect)
{
    struct gateway *gateway = owner;
    struct operation *operation = find(gateway, effect->target);

    send_answer(operation);
    table_remove(gateway->operations->by_number, operation->number);
    share_of(gateway->operations, operation->account)->waiting--;
    release(operation);
}

void operation_answer(struct operation *operation, uint32_t status)
{
    const struct store_effect effect = {.run = is_durable, .target = operation->number};
    struct operation_counts *counts = &operation->gateway->counters.operations;

    operation->status = status;
    if (status != ESME_ROK)
        counts->refused++;
    else if (operation->command == SMPP_QUERY_SM)
        counts->queried++;
    else if (operation->command == SMPP_CANCEL_SM)
        counts->cancelled++;
    else
        counts->replaced++;
    store_barrier(operation->gateway->store, &effect);
}

/* --- the walk ----------------------------------------------------------------------- */

static void walk(struct operation *operation);

/* A submission is one of those that are looked for. */
static bool is_meant(const struct operation *operation, uint32_t account,
                     const struct body *body)
{
    return account == operation->account && strcmp(body->source, operation->source) == 0 &&
           (operation->place == 1 ||
            (body->place == operation->place && public_id_of(body) == operation->id));
}

/* True when there may be another one. */
static bool see(struct operation *operation, struct live *live, const struct live *stored,
                const struct body *body)
{
    const struct live *it = live ? live : stored;
    bool chosen = operation->destination[0] == 0 ||
                  strcmp(body->destination, operation->destination) == 0;

    if (!is_meant(operation, it->message.account, body))
        return false;
    if (chosen) {
        operation->found = true;
        if (live)
            operation->kind->on_live(operation, live, body);
        else
            operation->kind->on_ended(operation, stored, body);
    }
    return body->place == operation->place++ && operation->place <= OPERATION_MEMBERS_MAX &&
           !operation->enough;
}

static void finish(struct operation *operation)
{
    operation_answer(operation, operation->found ? operation->kind->finish(operation)
                                                 : ESME_RINVMSGID);
}

static void read_more(struct operations *operations);

static void take_stored(struct operation *operation, struct stored_message *stored)
{
    struct gateway *gateway = operation->gateway;
    struct live view = {
        .message = stored->message,
        .gateway = gateway,
        .bodies = stored->bodies,
        .body_count = (uint16_t)stored->body_count,
    };
    const struct body *body = NULL;

    if (stored->found)
        body = live_body(&view, ids_after(operation->id, operation->place - 1));
    if (stored->failed) {
        operation_answer(operation, operation->kind->unread);
        return;
    }
    view.plan = catalog_plan(gateway->catalog, view.message.plan);
    if (body && see(operation, NULL, &view, body))
        walk(operation);
    else
        finish(operation);
}

static void on_stored(void *owner, uint64_t tag, struct stored_message *stored)
{
    struct gateway *gateway = owner;

    gateway->operations->reads--;
    take_stored(find(gateway, tag), stored);
    read_more(gateway->operations);
}

/* --- turns at the reader ------------------------------------------------------------ */

static void queue_share(struct operations *operations, struct share *share)
{
    share->next = NULL;
    if (operations->first_share == NULL)
        operations->first_share = share;
    else
        operations->last_share->next = share;
    operations->last_share = share;
}

/* One of the account whose turn it is, which goes behind the others; NULL: none waits. */
static struct operation *next_to_read(struct operations *operations)
{
    struct share *share = operations->first_share;
    struct operation *operation;

    if (share == NULL)
        return NULL;
    operations->first_share = share->next;
    operation = share->first_to_read;
    share->first_to_read = operation->next_to_read;
    if (share->first_to_read)
        queue_share(operations, share);
    return operation;
}

/* Those that wait to be read, as far as the reader takes them. */
static void read_more(struct operations *operations)
{
    struct gateway *gateway = operations->gateway;

    struct operation *operation;

    while (operations->reads < READS_MAX &&
           (operation = next_to_read(operations)) != NULL) {
        if (store_reader_message(gateway->reader,
                                 ids_after(operation->id, operation->place - 1), on_stored,
                                 gateway, operation->number))
            operations->reads++;
        else
            operation_answer(operation, operation->kind->unread);
    }
}

static void read_one(struct operation *operation)
{
    struct operations *operations = operation->gateway->operations;
    struct share *share = share_of(operations, operation->account);

    operation->next_to_read = NULL;
    if (share->first_to_read == NULL) {
        share->first_to_read = operation;
        queue_share(operations, share);
    } else {
        share->last_to_read->next_to_read = operation;
    }
    share->last_to_read = operation;
    read_more(operations);
}

/* ------------------------------------------------------------------------------------ */

static void walk(struct operation *operation)
{
    struct gateway *gateway = operation->gateway;
    bool more = true;

    while (more) {
        uint64_t id = ids_after(operation->id, operation->place - 1);
        struct live *live = live_find_submission(gateway, id);

        if (live == NULL) {
            read_one(operation);
            return;
        }
        more = see(operation, live, NULL, live_body(live, id));
    }
    finish(operation);
}

/* --- requests ----------------------------------------------------------------------- */

static const struct {
    uint32_t command;
    const struct operation_kind *kind;
} kinds[] = {
    {SMPP_QUERY_SM,   &operation_query  },
    {SMPP_CANCEL_SM,  &operation_cancel },
    {SMPP_REPLACE_SM, &operation_replace},
};

static struct operation *begin(struct gateway *gateway, size_t account, uint64_t session,
                               const struct smpp_pdu *request)
{
    struct operations *operations = gateway->operations;
    uint32_t number = catalog_account_at(gateway->catalog, account)->number;
    struct share *share = share_of(operations, number);
    struct operation *operation;

    if (share->waiting == PER_ACCOUNT_MAX)
        return NULL;
    operation = calloc(1, sizeof(*operation));
    if (operation == NULL)
        abort();
    share->waiting++;
    operation->gateway = gateway;
    operation->number = ++operations->last;
    operation->session = session;
    operation->sequence = request->sequence;
    operation->command = request->command;
    operation->account = number;
    operation->place = 1;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (kinds[i].command == request->command)
            operation->kind = kinds[i].kind;
    smpp_octets_text(request->message_id, operation->given, sizeof(operation->given));
    smpp_octets_text(request->source, operation->source, sizeof(operation->source));
    smpp_octets_text(request->service_type, operation->service_type,
                     sizeof(operation->service_type));
    if (!table_put(operations->by_number, operation->number,
                   (uint64_t)(uintptr_t)operation))
        abort();
    return operation;
}

static void refuse_full(struct gateway *gateway, uint64_t session,
                        const struct smpp_pdu *request)
{
    struct smpp_pdu answer;

    smpp_pdu_init(&answer, request->command | SMPP_RESPONSE, ESME_RMSGQFUL,
                  request->sequence);
    esmes_answer_with(gateway, session, &answer);
}

/* The id that was given names a submission, in whatever form. */
static bool read_id(struct operation *operation, size_t account)
{
    const struct config_account *config = &operation->gateway->config->accounts[account];
    struct public_id id;

    if (!public_id_read(operation->given, strlen(operation->given), config->message_id,
                        &id))
        return false;
    operation->id = aliases_resolve(operation->gateway, &id);
    return operation->id != 0;
}

void operations_take(struct gateway *gateway, size_t account, uint64_t session,
                     const struct smpp_pdu *request)
{
    struct operation *operation = begin(gateway, account, session, request);
    uint32_t status = ESME_ROK;

    if (operation == NULL) {
        refuse_full(gateway, session, request);
        return;
    }
    if (request->command == SMPP_CANCEL_SM && request->destination.size > 0 &&
        !number_normalise((const char *)request->destination.data,
                          request->destination.size, operation->destination))
        status = ESME_RINVDSTADR;
    if (request->command == SMPP_REPLACE_SM)
        status = operation_replace_read(operation, request);
    if (status != ESME_ROK)
        operation_answer(operation, status);
    else if (request->command == SMPP_CANCEL_SM && request->message_id.size == 0)
        operation_cancel_pair(operation);
    else if (!read_id(operation, account))
        operation_answer(operation, ESME_RINVMSGID);
    else
        walk(operation);
}
