/* Captures, costs and releases. */
#include "gateway/money_moves.h"

#include <assert.h>

#include "gateway/catalog.h"
#include "gateway/gateway.h"
#include "gateway/limits.h"
#include "gateway/store.h"
#include "routing/delivery.h"
#include "routing/ledger.h"

/* Parts that one segment stands for: a payload is several, a cut text one each. */
static uint32_t parts_of_segment(const struct gateway *gateway, const struct live *live,
                                 uint32_t channel)
{
    const struct message *message = &live->message;

    if (!catalog_traits(gateway->catalog)[channel].is_link)
        return message->parts;
    return message->segments > 1 ? 1 : message->parts;
}

/* A price per message is asked for once in a step, whatever its segments. */
static bool is_paid(const struct live *live, uint8_t step, uint16_t segment)
{
    for (uint16_t i = 0; i < live->message.attempt_count; i++) {
        const struct attempt *attempt = &live->message.attempts[i];

        if (attempt->step == step && attempt->segment != segment &&
            attempt->charged_micro > 0)
            return true;
    }
    return false;
}

/* And owed once to each supplier. */
static bool is_owed(const struct live *live, const struct attempt *to)
{
    for (uint16_t i = 0; i < live->message.attempt_count; i++) {
        const struct attempt *attempt = &live->message.attempts[i];

        if (attempt->step == to->step && attempt->segment != to->segment &&
            attempt->channel == to->channel && attempt->cost_micro > 0)
            return true;
    }
    return false;
}

static bool buy_price(struct gateway *gateway, const struct live *live, uint32_t channel,
                      struct price *out)
{
    const struct account *account =
        catalog_account(gateway->catalog, live->message.account);

    return price_book_find(catalog_prices(gateway->catalog), PRICE_BUY, PRICE_ANY, channel,
                           live->class, account->currency, live->bodies[0]->destination,
                           out);
}

static const struct price *sell_price(const struct live *live, uint8_t step,
                                      uint32_t channel)
{
    return price_pinned(live->pins, step, plan_way_of(&live->plan->steps[step], channel));
}

bool money_buy_price(struct gateway *gateway, const struct live *live, uint32_t channel,
                     int64_t *out)
{
    struct price buy;

    return buy_price(gateway, live, channel, &buy) &&
           price_of(&buy, live->message.parts, out);
}

/* Of a group each channel may have its price, and the step holds the dearest: what several
 * of them earned together is never more. */
static int64_t within_hold(const struct live *live, uint8_t step, int64_t amount)
{
    int64_t left;

    if (live->plan->steps[step].way_count == 1 ||
        !price_dearest(live->pins, step, live->message.parts, &left))
        return amount;
    for (uint16_t i = 0; i < live->message.attempt_count; i++)
        if (live->message.attempts[i].step == step)
            left -= live->message.attempts[i].charged_micro;
    left = left > 0 ? left : 0;
    return amount < left ? amount : left;
}

bool money_step_prices(struct gateway *gateway, const struct live *live, uint32_t channel,
                       int64_t *out_sell, int64_t *out_buy)
{
    const struct price *sell = sell_price(live, live->message.step, channel);
    struct price buy;

    *out_buy = 0;
    return sell != NULL && price_of(sell, live->message.parts, out_sell) &&
           (!buy_price(gateway, live, channel, &buy) ||
            price_of(&buy, live->message.parts, out_buy));
}

int64_t money_step_charged(const struct message *message)
{
    int64_t charged = 0;

    for (uint16_t i = 0; i < message->attempt_count; i++)
        if (message->attempts[i].step == message->step)
            charged += message->attempts[i].charged_micro;
    return charged;
}

int64_t money_baseline(const struct gateway *gateway, const struct plan *plan,
                       const struct price_pins *pins, uint32_t parts)
{
    const struct channel_traits *traits = catalog_traits(gateway->catalog);
    int64_t cost = 0;

    for (uint8_t i = plan->step_count; i > 0; i--) {
        const uint8_t step = (uint8_t)(i - 1);
        const struct price *price = price_pinned(pins, step, price_first_way(pins, step));

        if (!traits[plan->steps[step].ways[0]].is_link || price == NULL)
            continue;
        (void)!price_of(price, parts, &cost);
        break;
    }
    return cost;
}

/* Whether what is billed on this state has happened to the attempt. */
static bool is_due(uint8_t billed, const struct attempt *attempt)
{
    bool positive = attempt->state <= ATTEMPT_CLICKED;

    switch (billed) {
    case ATTEMPT_SENT:
        /* What stays in doubt is not charged. */
        return attempt->sent_at_ms != 0 && !(attempt->flags & ATTEMPT_RETRY) &&
               attempt->state != ATTEMPT_UNKNOWN;
    case ATTEMPT_ACCEPTED:
        return (attempt->flags & ATTEMPT_WAS_ACCEPTED) != 0;
    default:
        return positive && attempt->state >= billed;
    }
}

struct moves {
    struct posting postings[4];
    size_t count;
};

static void add_posting(struct moves *moves, const struct live *live,
                        const struct attempt *attempt, uint32_t currency,
                        enum posting_kind kind, uint32_t owner, int64_t amount)
{
    struct posting posting;

    if (amount == 0)
        return;
    posting = ledger_posting(kind, owner, amount);
    posting.currency = currency;
    posting.message = live->message.id;
    posting.attempt = attempt->id;
    moves->postings[moves->count++] = posting;
}

/* After the end nothing is held any more: what fits is taken, the rest is absorbed. */
static void charge_late(struct gateway *gateway, struct live *live, struct account *account,
                        const struct attempt *anchor, int64_t amount, struct moves *moves)
{
    bool absorb = account->config && account->config->late_charge == CONFIG_LATE_ABSORB;
    int64_t taken = absorb ? 0 : balance_late(&account->balance, amount);

    gateway->counters.absorbed_micro += (uint64_t)(amount - taken);
    limits_correct(gateway, account, live->message.accepted_at_ms, taken);
    add_posting(moves, live, anchor, account->currency, POSTING_LATE_CAPTURE,
                account->number, taken);
    add_posting(moves, live, anchor, account->currency, POSTING_ABSORB, account->number,
                amount - taken);
}

static void charge(struct gateway *gateway, struct live *live, struct attempt *anchor,
                   const struct attempt *attempt, struct moves *moves)
{
    struct account *account = catalog_account(gateway->catalog, live->message.account);
    const struct price *price = sell_price(live, attempt->step, attempt->channel);
    int64_t amount;

    if (price == NULL || anchor->charged_micro != 0 || !is_due(price->billed, attempt) ||
        (price->per_message && is_paid(live, attempt->step, attempt->segment)) ||
        !price_of(price, parts_of_segment(gateway, live, attempt->channel), &amount) ||
        (amount = within_hold(live, attempt->step, amount)) == 0)
        return;
    if (live->message.state == MESSAGE_ENDED) {
        charge_late(gateway, live, account, anchor, amount, moves);
    } else {
        assert(amount <= live->message.held_micro);
        balance_capture(&account->balance, amount);
        live->message.held_micro -= amount;
        add_posting(moves, live, anchor, account->currency, POSTING_CAPTURE,
                    account->number, amount);
    }
    anchor->charged_micro = amount;
    live->message.charged_micro += amount;
}

void money_fix_cost(struct gateway *gateway, const struct live *live,
                    struct attempt *attempt)
{
    struct price price;

    if (!buy_price(gateway, live, attempt->channel, &price) ||
        !price_of(&price, parts_of_segment(gateway, live, attempt->channel),
                  &attempt->buy_micro))
        return;
    attempt->buy_on = price.billed;
    if (price.per_message)
        attempt->flags |= ATTEMPT_BOUGHT_WHOLE;
}

static void owe(struct gateway *gateway, struct live *live, struct attempt *attempt,
                struct moves *moves)
{
    struct account *account = catalog_account(gateway->catalog, live->message.account);

    /* Of an account that never had money and is configured no more nobody knows in what. */
    if (attempt->cost_micro != 0 || attempt->buy_on == 0 || account->currency == 0 ||
        !is_due(attempt->buy_on, attempt) ||
        ((attempt->flags & ATTEMPT_BOUGHT_WHOLE) && is_owed(live, attempt)))
        return;
    attempt->cost_micro = attempt->buy_micro;
    live->message.cost_micro += attempt->buy_micro;
    add_posting(moves, live, attempt, account->currency, POSTING_COST, attempt->channel,
                attempt->buy_micro);
}

void money_record_attempt(struct gateway *gateway, struct live *live,
                          struct attempt *attempt)
{
    struct attempt *anchor = message_attempt(&live->message, attempt->anchor);
    int64_t charged_before = attempt->charged_micro;
    int64_t cost_before = attempt->cost_micro;
    struct moves moves = {.count = 0};

    charge(gateway, live, anchor, attempt, &moves);
    if (anchor != attempt && moves.count > 0) {
        /* A later try earned it: the money stands on the first one, so that no two can. */
        store_attempt(gateway->store, live->message.id, anchor, 0, anchor->cost_micro,
                      moves.postings, moves.count);
        moves.count = 0;
    }
    owe(gateway, live, attempt, &moves);
    store_attempt(gateway->store, live->message.id, attempt, charged_before, cost_before,
                  moves.postings, moves.count);
}

void money_record_end(struct gateway *gateway, struct live *live)
{
    struct account *account = catalog_account(gateway->catalog, live->message.account);
    int64_t held = live->message.held_micro;
    struct posting release;

    if (held > 0) {
        balance_release(&account->balance, held);
        limits_correct(gateway, account, live->message.accepted_at_ms, -held);
        release = ledger_posting(POSTING_RELEASE, account->number, held);
        release.currency = account->currency;
        release.message = live->message.id;
        live->message.held_micro = 0;
    }
    store_message(gateway->store, &live->message, held > 0 ? &release : NULL);
}
