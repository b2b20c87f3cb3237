/*
 * What an account has used of its limits; suspending it and letting it go on.
 */
#include "gateway/api_pieces.h"

#include "gateway/catalog.h"
#include "gateway/limits.h"
#include "gateway/suspension.h"
#include "routing/ledger.h"

static void write_limit(const struct gateway *gateway, struct json_writer *writer,
                        const struct account *account, enum usage_kind kind)
{
    bool is_spend = kind == USAGE_SPEND_HOUR || kind == USAGE_SPEND_DAY;
    void (*write)(struct json_writer *, const char *, int64_t) =
        is_spend ? json_write_money : json_write_integer;
    struct limits_facts limit;

    if (!limits_facts(gateway, account, kind, &limit)) {
        json_write_null(writer, usage_name(kind));
        return;
    }
    json_write_object(writer, usage_name(kind));
    write(writer, "used", limit.used);
    write(writer, "limit", limit.limit);
    json_write_time(writer, "ends_at", limit.ends_ms);
    json_write_object_end(writer);
}

void api_on_limits(struct api_call *call)
{
    const struct account *account = api_find_account(call);
    struct json_writer *writer;
    char currency[4];

    if (account == NULL)
        return;
    writer = api_writer(call->gateway);
    json_write_object(writer, NULL);
    json_write_string(writer, "account", account->name);
    json_write_string(writer, "currency",
                      ledger_currency_code(account->currency, currency));
    json_write_time(writer, "suspended_at", account->suspended_since_ms);
    for (int kind = 0; kind < USAGE_KINDS; kind++)
        write_limit(call->gateway, writer, account, (enum usage_kind)kind);
    json_write_object_end(writer);
    api_answer_when_durable(call->gateway, call->request->id);
}

/* ---- Suspending ---------------------------------------------------------- */

static void answer(struct gateway *gateway, uint64_t request,
                   const struct suspension_result *result)
{
    const struct account *account = result->account;
    struct json_writer *writer = api_writer(gateway);
    char currency[4];

    json_write_object(writer, NULL);
    json_write_string(writer, "account", account->name);
    json_write_time(writer, "suspended_at", account->suspended_since_ms);
    json_write_integer(writer, "cancelled", (int64_t)result->cancelled);
    json_write_money(writer, "returned", result->returned_micro);
    json_write_string(writer, "currency",
                      ledger_currency_code(account->currency, currency));
    json_write_object_end(writer);
    api_answer(gateway, request, 200);
}

/* A body is not needed.  False: it has been refused. */
static bool read_drop(struct api_call *call, bool *out)
{
    const struct http_request *request = call->request;
    struct json_document *document;
    char error[160];
    const char *fault;

    *out = false;
    if (request->body_size == 0)
        return true;
    document = json_parse(request->body, request->body_size, error, sizeof(error));
    if (document == NULL) {
        api_refuse(call->gateway, request->id, API_BAD_BODY, NULL, "%s", error);
        return false;
    }
    *out = json_read_bool(document, "drop_queued", JSON_OPTIONAL, false);
    fault = json_fault(document);
    if (fault != NULL)
        api_refuse(call->gateway, request->id, API_BAD_BODY, NULL, "%s", fault);
    json_document_free(document);
    return fault == NULL;
}

void api_on_suspend(struct api_call *call)
{
    struct account *account = api_find_account(call);
    bool drop_queued;

    if (account != NULL && read_drop(call, &drop_queued))
        suspension_begin(call->gateway, account, drop_queued, answer, call->request->id);
}

void api_on_resume(struct api_call *call)
{
    struct account *account = api_find_account(call);

    if (account != NULL)
        suspension_end(call->gateway, account, answer, call->request->id);
}
