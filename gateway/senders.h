/*
 * The sender tables of the links, as they are and as they were: a table is stored, once,
 * when it comes into force, so that the trace of a message can tell what a link was told
 * whatever has been configured since.
 */
#ifndef GATEWAY_SENDERS_H
#define GATEWAY_SENDERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/store.h"
#include "routing/sender.h"

struct gateway;
struct senders;

/* At once; their numbers go on.  Of more the oldest that were replaced are forgotten, and
 * what was told by them is not known any more. */
enum { SENDERS_VERSIONS_MAX = 65536 };

struct senders *senders_new(void);
void senders_free(struct senders *senders);

/* While the store is loaded: a STORE_SENDERS. */
void senders_load(struct senders *senders, const struct store_definition *definition);

/*
 * After the catalogue was settled: what the configuration says is in force from now on, and
 * stored where it is new.  False: the store, or their numbers, are at an end.
 */
bool senders_settle(struct gateway *gateway) __attribute__((warn_unused_result));

/* What becomes of this name on a link now; the string lives as long as the tables. */
enum sender_answer senders_find(const struct gateway *gateway, uint32_t link,
                                const char *name, uint32_t class, const char *destination,
                                const char **out_becomes);

/* The name a link was told in the place of the body's source, by the table that was in
 * force when the attempt went out; NULL: it was not replaced. */
const char *senders_told(const struct gateway *gateway, const struct message *message,
                         const struct body *body, const struct attempt *attempt);

#endif
