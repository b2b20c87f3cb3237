/*
 * What subscribers write to the practice SMSC's clients: cut to short messages, by hand
 * through the control door or all the time at a rate, and sent as deliver_sm.
 */
#include "tests/peers/smsc_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/peers/journal.h"

enum {
    TICK_MS = 10,
    UNITS_MAX = 4096, /* octets of a text in ASCII, units of 16 bits of another one */
    PARTS_MAX = 64,
};

static const struct {
    const char *name;
    enum smsc_cut cut;
} cuts[] = {
    {"udh8",    CUT_UDH8   },
    {"udh16",   CUT_UDH16  },
    {"sar",     CUT_SAR    },
    {"payload", CUT_PAYLOAD},
};

bool smsc_cut_find(const char *name, enum smsc_cut *out_cut)
{
    for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
        if (strcmp(cuts[i].name, name) != 0)
            continue;
        *out_cut = cuts[i].cut;
        return true;
    }
    return false;
}

/* ---- Texts ---- */

/* A text as it is carried: ASCII as it is (its letters and digits are those of GSM 03.38),
 * all else as UCS-2. */
struct encoded {
    uint8_t octets[2 * UNITS_MAX];
    size_t size;
    bool is_ucs2;
};

/* One character; what is not well formed is '?'. */
static uint32_t next_character(const char **at)
{
    uint8_t first = (uint8_t) * (*at)++;
    int more = first >= 0xF0 ? 3 : (first >= 0xE0 ? 2 : (first >= 0xC0 ? 1 : 0));
    uint32_t value = more == 0 ? first : first & (0x3Fu >> more);

    if (first >= 0x80 && more == 0)
        return '?';
    for (; more > 0; more--) {
        if (((uint8_t) * *at & 0xC0) != 0x80)
            return '?';
        value = value << 6 | ((uint8_t) * (*at)++ & 0x3F);
    }
    return value;
}

static void add_unit(struct encoded *encoded, uint32_t unit)
{
    encoded->octets[encoded->size++] = (uint8_t)(unit >> 8);
    encoded->octets[encoded->size++] = (uint8_t)unit;
}

static void encode(const char *text, struct encoded *out)
{
    out->size = 0;
    out->is_ucs2 = false;
    for (const char *at = text; *at != 0; at++)
        out->is_ucs2 = out->is_ucs2 || (uint8_t)*at >= 0x80;
    while (*text != 0 && out->size + 4 <= (out->is_ucs2 ? 2 * UNITS_MAX : UNITS_MAX)) {
        uint32_t c = next_character(&text);

        if (!out->is_ucs2) {
            out->octets[out->size++] = (uint8_t)c;
        } else if (c < 0x10000) {
            add_unit(out, c);
        } else {
            add_unit(out, 0xD800 + ((c - 0x10000) >> 10));
            add_unit(out, 0xDC00 + ((c - 0x10000) & 0x3FF));
        }
    }
}

/* 23.038 and 23.040: what one short message holds, alone and beside a header. */
static size_t room_of(const struct encoded *encoded, enum smsc_cut cut)
{
    if (encoded->is_ucs2)
        return encoded->size <= 140 ? 140 : (cut == CUT_UDH16 ? 132 : 134);
    return encoded->size <= 160 ? 160 : (cut == CUT_UDH16 ? 152 : 153);
}

/* ---- Messages ---- */

static struct smsc_message *take_message(struct smsc *smsc, struct job **out_job)
{
    for (size_t i = 0; i < SMSC_MESSAGES_MAX; i++) {
        size_t place = (smsc->next_message + i) % SMSC_MESSAGES_MAX;

        if (smsc->messages[place].used)
            continue;
        *out_job = jobs_take(smsc->jobs);
        if (*out_job == NULL)
            return NULL;
        smsc->next_message = place + 1;
        smsc->messages[place] = (struct smsc_message){.used = true};
        (*out_job)->kind = JOB_MESSAGE;
        (*out_job)->id = place;
        return &smsc->messages[place];
    }
    return NULL;
}

static size_t write_header(struct smsc_message *message, enum smsc_cut cut,
                           uint16_t reference, size_t total, size_t number)
{
    const uint8_t head_8[] = {5, 0, 3, (uint8_t)reference, (uint8_t)total, (uint8_t)number};
    const uint8_t head_16[] = {6,
                               8,
                               4,
                               (uint8_t)(reference >> 8),
                               (uint8_t)reference,
                               (uint8_t)total,
                               (uint8_t)number};

    message->esm_class = WIRE_ESM_UDHI;
    if (cut == CUT_UDH16) {
        memcpy(message->text, head_16, sizeof(head_16));
        return sizeof(head_16);
    }
    memcpy(message->text, head_8, sizeof(head_8));
    return sizeof(head_8);
}

/* The `number`-th of `total` pieces. */
static void fill(struct smsc_message *message, const struct encoded *encoded,
                 enum smsc_cut cut, uint16_t reference, size_t total, size_t number)
{
    size_t room = room_of(encoded, cut);
    size_t from = room * (number - 1);
    size_t size = encoded->size - from < room ? encoded->size - from : room;
    size_t head = 0;

    message->data_coding = encoded->is_ucs2 ? 8 : 0;
    if (total > 1 && cut == CUT_SAR) {
        message->sar_reference = reference;
        message->sar_total = (uint8_t)total;
        message->sar_number = (uint8_t)number;
    } else if (total > 1) {
        head = write_header(message, cut, reference, total, number);
    }
    if (cut == CUT_PAYLOAD)
        size = encoded->size;
    memcpy(message->text + head, encoded->octets + from, size);
    message->size = head + size;
    message->in_payload = message->size > 254;
}

bool smsc_receive(struct smsc *smsc, const char *from, const char *to, const char *text,
                  enum smsc_cut cut)
{
    static struct encoded encoded;
    size_t total = 1;

    encode(text, &encoded);
    if (cut != CUT_PAYLOAD && encoded.size > 0)
        total = (encoded.size + room_of(&encoded, cut) - 1) / room_of(&encoded, cut);
    if (total > PARTS_MAX)
        return false;
    smsc->next_reference++;
    for (size_t number = 1; number <= total; number++) {
        struct job *job;
        struct smsc_message *message = take_message(smsc, &job);

        if (message == NULL)
            return false;
        snprintf(message->from, sizeof(message->from), "%s", from);
        snprintf(message->to, sizeof(message->to), "%s", to);
        fill(message, &encoded, cut, smsc->next_reference, total, number);
        jobs_queue(smsc->jobs, job, job->account);
    }
    smsc_want_turn(smsc);
    return true;
}

bool message_write(struct smsc *smsc, struct link *link, const struct job *job)
{
    const struct smsc_message *from = &smsc->messages[job->id];
    struct wire_view text = {from->text, from->size};
    struct wire_message message = {
        .source_ton = 1,
        .source_npi = 1,
        .source = wire_view_of(from->from),
        .destination_ton = strlen(from->to) <= 6 ? 3 : 1,
        .destination_npi = strlen(from->to) <= 6 ? 0 : 1,
        .destination = wire_view_of(from->to),
        .esm_class = from->esm_class,
        .data_coding = from->data_coding,
    };
    struct wire_pdu pdu;

    if (!from->in_payload)
        message.short_message = text;
    pdu = wire_open(&link->output, WIRE_DELIVER_SM, WIRE_OK, link->next_sequence);
    wire_add_message(&pdu, &message);
    if (from->in_payload)
        wire_add_tlv(&pdu, WIRE_TAG_MESSAGE_PAYLOAD, text);
    if (from->sar_total > 0) {
        wire_add_tlv_short(&pdu, WIRE_TAG_SAR_REFERENCE, from->sar_reference);
        wire_add_tlv_byte(&pdu, WIRE_TAG_SAR_TOTAL, from->sar_total);
        wire_add_tlv_byte(&pdu, WIRE_TAG_SAR_NUMBER, from->sar_number);
    }
    return wire_close(&pdu);
}

/* ---- All the time ---- */

static bool has_receiver(const struct smsc *smsc)
{
    for (size_t i = 0; i < smsc->links_top; i++)
        if (smsc->links[i] != NULL && (smsc->links[i]->state & LINK_RECEIVES) != 0)
            return true;
    return false;
}

/* Subscriber n has the first one's number plus n. */
static void write_one(struct smsc *smsc)
{
    char from[24];

    snprintf(from, sizeof(from), "%lld",
             (long long)(strtoll(smsc->mo_from, NULL, 10) + smsc->mo_written));
    if (!smsc_receive(smsc, from, smsc->mo_to, smsc->mo_text, smsc->mo_cut))
        return;
    smsc->mo_written++;
}

static void on_tick(int fd, short what, void *cookie)
{
    struct smsc *smsc = cookie;

    (void)fd;
    (void)what;
    smsc->now_ms = sim_now_ms();
    if (!has_receiver(smsc))
        return;
    smsc->mo_due_milli += smsc->mo_rate * TICK_MS;
    for (; smsc->mo_due_milli >= 1000; smsc->mo_due_milli -= 1000)
        if (smsc->mo_count == 0 || smsc->mo_written < smsc->mo_count)
            write_one(smsc);
}

void message_start(struct smsc *smsc)
{
    const struct timeval tick = {0, TICK_MS * 1000};

    if (smsc->mo_rate == 0)
        return;
    smsc->writer = event_new(smsc->sim->base, -1, EV_PERSIST, on_tick, smsc);
    if (smsc->writer == NULL)
        abort();
    event_add(smsc->writer, &tick);
}

void message_stop(struct smsc *smsc)
{
    if (smsc->writer != NULL)
        event_free(smsc->writer);
}
