/* A submit_sm at the practice SMSC: whether it is taken, and its answer. */
#include "tests/peers/smsc_parts.h"

#include <stdlib.h>

#include "tests/peers/journal.h"

enum { MICRO = 1000000 };

/* ---- Answers ---- */

static void log_answer(struct link *link, uint32_t sequence, uint32_t status,
                       const char *id)
{
    struct journal *journal = link->smsc->sim->journal;

    journal_begin(journal, "answer", link->smsc->name);
    journal_number(journal, "bind", (int64_t)link_serial(link));
    journal_number(journal, "sequence", sequence);
    journal_number(journal, "status", status);
    journal_text(journal, "id", id);
    journal_end(journal);
}

/* False when there is no room for it now. */
static bool answer_submit(struct link *link, uint32_t sequence, uint32_t status,
                          uint64_t id)
{
    struct smsc *smsc = link->smsc;
    char text[RECEIPT_ID_BYTES] = "";
    size_t size = 0;

    if (status == WIRE_OK)
        size = report_write_id(id, link->version < WIRE_VERSION_3_4,
                               id_forms[smsc->id_form].answer, text);
    if (!wire_write_id_response(&link->output, WIRE_RESPONSE | WIRE_SUBMIT_SM, status,
                                sequence, (struct wire_view){(uint8_t *)text, size}))
        return false;
    smsc->counters.answers++;
    if (smsc->sim->journal != NULL)
        log_answer(link, sequence, status, text);
    return true;
}

void submit_answer(struct link *link, const struct job *job)
{
    link->outstanding--;
    if (!answer_submit(link, job->sequence, job->status, job->id)) {
        link_close(link, "answers are not read");
        return;
    }
    link_mark_dirty(link);
    if (job->close_after)
        link_drain(link);
}

/* ---- Taking ---- */

/* One second's worth may come at once. */
static bool take_token(struct smsc *smsc)
{
    int64_t now_us;
    int64_t passed_us;

    if (smsc->per_second == 0)
        return true;
    now_us = sim_now_us();
    passed_us = now_us - smsc->bucket_at_us;
    smsc->bucket_micro += (passed_us < MICRO ? passed_us : MICRO) * smsc->per_second;
    if (smsc->bucket_micro > smsc->per_second * MICRO)
        smsc->bucket_micro = smsc->per_second * MICRO;
    smsc->bucket_at_us = now_us;
    if (smsc->bucket_micro < MICRO)
        return false;
    smsc->bucket_micro -= MICRO;
    return true;
}

/* Parts of one text differ in their UDH, which is in the text, or in their SAR number. */
static void remember(struct smsc *smsc, const struct wire_message *message)
{
    struct wire_view text = wire_message_text(message);
    struct wire_view number;
    uint64_t fingerprint = SEEN_START;

    fingerprint = seen_fold(fingerprint, message->source.at, message->source.size);
    fingerprint =
        seen_fold(fingerprint, message->destination.at, message->destination.size);
    fingerprint = seen_fold(fingerprint, text.at, text.size);
    if (wire_find_tlv(message->tlvs, WIRE_TAG_SAR_NUMBER, &number))
        fingerprint = seen_fold(fingerprint, number.at, number.size);
    seen_add(&smsc->seen, fingerprint);
}

static void log_submit(struct link *link, uint32_t sequence,
                       const struct wire_message *message, const struct smsc_act *act,
                       uint32_t status, uint64_t id)
{
    struct smsc *smsc = link->smsc;
    struct journal *journal = smsc->sim->journal;
    struct wire_view text = wire_message_text(message);
    char written[RECEIPT_ID_BYTES] = "";

    if (journal == NULL)
        return;
    if (status == WIRE_OK && !act->lose)
        (void)report_write_id(id, link->version < WIRE_VERSION_3_4,
                              id_forms[smsc->id_form].answer, written);
    journal_begin(journal, "submit", smsc->name);
    journal_number(journal, "bind", (int64_t)link_serial(link));
    journal_number(journal, "sequence", sequence);
    journal_octets(journal, "source", message->source.at, message->source.size);
    journal_octets(journal, "destination", message->destination.at,
                   message->destination.size);
    journal_number(journal, "status", status);
    journal_text(journal, "id", written);
    journal_number(journal, "registered_delivery", message->registered_delivery);
    journal_number(journal, "esm_class", message->esm_class);
    journal_number(journal, "data_coding", message->data_coding);
    journal_octets(journal, "validity", message->validity.at, message->validity.size);
    journal_hex(journal, "text", text.at, text.size);
    journal_hex(journal, "tlvs", message->tlvs.at, message->tlvs.size);
    journal_end(journal);
}

/* The first reason to refuse it; `out_act` is chosen only for what got that far. */
static uint32_t judge_submit(struct link *link, const struct wire_message *message,
                             const struct smsc_act **out_act)
{
    struct smsc *smsc = link->smsc;
    char number[JOB_ADDRESS_BYTES + 1];
    const struct smsc_act *act;

    if (!take_token(smsc)) {
        smsc->counters.throttled++;
        return WIRE_THROTTLED;
    }
    if (link->outstanding >= (uint64_t)smsc->window) {
        smsc->counters.over_window++;
        return (uint32_t)smsc->window_status;
    }
    wire_view_copy(message->destination, number, sizeof(number));
    act = &smsc->acts[script_choose(&smsc->script, number, &smsc->sim->random)];
    *out_act = act;
    if (act->status != WIRE_OK) {
        smsc->counters.scripted_refusals++;
        return act->status;
    }
    if (jobs_spare(smsc->jobs) < 1 + report_count(act, message)) {
        smsc->counters.queue_full++;
        return WIRE_QUEUE_FULL;
    }
    return WIRE_OK;
}

static void answer_later(struct link *link, uint32_t sequence, struct job *job,
                         int64_t wait_ms)
{
    struct smsc *smsc = link->smsc;

    job->kind = JOB_ANSWER;
    job->link = link->number;
    job->sequence = sequence;
    jobs_wait(smsc->jobs, job, smsc->now_ms, wait_ms);
    if (++link->outstanding > smsc->counters.outstanding_max)
        smsc->counters.outstanding_max = link->outstanding;
}

/* The answer to a message that was taken: now, later, or never. */
static void answer_taken(struct link *link, uint32_t sequence, const struct smsc_act *act,
                         uint64_t id, int64_t wait_ms)
{
    struct smsc *smsc = link->smsc;
    struct job *job;

    if (act->no_answer || act->lose) {
        smsc->counters.answers_swallowed++;
        return;
    }
    if (wait_ms == 0) {
        if (!answer_submit(link, sequence, WIRE_OK, id))
            abort();
        if (act->drop_after)
            link_drain(link);
        return;
    }
    job = jobs_take(smsc->jobs);
    if (job == NULL)
        abort(); /* counted before the message was taken */
    job->id = id;
    job->close_after = act->drop_after;
    answer_later(link, sequence, job, wait_ms);
}

/* By its script after a while, if there is room to wait; else at once. */
static void refuse(struct link *link, uint32_t sequence, const struct smsc_act *act,
                   uint32_t status)
{
    struct smsc *smsc = link->smsc;
    struct job *job =
        status == act->status && act->answer.high_ms > 0 ? jobs_take(smsc->jobs) : NULL;

    if (job == NULL) {
        if (!answer_submit(link, sequence, status, 0))
            abort();
        return;
    }
    job->status = status;
    answer_later(link, sequence, job, smsc_draw(smsc, act->answer));
}

static void take(struct link *link, uint32_t sequence, const struct wire_message *message,
                 const struct smsc_act *act, uint64_t id)
{
    struct smsc *smsc = link->smsc;
    int64_t wait_ms =
        smsc_draw(smsc, act->answer.high_ms >= 0 ? act->answer : smsc->answer_delay);

    if (act->lose) {
        smsc->counters.submits_lost++;
    } else {
        smsc->counters.taken++;
        remember(smsc, message);
    }
    if (act->early)
        wait_ms += smsc_draw(smsc, smsc->early_delay);
    if (!act->drop)
        answer_taken(link, sequence, act, id, wait_ms);
    if (report_count(act, message) > 0)
        report_plan(link, message, act, id, wait_ms);
    if (act->drop) {
        smsc->counters.links_dropped++;
        link_close(link, "drop");
    }
}

void submit_handle(struct link *link, const struct wire_header *header,
                   struct wire_view body)
{
    struct smsc *smsc = link->smsc;
    struct wire_message message = {0};
    const struct smsc_act *act = &smsc->acts[0];
    uint32_t status = wire_read_message(body, &message);
    uint64_t id;

    smsc->counters.submits++;
    if (status == WIRE_OK && message.destination.size == 0)
        status = WIRE_BAD_DESTINATION;
    if (status != WIRE_OK)
        smsc->counters.malformed++;
    else
        status = judge_submit(link, &message, &act);
    id = status == WIRE_OK ? smsc->next_id++ : 0;
    log_submit(link, header->sequence, &message, act, status, id);
    if (status == WIRE_OK)
        take(link, header->sequence, &message, act, id);
    else
        refuse(link, header->sequence, act, status);
}
