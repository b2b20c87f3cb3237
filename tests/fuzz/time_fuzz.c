/*
 * Whatever is called a time: what is read is written, and reads back as the same; so does
 * the span until then.
 */
#include <assert.h>
#include <string.h>

#include "smpp/timestamp.h"
#include "tests/fuzz/fuzz.h"

static const int64_t years_ms = 10LL * 365 * 86400000;

/* Relative to now it is the same moment, rounded up to the second. */
static void check_span(int64_t span_ms, int64_t now_ms)
{
    char written[SMPP_TIMESTAMP_SIZE];
    int64_t ms;

    if (!smpp_timestamp_write_relative(span_ms, written))
        return;
    assert(smpp_timestamp_read((const uint8_t *)written, sizeof(written), now_ms, &ms) ==
           SMPP_TIMESTAMP_OK);
    assert(ms - now_ms >= span_ms && ms - now_ms < span_ms + 1000);
}

static void check_time(const uint8_t *data, size_t size, int64_t now_ms)
{
    char written[SMPP_TIMESTAMP_SIZE];
    int64_t ms;
    int64_t again_ms;

    /* Two digits of a year do not say which century: only times not far from now. */
    if (smpp_timestamp_read(data, size, now_ms, &ms) != SMPP_TIMESTAMP_OK ||
        ms >= now_ms + years_ms || ms <= now_ms - years_ms)
        return;
    smpp_timestamp_write(ms, written);
    assert(smpp_timestamp_read((const uint8_t *)written, sizeof(written), now_ms,
                               &again_ms) == SMPP_TIMESTAMP_OK);
    /* Tenths are cut. */
    assert(again_ms / 1000 == ms / 1000);
    check_span(ms - now_ms, now_ms);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* 22 November 2026, and 31 January 2027, a month after which is the 28th. */
    static const int64_t now_ms[] = {1795305600000, 1801396800000};
    char date[SMPP_TIMESTAMP_DATE_MAX];
    int64_t ms;

    for (size_t i = 0; i < sizeof(now_ms) / sizeof(now_ms[0]); i++)
        check_time(data, size, now_ms[i]);
    if (smpp_timestamp_read_date(data, size, &ms)) {
        for (size_t digits = 10; digits <= sizeof(date); digits += 2)
            assert(smpp_timestamp_write_date(ms, digits, date) == digits);
        assert(smpp_timestamp_write_date(ms, sizeof(date) - 1, date) == 12);
    }
    return 0;
}
