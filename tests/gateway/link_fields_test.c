/* The fields of a submit_sm as a link's operator wants them. */
#include "gateway/channels/link_pieces.h"

#include <stdlib.h>

#include "gateway/clock.h"
#include "gateway/config.h"
#include "gateway/gateway.h"
#include "smpp/command.h"
#include "tests/test.h"

/* 2026-11-22 10:00:00 UTC */
enum { NOW_S = 1795341600 };

static const struct config_form given = {.ton = CONFIG_AS_GIVEN, .npi = CONFIG_AS_GIVEN};

/* A link that writes everything as it came. */
static struct config_link plain(void)
{
    struct config_link config = {
        .country_code = "49",
        .national_prefix = "0",
        .short_code_max = 6,
        .service_type = "",
        .protocol_id = CONFIG_AS_GIVEN,
        .priority = CONFIG_AS_GIVEN,
        .validity_step_ms = 1000,
        .receipts = true,
    };

    for (int i = 0; i < CONFIG_FORMS; i++)
        config.sources[i] = config.destinations[i] = given;
    return config;
}

struct filled {
    struct body *body;
    struct smpp_pdu pdu;
    struct link_room room;
    char source[32];
    char destination[32];
    char validity[32];
};

static void copy(struct smpp_octets from, char out[32])
{
    assert_true(from.size < 32);
    if (from.size > 0)
        memcpy(out, from.data, from.size);
    out[from.size] = '\0';
}

static void fill(const struct config_link *config, const char *source, uint8_t source_ton,
                 const char *destination, int64_t ttl_ms, struct filled *out)
{
    struct gateway gateway = {.clock = clock_new_virtual(0, (int64_t)NOW_S * 1000)};
    const struct link link = {.gateway = &gateway, .config = config};
    struct handover handover = {.ttl_ms = ttl_ms, .data_coding = 8, .esm_class = 0x40};

    out->body = calloc(1, body_size(0, 0));
    assert_non_null(out->body);
    snprintf(out->body->source, BODY_ADDRESS_SIZE, "%s", source);
    snprintf(out->body->destination, BODY_ADDRESS_SIZE, "%s", destination);
    memcpy(out->body->service_type, "OTP", 4);
    out->body->source_ton = source_ton;
    out->body->destination_ton = 1;
    out->body->destination_npi = 1;
    out->body->protocol_id = 0x41;
    out->body->priority_flag = 2;
    handover.body = out->body;
    link_fill(&link, &handover, &out->pdu, &out->room);
    copy(out->pdu.source, out->source);
    copy(out->pdu.destination, out->destination);
    copy(out->pdu.validity_period, out->validity);
    clock_free(gateway.clock);
}

TEST(what_nothing_is_said_of_goes_as_it_came)
{
    const struct config_link config = plain();
    struct filled it;

    fill(&config, "+491700000001", 1, "491700000002", 60000, &it);
    CHECK_STR(it.source, "+491700000001", "source");
    CHECK_STR(it.destination, "491700000002", "destination");
    CHECK_EQ(it.pdu.source_ton, 1, "source TON");
    CHECK_EQ(it.pdu.destination_npi, 1, "destination NPI");
    CHECK_EQ(it.pdu.protocol_id, 0x41, "protocol_id");
    CHECK_EQ(it.pdu.priority_flag, 2, "priority");
    CHECK_EQ(it.pdu.registered_delivery, 1, "registered_delivery");
    CHECK_EQ(it.pdu.service_type.size, 3, "service_type");
    CHECK_EQ(it.pdu.esm_class, 0x40, "esm_class");
    CHECK_EQ(it.pdu.data_coding, 8, "data_coding");
    CHECK_STR(it.validity, "000000000100000R", "validity");
    free(it.body);
}

TEST(a_source_is_written_by_its_form)
{
    static const struct {
        const char *row;
        const char *source;
        uint8_t ton_given;
        int ton;
        const char *written;
    } rows[] = {
        {"a name",                     "Shop",          0, 5, "Shop"         },
        {"digits that are a name",     "12345",         5, 5, "12345"        },
        {"a short code",               "12345",         0, 3, "12345"        },
        {"six digits",                 "123456",        1, 3, "123456"       },
        {"international",              "441700000001",  0, 1, "+441700000001"},
        {"international with a plus",  "+441700000001", 1, 1, "+441700000001"},
        {"of the country",             "491700000001",  1, 2, "01700000001"  },
        {"of the country with a plus", "+491700000001", 1, 2, "01700000001"  },
        {"sent as national",           "1700000001",    2, 2, "1700000001"   },
        {"none: the operator's own",   "",              0, 0, ""             },
    };
    struct config_link config = plain();

    config.sources[CONFIG_FORM_ALPHANUMERIC].ton = 5;
    config.sources[CONFIG_FORM_SHORT].ton = 3;
    config.sources[CONFIG_FORM_INTERNATIONAL] =
        (struct config_form){true, 1, 1, CONFIG_WRITE_PLUS};
    config.sources[CONFIG_FORM_NATIONAL] =
        (struct config_form){true, 2, 8, CONFIG_WRITE_NATIONAL};
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct filled it;

        fill(&config, rows[i].source, rows[i].ton_given, "491700000002", 60000, &it);
        CHECK_EQ(it.pdu.source_ton, rows[i].ton, rows[i].row);
        CHECK_STR(it.source, rows[i].written, rows[i].row);
        free(it.body);
    }
}

TEST(a_destination_is_written_by_its_form)
{
    static const struct {
        const char *row;
        bool has_national;
        const char *destination;
        int ton;
        const char *written;
    } rows[] = {
        {"of the country",          true,  "491700000002", 2, "01700000002"  },
        {"of another",              true,  "441700000002", 1, "+441700000002"},
        {"no national form",        false, "491700000002", 1, "+491700000002"},
        {"the country code itself", true,  "49",           1, "+49"          },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct config_link config = plain();
        struct filled it;

        config.destinations[CONFIG_FORM_INTERNATIONAL] =
            (struct config_form){true, 1, 1, CONFIG_WRITE_PLUS};
        config.destinations[CONFIG_FORM_NATIONAL] =
            (struct config_form){rows[i].has_national, 2, 1, CONFIG_WRITE_NATIONAL};
        fill(&config, "Shop", 5, rows[i].destination, 60000, &it);
        CHECK_EQ(it.pdu.destination_ton, rows[i].ton, rows[i].row);
        CHECK_STR(it.destination, rows[i].written, rows[i].row);
        free(it.body);
    }
}

TEST(what_the_operator_writes_is_read_back)
{
    static const struct {
        const char *row;
        const char *prefix;
        uint8_t ton;
        const char *written;
        const char *read;
    } rows[] = {
        {"international",        "0", 1, "441700000002",  "441700000002"},
        {"with a plus",          "0", 1, "+491700000002", "491700000002"},
        {"national",             "0", 2, "01700000002",   "491700000002"},
        {"national, no TON",     "0", 0, "01700000002",   "491700000002"},
        {"no prefix, its TON",   "",  2, "1700000002",    "491700000002"},
        {"no prefix, other TON", "",  1, "1700000002",    "1700000002"  },
        {"none at all",          "0", 0, "",              ""            },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct config_link config = plain();
        const struct link link = {.config = &config};
        char number[LINK_ADDRESS_SIZE];

        config.national_prefix = rows[i].prefix;
        config.destinations[CONFIG_FORM_NATIONAL] =
            (struct config_form){true, 2, 1, CONFIG_WRITE_NATIONAL};
        snprintf(number, sizeof(number), "%s", rows[i].written);
        link_read_number(&link, rows[i].ton, number);
        CHECK_STR(number, rows[i].read, rows[i].row);
    }
}

TEST(the_time_is_told_as_the_operator_takes_it)
{
    /* SMPP 3.4 7.1.1: YYMMDDhhmmsstnnp. */
    static const struct {
        const char *row;
        enum config_validity form;
        int64_t least_ms;
        int64_t step_ms;
        int64_t ttl_ms;
        const char *written;
    } rows[] = {
        {"relative",                CONFIG_VALIDITY_RELATIVE, 0,     1000,  90500,           "000000000131000R"},
        {"raised to the least",     CONFIG_VALIDITY_RELATIVE, 60000, 1000,  2000,
         "000000000100000R"                                                                                    },
        {"in whole minutes",        CONFIG_VALIDITY_RELATIVE, 0,     60000, 61000,           "000000000200000R"},
        {"absolute",                CONFIG_VALIDITY_ABSOLUTE, 0,     1000,  3600000,         "261122110000000+"},
        {"absolute, whole minutes", CONFIG_VALIDITY_ABSOLUTE, 60000, 60000, 1,
         "261122100100000+"                                                                                    },
        {"none",                    CONFIG_VALIDITY_NONE,     60000, 1000,  90000,           ""                },
        {"too long for relative",   CONFIG_VALIDITY_RELATIVE, 0,     1000,  40LL * 86400000,
         "270101100000000+"                                                                                    },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct config_link config = plain();
        struct filled it;

        config.validity = rows[i].form;
        config.validity_min_ms = rows[i].least_ms;
        config.validity_step_ms = rows[i].step_ms;
        fill(&config, "Shop", 5, "491700000002", rows[i].ttl_ms, &it);
        CHECK_STR(it.validity, rows[i].written, rows[i].row);
        free(it.body);
    }
}

TEST(what_the_link_says_replaces_what_was_submitted)
{
    struct config_link config = plain();
    struct filled it;

    config.service_type = "CMT";
    config.protocol_id = 0;
    config.priority = 0;
    config.receipts = false;
    fill(&config, "Shop", 5, "491700000002", 60000, &it);
    CHECK_BYTES(it.pdu.service_type.data, it.pdu.service_type.size, "CMT", 3,
                "service_type");
    CHECK_EQ(it.pdu.protocol_id, 0, "protocol_id");
    CHECK_EQ(it.pdu.priority_flag, 0, "priority");
    CHECK_EQ(it.pdu.registered_delivery, 0, "registered_delivery");
    free(it.body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(what_nothing_is_said_of_goes_as_it_came),
        RUN(a_source_is_written_by_its_form),
        RUN(a_destination_is_written_by_its_form),
        RUN(what_the_operator_writes_is_read_back),
        RUN(the_time_is_told_as_the_operator_takes_it),
        RUN(what_the_link_says_replaces_what_was_submitted),
    };

    return RUN_ALL(tests);
}
