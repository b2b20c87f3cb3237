/*
 * The few words every unit test here is written in, on top of cmocka.
 *
 * A test is a sentence: TEST(a_message_ends_once) { ... }.  Checks on rows of a
 * table take the row's own name, so that a failure says which row it was.
 */
#ifndef TESTS_TEST_H
#define TESTS_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define TEST(name)    static void name(void **state __attribute__((unused)))
#define RUN(name)     cmocka_unit_test(name)
#define ROWS(table)   (sizeof(table) / sizeof((table)[0]))
#define RUN_ALL(list) cmocka_run_group_tests(list, NULL, NULL)

/* Integers, signed or not, up to 64 bits. */
#define CHECK_EQ(actual, expected, row)                                                  \
    do {                                                                                 \
        long long check_actual_ = (long long)(actual);                                   \
        long long check_expected_ = (long long)(expected);                               \
        if (check_actual_ != check_expected_)                                            \
            fail_msg("%s: %s is %lld, expected %lld", (row), #actual, check_actual_,     \
                     check_expected_);                                                   \
    } while (0)

#define CHECK(claim, row)                                                                \
    do {                                                                                 \
        if (!(claim))                                                                    \
            fail_msg("%s: not so: %s", (row), #claim);                                   \
    } while (0)

#define CHECK_STR(actual, expected, row)                                                 \
    do {                                                                                 \
        const char *check_actual_ = (actual);                                            \
        const char *check_expected_ = (expected);                                        \
        if (check_actual_ == NULL || strcmp(check_actual_, check_expected_) != 0)        \
            fail_msg("%s: %s is \"%s\", expected \"%s\"", (row), #actual,                \
                     check_actual_ ? check_actual_ : "(null)", check_expected_);         \
    } while (0)

#define CHECK_BYTES(actual, actual_size, expected, expected_size, row)                   \
    do {                                                                                 \
        CHECK_EQ(actual_size, expected_size, row);                                       \
        if (memcmp((actual), (expected), (expected_size)) != 0)                          \
            fail_msg("%s: the octets of %s differ", (row), #actual);                     \
    } while (0)

#endif
