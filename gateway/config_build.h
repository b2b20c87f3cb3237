/*
 * What the files that make a configuration share: the tree being read, the struct being
 * made, and the places they meet.
 */
#ifndef GATEWAY_CONFIG_BUILD_H
#define GATEWAY_CONFIG_BUILD_H

#include "gateway/config.h"
#include "gateway/config_tree.h"

struct config_build {
    struct config *config;
    struct config_memory *memory;
    struct config_errors *errors;
    const struct config_node *root;
};

/* What a secret is printed as; read again, it is a secret nobody knows. */
#define CONFIG_MASK "****"

/* config_plans.c.  The most that is ever heard of a message on this link or channel. */
enum config_proof config_proof_of(const struct config *config, const struct config_way *way);

/*
 * config_secrets.c.  The value of `key`, or the first line of the file named by `file_key`
 * (relative to the configuration's folder); NULL when neither is said, after a sentence
 * when both are or the file is no good.
 */
const char *config_secret(struct config_build *build, const struct config_node *node,
                          const char *key, const char *file_key);

/* Nobody knows it: it stood there as a mask. */
bool config_secret_is_masked(const char *secret);

/* Fills password and password_hash; tells when the account has neither, or one too many. */
void config_account_password(struct config_build *build, const struct config_node *node,
                             struct config_account *account);

/* config_forms.c.  How the link writes addresses. */
void config_forms_build(struct config_build *build, const struct config_node *node,
                        struct config_link *link);
void config_forms_print(const struct config_link *link, FILE *out);

/* config_report.c.  Which reported failures the next link may do better. */
void config_on_report_build(struct config_build *build, const struct config_node *node,
                            struct config_link *link);
void config_on_report_print(const struct config_on_report *on_report, FILE *out);

/* config_status.c.  Fills on_status and on_other from the link's sections and the defaults.
 */
void config_on_status_build(struct config_build *build, const struct config_node *node,
                            struct config_link *link);

/* config_tls.c.  Fills `tls` from the section's own, if it has one. */
void config_tls_of_listen(struct config_build *build, const struct config_node *node,
                          struct config_listen *listen);
void config_tls_of_link(struct config_build *build, const struct config_node *node,
                        struct config_link *link);
/* The path of a file that can be opened; "" when it is not said, or after a sentence. */
const char *config_tls_path(struct config_build *build, const struct config_node *node,
                            const char *key);
/* The value of `key`, if there is one, must be the name of one peer: OpenSSL takes one with
 * a dot in front for all below a domain. */
void config_tls_check_name(struct config_build *build, const struct config_node *node,
                           const char *key);

/* The section, `indent` deep; nothing when it is not there. */
void config_tls_print(const struct config_tls *tls, bool is_link, int indent, FILE *out);

/* config_receipts.c.  How the operator's receipts are read. */
void config_receipts_build(struct config_build *build, const struct config_node *node,
                           struct config_link *link);

/* After all links: whose messages its receipts are about. */
void config_reports_of_build(struct config_build *build, const struct config_node *node,
                             struct config_link *link);

/* The word of receipt_columns for an enum smpp_receipt_column. */
const char *config_receipt_column_name(uint8_t column);

/* config_tlvs.c.  The dictionaries; an account's needs its plans. */
void config_account_tlvs_build(struct config_build *build, const struct config_node *node,
                               struct config_account *account);
void config_link_tlvs_build(struct config_build *build, const struct config_node *node,
                            struct config_link *link);

/* config_networks.c.  Networks come first: what names them needs all of them. */
void config_build_networks(struct config_build *build);

/* Told when there is no network of this code, nor any of this MCC. */
bool config_network_named(struct config_build *build, const struct config_node *node,
                          const struct config_entry *entry, const char *code);

/* Adds the beginnings of a network's numbers, or of all those of an MCC. */
void config_reach_add(struct config_build *build, const char *code,
                      struct config_reach *reach);

/* What a row says by `network`, or else by its prefix (NULL: it was no good). */
void config_reach_build(struct config_build *build, const struct config_node *node,
                        const char *prefix, struct config_reach *out);

/* Two rows say the same prefix, or name the same network. */
bool config_reach_same(const struct config_reach *a, const char *a_prefix,
                       const struct config_reach *b, const char *b_prefix);

/* config_permissions.c.  The file's own first, then each account's. */
void config_permissions_build_global(struct config_build *build);
void config_permissions_build(struct config_build *build, const struct config_node *node,
                              struct config_account *account);

/* config_links.c and config_channels.c.  Links need networks; no channel may have the name
 * of a link. */
void config_build_links(struct config_build *build);
void config_build_channels(struct config_build *build);

/* config_accounts.c.  Accounts need plans. */
void config_build_accounts(struct config_build *build);

/* config_plans.c.  Plans need links and channels, rules and prices need accounts too. */
void config_build_plans(struct config_build *build);
void config_build_rules(struct config_build *build);
void config_build_prices(struct config_build *build);

/* config_inbound.c.  Inbound sections need links and accounts. */
void config_build_inbounds(struct config_build *build);
void config_check_inbounds(struct config_build *build);

/* config_content.c.  Content rules need plans and accounts. */
void config_build_contents(struct config_build *build);
void config_print_contents(const struct config *config, FILE *out);

/* config_build.c, for all who build.  The section's rows into `base`. */
void config_build_rows(struct config_build *build, const struct config_node *node,
                       void *base);

/* The section's title, told when it is no good name. */
const char *config_build_name(struct config_build *build, const struct config_node *node);

/* The value of a WORD row, NULL when it is not said. */
const char *config_build_word(const struct config_node *node, const char *key);

/* What reads as a number as its digits, anything else (NULL too) as it is. */
const char *config_build_digits(struct config_build *build, const char *name);

/* An array for the sections of this kind inside `parent`, zeroed. */
void *config_build_take(struct config_build *build, const struct config_node *parent,
                        const char *section, size_t size, size_t *out_count);

/* Tells that `name`, said by `entry`, is none of `names` (NULL-terminated). */
void config_build_unknown(struct config_build *build, const struct config_node *node,
                          const struct config_entry *entry, const char *kind,
                          const char *name, const char *const *names);

/* The titles of the file's sections of one or two kinds, for suggestions. */
const char *const *config_build_titles(struct config_build *build, const char *section,
                                       const char *other);

/* The index of the plan or account that `entry` names; 0 after a sentence. */
size_t config_build_plan(struct config_build *build, const struct config_node *node,
                         const struct config_entry *entry, const char *name);
size_t config_build_account(struct config_build *build, const struct config_node *node,
                            const struct config_entry *entry, const char *name);

/* The networks of addresses in this list; NULL: none. */
struct config_network *config_build_addresses(struct config_build *build,
                                              const struct config_node *node,
                                              const char *key, size_t *out_count);

/* config_check.c.  What only the whole can say, errors and warnings. */
void config_check(struct config_build *build);

#endif
