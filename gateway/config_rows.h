/*
 * Settings as rows (config_keys.def, profile_keys.def): what may stand in a section, how
 * it is read into the section's struct and printed from it again.
 */
#ifndef GATEWAY_CONFIG_ROWS_H
#define GATEWAY_CONFIG_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct config_errors;
struct config_memory;
struct config_node;
struct config_shape;

enum config_type {
    CONFIG_TYPE_INTEGER,
    CONFIG_TYPE_PORT,
    CONFIG_TYPE_DURATION,
    CONFIG_TYPE_SIZE,
    CONFIG_TYPE_MONEY,
    CONFIG_TYPE_BOOLEAN,
    CONFIG_TYPE_TEXT,
    CONFIG_TYPE_HOST,
    CONFIG_TYPE_ADDRESS,
    CONFIG_TYPE_CURRENCY,
    CONFIG_TYPE_ZONE,
    /* The choices: one word of a few. */
    CONFIG_TYPE_LEVEL,
    CONFIG_TYPE_SCOPE,
    CONFIG_TYPE_CLASS,
    CONFIG_TYPE_ALPHABET,
    CONFIG_TYPE_LATIN,
    CONFIG_TYPE_ACCEPTED_AS,
    CONFIG_TYPE_LATE_CHARGE,
    CONFIG_TYPE_MESSAGE_ID,
    CONFIG_TYPE_RECEIPT_ID,
    CONFIG_TYPE_OVERRIDE, /* an octet, or "as-given" */
    CONFIG_TYPE_WRITE,
    CONFIG_TYPE_VALIDITY,
    CONFIG_TYPE_BIND,
    CONFIG_TYPE_VERSION,
    CONFIG_TYPE_ID_RULE,
    CONFIG_TYPE_CHECK,
    CONFIG_TYPE_PARTS,
    CONFIG_TYPE_SPLIT,
    CONFIG_TYPE_ACTION,
    CONFIG_TYPE_ORDER,
    CONFIG_TYPE_CHOOSE,
    CONFIG_TYPE_PROOF,
    CONFIG_TYPE_ON_SILENCE,
    CONFIG_TYPE_FLASH,
    CONFIG_TYPE_CONTENT,
    CONFIG_TYPE_SIDE,
    CONFIG_TYPE_UNIT,
    CONFIG_TYPE_BILLED,
    CONFIG_TYPE_AUTH,
    CONFIG_TYPE_ESCAPE,
    CONFIG_TYPE_VERDICT,
    CONFIG_TYPE_HASH,
    CONFIG_TYPE_ENCODING,
    CONFIG_TYPE_NEWS,
    CONFIG_TYPE_VERIFY,
    CONFIG_TYPE_TLS_VERSION,
    CONFIG_TYPE_UNROUTABLE,
    CONFIG_TYPE_INBOUND_AS,
    CONFIG_TYPE_OPT_OUT,
    CONFIG_TYPE_TLV_MEANS,
    CONFIG_TYPE_TLV_WHERE,
    CONFIG_TYPE_TLV_FORM,
    /* Put in their place by hand. */
    CONFIG_TYPE_SECRET,
    CONFIG_TYPE_WORD,
    CONFIG_TYPE_LIST,
};

#define CONFIG_UNBOUND SIZE_MAX

struct config_key {
    const char *section;
    const char *name;
    enum config_type type;
    const char *unit;
    const char *fallback; /* NULL: required */
    int64_t lowest;
    int64_t highest;
    size_t offset; /* of the member in the section's struct, or CONFIG_UNBOUND */
    const char *help;
};

/* For the rows: a default that is none, and the member of `type` that a row is about. */
#define REQUIRED                       NULL
#define OFFSET_INTEGER(type, name)     offsetof(type, name)
#define OFFSET_PORT(type, name)        offsetof(type, address.port)
#define OFFSET_DURATION(type, name)    offsetof(type, name##_ms)
#define OFFSET_SIZE(type, name)        offsetof(type, name##_bytes)
#define OFFSET_MONEY(type, name)       offsetof(type, name##_micro)
#define OFFSET_BOOLEAN(type, name)     offsetof(type, name)
#define OFFSET_TEXT(type, name)        offsetof(type, name)
#define OFFSET_HOST(type, name)        offsetof(type, address.host)
#define OFFSET_ADDRESS(type, name)     offsetof(type, name)
#define OFFSET_CURRENCY(type, name)    offsetof(type, name)
#define OFFSET_ZONE(type, name)        offsetof(type, name##_minutes)
#define OFFSET_LEVEL(type, name)       offsetof(type, name)
#define OFFSET_SCOPE(type, name)       offsetof(type, name)
#define OFFSET_CLASS(type, name)       offsetof(type, name)
#define OFFSET_ALPHABET(type, name)    offsetof(type, name)
#define OFFSET_LATIN(type, name)       offsetof(type, name)
#define OFFSET_ACCEPTED_AS(type, name) offsetof(type, name)
#define OFFSET_LATE_CHARGE(type, name) offsetof(type, name)
#define OFFSET_MESSAGE_ID(type, name)  offsetof(type, name)
#define OFFSET_RECEIPT_ID(type, name)  offsetof(type, name)
#define OFFSET_OVERRIDE(type, name)    offsetof(type, name)
#define OFFSET_WRITE(type, name)       offsetof(type, name)
#define OFFSET_VALIDITY(type, name)    offsetof(type, name)
#define OFFSET_BIND(type, name)        offsetof(type, name)
#define OFFSET_VERSION(type, name)     offsetof(type, name)
#define OFFSET_ID_RULE(type, name)     offsetof(type, name)
#define OFFSET_CHECK(type, name)       offsetof(type, name)
#define OFFSET_PARTS(type, name)       offsetof(type, name)
#define OFFSET_SPLIT(type, name)       offsetof(type, name)
#define OFFSET_ACTION(type, name)      offsetof(type, name)
#define OFFSET_ORDER(type, name)       CONFIG_UNBOUND
#define OFFSET_CHOOSE(type, name)      offsetof(type, name)
#define OFFSET_PROOF(type, name)       offsetof(type, name)
#define OFFSET_ON_SILENCE(type, name)  offsetof(type, name)
#define OFFSET_FLASH(type, name)       offsetof(type, name)
#define OFFSET_CONTENT(type, name)     offsetof(type, name)
#define OFFSET_SIDE(type, name)        offsetof(type, name)
#define OFFSET_UNIT(type, name)        offsetof(type, name)
#define OFFSET_BILLED(type, name)      offsetof(type, billed)
#define OFFSET_SECRET(type, name)      CONFIG_UNBOUND
#define OFFSET_WORD(type, name)        CONFIG_UNBOUND
#define OFFSET_LIST(type, name)        CONFIG_UNBOUND

#define OFFSET_AUTH(type, name)        offsetof(type, name)
#define OFFSET_ESCAPE(type, name)      offsetof(type, name)
#define OFFSET_VERDICT(type, name)     offsetof(type, name)
#define OFFSET_HASH(type, name)        offsetof(type, name)
#define OFFSET_ENCODING(type, name)    offsetof(type, name)
#define OFFSET_NEWS(type, name)        offsetof(type, name)
#define OFFSET_VERIFY(type, name)      offsetof(type, name)
#define OFFSET_TLS_VERSION(type, name) offsetof(type, name)
#define OFFSET_UNROUTABLE(type, name)  offsetof(type, name)
#define OFFSET_INBOUND_AS(type, name)  offsetof(type, name)
#define OFFSET_OPT_OUT(type, name)     offsetof(type, name)

#define OFFSET_TLV_MEANS(type, name) offsetof(type, name)
#define OFFSET_TLV_WHERE(type, name) offsetof(type, name)
#define OFFSET_TLV_FORM(type, name)  offsetof(type, name)

/* The rows of config_keys.def. */
extern const struct config_key config_keys[];
extern const size_t config_key_count;

/* The shapes, whose `keys` are still NULL, are given the names of their rows. */
void config_shapes_complete(struct config_memory *memory, struct config_shape *shapes,
                            size_t shape_count, const struct config_key *keys,
                            size_t key_count);

/*
 * Reads what the section says, and the defaults of what it does not say, into its struct
 * `base`; tells what is wrong or missing.  SECRET, WORD and LIST rows are only looked at
 * for being there and for how often.
 */
void config_section_read(struct config_memory *memory, const struct config_key *keys,
                         size_t key_count, const struct config_node *node, void *base,
                         struct config_errors *errors);

/* All bound members of the section's struct, a line each. */
void config_section_print(const struct config_key *keys, size_t key_count,
                          const char *section, const void *base, int indent, FILE *out);

#endif
