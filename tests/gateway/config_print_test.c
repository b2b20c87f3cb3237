/*
 * What is printed loads again, and the files that come with the gateway load.
 */
#include "gateway/config.h"

#include <stdlib.h>
#include <unistd.h>

#include "tests/gateway/config_place.h"
#include "tests/test.h"

/* What is printed, in memory of the caller's. */
static char *printed(const struct config *config)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    config_print(config, out);
    fclose(out);
    return text;
}

static void check_prints_as_it_loads(struct config *config, const char *row)
{
    char *first = printed(config);
    struct config_errors errors;
    struct config *again;
    char *second;

    config_free(config);
    again = config_place_load(first, &errors);
    if (again == NULL)
        fail_msg("%s: %s", row, errors.lines[0]);
    second = printed(again);
    CHECK_STR(second, first, row);
    config_free(again);
    free(first);
    free(second);
}

TEST(what_is_printed_loads_again_and_is_the_same)
{
    struct config_errors errors;
    struct config *config;

    check_prints_as_it_loads(config_place_load_lab(state), "the lab");
    config_place_write("u.conf", "");
    config = config_place_load(
        "private_networks = {\"10.0.0.0/8\", \"fd00::/8\"}\n"
        "private_ca = \"u.conf\"\n" NETWORKS GOOD CHANNEL
        "rule { class = \"service\" network = {\"262\", \"23415\"} plan = \"p\" }\n"
        "price { side = \"buy\" network = \"26201\" price = \"0.1\" }\n"
        "account \"w\" { password = \"p\" plan = \"p\" destinations = {\"network:262\"} }\n"
        "http { address = \"[::1]:0\" token \"t\" { value = \"v\" accounts = {\"x\"} } }\n"
        "rule { account = \"x\" source = \"a \\\"b\\\" \\\\ \\${HOME}\" plan = \"p\" }\n"
        "rule { class = \"service\" prefix = \"7\" plan = \"p\" }\n"
        "plan \"q\" { class = \"service\" step \"a\" { channels = {\"m\"} within = \"90s\" "
        "until = \"read\" on_silence = \"stop\" wait_full = true }\n"
        "  step \"b\" { channels = {\"l\"} enter_within = \"1500ms\" } }\n"
        "account \"y\" { password_hash = \"****\" plan = \"q\" plans = {\"p\"} credit = "
        "\"5.5\" receipt_zone = \"-05:30\" allow_from = {\"10.0.0.0/8\", "
        "\"2001:db8::/32\", \"::ffff:0:0/96\"} }\n"
        "price { side = \"buy\" channel = \"m\" price = \"0\" unit = \"message\" }\n"
        "listen \"s\" { address = \"[::1]:0\" tls { certificate = \"u.conf\" key = "
        "\"u.conf\" client_ca = \"u.conf\" crl = \"u.conf\" verify = \"optional\" "
        "min_version = \"1.3\" } }\n"
        "link \"k\" { host = \"h\" port = 1 system_id = \"s\" tls { ca = \"u.conf\" } }\n"
        "account \"z\" { password = \"p\" plan = \"q\" client_certificate = \"z.example\" "
        "}\n"
        "link \"n\" { hosts = {\"[::1]:1\", \"b:2\"} system_id = \"s\" bind = \"pair\" "
        "on_report = {\"17\", \"expired\"} country_code = \"49\" priority = 1\n"
        "source \"short\" { ton = 3 npi = 0 } destination \"national\" { write = "
        "\"national\" } }\n"
        "plan \"r\" { step \"a\" { channels = {\"l:3\", \"n\"} choose = \"weight\" } }\n"
        "link \"r\" { host = \"h\" port = 1 system_id = \"s\" id_rule = \"learn\" "
        "parts_report = \"last\" receipt_text = \"ignored\" receipt_columns = {\"stat\", "
        "\"-\", \"submit date\", \"text\"}\n report_word \"BLIST\" { is = \"failed\" "
        "reason = "
        "\"blocked\" }\n report_word \"\\\"\" { is = \"read\" }\n"
        " report_error \"007\" { reason = \"cap\" } }\n"
        "inbound \"i\" { to = \"447*\" keyword = \"ARR\xC3\x8AT\" link = \"l\" account = "
        "\"y\" "
        "reply = \"a \\\"b\\\"\" stop_words = {\"\"} start_words = {\"Go\"} opt_out = "
        "\"sender\" "
        "webhook = \"http://h\" webhook_secret = \"****\" }\n"
        "inbound_unroutable = \"keep\"\n"
        "link \"o\" { host = \"127.0.0.1\" port = 1 system_id = \"s\"\n"
        "  languages = {\"portuguese\", \"turkish\"}\n"
        "  sender { name = \"A\" prefix = \"44\" class = \"service\" becomes = \"B\" }\n"
        "  sender { name = \"B\" network = {\"26202\", \"262\"} refuse = true }\n"
        "  sender { name = \"*\" refuse = true } }\n"
        "content \"c\" { account = \"x\" text = {\"Win*PRIZE\", \"%\"}\n"
        "  domains = {\"*.Shop.Example\", \"*\"} domains_not = {\"bit.ly\"}\n"
        "  class = \"advertising\" plan = \"q\" action = \"review\" }\n"
        "content \"d\" { text = {\"b\"} action = \"deny\" }\n",
        &errors);
    if (config == NULL)
        fail_msg("%s", errors.lines[0]);
    check_prints_as_it_loads(config, "everything");
}

/* Everybody knows the mask. */
TEST(what_was_masked_is_known_to_nobody)
{
    static const char text[] = LINK PLAN CHANNEL
        "practice = true\n"
        "account \"x\" { password = \"****\" plan = \"p\" destinations = {\"*\"} }\n"
        "channel \"n\" { profile = \"lab\" url = \"http://h\" token = \"****\" key = "
        "\"****\" }\n"
        "http { address = \"127.0.0.1:0\"\n"
        "token \"t\" { value = \"****\" accounts = {\"*\"} }\n"
        "token \"u\" { value = \"****\" accounts = {\"*\"} } }\n";
    struct config_errors errors;
    struct config *config = config_place_load(text, &errors);
    struct config *again = config_place_load(text, &errors);
    char *shown;

    if (config == NULL || again == NULL)
        fail_msg("%s", errors.lines[0]);
    CHECK(strstr(config->http.tokens[0].value, "****") == NULL, "a token");
    CHECK(strcmp(config->http.tokens[0].value, config->http.tokens[1].value) != 0,
          "each of its own");
    CHECK(strcmp(config->http.tokens[0].value, again->http.tokens[0].value) != 0,
          "each time anew");
    CHECK(strstr(config->accounts[0].password, "****") == NULL, "a password");
    CHECK(strstr(config->channels[1].key, "****") == NULL, "a key of reports");
    shown = printed(config);
    CHECK(strstr(shown, config->http.tokens[0].value) == NULL, "it is not printed");
    free(shown);
    config_free(config);
    config_free(again);
}

TEST(words_are_known_by_their_common_form)
{
    struct config_errors errors;
    struct config *config = config_place_load(
        GOOD "inbound \"i\" { to = \"+44 79*\" keyword = \"ARR\xC3\x8AT\" "
             "account = \"x\" }\n",
        &errors);

    CHECK(config == NULL, "a prefix is of digits");
    config = config_place_load(
        GOOD "inbound \"i\" { to = \"+44 79 1\" keyword = \"ARR\xC3\x8AT\" "
             "account = \"x\" start_words = {\"\"} }\n",
        &errors);
    assert_non_null(config);
    assert_int_equal(config->inbound_count, 1);
    CHECK_STR(config->inbounds[0].to_digits, "44791", "the number");
    CHECK_STR(config->inbounds[0].folded, "arret", "the word");
    CHECK_STR(config->inbounds[0].stop_words.folded[0], "stop", "a usual word");
    assert_int_equal(config->inbounds[0].start_words.count, 0);
    assert_int_equal(config->inbound_unroutable, CONFIG_REFUSE);
    assert_true(config->accounts[0].transactional_after_stop);
    config_free(config);
}

TEST(secrets_are_never_printed)
{
    static const char *const secrets[] = {"canary-password", "canary-token", "canary-link",
                                          "canary-channel",  "canary-key",   "canary-hash",
                                          "whsec_Y2FuYXJ5"};
    struct config_errors errors;
    struct config *config = config_place_load(
        PRACTICE PLAN LISTEN PRICE
        "link \"l\" { host = \"h\" port = 1 system_id = \"s\" password = \"canary-link\" "
        "}\n"
        "account \"x\" { password = \"canary-password\" plan = \"p\" }\n"
        "account \"y\" { password_hash = \"$argon2id$canary-hash\" plan = \"p\" }\n"
        "http { address = \"127.0.0.1:0\" token \"t\" { value = \"canary-token\" accounts "
        "= "
        "{\"*\"} } }\n"
        "channel \"m\" { profile = \"lab\" url = \"http://h\" token = \"canary-channel\" "
        "key "
        "= \"canary-key\" }\n"
        "inbound \"i\" { account = \"x\" webhook = \"http://h\" webhook_secret = "
        "\"whsec_Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5\" }\n",
        &errors);
    char *text;

    assert_non_null(config);
    text = printed(config);
    for (size_t i = 0; i < ROWS(secrets); i++)
        CHECK(strstr(text, secrets[i]) == NULL, secrets[i]);
    free(text);
    config_free(config);
}

static struct config *load_or_fail(const char *path)
{
    struct config_errors errors;
    struct config *config = config_load(path, &errors);

    if (config == NULL)
        fail_msg("%s", errors.lines[0]);
    return config;
}

TEST(the_demos_file_loads_and_its_addresses_can_be_moved)
{
    const struct config_place *place = *state;
    char path[PATH_MAX + 32];
    struct config *demo;

    snprintf(path, sizeof(path), "%s/conf/demo.conf", place->source);
    setenv("DEMO_SMPP_PORT", "1234", 1);
    demo = load_or_fail(path);
    assert_int_equal(demo->listens[0].address.port, 1234);
    assert_int_equal(demo->channel_count, 3);
    assert_int_equal(demo->plans[demo->accounts[0].plan].step_count, 4);
    config_free(demo);
}

/* Copies the file with all that is off turned on: "#name" and "#  name", not "# a word". */
static void turn_all_on(const char *from, const char *to)
{
    FILE *in = fopen(from, "r"), *out = fopen(to, "w");
    char line[1024];

    assert_non_null(in);
    assert_non_null(out);
    while (fgets(line, sizeof(line), in) != NULL) {
        bool explains = line[0] == '#' && line[1] == ' ' && line[2] != ' ';

        fputs(explains || line[0] != '#' ? line : line + 1, out);
    }
    fclose(in);
    fclose(out);
}

TEST(the_sample_lets_nobody_in_and_all_it_shows_is_right)
{
    static const char *const secrets[] = {"api-token", "shop", "operator",
                                          "messenger-token", "messenger-key"};
    /* What is in them is not looked at here. */
    static const char *const files[] = {
        "smpps.crt",       "smpps.key",           "clients.crt",
        "operator-ca.crt", "operator-client.crt", "operator-client.key",
        "clients.crl",     "operator-ca.crl",     "house-ca.crt"};
    const struct config_place *place = *state;
    char path[PATH_MAX + 32];
    struct config *sample;

    snprintf(path, sizeof(path), "%s/conf/sluice.conf", place->source);
    sample = load_or_fail(path);
    assert_int_equal(sample->account_count, 0);
    assert_int_equal(sample->http.token_count, 0);
    assert_false(sample->practice);
    config_free(sample);

    setenv("CREDENTIALS_DIRECTORY", place->folder, 1);
    for (size_t i = 0; i < ROWS(secrets); i++) {
        char secret[80] = "";

        snprintf(secret, sizeof(secret), "$argon2id$%s\n", secrets[i]);
        config_place_write(secrets[i], secret);
    }
    for (size_t i = 0; i < ROWS(files); i++)
        config_place_write(files[i], "");
    config_place_write("shop-webhook", "whsec_Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5\n");
    turn_all_on(path, "t.conf");
    sample = load_or_fail("t.conf");
    (void)unlink("shop-webhook");
    assert_int_equal(sample->inbound_count, 1);
    assert_int_equal(sample->account_count, 1);
    assert_int_equal(sample->plan_count, 2);
    assert_int_equal(sample->price_count, 5);
    assert_int_equal(sample->network_count, 1);
    config_free(sample);
    for (size_t i = 0; i < ROWS(secrets); i++)
        (void)unlink(secrets[i]);
    for (size_t i = 0; i < ROWS(files); i++)
        (void)unlink(files[i]);
}

#define TEST_IN_FOLDER(name)                                                               \
    cmocka_unit_test_setup_teardown(name, config_place_enter, config_place_leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_FOLDER(what_is_printed_loads_again_and_is_the_same),
        TEST_IN_FOLDER(what_was_masked_is_known_to_nobody),
        TEST_IN_FOLDER(words_are_known_by_their_common_form),
        TEST_IN_FOLDER(secrets_are_never_printed),
        TEST_IN_FOLDER(the_demos_file_loads_and_its_addresses_can_be_moved),
        TEST_IN_FOLDER(the_sample_lets_nobody_in_and_all_it_shows_is_right),
    };

    return RUN_ALL(tests);
}
