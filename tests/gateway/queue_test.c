/* Who is next: fair between classes, in turn between accounts. */
#include "gateway/queue.h"

#include <stdlib.h>

#include "tests/test.h"

enum { ENTRIES = 3000, SERVICE = 1, ADVERTISING = 2 };

struct waiting {
    struct queue_entry entries[ENTRIES];
    uint8_t classes[ENTRIES];
    uint32_t accounts[ENTRIES];
    size_t count;
};

static struct queue_entry *add(struct queue *queue, struct waiting *waiting, uint8_t class,
                               uint32_t account)
{
    struct queue_entry *entry = &waiting->entries[waiting->count];

    assert_true(waiting->count < ENTRIES);
    waiting->classes[waiting->count] = class;
    waiting->accounts[waiting->count++] = account;
    queue_add(queue, entry, class, account, entry);
    return entry;
}

/* The first is served, with so many parts, and is gone: its place, or ENTRIES. */
static size_t serve_parts(struct queue *queue, const struct waiting *waiting,
                          uint32_t parts)
{
    struct queue_entry *entry = queue_first(queue, -1);
    size_t place;

    if (entry == NULL)
        return ENTRIES;
    place = (size_t)(entry - waiting->entries);
    queue_remove(entry);
    queue_pay(queue, waiting->classes[place], waiting->accounts[place], parts);
    return place;
}

static size_t serve(struct queue *queue, const struct waiting *waiting)
{
    return serve_parts(queue, waiting, 1);
}

TEST(within_an_account_the_first_to_come_is_the_first_to_go)
{
    struct queue *queue = queue_new();
    struct waiting *waiting = calloc(1, sizeof(*waiting));

    for (int i = 0; i < 100; i++)
        add(queue, waiting, 0, 7);
    for (int i = 0; i < 100; i++)
        assert_int_equal(serve(queue, waiting), i);
    assert_int_equal(serve(queue, waiting), ENTRIES);
    assert_int_equal(queue_length(queue), 0);
    queue_free(queue);
    free(waiting);
}

TEST(one_whose_turn_had_come_goes_before_its_account_and_not_before_others)
{
    struct queue *queue = queue_new();
    struct waiting *waiting = calloc(1, sizeof(*waiting));
    struct queue_entry back = {0};
    struct queue_entry alone = {0};

    add(queue, waiting, 0, 7);
    queue_add_first(queue, &back, 0, 7, &back);
    queue_add_first(queue, &alone, 0, 8, &alone);
    assert_int_equal(queue_class_length(queue, 0), 3);
    assert_ptr_equal(queue_first(queue, -1), &back);
    queue_remove(&back);
    assert_ptr_equal(queue_first(queue, -1), &waiting->entries[0]);
    queue_remove(&waiting->entries[0]);
    assert_ptr_equal(queue_first(queue, -1), &alone);
    /* The last of a lane is known, too. */
    add(queue, waiting, 0, 8);
    queue_remove(&alone);
    assert_int_equal(serve(queue, waiting), 1);
    queue_free(queue);
    free(waiting);
}

TEST(those_whose_turn_had_come_keep_their_order)
{
    enum { COUNT = 4 };
    struct queue *queue = queue_new();
    struct waiting *waiting = calloc(1, sizeof(*waiting));
    struct queue_entry back[COUNT] = {0}, moved = {0};

    add(queue, waiting, 0, 7);
    for (int i = 0; i < COUNT - 1; i++)
        queue_add_first(queue, &back[i], 0, 7, &back[i]);
    /* The last of them is another now, and then gone. */
    queue_move(&back[2], &moved, &moved);
    queue_add_first(queue, &back[3], 0, 7, &back[3]);
    queue_remove(&back[3]);
    queue_add_first(queue, &back[3], 0, 7, &back[3]);
    queue_remove(&back[1]);
    struct queue_entry *const order[] = {&back[0], &moved, &back[3], &waiting->entries[0]};
    for (size_t i = 0; i < ROWS(order); i++) {
        assert_ptr_equal(queue_first(queue, -1), order[i]);
        queue_remove(order[i]);
    }
    assert_int_equal(queue_length(queue), 0);
    queue_add_first(queue, &back[0], 0, 7, &back[0]);
    assert_ptr_equal(queue_first(queue, -1), &back[0]);
    queue_free(queue);
    free(waiting);
}

TEST(one_that_is_moved_keeps_its_place)
{
    enum { COUNT = 5 };
    struct queue *queue = queue_new();
    struct waiting *waiting = calloc(1, sizeof(*waiting));
    struct queue_entry moved[COUNT];

    for (int i = 0; i < COUNT; i++)
        add(queue, waiting, 0, 7);
    /* The first, the last, two neighbours; and one that is not moved. */
    for (int i = 0; i < COUNT; i++)
        if (i != 2)
            queue_move(&waiting->entries[i], &moved[i], &moved[i]);
    assert_int_equal(queue_length(queue), COUNT);
    assert_null(waiting->entries[0].queue);
    for (int i = 0; i < COUNT; i++) {
        struct queue_entry *first = queue_first(queue, -1);

        assert_ptr_equal(first, i == 2 ? &waiting->entries[i] : &moved[i]);
        assert_ptr_equal(first->owner, first);
        queue_remove(first);
    }
    assert_int_equal(queue_length(queue), 0);
    queue_free(queue);
    free(waiting);
}

TEST(accounts_of_a_class_have_their_turns_however_much_each_has_waiting)
{
    struct queue *queue = queue_new();
    struct waiting *waiting = calloc(1, sizeof(*waiting));
    unsigned served[4] = {0};

    for (int i = 0; i < 1000; i++)
        add(queue, waiting, 0, 1);
    for (int i = 0; i < 30; i++) {
        add(queue, waiting, 0, 2);
        add(queue, waiting, 0, 3);
    }
    for (int i = 0; i < 90; i++)
        served[waiting->accounts[serve(queue, waiting)]]++;
    assert_int_equal(served[1], 30);
    assert_int_equal(served[2], 30);
    assert_int_equal(served[3], 30);
    queue_free(queue);
    free(waiting);
}

TEST(accounts_share_by_parts_and_not_by_messages)
{
    struct queue *queue = queue_new();
    struct waiting *waiting = calloc(1, sizeof(*waiting));
    unsigned parts[3] = {0};

    for (int i = 0; i < 100; i++) {
        add(queue, waiting, 0, 1);
        add(queue, waiting, 0, 2);
    }
    /* Account 1 sends texts of ten parts, account 2 of one. */
    for (int i = 0; i < 66; i++) {
        uint32_t next = waiting->accounts[queue_first(queue, -1) - waiting->entries];
        uint32_t size = next == 1 ? 10 : 1;

        parts[next] += size;
        assert_true(waiting->accounts[serve_parts(queue, waiting, size)] == next);
    }
    assert_in_range(parts[1], 55, 65);
    assert_in_range(parts[2], 55, 65);
    queue_free(queue);
    free(waiting);
}

TEST(who_comes_late_is_not_behind_who_has_much_waiting)
{
    struct queue *queue = queue_new();
    struct waiting *waiting = calloc(1, sizeof(*waiting));
    unsigned turns = 0, late = 0;

    for (int i = 0; i < 2000; i++)
        add(queue, waiting, ADVERTISING, 1);
    for (int i = 0; i < 100; i++)
        serve(queue, waiting);
    for (int i = 0; i < 10; i++)
        add(queue, waiting, ADVERTISING, 2);
    for (; late < 10; turns++)
        late += waiting->accounts[serve(queue, waiting)] == 2;
    assert_in_range(turns, 10, 20);
    queue_free(queue);
    free(waiting);
}

TEST(of_many_accounts_each_has_its_turn)
{
    struct queue *queue = queue_new();
    struct waiting *waiting = calloc(1, sizeof(*waiting));
    static uint8_t seen[1000];

    for (uint32_t account = 0; account < 1000; account++) {
        add(queue, waiting, SERVICE, account);
        add(queue, waiting, SERVICE, account);
    }
    for (int i = 0; i < 1000; i++)
        seen[waiting->accounts[serve(queue, waiting)]]++;
    for (int i = 0; i < 1000; i++)
        assert_int_equal(seen[i], 1);
    queue_free(queue);
    free(waiting);
}

TEST(what_was_overdrawn_while_nobody_waited_is_forgotten)
{
    struct queue *queue = queue_new();
    struct waiting *waiting = calloc(1, sizeof(*waiting));

    add(queue, waiting, 0, 1);
    serve_parts(queue, waiting, 200);
    add(queue, waiting, 0, 1);
    add(queue, waiting, 0, 2);
    add(queue, waiting, 0, 1);
    assert_int_equal(serve(queue, waiting), 1);
    assert_int_equal(serve(queue, waiting), 2);
    assert_int_equal(serve(queue, waiting), 3);
    queue_free(queue);
    free(waiting);
}

TEST(classes_get_their_shares_and_an_unused_share_goes_to_the_others)
{
    static const struct {
        const char *row;
        unsigned waiting[QUEUE_CLASSES];
        unsigned served[QUEUE_CLASSES]; /* of 180 */
    } rows[] = {
        {"all wait",             {400, 400, 400}, {126, 36, 18}},
        {"no transactional",     {0, 400, 400},   {0, 120, 60} },
        {"no service",           {400, 0, 400},   {157, 0, 23} },
        {"advertising alone",    {0, 0, 400},     {0, 0, 180}  },
        {"little is served all", {10, 400, 400},  {10, 113, 57}},
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct queue *queue = queue_new();
        struct waiting *waiting = calloc(1, sizeof(*waiting));
        unsigned served[QUEUE_CLASSES] = {0};

        for (uint8_t class = 0; class < QUEUE_CLASSES; class ++)
            for (unsigned n = 0; n < rows[i].waiting[class]; n++)
                add(queue, waiting, class, class + 1u);
        for (int n = 0; n < 180; n++)
            served[waiting->classes[serve(queue, waiting)]]++;
        for (int class = 0; class < QUEUE_CLASSES; class ++) {
            int off = (int)served[class] - (int)rows[i].served[class];

            if (off < -2 || off > 2)
                fail_msg("%s: class %d was served %u of 180, expected %u", rows[i].row,
                         class, served[class], rows[i].served[class]);
        }
        queue_free(queue);
        free(waiting);
    }
}

TEST(a_class_that_was_empty_does_not_catch_up)
{
    struct queue *queue = queue_new();
    struct waiting *waiting = calloc(1, sizeof(*waiting));
    unsigned advertising = 0;

    for (int i = 0; i < 1500; i++)
        add(queue, waiting, 0, 1);
    for (int i = 0; i < 1000; i++)
        serve(queue, waiting);
    for (int i = 0; i < 200; i++)
        add(queue, waiting, ADVERTISING, 2);
    for (int i = 0; i < 100; i++)
        advertising += waiting->classes[serve(queue, waiting)] == ADVERTISING;
    assert_in_range(advertising, 10, 15);
    queue_free(queue);
    free(waiting);
}

TEST(only_one_class_is_looked_at_when_asked)
{
    struct queue *queue = queue_new();
    struct waiting *waiting = calloc(1, sizeof(*waiting));
    struct queue_entry *service = add(queue, waiting, SERVICE, 1);

    assert_null(queue_first(queue, QUEUE_TRANSACTIONAL));
    assert_ptr_equal(queue_first(queue, SERVICE), service);
    assert_ptr_equal(queue_first(queue, -1), service);
    assert_ptr_equal(queue_first(queue, -1)->owner, service);
    queue_free(queue);
    free(waiting);
}

TEST(one_that_had_its_turn_and_stays_lets_the_others_come_first)
{
    struct queue *queue = queue_new();
    struct waiting *waiting = calloc(1, sizeof(*waiting));
    struct queue_entry *first = add(queue, waiting, 0, 1);
    struct queue_entry *second = add(queue, waiting, 0, 2);

    assert_ptr_equal(queue_first(queue, -1), first);
    queue_pay(queue, 0, 1, 1);
    assert_ptr_equal(queue_first(queue, -1), second);
    queue_pay(queue, 0, 2, 1);
    assert_ptr_equal(queue_first(queue, -1), first);
    queue_free(queue);
    free(waiting);
}

TEST(from_anywhere_an_entry_can_be_removed)
{
    struct queue *queue = queue_new();
    struct waiting *waiting = calloc(1, sizeof(*waiting));
    uint64_t random = 1;
    size_t left = 600;

    for (unsigned i = 0; i < 600; i++)
        add(queue, waiting, (uint8_t)(i % QUEUE_CLASSES), i % 7);
    while (left > 100) {
        struct queue_entry *entry;

        random = random * 6364136223846793005ULL + 1;
        entry = &waiting->entries[(random >> 33) % 600];
        left -= entry->queue != NULL;
        queue_remove(entry);
        queue_remove(entry);
        assert_null(entry->queue);
        assert_int_equal(queue_length(queue), left);
    }
    assert_int_equal(queue_class_length(queue, 0) + queue_class_length(queue, 1) +
                         queue_class_length(queue, 2),
                     left);
    while (serve(queue, waiting) != ENTRIES)
        left--;
    assert_int_equal(left, 0);
    queue_free(queue);
    free(waiting);
    queue_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(within_an_account_the_first_to_come_is_the_first_to_go),
        RUN(one_whose_turn_had_come_goes_before_its_account_and_not_before_others),
        RUN(those_whose_turn_had_come_keep_their_order),
        RUN(one_that_is_moved_keeps_its_place),
        RUN(accounts_of_a_class_have_their_turns_however_much_each_has_waiting),
        RUN(accounts_share_by_parts_and_not_by_messages),
        RUN(who_comes_late_is_not_behind_who_has_much_waiting),
        RUN(of_many_accounts_each_has_its_turn),
        RUN(what_was_overdrawn_while_nobody_waited_is_forgotten),
        RUN(classes_get_their_shares_and_an_unused_share_goes_to_the_others),
        RUN(a_class_that_was_empty_does_not_catch_up),
        RUN(only_one_class_is_looked_at_when_asked),
        RUN(one_that_had_its_turn_and_stays_lets_the_others_come_first),
        RUN(from_anywhere_an_entry_can_be_removed),
    };

    return RUN_ALL(tests);
}
