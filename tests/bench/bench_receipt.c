#include "tests/bench/bench_receipt.h"

#include <string.h>

#define ESM_INTERMEDIATE 0x20 /* 5.2.12: intermediate delivery notification */

/* The value of `key` ("id:"), which begins the text or follows a space. */
static struct wire_view token(struct wire_view text, const char *key, size_t key_size)
{
    const uint8_t *at = text.at;
    size_t left = text.size;

    for (;;) {
        const uint8_t *found = left ? memmem(at, left, key, key_size) : NULL;

        if (!found)
            return (struct wire_view){text.at, 0};

        const uint8_t *value = found + key_size;

        left = (size_t)(text.at + text.size - value);
        at = value;
        if (found == text.at || found[-1] == ' ') {
            const uint8_t *space = left ? memchr(value, ' ', left) : NULL;

            return (struct wire_view){value, space ? (size_t)(space - value) : left};
        }
    }
}

static struct wire_view without_nul(struct wire_view value)
{
    if (value.size > 0 && value.at[value.size - 1] == 0)
        value.size--;
    return value;
}

enum bench_receipt_kind bench_receipt_read(const struct wire_message *message,
                                           struct bench_receipt *out_receipt)
{
    unsigned type = message->esm_class & WIRE_ESM_TYPE_MASK;

    if (type == ESM_INTERMEDIATE)
        return BENCH_RECEIPT_INTERMEDIATE;
    if (type != WIRE_ESM_RECEIPT)
        return BENCH_RECEIPT_NONE;

    struct wire_view text = wire_message_text(message);
    struct wire_view id = token(text, "id:", 3);
    struct wire_view word = token(text, "stat:", 5);
    enum bench_stat stat = BENCH_STAT_NONE;
    struct wire_view value;
    struct bench_receipt receipt = {.id = id, .text_id = id};

    if (word.size > 0)
        stat = bench_stat_from_word((const char *)word.at, word.size);
    receipt.stat = stat;
    if (wire_find_tlv(message->tlvs, WIRE_TAG_RECEIPTED_MESSAGE_ID, &value)) {
        receipt.id = without_nul(value);
        receipt.ids_differ = id.size > 0 && (id.size != receipt.id.size ||
                                             memcmp(id.at, receipt.id.at, id.size) != 0);
    }
    if (wire_find_tlv(message->tlvs, WIRE_TAG_MESSAGE_STATE, &value) && value.size == 1) {
        receipt.stat = bench_stat_from_state(value.at[0]);
        receipt.stats_differ = stat != BENCH_STAT_NONE && stat != receipt.stat;
    }
    *out_receipt = receipt;
    return receipt.stat == BENCH_STAT_ENROUTE ? BENCH_RECEIPT_INTERMEDIATE
                                              : BENCH_RECEIPT_FINAL;
}
