/*
 * The requests one session has sent and not yet had answered, by sequence_number
 * (SMPP 3.4 2.5.2).  Holds at most the number of entries given at creation: when it
 * is full the sender waits, and nothing is dropped.  Memory is taken for as many as were
 * ever inside at once.
 *
 * No clock lives here.  A request is added with its place in the stream of octets;
 * its deadline begins when smpp_window_sent() says that its last octet has left.
 * Entries keep the order in which they were added.
 */
#ifndef SMPP_WINDOW_H
#define SMPP_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct smpp_window;

struct smpp_window_entry {
    uint64_t cookie; /* the caller's name for the request */
    uint64_t end;    /* octets of the stream up to and with this request */
    uint32_t size;   /* of the request in octets: it begins at end - size */
    uint32_t sequence;
    uint32_t command;    /* the request's command_id */
    int64_t deadline_ms; /* INT64_MAX until it was sent */
};

/* Owned by the caller; release with smpp_window_free().  Never NULL. */
struct smpp_window *smpp_window_new(size_t capacity);

/* Accepts NULL.  Entries still inside are forgotten. */
void smpp_window_free(struct smpp_window *window);

/*
 * Remembers a request; its deadline_ms is not read.  False when the window is full;
 * nothing has changed then.  A sequence that is inside already is a bug.
 */
bool smpp_window_add(struct smpp_window *window, const struct smpp_window_entry *entry)
    __attribute__((warn_unused_result));

/* The entry sent under `sequence`, in place; NULL if there is none. */
const struct smpp_window_entry *smpp_window_find(const struct smpp_window *window,
                                                 uint32_t sequence);

/* Removes the entry sent under `sequence` and copies it out; false if there is none. */
bool smpp_window_take(struct smpp_window *window, uint32_t sequence,
                      struct smpp_window_entry *out_entry)
    __attribute__((warn_unused_result));

/* The first `octets` octets of the stream have left: what ended within them and had no
 * deadline is given this one. */
void smpp_window_sent(struct smpp_window *window, uint64_t octets, int64_t deadline_ms);

/* Removes the oldest entry if its deadline is `now_ms` or before; false if it is not. */
bool smpp_window_expired(struct smpp_window *window, int64_t now_ms,
                         struct smpp_window_entry *out_entry)
    __attribute__((warn_unused_result));

/* Removes the oldest entry, whatever its deadline; false when the window is empty. */
bool smpp_window_take_oldest(struct smpp_window *window,
                             struct smpp_window_entry *out_entry)
    __attribute__((warn_unused_result));

/* The oldest entry's deadline; INT64_MAX when nothing that was sent is inside. */
int64_t smpp_window_deadline_ms(const struct smpp_window *window);

size_t smpp_window_used(const struct smpp_window *window);
size_t smpp_window_capacity(const struct smpp_window *window);

#endif
