/*
 * What everybody saw of each submission: the client that sent it, the operator and the
 * messenger that were handed it.  The text of a submission begins with its number, so
 * that all of them know which it is; the gateway does not.
 */
#ifndef TESTS_SIMULATION_BOOK_H
#define TESTS_SIMULATION_BOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/peers/wire.h"
#include "tests/simulation/identity.h"

struct world;

enum fate {
    FATE_OPEN,    /* sent, not answered */
    FATE_TAKEN,   /* answered ESME_ROK, with an id */
    FATE_REFUSED, /* answered otherwise */
    FATE_LOST,    /* the connection ended before the answer */
};

enum { NOTE_TEXT_SIZE = 160 };

/* Behind the number, when it was replaced. */
#define REPLACED_TEXT "replaced"

struct note {
    unsigned number;  /* from 1 */
    unsigned set;     /* the number of the first part of its long message, else its own */
    uint8_t part;     /* from 1 */
    uint8_t parts;    /* 1: it is whole */
    unsigned lead;    /* of the first of its submit_multi, else its own number */
    unsigned members; /* of the first: how many more went with it; they follow it */
    bool by_data;     /* with a data_sm */
    bool wrong;       /* its destination is no number */
    char account[8];
    bool cascades; /* its plan begins with the messenger */
    char destination[16];
    char text[NOTE_TEXT_SIZE];
    int64_t sent_at_ms;
    int64_t validity_ms; /* 0: the plan's */
    int64_t start_ms;    /* after it was sent; 0: at once */
    bool unwanted;       /* its recipient had opted out before */

    enum fate fate;
    uint32_t status;             /* that it was refused with */
    char id_text[IDENTITY_SIZE]; /* that it was answered with, or its receipt told */
    uint64_t id;                 /* of its row; the judge finds it out */
    int64_t answered_at_ms;
    int64_t lost_ms; /* the connection ended; 0: not before the answer */

    /* Sent again, with the same content. */
    bool was_repeated;
    bool again_open;  /* not answered */
    bool again_known; /* the first had been accepted before it was sent */
    int64_t again_at_ms;
    uint32_t again_status; /* that it was refused with */
    int64_t again_answered_ms;

    /* What was asked of it later. */
    bool cancel_asked;
    bool cancelled; /* and confirmed */
    bool replace_asked;
    bool replaced;
    char queried[8]; /* the end that a query told */

    /* Its notifications and receipts. */
    bool asks_news;
    unsigned news;
    unsigned receipts;
    const void *receipt_session; /* over which the last came */
    char word[8];
    uint64_t receipt_cause; /* when the last came: how often a receipt could come again */
    bool receipt_answered;
    int64_t receipt_at_ms;

    /* The operator's. */
    unsigned submits;
    int64_t submitted_ms; /* the first; 0: never */
    unsigned taken;       /* it may have gone on to the handset */
    unsigned refused;     /* for good */
    unsigned postponed;   /* 0x58, 0x14 */
    int64_t taken_at_ms;  /* when last; 0: never */
    int64_t told_late_ms; /* an answer that came late, and through; 0: none has */
    bool doubted;         /* an answer may not have come through, or not been kept */
    bool told_delivered;
    bool told_failed;
    int64_t failed_ms; /* when first; 0: never */
    int64_t
        delivered_known_ms; /* the gateway answered a report of delivery; 0: it did not */

    /* The messenger's, on the first part of a set. */
    unsigned posts;
    unsigned posts_taken;
    int64_t posted_at_ms; /* and answered with an id; 0: never */
    unsigned calls;       /* also those that could not be made */
    bool messenger_delivered;
    int64_t messenger_known_ms; /* the gateway answered such a report 200; 0: it did not */
};

struct book *book_new(void);
void book_free(struct book *book);

/* A new note, with its number and text; valid for the life of the book.  Every third text
 * is long, and no two of these are alike anywhere. */
struct note *book_add(struct book *book);
/* The text that a replace_sm gives it. */
void book_write_replaced(const struct note *note, char out[NOTE_TEXT_SIZE]);
size_t book_count(const struct book *book);
/* From 0. */
struct note *book_at(const struct book *book, size_t index);
/* NULL: there is none. */
struct note *book_find(const struct book *book, unsigned number);
/* The one to this destination that was told the id; NULL: none was. */
struct note *book_find_id(const struct book *book, const char *id, const char *destination);
/* By the beginning of a text, "N000012 ...", and where it went; NULL for any other. */
struct note *book_find_text(const struct book *book, const void *text, size_t size,
                            const char *destination);

/* It was answered with this id, now. */
void book_accept(struct world *world, struct note *note, struct wire_view id);

#endif
