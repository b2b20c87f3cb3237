/* The sender tables of the links over many starts. */
#include "gateway/senders.h"

#include <sqlite3.h>

#include "gateway/catalog.h"
#include "gateway/gateway.h"
#include "routing/message.h"
#include "tests/gateway/lone_gateway.h"
#include "tests/test.h"

enum { AT_ONCE = 1000 };

static const char first[] =
    "host = \"127.0.0.1\" sender { name = \"Shop\" becomes = \"49170001\" }";
static const char second[] =
    "host = \"127.0.0.1\" sender { name = \"Shop\" becomes = \"49170002\" }";

static struct lone_gateway *lone;

static struct gateway *gateway(void)
{
    return lone_gateway_of(lone);
}

/* What is on disk. */
static int64_t ask(const char *sql)
{
    sqlite3 *database;
    sqlite3_stmt *statement;
    char path[128];
    int64_t number;

    snprintf(path, sizeof(path), "%s/live.db", lone_gateway_folder(lone));
    assert_int_equal(sqlite3_open_v2(path, &database, SQLITE_OPEN_READONLY, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(database, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return number;
}

/* As if the table of the link had been another one at so many starts: it had no rows. */
static void replace_tables(uint32_t from, uint32_t end)
{
    struct {
        uint32_t link;
        int64_t from_ms;
    } __attribute__((packed)) content = {catalog_link(gateway()->catalog, 0), 1};
    struct store_definition it = {STORE_SENDERS, from, "link", &content, sizeof(content)};

    while (it.number < end) {
        if (!store_begin(gateway()->store, STORE_CONTINUATION)) {
            lone_gateway_turn(lone);
            continue;
        }
        for (int i = 0; i < AT_ONCE && it.number < end; i++, it.number++)
            store_define(gateway()->store, &it);
        store_end(gateway()->store);
    }
}

/* What the link was told then. */
static const char *told(int64_t sent_at_ms)
{
    static const struct body body = {.source = "Shop", .destination = "4917012345678"};
    const struct attempt attempt = {.channel = catalog_link(gateway()->catalog, 0),
                                    .sent_at_ms = sent_at_ms};
    const struct message message = {0};

    return senders_told(gateway(), &message, &body, &attempt);
}

TEST(of_very_many_tables_the_oldest_goes_and_the_next_one_has_room)
{
    int64_t before_ms;

    lone = lone_gateway_new_with(1, first, "");
    before_ms = gateway_now_ms(gateway());
    assert_string_equal(told(before_ms), "49170001");
    replace_tables(2, SENDERS_VERSIONS_MAX);
    lone_gateway_start_again(lone, 1, first, "");
    assert_string_equal(told(gateway_now_ms(gateway())), "49170001");
    lone_gateway_start_again(lone, 1, second, "");
    assert_string_equal(told(gateway_now_ms(gateway())), "49170002");
    assert_null(told(before_ms - 1));
    lone_gateway_start_again(lone, 1, second, "");
    assert_string_equal(told(gateway_now_ms(gateway())), "49170002");
    assert_int_equal(ask("SELECT count(*) FROM definition WHERE kind = 6"),
                     SENDERS_VERSIONS_MAX);
    assert_int_equal(ask("SELECT min(number) FROM definition WHERE kind = 6"), 2);
    assert_int_equal(ask("SELECT max(number) FROM definition WHERE kind = 6"),
                     SENDERS_VERSIONS_MAX + 1);
    lone_gateway_free(lone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(of_very_many_tables_the_oldest_goes_and_the_next_one_has_room),
    };

    return RUN_ALL(tests);
}
