/*
 * What SMPP 3.4 asks of a session, row by row: requirement, paragraph, octets said, octets
 * that must come back.  The octets are written from the text of the specification.  Every
 * row is held twice: said at once, and octet by octet.  A paragraph beginning with "5.0"
 * is of SMPP 5.0, where 3.4 is silent.  Prints a line for each row that holds.
 */
#include "tests/test.h"

#include "tests/smpp/line.h"

enum given { OPEN, TX, RX, TRX };

struct row {
    const char *requirement;
    const char *paragraph;
    enum given given;
    const char *said;
    const char *heard;
    enum smpp_end end; /* SMPP_END_NONE: the session stays */
};

/* clang-format off */
static const struct row serving_rows[] = {
    {"several PDUs in one write are told apart", "3.2.2", TRX,
     LINE_ENQUIRE("00000002") LINE_ENQUIRE("00000003") LINE_ENQUIRE("00000004"),
     LINE_ENQUIRE_RESP("00000002") LINE_ENQUIRE_RESP("00000003") LINE_ENQUIRE_RESP("00000004"),
     SMPP_END_NONE},
    {"command_length 15 is corrupt", "4.3", TRX,
     "0000000F", "00000010 80000000 00000002 00000000", SMPP_END_BROKEN},
    {"command_length 4 is corrupt", "4.3", TRX,
     "00000004", "00000010 80000000 00000002 00000000", SMPP_END_BROKEN},
    {"command_length 0 is corrupt", "4.3", TRX,
     "00000000", "00000010 80000000 00000002 00000000", SMPP_END_BROKEN},
    {"a command_length too large is corrupt at once", "4.3, 5.0 2.8.2", TRX,
     "7FFFFFFF", "00000010 80000000 00000002 00000000", SMPP_END_BROKEN},
    {"so it is before the bind", "4.3", OPEN,
     "FFFFFFFF", "00000010 80000000 00000002 00000000", SMPP_END_BROKEN},
    {"a reserved command_id is answered generic_nack", "4.3, par. 3.3", TRX,
     LINE_HEADER("0000000A", "00000000", "00000011"), LINE_NACK("00000003", "00000011"),
     SMPP_END_NONE},
    {"and the session survives it", "par. 3.3", TRX,
     LINE_HEADER("0000000A", "00000000", "00000011") LINE_ENQUIRE("00000012"),
     LINE_NACK("00000003", "00000011") LINE_ENQUIRE_RESP("00000012"), SMPP_END_NONE},
    {"a reserved command_id before the bind", "4.3", OPEN,
     LINE_HEADER("0000000A", "00000000", "00000011"), LINE_NACK("00000003", "00000011"),
     SMPP_END_NONE},
    {"generic_nack is never answered", "4.3", TRX,
     LINE_NACK("00000003", "0000004D"), "", SMPP_END_NONE},
    {"a response to nothing is ignored", "2.8", TRX,
     "00000012 80000004 00000000 00000063 3700", "", SMPP_END_NONE},
    {"a response to nothing is ignored before the bind", "2.8", OPEN,
     "00000012 80000004 00000000 00000063 3700", "", SMPP_END_NONE},
    {"a response of an unknown command is not answered", "2.8", TRX,
     LINE_HEADER("8000000A", "00000000", "00000001"), "", SMPP_END_NONE},
    {"sequence_numbers are echoed as they come", "5.1.4", TRX,
     LINE_ENQUIRE("00000001") LINE_ENQUIRE("12345678") LINE_ENQUIRE("7FFFFFFF"),
     LINE_ENQUIRE_RESP("00000001") LINE_ENQUIRE_RESP("12345678") LINE_ENQUIRE_RESP("7FFFFFFF"),
     SMPP_END_NONE},
    {"so are those out of range", "5.1.4", TRX,
     LINE_ENQUIRE("00000000") LINE_ENQUIRE("80000000"),
     LINE_ENQUIRE_RESP("00000000") LINE_ENQUIRE_RESP("80000000"), SMPP_END_NONE},
    {"so are those that go back", "4.1.1 note a, 5.0 2.6.2", TRX,
     LINE_SUBMIT("00000009") LINE_SUBMIT("00000003") LINE_SUBMIT("00000007"),
     LINE_SUBMIT_RESP("00000009") LINE_SUBMIT_RESP("00000003") LINE_SUBMIT_RESP("00000007"),
     SMPP_END_NONE},
    {"command_status of a request is not read", "5.1.3", TRX,
     LINE_HEADER("00000015", "00000008", "00000006"), LINE_ENQUIRE_RESP("00000006"),
     SMPP_END_NONE},
    {"a truncated body is answered, and the session stays", "2.8", TRX,
     "00000018 00000004 00000000 00000008 00 000000 0101 3339" LINE_ENQUIRE("00000009"),
     "00000010 80000004 0000000B 00000008" LINE_ENQUIRE_RESP("00000009"), SMPP_END_NONE},
    {"a system_id without its NUL is refused, without a body", "3.1, 5.2.1", OPEN,
     "00000020 00000009 00000000 00000001 41414141414141414141414141414141",
     "00000010 80000009 0000000F 00000001", SMPP_END_NONE},
    {"octets after a header-only PDU do not break step", "4.11.1", TRX,
     "00000014 00000015 00000000 00000006 DEADBEEF" LINE_ENQUIRE("00000007"),
     LINE_ENQUIRE_RESP("00000006") LINE_ENQUIRE_RESP("00000007"), SMPP_END_NONE},

    {"a bind happens only once, and the first one stays", "2.3", TRX,
     "0000001D 00000002 00000000 00000002 676F6F6400 707700 00 34 000000" LINE_SUBMIT("00000003"),
     LINE_HEADER("80000002", "00000005", "00000002") LINE_SUBMIT_RESP("00000003"), SMPP_END_NONE},
    {"no submit_sm before the bind", "2.3", OPEN,
     LINE_SUBMIT("00000002"), LINE_HEADER("80000004", "00000004", "00000002"), SMPP_END_NONE},
    {"no submit_sm before the bind, whatever its body", "2.3", OPEN,
     "00000014 00000004 00000000 00000002 FFFFFFFF",
     LINE_HEADER("80000004", "00000004", "00000002"), SMPP_END_NONE},
    {"no unbind before the bind", "2.3", OPEN,
     LINE_HEADER("00000006", "00000000", "00000002"),
     LINE_HEADER("80000006", "00000004", "00000002"), SMPP_END_NONE},
    {"no submit_sm on a receiver", "2.3", RX,
     LINE_SUBMIT("00000002"), LINE_HEADER("80000004", "00000004", "00000002"), SMPP_END_NONE},
    {"no query_sm on a receiver", "2.3", RX,
     "00000015 00000003 00000000 00000002 3700 0000 00",
     LINE_HEADER("80000003", "00000004", "00000002"), SMPP_END_NONE},
    {"no cancel_sm on a receiver", "2.3", RX,
     "00000019 00000008 00000000 00000002 00 3700 0000 00 0000 00",
     LINE_HEADER("80000008", "00000004", "00000002"), SMPP_END_NONE},
    {"no replace_sm on a receiver", "2.3", RX,
     "0000001A 00000007 00000000 00000002 3700 000000 00 00 00 00 00",
     LINE_HEADER("80000007", "00000004", "00000002"), SMPP_END_NONE},
    {"no submit_multi on a receiver", "2.3", RX,
     LINE_HEADER("00000021", "00000000", "00000002"),
     LINE_HEADER("80000021", "00000004", "00000002"), SMPP_END_NONE},
    {"deliver_sm never comes from an ESME", "2.3", TRX,
     LINE_DELIVER("00000002"), LINE_HEADER("80000005", "00000004", "00000002"), SMPP_END_NONE},
    {"outbind never comes from an ESME", "2.3", OPEN,
     "00000013 0000000B 00000000 00000002 4100 00", LINE_NACK("00000003", "00000002"),
     SMPP_END_NONE},
    {"alert_notification never comes from an ESME", "2.3", TRX,
     "00000016 00000102 00000000 00000002 000000 000000", LINE_NACK("00000003", "00000002"),
     SMPP_END_NONE},
    {"replace_sm on a transceiver", "2.7", TRX,
     "0000001A 00000007 00000000 00000002 3700 000000 00 00 00 00 00",
     LINE_HEADER("80000007", "00000000", "00000002"), SMPP_END_NONE},
    {"data_sm from a receiver", "2.3", RX,
     "0000001E 00000103 00000000 00000002 00 000000 0101 3339303000 00 00 00",
     "00000012 80000103 00000000 00000002 3700", SMPP_END_NONE},
    {"a service that is not there has its own response", "4.8", TRX,
     "00000015 00000003 00000000 00000002 3700 0000 00",
     LINE_HEADER("80000003", "00000067", "00000002"), SMPP_END_NONE},

    {"enquire_link as a transmitter", "4.11", TX,
     LINE_ENQUIRE("00000002"), LINE_ENQUIRE_RESP("00000002"), SMPP_END_NONE},
    {"enquire_link as a receiver", "4.11", RX,
     LINE_ENQUIRE("00000002"), LINE_ENQUIRE_RESP("00000002"), SMPP_END_NONE},
    {"enquire_link before the bind, and the bind after it", "5.0 2.4", OPEN,
     LINE_ENQUIRE("00000007") LINE_BIND("9", "34"),
     LINE_ENQUIRE_RESP("00000007") LINE_BIND_RESP("9", "34"), SMPP_END_NONE},
    {"unbind is answered, then the connection ends", "4.2", TRX,
     LINE_HEADER("00000006", "00000000", "00000009"),
     LINE_HEADER("80000006", "00000000", "00000009"), SMPP_END_UNBOUND},
    {"ten requests without waiting", "2.5.2", TX,
     LINE_SUBMIT("00000002") LINE_SUBMIT("00000003") LINE_SUBMIT("00000004")
     LINE_SUBMIT("00000005") LINE_SUBMIT("00000006") LINE_SUBMIT("00000007")
     LINE_SUBMIT("00000008") LINE_SUBMIT("00000009") LINE_SUBMIT("0000000A")
     LINE_SUBMIT("0000000B"),
     LINE_SUBMIT_RESP("00000002") LINE_SUBMIT_RESP("00000003") LINE_SUBMIT_RESP("00000004")
     LINE_SUBMIT_RESP("00000005") LINE_SUBMIT_RESP("00000006") LINE_SUBMIT_RESP("00000007")
     LINE_SUBMIT_RESP("00000008") LINE_SUBMIT_RESP("00000009") LINE_SUBMIT_RESP("0000000A")
     LINE_SUBMIT_RESP("0000000B"), SMPP_END_NONE},

    {"a bind's response names the SMSC and its version", "4.1.2, par. 3.4", OPEN,
     LINE_BIND("2", "34"), LINE_BIND_RESP("2", "34"), SMPP_END_NONE},
    {"bind_receiver", "4.1.4", OPEN, LINE_BIND("1", "34"), LINE_BIND_RESP("1", "34"),
     SMPP_END_NONE},
    {"bind_transceiver", "4.1.6", OPEN, LINE_BIND("9", "34"), LINE_BIND_RESP("9", "34"),
     SMPP_END_NONE},
    {"a peer of version 3.3 is told no TLV", "par. 3.4", OPEN,
     LINE_BIND("9", "33"), LINE_BIND_RESP_BARE("9"), SMPP_END_NONE},
    {"nor is one of version 0", "par. 3.4", OPEN,
     LINE_BIND("9", "00"), LINE_BIND_RESP_BARE("9"), SMPP_END_NONE},
    {"a peer of version 5.0 hears the lower of the two versions", "5.0 2.11.2", OPEN,
     LINE_BIND("9", "50"), LINE_BIND_RESP("9", "34"), SMPP_END_NONE},
    {"a bind's error has no body, and ends the connection", "4.1.2", OPEN,
     "0000001D 00000009 00000000 00000001 676F6F6400 627700 00 34 000000",
     "00000010 80000009 0000000E 00000001", SMPP_END_REFUSED},
    {"a system_id of 15 characters", "5.2.1", OPEN,
     "00000028 00000009 00000000 00000001 41414141414141414141414141414100 707700 00 34 000000",
     LINE_BIND_RESP("9", "34"), SMPP_END_NONE},
    {"a system_id of 16 characters is too long", "5.2.1", OPEN,
     "00000029 00000009 00000000 00000001 4141414141414141414141414141414100 707700 00 34 000000",
     "00000010 80000009 0000000F 00000001", SMPP_END_NONE},
    {"a system_type of 13 characters is too long", "5.2.3", OPEN,
     "0000002A 00000009 00000000 00000001 676F6F6400 707700 41414141414141414141414141 00 34 000000",
     "00000010 80000009 00000053 00000001", SMPP_END_NONE},
    {"interface_version left out is an error, not a shifted parse", "4.1.5", OPEN,
     "0000001C 00000009 00000000 00000001 676F6F6400 707700 00 00 0000",
     "00000010 80000009 00000002 00000001", SMPP_END_NONE},
    {"a submit_sm that is refused has no body", "4.4.2", TX,
     "00000028 00000004 00000000 00000002 00 000000 0101 3339303000 "
     "00 00 00 00 00 00 00 00 00 FF 686900",
     "00000010 80000004 00000001 00000002", SMPP_END_NONE},
};

static const struct row linked_rows[] = {
    {"deliver_sm is answered with an empty message_id", "4.6.2", TRX,
     LINE_DELIVER("00000021"), LINE_DELIVER_RESP("00000021"), SMPP_END_NONE},
    {"deliver_sm to a receiver", "2.3", RX,
     LINE_DELIVER("00000021"), LINE_DELIVER_RESP("00000021"), SMPP_END_NONE},
    {"no deliver_sm to a transmitter", "2.3", TX,
     LINE_DELIVER("00000021"), LINE_HEADER("80000005", "00000004", "00000021"), SMPP_END_NONE},
    {"data_sm from the SMSC", "4.7.2", RX,
     "0000001E 00000103 00000000 00000002 00 000000 0101 3339303000 00 00 00",
     "00000011 80000103 00000000 00000002 00", SMPP_END_NONE},
    {"alert_notification is not answered", "4.12", TRX,
     "00000016 00000102 00000000 00000002 000000 000000", "", SMPP_END_NONE},
    {"submit_sm never comes from an SMSC", "2.3", TRX,
     LINE_SUBMIT("00000002"), LINE_HEADER("80000004", "00000004", "00000002"), SMPP_END_NONE},
    {"a bind never comes from an SMSC", "2.3", TRX,
     LINE_BIND("9", "34"), LINE_HEADER("80000009", "00000004", "00000001"), SMPP_END_NONE},
    {"enquire_link from the SMSC", "4.11", TX,
     LINE_ENQUIRE("00000002"), LINE_ENQUIRE_RESP("00000002"), SMPP_END_NONE},
    {"the SMSC may unbind", "4.2", TRX,
     LINE_HEADER("00000006", "00000000", "00000009"),
     LINE_HEADER("80000006", "00000000", "00000009"), SMPP_END_UNBOUND},
    {"an unknown command from the SMSC", "4.3", TRX,
     LINE_HEADER("0000000C", "00000000", "00000011"), LINE_NACK("00000003", "00000011"),
     SMPP_END_NONE},
};
/* clang-format on */

static const char *const kinds[] = {[TX] = "2", [RX] = "1", [TRX] = "9"};
static const uint32_t binds[] = {
    [TX] = SMPP_BIND_TRANSMITTER, [RX] = SMPP_BIND_RECEIVER, [TRX] = SMPP_BIND_TRANSCEIVER};

static void open_given(struct line *line, enum smpp_role role, enum given given)
{
    struct smpp_session_config config = line_config(role);
    char response[128];

    line_open(line, &config);
    if (given == OPEN)
        return;
    if (role == SMPP_ROLE_SMSC) {
        line_bind_esme(line, kinds[given], "34");
        return;
    }
    snprintf(response, sizeof(response),
             "0000001B 8000000%s 00000000 00000001 6D6E6F2D6100 0210 0001 34",
             kinds[given]);
    line_bind_us(line, binds[given], response);
}

static void hold(enum smpp_role role, const struct row *row, size_t slice)
{
    static struct line line;
    char name[256];

    snprintf(name, sizeof(name), "%s (%s)%s", row->requirement, row->paragraph,
             slice == 0 ? "" : ", octet by octet");
    open_given(&line, role, row->given);
    line_say(&line, row->said, slice);
    line_hears(&line, row->heard, name);
    CHECK_EQ(line.far_closed, row->end != SMPP_END_NONE, name);
    if (row->end != SMPP_END_NONE) {
        line_pass(&line, SMPP_CONN_LINGER_MS);
        CHECK(line.closed, name);
        CHECK_EQ(line.end, row->end, name);
    }
    line_close(&line);
}

/* A line of the table: what did not hold is in the failure instead. */
static void print_held(const char *requirement, const char *paragraph)
{
    printf("%-66s %-22s held\n", requirement, paragraph);
}

TEST(an_smsc_holds_its_rows)
{
    for (size_t i = 0; i < ROWS(serving_rows); i++) {
        hold(SMPP_ROLE_SMSC, &serving_rows[i], 0);
        hold(SMPP_ROLE_SMSC, &serving_rows[i], 1);
        print_held(serving_rows[i].requirement, serving_rows[i].paragraph);
    }
}

TEST(an_esme_holds_its_rows)
{
    for (size_t i = 0; i < ROWS(linked_rows); i++) {
        hold(SMPP_ROLE_ESME, &linked_rows[i], 0);
        hold(SMPP_ROLE_ESME, &linked_rows[i], 1);
        print_held(linked_rows[i].requirement, linked_rows[i].paragraph);
    }
}

static enum smpp_send deliver_or_submit(struct line *line, uint32_t command,
                                        uint64_t cookie)
{
    struct smpp_pdu request;

    smpp_pdu_init(&request, command, ESME_ROK, 0);
    request.source_ton = request.source_npi = 1;
    request.source = (struct smpp_octets){(const uint8_t *)"3900", 4};
    request.short_message = (struct smpp_octets){(const uint8_t *)"hi", 2};
    return smpp_session_send(line->session, &request, cookie);
}

/* ---- every request in every state ---- */

/*
 * Table 2-1 of 3.4 2.3, a row for each command and a cell for each state, in this order:
 * open, bound as transmitter, as receiver, as transceiver, leaving.
 *
 *   T  taken, and answered as `taken` says       4  its own response, ESME_RINVBNDSTS
 *   5  its own response, ESME_RALYBND            N  generic_nack, ESME_RINVCMDID
 *   -  nothing, or not yet                       E  nothing, and the connection ends
 */
enum { LEAVING = TRX + 1, CELLS };

struct matrix_row {
    const char *name;
    const char *command;
    const char *body;
    const char *taken; /* without its length and its sequence_number */
    const char *cells;
};

#define BIND_BODY   "676F6F6400 707700 00 34 000000"
#define BOUND(kind) "8000000" kind "00000000 736C7569636500 0210 0001 34"
#define SUBMIT_BODY "00 000000 0101 3339303000 00 00 00 00 00 01 00 00 00 02 6869"
#define MULTI_BODY  "00 000000 01 01 0101 3339303000 00 00 00 00 00 01 00 00 00 02 6869"
#define DATA_BODY   "00 000000 0101 3339303000 00 00 00 0424 0002 6869"

/* clang-format off */
static const struct matrix_row from_esme[] = {
    {"bind_transmitter",     "00000002", BIND_BODY,   BOUND("2"),               "T5555"},
    {"bind_receiver",        "00000001", BIND_BODY,   BOUND("1"),               "T5555"},
    {"bind_transceiver",     "00000009", BIND_BODY,   BOUND("9"),               "T5555"},
    {"outbind",              "0000000B", "4100 00",   "",                       "NNNNN"},
    {"unbind",               "00000006", "",          "80000006 00000000",      "4TTT-"},
    {"submit_sm",            "00000004", SUBMIT_BODY, "80000004 00000000 3700", "4T4T4"},
    {"submit_multi",         "00000021", MULTI_BODY,  "80000021 00000000 3700 00", "4T4T4"},
    {"data_sm",              "00000103", DATA_BODY,   "80000103 00000000 3700", "4TTT4"},
    {"query_sm",             "00000003", "3700 0000 00", "80000003 00000067",   "4T4T4"},
    {"cancel_sm",            "00000008", "00 3700 0000 00 0000 00",
                                                      "80000008 00000011",      "4T4T4"},
    {"replace_sm",           "00000007", "3700 000000 00 00 00 00 00",
                                                      "80000007 00000000",      "4T4T4"},
    {"deliver_sm",           "00000005", SUBMIT_BODY, "",                       "44444"},
    {"alert_notification",   "00000102", "000000 000000", "",                   "NNNNN"},
    {"enquire_link",         "00000015", "",          "80000015 00000000",      "TTTTT"},
    {"generic_nack",         "80000000", "",          "",                       "-----"},
    {"bind_transceiver_resp", "80000009", "4100",     "",                       "-----"},
    {"submit_sm_resp",       "80000004", "3700",      "",                       "-----"},
    {"deliver_sm_resp",      "80000005", "00",        "",                       "-----"},
    {"enquire_link_resp",    "80000015", "",          "",                       "-----"},
    {"unbind_resp",          "80000006", "",          "",                       "-----"},
    {"a reserved one",       "0000000A", "",          "",                       "NNNNN"},
    {"param_retrieve of 3.3", "00000022", "4100",     "",                       "NNNNN"},
    {"broadcast_sm of 5.0",  "00000111", "",          "",                       "NNNNN"},
    {"query_broadcast_sm",   "00000112", "",          "",                       "NNNNN"},
    {"cancel_broadcast_sm",  "00000113", "",          "",                       "NNNNN"},
    {"a vendor's",           "00010200", "",          "",                       "NNNNN"},
    {"a vendor's response",  "80010200", "",          "",                       "-----"},
};

static const struct matrix_row from_smsc[] = {
    {"bind_transmitter",     "00000002", BIND_BODY,   "",                       "44444"},
    {"bind_receiver",        "00000001", BIND_BODY,   "",                       "44444"},
    {"bind_transceiver",     "00000009", BIND_BODY,   "",                       "44444"},
    {"outbind",              "0000000B", "4100 00",   "",                       "E----"},
    {"unbind",               "00000006", "",          "80000006 00000000",      "4TTTT"},
    {"submit_sm",            "00000004", SUBMIT_BODY, "",                       "44444"},
    {"submit_multi",         "00000021", MULTI_BODY,  "",                       "44444"},
    {"data_sm",              "00000103", DATA_BODY,   "80000103 00000000 00",   "4TTTT"},
    {"query_sm",             "00000003", "3700 0000 00", "",                    "44444"},
    {"cancel_sm",            "00000008", "00 3700 0000 00 0000 00", "",         "44444"},
    {"replace_sm",           "00000007", "3700 000000 00 00 00 00 00", "",      "44444"},
    {"deliver_sm",           "00000005", SUBMIT_BODY, "80000005 00000000 00",   "44TTT"},
    {"alert_notification",   "00000102", "000000 000000", "",                   "-----"},
    {"enquire_link",         "00000015", "",          "80000015 00000000",      "TTTTT"},
    {"generic_nack",         "80000000", "",          "",                       "-----"},
    {"submit_sm_resp",       "80000004", "3700",      "",                       "-----"},
    {"enquire_link_resp",    "80000015", "",          "",                       "-----"},
    {"a reserved one",       "0000000A", "",          "",                       "NNNNN"},
    {"a vendor's",           "00010200", "",          "",                       "NNNNN"},
};
/* clang-format on */

/* Puts length and sequence_number 0x21 around the command, the status and the body. */
static void frame_of(const char *hex, char *out, size_t room)
{
    uint8_t octets[512];
    size_t size = line_octets(hex, octets, sizeof(octets));
    int used = snprintf(out, room, "%08zX ", size == 0 ? 0 : size + 8);

    assert_true(size >= 8);
    for (size_t i = 0; i < size; i++)
        used += snprintf(out + used, room - (size_t)used, "%02X%s", octets[i],
                         i == 7 ? " 00000021 " : "");
}

static void open_cell(struct line *line, enum smpp_role role, int state)
{
    open_given(line, role, state == LEAVING ? TRX : (enum given)state);
    if (state != LEAVING)
        return;
    /* What is open holds the unbind up. */
    line->hold_submits = true;
    if (role == SMPP_ROLE_SMSC)
        line_say(line, LINE_SUBMIT("00000077"), 0);
    else
        assert_int_equal(deliver_or_submit(line, SMPP_SUBMIT_SM, 0x77), SMPP_SEND_OK);
    line_run(line);
    line_forget(line);
    smpp_session_unbind(line->session, line->now_ms);
    line_run(line);
    assert_int_equal(smpp_session_state(line->session), SMPP_STATE_LEAVING);
}

static void hold_cell(enum smpp_role role, const struct matrix_row *row, int state)
{
    static const char *const states[] = {"open", "transmitter", "receiver", "transceiver",
                                         "leaving"};
    char response[16], said[512], heard[512] = "", text[600], name[128];
    static struct line line;

    snprintf(name, sizeof(name), "%s, %s", row->name, states[state]);
    snprintf(text, sizeof(text), "%s 00000000 %s", row->command, row->body);
    frame_of(text, said, sizeof(said));
    snprintf(response, sizeof(response), "8%s", row->command + 1);
    switch (row->cells[state]) {
    case 'T':
        frame_of(row->taken, heard, sizeof(heard));
        break;
    case '4':
        snprintf(heard, sizeof(heard), "00000010 %s 00000004 00000021", response);
        break;
    case '5':
        snprintf(heard, sizeof(heard), "00000010 %s 00000005 00000021", response);
        break;
    case 'N':
        snprintf(heard, sizeof(heard), LINE_NACK("00000003", "00000021"));
        break;
    default:
        break;
    }
    open_cell(&line, role, state);
    line_say(&line, said, 0);
    line_hears(&line, heard, name);
    CHECK_EQ(line.far_closed,
             row->cells[state] == 'E' ||
                 (strcmp(row->name, "unbind") == 0 && row->cells[state] == 'T'),
             name);
    line_close(&line);
}

TEST(every_command_from_an_esme_is_answered_in_every_state)
{
    char requirement[128];

    for (size_t i = 0; i < ROWS(from_esme); i++) {
        for (int cell = 0; cell < CELLS; cell++)
            hold_cell(SMPP_ROLE_SMSC, &from_esme[i], cell);
        snprintf(requirement, sizeof(requirement), "from an ESME, in every state: %s",
                 from_esme[i].name);
        print_held(requirement, "2.3");
    }
}

TEST(every_command_from_an_smsc_is_answered_in_every_state)
{
    char requirement[128];

    for (size_t i = 0; i < ROWS(from_smsc); i++) {
        for (int cell = 0; cell < CELLS; cell++)
            hold_cell(SMPP_ROLE_ESME, &from_smsc[i], cell);
        snprintf(requirement, sizeof(requirement), "from an SMSC, in every state: %s",
                 from_smsc[i].name);
        print_held(requirement, "2.3");
    }
}

/* ---- what takes more than one exchange ---- */

static enum smpp_send deliver(struct line *line, uint64_t cookie)
{
    return deliver_or_submit(line, SMPP_DELIVER_SM, cookie);
}

/* 5.0 4.7.24, 3.4 5.1.4 */
TEST(our_sequence_numbers_begin_at_1_and_wrap_to_1)
{
    struct smpp_session_config config = line_config(SMPP_ROLE_SMSC);
    static struct line line;

    for (int i = 0; i < 2; i++) {
        config.first_sequence = i == 0 ? 0 : 0x7FFFFFFF;
        line_open(&line, &config);
        line_bind_esme(&line, "9", "34");
        assert_int_equal(deliver(&line, 1), SMPP_SEND_OK);
        assert_int_equal(deliver(&line, 2), SMPP_SEND_OK);
        line_run(&line);
        line_hears(&line,
                   i == 0 ? LINE_DELIVER("00000001") LINE_DELIVER("00000002")
                          : LINE_DELIVER("7FFFFFFF") LINE_DELIVER("00000001"),
                   "our numbers");
        line_close(&line);
    }
}

/* 5.0 2.6.1; 5.1.3: and our own requests carry status 0 */
TEST(each_direction_has_its_own_sequence_numbers)
{
    static struct line line;

    open_given(&line, SMPP_ROLE_SMSC, TRX);
    assert_int_equal(deliver(&line, 0x51), SMPP_SEND_OK);
    line_say(&line, LINE_SUBMIT("00000001"), 0);
    line_hears(&line, LINE_DELIVER("00000001") LINE_SUBMIT_RESP("00000001"), "both");
    line_say(&line, LINE_DELIVER_RESP("00000001"), 0);
    assert_string_equal(line.log, "answer 51;status 0;");
    line_close(&line);
}

/* 2.6.2 */
TEST(responses_may_come_in_any_order)
{
    static struct line line;

    open_given(&line, SMPP_ROLE_SMSC, RX);
    for (uint64_t cookie = 0xA1; cookie <= 0xA3; cookie++)
        assert_int_equal(deliver(&line, cookie), SMPP_SEND_OK);
    line_say(&line,
             LINE_DELIVER_RESP("00000003") LINE_DELIVER_RESP("00000001")
                 LINE_DELIVER_RESP("00000002"),
             0);
    assert_string_equal(line.log,
                        "answer a3;status 0;answer a1;status 0;answer a2;status 0;");
    line_close(&line);
}

/* 5.0 3.2.1.3, 4.3: an error with a body, and generic_nack, are answers too */
TEST(an_error_is_an_answer_with_or_without_a_body)
{
    static struct line line;

    open_given(&line, SMPP_ROLE_SMSC, RX);
    for (uint64_t cookie = 1; cookie <= 3; cookie++)
        assert_int_equal(deliver(&line, cookie), SMPP_SEND_OK);
    line_say(&line,
             "00000011 80000005 00000058 00000001 00" LINE_HEADER(
                 "80000005", "00000064", "00000002") LINE_NACK("00000003", "00000003"),
             0);
    assert_string_equal(line.log,
                        "answer 1;status 58;answer 2;status 64;answer 3;status 3;");
    line_close(&line);
}

/* 2.3 */
TEST(nothing_is_delivered_to_a_transmitter)
{
    static struct line line;

    open_given(&line, SMPP_ROLE_SMSC, TX);
    assert_int_equal(deliver(&line, 1), SMPP_SEND_NOT_BOUND);
    line_run(&line);
    line_hears(&line, "", "a transmitter");
    line_close(&line);
}

/* par. 3.4, both roles */
TEST(a_peer_that_told_no_version_gets_no_tlvs)
{
    static const struct {
        const char *row;
        enum smpp_role role;
        const char *version; /* in hexadecimal, of the ESME or of the SMSC; "" = not told */
        bool takes;
    } rows[] = {
        {"an ESME of 3.3",         SMPP_ROLE_SMSC, "33", false},
        {"an ESME of 3.4",         SMPP_ROLE_SMSC, "34", true },
        {"an ESME of 5.0",         SMPP_ROLE_SMSC, "50", true },
        {"an SMSC that tells 3.4", SMPP_ROLE_ESME, "34", true },
        {"an SMSC that tells 3.3", SMPP_ROLE_ESME, "33", false},
        {"an SMSC that is silent", SMPP_ROLE_ESME, "",   false},
    };
    static struct line line;

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct smpp_session_config config = line_config(rows[i].role);
        struct smpp_pdu request;
        char response[128];

        line_open(&line, &config);
        snprintf(response, sizeof(response),
                 "000000%s 80000009 00000000 00000001 6D00 %s %s",
                 rows[i].version[0] == '\0' ? "12" : "17",
                 rows[i].version[0] == '\0' ? "" : "0210 0001", rows[i].version);
        if (rows[i].role == SMPP_ROLE_SMSC)
            line_bind_esme(&line, "9", rows[i].version);
        else
            line_bind_us(&line, SMPP_BIND_TRANSCEIVER, response);
        smpp_pdu_init(&request,
                      rows[i].role == SMPP_ROLE_SMSC ? SMPP_DELIVER_SM : SMPP_SUBMIT_SM, 0,
                      0);
        request.destination = (struct smpp_octets){(const uint8_t *)"1", 1};
        assert_true(smpp_pdu_add_tlv(&request, SMPP_TLV_MESSAGE_STATE, "\2", 1));
        assert_int_equal(smpp_session_send(line.session, &request, 1), SMPP_SEND_OK);
        line_run(&line);
        CHECK_EQ(line_forget(&line), 16 + 18 + (rows[i].takes ? 5 : 0), rows[i].row);

        assert_true(smpp_pdu_add_tlv(&request, SMPP_TLV_MESSAGE_PAYLOAD, "long", 4));
        CHECK_EQ(smpp_session_send(line.session, &request, 2),
                 rows[i].takes ? SMPP_SEND_OK : SMPP_SEND_REFUSED, rows[i].row);
        line_close(&line);
    }
}

/* 4.1 */
TEST(another_kind_of_bind_may_follow_one_that_is_not_served)
{
    static struct line line;

    open_given(&line, SMPP_ROLE_SMSC, OPEN);
    line.bind_status = ESME_RINVCMDID;
    line_say(&line, LINE_BIND("9", "34"), 0);
    line_hears(&line, LINE_HEADER("80000009", "00000003", "00000001"), "transceiver");
    line.bind_status = ESME_ROK;
    line_say(&line, LINE_BIND("2", "34"), 0);
    line_hears(&line, LINE_BIND_RESP("2", "34"), "transmitter");
    line_close(&line);
}

/* 7.2 session_init_timer */
TEST(who_does_not_bind_in_time_is_closed)
{
    static struct line line;

    open_given(&line, SMPP_ROLE_SMSC, OPEN);
    line_say(&line, "0000001D 00000009", 0);
    line_pass(&line, 9999);
    assert_false(line.closed);
    line_pass(&line, 1);
    assert_true(line.closed && line.far_closed);
    assert_int_equal(line.end, SMPP_END_NOT_BOUND_IN_TIME);
    line_close(&line);
}

/* 7.2 enquire_link_timer, 4.11: any PDU is an answer */
TEST(a_silent_peer_is_asked_and_then_closed)
{
    static struct line line;

    open_given(&line, SMPP_ROLE_SMSC, TRX);
    line_pass(&line, 29999);
    line_hears(&line, "", "too early to ask");
    line_pass(&line, 1);
    line_hears(&line, LINE_ENQUIRE("00000001"), "asked");
    line_say(&line, LINE_SUBMIT("00000002"), 0);
    line_hears(&line, LINE_SUBMIT_RESP("00000002"), "a submit_sm is an answer");
    line_pass(&line, 30000);
    line_hears(&line, LINE_ENQUIRE("00000002"), "asked again");
    line_say(&line, LINE_ENQUIRE_RESP("00000002"), 0);
    line_pass(&line, 30000);
    line_hears(&line, LINE_ENQUIRE("00000003"), "and again");
    line_pass(&line, 4999);
    assert_false(line.closed);
    line_pass(&line, 1);
    assert_true(line.closed);
    assert_int_equal(line.end, SMPP_END_SILENT);
    line_close(&line);
}

/* 7.2 inactivity_timer: enquire_link is no transaction */
TEST(an_inactive_peer_is_unbound)
{
    struct smpp_session_config config = line_config(SMPP_ROLE_SMSC);
    static struct line line;

    config.limits.inactivity_ms = 60000;
    config.limits.enquire_link_ms = 0;
    line_open(&line, &config);
    line_bind_esme(&line, "2", "34");
    line_pass(&line, 59999);
    line_say(&line, LINE_ENQUIRE("00000002"), 0);
    line_forget(&line);
    line_pass(&line, 1);
    line_hears(&line, LINE_HEADER("00000006", "00000000", "00000001"), "unbind");
    line_pass(&line, 2999);
    assert_false(line.far_closed);
    line_pass(&line, 1);
    assert_true(line.far_closed);
    line_pass(&line, SMPP_CONN_LINGER_MS);
    assert_int_equal(line.end, SMPP_END_INACTIVE);
    line_close(&line);
}

/* 7.2 response_timer */
TEST(a_request_that_is_swallowed_times_out)
{
    static struct line line;

    open_given(&line, SMPP_ROLE_SMSC, TRX);
    assert_int_equal(deliver(&line, 0x51), SMPP_SEND_OK);
    line_pass(&line, 4999);
    assert_string_equal(line.log, "");
    line_pass(&line, 1);
    assert_string_equal(line.log, "timed-out 51;");
    line_say(&line, LINE_DELIVER_RESP("00000001"), 0);
    assert_string_equal(line.log, "timed-out 51;");
    assert_int_equal(smpp_session_counters(line.session)->unmatched_responses, 1);
    line_close(&line);
}

/* 4.2: all that was submitted is answered before the unbind is */
TEST(an_unbind_waits_for_what_is_pending)
{
    static struct line line;

    open_given(&line, SMPP_ROLE_SMSC, TRX);
    line.hold_submits = true;
    line_say(&line,
             LINE_SUBMIT("00000002") LINE_SUBMIT("00000003") LINE_SUBMIT("00000004")
                 LINE_SUBMIT("00000005") LINE_SUBMIT("00000006")
                     LINE_HEADER("00000006", "00000000", "00000007")
                         LINE_SUBMIT("00000008"),
             0);
    line_hears(&line, LINE_HEADER("80000004", "00000004", "00000008"), "too late");
    line_answer_held(&line);
    line_run(&line);
    line_hears(&line,
               LINE_SUBMIT_RESP("00000002") LINE_SUBMIT_RESP("00000003")
                   LINE_SUBMIT_RESP("00000004") LINE_SUBMIT_RESP("00000005")
                       LINE_SUBMIT_RESP("00000006")
                           LINE_HEADER("80000006", "00000000", "00000007"),
               "drained");
    assert_true(line.far_closed);
    line_close(&line);
}

/* 4.2, 2.3: the SMSC may unbind */
TEST(we_unbind_when_what_we_sent_is_answered)
{
    static struct line line;

    open_given(&line, SMPP_ROLE_SMSC, TRX);
    assert_int_equal(deliver(&line, 1), SMPP_SEND_OK);
    line_run(&line);
    line_forget(&line);
    smpp_session_unbind(line.session, line.now_ms);
    line_run(&line);
    line_hears(&line, "", "one is open");
    assert_int_equal(deliver(&line, 2), SMPP_SEND_NOT_BOUND);
    line_say(&line, LINE_DELIVER_RESP("00000001"), 0);
    line_hears(&line, LINE_HEADER("00000006", "00000000", "00000002"), "unbind");
    assert_false(line.far_closed);
    line_say(&line, LINE_HEADER("80000006", "00000000", "00000002"), 0);
    assert_true(line.far_closed);
    line_pass(&line, SMPP_CONN_LINGER_MS);
    assert_int_equal(line.end, SMPP_END_UNBOUND);
    line_close(&line);
}

/* 2.2.1 */
static void bind_back(void *owner, const struct smpp_pdu *outbind)
{
    struct line *line = owner;
    struct smpp_bind bind = {
        .command = SMPP_BIND_RECEIVER, .system_id = "good", .password = "pw"};

    (void)outbind;
    assert_true(smpp_session_bind(line->session, &bind));
}

TEST(an_outbind_leads_to_a_bind_or_to_the_end_without_a_pdu)
{
    static const char outbind[] = "00000013 0000000B 00000000 00000001 6100 00";
    static struct line line;

    for (int known = 0; known < 2; known++) {
        open_given(&line, SMPP_ROLE_ESME, OPEN);
        line.ops.on_outbind = known ? bind_back : NULL;
        line_say(&line, outbind, 0);
        line_hears(&line, known ? LINE_BIND("1", "34") : "", "outbind");
        CHECK_EQ(line.far_closed, !known, "outbind");
        line_close(&line);
    }
}

static const struct CMUnitTest tests[] = {
    RUN(an_smsc_holds_its_rows),
    RUN(an_esme_holds_its_rows),
    RUN(every_command_from_an_esme_is_answered_in_every_state),
    RUN(every_command_from_an_smsc_is_answered_in_every_state),
    RUN(our_sequence_numbers_begin_at_1_and_wrap_to_1),
    RUN(each_direction_has_its_own_sequence_numbers),
    RUN(responses_may_come_in_any_order),
    RUN(an_error_is_an_answer_with_or_without_a_body),
    RUN(nothing_is_delivered_to_a_transmitter),
    RUN(a_peer_that_told_no_version_gets_no_tlvs),
    RUN(another_kind_of_bind_may_follow_one_that_is_not_served),
    RUN(who_does_not_bind_in_time_is_closed),
    RUN(a_silent_peer_is_asked_and_then_closed),
    RUN(an_inactive_peer_is_unbound),
    RUN(a_request_that_is_swallowed_times_out),
    RUN(an_unbind_waits_for_what_is_pending),
    RUN(we_unbind_when_what_we_sent_is_answered),
    RUN(an_outbind_leads_to_a_bind_or_to_the_end_without_a_pdu),
};

int main(void)
{
    return RUN_ALL(tests);
}
