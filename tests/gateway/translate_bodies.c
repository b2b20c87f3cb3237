#include "tests/gateway/translate_bodies.h"

#include "gateway/translate.h"

#include <stdlib.h>

#include "tests/test.h"

const struct translate_form plain_form = {SMPP_ALPHABET_GSM, CONFIG_UDH8, 0};

struct body *body_new(const void *text, size_t size)
{
    struct body *body = calloc(1, body_size((uint32_t)size, 0));

    body->text_size = (uint32_t)size;
    body->number = 1;
    if (size > 0)
        memcpy(body->bytes, text, size);
    return body;
}

void live_of(struct live *live, struct body **bodies, uint16_t count)
{
    memset(live, 0, sizeof(*live));
    live->bodies = bodies;
    live->body_count = count;
    live->message.id = 0x123456789ABCDEFu;
    live->message.segments = 1;
}
