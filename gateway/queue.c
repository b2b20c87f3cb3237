/*
 * Each class has a ring of lanes, one for each account with something waiting.  A class
 * earns its shares and pays for each turn: the one that is owed most is next.
 */
#include "gateway/queue.h"

#include <assert.h>
#include <stdlib.h>

struct lane {
    uint32_t account;
    struct queue_entry *first;
    struct queue_entry *last;
    struct lane *next; /* the ring of lanes with entries; NULL: not in it */
    struct lane *all;  /* every lane of the class */
};

struct class {
    struct lane *lanes;
    struct lane *last; /* of the ring; last->next is whose turn it is */
    size_t length;
    int64_t owed;
};

struct queue {
    struct class classes[QUEUE_CLASSES];
};

static const int64_t shares[QUEUE_CLASSES] = {70, 20, 10};

enum { SHARES = 100 };

struct queue *queue_new(void)
{
    struct queue *queue = calloc(1, sizeof(*queue));

    if (queue == NULL)
        abort();
    return queue;
}

void queue_free(struct queue *queue)
{
    if (queue == NULL)
        return;
    for (int i = 0; i < QUEUE_CLASSES; i++) {
        struct lane *lane = queue->classes[i].lanes;

        while (lane) {
            struct lane *next = lane->all;

            free(lane);
            lane = next;
        }
    }
    free(queue);
}

static struct lane *lane_of(struct class *class, uint32_t account)
{
    struct lane *lane;

    for (lane = class->lanes; lane; lane = lane->all)
        if (lane->account == account)
            return lane;
    lane = calloc(1, sizeof(*lane));
    if (lane == NULL)
        abort();
    lane->account = account;
    lane->all = class->lanes;
    class->lanes = lane;
    return lane;
}

/* At the end of the ring: the others have their turn first. */
static void join_ring(struct class *class, struct lane *lane)
{
    if (class->last == NULL) {
        lane->next = lane;
    } else {
        lane->next = class->last->next;
        class->last->next = lane;
    }
    class->last = lane;
}

static void leave_ring(struct class *class, struct lane *lane)
{
    struct lane *before = class->last;

    while (before->next != lane)
        before = before->next;
    before->next = lane->next;
    if (class->last == lane)
        class->last = before == lane ? NULL : before;
    lane->next = NULL;
}

void queue_add(struct queue *queue, struct queue_entry *entry, uint8_t class_number,
               uint32_t account, void *owner)
{
    struct class *class = &queue->classes[class_number];
    struct lane *lane = lane_of(class, account);

    assert(entry->queue == NULL);
    *entry = (struct queue_entry){.previous = lane->last,
                                  .queue = queue,
                                  .owner = owner,
                                  .account = account,
                                  .class = class_number};
    if (lane->last)
        lane->last->next = entry;
    else
        lane->first = entry;
    lane->last = entry;
    if (lane->next == NULL)
        join_ring(class, lane);
    if (class->length++ == 0)
        class->owed = 0;
}

void queue_remove(struct queue_entry *entry)
{
    struct class *class;
    struct lane *lane;

    if (entry->queue == NULL)
        return;
    class = &entry->queue->classes[entry->class];
    lane = lane_of(class, entry->account);
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
    return best ? best->last->next->first : NULL;
}

void queue_turn(struct queue_entry *entry)
{
    struct queue *queue = entry->queue;
    struct class *class = &queue->classes[entry->class];
    int64_t sharing = 0;

    for (int i = 0; i < QUEUE_CLASSES; i++)
        if (queue->classes[i].length > 0)
            sharing += shares[i];
    for (int i = 0; i < QUEUE_CLASSES; i++)
        if (queue->classes[i].length > 0)
            queue->classes[i].owed += shares[i] * SHARES / sharing;
    class->owed -= SHARES;
    class->last = class->last->next;
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
