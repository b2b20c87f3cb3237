#include "smpp/client.h"

#include <errno.h>

#include <event2/bufferevent.h>

struct smpp_conn *smpp_client_connect(struct event_base *base,
                                      const struct smpp_transport *transport,
                                      const struct sockaddr *address, unsigned address_size,
                                      const struct smpp_session_config *config,
                                      const struct smpp_bind *bind,
                                      const struct smpp_session_ops *session_ops,
                                      const struct smpp_conn_ops *conn_ops, void *owner)
{
    struct bufferevent *bev =
        transport->connect(transport->self, base, address, address_size);
    struct smpp_conn *conn;

    if (bev == NULL)
        return NULL;
    conn = smpp_conn_new(bev, config, session_ops, conn_ops, owner);
    smpp_conn_set_transport(conn, transport);
    /* The bind waits in the output for the connection. */
    if (!smpp_session_bind(smpp_conn_session(conn), bind)) {
        smpp_conn_free(conn);
        errno = EINVAL;
        return NULL;
    }
    return conn;
}

int64_t smpp_backoff_ms(int64_t first_ms, int64_t highest_ms, unsigned failures,
                        unsigned jitter_percent, uint32_t random)
{
    int64_t delay_ms = first_ms < highest_ms ? first_ms : highest_ms;
    int64_t spread_ms;

    for (unsigned i = 1; i < failures && delay_ms < highest_ms; i++)
        delay_ms = delay_ms > highest_ms / 2 ? highest_ms : delay_ms * 2;
    spread_ms = delay_ms * jitter_percent / 100;
    return delay_ms - spread_ms + (int64_t)(random % (uint64_t)(2 * spread_ms + 1));
}
