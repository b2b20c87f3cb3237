/* Receipts and subscribers' messages of the practice SMSC, until they are acknowledged. */
#include "tests/peers/smsc_parts.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/peers/journal.h"

enum {
    REFUSED_AGAIN_MS = 1000, /* after a deliver_sm_resp that says "later" */
    PAYLOAD_FROM_BYTES = 255,
};

size_t report_write_id(uint64_t id, bool short_id, enum id_writing writing, char *out)
{
    /* Compatibility of chapter 3.4: a peer below 3.4 takes eight characters at most. */
    if (short_id)
        return id_write(id & UINT32_MAX, ID_HEX, out);
    return id_write(id, writing, out);
}

/* 5.2.17; 3, reserved there, means "success only" to peers of version 5.0. */
static bool is_wanted(uint8_t registered_delivery, uint8_t state)
{
    bool good = state == WIRE_STATE_DELIVERED;

    switch (registered_delivery & WIRE_REGISTERED_MASK) {
    case 0:
        return false;
    case WIRE_REGISTERED_ALWAYS:
        return true;
    case WIRE_REGISTERED_ON_FAILURE:
        return !good;
    default:
        return good;
    }
}

size_t report_count(const struct smsc_act *act, const struct wire_message *message)
{
    size_t count = 0;

    if (act->never || act->lose)
        return 0;
    count += is_wanted(message->registered_delivery, act->state);
    count += act->second_state != 0 &&
             is_wanted(message->registered_delivery, act->second_state);
    return count;
}

static uint8_t copy_view(struct wire_view view, uint8_t *out, size_t size)
{
    size_t copied = view.size < size ? view.size : size;

    if (copied > 0)
        memcpy(out, view.at, copied);
    return (uint8_t)copied;
}

static void plan_one(struct link *link, const struct wire_message *message, uint8_t state,
                     const char *error, uint64_t id, int64_t wait_ms)
{
    struct smsc *smsc = link->smsc;
    struct job *job = jobs_take(smsc->jobs);
    struct wire_view reference;

    assert(job != NULL); /* counted before the message was taken */
    job->kind = JOB_REPORT;
    job->id = id;
    job->link = link->number;
    job->account = link->account;
    job->submitted_s = (int64_t)time(NULL);
    job->state = state;
    job->format = smsc->formats[smsc->next_format];
    smsc->next_format = (smsc->next_format + 1) % smsc->format_count;
    job->short_id = link->version < WIRE_VERSION_3_4;
    job->source_ton = message->source_ton;
    job->source_npi = message->source_npi;
    job->destination_ton = message->destination_ton;
    job->destination_npi = message->destination_npi;
    job->source_size = copy_view(message->source, job->source, sizeof(job->source));
    job->destination_size =
        copy_view(message->destination, job->destination, sizeof(job->destination));
    job->text_size = copy_view(wire_message_text(message), job->text, sizeof(job->text));
    if (wire_find_tlv(message->tlvs, WIRE_TAG_USER_MESSAGE_REFERENCE, &reference) &&
        reference.size == 2) {
        job->has_reference = true;
        job->reference = (uint16_t)(reference.at[0] << 8 | reference.at[1]);
    }
    memcpy(job->error, error, JOB_ERROR_BYTES);
    if (wait_ms > 0)
        jobs_wait(smsc->jobs, job, smsc->now_ms, wait_ms);
    else
        jobs_queue(smsc->jobs, job, job->account);
}

static const char *error_of(const struct smsc_act *act, uint8_t state)
{
    if (act->error[0] != 0)
        return act->error;
    return state == WIRE_STATE_DELIVERED || state == WIRE_STATE_ACCEPTED ? "000" : "001";
}

void report_plan(struct link *link, const struct wire_message *message,
                 const struct smsc_act *act, uint64_t id, int64_t answer_ms)
{
    struct smsc *smsc = link->smsc;
    struct option_range range = act->late ? smsc->late_delay : smsc->report_delay;
    int64_t wait_ms;

    if (act->report.high_ms >= 0)
        range = act->report;
    wait_ms = act->early ? 0 : answer_ms + smsc_draw(smsc, range);
    if (is_wanted(message->registered_delivery, act->state))
        plan_one(link, message, act->state, error_of(act, act->state), id, wait_ms);
    if (act->second_state == 0 ||
        !is_wanted(message->registered_delivery, act->second_state))
        return;
    wait_ms += smsc_draw(smsc, smsc->gap);
    plan_one(link, message, act->second_state, error_of(act, act->second_state), id,
             wait_ms);
}

/* ---- Sending ---- */

static bool has_room(const struct smsc *smsc, const struct link *link)
{
    return !link->closing && (link->state & LINK_RECEIVES) != 0 &&
           link->reports_out < (uint64_t)smsc->report_window &&
           link->reports[link->next_sequence & (LINK_REPORTS_MAX - 1)] == 0 &&
           link->output.capacity - link->output.used >= LINK_REPORT_ROOM_BYTES;
}

/* The link it was submitted on, else the account's next that can take one. */
static struct link *receiver_for(struct smsc *smsc, const struct job *job)
{
    struct smsc_account *account = &smsc->accounts[job->account];
    struct link *same = smsc->same_link ? link_find(smsc, job->link) : NULL;

    if (same != NULL && has_room(smsc, same))
        return same;
    for (size_t i = 0; i < smsc->links_top; i++) {
        size_t place = (account->next_link + i) % smsc->links_top;
        struct link *link = smsc->links[place];

        if (link != NULL && link->account == job->account && has_room(smsc, link)) {
            account->next_link = place + 1;
            return link;
        }
    }
    return NULL;
}

static void add_receipt_tlvs(struct smsc *smsc, struct wire_pdu *pdu, const struct job *job)
{
    char id[RECEIPT_ID_BYTES];
    size_t size = report_write_id(job->id, job->short_id, id_forms[smsc->id_form].tlv, id);
    uint32_t code = (uint32_t)atoi(job->error);
    uint8_t network_error[3] = {3, (uint8_t)(code >> 8), (uint8_t)code}; /* 3: GSM */

    wire_add_tlv_string(pdu, WIRE_TAG_RECEIPTED_MESSAGE_ID,
                        (struct wire_view){(uint8_t *)id, size});
    wire_add_tlv_byte(pdu, WIRE_TAG_MESSAGE_STATE, job->state);
    if (code != 0)
        wire_add_tlv(pdu, WIRE_TAG_NETWORK_ERROR_CODE,
                     (struct wire_view){network_error, sizeof(network_error)});
    if (job->has_reference)
        wire_add_tlv_short(pdu, WIRE_TAG_USER_MESSAGE_REFERENCE, job->reference);
}

/* 2.11: a receipt goes from the destination of the message to its source. */
static struct wire_message turned(const struct job *job, bool unturned)
{
    struct wire_message message = {
        .source_ton = job->destination_ton,
        .source_npi = job->destination_npi,
        .source = {job->destination, job->destination_size},
        .destination_ton = job->source_ton,
        .destination_npi = job->source_npi,
        .destination = {job->source,      job->source_size     },
        .esm_class = WIRE_ESM_RECEIPT,
    };

    if (unturned) {
        struct wire_view source = message.source;

        message.source = message.destination;
        message.destination = source;
    }
    return message;
}

static bool write_receipt(struct smsc *smsc, struct link *link, const struct job *job)
{
    const struct receipt_format *format = &receipt_formats[job->format];
    struct wire_message message = turned(job, (format->flags & RECEIPT_UNTURNED) != 0);
    bool tlvs_allowed = !job->short_id && link->version >= WIRE_VERSION_3_4;
    uint8_t text[RECEIPT_TEXT_BYTES];
    char id[RECEIPT_ID_BYTES];
    size_t id_size =
        report_write_id(job->id, job->short_id, id_forms[smsc->id_form].text, id);
    struct receipt receipt = {
        .id = {(uint8_t *)id,    id_size              },
        .source = {job->source,      job->source_size     },
        .destination = {job->destination, job->destination_size},
        .text = {job->text,        job->text_size       },
        .state = job->state,
        .error = job->error,
        .submitted_s = job->submitted_s,
        .done_s = (int64_t)time(NULL),
    };
    struct wire_view written = {text,
                                receipt_write(format, &receipt, &smsc->submit_dates, text)};
    bool in_payload = tlvs_allowed && ((format->flags & RECEIPT_PAYLOAD) != 0 ||
                                       written.size >= PAYLOAD_FROM_BYTES);
    struct wire_pdu pdu;

    if (format->flags & RECEIPT_UCS2)
        message.data_coding = 8;
    if (!in_payload)
        message.short_message = written;
    pdu = wire_open(&link->output, WIRE_DELIVER_SM, WIRE_OK, link->next_sequence);
    wire_add_message(&pdu, &message);
    if (in_payload)
        wire_add_tlv(&pdu, WIRE_TAG_MESSAGE_PAYLOAD, written);
    if (tlvs_allowed && (smsc->tlvs || (format->flags & RECEIPT_TLVS_ALWAYS) != 0))
        add_receipt_tlvs(smsc, &pdu, job);
    return wire_close(&pdu);
}

static void log_report(struct link *link, const struct job *job)
{
    struct journal *journal = link->smsc->sim->journal;
    char id[RECEIPT_ID_BYTES];

    if (journal == NULL)
        return;
    (void)report_write_id(job->id, job->short_id, id_forms[link->smsc->id_form].answer, id);
    journal_begin(journal, job->kind == JOB_REPORT ? "report" : "message",
                  link->smsc->name);
    journal_number(journal, "bind", (int64_t)link_serial(link));
    journal_number(journal, "sequence", job->sequence);
    journal_text(journal, "id", id);
    if (job->kind == JOB_REPORT) {
        journal_text(journal, "state", receipt_word(job->state));
        journal_text(journal, "format", receipt_formats[job->format].name);
    } else {
        journal_text(journal, "from", link->smsc->messages[job->id].from);
        journal_text(journal, "to", link->smsc->messages[job->id].to);
    }
    journal_number(journal, "try", job->tries);
    journal_end(journal);
}

static void send_one(struct smsc *smsc, struct link *link, struct job *job)
{
    bool written = job->kind == JOB_REPORT ? write_receipt(smsc, link, job)
                                           : message_write(smsc, link, job);

    assert(written); /* LINK_REPORT_ROOM_BYTES is more than any of them */
    job->sequence = link->next_sequence;
    job->sent_on = link->number;
    job->tries++;
    link->reports[job->sequence & (LINK_REPORTS_MAX - 1)] = jobs_index(smsc->jobs, job) + 1;
    link->next_sequence = job->sequence == 0x7FFFFFFF ? 1 : job->sequence + 1;
    if (++link->reports_out > smsc->counters.reports_out_max)
        smsc->counters.reports_out_max = link->reports_out;
    if (job->tries > 1)
        smsc->counters.reports_retried++;
    else if (job->kind == JOB_REPORT)
        smsc->counters.reports++;
    else
        smsc->counters.messages++;
    log_report(link, job);
    jobs_wait(smsc->jobs, job, smsc->now_ms, smsc->retry_ms);
    link->dirty = true;
}

void report_send_ready(struct smsc *smsc)
{
    for (size_t account = 0; account < smsc->account_count; account++) {
        struct job *job;

        while ((job = jobs_head(smsc->jobs, account)) != NULL) {
            struct link *link = receiver_for(smsc, job);

            if (link == NULL)
                break;
            send_one(smsc, link, job);
        }
    }
}

/* ---- Acknowledging ---- */

/* Off its link; the job is in the wheel still. */
static void call_back(struct smsc *smsc, struct job *job)
{
    struct link *link = smsc->links[job->sent_on % SMSC_LINKS_MAX];

    assert(link != NULL && link->number == job->sent_on);
    link->reports[job->sequence & (LINK_REPORTS_MAX - 1)] = 0;
    link->reports_out--;
    job->sent_on = 0;
}

static void finish(struct smsc *smsc, struct job *job)
{
    if (job->kind == JOB_MESSAGE)
        smsc->messages[job->id].used = false;
    jobs_give(smsc->jobs, job);
}

static bool means_later(uint32_t status)
{
    return status == WIRE_SYSTEM_ERROR || status == WIRE_QUEUE_FULL ||
           status == WIRE_THROTTLED || status == WIRE_RETRY_LATER;
}

static void log_acknowledged(struct link *link, const struct wire_header *header)
{
    struct journal *journal = link->smsc->sim->journal;

    journal_begin(journal, "acknowledged", link->smsc->name);
    journal_number(journal, "bind", (int64_t)link_serial(link));
    journal_number(journal, "sequence", header->sequence);
    journal_number(journal, "status", header->status);
    journal_end(journal);
}

void report_acknowledged(struct link *link, const struct wire_header *header)
{
    struct smsc *smsc = link->smsc;
    uint32_t index = link->reports[header->sequence & (LINK_REPORTS_MAX - 1)];
    struct job *job = index != 0 ? jobs_at(smsc->jobs, index - 1) : NULL;

    log_acknowledged(link, header);
    if (job == NULL || job->sequence != header->sequence) {
        smsc->counters.acknowledgements_unmatched++;
        return;
    }
    call_back(smsc, job);
    if (header->status != WIRE_OK)
        smsc->counters.reports_refused++;
    else if (job->kind == JOB_REPORT)
        smsc->counters.reports_acknowledged++;
    else
        smsc->counters.messages_acknowledged++;
    if (means_later(header->status))
        jobs_wait(smsc->jobs, job, smsc->now_ms, REFUSED_AGAIN_MS);
    else
        finish(smsc, job);
}

/* Its time has come for the first time, or nobody acknowledged it. */
void report_due(struct smsc *smsc, struct job *job)
{
    if (job->sent_on != 0)
        call_back(smsc, job);
    if (smsc->give_up != 0 && job->tries >= (uint64_t)smsc->give_up)
        finish(smsc, job);
    else
        jobs_queue(smsc->jobs, job, job->account);
}

/* What was on its way there goes out again, the oldest first. */
void report_link_lost(struct link *link)
{
    struct jobs *jobs = link->smsc->jobs;

    for (uint32_t i = 0; i < LINK_REPORTS_MAX && link->reports_out > 0; i++) {
        uint32_t newest_first = link->next_sequence - 1 - i;
        uint32_t index = link->reports[newest_first & (LINK_REPORTS_MAX - 1)];
        struct job *job;

        if (index == 0)
            continue;
        job = jobs_at(jobs, index - 1);
        call_back(link->smsc, job);
        jobs_queue_first(jobs, job, job->account);
    }
}
