/*
 * The chain of the postings: each link says which postings it covers, by their numbers,
 * and what all of them were together with the link before it.  So a posting that was
 * changed, removed or added behind the gateway's back is found, and its link named, also
 * where all sums are right.
 *
 * A link ends at a number that the postings alone decide: a journal that is replayed in
 * other windows gives the same chain.
 */
#ifndef GATEWAY_STORE_CHAIN_H
#define GATEWAY_STORE_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sqlite3.h>

#include "gateway/store_rows.h"

struct store_link {
    int64_t first;
    int64_t last;
    uint64_t digest;
};

/* Compares postings with their chain as they are read, in the order of their numbers. */
struct store_chain_check {
    sqlite3_stmt *links;
    bool has_link;
    struct store_link link; /* the one we are in; what it says */
    uint64_t digest;        /* and what its postings give */
    int64_t count;
    int64_t last;          /* of the links before */
    int64_t strange_first; /* postings that are in no link; 0: none */
    int64_t strange_last;
    void (*tell)(void *owner, const char *sentence);
    void *owner;
};

/* `check` with `tell` and `owner` set; false and the reason: the chain cannot be read. */
bool store_chain_check_begin(struct store_chain_check *check, sqlite3 *live, char *error,
                             size_t error_size);
/* The columns are read from `first` on. */
void store_chain_check_posting(struct store_chain_check *check, sqlite3_stmt *row,
                               int first);
/* After the last posting, or whenever it is given up. */
void store_chain_check_end(struct store_chain_check *check, bool whole);

#endif
