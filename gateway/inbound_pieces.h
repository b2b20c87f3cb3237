/*
 * What the parts of the inbound side share: inbound.c takes, inbound_route.c routes,
 * inbound_sets.c collects long messages, inbound_letter.c is their form in the store and as
 * a deliver_sm, inbound_hook.c posts, inbound_reply.c answers the writer.  Only they
 * include this.
 */
#ifndef GATEWAY_INBOUND_PIECES_H
#define GATEWAY_INBOUND_PIECES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/body.h"
#include "gateway/clock.h"
#include "gateway/config.h"
#include "gateway/inbound.h"
#include "gateway/store_inbound.h"
#include "routing/inbound.h"
#include "routing/keyword.h"
#include "smpp/parts.h"
#include "smpp/text.h"

struct gateway;
struct table;

/*
 * What a decision holds at most: a post may take six octets for each of the text, and is
 * not more than a row may be.  Longer than this no telephone writes.
 */
enum {
    INBOUND_OCTETS_MAX =
        20 * 1024,          /* of text and TLVs together; what has more is refused */
    INBOUND_PARTS_MAX = 64, /* parts of more are messages of their own */
    INBOUND_PACKED_MAX = INBOUND_OCTETS_MAX + 512,
};

/* One message of a subscriber, whole or what came of it. */
struct inbound_message {
    uint32_t link;       /* its channel number */
    int64_t at_ms;       /* when its first part came */
    struct body **parts; /* those that came, by rising number; borrowed */
    size_t part_count;
    uint8_t total; /* 1: no long message */
    bool stored;   /* its parts have rows already */
};

/* A long message of which parts are awaited. */
struct inbound_set {
    struct inbound_set *next; /* all of them */
    struct inbound_set *previous;
    struct gateway *gateway;
    uint64_t key;
    uint32_t link;
    int64_t at_ms;
    struct smpp_part part; /* of the first that came: kind, reference, total */
    size_t count;
    struct clock_timer timer;
    struct body *parts[SMPP_PARTS_MAX + 1]; /* by number; owned */
};

/* One that is nobody's. */
struct unrouted {
    struct unrouted *next;
    struct unrouted *previous;
    uint64_t id;
    int64_t at_ms;
    uint32_t link;
    struct body *body;
};

struct inbound {
    struct gateway *gateway;
    struct inbound_rule *rules; /* as the configuration lists its sections */
    struct table *sets_by_key;
    struct inbound_set *sets;
    size_t gathered; /* parts of all sets */
    struct unrouted *oldest;
    struct unrouted *newest;
    size_t unrouted_count;
    struct table *unrouted_by_id;
    struct table *answered; /* hash of a message -> the session that was answered in time */
    struct table *answered_before; /* before this time, monotonic */
    int64_t answered_since_ms;
    struct table *posts;    /* id of a letter under way -> its account */
    struct table *open;     /* account -> its posts under way */
    struct clock_timer sweep;
};

/* --- inbound.c ---------------------------------------------------------------------- */

/* NULL: it is no longer configured. */
const struct config_link *inbound_link(const struct gateway *gateway, uint32_t link);

/* In a decision: to whom it belongs; `parts` stay the caller's. */
void inbound_settle(struct gateway *gateway, const struct inbound_message *message);

/* --- long messages (inbound_sets.c) ------------------------------------------------- */

/* The part is in its set already, with the same content. */
bool inbound_set_has(const struct gateway *gateway, uint32_t link, const struct body *body,
                     const struct smpp_part *part);

/* In a decision: takes the body, whose row is stored; may settle the message. */
void inbound_set_join(struct gateway *gateway, uint32_t link, struct body *take_body,
                      const struct smpp_part *part, int64_t at_ms);

/* At the start: the same without deciding anything. */
void inbound_set_load(struct gateway *gateway, uint32_t link, struct body *take_body,
                      const struct smpp_part *part, int64_t at_ms);
void inbound_sets_resume(struct gateway *gateway);
void inbound_sets_free(struct inbound *inbound);

/* --- to whom (inbound_route.c) ------------------------------------------------------ */

/* In a decision. */
void inbound_put_row(struct gateway *gateway, uint64_t id, uint32_t account, uint32_t link,
                     int64_t at_ms, enum store_inbound_state state, const uint8_t *bytes,
                     size_t size);

/* The section that takes it, with what it was chosen by; -1: it is nobody's. */
int inbound_find_section(const struct gateway *gateway,
                         const struct inbound_message *message, char to[BODY_ADDRESS_SIZE],
                         char keyword[KEYWORD_SIZE], struct inbound_facts *out);

/* In a decision: to the section's account. */
void inbound_give(struct gateway *gateway, int index, const struct inbound_facts *facts,
                  const struct inbound_message *message);

/* One that is nobody's is looked after (inbound.c). */
void inbound_keep_unrouted(struct inbound *inbound, uint32_t link, int64_t at_ms,
                           struct body *take_body);

/* --- forms (inbound_letter.c) ------------------------------------------------------- */

/* The row of a body that is not larger than INBOUND_OCTETS_MAX; its size. */
size_t inbound_pack(const struct body *body, uint8_t out[INBOUND_PACKED_MAX]);
/* And back, from the heap; NULL: it is none. */
struct body *inbound_unpack(uint64_t id, const uint8_t *bytes, size_t size);

/* The parts of a whole long message as one, from the heap; NULL: they cannot be. */
struct body *inbound_join(const struct inbound_message *message);

/* The text of what came, in UTF-8 with a NUL, from the heap; NULL: it is no text. */
char *inbound_message_text(const struct gateway *gateway,
                           const struct inbound_message *message);

/* --- webhooks (inbound_hook.c) ------------------------------------------------------ */

/* The row of a post: what is sent, and for which section.  From the heap. */
uint8_t *inbound_hook_row(struct gateway *gateway, const struct config_inbound *section,
                          const struct inbound_message *message, const char *text,
                          const char *keyword, size_t *out_size);

/* --- replies (inbound_reply.c) ------------------------------------------------------ */

/* In a decision: the section's answer to the writer, if he may have one now. */
void inbound_reply(struct gateway *gateway, const struct config_inbound *section,
                   enum inbound_wish wish, const struct body *body);

#endif
