/*
 * The door.  In order: is it well formed, is there room, is the sender within his rate,
 * which plan, what may it cost, does he have it; then one decision records all of it,
 * with the permit of the first try if a slot is free.
 */
#include "gateway/intake_pieces.h"

#include <stdlib.h>

#include "gateway/aliases.h"
#include "gateway/collector.h"
#include "gateway/content.h"
#include "gateway/dispatch.h"
#include "gateway/esme.h"
#include "gateway/gateway.h"
#include "gateway/limits.h"
#include "gateway/money_moves.h"
#include "gateway/optouts.h"
#include "gateway/pairs.h"
#include "gateway/review.h"
#include "gateway/translate.h"

/* --- may it ------------------------------------------------------------------------- */

enum intake_result intake_permit(const struct submission *it)
{
    enum permission permission;

    if (it->account->suspended_since_ms != 0)
        return INTAKE_SUSPENDED;
    permission = limits_permit(it->gateway, it->account, it->body, it->is_reply);
    return permission == PERMISSION_OK
               ? INTAKE_OK
               : (enum intake_result)(INTAKE_DENIED_SOURCE + permission -
                                      PERMISSION_SOURCE);
}

/* --- which plan --------------------------------------------------------------------- */

/* What the content rules make of it: its class, its plan, whether it may pass. */
static enum intake_result judge(struct submission *it, uint8_t *out_class)
{
    const struct content_rule *rule;

    /* What is sent in reply is the configuration's own. */
    if (it->is_reply)
        return INTAKE_OK;
    rule = contents_judge(it->gateway, it->account->number, it->body,
                          translate_alphabet_of(it->account));

    if (rule == NULL)
        return INTAKE_OK;
    if (rule->plan != 0)
        it->plan = catalog_plan(it->gateway->catalog, rule->plan);
    *out_class = rule->class;
    if (rule->action == CONTENT_REVIEW)
        it->kept_by = rule->name;
    return rule->action == CONTENT_DENY ? INTAKE_DENIED : INTAKE_OK;
}

static enum intake_result choose_plan(struct submission *it)
{
    size_t count;
    const struct rule *rules = catalog_rules(it->gateway->catalog, &count);
    const struct config_account *config = it->account->config;
    uint8_t class = CONTENT_SAME_CLASS;
    enum intake_result result = judge(it, &class);
    const struct rule_facts facts = {
        .account = it->account->number,
        .class = class != CONTENT_SAME_CLASS ? class : (uint32_t)config->class,
        .service_type = it->body->service_type,
        .source = it->body->source,
        .destination = it->body->destination,
    };

    if (it->plan == NULL) {
        uint32_t otherwise = catalog_plan_at(it->gateway->catalog, config->plan)->id;

        it->plan =
            catalog_plan(it->gateway->catalog, rule_find(rules, count, &facts, otherwise));
    }
    it->class = it->plan->class < QUEUE_CLASSES ? it->plan->class : (uint8_t)config->class;
    if (class != CONTENT_SAME_CLASS)
        it->class = class;
    if (result == INTAKE_OK && !(config->classes & 1u << it->class))
        result = INTAKE_NO_CLASS;
    return result;
}

/* Some step shows class 0 to the person as any text. */
static bool shows_flash(const struct plan *plan)
{
    for (uint8_t i = 0; i < plan->step_count; i++)
        if (plan->steps[i].flash_as_text)
            return true;
    return false;
}

/* The first part's plan is that of all: others may ask for another one, or for none. */
static bool is_collected(const struct submission *it)
{
    return it->plan->collects || collector_find(it->gateway, it->account->number, it->body,
                                                &it->part) != NULL;
}

static enum intake_result measure(struct submission *it)
{
    enum smpp_alphabet alphabet = translate_alphabet_of(it->account);
    const struct config_link *link = catalog_form_link(it->gateway->catalog, it->plan);
    const struct translate_form form = translate_form_of(link);

    it->in_latin = translate_wants_latin(it->account, link, it->body);
    if (!translate_count(it->body, alphabet, &form, it->in_latin, &it->segments,
                         &it->parts))
        return INTAKE_BAD_TEXT;
    it->is_text = translate_is_text(it->body, alphabet);
    it->is_part = (it->is_text ||
                   (shows_flash(it->plan) && translate_is_flash(it->body, alphabet))) &&
                  !it->body->from_api && it->segments == 1 && it->parts == 1 &&
                  it->start_at_ms <= it->now_ms &&
                  body_part_of(it->body, &it->part) && is_collected(it);
    return INTAKE_OK;
}

/* --- recording ---------------------------------------------------------------------- */

static void fill_message(const struct submission *it, struct live *live, uint32_t parts,
                         int64_t hold)
{
    struct message *message = &live->message;

    live->plan = catalog_name_plan(it->gateway->catalog, it->plan->id);
    live->pins = catalog_name_pins(it->gateway->catalog, it->pins);
    live->class = it->class;
    live->origin = it->session;
    message->account = it->account->number;
    message->plan = it->plan->id;
    message->pins = it->pins;
    message->accepted_at_ms = it->now_ms;
    message->entered_at_ms = it->now_ms;
    message->deadline_ms = (it->start_at_ms > it->now_ms ? it->start_at_ms : it->now_ms) +
                           it->plan->deadline_ms;
    if (it->deadline_ms && it->deadline_ms < message->deadline_ms)
        message->deadline_ms = it->deadline_ms;
    message->held_micro = hold;
    message->segments = it->segments;
    message->parts = (uint16_t)parts;
    message->baseline_micro = money_baseline(it->gateway, it->plan, live->pins, parts);
    message->state = MESSAGE_WAITING;
    if (!it->is_text)
        message->flags |= MESSAGE_BINARY;
    if (it->in_latin) {
        message->flags |= MESSAGE_TRANSLITERATED;
        it->gateway->counters.transliterated++;
    }
    message->flags |= message_class_flags(it->class);
    if (it->is_reply)
        message->flags |= MESSAGE_REPLY;
    if (it->start_at_ms > it->now_ms) {
        message->state = MESSAGE_SCHEDULED;
        message->start_at_ms = it->start_at_ms;
    }
    if (it->is_part) {
        message->flags |= MESSAGE_COLLECTED;
        message->state = MESSAGE_COLLECTING;
        message->start_at_ms = it->now_ms + it->plan->collect_within_ms;
        if (message->start_at_ms > message->deadline_ms)
            message->start_at_ms = message->deadline_ms;
    }
}

static enum public_id_form form_of(const struct submission *it)
{
    const struct config_account *config = it->account->config;

    return config->short_ids && esmes_is_old(it->gateway, it->session) ? PUBLIC_ID_ALIAS
                                                                       : config->message_id;
}

/* Its id, in the account's form; all of a submit_multi share that of the first. */
static void name_submission(struct submission *it)
{
    struct multi *multi = it->multi;
    struct body *body = it->body;

    body->id =
        multi ? ids_after(multi->first_id, multi->accepted) : gateway_id(it->gateway);
    body->id_form = (uint8_t)form_of(it);
    if (multi)
        body->place = (uint8_t)++multi->accepted;
    if (body->id_form == PUBLIC_ID_ALIAS)
        body->alias = multi && multi->accepted > 1 ? multi->alias
                                                   : aliases_give(it->gateway, body->id);
    if (multi)
        multi->alias = body->alias;
}

/* What is held may be less before it is told, or nothing: it may end in this decision. */
static void answer_when_durable(struct submission *it, int64_t held_micro)
{
    it->answer.id = it->body->id;
    if (it->body->from_api)
        intake_set_held(&it->answer, held_micro);
    if (it->answer.run)
        store_effect(it->gateway->store, &it->answer);
}

/* A message of its own, or the first part of one. */
static enum intake_result begin_message(struct submission *it)
{
    struct gateway *gateway = it->gateway;
    uint32_t parts = it->is_part ? it->part.total : it->parts;
    struct posting posting;
    enum usage_kind over;
    struct live *live;
    int64_t hold;

    if (!catalog_pin(gateway->catalog, gateway->store, it->plan, it->account->number,
                     it->class, it->body->destination, it->now_ms, &it->pins))
        return INTAKE_FULL;
    if (it->pins == 0 ||
        !price_worst_case(catalog_pins(gateway->catalog, it->pins), parts, &hold))
        return INTAKE_NO_PRICE;
    if (!limits_recipient_fits(gateway, it->account, it->body->destination))
        return INTAKE_RECIPIENT;
    over = limits_ask(gateway, it->account, parts, hold);
    if (over != USAGE_FITS)
        return (enum intake_result)(INTAKE_PARTS_PER_HOUR + over);
    if (!balance_hold(&it->account->balance, hold))
        return INTAKE_NO_MONEY;
    name_submission(it);
    it->body->message = it->body->id;
    it->body->number = it->is_part ? it->part.number : 1;
    live = live_new(gateway, it->body->id, it->body);
    fill_message(it, live, parts, hold);
    /* A long message is judged when it is whole. */
    if (it->kept_by && !it->is_part)
        review_keep(gateway, live, it->kept_by);
    if (hold > 0) {
        posting = ledger_posting(POSTING_HOLD, it->account->number, hold);
        posting.currency = it->account->currency;
        posting.message = live->message.id;
    }
    store_accept(gateway->store, &live->message, it->body, hold > 0 ? &posting : NULL);
    limits_count(gateway, it->account, parts, hold, it->body->destination);
    intake_remember(it, hold);
    pairs_note(gateway, live);
    it->answer.place = live->place;
    answer_when_durable(it, hold);
    if (it->is_part)
        collector_open(gateway, live, &it->part);
    else if (it->multi == NULL)
        dispatch_review(gateway, live);
    if (it->session != 0)
        esmes_end_turn(gateway, it->session, live);
    return INTAKE_OK;
}

static void join_message(struct submission *it, struct live *live)
{
    name_submission(it);
    intake_remember(it, 0);
    answer_when_durable(it, 0);
    if (!it->is_text)
        live->message.flags |= MESSAGE_BINARY;
    collector_join(it->gateway, live, it->body, &it->part);
}

static enum intake_result record(struct submission *it)
{
    struct gateway *gateway = it->gateway;
    struct live *live = NULL;
    enum intake_result result = INTAKE_OK;
    bool in_decision = it->multi != NULL || it->is_reply;

    if ((it->kept_by && review_is_full(gateway)) || lives_are_full(gateway->lives) ||
        (it->is_part && lives_parts_are_full(gateway->lives)) ||
        (form_of(it) == PUBLIC_ID_ALIAS && !aliases_have_room(gateway)) ||
        (!in_decision && !store_begin(gateway->store, STORE_BEGINNING)))
        return INTAKE_FULL;
    if (it->is_part)
        live = collector_find(gateway, it->account->number, it->body, &it->part);
    if (live)
        join_message(it, live);
    else
        result = begin_message(it);
    if (!in_decision)
        store_end(gateway->store);
    return result;
}

/* Only a session can be made to wait (esme.c). */
static int64_t patience_ms(const struct submission *it)
{
    return it->session != 0 ? it->account->config->over_rate_wait_ms : 0;
}

enum intake_result intake_accept(struct submission *it)
{
    struct accounts *accounts = it->gateway->accounts;
    enum intake_result result;
    uint32_t index = (uint32_t)it->account_index;

    result = intake_permit(it);
    if (result == INTAKE_OK)
        result = choose_plan(it);
    if (result == INTAKE_OK)
        result = measure(it);
    if (result == INTAKE_OK && !it->is_reply &&
        optouts_forbid(it->gateway, it->account->number, it->class, it->body->source,
                       it->body->destination))
        result = INTAKE_OPTED_OUT;
    if (result == INTAKE_OK &&
        !accounts_take_parts(accounts, index, it->parts, patience_ms(it),
                             clock_mono_ms(it->gateway->clock))) {
        result = INTAKE_RATE;
    } else if (result == INTAKE_OK && intake_answer_as_first(it)) {
        free(it->body);
        return INTAKE_OK;
    } else if (result == INTAKE_OK) {
        result = record(it);
        if (result != INTAKE_OK)
            accounts_give_parts(accounts, index, it->parts);
    }
    if (result != INTAKE_OK) {
        free(it->body);
        intake_count_refusal(it, result);
        return result;
    }
    it->account->accepted++;
    it->gateway->counters.accepted++;
    return INTAKE_OK;
}
