/*
 * Tries whose id is not known, by the number they went to: until each is answered with one,
 * or has stayed in doubt for too long to be told of, a report to that number that nobody
 * knows may be its own.  A try in doubt, or one that was taken without an id, is given such
 * a report only if no other could be meant.
 */
#include "gateway/reports_pieces.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/catalog.h"
#include "gateway/clock.h"
#include "gateway/gateway.h"
#include "gateway/log.h"
#include "gateway/senders.h"
#include "gateway/table.h"
#include "gateway/translate.h"
#include "routing/delivery.h"

enum {
    LOOKS_PER_SWEEP = 20000, /* at tries that could be meant */
    LOOKS_PER_REPORT = 256,
    TEXT_COMPARED = 20, /* characters, as Appendix B tells them */
};

#define NONE UINT32_MAX

/* A try without an id. */
struct waiting {
    uint64_t message;
    uint64_t attempt;
    uint32_t next; /* to the same destination, or the next unused one */
};

struct doubt {
    struct doubt *next;
    uint64_t message;
    uint64_t attempt;
};

struct awaited {
    struct waiting *entries;
    uint32_t capacity;
    uint32_t unused;
    struct table
        *by_destination; /* hash -> first and last entry; as many as messages live */
    struct doubt *doubts;
    struct doubt **last_doubt;
    unsigned looks_left;
};

struct awaited *reports_awaited_new(void)
{
    struct awaited *awaited = calloc(1, sizeof(*awaited));

    if (awaited == NULL)
        abort();
    awaited->unused = NONE;
    awaited->by_destination = table_new(SIZE_MAX);
    awaited->last_doubt = &awaited->doubts;
    return awaited;
}

void reports_awaited_free(struct awaited *awaited)
{
    while (awaited->doubts) {
        struct doubt *next = awaited->doubts->next;

        free(awaited->doubts);
        awaited->doubts = next;
    }
    table_free(awaited->by_destination);
    free(awaited->entries);
    free(awaited);
}

uint64_t reports_hash_of_destination(uint32_t channel, const char *destination)
{
    return table_hash(~(uint64_t)channel, destination, strlen(destination));
}

/* --- the tries to a destination ----------------------------------------------------- */

struct ends {
    uint32_t first;
    uint32_t last;
};

static bool get_ends(const struct awaited *awaited, uint64_t key, struct ends *out)
{
    uint64_t value;

    if (!table_get(awaited->by_destination, key, &value))
        return false;
    *out = (struct ends){(uint32_t)(value >> 32), (uint32_t)value};
    return true;
}

static void put_ends(struct awaited *awaited, uint64_t key, struct ends ends)
{
    if (!table_put(awaited->by_destination, key, (uint64_t)ends.first << 32 | ends.last))
        abort();
}

static uint32_t take_entry(struct awaited *awaited)
{
    uint32_t at;

    if (awaited->unused == NONE) {
        uint32_t capacity = awaited->capacity ? awaited->capacity * 2 : 1024;

        awaited->entries =
            realloc(awaited->entries, (size_t)capacity * sizeof(*awaited->entries));
        if (awaited->entries == NULL)
            abort();
        for (uint32_t i = awaited->capacity; i < capacity; i++)
            awaited->entries[i].next = i + 1 < capacity ? i + 1 : NONE;
        awaited->unused = awaited->capacity;
        awaited->capacity = capacity;
    }
    at = awaited->unused;
    awaited->unused = awaited->entries[at].next;
    return at;
}

void reports_await(struct gateway *gateway, const struct live *live,
                   struct attempt *attempt)
{
    struct awaited *awaited = gateway->reports->awaited;
    uint64_t key;
    struct ends ends;
    uint32_t at;

    if (attempt->flags & ATTEMPT_AWAITED)
        return;
    attempt->flags |= ATTEMPT_AWAITED;
    key = reports_hash_of_destination(attempt->channel, live->bodies[0]->destination);
    at = take_entry(awaited);
    awaited->entries[at] = (struct waiting){live->message.id, attempt->id, NONE};
    if (get_ends(awaited, key, &ends))
        awaited->entries[ends.last].next = at;
    else
        ends.first = at;
    ends.last = at;
    put_ends(awaited, key, ends);
}

/* Answers come in the order of the tries: it is among the first. */
void reports_settle(struct gateway *gateway, const struct live *live,
                    struct attempt *attempt)
{
    struct awaited *awaited = gateway->reports->awaited;
    uint32_t before = NONE;
    struct waiting *entry;
    struct ends ends;
    uint64_t key;
    uint32_t at;

    if (!(attempt->flags & ATTEMPT_AWAITED))
        return;
    attempt->flags &= (uint16_t)~ATTEMPT_AWAITED;
    key = reports_hash_of_destination(attempt->channel, live->bodies[0]->destination);
    if (!get_ends(awaited, key, &ends))
        abort();
    for (at = ends.first;; at = awaited->entries[at].next) {
        assert(at != NONE);
        if (awaited->entries[at].attempt == attempt->id)
            break;
        before = at;
    }
    entry = &awaited->entries[at];
    if (before == NONE)
        ends.first = entry->next;
    else
        awaited->entries[before].next = entry->next;
    if (entry->next == NONE)
        ends.last = before;
    entry->next = awaited->unused;
    awaited->unused = at;
    if (ends.first == NONE)
        table_remove(awaited->by_destination, key);
    else
        put_ends(awaited, key, ends);
}

/* --- could it be meant? ------------------------------------------------------------- */

enum likeness { UNLIKE, UNTOLD, ALIKE };

/* The next character, 0 at the end; what is no letter, digit or space of ASCII is '?'. */
static char next_character(const char **text)
{
    const char *at = *text;
    char letter = *at;

    if (letter == 0)
        return 0;
    /* Of UTF-8 the rest of the character too; octets of other alphabets stand alone. */
    at++;
    if ((uint8_t)letter >= 0xC0)
        while ((*at & 0xC0) == 0x80)
            at++;
    *text = at;
    if ((letter >= '0' && letter <= '9') || (letter >= 'A' && letter <= 'Z') ||
        (letter >= 'a' && letter <= 'z') || letter == ' ')
        return letter;
    return '?';
}

/* As far as both tell it: peers cut texts, and write what they cannot say as they like. */
static enum likeness compare_text(const char *told, const char *own)
{
    bool compared = false;

    while (*told == ' ')
        told++;
    while (*own == ' ')
        own++;
    if (*own == 0 || strcmp(told, "none") == 0)
        return UNTOLD;
    for (unsigned i = 0; i < TEXT_COMPARED; i++) {
        char a = next_character(&told);
        char b = next_character(&own);

        if (a == 0 || a == '?' || b == '?') {
            if (a == 0)
                break;
            continue;
        }
        if (b == 0 && a == ' ')
            break;
        if (a != b)
            return UNLIKE;
        compared = true;
    }
    return compared ? ALIKE : UNTOLD;
}

/* What of the message went out as this segment, as far as it is known without making it. */
static void head_of(const struct live *live, const struct attempt *attempt,
                    char out[TRANSLATE_HEAD_SIZE])
{
    const struct body *body = live->bodies[0];

    out[0] = 0;
    if (live->message.flags & MESSAGE_COLLECTED)
        body = translate_segment_body(live, attempt->segment);
    else if (attempt->segment > 1)
        return;
    translate_head(body, SMPP_ALPHABET_GSM, out);
}

/* `told` is the name the operator was given in place of the body's; NULL: that. */
static bool same_source(const char *source, const struct body *body, const char *told)
{
    return source[0] == 0 || body->source[0] == 0 ||
           strcmp(told != NULL ? told : body->source, source) == 0;
}

static bool could_be_meant(const struct reports_channel *channel, const struct live *live,
                           const struct attempt *attempt, const struct kept_report *report)
{
    const struct body *body = live->bodies[0];
    char head[TRANSLATE_HEAD_SIZE];

    if (strcmp(body->destination, report->destination) != 0 ||
        !same_source(report->source, body,
                     senders_told(live->gateway, &live->message, body, attempt)))
        return false;
    if (report->has_user_message_reference && body->has_user_message_reference)
        return report->user_message_reference == body->user_message_reference;
    if (channel->link == NULL || channel->link->receipt_text == CONFIG_RECEIPT_IGNORED ||
        report->text[0] == 0)
        return true;
    head_of(live, attempt, head);
    return compare_text(report->text, head) != UNLIKE;
}

/* It will not be told its id any more, or not in time. */
static bool may_claim(const struct live *live, const struct attempt *attempt,
                      int64_t now_ms)
{
    return attempt->state == ATTEMPT_UNKNOWN || attempt->state == ATTEMPT_ACCEPTED ||
           (attempt->state == ATTEMPT_SENT && now_ms >= live->message.deadline_ms);
}

/*
 * The one segment without an id that the report can be about, by the newest of its tries;
 * NULL when there is none, or another, or a try of it may still be answered.
 */
static struct attempt *only_one_meant(struct reports *reports,
                                      const struct kept_report *report,
                                      struct live **out_live)
{
    struct reports_channel *channel = reports_channel(reports, report->channel);
    struct awaited *awaited = reports->awaited;
    int64_t now_ms = gateway_now_ms(reports->gateway);
    struct attempt *found = NULL;
    struct ends ends;

    if (!get_ends(awaited,
                  reports_hash_of_destination(report->channel, report->destination), &ends))
        return NULL;
    for (uint32_t at = ends.first; at != NONE; at = awaited->entries[at].next) {
        const struct waiting *entry = &awaited->entries[at];
        struct live *live = live_find(reports->gateway, entry->message);
        struct attempt *attempt = message_attempt(&live->message, entry->attempt);

        if (awaited->looks_left == 0)
            return NULL;
        awaited->looks_left--;
        if (!could_be_meant(channel, live, attempt, report))
            continue;
        if (!may_claim(live, attempt, now_ms) ||
            (found && (*out_live != live || found->anchor != attempt->anchor)))
            return NULL;
        if (found == NULL || attempt->ordinal > found->ordinal)
            found = attempt;
        *out_live = live;
    }
    return found;
}

/* --- doubts ------------------------------------------------------------------------- */

static void add_doubt(struct awaited *awaited, struct doubt *doubt)
{
    doubt->next = NULL;
    *awaited->last_doubt = doubt;
    awaited->last_doubt = &doubt->next;
}

static struct doubt *take_doubt(struct awaited *awaited)
{
    struct doubt *doubt = awaited->doubts;

    awaited->doubts = doubt->next;
    if (awaited->doubts == NULL)
        awaited->last_doubt = &awaited->doubts;
    return doubt;
}

void reports_doubt(struct gateway *gateway, struct live *live, struct attempt *attempt)
{
    struct doubt *doubt;

    if (!(attempt->flags & ATTEMPT_AWAITED))
        return; /* no link's: those echo our ref, or have nothing to be known by */
    doubt = calloc(1, sizeof(*doubt));
    if (doubt == NULL)
        abort();
    doubt->message = live->message.id;
    doubt->attempt = attempt->id;
    add_doubt(gateway->reports->awaited, doubt);
}

bool reports_lacks_id(const struct attempt *attempt)
{
    return attempt->state == ATTEMPT_ACCEPTED && attempt->provider_id[0] == 0;
}

/* In a decision: the report is about the try, whose id it tells. */
static void give(struct reports *reports, struct parked *parked, struct live *live,
                 struct attempt *attempt)
{
    struct gateway *gateway = reports->gateway;
    struct kept_report report = parked->report;

    gateway->counters.reports_claimed++;
    if (!reports_lacks_id(attempt) &&
        log_share_take(&gateway->doubts_told, "attempt.untold",
                       clock_mono_ms(gateway->clock)))
        log_info("attempt.doubt_resolved", "id=%llu", (unsigned long long)live->message.id);
    if (report.provider_id[0]) {
        reports_id_as_answered(reports_channel(reports, report.channel)->rule,
                               report.provider_id, attempt->provider_id);
        reports_learn(gateway, live, attempt);
        return;
    }
    reports_unpark(reports, parked);
    /* Of news without an id more may follow; of a final word not. */
    if (report.event != ATTEMPT_EV_REPORT_ACCEPTED && attempt->state != ATTEMPT_SENT)
        reports_settle(gateway, live, attempt);
    reports_apply(gateway, live, attempt, &report);
}

/*
 * A decision of its own: gives the try what is parked for its destination, if it is meant.
 * All that it changes may be gone afterwards.
 */
static void claim(struct reports *reports, struct live *live, const struct attempt *attempt)
{
    const char *destination = live->bodies[0]->destination;
    uint64_t hash = reports_hash_of_destination(attempt->channel, destination);
    struct parked *parked = reports_first_parked_for(reports, hash);

    for (; parked && reports->awaited->looks_left > 0; parked = parked->older) {
        struct live *meant = NULL;
        struct attempt *found;
        bool begun;

        if (parked->report.channel != attempt->channel)
            continue;
        found = only_one_meant(reports, &parked->report, &meant);
        if (found == NULL || meant != live || found->anchor != attempt->anchor)
            continue;
        begun = store_begin(reports->gateway->store, STORE_CONTINUATION);
        assert(begun);
        give(reports, parked, meant, found);
        store_end(reports->gateway->store);
        return;
    }
}

void reports_claim_new(struct reports *reports, struct parked *parked)
{
    struct live *live = NULL;
    struct attempt *found;

    if (!reports->gateway->recovered)
        return;
    reports->awaited->looks_left = LOOKS_PER_REPORT;
    found = only_one_meant(reports, &parked->report, &live);
    if (found && reports_lacks_id(found))
        give(reports, parked, live, found);
}

static bool is_settled(const struct attempt *attempt)
{
    return attempt == NULL || !(attempt->flags & ATTEMPT_AWAITED) ||
           (attempt->state != ATTEMPT_UNKNOWN && !reports_lacks_id(attempt));
}

void reports_claim(struct gateway *gateway)
{
    struct reports *reports = gateway->reports;
    struct awaited *awaited = reports->awaited;
    struct doubt *end = NULL;

    awaited->looks_left = LOOKS_PER_SWEEP;
    while (awaited->doubts && awaited->doubts != end && awaited->looks_left > 0) {
        struct doubt *doubt = take_doubt(awaited);
        struct live *live = live_find(gateway, doubt->message);
        struct attempt *attempt =
            live ? message_attempt(&live->message, doubt->attempt) : NULL;

        awaited->looks_left--;
        if (is_settled(attempt)) {
            free(doubt);
            continue;
        }
        /* For one that lacks its id what came before is looked at once: the rest looks for
         * it as it comes. */
        if (reports_lacks_id(attempt)) {
            free(doubt);
        } else {
            add_doubt(awaited, doubt);
            if (end == NULL)
                end = doubt;
        }
        if (reports->parked_count > 0)
            claim(reports, live, attempt);
    }
}

void reports_claim_for(struct gateway *gateway, struct live *live)
{
    struct reports *reports = gateway->reports;

    if (reports->parked_count == 0)
        return;
    reports->awaited->looks_left = LOOKS_PER_SWEEP;
    for (uint16_t i = 0; i < live->message.attempt_count; i++) {
        const struct attempt *attempt = &live->message.attempts[i];

        if ((attempt->flags & ATTEMPT_AWAITED) &&
            may_claim(live, attempt, gateway_now_ms(gateway)))
            claim(reports, live, attempt);
    }
}
