/* What is recorded, once, and told again at the next start. */
#include "gateway/store.h"

#include <stdlib.h>

#include "gateway/ids.h"
#include "tests/gateway/store_told.h"
#include "tests/test.h"

static int64_t count_of(struct life *life, const char *what)
{
    char sql[200];

    snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", what);
    return life_ask(life, "live.db", sql);
}

TEST(the_same_operations_again_change_nothing)
{
    struct life life;
    struct verification verification;

    life_new(&life, 1);
    assert_true(life_open(&life));
    for (int again = 0; again < 3; again++) {
        const struct posting hold = life_posting(POSTING_HOLD, 1, LIFE_HOLD);
        struct body *body = life_new_body(1, 100);
        struct body *part = life_new_body(2, 50);
        struct message message;
        struct attempt attempt;

        life_settle(&life);
        life_fill_message(1, &message);
        life_fill_attempt(1, &attempt);
        part->message = message.id;
        life_decide(&life);
        store_accept(life.store, &message, body, &hold);
        store_join(life.store, part);
        store_permit(life.store, message.id, &attempt);
        life_charge(&life, 1, 0);
        life_end(&life, 1);
        store_park(life.store, &(struct store_parked){.id = 5, .size = 1});
        store_end(life.store);
        life_run(&life, 30);
        free(body);
        free(part);
    }
    life_verify(&life, &verification);
    CHECK(verification.ok, verification.mismatches[0]);
    /* Opening, hold, capture, cost, release. */
    assert_int_equal(verification.postings, 5);
    assert_int_equal(count_of(&life, "opening"), 1);
    assert_int_equal(count_of(&life, "definition"), 2);
    assert_int_equal(count_of(&life, "outbox"), 1);
    assert_int_equal(count_of(&life, "parked"), 1);
    assert_int_equal(life_ask(&life, "live.db", "SELECT count FROM outbox_sum"), 1);
    life_free(&life);
}

TEST(money_is_made_only_if_the_row_had_what_the_decision_saw)
{
    struct life life;
    static const struct {
        const char *row;
        int64_t charged_before;
        int64_t postings;
    } rows[] = {
        {"saw another sum", 1,         1},
        {"saw the row",     0,         3},
        {"saw it too late", 0,         3},
        {"charges twice",   LIFE_SELL, 3}, /* its cost_before is not the row's */
    };

    life_new(&life, 1);
    assert_true(life_open(&life));
    life.goal = LIFE_PERMITTED;
    assert_true(life_begin(&life, 1));
    life_run(&life, 30);
    for (size_t i = 0; i < ROWS(rows); i++) {
        life_decide(&life);
        life_charge(&life, 1, rows[i].charged_before);
        store_end(life.store);
        life_run(&life, 30);
        CHECK_EQ(count_of(&life, "posting"), rows[i].postings, rows[i].row);
    }
    life_free(&life);
}

TEST(loading_gives_back_what_was_accepted)
{
    struct life life;
    struct told told;
    struct body *body = life_new_body(1, 30);
    struct message message;
    struct attempt attempt;
    const struct store_receipt receipt = {
        .id = 77, .account = 1, .size = 3, .made_at_ms = 5, .bytes = {1, 2, 3}
    };
    const struct store_parked parked = {
        .id = 78, .channel = 2, .size = 2, .at_ms = 6, .bytes = {8, 9}
    };

    life_start(&life);
    life_fill_message(1, &message);
    message.flags = MESSAGE_COLLECTED;
    message.step = 2;
    message.segments = 3;
    message.parts = 4;
    body->text_size = 24;
    body->tlv_size = 6;
    body->user_message_reference = 513;
    body->has_user_message_reference = true;
    body->source_ton = 1;
    body->source_npi = 2;
    body->destination_ton = 3;
    body->destination_npi = 4;
    body->esm_class = 0x40;
    body->protocol_id = 6;
    body->priority_flag = 7;
    body->data_coding = 8;
    body->registered_delivery = 9;
    body->from_api = 1;
    body->header_size = 5;
    body->alias = UINT32_MAX;
    body->number = UINT16_MAX;
    body->id_form = 3;
    body->place = UINT8_MAX;
    body->revision = UINT8_MAX;
    body->replaced_after_s = 366 * 86400;
    snprintf(body->service_type, sizeof(body->service_type), "CMT");
    life_fill_attempt(1, &attempt);
    attempt.code = 0xFFFFFFFF;
    attempt.flags = 0x7F;
    attempt.reason = REASON_QUOTA;
    snprintf(attempt.provider_id, sizeof(attempt.provider_id), "%065d", 7);
    life_decide(&life);
    store_accept(life.store, &message, body, NULL);
    store_permit(life.store, message.id, &attempt);
    store_receipt_add(life.store, &receipt);
    store_park(life.store, &parked);
    store_end(life.store);
    told_reopen(&life, &told);

    assert_string_equal(told.order, "mbal");
    assert_memory_equal(&told.message, &message, sizeof(message));
    assert_memory_equal(told.body, body, body_size(24, 6));
    assert_memory_equal(&told.attempt, &attempt, sizeof(attempt));
    assert_int_equal(told.receipts, 1);
    assert_memory_equal(&told.receipt, &receipt, sizeof(receipt));
    assert_int_equal(told.parks, 1);
    assert_memory_equal(&told.parked, &parked, sizeof(parked));
    assert_int_equal(told.definitions, 2);
    assert_int_equal(told.available, LIFE_OPENING);
    assert_int_equal(told.opening, LIFE_OPENING);
    assert_int_equal(told.highest, attempt.id);
    free(told.body);
    free(body);
    life_free(&life);
}

TEST(a_body_is_replaced_once_with_its_money)
{
    struct life life;
    struct told told;
    struct verification verification;
    struct body *body = life_new_body(1, 100);
    const struct posting hold = life_posting(POSTING_HOLD, 1, LIFE_HOLD);
    const struct posting more = life_posting(POSTING_HOLD, 1, LIFE_SELL);
    struct body *longer = life_new_body(1, 300);
    struct message message;

    life_start(&life);
    life_fill_message(1, &message);
    message.held_micro = LIFE_HOLD;
    life_decide(&life);
    store_accept(life.store, &message, body, &hold);
    store_end(life.store);
    life_run(&life, 30);
    longer->revision = 1;
    longer->registered_delivery = 2;
    message.parts = 2;
    message.held_micro = LIFE_HOLD + LIFE_SELL;
    for (int again = 0; again < 3; again++) {
        life_decide(&life);
        store_message(life.store, &message, NULL);
        store_replace(life.store, longer, 2 * LIFE_SELL, &more, 9);
        store_end(life.store);
        life_run(&life, 30);
        life_fold(&life);
    }
    life_verify(&life, &verification);
    CHECK(verification.ok, verification.mismatches[0]);
    assert_int_equal(verification.postings, 3); /* with the opening */
    told_reopen(&life, &told);
    assert_memory_equal(told.body, longer, body_size(300, 0));
    assert_int_equal(told.message.held_micro, LIFE_HOLD + LIFE_SELL);
    assert_int_equal(told.message.baseline_micro, 2 * LIFE_SELL);
    free(told.body);
    free(body);
    free(longer);
    life_free(&life);
}

TEST(names_are_loaded_in_the_order_of_their_giving)
{
    struct life life;
    struct told told;

    life_start(&life);
    life_decide(&life);
    store_alias(life.store, 99, 1, 0);
    store_alias(life.store, 10, 2, 0);
    store_alias(life.store, 11, 3, 99);
    store_alias(life.store, 11, 3, 99);
    store_end(life.store);
    life_run(&life, 30);
    life_fold(&life);
    assert_int_equal(count_of(&life, "alias"), 2);
    told_reopen(&life, &told);
    assert_int_equal(told.aliases, 102113);
    life_free(&life);
}

TEST(what_is_kept_for_review_is_told_until_it_is_decided)
{
    const struct store_kept kept = {.message = 5, .rule = "strange-links"};
    struct life life;
    struct told told;

    life_start(&life);
    life_decide(&life);
    store_keep(life.store, &(struct store_kept){.message = 4, .rule = "another"});
    store_keep(life.store, &kept);
    store_keep(life.store, &(struct store_kept){.message = 5, .rule = "later"});
    store_unkeep(life.store, 4);
    store_end(life.store);
    told_reopen(&life, &told);
    assert_int_equal(told.keeps, 1);
    assert_memory_equal(&told.kept, &kept, sizeof(kept));
    life_decide(&life);
    store_unkeep(life.store, 5);
    store_end(life.store);
    told_reopen(&life, &told);
    assert_int_equal(told.keeps, 0);
    life_free(&life);
}

TEST(no_id_is_forgotten_when_its_message_has_gone)
{
    struct life life;
    struct told told;
    struct ids ids = {0};

    life_start(&life);
    assert_true(life_begin(&life, 9));
    life_run(&life, 1000);
    assert_int_equal(store_counters(life.store)->moved, 1);
    told_reopen(&life, &told);
    assert_int_equal(told.messages, 0);
    assert_int_equal(told.highest, life_attempt_id(9));
    /* The clock stands an hour before it. */
    ids_seen(&ids, told.highest);
    assert_true(ids_next(&ids, life_accepted_at_ms(9) - 3600000) > told.highest);
    free(told.body);
    life_free(&life);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(the_same_operations_again_change_nothing),
        RUN(money_is_made_only_if_the_row_had_what_the_decision_saw),
        RUN(loading_gives_back_what_was_accepted),
        RUN(a_body_is_replaced_once_with_its_money),
        RUN(names_are_loaded_in_the_order_of_their_giving),
        RUN(what_is_kept_for_review_is_told_until_it_is_decided),
        RUN(no_id_is_forgotten_when_its_message_has_gone),
    };

    return RUN_ALL(tests);
}
