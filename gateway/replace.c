/* replace_sm (SMPP 3.4 4.10), and what it shares with replace_if_present. */
#include "gateway/replace.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/catalog.h"
#include "gateway/content.h"
#include "gateway/dispatch.h"
#include "gateway/duplicates.h"
#include "gateway/gateway.h"
#include "gateway/ids.h"
#include "gateway/limits.h"
#include "gateway/money_moves.h"
#include "gateway/operations_pieces.h"
#include "gateway/pairs.h"
#include "gateway/review.h"
#include "gateway/store.h"
#include "gateway/translate.h"
#include "routing/recall.h"
#include "smpp/command.h"
#include "smpp/timestamp.h"

enum {
    LOOKS_MAX = 1000,     /* messages of a pair that are looked at for the youngest */
    RECORDS_BYTES = 1024, /* of a replacement in the batch, besides its body */
};

/* Nothing was submitted, and it is no part of a long message. */
static bool replace_is_possible(const struct live *live)
{
    struct smpp_part part;

    return live->plan != NULL && live->body_count == 1 &&
           !(live->message.flags & MESSAGE_COLLECTED) &&
           recall_is_untouched(&live->message) &&
           !(live->bodies[0]->esm_class & SMPP_ESM_CLASS_UDHI) &&
           !body_part_of(live->bodies[0], &part);
}

static uint32_t seconds_since(int64_t then_ms, int64_t now_ms)
{
    int64_t past_ms = now_ms - then_ms;

    return past_ms > 0 ? (uint32_t)(past_ms / 1000) : 0;
}

void replace_name(const struct live *live, struct body *body)
{
    const struct body *old = live->bodies[0];

    body->id = old->id;
    body->message = old->message;
    body->alias = old->alias;
    body->number = old->number;
    body->id_form = old->id_form;
    body->place = old->place;
    body->revision = (uint8_t)(old->revision + 1);
    body->replaced_after_s = seconds_since(live_submitted_ms(live, old), gateway_now_ms(live->gateway));
}

/* --- times -------------------------------------------------------------------------- */

static int64_t start_of(const struct live *live, const struct replacement *replacement,
                        int64_t now_ms)
{
    int64_t start_ms = replacement->start_at_ms;

    if (start_ms == REPLACE_AS_IT_WAS)
        start_ms = live->message.state == MESSAGE_SCHEDULED ? live->message.start_at_ms : 0;
    return start_ms > now_ms ? start_ms : 0;
}

/*
 * A deadline that nobody asked for is the plan's, counted from the start: it moves with
 * it.  One that was asked for stays.
 */
static int64_t deadline_of(const struct live *live, const struct replacement *replacement,
                           int64_t now_ms)
{
    const struct message *message = &live->message;
    int64_t began_ms = message->start_at_ms > message->accepted_at_ms
                           ? message->start_at_ms
                           : message->accepted_at_ms;
    int64_t start_ms = start_of(live, replacement, now_ms);
    int64_t latest_ms = (start_ms ? start_ms : now_ms) + live->plan->deadline_ms;

    if (replacement->deadline_ms > 0)
        return replacement->deadline_ms < latest_ms ? replacement->deadline_ms : latest_ms;
    if (replacement->deadline_ms == 0 ||
        (replacement->start_at_ms != REPLACE_AS_IT_WAS &&
         message->deadline_ms == began_ms + live->plan->deadline_ms))
        return latest_ms;
    return message->deadline_ms;
}

static uint32_t check_times(const struct live *live, const struct replacement *replacement,
                            int64_t now_ms)
{
    int64_t start_ms = start_of(live, replacement, now_ms);
    int64_t deadline_ms = deadline_of(live, replacement, now_ms);

    if (start_ms && !recall_is_unbegun(&live->message))
        return ESME_RREPLACEFAIL;
    if (deadline_ms <= now_ms || deadline_ms <= start_ms)
        return replacement->deadline_ms > 0 ? ESME_RINVEXPIRY : ESME_RINVSCHED;
    return ESME_ROK;
}

/* --- one message -------------------------------------------------------------------- */

/* What the content rules make of the new text.  Class and plan were fixed at acceptance,
 * with their prices. */
static uint32_t judge(struct gateway *gateway, const struct live *live,
                      enum smpp_alphabet alphabet, struct replacement *it)
{
    const struct message *message = &live->message;
    const struct content_rule *rule =
        contents_judge(gateway, message->account, it->body, alphabet);

    if (rule == NULL)
        return ESME_ROK;
    if (rule->action == CONTENT_DENY)
        return ESME_RX_R_APPN;
    if ((rule->class != CONTENT_SAME_CLASS && rule->class != message_class(message)) ||
        (rule->plan != 0 && rule->plan != live->plan->id))
        return ESME_RREPLACEFAIL;
    if (rule->action != CONTENT_REVIEW || (message->flags & MESSAGE_KEPT))
        return ESME_ROK;
    it->kept_by = rule->name;
    return review_is_full(gateway) ? ESME_RMSGQFUL : ESME_ROK;
}

uint32_t replace_measure(struct gateway *gateway, const struct live *live,
                         struct replacement *it)
{
    const struct account *account =
        catalog_account(gateway->catalog, live->message.account);
    enum smpp_alphabet alphabet = translate_alphabet_of(account);
    const struct config_link *link = catalog_form_link(gateway->catalog, live->plan);
    const struct translate_form form = translate_form_of(link);
    uint32_t status = check_times(live, it, gateway_now_ms(gateway));
    int64_t hold;

    if (status == ESME_ROK)
        status = judge(gateway, live, alphabet, it);
    if (status != ESME_ROK)
        return status;
    it->in_latin = translate_wants_latin(account, link, it->body);
    if (!translate_count(it->body, alphabet, &form, it->in_latin, &it->segments,
                         &it->parts))
        return ESME_RINVMSGLEN;
    it->is_text = translate_is_text(it->body, alphabet);
    if (!price_worst_case(live->pins, it->parts, &hold))
        return ESME_RREPLACEFAIL;
    it->more_micro = hold - live->message.held_micro;
    it->more_parts =
        it->parts > live->message.parts ? (uint32_t)(it->parts - live->message.parts) : 0;
    return ESME_ROK;
}

bool replace_hold(struct gateway *gateway, uint32_t number, uint32_t more_parts,
                  int64_t more_micro)
{
    struct account *account = catalog_account(gateway->catalog, number);

    if (limits_ask(gateway, account, more_parts, more_micro > 0 ? more_micro : 0) !=
        USAGE_FITS)
        return false;
    if (more_micro > 0)
        return balance_hold(&account->balance, more_micro);
    balance_release(&account->balance, -more_micro);
    return true;
}

static void change_message(struct gateway *gateway, struct live *live,
                           const struct replacement *it)
{
    struct message *message = &live->message;
    int64_t now_ms = gateway_now_ms(gateway);
    int64_t start_ms = start_of(live, it, now_ms);

    message->deadline_ms = deadline_of(live, it, now_ms);
    message->segments = it->segments;
    message->parts = it->parts;
    message->held_micro += it->more_micro;
    message->flags &= (uint8_t) ~(MESSAGE_BINARY | MESSAGE_TRANSLITERATED);
    if (!it->is_text)
        message->flags |= MESSAGE_BINARY;
    if (it->in_latin)
        message->flags |= MESSAGE_TRANSLITERATED;
    if (start_ms == 0 && message->state == MESSAGE_SCHEDULED) {
        message->start_at_ms = now_ms;
    } else if (start_ms != 0) {
        message->state = MESSAGE_SCHEDULED;
        message->start_at_ms = start_ms;
        queue_remove(&live->waiting);
    }
}

void replace_apply(struct gateway *gateway, struct live *live, struct replacement *it)
{
    struct account *account = catalog_account(gateway->catalog, live->message.account);
    struct posting posting;

    limits_count_more(gateway, account, live->message.accepted_at_ms, it->more_parts,
                      it->more_micro);
    duplicates_replaced(gateway, live);
    if (it->more_micro != 0) {
        posting = it->more_micro > 0
                      ? ledger_posting(POSTING_HOLD, account->number, it->more_micro)
                      : ledger_posting(POSTING_RELEASE, account->number, -it->more_micro);
        posting.currency = account->currency;
        posting.message = live->message.id;
    }
    change_message(gateway, live, it);
    live->message.baseline_micro =
        money_baseline(gateway, live->plan, live->pins, it->parts);
    free(live->bodies[0]);
    live->bodies[0] = it->body;
    it->body = NULL;
    if (it->kept_by)
        review_keep(gateway, live, it->kept_by);
    store_message(gateway->store, &live->message, NULL);
    store_replace(gateway->store, live->bodies[0], live->message.baseline_micro,
                  it->more_micro != 0 ? &posting : NULL, gateway_now_ms(gateway));
}

struct live *replace_find(struct gateway *gateway, uint32_t account,
                          const struct body *body)
{
    struct live *live = pairs_first(gateway, account, body->source, body->destination);
    struct live *youngest = NULL;

    for (unsigned looks = 0; live && looks < LOOKS_MAX; live = pairs_next(live), looks++)
        if (strcmp(live->bodies[0]->service_type, body->service_type) == 0 &&
            replace_is_possible(live) &&
            (youngest == NULL || live->message.id > youngest->message.id))
            youngest = live;
    return youngest;
}

/* --- replace_sm --------------------------------------------------------------------- */

struct replace_request {
    int64_t start_at_ms;
    int64_t deadline_ms;
    bool blocked; /* one of the messages cannot be replaced */
    uint16_t count;
    uint64_t messages[OPERATION_MEMBERS_MAX];
    uint8_t registered_delivery;
    uint32_t text_size;
    uint8_t text[];
};

static uint32_t read_time(struct smpp_octets text, int64_t now_ms, uint32_t status,
                          int64_t *out_ms)
{
    *out_ms = REPLACE_AS_IT_WAS;
    return smpp_timestamp_read(text.data, text.size, now_ms, out_ms) ==
                   SMPP_TIMESTAMP_INVALID
               ? status
               : ESME_ROK;
}

uint32_t operation_replace_read(struct operation *operation, const struct smpp_pdu *request)
{
    struct smpp_octets text = smpp_pdu_user_data(request);
    struct replace_request *it = calloc(1, sizeof(*it) + text.size);
    int64_t now_ms = gateway_now_ms(operation->gateway);
    uint32_t status;

    if (it == NULL)
        abort();
    operation->replacing = it;
    it->registered_delivery = request->registered_delivery;
    it->text_size = text.size;
    if (text.size > 0)
        memcpy(it->text, text.data, text.size);
    if (request->sm_default_msg_id != 0)
        return ESME_RINVDFTMSGID;
    status = read_time(request->schedule_delivery_time, now_ms, ESME_RINVSCHED,
                       &it->start_at_ms);
    if (status == ESME_ROK)
        status =
            read_time(request->validity_period, now_ms, ESME_RINVEXPIRY, &it->deadline_ms);
    if (status == ESME_ROK && it->deadline_ms != REPLACE_AS_IT_WAS &&
        it->deadline_ms <= now_ms)
        status = ESME_RINVEXPIRY;
    return status;
}

void operation_replace_done(struct operation *operation)
{
    free(operation->replacing);
}

static void on_live(struct operation *operation, struct live *live, const struct body *body)
{
    struct replace_request *it = operation->replacing;

    (void)body;
    if (replace_is_possible(live))
        it->messages[it->count++] = live->message.id;
    else
        it->blocked = true;
}

static void on_ended(struct operation *operation, const struct live *stored,
                     const struct body *body)
{
    (void)stored;
    (void)body;
    operation->replacing->blocked = true;
}

/* All that a replace_sm does not say stays as it was submitted. */
static struct body *body_with_text(const struct live *live,
                                   const struct replace_request *request)
{
    const struct body *old = live->bodies[0];
    struct body *body = live_body_new(request->text_size, old->tlv_size);

    *body = *old;
    body->text_size = request->text_size;
    body->is_head = false;
    replace_name(live, body);
    body->registered_delivery = request->registered_delivery;
    if (old->from_api) {
        body->from_api = 0;
        body->data_coding = 0;
    }
    memcpy(body->bytes, request->text, request->text_size);
    memcpy(body->bytes + request->text_size, old->bytes + old->text_size, old->tlv_size);
    return body;
}

/* The first status that is not ESME_ROK; *out_parts and *out_more are of all. */
static uint32_t measure_all(struct operation *operation, struct replacement *out,
                            uint32_t *out_parts, int64_t *out_more)
{
    const struct replace_request *request = operation->replacing;
    size_t bytes = 0;

    *out_parts = 0;
    *out_more = 0;
    for (uint16_t i = 0; i < request->count; i++) {
        struct live *live = live_find(operation->gateway, request->messages[i]);
        uint32_t status;

        out[i] = (struct replacement){.body = body_with_text(live, request),
                                      .start_at_ms = request->start_at_ms,
                                      .deadline_ms = request->deadline_ms};
        status = replace_measure(operation->gateway, live, &out[i]);
        *out_parts += out[i].more_parts;
        bytes += RECORDS_BYTES + body_size(out[i].body->text_size, out[i].body->tlv_size);
        if (status == ESME_ROK &&
            (__builtin_add_overflow(*out_more, out[i].more_micro, out_more) ||
             bytes > STORE_CUT_BYTES))
            status = ESME_RREPLACEFAIL;
        if (status != ESME_ROK)
            return status;
    }
    return ESME_ROK;
}

static void apply_all(struct operation *operation, struct replacement *replacements)
{
    struct gateway *gateway = operation->gateway;
    const struct replace_request *request = operation->replacing;
    bool begun = store_begin(gateway->store, STORE_CONTINUATION);

    assert(begun);
    for (uint16_t i = 0; i < request->count; i++)
        replace_apply(gateway, live_find(gateway, request->messages[i]), &replacements[i]);
    store_end(gateway->store);
    for (uint16_t i = 0; i < request->count; i++) {
        begun = store_begin(gateway->store, STORE_CONTINUATION);
        assert(begun);
        dispatch_review(gateway, live_find(gateway, request->messages[i]));
        store_end(gateway->store);
    }
}

/* Time may have passed since they were found. */
static bool all_are_possible(const struct operation *operation)
{
    const struct replace_request *request = operation->replacing;

    for (uint16_t i = 0; i < request->count; i++) {
        const struct live *live = live_find(operation->gateway, request->messages[i]);

        if (live == NULL || !replace_is_possible(live))
            return false;
    }
    return true;
}

/* All of them or none. */
static uint32_t finish(struct operation *operation)
{
    const struct replace_request *request = operation->replacing;
    struct replacement *replacements;
    uint32_t parts;
    int64_t more;
    uint32_t status;

    if (request->blocked || !all_are_possible(operation))
        return ESME_RREPLACEFAIL;
    replacements = calloc(request->count, sizeof(*replacements));
    if (replacements == NULL)
        abort();
    status = measure_all(operation, replacements, &parts, &more);
    if (status == ESME_ROK &&
        !replace_hold(operation->gateway, operation->account, parts, more))
        status = ESME_RSUBMITFAIL;
    if (status == ESME_ROK)
        apply_all(operation, replacements);
    for (uint16_t i = 0; i < request->count; i++)
        free(replacements[i].body);
    free(replacements);
    return status;
}

const struct operation_kind operation_replace = {
    .on_live = on_live,
    .on_ended = on_ended,
    .finish = finish,
    .unread = ESME_RSYSERR,
};
