/*
 * What SMPP 3.4 says of the size of each field, held against the codec: the mandatory
 * fields of each PDU (field_rows.def), the optional parameters (tlv_rows.def), and the
 * names of commands and errors (code_rows.def).  The octets are made here, from the rows.
 *
 * A request with a wrong field has the code of that field; one that ends before it has
 * ESME_RINVCMDLEN.  A response is never refused, whatever is in it.  What passes its size
 * is not written.
 */
#include "tests/conformance/clauses.h"

#include "smpp/command.h"
#include "smpp/pdu.h"

enum { OCTETS_MAX = 70000, INVALID_LENGTH = 0x02, TIME_SIZE = 16, TEXT_MAX = 254 };

enum kind { A_PDU, A_STRING, A_TIME, AN_OCTET, A_TEXT, A_LIST };

static const struct field {
    enum kind kind;
    const char *paragraph;
    const char *name;
    size_t offset;  /* in struct smpp_pdu */
    unsigned limit; /* octets with the NUL, or the highest value */
    uint32_t code;  /* of a PDU, its command_id */
} fields[] = {
#define AT(member)               offsetof(struct smpp_pdu, member)
#define PDU(paragraph, name, id) {A_PDU, paragraph, name, 0, 0, id},
#define STRING(paragraph, name, member, limit, code)                                       \
    {A_STRING, paragraph, name, AT(member), limit, code},
#define TIME(paragraph, name, member, code)                                                \
    {A_TIME, paragraph, name, AT(member), TIME_SIZE + 1, code},
#define OCTET(paragraph, name, member, limit, code)                                        \
    {AN_OCTET, paragraph, name, AT(member), limit, code},
#define TEXT(member, code) {A_TEXT, "5.2.22", "short_message", AT(member), TEXT_MAX, code},
#define LIST()             {A_LIST, "", "", 0, 0, 0},
#include "tests/conformance/field_rows.def"
};

static uint8_t octets[OCTETS_MAX];
static struct smpp_pdu pdu;

/* ---- PDUs ---- */

static size_t put_32(uint32_t value, size_t at)
{
    for (int i = 0; i < 4; i++)
        octets[at + (size_t)i] = (uint8_t)(value >> (24 - 8 * i));
    return at + 4;
}

static size_t put_run(uint8_t value, size_t count, size_t at)
{
    memset(octets + at, value, count);
    return at + count;
}

static bool is_response(const struct field *whole)
{
    return (whole->code & SMPP_RESPONSE) != 0;
}

static const struct field *pdu_of(const struct field *field)
{
    while (field->kind != A_PDU)
        field--;
    return field;
}

/* What a field is when no row is about it. */
static size_t put_plain(const struct field *whole, const struct field *field, size_t at)
{
    static const uint8_t one_address[] = {1, 1, 1, 1, '7', 0};

    if (field->kind != A_LIST || is_response(whole))
        return put_run(0, 1, at);
    memcpy(octets + at, one_address, sizeof(one_address));
    return at + sizeof(one_address);
}

/* The PDU with `head` and then `count` octets '1' in the field, and a NUL if it is to have
 * one; with nothing behind the field, if it `ends` there. */
static uint32_t decode_with(const struct field *field, int head, size_t count, bool nul,
                            bool ends)
{
    const struct field *whole = pdu_of(field);
    const struct field *end = fields + ROWS(fields);
    size_t size = put_32(1, put_32(0, put_32(whole->code, 4)));

    for (const struct field *at = whole + 1; at < end && at->kind != A_PDU; at++) {
        if (at != field) {
            size = put_plain(whole, at, size);
            continue;
        }
        if (head >= 0)
            size = put_run((uint8_t)head, 1, size);
        size = put_run('1', count, size);
        if (nul)
            size = put_run(0, 1, size);
        if (ends)
            break;
    }
    put_32((uint32_t)size, 0);
    return smpp_pdu_decode(octets, size, &pdu);
}

static uint32_t decode_string(const struct field *field, size_t count)
{
    return decode_with(field, -1, count, true, false);
}

/* The code, where it is a request. */
static void check_refused(const struct field *field, uint32_t status, uint32_t code)
{
    CHECK_EQ(status, is_response(pdu_of(field)) ? ESME_ROK : code, field->name);
}

static void check_not_written(const struct field *field)
{
    static uint8_t out[OCTETS_MAX];

    CHECK_EQ(smpp_pdu_encode(&pdu, out, sizeof(out)), 0, field->name);
}

static struct smpp_octets *member_of(const struct field *field)
{
    return (struct smpp_octets *)((char *)&pdu + field->offset);
}

static void check_run(const struct field *field, size_t count)
{
    const struct smpp_octets *member = member_of(field);

    CHECK_EQ(member->size, count, field->name);
    for (size_t i = 0; i < count; i++)
        CHECK_EQ(member->data[i], '1', field->name);
}

/* It is one too long to be written. */
static void check_long_not_written(const struct field *field, size_t count)
{
    static const uint8_t run[OCTETS_MAX] = {[0 ... OCTETS_MAX - 1] = '1'};

    *member_of(field) = (struct smpp_octets){run, (uint32_t)count};
    check_not_written(field);
}

/* ---- fields ---- */

static void hold_string(const struct field *field)
{
    CHECK_EQ(decode_string(field, field->limit - 1), ESME_ROK, field->name);
    check_run(field, field->limit - 1);
    check_long_not_written(field, field->limit);
    check_refused(field, decode_string(field, field->limit), field->code);
    check_refused(field, decode_with(field, -1, field->limit - 1, false, true),
                  field->code);
    check_refused(field, decode_with(field, -1, 0, false, true), INVALID_LENGTH);
}

static void hold_time(const struct field *field)
{
    for (size_t count = 0; count <= TIME_SIZE + 1; count++) {
        bool fits = count == 0 || count == TIME_SIZE;
        uint32_t status = decode_string(field, count);

        CHECK_EQ(status, fits ? ESME_ROK : field->code, field->name);
        if (fits)
            check_run(field, count);
    }
    CHECK_EQ(decode_string(field, 0), ESME_ROK, field->name);
    check_long_not_written(field, TIME_SIZE - 1);
    check_refused(field, decode_with(field, -1, 0, false, true), INVALID_LENGTH);
}

static void hold_octet(const struct field *field)
{
    uint8_t *member = (uint8_t *)&pdu + field->offset;

    for (int value = 0; value <= 255; value++) {
        uint32_t status = decode_with(field, value, 0, false, false);

        CHECK_EQ(status, (unsigned)value <= field->limit ? ESME_ROK : field->code,
                 field->name);
        if (status == ESME_ROK)
            CHECK_EQ(*member, value, field->name);
    }
    if (field->limit < 255) {
        CHECK_EQ(decode_with(field, 0, 0, false, false), ESME_ROK, field->name);
        *member = (uint8_t)(field->limit + 1);
        check_not_written(field);
    }
    check_refused(field, decode_with(field, -1, 0, false, true), INVALID_LENGTH);
}

static void hold_text(const struct field *field)
{
    for (int length = 0; length <= TEXT_MAX; length++) {
        CHECK_EQ(decode_with(field, length, (size_t)length, false, false), ESME_ROK,
                 field->name);
        check_run(field, (size_t)length);
    }
    check_long_not_written(field, TEXT_MAX + 1);
    check_refused(field, decode_with(field, 255, 255, false, false), field->code);
    check_refused(field, decode_with(field, 2, 1, false, true), field->code);
    check_refused(field, decode_with(field, -1, 0, false, true), INVALID_LENGTH);
}

static void hold_field(const void *row)
{
    static void (*const holds[])(const struct field *) = {
        [A_STRING] = hold_string,
        [A_TIME] = hold_time,
        [AN_OCTET] = hold_octet,
        [A_TEXT] = hold_text,
    };
    const struct field *field = row;

    holds[field->kind](field);
}

static void add_field(struct clauses *clauses, const struct field *field)
{
    static const struct {
        const char *of; /* what it is a size or a value of */
        const char *paragraph;
    } forms[] = {
        [A_STRING] = {"octets at most, with the NUL", ", 3.1"  },
        [A_TIME] = {"octets, or 1",                 ", 3.1.1"},
        [AN_OCTET] = {"at most",                      ""       },
        [A_TEXT] = {"octets at most, counted",      ", 3.2.3"},
    };
    const struct field *whole = pdu_of(field);
    char paragraph[PARAGRAPH_SIZE], requirement[CLAUSE_SIZE];

    snprintf(paragraph, sizeof(paragraph), "%s, %s%s", whole->paragraph, field->paragraph,
             forms[field->kind].paragraph);
    snprintf(requirement, sizeof(requirement), "%s: %s: %u %s", whole->name, field->name,
             field->limit, forms[field->kind].of);
    clauses_add(clauses, paragraph, requirement, "", hold_field, field);
}

/* ---- optional parameters ---- */

static const struct tlv_row {
    const char *paragraph;
    const char *name;
    uint16_t tag;
    size_t least;
    size_t most;
    bool ends_with_nul;
    uint8_t submission;
    uint8_t delivery;
} tlvs[] = {
#define TLV(...) {__VA_ARGS__},
#include "tests/conformance/tlv_rows.def"
#undef TLV
};

/* A data_sm (4.7.1) with this parameter alone. */
static uint32_t decode_tlv(const struct tlv_row *row, size_t value_size)
{
    static const uint8_t body[] = {0, 0, 0, 0, 1, 1, '7', 0, 0, 0, 0};
    size_t size = put_32(1, put_32(0, put_32(0x103, 4)));

    memcpy(octets + size, body, sizeof(body));
    size = put_32((uint32_t)(row->tag << 16 | value_size), size + sizeof(body));
    size = put_run('1', value_size, size);
    if (row->ends_with_nul && value_size > 0)
        octets[size - 1] = 0;
    put_32((uint32_t)size, 0);
    return smpp_pdu_decode(octets, size, &pdu);
}

/* Whether 5.0 has another size for the same tag. */
static bool is_of_another_row(const struct tlv_row *row, size_t value_size)
{
    for (size_t i = 0; i < ROWS(tlvs); i++)
        if (&tlvs[i] != row && tlvs[i].tag == row->tag && value_size >= tlvs[i].least &&
            value_size <= tlvs[i].most)
            return true;
    return false;
}

static void hold_tlv(const void *parameter)
{
    const struct tlv_row *row = parameter;
    const size_t sizes[] = {row->least, row->most, row->least - 1, row->most + 1};
    const struct smpp_tlv_rule *rule = smpp_tlv_rule(row->tag);

    CHECK(rule != NULL && strncmp(row->name, rule->name, strlen(rule->name)) == 0,
          row->name);
    CHECK_EQ(rule->submission, row->submission, row->name);
    CHECK_EQ(rule->delivery, row->delivery, row->name);
    for (size_t i = 0; i < ROWS(sizes); i++) {
        bool fits = sizes[i] >= row->least && sizes[i] <= row->most;

        if (sizes[i] > UINT16_MAX || (!fits && is_of_another_row(row, sizes[i])))
            continue;
        CHECK_EQ(decode_tlv(row, sizes[i]), fits ? ESME_ROK : ESME_RINVPARLEN, row->name);
        if (!fits)
            continue;
        CHECK_EQ(pdu.tlv_count, 1, row->name);
        CHECK_EQ(pdu.tlvs[0].tag, row->tag, row->name);
        CHECK_EQ(pdu.tlvs[0].size, sizes[i], row->name);
    }
}

CLAUSE(a_tag_is_known_when_it_has_a_row_here_and_only_then)
{
    for (unsigned tag = 0; tag <= UINT16_MAX; tag++) {
        bool has_row = false;

        for (size_t i = 0; i < ROWS(tlvs); i++)
            has_row = has_row || tlvs[i].tag == tag;
        CHECK_EQ(smpp_tlv_rule((uint16_t)tag) != NULL, has_row, "a tag");
    }
}

/* ---- names ---- */

static const struct code_row {
    bool is_command;
    uint32_t code;
    const char *name;
} codes[] = {
#define COMMAND(code, name) {true, code, name},
#define STATUS(code, name)  {false, code, name},
#include "tests/conformance/code_rows.def"
#undef COMMAND
#undef STATUS
};

static void hold_codes(bool are_commands, const char *(*name_of)(uint32_t))
{
    for (size_t i = 0; i < ROWS(codes); i++)
        if (codes[i].is_command == are_commands)
            CHECK_STR(name_of(codes[i].code), codes[i].name, codes[i].name);
}

CLAUSE(every_command_of_Table_5_1_has_its_command_id)
{
    hold_codes(true, smpp_command_name);
}

CLAUSE(every_error_of_Table_5_2_has_its_code)
{
    hold_codes(false, smpp_status_name);
}

int main(void)
{
    static struct clauses clauses;

    for (size_t i = 0; i < ROWS(fields); i++)
        if (fields[i].kind != A_PDU && fields[i].kind != A_LIST)
            add_field(&clauses, &fields[i]);
    for (size_t i = 0; i < ROWS(tlvs); i++)
        clauses_add(&clauses, tlvs[i].paragraph, tlvs[i].name,
                    ": its size, and which PDU has it", hold_tlv, &tlvs[i]);
    CLAUSES_ADD_NAMED(&clauses, "5.3.1, 5.3.2",
                      a_tag_is_known_when_it_has_a_row_here_and_only_then);
    CLAUSES_ADD_NAMED(&clauses, "5.1.2, 5.1.2.1",
                      every_command_of_Table_5_1_has_its_command_id);
    CLAUSES_ADD_NAMED(&clauses, "5.1.3, 5.0 4.7.6", every_error_of_Table_5_2_has_its_code);
    return clauses_run(&clauses);
}
