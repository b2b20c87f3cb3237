#include "routing/plan.h"

int plan_way_of(const struct plan_step *step, uint32_t channel)
{
    for (uint8_t i = 0; i < step->way_count; i++)
        if (step->ways[i] == channel)
            return i;
    return -1;
}
