/*
 * The configuration: what comes from where, and what its sections mean together.
 */
#include "gateway/config.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "gateway/profile.h"
#include "tests/gateway/config_place.h"
#include "tests/test.h"

TEST(variables_take_their_values_and_their_defaults)
{
    struct config_errors errors;
    struct config *config;

    setenv("SLUICE_TEST_PORT", "4711", 1);
    config =
        config_place_load("listen \"a\" { address = \"127.0.0.1:${SLUICE_TEST_PORT}\" }\n"
                          "node = ${SLUICE_TEST_NODE:-7}\n",
                          &errors);
    assert_non_null(config);
    assert_int_equal(config->listens[0].address.port, 4711);
    assert_int_equal(config->node, 7);
    config_free(config);
}

TEST(included_files_are_one_with_the_first)
{
    struct config_errors errors;
    struct config *config;

    config_place_write("u.conf", "# of its own\n" LINK);
    config = config_place_load(
        "include(\"u*.conf\")\ninclude(\"none*.conf\")\n" LISTEN PLAN, &errors);
    assert_non_null(config);
    assert_int_equal(config->link_count, 1);
    config_free(config);

    config_place_write("u.conf", "\nlink \"l\" { port = 1 system_id = \"s\" }\n");
    assert_null(config_place_load("include(\"u.conf\")\n", &errors));
    CHECK_STR(errors.lines[0], "u.conf:2: link 'l': host is required, or hosts alone",
              "its own lines");

    config_place_write("u.conf", "\n" LINK);
    assert_null(config_place_load("include(\"u.conf\")\n" LINK, &errors));
    CHECK_STR(errors.lines[0],
              "u.conf:2: link 'l' is there twice; the first is at t.conf:2", "both named");
}

TEST(secrets_come_from_files)
{
    struct config_errors errors;
    struct config *config;

    config_place_write("secret", "$argon2id$v=19$m=19456,t=2,p=1$salt$hash\nsecond line\n");
    config =
        config_place_load(LINK PLAN LISTEN PRICE
                          "account \"x\" { password_file = \"secret\" plan = \"p\" }\n",
                          &errors);
    assert_non_null(config);
    assert_null(config->accounts[0].password);
    CHECK_STR(config->accounts[0].password_hash, "$argon2id$v=19$m=19456,t=2,p=1$salt$hash",
              "first line");
    config_free(config);
    config_place_write("secret", "\n");
    assert_null(config_place_load("link \"l\" { host = \"h\" port = 1 system_id = \"s\" "
                                  "password_file = \"secret\" }\n",
                                  &errors));
    CHECK_STR(errors.lines[0], "t.conf:1: link 'l': the first line of './secret' is empty",
              "empty");
}

/* Nobody writes into it, and a configuration is read again while messages go. */
TEST(a_pipe_is_refused_wherever_a_file_is_named_and_not_waited_for)
{
    static const struct {
        const char *text;
        const char *told;
    } rows[] = {
        {"link \"l\" { host = \"h\" port = 1 system_id = \"s\" password_file = \"pipe\" "
         "}\n",                                                        "t.conf:1: link 'l': password_file './pipe' is not a file"},
        {"include(\"pipe\")\n",                                                 "pipe: is not a file"                                     },
        {"listen \"s\" { address = \"0.0.0.0:1\"\n tls { key = \"pipe\" } }\n",
         "/pipe' is not a file"                                                                                                           },
    };

    assert_int_equal(mkfifo("pipe", 0600), 0);
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct config_errors errors;
        bool told = false;

        alarm(10);
        CHECK(config_place_load(rows[i].text, &errors) == NULL, rows[i].text);
        alarm(0);
        for (size_t n = 0; n < errors.count; n++)
            told = told || strstr(errors.lines[n], rows[i].told) != NULL;
        CHECK(told, rows[i].text);
    }
    assert_int_equal(unlink("pipe"), 0);
}

/* As many characters as are asked for, in memory of the caller's. */
static char *repeated(const char *what, size_t times, const char *then)
{
    size_t size = strlen(what);
    char *text = calloc(times * size + strlen(then) + 1, 1);

    assert_non_null(text);
    for (size_t i = 0; i < times; i++)
        memcpy(text + i * size, what, size);
    memcpy(text + times * size, then, strlen(then));
    return text;
}

TEST(a_long_secret_is_read_whole_or_refused)
{
    static const struct {
        const char *row;
        size_t length;
        bool taken;
    } rows[] = {
        {"a token that is signed", 2000, true },
        {"the longest",            8190, true },
        {"one more",               8191, false},
        {"far more",               9000, false},
    };
    struct config_errors errors;

    for (size_t i = 0; i < ROWS(rows); i++) {
        char *secret = repeated("x", rows[i].length, "\n");
        struct config *config;

        config_place_write("secret", secret);
        config = config_place_load(
            "channel \"m\" { profile = \"lab\" url = \"https://a.example\" "
            "token_file = \"secret\" key = \"k\" }\n" LISTEN,
            &errors);
        secret[rows[i].length] = '\0';
        CHECK_EQ(config != NULL, rows[i].taken, rows[i].row);
        if (config != NULL)
            CHECK_STR(config->channels[0].token, secret, rows[i].row);
        else
            CHECK_STR(errors.lines[0],
                      "t.conf:1: channel 'm': the first line of './secret' has more than "
                      "8190 octets",
                      rows[i].row);
        config_free(config);
        free(secret);
    }
}

TEST(a_long_path_is_not_cut)
{
    char *secret = repeated("./", 600, "secret");
    char *providers = repeated("./", 600, "providers");
    struct config_errors errors;
    struct config *config;
    char text[8192];

    config_place_write("secret", "pw\n");
    snprintf(text, sizeof(text),
             "providers = \"%s\"\n" CHANNEL "link \"l\" { host = \"h\" port = 1 "
             "system_id = \"s\" password_file = \"%s\" }\n" LISTEN,
             providers, secret);
    config = config_place_load(text, &errors);
    if (config == NULL)
        fail_msg("%s", errors.lines[0]);
    CHECK_STR(config->links[0].password, "pw", "the file's");
    CHECK_STR(config->channels[0].profile_name, "lab", "the profile's");
    config_free(config);
    free(secret);
    free(providers);
}

TEST(statuses_without_a_row_have_their_defaults)
{
    struct config_errors errors;
    struct config *config =
        config_place_load("link \"l\" { host = \"h\" port = 1 system_id = \"s\"\n"
                          "  on_status \"0x14\" { action = \"next\" } }\n" LISTEN,
                          &errors);
    const struct config_link *link;

    assert_non_null(config);
    link = &config->links[0];
    assert_int_equal(config_link_on_status(link, 0x14)->action, CONFIG_ACTION_NEXT);
    assert_int_equal(config_link_on_status(link, 0x58)->action, CONFIG_ACTION_PAUSE);
    assert_int_equal(config_link_on_status(link, 0x58)->delays_ms[0], 1000);
    assert_int_equal(config_link_on_status(link, 0x0B)->action, CONFIG_ACTION_NEXT);
    assert_int_equal(config_link_on_status(link, 0x401)->action, CONFIG_ACTION_FAIL);
    config_free(config);
}

/* Of a link without an on_status section. */
TEST(a_status_of_an_operator_means_what_most_mean_by_it)
{
    static const struct {
        uint32_t status;
        enum config_action action;
        size_t count;
        int64_t delays_s[5];
    } rows[] = {
        {0x08, CONFIG_ACTION_RETRY, 5, {30, 30, 30, 30, 30}},
        {0x0A, CONFIG_ACTION_NEXT,  0, {0}                 },
        {0x14, CONFIG_ACTION_RETRY, 4, {5, 15, 45, 135}    },
        {0x45, CONFIG_ACTION_RETRY, 3, {60, 60, 60}        },
        {0x58, CONFIG_ACTION_PAUSE, 2, {1, 30}             },
        {0x64, CONFIG_ACTION_RETRY, 5, {30, 30, 30, 30, 30}},
        {0x65, CONFIG_ACTION_FAIL,  0, {0}                 },
        {0x66, CONFIG_ACTION_FAIL,  0, {0}                 },
        {0x67, CONFIG_ACTION_RETRY, 3, {60, 60, 60}        },
        {0x94, CONFIG_ACTION_FAIL,  0, {0}                 },
        {0xFE, CONFIG_ACTION_RETRY, 3, {60, 60, 60}        },
        {0xFF, CONFIG_ACTION_RETRY, 3, {60, 60, 60}        },
    };
    struct config_errors errors;
    struct config *config = config_place_load(
        "link \"l\" { host = \"h\" port = 1 system_id = \"s\" }\n" LISTEN, &errors);

    assert_non_null(config);
    for (size_t i = 0; i < ROWS(rows); i++) {
        const struct config_on_status *row =
            config_link_on_status(&config->links[0], rows[i].status);
        char name[16];

        snprintf(name, sizeof(name), "0x%02x", rows[i].status);
        CHECK_EQ(row->action, rows[i].action, name);
        CHECK_EQ(row->delay_count, rows[i].count, name);
        for (size_t n = 0; n < rows[i].count; n++)
            CHECK_EQ(row->delays_ms[n], rows[i].delays_s[n] * 1000, name);
    }
    config_free(config);
}

TEST(receipts_of_a_link_are_read_as_its_sections_say)
{
    struct config_errors errors;
    struct config *config = config_place_load(
        "link \"l\" { host = \"h\" port = 1 system_id = \"s\" unmarked_receipts = true\n"
        "  receipt_columns = {\"stat\", \"done date\", \"-\", \"err\", \"id\"}\n"
        "  report_word \"BLIST\" { is = \"failed\" reason = \"blocked\" }\n"
        "  report_word \"OK\" { is = \"delivered\" }\n"
        "  report_error \"0219\" { reason = \"quota\" } }\n" LISTEN,
        &errors);
    const struct config_link *link;

    assert_non_null(config);
    link = &config->links[0];
    assert_true(link->receipt_form.unmarked);
    assert_int_equal(link->receipt_form.column_count, 5);
    assert_int_equal(link->receipt_form.columns[1], SMPP_COLUMN_DONE);
    assert_int_equal(link->receipt_form.columns[4], SMPP_COLUMN_ID);
    assert_int_equal(link->report_word_count, 2);
    assert_int_equal(link->report_words[0].reason, REASON_BLOCKED);
    assert_int_equal(link->report_words[1].is, PROFILE_DELIVERED);
    assert_string_equal(link->report_errors[0].error, "219");
    assert_int_equal(link->report_errors[0].reason, REASON_QUOTA);
    config_free(config);
}

/* What is granted follows from what is told, and else from the plans. */
TEST(an_account_has_its_own_class_and_those_it_is_granted)
{
    static const struct {
        const char *row;
        const char *account; /* what it says besides */
        uint8_t classes;
    } rows[] = {
        {"its own",                "",                                        1    },
        {"another own",            "class = \"service\"",                     2    },
        {"and of its plans",       "plans = {\"q\"}",                         1 | 4},
        {"told, not of its plans", "plans = {\"q\"} classes = {\"service\"}", 1 | 2},
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct config_errors errors;
        struct config *config;
        char text[1024];

        snprintf(
            text, sizeof(text),
            PRACTICE LINK PLAN
            "plan \"q\" { class = \"advertising\" step \"a\" { channels = {\"l\"} } }\n"
            "account \"x\" { password = \"pw\" plan = \"p\" %s }\n" LISTEN PRICE,
            rows[i].account);
        config = config_place_load(text, &errors);
        CHECK(config != NULL, rows[i].row);
        CHECK_EQ(config->accounts[0].classes, rows[i].classes, rows[i].row);
        config_free(config);
    }
}

TEST(patterns_and_domains_are_folded)
{
    struct config_errors errors;
    struct config *config = config_place_load(
        "content \"c\" { text = {\"ВЫИГРАЛ*Приз\"} domains = {\"*.Shop.Example\", "
        "\".bit.ly\", \"*\"} }\n",
        &errors);

    assert_non_null(config);
    CHECK_STR(config->contents[0].texts.words[0], "выиграл*приз", "pattern");
    CHECK_STR(config->contents[0].domains.words[0], "shop.example", "domain");
    CHECK_STR(config->contents[0].domains.words[1], "bit.ly", "domain");
    CHECK_STR(config->contents[0].domains.words[2], "*", "any");
    config_free(config);
}

#define TEST_IN_FOLDER(name)                                                               \
    cmocka_unit_test_setup_teardown(name, config_place_enter, config_place_leave)

/* Processor time that a price list of so many rows takes to be read. */
static clock_t time_of_prices(int rows)
{
    struct config_errors errors;
    struct config *config;
    clock_t begun = clock();
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    fputs(GOOD, out);
    for (int i = 0; i < rows; i++)
        fprintf(out, "price { side = \"sell\" prefix = \"%d\" price = \"1\" }\n",
                1000000 + i);
    fclose(out);
    config = config_place_load(text, &errors);
    if (config == NULL)
        fail_msg("%s", errors.lines[0]);
    assert_int_equal(config->price_count, rows + 1);
    config_free(config);
    free(text);
    return clock() - begun;
}

/* Each SIGHUP reads it, and nothing else goes on meanwhile.  On a busy machine the same
 * work takes twice the time now and then: the least of some tries counts. */
TEST(a_price_list_of_four_times_the_rows_takes_four_times_as_long)
{
    enum { TRIES = 5 };
    clock_t few = 0, many = 0;

    for (int try = 0; try < TRIES && many >= 9 * few; try++) {
        clock_t few_now = time_of_prices(5000);
        clock_t many_now = time_of_prices(20000);

        few = try == 0 || few_now < few ? few_now : few;
        many = try == 0 || many_now < many ? many_now : many;
    }
    CHECK(many < 9 * few, "rows are compared with each other");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_FOLDER(variables_take_their_values_and_their_defaults),
        TEST_IN_FOLDER(included_files_are_one_with_the_first),
        TEST_IN_FOLDER(secrets_come_from_files),
        TEST_IN_FOLDER(a_pipe_is_refused_wherever_a_file_is_named_and_not_waited_for),
        TEST_IN_FOLDER(a_long_secret_is_read_whole_or_refused),
        TEST_IN_FOLDER(a_long_path_is_not_cut),
        TEST_IN_FOLDER(statuses_without_a_row_have_their_defaults),
        TEST_IN_FOLDER(a_status_of_an_operator_means_what_most_mean_by_it),
        TEST_IN_FOLDER(receipts_of_a_link_are_read_as_its_sections_say),
        TEST_IN_FOLDER(an_account_has_its_own_class_and_those_it_is_granted),
        TEST_IN_FOLDER(patterns_and_domains_are_folded),
        TEST_IN_FOLDER(a_price_list_of_four_times_the_rows_takes_four_times_as_long),
    };

    return RUN_ALL(tests);
}
