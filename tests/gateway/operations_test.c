/* An account that asks and asks, and what the others notice of it. */
#include "gateway/operations.h"

#include <stdlib.h>
#include <unistd.h>

#include "gateway/config.h"
#include "gateway/gateway.h"
#include "smpp/command.h"
#include "tests/gateway/lone_operator.h"
#include "tests/test.h"

enum { ASKED = 6000, SHARE = 4096, NO_SESSION = 999 };

static struct lone_gateway *lone;

static struct smpp_octets view(const char *text)
{
    return (struct smpp_octets){(const uint8_t *)text, (uint32_t)strlen(text)};
}

static size_t waiting(void)
{
    return operations_waiting(lone_gateway_of(lone));
}

static size_t index_of(const char *account)
{
    const struct config *config = lone_gateway_of(lone)->config;

    for (size_t i = 0; i < config->account_count; i++)
        if (strcmp(config->accounts[i].name, account) == 0)
            return i;
    fail_msg("there is no such account");
    return 0;
}

static void bind_as(struct lone_line *line, const char *account)
{
    struct smpp_pdu pdu;

    lone_line_connect(line, lone);
    smpp_pdu_init(&pdu, SMPP_BIND_TRANSMITTER, 0, 1);
    pdu.system_id = view(account);
    pdu.password = view("p");
    pdu.interface_version = 0x34;
    lone_line_send(line, &pdu);
    lone_line_expect(line, SMPP_BIND_TRANSMITTER | SMPP_RESPONSE, &pdu);
    CHECK_EQ(pdu.status, ESME_ROK, account);
}

/* About a message that never was: it is looked for in the database. */
static void write_query(struct smpp_pdu *pdu)
{
    smpp_pdu_init(pdu, SMPP_QUERY_SM, 0, 2);
    pdu->message_id = view("4611686018427387904");
    pdu->source = view("Shop");
}

TEST(who_asks_for_very_much_waits_and_the_others_do_not)
{
    static struct lone_line modest;
    struct smpp_pdu query, answer;
    int listener;

    lone = lone_operator_open(&listener, HERE, "");
    bind_as(&modest, "rich");
    write_query(&query);
    for (int i = 0; i < ASKED; i++)
        operations_take(lone_gateway_of(lone), index_of("direct"), NO_SESSION, &query);
    CHECK_EQ(waiting(), SHARE, "those of its share wait, the others are refused");
    lone_line_send(&modest, &query);
    lone_line_expect(&modest, SMPP_QUERY_SM | SMPP_RESPONSE, &answer);
    CHECK_EQ(answer.status, ESME_RINVMSGID, "there is none");
    CHECK(waiting() > SHARE / 2, "the greedy one still waits");
    for (int i = 0; i < SOON_MS && waiting() > 0; i++)
        lone_gateway_turn(lone);
    CHECK_EQ(waiting(), 0, "all are answered");
    operations_take(lone_gateway_of(lone), index_of("direct"), NO_SESSION, &query);
    CHECK_EQ(waiting(), 1, "and it may ask again");
    lone_line_close(&modest);
    close(listener);
    lone_gateway_free(lone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(who_asks_for_very_much_waits_and_the_others_do_not),
    };

    return RUN_ALL(tests);
}
