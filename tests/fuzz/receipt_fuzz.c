/*
 * Whatever octets are called a receipt: esm_class, sizes of three parameters, their values
 * and the text.  The views must lie in what was given, and nothing behind `text:` counts.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "smpp/receipt.h"
#include "smpp/timestamp.h"
#include "tests/fuzz/fuzz.h"

/* What is left to read of the input. */
struct input {
    const uint8_t *data;
    size_t size;
};

static uint8_t take_octet(struct input *input)
{
    if (input->size == 0)
        return 0;
    input->size--;
    return *input->data++;
}

static const uint8_t *take(struct input *input, size_t *size)
{
    const uint8_t *octets = input->data;

    if (*size > input->size)
        *size = input->size;
    input->data += *size;
    input->size -= *size;
    return octets;
}

static bool lies_in(struct smpp_octets view, const void *start, size_t size)
{
    const uint8_t *first = start;

    return view.size == 0 || (view.data >= first && view.data + view.size <= first + size);
}

static void check_view(struct smpp_octets view, const uint8_t *data, size_t size,
                       const char *scratch)
{
    char id[SMPP_RECEIPT_ID_MAX_SIZE];
    int64_t ms;

    assert(lies_in(view, data, size) || lies_in(view, scratch, SMPP_RECEIPT_SCRATCH_SIZE));
    for (int form = SMPP_ID_AS_IS; form <= SMPP_ID_HEX; form++)
        assert(smpp_receipt_id_canonical((enum smpp_id_form)form, view, id) <= sizeof(id));
    if (smpp_timestamp_read_date(view.data, view.size, &ms)) {
        char date[SMPP_TIMESTAMP_DATE_MAX];

        smpp_timestamp_write_date(ms, sizeof(date), date);
    }
}

/* What was read is written as a receipt of ours, which always reads back. */
static void check_written(const struct smpp_receipt *receipt,
                          struct smpp_receipt_facts facts)
{
    char text[SMPP_RECEIPT_MAX_SIZE], scratch[SMPP_RECEIPT_SCRATCH_SIZE];
    struct smpp_pdu pdu = {.esm_class = 0x04};
    struct smpp_receipt back;
    size_t size;

    facts.id = (struct smpp_octets){(const uint8_t *)"77", 2};
    facts.state = receipt->state;
    facts.error = receipt->error;
    size = smpp_receipt_write(&facts, text);
    assert(size <= sizeof(text));
    pdu.short_message = (struct smpp_octets){(const uint8_t *)text, (uint32_t)size};
    assert(smpp_receipt_read(&pdu, NULL, scratch, sizeof(scratch), &back));
    assert(back.id.size == 2 && memcmp(back.id.data, "77", 2) == 0);
    assert(back.state == receipt->state || receipt->state == SMPP_STATE_NONE);
}

static void check_read(const struct smpp_pdu *pdu, const struct smpp_receipt_form *form,
                       const uint8_t *data, size_t size, char *scratch)
{
    struct smpp_receipt receipt;

    if (smpp_receipt_read(pdu, form, scratch, SMPP_RECEIPT_SCRATCH_SIZE, &receipt)) {
        const struct smpp_octets views[] = {
            receipt.id,          receipt.text_id,   receipt.word, receipt.error,
            receipt.submit_date, receipt.done_date, receipt.text};

        for (size_t i = 0; i < sizeof(views) / sizeof(views[0]); i++)
            check_view(views[i], data, size, scratch);
        check_written(&receipt, (struct smpp_receipt_facts){.text = pdu->short_message,
                                                            .text_length = 255,
                                                            .latin_1 = true,
                                                            .date_digits = 12});
        check_written(&receipt, (struct smpp_receipt_facts){.text = pdu->short_message,
                                                            .text_length = 20,
                                                            .error_digits = 200,
                                                            .date_digits = 10});
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint16_t tags[] = {SMPP_TLV_RECEIPTED_MESSAGE_ID, SMPP_TLV_MESSAGE_STATE,
                                    SMPP_TLV_NETWORK_ERROR_CODE};
    char *scratch = malloc(SMPP_RECEIPT_SCRATCH_SIZE);
    struct input input = {data, size};
    struct smpp_pdu pdu = {0};
    static const struct smpp_receipt_form open_minded = {
        .unmarked = true,
        .column_count = 3,
        .columns = {SMPP_COLUMN_ID, SMPP_COLUMN_STATE, SMPP_COLUMN_TEXT}
    };

    assert(scratch != NULL);
    pdu.esm_class = take_octet(&input);
    for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
        size_t value_size = take_octet(&input);
        const uint8_t *value = take(&input, &value_size);

        if (value_size > 0)
            pdu.tlvs[pdu.tlv_count++] =
                (struct smpp_tlv){tags[i], (uint16_t)value_size, value};
    }
    pdu.short_message = (struct smpp_octets){input.data, (uint32_t)input.size};
    check_read(&pdu, NULL, data, size, scratch);
    check_read(&pdu, &open_minded, data, size, scratch);
    free(scratch);
    return 0;
}
