/*
 * The outbox in memory: per account a list of receipts in the order of their making.
 * A receipt is offered once its row is durable, one try at a time; its row goes when
 * the account has acknowledged it.
 */
#include "gateway/receipts_pieces.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/catalog.h"
#include "gateway/clock.h"
#include "gateway/config.h"
#include "gateway/esme.h"
#include "gateway/gateway.h"
#include "gateway/log.h"
#include "gateway/table.h"
#include "smpp/command.h"

enum {
    OTHER_BIND_MS = 100, /* on another bind than that of the answer */
    SWEEP_MS = 60 * 1000,
    PER_TURN = 1024,
};

enum receipt_state { RECEIPT_MAKING, RECEIPT_READY, RECEIPT_OFFERED, RECEIPT_RESTING };

struct receipt {
    struct receipt *next;  /* the account's list of ready ones */
    struct receipt *older; /* all of the account, by age */
    struct receipt *newer;
    struct outbox *outbox;
    enum receipt_state state;
    unsigned tries;
    uint64_t id;
    int64_t made_at_ms;
    uint64_t origin;
    int64_t responded_at_ms;
    struct clock_timer timer; /* resting after a refusal */
    uint16_t size;
    uint8_t bytes[];
};

struct outbox {
    struct gateway *gateway;
    uint32_t account;
    struct receipt *ready_first;
    struct receipt *ready_last;
    struct receipt *oldest;
    struct receipt *newest;
    size_t count;
    bool pumping;
    struct clock_timer more;
};

struct receipts {
    struct gateway *gateway;
    struct outbox **outboxes; /* by account number */
    struct table *by_id;
    struct clock_timer sweep;
};

enum {
    RECEIPTS_MAX = 16 * 1024 * 1024,
    OUTBOX_OF_NOBODY = 100000, /* of an account that is no longer configured */
};

static void sweep(void *owner);

struct receipts *receipts_new(struct gateway *gateway)
{
    struct receipts *receipts = calloc(1, sizeof(*receipts));

    if (receipts == NULL || (receipts->outboxes = calloc(CATALOG_ACCOUNTS_MAX + 1,
                                                         sizeof(struct outbox *))) == NULL)
        abort();
    receipts->gateway = gateway;
    receipts->by_id = table_new(RECEIPTS_MAX);
    clock_arm_in(gateway->clock, &receipts->sweep, SWEEP_MS, sweep, receipts);
    return receipts;
}

void receipts_free(struct receipts *receipts)
{
    if (receipts == NULL)
        return;
    clock_disarm(receipts->gateway->clock, &receipts->sweep);
    for (size_t i = 0; i <= CATALOG_ACCOUNTS_MAX; i++) {
        struct outbox *outbox = receipts->outboxes[i];

        if (outbox == NULL)
            continue;
        while (outbox->oldest) {
            struct receipt *next = outbox->oldest->newer;

            clock_disarm(receipts->gateway->clock, &outbox->oldest->timer);
            free(outbox->oldest);
            outbox->oldest = next;
        }
        clock_disarm(receipts->gateway->clock, &outbox->more);
        free(outbox);
    }
    free(receipts->outboxes);
    table_free(receipts->by_id);
    free(receipts);
}

static struct outbox *outbox_of(struct gateway *gateway, uint32_t account)
{
    struct outbox **place = &gateway->receipts->outboxes[account];

    if (*place == NULL) {
        *place = calloc(1, sizeof(**place));
        if (*place == NULL)
            abort();
        (*place)->gateway = gateway;
        (*place)->account = account;
    }
    return *place;
}

static struct receipt *find(const struct gateway *gateway, uint64_t id)
{
    uint64_t value;

    if (!table_get(gateway->receipts->by_id, id, &value))
        return NULL;
    return (struct receipt *)(uintptr_t)value;
}

/* --- lists -------------------------------------------------------------------------- */

static void make_ready(struct receipt *receipt)
{
    struct outbox *outbox = receipt->outbox;

    receipt->state = RECEIPT_READY;
    receipt->next = NULL;
    if (outbox->ready_last)
        outbox->ready_last->next = receipt;
    else
        outbox->ready_first = receipt;
    outbox->ready_last = receipt;
}

static struct receipt *take_ready(struct outbox *outbox)
{
    struct receipt *receipt = outbox->ready_first;

    outbox->ready_first = receipt->next;
    if (outbox->ready_first == NULL)
        outbox->ready_last = NULL;
    return receipt;
}

/* Before all that are younger: several come back together, oldest first. */
static void put_back(struct receipt *receipt)
{
    struct outbox *outbox = receipt->outbox;
    struct receipt **place = &outbox->ready_first;

    while (*place && (*place)->id < receipt->id)
        place = &(*place)->next;
    receipt->state = RECEIPT_READY;
    receipt->next = *place;
    *place = receipt;
    if (receipt->next == NULL)
        outbox->ready_last = receipt;
}

static struct receipt *add(struct gateway *gateway, const struct store_receipt *row)
{
    struct receipt *receipt = calloc(1, sizeof(*receipt) + row->size);
    struct outbox *outbox = outbox_of(gateway, row->account);

    if (receipt == NULL)
        abort();
    receipt->outbox = outbox;
    receipt->id = row->id;
    receipt->made_at_ms = row->made_at_ms;
    receipt->size = row->size;
    memcpy(receipt->bytes, row->bytes, row->size);
    receipt->older = outbox->newest;
    if (outbox->newest)
        outbox->newest->newer = receipt;
    else
        outbox->oldest = receipt;
    outbox->newest = receipt;
    outbox->count++;
    if (!table_put(gateway->receipts->by_id, row->id, (uint64_t)(uintptr_t)receipt))
        abort();
    return receipt;
}

static void leave_ready(struct receipt *receipt)
{
    struct outbox *outbox = receipt->outbox;
    struct receipt *before = NULL;

    for (struct receipt *at = outbox->ready_first; at; before = at, at = at->next) {
        if (at != receipt)
            continue;
        if (before)
            before->next = at->next;
        else
            outbox->ready_first = at->next;
        if (outbox->ready_last == at)
            outbox->ready_last = before;
        return;
    }
}

/* In a decision: its row goes, and it is forgotten. */
static void remove_receipt(struct gateway *gateway, struct receipt *receipt)
{
    struct outbox *outbox = receipt->outbox;

    store_receipt_gone(gateway->store, receipt->id, outbox->account);
    if (receipt->state == RECEIPT_READY)
        leave_ready(receipt);
    if (receipt->older)
        receipt->older->newer = receipt->newer;
    else
        outbox->oldest = receipt->newer;
    if (receipt->newer)
        receipt->newer->older = receipt->older;
    else
        outbox->newest = receipt->older;
    outbox->count--;
    clock_disarm(gateway->clock, &receipt->timer);
    table_remove(gateway->receipts->by_id, receipt->id);
    free(receipt);
}

/* --- making ------------------------------------------------------------------------- */

/* More than the account may have waiting: the oldest that is not on its way goes. */
static void make_room(struct gateway *gateway, uint32_t account)
{
    struct outbox *outbox = outbox_of(gateway, account);
    const struct account *its = catalog_account(gateway->catalog, account);
    size_t limit = its->config ? its->config->outbox_max : OUTBOX_OF_NOBODY;

    if (outbox->count < limit || outbox->oldest == NULL ||
        outbox->oldest->state == RECEIPT_OFFERED || outbox->oldest->state == RECEIPT_MAKING)
        return;
    gateway->counters.receipts_dropped++;
    remove_receipt(gateway, outbox->oldest);
}

static void is_durable(void *owner, const struct store_effect *effect);

void receipts_make(struct gateway *gateway, struct live *live)
{
    for (uint16_t i = 0; i < live->body_count; i++) {
        const struct body *body = live->bodies[i];
        const struct store_effect effect = {.run = is_durable, .target = body->id};
        struct store_receipt row;
        struct receipt *receipt;

        if (!receipts_write_row(gateway, live, body, &row))
            continue;
        make_room(gateway, live->message.account);
        receipt = add(gateway, &row);
        receipt->origin = live->origin;
        receipt->responded_at_ms = live->responded_at_ms;
        store_receipt_add(gateway->store, &row);
        store_effect(gateway->store, &effect);
        gateway->counters.receipts_made++;
    }
}

void receipts_load(struct gateway *gateway, const struct store_receipt *row)
{
    make_ready(add(gateway, row));
}

/* --- sending ------------------------------------------------------------------------ */

static void pump(struct outbox *outbox);

static void on_more(void *owner)
{
    pump(owner);
}

/* Sends what is ready as far as the account's windows go. */
static void pump(struct outbox *outbox)
{
    struct gateway *gateway = outbox->gateway;
    struct letter letter;

    if (outbox->pumping)
        return;
    outbox->pumping = true;
    for (unsigned sent = 0; outbox->ready_first; sent++) {
        struct receipt *receipt = take_ready(outbox);
        int64_t other_ms = receipt->responded_at_ms + OTHER_BIND_MS;
        bool others = clock_mono_ms(gateway->clock) >= other_ms;
        enum esme_deliver result;

        if (sent == PER_TURN) {
            put_back(receipt);
            clock_arm_in(gateway->clock, &outbox->more, 0, on_more, outbox);
            break;
        }
        receipts_write_letter(gateway, outbox->account, receipt->id, receipt->bytes,
                              &letter);
        result = esmes_deliver(gateway, outbox->account, receipt->origin, others,
                               &letter.pdu, receipt->id);
        if (result == ESME_DELIVER_SENT) {
            receipt->state = RECEIPT_OFFERED;
            gateway->counters.receipts_sent++;
            if (receipt->tries++ > 0)
                gateway->counters.receipts_again++;
            continue;
        }
        put_back(receipt);
        if (!others)
            clock_arm(gateway->clock, &outbox->more, other_ms, on_more, outbox);
        break;
    }
    outbox->pumping = false;
}

static void is_durable(void *owner, const struct store_effect *effect)
{
    struct gateway *gateway = owner;
    struct receipt *receipt = find(gateway, effect->target);

    struct live *live = live_find_submission(gateway, effect->target);

    if (receipt == NULL || receipt->state != RECEIPT_MAKING)
        return;
    /* Its answer may have been written in this very batch. */
    if (live)
        receipt->responded_at_ms = live->responded_at_ms;
    make_ready(receipt);
    pump(receipt->outbox);
}

void receipts_room(struct gateway *gateway, uint32_t account)
{
    if (gateway->receipts->outboxes[account])
        pump(gateway->receipts->outboxes[account]);
}

/* --- answers ------------------------------------------------------------------------ */

static void gone(struct gateway *gateway, struct receipt *receipt)
{
    bool begun = store_begin(gateway->store, STORE_CONTINUATION);

    if (!begun)
        return;
    remove_receipt(gateway, receipt);
    store_end(gateway->store);
}

static void rested(void *owner)
{
    struct receipt *receipt = owner;

    make_ready(receipt);
    pump(receipt->outbox);
}

static void rest(struct gateway *gateway, struct receipt *receipt)
{
    static const int64_t delays_ms[] = {5000, 30000, 120000};
    size_t last = sizeof(delays_ms) / sizeof(delays_ms[0]) - 1;
    size_t at = receipt->tries > 0 ? receipt->tries - 1 : 0;

    receipt->state = RECEIPT_RESTING;
    clock_arm_in(gateway->clock, &receipt->timer, delays_ms[at < last ? at : last], rested,
                 receipt);
}

/* Statuses after which the same receipt may be taken later. */
static bool is_temporary(uint32_t status)
{
    return status == ESME_RSYSERR || status == ESME_RMSGQFUL || status == ESME_RTHROTTLED ||
           status == ESME_RX_T_APPN || status == ESME_RSUBMITFAIL ||
           status == ESME_RQUERYFAIL || status == ESME_RDELIVERYFAILURE ||
           status == ESME_RUNKNOWNERR;
}

void receipts_answered(struct gateway *gateway, uint64_t id, uint32_t status)
{
    struct receipt *receipt = find(gateway, id);
    struct outbox *outbox;

    if (receipt == NULL || receipt->state != RECEIPT_OFFERED)
        return;
    outbox = receipt->outbox;
    if (is_temporary(status)) {
        rest(gateway, receipt);
        return;
    }
    if (status == ESME_ROK)
        gateway->counters.receipts_acknowledged++;
    else
        gateway->counters.receipts_dropped++;
    gone(gateway, receipt);
    if (outbox->ready_first)
        pump(outbox);
}

void receipts_unanswered(struct gateway *gateway, uint64_t id, bool session_ended)
{
    struct receipt *receipt = find(gateway, id);

    if (receipt == NULL || receipt->state != RECEIPT_OFFERED)
        return;
    if (session_ended)
        put_back(receipt);
    else
        rest(gateway, receipt);
}

/* What nobody fetched within receipt_keep goes. */
static void sweep(void *owner)
{
    struct receipts *receipts = owner;
    struct gateway *gateway = receipts->gateway;
    int64_t before_ms = gateway_now_ms(gateway) - gateway->config->receipt_keep_ms;

    clock_arm_in(gateway->clock, &receipts->sweep, SWEEP_MS, sweep, receipts);
    for (size_t i = 0; i <= CATALOG_ACCOUNTS_MAX; i++) {
        struct outbox *outbox = receipts->outboxes[i];
        unsigned dropped = 0;

        while (outbox && outbox->oldest && outbox->oldest->made_at_ms < before_ms &&
               outbox->oldest->state != RECEIPT_OFFERED &&
               outbox->oldest->state != RECEIPT_MAKING && dropped++ < PER_TURN) {
            gateway->counters.receipts_dropped++;
            gone(gateway, outbox->oldest);
        }
        if (dropped > 0)
            log_warning("receipts.dropped", "account=%s count=%u reason=age",
                        catalog_account(gateway->catalog, (uint32_t)i)->name, dropped);
    }
}

size_t receipts_waiting(const struct gateway *gateway)
{
    return table_count(gateway->receipts->by_id);
}

size_t receipts_waiting_of(const struct gateway *gateway, uint32_t account)
{
    const struct outbox *outbox = gateway->receipts->outboxes[account];

    return outbox ? outbox->count : 0;
}

int64_t receipts_oldest_ms(const struct gateway *gateway, uint32_t account)
{
    const struct outbox *outbox = gateway->receipts->outboxes[account];

    return outbox && outbox->oldest ? outbox->oldest->made_at_ms : 0;
}
