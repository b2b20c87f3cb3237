/* What the description of a practice SMSC may say, in rows. */
#include "tests/peers/smsc_parts.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum word_kind {
    WORD_STATE,
    WORD_SECOND,
    WORD_FLAG,
    WORD_STATUS,
};

#define FLAG(name) offsetof(struct smsc_act, name)

static const struct word {
    const char *name;
    enum word_kind kind;
    uint32_t value; /* state, status, or offset of the flag */
    const char *help;
} words[] = {
    {"delivered",        WORD_STATE,  WIRE_STATE_DELIVERED,     "report DELIVRD"                    },
    {"undelivered",      WORD_STATE,  WIRE_STATE_UNDELIVERABLE, "report UNDELIV"                    },
    {"expired",          WORD_STATE,  WIRE_STATE_EXPIRED,       "report EXPIRED"                    },
    {"rejected",         WORD_STATE,  WIRE_STATE_REJECTED,      "report REJECTD"                    },
    {"deleted",          WORD_STATE,  WIRE_STATE_DELETED,       "report DELETED"                    },
    {"unknown",          WORD_STATE,  WIRE_STATE_UNKNOWN,       "report UNKNOWN"                    },
    {"accepted",         WORD_STATE,  WIRE_STATE_ACCEPTED,      "report ACCEPTD"                    },
    {"enroute",          WORD_STATE,  WIRE_STATE_ENROUTE,       "report ENROUTE"                    },
    {"twice",            WORD_SECOND, 0,                        "the report again, `gap` later"     },
    {"then-delivered",   WORD_SECOND, WIRE_STATE_DELIVERED,     "then DELIVRD"                      },
    {"then-undelivered", WORD_SECOND, WIRE_STATE_UNDELIVERABLE, "then UNDELIV"                      },
    {"late",             WORD_FLAG,   FLAG(late),               "the report waits for `late`"       },
    {"never",            WORD_FLAG,   FLAG(never),              "no report"                         },
    {"early",            WORD_FLAG,   FLAG(early),              "report, then answer, `early` later"},
    {"swallow",          WORD_FLAG,   FLAG(no_answer),          "taken, reported, never answered"   },
    {"lose",             WORD_FLAG,   FLAG(lose),               "neither taken nor answered"        },
    {"drop",             WORD_FLAG,   FLAG(drop),               "taken; the link closed unanswered" },
    {"drop-after",       WORD_FLAG,   FLAG(drop_after),         "answered; then the link closed"    },
    {"throttled",        WORD_STATUS, WIRE_THROTTLED,           "refused with 0x58"                 },
    {"full",             WORD_STATUS, WIRE_QUEUE_FULL,          "refused with 0x14"                 },
    {"error",            WORD_STATUS, WIRE_SYSTEM_ERROR,        "refused with 0x08"                 },
};

/* 0xNN, after:MS[-MS], answer:MS[-MS], err:XXX */
static bool read_valued_word(struct smsc_act *act, const char *word)
{
    int64_t status;

    if (strncmp(word, "after:", 6) == 0)
        return option_read_range(word + 6, 0, JOBS_LONGEST_WAIT_MS, &act->report);
    if (strncmp(word, "answer:", 7) == 0)
        return option_read_range(word + 7, 0, JOBS_LONGEST_WAIT_MS, &act->answer);
    if (strncmp(word, "err:", 4) == 0 && strlen(word + 4) == JOB_ERROR_BYTES - 1) {
        memcpy(act->error, word + 4, JOB_ERROR_BYTES);
        return true;
    }
    if (strncmp(word, "0x", 2) != 0 || !option_read_number(word, 1, UINT32_MAX, &status))
        return false;
    act->status = (uint32_t)status;
    return true;
}

static bool read_word(struct smsc_act *act, const char *name)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        const struct word *word = &words[i];

        if (strcmp(word->name, name) != 0)
            continue;
        if (word->kind == WORD_STATE)
            act->state = (uint8_t)word->value;
        else if (word->kind == WORD_SECOND)
            act->second_state = (uint8_t)(word->value != 0 ? word->value : act->state);
        else if (word->kind == WORD_STATUS)
            act->status = word->value;
        else
            *((bool *)act + word->value) = true;
        return true;
    }
    return read_valued_word(act, name);
}

static struct smsc_act plain_act(void)
{
    return (struct smsc_act){
        .state = WIRE_STATE_DELIVERED, .answer = {-1, -1},
             .report = {-1, -1},
             .error = ""
    };
}

static bool read_words(const char *text, struct smsc_act *out_act, char *error)
{
    struct smsc_act act = plain_act();
    char copy[OPTION_TEXT_BYTES];
    char *rest = copy;

    snprintf(copy, sizeof(copy), "%s", text);
    while (rest != NULL) {
        const char *word = strsep(&rest, "+");

        if (!read_word(&act, word)) {
            snprintf(error, OPTION_ERROR_BYTES, "'%s' is no word of an SMSC's script",
                     word);
            return false;
        }
    }
    *out_act = act;
    return true;
}

static bool read_rule(void *role, const char *name, const char *value, char *error)
{
    struct smsc *smsc = role;
    const char *text;

    return script_add(&smsc->script, name, value, &text, error) &&
           read_words(text, &smsc->acts[smsc->script.count], error);
}

static bool read_default(void *role, const char *name, const char *value, char *error)
{
    struct smsc *smsc = role;

    (void)name;
    return read_words(value, &smsc->acts[0], error);
}

static bool read_ids(void *role, const char *name, const char *value, char *error)
{
    struct smsc *smsc = role;
    int found = id_form_find(value);

    if (found < 0) {
        snprintf(error, OPTION_ERROR_BYTES, "%s=%s: no such form of ids", name, value);
        return false;
    }
    smsc->id_form = found;
    return true;
}

static bool add_format(struct smsc *smsc, const char *name, char *error)
{
    int found = receipt_format_find(name);

    if (found < 0 || smsc->format_count == SMSC_FORMATS_MAX) {
        snprintf(error, OPTION_ERROR_BYTES, "format=%s: %s", name,
                 found < 0 ? "no such format of receipts" : "too many formats");
        return false;
    }
    smsc->formats[smsc->format_count++] = (uint8_t)found;
    return true;
}

static bool read_formats(void *role, const char *name, const char *value, char *error)
{
    struct smsc *smsc = role;
    char copy[OPTION_TEXT_BYTES];
    char *rest = copy;

    (void)name;
    smsc->format_count = 0;
    if (strcmp(value, "all") == 0) {
        for (size_t i = 0; i < receipt_format_count; i++)
            smsc->formats[smsc->format_count++] = (uint8_t)i;
        return true;
    }
    snprintf(copy, sizeof(copy), "%s", value);
    while (rest != NULL) {
        if (!add_format(smsc, strsep(&rest, "/"), error))
            return false;
    }
    return true;
}

static bool read_report_on(void *role, const char *name, const char *value, char *error)
{
    struct smsc *smsc = role;

    if (strcmp(value, "same") != 0 && strcmp(value, "any") != 0) {
        snprintf(error, OPTION_ERROR_BYTES, "%s=%s: same or any is wanted", name, value);
        return false;
    }
    smsc->same_link = strcmp(value, "same") == 0;
    return true;
}

static bool read_mo_cut(void *role, const char *name, const char *value, char *error)
{
    struct smsc *smsc = role;

    if (smsc_cut_find(value, &smsc->mo_cut))
        return true;
    snprintf(error, OPTION_ERROR_BYTES, "%s=%s: udh8, udh16, sar or payload is wanted",
             name, value);
    return false;
}

#define FIELD(name) offsetof(struct smsc, name)

/* clang-format off */
#define TEXT(name, field, help) {name, OPTION_TEXT, FIELD(field), 0, 0, NULL, help}
#define YES_NO(name, field, help) {name, OPTION_YES_NO, FIELD(field), 0, 0, NULL, help}
#define CALL(name, f, help)     {name, OPTION_CALL, 0, 0, 0, f, help}
#define WAIT(name, field, help) \
    {name, OPTION_RANGE, FIELD(field), 0, JOBS_LONGEST_WAIT_MS, NULL, help}
#define NUMBER(name, field, low, high, help) \
    {name, OPTION_NUMBER, FIELD(field), low, high, NULL, help}
/* clang-format on */

static const struct option_row rows[] = {
    NUMBER("port", port, 0, 65535, "where it listens; 0 = a free one (2785)"),
    TEXT("host", host, "address to listen on (127.0.0.1)"),
    TEXT("name", name, "how the log and the statistics call it (smsc)"),
    TEXT("system_id", system_id, "whom it lets in; empty = anybody"),
    TEXT("password", password, "with which password; empty = any"),
    NUMBER("binds", binds, 1, SMSC_LINKS_MAX, "binds at a time; above: 0x05 (64)"),
    NUMBER("window", window, 1, 1000000, "submits it holds unanswered on a bind (1000)"),
    NUMBER("over_window", window_status, 1, UINT32_MAX,
           "status of submits above the window (0x58)"),
    NUMBER("tps", per_second, 0, 10000000, "submits a second; above: 0x58; 0 = any (0)"),
    WAIT("answer_delay", answer_delay, "before a submit_sm_resp (0)"),
    WAIT("report_delay", report_delay, "from the answer to the report (0)"),
    WAIT("late", late_delay, "the same for the word late (10000)"),
    WAIT("gap", gap, "between two reports of one message (200)"),
    WAIT("early", early_delay, "from an early report to the answer (100)"),
    CALL("ids", read_ids, "form of message ids, a name from below (decimal)"),
    CALL("format", read_formats,
         "format of receipts: a name from below, several as a/b/c in turn, or all"),
    YES_NO("tlvs", tlvs, "0x001E, 0x0427 and 0x0423 in receipts (yes)"),
    CALL("report_on", read_report_on,
         "bind of a receipt: same as the submit, or any (same)"),
    NUMBER("report_window", report_window, 1, LINK_REPORTS_MAX,
           "reports unacknowledged on a bind (1000)"),
    NUMBER("report_retry", retry_ms, 50, 3600000,
           "milliseconds until a report is sent again (5000)"),
    NUMBER("report_tries", give_up, 0, 1000000, "then it is given up; 0 = never (0)"),
    NUMBER("capacity", capacity, 1, 50000000,
           "answers and reports kept; above: 0x14 (1048576)"),
    NUMBER("remember", remember, 1, 500000000,
           "messages told apart when counting duplicates (16777216)"),
    NUMBER("enquire", enquire_s, 0, 86400, "seconds of silence before enquire_link (30)"),
    NUMBER("drop_every", drop_every_s, 0, 86400,
           "seconds until all links are cut; 0 = never"),
    NUMBER("mo_rate", mo_rate, 0, 100000,
           "messages subscribers write a second; 0 = none (0)"),
    NUMBER("mo_count", mo_count, 0, INT32_MAX, "so many and no more; 0 = without end (0)"),
    TEXT("mo_from", mo_from, "number of the first; each next is one higher (79160000000)"),
    TEXT("mo_to", mo_to, "number they write to (12345)"),
    TEXT("mo_text", mo_text, "what they write (hello)"),
    CALL("mo_cut", read_mo_cut, "udh8, udh16, sar or payload, when it is long (udh8)"),
    CALL("default", read_default, "WORDS for all that no rule names (delivered)"),
    CALL("rule", read_rule, "PATTERN:WORDS by destination; * and ? as in file names"),
    CALL("every", read_rule, "N:WORDS for each N-th submit_sm"),
    CALL("share", read_rule, "PERCENT:WORDS for that part, at random"),
};

/* Kept away from the values: what is not said is this. */
static void set_defaults(struct smsc *smsc)
{
    snprintf(smsc->name, sizeof(smsc->name), "smsc");
    snprintf(smsc->host, sizeof(smsc->host), "127.0.0.1");
    smsc->port = 2785;
    smsc->binds = 64;
    smsc->window = 1000;
    smsc->window_status = WIRE_THROTTLED;
    smsc->late_delay = (struct option_range){10000, 10000};
    smsc->gap = (struct option_range){200, 200};
    smsc->early_delay = (struct option_range){100, 100};
    smsc->format_count = 1;
    smsc->tlvs = true;
    smsc->same_link = true;
    smsc->report_window = 1000;
    smsc->retry_ms = 5000;
    smsc->capacity = 1 << 20;
    smsc->remember = 1 << 24;
    smsc->enquire_s = 30;
    snprintf(smsc->mo_from, sizeof(smsc->mo_from), "79160000000");
    snprintf(smsc->mo_to, sizeof(smsc->mo_to), "12345");
    snprintf(smsc->mo_text, sizeof(smsc->mo_text), "hello");
    smsc->acts[0] = plain_act();
}

bool smsc_read_options(struct smsc *smsc, const char *description, char *error)
{
    assert(receipt_format_count <= SMSC_FORMATS_MAX);
    set_defaults(smsc);
    return options_read(rows, sizeof(rows) / sizeof(rows[0]), description, smsc, error);
}

void smsc_help(void)
{
    printf("--smsc KEY=VALUE,...   waits are milliseconds, N or LOW-HIGH\n");
    options_print(rows, sizeof(rows) / sizeof(rows[0]));
    printf("\n  WORDS of an SMSC, joined by +:\n");
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        printf("  %-16s %s\n", words[i].name, words[i].help);
    printf("  %-16s %s\n", "0xNN", "refused with that command_status");
    printf("  %-16s %s\n", "after:MS[-MS]", "this report waits so long");
    printf("  %-16s %s\n", "answer:MS[-MS]", "this answer waits so long");
    printf("  %-16s %s\n", "err:XXX", "three characters behind err:");
    printf("\n  Forms of ids:\n");
    for (size_t i = 0; i < id_form_count; i++)
        printf("  %-16s %s\n", id_forms[i].name, id_forms[i].help);
    printf("\n  Formats of receipts:\n");
    for (size_t i = 0; i < receipt_format_count; i++)
        printf("  %-16s %s\n", receipt_formats[i].name, receipt_formats[i].help);
}
