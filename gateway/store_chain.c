/* The last link grows with each window; a full one is not touched again. */
#include "gateway/store_chain.h"

#include <stdio.h>

#include "gateway/digest.h"
#include "gateway/store_database.h"
#include "gateway/store_rows.h"

enum { LINK_POSTINGS = 1024 };

/* Each by itself, so that the processor need not wait for the one before: it takes half
 * the time. */
static uint64_t add_posting(uint64_t digest, const int64_t values[STORE_POSTING_INTEGERS])
{
    uint64_t posting = digest_add(0, values, STORE_POSTING_INTEGERS * sizeof(*values));

    return digest_add(digest, &posting, sizeof(posting));
}

static bool is_full(const struct store_link *link)
{
    return link->last % LINK_POSTINGS == 0;
}

/* --- making it ---------------------------------------------------------------------- */

bool store_read_chain(struct store_sqlite *store, char *error, size_t error_size)
{
    int64_t digest = 0;
    int64_t last = 0;

    if (!store_ask_integer(store->database, "SELECT coalesce(max(id), 0) FROM posting",
                           &last) ||
        !store_ask_integer(store->database, "SELECT coalesce(max(first), 0) FROM chain",
                           &store->link.first)) {
        snprintf(error, error_size, "%s", sqlite3_errmsg(store->database));
        return false;
    }
    /* Without a row they stay as they are. */
    (void)store_ask_integer(store->database,
                            "SELECT last FROM chain ORDER BY first DESC LIMIT 1",
                            &store->link.last);
    (void)store_ask_integer(
        store->database, "SELECT digest FROM chain ORDER BY first DESC LIMIT 1", &digest);
    store->link.digest = (uint64_t)digest;
    if (last < store->link.last)
        last = store->link.last;
    if (__builtin_add_overflow(last, 1, &store->next_posting)) {
        snprintf(error, error_size, "the number of its last posting is damaged");
        return false;
    }
    return true;
}

bool store_flush_chain(struct store_sqlite *store)
{
    const struct store_link *link = &store->link;
    const int64_t values[] = {link->first, link->last, (int64_t)link->digest};

    if (!store->link_changed)
        return true;
    store->link_changed = false;
    store_bind_integers(store->statements[STATEMENT_CHAIN_SET], values, 3);
    return store_step(store, STATEMENT_CHAIN_SET);
}

bool store_chain_posting(struct store_sqlite *store,
                         const int64_t values[STORE_POSTING_INTEGERS])
{
    struct store_link *link = &store->link;

    if (is_full(link))
        link->first = values[0];
    link->last = values[0];
    link->digest = add_posting(link->digest, values);
    store->link_changed = true;
    return !is_full(link) || store_flush_chain(store);
}

/* --- checking it -------------------------------------------------------------------- */

static void say(struct store_chain_check *check, const char *what, int64_t first,
                int64_t last)
{
    char sentence[160];

    snprintf(sentence, sizeof(sentence), "postings %lld to %lld: %s", (long long)first,
             (long long)last, what);
    check->tell(check->owner, sentence);
}

/* What was put in between, all of it in one sentence. */
static void end_strange(struct store_chain_check *check)
{
    if (check->strange_first != 0)
        say(check, "nobody posted them", check->strange_first, check->strange_last);
    check->strange_first = 0;
}

static void next_link(struct store_chain_check *check)
{
    struct store_link *link = &check->link;

    check->has_link = sqlite3_step(check->links) == SQLITE_ROW;
    if (!check->has_link)
        return;
    *link = (struct store_link){sqlite3_column_int64(check->links, 0),
                                sqlite3_column_int64(check->links, 1),
                                (uint64_t)sqlite3_column_int64(check->links, 2)};
    check->count = 0;
    if (link->first != check->last + 1 || link->last < link->first)
        say(check, "their link is missing from the chain", check->last + 1,
            link->first - 1);
}

/* The next one goes on from what this one says: one change is told of one link. */
static void end_link(struct store_chain_check *check)
{
    const struct store_link *link = &check->link;
    int64_t missing = link->last - link->first + 1 - check->count;

    if (missing > 0)
        say(check, "some of them are missing", link->first, link->last);
    else if (check->digest != link->digest)
        say(check, "they are not what was posted", link->first, link->last);
    check->digest = link->digest;
    check->last = link->last;
    next_link(check);
}

bool store_chain_check_begin(struct store_chain_check *check, sqlite3 *live, char *error,
                             size_t error_size)
{
    check->links = store_prepare(
        live, "SELECT first, last, digest FROM chain ORDER BY first", error, error_size);
    if (check->links == NULL)
        return false;
    check->digest = 0;
    check->last = check->strange_first = 0;
    next_link(check);
    return true;
}

void store_chain_check_posting(struct store_chain_check *check, sqlite3_stmt *row,
                               int first)
{
    int64_t values[STORE_POSTING_INTEGERS];

    for (int i = 0; i < STORE_POSTING_INTEGERS; i++) {
        values[i] = sqlite3_column_int64(row, first + i);
        /* What is not a whole number may look like one when it is asked for as such. */
        if (sqlite3_column_type(row, first + i) != SQLITE_INTEGER)
            values[i] = ~values[i];
    }
    while (check->has_link && values[0] > check->link.last)
        end_link(check);
    if (!check->has_link || values[0] < check->link.first) {
        if (check->strange_first == 0)
            check->strange_first = values[0];
        check->strange_last = values[0];
        return;
    }
    end_strange(check);
    check->digest = add_posting(check->digest, values);
    check->count++;
}

void store_chain_check_end(struct store_chain_check *check, bool whole)
{
    while (whole && check->has_link)
        end_link(check);
    if (whole)
        end_strange(check);
    sqlite3_finalize(check->links);
    check->links = NULL;
}
