/* Reports: when they come, what they say, and again until they are answered. */
#include "tests/simulation/smsc_parts.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/simulation/book.h"
#include "tests/simulation/dialect.h"
#include "tests/simulation/world.h"

enum {
    REPORT_AGAIN_MS = 5000,
    LATE_FROM_MS = 45000, /* after the deadline of every message */
    LATE_TO_MS = 80000,
    UCS2 = 8,
    STRANGE_IDS = 1000000, /* so far beyond those that it gives */
};

struct line *smsc_any_bound_line(struct smsc *smsc)
{
    for (unsigned i = smsc->line_count; i > 0; i--)
        if (smsc->lines[i - 1]->bound)
            return smsc->lines[i - 1];
    return NULL;
}

unsigned smsc_line_number(const struct smsc *smsc, const struct line *line)
{
    for (unsigned i = 0; i < smsc->line_count; i++)
        if (smsc->lines[i] == line)
            return i + 1;
    return 0;
}

static const struct {
    const char *word;
    bool delivered;
    bool failed;
} states[] = {
    [WIRE_STATE_ENROUTE] = {"ENROUTE", false, false},
    [WIRE_STATE_DELIVERED] = {"DELIVRD", true,  false},
    [WIRE_STATE_EXPIRED] = {"EXPIRED", false, true },
    [WIRE_STATE_UNDELIVERABLE] = {"UNDELIV", false, true },
    [WIRE_STATE_ACCEPTED] = {"ACCEPTD", false, false},
    [WIRE_STATE_REJECTED] = {"REJECTD", false, true },
};

static void write_report(const struct smsc *smsc, const struct report *report,
                         uint32_t sequence, struct wire_buffer *buffer)
{
    const struct dialect *dialect = smsc->world->dialect;
    char id[DIALECT_ID_SIZE];
    char text[DIALECT_TEXT_SIZE];
    struct wire_pdu pdu = wire_open(buffer, WIRE_DELIVER_SM, 0, sequence);
    bool swapped = dialect->layout & LAYOUT_SWAPPED;
    struct wire_message message = {
        .esm_class = dialect->layout & LAYOUT_PLAIN ? 0 : WIRE_ESM_RECEIPT,
        .data_coding = dialect->layout & LAYOUT_WIDE ? UCS2 : 0,
        .source = wire_view_of(swapped ? report->source : report->destination),
        .destination = wire_view_of(swapped ? report->destination : report->source)};
    struct wire_view view = {(const uint8_t *)text, 0};

    dialect_write_id(dialect->receipt, report->id, id);
    view.size =
        dialect_write_text(dialect, id, states[report->state].word, report->text, text);
    if (!(dialect->layout & LAYOUT_PAYLOAD))
        message.short_message = view;
    wire_add_message(&pdu, &message);
    if (dialect->layout & LAYOUT_PAYLOAD)
        wire_add_tlv(&pdu, WIRE_TAG_MESSAGE_PAYLOAD, view);
    if (dialect->layout & LAYOUT_TLV) {
        wire_add_tlv_string(&pdu, WIRE_TAG_RECEIPTED_MESSAGE_ID, wire_view_of(id));
        wire_add_tlv_byte(&pdu, WIRE_TAG_MESSAGE_STATE, report->state);
    }
    if (!wire_close(&pdu))
        abort();
}

static void note_report(const struct world *world, const struct report *report)
{
    struct note *note = report->note;

    if (note == NULL || report->sendings > 1)
        return;
    if (states[report->state].failed && note->failed_ms == 0)
        note->failed_ms = world_now_ms(world);
    note->told_delivered = note->told_delivered || states[report->state].delivered;
    note->told_failed = note->told_failed || states[report->state].failed;
}

static void send_report(void *owner, uint64_t index)
{
    struct smsc *smsc = owner;
    struct world *world = smsc->world;
    struct report *report = &smsc->reports[index];
    struct line *line = smsc_any_bound_line(smsc);
    uint8_t octets[1024];
    struct wire_buffer buffer = {octets, sizeof(octets), 0};

    if (report->done)
        return;
    world_after(world, line ? REPORT_AGAIN_MS : 300, send_report, smsc, index);
    if (line == NULL)
        return;
    report->sequence = ++line->sequence;
    report->sendings++;
    report->line = smsc_line_number(smsc, line);
    write_report(smsc, report, report->sequence, &buffer);
    note_report(world, report);
    world_tell(world, "operator reports N%u %s (%u)",
               report->note ? report->note->number : 0, states[report->state].word,
               report->sendings);
    smsc_send(line, &buffer, MOMENT_REPORT);
}

static void add_report(struct smsc *smsc, const struct answer *answer,
                       const struct wire_message *submit, uint8_t state, int64_t delay_ms)
{
    struct report *report;

    smsc->reports = smsc_grow(smsc->reports, smsc->report_count, &smsc->report_room,
                              sizeof(*smsc->reports));
    report = &smsc->reports[smsc->report_count];
    *report = (struct report){.note = answer->note, .id = answer->id, .state = state};
    wire_view_copy(submit->source, report->source, sizeof(report->source));
    wire_view_copy(submit->destination, report->destination, sizeof(report->destination));
    if (answer->note)
        wire_view_copy(smsc_text_of(submit), report->text, sizeof(report->text));
    smsc->reports_open++;
    world_after(smsc->world, delay_ms, send_report, smsc, smsc->report_count++);
}

/* Nobody waits for the answer to one of these, nor repeats it. */
static void send_noise(void *owner, uint64_t index)
{
    static const struct {
        enum situation situation;
        bool has_id;
    } kinds[] = {
        {SITUATION_report_of_nobody,    false},
        {SITUATION_report_misaddressed, true }
    };
    struct smsc *smsc = owner;
    struct world *world = smsc->world;
    struct line *line = smsc_any_bound_line(smsc);
    const struct report *about = &smsc->reports[index];
    unsigned kind = (unsigned)world_chance(world, 2);
    struct report report = {.id = kinds[kind].has_id ? about->id : about->id + STRANGE_IDS,
                            .state = WIRE_STATE_UNDELIVERABLE,
                            .source = "12345",
                            .destination = "4366098765432",
                            .text = "somebody else's"};
    uint8_t octets[1024];
    struct wire_buffer buffer = {octets, sizeof(octets), 0};

    if (line == NULL)
        return;
    world_tell(world, "operator reports what is nobody's");
    world_met(world, kinds[kind].situation);
    write_report(smsc, &report, ++line->sequence, &buffer);
    smsc_send(line, &buffer, MOMENT_REPORT);
}

/* esm_class of a receipt, and nothing that could be one. */
static void send_malformed(void *owner, uint64_t number)
{
    static const char *const texts[] = {
        "",        "id: stat: err:",         "\005\000\003",
        ",,,,,,,", "text:id:1 stat:DELIVRD", "\377\376\000\000"};
    struct smsc *smsc = owner;
    struct line *line = smsc_any_bound_line(smsc);
    uint8_t octets[256];
    struct wire_buffer buffer = {octets, sizeof(octets), 0};
    struct wire_message message = {.esm_class = WIRE_ESM_RECEIPT};
    struct wire_pdu pdu;

    if (line == NULL)
        return;
    world_met(smsc->world, SITUATION_report_malformed);
    message.short_message = wire_view_of(texts[number]);
    pdu = wire_open(&buffer, WIRE_DELIVER_SM, 0, ++line->sequence);
    wire_add_message(&pdu, &message);
    if (!wire_close(&pdu))
        abort();
    smsc_send(line, &buffer, MOMENT_REPORT);
}

static void plan_noise(struct smsc *smsc, int64_t answer_ms)
{
    struct world *world = smsc->world;

    if (smsc->report_count > 0 && world_fault(world, 6))
        world_after(world, world_between(world, 0, answer_ms + 500), send_noise, smsc,
                    smsc->report_count - 1);
    if (world_fault(world, 2))
        world_after(world, answer_ms, send_malformed, smsc, world_chance(world, 6));
}

void smsc_on_report_answer(struct line *line, const struct wire_header *header)
{
    struct smsc *smsc = line->smsc;
    struct world *world = smsc->world;

    for (size_t i = 0; i < smsc->report_count; i++) {
        struct report *report = &smsc->reports[i];
        struct note *note = report->note;

        if (report->done || report->line == 0 || smsc->lines[report->line - 1] != line ||
            report->sequence != header->sequence)
            continue;
        if (header->status == WIRE_RETRY_LATER)
            return;
        if (header->status != WIRE_OK) {
            world_violation(world, "a report for N%u was answered with status 0x%x",
                            note ? note->number : 0, header->status);
            return;
        }
        report->done = true;
        smsc->reports_open--;
        if (note && states[report->state].delivered && note->delivered_known_ms == 0)
            note->delivered_known_ms = world_now_ms(world);
        return;
    }
}

/* What is told of a message that was taken, and when. */
void smsc_plan_reports(struct smsc *smsc, const struct answer *answer,
                       const struct wire_message *submit, int64_t answer_ms)
{
    static const uint8_t failures[] = {WIRE_STATE_UNDELIVERABLE, WIRE_STATE_EXPIRED,
                                       WIRE_STATE_REJECTED};
    struct world *world = smsc->world;
    uint8_t failure = failures[world_chance(world, 3)];
    int64_t delay_ms = world_between(world, 10, world->faults ? 4000 : 500);
    uint64_t choice = world->faults ? world_chance(world, 100) : 0;

    if (world_fault(world, 15)) {
        world_met(world, SITUATION_report_before_response);
        delay_ms = answer_ms > 3 ? world_between(world, 0, answer_ms / 2) : 0;
    } else {
        delay_ms += answer_ms;
    }
    if (choice >= 94) {
        add_report(smsc, answer, submit, WIRE_STATE_DELIVERED,
                   world_between(world, LATE_FROM_MS, LATE_TO_MS));
    } else if (choice >= 88) {
        world_met(world, SITUATION_report_contradictory);
        add_report(smsc, answer, submit, choice & 1 ? failure : WIRE_STATE_DELIVERED,
                   delay_ms);
        add_report(smsc, answer, submit, choice & 1 ? WIRE_STATE_DELIVERED : failure,
                   delay_ms + world_between(world, 1, 3000));
    } else if (choice >= 82) {
        world_met(world, SITUATION_report_twice);
        add_report(smsc, answer, submit, WIRE_STATE_DELIVERED, delay_ms);
        add_report(smsc, answer, submit, WIRE_STATE_DELIVERED,
                   delay_ms + world_between(world, 1, 1000));
    } else if (choice >= 76) {
        world_met(world, SITUATION_report_never);
    } else if (choice >= 62) {
        add_report(smsc, answer, submit, failure, delay_ms);
    } else {
        if (choice >= 55)
            add_report(smsc, answer, submit,
                       choice & 1 ? WIRE_STATE_ENROUTE : WIRE_STATE_ACCEPTED, delay_ms / 2);
        add_report(smsc, answer, submit, WIRE_STATE_DELIVERED, delay_ms);
    }
    plan_noise(smsc, answer_ms);
}
