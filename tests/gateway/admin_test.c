/*
 * What those see who run it: health, and a page of metrics that Prometheus can read.
 */
#include "gateway/admin.h"

#include <stdlib.h>

#include "gateway/gateway.h"
#include "gateway/json.h"
#include "tests/gateway/lone_gateway.h"
#include "tests/test.h"

static struct lone_gateway *lone;

static int start(void **state)
{
    (void)state;
    lone = lone_gateway_new();
    return 0;
}

static int stop(void **state)
{
    (void)state;
    lone_gateway_free(lone);
    return 0;
}

static struct lone_answer ask(const char *token, const char *path)
{
    return lone_gateway_ask(lone, token, "GET", path, "", NULL);
}

TEST(health_needs_no_token)
{
    struct lone_answer answer = ask(NULL, "/livez");

    CHECK_EQ(answer.status, 200, "livez");
    CHECK_STR(answer.body, "live\n", "livez");
    answer = ask(NULL, "/readyz");
    CHECK_EQ(answer.status, 200, "readyz");
    CHECK_STR(answer.body, "{\"ready\":true,\"reasons\":[]}", "readyz");
}

TEST(what_is_not_ready_says_why)
{
    struct gateway *gateway = lone_gateway_of(lone);
    struct lone_answer answer;

    gateway->ready = false;
    answer = ask(NULL, "/readyz");
    CHECK_EQ(answer.status, 503, "not ready");
    CHECK(strstr(answer.body, "\"ready\":false,\"reasons\":[\"") != NULL, answer.body);

    gateway->recovered = false;
    answer = ask(NULL, "/readyz");
    CHECK_EQ(answer.status, 503, "loading");
    CHECK(strstr(answer.body, "loaded") != NULL, answer.body);
    answer = ask(NULL, "/livez");
    CHECK_EQ(answer.status, 200, "it lives all the same");
    answer = ask("admin-token", "/v1/accounts/rich/balance");
    CHECK_EQ(answer.status, 503, "no balance while the store is loaded");
    CHECK(strstr(answer.head, "Retry-After: 1") != NULL, answer.head);
    answer = ask(NULL, "/metrics");
    CHECK_EQ(answer.status, 503, "no metrics either");

    gateway->recovered = true;
    gateway->ready = true;
    CHECK_EQ(ask(NULL, "/readyz").status, 200, "again");
}

TEST(the_status_begins_with_what_needs_attention)
{
    struct lone_answer answer = ask("", "/v1/status");
    char error[160];
    struct json_document *status =
        json_parse(answer.body, strlen(answer.body), error, sizeof(error));

    assert_non_null(status);
    CHECK_STR(json_text(json_at(status, "attention.0")), "link smsc: 0 of 1 binds are up",
              "the link nobody answers");
    CHECK_STR(json_text(json_at(status, "accounts.0.account")), "rich", "accounts");
    CHECK_STR(json_text(json_at(status, "channels.1.label")), "Chat", "channels");
    json_document_free(status);
}

/* ---- Metrics --------------------------------------------------------------- */

static const struct {
    const char *name;
    const char *type;
} rows[] = {
#define COUNTER                           "counter"
#define GAUGE                             "gauge"
#define HISTOGRAM                         "histogram"
#define METRIC(name, type, help, samples) {#name, type},
#include "gateway/metrics.def"
};

static size_t count_of(const char *text, const char *wanted)
{
    size_t count = 0;

    for (const char *at = text; (at = strstr(at, wanted)) != NULL; at++)
        count++;
    return count;
}

TEST(every_metric_is_described_once)
{
    struct lone_answer page = ask("", "/metrics");
    char wanted[160];

    CHECK(strstr(page.head, "Content-Type: text/plain; version=0.0.4") != NULL, page.head);
    for (size_t i = 0; i < ROWS(rows); i++) {
        snprintf(wanted, sizeof(wanted), "# HELP sluice_%s ", rows[i].name);
        CHECK_EQ(count_of(page.body, wanted), 1, rows[i].name);
        snprintf(wanted, sizeof(wanted), "# TYPE sluice_%s %s\n", rows[i].name,
                 rows[i].type);
        CHECK_EQ(count_of(page.body, wanted), 1, rows[i].name);
    }
    CHECK_EQ(count_of(page.body, "# TYPE "), ROWS(rows), "and nothing else");
}

TEST(counters_end_in_total_and_others_do_not)
{
    for (size_t i = 0; i < ROWS(rows); i++) {
        size_t size = strlen(rows[i].name);
        bool is_total = size > 6 && strcmp(rows[i].name + size - 6, "_total") == 0;

        CHECK_EQ(is_total, strcmp(rows[i].type, "counter") == 0, rows[i].name);
    }
}

/* name{label="value",...} number */
static bool is_sample(const char *line, const char *metric)
{
    static const char name[] = "abcdefghijklmnopqrstuvwxyz_0123456789";
    const char *at = line + strlen(metric);
    size_t size;

    if (strncmp(line, metric, strlen(metric)) != 0)
        return false;
    at += strspn(at, name); /* _bucket and so on */
    if (*at == '{') {
        do {
            size = strspn(at + 1, name);
            at += 1 + size;
            if (size == 0 || strncmp(at, "=\"", 2) != 0)
                return false;
            at += 2;
            size = strcspn(at, "\"\\\n");
            at += size;
            if (*at != '"')
                return false;
            at++;
        } while (*at == ',');
        if (*at++ != '}')
            return false;
    }
    if (*at++ != ' ')
        return false;
    size = strspn(at, "-0123456789.");
    return size > 0 && at[size] == '\0';
}

TEST(every_line_is_one_that_prometheus_reads)
{
    struct lone_answer page = ask("", "/metrics");
    char *copy = strdup(page.body), *rest = copy, *line;
    char metric[128] = "";
    size_t samples = 0;

    while ((line = strsep(&rest, "\n")) != NULL) {
        if (rest == NULL) {
            CHECK_STR(line, "", "the last line has its end");
        } else if (line[0] == '#') {
            if (sscanf(line, "# TYPE %127s", metric) == 1)
                continue;
            CHECK_EQ(strncmp(line, "# HELP sluice_", 14), 0, line);
        } else {
            CHECK(is_sample(line, metric), line);
            samples++;
        }
    }
    CHECK(samples >= ROWS(rows), "each metric has a line");
    free(copy);
}

TEST(buckets_of_the_loop_rise_to_the_count)
{
    struct lone_answer page = ask(NULL, "/metrics");
    const char *at = page.body;
    long long last = 0, number = 0;
    size_t buckets = 0;

    while ((at = strstr(at, "sluice_loop_turn_seconds_bucket{")) != NULL) {
        number = atoll(strchr(at, ' ') + 1);
        CHECK(number >= last, "cumulative");
        last = number;
        buckets++;
        at++;
    }
    CHECK(buckets > 2, "there are buckets");
    CHECK(strstr(page.body, "sluice_loop_turn_seconds_bucket{le=\"+Inf\"}") != NULL,
          "+Inf");
    at = strstr(page.body, "sluice_loop_turn_seconds_count ");
    assert_non_null(at);
    CHECK_EQ(atoll(strchr(at, ' ') + 1), last, "the count is that of +Inf");
}

TEST(balances_are_not_for_everybody)
{
    static const struct {
        const char *row;
        const char *token;
        bool shown;
    } askers[] = {
        {"nobody",        NULL,          false},
        {"one account's", "rich-read",   false},
        {"all accounts'", "admin-token", true },
        {"the socket",    "",            true },
    };

    for (size_t i = 0; i < ROWS(askers); i++) {
        struct lone_answer page = ask(askers[i].token, "/metrics");
        bool shown = strstr(page.body, "sluice_account_available{account=\"poor\",currency="
                                       "\"EUR\"} 0.100000\n") != NULL;

        CHECK_EQ(page.status, 200, askers[i].row);
        CHECK_EQ(shown, askers[i].shown, askers[i].row);
        CHECK_EQ(strstr(page.body, "rich") != NULL, askers[i].shown, askers[i].row);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(health_needs_no_token),
        RUN(what_is_not_ready_says_why),
        RUN(the_status_begins_with_what_needs_attention),
        RUN(every_metric_is_described_once),
        RUN(counters_end_in_total_and_others_do_not),
        RUN(every_line_is_one_that_prometheus_reads),
        RUN(buckets_of_the_loop_rise_to_the_count),
        RUN(balances_are_not_for_everybody),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
