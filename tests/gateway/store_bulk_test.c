/* Rows that gather and go into their table together. */
#include "gateway/store_bulk.h"

#include "gateway/store_rows.h"
#include "gateway/store_schema.h"
#include "tests/test.h"

struct shelf {
    sqlite3 *database;
    struct store_bulk *bulk;
};

static void run(struct shelf *shelf, const char *sql)
{
    assert_int_equal(sqlite3_exec(shelf->database, sql, NULL, NULL, NULL), SQLITE_OK);
}

static int64_t ask(struct shelf *shelf, const char *sql)
{
    sqlite3_stmt *statement;
    int64_t number;

    assert_int_equal(sqlite3_prepare_v2(shelf->database, sql, -1, &statement, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return number;
}

static struct shelf make_shelf(void)
{
    struct shelf shelf;
    char schema[4096];
    char error[200];

    assert_int_equal(sqlite3_open(":memory:", &shelf.database), SQLITE_OK);
    snprintf(schema, sizeof(schema), STORE_SCHEMA_MESSAGES, "", "");
    run(&shelf, schema);
    run(&shelf, "CREATE TABLE " STORE_SCHEMA_POSTING);
    shelf.bulk = store_bulk_new(shelf.database, STORE_BULK_IN_LIVE, error, sizeof(error));
    assert_non_null(shelf.bulk);
    return shelf;
}

static void clear_shelf(struct shelf *shelf)
{
    store_bulk_free(shelf->bulk);
    assert_int_equal(sqlite3_close(shelf->database), SQLITE_OK);
}

/* Each column tells its posting; true as long as all could be written. */
static bool add_postings(struct shelf *shelf, int64_t first, int64_t last)
{
    bool ok = true;

    for (int64_t id = first; ok && id <= last; id++) {
        int64_t values[STORE_POSTING_INTEGERS] = {id};

        for (int64_t i = 1; i < STORE_POSTING_INTEGERS; i++)
            values[i] = 10 * id + i;
        ok = store_bulk_add(shelf->bulk, STORE_BULK_POSTINGS, values);
    }
    return ok;
}

static void assert_postings(struct shelf *shelf, int64_t first, int64_t last)
{
    int64_t count = last - first + 1;

    assert_int_equal(ask(shelf, "SELECT count(*) FROM posting"), count);
    assert_int_equal(ask(shelf, "SELECT min(id) FROM posting"), first);
    assert_int_equal(ask(shelf, "SELECT max(id) FROM posting"), last);
    assert_int_equal(ask(shelf, "SELECT count(*) FROM posting WHERE at = 10 * id + 1 AND "
                                "kind = 10 * id + 2 AND attempt = 10 * id + 8"),
                     count);
}

TEST(postings_get_the_ids_that_they_have)
{
    for (int64_t count = 1; count <= 300; count++) {
        struct shelf shelf = make_shelf();

        assert_true(add_postings(&shelf, 1, count));
        assert_true(store_bulk_write(shelf.bulk));
        assert_postings(&shelf, 1, count);
        assert_true(add_postings(&shelf, count + 1, 2 * count));
        assert_true(store_bulk_write(shelf.bulk));
        assert_postings(&shelf, 1, 2 * count);
        clear_shelf(&shelf);
    }
}

/* Those before them were moved to their month. */
TEST(so_they_do_in_a_table_that_was_emptied)
{
    struct shelf shelf = make_shelf();

    assert_true(add_postings(&shelf, 1, 200));
    assert_true(store_bulk_write(shelf.bulk));
    run(&shelf, "DELETE FROM posting");
    assert_true(add_postings(&shelf, 201, 500));
    assert_true(store_bulk_write(shelf.bulk));
    assert_postings(&shelf, 201, 500);
    clear_shelf(&shelf);
}

TEST(a_posting_whose_id_is_taken_or_passed_is_refused)
{
    struct shelf shelf = make_shelf();

    run(&shelf, "INSERT INTO posting(id) VALUES(7)");
    assert_true(add_postings(&shelf, 7, 7));
    assert_false(store_bulk_write(shelf.bulk));
    store_bulk_clear(shelf.bulk);
    run(&shelf, "INSERT INTO posting(id) VALUES(1000)");
    assert_true(add_postings(&shelf, 8, 9));
    assert_false(store_bulk_write(shelf.bulk));
    clear_shelf(&shelf);
}

TEST(a_message_takes_the_place_of_what_it_was)
{
    struct shelf shelf = make_shelf();
    const uint8_t octets[] = "12345";
    struct store_message_row rows[300];

    for (unsigned round = 1; round <= 2; round++) {
        for (unsigned i = 0; i < 300; i++) {
            rows[i] = (struct store_message_row){.id = 1000 - i,
                                                 .ended_at_ms = i,
                                                 .octets = octets,
                                                 .size = i % 6,
                                                 .state = (uint8_t)round};
            assert_true(store_bulk_add(shelf.bulk, STORE_BULK_MESSAGES, &rows[i]));
        }
        assert_true(store_bulk_write(shelf.bulk));
        assert_int_equal(ask(&shelf, "SELECT count(*) FROM message"), 300);
        assert_int_equal(ask(&shelf, "SELECT sum(state) FROM message"), 300 * round);
        assert_int_equal(ask(&shelf, "SELECT sum(length(content)) FROM message"), 750);
        assert_int_equal(
            ask(&shelf, "SELECT count(*) FROM message WHERE ended_at = 1000 - id"), 300);
    }
    clear_shelf(&shelf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(postings_get_the_ids_that_they_have),
        RUN(so_they_do_in_a_table_that_was_emptied),
        RUN(a_posting_whose_id_is_taken_or_passed_is_refused),
        RUN(a_message_takes_the_place_of_what_it_was),
    };

    return RUN_ALL(tests);
}
