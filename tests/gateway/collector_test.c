/* Parts of long messages, while they are waited for. */
#include "gateway/collector.h"

#include <string.h>

#include "gateway/gateway.h"
#include "smpp/command.h"
#include "tests/gateway/lone_gateway.h"
#include "tests/gateway/lone_line.h"
#include "tests/test.h"

static const char sections[] =
    "account \"long\" { password = \"p\" plan = \"patient\" opening = \"1000\" }\n"
    "plan \"patient\" {\n"
    "  collect_within = \"5m\"\n"
    "  step \"chat\" { channels = {\"chat\"} until = \"delivered\" within = \"2s\" }\n"
    "  step \"sms\" { channels = {\"smsc\"} }\n"
    "}\n";

static struct lone_gateway *lone;
static struct lone_line line;

static struct smpp_octets text_of(const char *text)
{
    return (struct smpp_octets){(const uint8_t *)text, (uint32_t)strlen(text)};
}

static void begin(void)
{
    struct smpp_pdu pdu;

    lone = lone_gateway_new_virtual(1, "host = \"127.0.0.1\"", sections);
    lone_line_connect(&line, lone);
    smpp_pdu_init(&pdu, SMPP_BIND_TRANSMITTER, 0, 1);
    pdu.system_id = text_of("long");
    pdu.password = text_of("p");
    pdu.interface_version = 0x34;
    lone_line_send(&line, &pdu);
    lone_line_expect(&line, SMPP_BIND_TRANSMITTER | SMPP_RESPONSE, &pdu);
    CHECK_EQ(pdu.status, ESME_ROK, "the bind");
}

static void end(void)
{
    lone_line_close(&line);
    lone_gateway_free(lone);
}

/* Of three, with a validity as SMPP 3.4 7.1.1.2 writes it. */
static void submit_part(uint8_t number, const char *validity)
{
    const uint8_t octets[] = {5, 0, 3, 7, 3, number, 'h', 'i'};
    struct smpp_pdu pdu;

    smpp_pdu_init(&pdu, SMPP_SUBMIT_SM, 0, 1u + number);
    pdu.source = text_of("Shop");
    pdu.destination = text_of("491700000001");
    pdu.esm_class = SMPP_ESM_CLASS_UDHI;
    pdu.validity_period = text_of(validity);
    pdu.short_message = (struct smpp_octets){octets, sizeof(octets)};
    lone_line_send(&line, &pdu);
    lone_line_expect(&line, SMPP_SUBMIT_SM | SMPP_RESPONSE, &pdu);
    CHECK_EQ(pdu.status, ESME_ROK, "a part");
}

TEST(parts_are_waited_for_no_longer_than_the_message_is_valid)
{
    for (uint8_t parts = 1; parts <= 2; parts++) {
        const struct gateway_counters *counters;

        begin();
        counters = &lone_gateway_of(lone)->counters;
        for (uint8_t number = 1; number <= parts; number++)
            submit_part(number, "000000000010000R");
        lone_gateway_pass(lone, 9000);
        CHECK_EQ(collector_sets(lone_gateway_of(lone)), 1, "it waits");
        lone_gateway_pass(lone, 1500);
        CHECK_EQ(collector_sets(lone_gateway_of(lone)), 0, "and no longer");
        CHECK_EQ(counters->ends[MESSAGE_EXPIRED], 1, "expired");
        end();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(parts_are_waited_for_no_longer_than_the_message_is_valid),
    };

    return RUN_ALL(tests);
}
