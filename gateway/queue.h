/*
 * Who is next on a channel: fair between classes (transactional 70, service 20,
 * advertising 10 shares; an unused share goes to the others), between the accounts of a
 * class by parts (deficit round robin), first come first served within an account.
 *
 * Entries are embedded in what waits.  Nothing is allocated per entry.
 */
#ifndef GATEWAY_QUEUE_H
#define GATEWAY_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { QUEUE_CLASSES = 3, QUEUE_TRANSACTIONAL = 0 };

struct lane;
struct queue;

/* Zero it before its first use. */
struct queue_entry {
    struct queue_entry *next;
    struct queue_entry *previous;
    struct queue *queue; /* NULL: it waits nowhere */
    struct lane *lane;   /* the queue's own */
    void *owner;
};

struct queue *queue_new(void);
/* Entries inside are forgotten. */
void queue_free(struct queue *queue);

void queue_add(struct queue *queue, struct queue_entry *entry, uint8_t class,
               uint32_t account, void *owner);
/* The same before all others of its account but those that were added so before it. */
void queue_add_first(struct queue *queue, struct queue_entry *entry, uint8_t class,
                     uint32_t account, void *owner);
/* Harmless for an entry that waits nowhere. */
void queue_remove(struct queue_entry *entry);

/* `to` has the place that `from` had, which waits nowhere now. */
void queue_move(struct queue_entry *from, struct queue_entry *to, void *owner);

/*
 * Who is next, still inside; the same until somebody pays, comes or goes.  With
 * `only_class` not negative only that class is looked at.  NULL: nobody.
 */
struct queue_entry *queue_first(struct queue *queue, int only_class);
/* So many parts of this account were sent: the others come first now.  Who was sent may
 * have left the queue. */
void queue_pay(struct queue *queue, uint8_t class, uint32_t account, uint32_t parts);

size_t queue_length(const struct queue *queue);
size_t queue_class_length(const struct queue *queue, uint8_t class);

#endif
