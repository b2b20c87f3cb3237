/* One function for each struct says which fields there are, for both directions. */
#include "gateway/packed.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/digest.h"

enum {
    DIGEST_SIZE = 8,
    NUMBER_MOST = 10, /* octets of one */
    MESSAGE_NUMBERS = 20,
    ATTEMPT_NUMBERS = 18,
    BODY_NUMBERS = 23,
    BODY_SIZE = 4, /* octets of the size that a body begins with */
};

/* Octets that are written, or read: then nothing comes of what lies behind `end`. */
struct coder {
    uint8_t *at;
    const uint8_t *end;
    bool failed;
};

#define ALWAYS_INLINE static inline __attribute__((always_inline))

/* --- numbers ------------------------------------------------------------------------ */

ALWAYS_INLINE void write_number(struct coder *coder, uint64_t value)
{
    while (value >= 0x80) {
        *coder->at++ = (uint8_t)value | 0x80;
        value >>= 7;
    }
    *coder->at++ = (uint8_t)value;
}

ALWAYS_INLINE uint64_t read_number(struct coder *coder)
{
    uint64_t value = 0;

    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t octet;

        if (coder->at == coder->end)
            break;
        octet = *coder->at++;
        value |= (uint64_t)(octet & 0x7F) << shift;
        if (octet < 0x80)
            return value;
    }
    coder->failed = true;
    return 0;
}

/* Small ones of either sign are small. */
ALWAYS_INLINE uint64_t fold_sign(uint64_t value)
{
    return value << 1 ^ (uint64_t)((int64_t)value >> 63);
}

ALWAYS_INLINE uint64_t unfold_sign(uint64_t value)
{
    return value >> 1 ^ -(value & 1);
}

/* Of a field of any unsigned type. */
#define CODE(coder, writing, field)                                                        \
    do {                                                                                   \
        if (writing)                                                                       \
            write_number(coder, field);                                                    \
        else                                                                               \
            (field) = (__typeof__(field))read_number(coder);                               \
    } while (0)

/* An id, or money: told by its distance from a number that is known. */
#define CODE_FROM(coder, writing, base, field)                                             \
    do {                                                                                   \
        if (writing)                                                                       \
            write_number(coder, fold_sign((uint64_t)(field) - (uint64_t)(base)));          \
        else                                                                               \
            (field) =                                                                      \
                (__typeof__(field))(unfold_sign(read_number(coder)) + (uint64_t)(base));   \
    } while (0)

/* A time, which often is 0: it is not. */
ALWAYS_INLINE void code_time(struct coder *coder, bool writing, int64_t base, int64_t *time)
{
    if (writing)
        write_number(coder,
                     *time == 0 ? 0 : fold_sign((uint64_t)*time - (uint64_t)base) + 1);
    else {
        uint64_t value = read_number(coder);

        *time = value == 0 ? 0 : (int64_t)(unfold_sign(value - 1) + (uint64_t)base);
    }
}

/* `out` has room for `room` octets, its NUL among them. */
ALWAYS_INLINE void code_text(struct coder *coder, bool writing, char *text, size_t room)
{
    size_t size;

    if (writing) {
        size = strlen(text);
        write_number(coder, size);
        memcpy(coder->at, text, size);
    } else {
        size = read_number(coder);
        if (size >= room || size > (size_t)(coder->end - coder->at)) {
            coder->failed = true;
            return;
        }
        memcpy(text, coder->at, size);
        text[size] = '\0';
    }
    coder->at += size;
}

/* --- fields ------------------------------------------------------------------------- */

ALWAYS_INLINE void code_message(struct coder *coder, bool writing, struct message *message)
{
    CODE(coder, writing, message->id);
    CODE(coder, writing, message->accepted_at_ms);
    CODE(coder, writing, message->account);
    CODE(coder, writing, message->plan);
    CODE(coder, writing, message->pins);
    CODE(coder, writing, message->segments);
    CODE(coder, writing, message->parts);
    CODE(coder, writing, message->state);
    CODE(coder, writing, message->end);
    CODE(coder, writing, message->step);
    CODE(coder, writing, message->flags);
    CODE(coder, writing, message->attempt_count);
    code_time(coder, writing, message->accepted_at_ms, &message->start_at_ms);
    code_time(coder, writing, message->accepted_at_ms, &message->deadline_ms);
    code_time(coder, writing, message->accepted_at_ms, &message->entered_at_ms);
    code_time(coder, writing, message->accepted_at_ms, &message->ended_at_ms);
    CODE_FROM(coder, writing, 0, message->held_micro);
    CODE_FROM(coder, writing, 0, message->charged_micro);
    CODE_FROM(coder, writing, 0, message->cost_micro);
    CODE_FROM(coder, writing, 0, message->baseline_micro);
}

ALWAYS_INLINE void code_attempt(struct coder *coder, bool writing,
                                const struct message *message, struct attempt *attempt)
{
    CODE_FROM(coder, writing, message->id, attempt->id);
    CODE_FROM(coder, writing, attempt->id, attempt->anchor);
    code_time(coder, writing, message->accepted_at_ms, &attempt->sent_at_ms);
    code_time(coder, writing, message->accepted_at_ms, &attempt->updated_at_ms);
    code_time(coder, writing, message->accepted_at_ms, &attempt->again_at_ms);
    CODE_FROM(coder, writing, 0, attempt->charged_micro);
    CODE_FROM(coder, writing, 0, attempt->cost_micro);
    CODE_FROM(coder, writing, 0, attempt->buy_micro);
    CODE(coder, writing, attempt->buy_on);
    CODE(coder, writing, attempt->channel);
    CODE(coder, writing, attempt->segment);
    CODE(coder, writing, attempt->step);
    CODE(coder, writing, attempt->number);
    CODE(coder, writing, attempt->state);
    CODE(coder, writing, attempt->reason);
    CODE(coder, writing, attempt->flags);
    CODE(coder, writing, attempt->code);
    code_text(coder, writing, attempt->provider_id, sizeof(attempt->provider_id));
}

ALWAYS_INLINE void code_body(struct coder *coder, bool writing, struct body *body)
{
    CODE(coder, writing, body->alias);
    CODE(coder, writing, body->number);
    CODE(coder, writing, body->user_message_reference);
    CODE(coder, writing, body->has_user_message_reference);
    CODE(coder, writing, body->source_ton);
    CODE(coder, writing, body->source_npi);
    CODE(coder, writing, body->destination_ton);
    CODE(coder, writing, body->destination_npi);
    CODE(coder, writing, body->esm_class);
    CODE(coder, writing, body->protocol_id);
    CODE(coder, writing, body->priority_flag);
    CODE(coder, writing, body->data_coding);
    CODE(coder, writing, body->registered_delivery);
    CODE(coder, writing, body->from_api);
    CODE(coder, writing, body->header_size);
    CODE(coder, writing, body->id_form);
    CODE(coder, writing, body->place);
    CODE(coder, writing, body->revision);
    CODE(coder, writing, body->replaced_after_s);
    CODE(coder, writing, body->told);
    code_text(coder, writing, body->service_type, sizeof(body->service_type));
    code_text(coder, writing, body->source, sizeof(body->source));
    code_text(coder, writing, body->destination, sizeof(body->destination));
}

/* --- bodies ------------------------------------------------------------------------- */

size_t packed_most_of_body(const struct body *body)
{
    return BODY_SIZE + (BODY_NUMBERS + 3) * NUMBER_MOST + sizeof(body->service_type) +
           sizeof(body->source) + sizeof(body->destination) + body->text_size +
           body->tlv_size;
}

size_t packed_write_head(uint64_t message, const struct body *body, uint32_t text_size,
                         uint8_t *out)
{
    struct coder coder = {.at = out + BODY_SIZE};
    uint32_t size;

    write_number(&coder, fold_sign(body->id - message));
    write_number(&coder, text_size);
    write_number(&coder, body->tlv_size);
    code_body(&coder, true, (struct body *)(uintptr_t)body);
    memcpy(coder.at, body->bytes, text_size);
    memcpy(coder.at + text_size, body->bytes + body->text_size, body->tlv_size);
    size = (uint32_t)(coder.at - out) + text_size + body->tlv_size;
    memcpy(out, &size, sizeof(size));
    return size;
}

size_t packed_write_body(uint64_t message, const struct body *body, uint8_t *out)
{
    return packed_write_head(message, body, body->text_size, out);
}

/* The octets of the first behind its size; false: it does not lie within them. */
static bool open_first(const struct packed_bodies *bodies, struct coder *coder)
{
    uint32_t size;

    if (bodies->size < BODY_SIZE)
        return false;
    memcpy(&size, bodies->octets, sizeof(size));
    if (size < BODY_SIZE || size > bodies->size)
        return false;
    *coder = (struct coder){.at = (uint8_t *)(uintptr_t)bodies->octets + BODY_SIZE,
                            .end = bodies->octets + size};
    return true;
}

uint64_t packed_first_body(uint64_t message, const struct packed_bodies *bodies)
{
    struct coder coder;
    uint64_t id = 0;

    if (open_first(bodies, &coder))
        id = unfold_sign(read_number(&coder)) + message;
    return id;
}

struct packed_bodies packed_take_body(struct packed_bodies *bodies)
{
    struct packed_bodies first = *bodies;
    struct coder coder;

    first.size =
        open_first(bodies, &coder) ? (size_t)(coder.end - bodies->octets) : bodies->size;
    bodies->octets += first.size;
    bodies->size -= first.size;
    return first;
}

/* All but its octets, which `out_octets` leads to. */
static bool read_head(uint64_t message, const struct packed_bodies *bodies,
                      struct body *head, const uint8_t **out_octets)
{
    struct coder coder;

    *head = (struct body){.message = message};
    if (!open_first(bodies, &coder))
        return false;
    head->id = unfold_sign(read_number(&coder)) + message;
    head->text_size = (uint32_t)read_number(&coder);
    head->tlv_size = (uint32_t)read_number(&coder);
    code_body(&coder, false, head);
    *out_octets = coder.at;
    return !coder.failed &&
           (size_t)head->text_size + head->tlv_size == (size_t)(coder.end - coder.at);
}

bool packed_read_body_into(uint64_t message, const struct packed_bodies *bodies,
                           struct body *out)
{
    const uint8_t *octets;

    if (!read_head(message, bodies, out, &octets))
        return false;
    memcpy(out->bytes, octets, (size_t)out->text_size + out->tlv_size);
    return true;
}

struct body *packed_read_body(uint64_t message, const struct packed_bodies *bodies)
{
    struct body head;
    const uint8_t *octets;
    struct body *body;

    if (!read_head(message, bodies, &head, &octets))
        return NULL;
    body = malloc(body_size(head.text_size, head.tlv_size));
    if (body == NULL)
        abort();
    *body = head;
    memcpy(body->bytes, octets, (size_t)head.text_size + head.tlv_size);
    return body;
}

/* --- a message ---------------------------------------------------------------------- */

static uint64_t digest_of(const uint8_t *octets, size_t size)
{
    return digest_add(size, octets + DIGEST_SIZE, size - DIGEST_SIZE);
}

size_t packed_most(const struct message *message, const struct packed_bodies *bodies)
{
    const size_t attempt_most =
        (ATTEMPT_NUMBERS + 1) * NUMBER_MOST + ATTEMPT_PROVIDER_ID_SIZE;

    return DIGEST_SIZE + MESSAGE_NUMBERS * NUMBER_MOST +
           message->attempt_count * attempt_most + bodies->size;
}

size_t packed_write(const struct message *message, const struct packed_bodies *bodies,
                    uint8_t *out)
{
    struct coder coder = {.at = out + DIGEST_SIZE};
    uint64_t digest;
    size_t size;

    code_message(&coder, true, (struct message *)(uintptr_t)message);
    for (uint16_t i = 0; i < message->attempt_count; i++)
        code_attempt(&coder, true, message, &message->attempts[i]);
    if (bodies->size > 0)
        memcpy(coder.at, bodies->octets, bodies->size);
    size = (size_t)(coder.at - out) + bodies->size;
    digest = digest_of(out, size);
    memcpy(out, &digest, sizeof(digest));
    return size;
}

bool packed_read(const uint8_t *octets, size_t size, struct message *message,
                 struct packed_bodies *out_bodies)
{
    struct coder coder = {.at = (uint8_t *)(uintptr_t)octets + DIGEST_SIZE,
                          .end = octets + size};
    struct attempt *room = message->attempts;
    uint16_t capacity = message->attempt_capacity;
    uint16_t count;
    uint64_t digest;

    *message = (struct message){.attempts = room, .attempt_capacity = capacity};
    if (size < DIGEST_SIZE)
        return false;
    memcpy(&digest, octets, sizeof(digest));
    if (digest != digest_of(octets, size))
        return false;
    code_message(&coder, false, message);
    count = message->attempt_count;
    message->attempt_count = 0;
    for (uint16_t i = 0; i < count && !coder.failed; i++)
        code_attempt(&coder, false, message, message_add_attempt(message));
    *out_bodies =
        (struct packed_bodies){coder.at, (size_t)((const uint8_t *)coder.end - coder.at)};
    return !coder.failed;
}
