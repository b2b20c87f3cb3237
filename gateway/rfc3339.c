#include "gateway/rfc3339.h"

#include <stddef.h>

/* Reads exactly `count` digits as a number from `lowest` to `highest`, and moves on. */
static bool read_number(const char **at, size_t count, int lowest, int highest, int *out)
{
    int number = 0;

    for (size_t i = 0; i < count; i++, (*at)++) {
        if (**at < '0' || **at > '9')
            return false;
        number = number * 10 + (**at - '0');
    }
    *out = number;
    return number >= lowest && number <= highest;
}

static bool read_mark(const char **at, char mark)
{
    if (**at != mark)
        return false;
    (*at)++;
    return true;
}

static bool is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_of_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return days[month - 1] + (month == 2 && is_leap(year));
}

static int64_t days_since_1970(int year, int month, int day)
{
    int64_t past = year - 1;
    int64_t days = past * 365 + past / 4 - past / 100 + past / 400 + day - 1;

    for (int before = 1; before < month; before++)
        days += days_of_month(year, before);
    return days - 719162; /* from 0001-01-01 */
}

/* ".123": what is finer than milliseconds is cut. */
static bool read_fraction(const char **at, int64_t *out_ms)
{
    int64_t weight_ms = 100;

    *out_ms = 0;
    if (!read_mark(at, '.'))
        return true;
    if (**at < '0' || **at > '9')
        return false;
    for (; **at >= '0' && **at <= '9'; (*at)++, weight_ms /= 10)
        *out_ms += (**at - '0') * weight_ms;
    return true;
}

static bool read_offset(const char **at, int64_t *out_minutes)
{
    int hours, minutes;
    bool west = **at == '-';

    *out_minutes = 0;
    if (read_mark(at, 'Z') || read_mark(at, 'z'))
        return true;
    if (!west && **at != '+' && **at != ' ')
        return false;
    (*at)++;
    if (!read_number(at, 2, 0, 23, &hours) || !read_mark(at, ':') ||
        !read_number(at, 2, 0, 59, &minutes))
        return false;
    *out_minutes = (west ? -1 : 1) * (hours * 60 + minutes);
    return true;
}

bool rfc3339_read(const char *text, int64_t *out_ms)
{
    const char *at = text;
    int year, month, day;
    int hour = 0, minute = 0, second = 0;
    int64_t fraction_ms = 0, offset_minutes = 0, total_s;

    if (!read_number(&at, 4, 1, 9999, &year) || !read_mark(&at, '-') ||
        !read_number(&at, 2, 1, 12, &month) || !read_mark(&at, '-') ||
        !read_number(&at, 2, 1, days_of_month(year, month), &day))
        return false;
    if (*at != '\0') {
        if (*at != 'T' && *at != 't')
            return false;
        at++;
        if (!read_number(&at, 2, 0, 23, &hour) || !read_mark(&at, ':') ||
            !read_number(&at, 2, 0, 59, &minute) || !read_mark(&at, ':') ||
            !read_number(&at, 2, 0, 60, &second) || !read_fraction(&at, &fraction_ms) ||
            !read_offset(&at, &offset_minutes) || *at != '\0')
            return false;
    }
    total_s = days_since_1970(year, month, day) * 86400 + hour * 3600 +
              (minute - offset_minutes) * 60 + second;
    *out_ms = total_s * 1000 + fraction_ms;
    return true;
}
