/* Whatever a message holds comes back as it was, and what was changed is found. */
#include "gateway/packed.h"

#include <stdlib.h>

#include "tests/test.h"

enum { TURNS = 2000, MOST = 70000 };

static uint64_t random_at;

static uint64_t any(void)
{
    random_at = random_at * 6364136223846793005u + 1442695040888963407u;
    /* Small ones and large ones, and each number of octets. */
    return (random_at >> 20) >> (random_at >> 5 & 31) << (random_at & 16);
}

/* All octets by chance: a field that is forgotten comes back as another one. */
static void fill(void *out, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ((uint8_t *)out)[i] = (uint8_t)any();
}

static void fill_text(char *out, size_t room)
{
    size_t size = any() % room;

    memset(out, 0, room);
    for (size_t i = 0; i < size; i++)
        out[i] = (char)(1 + any() % 255);
}

static struct body *any_body(uint64_t message)
{
    uint32_t text_size = (uint32_t)(any() % 300);
    uint32_t tlv_size = (uint32_t)(any() % 40);
    struct body *body = malloc(body_size(text_size, tlv_size));

    assert_non_null(body);
    fill(body, body_size(text_size, tlv_size));
    body->message = message;
    body->text_size = text_size;
    body->tlv_size = tlv_size;
    body->has_user_message_reference = any() & 1;
    fill_text(body->service_type, sizeof(body->service_type));
    fill_text(body->source, sizeof(body->source));
    fill_text(body->destination, sizeof(body->destination));
    return body;
}

static void any_message(struct message *message, unsigned attempts)
{
    struct attempt *room = message->attempts;
    uint16_t capacity = message->attempt_capacity;

    fill(message, sizeof(*message));
    message->attempts = room;
    message->attempt_capacity = capacity;
    message->attempt_count = 0;
    for (unsigned i = 0; i < attempts; i++) {
        struct attempt *attempt = message_add_attempt(message);
        uint16_t ordinal = attempt->ordinal;

        fill(attempt, sizeof(*attempt));
        attempt->ordinal = ordinal;
        fill_text(attempt->provider_id, sizeof(attempt->provider_id));
    }
}

#define SAME(field) assert_int_equal(a->field, b->field)

static void same_attempt(const struct attempt *a, const struct attempt *b)
{
    SAME(id);
    SAME(anchor);
    SAME(sent_at_ms);
    SAME(updated_at_ms);
    SAME(again_at_ms);
    SAME(charged_micro);
    SAME(cost_micro);
    SAME(buy_micro);
    SAME(buy_on);
    SAME(channel);
    SAME(ordinal);
    SAME(segment);
    SAME(step);
    SAME(number);
    SAME(state);
    SAME(reason);
    SAME(flags);
    SAME(code);
    assert_string_equal(a->provider_id, b->provider_id);
}

static void same_message(const struct message *a, const struct message *b)
{
    SAME(id);
    SAME(accepted_at_ms);
    SAME(start_at_ms);
    SAME(deadline_ms);
    SAME(entered_at_ms);
    SAME(ended_at_ms);
    SAME(held_micro);
    SAME(charged_micro);
    SAME(cost_micro);
    SAME(baseline_micro);
    SAME(account);
    SAME(plan);
    SAME(pins);
    SAME(segments);
    SAME(parts);
    SAME(state);
    SAME(end);
    SAME(step);
    SAME(flags);
    SAME(attempt_count);
    for (uint16_t i = 0; i < a->attempt_count; i++)
        same_attempt(&a->attempts[i], &b->attempts[i]);
}

static void same_body(const struct body *a, const struct body *b)
{
    SAME(id);
    SAME(message);
    SAME(alias);
    SAME(number);
    SAME(user_message_reference);
    SAME(has_user_message_reference);
    SAME(source_ton);
    SAME(source_npi);
    SAME(destination_ton);
    SAME(destination_npi);
    SAME(esm_class);
    SAME(protocol_id);
    SAME(priority_flag);
    SAME(data_coding);
    SAME(registered_delivery);
    SAME(from_api);
    SAME(header_size);
    SAME(id_form);
    SAME(place);
    SAME(revision);
    SAME(replaced_after_s);
    SAME(told);
    assert_string_equal(a->service_type, b->service_type);
    assert_string_equal(a->source, b->source);
    assert_string_equal(a->destination, b->destination);
    SAME(text_size);
    SAME(tlv_size);
    assert_memory_equal(a->bytes, b->bytes, a->text_size + a->tlv_size);
}

TEST(whatever_a_message_holds_comes_back_as_it_was)
{
    struct message message = {0};
    struct message read = {0};
    uint8_t *out = malloc(MOST);
    uint8_t *packed = malloc(MOST);

    random_at = 1;
    for (unsigned turn = 0; turn < TURNS; turn++) {
        struct body *bodies[4];
        unsigned count = (unsigned)(any() % 5);
        struct packed_bodies written = {packed, 0};
        struct packed_bodies rest;
        size_t size;

        any_message(&message, (unsigned)(any() % 6));
        for (unsigned i = 0; i < count; i++) {
            size_t most;

            bodies[i] = any_body(message.id);
            most = packed_most_of_body(bodies[i]);
            size = packed_write_body(message.id, bodies[i], packed + written.size);
            assert_true(size <= most);
            written.size += size;
        }
        size = packed_write(&message, &written, out);
        assert_true(size <= packed_most(&message, &written));
        assert_true(packed_read(out, size, &read, &rest));
        same_message(&message, &read);
        for (unsigned i = 0; i < count; i++) {
            struct body *body = packed_read_body(message.id, &rest);

            assert_non_null(body);
            assert_int_equal(packed_first_body(message.id, &rest), bodies[i]->id);
            same_body(bodies[i], body);
            (void)packed_take_body(&rest);
            free(body);
            free(bodies[i]);
        }
        assert_int_equal(rest.size, 0);
        assert_null(packed_read_body(message.id, &rest));
    }
    message_done(&message);
    message_done(&read);
    free(out);
    free(packed);
}

TEST(each_flipped_bit_and_each_missing_octet_is_found)
{
    struct message message = {0};
    struct message read = {0};
    struct packed_bodies bodies;
    struct body *body;
    uint8_t packed[1000];
    uint8_t out[4000];
    size_t size;

    random_at = 2;
    any_message(&message, 2);
    body = any_body(message.id);
    bodies = (struct packed_bodies){packed, packed_write_body(message.id, body, packed)};
    size = packed_write(&message, &bodies, out);
    for (size_t bit = 0; bit < size * 8; bit++) {
        out[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(packed_read(out, size, &read, &bodies));
        out[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t less = 0; less < size; less++)
        assert_false(packed_read(out, less, &read, &bodies));
    assert_true(packed_read(out, size, &read, &bodies));
    message_done(&message);
    message_done(&read);
    free(body);
}

/* What a short text to one number takes, delivered over one link. */
TEST(an_ordinary_message_is_small)
{
    struct message message = {.id = 117903159317233668,
                              .accepted_at_ms = 1795000000000,
                              .deadline_ms = 1795000000000 + 86400000,
                              .entered_at_ms = 1795000000000,
                              .account = 3,
                              .plan = 2,
                              .pins = 5,
                              .segments = 1,
                              .parts = 1,
                              .state = MESSAGE_SENT,
                              .held_micro = 50000,
                              .baseline_micro = 50000};
    struct body *body = calloc(1, body_size(80, 0));
    struct attempt *attempt = message_add_attempt(&message);
    struct packed_bodies bodies;
    uint8_t packed[1000];
    uint8_t out[1000];

    attempt->id = attempt->anchor = message.id + 1;
    attempt->sent_at_ms = attempt->updated_at_ms = 1795000000300;
    attempt->charged_micro = 50000;
    attempt->cost_micro = 30000;
    attempt->channel = 1;
    attempt->segment = attempt->number = 1;
    attempt->state = ATTEMPT_ACCEPTED;
    snprintf(attempt->provider_id, sizeof(attempt->provider_id), "1234567890");
    body->id = message.id;
    body->text_size = 80;
    snprintf(body->source, sizeof(body->source), "Sluice");
    snprintf(body->destination, sizeof(body->destination), "79031234567");
    bodies = (struct packed_bodies){packed, packed_write_body(message.id, body, packed)};
    assert_in_range(packed_write(&message, &bodies, out), 80, 256);
    message_done(&message);
    free(body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(whatever_a_message_holds_comes_back_as_it_was),
        RUN(each_flipped_bit_and_each_missing_octet_is_found),
        RUN(an_ordinary_message_is_small),
    };

    return RUN_ALL(tests);
}
