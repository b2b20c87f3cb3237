/* What smsc.c and smsc_reports.c share; nobody else includes it. */
#ifndef TESTS_SIMULATION_SMSC_PARTS_H
#define TESTS_SIMULATION_SMSC_PARTS_H

#include "tests/peers/wire.h"
#include "tests/simulation/smsc.h"

enum { LINES_MAX = 512, LETTERS_MAX = 64, INPUT_SIZE = 64 * 1024 };

struct note;

/* A connection.  Never used again when it has ended. */
struct line {
    struct smsc *smsc;
    struct cable *cable; /* NULL: it has ended */
    bool bound;
    uint32_t sequence;
    unsigned open; /* submits not answered */
    size_t input_size;
    uint8_t input[INPUT_SIZE];
};

/* An answer that is, or was, owed. */
struct answer {
    struct line *line;
    struct note *note; /* NULL: of a submit that is in no book */
    uint32_t sequence;
    uint32_t status;
    uint64_t id;        /* which of the dialect's */
    int64_t sent_at_ms; /* 0: not yet */
    bool swallowed;
    bool late; /* its place in the window is free again */
};

struct report {
    struct note *note;
    uint64_t id;
    uint8_t state;
    char source[24]; /* as submitted */
    char destination[24];
    char text[21]; /* how it begins, without its header */
    unsigned line; /* the last it was sent on, from 1 */
    uint32_t sequence;
    unsigned sendings;
    bool done;
};

/* What a subscriber wrote; its number is its place. */
struct letter {
    unsigned line; /* the last it was sent on, from 1 */
    uint32_t sequence;
    unsigned sendings;
    bool acknowledged;
    unsigned life_acknowledged; /* of the gateway */
    unsigned came;              /* to the account */
};

struct smsc {
    struct world *world;
    struct line *lines[LINES_MAX];
    unsigned line_count;
    int64_t down_until_ms;
    uint64_t ids;
    struct answer *answers;
    size_t answer_count;
    size_t answer_room;
    struct report *reports;
    size_t report_count;
    size_t report_room;
    size_t reports_open;
    struct letter letters[LETTERS_MAX];
    size_t letter_count;
};

/* To the gateway, if the line still is. */
void smsc_send(struct line *line, const struct wire_buffer *buffer, enum moment moment);

/* What is told of a message that was taken, and when; its answer goes out in `answer_ms`.
 */
void smsc_plan_reports(struct smsc *smsc, const struct answer *answer,
                       const struct wire_message *submit, int64_t answer_ms);
/* The youngest that is bound; NULL: none is. */
struct line *smsc_any_bound_line(struct smsc *smsc);
/* From 1. */
unsigned smsc_line_number(const struct smsc *smsc, const struct line *line);
/* The text of a submit without its header. */
struct wire_view smsc_text_of(const struct wire_message *submit);

void smsc_begin_letters(struct smsc *smsc);
/* False: it is none of a letter. */
bool smsc_on_letter_answer(struct line *line, const struct wire_header *header);

void smsc_on_report_answer(struct line *line, const struct wire_header *header);

/* An array of `count` elements with room for one more; `room` is what it has. */
void *smsc_grow(void *array, size_t count, size_t *room, size_t size);

#endif
