/* What the lists of an account mean, and what is told when they mean nothing. */
#include "gateway/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "routing/country.h"
#include "tests/test.h"

static char path[64];

static int make_file(void **state)
{
    int fd;

    (void)state;
    snprintf(path, sizeof(path), "/tmp/sluice-permissions-XXXXXX");
    fd = mkstemp(path);
    close(fd);
    return fd < 0 ? -1 : 0;
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

/* One account "x" with these settings, on line 3, and `global` on line 1. */
static struct config *load(const char *global, const char *settings,
                           struct config_errors *errors)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fprintf(file,
            "%s\nplan \"p\" { step \"a\" { channels = {\"l\"} } }\n"
            "account \"x\" { password_hash = \"$argon2id$v=19$\" plan = \"p\" %s }\n"
            "link \"l\" { host = \"h\" port = 1 system_id = \"s\" }\n",
            global, settings);
    fclose(file);
    return config_load(path, errors);
}

static struct config *load_or_fail(const char *global, const char *settings)
{
    struct config_errors errors;
    struct config *config = load(global, settings, &errors);

    if (config == NULL)
        fail_msg("%s: %s", settings, errors.lines[0]);
    return config;
}

TEST(a_new_account_has_its_home_and_what_is_safe)
{
    struct config *config = load_or_fail("", "country = \"DE\"");
    const struct permissions *it = &config->accounts[0].permissions;

    assert_false(it->every_destination);
    assert_false(it->premium);
    assert_int_equal(it->country_count, 1);
    assert_int_equal(it->countries[0], country_code("DE"));
    assert_int_equal(it->prefix_count, 0);
    assert_int_equal(it->source_count, 1);
    assert_int_equal(it->sources[0].kind, SOURCE_ANY);
    assert_true(octet_set_has(&it->data_codings, 0x08));
    assert_false(octet_set_has(&it->data_codings, 0xF2));
    assert_false(octet_set_has(&it->protocol_ids, 0x7F));
    assert_true(octet_set_has(&it->esm_classes, 0xFF));
    assert_true(config->premium_known);
    assert_int_equal(config->accounts[0].dedupe_within_ms, 0);
    for (int i = 0; i < USAGE_KINDS; i++)
        assert_int_equal(config->accounts[0].limits.of[i], 0);
    config_free(config);
}

TEST(what_the_account_does_not_say_the_file_says)
{
    struct config *config = load_or_fail("country = \"AT\"", "");

    assert_int_equal(config->accounts[0].permissions.countries[0], country_code("AT"));
    config_free(config);
    config = load_or_fail("destinations = {\"*\"}", "");
    assert_true(config->accounts[0].permissions.every_destination);
    config_free(config);
    config = load_or_fail("country = \"AT\" destinations = {\"*\"}",
                          "country = \"DE\" destinations = {\"home\", \"CH\", \"+4479\"}");
    assert_false(config->accounts[0].permissions.every_destination);
    assert_int_equal(config->accounts[0].permissions.countries[0], country_code("DE"));
    assert_int_equal(config->accounts[0].permissions.countries[1], country_code("CH"));
    CHECK_STR(config->accounts[0].permissions.prefixes[0], "4479", "the beginning");
    config_free(config);
}

TEST(lists_hold_values_ranges_and_words)
{
    struct config *config = load_or_fail(
        "destinations = {\"*\"} premium_ranges = {\"+4490\", \"known\"}",
        "data_codings = {\"0\", \"0x10-0x12\"} protocol_ids = {\"safe\", \"127\"}"
        " ports = {\"2948\", \"5000-5010\"} premium = true"
        " parts_per_hour = 7 spend_per_day = \"1.5\"");
    const struct permissions *it = &config->accounts[0].permissions;

    for (unsigned value = 0; value <= 0xFF; value++)
        assert_int_equal(octet_set_has(&it->data_codings, (uint8_t)value),
                         value == 0 || (value >= 0x10 && value <= 0x12));
    assert_true(octet_set_has(&it->protocol_ids, 0x7F));
    assert_false(octet_set_has(&it->protocol_ids, 0x7D));
    assert_int_equal(it->port_count, 2);
    assert_int_equal(it->ports[0].first, 2948);
    assert_int_equal(it->ports[1].last, 5010);
    assert_true(it->premium);
    assert_int_equal(config->premium_prefix_count, 1);
    CHECK_STR(config->premium_prefixes[0], "4490", "the range");
    assert_int_equal(config->accounts[0].limits.of[USAGE_PARTS_HOUR], 7);
    assert_int_equal(config->accounts[0].limits.of[USAGE_SPEND_DAY], 1500000);
    config_free(config);
}

static const struct {
    const char *global;
    const char *settings;
    const char *sentence; /* how it begins, behind the file and the line */
} wrong[] = {
    {"",                       "",                             "it may send to its home only, and has none: say country = \"DE\""},
    {"",                       "country = \"Germany\"",        "country must be a code of two letters"                           },
    {"destinations = {\"*\"}", "data_codings = {\"300\"}",     "data_codings must hold values"                                   },
    {"destinations = {\"*\"}", "data_codings = {\"0x\"}",      "data_codings must hold values"                                   },
    {"destinations = {\"*\"}", "data_codings = {\"9-1\"}",     "data_codings must hold values"                                   },
    {"destinations = {\"*\"}", "data_codings = {\"1-\"}",      "data_codings must hold values"                                   },
    {"destinations = {\"*\"}", "esm_classes = {\"-1\"}",       "esm_classes must hold values"                                    },
    {"destinations = {\"*\"}", "ports = {\"65536\"}",          "ports must hold values"                                          },
    {"destinations = {\"*\"}", "sources = {\"A*B\"}",          "sources must hold at most 20"                                    },
    {"",                       "destinations = {\"Germany\"}", "destinations must hold home"                                     },
    {"",                       "destinations = {\"+49x\"}",    "destinations must hold home"                                     },
};

TEST(what_means_nothing_is_told)
{
    for (size_t i = 0; i < ROWS(wrong); i++) {
        struct config_errors errors;
        char head[100];
        struct config *config = load(wrong[i].global, wrong[i].settings, &errors);

        CHECK(config == NULL, wrong[i].settings);
        snprintf(head, sizeof(head), "%s:3: account 'x': ", path);
        CHECK(strncmp(errors.lines[0], head, strlen(head)) == 0, errors.lines[0]);
        CHECK(strncmp(errors.lines[0] + strlen(head), wrong[i].sentence,
                      strlen(wrong[i].sentence)) == 0,
              errors.lines[0]);
    }
}

TEST(wrong_premium_ranges_are_told)
{
    struct config_errors errors;

    assert_null(load("premium_ranges = {\"dear\"}", "country = \"DE\"", &errors));
    CHECK(strstr(errors.lines[0], ":1: premium_ranges must hold known, none or") != NULL,
          errors.lines[0]);
}

TEST(what_is_printed_loads_again_and_means_the_same)
{
    struct config *config = load_or_fail(
        "country = \"DE\" premium_ranges = {\"none\"}",
        "sources = {\"ACME*\"} data_codings = {\"safe\", \"0xF2\"} ports = {\"1-2\"}"
        " destinations = {\"home\", \"+1\"} recipient_max = 3 dedupe_within = \"5m\"");
    struct config_errors errors;
    FILE *file;

    file = fopen(path, "w");
    assert_non_null(file);
    config_print(config, file);
    fclose(file);
    config_free(config);
    config = config_load(path, &errors);
    if (config == NULL)
        fail_msg("%s", errors.lines[0]);
    assert_int_equal(config->accounts[0].permissions.countries[0], country_code("DE"));
    CHECK_STR(config->accounts[0].permissions.prefixes[0], "1", "the beginning");
    CHECK_STR(config->accounts[0].permissions.sources[0].text, "ACME", "the sender");
    assert_true(octet_set_has(&config->accounts[0].permissions.data_codings, 0xF2));
    assert_false(octet_set_has(&config->accounts[0].permissions.data_codings, 0xF6));
    assert_int_equal(config->accounts[0].permissions.port_count, 1);
    assert_int_equal(config->accounts[0].dedupe_within_ms, 300000);
    assert_false(config->premium_known);
    config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_new_account_has_its_home_and_what_is_safe),
        RUN(what_the_account_does_not_say_the_file_says),
        RUN(lists_hold_values_ranges_and_words),
        RUN(what_means_nothing_is_told),
        RUN(wrong_premium_ranges_are_told),
        RUN(what_is_printed_loads_again_and_means_the_same),
    };

    return cmocka_run_group_tests(tests, make_file, remove_file);
}
