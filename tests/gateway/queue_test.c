/* Who is next: fair between classes, in turn between accounts. */
#include "gateway/queue.h"

#include <stdlib.h>

#include "tests/test.h"

enum { ENTRIES = 3000, SERVICE = 1, ADVERTISING = 2 };

struct waiting {
    struct queue_entry entries[ENTRIES];
    size_t count;
};

static struct queue_entry *add(struct queue *queue, struct waiting *waiting, uint8_t class,
                               uint32_t account)
{
    struct queue_entry *entry = &waiting->entries[waiting->count++];

    assert_true(waiting->count <= ENTRIES);
    queue_add(queue, entry, class, account, entry);
    return entry;
}

/* The first is served: it had its turn, and is gone. */
static struct queue_entry *serve(struct queue *queue)
{
    struct queue_entry *entry = queue_first(queue, -1);

    if (entry) {
        queue_turn(entry);
        queue_remove(entry);
    }
    return entry;
}

TEST(within_an_account_the_first_to_come_is_the_first_to_go)
{
    struct queue *queue = queue_new();
    struct waiting *waiting = calloc(1, sizeof(*waiting));

    for (int i = 0; i < 100; i++)
        add(queue, waiting, 0, 7);
    for (int i = 0; i < 100; i++)
        assert_ptr_equal(serve(queue), &waiting->entries[i]);
    assert_null(serve(queue));
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
        served[serve(queue)->account]++;
    assert_int_equal(served[1], 30);
    assert_int_equal(served[2], 30);
    assert_int_equal(served[3], 30);
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
            served[serve(queue)->class]++;
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
        serve(queue);
    for (int i = 0; i < 200; i++)
        add(queue, waiting, ADVERTISING, 2);
    for (int i = 0; i < 100; i++)
        advertising += serve(queue)->class == ADVERTISING;
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
    queue_turn(first);
    assert_ptr_equal(queue_first(queue, -1), second);
    queue_turn(second);
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
    while (serve(queue))
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
        RUN(accounts_of_a_class_have_their_turns_however_much_each_has_waiting),
        RUN(classes_get_their_shares_and_an_unused_share_goes_to_the_others),
        RUN(a_class_that_was_empty_does_not_catch_up),
        RUN(only_one_class_is_looked_at_when_asked),
        RUN(one_that_had_its_turn_and_stays_lets_the_others_come_first),
        RUN(from_anywhere_an_entry_can_be_removed),
    };

    return RUN_ALL(tests);
}
