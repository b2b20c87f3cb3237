/*
 * A submission that repeats another: it is answered with the first one's id, when that is
 * durable.  The first may have left memory by then, so the answer is kept whole.  Of a
 * submit_multi each destination is looked at; if nothing of it is new, its answer has the
 * id of the first.
 */
#include "gateway/intake_pieces.h"

#include <assert.h>
#include <stdlib.h>

#include "gateway/accounts.h"
#include "gateway/clock.h"
#include "gateway/gateway.h"
#include "gateway/public_id.h"
#include "gateway/store.h"

struct repeat_answer {
    struct repeat_answer *next;
    intake_told *tell;
    struct store_effect answer;
    uint32_t account;
    uint32_t parts;
    int64_t held_micro;
    char id[PUBLIC_ID_SIZE];
};

struct repeat_answers {
    struct repeat_answer *first;
    struct repeat_answer *last;
};

struct repeat_answers *intake_repeat_new(void)
{
    struct repeat_answers *answers = calloc(1, sizeof(*answers));

    if (answers == NULL)
        abort();
    return answers;
}

void intake_repeat_free(struct repeat_answers *answers)
{
    while (answers && answers->first) {
        struct repeat_answer *next = answers->first->next;

        free(answers->first);
        answers->first = next;
    }
    free(answers);
}

/* Barriers end in the order they were made: it is the first that waits. */
static void is_durable(void *owner, const struct store_effect *effect)
{
    struct gateway *gateway = owner;
    struct repeat_answers *answers = gateway->repeat_answers;
    struct repeat_answer *answer = answers->first;
    struct intake_first first;

    assert(answer && answer->answer.id == effect->id);
    first = (struct intake_first){answer->id, answer->account, answer->parts,
                                  answer->held_micro};
    answers->first = answer->next;
    answer->tell(gateway, &answer->answer, &first);
    free(answer);
}

static void write_told(const struct duplicates_first *first, char out[PUBLIC_ID_SIZE])
{
    (void)public_id_write((enum public_id_form)first->form, first->told_id, first->alias,
                          out);
}

static void keep(struct submission *it, const struct duplicates_first *first)
{
    struct repeat_answers *answers = it->gateway->repeat_answers;
    struct repeat_answer *answer = calloc(1, sizeof(*answer));

    if (answer == NULL)
        abort();
    answer->tell = it->tell_first;
    answer->answer = it->answer;
    answer->account = it->account->number;
    answer->parts = first->parts;
    answer->held_micro = first->held_micro;
    write_told(first, answer->id);
    if (answers->first == NULL)
        answers->first = answer;
    else
        answers->last->next = answer;
    answers->last = answer;
}

/* It is answered with the first; a submit_multi by who makes its answer. */
static void answer_as(struct submission *it, const struct duplicates_first *first)
{
    const struct store_effect durable = {.run = is_durable, .id = first->id};

    it->account->repeated++;
    it->gateway->counters.repeated++;
    if (it->multi != NULL) {
        if (it->multi->repeated++ == 0)
            write_told(first, it->multi->told);
        return;
    }
    it->answer.id = first->id;
    keep(it, first);
    store_barrier(it->gateway->store, &durable);
}

static bool is_looked_for(const struct submission *it)
{
    return it->tell_first != NULL || it->multi != NULL;
}

bool intake_answer_as_first(struct submission *it)
{
    struct duplicates_first first;

    if (it->key.named || !is_looked_for(it) || !duplicates_by_content(it->account))
        return false;
    it->key = duplicates_key_of(it->body);
    if (duplicates_find(it->gateway, it->account, &it->key, &first) != DUPLICATES_FIRST)
        return false;
    answer_as(it, &first);
    return true;
}

bool intake_is_named_again(struct submission *it, enum intake_result *out)
{
    struct duplicates_first first;
    enum duplicates_found found =
        duplicates_find(it->gateway, it->account, &it->key, &first);

    if (found == DUPLICATES_NONE)
        return false;
    *out = INTAKE_OTHER;
    if (found == DUPLICATES_OTHER)
        return true;
    *out = INTAKE_RATE;
    if (!accounts_take_parts(it->gateway->accounts, (uint32_t)it->account_index,
                             first.parts, 0, clock_mono_ms(it->gateway->clock)))
        return true;
    *out = INTAKE_OK;
    answer_as(it, &first);
    return true;
}

void intake_remember(const struct submission *it, int64_t held_micro)
{
    if (is_looked_for(it))
        duplicates_remember(it->gateway, it->account, &it->key, it->body, it->parts,
                            held_micro);
}
