/*
 * What SMPP 3.4 asks of the services behind a session, row by row: requirement, paragraph,
 * octets said to a gateway that has one message waiting, octets that must come back.  The
 * octets are written from the text of the specification.  A paragraph beginning with "5.0"
 * is of SMPP 5.0, where 3.4 is silent; "I" marks an interpretation.  Prints a line for each
 * row that holds.
 *
 * In the octets, lengths and sequence_numbers are left out (they are counted, and 0x21); @
 * stands for the id of the message that waits, # for an id of that length, . for any octet.
 * The message is from "Shop" (alphanumeric) to 491700000001, of service_type "CMT",
 * scheduled for tomorrow.
 */
#include "tests/test.h"

#include <ctype.h>
#include <sys/socket.h>

#include "smpp/command.h"
#include "tests/gateway/lone_line.h"

enum { OCTETS_MAX = 2048, WAIT_MS = 3000 };

struct row {
    const char *requirement;
    const char *paragraph;
    const char *said; /* several PDUs, with ';' between them */
    const char *heard;
};

#define SHOP                          "05 00 53686F7000"
#define OTHER                         "05 00 4F7468657200"
#define MOBILE                        "01 01 34393137303030303030303100" /* 491700000001 */
#define ANOTHER                       "01 01 34393137303030303030303200"
#define TOMORROW                      "30303030303130303030303030303052 00" /* 000001000000000R */
#define AN_HOUR                       "30303030303030313030303030303052 00" /* 000000010000000R */
#define QUERY(id, source)             "00000003 00000000 " id " 00 " source
#define CANCEL(service, id, from, to) "00000008 00000000 " service " " id " 00 " from " " to
#define REPLACE(id, source, schedule, validity, rest)                                      \
    "00000007 00000000 " id " 00 " source " " schedule " " validity " " rest
#define ENROUTE "80000003 00000000 @ 00 00 01 00"
#define MULTI(count, list, rest)                                                           \
    "00000021 00000000 00 " SHOP " " count " " list " 00 00 00 " rest

/* clang-format off */
static const struct row rows[] = {
    {"query_sm tells the id, no date and ENROUTE while it waits", "4.8.2, 5.2.28",
     QUERY("@", SHOP), ENROUTE},
    {"the source address must be that of the submission", "4.8",
     QUERY("@", OTHER), "80000003 0000000C"},
    {"a NULL source is another one", "4.8", QUERY("@", "00 00 00"), "80000003 0000000C"},
    {"the type of the source is not compared (I)", "4.8.1",
     QUERY("@", "00 00 53686F7000"), ENROUTE},
    {"an unknown id has the same answer as a wrong source", "4.8, 5.2.23",
     QUERY("3132333435363738393031323334353637 38", SHOP), "80000003 0000000C"},
    {"so has what is no id at all", "5.2.23", QUERY("7A7A", SHOP), "80000003 0000000C"},
    {"and no id", "5.2.23", QUERY("", SHOP), "80000003 0000000C"},
    {"an id of 65 characters is too long", "5.2.23",
     QUERY("31313131313131313131313131313131313131313131313131313131313131313131313131313131"
           "31313131313131313131313131313131313131313131313131", SHOP), "80000003 0000000C"},
    {"query_sm_resp tells DELETED and a date of 16 characters after cancel_sm", "4.8.2",
     CANCEL("00", "@", SHOP, "00 00 00") ";" QUERY("@", SHOP),
     "80000008 00000000;80000003 00000000 @ 00 ................ 00 04 00"},

    {"cancel_sm_resp is a header", "4.9.2", CANCEL("00", "@", SHOP, MOBILE),
     "80000008 00000000"},
    {"the destination may be NULL with an id", "4.9.1",
     CANCEL("00", "@", SHOP, "00 00 00"), "80000008 00000000"},
    {"one that is given must be that of the message", "4.9.1",
     CANCEL("00", "@", SHOP, ANOTHER), "80000008 0000000C"},
    {"the source must be that of the message", "4.9",
     CANCEL("00", "@", OTHER, MOBILE), "80000008 0000000C"},
    {"a message that has ended is not cancelled", "4.9",
     CANCEL("00", "@", SHOP, MOBILE) ";" CANCEL("00", "@", SHOP, MOBILE),
     "80000008 00000000;80000008 00000011"},
    {"without an id all of the two addresses are cancelled", "4.9",
     CANCEL("00", "", SHOP, MOBILE) ";" CANCEL("00", "@", SHOP, MOBILE),
     "80000008 00000000;80000008 00000011"},
    {"of one service_type, if it is given", "4.9.1",
     CANCEL("434D5400", "", SHOP, MOBILE), "80000008 00000000"},
    {"those of another stay", "4.9.1",
     CANCEL("57415000", "", SHOP, MOBILE) ";" QUERY("@", SHOP),
     "80000008 00000011;" ENROUTE},
    {"those to another destination stay", "4.9",
     CANCEL("00", "", SHOP, ANOTHER) ";" QUERY("@", SHOP),
     "80000008 00000011;" ENROUTE},
    {"without an id both addresses are needed (I)", "4.9.1",
     CANCEL("00", "", SHOP, "00 00 00"), "80000008 0000000B"},

    {"replace_sm_resp is a header", "4.10.2",
     REPLACE("@", SHOP, "00", "00", "01 00 02 6869"), "80000007 00000000"},
    {"the source must be that of the message", "4.10",
     REPLACE("@", OTHER, "00", "00", "01 00 02 6869"), "80000007 0000000C"},
    {"without a match there is no new message", "4.10",
     REPLACE("7A7A", SHOP, "00", "00", "01 00 02 6869"), "80000007 0000000C"},
    {"a message that has ended is not replaced", "4.10",
     CANCEL("00", "@", SHOP, MOBILE) ";" REPLACE("@", SHOP, "00", "00", "01 00 02 6869"),
     "80000008 00000000;80000007 00000013"},
    {"new times are taken", "4.10.1",
     REPLACE("@", SHOP, AN_HOUR, TOMORROW, "01 00 02 6869"), "80000007 00000000"},
    {"a schedule that is none", "4.10.1, 5.2.15",
     REPLACE("@", SHOP, "3236313330313030303030303030302B 00", "00", "01 00 02 6869"),
     "80000007 00000061"},
    {"a validity that ends before the schedule", "4.10.1, 5.2.16",
     REPLACE("@", SHOP, TOMORROW, AN_HOUR, "01 00 02 6869"), "80000007 00000062"},
    {"there are no canned messages", "5.2.20",
     REPLACE("@", SHOP, "00", "00", "01 07 00"), "80000007 00000063"},
    {"sm_length of 255 is too long", "5.2.21",
     REPLACE("@", SHOP, "00", "00", "01 00 FF 6869"), "80000007 00000001"},

    {"submit_multi_resp: an id and no failure", "4.5.2",
     MULTI("02", "01 " MOBILE " 01 " ANOTHER, TOMORROW " 00 01 00 00 00 02 6869"),
     "80000021 00000000 # 00 00"},
    {"an address that fails comes back with its status", "4.5.2.1",
     MULTI("02", "01 " MOBILE " 01 01 01 7800", TOMORROW " 00 01 00 00 00 02 6869"),
     "80000021 00000000 # 00 01 01 01 7800 0000000B"},
    {"lists are not supported: each fails for itself", "4.5.1.2, 5.1.3",
     MULTI("02", "01 " MOBILE " 02 667269656E647300", TOMORROW " 00 01 00 00 00 02 6869"),
     "80000021 00000000 # 00 01 00 00 667269656E647300 00000044"},
    {"when all fail, the status says so", "4.5.2",
     MULTI("01", "02 667269656E647300", TOMORROW " 00 01 00 00 00 02 6869"),
     "80000021 00000044"},
    {"no destination at all", "5.2.24",
     MULTI("00", "", "00 00 01 00 00 00 02 6869"), "80000021 00000033"},
    {"a dest_flag that is none", "5.2.25",
     MULTI("01", "03 " MOBILE, "00 00 01 00 00 00 02 6869"), "80000021 00000040"},
    {"nothing can be replaced by it", "4.5.1",
     MULTI("01", "01 " MOBILE, "00 00 01 01 00 00 02 6869"), "80000021 00000054"},

    {"data_sm_resp has an id", "4.7.2",
     "00000103 00000000 00 " SHOP " " MOBILE " 00 00 00 0424 0002 6869",
     "80000103 00000000 # 00"},
    {"data_sm without message_payload", "4.7.1, par. 3.3, 5.0 4.7.6",
     "00000103 00000000 00 " SHOP " " MOBILE " 00 00 00", "80000103 000000C3"},

    {"replace_if_present_flag finds the one that waits: its id", "4.4.1.2, 5.2.18",
     "00000004 00000000 434D5400 " SHOP " " MOBILE " 00 00 00 " AN_HOUR " 00 01 01 00 00 02 6869",
     "80000004 00000000 @ 00"},
    {"of another service_type there is none: it is new", "4.4.1.2",
     "00000004 00000000 00 " SHOP " " MOBILE " 00 00 00 " AN_HOUR " 00 01 01 00 00 02 6869"
     ";" CANCEL("434D5400", "", SHOP, MOBILE),
     "80000004 00000000 # 00;80000008 00000000"},
    {"a replace_if_present_flag that is reserved", "5.2.18",
     "00000004 00000000 00 " SHOP " " MOBILE " 00 00 00 00 00 01 02 00 00 02 6869",
     "80000004 00000054"},
    {"a priority_flag that is reserved", "5.2.14",
     "00000004 00000000 00 " SHOP " " MOBILE " 00 00 04 00 00 01 00 00 00 02 6869",
     "80000004 00000006"},
    {"a canned message that is not there", "5.2.20",
     "00000004 00000000 00 " SHOP " " MOBILE " 00 00 00 00 00 01 00 00 C8 00",
     "80000004 00000063"},
    {"a schedule of 15 characters", "5.2.15",
     "00000004 00000000 00 " SHOP " " MOBILE " 00 00 00 303030303030303130303030303030 00"
     " 00 01 00 00 00 02 6869", "80000004 00000061"},
    {"a destination is needed", "5.2.9, 5.0 4.7.6",
     "00000004 00000000 00 " SHOP " 01 01 00 00 00 00 00 00 01 00 00 00 02 6869",
     "80000004 0000000B"},
    {"a NULL source is taken", "5.2.8",
     "00000004 00000000 00 00 00 00 " MOBILE " 00 00 00 " TOMORROW " 00 01 00 00 00 02 6869",
     "80000004 00000000 # 00"},
    {"every service_type is taken", "5.2.11",
     "00000004 00000000 5858585858 00 " SHOP " " MOBILE " 00 00 00 " TOMORROW
     " 00 01 00 00 00 02 6869", "80000004 00000000 # 00"},
    {"modes and reply path of esm_class are taken", "5.2.12",
     "00000004 00000000 00 " SHOP " " MOBILE " 83 00 03 " TOMORROW " 00 01 00 00 00 02 6869",
     "80000004 00000000 # 00"},
    {"so are all bits of registered_delivery", "5.2.17",
     "00000004 00000000 00 " SHOP " " MOBILE " 00 00 00 " TOMORROW " 00 FF 00 00 00 02 6869",
     "80000004 00000000 # 00"},
    {"a validity_period that is over", "5.2.16",
     "00000004 00000000 00 " SHOP " " MOBILE " 00 00 00 00 3236303130313030303030303030302B 00"
     " 01 00 00 00 02 6869", "80000004 00000062"},
    {"a validity_period with another last letter", "7.1.1",
     "00000004 00000000 00 " SHOP " " MOBILE " 00 00 00 00 30303030303130303030303030303058 00"
     " 01 00 00 00 02 6869", "80000004 00000062"},
    {"a parameter that is unknown is stepped over", "par. 3.3",
     "00000004 00000000 00 " SHOP " " MOBILE " 00 00 00 " TOMORROW
     " 00 01 00 00 00 02 6869 1FFF 0001 00", "80000004 00000000 # 00"},
    {"one that belongs to another command too", "par. 3.3",
     "00000004 00000000 00 " SHOP " " MOBILE " 00 00 00 " TOMORROW
     " 00 01 00 00 00 02 6869 0427 0001 02", "80000004 00000000 # 00"},
    {"one of a wrong length is not", "par. 3.3",
     "00000004 00000000 00 " SHOP " " MOBILE " 00 00 00 " TOMORROW
     " 00 01 00 00 00 02 6869 0204 0001 02", "80000004 000000C2"},
    {"with message_payload sm_length may be 0", "3.2.3, 5.3.2.32",
     "00000004 00000000 00 " SHOP " " MOBILE " 00 00 00 " TOMORROW
     " 00 01 00 00 00 00 0424 0002 6869", "80000004 00000000 # 00"},
    {"with both, message_payload is the text", "5.3.2.32, 5.0 4.7.26",
     "00000004 00000000 00 " SHOP " " MOBILE " 00 00 00 " TOMORROW
     " 00 01 00 00 00 02 6869 0424 0002 6869", "80000004 00000000 # 00"},
    {"a schedule of 49 quarter hours", "7.1.1",
     "00000004 00000000 00 " SHOP " " MOBILE " 00 00 00 3236303130313030303030303034392B 00"
     " 00 01 00 00 00 02 6869", "80000004 00000061"},
};
/* clang-format on */

static struct lone_gateway *lone;
static struct lone_line line;
static uint8_t waiting[65]; /* its id */
static size_t waiting_size;

/* Octets, or -1 for any; returns how many. */
static size_t read_row(const char *text, size_t size, int *out)
{
    size_t digits = 0;

    for (size_t i = 0; i < size; i++) {
        if (isspace((unsigned char)text[i]))
            continue;
        if (text[i] == '@' || text[i] == '#') {
            for (size_t n = 0; n < waiting_size; n++, digits += 2)
                out[digits / 2] = text[i] == '@' ? waiting[n] : -1;
        } else if (text[i] == '.') {
            out[digits / 2] = -1;
            digits += 2;
        } else {
            int value = isdigit((unsigned char)text[i])
                            ? text[i] - '0'
                            : toupper((unsigned char)text[i]) - 'A' + 10;

            out[digits / 2] = digits % 2 == 0 ? value << 4 : out[digits / 2] | value;
            digits++;
        }
    }
    assert_int_equal(digits % 2, 0);
    return digits / 2;
}

static void put_32(uint32_t value, int *out)
{
    for (int i = 0; i < 4; i++)
        out[i] = (int)(value >> (24 - 8 * i) & 0xFF);
}

/* A whole PDU from a row: command, status, body. */
static size_t frame_of(const char *text, size_t text_size, int out[OCTETS_MAX])
{
    int octets[OCTETS_MAX];
    size_t size = read_row(text, text_size, octets);

    assert_true(size >= 8);
    put_32((uint32_t)size + 8, out);
    memcpy(out + 4, octets, 8 * sizeof(*out));
    put_32(0x21, out + 12);
    memcpy(out + 16, octets + 8, (size - 8) * sizeof(*out));
    return size + 8;
}

static void say(const char *text, size_t text_size)
{
    int frame[OCTETS_MAX];
    uint8_t octets[OCTETS_MAX];
    size_t size = frame_of(text, text_size, frame);

    for (size_t i = 0; i < size; i++)
        octets[i] = (uint8_t)frame[i];
    assert_int_equal(send(line.fd, octets, size, MSG_NOSIGNAL), size);
}

/* The next PDU must be this; receipts are passed over. */
static void hear(const char *text, size_t text_size, const char *name)
{
    char got[2 * OCTETS_MAX + 1] = "";
    int wanted[OCTETS_MAX];
    size_t size = frame_of(text, text_size, wanted);
    struct smpp_pdu pdu;
    bool same;

    do {
        if (!lone_line_read(&line, &pdu, WAIT_MS))
            fail_msg("%s: no answer", name);
    } while (pdu.command == SMPP_DELIVER_SM);
    same = line.taken == size;
    for (size_t i = 0; i < line.taken; i++) {
        snprintf(got + 2 * i, 3, "%02X", line.octets[i]);
        same = same && (wanted[i] < 0 || wanted[i] == line.octets[i]);
    }
    if (!same)
        fail_msg("%s: heard %s, expected %.*s", name, got, (int)text_size, text);
}

static void with_part(const char *text, void (*each)(const char *, size_t, const char *),
                      const char *name, size_t number)
{
    for (size_t i = 0; i < number; i++)
        text = strchr(text, ';') + 1;
    each(text, strcspn(text, ";"), name);
}

static void say_part(const char *text, size_t size, const char *name)
{
    (void)name;
    say(text, size);
}

static size_t count_parts(const char *text)
{
    size_t count = 1;

    for (; *text != '\0'; text++)
        count += *text == ';';
    return count;
}

/* The message that the rows are about. */
static void begin_row(void)
{
    static const char submit[] = "00000004 00000000 434D5400 " SHOP " " MOBILE
                                 " 00 00 00 " TOMORROW " 00 00 00 00 00 02 6869";
    struct smpp_pdu answer;

    say(submit, strlen(submit));
    lone_line_expect(&line, SMPP_SUBMIT_SM | SMPP_RESPONSE, &answer);
    assert_int_equal(answer.status, ESME_ROK);
    waiting_size = answer.message_id.size;
    assert_in_range(waiting_size, 1, 64);
    memcpy(waiting, answer.message_id.data, waiting_size);
}

/* Nothing of it is left for the next one. */
static void end_row(void)
{
    static const char *const all[] = {CANCEL("00", "", SHOP, MOBILE),
                                      CANCEL("00", "", SHOP, ANOTHER)};

    for (size_t i = 0; i < ROWS(all); i++) {
        struct smpp_pdu answer;

        say(all[i], strlen(all[i]));
        do
            assert_true(lone_line_read(&line, &answer, WAIT_MS));
        while (answer.command != (SMPP_CANCEL_SM | SMPP_RESPONSE));
    }
}

TEST(the_services_hold_their_rows)
{
    static const char bind[] = "00000009 00000000 666577 00 70 00 00 34 00 00 00";
    struct smpp_pdu answer;

    lone = lone_gateway_new_with(1, "host = \"127.0.0.1\"",
                                 "account \"few\" { password = \"p\" plan = \"dear\""
                                 " opening = \"1000\" }");
    lone_line_connect(&line, lone);
    say(bind, strlen(bind));
    lone_line_expect(&line, SMPP_BIND_TRANSCEIVER | SMPP_RESPONSE, &answer);
    assert_int_equal(answer.status, ESME_ROK);
    for (size_t i = 0; i < ROWS(rows); i++) {
        size_t parts = count_parts(rows[i].said);
        char name[256];

        snprintf(name, sizeof(name), "%s (%s)", rows[i].requirement, rows[i].paragraph);
        CHECK_EQ(count_parts(rows[i].heard), parts, name);
        begin_row();
        for (size_t part = 0; part < parts; part++) {
            with_part(rows[i].said, say_part, name, part);
            with_part(rows[i].heard, hear, name, part);
        }
        end_row();
        printf("%-66s %-22s held\n", rows[i].requirement, rows[i].paragraph);
    }
    lone_line_close(&line);
    lone_gateway_free(lone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(the_services_hold_their_rows),
    };

    return RUN_ALL(tests);
}
