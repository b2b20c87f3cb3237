/*
 * What subscribers write, in the store: it comes back after the power was cut, and the same
 * operations again change nothing.
 */
#include "gateway/store_inbound.h"

#include "gateway/store.h"
#include "tests/gateway/store_life.h"
#include "tests/test.h"

enum { ROOM = 8 };

/* What a loader was told. */
struct told {
    struct store_inbound inbound[ROOM];
    char bytes[ROOM][16];
    struct store_mark marks[ROOM];
    struct store_optout optouts[ROOM];
    char numbers[ROOM][24];
    char senders[ROOM][24];
    unsigned inbounds, marked, opted;
    uint64_t highest;
};

static void on_inbound(void *owner, const struct store_inbound *inbound)
{
    struct told *told = owner;

    assert_true(told->inbounds < ROOM && inbound->size < 16);
    told->inbound[told->inbounds] = *inbound;
    memcpy(told->bytes[told->inbounds++], inbound->bytes, inbound->size);
}

static void on_mark(void *owner, const struct store_mark *mark)
{
    struct told *told = owner;

    assert_true(told->marked < ROOM);
    told->marks[told->marked++] = *mark;
}

static void on_optout(void *owner, const struct store_optout *optout)
{
    struct told *told = owner;

    assert_true(told->opted < ROOM);
    told->optouts[told->opted] = *optout;
    snprintf(told->numbers[told->opted], 24, "%s", optout->number);
    snprintf(told->senders[told->opted++], 24, "%s", optout->sender);
}

static void on_highest_id(void *owner, uint64_t id)
{
    ((struct told *)owner)->highest = id;
}

static const struct store_loader loader = {
    .on_inbound = on_inbound,
    .on_mark = on_mark,
    .on_optout = on_optout,
    .on_highest_id = on_highest_id,
};

static void begin(struct life *life)
{
    life_new(life, 1);
    CHECK(life_open(life), life->error);
    life_settle(life);
}

static void put(struct life *life, uint64_t id, enum store_inbound_state state,
                const char *text)
{
    const struct store_inbound row = {.id = id,
                                      .account = 3,
                                      .channel = 4,
                                      .state = state,
                                      .at_ms = 5000000000,
                                      .bytes = (const uint8_t *)text,
                                      .size = (uint32_t)strlen(text)};

    store_inbound_put(life->store, &row);
}

/* Awaited, and so on the disk when time has gone on. */
static void commit(struct life *life)
{
    const struct store_effect effect = life_counted(1);

    store_effect(life->store, &effect);
    store_end(life->store);
    life_run(life, 1000);
}

static void decide(struct life *life)
{
    assert_true(store_begin(life->store, STORE_CONTINUATION));
}

static void cut_power(struct life *life, struct told *told)
{
    life_crash(life, true);
    memset(told, 0, sizeof(*told));
    CHECK(life_open(life), life->error);
    CHECK(life_load(life, &loader, told), life->error);
}

static void write_all(struct life *life)
{
    const struct store_mark mark = {STORE_MARK_REPLY, 0xFEDCBA9876543210, 6000000000};
    const struct store_mark old = {STORE_MARK_REPLY, 7, 1000};
    const struct store_mark other = {STORE_MARK_INBOUND, 7, 1000};
    const struct store_optout optout = {3, 7000000000, 99, "79161234567", ""};
    const struct store_optout sender = {3, 7000000000, 0, "79161234567", "12345"};
    const struct store_optout gone = {3, 7000000000, 0, "79160000000", ""};

    decide(life);
    put(life, 50, STORE_INBOUND_GATHERED, "part");
    put(life, 60, STORE_INBOUND_UNROUTED, "nobody's");
    put(life, 70, STORE_INBOUND_HOOK, "gone");
    put(life, 50, STORE_INBOUND_LETTER, "letter");
    store_inbound_gone(life->store, 70);
    store_mark(life->store, &mark);
    store_mark(life->store, &old);
    store_mark(life->store, &other);
    store_marks_gone(life->store, STORE_MARK_REPLY, 1001);
    store_optout_put(life->store, &optout);
    store_optout_put(life->store, &sender);
    store_optout_put(life->store, &gone);
    store_optout_gone(life->store, 3, "79160000000", "");
    commit(life);
}

static void check_all(const struct told *told, const char *row)
{
    CHECK_EQ(told->inbounds, 2, row);
    CHECK_EQ(told->inbound[0].id, 50, row);
    CHECK_EQ(told->inbound[0].account, 3, row);
    CHECK_EQ(told->inbound[0].channel, 4, row);
    CHECK_EQ(told->inbound[0].state, STORE_INBOUND_LETTER, row);
    CHECK_EQ(told->inbound[0].at_ms, 5000000000, row);
    CHECK_STR(told->bytes[0], "letter", row);
    CHECK_EQ(told->inbound[1].state, STORE_INBOUND_UNROUTED, row);
    CHECK_EQ(told->marked, 2, row);
    CHECK_EQ(told->marks[0].kind, STORE_MARK_INBOUND, row);
    CHECK(told->marks[1].hash == 0xFEDCBA9876543210, row);
    CHECK_EQ(told->marks[1].at_ms, 6000000000, row);
    CHECK_EQ(told->opted, 2, row);
    CHECK_STR(told->numbers[0], "79161234567", row);
    CHECK_STR(told->senders[0], "", row);
    CHECK_EQ(told->optouts[0].origin, 99, row);
    CHECK_STR(told->senders[1], "12345", row);
    CHECK(told->highest >= 70, row);
}

TEST(what_was_written_is_there_after_the_power_was_cut)
{
    struct life life;
    struct told told;

    begin(&life);
    write_all(&life);
    cut_power(&life, &told);
    check_all(&told, "from the journal");
    life_fold(&life);
    cut_power(&life, &told);
    check_all(&told, "from the tables");
    life_free(&life);
}

TEST(the_same_operations_again_change_nothing)
{
    struct life life;
    struct told told;

    begin(&life);
    write_all(&life);
    write_all(&life);
    cut_power(&life, &told);
    check_all(&told, "twice");
    life_free(&life);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(what_was_written_is_there_after_the_power_was_cut),
        RUN(the_same_operations_again_change_nothing),
    };

    return RUN_ALL(tests);
}
