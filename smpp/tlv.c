#include "smpp/tlv.h"

#include "smpp/wire.h"

enum {
#define TLV(tag, kind, min, max, repeatable, submission, delivery, name) ROW_##name,
#include "smpp/tlv.def"
#undef TLV
};

static const struct smpp_tlv_rule rules[] = {
#define TLV(tag, kind, min, max, repeatable, submission, delivery, name)                   \
    {tag, SMPP_TLV_##kind, min, max, repeatable, submission, delivery, #name},
#include "smpp/tlv.def"
#undef TLV
};

/* A switch and not a search: this runs for every TLV of every message. */
const struct smpp_tlv_rule *smpp_tlv_rule(uint16_t tag)
{
    switch (tag) {
#define TLV(tag, kind, min, max, repeatable, submission, delivery, name)                   \
    case tag:                                                                              \
        return &rules[ROW_##name];
#include "smpp/tlv.def"
#undef TLV
    }
    return NULL;
}

bool smpp_tlv_size_fits(const struct smpp_tlv_rule *rule, uint16_t size)
{
    if (rule->kind == SMPP_TLV_INTEGER)
        return size == rule->min_size || size == rule->max_size;
    return size >= rule->min_size && size <= rule->max_size;
}

uint8_t *smpp_tlv_write(const struct smpp_tlv *tlvs, size_t count, uint8_t *at,
                        const uint8_t *end)
{
    for (size_t i = 0; i < count; i++) {
        const struct smpp_tlv *tlv = &tlvs[i];

        if ((size_t)(end - at) < SMPP_TLV_HEADER_SIZE + (size_t)tlv->size)
            return NULL;
        smpp_wire_put_16(at, tlv->tag);
        smpp_wire_put_16(at + 2, tlv->size);
        at = smpp_wire_put_octets(at + SMPP_TLV_HEADER_SIZE, tlv->value, tlv->size);
    }
    return at;
}

uint32_t smpp_tlv_integer(const struct smpp_tlv *tlv)
{
    switch (tlv->size) {
    case 1:
        return tlv->value[0];
    case 2:
        return smpp_wire_get_16(tlv->value);
    case 4:
        return smpp_wire_get_32(tlv->value);
    }
    return 0;
}
