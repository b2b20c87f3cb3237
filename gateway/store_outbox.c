#include "gateway/store_outbox.h"

#include <stdint.h>
#include <stdio.h>

#include "gateway/store_names.h"
#include "gateway/store_rows.h"

struct check {
    sqlite3 *live;
    void (*tell)(void *owner, const char *sentence);
    void *owner;
};

static void read_sum(void *owner, sqlite3_stmt *row)
{
    const struct check *check = owner;
    uint32_t account = (uint32_t)sqlite3_column_int64(row, 0);
    long long count = sqlite3_column_int64(row, 1);
    unsigned long long ids = (unsigned long long)sqlite3_column_int64(row, 2);
    char what[96];
    char sentence[256];

    if (count == 0 && ids == 0)
        return;
    if (count == 1)
        snprintf(what, sizeof(what), "receipt %llu is missing", ids);
    else if (count == -1)
        snprintf(what, sizeof(what), "nobody put receipt %llu there", ids);
    else if (count == 0)
        snprintf(what, sizeof(what), "its receipts are not those that were put there");
    else
        snprintf(what, sizeof(what), "%lld receipts are %s", count > 0 ? count : -count,
                 count > 0 ? "missing" : "too many");
    snprintf(sentence, sizeof(sentence), "outbox of account %s: %s",
             store_name_of(check->live, STORE_ACCOUNT, account).text, what);
    check->tell(check->owner, sentence);
}

/* What was counted less what is there: count, and the exclusive or of the ids. */
static const char difference_sql[] =
    "SELECT account, sum(count), bits(ids) FROM"
    " (SELECT account, count, ids FROM outbox_sum"
    "  UNION ALL SELECT account, -1, id FROM outbox) GROUP BY account";

static void bits_step(sqlite3_context *context, int count, sqlite3_value **values)
{
    sqlite3_int64 *bits = sqlite3_aggregate_context(context, sizeof(*bits));

    (void)count;
    if (bits == NULL)
        sqlite3_result_error_nomem(context);
    else
        *bits ^= sqlite3_value_int64(values[0]);
}

static void bits_done(sqlite3_context *context)
{
    const sqlite3_int64 *bits = sqlite3_aggregate_context(context, 0);

    sqlite3_result_int64(context, bits ? *bits : 0);
}

bool store_check_outbox(sqlite3 *live, void (*tell)(void *owner, const char *sentence),
                        void *owner, char *error, size_t error_size)
{
    struct check check = {live, tell, owner};

    return sqlite3_create_function_v2(live, "bits", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC,
                                      NULL, NULL, bits_step, bits_done,
                                      NULL) == SQLITE_OK &&
           store_for_rows(live, difference_sql, 0, read_sum, &check, error, error_size);
}
