#include "gateway/channels/bucket.h"

#include "tests/test.h"

/* How many there are now. */
static int take_all(struct bucket *bucket, int64_t now_ms)
{
    int count = 0;

    for (; count < 1000 && bucket_wait_ms(bucket, now_ms) == 0; count++)
        bucket_take(bucket);
    return count;
}

TEST(a_bucket_begins_with_one_second_of_tries)
{
    struct bucket bucket;

    bucket_init(&bucket, 10, 5000);
    CHECK_EQ(take_all(&bucket, 5000), 10, "at once");
}

TEST(it_tells_when_the_next_one_is_there)
{
    struct bucket bucket;

    bucket_init(&bucket, 3, 0);
    (void)take_all(&bucket, 0);
    CHECK_EQ(bucket_wait_ms(&bucket, 0), 334, "a third of a second, rounded up");
    CHECK_EQ(bucket_wait_ms(&bucket, 333), 1, "not yet");
    CHECK_EQ(take_all(&bucket, 334), 1, "now");
}

TEST(it_never_holds_more_than_a_second)
{
    struct bucket bucket;

    bucket_init(&bucket, 10, 0);
    (void)take_all(&bucket, 0);
    CHECK_EQ(take_all(&bucket, 3600 * 1000), 10, "after an hour");
}

TEST(what_was_given_back_can_be_taken)
{
    struct bucket bucket;

    bucket_init(&bucket, 1, 0);
    (void)take_all(&bucket, 0);
    bucket_give(&bucket);
    CHECK_EQ(take_all(&bucket, 0), 1, "once");
    bucket_give(&bucket);
    bucket_give(&bucket);
    CHECK_EQ(take_all(&bucket, 0), 1, "and no more than a second of them");
}

TEST(without_a_rate_there_is_always_one)
{
    struct bucket bucket;

    bucket_init(&bucket, 0, 0);
    CHECK_EQ(take_all(&bucket, 0), 1000, "as many as one likes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_bucket_begins_with_one_second_of_tries),
        RUN(it_tells_when_the_next_one_is_there),
        RUN(it_never_holds_more_than_a_second),
        RUN(what_was_given_back_can_be_taken),
        RUN(without_a_rate_there_is_always_one),
    };

    return RUN_ALL(tests);
}
