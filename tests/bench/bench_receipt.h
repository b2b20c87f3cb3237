/*
 * What a deliver_sm says about a message: the text of Appendix B of SMPP 3.4 and the
 * optional parameters beside it, held against each other.
 */
#ifndef TESTS_BENCH_RECEIPT_H
#define TESTS_BENCH_RECEIPT_H

#include <stdbool.h>

#include "tests/bench/bench_stat.h"
#include "tests/peers/wire.h"

enum bench_receipt_kind {
    BENCH_RECEIPT_FINAL = 0,
    BENCH_RECEIPT_INTERMEDIATE, /* a notification on the way, or ENROUTE */
    BENCH_RECEIPT_NONE,         /* an ordinary message */
};

struct bench_receipt {
    struct wire_view id; /* receipted_message_id, else `id:` of the text; may be empty */
    struct wire_view text_id;
    enum bench_stat stat;
    bool ids_differ;   /* the text and the parameter name two ids */
    bool stats_differ; /* the same of `stat:` and message_state */
};

/* Views in `out_receipt` are into what `message` points at. */
enum bench_receipt_kind bench_receipt_read(const struct wire_message *message,
                                           struct bench_receipt *out_receipt);

#endif
