/* What of a submission is text for a person, and what is for a phone, a card or a display.
 */
#include "gateway/translate_pieces.h"

#include "smpp/command.h"
#include "smpp/tlv.h"

/* Parameters that name another receiver than the person at the handset (SMPP 3.4 5.3.2). */
static const struct {
    uint16_t tag;
    bool unless_zero; /* 0 says nothing of the kind */
} not_of_text[] = {
    {SMPP_TLV_SOURCE_PORT,            false},
    {SMPP_TLV_DESTINATION_PORT,       false},
    {SMPP_TLV_PAYLOAD_TYPE,           true },
    {SMPP_TLV_MS_MSG_WAIT_FACILITIES, false},
    {SMPP_TLV_USSD_SERVICE_OP,        false},
    {SMPP_TLV_ITS_SESSION_INFO,       false},
};

enum { SUBUNIT_DISPLAY = 1 }; /* 5.3.2.1: flash by parameter */

struct marks {
    bool flash;
    bool elsewhere;
};

static void read_mark(const struct smpp_tlv *tlv, struct marks *marks)
{
    uint8_t value = tlv->size > 0 ? tlv->value[tlv->size - 1] : 0;

    if (tlv->tag == SMPP_TLV_DEST_ADDR_SUBUNIT) {
        marks->flash = marks->flash || value == SUBUNIT_DISPLAY;
        marks->elsewhere = marks->elsewhere || value > SUBUNIT_DISPLAY;
    }
    for (size_t i = 0; i < sizeof(not_of_text) / sizeof(not_of_text[0]); i++)
        if (not_of_text[i].tag == tlv->tag && (value != 0 || !not_of_text[i].unless_zero))
            marks->elsewhere = true;
}

static struct marks marks_of(const struct body *body, enum smpp_alphabet default_alphabet)
{
    struct marks marks = {.flash = smpp_text_class(body->data_coding) == 0};
    struct smpp_header header;
    struct smpp_pdu pdu;

    marks.elsewhere =
        body->protocol_id != 0 || smpp_text_is_waiting(body->data_coding) ||
        smpp_text_alphabet(body->data_coding, default_alphabet) == SMPP_ALPHABET_BINARY ||
        (translate_has_header(body) &&
         !(smpp_header_read(translate_user_data(body), &header) && header.is_only_text));
    smpp_pdu_init(&pdu, SMPP_SUBMIT_SM, 0, 0);
    (void)!body_add_tlvs(body, &pdu);
    for (uint16_t i = 0; i < pdu.tlv_count; i++)
        read_mark(&pdu.tlvs[i], &marks);
    return marks;
}

bool translate_is_text(const struct body *body, enum smpp_alphabet default_alphabet)
{
    struct marks marks;

    if (body->from_api)
        return true;
    marks = marks_of(body, default_alphabet);
    return !marks.flash && !marks.elsewhere;
}

bool translate_is_flash(const struct body *body, enum smpp_alphabet default_alphabet)
{
    struct marks marks;

    if (body->from_api)
        return false;
    marks = marks_of(body, default_alphabet);
    return marks.flash && !marks.elsewhere;
}
