/*
 * Whether the ledger is right, from the database alone.
 */
#include "gateway/api_pieces.h"

#include <stdlib.h>

#include "gateway/store_reader.h"
#include "routing/ledger.h"

static void on_verified(void *owner, uint64_t tag, const struct verification *verification)
{
    struct api_question *question = owner;
    struct gateway *gateway = question->gateway;
    struct json_writer *writer = api_writer(gateway);
    size_t sentences = verification->mismatch_count < VERIFICATION_SENTENCES_MAX
                           ? verification->mismatch_count
                           : VERIFICATION_SENTENCES_MAX;
    char currency[4];

    (void)tag;
    json_write_object(writer, NULL);
    json_write_bool(writer, "ok", verification->ok);
    json_write_integer(writer, "postings", verification->postings);
    json_write_integer(writer, "accounts", verification->accounts);
    json_write_object(writer, "sums");
    for (size_t i = 0; i < verification->sum_count; i++)
        json_write_money(writer,
                         ledger_currency_code(verification->sums[i].currency, currency),
                         verification->sums[i].sum_micro);
    json_write_object_end(writer);
    json_write_array(writer, "mismatches");
    for (size_t i = 0; i < sentences; i++)
        json_write_string(writer, NULL, verification->mismatches[i]);
    json_write_array_end(writer);
    json_write_integer(writer, "ended_with_hold", verification->ended_with_hold);
    json_write_integer(writer, "attempts_without_posting",
                       verification->attempts_without_posting);
    json_write_object_end(writer);
    api_answer(gateway, question->request, 200);
    api_question_free(question);
}

void api_on_verify(struct api_call *call)
{
    struct api_question *question = api_question_new(call);

    api_question_asked(
        question, store_reader_verify(call->gateway->reader, on_verified, question, 0));
}
