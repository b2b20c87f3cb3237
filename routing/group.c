#include "routing/group.h"

#include <stdbool.h>

static bool is_open(const struct group_facts *facts, int way)
{
    return way >= 0 && (facts->open >> way & 1u) != 0;
}

static int first_open(const struct group_facts *facts)
{
    return facts->open != 0 ? __builtin_ctz(facts->open) : -1;
}

/* Each open way earns its weight, the richest pays for the turn. */
static int by_weight(const struct plan_step *step, const struct group_facts *facts,
                     struct group_turns *turns)
{
    int best = -1;
    int32_t sum = 0;

    for (int way = 0; way < step->way_count; way++) {
        if (!is_open(facts, way))
            continue;
        turns->owed[way] += step->weights[way];
        sum += step->weights[way];
        if (best < 0 || turns->owed[way] > turns->owed[best])
            best = way;
    }
    if (best >= 0)
        turns->owed[best] -= sum;
    return best;
}

static int by_price(const struct plan_step *step, const struct group_facts *facts)
{
    int best = first_open(facts);

    for (int way = best + 1; best >= 0 && way < step->way_count; way++)
        if (is_open(facts, way) && facts->buy_micro[way] < facts->buy_micro[best])
            best = way;
    return best;
}

int group_choose(const struct plan_step *step, const struct group_facts *facts,
                 struct group_turns *turns)
{
    if (is_open(facts, facts->kept))
        return facts->kept;
    switch ((enum plan_choice)step->choice) {
    case PLAN_BY_WEIGHT:
        return by_weight(step, facts, turns);
    case PLAN_CHEAPEST:
        return by_price(step, facts);
    case PLAN_IN_ORDER:
        break;
    }
    return first_open(facts);
}
