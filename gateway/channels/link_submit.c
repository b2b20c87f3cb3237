/*
 * What goes to the operator, and its answer.  A try keeps its place in the window until it
 * has its verdict; one that is in doubt is remembered as long as its answer may come late.
 */
#include "gateway/channels/link_pieces.h"

#include <string.h>

#include "gateway/config.h"
#include "gateway/dictionary.h"
#include "gateway/dispatch.h"
#include "gateway/gateway.h"
#include "gateway/translate.h"
#include "smpp/command.h"
#include "smpp/parts.h"
#include "smpp/receipt.h"

enum { SHORT_MESSAGE_MAX = 254 };

/* --- out ---------------------------------------------------------------------------- */

static uint32_t take_flight(struct bind *bind, const struct handover *handover)
{
    uint32_t at = bind->free_first;

    bind->free_first = bind->flights[at].next;
    bind->flights[at].message = handover->message;
    bind->flights[at].attempt = handover->attempt;
    bind->flights[at].place = handover->place;
    bind->flights[at].sent_at_ms = link_now_ms(bind->link);
    bind->in_flight++;
    return at;
}

static struct flight forget_flight(struct bind *bind, uint32_t at)
{
    struct flight flight = bind->flights[at];

    bind->flights[at].next = bind->free_first;
    bind->free_first = at;
    return flight;
}

static struct flight end_flight(struct bind *bind, uint32_t at)
{
    bind->in_flight--;
    return forget_flight(bind, at);
}

static void tell_verdict(struct bind *bind, const struct flight *flight,
                         struct verdict_news *news)
{
    struct link *link = bind->link;

    news->place = flight->place;
    dispatch_verdict(link->gateway, flight->message, flight->attempt, news);
    link_bind_less(bind);
    dispatch_room(link->gateway, link->number);
}

static struct smpp_octets view(const void *data, size_t size)
{
    return (struct smpp_octets){data, (uint32_t)size};
}

static void drop(struct smpp_pdu *pdu, const uint16_t *tags, size_t count)
{
    uint16_t kept = 0;

    for (uint16_t i = 0; i < pdu->tlv_count; i++) {
        bool is_dropped = false;

        for (size_t k = 0; k < count; k++)
            is_dropped = is_dropped || pdu->tlvs[i].tag == tags[k];
        if (!is_dropped)
            pdu->tlvs[kept++] = pdu->tlvs[i];
    }
    pdu->tlv_count = kept;
}

/* Of a part that was cut again, and of one with a header (SMPP 3.4 5.2.12: not both). */
static void drop_sar(struct smpp_pdu *pdu)
{
    static const uint16_t tags[] = {SMPP_TLV_SAR_MSG_REF_NUM, SMPP_TLV_SAR_TOTAL_SEGMENTS,
                                    SMPP_TLV_SAR_SEGMENT_SEQNUM};

    drop(pdu, tags, sizeof(tags) / sizeof(tags[0]));
}

/* That a header of ours tells. */
static void drop_ports(struct smpp_pdu *pdu, const struct handover *handover)
{
    static const uint16_t tags[] = {SMPP_TLV_SOURCE_PORT, SMPP_TLV_DESTINATION_PORT};
    struct smpp_header header;

    if (pdu->tlv_count > 0 && (handover->body->esm_class & SMPP_ESM_CLASS_UDHI) == 0 &&
        smpp_header_read(view(handover->octets, handover->octet_count), &header) &&
        header.has_ports)
        drop(pdu, tags, sizeof(tags) / sizeof(tags[0]));
}

static bool add_tlvs(struct smpp_pdu *pdu, const struct config_link *link,
                     const struct handover *handover, uint8_t sar_values[4])
{
    if (!body_add_tlvs(handover->body, pdu))
        return false;
    dictionary_filter(link, pdu);
    if (handover->sar || (pdu->esm_class & SMPP_ESM_CLASS_UDHI) != 0)
        drop_sar(pdu);
    if ((pdu->esm_class & SMPP_ESM_CLASS_UDHI) != 0)
        drop_ports(pdu, handover);
    return dictionary_add_fixed(link, pdu) &&
           (handover->sar == NULL || smpp_part_add_sar(pdu, handover->sar, sar_values));
}

/*
 * An operator without parameters is told by a header which part of a text it gets, and for
 * which ports.  False: the text has no room for one.  Beside a header that it has already
 * parameters tell nothing.
 */
static bool put_in_header(const struct bind *bind, struct smpp_pdu *pdu,
                          uint8_t octets[SHORT_MESSAGE_MAX])
{
    enum smpp_alphabet alphabet;
    struct smpp_ports ports;
    struct smpp_part part;
    bool is_part;
    bool has_ports;
    size_t size;

    if (smpp_session_takes_tlvs(smpp_conn_session(bind->conn)) ||
        (pdu->esm_class & SMPP_ESM_CLASS_UDHI) != 0)
        return true;
    is_part = smpp_part_read(pdu, &part);
    has_ports = smpp_ports_read(pdu, &ports);
    if (!is_part && !has_ports)
        return true;
    alphabet = smpp_text_alphabet(pdu->data_coding,
                                  translate_alphabet(bind->link->config->default_alphabet));
    part.kind = SMPP_PART_8;
    size = smpp_header_write(is_part ? &part : NULL, has_ports ? &ports : NULL,
                             (struct smpp_shift){0, 0}, octets);
    if (pdu->short_message.size > smpp_text_capacity(alphabet, size))
        return false;
    memcpy(octets + size, pdu->short_message.data, pdu->short_message.size);
    pdu->short_message = view(octets, size + pdu->short_message.size);
    pdu->esm_class |= SMPP_ESM_CLASS_UDHI;
    return true;
}

static enum channel_send submit(struct bind *bind, const struct handover *handover)
{
    uint8_t octets[SHORT_MESSAGE_MAX];
    struct link_room room;
    uint8_t sar_values[4];
    struct smpp_pdu pdu;
    bool whole;
    uint32_t at;

    link_fill(bind->link, handover, &pdu, &room);
    whole = add_tlvs(&pdu, bind->link->config, handover, sar_values);
    if (handover->octet_count <= SHORT_MESSAGE_MAX) {
        pdu.short_message = view(handover->octets, handover->octet_count);
        whole = whole && put_in_header(bind, &pdu, octets);
    } else {
        whole = whole && smpp_pdu_add_tlv(&pdu, SMPP_TLV_MESSAGE_PAYLOAD, handover->octets,
                                          (uint16_t)handover->octet_count);
    }
    if (!whole)
        return CHANNEL_CANNOT;
    at = take_flight(bind, handover);
    switch (smpp_session_send(smpp_conn_session(bind->conn), &pdu, at)) {
    case SMPP_SEND_OK:
        return CHANNEL_SENT;
    case SMPP_SEND_REFUSED:
        end_flight(bind, at);
        return CHANNEL_CANNOT;
    case SMPP_SEND_WAIT:
        bind->blocked = true;
        break;
    case SMPP_SEND_NOT_BOUND:
        break;
    }
    end_flight(bind, at);
    return CHANNEL_NOT_SENT;
}

enum channel_send link_send(void *self, const struct handover *handover)
{
    struct link *link = self;
    struct bind *bind = link_use_slot(link, handover->slot);
    enum channel_send sent = CHANNEL_NOT_SENT;

    if (bind && link_bind_takes(bind))
        sent = submit(bind, handover);
    if (sent != CHANNEL_SENT)
        link_slot_unused(link);
    if (sent != CHANNEL_SENT && bind)
        link_bind_less(bind);
    return sent;
}

/* --- answers ------------------------------------------------------------------------ */

static void watch_time(struct bind *bind, const struct flight *flight)
{
    const struct config_link *config = bind->link->config;

    if (config->adapt_window)
        breadth_answered(&bind->breadth, flight->sent_at_ms, link_now_ms(bind->link),
                         config->response_timeout_ms);
}

enum { ID_SIZE = SMPP_RECEIPT_ID_MAX_SIZE + 1 };

/* What it says of the try, and of the link; `id` is where the news keeps the operator's. */
static struct verdict_news hear_answer(struct bind *bind, const struct flight *flight,
                                       const struct smpp_pdu *response, char id[ID_SIZE])
{
    struct verdict_news news = {.verdict = VERDICT_OK, .provider_id = id};
    struct smpp_octets told = response->message_id;

    bind->doubted = false;
    watch_time(bind, flight);
    if (response->status == ESME_ROK) {
        if (told.size > SMPP_RECEIPT_ID_MAX_SIZE)
            told.size = 0;
        if (told.size > 0)
            memcpy(id, told.data, told.size);
        id[told.size] = 0;
        link_took(bind->link);
    } else {
        news.provider_id = NULL;
        link_refused(bind, flight, response->status, &news);
    }
    link_hear_congestion(bind->link, response);
    return news;
}

void link_on_response(void *owner, const struct smpp_pdu *response, uint64_t cookie)
{
    struct bind *bind = owner;
    char id[ID_SIZE];
    struct verdict_news news = hear_answer(bind, &bind->flights[cookie], response, id);
    struct flight flight = end_flight(bind, (uint32_t)cookie);

    tell_verdict(bind, &flight, &news);
}

/* The try is in doubt since its time was over, and perhaps sent again. */
void link_on_late_response(void *owner, const struct smpp_pdu *response, uint64_t cookie)
{
    struct bind *bind = owner;
    struct gateway *gateway = bind->link->gateway;
    struct flight flight = forget_flight(bind, (uint32_t)cookie);
    struct verdict_news news;
    char id[ID_SIZE];

    if (response == NULL)
        return;
    news = hear_answer(bind, &flight, response, id);
    news.place = flight.place;
    dispatch_verdict_late(gateway, flight.message, flight.attempt, &news);
    dispatch_room(gateway, bind->link->number);
}

/* Perhaps nobody is there any more: it is asked, and no further window is risked on it
 * before it has said something. */
static void doubt_bind(struct bind *bind)
{
    const struct link *link = bind->link;

    bind->doubted = true;
    smpp_session_probe(smpp_conn_session(bind->conn),
                       (uint32_t)link->config->response_timeout_ms, link_now_ms(link));
}

void link_on_no_response(void *owner, uint64_t cookie, enum smpp_fate fate)
{
    struct bind *bind = owner;
    struct flight flight = bind->flights[cookie];
    struct verdict_news news = {.verdict = VERDICT_UNSURE, .reason = REASON_UNKNOWN};

    if (fate == SMPP_FATE_UNSENT)
        news =
            (struct verdict_news){.verdict = VERDICT_RETRY, .reason = REASON_PROVIDER_DOWN};
    if (fate == SMPP_FATE_TIMED_OUT) {
        bind->in_flight--; /* link_on_late_response() ends it */
        doubt_bind(bind);
    } else {
        end_flight(bind, (uint32_t)cookie);
    }
    tell_verdict(bind, &flight, &news);
}
