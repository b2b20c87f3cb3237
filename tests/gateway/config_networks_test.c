/*
 * Networks of a configuration: those of addresses, and those of numbers.
 */
#include "gateway/config.h"

#include <arpa/inet.h>

#include "gateway/config_value.h"
#include "tests/gateway/config_place.h"
#include "tests/test.h"

TEST(networks_hold_their_addresses)
{
    struct config_errors errors;
    uint8_t inside[16] = {[10] = 0xFF, [11] = 0xFF, 192, 0, 2, 200};
    uint8_t beside[16] = {[10] = 0xFF, [11] = 0xFF, 192, 0, 3, 1};
    uint8_t six[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};
    uint8_t host[16] = {[10] = 0xFF, [11] = 0xFF, 10, 0, 0, 1};
    struct config *config = config_place_load(
        LINK PLAN "account \"x\" { password_hash = \"****\" plan = \"p\" allow_from = "
                  "{\"192.0.2.0/24\", \"2001:db8::/33\", \"10.0.0.1\", \"::/0\"} }\n",
        &errors);
    const struct config_network *networks;

    assert_non_null(config);
    networks = config->accounts[0].allow_from;
    assert_true(config_network_contains(&networks[0], inside));
    assert_false(config_network_contains(&networks[0], beside));
    assert_true(config_network_contains(&networks[1], six));
    six[4] = 0x80;
    assert_false(config_network_contains(&networks[1], six));
    assert_true(config_network_contains(&networks[2], host));
    host[15] = 2;
    assert_false(config_network_contains(&networks[2], host));
    assert_true(config_network_contains(&networks[3], host));
    config_free(config);
}

TEST(a_network_ends_where_its_bits_say)
{
    static const struct {
        const char *row;
        const char *network;
        const char *address;
        bool inside;
    } rows[] = {
        {"every IPv4 address",          "0.0.0.0/0",            "255.255.255.255",        true },
        {"no IPv6 address in it",       "0.0.0.0/0",            "2001:db8::1",            false},
        {"the one host",                "192.0.2.7",            "192.0.2.7",              true },
        {"beside the one host",         "192.0.2.7/32",         "192.0.2.6",              false},
        {"the last of two",             "192.0.2.6/31",         "192.0.2.7",              true },
        {"after the last of two",       "192.0.2.6/31",         "192.0.2.8",              false},
        {"the last of 32 K",            "10.128.0.0/17",        "10.128.127.255",         true },
        {"after them",                  "10.128.0.0/17",        "10.128.128.0",           false},
        {"an IPv4 address mapped",      "192.0.2.0/24",         "::ffff:192.0.2.9",       true },
        {"an IPv4 network mapped",      "::ffff:192.0.2.0/120", "192.0.2.9",              true },
        {"IPv4 in its old form",        "192.0.2.0/24",         "::192.0.2.9",            false},
        {"the last of an IPv6 network", "2001:db8::/32",        "2001:db8:ffff::ffff:ff", true },
        {"after it",                    "2001:db8::/32",        "2001:db9::",             false},
        {"the last of two, IPv6",       "2001:db8::6/127",      "2001:db8::7",            true },
        {"after the last of two, IPv6", "2001:db8::6/127",      "2001:db8::8",            false},
        {"anybody",                     "::/0",                 "192.0.2.1",              true },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct config_network network;
        uint8_t address[16] = {[10] = 0xFF, [11] = 0xFF};

        CHECK(config_network_parse(rows[i].network, &network), rows[i].row);
        if (inet_pton(AF_INET, rows[i].address, address + 12) != 1)
            CHECK_EQ(inet_pton(AF_INET6, rows[i].address, address), 1, rows[i].row);
        CHECK_EQ(config_network_contains(&network, address), rows[i].inside, rows[i].row);
    }
}

/* The digits of a row's beginnings, each with how it was said: "4915p 4916n". */
static void beginnings_of(const struct config_reach *reach, char *out, size_t size)
{
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = 0; i < reach->count && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%s%c", i > 0 ? " " : "",
                                 reach->beginnings[i].digits,
                                 "pnc"[reach->beginnings[i].said_by]);
}

TEST(a_row_with_a_network_is_one_for_each_of_its_prefixes)
{
    static const struct {
        const char *row;
        const char *said;
        const char *beginnings;
    } rows[] = {
        {"nothing said",             "",                               "p"                          },
        {"no network at all",        "network = {}",                   "p"                          },
        {"a prefix",                 "prefix = \"4915\"",              "4915p"                      },
        {"inside another's",         "network = \"26202\"",            "49152n 491571n"             },
        {"around what is another's", "network = \"26201\"",
         "49150n 49151n 49153n 49154n 49155n 49156n 491570n 491572n 491573n 491574n "
         "491575n 491576n 491577n 491578n 491579n 49158n 49159n 49171n"                             },
        {"all of a country",         "network = \"262\"",              "4915c 49152c 491571c 49171c"},
        {"a country and a network",  "network = {\"234\", \"26202\"}",
         "447c 49152n 491571n"                                                                      },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct config_errors errors;
        struct config *config;
        char text[512], beginnings[256];

        snprintf(text, sizeof(text), NETWORKS "price { side = \"buy\" price = \"1\" %s }\n",
                 rows[i].said);
        config = config_place_load(text, &errors);
        CHECK(config != NULL, errors.lines[0]);
        beginnings_of(&config->prices[0].reach, beginnings, sizeof(beginnings));
        CHECK_STR(beginnings, rows[i].beginnings, rows[i].row);
        config_free(config);
    }
}

TEST(a_number_is_of_the_network_with_the_longest_prefix)
{
    static const struct {
        const char *digits;
        const char *code; /* NULL: none */
    } rows[] = {
        {"4915112345678", "26201"},
        {"4915212345678", "26202"},
        {"4915712345678", "26202"},
        {"4915702345678", "26201"},
        {"4917112345678", "26201"},
        {"4917212345678", NULL   },
        {"447700900123",  "23415"},
        {"44",            NULL   },
        {"",              NULL   },
    };
    struct config_errors errors;
    struct config *config = config_place_load(NETWORKS, &errors);

    assert_non_null(config);
    for (size_t i = 0; i < ROWS(rows); i++) {
        const struct config_mobile_network *network =
            config_network_of(config, rows[i].digits);

        CHECK_EQ(network != NULL, rows[i].code != NULL, rows[i].digits);
        if (network != NULL)
            CHECK_STR(network->code, rows[i].code, rows[i].digits);
    }
    CHECK_STR(config_network_of(config, "4917112345678")->name, "One", "its name");
    config_free(config);
}

TEST(an_account_reaches_the_networks_it_names)
{
    struct config_errors errors;
    struct config *config =
        config_place_load(NETWORKS PRACTICE LINK PLAN LISTEN PRICE
                          "account \"x\" { password = \"pw\" plan = \"p\" destinations = "
                          "{\"AT\", \"network:26202\", \"+4179\"} }\n",
                          &errors);
    const struct permissions *permissions;

    CHECK(config != NULL, errors.lines[0]);
    permissions = &config->accounts[0].permissions;
    CHECK_EQ(permissions->country_count, 1, "AT");
    CHECK_EQ(permissions->prefix_count, 3, "prefixes");
    CHECK_STR(permissions->prefixes[0], "49152", "of the network");
    CHECK_STR(permissions->prefixes[1], "491571", "of the network");
    CHECK_STR(permissions->prefixes[2], "4179", "its own");
    config_free(config);
}

#define TEST_IN_FOLDER(name)                                                               \
    cmocka_unit_test_setup_teardown(name, config_place_enter, config_place_leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_FOLDER(networks_hold_their_addresses),
        TEST_IN_FOLDER(a_network_ends_where_its_bits_say),
        TEST_IN_FOLDER(a_row_with_a_network_is_one_for_each_of_its_prefixes),
        TEST_IN_FOLDER(a_number_is_of_the_network_with_the_longest_prefix),
        TEST_IN_FOLDER(an_account_reaches_the_networks_it_names),
    };

    return RUN_ALL(tests);
}
