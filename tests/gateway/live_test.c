/* Messages that only wait: how they are packed, which are, and how they come back. */
#include "gateway/live.h"

#include <stdlib.h>

#include "gateway/catalog.h"
#include "gateway/clock.h"
#include "gateway/dispatch.h"
#include "gateway/gateway.h"
#include "gateway/live_pieces.h"
#include "gateway/pairs.h"
#include "gateway/reports.h"
#include "tests/gateway/lone_gateway.h"
#include "tests/peers/random.h"
#include "tests/test.h"

enum { AFTER_MS = 1000, ADVERTISING = 2 };

static struct lone_gateway *lone;
static struct gateway *gateway;

static void begin(void)
{
    lone = lone_gateway_new_virtual(1, "host = \"127.0.0.1\"", "");
    gateway = lone_gateway_of(lone);
    lives_pack_after(gateway, AFTER_MS);
}

static const struct live_rest_counts *counts(void)
{
    return lives_rest(gateway);
}

static void assert_same(const struct live *a, const struct live *b)
{
    struct message messages[2] = {a->message, b->message};

    assert_int_equal(a->body_count, b->body_count);
    for (uint16_t i = 0; i < a->body_count; i++)
        assert_memory_equal(a->bodies[i], b->bodies[i],
                            body_size(a->bodies[i]->text_size, a->bodies[i]->tlv_size));
    assert_int_equal(a->message.attempt_count, b->message.attempt_count);
    assert_memory_equal(a->message.attempts, b->message.attempts,
                        a->message.attempt_count * sizeof(struct attempt));
    for (int i = 0; i < 2; i++) {
        messages[i].attempts = NULL;
        messages[i].attempt_capacity = 0;
    }
    assert_memory_equal(&messages[0], &messages[1], sizeof(messages[0]));
    assert_int_equal(a->class, b->class);
    assert_int_equal(a->thawed, b->thawed);
    assert_int_equal(a->origin, b->origin);
    assert_int_equal(a->responded_at_ms, b->responded_at_ms);
}

/* --- which are packed --------------------------------------------------------------- */

/* One that waits for its report: accepted by the operator, its time in an hour. */
static struct live *live_of(uint64_t sequence)
{
    uint64_t id = ids_next(&gateway->ids, gateway_now_ms(gateway));
    struct body *body = live_body_new(40, 0);
    struct attempt *attempt;
    struct live *live;

    body->id = body->message = id;
    snprintf(body->source, sizeof(body->source), "shop");
    snprintf(body->destination, sizeof(body->destination), "4915%09llu",
             (unsigned long long)sequence);
    memset(body->bytes, 'x', 40);
    live = live_new(gateway, id, body);
    live->message.plan = catalog_plan_at(gateway->catalog, 0)->id;
    live->plan = catalog_name_plan(gateway->catalog, live->message.plan);
    live->message.account = 1;
    live->message.state = MESSAGE_SCHEDULED;
    live->message.segments = live->message.parts = 1;
    live->message.accepted_at_ms = live->message.entered_at_ms = gateway_now_ms(gateway);
    live->message.start_at_ms = gateway_now_ms(gateway) + 3600 * 1000;
    live->message.deadline_ms = gateway_now_ms(gateway) + 7200 * 1000;
    attempt = message_add_attempt(&live->message);
    attempt->id = attempt->anchor = ids_next(&gateway->ids, gateway_now_ms(gateway));
    attempt->channel = 1;
    attempt->segment = attempt->number = 1;
    attempt->state = ATTEMPT_ACCEPTED;
    attempt->sent_at_ms = attempt->updated_at_ms = gateway_now_ms(gateway);
    snprintf(attempt->provider_id, sizeof(attempt->provider_id), "%llu",
             (unsigned long long)id);
    /* What only memory knows. */
    attempt->flags = ATTEMPT_WAS_ACCEPTED;
    reports_await(gateway, live, attempt);
    body->told = 0x1234;
    live->class = ADVERTISING;
    live->origin = id - 77;
    live->responded_at_ms = 0x123456789A;
    return live;
}

TEST(a_message_that_only_waits_is_packed_after_its_time_and_found_as_it_was)
{
    struct resting_room room = {0};
    struct live before = {0};
    struct resting *resting;
    struct live *live;
    uint64_t id;

    begin();
    live = live_of(1);
    id = live->message.id;
    before = *live;
    before.bodies = malloc(sizeof(*before.bodies));
    before.bodies[0] = live_body_new(40, 0);
    memcpy(before.bodies[0], live->bodies[0], body_size(40, 0));
    before.message.attempts = malloc(sizeof(struct attempt));
    before.message.attempts[0] = live->message.attempts[0];
    lone_gateway_pass(lone, AFTER_MS - 10);
    assert_int_equal(counts()->packed, 0);
    lone_gateway_pass(lone, AFTER_MS);
    assert_int_equal(counts()->packed, 1);
    assert_int_equal(lives_count(gateway->lives), 1);

    assert_same(live_look(gateway, id), &before);
    assert_int_equal(counts()->packed, 1);
    live = live_find(gateway, id);
    assert_int_equal(counts()->packed, 0);
    assert_same(live, &before);
    assert_ptr_equal(live->plan, catalog_plan_at(gateway->catalog, 0));
    assert_ptr_equal(live->gateway, gateway);
    assert_ptr_equal(live_find(gateway, id), live);
    /* A tenth or so of what it was. */
    resting = resting_new(live, 128, &room);
    assert_true(resting->size < 200);
    free(resting);
    free(room.bytes);
    live_forget(gateway, live);
    assert_null(live_find(gateway, id));
    live_release(&before);
    lone_gateway_free(lone);
}

/* The same with such a text behind a header. */
static struct live *live_of_text(uint64_t sequence, uint8_t header_size, uint32_t text_size)
{
    struct live *live = live_of(sequence);
    struct body *body = live_body_new(text_size, 5);

    reports_settle(gateway, live, &live->message.attempts[0]);
    memcpy(body, live->bodies[0], sizeof(*body));
    body->text_size = text_size;
    body->tlv_size = 5;
    body->header_size = header_size;
    for (uint32_t i = 0; i < text_size; i++)
        body->bytes[i] = (uint8_t)(i * 7);
    memcpy(body->bytes + text_size, (uint8_t[]){0x14, 0, 0, 1, 9}, 5);
    free(live->bodies[0]);
    live->bodies[0] = body;
    return live;
}

TEST(of_a_long_text_the_head_is_kept_with_all_that_is_no_text)
{
    static const struct {
        const char *row;
        uint8_t header_size;
        uint32_t text_size;
        uint32_t kept;
    } rows[] = {
        {"one short message",          0, 160,   160               },
        {"with a header",              6, 140,   140               },
        {"just worth keeping",         0, 208,   208               },
        {"not worth it any more",      0, 209,   BODY_SHOWN_MAX    },
        {"long, with a header",        7, 1600,  7 + BODY_SHOWN_MAX},
        {"the longest",                0, 65000, BODY_SHOWN_MAX    },
        {"as long as what would stay", 0, 80,    80                },
    };

    begin();
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct live *live = live_of_text(i, rows[i].header_size, rows[i].text_size);
        uint64_t id = live->message.id;
        const struct body *body;

        for (int times = 0; times < 2; times++) {
            assert_true(live_pack(gateway, live_find(gateway, id)));
            CHECK_EQ(counts()->without_text, rows[i].kept < rows[i].text_size, rows[i].row);
            body = live_look(gateway, id)->bodies[0];
            CHECK_EQ(body->text_size, rows[i].kept, rows[i].row);
            CHECK_EQ(body->is_head, rows[i].kept < rows[i].text_size, rows[i].row);
            for (uint32_t octet = 0; octet < body->text_size; octet++)
                CHECK_EQ(body->bytes[octet], (uint8_t)(octet * 7), rows[i].row);
            CHECK_EQ(body->tlv_size, 5, rows[i].row);
            CHECK_EQ(body->bytes[body->text_size + 4], 9, rows[i].row);
            assert_string_equal(body->source, "shop");
        }
        live_forget(gateway, live_find(gateway, id));
        assert_int_equal(counts()->without_text, 0);
    }
    lone_gateway_free(lone);
}

TEST(what_people_review_keeps_its_text)
{
    struct live *live;
    uint64_t id;

    begin();
    live = live_of_text(1, 0, 1600);
    id = live->message.id;
    live->message.flags |= MESSAGE_KEPT;
    assert_true(live_pack(gateway, live));
    assert_int_equal(live_look(gateway, id)->bodies[0]->text_size, 1600);
    live_forget(gateway, live_find(gateway, id));
    lone_gateway_free(lone);
}

static void end(struct live *live)
{
    live->message.state = MESSAGE_ENDED;
}

static void collect(struct live *live)
{
    live->message.state = MESSAGE_COLLECTING;
}

static void pair(struct live *live)
{
    reports_settle(gateway, live, &live->message.attempts[0]);
    live->message.attempt_count = 0;
    (void)pairs_first(gateway, 1, "nobody", "1");
    pairs_note(gateway, live);
    assert_true(live->paired);
}

static void leave_open(struct live *live)
{
    live->message.attempts[0].flags |= ATTEMPT_UNANSWERED;
}

static void be_due(struct live *live)
{
    dispatch_look_at(gateway, live, gateway_now_ms(gateway) + AFTER_MS / 2);
}

static void bring_back(struct live *live)
{
    live->thawed = true;
}

TEST(what_something_is_open_of_is_not_packed)
{
    static void (*const rows[])(struct live * live) = {end,        collect, pair,
                                                       leave_open, be_due,  bring_back};

    begin();
    for (size_t row = 0; row < ROWS(rows); row++) {
        struct live *live = live_of(row);
        uint64_t id;

        rows[row](live);
        assert_false(live_pack(gateway, live));
        live_forget(gateway, live);
        live = live_of(row);
        id = live->message.id;
        assert_true(live_pack(gateway, live));
        live_forget(gateway, live_find(gateway, id));
    }
    assert_int_equal(lives_count(gateway->lives), 0);
    lone_gateway_free(lone);
}

/* --- and come back ------------------------------------------------------------------ */

TEST(each_comes_back_when_it_is_due_and_not_before)
{
    enum { LIVES = 300, SPREAD_MS = 100000 };
    struct random chance = {.state = 3};
    int64_t due_ms[LIVES];
    int64_t begin_ms;

    begin();
    begin_ms = gateway_now_ms(gateway) + 2 * AFTER_MS;
    for (size_t i = 0; i < LIVES; i++) {
        struct live *live = live_of(i);
        uint64_t id = live->message.id;

        due_ms[i] = begin_ms + (int64_t)random_below(&chance, SPREAD_MS);
        dispatch_look_at(gateway, live, due_ms[i]);
        assert_true(live_pack(gateway, live));
        /* Some of them go before. */
        if (i % 3 == 0) {
            live_forget(gateway, live_find(gateway, id));
            due_ms[i] = INT64_MAX;
        }
    }
    lives_pack_after(gateway, 10 * SPREAD_MS);
    for (unsigned step = 0; step < 12; step++) {
        size_t due = 0;

        lone_gateway_pass(lone, 10000);
        for (size_t i = 0; i < LIVES; i++)
            due += due_ms[i] <= gateway_now_ms(gateway);
        assert_int_equal(counts()->unpacked_due, due);
    }
    assert_int_equal(counts()->packed, 0);
    lone_gateway_free(lone);
}

TEST(one_that_waits_in_a_queue_is_packed_in_its_place)
{
    enum { LIVES = 6 };
    struct queue *queue;
    uint64_t ids[LIVES];

    begin();
    queue = queue_new();
    for (size_t i = 0; i < LIVES; i++) {
        struct live *live = live_of(i);

        ids[i] = live->message.id;
        queue_add(queue, &live->waiting, 0, 1, live);
    }
    for (size_t i = 0; i < LIVES; i++)
        if (i != 3)
            assert_true(live_pack(gateway, live_find(gateway, ids[i])));
    /* One is asked for, one goes. */
    assert_ptr_equal(live_find(gateway, ids[1])->waiting.queue, queue);
    live_forget(gateway, live_find(gateway, ids[4]));
    for (size_t i = 0; i < LIVES; i++) {
        const struct queue_entry *entry = queue_first(queue, -1);
        struct live *live;

        if (i == 4)
            continue;
        assert_int_equal(live_look_waiting(gateway, entry)->message.id, ids[i]);
        live = live_waiting(gateway, entry);
        assert_ptr_equal(live, live_find(gateway, ids[i]));
        assert_ptr_equal(queue_first(queue, -1), &live->waiting);
        live_forget(gateway, live);
    }
    assert_int_equal(queue_length(queue), 0);
    assert_int_equal(counts()->unpacked_turn, 3);
    queue_free(queue);
    lone_gateway_free(lone);
}

TEST(one_that_is_packed_is_due_by_the_wall)
{
    struct live *live;

    begin();
    live = live_of(1);
    dispatch_look_at(gateway, live, gateway_now_ms(gateway) + 600 * 1000);
    assert_true(live_pack(gateway, live));
    clock_step_wall(gateway->clock, 599 * 1000);
    lone_gateway_pass(lone, 500);
    assert_int_equal(counts()->unpacked_due, 0);
    lone_gateway_pass(lone, 600);
    assert_int_equal(counts()->unpacked_due, 1);
    lone_gateway_free(lone);
}

/* Who remembers a place finds the message without a look into the table, and never another.
 */
TEST(a_message_is_found_at_its_place_or_wherever_it_is)
{
    struct live *live;
    uint32_t place;
    uint64_t ids[2];

    begin();
    live = live_of(1);
    ids[0] = live->message.id;
    place = live->place;
    assert_ptr_equal(live_find_at(gateway, place, ids[0]), live);
    assert_ptr_equal(live_find_at(gateway, 0, ids[0]), live);
    assert_null(live_find_at(gateway, place, ids[0] + 1));
    live_comes(gateway, place, false);
    live_comes(gateway, place, true);
    /* Packed, and another takes its place. */
    assert_true(live_pack(gateway, live));
    live_comes(gateway, place, true);
    assert_ptr_equal(live_of(2), live);
    ids[1] = live->message.id;
    assert_int_equal(live->place, place);
    assert_int_equal(live_find_at(gateway, place, ids[0])->message.id, ids[0]);
    assert_ptr_equal(live_find_at(gateway, place, ids[1]), live);
    live_forget(gateway, live);
    assert_null(live_find_at(gateway, place, ids[1]));
    assert_null(live_find_at(gateway, place, 0));
    lone_gateway_free(lone);
}

TEST(places_grow_with_the_messages)
{
    enum { COUNT = 12000 };
    uint64_t first = 0;

    begin();
    for (int i = 0; i < COUNT; i++) {
        struct live *live = live_of((uint64_t)i);

        first = first ? first : live->message.id;
        assert_int_equal(live->place, i + 1);
    }
    assert_int_equal(live_find_at(gateway, COUNT, first)->place, 1);
    assert_int_equal(lives_count(gateway->lives), COUNT);
    lone_gateway_free(lone);
}

/* What somebody asks for a moment later is there; what is still open stays. */
TEST(what_has_ended_is_forgotten_a_second_later_but_for_what_is_open)
{
    struct live *lives[3];
    uint64_t ids[3];

    begin();
    for (int i = 0; i < 3; i++) {
        lives[i] = live_of((uint64_t)i);
        ids[i] = lives[i]->message.id;
        end(lives[i]);
    }
    lives[1]->message.attempts[0].flags |= ATTEMPT_UNANSWERED;
    for (int i = 0; i < 3; i++)
        live_has_ended(gateway, lives[i]);
    live_has_ended(gateway, lives[0]); /* told twice */
    lone_gateway_pass(lone, 990);
    for (int i = 0; i < 3; i++)
        assert_ptr_equal(live_find(gateway, ids[i]), lives[i]);
    lone_gateway_pass(lone, 100);
    assert_null(live_find(gateway, ids[0]));
    assert_ptr_equal(live_find(gateway, ids[1]), lives[1]);
    assert_null(live_find(gateway, ids[2]));
    lives[1]->message.attempts[0].flags = 0;
    lone_gateway_pass(lone, 1100);
    assert_int_equal(lives_count(gateway->lives), 0);
    /* And what is new has nothing of them. */
    lives[0] = live_new(gateway, ids[0], NULL);
    assert_int_equal(lives[0]->body_count, 0);
    assert_int_equal(lives[0]->message.attempt_count, 0);
    assert_false(lives[0]->lingers);
    live_forget(gateway, lives[0]);
    lone_gateway_free(lone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_message_that_only_waits_is_packed_after_its_time_and_found_as_it_was),
        RUN(of_a_long_text_the_head_is_kept_with_all_that_is_no_text),
        RUN(what_people_review_keeps_its_text),
        RUN(what_something_is_open_of_is_not_packed),
        RUN(each_comes_back_when_it_is_due_and_not_before),
        RUN(one_that_waits_in_a_queue_is_packed_in_its_place),
        RUN(one_that_is_packed_is_due_by_the_wall),
        RUN(a_message_is_found_at_its_place_or_wherever_it_is),
        RUN(places_grow_with_the_messages),
        RUN(what_has_ended_is_forgotten_a_second_later_but_for_what_is_open),
    };

    return RUN_ALL(tests);
}
