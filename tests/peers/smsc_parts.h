/*
 * The inside of the practice SMSC, for smsc*.c alone:
 *
 *   smsc.c          the role: listening, the turn of the loop, statistics
 *   smsc_options.c  what its description may say
 *   smsc_link.c     one socket: framing, output, closing
 *   smsc_session.c  what a peer may ask in which state
 *   smsc_submit.c   submit_sm: whether it is taken, and its answer
 *   smsc_report.c   receipts and subscribers' messages: sending, acknowledging, again
 *   smsc_message.c  what subscribers write
 */
#ifndef TESTS_PEERS_SMSC_PARTS_H
#define TESTS_PEERS_SMSC_PARTS_H

#include "tests/peers/jobs.h"
#include "tests/peers/options.h"
#include "tests/peers/receipt.h"
#include "tests/peers/script.h"
#include "tests/peers/seen.h"
#include "tests/peers/smsc.h"
#include "tests/peers/wire.h"

enum {
    SMSC_LINKS_MAX = 4096,
    SMSC_ACCOUNTS_MAX = 64,
    SMSC_FORMATS_MAX = 32,
    SMSC_MESSAGES_MAX = 1024,      /* of subscribers, parts not yet acknowledged */
    SMSC_MESSAGE_BYTES = 8 * 1024, /* of one of them */
    LINK_INPUT_BYTES = 256 * 1024,
    LINK_OUTPUT_BYTES = 512 * 1024,
    LINK_ANSWER_ROOM_BYTES = 4096,       /* less room: stop reading */
    LINK_REPORT_ROOM_BYTES = 128 * 1024, /* less room: no more reports */
    LINK_REPORTS_MAX = 4096,             /* on their way at a time; a power of two */
};

/* What happens to a submit_sm. */
struct smsc_act {
    uint32_t status;
    uint8_t state;        /* of the report */
    uint8_t second_state; /* of another one after it; 0 = none */
    bool no_answer;       /* taken, but the peer never hears */
    bool lose;            /* not taken either */
    bool drop;            /* the link goes down instead of the answer */
    bool drop_after;      /* the link goes down behind the answer */
    bool early;           /* the report goes before the answer */
    bool never;           /* no report */
    bool late;
    struct option_range answer; /* high_ms < 0: the role's */
    struct option_range report; /* likewise */
    char error[JOB_ERROR_BYTES];
};

enum link_state {
    LINK_OPEN = 1 << 0,
    LINK_TX = 1 << 1,
    LINK_RX = 1 << 2,
    LINK_TRX = 1 << 3,
    LINK_DRAINING = 1 << 4, /* our end is shut; what comes is thrown away */
};
#define LINK_BOUND    (LINK_TX | LINK_RX | LINK_TRX)
#define LINK_SENDS    (LINK_TX | LINK_TRX)
#define LINK_RECEIVES (LINK_RX | LINK_TRX)

/* One socket.  Freed by the turn alone, once `closing`. */
struct link {
    struct smsc *smsc;
    uint64_t number; /* unique; its low bits are the place in smsc->links */
    int fd;
    enum link_state state;
    bool closing;
    bool dirty; /* has output that the turn should write */
    uint32_t account;
    uint8_t version;
    struct event *readable;
    struct event *writable;
    uint8_t *input;
    size_t input_used;
    struct wire_buffer output;
    size_t output_sent;
    int64_t heard_ms;
    int64_t asked_ms; /* our enquire_link is not answered since; 0 = none is open */
    int64_t drain_ms;
    uint32_t next_sequence;
    uint64_t outstanding; /* submit_sm not answered yet */
    uint64_t reports_out;
    uint32_t reports[LINK_REPORTS_MAX]; /* by sequence: index of the job + 1 */
};

struct smsc_account {
    char system_id[16];
    size_t next_link; /* where the search for a receiver begins */
};

/* A subscriber's message, or a part of one, on its way to a client. */
struct smsc_message {
    bool used;
    bool in_payload;
    char from[21];
    char to[21];
    uint8_t esm_class;
    uint8_t data_coding;
    uint16_t sar_reference;
    uint8_t sar_total; /* 0: no sar_ parameters */
    uint8_t sar_number;
    size_t size;
    uint8_t text[SMSC_MESSAGE_BYTES];
};

struct smsc_counters {
    uint64_t connections, binds, binds_refused, binds_open;
    uint64_t submits, taken, throttled, over_window, queue_full, scripted_refusals,
        malformed;
    uint64_t answers, answers_swallowed, submits_lost, answers_lost;
    uint64_t reports, reports_acknowledged, reports_retried, reports_refused;
    uint64_t acknowledgements_unmatched;
    uint64_t messages, messages_acknowledged;
    uint64_t enquiries, enquiries_sent, cancels, queries, nacks, links_dropped;
    uint64_t outstanding_max, reports_out_max;
};

struct smsc {
    struct sim *sim;

    /* The description. */
    char name[OPTION_TEXT_BYTES];
    char host[OPTION_TEXT_BYTES];
    char system_id[OPTION_TEXT_BYTES]; /* empty: any */
    char password[OPTION_TEXT_BYTES];  /* empty: any */
    int64_t port, binds, window, window_status, per_second;
    int64_t capacity, remember, report_window, retry_ms, give_up, enquire_s, drop_every_s;
    struct option_range answer_delay, report_delay, late_delay, gap, early_delay;
    bool tlvs, same_link;
    int id_form;
    uint8_t formats[SMSC_FORMATS_MAX];
    size_t format_count;
    int64_t mo_rate, mo_count;
    char mo_from[OPTION_TEXT_BYTES];
    char mo_to[OPTION_TEXT_BYTES];
    char mo_text[OPTION_TEXT_BYTES];
    enum smsc_cut mo_cut;
    struct script script;
    struct smsc_act acts[SCRIPT_RULES_MAX + 1];

    /* What lives. */
    int fd;
    struct event *acceptable;
    struct event *turn; /* once in a turn of the loop, after the sockets were read */
    struct event *timer;
    struct event *second;
    bool turn_wanted;
    int64_t timer_at_ms;
    int64_t now_ms;
    struct link **links; /* SMSC_LINKS_MAX */
    size_t links_top;    /* places from here on are empty */
    uint64_t link_serial;
    struct smsc_account accounts[SMSC_ACCOUNTS_MAX];
    size_t account_count;
    struct smsc_message messages[SMSC_MESSAGES_MAX];
    size_t next_message;
    uint16_t next_reference;
    struct event *writer; /* NULL: nobody writes by himself */
    int64_t mo_due_milli; /* thousandths of a message that are due */
    int64_t mo_written;
    struct jobs *jobs;
    uint64_t next_id;
    size_t next_format;
    int64_t bucket_micro; /* millionths of a message that may be taken */
    int64_t bucket_at_us;
    int64_t dropped_at_ms;
    struct receipt_dates submit_dates;
    struct seen seen;
    struct smsc_counters counters;
};

/* smsc_options.c */
bool smsc_read_options(struct smsc *smsc, const char *description, char *error)
    __attribute__((warn_unused_result));
void smsc_help(void);

/* smsc.c: the turn will run before the loop sleeps. */
void smsc_want_turn(struct smsc *smsc);
int64_t smsc_draw(struct smsc *smsc, struct option_range range);

/* smsc_link.c */
void link_new(struct smsc *smsc, int fd);
void link_free(struct link *link);
struct link *link_find(const struct smsc *smsc, uint64_t number);
uint64_t link_serial(const struct link *link);

/* What has come since, and what a lack of room for answers left behind. */
void link_process(struct link *link);
void link_flush(struct link *link);
void link_mark_dirty(struct link *link);

/* Written output goes out first; safe from anywhere, twice too. */
void link_close(struct link *link, const char *reason);

/* Ends our side after the output, and waits a little for the other to end its own. */
void link_drain(struct link *link);

/* smsc_session.c */
void session_handle(struct link *link, const struct wire_header *header,
                    struct wire_view body);
void session_second(struct link *link);

/* smsc_submit.c */
void submit_handle(struct link *link, const struct wire_header *header,
                   struct wire_view body);
void submit_answer(struct link *link, const struct job *job);

/* smsc_report.c */
void report_plan(struct link *link, const struct wire_message *message,
                 const struct smsc_act *act, uint64_t id, int64_t answer_ms);
size_t report_count(const struct smsc_act *act, const struct wire_message *message);
void report_send_ready(struct smsc *smsc);
void report_acknowledged(struct link *link, const struct wire_header *header);
void report_due(struct smsc *smsc, struct job *job);
void report_link_lost(struct link *link);
/* smsc_message.c */
void message_start(struct smsc *smsc);
void message_stop(struct smsc *smsc);
bool message_write(struct smsc *smsc, struct link *link, const struct job *job)
    __attribute__((warn_unused_result));

size_t report_write_id(uint64_t id, bool short_id, enum id_writing writing, char *out);

#endif
