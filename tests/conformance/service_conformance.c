/*
 * What SMPP 3.4 asks of the services behind a session, row by row (service_rows.def):
 * octets said to a whole gateway by an ESME or by the operator of its link, octets that
 * both must hear.  The octets are written from the text of the specification.
 *
 * A row is a script of steps, each with a ';' behind it; time is virtual.
 *
 *   > PDU   the ESME says it                >> PDU   the operator hears it
 *   < PDU   the ESME hears it               << PDU   the operator says it
 *   < none  the ESME hears nothing          >> none  the operator hears nothing
 *   =       the ESME connects anew          ==       the operator's line is cut, and comes
 * back | ms    so much time passes
 *
 * A PDU is its command_id, its command_status and its body in hexadecimal; its length is
 * counted, a request has the sequence_number 0x21, or any when we hear it, and a response
 * that of the last request.  Letters stand in '' as they are.  A dot, in '' a ?, is any
 * octet; ~ all that follows; $ the row's number, of four digits.  # is the message_id of a
 * submission, @ the last one of these, at first that of a message that waits: from "Shop"
 * to 491700000001, of service_type "CMT", for tomorrow.
 */
#include "tests/conformance/clauses.h"

#include <ctype.h>
#include <sys/socket.h>
#include <unistd.h>

#include "smpp/command.h"
#include "tests/gateway/lone_line.h"
#include "tests/gateway/lone_operator.h"

enum {
    OCTETS_MAX = 4096,
    SEQUENCE = 0x21,
    WAIT_MS = 3000,
    NONE_MS = 30,
    QUIET_MS = 5,
    SLICE_MS = 1000,
};

/* What an octet of a row may be, besides 0 to 255. */
enum { ANY = -1, ID = -2, REST = -3 };

/* clang-format off */
#define SHOP     "05 00 'Shop'00 "
#define OTHER    "05 00 'Other'00 "
#define NOBODY   "00 00 00 "
#define MOBILE   "01 01 '491700000001'00 "
#define ANOTHER  "01 01 '491700000002'00 "
#define CODE     "01 01 '1234'00 " /* what subscribers write to */
#define NOW      "00 00 "
#define TOMORROW "'000001000000000R'00 "
#define AN_HOUR  "'000000010000000R'00 "
#define LATER    TOMORROW "00 "
#define A_DAY    "00 " TOMORROW
#define SOME_TIME "00 ................ 00 "
#define HI       "02 'hi' "

#define TEN      "'0123456789'"
#define TEXT_140 TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
#define TEXT_150 TEXT_140 TEN
#define TEXT_170 TEXT_150 TEN TEN

/* esm_class, schedule and validity, registered_delivery, and what is behind data_coding. */
#define FIELDS(esm_class, times, delivery, text) \
    esm_class " 00 00 " times delivery " 00 00 00 " text
#define SUBMIT_OF(service, from, to, fields) "00000004 00000000 " service " " from to fields
#define SUBMIT(fields)                SUBMIT_OF("00", SHOP, MOBILE, fields)
#define MULTI(list, fields)           "00000021 00000000 00 " SHOP list " " fields
#define DATA(to, fields)              "00000103 00000000 00 " SHOP to fields
#define DELIVER(from, to, fields)     "00000005 00000000 00 " from to fields
#define QUERY(id, from)               "00000003 00000000 " id " 00 " from
#define CANCEL(service, id, from, to) "00000008 00000000 " service " " id " 00 " from to
#define REPLACE(id, from, times, rest) "00000007 00000000 " id " 00 " from times rest
#define BIND(kind, id, password, version) \
    "0000000" kind " 00000000 " id "00 " password "00 00 " version " 00 00 00"

#define TAKEN    "80000004 00000000 # 00"
#define ENROUTE  "80000003 00000000 @ 00 00 01 00"
#define ASK(said, heard)        "> " said ";< " heard ";"
#define REFUSED(fields, status) ASK(SUBMIT(fields), "80000004 " status)

/* A submission, and what the operator hears of it. */
#define GOES(relayed)          ">> " relayed ";<< 80000004 00000000 'op$'00;"
#define RELAYED(said, relayed) ASK(said, TAKEN) GOES(relayed)
#define WITH(parameters, relayed) \
    RELAYED(SUBMIT(FIELDS("00", NOW, "00", HI) parameters), \
            SUBMIT(FIELDS("00", A_DAY, "01", HI) relayed))
/* One as plain as can be, with this registered_delivery. */
#define SEND(delivery) \
    RELAYED(SUBMIT(FIELDS("00", NOW, delivery, HI)), SUBMIT(FIELDS("00", A_DAY, "01", HI)))
/* What the operator reports of it, and the receipt that comes of that. */
#define REPORT(state) \
    "<< " DELIVER(MOBILE, SHOP, FIELDS("04", NOW, "00", "00") \
    "001E 0007 'op$'00 0427 0001 " state) ";>> 80000005 00000000 00;"
#define RECEIPT_TEXT(dlvrd, stat, error) \
    "'id:@ sub:001 dlvrd:" dlvrd " submit date:?????????? done date:?????????? stat:" stat \
    " err:" error " text:hi'"
#define RECEIPT_OF(esm_class, dlvrd, stat, error, state) \
    "< " DELIVER(MOBILE, SHOP, FIELDS(esm_class, NOW, "00", ".") \
    RECEIPT_TEXT(dlvrd, stat, error) "001E .. @ 00 0427 0001 " state) ";> 80000005 00000000 00;"
#define RECEIPT(dlvrd, stat, state) RECEIPT_OF("04", dlvrd, stat, "000", state)
#define NO_RECEIPT "< none;"
/* Each optional parameter of Table 4-10 that goes on, in its first form; of Table 4-18. */
#define ALL_OF_BOTH \
    "0019 0001 01 0201 0001 03 0202 0003 A00102 0203 0003 A00102 0204 0002 0007 " \
    "0205 0001 09 020D 0001 01 0381 0005 0101013131 1383 0002 0102 "
#define ALL_OF_SUBMIT ALL_OF_BOTH \
    "0005 0001 00 000D 0001 00 0030 0001 80 0302 0001 05 0303 0003 000041 0304 0001 09 " \
    "0426 0001 01 0501 0001 02 1201 0001 02 1203 0002 0001 1204 0001 01 130C 0000 1380 0001 02"
#define ALL_OF_DELIVER ALL_OF_BOTH "020A 0002 1000 020B 0002 1001 0423 0003 030001"
/* What a subscriber writes, and what the ESME hears of it. */
#define WRITTEN(said, heard) \
    "<< " DELIVER(MOBILE, CODE, said) ";< " DELIVER(MOBILE, CODE, heard) \
    ";> 80000005 00000000 00;>> 80000005 00000000 00;"
/* clang-format on */

static const struct row {
    const char *paragraph;
    const char *requirement;
    const char *script;
} rows[] = {
#define ROW(...) {__VA_ARGS__},
#include "tests/conformance/service_rows.def"
#undef ROW
};

/* One end of the gateway. */
struct side {
    struct lone_line line;
    uint32_t heard; /* sequence_number of the last request */
};

static struct lone_gateway *lone;
static struct side esme, operator;
static int listener;
static uint8_t id[65]; /* of the message that @ is */
static size_t id_size;
static size_t number; /* of the row */

/* ---- octets of a row ---- */

static size_t put(int *out, size_t size, int octet)
{
    assert_true(size < OCTETS_MAX);
    out[size] = octet;
    return size + 1;
}

static size_t put_id(int *out, size_t size, bool known)
{
    for (size_t n = 0; n < id_size; n++)
        size = put(out, size, known ? id[n] : ID);
    return size;
}

static size_t put_number(int *out, size_t size)
{
    char digits[16];

    snprintf(digits, sizeof(digits), "%04zu", number);
    for (const char *digit = digits; *digit != '\0'; digit++)
        size = put(out, size, *digit);
    return size;
}

static int digit_of(char digit)
{
    assert_true(isxdigit((unsigned char)digit));
    return isdigit((unsigned char)digit) ? digit - '0'
                                         : toupper((unsigned char)digit) - 'A' + 10;
}

static size_t read_octets(const char *text, size_t text_size, int *out)
{
    bool quoted = false;
    size_t size = 0;

    for (size_t i = 0; i < text_size; i++) {
        if (text[i] == '\'')
            quoted = !quoted;
        else if (text[i] == '@' || text[i] == '#')
            size = put_id(out, size, text[i] == '@');
        else if (text[i] == '$')
            size = put_number(out, size);
        else if (text[i] == (quoted ? '?' : '.'))
            size = put(out, size, ANY);
        else if (text[i] == '~')
            size = put(out, size, REST);
        else if (quoted)
            size = put(out, size, text[i]);
        else if (!isspace((unsigned char)text[i]) && i + 1 < text_size) {
            size = put(out, size, digit_of(text[i]) << 4 | digit_of(text[i + 1]));
            i++;
        }
    }
    return size;
}

static void put_32(uint32_t value, int *out)
{
    for (int i = 0; i < 4; i++)
        out[i] = (int)(value >> (24 - 8 * i) & 0xFF);
}

/* A whole PDU, but for its sequence_number. */
static size_t read_pdu(const char *text, size_t text_size, int *out)
{
    size_t size = read_octets(text, text_size, out + 8);

    assert_true(size >= 8);
    memmove(out + 4, out + 8, 8 * sizeof(*out));
    put_32((uint32_t)size + 8, out);
    return size + 8;
}

static bool is_response(const int *pdu)
{
    return pdu[4] >= 0x80;
}

/* ---- steps ---- */

static void say(struct side *side, const char *text, size_t text_size)
{
    int pdu[OCTETS_MAX + 8];
    uint8_t octets[OCTETS_MAX + 8];
    size_t size = read_pdu(text, text_size, pdu);

    put_32(is_response(pdu) ? side->heard : SEQUENCE, pdu + 12);
    for (size_t i = 0; i < size; i++)
        octets[i] = (uint8_t)pdu[i];
    assert_int_equal(send(side->line.fd, octets, size, MSG_NOSIGNAL), size);
}

static void answer(struct side *side, const struct smpp_pdu *request)
{
    lone_line_answer(&side->line, request, ESME_ROK);
}

/* The next PDU; what no row is about is answered. */
static bool next(struct side *side, struct smpp_pdu *pdu, bool receipts, int wait_ms)
{
    while (lone_line_read(&side->line, pdu, wait_ms)) {
        if (pdu->command != SMPP_ENQUIRE_LINK &&
            (receipts || pdu->command != SMPP_DELIVER_SM)) {
            if ((pdu->command & SMPP_RESPONSE) == 0)
                side->heard = pdu->sequence;
            return true;
        }
        answer(side, pdu);
    }
    return false;
}

static bool is_same(const struct lone_line *line, const int *wanted, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (wanted[i] == REST)
            return line->taken >= i;
        if (i >= line->taken || (wanted[i] >= 0 && wanted[i] != line->octets[i]))
            return false;
    }
    return line->taken == size;
}

static void hear(struct side *side, const char *text, size_t text_size)
{
    char got[2 * OCTETS_MAX + 1] = "";
    int wanted[OCTETS_MAX + 8];
    size_t size = read_pdu(text, text_size, wanted);
    size_t found = 0;
    struct smpp_pdu pdu;

    if (!next(side, &pdu, !is_response(wanted), WAIT_MS))
        fail_msg("nothing, expected %.*s", (int)text_size, text);
    put_32(SEQUENCE, wanted + 12);
    for (int i = 0; i < 16; i++)
        if (i < 4 ? wanted[size - 1] == REST : i >= 12 && !is_response(wanted))
            wanted[i] = ANY;
    if (!is_same(&side->line, wanted, size)) {
        for (size_t i = 0; i < side->line.taken && i < OCTETS_MAX; i++)
            snprintf(got + 2 * i, 3, "%02X", side->line.octets[i]);
        fail_msg("heard %s, expected %.*s", got, (int)text_size, text);
    }
    for (size_t i = 0; i < size; i++)
        if (wanted[i] == ID)
            id[found++] = side->line.octets[i];
}

static void hear_nothing(struct side *side)
{
    struct smpp_pdu pdu;

    if (next(side, &pdu, true, NONE_MS))
        fail_msg("heard a PDU 0x%08X", pdu.command);
}

static void pass(int64_t ms)
{
    for (; ms > 0; ms -= SLICE_MS) {
        lone_gateway_pass(lone, ms < SLICE_MS ? ms : SLICE_MS);
        lone_line_stay(&esme.line, 1);
        lone_line_stay(&operator.line, 1);
    }
}

/* Who is to bind now says nothing yet. */
static void connect_anew(bool south)
{
    lone_line_close(south ? &operator.line : &esme.line);
    if (!south)
        lone_line_connect(&esme.line, lone);
    else
        assert_true(lone_line_accept(&operator.line, lone, listener, WAIT_MS));
}

static void step(const char *text, size_t size)
{
    bool twice = size > 1 && text[1] == text[0];
    size_t head = twice ? 2 : 1;
    bool says = (text[0] == '>') != twice;
    struct side *side = twice ? &operator: & esme;

    if (text[0] == '=')
        connect_anew(twice);
    else if (text[0] == '|')
        pass(strtoll(text + 1, NULL, 10));
    else if (says)
        say(side, text + head, size - head);
    else if (strncmp(text + head, " none", 5) == 0)
        hear_nothing(side);
    else
        hear(side, text + head, size - head);
}

static void run(const char *script)
{
    while (*script != '\0') {
        size_t size = strcspn(script, ";");

        assert_true(script[size] == ';' && strchr("<>|=", *script) != NULL);
        step(script, size);
        script += size + 1;
    }
}

/* ---- the gateway ---- */

static void begin(void)
{
    uint16_t port;

    listener = lone_line_listen(&port);
    lone = lone_gateway_new_virtual(
        port, HERE "enquire_link = \"1h\"",
        "account \"few\" { password = \"p\" plan = \"dear\" opening = \"1000\" }\n"
        "account \"old\" { password = \"p\" plan = \"dear\" opening = \"1000\""
        " short_ids = true }\n"
        "inbound \"few\" { to = \"1234\" account = \"few\" }");
    lone_operator_bind(&operator.line, lone, listener, SMPP_BIND_TRANSCEIVER, 0x34);
    lone_line_connect(&esme.line, lone);
    id_size = 0;
    run(ASK(BIND("9", "'few'", "'p'", "34"), "80000009 00000000 ~"));
}

static void end(void)
{
    lone_line_close(&esme.line);
    lone_line_close(&operator.line);
    close(listener);
    lone_gateway_free(lone);
    lone = NULL;
}

/* The message that the rows are about. */
static void submit_first(void)
{
    static const char submit[] =
        SUBMIT_OF("'CMT'00", SHOP, MOBILE, FIELDS("00", LATER, "00", HI));
    struct smpp_pdu pdu;

    say(&esme, submit, strlen(submit));
    assert_true(next(&esme, &pdu, false, WAIT_MS));
    CHECK_EQ(pdu.status, ESME_ROK, "the message that waits");
    id_size = pdu.message_id.size;
    assert_in_range(id_size, 1, sizeof(id) - 1);
    memcpy(id, pdu.message_id.data, id_size);
}

/* What is on its way is taken, at both ends. */
static void drain(void)
{
    struct smpp_pdu pdu;

    while (next(&operator, & pdu, true, QUIET_MS))
        lone_line_take(&operator.line, &pdu, "");
    while (next(&esme, &pdu, true, QUIET_MS))
        answer(&esme, &pdu);
}

/* Nothing is left for the next row. */
static void clean_up(void)
{
    run(ASK(CANCEL("00", "", SHOP, MOBILE), "80000008 .... ~")
            ASK(CANCEL("00", "", SHOP, ANOTHER), "80000008 .... ~"));
    drain();
}

static void hold(const void *row)
{
    static bool is_clean = true;
    const char *script = ((const struct row *)row)->script;

    /* After a row that does not hold, or connects anew, there is another gateway. */
    if (!is_clean)
        end();
    if (lone == NULL)
        begin();
    is_clean = false;
    number = (size_t)((const struct row *)row - rows);
    submit_first();
    run(script);
    if (strchr(script, '=') != NULL)
        return;
    clean_up();
    is_clean = true;
}

int main(void)
{
    static struct clauses clauses;
    int failed;

    for (size_t i = 0; i < ROWS(rows); i++)
        clauses_add(&clauses, rows[i].paragraph, rows[i].requirement, "", hold, &rows[i]);
    failed = clauses_run(&clauses);
    end();
    return failed;
}
