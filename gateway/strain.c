#include "gateway/strain.h"

enum {
    LOOK_US = 20000,
    SHORT_PERCENT = 90, /* of the time */
};

bool strain_is_due(const struct strain *strain, int64_t now_us)
{
    return now_us - strain->since_us >= LOOK_US;
}

void strain_look(struct strain *strain, int64_t now_us, int64_t busy_us)
{
    int64_t passed_us = now_us - strain->since_us;

    strain->is_short = (busy_us - strain->busy_us) * 100 >= passed_us * SHORT_PERCENT;
    strain->since_us = now_us;
    strain->busy_us = busy_us;
}
