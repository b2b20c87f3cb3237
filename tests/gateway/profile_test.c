/*
 * Profiles: requests rendered, answers and reports understood, files refused with their
 * line.  Most of it speaks of conf/providers/lab.conf as it is in the tree.
 */
#include "gateway/profile.h"

#include <stdlib.h>
#include <unistd.h>

#include "gateway/config_tree.h"
#include "tests/test.h"

static struct config_memory *memory;
static char path_of_text[64]; /* no other run of this test has it */

static int setup(void **state)
{
    (void)state;
    memory = config_memory_new();
    snprintf(path_of_text, sizeof(path_of_text), "/tmp/sluice-profile-%ld.conf",
             (long)getpid());
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    config_memory_free(memory);
    (void)unlink(path_of_text);
    return 0;
}

static struct profile *load_lab(void)
{
    static struct config_errors errors;
    const char *source = getenv("SLUICE_SOURCE");
    struct profile *profile;
    char path[1024];

    snprintf(path, sizeof(path), "%s/conf/providers/lab.conf",
             source != NULL ? source : ".");
    profile = profile_load(memory, path, "lab", &errors);
    if (profile == NULL)
        fail_msg("%s", errors.lines[0]);
    return profile;
}

/* A profile of this text; the sentences are in `errors`. */
static struct profile *load_text(const char *text, struct config_errors *errors)
{
    FILE *file = fopen(path_of_text, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    *errors = (struct config_errors){0};
    return profile_load(memory, path_of_text, "t", errors);
}

#define MINIMAL "proves = \"accepted\"\nanswer { status = \"2xx\" verdict = \"OK\" }\n"

static const struct profile_values plain = {
    .url = "http://127.0.0.1:9785/send",
    .token = "lab",
    .to = "79001234567",
    .from = "Shop",
    .text = "Hello",
    .ref = "4711",
    .ttl_s = 2,
};

static const char *header_of(const struct profile_request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++)
        if (strcmp(request->headers[i].name, name) == 0)
            return request->headers[i].value;
    return NULL;
}

TEST(the_lab_posts_what_it_promises)
{
    struct profile *lab = load_lab();
    struct profile_request request;
    char buffer[1024];

    assert_true(profile_render(lab, &plain, buffer, sizeof(buffer), &request));
    CHECK_STR(request.url, "http://127.0.0.1:9785/send", "url");
    CHECK_STR(request.body,
              "{\"to\":\"79001234567\",\"text\":\"Hello\",\"ref\":\"4711\",\"ttl\":2}",
              "body");
    assert_int_equal(request.body_size, strlen(request.body));
    CHECK_STR(header_of(&request, "Authorization"), "Bearer lab", "token");
    CHECK_STR(header_of(&request, "Content-Type"), "application/json", "type");
    assert_int_equal(lab->timeout_ms, 1000);
    assert_int_equal(lab->proves, CONFIG_READ);
    assert_false(lab->repeats_safely);
}

TEST(a_text_cannot_leave_its_place_in_json)
{
    struct profile *lab = load_lab();
    struct profile_values values = plain;
    struct profile_request request;
    char buffer[1024];

    values.text = "\",\"to\":\"1\\ \n\x01 \xD0\x96";
    assert_true(profile_render(lab, &values, buffer, sizeof(buffer), &request));
    CHECK_STR(request.body,
              "{\"to\":\"79001234567\",\"text\":\"\\\",\\\"to\\\":\\\"1\\\\ \\u000a\\u0001 "
              "\xD0\x96\",\"ref\":\"4711\",\"ttl\":2}",
              "body");
}

/* A sender comes as the octets that a client of SMPP gave. */
TEST(octets_that_are_no_characters_do_not_spoil_the_json)
{
    struct config_errors errors;
    struct profile *profile =
        load_text(MINIMAL "auth = \"none\" body = '{\"from\":\"{{from}}\"}'\n", &errors);
    struct profile_values values = plain;
    struct profile_request request;
    char buffer[1024];

    assert_non_null(profile);
    values.from = "Caf\xE9 \xD0\x96\xD0";
    assert_true(profile_render(profile, &values, buffer, sizeof(buffer), &request));
    CHECK_STR(request.body, "{\"from\":\"Caf\xEF\xBF\xBD \xD0\x96\xEF\xBF\xBD\"}", "body");
}

TEST(a_buffer_that_is_too_small_is_refused_at_every_size)
{
    struct profile *lab = load_lab();
    struct profile_request request;
    char buffer[1024];
    size_t needed = 0;

    assert_true(profile_render(lab, &plain, buffer, sizeof(buffer), &request));
    needed = (size_t)(request.body + request.body_size + 1 - buffer);
    assert_true(profile_render(lab, &plain, buffer, needed, &request));
    for (size_t room = 0; room < needed; room++)
        assert_false(profile_render(lab, &plain, buffer, room, &request));
}

TEST(values_are_escaped_for_where_they_stand)
{
    struct config_errors errors;
    struct profile *profile = load_text(
        MINIMAL "auth = \"none\" path = \"/bot{{token}}/{{to_plus}}?t={{text}}\"\n"
                "escape = \"form\" content_type = \"application/x-www-form-urlencoded\"\n"
                "body = \"to={{to}}&from={{from}}&text={{text}}\"\n"
                "header \"X-Ref\" { value = \"r-{{ref}}\" }\n",
        &errors);
    struct profile_values values = plain;
    struct profile_request request;
    char buffer[1024];

    assert_non_null(profile);
    values.text = "a&b =\xC3\xA9";
    assert_true(profile_render(profile, &values, buffer, sizeof(buffer), &request));
    CHECK_STR(request.url,
              "http://127.0.0.1:9785/send/botlab/%2B79001234567?t=a%26b%20%3D%C3%A9",
              "url");
    CHECK_STR(request.body, "to=79001234567&from=Shop&text=a%26b%20%3D%C3%A9", "body");
    CHECK_STR(header_of(&request, "X-Ref"), "r-4711", "header");
    assert_null(header_of(&request, "Authorization"));
    values.ref = "1\r\nX-Evil: 1";
    assert_false(profile_render(profile, &values, buffer, sizeof(buffer), &request));
}

TEST(a_text_that_is_longer_than_the_provider_takes_does_not_go_out)
{
    struct config_errors errors;
    struct profile *profile =
        load_text(MINIMAL "auth = \"none\" body = \"{{text}}\" text_max = 6\n", &errors);
    struct profile_values values = plain;
    struct profile_request request;
    char buffer[1024];

    assert_non_null(profile);
    values.text = "\xD0\x96\xD0\x96\xD0\x96";
    assert_true(profile_render(profile, &values, buffer, sizeof(buffer), &request));
    values.text = "1\xD0\x96\xD0\x96\xD0\x96";
    assert_false(profile_render(profile, &values, buffer, sizeof(buffer), &request));
}

TEST(a_token_may_have_a_header_of_its_own)
{
    struct config_errors errors;
    struct profile *profile = load_text(
        MINIMAL "auth = \"header\" auth_header = \"X-Token\" body = \"{{text}}\"\n",
        &errors);
    struct profile_request request;
    char buffer[256];

    assert_non_null(profile);
    assert_true(profile_render(profile, &plain, buffer, sizeof(buffer), &request));
    CHECK_STR(header_of(&request, "X-Token"), "lab", "token");
}

TEST(the_labs_answers_mean_what_it_says)
{
    static const struct {
        const char *row;
        int status;
        const char *body;
        enum verdict verdict;
        enum reason reason;
        const char *id;
    } rows[] = {
        {"accepted",          200, "{\"id\":\"m-1\"}",         VERDICT_OK,      REASON_NONE,         "m-1"},
        {"id as a number",    200, "{\"id\":12}",              VERDICT_OK,      REASON_NONE,         "12" },
        {"more than the id",  200, "{\"id\":\"a\",\"x\":[1]}", VERDICT_OK,      REASON_NONE,         "a"  },
        {"no id",             200, "{}",                       VERDICT_UNSURE,  REASON_UNKNOWN,      ""   },
        {"empty id",          200, "{\"id\":\"\"}",            VERDICT_UNSURE,  REASON_UNKNOWN,      ""   },
        {"id that is none",   200, "{\"id\":{}}",              VERDICT_UNSURE,  REASON_UNKNOWN,      ""   },
        {"id with a newline", 200, "{\"id\":\"a\\nb\"}",       VERDICT_UNSURE,  REASON_UNKNOWN,
         ""                                                                                               },
        {"no JSON",           200, "OK",                       VERDICT_UNSURE,  REASON_UNKNOWN,      ""   },
        {"no body",           200, "",                         VERDICT_UNSURE,  REASON_UNKNOWN,      ""   },
        {"no account",        404, "{}",                       VERDICT_NEXT,    REASON_NO_ACCOUNT,   ""   },
        {"content",           400, "",                         VERDICT_NEXT,    REASON_CONTENT,      ""   },
        {"quota",             429, "",                         VERDICT_RETRY,   REASON_QUOTA,        ""   },
        {"wrong token",       401, "",                         VERDICT_SUSPEND, REASON_CHANNEL_GONE, ""   },
        {"forbidden",         403, "",                         VERDICT_SUSPEND, REASON_CHANNEL_GONE, ""   },
        {"teapot",            418, "",                         VERDICT_SUSPEND, REASON_CHANNEL_GONE, ""   },
        {"server error",      500, "{\"id\":\"m\"}",           VERDICT_UNSURE,  REASON_UNKNOWN,      ""   },
        {"gateway",           599, "",                         VERDICT_UNSURE,  REASON_UNKNOWN,      ""   },
        {"created, no row",   201, "{\"id\":\"m\"}",           VERDICT_UNSURE,  REASON_UNKNOWN,      ""   },
        {"redirect, no row",  302, "",                         VERDICT_UNSURE,  REASON_UNKNOWN,      ""   },
    };
    struct profile *lab = load_lab();

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct profile_verdict out;

        profile_verdict(lab, rows[i].status, rows[i].body, strlen(rows[i].body), &out);
        CHECK_EQ(out.verdict, rows[i].verdict, rows[i].row);
        CHECK_EQ(out.reason, rows[i].reason, rows[i].row);
        CHECK_STR(out.id, rows[i].id, rows[i].row);
    }
}

TEST(an_answer_may_be_told_by_its_body)
{
    struct config_errors errors;
    struct profile *profile = load_text(
        "proves = \"accepted\" body = \"{}\" id = \"result.0.id\"\n"
        "answer { status = {\"200\", \"202\"} member = \"error.code\" equals = \"131026\" "
        "verdict = \"NEXT\" reason = \"no_account\" }\n"
        "answer { status = \"2xx\" member = \"error\" verdict = \"SUSPEND\" }\n"
        "answer { status = \"2xx\" verdict = \"OK\" }\n",
        &errors);
    static const struct {
        int status;
        const char *body;
        enum verdict verdict;
        enum reason reason;
    } rows[] = {
        {200, "{\"error\":{\"code\":131026}}",                VERDICT_NEXT,    REASON_NO_ACCOUNT},
        {202, "{\"error\":{\"code\":131026}}",                VERDICT_NEXT,    REASON_NO_ACCOUNT},
        {201, "{\"error\":{\"code\":131026}}",                VERDICT_SUSPEND, REASON_UNKNOWN   },
        {200, "{\"error\":{\"code\":5}}",                     VERDICT_SUSPEND, REASON_UNKNOWN   },
        {200, "{\"result\":[{\"id\":\"x\"}]}",                VERDICT_OK,      REASON_NONE      },
        {200, "{\"result\":[{\"id\":\"x\"}],\"error\":null}", VERDICT_OK,      REASON_NONE      },
        {200, "{\"error\":{\"code\":null}}",                  VERDICT_SUSPEND, REASON_UNKNOWN   },
    };

    assert_non_null(profile);
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct profile_verdict out;

        profile_verdict(profile, rows[i].status, rows[i].body, strlen(rows[i].body), &out);
        CHECK_EQ(out.verdict, rows[i].verdict, rows[i].body);
        CHECK_EQ(out.reason, rows[i].reason, rows[i].body);
    }
}

/* The last that was heard. */
struct ear {
    size_t count;
    enum profile_report_result result;
    struct profile_report report;
};

static void listen_to(void *owner, enum profile_report_result result,
                      const struct profile_report *report)
{
    struct ear *ear = owner;

    ear->count++;
    ear->result = result;
    if (result == PROFILE_REPORT_OK)
        ear->report = *report;
}

/* Of a body that is one report. */
static enum profile_report_result hear(const struct profile *profile, const char *body,
                                       struct profile_report *out)
{
    struct ear ear = {0};
    enum profile_report_result result =
        profile_reports(profile, body, strlen(body), listen_to, &ear);

    CHECK_EQ(ear.count, result == PROFILE_REPORT_OK, body);
    *out = ear.report;
    return result == PROFILE_REPORT_OK ? ear.result : result;
}

/* Of 65 octets it is as it was; over that what is kept still tells one from another. */
TEST(an_id_may_be_longer_than_an_attempt_keeps)
{
    static const char *const tails[] = {"1234567", "12345678", "12345679",
                                        "1234567890123456"};
    struct profile *lab = load_lab();
    char kept[ROWS(tails)][ATTEMPT_PROVIDER_ID_SIZE];

    for (size_t i = 0; i < ROWS(tails); i++) {
        struct profile_verdict answer;
        struct profile_report report;
        char id[200], body[300];

        snprintf(id, sizeof(id),
                 "phones/+79035550142/agentMessages/6ba7b810-9dad-11d1-80b4-%s", tails[i]);
        snprintf(body, sizeof(body), "{\"id\":\"%s\",\"status\":\"read\"}", id);
        profile_verdict(lab, 200, body, strlen(body), &answer);
        CHECK_EQ(answer.verdict, VERDICT_OK, tails[i]);
        CHECK_EQ(hear(lab, body, &report), PROFILE_REPORT_OK, tails[i]);
        CHECK_STR(report.id, answer.id, tails[i]);
        CHECK_EQ(strcmp(answer.id, id) == 0, strlen(id) <= 65, tails[i]);
        memcpy(kept[i], answer.id, sizeof(kept[i]));
        for (size_t other = 0; other < i; other++)
            CHECK(strcmp(kept[other], kept[i]) != 0, tails[i]);
    }
}

TEST(the_labs_reports_mean_what_it_says)
{
    static const struct {
        const char *body;
        enum profile_report_result result;
        enum profile_news news;
        enum reason reason;
        const char *id;
        const char *ref;
    } rows[] = {
        {"{\"id\":\"m\",\"ref\":\"7\",\"status\":\"sent\"}",               PROFILE_REPORT_OK,
         PROFILE_SENT,                                                                                                 REASON_NONE,    "m", "7"},
        {"{\"id\":\"m\",\"status\":\"delivered\"}",                        PROFILE_REPORT_OK,       PROFILE_DELIVERED,
         REASON_NONE,                                                                                                                  "m", "" },
        {"{\"ref\":\"7\",\"status\":\"read\"}",                            PROFILE_REPORT_OK,       PROFILE_READ,
         REASON_NONE,                                                                                                                  "",  "7"},
        {"{\"id\":\"m\",\"status\":\"failed\",\"reason\":\"blocked\"}",    PROFILE_REPORT_OK,
         PROFILE_FAILED,                                                                                               REASON_BLOCKED, "m", "" },
        {"{\"id\":\"m\",\"status\":\"failed\",\"reason\":\"mood\"}",       PROFILE_REPORT_OK,
         PROFILE_FAILED,                                                                                               REASON_UNKNOWN, "m", "" },
        {"{\"id\":\"m\",\"status\":\"failed\"}",                           PROFILE_REPORT_OK,       PROFILE_FAILED,
         REASON_UNKNOWN,                                                                                                               "m", "" },
        {"{\"id\":\"m\",\"status\":\"expired\"}",                          PROFILE_REPORT_OK,       PROFILE_EXPIRED,
         REASON_EXPIRED,                                                                                                               "m", "" },
        {"{\"id\":\"m\",\"status\":\"delivered\",\"reason\":\"blocked\"}",
         PROFILE_REPORT_OK,                                                                         PROFILE_DELIVERED, REASON_NONE,    "m", "" },
        {"{\"id\":\"m\",\"status\":\"gone\"}",                             PROFILE_REPORT_STATUS,   0,                 0,              "",  "" },
        {"{\"id\":\"m\"}",                                                 PROFILE_REPORT_STATUS,   0,                 0,              "",  "" },
        {"{\"status\":\"delivered\"}",                                     PROFILE_REPORT_NAMELESS, 0,                 0,              "",  "" },
        {"{\"status\":",                                                   PROFILE_REPORT_SYNTAX,   0,                 0,              "",  "" },
        {"",                                                               PROFILE_REPORT_SYNTAX,   0,                 0,              "",  "" },
    };
    struct profile *lab = load_lab();

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct profile_report out = {0};

        CHECK_EQ(hear(lab, rows[i].body, &out), rows[i].result, rows[i].body);
        CHECK_EQ(out.news, rows[i].news, rows[i].body);
        CHECK_EQ(out.reason, rows[i].reason, rows[i].body);
        CHECK_STR(out.id, rows[i].id, rows[i].body);
        CHECK_STR(out.ref, rows[i].ref, rows[i].body);
    }
}

static bool is_believed(const struct profile *profile, const char *key, const char *body,
                        size_t size, const char *signature)
{
    const struct profile_signed given = {
        .body = body, .body_size = size, .signature = signature};

    return profile_signature_ok(profile, key, &given);
}

TEST(a_report_is_believed_only_with_its_signature)
{
    struct profile *lab = load_lab();
    static const char body[] = "{\"probe\":\"sluice\",\"n\":1}";
    /* Made with: printf '%s' BODY | openssl dgst -sha256 -hmac lab-hook */
    const char *good =
        "sha256=3a85089b862d998ff9559431dc3279c9963eff572ed5b4c1e7308706e43e56c4";

    assert_true(is_believed(lab, "lab-hook", body, sizeof(body) - 1, good));
    assert_false(is_believed(lab, "lab-hooK", body, sizeof(body) - 1, good));
    assert_false(is_believed(lab, "lab-hook", body, sizeof(body) - 2, good));
    assert_false(is_believed(lab, "lab-hook", body, sizeof(body) - 1, good + 7));
    assert_false(is_believed(lab, "lab-hook", body, sizeof(body) - 1, ""));
    assert_false(is_believed(lab, "lab-hook", body, sizeof(body) - 1, NULL));
}

TEST(a_report_that_is_signed_with_a_time_is_believed_only_then)
{
    static const char body[] = "{\"probe\":\"sluice\",\"n\":1}";
    /* Made with: printf '%s.%s' TIME BODY | openssl dgst -sha256 -hmac lab-hook */
    static const char
        of_seconds[] = "a35697f5c1c0514019a8482aeef2ad8356ff4b0edaf1d625ad1814626d3a487d",
        of_ms[] = "d44ba051b815a12b51ec2796e26eb2bb51079de0ea5b36e88b71a3308bfbdd57";
    static const struct {
        const char *row;
        const char *time;
        const char *signature;
        int64_t now_ms;
        bool believed;
    } rows[] = {
        {"at its time",          "1760000000",              of_seconds, 1760000000000, true },
        {"five minutes later",   "1760000000",              of_seconds, 1760000300000, true },
        {"too late",             "1760000000",              of_seconds, 1760000300001, false},
        {"five minutes before",  "1760000000",              of_seconds, 1759999700000, true },
        {"too early",            "1760000000",              of_seconds, 1759999699999, false},
        {"in ms",                "1760000000123",           of_ms,      1760000000200, true },
        {"in ms, too late",      "1760000000123",           of_ms,      1760000300124, false},
        {"the same, as another", "1760000000000",           of_seconds, 1760000000000, false},
        {"another time",         "1760000001",              of_seconds, 1760000000000, false},
        {"no time",              NULL,                      of_seconds, 1760000000000, false},
        {"an empty time",        "",                        of_seconds, 1760000000000, false},
        {"no number",            "1760000000 ",             of_seconds, 1760000000000, false},
        {"a very long number",   "17600000000000000000000", of_seconds, 1760000000000, false},
        {"no signature",         "1760000000",              NULL,       1760000000000, false},
    };
    struct config_errors errors;
    struct profile *profile =
        load_text(MINIMAL "body = \"{}\"\nsignature_header = \"X-Signature\"\n"
                          "signature_time_header = \"X-Time\"\n",
                  &errors);

    assert_non_null(profile);
    for (size_t i = 0; i < ROWS(rows); i++) {
        const struct profile_signed given = {.body = body,
                                             .body_size = sizeof(body) - 1,
                                             .signature = rows[i].signature,
                                             .time = rows[i].time,
                                             .now_ms = rows[i].now_ms};

        CHECK_EQ(profile_signature_ok(profile, "lab-hook", &given), rows[i].believed,
                 rows[i].row);
    }
}

TEST(a_profile_without_reports_hears_none)
{
    struct config_errors errors;
    struct profile *profile = load_text(MINIMAL "body = \"{}\"\n", &errors);
    struct profile_report out;

    assert_non_null(profile);
    assert_int_equal(hear(profile, "{}", &out), PROFILE_REPORT_NONE);
    assert_true(is_believed(profile, "", "{}", 2, NULL));
}

TEST(a_cause_is_put_into_our_words)
{
    struct config_errors errors;
    struct profile *profile = load_text(
        "proves = \"delivered\" body = \"{}\"\nanswer { status = \"200\" verdict = \"OK\" "
        "}\n"
        "report_id = \"id\" report_status = \"s\" report_reason = \"errors.0.code\"\n"
        "word \"bad\" { is = \"failed\" }\ncause \"470\" { is = \"blocked\" }\n",
        &errors);
    static const char body[] = "{\"id\":1,\"s\":\"bad\",\"errors\":[{\"code\":470}]}";
    struct profile_report out;

    assert_non_null(profile);
    assert_int_equal(hear(profile, body, &out), PROFILE_REPORT_OK);
    assert_int_equal(out.reason, REASON_BLOCKED);
}

#define SEVERAL                                                                            \
    "proves = \"delivered\" body = \"{}\"\nanswer { status = \"200\" verdict = \"OK\" }\n" \
    "report_id = \"id\" report_status = \"s\"\nword \"d\" { is = \"delivered\" }\n"

/* What was heard: an id each, or why it was not understood. */
static void listen_to_ids(void *owner, enum profile_report_result result,
                          const struct profile_report *report)
{
    char *heard = owner;

    strcat(heard, heard[0] ? " " : "");
    strcat(heard, result == PROFILE_REPORT_OK         ? report->id
                  : result == PROFILE_REPORT_NAMELESS ? "?nameless"
                                                      : "?status");
}

TEST(each_report_of_a_body_is_heard_in_order)
{
    static const struct {
        const char *each;
        const char *body;
        const char *heard;
    } rows[] = {
        {"*",                        "[{\"id\":\"a\",\"s\":\"d\"},{\"id\":\"b\",\"s\":\"d\"}]",          "a b"  },
        {"*",                        "[]",                                                               ""     },
        {"*",                        "{\"id\":\"a\",\"s\":\"d\"}",                                       ""     },
        {"r.*",                      "{\"r\":[{\"id\":1,\"s\":\"d\"},{\"id\":2,\"s\":\"d\"}]}",          "1 2"  },
        {"r.*",                      "{\"r\":{\"id\":1,\"s\":\"d\"}}",                                   ""     },
        {"r.*",                      "{\"other\":[]}",                                                   ""     },
        {"r.0",                      "{\"r\":[{\"id\":1,\"s\":\"d\"},{\"id\":2,\"s\":\"d\"}]}",          "1"    },
        {"*",                        "[{\"s\":\"d\"},{\"id\":\"b\",\"s\":\"d\"},{\"id\":\"c\"},null,7]",
         "?nameless b ?status ?status ?status"                                                                  },
        {"entry.*.changes.*.list.*",
         "{\"entry\":[{\"changes\":[{\"list\":[{\"id\":1,\"s\":\"d\"},{\"id\":2,\"s\":"
         "\"d\"}]},"
         "{\"other\":1}]},{\"changes\":[{\"list\":[{\"id\":3,\"s\":\"d\"}]}]}]}",                        "1 2 3"},
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct config_errors errors;
        char text[512], heard[128] = "";
        struct profile *profile;

        snprintf(text, sizeof(text), SEVERAL "report_each = \"%s\"\n", rows[i].each);
        profile = load_text(text, &errors);
        assert_non_null(profile);
        CHECK_EQ(profile_reports(profile, rows[i].body, strlen(rows[i].body), listen_to_ids,
                                 heard),
                 PROFILE_REPORT_OK, rows[i].body);
        CHECK_STR(heard, rows[i].heard, rows[i].body);
    }
}

TEST(of_a_body_with_too_many_reports_none_is_heard)
{
    struct config_errors errors;
    struct profile *profile = load_text(SEVERAL "report_each = \"*\"\n", &errors);
    char body[2 * (PROFILE_REPORTS_MAX + 1) + 2];

    assert_non_null(profile);
    for (size_t count = PROFILE_REPORTS_MAX; count <= PROFILE_REPORTS_MAX + 1; count++) {
        bool fits = count <= PROFILE_REPORTS_MAX;
        struct ear ear = {0};

        memset(body, '7', sizeof(body));
        for (size_t i = 0; i < count; i++)
            body[2 * i] = i == 0 ? '[' : ',';
        body[2 * count] = ']';
        CHECK_EQ(profile_reports(profile, body, 2 * count + 1, listen_to, &ear),
                 fits ? PROFILE_REPORT_OK : PROFILE_REPORT_TOO_MANY, "the body");
        CHECK_EQ(ear.count, fits ? count : 0, "heard");
    }
}

/* A sentence reads better whole. */
/* clang-format off */
static const struct {
    const char *text;
    const char *sentence;
} wrong[] = {
    {"answer { status = \"200\" verdict = \"OK\" }\nbody = \"{}\"\n", ": proves is required"},
    {MINIMAL, ": body is required"},
    {"proves = \"accepted\" body = \"{}\"\n", ": a profile needs answer rows"},
    {MINIMAL "body = \"{{txt}}\"\n", ":3: body: there is no placeholder '{{txt}}'; did you mean '{{text}}'?"},
    {MINIMAL "body = \"{{text\"\n", ":3: body holds '{{' without its '}}'"},
    {MINIMAL "bdoy = \"{}\" body = \"{}\"\n", ":3: no such option 'bdoy'; did you mean 'body'?"},
    {MINIMAL "body = \"{}\"\nanswer { status = \"6xx\" verdict = \"OK\" }\n", ":4: answer: status must be 100 to 599 or a class such as 5xx; not '6xx'"},
    {MINIMAL "body = \"{}\"\nanswer { status = \"404\" verdict = \"FINE\" }\n", ":4: answer: verdict must be one of OK RETRY NEXT SUSPEND UNSURE; not 'FINE'"},
    {MINIMAL "body = \"{}\"\nanswer { status = \"404\" verdict = \"NEXT\" reason = \"mood\" }\n", ":4: answer: there is no reason 'mood'"},
    {"body = \"{}\" proves = \"read\"\nanswer { status = \"200\" verdict = \"OK\" }\n", ":1: without report_status it proves no more than accepted"},
    {MINIMAL "body = \"{}\" report_status = \"s\"\nword \"x\" { is = \"read\" }\n", ":3: a report needs report_id or report_ref"},
    {MINIMAL "body = \"{}\" report_status = \"s\" report_id = \"i\"\n", ":3: a report needs word sections"},
    {SEVERAL "report_each = \"results*\"\n", ":5: report_each is names, positions and * with dots between, as in entry.*.statuses.*"},
    {SEVERAL "report_each = \"results..*\"\n", ":5: report_each is names, positions and * with dots between, as in entry.*.statuses.*"},
    {SEVERAL "report_each = \"results.*.\"\n", ":5: report_each is names, positions and * with dots between, as in entry.*.statuses.*"},
    {MINIMAL "body = \"{}\"\nheader \"X Y\" { value = \"1\" }\n", ":4: header 'X Y': this is not the name of a header"},
    {MINIMAL "body = \"{}\" auth = \"header\"\n", ": auth = \"header\" needs auth_header, the name of a header"},
};
/* clang-format on */

TEST(what_is_wrong_in_a_profile_is_told_with_its_line)
{
    struct config_errors errors;

    for (size_t i = 0; i < ROWS(wrong); i++) {
        char sentence[CONFIG_LINE_MAX];

        assert_null(load_text(wrong[i].text, &errors));
        snprintf(sentence, sizeof(sentence), "%s%s", path_of_text, wrong[i].sentence);
        CHECK_STR(errors.lines[0], sentence, wrong[i].sentence);
        CHECK_EQ(errors.count, 1, wrong[i].sentence);
    }
}

#define TEST_IN_MEMORY(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_MEMORY(the_lab_posts_what_it_promises),
        TEST_IN_MEMORY(a_text_cannot_leave_its_place_in_json),
        TEST_IN_MEMORY(octets_that_are_no_characters_do_not_spoil_the_json),
        TEST_IN_MEMORY(a_buffer_that_is_too_small_is_refused_at_every_size),
        TEST_IN_MEMORY(values_are_escaped_for_where_they_stand),
        TEST_IN_MEMORY(a_text_that_is_longer_than_the_provider_takes_does_not_go_out),
        TEST_IN_MEMORY(a_token_may_have_a_header_of_its_own),
        TEST_IN_MEMORY(the_labs_answers_mean_what_it_says),
        TEST_IN_MEMORY(an_answer_may_be_told_by_its_body),
        TEST_IN_MEMORY(an_id_may_be_longer_than_an_attempt_keeps),
        TEST_IN_MEMORY(the_labs_reports_mean_what_it_says),
        TEST_IN_MEMORY(each_report_of_a_body_is_heard_in_order),
        TEST_IN_MEMORY(of_a_body_with_too_many_reports_none_is_heard),
        TEST_IN_MEMORY(a_report_is_believed_only_with_its_signature),
        TEST_IN_MEMORY(a_report_that_is_signed_with_a_time_is_believed_only_then),
        TEST_IN_MEMORY(a_profile_without_reports_hears_none),
        TEST_IN_MEMORY(a_cause_is_put_into_our_words),
        TEST_IN_MEMORY(what_is_wrong_in_a_profile_is_told_with_its_line),
    };

    return RUN_ALL(tests);
}
