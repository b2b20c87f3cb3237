/*
 * The door for what subscribers write.  In order: was it here before, is there room, is it
 * somebody's; then one decision records it, with what follows from it, and the operator is
 * answered.
 */
#include "gateway/inbound_pieces.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/catalog.h"
#include "gateway/channels/link.h"
#include "gateway/gateway.h"
#include "gateway/intake.h"
#include "gateway/log.h"
#include "gateway/marks.h"
#include "gateway/table.h"
#include "routing/keyword.h"
#include "routing/number.h"
#include "smpp/command.h"

enum {
    ROW_BYTES = 1024,     /* of a message on average: inbound_max of them are kept */
    PART_MAX_BYTES = 254, /* what has more is no part, whatever it says */
    PART_TLVS_MAX_BYTES = 256,
    ANSWERED_MS = 2000, /* in this time an operator has not begun to repeat it */
    ANSWERED_MAX = 1 << 20,
    SWEEP_MS = 60 * 1000,
    DROPPED_PER_SWEEP = 1024,
};

static void sweep(void *owner);

/* --- life --------------------------------------------------------------------------- */

struct inbound *inbound_new(struct gateway *gateway)
{
    struct inbound *inbound = calloc(1, sizeof(*inbound));

    if (inbound == NULL)
        abort();
    inbound->gateway = gateway;
    inbound->rules = calloc(gateway->config->inbound_count + 1, sizeof(*inbound->rules));
    if (inbound->rules == NULL)
        abort();
    /* The bound is inbound_max, which may be lower than what was kept under another. */
    inbound->sets_by_key = table_new(SIZE_MAX);
    inbound->unrouted_by_id = table_new(SIZE_MAX);
    inbound->answered = table_new(ANSWERED_MAX);
    inbound->answered_before = table_new(ANSWERED_MAX);
    inbound->posts = table_new(SIZE_MAX);
    inbound->open = table_new(SIZE_MAX);
    clock_arm_in(gateway->clock, &inbound->sweep, SWEEP_MS, sweep, inbound);
    return inbound;
}

void inbound_free(struct inbound *inbound)
{
    if (inbound == NULL)
        return;
    clock_disarm(inbound->gateway->clock, &inbound->sweep);
    inbound_sets_free(inbound);
    while (inbound->oldest) {
        struct unrouted *next = inbound->oldest->next;

        free(inbound->oldest->body);
        free(inbound->oldest);
        inbound->oldest = next;
    }
    table_free(inbound->sets_by_key);
    table_free(inbound->unrouted_by_id);
    table_free(inbound->answered);
    table_free(inbound->answered_before);
    table_free(inbound->posts);
    table_free(inbound->open);
    free(inbound->rules);
    free(inbound);
}

static void make_rules(struct gateway *gateway)
{
    for (size_t i = 0; i < gateway->config->inbound_count; i++) {
        const struct config_inbound *section = &gateway->config->inbounds[i];

        gateway->inbound->rules[i] = (struct inbound_rule){
            .to = section->to_digits,
            .to_is_prefix = section->to_is_prefix,
            .channel = section->any_link ? (uint32_t)INBOUND_ANY
                                         : catalog_link(gateway->catalog, section->link),
            .keyword = section->folded,
            .stop_words = section->stop_words.folded,
            .stop_word_count = section->stop_words.count,
            .start_words = section->start_words.folded,
            .start_word_count = section->start_words.count,
        };
    }
}

const struct config_link *inbound_link(const struct gateway *gateway, uint32_t link)
{
    for (size_t i = 0; i < gateway->config->link_count; i++)
        if (catalog_link(gateway->catalog, i) == link)
            return &gateway->config->links[i];
    return NULL;
}

/* --- what is nobody's ---------------------------------------------------------------- */

void inbound_keep_unrouted(struct inbound *inbound, uint32_t link, int64_t at_ms,
                           struct body *take_body)
{
    struct unrouted *unrouted = calloc(1, sizeof(*unrouted));

    if (unrouted == NULL)
        abort();
    unrouted->id = take_body->id;
    unrouted->at_ms = at_ms;
    unrouted->link = link;
    unrouted->body = take_body;
    unrouted->previous = inbound->newest;
    if (inbound->newest)
        inbound->newest->next = unrouted;
    else
        inbound->oldest = unrouted;
    inbound->newest = unrouted;
    inbound->unrouted_count++;
    if (!table_put(inbound->unrouted_by_id, unrouted->id, (uint64_t)(uintptr_t)unrouted))
        abort();
}

static struct unrouted *find_unrouted(const struct gateway *gateway, uint64_t id)
{
    uint64_t value;

    return id != 0 && table_get(gateway->inbound->unrouted_by_id, id, &value)
               ? (struct unrouted *)(uintptr_t)value
               : NULL;
}

static void forget_unrouted(struct inbound *inbound, struct unrouted *unrouted)
{
    if (unrouted->previous)
        unrouted->previous->next = unrouted->next;
    else
        inbound->oldest = unrouted->next;
    if (unrouted->next)
        unrouted->next->previous = unrouted->previous;
    else
        inbound->newest = unrouted->previous;
    inbound->unrouted_count--;
    table_remove(inbound->unrouted_by_id, unrouted->id);
    free(unrouted->body);
    free(unrouted);
}

size_t inbound_unrouted_count(const struct gateway *gateway)
{
    return gateway->inbound->unrouted_count;
}

bool inbound_unrouted_next(const struct gateway *gateway, uint64_t after,
                           struct inbound_unrouted *out)
{
    const struct unrouted *unrouted = gateway->inbound->oldest;

    if (after != 0 && (unrouted = find_unrouted(gateway, after)) != NULL)
        unrouted = unrouted->next;
    if (unrouted == NULL)
        return false;
    *out = (struct inbound_unrouted){unrouted->id, unrouted->at_ms, unrouted->link,
                                     unrouted->body};
    return true;
}

bool inbound_unrouted_drop(struct gateway *gateway, uint64_t id)
{
    struct unrouted *unrouted = find_unrouted(gateway, id);

    if (unrouted == NULL)
        return false;
    store_inbound_gone(gateway->store, id);
    forget_unrouted(gateway->inbound, unrouted);
    return true;
}

/* What nobody asked for while it was kept goes. */
static void sweep(void *owner)
{
    struct inbound *inbound = owner;
    struct gateway *gateway = inbound->gateway;
    int64_t before_ms = gateway_now_ms(gateway) - gateway->config->inbound_keep_ms;
    unsigned dropped = 0;

    clock_arm_in(gateway->clock, &inbound->sweep, SWEEP_MS, sweep, inbound);
    if (inbound->oldest == NULL || inbound->oldest->at_ms >= before_ms ||
        !store_begin(gateway->store, STORE_CONTINUATION))
        return;
    for (; inbound->oldest && inbound->oldest->at_ms < before_ms &&
           dropped < DROPPED_PER_SWEEP;
         dropped++)
        (void)inbound_unrouted_drop(gateway, inbound->oldest->id);
    store_end(gateway->store);
    gateway->counters.inbound_dropped += dropped;
    log_warning("inbound.dropped", "count=%u reason=\"nobody's, and old\"", dropped);
}

/* --- coming in ----------------------------------------------------------------------- */

static uint64_t hash_of(uint32_t link, const struct body *body)
{
    const uint8_t fields[] = {body->source_ton, body->destination_ton, body->esm_class,
                              body->protocol_id, body->data_coding};
    uint64_t hash = table_hash(link, body->source, strlen(body->source) + 1);

    hash = table_hash(hash, body->destination, strlen(body->destination) + 1);
    hash = table_hash(hash, fields, sizeof(fields));
    return table_hash(hash, body->bytes, body->text_size + body->tlv_size);
}

/*
 * SMPP has no number by which an operator's repetition could be known.  The same octets
 * from the same writer are one, unless the first was answered in time on a session that
 * still lives: then the operator knows, and somebody wrote the same again.
 */
static bool is_repetition(const struct gateway *gateway, uint64_t hash)
{
    const struct inbound *inbound = gateway->inbound;
    uint64_t session;

    if (!marks_seen(gateway, STORE_MARK_INBOUND, hash,
                    gateway->config->inbound_repeat_within_ms))
        return false;
    return !(table_get(inbound->answered, hash, &session) ||
             table_get(inbound->answered_before, hash, &session)) ||
           !link_has_session(gateway, session);
}

/* Those before are forgotten when none of them can be asked for any more; of very many in
 * this time already then. */
static void turn_answered(struct inbound *inbound)
{
    const struct config *config = inbound->gateway->config;
    int64_t now_ms = clock_mono_ms(inbound->gateway->clock);

    if (now_ms - inbound->answered_since_ms <= config->inbound_repeat_within_ms &&
        table_count(inbound->answered) < ANSWERED_MAX)
        return;
    table_free(inbound->answered_before);
    inbound->answered_before = inbound->answered;
    inbound->answered = table_new(ANSWERED_MAX);
    inbound->answered_since_ms = now_ms;
}

/* Behind the acknowledgement: it has been written. */
static void was_answered(void *owner, const struct store_effect *effect)
{
    struct gateway *gateway = owner;
    struct inbound *inbound = gateway->inbound;
    uint32_t took_ms = (uint32_t)clock_mono_ms(gateway->clock) - effect->number;

    turn_answered(inbound);
    if (took_ms <= ANSWERED_MS && !table_put(inbound->answered, effect->target, effect->id))
        abort();
}

static bool is_full(const struct gateway *gateway)
{
    uint64_t bytes =
        outbox_bytes(gateway, LETTER_INBOUND) + outbox_bytes(gateway, LETTER_HOOK);

    return inbound_waiting(gateway) >= gateway->config->inbound_max ||
           bytes >= (uint64_t)gateway->config->inbound_max * ROW_BYTES;
}

/* Some section is reached, whatever the text says. */
static bool is_reached(const struct gateway *gateway, uint32_t link,
                       const struct body *body)
{
    char digits[NUMBER_SIZE];
    struct inbound_facts facts = {body->destination, link, ""};

    if (number_normalise(body->destination, strlen(body->destination), digits))
        facts.to = digits;
    for (size_t i = 0; i < gateway->config->inbound_count; i++)
        if (inbound_reaches(&gateway->inbound->rules[i], &facts))
            return true;
    return false;
}

/* One message on its way in. */
struct arrival {
    struct gateway *gateway;
    uint32_t link;
    struct body *body; /* taken out by who keeps it */
    uint64_t hash;
    int64_t at_ms;
    struct smpp_part part;
    bool is_part;
};

static struct inbound_message message_of(struct arrival *it)
{
    return (struct inbound_message){
        .link = it->link,
        .at_ms = it->at_ms,
        .parts = &it->body,
        .part_count = 1,
        .total = 1,
    };
}

static bool is_nobodys(struct arrival *it)
{
    const struct inbound_message message = message_of(it);
    char to[BODY_ADDRESS_SIZE], keyword[KEYWORD_SIZE];
    struct inbound_facts facts;

    return !it->is_part &&
           inbound_find_section(it->gateway, &message, to, keyword, &facts) < 0;
}

static void keep_part(struct arrival *it)
{
    uint8_t bytes[INBOUND_PACKED_MAX];
    size_t size = inbound_pack(it->body, bytes);

    inbound_put_row(it->gateway, it->body->id, 0, it->link, it->at_ms,
                    STORE_INBOUND_GATHERED, bytes, size);
    inbound_set_join(it->gateway, it->link, it->body, &it->part, it->at_ms);
    it->body = NULL;
}

static void record(struct arrival *it)
{
    it->body->id = it->body->message = gateway_id(it->gateway);
    if (it->is_part) {
        keep_part(it);
    } else {
        const struct inbound_message message = message_of(it);

        inbound_settle(it->gateway, &message);
    }
    marks_note(it->gateway, STORE_MARK_INBOUND, it->hash);
    table_remove(it->gateway->inbound->answered, it->hash);
    table_remove(it->gateway->inbound->answered_before, it->hash);
}

static uint32_t take(struct arrival *it, uint64_t session,
                     const struct store_effect *acknowledge)
{
    struct gateway *gateway = it->gateway;
    const struct store_effect answered = {
        .run = was_answered,
        .target = it->hash,
        .id = session,
        .number = (uint32_t)clock_mono_ms(gateway->clock),
    };

    if (is_full(gateway) || !store_begin(gateway->store, STORE_BEGINNING))
        return ESME_RMSGQFUL;
    record(it);
    store_effect(gateway->store, acknowledge);
    store_effect(gateway->store, &answered);
    store_end(gateway->store);
    return ESME_ROK;
}

uint32_t inbound_take(struct gateway *gateway, uint32_t link, uint64_t session,
                      const struct smpp_pdu *deliver,
                      const struct store_effect *acknowledge)
{
    struct arrival it = {
        .gateway = gateway, .link = link, .at_ms = gateway_now_ms(gateway)};
    char destination[BODY_ADDRESS_SIZE];
    uint32_t status = ESME_ROK;

    gateway->counters.inbound_received++;
    if (deliver->destination.size > 0)
        memcpy(destination, deliver->destination.data, deliver->destination.size);
    destination[deliver->destination.size] = '\0';
    it.body = intake_body(NULL, deliver, destination);
    it.hash = hash_of(link, it.body);
    it.is_part = it.body->text_size <= PART_MAX_BYTES &&
                 it.body->tlv_size <= PART_TLVS_MAX_BYTES &&
                 body_part_of(it.body, &it.part) && it.part.total <= INBOUND_PARTS_MAX &&
                 is_reached(gateway, link, it.body);
    if (is_repetition(gateway, it.hash) ||
        (it.is_part && inbound_set_has(gateway, link, it.body, &it.part))) {
        gateway->counters.inbound_repeated++;
        store_barrier(gateway->store, acknowledge);
    } else if (it.body->text_size + it.body->tlv_size > INBOUND_OCTETS_MAX ||
               (gateway->config->inbound_unroutable == CONFIG_REFUSE && is_nobodys(&it))) {
        status = ESME_RX_R_APPN;
    } else {
        status = take(&it, session, acknowledge);
    }
    free(it.body);
    if (status == ESME_RMSGQFUL)
        gateway->counters.inbound_full++;
    else if (status != ESME_ROK)
        gateway->counters.inbound_refused++;
    return status;
}

/* --- the start ------------------------------------------------------------------------ */

static void load_part(struct gateway *gateway, const struct store_inbound *row,
                      struct body *take_body)
{
    struct smpp_part part;

    if (body_part_of(take_body, &part))
        inbound_set_load(gateway, row->channel, take_body, &part, row->at_ms);
    else
        inbound_keep_unrouted(gateway->inbound, row->channel, row->at_ms, take_body);
}

static void load_letter(struct gateway *gateway, const struct store_inbound *row)
{
    const struct outbox_letter letter = {
        .kind = row->state == STORE_INBOUND_HOOK ? LETTER_HOOK : LETTER_INBOUND,
        .id = row->id,
        .account = row->account,
        .made_at_ms = row->at_ms,
        .bytes = row->bytes,
        .size = row->size,
    };

    outbox_load(gateway, &letter);
}

void inbound_load(struct gateway *gateway, const struct store_inbound *row)
{
    struct body *body;

    if (row->state == STORE_INBOUND_LETTER || row->state == STORE_INBOUND_HOOK) {
        load_letter(gateway, row);
        return;
    }
    body = inbound_unpack(row->id, row->bytes, row->size);
    if (body == NULL)
        log_error("store.unreadable", "inbound=%llu", (unsigned long long)row->id);
    else if (row->state == STORE_INBOUND_GATHERED)
        load_part(gateway, row, body);
    else
        inbound_keep_unrouted(gateway->inbound, row->channel, row->at_ms, body);
}

/* The sections may be others now: what was nobody's may be somebody's. */
static void try_unrouted_again(struct gateway *gateway)
{
    struct inbound *inbound = gateway->inbound;

    for (struct unrouted *unrouted = inbound->oldest, *next; unrouted; unrouted = next) {
        const struct inbound_message message = {
            .link = unrouted->link,
            .at_ms = unrouted->at_ms,
            .parts = &unrouted->body,
            .part_count = 1,
            .total = 1,
            .stored = true,
        };
        char to[BODY_ADDRESS_SIZE], keyword[KEYWORD_SIZE];
        struct inbound_facts facts;
        int index = inbound_find_section(gateway, &message, to, keyword, &facts);
        bool begun;

        next = unrouted->next;
        if (index < 0)
            continue;
        begun = store_begin(gateway->store, STORE_CONTINUATION);
        assert(begun);
        inbound_give(gateway, index, &facts, &message);
        forget_unrouted(inbound, unrouted);
        store_end(gateway->store);
    }
}

void inbound_resume(struct gateway *gateway)
{
    make_rules(gateway);
    inbound_sets_resume(gateway);
    try_unrouted_again(gateway);
}

size_t inbound_waiting(const struct gateway *gateway)
{
    return outbox_waiting(gateway, LETTER_INBOUND) + outbox_waiting(gateway, LETTER_HOOK) +
           gateway->inbound->gathered + gateway->inbound->unrouted_count;
}

int64_t inbound_oldest_ms(const struct gateway *gateway, uint32_t account)
{
    int64_t by_smpp_ms = outbox_oldest_ms(gateway, LETTER_INBOUND, account);
    int64_t by_webhook_ms = outbox_oldest_ms(gateway, LETTER_HOOK, account);

    return by_smpp_ms == 0 || (by_webhook_ms != 0 && by_webhook_ms < by_smpp_ms)
               ? by_webhook_ms
               : by_smpp_ms;
}
