/* What an account may send. */
#include "routing/permission.h"

#include "routing/country.h"
#include "routing/prefix.h"
#include "tests/test.h"

static struct prefix_map *countries, *premium;

static int begin(void **state)
{
    (void)state;
    countries = country_map_new();
    premium = prefix_map_new();
    country_add_premium(premium);
    return 0;
}

static int end(void **state)
{
    (void)state;
    prefix_map_free(countries);
    prefix_map_free(premium);
    return 0;
}

/* As an account is that says nothing but its home. */
static struct permissions home_of(const char *country)
{
    static struct source_pattern any;
    static uint16_t home;
    struct permissions permissions = {
        .sources = &any, .source_count = 1, .countries = &home, .country_count = 1};

    home = country_code(country);
    assert_true(source_pattern_read("*", &any));
    permission_add_safe_data_codings(&permissions.data_codings);
    permission_add_safe_protocol_ids(&permissions.protocol_ids);
    octet_set_add(&permissions.esm_classes, 0x00, 0xFF);
    permissions.ports = permission_safe_ports(&permissions.port_count);
    return permissions;
}

static enum permission ask(const struct permissions *permissions,
                           const struct permission_facts *facts)
{
    const struct permission_maps maps = {countries, premium};

    return permission_ask(permissions, facts, &maps);
}

static const struct {
    const char *row;
    struct permission_facts facts;
    enum permission answer;
} rows[] = {
    {"plain text",         {.data_coding = 0x00},                     PERMISSION_OK         },
    {"UCS-2",              {.data_coding = 0x08},                     PERMISSION_OK         },
    {"binary",             {.data_coding = 0x04},                     PERMISSION_OK         },
    {"flash",              {.data_coding = 0x10},                     PERMISSION_OK         },
    {"class 1",            {.data_coding = 0xF1},                     PERMISSION_OK         },
    {"class 2",            {.data_coding = 0xF2},                     PERMISSION_DATA_CODING},
    {"class 2, 8 bits",    {.data_coding = 0xF6},                     PERMISSION_DATA_CODING},
    {"class 2, general",   {.data_coding = 0x12},                     PERMISSION_DATA_CODING},
    {"class 2, UCS-2",     {.data_coding = 0x1A},                     PERMISSION_DATA_CODING},
    {"no class bits",      {.data_coding = 0x02},                     PERMISSION_OK         },
    {"message waiting",    {.data_coding = 0xCA},                     PERMISSION_OK         },
    {"SIM data download",  {.protocol_id = 0x7F},                     PERMISSION_PROTOCOL_ID},
    {"ME data download",   {.protocol_id = 0x7D},                     PERMISSION_PROTOCOL_ID},
    {"silent",             {.protocol_id = 0x40},                     PERMISSION_PROTOCOL_ID},
    {"replace type 1",     {.protocol_id = 0x41},                     PERMISSION_OK         },
    {"toolkit header",     {.to_card = true},                         PERMISSION_PROTOCOL_ID},
    {"WAP push",           {.has_port = true, .port = 2948},          PERMISSION_PORT       },
    {"WAP push, secure",   {.has_port = true, .port = 2949},          PERMISSION_PORT       },
    {"provisioning",       {.has_port = true, .port = 49999},         PERMISSION_PORT       },
    {"SyncML",             {.has_port = true, .port = 49996},         PERMISSION_PORT       },
    {"WSP",                {.has_port = true, .port = 9200},          PERMISSION_PORT       },
    {"a ring tone",        {.has_port = true, .port = 5505},          PERMISSION_OK         },
    {"a card of somebody", {.has_port = true, .port = 9204},          PERMISSION_OK         },
    {"our own text",
     {.is_our_text = true, .data_coding = 0xF2, .protocol_id = 0x7F},
     PERMISSION_OK                                                                          },
    {"another country",    {.destination = "447400123456"},           PERMISSION_DESTINATION},
    {"a short code",       {.destination = "12345"},                  PERMISSION_DESTINATION},
    {"premium at home",    {.destination = "499001234567"},           PERMISSION_PREMIUM    },
};

TEST(a_new_account_sends_what_tells_people_something_and_at_home)
{
    const struct permissions permissions = home_of("DE");

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct permission_facts facts = rows[i].facts;

        facts.source = "Shop";
        if (facts.destination == NULL)
            facts.destination = "4917012345678";
        CHECK_EQ(ask(&permissions, &facts), rows[i].answer, rows[i].row);
    }
}

TEST(beginnings_and_everything_reach_further)
{
    static const char *prefixes[] = {"4479", "12345"};
    struct permissions permissions = home_of("DE");
    struct permission_facts facts = {.source = "", .destination = "447911123456"};

    permissions.prefixes = prefixes;
    permissions.prefix_count = 2;
    assert_int_equal(ask(&permissions, &facts), PERMISSION_OK);
    facts.destination = "12345";
    assert_int_equal(ask(&permissions, &facts), PERMISSION_OK);
    facts.destination = "447811123456";
    assert_int_equal(ask(&permissions, &facts), PERMISSION_DESTINATION);
    permissions.every_destination = true;
    assert_int_equal(ask(&permissions, &facts), PERMISSION_OK);
    facts.destination = "97912345678";
    assert_int_equal(ask(&permissions, &facts), PERMISSION_PREMIUM);
    permissions.premium = true;
    assert_int_equal(ask(&permissions, &facts), PERMISSION_OK);
}

TEST(a_list_holds_its_values_and_no_others)
{
    struct octet_set set = {0};

    octet_set_add(&set, 0x3F, 0x41);
    octet_set_add(&set, 0xFF, 0xFF);
    for (unsigned value = 0; value <= 0xFF; value++)
        assert_int_equal(octet_set_has(&set, (uint8_t)value),
                         (value >= 0x3F && value <= 0x41) || value == 0xFF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_new_account_sends_what_tells_people_something_and_at_home),
        RUN(beginnings_and_everything_reach_further),
        RUN(a_list_holds_its_values_and_no_others),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
