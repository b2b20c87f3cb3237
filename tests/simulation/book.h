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
    unsigned number; /* from 1 */
    unsigned set;    /* the number of the first part of its long message, else its own */
    uint8_t part;    /* from 1 */
    uint8_t parts;   /* 1: it is whole */
    char account[8];
    bool cascades; /* its plan begins with the messenger */
    char destination[16];
    char text[NOTE_TEXT_SIZE];
    int64_t sent_at_ms;
    int64_t validity_ms; /* 0: the plan's */
    int64_t start_ms;    /* after it was sent; 0: at once */
    bool unwanted;       /* its recipient had opted out before */

    enum fate fate;
    uint32_t status;  /* that it was refused with */
    uint64_t id;      /* that it was answered with */
    char id_text[24]; /* as it was written */
    int64_t answered_at_ms;

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
    unsigned taken;      /* it may have gone on to the handset */
    unsigned refused;    /* for good */
    unsigned postponed;  /* 0x58, 0x14 */
    int64_t taken_at_ms; /* when last; 0: never */
    bool doubted;        /* an answer may not have come through, or not been kept */
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

/* A new note, with its number and text; valid for the life of the book. */
struct note *book_add(struct book *book);
size_t book_count(const struct book *book);
/* From 0. */
struct note *book_at(const struct book *book, size_t index);
/* NULL: there is none. */
struct note *book_find(const struct book *book, unsigned number);
struct note *book_find_id(const struct book *book, uint64_t id);
/* By the beginning of a text, "N000012 ..."; NULL for any other. */
struct note *book_find_text(const struct book *book, const void *text, size_t size);

#endif
