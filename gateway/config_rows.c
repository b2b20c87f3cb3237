/*
 * The rows of the settings: one table of names, types, limits and members, the words of
 * the choices, and the two walks over them.  What values mean together is said by
 * those who build the sections (config_build.h).
 */
#include "gateway/config_rows.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/channels/channel.h"
#include "gateway/config.h"
#include "gateway/config_tree.h"
#include "gateway/config_value.h"
#include "gateway/profile.h"
#include "routing/money.h"

/* The struct of each section. */
#define STRUCT_global       struct config
#define STRUCT_network      struct config_mobile_network
#define STRUCT_listen       struct config_listen
#define STRUCT_tls          struct config_tls
#define STRUCT_http         struct config_http
#define STRUCT_token        struct config_token
#define STRUCT_account      struct config_account
#define STRUCT_link         struct config_link
#define STRUCT_sender       struct config_sender
#define STRUCT_on_status    struct config_on_status
#define STRUCT_source       struct config_form
#define STRUCT_destination  struct config_form
#define STRUCT_report_word  struct config_report_word
#define STRUCT_report_error struct config_report_error
#define STRUCT_channel      struct config_channel
#define STRUCT_plan         struct config_plan
#define STRUCT_step         struct config_step
#define STRUCT_content      struct config_content
#define STRUCT_rule         struct config_rule
#define STRUCT_price        struct config_price
#define STRUCT_inbound      struct config_inbound
#define STRUCT_tlv          struct config_tlv

const struct config_key config_keys[] = {
#define KEY(section, name, type, unit, fallback, lowest, highest, help)                    \
    {#section,                                                                             \
     #name,                                                                                \
     CONFIG_TYPE_##type,                                                                   \
     unit,                                                                                 \
     fallback,                                                                             \
     lowest,                                                                               \
     highest,                                                                              \
     OFFSET_##type(STRUCT_##section, name),                                                \
     help},
#include "gateway/config_keys.def"
#undef KEY
};

const size_t config_key_count = sizeof(config_keys) / sizeof(config_keys[0]);

static const struct {
    enum config_type type;
    const char *word;
    int value;
} choices[] = {
    {CONFIG_TYPE_LEVEL,       "debug",           LOG_LEVEL_DEBUG          },
    {CONFIG_TYPE_LEVEL,       "info",            LOG_LEVEL_INFO           },
    {CONFIG_TYPE_LEVEL,       "warning",         LOG_LEVEL_WARNING        },
    {CONFIG_TYPE_LEVEL,       "error",           LOG_LEVEL_ERROR          },
    {CONFIG_TYPE_SCOPE,       "read",            CONFIG_SCOPE_READ        },
    {CONFIG_TYPE_SCOPE,       "send",            CONFIG_SCOPE_SEND        },
    {CONFIG_TYPE_SCOPE,       "admin",           CONFIG_SCOPE_ADMIN       },
    {CONFIG_TYPE_CLASS,       "transactional",   CONFIG_TRANSACTIONAL     },
    {CONFIG_TYPE_CLASS,       "service",         CONFIG_SERVICE           },
    {CONFIG_TYPE_CLASS,       "advertising",     CONFIG_ADVERTISING       },
    {CONFIG_TYPE_CLASS,       "any",             CONFIG_ANY_CLASS         },
    {CONFIG_TYPE_ALPHABET,    "gsm0338",         CONFIG_GSM0338           },
    {CONFIG_TYPE_ALPHABET,    "ascii",           CONFIG_ASCII             },
    {CONFIG_TYPE_ALPHABET,    "latin1",          CONFIG_LATIN1            },
    {CONFIG_TYPE_LATIN,       "never",           CONFIG_LATIN_NEVER       },
    {CONFIG_TYPE_LATIN,       "when cheaper",    CONFIG_LATIN_CHEAPER     },
    {CONFIG_TYPE_ACCEPTED_AS, "ACCEPTD",         CONFIG_AS_ACCEPTD        },
    {CONFIG_TYPE_ACCEPTED_AS, "DELIVRD",         CONFIG_AS_DELIVRD        },
    {CONFIG_TYPE_ACCEPTED_AS, "UNKNOWN",         CONFIG_AS_UNKNOWN        },
    {CONFIG_TYPE_LATE_CHARGE, "charge",          CONFIG_LATE_CHARGE       },
    {CONFIG_TYPE_LATE_CHARGE, "absorb",          CONFIG_LATE_ABSORB       },
    {CONFIG_TYPE_MESSAGE_ID,  "decimal",         PUBLIC_ID_DECIMAL        },
    {CONFIG_TYPE_MESSAGE_ID,  "hex",             PUBLIC_ID_HEX            },
    {CONFIG_TYPE_MESSAGE_ID,  "uuid",            PUBLIC_ID_UUID           },
    {CONFIG_TYPE_MESSAGE_ID,  "alias",           PUBLIC_ID_ALIAS          },
    {CONFIG_TYPE_RECEIPT_ID,  "as-given",        PUBLIC_ID_FORMS          },
    {CONFIG_TYPE_RECEIPT_ID,  "decimal",         PUBLIC_ID_DECIMAL        },
    {CONFIG_TYPE_RECEIPT_ID,  "hex",             PUBLIC_ID_HEX            },
    {CONFIG_TYPE_RECEIPT_ID,  "uuid",            PUBLIC_ID_UUID           },
    {CONFIG_TYPE_WRITE,       "as-given",        CONFIG_WRITE_AS_GIVEN    },
    {CONFIG_TYPE_WRITE,       "digits",          CONFIG_WRITE_DIGITS      },
    {CONFIG_TYPE_WRITE,       "plus",            CONFIG_WRITE_PLUS        },
    {CONFIG_TYPE_WRITE,       "national",        CONFIG_WRITE_NATIONAL    },
    {CONFIG_TYPE_VALIDITY,    "relative",        CONFIG_VALIDITY_RELATIVE },
    {CONFIG_TYPE_VALIDITY,    "absolute",        CONFIG_VALIDITY_ABSOLUTE },
    {CONFIG_TYPE_VALIDITY,    "none",            CONFIG_VALIDITY_NONE     },
    {CONFIG_TYPE_BIND,        "transceiver",     CONFIG_TRANSCEIVER       },
    {CONFIG_TYPE_BIND,        "transmitter",     CONFIG_TRANSMITTER       },
    {CONFIG_TYPE_BIND,        "receiver",        CONFIG_RECEIVER          },
    {CONFIG_TYPE_BIND,        "pair",            CONFIG_PAIR              },
    {CONFIG_TYPE_VERSION,     "3.3",             CONFIG_SMPP_3_3          },
    {CONFIG_TYPE_VERSION,     "3.4",             CONFIG_SMPP_3_4          },
    {CONFIG_TYPE_VERSION,     "5.0",             CONFIG_SMPP_5_0          },
    {CONFIG_TYPE_ID_RULE,     "as-is",           CONFIG_ID_AS_IS          },
    {CONFIG_TYPE_ID_RULE,     "receipt-hex",     CONFIG_ID_RECEIPT_HEX    },
    {CONFIG_TYPE_ID_RULE,     "receipt-decimal", CONFIG_ID_RECEIPT_DECIMAL},
    {CONFIG_TYPE_ID_RULE,     "any-case",        CONFIG_ID_ANY_CASE       },
    {CONFIG_TYPE_ID_RULE,     "no-zeros",        CONFIG_ID_NO_ZEROS       },
    {CONFIG_TYPE_ID_RULE,     "learn",           CONFIG_ID_LEARN          },
    {CONFIG_TYPE_CHECK,       "checked",         CONFIG_RECEIPT_CHECKED   },
    {CONFIG_TYPE_CHECK,       "ignored",         CONFIG_RECEIPT_IGNORED   },
    {CONFIG_TYPE_PARTS,       "all",             CONFIG_PARTS_ALL         },
    {CONFIG_TYPE_PARTS,       "any",             CONFIG_PARTS_ANY         },
    {CONFIG_TYPE_PARTS,       "first",           CONFIG_PARTS_FIRST       },
    {CONFIG_TYPE_PARTS,       "last",            CONFIG_PARTS_LAST        },
    {CONFIG_TYPE_SPLIT,       "udh8",            CONFIG_UDH8              },
    {CONFIG_TYPE_SPLIT,       "udh16",           CONFIG_UDH16             },
    {CONFIG_TYPE_SPLIT,       "sar",             CONFIG_SAR               },
    {CONFIG_TYPE_SPLIT,       "payload",         CONFIG_PAYLOAD           },
    {CONFIG_TYPE_ACTION,      "pause",           CONFIG_ACTION_PAUSE      },
    {CONFIG_TYPE_ACTION,      "retry",           CONFIG_ACTION_RETRY      },
    {CONFIG_TYPE_ACTION,      "fail",            CONFIG_ACTION_FAIL       },
    {CONFIG_TYPE_ACTION,      "next",            CONFIG_ACTION_NEXT       },
    {CONFIG_TYPE_ACTION,      "rebind",          CONFIG_ACTION_REBIND     },
    {CONFIG_TYPE_ORDER,       "manual",          0                        },
    {CONFIG_TYPE_CHOOSE,      "order",           CONFIG_CHOOSE_ORDER      },
    {CONFIG_TYPE_CHOOSE,      "weight",          CONFIG_CHOOSE_WEIGHT     },
    {CONFIG_TYPE_CHOOSE,      "cheapest",        CONFIG_CHOOSE_CHEAPEST   },
    {CONFIG_TYPE_PROOF,       "accepted",        CONFIG_ACCEPTED          },
    {CONFIG_TYPE_PROOF,       "delivered",       CONFIG_DELIVERED         },
    {CONFIG_TYPE_PROOF,       "read",            CONFIG_READ              },
    {CONFIG_TYPE_ON_SILENCE,  "advance",         CONFIG_ADVANCE           },
    {CONFIG_TYPE_ON_SILENCE,  "stop",            CONFIG_STOP              },
    {CONFIG_TYPE_FLASH,       "skip",            CONFIG_FLASH_SKIP        },
    {CONFIG_TYPE_FLASH,       "as text",         CONFIG_FLASH_AS_TEXT     },
    {CONFIG_TYPE_CONTENT,     "pass",            CONFIG_CONTENT_PASS      },
    {CONFIG_TYPE_CONTENT,     "deny",            CONFIG_CONTENT_DENY      },
    {CONFIG_TYPE_CONTENT,     "review",          CONFIG_CONTENT_REVIEW    },
    {CONFIG_TYPE_SIDE,        "sell",            CONFIG_SELL              },
    {CONFIG_TYPE_SIDE,        "buy",             CONFIG_BUY               },
    {CONFIG_TYPE_UNIT,        "part",            CONFIG_PER_PART          },
    {CONFIG_TYPE_UNIT,        "message",         CONFIG_PER_MESSAGE       },
    {CONFIG_TYPE_BILLED,      "submit",          CONFIG_ON_SUBMIT         },
    {CONFIG_TYPE_BILLED,      "accepted",        CONFIG_ON_ACCEPTED       },
    {CONFIG_TYPE_BILLED,      "delivered",       CONFIG_ON_DELIVERED      },
    {CONFIG_TYPE_BILLED,      "read",            CONFIG_ON_READ           },
    {CONFIG_TYPE_AUTH,        "none",            PROFILE_AUTH_NONE        },
    {CONFIG_TYPE_AUTH,        "bearer",          PROFILE_AUTH_BEARER      },
    {CONFIG_TYPE_AUTH,        "header",          PROFILE_AUTH_HEADER      },
    {CONFIG_TYPE_ESCAPE,      "json",            PROFILE_ESCAPE_JSON      },
    {CONFIG_TYPE_ESCAPE,      "form",            PROFILE_ESCAPE_FORM      },
    {CONFIG_TYPE_VERDICT,     "OK",              VERDICT_OK               },
    {CONFIG_TYPE_VERDICT,     "RETRY",           VERDICT_RETRY            },
    {CONFIG_TYPE_VERDICT,     "NEXT",            VERDICT_NEXT             },
    {CONFIG_TYPE_VERDICT,     "SUSPEND",         VERDICT_SUSPEND          },
    {CONFIG_TYPE_VERDICT,     "UNSURE",          VERDICT_UNSURE           },
    {CONFIG_TYPE_HASH,        "sha256",          SIGNATURE_SHA256         },
    {CONFIG_TYPE_HASH,        "sha512",          SIGNATURE_SHA512         },
    {CONFIG_TYPE_ENCODING,    "hex",             SIGNATURE_HEX            },
    {CONFIG_TYPE_ENCODING,    "base64",          SIGNATURE_BASE64         },
    {CONFIG_TYPE_NEWS,        "sent",            PROFILE_SENT             },
    {CONFIG_TYPE_NEWS,        "delivered",       PROFILE_DELIVERED        },
    {CONFIG_TYPE_NEWS,        "read",            PROFILE_READ             },
    {CONFIG_TYPE_NEWS,        "failed",          PROFILE_FAILED           },
    {CONFIG_TYPE_NEWS,        "expired",         PROFILE_EXPIRED          },
    {CONFIG_TYPE_VERIFY,      "no",              CONFIG_VERIFY_NO         },
    {CONFIG_TYPE_VERIFY,      "optional",        CONFIG_VERIFY_OPTIONAL   },
    {CONFIG_TYPE_VERIFY,      "required",        CONFIG_VERIFY_REQUIRED   },
    {CONFIG_TYPE_TLS_VERSION, "1.2",             CONFIG_TLS_1_2           },
    {CONFIG_TYPE_TLS_VERSION, "1.3",             CONFIG_TLS_1_3           },
    {CONFIG_TYPE_UNROUTABLE,  "refuse",          CONFIG_REFUSE            },
    {CONFIG_TYPE_UNROUTABLE,  "keep",            CONFIG_KEEP              },
    {CONFIG_TYPE_INBOUND_AS,  "parts",           CONFIG_AS_PARTS          },
    {CONFIG_TYPE_INBOUND_AS,  "payload",         CONFIG_AS_PAYLOAD        },
    {CONFIG_TYPE_OPT_OUT,     "account",         CONFIG_OPT_OUT_ACCOUNT   },
    {CONFIG_TYPE_OPT_OUT,     "sender",          CONFIG_OPT_OUT_SENDER    },
    {CONFIG_TYPE_TLV_MEANS,   "own",             CONFIG_TLV_OWN           },
    {CONFIG_TYPE_TLV_MEANS,   "plan",            CONFIG_TLV_PLAN          },
    {CONFIG_TYPE_TLV_MEANS,   "step",            CONFIG_TLV_STEP          },
    {CONFIG_TYPE_TLV_MEANS,   "channel",         CONFIG_TLV_CHANNEL       },
    {CONFIG_TYPE_TLV_MEANS,   "charged",         CONFIG_TLV_CHARGED       },
    {CONFIG_TYPE_TLV_MEANS,   "currency",        CONFIG_TLV_CURRENCY      },
    {CONFIG_TYPE_TLV_MEANS,   "reason",          CONFIG_TLV_REASON        },
    {CONFIG_TYPE_TLV_MEANS,   "code",            CONFIG_TLV_CODE          },
    {CONFIG_TYPE_TLV_MEANS,   "reference",       CONFIG_TLV_REFERENCE     },
    {CONFIG_TYPE_TLV_MEANS,   "pass",            CONFIG_TLV_PASS          },
    {CONFIG_TYPE_TLV_MEANS,   "fixed",           CONFIG_TLV_FIXED         },
    {CONFIG_TYPE_TLV_WHERE,   "usual",           CONFIG_TLV_USUAL         },
    {CONFIG_TYPE_TLV_WHERE,   "receipt",         CONFIG_TLV_RECEIPT       },
    {CONFIG_TYPE_TLV_WHERE,   "submit",          CONFIG_TLV_SUBMIT        },
    {CONFIG_TYPE_TLV_WHERE,   "both",            CONFIG_TLV_BOTH          },
    {CONFIG_TYPE_TLV_FORM,    "text",            CONFIG_TLV_TEXT          },
    {CONFIG_TYPE_TLV_FORM,    "cstring",         CONFIG_TLV_CSTRING       },
    {CONFIG_TYPE_TLV_FORM,    "int1",            CONFIG_TLV_INT1          },
    {CONFIG_TYPE_TLV_FORM,    "int2",            CONFIG_TLV_INT2          },
    {CONFIG_TYPE_TLV_FORM,    "int4",            CONFIG_TLV_INT4          },
    {CONFIG_TYPE_TLV_FORM,    "int8",            CONFIG_TLV_INT8          },
    {CONFIG_TYPE_TLV_FORM,    "hex",             CONFIG_TLV_HEX           },
};

enum { WHY_SIZE = 200, CHOICES = sizeof(choices) / sizeof(choices[0]) };

static const char *choice_name(enum config_type type, int value)
{
    for (size_t i = 0; i < CHOICES; i++)
        if (choices[i].type == type && choices[i].value == value)
            return choices[i].word;
    return NULL;
}

const char *config_id_rule_name(enum config_id_rule rule)
{
    return choice_name(CONFIG_TYPE_ID_RULE, rule);
}

/* `why` is the end of a sentence that begins with the key's name. */
static bool read_choice(const struct config_key *key, const char *text, void *member,
                        char why[WHY_SIZE])
{
    size_t used;

    for (size_t i = 0; i < CHOICES; i++) {
        if (choices[i].type == key->type && strcmp(choices[i].word, text) == 0) {
            if (member != NULL)
                *(int *)member = choices[i].value;
            return true;
        }
    }
    used = (size_t)snprintf(why, WHY_SIZE, "must be one of");
    for (size_t i = 0; i < CHOICES && used < WHY_SIZE; i++)
        if (choices[i].type == key->type)
            used += (size_t)snprintf(why + used, WHY_SIZE - used, " %s", choices[i].word);
    if (used < WHY_SIZE)
        snprintf(why + used, WHY_SIZE - used, "; not '%.40s'", text);
    return false;
}

/* The numbers: how each is read, and what a good one looks like. */
static bool parse_number(const struct config_key *key, const char *text, int64_t *out,
                         const char **out_example)
{
    switch (key->type) {
    case CONFIG_TYPE_DURATION:
        *out_example = "a duration such as \"200ms\", \"45s\", \"5m\", \"24h\" or \"7d\"";
        return config_duration_parse(text, out);
    case CONFIG_TYPE_SIZE:
        *out_example = "a size such as 4096, \"64KiB\" or \"64MiB\"";
        return config_size_parse(text, out);
    case CONFIG_TYPE_MONEY:
        *out_example = "an amount such as \"12.50\" with at most six decimals";
        return money_parse(text, out);
    default:
        *out_example = "a whole number";
        return config_integer_parse(text, out);
    }
}

static void print_number(const struct config_key *key, int64_t value, FILE *out)
{
    char money[MONEY_TEXT_SIZE];

    switch (key->type) {
    case CONFIG_TYPE_DURATION:
        config_duration_print(value, out);
        break;
    case CONFIG_TYPE_SIZE:
        config_size_print(value, out);
        break;
    case CONFIG_TYPE_MONEY:
        fputs(money_format(value, money), out);
        break;
    default:
        fprintf(out, "%lld", (long long)value);
    }
}

static bool read_number(const struct config_key *key, const char *text, void *member,
                        char why[WHY_SIZE])
{
    const char *example;
    int64_t value;

    if (!parse_number(key, text, &value, &example)) {
        snprintf(why, WHY_SIZE, "must be %s; not '%.40s'", example, text);
        return false;
    }
    if (value < key->lowest || value > key->highest) {
        FILE *out = fmemopen(why, WHY_SIZE, "w");

        if (out == NULL)
            abort();
        fputs("must be between ", out);
        print_number(key, key->lowest, out);
        fputs(" and ", out);
        print_number(key, key->highest, out);
        fprintf(out, "; not %.40s", text);
        fclose(out);
        return false;
    }
    if (key->type == CONFIG_TYPE_INTEGER)
        *(uint32_t *)member = (uint32_t)value;
    else if (key->type == CONFIG_TYPE_PORT)
        *(uint16_t *)member = (uint16_t)value;
    else
        *(int64_t *)member = value;
    return true;
}

#define AS_GIVEN "as-given"

static bool read_override(const struct config_key *key, const char *text, int32_t *out,
                          char why[WHY_SIZE])
{
    int64_t value = CONFIG_AS_GIVEN;

    if (strcmp(text, AS_GIVEN) != 0 && (!config_integer_parse(text, &value) ||
                                        value < key->lowest || value > key->highest)) {
        snprintf(why, WHY_SIZE, "must be %lld to %lld, or %s; not '%.40s'",
                 (long long)key->lowest, (long long)key->highest, AS_GIVEN, text);
        return false;
    }
    *out = (int32_t)value;
    return true;
}

static bool read_boolean(const char *text, bool *out, char why[WHY_SIZE])
{
    static const char *const words[] = {"false", "true", "no", "yes", "off", "on"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(text, words[i]) == 0) {
            *out = i % 2 == 1;
            return true;
        }
    }
    snprintf(why, WHY_SIZE, "must be true or false; not '%.40s'", text);
    return false;
}

static bool read_currency(const char *text, char *out, char why[WHY_SIZE])
{
    if (strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 3 || text[3] != '\0') {
        snprintf(why, WHY_SIZE, "must be three capital letters; not '%.40s'", text);
        return false;
    }
    memcpy(out, text, 4);
    return true;
}

static bool read_value(struct config_memory *memory, const struct config_key *key,
                       const char *text, void *base, char why[WHY_SIZE])
{
    void *member = key->offset == CONFIG_UNBOUND ? NULL : (char *)base + key->offset;

    switch (key->type) {
    case CONFIG_TYPE_INTEGER:
    case CONFIG_TYPE_PORT:
    case CONFIG_TYPE_DURATION:
    case CONFIG_TYPE_SIZE:
    case CONFIG_TYPE_MONEY:
        return read_number(key, text, member, why);
    case CONFIG_TYPE_OVERRIDE:
        return read_override(key, text, member, why);
    case CONFIG_TYPE_BOOLEAN:
        return read_boolean(text, member, why);
    case CONFIG_TYPE_TEXT:
    case CONFIG_TYPE_HOST:
        *(const char **)member = config_memory_text(memory, text);
        return true;
    case CONFIG_TYPE_ADDRESS:
        if (config_address_parse(memory, text, member))
            return true;
        snprintf(
            why, WHY_SIZE,
            "must be host:port such as \"127.0.0.1:2775\" or \"[::1]:2775\"; not '%.40s'",
            text);
        return false;
    case CONFIG_TYPE_CURRENCY:
        return read_currency(text, member, why);
    case CONFIG_TYPE_ZONE:
        if (config_zone_parse(text, member))
            return true;
        snprintf(why, WHY_SIZE, "must be UTC or an offset such as \"+03:00\"; not '%.40s'",
                 text);
        return false;
    case CONFIG_TYPE_SECRET:
    case CONFIG_TYPE_WORD:
    case CONFIG_TYPE_LIST:
        return true;
    default:
        return read_choice(key, text, member, why);
    }
}

static void print_value(const struct config_key *key, const void *base, int indent,
                        FILE *out)
{
    const void *member = (const char *)base + key->offset;
    const struct config_address *address;

    fprintf(out, "%*s%s = ", indent, "", key->name);
    switch (key->type) {
    case CONFIG_TYPE_INTEGER:
        fprintf(out, "%u", *(const uint32_t *)member);
        break;
    case CONFIG_TYPE_PORT:
        fprintf(out, "%u", *(const uint16_t *)member);
        break;
    case CONFIG_TYPE_DURATION:
    case CONFIG_TYPE_SIZE:
    case CONFIG_TYPE_MONEY:
        fputc('"', out);
        print_number(key, *(const int64_t *)member, out);
        fputc('"', out);
        break;
    case CONFIG_TYPE_OVERRIDE:
        if (*(const int32_t *)member == CONFIG_AS_GIVEN)
            fputs("\"" AS_GIVEN "\"", out);
        else
            fprintf(out, "%d", *(const int32_t *)member);
        break;
    case CONFIG_TYPE_BOOLEAN:
        fputs(*(const bool *)member ? "true" : "false", out);
        break;
    case CONFIG_TYPE_TEXT:
    case CONFIG_TYPE_HOST:
        config_text_print(*(const char *const *)member, out);
        break;
    case CONFIG_TYPE_ADDRESS:
        address = member;
        fprintf(out, strchr(address->host, ':') ? "\"[%s]:%u\"" : "\"%s:%u\"",
                address->host, address->port);
        break;
    case CONFIG_TYPE_CURRENCY:
        fprintf(out, "\"%s\"", (const char *)member);
        break;
    case CONFIG_TYPE_ZONE:
        fputc('"', out);
        config_zone_print(*(const int16_t *)member, out);
        fputc('"', out);
        break;
    default:
        fprintf(out, "\"%s\"", choice_name(key->type, *(const int *)member));
    }
    fputc('\n', out);
}

void config_shapes_complete(struct config_memory *memory, struct config_shape *shapes,
                            size_t shape_count, const struct config_key *keys,
                            size_t key_count)
{
    for (size_t i = 0; i < shape_count; i++) {
        const char **names = config_memory_take(memory, (key_count + 1) * sizeof(*names));
        size_t used = 0;

        for (size_t j = 0; j < key_count; j++)
            if (strcmp(keys[j].section, shapes[i].name) == 0)
                names[used++] = keys[j].name;
        shapes[i].keys = names;
    }
}

void config_section_read(struct config_memory *memory, const struct config_key *keys,
                         size_t key_count, const struct config_node *node, void *base,
                         struct config_errors *errors)
{
    for (size_t i = 0; i < key_count; i++) {
        const struct config_key *key = &keys[i];
        const struct config_entry *entry;
        const char *text;
        char why[WHY_SIZE];

        if (strcmp(key->section, node->section) != 0)
            continue;
        entry = config_node_entry(node, key->name);
        text = entry != NULL ? entry->values[0] : key->fallback;
        if (text == NULL)
            config_error_in(errors, node, NULL, "%s is required", key->name);
        else if (entry != NULL && entry->value_count > 1 && key->type != CONFIG_TYPE_LIST)
            config_error_in(errors, node, entry, "%s takes one value", key->name);
        else if (!read_value(memory, key, text, base, why))
            config_error_in(errors, node, entry, "%s %s", key->name, why);
    }
}

void config_section_print(const struct config_key *keys, size_t key_count,
                          const char *section, const void *base, int indent, FILE *out)
{
    for (size_t i = 0; i < key_count; i++)
        if (strcmp(keys[i].section, section) == 0 && keys[i].offset != CONFIG_UNBOUND)
            print_value(&keys[i], base, indent, out);
}
