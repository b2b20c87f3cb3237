/*
 * submit_multi (SMPP 3.4 4.5): a message for each destination, with one public id for all.
 * They are recorded in as few decisions as their size allows; the answer follows the last
 * of them, and only behind it does the first of them move: what becomes of a message is
 * never told before its id was.
 */
#include "gateway/intake_pieces.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/clock.h"
#include "gateway/dispatch.h"
#include "gateway/esme.h"
#include "gateway/gateway.h"
#include "gateway/ids.h"
#include "gateway/public_id.h"
#include "gateway/store.h"
#include "routing/number.h"
#include "smpp/command.h"
#include "smpp/destination.h"

enum {
    RECORDS_BYTES = 2048, /* of one message in the batch, besides its body */
    DECISION_BYTES = STORE_CUT_BYTES / 2,
    LIST_BYTES = SMPP_DESTINATIONS_MAX * SMPP_DESTINATION_MAX_SIZE,
};

/* An answer that waits until all it tells of is durable. */
struct multi_answer {
    struct multi_answer *next;
    uint64_t session;
    uint32_t sequence;
    struct multi multi;
    uint16_t refused;
    uint32_t list_size;
    uint8_t list[LIST_BYTES]; /* unsuccess_sme */
};

struct multi_answers {
    struct multi_answer *first;
    struct multi_answer *last;
};

struct multi_answers *intake_multi_new(void)
{
    struct multi_answers *answers = calloc(1, sizeof(*answers));

    if (answers == NULL)
        abort();
    return answers;
}

void intake_multi_free(struct multi_answers *answers)
{
    while (answers && answers->first) {
        struct multi_answer *next = answers->first->next;

        free(answers->first);
        answers->first = next;
    }
    free(answers);
}

/* --- the answer --------------------------------------------------------------------- */

static void send_answer(struct gateway *gateway, const struct multi_answer *answer)
{
    char id[PUBLIC_ID_SIZE] = "";
    struct smpp_pdu pdu;

    if (answer->multi.accepted == 0) /* nothing of it was new: the id it had before */
        memcpy(id, answer->multi.told, sizeof(id));

    for (uint32_t i = 0; i < answer->multi.accepted; i++) {
        uint64_t member = ids_after(answer->multi.first_id, i);
        struct live *live = live_find_submission(gateway, member);

        if (live == NULL)
            continue;
        live->responded_at_ms = clock_mono_ms(gateway->clock);
        (void)public_id_write_body(live_body(live, member), id);
    }
    smpp_pdu_init(&pdu, SMPP_SUBMIT_MULTI | SMPP_RESPONSE, ESME_ROK, answer->sequence);
    pdu.message_id = (struct smpp_octets){(const uint8_t *)id, (uint32_t)strlen(id)};
    pdu.destinations = (struct smpp_octets){answer->list, answer->list_size};
    pdu.destination_count = answer->refused;
    esmes_answer_with(gateway, answer->session, &pdu);
}

/* Barriers end in the order they were made: it is the first that waits. */
static void is_durable(void *owner, const struct store_effect *effect)
{
    struct gateway *gateway = owner;
    struct multi_answers *answers = gateway->multi_answers;
    struct multi_answer *answer = answers->first;

    assert(answer && answer->multi.first_id == effect->id);
    answers->first = answer->next;
    send_answer(gateway, answer);
    free(answer);
}

static void answer_when_durable(struct gateway *gateway, struct multi_answer *answer)
{
    struct multi_answers *answers = gateway->multi_answers;
    const struct store_effect effect = {.run = is_durable, .id = answer->multi.first_id};

    if (answers->first == NULL)
        answers->first = answer;
    else
        answers->last->next = answer;
    answers->last = answer;
    store_barrier(gateway->store, &effect);
}

/* --- the destinations --------------------------------------------------------------- */

struct walk {
    struct submission all; /* what is the same for each of them */
    struct multi_answer *answer;
    bool in_decision;
    size_t decision_bytes;
    uint32_t status; /* of those refused: ESME_ROK before the first, RSUBMITFAIL if mixed */
    size_t seen_count;
    char seen[SMPP_DESTINATIONS_MAX][NUMBER_SIZE];
};

static void refuse(struct walk *walk, const struct smpp_destination *destination,
                   uint32_t status)
{
    struct multi_answer *answer = walk->answer;
    struct smpp_destination failure = *destination;

    failure.error_status = status;
    answer->list_size += (uint32_t)smpp_destination_write(
        SMPP_SUBMIT_MULTI | SMPP_RESPONSE, &failure, answer->list + answer->list_size,
        sizeof(answer->list) - answer->list_size);
    answer->refused++;
    if (walk->status == ESME_ROK)
        walk->status = status;
    else if (walk->status != status)
        walk->status = ESME_RSUBMITFAIL;
}

static void end_decision(struct walk *walk)
{
    if (walk->in_decision)
        store_end(walk->all.gateway->store);
    walk->in_decision = false;
    walk->decision_bytes = 0;
}

/* One with room for a body of this size; false: the store is full. */
static bool be_in_decision(struct walk *walk, size_t bytes)
{
    if (walk->decision_bytes + bytes > DECISION_BYTES)
        end_decision(walk);
    if (!walk->in_decision)
        walk->in_decision = store_begin(walk->all.gateway->store, STORE_BEGINNING);
    walk->decision_bytes += bytes;
    return walk->in_decision;
}

/* The same number twice would be two messages that nobody can tell apart. */
static bool was_seen(struct walk *walk, const char *number)
{
    for (size_t i = 0; i < walk->seen_count; i++)
        if (strcmp(walk->seen[i], number) == 0)
            return true;
    memcpy(walk->seen[walk->seen_count++], number, strlen(number) + 1);
    return false;
}

static uint32_t accept(struct walk *walk, const struct smpp_pdu *pdu,
                       const struct smpp_destination *destination)
{
    struct submission it = walk->all;
    char number[NUMBER_SIZE];
    enum intake_result result = INTAKE_FULL;

    if (destination->flag == SMPP_DESTINATION_LIST)
        return ESME_RCNTSUBDL;
    if (!number_normalise((const char *)destination->address.data,
                          destination->address.size, number) ||
        was_seen(walk, number)) {
        intake_count_refusal(&it, INTAKE_BAD_DESTINATION);
        return ESME_RINVDSTADR;
    }
    it.body = intake_body(it.account->config, pdu, number);
    it.body->destination_ton = destination->ton;
    it.body->destination_npi = destination->npi;
    if (be_in_decision(walk,
                       RECORDS_BYTES + body_size(it.body->text_size, it.body->tlv_size))) {
        result = intake_accept(&it);
    } else {
        free(it.body);
        intake_count_refusal(&it, result);
    }
    return intake_status(result);
}

static void accept_all(struct walk *walk, const struct smpp_pdu *pdu)
{
    struct smpp_destination destination;

    for (size_t cursor = 0; smpp_pdu_destination(pdu, &cursor, &destination);) {
        uint32_t status = accept(walk, pdu, &destination);

        if (status != ESME_ROK)
            refuse(walk, &destination, status);
    }
    end_decision(walk);
}

/* The first review of each, behind the answer. */
static void review_all(struct gateway *gateway, const struct multi *multi)
{
    for (uint32_t i = 0; i < multi->accepted; i++) {
        struct live *live = live_find(gateway, ids_after(multi->first_id, i));
        bool begun;

        if (live == NULL || live->message.state == MESSAGE_COLLECTING)
            continue;
        begun = store_begin(gateway->store, STORE_CONTINUATION);
        assert(begun);
        dispatch_review(gateway, live);
        store_end(gateway->store);
    }
}

uint32_t intake_submit_multi(struct gateway *gateway, size_t account, uint64_t session,
                             const struct smpp_pdu *pdu)
{
    struct walk walk = {
        .all = {.gateway = gateway,
                .account = catalog_account_at(gateway->catalog, account),
                .account_index = account,
                .session = session,
                .now_ms = gateway_now_ms(gateway)},
    };
    struct multi multi;
    uint32_t status;

    gateway->counters.submits++;
    gateway->counters.multis++;
    if (gateway->draining)
        return ESME_RSYSERR;
    status = intake_read(pdu, &walk.all);
    if (status != ESME_ROK)
        return status;
    walk.answer = calloc(1, sizeof(*walk.answer));
    if (walk.answer == NULL)
        abort();
    walk.answer->session = session;
    walk.answer->sequence = pdu->sequence;
    walk.all.multi = &walk.answer->multi;
    /* A run without a gap, of which those that are accepted take the first. */
    walk.answer->multi.first_id = ids_next(&gateway->ids, walk.all.now_ms);
    for (uint16_t i = 1; i < pdu->destination_count; i++)
        (void)ids_next(&gateway->ids, walk.all.now_ms);
    accept_all(&walk, pdu);
    multi = walk.answer->multi;
    if (multi.accepted == 0 && multi.repeated == 0) {
        free(walk.answer);
        return walk.status;
    }
    answer_when_durable(gateway, walk.answer);
    review_all(gateway, &multi);
    return ESME_ROK;
}
