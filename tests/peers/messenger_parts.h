/* The inside of the practice messenger, for messenger*.c alone. */
#ifndef TESTS_PEERS_MESSENGER_PARTS_H
#define TESTS_PEERS_MESSENGER_PARTS_H

#include "tests/peers/callback.h"
#include "tests/peers/messenger.h"
#include "tests/peers/options.h"
#include "tests/peers/profile.h"
#include "tests/peers/script.h"
#include "tests/peers/seen.h"

enum { MESSENGER_STATUSES_MAX = 4 };

enum messenger_answer {
    ANSWER_REPLY = 0,
    ANSWER_NO_ID,   /* 200 and {} */
    ANSWER_TIMEOUT, /* never */
    ANSWER_CUT,     /* the connection is closed */
};

/* What happens to a request. */
struct messenger_act {
    int code;
    enum messenger_answer answer;
    const char *statuses[MESSENGER_STATUSES_MAX]; /* reported in this order */
    size_t status_count;
    bool early;  /* reported before the answer */
    bool twice;  /* each report once more */
    bool forged; /* with a signature that is wrong */
    bool silent;
    struct option_range wait;   /* before the answer; high_ms < 0: the role's */
    struct option_range report; /* from the answer to the report; likewise */
    char reason[32];
};

struct messenger_counters {
    uint64_t posts, accepted, refused_auth, refused_shape, refused_script;
    uint64_t unanswered, cut;
    struct callback_counters callbacks;
};

struct post;

struct messenger {
    struct sim *sim;

    /* The description. */
    char name[OPTION_TEXT_BYTES];
    char host[OPTION_TEXT_BYTES];
    char token[OPTION_TEXT_BYTES];
    char callback_url[OPTION_TEXT_BYTES]; /* empty: none are sent */
    char key[OPTION_TEXT_BYTES];          /* empty: they are not signed */
    char price[OPTION_TEXT_BYTES];        /* shown in the statistics only */
    int64_t port, retry_after_s, remember, callback_connections;
    struct option_range answer_delay, report_delay, gap, early_delay;
    bool default_given;
    const struct profile *profile;
    struct script script;
    struct messenger_act acts[SCRIPT_RULES_MAX + 1];

    /* What lives. */
    struct evhttp *http;
    struct callbacks *callbacks;
    struct post *posts; /* not answered yet */
    uint64_t next_id;
    struct seen refs;
    struct messenger_counters counters;
};

/* messenger_options.c */
bool messenger_read_options(struct messenger *messenger, const char *description,
                            char *error) __attribute__((warn_unused_result));
void messenger_help(void);

#endif
