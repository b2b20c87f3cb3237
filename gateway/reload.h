/*
 * SIGHUP: the files are read anew, and what may change while it runs does, all of it or
 * nothing.  No bind is dropped, and no accepted message changes.
 */
#ifndef GATEWAY_RELOAD_H
#define GATEWAY_RELOAD_H

struct config;
struct gateway;

enum reload_result { RELOAD_DONE, RELOAD_SAME, RELOAD_REFUSED };

/*
 * `config` is the gateway's own.  The certificates are read anew for the connections to
 * come, all or none of them, whatever becomes of the settings.  The log says what became of
 * both, and what is wrong or may not change.
 */
void gateway_reload(struct gateway *gateway, struct config *config);

#endif
