#include "gateway/body.h"

#include "smpp/command.h"
#include "smpp/parts.h"
#include "smpp/pdu.h"

bool body_add_tlvs(const struct body *body, struct smpp_pdu *pdu)
{
    const uint8_t *at = body->bytes + body->text_size;

    for (uint32_t left = body->tlv_size; left >= 4;) {
        uint16_t tag = (uint16_t)(at[0] << 8 | at[1]);
        uint16_t size = (uint16_t)(at[2] << 8 | at[3]);

        if (size > left - 4 || !smpp_pdu_add_tlv(pdu, tag, at + 4, size))
            return false;
        at += 4 + size;
        left -= 4u + size;
    }
    return true;
}

bool body_part_of(const struct body *body, struct smpp_part *out)
{
    struct smpp_pdu pdu;

    smpp_pdu_init(&pdu, SMPP_SUBMIT_SM, 0, 0);
    pdu.esm_class = body->esm_class;
    pdu.short_message = (struct smpp_octets){body->bytes, body->text_size};
    (void)!body_add_tlvs(body, &pdu);
    return smpp_part_read(&pdu, out);
}
