/*
 * Each class has a ring of lanes, one for each account with something waiting.
 *
 * Between classes: each that waits earns its shares for every part that is sent, who sends
 * pays for it, and the one that is owed most is next.  Between the accounts of a class,
 * deficit round robin: a lane has its turn while it has credit, gets one part of it each
 * time the ring comes round, and a message of many parts may overdraw it, to be paid for
 * with the turns that follow.
 */
#include "gateway/queue.h"

#include <assert.h>
#include <stdlib.h>

struct lane {
    uint32_t account;
    uint8_t class;
    int64_t credit; /* parts it may still send in this round */
    struct queue_entry *first;
    struct queue_entry *last;
    struct queue_entry *ahead; /* the last of those that go before all others */
    struct lane *next; /* the ring of lanes with entries; NULL: not in it */
    struct lane *previous;
    struct lane *bucket; /* lanes of the same hash, whether they wait or not */
};

struct class
{
    struct lane *turn; /* whose turn it is; NULL: nobody waits */
    size_t length;
    int64_t owed;
};

enum { BUCKETS_MIN = 16, SHARES = 100, QUANTUM = 1 };

struct queue {
    struct class classes[QUEUE_CLASSES];
    struct lane **buckets;
    size_t bucket_count;
    size_t lane_count;
};

static const int64_t shares[QUEUE_CLASSES] = {70, 20, 10};

static struct lane **buckets_new(size_t count)
{
    struct lane **buckets = calloc(count, sizeof(struct lane *));

    if (buckets == NULL)
        abort();
    return buckets;
}

struct queue *queue_new(void)
{
    struct queue *queue = calloc(1, sizeof(*queue));

    if (queue == NULL)
        abort();
    queue->bucket_count = BUCKETS_MIN;
    queue->buckets = buckets_new(BUCKETS_MIN);
    return queue;
}

void queue_free(struct queue *queue)
{
    if (queue == NULL)
        return;
    for (size_t i = 0; i < queue->bucket_count; i++) {
        struct lane *lane = queue->buckets[i];

        while (lane) {
            struct lane *next = lane->bucket;

            free(lane);
            lane = next;
        }
    }
    free(queue->buckets);
    free(queue);
}

/* --- lanes -------------------------------------------------------------------------- */

static size_t bucket_of(uint8_t class, uint32_t account, size_t count)
{
    return (size_t)((account * 0x9E3779B1u ^ class) & (count - 1));
}

static void grow(struct queue *queue)
{
    size_t count = queue->bucket_count * 2;
    struct lane **buckets = buckets_new(count);

    for (size_t i = 0; i < queue->bucket_count; i++) {
        struct lane *lane = queue->buckets[i];

        while (lane) {
            struct lane *next = lane->bucket;
            size_t at = bucket_of(lane->class, lane->account, count);

            lane->bucket = buckets[at];
            buckets[at] = lane;
            lane = next;
        }
    }
    free(queue->buckets);
    queue->buckets = buckets;
    queue->bucket_count = count;
}

/* A lane stays once it was needed: there is one per account and class at most. */
static struct lane *lane_of(struct queue *queue, uint8_t class, uint32_t account)
{
    size_t at = bucket_of(class, account, queue->bucket_count);
    struct lane *lane;

    for (lane = queue->buckets[at]; lane; lane = lane->bucket)
        if (lane->account == account && lane->class == class)
            return lane;
    if (queue->lane_count++ == queue->bucket_count) {
        grow(queue);
        at = bucket_of(class, account, queue->bucket_count);
    }
    lane = calloc(1, sizeof(*lane));
    if (lane == NULL)
        abort();
    lane->account = account;
    lane->class = class;
    lane->bucket = queue->buckets[at];
    queue->buckets[at] = lane;
    return lane;
}

/* The others have their turn first.  Credit is for the round; what is overdrawn stays. */
static void join_ring(struct class *class, struct lane *lane)
{
    if (lane->credit > 0)
        lane->credit = 0;
    if (class->turn == NULL) {
        lane->next = lane->previous = lane;
        lane->credit = QUANTUM;
        class->turn = lane;
        return;
    }
    lane->next = class->turn;
    lane->previous = class->turn->previous;
    lane->previous->next = lane;
    lane->next->previous = lane;
}

/* To the lane whose turn is next, with credit. */
static void turn_on(struct class *class, struct lane *lane)
{
    do {
        lane = lane->next;
        lane->credit += QUANTUM;
    } while (lane->credit <= 0);
    class->turn = lane;
}

static void leave_ring(struct class *class, struct lane *lane)
{
    struct lane *before = lane->previous;

    if (before == lane) {
        class->turn = NULL;
    } else {
        before->next = lane->next;
        lane->next->previous = before;
        if (class->turn == lane)
            turn_on(class, before);
    }
    lane->next = lane->previous = NULL;
}

/* --- entries ------------------------------------------------------------------------ */

/* Its place in the lane is known. */
static void put_in(struct queue *queue, struct lane *lane, struct queue_entry *entry)
{
    struct class *class = &queue->classes[lane->class];

    if (entry->previous)
        entry->previous->next = entry;
    else
        lane->first = entry;
    if (entry->next)
        entry->next->previous = entry;
    else
        lane->last = entry;
    if (lane->next == NULL)
        join_ring(class, lane);
    if (class->length++ == 0)
        class->owed = 0;
}

void queue_add(struct queue *queue, struct queue_entry *entry, uint8_t class,
               uint32_t account, void *owner)
{
    struct lane *lane = lane_of(queue, class, account);

    assert(entry->queue == NULL);
    *entry = (struct queue_entry){
        .previous = lane->last, .queue = queue, .lane = lane, .owner = owner};
    put_in(queue, lane, entry);
}

void queue_add_first(struct queue *queue, struct queue_entry *entry, uint8_t class,
                     uint32_t account, void *owner)
{
    struct lane *lane = lane_of(queue, class, account);

    assert(entry->queue == NULL);
    *entry = (struct queue_entry){.next = lane->ahead ? lane->ahead->next : lane->first,
                                  .previous = lane->ahead,
                                  .queue = queue,
                                  .lane = lane,
                                  .owner = owner};
    lane->ahead = entry;
    put_in(queue, lane, entry);
}

void queue_remove(struct queue_entry *entry)
{
    struct lane *lane = entry->lane;
    struct class *class;

    if (entry->queue == NULL)
        return;
    class = &entry->queue->classes[lane->class];
    if (lane->ahead == entry)
        lane->ahead = entry->previous;
    if (entry->previous)
        entry->previous->next = entry->next;
    else
        lane->first = entry->next;
    if (entry->next)
        entry->next->previous = entry->previous;
    else
        lane->last = entry->previous;
    entry->queue = NULL;
    class->length--;
    if (lane->first == NULL)
        leave_ring(class, lane);
}

void queue_move(struct queue_entry *from, struct queue_entry *to, void *owner)
{
    assert(from->queue != NULL);
    *to = *from;
    to->owner = owner;
    if (to->previous)
        to->previous->next = to;
    else
        to->lane->first = to;
    if (to->next)
        to->next->previous = to;
    else
        to->lane->last = to;
    if (to->lane->ahead == from)
        to->lane->ahead = to;
    from->queue = NULL;
}

struct queue_entry *queue_first(struct queue *queue, int only_class)
{
    struct class *best = NULL;

    for (int i = 0; i < QUEUE_CLASSES; i++) {
        struct class *class = &queue->classes[i];

        if (class->length == 0 || (only_class >= 0 && i != only_class))
            continue;
        if (best == NULL || class->owed > best->owed)
            best = class;
    }
    return best ? best->turn->first : NULL;
}

static void pay_for_class(struct queue *queue, uint8_t payer, int64_t parts)
{
    int64_t sharing = 0;

    for (int i = 0; i < QUEUE_CLASSES; i++)
        if (queue->classes[i].length > 0 || i == payer)
            sharing += shares[i];
    for (int i = 0; i < QUEUE_CLASSES; i++)
        if (queue->classes[i].length > 0 || i == payer)
            queue->classes[i].owed += parts * shares[i] * SHARES / sharing;
    queue->classes[payer].owed -= parts * SHARES;
}

void queue_pay(struct queue *queue, uint8_t class_number, uint32_t account, uint32_t parts)
{
    struct class *class = &queue->classes[class_number];
    struct lane *lane = lane_of(queue, class_number, account);

    if (parts == 0)
        return;
    pay_for_class(queue, class_number, parts);
    lane->credit -= parts;
    if (class->turn == NULL)
        lane->credit = 0; /* nobody of the class had to wait for it */
    else if (class->turn == lane && lane->credit <= 0)
        turn_on(class, lane);
}

size_t queue_length(const struct queue *queue)
{
    size_t length = 0;

    for (int i = 0; i < QUEUE_CLASSES; i++)
        length += queue->classes[i].length;
    return length;
}

size_t queue_class_length(const struct queue *queue, uint8_t class)
{
    return queue->classes[class].length;
}
