/*
 * A folder of its own for each test of a configuration, with the tree's profiles at hand,
 * and sections to make one of.
 */
#ifndef TESTS_GATEWAY_CONFIG_PLACE_H
#define TESTS_GATEWAY_CONFIG_PLACE_H

#include <limits.h>

#include "gateway/config.h"

struct config_place {
    char folder[64];
    char source[PATH_MAX]; /* the tree */
};

/* Before and after each test: *state is its struct config_place. */
int config_place_enter(void **state);
int config_place_leave(void **state);

void config_place_write(const char *name, const char *text);

/* Loads the text as t.conf; NULL and sentences as config_load() does. */
struct config *config_place_load(const char *text, struct config_errors *errors);

#define PRACTICE "practice = true\n"
#define LINK     "link \"l\" { host = \"127.0.0.1\" port = 1 system_id = \"s\" }\n"
#define CHANNEL                                                                            \
    "channel \"m\" { profile = \"lab\" url = \"http://127.0.0.1:1\" token = \"t\" "        \
    "key = \"k\" }\n"
#define PLAN    "plan \"p\" { step \"a\" { channels = {\"l\"} } } destinations = {\"*\"}\n"
#define ACCOUNT "account \"x\" { password = \"pw\" plan = \"p\" }\n"
#define LISTEN  "listen \"smpp\" { address = \"127.0.0.1:0\" }\n"
#define PRICE   "price { side = \"sell\" price = \"0.05\" }\n"
#define NETWORKS                                                                           \
    "network \"26201\" { prefixes = {\"4915\", \"49171\"} name = \"One\" }\n"              \
    "network \"26202\" { prefixes = {\"49152\", \"491571\"} }\n"                           \
    "network \"23415\" { prefixes = {\"447\"} }\n"
#define GOOD PRACTICE LINK PLAN ACCOUNT LISTEN PRICE

/* The lab, or the test fails. */
struct config *config_place_load_lab(void **state);

#endif
