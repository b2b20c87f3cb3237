#include "gateway/store_names.h"

#include <stdio.h>
#include <string.h>

#include "routing/ledger.h"

struct store_name store_name_of(sqlite3 *live, enum store_definition_kind kind,
                                uint32_t number)
{
    sqlite3_stmt *statement;
    struct store_name name;

    snprintf(name.text, sizeof(name.text), "%u", number);
    if (sqlite3_prepare_v2(live, "SELECT name FROM definition WHERE kind=?1 AND number=?2",
                           -1, &statement, NULL) != SQLITE_OK)
        return name;
    sqlite3_bind_int64(statement, 1, kind);
    sqlite3_bind_int64(statement, 2, number);
    if (sqlite3_step(statement) == SQLITE_ROW)
        snprintf(name.text, sizeof(name.text), "%s",
                 (const char *)sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    return name;
}

struct store_name store_ledger_name(sqlite3 *live, uint64_t ledger)
{
    enum ledger_purse purse = ledger_purse_of(ledger);
    uint32_t owner = ledger_owner(ledger);
    bool supplier = purse == LEDGER_PAYABLE || purse == LEDGER_PREPAID;
    const char *purse_name = ledger_purse_name(purse);
    const char *colon = strchr(purse_name, ':');
    struct store_name name;

    if (owner == 0)
        snprintf(name.text, sizeof(name.text), "the house: %s", purse_name);
    else
        snprintf(name.text, sizeof(name.text), "%s %.60s: %s",
                 supplier ? "supplier" : "account",
                 store_name_of(live, supplier ? STORE_CHANNEL : STORE_ACCOUNT, owner).text,
                 colon ? colon + 1 : purse_name);
    return name;
}
