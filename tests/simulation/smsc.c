/* Connections, and what becomes of a submit; reports are in smsc_reports.c. */
#include "tests/simulation/smsc_parts.h"

#include <stdlib.h>
#include <string.h>

#include "tests/simulation/book.h"
#include "tests/simulation/dialect.h"
#include "tests/simulation/world.h"

enum {
    ANSWER_ON_ITS_WAY_MS = 200,
    ANSWER_DURABLE_MS = 1000, /* for certain: a slow disk takes 400 ms for a batch */
    LATE_MOST_MS = SMSC_DOUBT_MS + 900, /* of a window no more can be given up meanwhile */
};

struct smsc *smsc_new(struct world *world)
{
    struct smsc *smsc = calloc(1, sizeof(*smsc));

    if (smsc == NULL)
        abort();
    smsc->world = world;
    smsc_begin_letters(smsc);
    return smsc;
}

void smsc_free(struct smsc *smsc)
{
    for (unsigned i = 0; i < smsc->line_count; i++) {
        if (smsc->lines[i]->cable)
            cable_cut(smsc->lines[i]->cable);
        free(smsc->lines[i]);
    }
    free(smsc->answers);
    free(smsc->reports);
    free(smsc);
}

void *smsc_grow(void *array, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return array;
    *room = *room ? *room * 2 : 64;
    array = realloc(array, *room * size);
    if (array == NULL)
        abort();
    return array;
}

bool smsc_is_quiet(const struct smsc *smsc)
{
    for (size_t i = 0; i < smsc->letter_count; i++)
        if (!smsc->letters[i].acknowledged)
            return false;
    return smsc->reports_open == 0;
}

/* --- lines -------------------------------------------------------------------------- */

/* What had not been answered, or just now, is in doubt for the gateway; and if it dies, so
 * is an answer that is not durable. */
static void line_is_over(struct line *line)
{
    struct smsc *smsc = line->smsc;
    int64_t now_ms = world_now_ms(smsc->world);

    line->cable = NULL;
    line->bound = false;
    for (size_t i = 0; i < smsc->answer_count; i++) {
        struct answer *answer = &smsc->answers[i];
        int64_t ago_ms = answer->sent_at_ms == 0 ? 0 : now_ms - answer->sent_at_ms;

        if (answer->line != line || answer->note == NULL)
            continue;
        if (ago_ms <= ANSWER_ON_ITS_WAY_MS)
            answer->note->doubted = true;
        if (ago_ms <= ANSWER_DURABLE_MS)
            answer->note->told_late_ms = 0;
    }
}

static void on_closed(void *owner)
{
    line_is_over(owner);
}

static void drop_line(struct line *line)
{
    struct world *world = line->smsc->world;

    if (line->cable == NULL)
        return;
    world_tell(world, "operator drops a connection");
    world_met(world, SITUATION_link_dropped);
    world_upset(world);
    cable_cut(line->cable);
    line_is_over(line);
    if (world_chance(world, 3) == 0)
        line->smsc->down_until_ms = world_now_ms(world) + world_between(world, 100, 3000);
}

void smsc_send(struct line *line, const struct wire_buffer *buffer, enum moment moment)
{
    if (line->cable)
        cable_send(line->cable, buffer->at, buffer->used, moment);
}

static void send_bare(struct line *line, uint32_t command, uint32_t status,
                      uint32_t sequence)
{
    uint8_t octets[WIRE_HEADER_BYTES];
    struct wire_buffer buffer = {octets, sizeof(octets), 0};

    if (wire_write_bare(&buffer, command, status, sequence))
        smsc_send(line, &buffer, MOMENTS);
}

/* --- submits ------------------------------------------------------------------------ */

struct wire_view smsc_text_of(const struct wire_message *submit)
{
    struct wire_view text = wire_message_text(submit);

    if ((submit->esm_class & WIRE_ESM_UDHI) && text.size > 0 &&
        (size_t)text.at[0] + 1 <= text.size) {
        size_t header = (size_t)text.at[0] + 1;

        text.at += header;
        text.size -= header;
    }
    return text;
}

/* From now on it is not to be sent again. */
static void tell_late(struct world *world, struct note *note)
{
    note->told_late_ms = world_now_ms(world);
    if (note->submits > 1)
        world_met(world, SITUATION_late_after_resend);
}

static void send_answer(void *owner, uint64_t index)
{
    struct smsc *smsc = owner;
    struct answer *answer = &smsc->answers[index];
    struct line *line = answer->line;
    char id[DIALECT_ID_SIZE];
    uint8_t octets[128];
    struct wire_buffer buffer = {octets, sizeof(octets), 0};

    if (!answer->late)
        line->open--;
    if (answer->swallowed || line->cable == NULL)
        return;
    answer->sent_at_ms = world_now_ms(smsc->world);
    if (answer->late && answer->note)
        tell_late(smsc->world, answer->note);
    dialect_write_id(smsc->world->dialect->answer, answer->id, id);
    if (!wire_write_id_response(&buffer, WIRE_SUBMIT_SM | WIRE_RESPONSE, answer->status,
                                answer->sequence, wire_view_of(id)))
        abort();
    smsc_send(line, &buffer, MOMENT_ANSWER);
}

/* What becomes of one submit in a hundred; in the order of the sum of their parts. */
enum conduct {
    CONDUCT_LOSE,    /* forgets it without a word */
    CONDUCT_SWALLOW, /* takes it and never answers */
    CONDUCT_LATE,    /* answers when its time is over */
    CONDUCT_LATE_NO, /* refuses it, then */
    CONDUCT_THROTTLE,
    CONDUCT_FULL,
    CONDUCT_REFUSE,
    CONDUCT_DROP, /* takes it, and the connection is gone */
    CONDUCT_GOOD,
};

static enum conduct choose_conduct(struct world *world)
{
    static const unsigned parts[CONDUCT_GOOD] = {4, 4, 2, 1, 2, 4, 4, 1};
    unsigned choice = (unsigned)world_chance(world, 100);

    if (!world->faults)
        return CONDUCT_GOOD;
    for (unsigned i = 0; i < CONDUCT_GOOD; i++) {
        if (choice < parts[i])
            return (enum conduct)i;
        choice -= parts[i];
    }
    return CONDUCT_GOOD;
}

static const struct {
    uint32_t status;
    enum situation situation;
} refusals[CONDUCT_GOOD] = {
    [CONDUCT_LATE_NO] = {WIRE_BAD_DESTINATION, SITUATION_operator_refused},
    [CONDUCT_THROTTLE] = {WIRE_THROTTLED,       SITUATION_throttled       },
    [CONDUCT_FULL] = {WIRE_QUEUE_FULL,      SITUATION_operator_full   },
    [CONDUCT_REFUSE] = {WIRE_BAD_DESTINATION, SITUATION_operator_refused},
};

/* It may not come now, or not so. */
static void check_submit(struct world *world, const struct note *note,
                         struct wire_view text)
{
    char replaced[NOTE_TEXT_SIZE];
    int64_t now_ms = world_now_ms(world);
    bool is_new;

    book_write_replaced(note, replaced);
    is_new = wire_view_is(text, replaced);
    if (!is_new && !wire_view_is(text, note->text))
        world_violation(world, "N%u is sent with a text that nobody wrote", note->number);

    if (note->cancelled)
        world_violation(world, "N%u was cancelled, and is sent", note->number);
    if (note->unwanted)
        world_violation(world, "N%u is sent to one who has opted out", note->number);
    if (note->wrong)
        world_violation(world, "N%u is sent to what is no number", note->number);
    if (is_new ? !note->replace_asked : note->replaced)
        world_violation(world, "N%u is sent with the wrong text", note->number);
    if (now_ms < note->sent_at_ms + note->start_ms)
        world_violation(world, "N%u is sent before its time", note->number);
    if (note->told_late_ms != 0 && now_ms > note->told_late_ms + ANSWER_ON_ITS_WAY_MS)
        world_violation(world, "N%u is sent again %lld ms after its answer came late",
                        note->number, (long long)(now_ms - note->told_late_ms));
    if (note->taken_at_ms != 0 && now_ms < note->taken_at_ms + SMSC_DOUBT_MS / 2)
        world_violation(world, "N%u is sent again after %lld ms", note->number,
                        (long long)(now_ms - note->taken_at_ms));
}

static void note_conduct(struct world *world, struct note *note, enum conduct conduct)
{
    if (note == NULL)
        return;
    if (note->submits++ == 0)
        note->submitted_ms = world_now_ms(world);
    if (conduct == CONDUCT_THROTTLE || conduct == CONDUCT_FULL)
        note->postponed++;
    else if (conduct == CONDUCT_REFUSE || conduct == CONDUCT_LATE_NO)
        note->refused++;
    else
        note->taken++;
    if (conduct <= CONDUCT_LATE || conduct >= CONDUCT_DROP)
        note->taken_at_ms = world_now_ms(world);
    if (conduct <= CONDUCT_LATE_NO || conduct == CONDUCT_DROP)
        note->doubted = true;
    if (note->cascades && note->messenger_known_ms != 0 &&
        world_now_ms(world) > note->messenger_known_ms + ANSWER_ON_ITS_WAY_MS)
        world_violation(world, "N%u came as SMS %lld ms after its delivery was known",
                        note->number,
                        (long long)(world_now_ms(world) - note->messenger_known_ms));
}

static struct note *note_of(const struct world *world, const struct wire_message *submit,
                            struct wire_view text)
{
    char destination[24];

    wire_view_copy(submit->destination, destination, sizeof(destination));
    return book_find_text(world->book, text.at, text.size, destination);
}

static void on_submit(struct line *line, const struct wire_header *header,
                      const struct wire_message *submit)
{
    struct smsc *smsc = line->smsc;
    struct world *world = smsc->world;
    struct wire_view text = smsc_text_of(submit);
    struct note *note = note_of(world, submit, text);
    enum conduct conduct = choose_conduct(world);
    struct answer answer = {.line = line, .note = note, .sequence = header->sequence};
    int64_t delay_ms = world_between(world, 2, world_fault(world, 30) ? 800 : 60);

    if (++line->open > SMSC_WINDOW)
        world_violation(world, "%u submits are open in a window of %d", line->open,
                        SMSC_WINDOW);
    if (line->open == SMSC_WINDOW)
        world_met(world, SITUATION_window_full);
    if ((submit->registered_delivery & WIRE_REGISTERED_MASK) != WIRE_REGISTERED_ALWAYS)
        world_violation(world, "a submit asks for no receipt");
    if (note)
        check_submit(world, note, text);
    note_conduct(world, note, conduct);
    answer.swallowed = conduct == CONDUCT_LOSE || conduct == CONDUCT_SWALLOW;
    if (conduct < CONDUCT_GOOD && refusals[conduct].status != WIRE_OK) {
        answer.status = refusals[conduct].status;
        world_met(world, refusals[conduct].situation);
    } else {
        answer.id = smsc->ids++;
    }
    if (answer.swallowed)
        delay_ms = SMSC_RESPONSE_MS - ANSWER_ON_ITS_WAY_MS;
    answer.late = conduct == CONDUCT_LATE || conduct == CONDUCT_LATE_NO;
    if (answer.late) {
        line->open--;
        delay_ms =
            SMSC_RESPONSE_MS + world_between(world, ANSWER_ON_ITS_WAY_MS, LATE_MOST_MS);
    }
    world_tell(world, "operator has N%u (conduct %d)", note ? note->number : 0, conduct);
    smsc->answers = smsc_grow(smsc->answers, smsc->answer_count, &smsc->answer_room,
                              sizeof(*smsc->answers));
    smsc->answers[smsc->answer_count] = answer;
    world_after(world, delay_ms, send_answer, smsc, smsc->answer_count++);
    if (answer.status == WIRE_OK && conduct != CONDUCT_LOSE)
        smsc_plan_reports(smsc, &answer, submit, delay_ms);
    world_moment(world, MOMENT_SUBMIT);
    if (conduct == CONDUCT_DROP)
        drop_line(line);
}

/* --- PDUs --------------------------------------------------------------------------- */

static void on_bind(struct line *line, const struct wire_header *header)
{
    uint8_t octets[64];
    struct wire_buffer buffer = {octets, sizeof(octets), 0};

    if (world_fault(line->smsc->world, 5)) {
        send_bare(line, header->id | WIRE_RESPONSE, WIRE_SYSTEM_ERROR, header->sequence);
        return;
    }
    if (!wire_write_id_response(&buffer, header->id | WIRE_RESPONSE, WIRE_OK,
                                header->sequence, wire_view_of("operator")))
        abort();
    line->bound = true;
    smsc_send(line, &buffer, MOMENTS);
}

static void on_pdu(struct line *line, const struct wire_header *header,
                   struct wire_view body)
{
    struct world *world = line->smsc->world;
    struct wire_message message;

    switch (header->id) {
    case WIRE_BIND_TRANSCEIVER:
        on_bind(line, header);
        break;
    case WIRE_SUBMIT_SM:
        if (wire_read_message(body, &message) == WIRE_OK)
            on_submit(line, header, &message);
        else
            world_violation(world, "the operator cannot read a submit");
        break;
    case WIRE_DELIVER_SM | WIRE_RESPONSE:
        if (!smsc_on_letter_answer(line, header))
            smsc_on_report_answer(line, header);
        break;
    case WIRE_ENQUIRE_LINK:
    case WIRE_UNBIND:
        send_bare(line, header->id | WIRE_RESPONSE, WIRE_OK, header->sequence);
        break;
    default:
        world_violation(world, "the operator was sent command 0x%08x", header->id);
        break;
    }
}

static void on_octets(void *owner, const uint8_t *octets, size_t size)
{
    struct line *line = owner;
    struct world *world = line->smsc->world;
    size_t used = 0;

    if (line->input_size + size > sizeof(line->input)) {
        world_violation(world, "the operator was sent more than it can take");
        return;
    }
    memcpy(line->input + line->input_size, octets, size);
    line->input_size += size;
    while (line->cable) {
        struct wire_header header;
        enum wire_frame frame =
            wire_read_header(line->input + used, line->input_size - used, &header);

        if (frame == WIRE_FRAME_BROKEN)
            world_violation(world, "the operator was sent a broken frame");
        if (frame != WIRE_FRAME_WHOLE)
            break;
        on_pdu(line, &header,
               (struct wire_view){line->input + used + WIRE_HEADER_BYTES,
                                  header.length - WIRE_HEADER_BYTES});
        used += header.length;
    }
    line->input_size -= used;
    memmove(line->input, line->input + used, line->input_size);
    if (line->cable && world_fault(world, 1) && world_chance(world, 4) == 0)
        drop_line(line);
}

bool smsc_listens(const struct smsc *smsc)
{
    return smsc->line_count < LINES_MAX &&
           (!smsc->world->faults || world_now_ms(smsc->world) >= smsc->down_until_ms);
}

const struct cable_ops *smsc_accept(struct smsc *smsc, struct cable *cable,
                                    void **out_owner)
{
    static const struct cable_ops ops = {on_octets, on_closed};
    struct line *line = calloc(1, sizeof(*line));

    if (line == NULL)
        abort();
    line->smsc = smsc;
    line->cable = cable;
    smsc->lines[smsc->line_count++] = line;
    *out_owner = line;
    return &ops;
}
