/*
 * The table of routes, and what is asked of everybody at the door: is there such a path,
 * is the store loaded, whose token is it, what may it do.
 */
#include "gateway/api.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "gateway/accounts.h"
#include "gateway/admin.h"
#include "gateway/api_pieces.h"
#include "gateway/catalog.h"
#include "gateway/webhooks.h"

/* openapi.yaml describes each of them; a test compares the two. */
static const struct api_route routes[] = {
    {"POST",   "/v1/messages",                         API_SEND,  false, api_on_submit        },
    {"GET",    "/v1/messages/{id}",                    API_READ,  false, api_on_message       },
    {"DELETE", "/v1/messages/{id}",                    API_SEND,  false, api_on_cancel        },
    {"GET",    "/v1/messages/{id}/trace",              API_READ,  false, api_on_trace         },
    {"POST",   "/v1/messages/{id}/receipt",            API_SEND,  false, api_on_retell        },
    {"GET",    "/v1/accounts/{name}/balance",          API_READ,  false, api_on_balance       },
    {"GET",    "/v1/accounts/{name}/statement",        API_READ,  false, api_on_statement     },
    {"GET",    "/v1/accounts/{name}/limits",           API_READ,  false, api_on_limits        },
    {"POST",   "/v1/accounts/{name}/suspend",          API_ADMIN, false, api_on_suspend       },
    {"POST",   "/v1/accounts/{name}/resume",           API_ADMIN, false, api_on_resume        },
    {"GET",    "/v1/accounts/{name}/optouts",          API_READ,  false, api_on_optouts       },
    {"GET",    "/v1/accounts/{name}/optouts/{number}", API_READ,  false, api_on_optout        },
    {"PUT",    "/v1/accounts/{name}/optouts/{number}", API_SEND,  false, api_on_optout_put    },
    {"DELETE", "/v1/accounts/{name}/optouts/{number}", API_SEND,  false,
     api_on_optout_delete                                                                     },
    {"GET",    "/v1/inbound",                          API_ALL,   false, api_on_inbound       },
    {"DELETE", "/v1/inbound/{id}",                     API_ALL,   false, api_on_inbound_drop  },
    {"GET",    "/v1/stats/channels",                   API_ALL,   false, api_on_channels      },
    {"GET",    "/v1/ledger/verify",                    API_ALL,   false, api_on_verify        },
    {"GET",    "/v1/status",                           API_ALL,   false, api_on_status        },
    {"GET",    "/v1/review",                           API_ADMIN, false, api_on_review        },
    {"POST",   "/v1/review/{id}/release",              API_ADMIN, false, api_on_review_release},
    {"POST",   "/v1/review/{id}/drop",                 API_ADMIN, false, api_on_review_drop   },
    {"POST",   "/v1/hooks/{channel}",                  API_OPEN,  false, webhooks_on_report   },
    {"GET",    "/livez",                               API_OPEN,  true,  admin_livez          },
    {"GET",    "/readyz",                              API_OPEN,  true,  admin_readyz         },
    {"GET",    "/metrics",                             API_OPEN,  false, admin_metrics        },
};

enum { ROUTES = sizeof(routes) / sizeof(routes[0]) };

static const char *const scope_names[] = {
    [API_OPEN] = "none",   [API_READ] = "read", [API_SEND] = "send",
    [API_ADMIN] = "admin", [API_ALL] = "admin",
};

const struct api_route *api_route_at(size_t index)
{
    return index < ROUTES ? &routes[index] : NULL;
}

/* ---- Which route --------------------------------------------------------- */

/* `name` takes the segment that stands for the first braces, `item` that for the second. */
static bool path_fits(const char *pattern, const char *path, char *name, char *item)
{
    while (*pattern != '\0') {
        if (*pattern == '{') {
            size_t size = strcspn(path, "/");

            if (size == 0 || size >= API_NAME_SIZE)
                return false;
            memcpy(name, path, size);
            name[size] = '\0';
            name = item;
            path += size;
            pattern = strchr(pattern, '}') + 1;
        } else if (*pattern++ != *path++) {
            return false;
        }
    }
    return *path == '\0';
}

static bool method_fits(const struct api_route *route, const char *method)
{
    return strcmp(route->method, method) == 0 ||
           (strcmp(route->method, "GET") == 0 && strcmp(method, "HEAD") == 0);
}

/* NULL: answered that there is no such path, or that it takes another method. */
static const struct api_route *find_route(struct api_call *call)
{
    const struct http_request *request = call->request;
    char methods[64] = ""; /* of one path: far fewer than fit */
    size_t used = 0;
    const struct http_header allow = {"Allow", methods};

    for (size_t i = 0; i < ROUTES; i++) {
        if (!path_fits(routes[i].path, request->path, call->name, call->item))
            continue;
        if (method_fits(&routes[i], request->method))
            return &routes[i];
        used += (size_t)snprintf(
            methods + used, sizeof(methods) - used, "%s%s", used > 0 ? ", " : "",
            strcmp(routes[i].method, "GET") == 0 ? "GET, HEAD" : routes[i].method);
    }
    if (used > 0)
        api_refuse(call->gateway, request->id, API_METHOD, &allow, "%s takes %s, not %s",
                   request->path, methods, request->method);
    else
        api_refuse(call->gateway, request->id, API_UNKNOWN_PATH, NULL,
                   "there is nothing at %s", request->path);
    return NULL;
}

/* ---- Who asks ------------------------------------------------------------ */

static struct api_asker asker_of(const struct gateway *gateway,
                                 const struct http_request *request)
{
    static const char scheme[] = "Bearer ";
    const char *given = http_request_header(request, "Authorization");
    const struct config_token *token = NULL;

    if (request->is_local)
        return (struct api_asker){API_ALL, NULL};
    if (given != NULL && strncasecmp(given, scheme, sizeof(scheme) - 1) == 0) {
        given += sizeof(scheme) - 1;
        token = accounts_find_token(gateway->accounts, given + strspn(given, " "));
    }
    if (token == NULL)
        return (struct api_asker){API_OPEN, NULL};
    if (token->scope == CONFIG_SCOPE_ADMIN && token->all_accounts)
        return (struct api_asker){API_ALL, token};
    return (struct api_asker){API_READ + (enum api_access)token->scope, token};
}

bool api_may_act_for(const struct api_asker *asker, const char *account)
{
    if (asker->token == NULL)
        return asker->rank == API_ALL;
    return accounts_token_allows(asker->token, account);
}

struct account *api_account_for(const struct gateway *gateway,
                                const struct api_asker *asker, const char *name)
{
    return api_may_act_for(asker, name) ? catalog_account_named(gateway->catalog, name)
                                        : NULL;
}

bool api_sees_cost(const struct api_asker *asker)
{
    return asker->rank >= API_ADMIN;
}

void api_write_cost(struct json_writer *writer, const char *key,
                    const struct api_asker *asker, int64_t micros)
{
    if (api_sees_cost(asker))
        json_write_money(writer, key, micros);
    else
        json_write_null(writer, key);
}

static bool may_pass(struct api_call *call, const struct api_route *route)
{
    static const struct http_header challenge = {"WWW-Authenticate", "Bearer"};

    if (call->asker.rank >= route->access)
        return true;
    if (call->asker.rank == API_OPEN)
        api_refuse(call->gateway, call->request->id, API_UNAUTHENTICATED, &challenge,
                   "a bearer token is needed, and a right one");
    else if (call->asker.rank == API_ADMIN)
        api_refuse(call->gateway, call->request->id, API_FORBIDDEN, NULL,
                   "the token is not for all accounts");
    else
        api_refuse(call->gateway, call->request->id, API_FORBIDDEN, NULL,
                   "the token has not the scope \"%s\"", scope_names[route->access]);
    return false;
}

void api_on_request(void *owner, const struct http_request *request)
{
    struct gateway *gateway = owner;
    struct api_call call = {.gateway = gateway, .request = request};
    const struct api_route *route = find_route(&call);

    if (route == NULL)
        return;
    if (!gateway->recovered && !route->before_recovery) {
        api_refuse_for_now(gateway, request->id, API_NOT_READY, 1,
                           "the store is still being loaded");
        return;
    }
    if (gateway->recovered)
        call.asker = asker_of(gateway, request);
    if (may_pass(&call, route))
        route->handle(&call);
}
