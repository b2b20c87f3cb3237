#include "tests/simulation/receipt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/simulation/book.h"
#include "tests/simulation/world.h"

/* What one says, in text and parameters. */
struct said {
    char id[40];
    char tlv_id[40];
    char word[8];
    char text[32];
    char source[24]; /* the recipient of what it is about */
    uint8_t state;
};

static void copy_field(const char *text, const char *name, char *out, size_t room)
{
    const char *at = strstr(text, name);
    size_t size;

    out[0] = 0;
    if (at == NULL)
        return;
    at += strlen(name);
    size = strcspn(at, " ");
    snprintf(out, room, "%.*s", (int)size, at);
}

static bool read_said(struct wire_view body, uint8_t type, struct said *out)
{
    struct wire_message deliver;
    struct wire_view value;
    char text[256];

    memset(out, 0, sizeof(*out));
    if (wire_read_message(body, &deliver) != WIRE_OK ||
        (deliver.esm_class & WIRE_ESM_TYPE_MASK) != type)
        return false;
    wire_view_copy(wire_message_text(&deliver), text, sizeof(text));
    wire_view_copy(deliver.source, out->source, sizeof(out->source));
    copy_field(text, "id:", out->id, sizeof(out->id));
    copy_field(text, "stat:", out->word, sizeof(out->word));
    copy_field(text, "text:", out->text, sizeof(out->text));
    if (wire_find_tlv(deliver.tlvs, WIRE_TAG_RECEIPTED_MESSAGE_ID, &value) &&
        value.size > 0)
        snprintf(out->tlv_id, sizeof(out->tlv_id), "%.*s", (int)value.size - 1,
                 (const char *)value.at);
    if (wire_find_tlv(deliver.tlvs, WIRE_TAG_MESSAGE_STATE, &value) && value.size == 1)
        out->state = value.at[0];
    return out->id[0] && out->word[0];
}

const char *receipt_word(uint8_t state)
{
    static const char *const words[] = {
        [WIRE_STATE_ENROUTE] = "ENROUTE",  [WIRE_STATE_DELIVERED] = "DELIVRD",
        [WIRE_STATE_EXPIRED] = "EXPIRED",  [WIRE_STATE_UNDELIVERABLE] = "UNDELIV",
        [WIRE_STATE_ACCEPTED] = "ACCEPTD", [WIRE_STATE_UNKNOWN] = "UNKNOWN",
        [WIRE_STATE_REJECTED] = "REJECTD", [WIRE_STATE_DELETED] = "DELETED",
    };

    return state <= WIRE_STATE_REJECTED && words[state] ? words[state] : "?";
}

/* One of a submission whose answer never came is known by its text. */
static struct note *find_note(struct world *world, const struct said *said)
{
    struct note *note = book_find_id(world->book, said->id, said->source);

    if (note)
        return note;
    note = book_find_text(world->book, said->text, strlen(said->text), said->source);
    if (note == NULL)
        return NULL;
    if (note->fate == FATE_LOST && note->id_text[0] == 0 &&
        identity_is_sound(world->id_form, said->id)) {
        memcpy(note->id_text, said->id, sizeof(note->id_text));
        world_met(world, SITUATION_lost_response_receipt);
    }
    if (note->fate != FATE_LOST || strcmp(note->id_text, said->id) != 0)
        world_violation(world, "a receipt for N%u, which has %s", note->number,
                        note->fate == FATE_OPEN      ? "not been answered yet"
                        : note->fate == FATE_REFUSED ? "been refused"
                                                     : "another id");
    return note;
}

static void note_again(struct world *world, struct note *note, const struct said *said,
                       uint64_t cause)
{
    if (strcmp(note->word, said->word) != 0)
        world_violation(world, "N%u has a receipt %s and another %s", note->number,
                        note->word, said->word);
    else if (note->receipt_answered && note->receipt_cause == cause)
        world_violation(world, "the receipt of N%u came again without cause", note->number);
    else
        world_met(world, SITUATION_receipt_again);
}

struct note *receipt_note(struct world *world, struct wire_view body, uint64_t cause,
                          bool answered, bool may_be_strange)
{
    struct said said;
    struct note *note;

    if (!read_said(body, WIRE_ESM_RECEIPT, &said)) {
        world_violation(world, "a client was sent a deliver_sm that is no receipt");
        return NULL;
    }
    if (strcmp(said.id, said.tlv_id) != 0 ||
        strcmp(said.word, receipt_word(said.state)) != 0)
        world_violation(world, "a receipt says id %s and %s, %s and state %u", said.id,
                        said.tlv_id, said.word, said.state);
    note = find_note(world, &said);
    if (note == NULL) {
        if (!may_be_strange)
            world_violation(world, "a receipt for an unknown id, %s", said.id);
        return NULL;
    }
    if (note->receipts++ > 0) {
        note_again(world, note, &said, cause);
    } else {
        snprintf(note->word, sizeof(note->word), "%s", said.word);
        note->receipt_at_ms = world_now_ms(world);
        world_tell(world, "%s has the receipt of N%u: %s", note->account, note->number,
                   said.word);
    }
    note->receipt_cause = cause;
    note->receipt_answered = answered;
    return note;
}

bool receipt_is_none(struct wire_view body)
{
    struct wire_message deliver;

    return wire_read_message(body, &deliver) == WIRE_OK &&
           (deliver.esm_class & WIRE_ESM_TYPE_MASK) == 0;
}

bool receipt_is_news(struct wire_view body)
{
    struct wire_message deliver;

    return wire_read_message(body, &deliver) == WIRE_OK &&
           (deliver.esm_class & WIRE_ESM_TYPE_MASK) == WIRE_ESM_NOTIFICATION;
}

void receipt_note_news(struct world *world, struct wire_view body, const void *session,
                       bool may_be_strange)
{
    struct said said;
    struct note *note;

    if (!read_said(body, WIRE_ESM_NOTIFICATION, &said)) {
        world_violation(world, "a client was sent a notification that says nothing");
        return;
    }
    if (strcmp(said.id, said.tlv_id) != 0 || said.state != WIRE_STATE_ENROUTE ||
        strcmp(said.word, receipt_word(said.state)) != 0)
        world_violation(world, "a notification says id %s and %s, %s and state %u", said.id,
                        said.tlv_id, said.word, said.state);
    note = book_find_id(world->book, said.id, said.source);
    if (note == NULL) {
        /* Of a submission whose answer was lost, or of octets nobody meant. */
        if (!may_be_strange &&
            book_find_text(world->book, said.text, strlen(said.text), said.source) == NULL)
            world_violation(world, "a notification for an unknown id, %s", said.id);
        return;
    }
    world_met(world, SITUATION_notified);
    note->news++;
    if (!note->asks_news)
        world_violation(world, "N%u was notified of, and did not ask", note->number);
    if (note->receipts > 0 && note->receipt_session == session)
        world_violation(world, "N%u was notified of behind its receipt", note->number);
}
