/* Which purse each kind of posting moves money from and to. */
#include "routing/ledger.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

static const struct {
    const char *name;
    enum ledger_purse from;
    enum ledger_purse to;
} kinds[POSTING_KINDS] = {
    [POSTING_OPENING] = {"opening",      LEDGER_FUNDING,   LEDGER_AVAILABLE},
    [POSTING_HOLD] = {"hold",         LEDGER_AVAILABLE, LEDGER_HELD     },
    [POSTING_CAPTURE] = {"capture",      LEDGER_HELD,      LEDGER_REVENUE  },
    [POSTING_RELEASE] = {"release",      LEDGER_HELD,      LEDGER_AVAILABLE},
    [POSTING_LATE_CAPTURE] = {"late_capture", LEDGER_AVAILABLE, LEDGER_REVENUE  },
    [POSTING_ABSORB] = {"absorb",       LEDGER_ABSORBED,  LEDGER_REVENUE  },
    [POSTING_COST] = {"cost",         LEDGER_PAYABLE,   LEDGER_COST     },
};

static uint64_t purse_of(enum ledger_purse purse, uint32_t owner)
{
    bool owned = purse == LEDGER_AVAILABLE || purse == LEDGER_HELD ||
                 purse == LEDGER_PAYABLE || purse == LEDGER_PREPAID;

    return ledger_account_of(owned ? owner : 0, purse);
}

struct posting ledger_posting(enum posting_kind kind, uint32_t owner, int64_t amount)
{
    assert(kind > 0 && kind < POSTING_KINDS && amount > 0);
    return (struct posting){
        .kind = kind,
        .from = purse_of(kinds[kind].from, owner),
        .to = purse_of(kinds[kind].to, owner),
        .amount = amount,
    };
}

const char *ledger_purse_name(enum ledger_purse purse)
{
    static const char *const names[] = {
        [LEDGER_FUNDING] = "funding",
        [LEDGER_AVAILABLE] = "account:available",
        [LEDGER_HELD] = "account:held",
        [LEDGER_REVENUE] = "revenue",
        [LEDGER_REFUNDS] = "refunds",
        [LEDGER_ABSORBED] = "absorbed",
        [LEDGER_PAYABLE] = "supplier:payable",
        [LEDGER_PREPAID] = "supplier:prepaid",
        [LEDGER_COST] = "cost",
        [LEDGER_ADJUSTMENT] = "adjustment",
    };
    size_t count = sizeof(names) / sizeof(names[0]);

    return (size_t)purse < count && names[purse] ? names[purse] : "unknown";
}

const char *ledger_posting_name(enum posting_kind kind)
{
    return kind > 0 && kind < POSTING_KINDS ? kinds[kind].name : "unknown";
}

uint32_t ledger_currency(const char *code)
{
    uint32_t number = 0;

    if (strlen(code) != 3)
        return 0;
    for (int i = 0; i < 3; i++) {
        if (code[i] < 'A' || code[i] > 'Z')
            return 0;
        number = number << 8 | (uint8_t)code[i];
    }
    return number;
}

char *ledger_currency_code(uint32_t currency, char out[4])
{
    for (int i = 0; i < 3; i++)
        out[i] = (char)(currency >> (16 - 8 * i));
    out[3] = 0;
    return out;
}

bool balance_hold(struct balance *balance, int64_t amount)
{
    int64_t left;
    int64_t held;

    assert(amount >= 0);
    if (__builtin_sub_overflow(balance->available, amount, &left) ||
        left < balance->limit || __builtin_add_overflow(balance->held, amount, &held))
        return false;
    balance->available = left;
    balance->held = held;
    return true;
}

void balance_capture(struct balance *balance, int64_t amount)
{
    assert(amount >= 0 && amount <= balance->held);
    balance->held -= amount;
}

void balance_release(struct balance *balance, int64_t amount)
{
    assert(amount >= 0 && amount <= balance->held);
    balance->held -= amount;
    balance->available += amount;
}

int64_t balance_late(struct balance *balance, int64_t amount)
{
    int64_t room;

    assert(amount >= 0);
    if (__builtin_sub_overflow(balance->available, balance->limit, &room) || room > amount)
        room = amount;
    if (room < 0)
        room = 0;
    balance->available -= room;
    return room;
}
