/*
 * The ESME's way out: one attempt to connect and bind.  When and how often to try again
 * is its owner's policy; smpp_backoff_ms() is the arithmetic of it.
 */
#ifndef SMPP_CLIENT_H
#define SMPP_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#include "smpp/conn.h"
#include "smpp/transport.h"

struct event_base;
struct sockaddr;

/*
 * Connects to `address` over `transport` (borrowed for the connection's life) and binds.  Then one of: ops.on_bound(); ops.on_refused() and
 * on_closed(SMPP_END_REFUSED); on_closed() with what went wrong.  config.init_ms bounds
 * connecting and binding together.  `bind` and its strings are borrowed for the call.
 *
 * NULL: nothing could be begun (`bind` passes a limit, the address family is not
 * available ...); no callback comes, errno says why (EINVAL: the bind).
 */
struct smpp_conn *smpp_client_connect(struct event_base *base,
                                      const struct smpp_transport *transport,
                                      const struct sockaddr *address, unsigned address_size,
                                      const struct smpp_session_config *config,
                                      const struct smpp_bind *bind,
                                      const struct smpp_session_ops *session_ops,
                                      const struct smpp_conn_ops *conn_ops, void *owner);

/*
 * The delay before the next attempt after `failures` failed ones (0 counts as 1):
 * `first_ms` doubled each time up to `highest_ms`, then moved by up to `jitter_percent`
 * either way.  `random` is any 32 random bits.
 */
int64_t smpp_backoff_ms(int64_t first_ms, int64_t highest_ms, unsigned failures,
                        unsigned jitter_percent, uint32_t random);

#endif
