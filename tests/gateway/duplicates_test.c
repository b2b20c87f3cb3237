/* What makes a submission the same, and how many are remembered. */
#include "gateway/duplicates.h"

#include <stdlib.h>

#include "gateway/catalog.h"
#include "gateway/gateway.h"
#include "gateway/ids.h"
#include "gateway/live.h"
#include "gateway/store.h"
#include "tests/gateway/lone_gateway.h"
#include "tests/test.h"

/* ---- The same ------------------------------------------------------------------ */

static struct body *body_of(const char *octets, size_t size, uint8_t header_size,
                            const char *tlvs, size_t tlv_size)
{
    struct body *body = live_body_new((uint32_t)size, (uint32_t)tlv_size);

    snprintf(body->source, sizeof(body->source), "Shop");
    snprintf(body->destination, sizeof(body->destination), "4917012345678");
    body->header_size = header_size;
    body->esm_class = header_size > 0 ? 0x40 : 0;
    memcpy(body->bytes, octets, size);
    memcpy(body->bytes + size, tlvs, tlv_size);
    return body;
}

#define OF(octets, header_size, tlvs)                                                      \
    octets, sizeof(octets) - 1, header_size, tlvs, sizeof(tlvs) - 1

static const struct {
    const char *row;
    const char *octets;
    size_t size;
    uint8_t header_size;
    const char *tlvs;
    size_t tlv_size;
    int same_as; /* an earlier row; -1: as none */
} rows[] = {
    {"plain",                   OF("hi",                             0, ""),                                                                 -1},
    {"plain again",             OF("hi",                             0, ""),                                                                 0 },
    {"with a reference of his", OF("hi",                             0, "\x02\x04\x00\x02\x00\x01"),                                         0 },
    {"part 1 of 2",             OF("\x05\x00\x03\x07\x02\x01hi",     6, ""),                                                                 -1},
    {"another reference",       OF("\x05\x00\x03\x08\x02\x01hi",     6, ""),                                                                 3 },
    {"a wide reference",        OF("\x06\x08\x04\x12\x34\x02\x01hi", 7, ""),                                                                 3 },
    {"part 2 of 2",             OF("\x05\x00\x03\x07\x02\x02hi",     6, ""),                                                                 -1},
    {"part 1 of 3",             OF("\x05\x00\x03\x07\x03\x01hi",     6, ""),                                                                 -1},
    {"SAR, part 1 of 2",
     OF("hi",                                                        0, "\x02\x0C\x00\x02\x00\x01\x02\x0E\x00\x01\x02\x02\x0F\x00\x01\x01"), -1},
    {"SAR, another reference",
     OF("hi",                                                        0, "\x02\x0C\x00\x02\x00\x09\x02\x0E\x00\x01\x02\x02\x0F\x00\x01\x01"), 8 },
    {"SAR, part 2 of 2",
     OF("hi",                                                        0, "\x02\x0C\x00\x02\x00\x01\x02\x0E\x00\x01\x02\x02\x0F\x00\x01\x02"), -1},
    {"to a port",               OF("\x06\x05\x04\x15\x81\x00\x00hi", 7, ""),                                                                 -1},
    {"to another port",         OF("\x06\x05\x04\x15\x82\x00\x00hi", 7, ""),                                                                 -1},
    {"octets like a header",    OF("\x05\x00\x03\x07\x02\x01hi",     0, ""),                                                                 -1},
    {"a letter more",           OF("hi!",                            0, ""),                                                                 -1},
    {"nothing",                 OF("",                               0, ""),                                                                 -1},
};

TEST(the_place_of_a_part_is_content_and_its_reference_is_not)
{
    struct duplicates_key keys[ROWS(rows)];

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct body *body = body_of(rows[i].octets, rows[i].size, rows[i].header_size,
                                    rows[i].tlvs, rows[i].tlv_size);

        keys[i] = duplicates_key_of(body);
        free(body);
        for (size_t j = 0; j < i; j++) {
            size_t as_i = rows[i].same_as < 0 ? i : (size_t)rows[i].same_as;
            size_t as_j = rows[j].same_as < 0 ? j : (size_t)rows[j].same_as;

            CHECK_EQ(keys[i].key == keys[j].key && keys[i].check == keys[j].check,
                     as_i == as_j, rows[i].row);
        }
    }
}

/* ---- So many --------------------------------------------------------------------- */

enum { MAX = 1000 };

static struct lone_gateway *lone;
static struct account *once;

static int start(void **state)
{
    (void)state;
    lone = lone_gateway_new_with(1, "host = \"127.0.0.1\"",
                                 "dedupe_max = 1000\n"
                                 "account \"once\" { password = \"p\" plan = \"dear\""
                                 " dedupe_within = \"1h\" }\n");
    once = catalog_account_named(lone_gateway_of(lone)->catalog, "once");
    return 0;
}

static int stop(void **state)
{
    (void)state;
    lone_gateway_free(lone);
    return 0;
}

static void remember_body(uint64_t n, const struct body *body)
{
    const struct duplicates_key key = {n, n, false};
    struct gateway *gateway = lone_gateway_of(lone);

    assert_true(store_begin(gateway->store, STORE_BEGINNING));
    duplicates_remember(gateway, once, &key, body, 1, 0);
    store_end(gateway->store);
}

static void remember(uint64_t n)
{
    const struct body body = {.id = n};

    remember_body(n, &body);
}

static bool is_known(uint64_t n)
{
    const struct duplicates_key key = {n, n, false};
    struct duplicates_first first;

    return duplicates_find(lone_gateway_of(lone), once, &key, &first) == DUPLICATES_FIRST &&
           first.id == n;
}

/* The message with this one submission ended. */
static void end(uint64_t n)
{
    struct gateway *gateway = lone_gateway_of(lone);
    struct body body = {.id = n};
    struct body *bodies[] = {&body};
    struct live live = {.bodies = bodies, .body_count = 1};

    live.message.account = once->number;
    live.message.ended_at_ms = gateway_now_ms(gateway);
    assert_true(store_begin(gateway->store, STORE_CONTINUATION));
    duplicates_ended(gateway, &live);
    duplicates_ended(gateway, &live);
    store_end(gateway->store);
}

TEST(when_it_is_full_what_ended_first_is_forgotten_first)
{
    for (uint64_t n = 1; n <= MAX; n++)
        remember(n);
    assert_int_equal(duplicates_count(once), MAX);
    assert_int_equal(duplicates_forgotten(once), 0);

    /* All of them live: the next one is not remembered, and none is lost for it. */
    remember(MAX + 1);
    assert_false(is_known(MAX + 1));
    assert_true(is_known(1));
    assert_int_equal(duplicates_forgotten(once), 1);

    end(500);
    end(400);
    remember(MAX + 2);
    assert_true(is_known(MAX + 2));
    assert_false(is_known(500));
    assert_true(is_known(400));
    assert_int_equal(duplicates_count(once), MAX);
    assert_int_equal(duplicates_forgotten(once), 2);
}

TEST(one_key_with_another_check_is_another_submission)
{
    const struct duplicates_key other = {1, 2, false};
    struct duplicates_first first;

    assert_true(is_known(1));
    assert_int_equal(duplicates_find(lone_gateway_of(lone), once, &other, &first),
                     DUPLICATES_NONE);
}

/* The third of a submit_multi is known by the id that all of it was told under. */
TEST(a_destination_of_several_is_told_under_their_one_id)
{
    struct ids ids = {0};
    const uint64_t all = ids_next(&ids, 1795000000000), third = ids_after(all, 2);
    const struct body body = {
        .id = third, .place = 3, .id_form = PUBLIC_ID_ALIAS, .alias = 7};
    const struct duplicates_key key = {third, third, false};
    struct duplicates_first first;

    remember_body(third, &body);
    assert_int_equal(duplicates_find(lone_gateway_of(lone), once, &key, &first),
                     DUPLICATES_FIRST);
    CHECK_EQ(first.id, third, "its own");
    CHECK_EQ(first.told_id, all, "the id of all");
    CHECK_EQ(first.form, PUBLIC_ID_ALIAS, "form");
    CHECK_EQ(first.alias, 7, "alias");
}

/* The store tells first those that live, then the others as they ended. */
TEST(after_a_start_an_older_one_whose_time_is_over_does_not_hide_the_newer)
{
    const uint64_t newer = MAX * 3, older = MAX * 2;
    const struct store_duplicate told[] = {
        {.id = newer,  .key = newer, .check = newer, .account = once->number},
        { .id = older,
         .key = newer,
         .check = newer,
         .account = once->number,
         .ended_at_ms = 1},
    };

    for (size_t i = 0; i < ROWS(told); i++)
        duplicates_load(lone_gateway_of(lone), &told[i]);
    assert_true(is_known(newer));
    remember(newer + 1); /* the older one is forgotten */
    assert_true(is_known(newer));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(the_place_of_a_part_is_content_and_its_reference_is_not),
        RUN(when_it_is_full_what_ended_first_is_forgotten_first),
        RUN(one_key_with_another_check_is_another_submission),
        RUN(a_destination_of_several_is_told_under_their_one_id),
        RUN(after_a_start_an_older_one_whose_time_is_over_does_not_hide_the_newer),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
