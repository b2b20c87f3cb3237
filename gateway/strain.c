#include "gateway/strain.h"

enum {
    LOOK_US = 20000,
    SHORT_PERCENT = 90, /* of the time */
    TABLES_LOOKS = 20,  /* more than one of their works takes */
    LASTS_US = 1000000,
};

bool strain_is_due(const struct strain *strain, int64_t now_us)
{
    return now_us - strain->since_us >= LOOK_US;
}

void strain_look(struct strain *strain, int64_t now_us, int64_t busy_us,
                 bool tables_are_busy)
{
    int64_t passed_us = now_us - strain->since_us;

    strain->tables = tables_are_busy ? strain->tables + 1 : 0;
    strain->is_short = (busy_us - strain->busy_us) * 100 >= passed_us * SHORT_PERCENT ||
                       strain->tables >= TABLES_LOOKS;
    if (strain->is_short)
        strain->short_us = now_us;
    strain->since_us = now_us;
    strain->busy_us = busy_us;
}

bool strain_lasts(const struct strain *strain, int64_t now_us)
{
    return strain->is_short ||
           (strain->short_us != 0 && now_us - strain->short_us < LASTS_US);
}
