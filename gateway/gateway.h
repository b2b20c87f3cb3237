/*
 * All that lives hangs on one struct gateway; two of them can live in one process.
 *
 * Modules take a struct gateway and keep their own state behind a pointer in it.  The
 * base, clock and executor are given: the daemon's real ones, or the simulator's.
 */
#ifndef GATEWAY_GATEWAY_H
#define GATEWAY_GATEWAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/ids.h"
#include "gateway/log_share.h"
#include "gateway/strain.h"
#include "gateway/turns.h"

struct accounts;
struct catalog;
struct clock;
struct collector;
struct config;
struct contents;
struct dispatch;
struct drain_state;
struct esmes;
struct event_base;
struct executor;
struct http_client;
struct http_trust;
struct http_server;
struct inbound;
struct limits;
struct link;
struct lives;
struct marks;
struct messengers;
struct optouts;
struct outboxes;
struct recovery;
struct repeat_answers;
struct review;
struct senders;
struct reports;
struct api;
struct scrapes;
struct smpp_transport;
struct store;
struct store_reader;
struct suspensions;
struct texts;
struct tls;

/* Answers to query_sm, cancel_sm and replace_sm. */
struct operation_counts {
    uint64_t queried;
    uint64_t cancelled;
    uint64_t replaced;
    uint64_t refused; /* of all three */
};

/* What has happened so far, for /metrics; written by the modules they belong to. */
struct gateway_counters {
    uint64_t submits; /* submit_sm, data_sm and API messages that came in */
    uint64_t multis;             /* of these, submit_multi */
    uint64_t accepted;
    struct operation_counts operations;
    uint64_t refused[32]; /* by enum intake_result */
    uint64_t repeated;    /* answered with the id of the first */
    uint64_t review_released;
    uint64_t review_dropped;
    uint64_t transliterated;
    uint64_t senders_replaced;
    uint64_t senders_refused;
    uint64_t steps_under_cost;
    uint64_t collected_sets;
    uint64_t collected_timeouts;
    uint64_t permits;
    uint64_t permits_returned;
    uint64_t verdicts[5]; /* by enum verdict */
    uint64_t in_doubt;
    uint64_t in_doubt_resolved; /* by a report, or an answer after all */
    uint64_t answers_late;      /* of tries that were in doubt */
    uint64_t resends;
    uint64_t reports;
    uint64_t reports_parked;
    uint64_t reports_early; /* matched after parking */
    uint64_t reports_late;
    uint64_t reports_unmatched; /* parked, and nobody came for them */
    uint64_t reports_contradictory;
    uint64_t reports_repeated;   /* final, and known already */
    uint64_t reports_misaddressed;
    uint64_t reports_unheard;    /* not understood, among others that were */
    uint64_t reports_claimed;    /* by a try whose id nobody told */
    uint64_t reports_for_parts;  /* of one part, that counted for another */
    uint64_t id_rules_proposed;
    uint64_t duplicate_deliveries;
    uint64_t ends[8]; /* by enum message_end */
    uint64_t receipts_made;
    uint64_t receipts_sent;
    uint64_t receipts_acknowledged;
    uint64_t receipts_again;
    uint64_t receipts_retold; /* because somebody asked for it */
    uint64_t receipts_refused; /* for good, by their account */
    uint64_t receipts_dropped;
    uint64_t notices_made; /* intermediate notifications */
    uint64_t notices_sent;
    uint64_t notices_taken;
    uint64_t notices_dropped;
    uint64_t inbound_received;   /* what subscribers write, as it came */
    uint64_t inbound_repeated;   /* by the operator; taken once */
    uint64_t inbound_full;       /* the operator was told that we are full */
    uint64_t inbound_refused;    /* and that it is nobody's */
    uint64_t inbound_unroutable; /* nobody's, kept for people */
    uint64_t inbound_incomplete; /* long ones of which not all came */
    uint64_t inbound_made;       /* letters to accounts */
    uint64_t inbound_sent;
    uint64_t inbound_again;
    uint64_t inbound_delivered;
    uint64_t inbound_dropped;
    uint64_t inbound_replied;
    uint64_t inbound_unreplied;
    uint64_t inbound_stops;
    uint64_t absorbed_micro;
    uint64_t ledger_mismatches;
    uint64_t reloads[3]; /* of the configuration, by enum reload_result */
};

struct gateway {
    const struct config *config;
    struct event_base *base;
    struct clock *clock;
    struct executor *executor;
    struct turns turns; /* of the loop, whoever runs it */
    struct strain strain;
    struct log_share doubts_told; /* lines of tries in doubt, */
    struct log_share calls_told;  /* of messengers that did not answer, */
    struct log_share posts_told;  /* of webhooks that took nothing, or replies, */
    struct log_share hooks_told;  /* and of reports not understood, or lost */
    struct turnstile *turnstile;
    const struct smpp_transport *transport;
    struct tls *tls;
    struct ids ids;
    uint64_t random_state;
    struct store *store;
    struct store_reader *reader;
    struct catalog *catalog;
    struct lives *lives;
    struct dispatch *dispatch;
    struct reports *reports;
    struct outboxes *outboxes;
    struct marks *marks;
    struct inbound *inbound;
    struct optouts *optouts;
    struct collector *collector;
    struct limits *limits;
    struct recovery *recovery; /* NULL but at the start */
    struct suspensions *suspensions;
    struct senders *senders;
    struct contents *contents;
    struct review *review;
    struct texts *texts;
    struct accounts *accounts;
    struct link **links; /* as the configuration lists them */
    struct aliases *aliases;
    struct pairs *pairs;
    struct operations *operations;
    struct multi_answers *multi_answers;
    struct repeat_answers *repeat_answers;
    struct messengers *messengers;
    struct esmes *esmes;
    struct http_server *http_server;
    struct http_client *http_client;
    struct http_trust *trust; /* of its calls; NULL: the system's alone */
    struct api *api;
    struct scrapes *scrapes;
    struct gateway_counters counters;
    int64_t started_at_ms;       /* wall */
    void (*while_loading)(void *owner, uint64_t rows);
    void *loading_owner;
    uint64_t loaded_rows;
    bool recovered;              /* the store is loaded */
    bool ready;                  /* and the listeners accept */
    bool draining;
    struct drain_state *drain;
    int exit_status; /* what the process is to end with */
    bool stopped;
    void (*on_stopped)(struct gateway *gateway);
};

struct gateway_options {
    const struct config *config; /* borrowed for its life */
    const char *state_folder;
    const char *vfs; /* NULL: SQLite's own */
    struct event_base *base;
    struct clock *clock;
    struct executor *executor;
    const struct smpp_transport *transport; /* NULL: TCP */
    uint64_t seed;               /* of all randomness but secrets; 0: the system's */
    void (*on_stopped)(struct gateway *gateway); /* it has drained, or failed: see exit_status */
    /* Called again and again while the store is loaded: whoever is here already is to be
     * told to come back.  NULL: they wait. */
    void (*while_loading)(void *owner, uint64_t rows);
    void *loading_owner;
};

/*
 * Opens the store, listens, loads what lives.  NULL: `error` says what is wrong.  The
 * loop is to be run by the caller.
 */
struct gateway *gateway_new(const struct gateway_options *options, char *error,
                            size_t error_size);

/* Takes no more, lets what is open finish within `drain` of the configuration, then on_stopped(). */
void gateway_drain(struct gateway *gateway);

/* Frees everything; what was decided is committed first.  Accepts NULL. */
void gateway_free(struct gateway *gateway);

uint64_t gateway_id(struct gateway *gateway);
uint32_t gateway_random(struct gateway *gateway);
int64_t gateway_now_ms(const struct gateway *gateway); /* wall */

#endif
