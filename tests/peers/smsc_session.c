/* What a peer may ask the practice SMSC in which state, and what it answers. */
#include "tests/peers/smsc_parts.h"

#include <stdlib.h>
#include <string.h>

#include "tests/peers/journal.h"

enum {
    SESSION_INIT_MS = 10000, /* from connect to bind */
    ENQUIRE_ANSWER_MS = 10000,
};

/* ---- Answers ---- */

/* link_process() asks for room before each PDU, so an answer always fits. */
static void reply(struct link *link, const struct wire_header *header, uint32_t status)
{
    if (!wire_write_bare(&link->output, header->id | WIRE_RESPONSE, status,
                         header->sequence))
        abort();
}

static void nack(struct link *link, const struct wire_header *header, uint32_t status)
{
    link->smsc->counters.nacks++;
    if (!wire_write_bare(&link->output, WIRE_GENERIC_NACK, status, header->sequence))
        abort();
}

/* ---- Binding ---- */

static uint32_t account_of(struct smsc *smsc, const char *system_id)
{
    size_t i = 0;

    while (i < smsc->account_count && strcmp(smsc->accounts[i].system_id, system_id) != 0)
        i++;
    if (i == smsc->account_count && i < SMSC_ACCOUNTS_MAX) {
        memcpy(smsc->accounts[i].system_id, system_id, sizeof(smsc->accounts[i].system_id));
        smsc->account_count++;
    }
    return (uint32_t)i;
}

static uint32_t judge_bind(struct smsc *smsc, const struct wire_bind *bind,
                           uint32_t *out_account)
{
    char system_id[16] = "";

    if (smsc->system_id[0] != 0 && !wire_view_is(bind->system_id, smsc->system_id))
        return WIRE_BAD_SYSTEM_ID;
    if (smsc->password[0] != 0 && !wire_view_is(bind->password, smsc->password))
        return WIRE_BAD_PASSWORD;
    if (smsc->counters.binds_open >= (uint64_t)smsc->binds)
        return WIRE_ALREADY_BOUND;
    wire_view_copy(bind->system_id, system_id, sizeof(system_id));
    *out_account = account_of(smsc, system_id);
    return *out_account < SMSC_ACCOUNTS_MAX ? WIRE_OK : WIRE_BIND_FAILED;
}

static void log_bind(struct link *link, const struct wire_header *header,
                     const struct wire_bind *bind, uint32_t status)
{
    struct journal *journal = link->smsc->sim->journal;

    journal_begin(journal, "bind", link->smsc->name);
    journal_number(journal, "bind", (int64_t)link_serial(link));
    journal_number(journal, "command", header->id);
    journal_octets(journal, "system_id", bind->system_id.at, bind->system_id.size);
    journal_number(journal, "version", bind->interface_version);
    journal_number(journal, "status", status);
    journal_end(journal);
}

static enum link_state state_after(uint32_t command)
{
    if (command == WIRE_BIND_RECEIVER)
        return LINK_RX;
    return command == WIRE_BIND_TRANSMITTER ? LINK_TX : LINK_TRX;
}

static void accept_bind(struct link *link, const struct wire_header *header,
                        const struct wire_bind *bind, uint32_t account)
{
    struct wire_pdu pdu =
        wire_open(&link->output, header->id | WIRE_RESPONSE, WIRE_OK, header->sequence);

    link->state = state_after(header->id);
    link->account = account;
    link->version = bind->interface_version;
    link->smsc->counters.binds++;
    link->smsc->counters.binds_open++;
    wire_add_string(&pdu, wire_view_of("sluice-sim"));
    if (link->version >= WIRE_VERSION_3_4)
        wire_add_tlv_byte(&pdu, WIRE_TAG_INTERFACE_VERSION, WIRE_VERSION_3_4);
    if (!wire_close(&pdu))
        abort();
}

static void on_bind(struct link *link, const struct wire_header *header,
                    struct wire_view body)
{
    struct wire_bind bind = {0};
    uint32_t account = 0;
    uint32_t status = wire_read_bind(body, &bind);

    if (status == WIRE_OK)
        status = judge_bind(link->smsc, &bind, &account);
    log_bind(link, header, &bind, status);
    if (status == WIRE_OK) {
        accept_bind(link, header, &bind, account);
        return;
    }
    link->smsc->counters.binds_refused++;
    reply(link, header, status);
    link_drain(link);
}

static void on_unbind(struct link *link, const struct wire_header *header,
                      struct wire_view body)
{
    (void)body;
    reply(link, header, WIRE_OK);
    link_drain(link);
}

static void on_enquire(struct link *link, const struct wire_header *header,
                       struct wire_view body)
{
    (void)body;
    link->smsc->counters.enquiries++;
    reply(link, header, WIRE_OK);
}

static void on_ended(struct link *link, const struct wire_header *header,
                     struct wire_view body)
{
    (void)header;
    (void)body;
    link->asked_ms = 0;
}

/* ---- Questions about a message that is still here ---- */

/* The report of that id that was not sent yet, or NULL. */
static struct job *find_report(struct link *link, struct wire_view id)
{
    struct smsc *smsc = link->smsc;
    struct job *job = NULL;
    char written[RECEIPT_ID_BYTES];

    while ((job = jobs_walk(smsc->jobs, job)) != NULL) {
        (void)report_write_id(job->id, job->short_id, id_forms[smsc->id_form].answer,
                              written);
        if (job->kind == JOB_REPORT && job->account == link->account && job->tries == 0 &&
            wire_view_is(id, written))
            return job;
    }
    return NULL;
}

/* 4.9.1: service_type, message_id.  The source is not compared. */
static void on_cancel(struct link *link, const struct wire_header *header,
                      struct wire_view body)
{
    size_t skipped = wire_read_id(body).size + 1;
    struct job *job = NULL;

    link->smsc->counters.cancels++;
    if (skipped < body.size)
        job = find_report(
            link, wire_read_id((struct wire_view){body.at + skipped, body.size - skipped}));
    if (job != NULL) {
        job->state = WIRE_STATE_DELETED;
        jobs_queue(link->smsc->jobs, job, job->account);
    }
    reply(link, header, job != NULL ? WIRE_OK : WIRE_CANCEL_FAILED);
}

/* 4.8.2: message_id, final_date, message_state, error_code. */
static void on_query(struct link *link, const struct wire_header *header,
                     struct wire_view body)
{
    struct wire_view id = wire_read_id(body);
    struct wire_pdu pdu;

    link->smsc->counters.queries++;
    if (find_report(link, id) == NULL) {
        reply(link, header, WIRE_QUERY_FAILED);
        return;
    }
    pdu = wire_open(&link->output, header->id | WIRE_RESPONSE, WIRE_OK, header->sequence);
    wire_add_string(&pdu, id);
    wire_add_string(&pdu, wire_view_of(""));
    wire_add_byte(&pdu, WIRE_STATE_ENROUTE);
    wire_add_byte(&pdu, 0);
    if (!wire_close(&pdu))
        nack(link, header, WIRE_SYSTEM_ERROR);
}

/* ---- Dispatch ---- */

static void on_acknowledged(struct link *link, const struct wire_header *header,
                            struct wire_view body)
{
    (void)body;
    report_acknowledged(link, header);
}

/* Table 2-1: what an ESME may send in which state.  enquire_link also before a bind. */
static const struct command {
    uint32_t id;
    unsigned states;
    uint32_t wrong_state;
    void (*handle)(struct link *link, const struct wire_header *header,
                   struct wire_view body);
} commands[] = {
    {WIRE_SUBMIT_SM,                    LINK_SENDS,             WIRE_BAD_STATE,     submit_handle  },
    {WIRE_RESPONSE | WIRE_DELIVER_SM,   LINK_RECEIVES,          WIRE_OK,            on_acknowledged},
    {WIRE_ENQUIRE_LINK,                 LINK_OPEN | LINK_BOUND, WIRE_OK,            on_enquire     },
    {WIRE_RESPONSE | WIRE_ENQUIRE_LINK, LINK_BOUND,             WIRE_OK,            on_ended       },
    {WIRE_BIND_RECEIVER,                LINK_OPEN,              WIRE_ALREADY_BOUND, on_bind        },
    {WIRE_BIND_TRANSMITTER,             LINK_OPEN,              WIRE_ALREADY_BOUND, on_bind        },
    {WIRE_BIND_TRANSCEIVER,             LINK_OPEN,              WIRE_ALREADY_BOUND, on_bind        },
    {WIRE_UNBIND,                       LINK_BOUND,             WIRE_BAD_STATE,     on_unbind      },
    {WIRE_CANCEL_SM,                    LINK_SENDS,             WIRE_BAD_STATE,     on_cancel      },
    {WIRE_QUERY_SM,                     LINK_SENDS,             WIRE_BAD_STATE,     on_query       },
};

void session_handle(struct link *link, const struct wire_header *header,
                    struct wire_view body)
{
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        const struct command *command = &commands[i];

        if (command->id != header->id)
            continue;
        if (command->states & link->state)
            command->handle(link, header, body);
        else if ((header->id & WIRE_RESPONSE) == 0)
            reply(link, header, command->wrong_state);
        return;
    }
    /* 4.3, and compatibility in chapter 3.3: an unknown request is refused, a response
     * that nobody waits for is nobody's. */
    if ((header->id & WIRE_RESPONSE) == 0)
        nack(link, header, WIRE_BAD_COMMAND);
}

void session_second(struct link *link)
{
    struct smsc *smsc = link->smsc;
    int64_t silent_ms = smsc->now_ms - link->heard_ms;

    if (link->state == LINK_DRAINING) {
        if (smsc->now_ms >= link->drain_ms)
            link_close(link, "drained");
    } else if (link->state == LINK_OPEN) {
        if (silent_ms >= SESSION_INIT_MS)
            link_close(link, "no bind");
    } else if (link->asked_ms != 0) {
        if (smsc->now_ms - link->asked_ms >= ENQUIRE_ANSWER_MS)
            link_close(link, "silent");
    } else if (smsc->enquire_s != 0 && silent_ms >= smsc->enquire_s * 1000 &&
               wire_write_bare(&link->output, WIRE_ENQUIRE_LINK, WIRE_OK,
                               link->next_sequence)) {
        link->next_sequence =
            link->next_sequence == 0x7FFFFFFF ? 1 : link->next_sequence + 1;
        link->asked_ms = smsc->now_ms;
        smsc->counters.enquiries_sent++;
        link_mark_dirty(link);
    }
}
