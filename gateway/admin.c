#include "gateway/admin.h"

#include "gateway/api_pieces.h"
#include "gateway/scrapes.h"

void admin_livez(struct api_call *call)
{
    api_answer_octets(call->gateway, call->request->id, 200, "text/plain", "live\n", 5);
}

void admin_readyz(struct api_call *call)
{
    struct gateway *gateway = call->gateway;
    struct json_writer *writer = api_writer(gateway);
    bool is_ready = gateway->ready && !gateway->draining;

    json_write_object(writer, NULL);
    json_write_bool(writer, "ready", is_ready);
    json_write_array(writer, "reasons");
    if (!gateway->recovered)
        json_write_string(writer, NULL, "the store is being loaded");
    else if (gateway->draining)
        json_write_string(writer, NULL, "the gateway is stopping");
    else if (!gateway->ready)
        json_write_string(writer, NULL, "the first commit is not durable yet");
    json_write_array_end(writer);
    json_write_object_end(writer);
    api_answer(gateway, call->request->id, is_ready ? 200 : 503);
}

/* Balances are for those who may read all accounts. */
static bool may_read_accounts(const struct api_asker *asker)
{
    if (asker->token == NULL)
        return asker->rank == API_ALL;
    return asker->token->all_accounts;
}

void admin_metrics(struct api_call *call)
{
    scrapes_add(call->gateway->scrapes, call->request->id,
                may_read_accounts(&call->asker));
}
