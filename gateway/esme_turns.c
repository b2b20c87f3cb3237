/*
 * Turns.  What is submitted when the next commit is full, or when what was accepted before
 * keeps the machine busy, only makes permits and reports wait longer: the session's requests
 * are put aside, and taken again when a commit is done.  Those who waited longest come first.
 * Its answers to receipts are heard meanwhile.
 */
#include "gateway/esme_pieces.h"

#include "gateway/gateway.h"
#include "gateway/store.h"
#include "smpp/session.h"

enum { TURN_LIMIT_MS = 1000 }; /* nobody waits longer for a commit */

void esme_hold(struct esme *esme)
{
    smpp_session_hold(smpp_conn_session(esme->conn),
                      esme->turn_ended || clock_is_armed(&esme->held));
}

void esme_turn_forget(struct esme *esme)
{
    struct esmes *esmes = esme->gateway->esmes;

    if (!esme->turn_ended)
        return;
    esme->turn_ended = false;
    *(esme->turn_prev ? &esme->turn_prev->turn_next : &esmes->turn_first) = esme->turn_next;
    *(esme->turn_next ? &esme->turn_next->turn_prev : &esmes->turn_last) = esme->turn_prev;
    esme->turn_prev = esme->turn_next = NULL;
}

static void begin_turns(struct esmes *esmes)
{
    struct esme *esme;

    clock_disarm(esmes->gateway->clock, &esmes->turn_limit);
    while ((esme = esmes->turn_first) != NULL) {
        esme_turn_forget(esme);
        esme_hold(esme);
    }
}

/* The disk is slow: from now on they hear that the queue is full when it is. */
static void on_limit(void *owner)
{
    struct esmes *esmes = owner;

    esmes->commit_is_late = true;
    begin_turns(esmes);
}

void esme_turns_begin(void *owner)
{
    struct esmes *esmes = owner;

    esmes->commit_is_late = false;
    begin_turns(esmes);
}

static void end_turn(struct esme *esme)
{
    struct esmes *esmes = esme->gateway->esmes;

    if (esme->turn_ended || esmes->commit_is_late)
        return;
    if (esmes->turn_first == NULL)
        clock_arm_in(esmes->gateway->clock, &esmes->turn_limit, TURN_LIMIT_MS, on_limit,
                     esmes);
    esmes->past.turns_ended++;
    esme->turn_ended = true;
    esme->turn_prev = esmes->turn_last;
    *(esmes->turn_last ? &esmes->turn_last->turn_next : &esmes->turn_first) = esme;
    esmes->turn_last = esme;
    esme_hold(esme);
}

void esme_turn_taken(struct esme *esme)
{
    if (!store_takes_beginnings(esme->gateway->store))
        end_turn(esme);
}

void esmes_end_turn(struct gateway *gateway, uint64_t session)
{
    struct esme *esme = esme_find(gateway, session);

    if (esme)
        end_turn(esme);
}
