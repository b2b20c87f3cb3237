/*
 * The configuration: a file of sections (sluice.conf(5)) read into one plain
 * immutable struct.
 *
 * Everything hangs on the struct config and is freed with it; strings are never
 * NULL unless said so here.  Times are milliseconds (_ms), sizes octets (_bytes),
 * money micro-units of its currency (_micro).  Defaults are filled in: the reader
 * of this struct never asks what a missing key means.
 */
#ifndef GATEWAY_CONFIG_H
#define GATEWAY_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "gateway/log.h"
#include "gateway/public_id.h"
#include "routing/message.h"
#include "routing/permission.h"
#include "routing/usage.h"
#include "smpp/receipt.h"

struct profile;

enum config_class {
    CONFIG_TRANSACTIONAL,
    CONFIG_SERVICE,
    CONFIG_ADVERTISING,
    CONFIG_CLASSES,
    CONFIG_ANY_CLASS = CONFIG_CLASSES, /* of a price or a rule: every class */
};

/* What is proved about an attempt; each includes the ones before it. */
enum config_proof { CONFIG_ACCEPTED, CONFIG_DELIVERED, CONFIG_READ };

/* What data_coding 0 means. */
enum config_alphabet { CONFIG_GSM0338, CONFIG_ASCII, CONFIG_LATIN1 };

/* Whether Cyrillic goes out over links in Latin letters. */
enum config_latin { CONFIG_LATIN_NEVER, CONFIG_LATIN_CHEAPER };

/* host:port; the host is a name or a numeric address, without brackets. */
struct config_address {
    const char *host;
    uint16_t port;
};

/* An IPv4 network is kept in its IPv6 form, ::ffff:a.b.c.d with 96 bits more. */
struct config_network {
    uint8_t address[16];
    uint8_t bits;
};

enum config_verify { CONFIG_VERIFY_NO, CONFIG_VERIFY_OPTIONAL, CONFIG_VERIFY_REQUIRED };
enum config_tls_version { CONFIG_TLS_1_2, CONFIG_TLS_1_3 };

/* tls { ... } of a listener or a link; the paths name files in PEM, "" is none. */
struct config_tls {
    bool on;                 /* the section is there */
    const char *certificate; /* ours, its chain behind it */
    const char *key;
    const char *ca;            /* whom the other side's certificate must come from; of a link
                                  "" is whom the system trusts */
    const char *crl;           /* what of theirs is revoked */
    enum config_verify verify; /* is the other side's certificate asked for and checked */
    const char *name;          /* of a link: the name in the operator's certificate */
    enum config_tls_version min_version;
};

/* What a list says, as it is written. */
struct config_list {
    const char **words;
    size_t count;
};

/* network "26201" { ... }: a mobile network, by its MCC and MNC. */
struct config_mobile_network {
    const char *code;
    const char *name;            /* as people call it; "": not told */
    struct config_list prefixes; /* its numbers begin so */
};

struct config_mobile_prefix {
    const char *digits;
    const struct config_mobile_network *network;
};

/* By what a row says where it applies, the most exact first. */
enum config_said_by {
    CONFIG_BY_PREFIX,
    CONFIG_BY_NETWORK,
    CONFIG_BY_COUNTRY,
    CONFIG_SAID_BY
};

struct config_beginning {
    const char *digits;
    enum config_said_by said_by;
};

/* Which numbers a row applies to: those that begin so, "" being all. */
struct config_reach {
    struct config_list networks; /* as they were said, if not a prefix */
    struct config_beginning *beginnings;
    size_t count;
};

/* listen "name" { ... }: a socket for ESMEs. */
struct config_listen {
    const char *name;
    struct config_address address;
    struct config_tls tls;
    uint32_t max_connections;
    int64_t bind_within_ms;  /* from connect to a good bind */
    int64_t enquire_link_ms; /* silence after which we ask */
    int64_t inactive_after_ms;   /* without any PDU but enquire_link; 0: never */
    uint32_t binds_per_address;  /* a second; 0 = no limit */
    int64_t response_timeout_ms;
};

/* What a bearer token may do; each includes the ones before it. */
enum config_scope { CONFIG_SCOPE_READ, CONFIG_SCOPE_SEND, CONFIG_SCOPE_ADMIN };

/* token "name" { ... } of http. */
struct config_token {
    const char *name;
    const char *value;
    enum config_scope scope;
    bool all_accounts;
    const char **accounts; /* names, when not all */
    size_t account_count;
};

/* http { ... }: API, hooks, metrics.  Not there: the host is "". */
struct config_http {
    struct config_address address;
    uint32_t max_connections;
    int64_t request_timeout_ms;
    uint64_t max_body_bytes;
    struct config_token *tokens;
    size_t token_count;
};

/* What an optional parameter of a vendor's range means (dictionary.h). */
enum config_tlv_means {
    CONFIG_TLV_OWN,  /* while reading: what Sluice's own tag of this number means */
    CONFIG_TLV_PLAN, /* of an account: the plan of a message, told or asked for */
    CONFIG_TLV_STEP, /* ... its step, channel, charge, currency and reason, told */
    CONFIG_TLV_CHANNEL,
    CONFIG_TLV_CHARGED,
    CONFIG_TLV_CURRENCY,
    CONFIG_TLV_REASON,    /* also of a link: why, as the operator tells it */
    CONFIG_TLV_CODE,      /* of a link: the operator's code */
    CONFIG_TLV_REFERENCE, /* of an account: goes back in the receipt as it came */
    CONFIG_TLV_PASS,      /* of both: from the client to the operator as it came */
    CONFIG_TLV_FIXED,     /* of a link: the same in each submit_sm */
    CONFIG_TLV_MEANINGS
};

/* Bits: in the account's submissions or ours, in the receipts for it or for us. */
enum config_tlv_where {
    CONFIG_TLV_USUAL,
    CONFIG_TLV_RECEIPT = 1,
    CONFIG_TLV_SUBMIT = 2,
    CONFIG_TLV_BOTH = 3,
};

enum config_tlv_form {
    CONFIG_TLV_TEXT,
    CONFIG_TLV_CSTRING, /* with a NUL */
    CONFIG_TLV_INT1,
    CONFIG_TLV_INT2,
    CONFIG_TLV_INT4,
    CONFIG_TLV_INT8,
    CONFIG_TLV_HEX,
};

enum { CONFIG_TLV_TAG_MIN = 0x1400 /* 3.4 5.3.2: below are the specification's own */ };

#define CONFIG_TLV_ANY "*"

/* "WIRE = WORD": what stands in the parameter, and what we call it. */
struct config_tlv_value {
    const char *wire; /* CONFIG_TLV_ANY: whatever stands there */
    const char *word;
};

/* tlv "TAG" { ... } of an account or a link. */
struct config_tlv {
    uint16_t tag;
    enum config_tlv_means means;
    enum config_tlv_where where;
    enum config_tlv_form form;
    const char *value; /* FIXED: as written, and its octets */
    const uint8_t *fixed;
    uint16_t fixed_size;
    struct config_tlv_value *values; /* none: the words themselves */
    size_t value_count;
};

struct config_tlvs {
    struct config_tlv *list;
    size_t count;
};

enum config_accepted_as { CONFIG_AS_ACCEPTD, CONFIG_AS_DELIVRD, CONFIG_AS_UNKNOWN };
enum config_late_charge { CONFIG_LATE_CHARGE, CONFIG_LATE_ABSORB };

/* A subscriber's long message: as its parts, or whole in message_payload. */
enum config_inbound_as { CONFIG_AS_PARTS, CONFIG_AS_PAYLOAD };

/* account "name" { ... } */
struct config_account {
    const char *name;
    const char *system_id;     /* the name unless told */
    const char *password;      /* plain, only in practice; else NULL */
    const char *password_hash; /* argon2id string; NULL when `password` is set */
    size_t plan;               /* index in plans */
    size_t *plans;             /* all that may be asked for, `plan` included */
    size_t plan_count;
    enum config_class class;
    uint8_t classes; /* bit 1 << class: those its messages may have */
    char currency[4];
    int64_t opening_micro; /* posted once per state folder */
    int64_t credit_micro;  /* how far below zero `available` may go */
    /* What a step must leave us, or it is skipped. */
    int64_t margin_floor_micro;
    uint32_t window;       /* unanswered submits per session */
    uint32_t binds;
    uint32_t tps;   /* parts per second; 0 = no limit */
    uint32_t burst; /* parts the bucket holds */
    int64_t over_rate_wait_ms; /* of a submit of SMPP; 0: it is refused at once */
    enum config_alphabet default_alphabet;
    enum config_latin transliterate;
    enum config_accepted_as accepted_as;
    enum config_late_charge late_charge;
    enum public_id_form message_id;    /* of its submissions */
    enum public_id_form receipt_id;    /* PUBLIC_ID_FORMS: as it was given out */
    bool short_ids;                    /* sessions of SMPP 3.3 get aliases */
    bool receipt_tlvs;   /* 0x001E, 0x0427 and 0x0423 in receipts */
    uint32_t receipt_date_digits; /* 10, 12 or 14 */
    int16_t receipt_zone_minutes; /* east of UTC */
    uint32_t receipt_text_length; /* characters of the text in its receipt */
    uint32_t receipt_err_digits;
    uint32_t outbox_max; /* receipts kept for a client that is away */
    enum config_inbound_as inbound_as;
    bool transactional_after_stop;
    struct config_tlvs tlvs;           /* its dictionary */
    struct config_network *allow_from; /* none = from anywhere */
    size_t allow_from_count;
    const char *client_certificate; /* the name its TLS certificate must have; "" = none */
    const char *country;            /* its home; "" has none */
    struct config_list sources;
    struct config_list data_codings;
    struct config_list esm_classes;
    struct config_list protocol_ids;
    struct config_list ports;
    struct config_list destinations;
    bool premium;
    struct permissions permissions; /* what these words mean */
    uint32_t parts_per_hour;        /* 0 = no limit, also below */
    uint32_t parts_per_day;
    int64_t spend_per_hour_micro;
    int64_t spend_per_day_micro;
    struct usage_limits limits; /* these four */
    uint32_t recipient_max;     /* messages to one recipient within recipient_within_ms */
    int64_t recipient_within_ms;
    int64_t dedupe_within_ms; /* 0: repetitions are messages like others */
};

enum config_bind { CONFIG_TRANSCEIVER, CONFIG_TRANSMITTER, CONFIG_RECEIVER, CONFIG_PAIR };
enum config_version { CONFIG_SMPP_3_3, CONFIG_SMPP_3_4, CONFIG_SMPP_5_0 };

/* How the id in the operator's receipt relates to that of its submit_sm_resp. */
enum config_id_rule {
    CONFIG_ID_AS_IS,
    CONFIG_ID_RECEIPT_HEX,     /* decimal in the response, hex in the receipt */
    CONFIG_ID_RECEIPT_DECIMAL, /* hex in the response, decimal in the receipt */
    CONFIG_ID_ANY_CASE,
    CONFIG_ID_NO_ZEROS, /* leading zeros do not count */
    CONFIG_ID_LEARN,    /* as is, until the receipts show another rule */
};

/* Whether something a receipt tells beside the id is looked at. */
enum config_receipt_check { CONFIG_RECEIPT_CHECKED, CONFIG_RECEIPT_IGNORED };

/* Whose report counts for the parts of a long message. */
enum config_parts_report {
    CONFIG_PARTS_ALL, /* each part's its own */
    CONFIG_PARTS_ANY, /* the first final one for all */
    CONFIG_PARTS_FIRST,
    CONFIG_PARTS_LAST,
};

/* report_word "WORD" { ... } of a link. */
struct config_report_word {
    const char *word;
    int is;             /* enum profile_news */
    enum reason reason; /* REASON_NONE: that of `is` */
};

/* report_error "ERR" { ... } of a link. */
struct config_report_error {
    const char *error; /* without zeros before it */
    enum reason reason;
};

/* How a long text is cut for the link. */
enum config_split { CONFIG_UDH8, CONFIG_UDH16, CONFIG_SAR, CONFIG_PAYLOAD };

/* What a link does with an error status of submit_sm_resp. */
enum config_action {
    /* The whole link waits delays_ms[0], and twice as long each time, up to delays_ms[1],
     * while nothing is taken; then a new try; never failing. */
    CONFIG_ACTION_PAUSE,
    CONFIG_ACTION_RETRY,  /* this segment again after each of delays_ms, then failed */
    CONFIG_ACTION_FAIL,   /* failed at once */
    CONFIG_ACTION_NEXT,   /* the next link of the same step, else failed */
    CONFIG_ACTION_REBIND, /* the bind is made anew, then a new try */
};

enum { CONFIG_DELAYS_MAX = 8 };

struct config_on_status {
    uint32_t status;
    enum config_action action;
    int64_t delays_ms[CONFIG_DELAYS_MAX];
    size_t delay_count;
    bool alarm;      /* somebody has to look at the configuration */
    bool bad_number; /* no SMS reaches it: later steps over links are skipped */
};

/* Causes of a report that a delivery failed. */
enum config_cause { CONFIG_UNDELIVERED, CONFIG_REJECTED, CONFIG_EXPIRED, CONFIG_CAUSES };

/* After which such reports the next link of the same step is tried. */
struct config_on_report {
    bool causes[CONFIG_CAUSES];
    uint32_t *codes; /* the operator's own */
    size_t code_count;
};

/* A field of a submit_sm that goes on as it was submitted. */
enum { CONFIG_AS_GIVEN = -1 };

/* What an address looks like. */
enum config_form_kind {
    CONFIG_FORM_INTERNATIONAL,
    CONFIG_FORM_NATIONAL, /* begins with the link's country code, or was sent as one */
    CONFIG_FORM_SHORT,    /* has few digits */
    CONFIG_FORM_ALPHANUMERIC,
    CONFIG_FORMS,
};

enum config_write {
    CONFIG_WRITE_AS_GIVEN,
    CONFIG_WRITE_DIGITS,
    CONFIG_WRITE_PLUS,
    CONFIG_WRITE_NATIONAL, /* the national prefix in place of the country code */
};

/* source "form" { ... }, destination "form" { ... } of link: how such an address goes out.
 */
struct config_form {
    bool said;
    int32_t ton; /* or CONFIG_AS_GIVEN, also below */
    int32_t npi;
    enum config_write write;
};

enum config_validity {
    CONFIG_VALIDITY_RELATIVE,
    CONFIG_VALIDITY_ABSOLUTE,
    CONFIG_VALIDITY_NONE
};

/* sender { ... } of a link: what becomes of a name there. */
struct config_sender {
    const char *name;          /* "*": every name */
    const char *prefix;        /* of the destination, digits; "" fits all */
    struct config_reach reach; /* the prefix, or networks */
    enum config_class class;
    const char *becomes; /* "": it stays */
    bool refuse;
};

/* link "name" { ... }: our connections to one operator. */
struct config_link {
    const char *name;
    struct config_address
        address; /* host and port; the host is "" when only hosts is said */
    struct config_address *hosts; /* all, in the order in which they are tried */
    size_t host_count;
    struct config_tls tls;
    const char *system_id;
    const char *password;
    const char *system_type;
    enum config_bind bind;
    enum config_version interface_version;
    const char *address_range;
    uint32_t address_ton;
    uint32_t address_npi;
    uint32_t connections;     /* of a pair: pairs */
    uint32_t window;          /* per connection */
    uint32_t tps;             /* segments per second of the whole link; 0 = no limit */
    bool adapt_rate;          /* lowered when the operator says it is too much */
    bool adapt_window;        /* less of it while the operator answers slowly */
    int64_t held_up_after_ms; /* a longer pause sends a group's messages elsewhere */
    int64_t reconnect_min_ms;
    int64_t reconnect_max_ms;
    int64_t already_bound_wait_ms; /* after ESME_RALYBND; 0: as after any failure */
    int64_t lost_wait_ms;          /* the shortest, after a bind that was up */
    int64_t back_to_first_ms;      /* away from the first host; 0: until the bind is lost */
    int64_t bind_timeout_ms;
    int64_t response_timeout_ms;
    int64_t enquire_link_ms;
    bool enquire_always; /* so often, whatever else comes */
    int64_t in_doubt_wait_ms;
    uint32_t in_doubt_resends;
    int64_t grace_ms; /* after the deadline, for the last report */
    enum config_id_rule id_rule;
    enum config_alphabet default_alphabet;
    enum config_split split;
    uint8_t languages; /* bit 1 << smpp_language: national tables it takes */
    bool receipts; /* false: proves CONFIG_ACCEPTED only */
    size_t reports_of; /* index in links: whose messages its receipts are about */
    bool unmarked_receipts;
    bool refuse_deliveries; /* false: every deliver_sm is answered 0 */
    enum config_receipt_check receipt_address;
    enum config_receipt_check receipt_text;
    enum config_parts_report parts_report;
    struct smpp_receipt_form receipt_form; /* from unmarked_receipts and receipt_columns */
    struct config_report_word *report_words;
    size_t report_word_count;
    struct config_report_error *report_errors;
    size_t report_error_count;
    struct config_tlvs tlvs; /* its dictionary */
    struct config_sender *senders;
    size_t sender_count;
    struct config_on_status *on_status; /* by rising status */
    size_t on_status_count;
    struct config_on_status on_other; /* for every status without a row */
    struct config_on_report on_report;
    const char *country_code; /* digits; "": none */
    const char *national_prefix;
    uint32_t short_code_max; /* digits */
    struct config_form sources[CONFIG_FORMS];
    struct config_form destinations[CONFIG_FORMS];
    const char *service_type; /* "": as given */
    int32_t protocol_id;      /* or CONFIG_AS_GIVEN */
    int32_t priority;
    enum config_validity validity;
    int64_t validity_min_ms;
    int64_t validity_step_ms;
};

/* channel "name" { ... }: a messenger reached by HTTP, shaped by its profile. */
struct config_channel {
    const char *name;
    const struct profile *profile; /* owned by the configuration */
    const char *profile_name;
    const char *label; /* as people read it in statements; the name unless told */
    const char *url;
    const char *token; /* "" when the profile needs none */
    const char *key;   /* checks the signature of reports; "" when there is none */
    uint32_t concurrency;
    uint32_t tps; /* requests per second; 0 = no limit */
    int64_t timeout_ms;
    int64_t ttl_min_ms;
    int64_t suspend_ms; /* after a SUSPEND verdict, until one probe */
};

/* A step's way out. */
struct config_way {
    const char *name;
    bool is_link;
    size_t index;    /* in links or in channels */
    uint32_t weight; /* in a step; 1 unless told */
};

/* Which channel of a step takes a message, of those that are up. */
enum config_choose { CONFIG_CHOOSE_ORDER, CONFIG_CHOOSE_WEIGHT, CONFIG_CHOOSE_CHEAPEST };

enum config_on_silence { CONFIG_ADVANCE, CONFIG_STOP };

/* What a channel that is no link does with a message of class 0. */
enum config_flash { CONFIG_FLASH_SKIP, CONFIG_FLASH_AS_TEXT };

/* step "name" { ... } of a plan. */
struct config_step {
    const char *name;
    struct config_way *ways;
    size_t way_count;
    enum config_choose choose;
    enum config_proof until;
    int64_t within_ms;
    int64_t enter_within_ms;
    enum config_on_silence on_silence;
    enum config_flash flash;
    bool wait_full;
};

/* plan "name" { ... } */
struct config_plan {
    const char *name;
    enum config_class class; /* CONFIG_ANY_CLASS: the account's */
    int64_t deadline_ms;
    int64_t collect_within_ms;
    bool collects; /* some step needs the whole text of a long message */
    struct config_step *steps;
    size_t step_count;
};

enum config_content_action {
    CONFIG_CONTENT_PASS,
    CONFIG_CONTENT_DENY,
    CONFIG_CONTENT_REVIEW
};

/* content "name" { ... }: what is done with a text; the first that fits. */
struct config_content {
    const char *name;
    bool any_account;
    size_t account;           /* index in accounts, when not any */
    struct config_list texts; /* folded, as routing/content.h has them */
    struct config_list domains;
    struct config_list domains_not;
    enum config_class class; /* CONFIG_ANY_CLASS: as otherwise */
    bool has_plan;
    size_t plan;
    enum config_content_action action;
};

/* rule { ... }: which plan a message takes; the first that fits, else the account's. */
struct config_rule {
    bool any_account;
    size_t account; /* index in accounts, when not any */
    enum config_class class;
    const char *service_type; /* "" fits all, also below */
    const char *source;
    const char *prefix;        /* of the destination, digits */
    struct config_reach reach; /* the prefix, or networks */
    size_t plan;
};

enum config_side { CONFIG_SELL, CONFIG_BUY };
enum config_unit { CONFIG_PER_PART, CONFIG_PER_MESSAGE };
enum config_billed {
    CONFIG_ON_SUBMIT,
    CONFIG_ON_ACCEPTED,
    CONFIG_ON_DELIVERED,
    CONFIG_ON_READ
};

/* price { ... }: one row of the price book.  The most precise row wins. */
struct config_price {
    enum config_side side;
    bool any_account;          /* always so on the buy side */
    size_t account;            /* index in accounts, when not any */
    struct config_way channel; /* name "" = every channel */
    enum config_class class;
    const char *prefix;        /* of the destination, digits; "" fits all */
    struct config_reach reach; /* the prefix, or networks */
    enum config_unit unit;
    enum config_billed billed;
    int64_t price_micro;
    char currency[4];
};

enum config_unroutable { CONFIG_REFUSE, CONFIG_KEEP };
enum config_opt_out { CONFIG_OPT_OUT_ACCOUNT, CONFIG_OPT_OUT_SENDER };

enum { CONFIG_WEBHOOK_KEY_MAX = 64 };

/* Words as they were said, and in their common form (routing/keyword.h). */
struct config_words {
    const char *const *said;
    const char *const *folded;
    size_t count;
};

/* inbound "name" { ... }: whose a subscriber's message is; the first that fits. */
struct config_inbound {
    const char *name;
    const char *to;        /* as it was said */
    const char *to_digits; /* "" fits all */
    bool to_is_prefix;
    const char *keyword;
    const char *folded; /* the keyword in its common form; "" fits all */
    bool any_link;
    size_t link; /* index in links, when not any */
    size_t account;
    const char *webhook;        /* "": over SMPP */
    const char *webhook_secret; /* "": the posts are not signed */
    uint8_t webhook_key[CONFIG_WEBHOOK_KEY_MAX];
    size_t webhook_key_size;
    const char *reply; /* "": none, also below */
    const char *stop_reply;
    const char *start_reply;
    int64_t reply_every_ms;
    struct config_words stop_words;
    struct config_words start_words;
    enum config_opt_out opt_out;
};

struct config {
    const char *path;   /* as given to config_load() */
    const char *folder; /* of that file; paths inside the files are relative to it */

    bool practice;
    enum log_level log_level;
    bool core_dumps;
    uint32_t node;         /* 0-1023, part of every id */
    const char *providers; /* folder of the profiles */

    uint32_t max_messages;    /* alive at once; beyond: queue full */
    uint32_t ring_operations; /* waiting for the store */
    uint64_t ring_bytes;
    uint64_t disk_reserve_bytes; /* intake stops when less is free */
    int64_t receipt_keep_ms;
    int64_t late_window_ms;
    struct config_network *private_networks; /* that may be called */
    size_t private_network_count;
    const char *private_ca; /* file with authorities that calls trust too; "": none */
    int64_t parked_for_ms; /* a report for an unknown id */
    uint32_t parked_max;
    int64_t inbound_keep_ms;
    uint32_t inbound_max;
    enum config_unroutable inbound_unroutable;
    int64_t inbound_collect_within_ms;
    int64_t inbound_repeat_within_ms;
    uint32_t aliases; /* short ids remembered at once */
    uint32_t review_max; /* messages kept for review at once */
    int64_t drain_ms; /* how long SIGTERM waits for answers */
    const char *country;             /* of accounts that say none; "" is none */
    struct config_list destinations; /* of accounts that say none */
    struct config_list premium_ranges;
    const char **premium_prefixes; /* what these words mean, beside the known ones */
    size_t premium_prefix_count;
    bool premium_known;  /* the ranges of routing/premium.def, too */
    uint32_t dedupe_max; /* submissions remembered per account */
    int64_t idempotency_keep_ms;

    struct config_mobile_network *networks;
    size_t network_count;
    struct config_mobile_prefix *mobile_prefixes; /* of all, in the order of strcmp */
    size_t mobile_prefix_count;
    struct config_listen *listens;
    size_t listen_count;
    struct config_http http;
    struct config_account *accounts;
    size_t account_count;
    struct config_link *links;
    size_t link_count;
    struct config_channel *channels;
    size_t channel_count;
    struct config_plan *plans;
    size_t plan_count;
    struct config_content *contents;
    size_t content_count;
    struct config_rule *rules;
    size_t rule_count;
    struct config_price *prices;
    size_t price_count;

    struct config_inbound *inbounds;
    size_t inbound_count;

    struct config_memory *memory; /* all of the above; config.c's own */
    struct config *adopted; /* what it was changed by last; NULL (config_adopt.h) */
};

enum { CONFIG_ERRORS_MAX = 20, CONFIG_WARNINGS_MAX = 20, CONFIG_LINE_MAX = 320 };

/* Sentences "file:line: what is wrong", in the order found.  Beyond the room: counted. */
struct config_errors {
    size_t count;
    char lines[CONFIG_ERRORS_MAX][CONFIG_LINE_MAX];
    size_t warning_count;
    char warnings[CONFIG_WARNINGS_MAX][CONFIG_LINE_MAX];
};

/*
 * Reads the file and all it includes.  NULL when anything is wrong: `errors` then has
 * at least one line.  Warnings may be there in both cases.  `errors` need not be
 * initialised.  No secret appears in a sentence.
 */
struct config *config_load(const char *path, struct config_errors *errors)
    __attribute__((warn_unused_result));

/*
 * The effective configuration, defaults included, in the form of the file; secrets are
 * printed as "****".  What is printed loads again.
 */
void config_print(const struct config *config, FILE *out);

/* Accepts NULL. */
void config_free(struct config *config);

/* The row for `status`, on_other if there is none; never NULL. */
const struct config_on_status *config_link_on_status(const struct config_link *link,
                                                     uint32_t status);

/* True if a report of this cause and code (0: none) sends the message to the next link. */
bool config_link_goes_on(const struct config_link *link, enum config_cause cause,
                         uint32_t code);

/* The rule in the words of the file. */
const char *config_id_rule_name(enum config_id_rule rule);

/* The network with the longest prefix of these digits, NULL: none. */
const struct config_mobile_network *config_network_of(const struct config *config,
                                                      const char *digits);

/* True if the address (IPv4 as ::ffff:a.b.c.d) lies in the network. */
bool config_network_contains(const struct config_network *network,
                             const uint8_t address[16]);

/* Index of the name in its list, or -1. */
int config_find_account(const struct config *config, const char *name);
int config_find_link(const struct config *config, const char *name);
int config_find_plan(const struct config *config, const char *name);

#endif
