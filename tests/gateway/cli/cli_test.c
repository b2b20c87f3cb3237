/*
 * What the command does with answers and arguments, without a daemon.
 */
#include "gateway/cli/cli.h"

#include <stdlib.h>

#include "gateway/cli/call.h"
#include "gateway/cli/story.h"
#include "tests/test.h"

TEST(the_head_of_an_answer_is_read_when_it_is_whole)
{
    static const struct {
        const char *octets;
        bool whole;
        int status;
        long length;
    } rows[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nabc",              true,  200, 12},
        {"HTTP/1.1 404 Not Found\r\nDate: x\r\ncontent-length:7\r\n\r\n", true,  404, 7 },
        {"HTTP/1.1 204 No Content\r\n\r\n",                               true,  204, -1},
        {"HTTP/1.1 200 OK\r\nX: Content-Length: 5\r\n\r\n",               true,  200, -1},
        {"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n",                     false, 0,   0 },
        {"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r",                   false, 0,   0 },
        {"SSH-2.0-OpenSSH\r\n\r\n",                                       false, 0,   0 },
        {"\r\n\r\n",                                                      false, 0,   0 },
        {"",                                                              false, 0,   0 },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        int status = 0;
        size_t head = 0;
        long length = 0;

        CHECK_EQ(
            call_read_head(rows[i].octets, strlen(rows[i].octets), &status, &head, &length),
            rows[i].whole, rows[i].octets);
        if (!rows[i].whole)
            continue;
        CHECK_EQ(status, rows[i].status, rows[i].octets);
        CHECK_EQ(length, rows[i].length, rows[i].octets);
        CHECK_EQ(memcmp(rows[i].octets + head - 4, "\r\n\r\n", 4), 0, rows[i].octets);
    }
}

TEST(a_name_in_a_path_is_encoded)
{
    char path[64];

    CHECK(cli_path(path, sizeof(path), "/v1/accounts/", "shop-1_a.b", "/balance"), "plain");
    CHECK_STR(path, "/v1/accounts/shop-1_a.b/balance", "plain");
    CHECK(cli_path(path, sizeof(path), "/a/", "x/../y? \r", ""), "hostile");
    CHECK_STR(path, "/a/x%2F..%2Fy%3F%20%0D", "hostile");
    CHECK(!cli_path(path, 20, "/v1/accounts/", "shop", "/balance"), "too long");
}

TEST(a_span_is_told_in_the_unit_people_would_use)
{
    static const struct {
        int64_t ms;
        const char *text;
    } rows[] = {
        {0,             "0.0 s"      },
        {3210,          "3.2 s"      },
        {119999,        "119.9 s"    },
        {120000,        "2 min"      },
        {7199999,       "119 min"    },
        {7200000,       "2 h"        },
        {172799999,     "47 h"       },
        {172800000,     "2 days"     },
        {8640000000000, "100000 days"},
    };
    char span[CLI_SPAN_SIZE];

    for (size_t i = 0; i < ROWS(rows); i++)
        CHECK_STR(cli_span(rows[i].ms, span), rows[i].text, rows[i].text);
}

TEST(nobody_there_is_said_with_the_socket_that_was_tried)
{
    char error[512] = "";

    CHECK_EQ(call_connect_unix("/nowhere/sluice.sock", error, sizeof(error)), -1, "socket");
    CHECK_STR(error, "sluiced is not running: nobody listens on /nowhere/sluice.sock",
              "socket");
    CHECK_EQ(call_connect_url("http://127.0.0.1:1", error, sizeof(error)), -1, "url");
    CHECK_STR(error, "sluiced is not running: nobody listens on http://127.0.0.1:1", "url");
    CHECK_EQ(call_connect_url("https://127.0.0.1:1", error, sizeof(error)), -1, "scheme");
    CHECK_STR(error, "https://127.0.0.1:1 is not http://HOST:PORT", "scheme");
}

/* ---- The story ------------------------------------------------------------- */

static char *story_of(const char *trace)
{
    char error[160], *text = NULL;
    size_t size;
    struct json_document *document = json_parse(trace, strlen(trace), error, sizeof(error));
    FILE *out = open_memstream(&text, &size);

    if (document == NULL)
        fail_msg("%s", error);
    story_print(json_at(document, ""), out);
    fclose(out);
    json_document_free(document);
    return text;
}

TEST(a_story_is_told_in_the_order_of_time)
{
    static const char trace[] =
        "{\"id\":\"7\",\"submissions\":[\"7\"],\"account\":\"shop\",\"from\":\"Shop\","
        "\"to\":\"4917\",\"state\":\"ended\",\"end\":\"delivered\","
        "\"accepted_at\":\"2026-11-21T22:00:00.000Z\",\"ended_at\":\"2026-11-21T22:00:03."
        "500Z\","
        "\"parts\":1,\"charged\":\"0.050000\",\"cost\":\"0.030000\",\"currency\":\"EUR\","
        "\"attempts\":["
        "{\"step\":\"chat\",\"channel\":\"messenger\",\"segment\":1,\"try\":1,"
        "\"state\":\"delivered\",\"reason\":null,\"provider_id\":\"a1\","
        "\"sent_at\":\"2026-11-21T22:00:00.000Z\",\"updated_at\":\"2026-11-21T22:00:03."
        "500Z\","
        "\"charged\":\"0.000000\",\"cost\":\"0.000000\"},"
        "{\"step\":\"sms\",\"channel\":\"smsc\",\"segment\":1,\"try\":1,"
        "\"state\":\"accepted\",\"reason\":null,\"provider_id\":\"b2\","
        "\"sent_at\":\"2026-11-21T22:00:02.000Z\",\"updated_at\":\"2026-11-21T22:00:02."
        "100Z\","
        "\"charged\":\"0.050000\",\"cost\":\"0.030000\"}],"
        "\"plan\":\"both\",\"deadline\":\"2026-11-22T22:00:00.000Z\",\"held\":\"0.000000\","
        "\"baseline\":\"0.050000\",\"segments\":1,\"collected\":false,\"binary\":false,"
        "\"steps\":["
        "{\"name\":\"chat\",\"channels\":[\"messenger\"],\"until\":\"delivered\","
        "\"within_ms\":2000,\"enter_within_ms\":2000,"
        "\"price\":{\"amount\":\"0.010000\",\"per\":\"message\",\"on\":\"delivered\"}},"
        "{\"name\":\"sms\",\"channels\":[\"smsc\"],\"until\":\"delivered\","
        "\"within_ms\":86400000,\"enter_within_ms\":86400000,\"price\":null}],"
        "\"tries\":[{\"id\":\"8\",\"ref\":\"8\",\"code\":0,\"again_at\":null,\"marks\":[]},"
        "{\"id\":\"9\",\"ref\":\"9\",\"code\":0,\"again_at\":null,\"marks\":[]}],"
        "\"receipts\":[{\"submission\":\"7\",\"part\":1,\"asked\":\"always\","
        "\"end\":\"delivered\"}]}";
    static const char *const lines[] = {
        "message 7 of account shop, from Shop to 4917\n",
        "plan both: chat (0.010000 per message on delivered), sms (not sold)\n",
        "    +0.000 s               accepted at 2026-11-21T22:00:00.000Z\n",
        "    +0.000 s  chat         handed over to messenger, its id a1\n",
        "    +2.000 s  chat         not delivered within 2.0 s: on to step sms\n",
        "    +2.000 s  sms          handed over to smsc, its id b2\n",
        "    +2.100 s  sms          accepted by the channel, no more is known;"
        " charged 0.050000 EUR; cost 0.030000\n",
        "    +3.500 s  chat         delivered\n",
        "    +3.500 s               ended: delivered\n",
        "parts 1, charged 0.050000 EUR, held 0.000000, cost 0.030000; by SMS alone "
        "0.050000\n",
        "receipt of 7: asked for always; the end to tell is delivered\n",
    };
    char *story = story_of(trace);
    const char *at = story;

    for (size_t i = 0; i < ROWS(lines); i++) {
        const char *found = strstr(at, lines[i]);

        if (found == NULL)
            fail_msg("this is missing, or not in its place:\n%sin:\n%s", lines[i], story);
        at = found + strlen(lines[i]);
    }
    free(story);
}

TEST(a_story_tells_why_a_step_was_left)
{
    static const struct {
        const char *row;
        const char *attempt; /* its state, reason, sent_at */
        const char *marks;
        const char *line;
    } rows[] = {
        {"refused",
         "\"state\":\"failed\",\"reason\":\"no_account\",\"sent_at\":\"2026-11-21T22:00:01."
         "000Z\"",                                                                                "\"code\":404,\"marks\":[]",               "chat         failed: no_account (code 404)\n"                 },
        {"in doubt",
         "\"state\":\"sent\",\"reason\":null,\"sent_at\":\"2026-11-21T22:00:01.000Z\"",           "\"code\":0,\"marks\":[\"in doubt\"]",
         "chat         in doubt: it was sent and no answer came\n"                                                                                                                                          },
        {"never sent",      "\"state\":\"failed\",\"reason\":\"provider_down\",\"sent_at\":null",
         "\"code\":0,\"marks\":[\"never sent\"]",                                                                                            "chat         could not be tried: provider_down\n"             },
        {"returned",        "\"state\":\"failed\",\"reason\":\"provider_down\",\"sent_at\":null",
         "\"code\":0,\"marks\":[\"permit returned\"]",                                                                                       "chat         not sent by messenger after all: provider_down\n"},
        {"another segment",
         "\"state\":\"accepted\",\"reason\":null,\"sent_at\":\"2026-11-21T22:00:01.000Z\"},"
         "{\"step\":\"chat\",\"channel\":\"messenger\",\"segment\":2,\"try\":2,\"state\":"
         "\"failed\",\"reason\":null,\"sent_at\":\"2026-11-21T22:00:01.000Z\",\"updated_"
         "at\":"
         "\"2026-11-21T22:00:01.500Z\"",                                                          "\"code\":0,\"marks\":[]",                 "chat         failed, segment 2, try 2\n"                      },
        {"contradicted",
         "\"state\":\"delivered\",\"reason\":null,\"sent_at\":\"2026-11-21T22:00:01.000Z\"",      "\"code\":0,\"marks\":[\"contradicted\"]",
         "chat         delivered; a later report says it failed\n"                                                                                                                                          },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        char trace[2048], *story;

        snprintf(trace, sizeof(trace),
                 "{\"id\":\"7\",\"accepted_at\":\"2026-11-21T22:00:00.000Z\",\"end\":null,"
                 "\"state\":\"waiting\",\"attempts\":[{\"step\":\"chat\",\"channel\":"
                 "\"messenger\",\"segment\":1,\"try\":1,\"updated_at\":"
                 "\"2026-11-21T22:00:01.500Z\",%s}],\"tries\":[{%s}],\"steps\":[]}",
                 rows[i].attempt, rows[i].marks);
        story = story_of(trace);
        if (strstr(story, rows[i].line) == NULL)
            fail_msg("%s: this is missing:\n%sin:\n%s", rows[i].row, rows[i].line, story);
        free(story);
    }
}

/* A subscriber's text, a sender's name or an operator's id may hold what a terminal obeys.
 */
TEST(what_strangers_wrote_does_nothing_to_the_terminal)
{
    static const char trace[] =
        "{\"id\":\"7\",\"account\":\"shop\",\"from\":\"A\\u001b[2J\",\"to\":\"4917\","
        "\"state\":\"ended\",\"end\":\"delivered\","
        "\"accepted_at\":\"2026-11-21T22:00:00.000Z\","
        "\"ended_at\":\"2026-11-21T22:00:03.500Z\",\"attempts\":["
        "{\"step\":\"sms\",\"channel\":\"smsc\",\"segment\":1,\"try\":1,\"state\":"
        "\"delivered\",\"provider_id\":\"b2\\u001b]0;x\\u0007\\nforged\","
        "\"sent_at\":\"2026-11-21T22:00:02.000Z\","
        "\"updated_at\":\"2026-11-21T22:00:02.100Z\"}]}";
    char *text = story_of(trace);
    char raw[] = "a\x1b[31mb\nc\x7f d\xc2\x9bm \xd0\xaf\xc2\xa0";

    CHECK(strchr(text, 0x1B) == NULL && strchr(text, 0x07) == NULL, text);
    CHECK(strstr(text, "\nforged") == NULL, text);
    CHECK(strstr(text, "b2?]0;x??forged") != NULL, text);
    free(text);
    CHECK_STR(cli_tame(raw), "a?[31mb?c? d??m \xd0\xaf\xc2\xa0",
              "what is no control stays");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(the_head_of_an_answer_is_read_when_it_is_whole),
        RUN(a_name_in_a_path_is_encoded),
        RUN(a_span_is_told_in_the_unit_people_would_use),
        RUN(nobody_there_is_said_with_the_socket_that_was_tried),
        RUN(a_story_is_told_in_the_order_of_time),
        RUN(a_story_tells_why_a_step_was_left),
        RUN(what_strangers_wrote_does_nothing_to_the_terminal),
    };

    return RUN_ALL(tests);
}
