/* Whatever is called a time: what is read is written, and reads back as the same. */
#include <assert.h>
#include <string.h>

#include "smpp/timestamp.h"
#include "tests/fuzz/fuzz.h"

static const int64_t years_ms = 10LL * 365 * 86400000;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int64_t now_ms = 1795305600000;
    char written[SMPP_TIMESTAMP_SIZE];
    int64_t ms;
    int64_t again_ms;

    /* Two digits of a year do not say which century: only times not far from now. */
    if (smpp_timestamp_read(data, size, now_ms, &ms) == SMPP_TIMESTAMP_OK &&
        ms < now_ms + years_ms && ms > now_ms - years_ms) {
        smpp_timestamp_write(ms, written);
        assert(smpp_timestamp_read((const uint8_t *)written, sizeof(written), now_ms,
                                   &again_ms) == SMPP_TIMESTAMP_OK);
        /* Tenths are cut. */
        assert(again_ms / 1000 == ms / 1000);
    }
    if (smpp_timestamp_read_date(data, size, &ms)) {
        char date[SMPP_TIMESTAMP_DATE_MAX];

        assert(smpp_timestamp_write_date(ms, 12, date) == 12);
    }
    return 0;
}
