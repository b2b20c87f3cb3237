/*
 * Entries lie in the order of their arrival, ids in one run of octets behind each
 * other; an open-addressing table of 32-bit fingerprints and positions leads to them.
 * The runs are reserved for the worst case and touched only as far as they are used.
 */
#include "tests/bench/bench_ledger.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct slot {
    uint32_t fingerprint;
    uint32_t position; /* of the entry, plus 1; 0: free */
};

struct bench_ledger {
    struct bench_ledger_counts counts;
    size_t capacity;
    size_t size;
    struct bench_entry *entries;
    uint8_t *ids;
    size_t ids_size;
    struct slot *slots; /* at least twice as many as entries: a probe always ends */
    size_t slot_mask;
};

static void *reserve(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return memory == MAP_FAILED ? NULL : memory;
}

static void release(void *memory, size_t size)
{
    if (memory)
        munmap(memory, size);
}

struct bench_ledger *bench_ledger_new(size_t capacity)
{
    assert(capacity > 0 && capacity <= BENCH_LEDGER_MAX);

    struct bench_ledger *ledger = calloc(1, sizeof(*ledger));
    size_t slots = 2;

    if (!ledger)
        return NULL;
    while (slots < 2 * capacity)
        slots *= 2;
    ledger->capacity = capacity;
    ledger->slot_mask = slots - 1;
    ledger->entries = reserve(capacity * sizeof(*ledger->entries));
    ledger->ids = reserve(capacity * BENCH_ID_MAX);
    ledger->slots = reserve(slots * sizeof(*ledger->slots));
    if (!ledger->entries || !ledger->ids || !ledger->slots) {
        bench_ledger_free(ledger);
        return NULL;
    }
    return ledger;
}

void bench_ledger_free(struct bench_ledger *ledger)
{
    if (!ledger)
        return;
    release(ledger->entries, ledger->capacity * sizeof(*ledger->entries));
    release(ledger->ids, ledger->capacity * BENCH_ID_MAX);
    release(ledger->slots, (ledger->slot_mask + 1) * sizeof(*ledger->slots));
    free(ledger);
}

/* Eight octets at a time; the ids are the peer's own, so no seed is needed. */
static uint64_t hash_of(const uint8_t *id, size_t id_size)
{
    uint64_t hash = 0x9e3779b97f4a7c15u ^ id_size;

    while (id_size > 0) {
        uint64_t chunk = 0;
        size_t taken = id_size < sizeof(chunk) ? id_size : sizeof(chunk);

        memcpy(&chunk, id, taken);
        hash = (hash ^ chunk) * 0xff51afd7ed558ccdu;
        hash ^= hash >> 32;
        id += taken;
        id_size -= taken;
    }
    return hash * 0xc4ceb9fe1a85ec53u;
}

/* The slot that leads to `id`, or the free one where it belongs. */
static struct slot *find(const struct bench_ledger *ledger, const uint8_t *id,
                         size_t id_size, uint64_t hash)
{
    for (size_t probe = (size_t)hash;; probe++) {
        struct slot *slot = &ledger->slots[probe & ledger->slot_mask];

        if (slot->position == 0)
            return slot;
        if (slot->fingerprint != (uint32_t)(hash >> 32))
            continue;

        const struct bench_entry *entry = &ledger->entries[slot->position - 1];

        if (entry->id_size == id_size &&
            memcmp(ledger->ids + entry->id_offset, id, id_size) == 0)
            return slot;
    }
}

/* NULL when the ledger is full; `out_is_new` tells whether the id was added. */
static struct bench_entry *enter(struct bench_ledger *ledger, const uint8_t *id,
                                 size_t id_size, bool *out_is_new)
{
    uint64_t hash = hash_of(id, id_size);
    struct slot *slot = find(ledger, id, id_size, hash);

    *out_is_new = slot->position == 0;
    if (!*out_is_new)
        return &ledger->entries[slot->position - 1];
    if (ledger->size == ledger->capacity) {
        ledger->counts.overflows++;
        return NULL;
    }

    struct bench_entry *entry = &ledger->entries[ledger->size++];

    slot->fingerprint = (uint32_t)(hash >> 32);
    slot->position = (uint32_t)ledger->size;
    entry->id_offset = (uint32_t)ledger->ids_size;
    entry->id_size = (uint8_t)id_size;
    memcpy(ledger->ids + ledger->ids_size, id, id_size);
    ledger->ids_size += id_size;
    return entry;
}

/* An id has both its response and its first receipt. */
static void complete(struct bench_ledger *ledger, const struct bench_entry *entry,
                     uint16_t receipt_account)
{
    struct bench_ledger_counts *counts = &ledger->counts;

    counts->stats[entry->stat]++;
    counts->completed += entry->due == BENCH_DUE_ALWAYS;
    counts->unasked += entry->due == BENCH_DUE_NEVER;
    counts->misdirected += receipt_account != entry->account;
    counts->unexpected +=
        entry->expected != BENCH_STAT_NONE && entry->expected != entry->stat;
}

static bool is_usable(struct bench_ledger *ledger, size_t id_size)
{
    if (id_size >= 1 && id_size <= BENCH_ID_MAX)
        return true;
    ledger->counts.no_ids++;
    return false;
}

enum bench_ledger_result bench_ledger_accept(struct bench_ledger *ledger, const uint8_t *id,
                                             size_t id_size,
                                             const struct bench_acceptance *acceptance,
                                             const struct bench_entry **out_entry)
{
    struct bench_ledger_counts *counts = &ledger->counts;
    bool is_new;

    if (!is_usable(ledger, id_size))
        return BENCH_LEDGER_NO_ID;

    struct bench_entry *entry = enter(ledger, id, id_size, &is_new);

    if (!entry)
        return BENCH_LEDGER_FULL;
    if (entry->accepted) {
        counts->repeated_ids++;
        return BENCH_LEDGER_REPEATED;
    }

    uint16_t receipt_account = entry->account;
    uint16_t receipt_session = entry->session;

    entry->accepted = true;
    entry->due = acceptance->due;
    entry->expected = acceptance->expected;
    entry->unit = acceptance->unit;
    entry->account = acceptance->account;
    entry->session = acceptance->session;
    entry->intended_ns = acceptance->intended_ns;
    entry->accepted_ns = acceptance->read_ns;
    counts->accepted++;
    counts->owed += acceptance->due == BENCH_DUE_ALWAYS;
    if (out_entry)
        *out_entry = entry;
    if (is_new)
        return BENCH_LEDGER_OK;

    /* On one bind the order is that of the stream.  On another one it is proved only if
     * this session had nothing to read at a time after the receipt had been read. */
    if (receipt_session == acceptance->session ||
        acceptance->drained_ns > entry->receipt_ns)
        counts->early++;
    else
        counts->crossed++;
    counts->unclaimed--;
    complete(ledger, entry, receipt_account);
    return BENCH_LEDGER_EARLY;
}

/*
 * Sent again is a receipt that nobody has answered, or whose answer may have been lost
 * with a connection.  Nothing else may come twice.
 */
static void receive_again(struct bench_ledger *ledger, struct bench_entry *entry,
                          const struct bench_arrival *arrival)
{
    bool was_lost = arrival->lost_ns >= entry->latest_ns;

    if (was_lost || entry->unanswered > 0)
        ledger->counts.redelivered++;
    else
        ledger->counts.duplicates++;
    if (was_lost)
        entry->unanswered = 0; /* those answers will not be given any more */
    if (entry->unanswered < UINT16_MAX)
        entry->unanswered++;
    if (entry->receipts < UINT16_MAX)
        entry->receipts++;
    entry->latest_ns = arrival->read_ns;
}

enum bench_ledger_result bench_ledger_receive(struct bench_ledger *ledger,
                                              const uint8_t *id, size_t id_size,
                                              const struct bench_arrival *arrival,
                                              uint32_t *out_index)
{
    struct bench_ledger_counts *counts = &ledger->counts;
    bool is_new;

    counts->received++;
    if (!is_usable(ledger, id_size))
        return BENCH_LEDGER_NO_ID;

    struct bench_entry *entry = enter(ledger, id, id_size, &is_new);

    if (!entry)
        return BENCH_LEDGER_FULL;
    *out_index = (uint32_t)(entry - ledger->entries);
    if (entry->receipts > 0) {
        receive_again(ledger, entry, arrival);
        return BENCH_LEDGER_REPEATED;
    }
    entry->receipts = entry->unanswered = 1;
    entry->latest_ns = arrival->read_ns;
    entry->stat = arrival->stat;
    entry->receipt_ns = arrival->read_ns;
    if (!is_new) {
        complete(ledger, entry, arrival->account);
        return BENCH_LEDGER_OK;
    }
    entry->account = arrival->account;
    entry->session = arrival->session;
    counts->unclaimed++;
    return BENCH_LEDGER_EARLY;
}

void bench_ledger_acknowledge(struct bench_ledger *ledger, uint32_t index)
{
    assert(index < ledger->size);
    if (ledger->entries[index].unanswered > 0)
        ledger->entries[index].unanswered--;
}

bool bench_ledger_knows(const struct bench_ledger *ledger, const uint8_t *id,
                        size_t id_size)
{
    return find(ledger, id, id_size, hash_of(id, id_size))->position != 0;
}

const struct bench_ledger_counts *bench_ledger_counts(const struct bench_ledger *ledger)
{
    return &ledger->counts;
}

size_t bench_ledger_size(const struct bench_ledger *ledger)
{
    return ledger->size;
}

const struct bench_entry *bench_ledger_entry(const struct bench_ledger *ledger,
                                             size_t index)
{
    assert(index < ledger->size);
    return &ledger->entries[index];
}

void bench_ledger_id(const struct bench_ledger *ledger, const struct bench_entry *entry,
                     char out_id[BENCH_ID_MAX + 1])
{
    for (size_t i = 0; i < entry->id_size; i++) {
        uint8_t octet = ledger->ids[entry->id_offset + i];

        out_id[i] = octet > 0x20 && octet < 0x7f ? (char)octet : '?';
    }
    out_id[entry->id_size] = '\0';
}

bool bench_entry_is_missing(const struct bench_entry *entry)
{
    return entry->accepted && entry->due == BENCH_DUE_ALWAYS && entry->receipts == 0;
}
