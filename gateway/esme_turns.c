/*
 * Turns.  Who has submitted and is to wait for his next turn (turnstile.h) is held: the
 * session's requests are put aside, and taken again when it is his turn.  Its answers to
 * receipts are heard meanwhile.
 */
#include "gateway/esme_pieces.h"

#include "gateway/gateway.h"
#include "smpp/session.h"

void esme_hold(struct esme *esme)
{
    smpp_session_hold(smpp_conn_session(esme->conn),
                      esme->turn.line != TURNSTILE_NONE || clock_is_armed(&esme->held));
}

static void begin_turn(void *owner)
{
    esme_hold(owner);
}

static void end_turn(struct esme *esme, enum turnstile_line line)
{
    struct gateway *gateway = esme->gateway;

    if (line == TURNSTILE_NONE ||
        !turnstile_wait(gateway->turnstile, &esme->turn, line, begin_turn, esme))
        return;
    gateway->esmes->past.turns_ended++;
    esme_hold(esme);
}

void esme_turn_taken(struct esme *esme)
{
    end_turn(esme, turnstile_line_for(esme->gateway, NULL));
}

void esmes_end_turn(struct gateway *gateway, uint64_t session, const struct live *live)
{
    struct esme *esme = esme_find(gateway, session);

    if (esme)
        end_turn(esme, turnstile_line_for(gateway, live));
}
