/* Long texts that are read back from the database when their message is to be sent. */
#include "gateway/texts.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "gateway/cancel.h"
#include "gateway/gateway.h"
#include "gateway/live.h"
#include "gateway/store.h"
#include "smpp/command.h"
#include "smpp/parts.h"
#include "tests/gateway/lone_operator.h"
#include "tests/test.h"

enum {
    LONG = 330,
    SEGMENTS = 3,
    SEGMENT = 153,
    HEADER = 6,
    BLOCKERS_MAX = 100,
    NUMBERS = 120
};

static struct lone_gateway *lone;
static struct gateway *gateway;
static int listener;
static struct lone_line line;
static struct smpp_pdu open_pdu[BLOCKERS_MAX]; /* whose answers are still owed */
static unsigned blockers;

#define OTHER "account \"other\" { password = \"p\" plan = \"dear\" opening = \"1000\" }\n"

/* The window of the link is full: who comes now waits in its queue. */
static void begin_with(unsigned window)
{
    char settings[128];

    snprintf(settings, sizeof(settings), HERE "window = %u", window);
    lone = lone_operator_open_virtual(&listener, settings, OTHER);
    gateway = lone_gateway_of(lone);
    lives_pack_after(gateway, 3600 * 1000);
    lone_operator_bind(&line, lone, listener, SMPP_BIND_TRANSCEIVER, 0x34);
    lone_gateway_turn_for(lone, 20);
    for (blockers = 0; blockers < window; blockers++) {
        lone_operator_submit(lone, "491700000099", "a short one");
        lone_line_expect(&line, SMPP_SUBMIT_SM, &open_pdu[blockers]);
    }
}

static void begin(void)
{
    begin_with(1);
}

static void unblock(void)
{
    while (blockers > 0)
        lone_line_take(&line, &open_pdu[--blockers], "x");
}

static void end(void)
{
    lone_line_close(&line);
    close(listener);
    lone_gateway_free(lone);
}

/* No two places of it are alike, and no two texts. */
static void write_text(unsigned number, char out[LONG + 1])
{
    for (unsigned i = 0; i < LONG; i += 10)
        snprintf(out + i, 11, "%04u %04u ", number, i);
    out[LONG - 1] = '.';
}

static uint64_t submit(unsigned number)
{
    char text[LONG + 1];

    write_text(number, text);
    return lone_operator_submit(lone, "491700000001", text);
}

static void put_away(uint64_t id)
{
    assert_true(live_pack(gateway, live_find(gateway, id)));
}

/* Takes a segment; of which text it is, if all of it is as it was submitted. */
static unsigned take(int *out_segment)
{
    struct smpp_pdu pdu;
    char text[LONG + 1];
    size_t begin, size;

    lone_line_expect(&line, SMPP_SUBMIT_SM, &pdu);
    assert_true(pdu.esm_class & SMPP_ESM_CLASS_UDHI);
    *out_segment = pdu.short_message.data[HEADER - 1];
    assert_in_range(*out_segment, 1, SEGMENTS);
    begin = SEGMENT * ((size_t)*out_segment - 1);
    size = *out_segment < SEGMENTS ? SEGMENT : LONG - begin;
    assert_int_equal(pdu.short_message.size, HEADER + size);
    lone_line_take(&line, &pdu, "y");
    for (unsigned number = 0; number < NUMBERS; number++) {
        write_text(number, text);
        if (memcmp(pdu.short_message.data + HEADER, text + begin, size) == 0)
            return number;
    }
    fail_msg("this was never submitted");
    return NUMBERS;
}

static void take_all(unsigned number)
{
    for (int i = 1; i <= SEGMENTS; i++) {
        int segment;

        assert_int_equal(take(&segment), number);
        assert_int_equal(segment, i);
    }
}

/* All that was submitted is in the tables. */
static void fold(void)
{
    do
        lone_gateway_turn(lone);
    while (!store_is_idle(gateway->store) ||
           store_counters(gateway->store)->unfolded_bytes > 0);
}

static bool is_silent(void)
{
    struct smpp_pdu pdu;

    return !lone_line_read(&line, &pdu, 100);
}

static const struct texts_counts *counts(void)
{
    return texts_counts(gateway);
}

static bool is_head(uint64_t id)
{
    return !texts_are_here(live_look(gateway, id));
}

/* ---- Reading ----------------------------------------------------------------------- */

TEST(a_long_text_that_was_put_away_is_sent_as_it_was_submitted)
{
    uint64_t id;

    begin();
    id = submit(7);
    assert_false(is_head(id));
    put_away(id);
    assert_true(is_head(id));
    assert_int_equal(lives_rest(gateway)->without_text, 1);
    fold();
    unblock();
    take_all(7);
    assert_int_equal(counts()->read, 1);
    assert_int_equal(counts()->reading, 0);
    assert_int_equal(lives_rest(gateway)->without_text, 0);
    end();
}

TEST(one_that_is_only_in_the_journal_yet_is_read_when_the_tables_have_it)
{
    begin();
    put_away(submit(8));
    unblock();
    take_all(8);
    assert_int_equal(counts()->read, 1);
    end();
}

TEST(of_many_few_are_read_at_once_and_each_goes_once)
{
    bool seen[NUMBERS][SEGMENTS] = {{false}};

    begin_with(10);
    for (unsigned i = 0; i < NUMBERS; i++)
        put_away(submit(i));
    unblock();
    for (unsigned i = 0; i < NUMBERS * SEGMENTS; i++) {
        int segment;
        unsigned number = take(&segment);

        assert_false(seen[number][segment - 1]);
        seen[number][segment - 1] = true;
        assert_true(counts()->reading <= 64);
    }
    assert_true(is_silent());
    assert_int_equal(counts()->read, NUMBERS);
    assert_int_equal(counts()->reading, 0);
    end();
}

/* Of which one message takes. */
static uint64_t submit_single(unsigned number)
{
    char text[LONG + 1];

    write_text(number, text);
    text[SEGMENT] = '\0';
    return lone_operator_submit(lone, "491700000001", text);
}

TEST(those_whose_texts_are_read_go_as_they_came)
{
    enum { COUNT = 20 };

    begin();
    lives_keep_texts_to(gateway, 0);
    for (unsigned i = 0; i < COUNT; i++)
        put_away(submit_single(i));
    fold();
    unblock();
    for (unsigned i = 0; i < COUNT; i++) {
        struct smpp_pdu pdu;
        char text[LONG + 1];

        write_text(i, text);
        lone_line_expect(&line, SMPP_SUBMIT_SM, &pdu);
        CHECK(memcmp(pdu.short_message.data, text, SEGMENT) == 0, text);
        lone_line_take(&line, &pdu, "w");
    }
    end();
}

TEST(those_whose_texts_are_read_pay_for_their_turns_as_the_others_do)
{
    enum { EACH = 300, WINDOW = 100 };
    unsigned of_other = 0;

    begin_with(WINDOW);
    lives_keep_texts_to(gateway, 0);
    for (unsigned i = 0; i < EACH; i++) {
        put_away(submit_single(i));
        lone_operator_submit_as(lone, "other", "491700000002", "a short one");
    }
    fold();
    unblock();
    for (unsigned i = 0; i < EACH; i++) {
        struct smpp_pdu pdu;

        lone_line_expect(&line, SMPP_SUBMIT_SM, &pdu);
        of_other += memcmp(pdu.destination.data, "491700000002", 12) == 0;
        lone_line_take(&line, &pdu, "z");
    }
    assert_in_range(of_other, EACH / 3, EACH * 2 / 3);
    end();
}

/* ---- What comes between ------------------------------------------------------------ */

/* Its text is being read, and the answer is not looked at yet. */
static struct live *fetch(uint64_t id)
{
    struct live *live = live_find(gateway, id);

    assert_true(texts_fetch(gateway, live));
    assert_int_equal(counts()->reading, 1);
    return live;
}

TEST(one_that_ends_while_it_is_read_is_not_sent)
{
    uint64_t id;

    begin();
    id = submit(9);
    put_away(id);
    assert_true(cancel_message(gateway, fetch(id)));
    unblock();
    assert_true(is_silent());
    assert_int_equal(counts()->reading, 0);
    assert_int_equal(counts()->read, 0);
    lone_operator_check_end(lone, id, "cancelled");
    end();
}

TEST(one_that_is_forgotten_while_it_is_read_is_gone)
{
    uint64_t id;

    begin();
    id = submit(10);
    put_away(id);
    live_forget(gateway, fetch(id));
    lone_gateway_turn_for(lone, 100);
    assert_int_equal(counts()->reading, 0);
    end();
}

TEST(one_that_is_replaced_while_it_is_read_keeps_its_new_text)
{
    char text[LONG + 1];
    struct live *live;
    struct body *body;
    uint64_t id;

    begin();
    id = submit(11);
    put_away(id);
    live = fetch(id);
    body = live_body_new(LONG, 0);
    *body = *live->bodies[0];
    body->revision++;
    body->is_head = false;
    body->text_size = LONG;
    write_text(12, text);
    memcpy(body->bytes, text, LONG);
    free(live->bodies[0]);
    live->bodies[0] = body;
    unblock();
    take_all(12);
    end();
}

TEST(one_whose_text_is_read_is_not_packed)
{
    uint64_t id;

    begin();
    id = submit(13);
    put_away(id);
    assert_false(live_pack(gateway, fetch(id)));
    unblock();
    take_all(13);
    end();
}

/* ---- Damage ------------------------------------------------------------------------ */

TEST(one_whose_row_is_damaged_ends_as_unknown_and_nothing_of_it_is_sent)
{
    char path[256];
    sqlite3 *database;
    uint64_t id;

    begin();
    id = submit(14);
    put_away(id);
    fold();
    snprintf(path, sizeof(path), "%s/live.db", store_folder(gateway->store));
    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    sqlite3_busy_timeout(database, 10000); /* the tables may be written right now */
    assert_int_equal(
        sqlite3_exec(database, "UPDATE message SET content=zeroblob(60)", NULL, NULL, NULL),
        SQLITE_OK);
    sqlite3_close(database);
    unblock();
    lone_operator_check_end(lone, id, "unknown");
    assert_int_equal(counts()->lost, 1);
    assert_true(is_silent());
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_long_text_that_was_put_away_is_sent_as_it_was_submitted),
        RUN(one_that_is_only_in_the_journal_yet_is_read_when_the_tables_have_it),
        RUN(of_many_few_are_read_at_once_and_each_goes_once),
        RUN(those_whose_texts_are_read_go_as_they_came),
        RUN(those_whose_texts_are_read_pay_for_their_turns_as_the_others_do),
        RUN(one_that_ends_while_it_is_read_is_not_sent),
        RUN(one_that_is_forgotten_while_it_is_read_is_gone),
        RUN(one_that_is_replaced_while_it_is_read_keeps_its_new_text),
        RUN(one_whose_text_is_read_is_not_packed),
        RUN(one_whose_row_is_damaged_ends_as_unknown_and_nothing_of_it_is_sent),
    };

    return RUN_ALL(tests);
}
