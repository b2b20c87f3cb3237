/*
 * The routes: that they are described, who may use them, and what they answer.
 */
#include "gateway/api.h"

#include <stdlib.h>

#include "gateway/catalog.h"
#include "gateway/gateway.h"
#include "gateway/json.h"
#include "gateway/signature.h"
#include "routing/money.h"
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

/* ---- The description ------------------------------------------------------- */

enum { DESCRIBED_MAX = 64, LINE_MAX_SIZE = 512 };

struct described {
    char path[128];
    char method[8];
};

static FILE *open_description(void)
{
    const char *source = getenv("SLUICE_SOURCE");
    char path[1024];
    FILE *file;

    snprintf(path, sizeof(path), "%s/gateway/openapi.yaml", source != NULL ? source : ".");
    file = fopen(path, "r");
    if (file == NULL)
        fail_msg("%s is not there", path);
    return file;
}

/* Paths are keys two deep and methods four deep, under "paths:". */
static size_t read_description(struct described out[DESCRIBED_MAX])
{
    static const char *const methods[] = {"get", "post", "put", "patch", "delete"};
    FILE *file = open_description();
    char line[LINE_MAX_SIZE], path[128] = "";
    bool inside = false;
    size_t count = 0;

    while (fgets(line, sizeof(line), file) != NULL) {
        if (line[0] != ' ' && line[0] != '\n' && line[0] != '#')
            inside = strncmp(line, "paths:", 6) == 0;
        if (!inside)
            continue;
        if (sscanf(line, "  /%126[^:\n]", path + 1) == 1 && line[2] == '/')
            path[0] = '/';
        for (size_t i = 0; i < ROWS(methods); i++) {
            char key[16];

            snprintf(key, sizeof(key), "    %s:", methods[i]);
            if (strncmp(line, key, strlen(key)) != 0)
                continue;
            assert_true(count < DESCRIBED_MAX);
            snprintf(out[count].path, sizeof(out[count].path), "%s", path);
            for (size_t at = 0; at <= strlen(methods[i]); at++)
                out[count].method[at] = (char)(methods[i][at] & ~0x20);
            count++;
        }
    }
    fclose(file);
    return count;
}

TEST(openapi_describes_every_route_and_no_other)
{
    static struct described described[DESCRIBED_MAX];
    size_t count = read_description(described), routes = 0;
    const struct api_route *route;

    for (; (route = api_route_at(routes)) != NULL; routes++) {
        bool found = false;

        for (size_t i = 0; i < count; i++)
            found = found || (strcmp(described[i].path, route->path) == 0 &&
                              strcmp(described[i].method, route->method) == 0);
        CHECK(found, route->path);
    }
    for (size_t i = 0; i < count; i++) {
        bool found = false;

        for (size_t j = 0; (route = api_route_at(j)) != NULL; j++)
            found = found || (strcmp(described[i].path, route->path) == 0 &&
                              strcmp(described[i].method, route->method) == 0);
        CHECK(found, described[i].path);
    }
    CHECK_EQ(count, routes, "as many");
}

TEST(openapi_lists_every_code_of_a_refusal)
{
    struct api *api = api_new(NULL);
    uint64_t times;
    const char *code;

    for (size_t i = 0; (code = api_refusal_at(api, i, &times)) != NULL; i++) {
        FILE *file = open_description();
        char line[LINE_MAX_SIZE], wanted[64];
        bool found = false;

        snprintf(wanted, sizeof(wanted), "            - %s\n", code);
        while (!found && fgets(line, sizeof(line), file) != NULL)
            found = strcmp(line, wanted) == 0;
        fclose(file);
        CHECK(found, code);
    }
    api_free(api);
}

/* ---- Reading answers ------------------------------------------------------- */

static struct lone_answer ask(const char *token, const char *path)
{
    return lone_gateway_ask(lone, token, "GET", path, "", NULL);
}

static struct lone_answer post(const char *token, const char *body)
{
    return lone_gateway_ask(lone, token, "POST", "/v1/messages", "", body);
}

/* A member of the answer as text; "" when it is not there or null. */
static const char *member(const struct lone_answer *answer, const char *path, char out[128])
{
    char error[160];
    struct json_document *document =
        json_parse(answer->body, strlen(answer->body), error, sizeof(error));

    if (document == NULL)
        fail_msg("%s: %s", error, answer->body);
    if (!json_as_text(json_at(document, path), out, 128))
        out[0] = '\0';
    json_document_free(document);
    return out;
}

static void check_refusal(const struct lone_answer *answer, int status, const char *code,
                          const char *row)
{
    char text[128];

    CHECK_EQ(answer->status, status, row);
    CHECK(strstr(answer->head, "Content-Type: application/problem+json") != NULL, row);
    CHECK_STR(member(answer, "code", text), code, row);
    CHECK_EQ(atoi(member(answer, "status", text)), status, row);
    CHECK(member(answer, "detail", text)[0] != '\0', row);
    CHECK_STR(member(answer, "type", text), "about:blank", row);
}

#define GOOD(account)                                                                      \
    "{\"account\":\"" account "\",\"from\":\"Shop\",\"to\":\"+4917012345678\","            \
    "\"text\":\"Hello\"}"

/* ---- Who may ask ----------------------------------------------------------- */

TEST(a_route_wants_a_token_with_its_scope)
{
    static const struct {
        const char *row;
        const char *token;
        const char *method;
        const char *path;
        int status;
        const char *code;
    } rows[] = {
        {"no token",          NULL,          "GET",  "/v1/accounts/rich/balance",   401, "unauthenticated"   },
        {"a wrong token",     "admin-tokem", "GET",  "/v1/accounts/rich/balance",   401,
         "unauthenticated"                                                                                   },
        {"half a token",      "admin",       "GET",  "/v1/accounts/rich/balance",   401,
         "unauthenticated"                                                                                   },
        {"read reads",        "rich-read",   "GET",  "/v1/accounts/rich/balance",   200, NULL                },
        {"send reads",        "rich-send",   "GET",  "/v1/accounts/rich/balance",   200, NULL                },
        {"read sends not",    "rich-read",   "POST", "/v1/messages",                403, "forbidden"         },
        {"send is no admin",  "rich-send",   "GET",  "/v1/ledger/verify",           403, "forbidden"         },
        {"nor for status",    "rich-send",   "GET",  "/v1/status",                  403, "forbidden"         },
        {"nor for channels",  "rich-send",   "GET",  "/v1/stats/channels",          403, "forbidden"         },
        {"nor admin of one",  "rich-admin",  "GET",  "/v1/stats/channels",          403, "forbidden"         },
        {"the ledger is all", "rich-admin",  "GET",  "/v1/ledger/verify",           403, "forbidden"         },
        {"the status too",    "rich-admin",  "GET",  "/v1/status",                  403, "forbidden"         },
        {"nobody's messages", "rich-admin",  "GET",  "/v1/inbound",                 403, "forbidden"         },
        {"admin of one",      "rich-admin",  "GET",  "/v1/review",                  200, NULL                },
        {"admin verifies",    "admin-token", "GET",  "/v1/ledger/verify",           200, NULL                },
        {"another's balance", "rich-read",   "GET",  "/v1/accounts/poor/balance",   404,
         "unknown_account"                                                                                   },
        {"nobody's balance",  "admin-token", "GET",  "/v1/accounts/nobody/balance", 404,
         "unknown_account"                                                                                   },
        {"the socket",        "",            "GET",  "/v1/status",                  200, NULL                },
        {"no such path",      NULL,          "GET",  "/v2/messages",                404, "unknown_path"      },
        {"a longer path",     "admin-token", "GET",  "/v1/messages/1/2",            404, "unknown_path"      },
        {"an empty name",     "admin-token", "GET",  "/v1/messages/",               404, "unknown_path"      },
        {"another method",    NULL,          "POST", "/v1/ledger/verify",           405, "method_not_allowed"},
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct lone_answer answer =
            lone_gateway_ask(lone, rows[i].token, rows[i].method, rows[i].path, "",
                             rows[i].method[0] == 'P' ? GOOD("rich") : NULL);

        if (rows[i].code != NULL)
            check_refusal(&answer, rows[i].status, rows[i].code, rows[i].row);
        CHECK_EQ(answer.status, rows[i].status, rows[i].row);
    }
}

TEST(a_refusal_says_what_would_do)
{
    struct lone_answer answer = ask(NULL, "/v1/status");

    CHECK(strstr(answer.head, "WWW-Authenticate: Bearer") != NULL, "401");
    answer = lone_gateway_ask(lone, NULL, "DELETE", "/v1/messages", "", NULL);
    CHECK(strstr(answer.head, "Allow: POST") != NULL, "405 where POST is taken");
    answer = lone_gateway_ask(lone, NULL, "PUT", "/livez", "", NULL);
    CHECK(strstr(answer.head, "Allow: GET, HEAD") != NULL, "405 where GET is taken");
}

TEST(head_is_answered_like_get_without_the_body)
{
    struct lone_answer answer = lone_gateway_ask(lone, NULL, "HEAD", "/readyz", "", NULL);

    CHECK_EQ(answer.status, 200, "status");
    CHECK_STR(answer.body, "", "body");
}

/* ---- Sending --------------------------------------------------------------- */

TEST(a_body_that_is_not_right_is_refused_with_the_reason)
{
    static const struct {
        const char *row;
        const char *body;
        int status;
        const char *code;
    } rows[] = {
        {"nothing",                    "",                                                                   400, "bad_body"       },
        {"no JSON",                    "{",                                                                  400, "bad_body"       },
        {"a list",                     "[]",                                                                 400, "bad_body"       },
        {"no text",                    "{\"account\":\"rich\",\"from\":\"Shop\",\"to\":\"+4917012345678\"}",
         400,                                                                                                     "bad_body"       },
        {"a number for a text",
         "{\"account\":\"rich\",\"from\":\"Shop\",\"to\":491701,\"text\":\"x\"}",                            400,
         "bad_body"                                                                                                                },
        {"an unknown member",
         "{\"account\":\"rich\",\"from\":\"Shop\",\"to\":\"+4917012345678\",\"text\":\"x\","
         "\"colour\":1}",                                                                                    400, "bad_body"       },
        {"a validity of no seconds",
         "{\"account\":\"rich\",\"from\":\"Shop\",\"to\":\"+4917012345678\",\"text\":\"x\","
         "\"validity\":0}",                                                                                  400, "bad_body"       },
        {"a validity in words",
         "{\"account\":\"rich\",\"from\":\"Shop\",\"to\":\"+4917012345678\",\"text\":\"x\","
         "\"validity\":\"1h\"}",                                                                             400, "bad_body"       },
        {"no number",
         "{\"account\":\"rich\",\"from\":\"Shop\",\"to\":\"mother\",\"text\":\"x\"}",                        400,
         "bad_destination"                                                                                                         },
        {"a long sender",
         "{\"account\":\"rich\",\"from\":\"123456789012345678901\",\"to\":\"+"
         "4917012345678\","
         "\"text\":\"x\"}",                                                                                  400, "bad_source"     },
        {"a plan that is not granted",
         "{\"account\":\"rich\",\"from\":\"Shop\",\"to\":\"+4917012345678\",\"text\":\"x\","
         "\"plan\":\"dear\"}",                                                                               400, "no_plan"        },
        {"an unknown account",         GOOD("nobody"),                                                       404, "unknown_account"},
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct lone_answer answer = post("admin-token", rows[i].body);

        check_refusal(&answer, rows[i].status, rows[i].code, rows[i].row);
    }
}

TEST(a_message_is_accepted_with_what_is_held_and_can_be_asked_about)
{
    struct lone_answer answer = post("rich-send", GOOD("rich"));
    char id[128], text[128], path[256];

    CHECK_EQ(answer.status, 202, answer.body);
    member(&answer, "id", id);
    CHECK_STR(member(&answer, "parts", text), "1", "parts");
    CHECK_STR(member(&answer, "held", text), "0.060000", "held");
    CHECK_STR(member(&answer, "currency", text), "EUR", "currency");

    snprintf(path, sizeof(path), "/v1/messages/%s", id);
    answer = ask("rich-read", path);
    CHECK_EQ(answer.status, 200, answer.body);
    CHECK_STR(member(&answer, "id", text), id, "id");
    CHECK_STR(member(&answer, "submissions.0", text), id, "submissions");
    CHECK_STR(member(&answer, "account", text), "rich", "account");
    CHECK_STR(member(&answer, "from", text), "Shop", "from");
    CHECK_STR(member(&answer, "to", text), "4917012345678", "to");
    CHECK_STR(member(&answer, "end", text), "", "end");
    CHECK_STR(member(&answer, "charged", text), "0.000000", "charged");
    CHECK_STR(member(&answer, "cost", text), "", "our cost is not the sender's affair");

    answer = ask("admin-token", path);
    CHECK_STR(member(&answer, "cost", text), "0.000000", "but the admin's");

    snprintf(path, sizeof(path), "/v1/messages/%s/trace", id);
    answer = ask("rich-read", path);
    CHECK_EQ(answer.status, 200, answer.body);
    CHECK_STR(member(&answer, "plan", text), "both", "plan");
    CHECK_STR(member(&answer, "steps.1.price.amount", text), "0.050000", "pinned price");
    CHECK_STR(member(&answer, "baseline", text), "0.050000", "baseline");
}

TEST(a_message_of_another_account_is_unknown)
{
    struct lone_answer answer = post("admin-token", GOOD("slow"));
    char id[128], path[256];

    CHECK_EQ(answer.status, 202, answer.body);
    snprintf(path, sizeof(path), "/v1/messages/%s", member(&answer, "id", id));
    answer = ask("rich-read", path);
    check_refusal(&answer, 404, "unknown_message", "in memory");
    answer = post("rich-send", GOOD("slow"));
    check_refusal(&answer, 404, "unknown_account", "sent in its name");
    answer = ask("admin-token", "/v1/messages/99999");
    check_refusal(&answer, 404, "unknown_message", "in no database");
    answer = ask("admin-token", "/v1/messages/0x17");
    check_refusal(&answer, 404, "unknown_message", "no id");
    answer = ask("admin-token", "/v1/messages/99999999999999999999999");
    check_refusal(&answer, 404, "unknown_message", "larger than an id");
}

TEST(without_money_a_message_is_refused)
{
    struct lone_answer answer = post("admin-token", GOOD("poor"));

    CHECK_EQ(answer.status, 202, "the first fits");
    answer = post("admin-token", GOOD("poor"));
    check_refusal(&answer, 402, "no_money", "the second does not");
}

/* There may be room again: it is no refusal for want of a price. */
TEST(without_room_for_new_prices_a_message_is_refused_for_now)
{
    struct lone_gateway *others = lone;
    struct price_pins pins = {.step_count = 1, .sold = {1}};
    struct store_definition it = {STORE_PINS, 0, "", &pins, sizeof(pins)};
    struct lone_answer answer;
    struct catalog *catalog;

    lone = lone_gateway_new();
    catalog = lone_gateway_of(lone)->catalog;
    for (it.number = 1; it.number <= CATALOG_PINS_MAX; it.number++) {
        pins.steps[0][0].price_micro = it.number;
        catalog_load(catalog, &it);
    }
    answer = post("admin-token", GOOD("rich"));
    check_refusal(&answer, 503, "full", "no room");
    CHECK_EQ(catalog_pins_refused(catalog), 1, "and counted");
    lone_gateway_free(lone);
    lone = others;
}

TEST(over_the_rate_the_answer_says_when_to_come_again)
{
    struct lone_answer answer = post("admin-token", GOOD("slow"));

    for (int i = 0; i < 3 && answer.status == 202; i++)
        answer = post("admin-token", GOOD("slow"));
    check_refusal(&answer, 429, "rate", "over the rate");
    CHECK(strstr(answer.head, "Retry-After: 1") != NULL, answer.head);
}

/* ---- Money ----------------------------------------------------------------- */

static int64_t money_of(const struct lone_answer *answer, const char *path)
{
    char text[128];
    int64_t amount = -1;

    CHECK(money_parse(member(answer, path, text), &amount), path);
    return amount;
}

TEST(a_balance_adds_up)
{
    struct lone_answer answer = ask("rich-read", "/v1/accounts/rich/balance");
    char text[128];

    CHECK_STR(member(&answer, "opening", text), "1000.000000", "opening");
    CHECK_EQ(money_of(&answer, "available") + money_of(&answer, "held") +
                 money_of(&answer, "charged"),
             money_of(&answer, "opening"), "the three");
    CHECK(money_of(&answer, "held") > 0, "for the message that waits");
    CHECK_STR(member(&answer, "currency", text), "EUR", "currency");
}

TEST(a_statement_is_of_a_period)
{
    static const struct {
        const char *row;
        const char *query;
        int status;
    } rows[] = {
        {"all",             "",                                         200},
        {"since a date",    "?from=2020-01-01",                         200},
        {"between times",   "?from=2020-01-01T00:00:00Z&to=2020-01-02", 200},
        {"with an offset",  "?from=2020-01-01T00:00:00%2B02:00",        200},
        {"no date",         "?from=yesterday",                          400},
        {"badly encoded",   "?from=%zz",                                400},
        {"nothing given",   "?from=&to",                                400},
        {"another name",    "?fromage=x&too=y",                         200},
        {"no such day",     "?to=2026-02-30",                           400},
        {"from after to",   "?from=2026-01-02&to=2026-01-01",           400},
        {"from the future", "?from=9999-01-01",                         400},
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        char path[256], text[128];
        struct lone_answer answer;

        snprintf(path, sizeof(path), "/v1/accounts/rich/statement%s", rows[i].query);
        answer = ask("admin-token", path);
        CHECK_EQ(answer.status, rows[i].status, rows[i].row);
        if (answer.status == 200)
            CHECK_STR(member(&answer, "account", text), "rich", rows[i].row);
        else
            check_refusal(&answer, 400, "bad_query", rows[i].row);
    }
}

TEST(the_ledger_is_verified_from_the_database)
{
    struct lone_answer answer = ask("admin-token", "/v1/ledger/verify");
    char text[128];

    CHECK_STR(member(&answer, "ok", text), "true", answer.body);
    CHECK_STR(member(&answer, "sums.EUR", text), "0.000000", "sum");
    CHECK_STR(member(&answer, "ended_with_hold", text), "0", "ended_with_hold");
    CHECK_STR(member(&answer, "attempts_without_posting", text), "0", "postings");
    CHECK(atoi(member(&answer, "postings", text)) >= 3, "the openings at least");
}

/* ---- Channels and hooks ---------------------------------------------------- */

TEST(channels_are_told_with_their_state)
{
    struct lone_answer answer = ask("admin-token", "/v1/stats/channels");
    char text[128];

    CHECK_EQ(answer.status, 200, answer.body);
    CHECK_STR(member(&answer, "channels.0.channel", text), "smsc", "first");
    CHECK_STR(member(&answer, "channels.0.up", text), "false", "nobody is there");
    CHECK_STR(member(&answer, "channels.1.label", text), "Chat", "second");
    CHECK_STR(member(&answer, "currency", text), "EUR", "one currency");
}

static struct lone_answer report(const char *path, const char *key, const char *body)
{
    static const struct signature_scheme scheme = {
        .hash = SIGNATURE_SHA256, .encoding = SIGNATURE_HEX, .prefix = "sha256="};
    char given[SIGNATURE_TEXT_MAX], header[SIGNATURE_TEXT_MAX + 32];

    signature_make(&scheme, key, strlen(key), body, strlen(body), given);
    snprintf(header, sizeof(header), "X-Signature: %s\r\n", given);
    return lone_gateway_ask(lone, NULL, "POST", path, header, body);
}

TEST(a_report_is_taken_when_it_is_signed_and_understood)
{
    static const struct {
        const char *row;
        const char *path;
        const char *key;
        const char *body;
        int status;
    } rows[] = {
        {"of an unknown id",        "/v1/hooks/chat", "lab-hook",
         "{\"id\":\"7\",\"status\":\"delivered\"}",                                                     200},
        {"the same again",          "/v1/hooks/chat", "lab-hook",
         "{\"id\":\"7\",\"status\":\"delivered\"}",                                                     200},
        {"signed with another key", "/v1/hooks/chat", "lab-hooc",
         "{\"id\":\"7\",\"status\":\"read\"}",                                                          401},
        {"another word",            "/v1/hooks/chat", "lab-hook", "{\"id\":\"7\",\"status\":\"lost\"}",
         400                                                                                               },
        {"no status",               "/v1/hooks/chat", "lab-hook", "{\"id\":\"7\"}",                     400},
        {"of nobody",               "/v1/hooks/chat", "lab-hook", "{\"status\":\"read\"}",              400},
        {"a ref that is not ours",  "/v1/hooks/chat", "lab-hook",
         "{\"ref\":\"x\",\"status\":\"read\"}",                                                         400},
        {"no JSON",                 "/v1/hooks/chat", "lab-hook", "delivered",                          400},
        {"for a link",              "/v1/hooks/smsc", "lab-hook", "{\"id\":\"7\",\"status\":\"read\"}",
         404                                                                                               },
        {"for nothing",             "/v1/hooks/none", "lab-hook", "{\"id\":\"7\",\"status\":\"read\"}",
         404                                                                                               },
    };
    struct lone_answer answer;

    for (size_t i = 0; i < ROWS(rows); i++) {
        answer = report(rows[i].path, rows[i].key, rows[i].body);
        CHECK_EQ(answer.status, rows[i].status, rows[i].row);
    }
    answer = lone_gateway_ask(lone, NULL, "POST", "/v1/hooks/chat", "",
                              "{\"id\":\"7\",\"status\":\"delivered\"}");
    check_refusal(&answer, 401, "bad_signature", "not signed at all");
}

/* ---- Who has opted out ------------------------------------------------------------ */

#define OPTOUT "/v1/accounts/rich/optouts/+49%20170%2012345678"

static struct lone_answer ask_by(const char *token, const char *method, const char *path)
{
    return lone_gateway_ask(lone, token, method, path, "", NULL);
}

TEST(the_opt_out_list_is_read_with_read_and_changed_with_send)
{
    struct lone_answer answer = ask_by("rich-read", "PUT", OPTOUT);
    char text[128];

    check_refusal(&answer, 403, "forbidden", "put with read");
    answer = ask_by("rich-send", "PUT", "/v1/accounts/poor/optouts/4917012345678");
    check_refusal(&answer, 404, "unknown_account", "put for another");
    answer = ask_by("rich-send", "PUT", "/v1/accounts/rich/optouts/Shop");
    check_refusal(&answer, 400, "bad_destination", "put of a name");
    answer = ask("rich-read", OPTOUT);
    check_refusal(&answer, 404, "unknown_optout", "get before");
    CHECK_EQ(ask_by("rich-send", "PUT", OPTOUT).status, 200, "put");
    CHECK_EQ(ask_by("rich-send", "PUT", OPTOUT).status, 200, "put again");
    answer = ask("rich-read", OPTOUT);
    CHECK_EQ(answer.status, 200, "get");
    CHECK_STR(member(&answer, "number", text), "4917012345678", "as digits");
    CHECK_STR(member(&answer, "sender", text), "", "whoever sends");
    CHECK_STR(member(&answer, "origin", text), "", "by hand");
    CHECK_EQ(ask_by("rich-send", "PUT", OPTOUT "?sender=Shop").status, 200, "one sender");
    answer = ask("rich-read", "/v1/accounts/rich/optouts");
    CHECK_STR(member(&answer, "optouts.0.sender", text), "Shop", "the newest first");
    CHECK_STR(member(&answer, "optouts.1.number", text), "4917012345678", "then the other");
    answer = ask("rich-read", "/v1/accounts/rich/optouts?after=4917012345678&sender=Shop");
    CHECK_STR(member(&answer, "optouts.0.sender", text), "", "behind it");
    CHECK_STR(member(&answer, "optouts.1.number", text), "", "and no more");
    answer = ask("rich-read", "/v1/accounts/rich/optouts?after=");
    CHECK_STR(member(&answer, "optouts.0.sender", text), "Shop", "behind nothing");
    answer = ask("admin-token", "/v1/accounts/poor/optouts");
    CHECK_STR(member(&answer, "optouts.0.number", text), "", "of another");
    CHECK_EQ(ask_by("rich-send", "DELETE", OPTOUT).status, 200, "delete");
    answer = ask_by("rich-send", "DELETE", OPTOUT);
    check_refusal(&answer, 404, "unknown_optout", "delete again");
    answer = ask_by("rich-send", "POST", OPTOUT);
    check_refusal(&answer, 405, "method_not_allowed", "post");
    CHECK(strstr(answer.head, "Allow: GET, HEAD, PUT, DELETE") != NULL, "all it takes");
}

TEST(a_list_goes_on_behind_a_page_whose_last_number_has_been_taken_off)
{
    enum { PAGE = 1000, ALL = PAGE + 3 };
    struct lone_answer answer;
    char path[128], text[128];

    for (unsigned i = 0; i < ALL; i++) {
        snprintf(path, sizeof(path), "/v1/accounts/rich/optouts/4917000%05u", i);
        CHECK_EQ(ask_by("rich-send", "PUT", path).status, 200, "put");
    }
    answer = ask("rich-read", "/v1/accounts/rich/optouts");
    CHECK_STR(member(&answer, "optouts.999.number", text), "491700000003", "the last");
    /* It and the one behind it. */
    for (unsigned i = 3; i > 1; i--) {
        snprintf(path, sizeof(path), "/v1/accounts/rich/optouts/4917000%05u", i);
        CHECK_EQ(ask_by("rich-send", "DELETE", path).status, 200, "delete");
    }
    answer = ask("rich-read", "/v1/accounts/rich/optouts?after=491700000003");
    CHECK_STR(member(&answer, "optouts.0.number", text), "491700000001", "the next");
    CHECK_STR(member(&answer, "optouts.1.number", text), "491700000000", "and its next");
    CHECK_STR(member(&answer, "optouts.2.number", text), "", "and no more");
    for (unsigned i = 0; i < ALL; i++) {
        snprintf(path, sizeof(path), "/v1/accounts/rich/optouts/4917000%05u", i);
        (void)ask_by("rich-send", "DELETE", path);
    }
    answer = ask("rich-read", "/v1/accounts/rich/optouts?after=491700000000");
    CHECK_EQ(answer.status, 200, "the end, behind all");
    CHECK_STR(member(&answer, "optouts.0.number", text), "", "is the end");
    answer = ask("rich-read", "/v1/accounts/rich/optouts?after=4917055555555");
    check_refusal(&answer, 404, "unknown_optout", "where no page has ended");
}

/* What chooses among several, and cannot be read, chooses none of them: before, it was
 * passed over, and all were meant. */
TEST(a_query_that_cannot_be_read_changes_nothing)
{
    static const char *const rows[] = {
        "?sender=%zz",
        "?sender=Shop%",
        "?sender=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "?sender=Shop%00",
    };
    struct lone_answer answer;
    char path[256], id[128], text[128];

    CHECK_EQ(ask_by("rich-send", "PUT", OPTOUT "?sender=Shop").status, 200, "put");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        snprintf(path, sizeof(path), "%s%s", OPTOUT, rows[i]);
        answer = ask_by("rich-send", "DELETE", path);
        check_refusal(&answer, 400, "bad_query", rows[i]);
        answer = ask_by("rich-send", "PUT", path);
        check_refusal(&answer, 400, "bad_query", rows[i]);
        answer = ask("rich-read", path);
        check_refusal(&answer, 400, "bad_query", rows[i]);
    }
    answer = ask("rich-read", "/v1/accounts/rich/optouts?after=%zz");
    check_refusal(&answer, 400, "bad_query", "a page behind nothing");
    answer = ask("rich-read", "/v1/accounts/rich/optouts");
    CHECK_STR(member(&answer, "optouts.0.sender", text), "Shop", "the one that was put");
    CHECK_STR(member(&answer, "optouts.1.number", text), "", "and it alone");

    answer = post("rich-send", "{\"account\":\"rich\",\"from\":\"Shop\","
                               "\"to\":\"4917012345678\",\"text\":\"Hello\"}");
    CHECK_EQ(answer.status, 202, "accepted");
    (void)member(&answer, "id", id);
    snprintf(path, sizeof(path), "/v1/messages/%s?to=%%zz", id);
    answer = ask_by("rich-send", "DELETE", path);
    check_refusal(&answer, 400, "bad_query", "who is meant cannot be read");
    snprintf(path, sizeof(path), "/v1/messages/%s", id);
    answer = ask("rich-read", path);
    CHECK_STR(member(&answer, "end", text), "", "it has not been cancelled");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(openapi_describes_every_route_and_no_other),
        RUN(openapi_lists_every_code_of_a_refusal),
        RUN(a_route_wants_a_token_with_its_scope),
        RUN(a_refusal_says_what_would_do),
        RUN(head_is_answered_like_get_without_the_body),
        RUN(a_body_that_is_not_right_is_refused_with_the_reason),
        RUN(a_message_is_accepted_with_what_is_held_and_can_be_asked_about),
        RUN(a_message_of_another_account_is_unknown),
        RUN(without_money_a_message_is_refused),
        RUN(without_room_for_new_prices_a_message_is_refused_for_now),
        RUN(over_the_rate_the_answer_says_when_to_come_again),
        RUN(a_balance_adds_up),
        RUN(a_statement_is_of_a_period),
        RUN(the_ledger_is_verified_from_the_database),
        RUN(channels_are_told_with_their_state),
        RUN(a_report_is_taken_when_it_is_signed_and_understood),
        RUN(the_opt_out_list_is_read_with_read_and_changed_with_send),
        RUN(a_list_goes_on_behind_a_page_whose_last_number_has_been_taken_off),
        RUN(a_query_that_cannot_be_read_changes_nothing),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
