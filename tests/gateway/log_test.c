#include "gateway/log.h"

#include <stdlib.h>
#include <unistd.h>

#include "gateway/log_share.h"
#include "tests/test.h"

/* What one call wrote. */
#define LOGGED(out, lowest, call)                                                          \
    do {                                                                                   \
        int logged_[2];                                                                    \
        ssize_t size_;                                                                     \
        assert_int_equal(pipe(logged_), 0);                                                \
        log_open(logged_[1], (lowest));                                                    \
        call;                                                                              \
        log_open(STDERR_FILENO, LOG_LEVEL_INFO);                                           \
        close(logged_[1]);                                                                 \
        size_ = read(logged_[0], (out), sizeof(out) - 1);                                  \
        (out)[size_ > 0 ? size_ : 0] = '\0';                                               \
        close(logged_[0]);                                                                 \
    } while (0)

TEST(a_line_is_time_level_event_and_fields)
{
    char line[4096];

    LOGGED(line, LOG_LEVEL_INFO, log_info("session.refused", "account=%s n=%d", "acme", 3));
    CHECK_STR(line + strlen("2026-11-21T22:40:01.123Z"),
              " info session.refused account=acme n=3\n", "line");
    CHECK(line[4] == '-' && line[10] == 'T' && line[19] == '.' && line[23] == 'Z', "time");
    LOGGED(line, LOG_LEVEL_INFO, log_debug("quiet", "a=%d", 1));
    CHECK_STR(line, "", "below the lowest level");
    LOGGED(line, LOG_LEVEL_DEBUG, log_event(LOG_LEVEL_ERROR, "bare", "%s", ""));
    CHECK_STR(line + 24, " error bare\n", "no fields");
}

TEST(a_line_stays_one_line_and_within_its_bound)
{
    char line[4096];
    char longer[5000];

    LOGGED(line, LOG_LEVEL_INFO, log_info("x", "name=%s", "a\nb\x1b[31m"));
    CHECK_STR(line + 24, " info x name=a?b?[31m\n", "controls");
    memset(longer, 'y', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    LOGGED(line, LOG_LEVEL_INFO, log_info("x", "%s", longer));
    CHECK_EQ(strlen(line), 2048, "cut");
    CHECK_EQ(line[2047], '\n', "still ends");
}

TEST(quoted_values_fit_and_stay_quoted)
{
    char out[32];
    static const struct {
        const char *row, *text, *quoted;
        size_t room;
    } quotes[] = {
        {"plain",   "two words",  "\"two words\"",        32},
        {"escapes", "a\"b\\c\n",  "\"a\\\"b\\\\c\\x0a\"", 32},
        {"cut",     "abcdefghij", "\"abcd\"",             10},
        {"no room", "abc",        "",                     2 },
    };
    for (size_t i = 0; i < ROWS(quotes); i++)
        CHECK_STR(log_quote(quotes[i].text, out, quotes[i].room), quotes[i].quoted,
                  quotes[i].row);
}

TEST(of_what_comes_by_the_thousand_a_share_is_told_and_how_much_was_not)
{
    struct log_share share = {0};
    unsigned told = 0;
    char line[4096];

    for (int i = 0; i < 1000; i++)
        told += log_share_take(&share, "x.untold", 5000 + i / 2);
    CHECK_EQ(told, LOG_SHARE_PER_S, "of a thousand in half a second");
    LOGGED(line, LOG_LEVEL_INFO, told = log_share_take(&share, "x.untold", 6000));
    CHECK_EQ(told, 1, "the next second begins anew");
    CHECK_STR(line + 24, " info x.untold lines=980\n", "and tells of the others");
    LOGGED(line, LOG_LEVEL_INFO, told = log_share_take(&share, "x.untold", 9000));
    CHECK_STR(line, "", "once");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        RUN(a_line_is_time_level_event_and_fields),
        RUN(a_line_stays_one_line_and_within_its_bound),
        RUN(quoted_values_fit_and_stay_quoted),
        RUN(of_what_comes_by_the_thousand_a_share_is_told_and_how_much_was_not),
    };

    return RUN_ALL(tests);
}
