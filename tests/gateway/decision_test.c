/* The largest decisions that a client can make: none comes near the bound of one. */
#include <stdlib.h>
#include <string.h>

#include "gateway/catalog.h"
#include "gateway/gateway.h"
#include "gateway/store.h"
#include "smpp/command.h"
#include "smpp/parts.h"
#include "smpp/tlv.h"
#include "tests/gateway/lone_gateway.h"
#include "tests/gateway/lone_line.h"
#include "tests/test.h"

enum { PARTS = 255, DESTINATIONS = 254 };

static const char sections[] =
    "account \"long\" { password = \"p\" plan = \"both\" opening = \"100000\""
    " window = 1000 outbox_max = 100 dedupe_within = \"1h\" }\n"
    "account \"many\" { password = \"p\" plan = \"dear\" opening = \"100000\""
    " window = 1000 }\n";

static struct lone_gateway *lone;
static struct lone_line line;
static uint32_t sequence;

static int start(void **state)
{
    (void)state;
    lone = lone_gateway_new_virtual(1, "host = \"127.0.0.1\"", sections);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    lone_gateway_free(lone);
    return 0;
}

static struct smpp_octets text_of(const char *text)
{
    return (struct smpp_octets){(const uint8_t *)text, (uint32_t)strlen(text)};
}

static void bind_as(const char *system_id)
{
    struct smpp_pdu pdu;

    lone_line_connect(&line, lone);
    smpp_pdu_init(&pdu, SMPP_BIND_TRANSMITTER, 0, 1);
    pdu.system_id = text_of(system_id);
    pdu.password = text_of("p");
    pdu.interface_version = 0x34;
    lone_line_send(&line, &pdu);
    lone_line_expect(&line, SMPP_BIND_TRANSMITTER | SMPP_RESPONSE, &pdu);
    assert_int_equal(pdu.status, ESME_ROK);
    sequence = 1;
}

static size_t largest(void)
{
    return store_counters(lone_gateway_of(lone)->store)->largest_decision_bytes;
}

/* One of as many as a message may have; all its texts are as long as may be. */
static void submit_part(uint8_t reference, uint8_t number)
{
    static uint8_t octets[140];
    struct smpp_pdu pdu;

    memset(octets, 'a' + reference, sizeof(octets)); /* no repetition */
    memcpy(octets, (uint8_t[]){5, 0, 3, reference, PARTS, number}, 6);
    smpp_pdu_init(&pdu, SMPP_SUBMIT_SM, 0, ++sequence);
    pdu.source = text_of("12345678901");
    pdu.destination = text_of("491701234567890");
    pdu.esm_class = SMPP_ESM_CLASS_UDHI;
    pdu.data_coding = 3;
    pdu.registered_delivery = 1;
    pdu.short_message = (struct smpp_octets){octets, sizeof(octets)};
    lone_line_send(&line, &pdu);
    lone_line_expect(&line, SMPP_SUBMIT_SM | SMPP_RESPONSE, &pdu);
    assert_int_equal(pdu.status, ESME_ROK);
}

/* All but one part: it is collected until it is told to end. */
static void submit_long(uint8_t reference)
{
    for (int number = 1; number < PARTS; number++)
        submit_part(reference, (uint8_t)number);
}

TEST(a_message_of_as_many_parts_as_may_be_ends_in_one)
{
    struct lone_answer answer;

    bind_as("long");
    /* The second one's receipts find the outbox full of those of the first. */
    for (uint8_t reference = 1; reference <= 2; reference++) {
        submit_long(reference);
        answer = lone_gateway_ask(lone, "admin-token", "POST", "/v1/accounts/long/suspend",
                                  "", "{\"drop_queued\":true}");
        CHECK_EQ(answer.status, 200, answer.body);
        CHECK(strstr(answer.body, "\"cancelled\":1,") != NULL, answer.body);
        lone_line_close(&line);
        answer = lone_gateway_ask(lone, "admin-token", "POST", "/v1/accounts/long/resume",
                                  "", "{}");
        CHECK_EQ(answer.status, 200, answer.body);
        bind_as("long");
    }
    lone_line_close(&line);
    print_message("%zu octets in one decision\n", largest());
    CHECK(largest() > 50 * 1024, "it is a large one");
    CHECK(largest() <= STORE_CUT_BYTES, "and far from the bound");
}

TEST(a_long_text_to_as_many_as_may_be_is_cut)
{
    static uint8_t payload[20000];
    static uint8_t list[DESTINATIONS * 24];
    struct smpp_pdu pdu;
    size_t size = 0;

    bind_as("many");
    memset(payload, 'x', sizeof(payload));
    for (int i = 0; i < DESTINATIONS; i++) {
        list[size++] = 1; /* an SME address, TON, NPI, digits */
        list[size++] = 1;
        list[size++] = 1;
        size += (size_t)sprintf((char *)list + size, "4917012%08d", i) + 1;
    }
    smpp_pdu_init(&pdu, SMPP_SUBMIT_MULTI, 0, ++sequence);
    pdu.source = text_of("ACME");
    pdu.destination_count = DESTINATIONS;
    pdu.destinations = (struct smpp_octets){list, (uint32_t)size};
    CHECK(smpp_pdu_add_tlv(&pdu, SMPP_TLV_MESSAGE_PAYLOAD, payload, sizeof(payload)),
          "room");
    lone_line_send(&line, &pdu);
    lone_line_expect(&line, SMPP_SUBMIT_MULTI | SMPP_RESPONSE, &pdu);
    CHECK_EQ(pdu.status, ESME_ROK, "status");
    lone_line_close(&line);
    print_message("%zu octets in one decision\n", largest());
    CHECK(largest() <= STORE_CUT_BYTES, "one decision");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_message_of_as_many_parts_as_may_be_ends_in_one),
        RUN(a_long_text_to_as_many_as_may_be_is_cut),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
