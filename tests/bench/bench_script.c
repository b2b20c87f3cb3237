#include "tests/bench/bench_script.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define SEQUENCE_OFFSET 12
#define UDH_BYTES       6

struct template
{
    uint8_t octets[BENCH_SUBMIT_BYTES_MAX];
    uint16_t size;
    uint16_t number_offset;    /* of destination_addr */
    uint16_t reference_offset; /* of the concatenation reference; 0: a single message */
};

struct bench_script {
    struct bench_script_source source;
    unsigned part_count;
    struct template *templates; /* [pattern * part_count + part] */
};

/* A number is international, a name alphanumeric, nothing is left to the peer. */
static void set_source(struct wire_message *message, const char *source)
{
    bool is_number = strspn(source, "0123456789") == strlen(source);

    message->source = wire_view_of(source);
    if (*source != '\0') {
        message->source_ton = is_number ? 1 : 5;
        message->source_npi = is_number;
    }
}

static void make_template(const struct bench_script_source *source, const char *pattern,
                          unsigned part, struct template *out)
{
    const struct bench_text *text = source->text;
    struct wire_buffer buffer = {out->octets, sizeof(out->octets), 0};
    uint8_t octets[UDH_BYTES + BENCH_PART_BYTES_MAX] = {
        5, 0, 3, 0, (uint8_t)text->part_count, (uint8_t)(part + 1)};
    size_t udh = text->part_count > 1 ? UDH_BYTES : 0;
    size_t size = udh + text->parts[part].size;
    struct wire_message message = {
        .destination_ton = 1,
        .destination_npi = 1,
        .destination = wire_view_of(pattern),
        .esm_class = udh ? WIRE_ESM_UDHI : 0,
        .registered_delivery = source->registered_delivery,
        .data_coding = text->data_coding,
        .short_message = {octets, size},
    };

    memcpy(octets + udh, text->parts[part].octets, text->parts[part].size);
    set_source(&message, source->source);

    bool fits = wire_write_message(&buffer, WIRE_SUBMIT_SM, 0, &message);

    assert(fits);
    out->size = (uint16_t)buffer.used;
    /* Header, service_type, TON, NPI, source and its NUL, TON, NPI. */
    out->number_offset =
        (uint16_t)(WIRE_HEADER_BYTES + 1 + 2 + strlen(source->source) + 1 + 2);
    out->reference_offset = udh ? (uint16_t)(buffer.used - size + 3) : 0;
    assert(memcmp(out->octets + out->number_offset, pattern, strlen(pattern) + 1) == 0);
}

struct bench_script *bench_script_new(const struct bench_script_source *source)
{
    struct bench_script *script = calloc(1, sizeof(*script));

    if (!script)
        abort();
    script->source = *source;
    script->part_count = source->text->part_count;
    script->templates = calloc((size_t)source->destinations->count * script->part_count,
                               sizeof(*script->templates));
    if (!script->templates)
        abort();
    for (unsigned row = 0; row < source->destinations->count; row++) {
        for (unsigned part = 0; part < script->part_count; part++)
            make_template(source, source->destinations->rows[row].pattern, part,
                          &script->templates[row * script->part_count + part]);
    }
    return script;
}

void bench_script_free(struct bench_script *script)
{
    if (!script)
        return;
    free(script->templates);
    free(script);
}

bool bench_script_write(const struct bench_script *script, uint32_t unit, uint32_t sequence,
                        struct wire_buffer *buffer)
{
    uint32_t message = unit / script->part_count;
    uint32_t counter;
    unsigned row = bench_destinations_row(script->source.destinations, message, &counter);
    const struct template *template =
        &script->templates[row * script->part_count + unit % script->part_count];

    if (buffer->capacity - buffer->used < template->size)
        return false;

    uint8_t *pdu = buffer->at + buffer->used;
    uint32_t wire_sequence = htonl(sequence);

    memcpy(pdu, template->octets, template->size);
    memcpy(pdu + SEQUENCE_OFFSET, &wire_sequence, sizeof(wire_sequence));
    bench_destination_fill(script->source.destinations->rows[row].pattern, counter,
                           (char *)pdu + template->number_offset);
    if (template->reference_offset)
        pdu[template->reference_offset] = (uint8_t)message;
    buffer->used += template->size;
    return true;
}

enum bench_stat bench_script_expected(const struct bench_script *script, uint32_t unit)
{
    const struct bench_destinations *destinations = script->source.destinations;
    uint32_t counter;
    unsigned row =
        bench_destinations_row(destinations, unit / script->part_count, &counter);

    return destinations->rows[row].expected;
}

void bench_script_number(const struct bench_script *script, uint32_t unit,
                         char out_number[BENCH_NUMBER_MAX + 1])
{
    const struct bench_destinations *destinations = script->source.destinations;
    uint32_t counter;
    unsigned row =
        bench_destinations_row(destinations, unit / script->part_count, &counter);
    const char *pattern = destinations->rows[row].pattern;

    memcpy(out_number, pattern, strlen(pattern) + 1);
    bench_destination_fill(pattern, counter, out_number);
}
