/* What the description of a practice messenger may say, in rows. */
#include "tests/peers/messenger_parts.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum {
    LONGEST_WAIT_MS = 4 * 3600 * 1000,
};

enum word_kind {
    WORD_STATUS,
    WORD_ANSWER,
    WORD_FLAG,
};

#define FLAG(name) offsetof(struct messenger_act, name)

static const struct word {
    const char *name;
    enum word_kind kind;
    size_t value; /* how it answers, or offset of the flag */
    const char *help;
} words[] = {
    {"sent",      WORD_STATUS, 0,              "report sent"                         },
    {"delivered", WORD_STATUS, 0,              "report delivered"                    },
    {"read",      WORD_STATUS, 0,              "report read"                         },
    {"failed",    WORD_STATUS, 0,              "report failed"                       },
    {"expired",   WORD_STATUS, 0,              "report expired"                      },
    {"silent",    WORD_FLAG,   FLAG(silent),   "taken, no report"                    },
    {"timeout",   WORD_ANSWER, ANSWER_TIMEOUT, "the request is never answered"       },
    {"cut",       WORD_ANSWER, ANSWER_CUT,     "the connection is closed unanswered" },
    {"no-id",     WORD_ANSWER, ANSWER_NO_ID,   "200 without an id"                   },
    {"early",     WORD_FLAG,   FLAG(early),    "report, then answer, `early` later"  },
    {"twice",     WORD_FLAG,   FLAG(twice),    "each report once more"               },
    {"forged",    WORD_FLAG,   FLAG(forged),   "reports with a wrong signature, once"},
};

/* What numbers mean when the description does not say: by their last four digits. */
static const struct convention {
    const char *pattern;
    const char *words;
} conventions[] = {
    {"*9901", "failed"             },
    {"*9902", "silent"             },
    {"*9903", "404"                },
    {"*9904", "400"                },
    {"*9905", "429"                },
    {"*9906", "401"                },
    {"*9907", "403"                },
    {"*9908", "500"                },
    {"*9909", "timeout"            },
    {"*9910", "cut"                },
    {"*9911", "early"              },
    {"*9912", "twice"              },
    {"*9913", "no-id"              },
    {"*9914", "expired"            },
    {"*9915", "sent+delivered+read"},
    {"*9916", "sent"               },
    {"*9917", "failed+delivered"   },
    {"*9918", "500+delivered"      },
};

/* NNN, after:MS[-MS], answer:MS[-MS], reason:WORD */
static bool read_valued_word(struct messenger_act *act, const char *word)
{
    int64_t code;

    if (strncmp(word, "after:", 6) == 0)
        return option_read_range(word + 6, 0, LONGEST_WAIT_MS, &act->report);
    if (strncmp(word, "answer:", 7) == 0)
        return option_read_range(word + 7, 0, LONGEST_WAIT_MS, &act->wait);
    if (strncmp(word, "reason:", 7) == 0)
        return (size_t)snprintf(act->reason, sizeof(act->reason), "%s", word + 7) <
               sizeof(act->reason);
    if (!option_read_number(word, 400, 599, &code))
        return false;
    act->code = (int)code;
    return true;
}

static bool read_word(struct messenger_act *act, const char *name)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        const struct word *word = &words[i];

        if (strcmp(word->name, name) != 0)
            continue;
        if (word->kind == WORD_ANSWER)
            act->answer = (enum messenger_answer)word->value;
        else if (word->kind == WORD_FLAG)
            *(bool *)((char *)act + word->value) = true;
        else if (act->status_count == MESSENGER_STATUSES_MAX)
            return false;
        else
            act->statuses[act->status_count++] = word->name;
        return true;
    }
    return read_valued_word(act, name);
}

static bool read_words(const char *text, struct messenger_act *out_act, char *error)
{
    struct messenger_act act = {
        .code = 200, .wait = {-1, -1},
             .report = {-1, -1}
    };
    char copy[OPTION_TEXT_BYTES];
    char *rest = copy;

    snprintf(copy, sizeof(copy), "%s", text);
    while (rest != NULL) {
        const char *word = strsep(&rest, "+");

        if (!read_word(&act, word)) {
            snprintf(error, OPTION_ERROR_BYTES, "'%s' is no word of a messenger's script",
                     word);
            return false;
        }
    }
    /* Who says nothing of reports means the usual one, if the request is taken at all. */
    if (act.status_count == 0 && !act.silent && act.code == 200 &&
        act.answer == ANSWER_REPLY)
        act.statuses[act.status_count++] = "delivered";
    *out_act = act;
    return true;
}

static bool read_rule(void *role, const char *name, const char *value, char *error)
{
    struct messenger *messenger = role;
    const char *text;

    return script_add(&messenger->script, name, value, &text, error) &&
           read_words(text, &messenger->acts[messenger->script.count], error);
}

static bool read_default(void *role, const char *name, const char *value, char *error)
{
    struct messenger *messenger = role;

    (void)name;
    messenger->default_given = true;
    return read_words(value, &messenger->acts[0], error);
}

static bool read_profile(void *role, const char *name, const char *value, char *error)
{
    struct messenger *messenger = role;
    const struct profile *found = profile_find(value);

    if (found == NULL) {
        snprintf(error, OPTION_ERROR_BYTES, "%s=%s: no such profile", name, value);
        return false;
    }
    messenger->profile = found;
    return true;
}

#define FIELD(name) offsetof(struct messenger, name)

/* clang-format off */
#define TEXT(name, field, help) {name, OPTION_TEXT, FIELD(field), 0, 0, NULL, help}
#define CALL(name, f, help)     {name, OPTION_CALL, 0, 0, 0, f, help}
#define WAIT(name, field, help) \
    {name, OPTION_RANGE, FIELD(field), 0, LONGEST_WAIT_MS, NULL, help}
#define NUMBER(name, field, low, high, help) \
    {name, OPTION_NUMBER, FIELD(field), low, high, NULL, help}
/* clang-format on */

static const struct option_row rows[] = {
    NUMBER("port", port, 0, 65535, "where it listens; 0 = a free one (9785)"),
    TEXT("host", host, "address to listen on (127.0.0.1)"),
    TEXT("name", name, "how the log and the statistics call it (messenger)"),
    CALL("profile", read_profile, "shape of its API, a name from below (lab)"),
    TEXT("token", token, "what requests must carry; empty = anything (lab)"),
    TEXT("callback", callback_url, "http://HOST:PORT/PATH for reports; empty = none"),
    NUMBER("callback_connections", callback_connections, 1, 1024,
           "over which reports go, one at a time on each (16)"),
    TEXT("key", key, "signs reports, HMAC-SHA256; empty = unsigned (lab-hook)"),
    TEXT("price", price, "a label in the statistics, such as 0.006000"),
    WAIT("answer_delay", answer_delay, "before the answer (0)"),
    WAIT("report_delay", report_delay, "from the answer to the report (20)"),
    WAIT("gap", gap, "between two reports of one message (100)"),
    WAIT("early", early_delay, "from an early report to the answer (200)"),
    NUMBER("retry_after", retry_after_s, 0, 3600, "seconds told with 429 and 503 (1)"),
    NUMBER("remember", remember, 1, 500000000,
           "refs told apart when counting duplicates (16777216)"),
    CALL("default", read_default,
         "WORDS for all that no rule names (by the last four digits, see below)"),
    CALL("rule", read_rule, "PATTERN:WORDS by recipient; * and ? as in file names"),
    CALL("every", read_rule, "N:WORDS for each N-th request"),
    CALL("share", read_rule, "PERCENT:WORDS for that part, at random"),
};

static void set_defaults(struct messenger *messenger)
{
    snprintf(messenger->name, sizeof(messenger->name), "messenger");
    snprintf(messenger->host, sizeof(messenger->host), "127.0.0.1");
    snprintf(messenger->token, sizeof(messenger->token), "lab");
    snprintf(messenger->key, sizeof(messenger->key), "lab-hook");
    messenger->port = 9785;
    messenger->retry_after_s = 1;
    messenger->callback_connections = 16;
    messenger->remember = 1 << 24;
    messenger->report_delay = (struct option_range){20, 20};
    messenger->gap = (struct option_range){100, 100};
    messenger->early_delay = (struct option_range){200, 200};
    messenger->profile = &profiles[0];
}

static bool add_conventions(struct messenger *messenger, char *error)
{
    char value[OPTION_TEXT_BYTES];

    for (size_t i = 0; i < sizeof(conventions) / sizeof(conventions[0]); i++) {
        snprintf(value, sizeof(value), "%s:%s", conventions[i].pattern,
                 conventions[i].words);
        if (!read_rule(messenger, "rule", value, error))
            return false;
    }
    return true;
}

bool messenger_read_options(struct messenger *messenger, const char *description,
                            char *error)
{
    set_defaults(messenger);
    return read_words("delivered", &messenger->acts[0], error) &&
           options_read(rows, sizeof(rows) / sizeof(rows[0]), description, messenger,
                        error) &&
           (messenger->default_given || add_conventions(messenger, error));
}

void messenger_help(void)
{
    printf("--messenger KEY=VALUE,...   waits are milliseconds, N or LOW-HIGH\n");
    options_print(rows, sizeof(rows) / sizeof(rows[0]));
    printf("\n  WORDS of a messenger, joined by +:\n");
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        printf("  %-16s %s\n", words[i].name, words[i].help);
    printf("  %-16s %s\n", "NNN", "refused with that HTTP status, 400 to 599");
    printf("  %-16s %s\n", "after:MS[-MS]", "this report waits so long");
    printf("  %-16s %s\n", "answer:MS[-MS]", "this answer waits so long");
    printf("  %-16s %s\n", "reason:WORD", "the reason in its reports");
    printf("\n  Without `default`, and after the rules:\n");
    for (size_t i = 0; i < sizeof(conventions) / sizeof(conventions[0]); i++)
        printf("  %-16s %s\n", conventions[i].pattern, conventions[i].words);
    printf("  %-16s %s\n", "else", "delivered");
    printf("\n  Profiles:\n");
    for (size_t i = 0; i < profile_count; i++)
        printf("  %-16s %s\n", profiles[i].name, profiles[i].help);
}
