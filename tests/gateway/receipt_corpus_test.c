/*
 * Every receipt of the corpus comes in over a real link while the message it is about and
 * two others are alive, with all those of the rows before it: it must find its own, and
 * change no other.
 */
#include <stdlib.h>
#include <unistd.h>

#include "gateway/gateway.h"
#include "gateway/live.h"
#include "smpp/command.h"
#include "tests/gateway/lone_operator.h"
#include "tests/test.h"

enum { MESSAGES = 3, IDS_MAX = 512 };

enum addresses { EXCHANGED, SWAPPED, NO_ADDRESSES, NATIONAL, FOREIGN };
enum match { MEANT, NOBODY };

enum { UNMARKED = 0xFF };

struct how {
    uint8_t esm_class; /* 0: a receipt's; UNMARKED: 0 */
    uint8_t coding;
    enum addresses addresses;
    bool wide;    /* the text in UCS-2 */
    bool payload; /* in message_payload */
    bool early;   /* before the response */
    bool twice;
    bool refused; /* it is answered as no receipt */
    bool has_state;
    bool bare_tlv; /* no NUL behind the id */
    uint8_t tlv_state;
    const char *tlv_id;
    const char *tlv_error; /* three octets */
    const char *then;      /* another text */
    enum reason reason;    /* REASON_NONE: not looked at */
    uint32_t code;         /* 0: not looked at */
};

struct row {
    const char *source;
    const char *settings;
    const char *ids[MESSAGES];
    const char *text;
    enum match match;
    enum attempt_state state;
    struct how how;
};

#define AS_IS         ""
#define HEX           "id_rule = \"receipt-hex\""
#define DECIMAL       "id_rule = \"receipt-decimal\""
#define ANY_CASE      "id_rule = \"any-case\""
#define NO_ZEROS      "id_rule = \"no-zeros\""
#define UNMARKED_LINK "unmarked_receipts = true"
#define MARKED_LINK   "unmarked_receipts = false"
#define HIDDEN        "receipt_address = \"ignored\""
#define COLUMNS                                                                            \
    "receipt_columns = {\"stat\", \"done date\", \"submit date\", \"err\", \"-\", \"-\", " \
    "\"id\"}\n report_word \"00\" { is = \"delivered\" }\n"                                \
    " report_word \"34\" { is = \"failed\" reason = \"blocked\" }\n"
#define WORDS                                                                              \
    "report_word \"BLIST\" { is = \"failed\" reason = \"blocked\" }\n"                     \
    " report_word \"ACCEPTD\" { is = \"delivered\" }\n"                                    \
    " report_word \"OK\" { is = \"delivered\" }\n"                                         \
    " report_word \"gone\" { is = \"expired\" }\n"                                         \
    " report_error \"219\" { reason = \"blocked\" }\n"                                     \
    " report_error \"21B\" { reason = \"no_account\" }\n"

#define IDS(...)                                                                           \
    {                                                                                      \
        __VA_ARGS__                                                                        \
    }
#define STATE(state) .has_state = true, .tlv_state = state
#define RECEIPT(source, settings, ids, text, match, state, ...)                            \
    {source, settings, ids, text, match, ATTEMPT_##state, {__VA_ARGS__}},

static const struct row rows[] = {
#include "tests/gateway/receipt_corpus.def"
};

static const char *const destinations[MESSAGES] = {"491700000001", "491700000001",
                                                   "491700000002"};
static const char *const texts[MESSAGES] = {"Your code is 4711", "Your code is 0815",
                                            "Hello there"};
static int listener;
static struct lone_gateway *lone;
static struct lone_line line;
static uint64_t told[IDS_MAX]; /* messages whose end was told in an earlier row */
static size_t told_count;
static int wrong;

static struct gateway *gateway(void)
{
    return lone_gateway_of(lone);
}

static struct smpp_octets view(const char *text)
{
    return (struct smpp_octets){(const uint8_t *)text, (uint32_t)strlen(text)};
}

static void begin(const char *link)
{
    char settings[1024];

    snprintf(settings, sizeof(settings), HERE "window = 1000\n %s", link);
    lone = lone_operator_open(&listener, settings, "");
    lone_operator_bind(&line, lone, listener, SMPP_BIND_TRANSCEIVER, 0x34);
    told_count = 0;
}

static void end(void)
{
    lone_line_close(&line);
    close(listener);
    lone_gateway_free(lone);
}

/* Octets of ASCII, each behind a zero. */
static size_t widen(const char *text, uint8_t *out)
{
    size_t size = strlen(text);

    for (size_t i = 0; i < size; i++) {
        out[2 * i] = 0;
        out[2 * i + 1] = (uint8_t)text[i];
    }
    return 2 * size;
}

static void set_addresses(enum addresses how, struct smpp_pdu *pdu)
{
    static const struct {
        const char *source;
        const char *destination;
    } as[] = {
        [EXCHANGED] = {"491700000001",  "Shop"        },
        [SWAPPED] = {"Shop",          "491700000001"},
        [NO_ADDRESSES] = {"",              ""            },
        [NATIONAL] = {"01700000001",   "Shop"        },
        [FOREIGN] = {"4366412345678", "Shop"        },
    };

    pdu->source = view(as[how].source);
    pdu->destination = view(as[how].destination);
}

static void send_receipt(const struct row *row, const char *text)
{
    const struct how *how = &row->how;
    uint8_t wide[512];
    struct smpp_octets octets = view(text);
    struct smpp_pdu pdu, answer;

    smpp_pdu_init(&pdu, SMPP_DELIVER_SM, 0, 7);
    pdu.esm_class = how->esm_class == UNMARKED ? 0 : how->esm_class ? how->esm_class : 0x04;
    pdu.data_coding = how->coding;
    set_addresses(how->addresses, &pdu);
    if (how->wide)
        octets = (struct smpp_octets){wide, (uint32_t)widen(text, wide)};
    if (how->payload)
        assert_true(smpp_pdu_add_tlv(&pdu, SMPP_TLV_MESSAGE_PAYLOAD, octets.data,
                                     (uint16_t)octets.size));
    else
        pdu.short_message = octets;
    if (how->tlv_id)
        assert_true(smpp_pdu_add_tlv(&pdu, SMPP_TLV_RECEIPTED_MESSAGE_ID, how->tlv_id,
                                     (uint16_t)(strlen(how->tlv_id) + !how->bare_tlv)));
    if (how->has_state)
        assert_true(smpp_pdu_add_tlv(&pdu, SMPP_TLV_MESSAGE_STATE, &how->tlv_state, 1));
    if (how->tlv_error)
        assert_true(smpp_pdu_add_tlv(&pdu, SMPP_TLV_NETWORK_ERROR_CODE, how->tlv_error, 3));
    lone_line_send(&line, &pdu);
    lone_line_expect(&line, SMPP_DELIVER_SM | SMPP_RESPONSE, &answer);
    CHECK_EQ(answer.status, how->refused ? ESME_RX_R_APPN : ESME_ROK, row->source);
}

static const struct attempt *try_of(uint64_t message)
{
    const struct live *live = live_find(gateway(), message);

    return live && live->message.attempt_count > 0 ? &live->message.attempts[0] : NULL;
}

static bool was_told(uint64_t message)
{
    for (size_t i = 0; i < told_count; i++)
        if (told[i] == message)
            return true;
    return false;
}

/* Every other message that was ever answered is as it was. */
static void check_others(const struct row *row, uint64_t meant)
{
    const struct live *live;

    for (size_t at = 0; (live = live_look_next(gateway(), &at)) != NULL;) {
        if (live->message.id == meant || was_told(live->message.id))
            continue;
        if (try_of(live->message.id)->state != ATTEMPT_ACCEPTED) {
            wrong++;
            print_error("%s: it was taken for another's\n", row->source);
        }
    }
}

static void check_row(const struct row *row)
{
    uint64_t parked = gateway()->counters.reports_parked;
    uint64_t nobodys = gateway()->counters.reports_unmatched;
    uint64_t messages[MESSAGES];
    struct smpp_pdu submits[MESSAGES], seen;
    const struct attempt *attempt;

    for (size_t i = 0; i < MESSAGES; i++) {
        messages[i] = lone_operator_submit(lone, destinations[i], texts[i]);
        lone_line_expect(&line, SMPP_SUBMIT_SM, &seen);
        smpp_pdu_init(&submits[i], SMPP_SUBMIT_SM, 0, seen.sequence);
    }
    for (size_t i = MESSAGES; i-- > (row->how.early ? 1 : 0);)
        lone_line_take(&line, &submits[i], row->ids[i]);
    lone_gateway_turn_for(lone, 20);
    send_receipt(row, row->text);
    if (row->how.twice)
        send_receipt(row, row->text);
    if (row->how.then)
        send_receipt(row, row->how.then);
    if (row->how.early) {
        CHECK_EQ(gateway()->counters.reports_parked, parked + 1, row->source);
        parked++;
        lone_line_take(&line, &submits[0], row->ids[0]);
        lone_gateway_turn_for(lone, 20);
    }
    attempt = try_of(messages[0]);
    CHECK(attempt != NULL, row->source);
    CHECK_STR(attempt_state_name((enum attempt_state)attempt->state),
              attempt_state_name(row->state), row->source);
    if (row->how.reason != REASON_NONE)
        CHECK_STR(reason_name((enum reason)attempt->reason), reason_name(row->how.reason),
                  row->source);
    if (row->how.code != 0)
        CHECK_EQ(attempt->code, row->how.code, row->source);
    CHECK_EQ(gateway()->counters.reports_parked - parked +
                 gateway()->counters.reports_unmatched - nobodys,
             row->match == NOBODY && !row->how.refused, row->source);
    check_others(row, messages[0]);
    if (row->state != ATTEMPT_ACCEPTED)
        told[told_count++] = messages[0];
}

TEST(every_receipt_finds_its_message_and_no_other)
{
    assert_true(ROWS(rows) >= 60);
    for (size_t i = 0; i < ROWS(rows); i++) {
        if (i == 0 || strcmp(rows[i].settings, rows[i - 1].settings) != 0) {
            if (i > 0)
                end();
            begin(rows[i].settings);
        }
        check_row(&rows[i]);
    }
    end();
    CHECK_EQ(wrong, 0, "wrong matches");
    print_message("%zu receipts, %d wrong matches\n", ROWS(rows), wrong);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(every_receipt_finds_its_message_and_no_other),
    };

    return RUN_ALL(tests);
}
