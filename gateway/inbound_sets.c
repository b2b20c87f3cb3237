/*
 * Long messages of subscribers, while their parts come: found by (link, source,
 * destination, kind, reference, total).  A part that is there with other content closes
 * its set, for the reference is used again.
 */
#include "gateway/inbound_pieces.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/gateway.h"
#include "gateway/table.h"

static uint64_t key_of(uint32_t link, const struct body *body, const struct smpp_part *part)
{
    uint64_t key = (uint64_t)link << 32 | (uint64_t)part->kind << 24 |
                   (uint64_t)part->total << 16 | part->reference;

    key = table_hash(key, body->source, strlen(body->source));
    return table_hash(key, body->destination, strlen(body->destination));
}

static struct inbound_set *find(const struct gateway *gateway, uint64_t key)
{
    uint64_t value;

    return table_get(gateway->inbound->sets_by_key, key, &value)
               ? (struct inbound_set *)(uintptr_t)value
               : NULL;
}

static bool same_content(const struct body *a, const struct body *b)
{
    return a->text_size == b->text_size && a->data_coding == b->data_coding &&
           memcmp(a->bytes, b->bytes, a->text_size) == 0;
}

bool inbound_set_has(const struct gateway *gateway, uint32_t link, const struct body *body,
                     const struct smpp_part *part)
{
    const struct inbound_set *set = find(gateway, key_of(link, body, part));

    return set && set->parts[part->number] && same_content(set->parts[part->number], body);
}

/* Out of the lists; its bodies are freed. */
static void forget(struct inbound_set *set)
{
    struct inbound *inbound = set->gateway->inbound;

    clock_disarm(set->gateway->clock, &set->timer);
    table_remove(inbound->sets_by_key, set->key);
    if (set->previous)
        set->previous->next = set->next;
    else
        inbound->sets = set->next;
    if (set->next)
        set->next->previous = set->previous;
    inbound->gathered -= set->count;
    for (size_t i = 0; i <= SMPP_PARTS_MAX; i++)
        free(set->parts[i]);
    free(set);
}

/* In a decision: what has come is all there will be. */
static void close_set(struct inbound_set *set)
{
    struct body *came[SMPP_PARTS_MAX];
    struct inbound_message message = {
        .link = set->link,
        .at_ms = set->at_ms,
        .parts = came,
        .total = set->part.total,
        .stored = true,
    };

    for (size_t i = 1; i <= SMPP_PARTS_MAX; i++)
        if (set->parts[i])
            came[message.part_count++] = set->parts[i];
    inbound_settle(set->gateway, &message);
    forget(set);
}

static void waited_enough(void *owner)
{
    struct inbound_set *set = owner;
    struct gateway *gateway = set->gateway;
    bool begun = store_begin(gateway->store, STORE_CONTINUATION);

    assert(begun);
    gateway->counters.inbound_incomplete++;
    close_set(set);
    store_end(gateway->store);
}

static struct inbound_set *open_set(struct gateway *gateway, uint32_t link, uint64_t key,
                                    const struct smpp_part *part, int64_t at_ms)
{
    struct inbound *inbound = gateway->inbound;
    struct inbound_set *set = calloc(1, sizeof(*set));

    if (set == NULL)
        abort();
    set->gateway = gateway;
    set->key = key;
    set->link = link;
    set->at_ms = at_ms;
    set->part = *part;
    set->next = inbound->sets;
    if (set->next)
        set->next->previous = set;
    inbound->sets = set;
    if (!table_put(inbound->sets_by_key, key, (uint64_t)(uintptr_t)set))
        abort();
    return set;
}

/* The set that the part belongs to, opened if need be; takes the body. */
static struct inbound_set *add(struct gateway *gateway, uint32_t link,
                               struct body *take_body, const struct smpp_part *part,
                               int64_t at_ms)
{
    uint64_t key = key_of(link, take_body, part);
    struct inbound_set *set = find(gateway, key);

    if (set == NULL)
        set = open_set(gateway, link, key, part, at_ms);
    set->parts[part->number] = take_body;
    set->count++;
    gateway->inbound->gathered++;
    return set;
}

static void wait_on(struct inbound_set *set)
{
    clock_arm_in(set->gateway->clock, &set->timer,
                 set->gateway->config->inbound_collect_within_ms, waited_enough, set);
}

void inbound_set_join(struct gateway *gateway, uint32_t link, struct body *take_body,
                      const struct smpp_part *part, int64_t at_ms)
{
    struct inbound_set *set = find(gateway, key_of(link, take_body, part));

    if (set && set->parts[part->number])
        close_set(set);
    set = add(gateway, link, take_body, part, at_ms);
    if (set->count == set->part.total)
        close_set(set);
    else
        wait_on(set);
}

void inbound_set_load(struct gateway *gateway, uint32_t link, struct body *take_body,
                      const struct smpp_part *part, int64_t at_ms)
{
    const struct inbound_set *set = find(gateway, key_of(link, take_body, part));

    /* Two of the same place are never stored at once. */
    if (set && set->parts[part->number])
        free(take_body);
    else
        (void)add(gateway, link, take_body, part, at_ms);
}

void inbound_sets_resume(struct gateway *gateway)
{
    for (struct inbound_set *set = gateway->inbound->sets; set; set = set->next)
        wait_on(set);
}

void inbound_sets_free(struct inbound *inbound)
{
    while (inbound->sets)
        forget(inbound->sets);
}
