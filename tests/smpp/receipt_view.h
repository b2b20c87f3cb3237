/* Texts as the octets they are, for tests of receipts. */
#ifndef TESTS_SMPP_RECEIPT_VIEW_H
#define TESTS_SMPP_RECEIPT_VIEW_H

#include "smpp/pdu.h"
#include "tests/test.h"

/* 2026-07-31 12:30:05 UTC */
static const int64_t receipt_noon_ms = 1785501005000;

static inline struct smpp_octets receipt_view(const char *text)
{
    return (struct smpp_octets){(const uint8_t *)text, (uint32_t)strlen(text)};
}

static inline bool receipt_view_equals(struct smpp_octets actual, const char *expected)
{
    return actual.size == strlen(expected) &&
           (actual.size == 0 || memcmp(actual.data, expected, actual.size) == 0);
}

#define CHECK_VIEW(actual, expected, row)                                                  \
    do {                                                                                   \
        struct smpp_octets check_view_ = (actual);                                         \
        if (!receipt_view_equals(check_view_, (expected)))                                 \
            fail_msg("%s: %s is \"%.*s\", expected \"%s\"", (row), #actual,                \
                     (int)check_view_.size, (const char *)check_view_.data, (expected));   \
    } while (0)

#endif
