/*
 * The outbox in memory: per account and kind a list of letters in the order of their
 * making; the kinds take turns.  A letter is offered once its row is durable, one try at a
 * time; its row goes when the account has acknowledged it.
 */
#include "gateway/outbox_line.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/catalog.h"
#include "gateway/clock.h"
#include "gateway/config.h"
#include "gateway/gateway.h"
#include "gateway/inbound.h"
#include "gateway/live.h"
#include "gateway/log.h"
#include "gateway/receipts.h"
#include "gateway/store.h"
#include "gateway/table.h"
#include "smpp/command.h"

enum {
    OTHER_BIND_MS = 100, /* on another bind than that of the answer */
    SWEEP_MS = 60 * 1000,
    PER_TURN = 1024,
    LETTER_ROOM = 160, /* octets of most letters: their envelopes are used again */
    SPARE_MAX = 4096,
};

struct outbox {
    struct gateway *gateway;
    uint32_t account;
    struct line lines[LETTER_KINDS];
    enum letter_kind turn;
    bool pumping;
    struct clock_timer more;
};

struct outboxes {
    struct gateway *gateway;
    struct outbox **by_account; /* by account number */
    struct table *by_id;
    struct envelope *spare; /* linked through `next` */
    size_t spare_count;
    size_t count[LETTER_KINDS];
    uint64_t bytes[LETTER_KINDS];
    struct clock_timer sweep;
};

enum {
    OUTBOX_OF_NOBODY = 100000, /* of an account that is no longer configured */
};

static void remove_inbound(struct store *store, uint64_t id, uint32_t account)
{
    (void)account;
    store_inbound_gone(store, id);
}

/* What is different from kind to kind. */
static const struct kind {
    const char *name;
    enum outbox_sent (*send)(struct gateway *gateway, const struct outbox_letter *letter,
                             bool others);
    void (*remove)(struct store *store, uint64_t id, uint32_t account); /* NULL: no row */
    size_t made, sent, again, acknowledged, refused, dropped; /* places in the counters */
    size_t keep_ms;                                           /* and in the configuration */
    bool drops_oldest; /* beyond the account's outbox_max */
} kinds[LETTER_KINDS] = {
#define COUNTER(name) offsetof(struct gateway_counters, name)
    [LETTER_RECEIPT] = {"receipts",              receipts_send,    store_receipt_gone,
                        COUNTER(receipts_made), COUNTER(receipts_sent),
                        COUNTER(receipts_again), COUNTER(receipts_acknowledged),
                        COUNTER(receipts_refused), COUNTER(receipts_dropped),
                        offsetof(struct config, receipt_keep_ms), true},
#define INBOUND                                                                            \
    remove_inbound, COUNTER(inbound_made), COUNTER(inbound_sent), COUNTER(inbound_again),  \
        COUNTER(inbound_delivered), COUNTER(inbound_dropped), COUNTER(inbound_dropped),    \
        offsetof(struct config, inbound_keep_ms), false
    [LETTER_INBOUND] = {"inbound", inbound_send,                   INBOUND      },
    [LETTER_HOOK] = {"webhook", inbound_post, INBOUND                                                         },
    [LETTER_NOTICE] = {"notification", receipts_send_notice, NULL, COUNTER(notices_made),
                       COUNTER(notices_sent), COUNTER(notices_sent), COUNTER(notices_taken),
                       COUNTER(notices_dropped), COUNTER(notices_dropped),
                       offsetof(struct config, receipt_keep_ms), true},
#undef INBOUND
#undef COUNTER
};

static void count(struct gateway *gateway, size_t place)
{
    ++*(uint64_t *)((char *)&gateway->counters + place);
}

static void sweep(void *owner);

struct outboxes *outboxes_new(struct gateway *gateway)
{
    struct outboxes *outboxes = calloc(1, sizeof(*outboxes));

    if (outboxes == NULL ||
        (outboxes->by_account =
             calloc(CATALOG_ACCOUNTS_MAX + 1, sizeof(struct outbox *))) == NULL)
        abort();
    outboxes->gateway = gateway;
    outboxes->by_id = table_new(SIZE_MAX); /* each account has its own bound */
    clock_arm_in(gateway->clock, &outboxes->sweep, SWEEP_MS, sweep, outboxes);
    return outboxes;
}

static void free_line(struct clock *clock, struct line *line)
{
    while (line->oldest) {
        struct envelope *next = line->oldest->newer;

        clock_disarm(clock, &line->oldest->timer);
        free(line->oldest);
        line->oldest = next;
    }
}

void outboxes_free(struct outboxes *outboxes)
{
    if (outboxes == NULL)
        return;
    clock_disarm(outboxes->gateway->clock, &outboxes->sweep);
    for (size_t i = 0; i <= CATALOG_ACCOUNTS_MAX; i++) {
        struct outbox *outbox = outboxes->by_account[i];

        if (outbox == NULL)
            continue;
        for (size_t kind = 0; kind < LETTER_KINDS; kind++)
            free_line(outboxes->gateway->clock, &outbox->lines[kind]);
        clock_disarm(outboxes->gateway->clock, &outbox->more);
        free(outbox);
    }
    while (outboxes->spare) {
        struct envelope *next = outboxes->spare->next;

        free(outboxes->spare);
        outboxes->spare = next;
    }
    free(outboxes->by_account);
    table_free(outboxes->by_id);
    free(outboxes);
}

static struct outbox *outbox_of(struct gateway *gateway, uint32_t account)
{
    struct outbox **place = &gateway->outboxes->by_account[account];

    if (*place == NULL) {
        *place = calloc(1, sizeof(**place));
        if (*place == NULL)
            abort();
        (*place)->gateway = gateway;
        (*place)->account = account;
    }
    return *place;
}

static struct envelope *find(const struct gateway *gateway, uint64_t id)
{
    uint64_t value;

    if (!table_get(gateway->outboxes->by_id, id, &value))
        return NULL;
    return (struct envelope *)(uintptr_t)value;
}

bool outbox_holds(const struct gateway *gateway, uint64_t id)
{
    return find(gateway, id) != NULL;
}

/* --- lists -------------------------------------------------------------------------- */

static struct line *line_of(const struct envelope *envelope)
{
    return &envelope->outbox->lines[envelope->kind];
}

/* Of the kind whose turn it is and that is not blocked, a bit each; NULL: none is ready. */
static struct envelope *first_ready(struct outbox *outbox, unsigned blocked)
{
    for (unsigned i = 0; i < LETTER_KINDS; i++) {
        unsigned kind = outbox->turn;
        struct line *line = &outbox->lines[kind];
        struct envelope *envelope = line->ready.first;

        outbox->turn = (enum letter_kind)((kind + 1) % LETTER_KINDS);
        if (envelope == NULL || (blocked >> kind & 1u))
            continue;
        return envelope;
    }
    return NULL;
}

/* Zeroed, with room for so many octets. */
static struct envelope *envelope_take(struct outboxes *outboxes, size_t size)
{
    struct envelope *envelope = outboxes->spare;

    if (envelope && size <= LETTER_ROOM) {
        outboxes->spare = envelope->next;
        outboxes->spare_count--;
    } else {
        envelope =
            malloc(sizeof(*envelope) + (size < LETTER_ROOM ? (size_t)LETTER_ROOM : size));
        if (envelope == NULL)
            abort();
    }
    *envelope = (struct envelope){0};
    return envelope;
}

static void envelope_give(struct outboxes *outboxes, struct envelope *envelope)
{
    if (envelope->size > LETTER_ROOM || outboxes->spare_count == SPARE_MAX) {
        free(envelope);
        return;
    }
    envelope->next = outboxes->spare;
    outboxes->spare = envelope;
    outboxes->spare_count++;
}

static struct envelope *add(struct gateway *gateway, const struct outbox_letter *letter)
{
    struct envelope *envelope = envelope_take(gateway->outboxes, letter->size);
    struct outbox *outbox = outbox_of(gateway, letter->account);

    envelope->outbox = outbox;
    envelope->kind = letter->kind;
    envelope->id = letter->id;
    envelope->submission = letter->submission;
    envelope->made_at_ms = letter->made_at_ms;
    envelope->origin = letter->origin;
    envelope->responded_at_ms = letter->responded_at_ms;
    envelope->size = letter->size;
    memcpy(envelope->bytes, letter->bytes, letter->size);
    line_add(&outbox->lines[letter->kind], envelope);
    gateway->outboxes->count[letter->kind]++;
    gateway->outboxes->bytes[letter->kind] += letter->size;
    if (!table_put(gateway->outboxes->by_id, letter->id, (uint64_t)(uintptr_t)envelope))
        abort();
    return envelope;
}

/* It has no row, and what becomes of it when it was offered once is not waited for. */
static bool is_fleeting(const struct envelope *envelope)
{
    return kinds[envelope->kind].remove == NULL;
}

/* In a decision, unless it has no row: its row goes, and it is forgotten. */
static void remove_envelope(struct gateway *gateway, struct envelope *envelope)
{
    if (!is_fleeting(envelope))
        kinds[envelope->kind].remove(gateway->store, envelope->id,
                                     envelope->outbox->account);
    line_remove(line_of(envelope), envelope);
    gateway->outboxes->count[envelope->kind]--;
    gateway->outboxes->bytes[envelope->kind] -= envelope->size;
    clock_disarm(gateway->clock, &envelope->timer);
    table_remove(gateway->outboxes->by_id, envelope->id);
    envelope_give(gateway->outboxes, envelope);
}

/* --- making ------------------------------------------------------------------------- */

static bool is_on_its_way(const struct envelope *envelope)
{
    return envelope->state == ENVELOPE_OFFERED || envelope->state == ENVELOPE_MAKING;
}

/* More than the account may have waiting: the oldest goes, and one more as long as there are
 * too many, of a bound that was higher. */
static void make_room(struct gateway *gateway, uint32_t account, enum letter_kind kind)
{
    struct line *line = &outbox_of(gateway, account)->lines[kind];
    const struct account *its = catalog_account(gateway->catalog, account);
    size_t limit = its->config ? its->config->outbox_max : OUTBOX_OF_NOBODY;

    for (int i = 0; i < OUTBOX_DROPS_PER_LETTER && line->count >= limit; i++) {
        count(gateway, kinds[kind].dropped);
        remove_envelope(gateway, line_victim(line));
    }
}

static void is_durable(void *owner, const struct store_effect *effect);

void outbox_add(struct gateway *gateway, const struct outbox_letter *letter)
{
    const struct store_effect effect = {
        .run = is_durable, .target = letter->id, .place = letter->place};

    if (kinds[letter->kind].drops_oldest)
        make_room(gateway, letter->account, letter->kind);
    (void)add(gateway, letter);
    store_effect(gateway->store, &effect);
    count(gateway, kinds[letter->kind].made);
}

void outbox_load(struct gateway *gateway, const struct outbox_letter *letter)
{
    struct envelope *envelope = add(gateway, letter);

    line_make_ready(line_of(envelope), envelope);
}

/* --- sending ------------------------------------------------------------------------ */

static void pump(struct outbox *outbox);

static void on_more(void *owner)
{
    pump(owner);
}

static void rested(void *owner)
{
    struct envelope *envelope = owner;

    line_make_ready(line_of(envelope), envelope);
    pump(envelope->outbox);
}

static void rest(struct gateway *gateway, struct envelope *envelope)
{
    static const int64_t delays_ms[] = {5000, 30000, 120000};
    size_t last = sizeof(delays_ms) / sizeof(delays_ms[0]) - 1;
    size_t at = envelope->refusals++;

    line_rest(line_of(envelope), envelope);
    clock_arm_in(gateway->clock, &envelope->timer, delays_ms[at < last ? at : last], rested,
                 envelope);
}

static enum outbox_sent send(struct envelope *envelope, bool others)
{
    const struct outbox_letter letter = {
        .kind = envelope->kind,
        .id = envelope->id,
        .account = envelope->outbox->account,
        .made_at_ms = envelope->made_at_ms,
        .submission = envelope->submission,
        .origin = envelope->origin,
        .bytes = envelope->bytes,
        .size = envelope->size,
    };

    return kinds[envelope->kind].send(envelope->outbox->gateway, &letter, others);
}

static void note_sent(struct gateway *gateway, struct envelope *envelope)
{
    line_take(line_of(envelope), envelope, ENVELOPE_OFFERED);
    count(gateway, kinds[envelope->kind].sent);
    if (envelope->tries++ > 0)
        count(gateway, kinds[envelope->kind].again);
}

static void gone(struct gateway *gateway, struct envelope *envelope);

/* Sends what is ready, of each kind as far as there is room for it. */
static void pump(struct outbox *outbox)
{
    struct gateway *gateway = outbox->gateway;
    struct envelope *envelope;
    unsigned blocked = 0;

    if (outbox->pumping)
        return;
    outbox->pumping = true;
    for (unsigned sent = 0; (envelope = first_ready(outbox, blocked)) != NULL; sent++) {
        int64_t other_ms = envelope->responded_at_ms + OTHER_BIND_MS;
        bool others = clock_mono_ms(gateway->clock) >= other_ms;
        enum outbox_sent result;

        if (sent == PER_TURN) {
            clock_arm_in(gateway->clock, &outbox->more, 0, on_more, outbox);
            break;
        }
        result = send(envelope, others);
        if (result == OUTBOX_SENT) {
            note_sent(gateway, envelope);
            continue;
        }
        if (result == OUTBOX_STALE ||
            (result == OUTBOX_CANNOT && is_fleeting(envelope))) {
            count(gateway, kinds[envelope->kind].dropped);
            gone(gateway, envelope);
            continue;
        }
        if (result == OUTBOX_CANNOT) {
            rest(gateway, envelope);
            continue;
        }
        blocked |= 1u << envelope->kind;
        if (!others)
            clock_arm(gateway->clock, &outbox->more, other_ms, on_more, outbox);
    }
    outbox->pumping = false;
}

static void is_durable(void *owner, const struct store_effect *effect)
{
    struct gateway *gateway = owner;
    struct envelope *envelope = find(gateway, effect->target);
    struct live *live;

    if (envelope == NULL || envelope->state != ENVELOPE_MAKING)
        return;
    live = envelope->submission ? live_find_at(gateway, effect->place, envelope->submission)
                                : NULL;
    /* Its answer may have been written in this very batch. */
    if (live)
        envelope->responded_at_ms = live->responded_at_ms;
    line_make_ready(line_of(envelope), envelope);
    pump(envelope->outbox);
}

void outbox_room(struct gateway *gateway, uint32_t account)
{
    if (gateway->outboxes->by_account[account])
        pump(gateway->outboxes->by_account[account]);
}

void outboxes_resume(struct gateway *gateway)
{
    for (uint32_t account = 0; account <= CATALOG_ACCOUNTS_MAX; account++)
        outbox_room(gateway, account);
}

/* --- answers ------------------------------------------------------------------------ */

static void gone(struct gateway *gateway, struct envelope *envelope)
{
    bool begun;

    if (is_fleeting(envelope)) {
        remove_envelope(gateway, envelope);
        return;
    }
    begun = store_begin(gateway->store, STORE_CONTINUATION);
    if (!begun)
        return;
    remove_envelope(gateway, envelope);
    store_end(gateway->store);
}

/* Statuses after which the same letter may be taken later. */
static bool is_temporary(uint32_t status)
{
    return status == ESME_RSYSERR || status == ESME_RMSGQFUL || status == ESME_RTHROTTLED ||
           status == ESME_RX_T_APPN;
}

void outbox_answered(struct gateway *gateway, uint64_t id, uint32_t status)
{
    struct envelope *envelope = find(gateway, id);
    struct outbox *outbox;

    if (envelope == NULL || envelope->state != ENVELOPE_OFFERED)
        return;
    outbox = envelope->outbox;
    if (is_temporary(status) && !is_fleeting(envelope)) {
        rest(gateway, envelope);
        return;
    }
    count(gateway, status == ESME_ROK ? kinds[envelope->kind].acknowledged
                                      : kinds[envelope->kind].refused);
    gone(gateway, envelope);
    pump(outbox);
}

void outbox_unanswered(struct gateway *gateway, uint64_t id, bool session_ended)
{
    struct envelope *envelope = find(gateway, id);

    if (envelope == NULL || envelope->state != ENVELOPE_OFFERED)
        return;
    if (is_fleeting(envelope))
        gone(gateway, envelope);
    else if (session_ended)
        line_put_back(line_of(envelope), envelope);
    else
        rest(gateway, envelope);
}

/* --- age ---------------------------------------------------------------------------- */

static void drop_old(struct gateway *gateway, struct outbox *outbox, enum letter_kind kind)
{
    struct line *line = &outbox->lines[kind];
    int64_t keep_ms =
        *(const int64_t *)((const char *)gateway->config + kinds[kind].keep_ms);
    int64_t before_ms = gateway_now_ms(gateway) - keep_ms;
    unsigned dropped = 0;

    while (line->oldest && line->oldest->made_at_ms < before_ms &&
           !is_on_its_way(line->oldest) && dropped++ < PER_TURN) {
        count(gateway, kinds[kind].dropped);
        gone(gateway, line->oldest);
    }
    if (dropped > 0)
        log_warning("outbox.dropped", "account=%s kind=%s count=%u reason=age",
                    catalog_account(gateway->catalog, outbox->account)->name,
                    kinds[kind].name, dropped);
}

/* What nobody fetched while it was kept goes. */
static void sweep(void *owner)
{
    struct outboxes *outboxes = owner;

    clock_arm_in(outboxes->gateway->clock, &outboxes->sweep, SWEEP_MS, sweep, outboxes);
    for (size_t i = 0; i <= CATALOG_ACCOUNTS_MAX; i++)
        for (size_t kind = 0; outboxes->by_account[i] && kind < LETTER_KINDS; kind++)
            drop_old(outboxes->gateway, outboxes->by_account[i], (enum letter_kind)kind);
}

/* --- questions ---------------------------------------------------------------------- */

size_t outbox_waiting(const struct gateway *gateway, enum letter_kind kind)
{
    return gateway->outboxes->count[kind];
}

uint64_t outbox_bytes(const struct gateway *gateway, enum letter_kind kind)
{
    return gateway->outboxes->bytes[kind];
}

size_t outbox_waiting_of(const struct gateway *gateway, enum letter_kind kind,
                         uint32_t account)
{
    const struct outbox *outbox = gateway->outboxes->by_account[account];

    return outbox ? outbox->lines[kind].count : 0;
}

int64_t outbox_oldest_ms(const struct gateway *gateway, enum letter_kind kind,
                         uint32_t account)
{
    const struct outbox *outbox = gateway->outboxes->by_account[account];

    return outbox && outbox->lines[kind].oldest ? outbox->lines[kind].oldest->made_at_ms
                                                : 0;
}
