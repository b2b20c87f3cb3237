/*
 * Random plans, prices and courses of events, and beside them a second set of books, kept
 * the naive way: by what was seen of each try, whatever state it has.  Memory, tables and
 * the naive books must agree to the micro-unit, before and after a restart; after a cut at
 * any moment the tables must agree with themselves.
 */
#include "gateway/money_moves.h"

#include <stdlib.h>

#include "gateway/catalog.h"
#include "gateway/gateway.h"
#include "gateway/live.h"
#include "gateway/profile.h"
#include "routing/delivery.h"
#include "tests/gateway/store_life.h"
#include "tests/test.h"

enum {
    COURSES = 120,
    LINKS = 3,
    CHANNELS = LINKS + 1, /* and a messenger */
    STEPS = 3,
    WAYS = 3,
    SEGMENTS = 4,
    TRIES = 24,
    MESSAGES = 5,
    EVENTS = 150,
};

/* --- chance ------------------------------------------------------------------------- */

static uint64_t chance;
static uint64_t running; /* the seed; 0: none */

static unsigned any(unsigned below)
{
    chance = chance * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(chance >> 33) % below;
}

/* --- the naive books ---------------------------------------------------------------- */

struct tariff {
    bool known;
    bool whole; /* by the message */
    uint8_t on; /* enum config_billed */
    int64_t unit;
};

struct naive_try {
    unsigned step, way, segment, channel;
    bool out, told, answered, proved, delivered, read, again;
    struct tariff buy;
    int64_t cost;
};

struct naive {
    bool ended;
    unsigned parts, segments; /* over links */
    struct tariff sell[CHANNELS];
    struct naive_try tries[TRIES];
    int64_t charged[STEPS][SEGMENTS + 1];
    int64_t held;
};

struct course {
    struct life life;
    struct gateway gateway;
    struct config config;
    struct config_account account;
    struct config_link links[LINKS];
    struct config_channel messenger;
    struct profile profile;
    struct config_way ways[STEPS][WAYS];
    struct config_step steps[STEPS];
    struct config_plan plan;
    struct config_price prices[2 * CHANNELS];
    struct config_beginning beginning;
    struct tariff sell[CHANNELS], buy[CHANNELS];
    struct live lives[MESSAGES];
    struct body *bodies[MESSAGES];
    struct naive naive[MESSAGES];
    unsigned messages;
    int64_t available, held, charged, absorbed, cost, limit;
};

static bool is_due(uint8_t on, const struct naive_try *try)
{
    switch (on) {
    case CONFIG_ON_SUBMIT:
        return try->out && !try->again && (try->answered || try->proved);
    case CONFIG_ON_ACCEPTED:
        return try->proved;
    case CONFIG_ON_DELIVERED:
        return try->delivered || try->read;
    default:
        return try->read;
    }
}

static unsigned channel_of(const struct course *course, unsigned step, unsigned way)
{
    const struct config_way *it = &course->ways[step][way];

    return it->is_link ? (unsigned)it->index : LINKS;
}

static int64_t amount_of(const struct tariff *tariff, unsigned parts)
{
    return tariff->whole ? tariff->unit : tariff->unit * parts;
}

static int64_t dearest(const struct course *course, const struct naive *naive,
                       unsigned step)
{
    int64_t most = 0;

    for (unsigned way = 0; way < course->steps[step].way_count; way++) {
        const struct tariff *sell = &naive->sell[channel_of(course, step, way)];

        if (sell->known && amount_of(sell, naive->parts) > most)
            most = amount_of(sell, naive->parts);
    }
    return most;
}

static unsigned parts_of_try(const struct naive *naive, const struct naive_try *try)
{
    return try->channel < LINKS && naive->segments > 1 ? 1 : naive->parts;
}

static void book_charge(struct course *course, struct naive *naive, struct naive_try *try)
{
    const struct tariff *sell = &naive->sell[try->channel];
    int64_t *charged = naive->charged[try->step];
    int64_t sum = 0;
    int64_t amount;

    if (!sell->known || !is_due(sell->on, try) || charged[try->segment] != 0)
        return;
    for (unsigned segment = 1; segment <= SEGMENTS; segment++) {
        if (sell->whole && charged[segment] != 0)
            return;
        sum += charged[segment];
    }
    amount = amount_of(sell, parts_of_try(naive, try));
    if (amount > dearest(course, naive, try->step) - sum)
        amount = dearest(course, naive, try->step) - sum;
    assert_true(amount >= 0);
    charged[try->segment] = amount;
    if (!naive->ended) {
        naive->held -= amount;
        course->held -= amount;
        course->charged += amount;
    } else {
        int64_t room = course->available - course->limit;
        int64_t taken = amount < room ? amount : room > 0 ? room : 0;

        if (course->account.late_charge == CONFIG_LATE_ABSORB)
            taken = 0;
        course->available -= taken;
        course->charged += taken;
        course->absorbed += amount - taken;
    }
}

static void book_cost(struct course *course, struct naive *naive, struct naive_try *try)
{
    if (!try->buy.known || !is_due(try->buy.on, try) || try->cost != 0)
        return;
    for (unsigned i = 0; try->buy.whole && i < TRIES; i++) {
        const struct naive_try *other = &naive->tries[i];

        if (other->step == try->step && other->segment != try->segment &&
            other->channel == try->channel && other->cost != 0)
            return;
    }
    try->cost = amount_of(&try->buy, parts_of_try(naive, try));
    course->cost += try->cost;
}

static void book_event(struct naive_try *try, enum attempt_event event)
{
    try->answered = try->answered || event == ATTEMPT_EV_OK || event == ATTEMPT_EV_REFUSED;
    try->proved =
        try->proved || event == ATTEMPT_EV_OK ||
        (event >= ATTEMPT_EV_REPORT_ACCEPTED && event <= ATTEMPT_EV_REPORT_EXPIRED);
    try->delivered = try->delivered || event == ATTEMPT_EV_REPORT_DELIVERED;
    try->read = try->read || event == ATTEMPT_EV_REPORT_READ;
    if (event == ATTEMPT_EV_RETRY)
        try->again = !try->proved;
    else if (try->delivered || try->read)
        try->again = false;
}

/* --- the product ------------------------------------------------------------------- */

static void random_tariff(struct tariff *out)
{
    static const uint8_t billed[] = {CONFIG_ON_SUBMIT, CONFIG_ON_ACCEPTED,
                                     CONFIG_ON_DELIVERED, CONFIG_ON_READ};

    *out = (struct tariff){any(8) != 0, any(3) == 0, billed[any(4)], any(6) * 10007};
}

static void set_prices(struct course *course)
{
    size_t count = 0;

    for (unsigned i = 0; i < 2 * CHANNELS; i++) {
        const struct tariff *tariff =
            i < CHANNELS ? &course->sell[i] : &course->buy[i - CHANNELS];
        unsigned channel = i % CHANNELS;

        if (!tariff->known)
            continue;
        course->prices[count++] = (struct config_price){
            .side = i < CHANNELS ? CONFIG_SELL : CONFIG_BUY,
            .any_account = true,
            .channel = {.name = channel < LINKS ? course->links[channel].name
                                                : course->messenger.name,
                        .is_link = channel < LINKS,
                        .index = channel < LINKS ? channel : 0},
            .class = CONFIG_ANY_CLASS,
            .unit = tariff->whole ? CONFIG_PER_MESSAGE : CONFIG_PER_PART,
            .billed = tariff->on,
            .price_micro = tariff->unit,
            .currency = "EUR",
            .reach = {.beginnings = &course->beginning,                                                                        .count = 1},
        };
    }
    course->config.price_count = count;
}

static void reprice(struct course *course)
{
    for (unsigned i = 0; i < CHANNELS; i++) {
        random_tariff(&course->sell[i]);
        random_tariff(&course->buy[i]);
    }
    set_prices(course);
}

static void configure(struct course *course)
{
    static const char *const names[] = {"a", "b", "c"};

    course->beginning = (struct config_beginning){"", CONFIG_BY_PREFIX};
    course->profile.proves = CONFIG_READ;
    course->messenger = (struct config_channel){.name = "m", .profile = &course->profile};
    for (unsigned i = 0; i < LINKS; i++)
        course->links[i] = (struct config_link){.name = names[i], .receipts = true};
    course->account = (struct config_account){
        .name = "acme",
        .currency = "EUR",
        .opening_micro = 1 + any(2000000),
        .credit_micro = any(2) ? any(100000) : 0,
        .late_charge = any(4) == 0 ? CONFIG_LATE_ABSORB : CONFIG_LATE_CHARGE};
    course->plan = (struct config_plan){.name = "plan",
                                        .class = CONFIG_ANY_CLASS,
                                        .deadline_ms = 60000,
                                        .steps = course->steps,
                                        .step_count = 1 + any(STEPS)};
    for (unsigned step = 0; step < STEPS; step++) {
        bool is_messenger = any(3) == 0;
        size_t count = is_messenger ? 1 : 1 + any(WAYS);

        course->steps[step] = (struct config_step){.name = names[step],
                                                   .ways = course->ways[step],
                                                   .way_count = count,
                                                   .until = CONFIG_DELIVERED,
                                                   .within_ms = 1000,
                                                   .enter_within_ms = 1000};
        for (size_t way = 0; way < count; way++)
            course->ways[step][way] = (struct config_way){
                .name = names[way], .is_link = !is_messenger, .index = way, .weight = 1};
    }
    course->config = (struct config){.accounts = &course->account,
                                     .account_count = 1,
                                     .links = course->links,
                                     .link_count = LINKS,
                                     .channels = &course->messenger,
                                     .channel_count = 1,
                                     .plans = &course->plan,
                                     .plan_count = 1,
                                     .prices = course->prices};
    reprice(course);
}

static void on_definition(void *owner, const struct store_definition *definition)
{
    catalog_load(((struct course *)owner)->gateway.catalog, definition);
}

static void on_balance(void *owner, uint64_t ledger, uint32_t currency, int64_t amount)
{
    catalog_load_balance(((struct course *)owner)->gateway.catalog, ledger, currency,
                         amount);
}

static void on_opening(void *owner, uint32_t account, int64_t amount)
{
    catalog_load_opening(((struct course *)owner)->gateway.catalog, account, amount);
}

static void start(struct course *course)
{
    static const struct store_loader loader = {
        .on_definition = on_definition, .on_balance = on_balance, .on_opening = on_opening};
    char error[256] = "";

    assert_true(life_open(&course->life));
    course->gateway.config = &course->config;
    course->gateway.clock = course->life.clock;
    course->gateway.store = course->life.store;
    course->gateway.catalog = catalog_new(&course->config);
    CHECK(life_load(&course->life, &loader, course), course->life.error);
    CHECK(catalog_settle(course->gateway.catalog, course->gateway.store, error,
                         sizeof(error)),
          error);
    /* What was accepted names what is stored. */
    for (unsigned i = 0; i < course->messages; i++) {
        struct live *live = &course->lives[i];

        live->plan = catalog_name_plan(course->gateway.catalog, live->message.plan);
        live->pins = catalog_name_pins(course->gateway.catalog, live->message.pins);
    }
}

static struct account *account_of(const struct course *course)
{
    return catalog_account_at(course->gateway.catalog, 0);
}

static void accept(struct course *course)
{
    struct catalog *catalog = course->gateway.catalog;
    unsigned n = course->messages + 1;
    struct live *live = &course->lives[course->messages];
    struct naive *naive = &course->naive[course->messages];
    const struct plan *plan = catalog_plan_at(catalog, 0);
    struct account *account = account_of(course);
    struct posting posting;
    int64_t worst = 0;
    bool sold = false;
    int64_t hold;
    uint32_t pins;

    *naive = (struct naive){.parts = 1 + any(SEGMENTS)};
    naive->segments = any(4) == 0 ? 1 : naive->parts;
    memcpy(naive->sell, course->sell, sizeof(naive->sell));
    for (unsigned step = 0; step < course->plan.step_count; step++) {
        worst += dearest(course, naive, step);
        for (unsigned way = 0; way < course->steps[step].way_count; way++)
            sold = sold || naive->sell[channel_of(course, step, way)].known;
    }
    life_decide(&course->life);
    assert_true(catalog_pin(catalog, course->gateway.store, plan, account->number, 0,
                            "4917", gateway_now_ms(&course->gateway), &pins));
    assert_int_equal(pins != 0, sold);
    if (pins != 0) {
        assert_true(price_worst_case(catalog_pins(catalog, pins), naive->parts, &hold));
        assert_int_equal(hold, worst);
        if (balance_hold(&account->balance, hold)) {
            assert_true(course->available - worst >= course->limit);
            course->available -= worst;
            course->held += worst;
            naive->held = worst;
            *live = (struct live){.gateway = &course->gateway,
                                  .plan = plan,
                                  .pins = catalog_name_pins(catalog, pins)};
            course->bodies[course->messages] = life_new_body(n, 20);
            live->bodies = &course->bodies[course->messages];
            live->body_count = 1;
            life_fill_message(n, &live->message);
            live->message.account = account->number;
            live->message.plan = plan->id;
            live->message.pins = pins;
            live->message.parts = (uint16_t)naive->parts;
            live->message.segments = (uint16_t)naive->segments;
            live->message.held_micro = hold;
            if (hold > 0)
                posting = ledger_posting(POSTING_HOLD, account->number, hold);
            if (hold > 0) {
                posting.currency = account->currency;
                posting.message = live->message.id;
            }
            store_accept(course->gateway.store, &live->message, live->bodies[0],
                         hold > 0 ? &posting : NULL);
            course->messages++;
        } else {
            assert_true(course->available - worst < course->limit);
        }
    }
    store_end(course->gateway.store);
}

/* A new try of some segment, on some way of some step. */
static void permit(struct course *course, struct live *live, struct naive *naive)
{
    uint16_t at = live->message.attempt_count;
    struct naive_try *try = &naive->tries[at];
    struct attempt *attempt;
    uint64_t anchor = 0;

    *try = (struct naive_try){.step = any(2) ? 0 : any((unsigned)course->plan.step_count)};
    try->way = any((unsigned)course->steps[try->step].way_count);
    try->channel = channel_of(course, try->step, try->way);
    try->segment = try->channel < LINKS ? 1 + any(naive->segments) : 1;
    try->buy = course->buy[try->channel];
    for (uint16_t i = 0; i < at && anchor == 0; i++)
        if (naive->tries[i].step == try->step && naive->tries[i].segment == try->segment)
            anchor = live->message.attempts[i].id;
    attempt = message_add_attempt(&live->message);
    attempt->id = live->message.id + 1 + at;
    attempt->anchor = anchor ? anchor : attempt->id;
    attempt->channel = live->plan->steps[try->step].ways[try->way];
    attempt->segment = (uint16_t)try->segment;
    attempt->step = (uint8_t)try->step;
    attempt->number = 1;
    attempt->state = ATTEMPT_INTENT;
    attempt->updated_at_ms = live->message.accepted_at_ms + 1;
    money_fix_cost(&course->gateway, live, attempt);
    store_permit(course->gateway.store, live->message.id, attempt);
}

static void happen(struct course *course, struct live *live, struct naive *naive)
{
    static const enum attempt_event verdicts[] = {ATTEMPT_EV_OK, ATTEMPT_EV_OK,
                                                  ATTEMPT_EV_RETRY, ATTEMPT_EV_REFUSED,
                                                  ATTEMPT_EV_UNSURE};
    uint16_t at = (uint16_t)any(live->message.attempt_count);
    struct attempt *attempt = &live->message.attempts[at];
    struct naive_try *try = &naive->tries[at];
    enum attempt_event event;

    if (attempt->state == ATTEMPT_INTENT) {
        attempt->sent_at_ms = attempt->updated_at_ms + 1;
        assert_true(delivery_apply(attempt, ATTEMPT_EV_HANDED_OVER, REASON_NONE,
                                   attempt->sent_at_ms));
        try->out = true;
        return;
    }
    event = (enum attempt_event)(ATTEMPT_EV_REPORT_ACCEPTED + any(5));
    if (!try->told && any(4) != 0) {
        event = verdicts[any(ROWS(verdicts))];
        try->told = true;
    }
    delivery_apply(attempt, event, REASON_UNKNOWN, attempt->updated_at_ms + 1);
    money_record_attempt(&course->gateway, live, attempt);
    book_event(try, event);
    book_charge(course, naive, try);
    book_cost(course, naive, try);
}

static void finish(struct course *course, struct live *live, struct naive *naive)
{
    live->message.state = MESSAGE_ENDED;
    live->message.end = MESSAGE_DELIVERED;
    live->message.ended_at_ms = live->message.accepted_at_ms + 1000;
    money_record_end(&course->gateway, live);
    naive->ended = true;
    course->available += naive->held;
    course->held -= naive->held;
    naive->held = 0;
}

/* --- comparing ---------------------------------------------------------------------- */

static int64_t charged_of(const struct naive *naive)
{
    int64_t sum = 0;

    for (unsigned step = 0; step < STEPS; step++)
        for (unsigned segment = 1; segment <= SEGMENTS; segment++)
            sum += naive->charged[step][segment];
    return sum;
}

static int64_t cost_of(const struct naive *naive)
{
    int64_t sum = 0;

    for (unsigned i = 0; i < TRIES; i++)
        sum += naive->tries[i].cost;
    return sum;
}

static void compare_message(const struct message *message, const struct naive *naive)
{
    assert_int_equal(message->held_micro, naive->held);
    assert_int_equal(message->charged_micro, charged_of(naive));
    assert_int_equal(message->cost_micro, cost_of(naive));
}

static void compare_memory(const struct course *course)
{
    const struct balance *balance = &account_of(course)->balance;

    assert_int_equal(balance->available, course->available);
    assert_int_equal(balance->held, course->held);
    assert_int_equal(balance->opening, course->available + course->held + course->charged);
    for (unsigned i = 0; i < course->messages; i++)
        compare_message(&course->lives[i].message, &course->naive[i]);
}

static void check_books(struct course *course)
{
    life_check_ledger(&course->life);
}

static void keep_statement(void *owner, uint64_t tag, const struct statement *statement)
{
    int64_t charged = 0;
    int64_t cost = 0;

    (void)tag;
    for (size_t i = 0; i < statement->line_count; i++) {
        charged += statement->lines[i].charged_micro;
        cost += statement->lines[i].cost_micro;
    }
    assert_int_equal(charged, statement->charged_micro);
    assert_int_equal(cost, statement->cost_micro);
    *(struct statement *)owner = *statement;
    ((struct statement *)owner)->lines = NULL;
}

static void compare_tables(struct course *course)
{
    struct statement statement = {.failed = true};

    check_books(course);
    for (unsigned i = 0; i < course->messages; i++) {
        struct stored_message stored;

        life_find(&course->life, course->lives[i].message.id, &stored);
        assert_true(stored.found);
        compare_message(&stored.message, &course->naive[i]);
        life_done(&stored);
    }
    assert_true(store_reader_statement(life_reader(&course->life), 1, 0, INT64_MAX,
                                       keep_statement, &statement, 0));
    life_run(&course->life, 10);
    assert_false(statement.failed);
    assert_int_equal(statement.charged_micro, course->charged);
    assert_int_equal(statement.absorbed_micro, course->absorbed);
    assert_int_equal(statement.cost_micro, course->cost);
}

static void restart(struct course *course, bool crash)
{
    catalog_free(course->gateway.catalog);
    if (crash)
        life_crash(&course->life, any(2));
    else
        life_close(&course->life);
    start(course);
}

/* --- a course ----------------------------------------------------------------------- */

static void take_turn(struct course *course)
{
    unsigned which = any(course->messages + 1);
    struct live *live = &course->lives[which];
    struct naive *naive = &course->naive[which];

    if (any(20) == 0) {
        reprice(course);
        assert_true(catalog_take_prices(course->gateway.catalog, &course->config));
    }
    if (which == course->messages) {
        if (course->messages < MESSAGES)
            accept(course);
        return;
    }
    life_decide(&course->life);
    if (!naive->ended && live->message.attempt_count < TRIES &&
        (live->message.attempt_count == 0 || any(3) == 0))
        permit(course, live, naive);
    else if (!naive->ended && any(15) == 0)
        finish(course, live, naive);
    else
        happen(course, live, naive);
    store_end(course->gateway.store);
    if (any(10) == 0)
        life_run(&course->life, any(3000));
}

static void run_course(uint64_t seed)
{
    struct course *course = calloc(1, sizeof(*course));

    assert_non_null(course);
    chance = seed * 0x9E3779B97F4A7C15u;
    life_new(&course->life, seed);
    configure(course);
    start(course);
    course->limit = -course->account.credit_micro;
    course->available = course->account.opening_micro;
    for (unsigned i = 0; i < EVENTS; i++) {
        take_turn(course);
        compare_memory(course);
        if (any(40) == 0) {
            life_run(&course->life, 100);
            restart(course, any(2));
            compare_memory(course);
        }
    }
    life_run(&course->life, 100);
    compare_tables(course);
    for (unsigned i = 0; i < 5; i++)
        take_turn(course);
    restart(course, true);
    check_books(course);
    for (unsigned i = 0; i < course->messages; i++) {
        message_done(&course->lives[i].message);
        free(course->bodies[i]);
    }
    catalog_free(course->gateway.catalog);
    life_free(&course->life);
    free(course);
}

TEST(the_books_are_those_that_are_kept_the_naive_way)
{
    const char *only = getenv("MONEY_SEED");

    for (uint64_t seed = 1; seed <= COURSES; seed++) {
        if (only != NULL && seed != strtoull(only, NULL, 10))
            continue;
        running = seed;
        run_course(seed);
        running = 0;
    }
}

static int tell_seed(void **state)
{
    (void)state;
    if (running != 0)
        print_message("run it again with MONEY_SEED=%llu\n", (unsigned long long)running);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(the_books_are_those_that_are_kept_the_naive_way,
                                  tell_seed),
    };

    return RUN_ALL(tests);
}
