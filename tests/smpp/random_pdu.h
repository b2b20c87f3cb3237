/*
 * Random but repeatable PDUs of any command, made from the rows of command.def, for the
 * tests that hold for every PDU.
 */
#ifndef TESTS_SMPP_RANDOM_PDU_H
#define TESTS_SMPP_RANDOM_PDU_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "smpp/command.h"
#include "smpp/destination.h"
#include "smpp/field.h"
#include "smpp/pdu.h"

/* Every command there is, the lists' ones too. */
static const uint32_t every_command[] = {
#define COMMAND(id, name) id,
#define FIELD(kind, member, limit, status)
#define END
#include "smpp/command.def"
#undef COMMAND
#undef FIELD
#undef END
};

struct random_pdu {
    uint64_t state; /* of the generator; any number but 0 */
    struct smpp_pdu pdu;
    uint8_t octets[64 * 1024]; /* what the views of `pdu` point to */
    size_t used;
};

static inline uint32_t random_next(struct random_pdu *random)
{
    random->state ^= random->state << 13;
    random->state ^= random->state >> 7;
    random->state ^= random->state << 17;
    return (uint32_t)(random->state >> 32);
}

/* 0 .. highest, with the ends more often than chance would have them. */
static inline uint32_t random_upto(struct random_pdu *random, uint32_t highest)
{
    switch (random_next(random) % 8) {
    case 0:
        return 0;
    case 1:
        return highest;
    }
    return random_next(random) % (highest + 1);
}

static inline struct smpp_octets random_octets(struct random_pdu *random, size_t size,
                                               bool nul_allowed)
{
    uint8_t *at = random->octets + random->used;

    assert(random->used + size <= sizeof(random->octets));
    random->used += size;
    for (size_t i = 0; i < size; i++) {
        at[i] = (uint8_t)random_next(random);
        if (at[i] == 0 && !nul_allowed)
            at[i] = '0';
    }
    return (struct smpp_octets){at, (uint32_t)size};
}

static inline uint8_t random_integer(struct random_pdu *random,
                                     const struct smpp_field *field, bool ordinary)
{
    static const uint8_t npis[] = {0, 1, 3, 4, 6, 8, 9, 10, 14, 18};

    if (ordinary) {
        switch (field->offset) {
        case offsetof(struct smpp_pdu, addr_ton):
        case offsetof(struct smpp_pdu, source_ton):
        case offsetof(struct smpp_pdu, destination_ton):
            return (uint8_t)random_upto(random, 6);
        case offsetof(struct smpp_pdu, addr_npi):
        case offsetof(struct smpp_pdu, source_npi):
        case offsetof(struct smpp_pdu, destination_npi):
            return npis[random_next(random) % sizeof(npis)];
        case offsetof(struct smpp_pdu, interface_version):
            return 0x34;
        }
    }
    return (uint8_t)random_upto(random, field->limit);
}

static inline size_t random_string_size(struct random_pdu *random,
                                        const struct smpp_field *field, bool ordinary)
{
    uint32_t highest = field->limit - 1u;

    if (ordinary && field->offset == offsetof(struct smpp_pdu, password))
        highest = 8;
    if (ordinary && random->pdu.command == SMPP_DATA_SM &&
        field->offset == offsetof(struct smpp_pdu, source))
        highest = 20;
    if (ordinary && random->pdu.command == SMPP_DELIVER_SM &&
        (field->offset == offsetof(struct smpp_pdu, schedule_delivery_time) ||
         field->offset == offsetof(struct smpp_pdu, validity_period)))
        highest = 0;
    if (ordinary && random->pdu.command == (SMPP_DELIVER_SM | SMPP_RESPONSE))
        highest = 0;
    return random_upto(random, highest);
}

static inline void random_list(struct random_pdu *random, uint32_t limit)
{
    bool failures = (random->pdu.command & SMPP_RESPONSE) != 0;
    uint32_t count = random_upto(random, limit);
    uint8_t list[SMPP_DESTINATIONS_MAX * SMPP_DESTINATION_MAX_SIZE];
    size_t size = 0;

    if (count == 0 && !failures)
        count = 1;
    for (uint32_t i = 0; i < count; i++) {
        struct smpp_destination one = {
            .flag =
                failures ? SMPP_DESTINATION_SME : (uint8_t)(1 + random_next(random) % 2),
            .ton = (uint8_t)random_next(random),
            .npi = (uint8_t)random_next(random),
            .address = random_octets(random, random_upto(random, 20), false),
            .error_status = random_next(random),
        };
        size_t written = smpp_destination_write(random->pdu.command, &one, list + size,
                                                sizeof(list) - size);

        assert(written > 0);
        size += written;
    }
    random->pdu.destinations = random_octets(random, size, true);
    memcpy(random->octets + random->used - size, list, size);
    random->pdu.destination_count = (uint16_t)count;
}

/*
 * Fills random->pdu.  `ordinary` keeps to the values 3.4 lists and the sizes everybody
 * knows; without it every value the rows allow may come.  No TLVs.
 */
static inline void random_fill(struct random_pdu *random, uint32_t command, bool ordinary)
{
    const struct smpp_field *field = smpp_fields_of(command);

    random->used = 0;
    smpp_pdu_init(&random->pdu, command, ESME_ROK, random_next(random) | 1);
    for (; field->kind != SMPP_FIELD_END; field++) {
        void *member = (char *)&random->pdu + field->offset;
        struct smpp_octets *octets = member;

        switch (field->kind) {
        case SMPP_FIELD_INTEGER:
            *(uint8_t *)member = random_integer(random, field, ordinary);
            break;
        case SMPP_FIELD_STRING:
            *octets =
                random_octets(random, random_string_size(random, field, ordinary), false);
            break;
        case SMPP_FIELD_TIME:
            *octets = random_octets(random, random_next(random) % 2 ? 16 : 0, false);
            break;
        case SMPP_FIELD_TEXT:
            *octets = random_octets(random, random_upto(random, field->limit), true);
            break;
        case SMPP_FIELD_LIST:
            random_list(random, field->limit);
            break;
        }
    }
}

/* Up to `most` TLVs of any tag, each of a size that fits its tag. */
static inline void random_add_tlvs(struct random_pdu *random, uint32_t most)
{
    static const uint16_t tags[] = {0x0005, 0x001E, 0x0204, 0x020C, 0x020E, 0x0381,
                                    0x0424, 0x0427, 0x130C, 0x1401, 0x3D01, 0xFFFF};
    uint32_t count = random_upto(random, most);

    while (count-- > 0) {
        uint16_t tag = tags[random_next(random) % (sizeof(tags) / sizeof(tags[0]))];
        const struct smpp_tlv_rule *rule = smpp_tlv_rule(tag);
        size_t size = random_upto(random, 300);
        struct smpp_octets value;
        bool added;

        if (rule != NULL && !smpp_tlv_size_fits(rule, (uint16_t)size))
            size = rule->max_size;
        value = random_octets(random, size, true);
        added = smpp_pdu_add_tlv(&random->pdu, tag, value.data, (uint16_t)size);
        assert(added);
    }
}

/* NULL when both say the same; else what differs.  Views are compared by their octets. */
static inline const char *pdu_difference(const struct smpp_pdu *a, const struct smpp_pdu *b)
{
    const struct smpp_field *field = smpp_fields_of(a->command);

    if (a->command != b->command || a->status != b->status || a->sequence != b->sequence)
        return "header";
    if (a->destination_count != b->destination_count)
        return "number of destinations";
    for (; field != NULL && field->kind != SMPP_FIELD_END; field++) {
        const void *ours = (const char *)a + field->offset;
        const void *theirs = (const char *)b + field->offset;
        const struct smpp_octets *x = ours;
        const struct smpp_octets *y = theirs;

        if (field->kind == SMPP_FIELD_INTEGER) {
            if (*(const uint8_t *)ours != *(const uint8_t *)theirs)
                return "an integer";
        } else if (x->size != y->size ||
                   (x->size > 0 && memcmp(x->data, y->data, x->size) != 0)) {
            return "a string, text or list";
        }
    }
    if (a->tlv_count != b->tlv_count)
        return "number of TLVs";
    for (size_t i = 0; i < a->tlv_count; i++) {
        const struct smpp_tlv *x = &a->tlvs[i];
        const struct smpp_tlv *y = &b->tlvs[i];

        if (x->tag != y->tag || x->size != y->size ||
            (x->size > 0 && memcmp(x->value, y->value, x->size) != 0))
            return "a TLV";
    }
    return NULL;
}

#endif
