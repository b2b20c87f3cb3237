/*
 * The fields of a submit_sm as this operator wants them: addresses by their form, how
 * long it may try, and what the link says of its own.
 */
#include "gateway/channels/link_pieces.h"

#include <string.h>

#include "gateway/config.h"
#include "gateway/gateway.h"
#include "smpp/command.h"

enum {
    TON_NATIONAL = 2,
    TON_ALPHANUMERIC = 5,
    SME_ACKNOWLEDGEMENTS = 0x0C, /* of registered_delivery */
    MODE = 0x03,                 /* of esm_class */
    MODE_STORE_AND_FORWARD = 0x03,
};

static struct smpp_octets view_of(const char *text)
{
    return (struct smpp_octets){(const uint8_t *)text, (uint32_t)strlen(text)};
}

/* --- addresses ---------------------------------------------------------------------- */

/* It begins with the link's country code, and something is behind it. */
static bool is_of_country(const struct config_link *config, const char *digits)
{
    size_t size = strlen(config->country_code);

    return size > 0 && strncmp(digits, config->country_code, size) == 0 &&
           digits[size] != '\0';
}

static enum config_form_kind number_form(const struct config_link *config,
                                         const struct config_form *forms,
                                         const char *digits)
{
    return forms[CONFIG_FORM_NATIONAL].said && is_of_country(config, digits)
               ? CONFIG_FORM_NATIONAL
               : CONFIG_FORM_INTERNATIONAL;
}

static enum config_form_kind source_form(const struct config_link *config,
                                         const char *address, uint8_t ton)
{
    const char *digits = address + (address[0] == '+');
    size_t size = strlen(digits);

    if (ton == TON_ALPHANUMERIC || strspn(digits, "0123456789") != size)
        return CONFIG_FORM_ALPHANUMERIC;
    if (size <= config->short_code_max)
        return CONFIG_FORM_SHORT;
    if (ton == TON_NATIONAL)
        return CONFIG_FORM_NATIONAL;
    return number_form(config, config->sources, digits);
}

/* `address` as `form` writes it, in `room` if it is another than before. */
static struct smpp_octets write_address(const struct config_link *config,
                                        const struct config_form *form, const char *address,
                                        char room[LINK_ADDRESS_SIZE])
{
    const char *digits = address + (address[0] == '+');
    const char *before = "";

    switch (form->write) {
    case CONFIG_WRITE_AS_GIVEN:
        return view_of(address);
    case CONFIG_WRITE_DIGITS:
        return view_of(digits);
    case CONFIG_WRITE_PLUS:
        before = "+";
        break;
    case CONFIG_WRITE_NATIONAL:
        if (!is_of_country(config, digits))
            return view_of(digits);
        before = config->national_prefix;
        digits += strlen(config->country_code);
        break;
    }
    if (strlen(before) + strlen(digits) >= LINK_ADDRESS_SIZE)
        return view_of(address);
    memcpy(room, before, strlen(before));
    memcpy(room + strlen(before), digits, strlen(digits) + 1);
    return view_of(room);
}

static uint8_t or_given(int32_t said, uint8_t given)
{
    return said == CONFIG_AS_GIVEN ? given : (uint8_t)said;
}

static void fill_source(const struct config_link *config, const char *address, uint8_t ton,
                        uint8_t npi, struct smpp_pdu *pdu, struct link_room *room)
{
    static const struct config_form none = {.ton = CONFIG_AS_GIVEN, .npi = CONFIG_AS_GIVEN};
    const struct config_form *form = &config->sources[source_form(config, address, ton)];

    if (address[0] == '\0') /* 3.4 5.2.8: the operator's default, which has no form */
        form = &none;
    pdu->source_ton = or_given(form->ton, ton);
    pdu->source_npi = or_given(form->npi, npi);
    pdu->source = write_address(config, form, address, room->source);
}

static void fill_destination(const struct config_link *config, const struct body *body,
                             struct smpp_pdu *pdu, struct link_room *room)
{
    const struct config_form *destination =
        &config->destinations[number_form(config, config->destinations, body->destination)];

    pdu->destination_ton = or_given(destination->ton, body->destination_ton);
    pdu->destination_npi = or_given(destination->npi, body->destination_npi);
    pdu->destination =
        write_address(config, destination, body->destination, room->destination);
}

static bool is_written_nationally(const struct config_link *config, const char *number,
                                  uint8_t ton)
{
    const struct config_form *form = &config->destinations[CONFIG_FORM_NATIONAL];
    size_t size = strlen(config->national_prefix);

    if (!form->said || form->write != CONFIG_WRITE_NATIONAL)
        return false;
    return size > 0 ? strncmp(number, config->national_prefix, size) == 0
                    : form->ton != CONFIG_AS_GIVEN && ton == form->ton;
}

void link_read_number(const struct link *link, uint8_t ton, char number[LINK_ADDRESS_SIZE])
{
    const struct config_link *config = link->config;
    size_t code_size = strlen(config->country_code);
    size_t prefix_size = strlen(config->national_prefix);
    size_t size = strlen(number);

    if (number[0] == '+') {
        memmove(number, number + 1, size);
    } else if (is_written_nationally(config, number, ton) &&
               size - prefix_size + code_size < LINK_ADDRESS_SIZE) {
        memmove(number + code_size, number + prefix_size, size - prefix_size + 1);
        memcpy(number, config->country_code, code_size);
    }
}

bool link_rewrites_sources(const struct link *link)
{
    for (int i = 0; i < CONFIG_FORMS; i++)
        if (link->config->sources[i].write != CONFIG_WRITE_AS_GIVEN)
            return true;
    return false;
}

/* --- time --------------------------------------------------------------------------- */

/* Never below what the operator takes, in whole steps, rounded up. */
static int64_t validity_ms(const struct config_link *config, int64_t ttl_ms)
{
    int64_t step_ms = config->validity_step_ms;

    if (ttl_ms < config->validity_min_ms)
        ttl_ms = config->validity_min_ms;
    return (ttl_ms + step_ms - 1) / step_ms * step_ms;
}

/* Longer than a relative time can say: absolute. */
static void fill_validity(const struct link *link, int64_t ttl_ms, struct smpp_pdu *pdu,
                          struct link_room *room)
{
    const struct config_link *config = link->config;
    int64_t for_ms = validity_ms(config, ttl_ms);

    if (config->validity == CONFIG_VALIDITY_NONE)
        return;
    if (config->validity != CONFIG_VALIDITY_RELATIVE ||
        !smpp_timestamp_write_relative(for_ms, room->validity))
        smpp_timestamp_write(gateway_now_ms(link->gateway) + for_ms, room->validity);
    pdu->validity_period =
        (struct smpp_octets){(const uint8_t *)room->validity, SMPP_TIMESTAMP_SIZE};
}

/*
 * We have stored it and will tell what became of it, whatever mode was asked for
 * (3.4 2.10): an operator's datagram mode would have no receipt, his transaction mode hold
 * his answer up.
 */
static uint8_t without_mode(uint8_t esm_class)
{
    return (esm_class & MODE) == MODE_STORE_AND_FORWARD ? esm_class
                                                        : esm_class & (uint8_t)~MODE;
}

void link_fill(const struct link *link, const struct handover *handover,
               struct smpp_pdu *pdu, struct link_room *room)
{
    const struct config_link *config = link->config;
    const struct body *body = handover->body;

    smpp_pdu_init(pdu, SMPP_SUBMIT_SM, 0, 0);
    pdu->service_type = view_of(config->service_type[0] != '\0' ? config->service_type
                                                                : body->service_type);
    if (handover->sender != NULL) {
        source_read(handover->sender, &room->sender);
        fill_source(config, room->sender.address, room->sender.ton, room->sender.npi, pdu,
                    room);
    } else {
        fill_source(config, body->source, body->source_ton, body->source_npi, pdu, room);
    }
    fill_destination(config, body, pdu, room);
    pdu->esm_class = without_mode(handover->esm_class);
    pdu->protocol_id = or_given(config->protocol_id, body->protocol_id);
    pdu->priority_flag = or_given(config->priority, body->priority_flag);
    /* The recipient's own acknowledgements are for the sender to ask, 5.2.17. */
    pdu->registered_delivery =
        (uint8_t)((config->receipts ? 1 : 0) |
                  (body->registered_delivery & SME_ACKNOWLEDGEMENTS));
    pdu->data_coding = handover->data_coding;
    fill_validity(link, handover->ttl_ms, pdu, room);
}
