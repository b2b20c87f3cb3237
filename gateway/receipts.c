/*
 * The outbox in memory: per account a list of receipts in the order of their making.
 * A receipt is offered once its row is durable, one try at a time; its row goes when
 * the account has acknowledged it.
 */
#include "gateway/receipts.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/catalog.h"
#include "gateway/clock.h"
#include "gateway/config.h"
#include "gateway/esme.h"
#include "gateway/gateway.h"
#include "gateway/log.h"
#include "gateway/public_id.h"
#include "gateway/table.h"
#include "gateway/translate.h"
#include "routing/delivery.h"
#include "smpp/command.h"
#include "smpp/receipt.h"

enum {
    OTHER_BIND_MS = 100, /* on another bind than that of the answer */
    SWEEP_MS = 60 * 1000,
    PER_TURN = 1024,
    TEXT_HEAD = 64,
};

/* A receipt's row: this, then source, destination and the head of the text. */
struct packed {
    int64_t submitted_ms;
    int64_t done_ms;
    uint32_t code;
    uint16_t user_message_reference;
    uint8_t version;
    uint8_t has_user_message_reference;
    uint8_t state; /* enum smpp_message_state */
    uint8_t source_ton;
    uint8_t source_npi;
    uint8_t destination_ton;
    uint8_t destination_npi;
    uint8_t source_size;
    uint8_t destination_size;
    uint8_t text_size;
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

static enum smpp_message_state state_of(enum message_end end, const struct account *account)
{
    static const enum smpp_message_state states[] = {
        [MESSAGE_DELIVERED] = SMPP_STATE_DELIVERED,
        [MESSAGE_ACCEPTED] = SMPP_STATE_ACCEPTED,
        [MESSAGE_UNDELIVERABLE] = SMPP_STATE_UNDELIVERABLE,
        [MESSAGE_EXPIRED] = SMPP_STATE_EXPIRED,
        [MESSAGE_REJECTED] = SMPP_STATE_REJECTED,
        [MESSAGE_CANCELLED] = SMPP_STATE_DELETED,
        [MESSAGE_UNKNOWN] = SMPP_STATE_UNKNOWN,
    };

    if (end == MESSAGE_ACCEPTED && account->config) {
        if (account->config->accepted_as == CONFIG_AS_DELIVRD)
            return SMPP_STATE_DELIVERED;
        if (account->config->accepted_as == CONFIG_AS_UNKNOWN)
            return SMPP_STATE_UNKNOWN;
    }
    return states[end];
}

/* SMPP 3.4 5.2.17, 5.0 4.7.21: none, both, on failure only, on success only. */
static bool is_wanted(const struct body *body, enum smpp_message_state state)
{
    bool success = state == SMPP_STATE_DELIVERED || state == SMPP_STATE_ACCEPTED;

    switch (body->registered_delivery & 0x03) {
    case 1:
        return true;
    case 2:
        return !success;
    case 3:
        return success;
    default:
        return false;
    }
}

/* The code of the last try of the submission's segment that has one. */
static uint32_t code_of(const struct message *message, uint16_t segment)
{
    uint32_t code = 0;

    for (uint16_t i = 0; i < message->attempt_count; i++)
        if (message->attempts[i].code &&
            (message->segments == 1 || message->attempts[i].segment == segment))
            code = message->attempts[i].code;
    return code;
}

static void pack(struct gateway *gateway, const struct live *live, const struct body *body,
                 enum smpp_message_state state, struct store_receipt *row)
{
    const struct account *account =
        catalog_account(gateway->catalog, live->message.account);
    struct packed packed = {
        .version = 1,
        .submitted_ms = ids_time_ms(body->id),
        .done_ms = live->message.ended_at_ms,
        .state = (uint8_t)state,
        .user_message_reference = body->user_message_reference,
        .has_user_message_reference = body->has_user_message_reference,
        .source_ton = body->source_ton,
        .source_npi = body->source_npi,
        .destination_ton = body->destination_ton,
        .destination_npi = body->destination_npi,
        .source_size = (uint8_t)strlen(body->source),
        .destination_size = (uint8_t)strlen(body->destination),
    };
    enum smpp_alphabet alphabet =
        account->config ? translate_alphabet(account->config->default_alphabet)
                        : SMPP_ALPHABET_GSM;
    char text[TEXT_HEAD];
    uint8_t *at = row->bytes;

    if (state != SMPP_STATE_DELIVERED)
        packed.code = code_of(&live->message, translate_body_segment(live, body));
    translate_head(body, alphabet, text, sizeof(text));
    packed.text_size = (uint8_t)strlen(text);
    memcpy(at, &packed, sizeof(packed));
    at += sizeof(packed);
    memcpy(at, body->source, packed.source_size);
    at += packed.source_size;
    memcpy(at, body->destination, packed.destination_size);
    at += packed.destination_size;
    memcpy(at, text, packed.text_size);
    at += packed.text_size;
    row->id = body->id;
    row->account = live->message.account;
    row->made_at_ms = live->message.ended_at_ms;
    row->size = (uint16_t)(at - row->bytes);
}

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
    const struct account *account =
        catalog_account(gateway->catalog, live->message.account);

    for (uint16_t i = 0; i < live->body_count; i++) {
        const struct body *body = live->bodies[i];
        enum message_end end =
            live->message.flags & MESSAGE_COLLECTED
                ? delivery_segment_end(&live->message, live->plan,
                                       catalog_traits(gateway->catalog),
                                       translate_body_segment(live, body))
                : (enum message_end)live->message.end;
        enum smpp_message_state state = state_of(end, account);
        const struct store_effect effect = {.run = is_durable, .target = body->id};
        struct store_receipt row;
        struct receipt *receipt;

        if (!is_wanted(body, state))
            continue;
        make_room(gateway, live->message.account);
        pack(gateway, live, body, state, &row);
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

static struct smpp_octets view(const void *data, size_t size)
{
    return (struct smpp_octets){data, (uint32_t)size};
}

/* What a deliver_sm points into while it is sent. */
struct letter {
    struct smpp_pdu pdu;
    char id[PUBLIC_ID_SIZE];
    char error[3];
    char text[SMPP_RECEIPT_MAX_SIZE];
    uint8_t state;
    uint8_t network_error[3];
    uint8_t reference[2];
};

static void write_letter(const struct gateway *gateway, const struct receipt *receipt,
                         struct letter *letter)
{
    const struct account *account =
        catalog_account(gateway->catalog, receipt->outbox->account);
    struct packed packed;
    const uint8_t *at = receipt->bytes + sizeof(packed);
    struct smpp_receipt_facts facts = {.text_length = 20, .date_digits = 10};
    struct smpp_pdu *pdu = &letter->pdu;
    size_t id_size = public_id_write(receipt->id, letter->id);
    bool added = true;

    memcpy(&packed, receipt->bytes, sizeof(packed));
    memset(pdu, 0, offsetof(struct smpp_pdu, tlvs));
    pdu->command = SMPP_DELIVER_SM;
    pdu->esm_class = 0x04; /* 3.4 5.2.12: a receipt */
    pdu->source_ton = packed.destination_ton;
    pdu->source_npi = packed.destination_npi;
    pdu->destination_ton = packed.source_ton;
    pdu->destination_npi = packed.source_npi;
    pdu->destination = view(at, packed.source_size);
    at += packed.source_size;
    pdu->source = view(at, packed.destination_size);
    at += packed.destination_size;
    facts.id = view(letter->id, id_size);
    facts.state = (enum smpp_message_state)packed.state;
    facts.submitted_ms = packed.submitted_ms;
    facts.done_ms = packed.done_ms;
    facts.text = view(at, packed.text_size);
    if (packed.code) {
        letter->error[0] = (char)('0' + packed.code / 100 % 10);
        letter->error[1] = (char)('0' + packed.code / 10 % 10);
        letter->error[2] = (char)('0' + packed.code % 10);
        facts.error = view(letter->error, sizeof(letter->error));
    }
    pdu->short_message = view(letter->text, smpp_receipt_write(&facts, letter->text));
    if (account->config && !account->config->receipt_tlvs)
        return;
    letter->state = packed.state;
    added = smpp_pdu_add_tlv(pdu, SMPP_TLV_RECEIPTED_MESSAGE_ID, letter->id,
                             (uint16_t)(id_size + 1)) &&
            smpp_pdu_add_tlv(pdu, SMPP_TLV_MESSAGE_STATE, &letter->state, 1);
    if (packed.code) {
        letter->network_error[0] = 3; /* GSM, 5.3.2.31 */
        letter->network_error[1] = (uint8_t)(packed.code >> 8);
        letter->network_error[2] = (uint8_t)packed.code;
        added = added && smpp_pdu_add_tlv(pdu, SMPP_TLV_NETWORK_ERROR_CODE,
                                          letter->network_error, 3);
    }
    if (packed.has_user_message_reference) {
        letter->reference[0] = (uint8_t)(packed.user_message_reference >> 8);
        letter->reference[1] = (uint8_t)packed.user_message_reference;
        added = added && smpp_pdu_add_tlv(pdu, SMPP_TLV_USER_MESSAGE_REFERENCE,
                                          letter->reference, 2);
    }
    (void)added;
}

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
        write_letter(gateway, receipt, &letter);
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
