/*
 * Civil dates are turned into days and back by counting from 1 March, so that the leap
 * day is the last of its year and a month's first day is a line through whole numbers.
 */
#include "smpp/timestamp.h"

#include <string.h>

enum { MS_PER_SECOND = 1000, MS_PER_DAY = 86400 * MS_PER_SECOND, DAYS_PER_ERA = 146097 };
enum { CENTURY = 2 }; /* digits of it before the year of two */

struct civil {
    int64_t year;
    int month; /* from 1 */
    int day;   /* from 1 */
};

/* Rounds down, also below zero. */
static int64_t divide_down(int64_t value, int64_t by)
{
    return value / by - (value % by < 0);
}

/* Days from 1970-01-01. */
static int64_t days_of(struct civil date)
{
    int64_t year = date.year - (date.month <= 2);
    int64_t era = divide_down(year, 400);
    int64_t year_of_era = year - era * 400;
    int month = (date.month + 9) % 12; /* March is 0 */
    int64_t day_of_year = (153 * month + 2) / 5 + date.day - 1;

    return era * DAYS_PER_ERA + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 +
           day_of_year - 719468;
}

static struct civil civil_of(int64_t days)
{
    int64_t era = divide_down(days + 719468, DAYS_PER_ERA);
    int64_t day_of_era = days + 719468 - era * DAYS_PER_ERA;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int day_of_year =
        (int)(day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100));
    int month = (5 * day_of_year + 2) / 153; /* March is 0 */

    return (struct civil){
        .year = era * 400 + year_of_era + (month >= 10),
        .month = month < 10 ? month + 3 : month - 9,
        .day = day_of_year - (153 * month + 2) / 5 + 1,
    };
}

static int days_in_month(int64_t year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return month == 2 && leap ? 29 : days[month - 1];
}

/* The fields of YYMMDDhhmmss, in order. */
enum { YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, FIELDS };

static bool all_digits(const uint8_t *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
    }
    return true;
}

static int two_digits(const uint8_t *text)
{
    return (text[0] - '0') * 10 + (text[1] - '0');
}

static int64_t ms_of_day(const int fields[FIELDS])
{
    return ((fields[HOUR] * 60 + fields[MINUTE]) * 60 + fields[SECOND]) *
           (int64_t)MS_PER_SECOND;
}

/* fields[YEAR] is the whole year here. */
static bool read_absolute(const int fields[FIELDS], int64_t *out_ms)
{
    struct civil date = {fields[YEAR], fields[MONTH], fields[DAY]};

    if (date.month < 1 || date.month > 12 || date.day < 1 ||
        date.day > days_in_month(date.year, date.month))
        return false;
    if (fields[HOUR] > 23 || fields[MINUTE] > 59 || fields[SECOND] > 59)
        return false;
    *out_ms = days_of(date) * MS_PER_DAY + ms_of_day(fields);
    return true;
}

/* 3.4 7.1.1.2: so many years, months, days ... from now on. */
static bool read_relative(const int fields[FIELDS], int64_t now_ms, int64_t *out_ms)
{
    int64_t today = divide_down(now_ms, MS_PER_DAY);
    struct civil date = civil_of(today);
    int64_t months = date.month - 1 + fields[MONTH];
    int days;

    if (fields[MONTH] > 12 || fields[DAY] > 31 || fields[HOUR] > 23 ||
        fields[MINUTE] > 59 || fields[SECOND] > 59)
        return false;
    date.year += fields[YEAR] + months / 12;
    date.month = (int)(months % 12) + 1;
    days = days_in_month(date.year, date.month);
    if (date.day > days)
        date.day = days;
    *out_ms = (days_of(date) + fields[DAY]) * MS_PER_DAY + (now_ms - today * MS_PER_DAY) +
              ms_of_day(fields);
    return true;
}

static int whole_year(int year)
{
    return year >= 38 ? 1900 + year : 2000 + year;
}

static void read_fields(const uint8_t *text, size_t count, int fields[FIELDS])
{
    for (size_t i = 0; i < FIELDS; i++)
        fields[i] = i < count ? two_digits(text + 2 * i) : 0;
}

enum smpp_timestamp_result smpp_timestamp_read(const uint8_t *text, size_t size,
                                               int64_t now_ms, int64_t *out_ms)
{
    int fields[FIELDS];
    int quarters;
    uint8_t kind;
    int64_t ms;

    if (size == 0)
        return SMPP_TIMESTAMP_NONE;
    if (size != SMPP_TIMESTAMP_SIZE || !all_digits(text, 15))
        return SMPP_TIMESTAMP_INVALID;
    read_fields(text, FIELDS, fields);
    quarters = two_digits(text + 13);
    kind = text[15];
    if (kind == 'R')
        return read_relative(fields, now_ms, out_ms) ? SMPP_TIMESTAMP_OK
                                                     : SMPP_TIMESTAMP_INVALID;
    fields[YEAR] = whole_year(fields[YEAR]);
    if ((kind != '+' && kind != '-') || quarters > 48 || !read_absolute(fields, &ms))
        return SMPP_TIMESTAMP_INVALID;
    ms += (text[12] - '0') * (MS_PER_SECOND / 10);
    ms += (kind == '+' ? -1 : 1) * quarters * 15 * 60 * (int64_t)MS_PER_SECOND;
    *out_ms = ms;
    return SMPP_TIMESTAMP_OK;
}

bool smpp_timestamp_read_date(const uint8_t *text, size_t size, int64_t *out_ms)
{
    int fields[FIELDS];

    if (size == SMPP_TIMESTAMP_SIZE)
        return text[15] != 'R' && smpp_timestamp_read(text, size, 0, out_ms) == 0;
    if ((size != 10 && size != 12 && size != 14) || !all_digits(text, size))
        return false;
    if (size != 14) {
        read_fields(text, size / 2, fields);
        fields[YEAR] = whole_year(fields[YEAR]);
        if (read_absolute(fields, out_ms))
            return true;
        if (size == 10)
            return false;
    }
    /* With the century, with or without seconds. */
    read_fields(text + 2, size / 2 - 1, fields);
    fields[YEAR] += two_digits(text) * 100;
    return read_absolute(fields, out_ms);
}

static void write_two_digits(int64_t value, char *out)
{
    out[0] = (char)('0' + value / 10);
    out[1] = (char)('0' + value % 10);
}

static void write_time_of_day(int64_t second_of_day, char out[6])
{
    write_two_digits(second_of_day / 3600, out);
    write_two_digits(second_of_day / 60 % 60, out + 2);
    write_two_digits(second_of_day % 60, out + 4);
}

/* YYYYMMDDhhmmss */
static void write_absolute(int64_t epoch_ms, char out[SMPP_TIMESTAMP_DATE_MAX])
{
    int64_t days = divide_down(epoch_ms, MS_PER_DAY);
    struct civil date = civil_of(days);
    int64_t century = divide_down(date.year, 100);

    write_two_digits(century >= 0 ? century % 100 : 0, out);
    write_two_digits(date.year - century * 100, out + 2);
    write_two_digits(date.month, out + 4);
    write_two_digits(date.day, out + 6);
    write_time_of_day((epoch_ms - days * MS_PER_DAY) / MS_PER_SECOND, out + 8);
}

void smpp_timestamp_write(int64_t epoch_ms, char out[SMPP_TIMESTAMP_SIZE])
{
    char date[SMPP_TIMESTAMP_DATE_MAX];

    write_absolute(epoch_ms, date);
    memcpy(out, date + CENTURY, sizeof(date) - CENTURY);
    memcpy(out + sizeof(date) - CENTURY, "000+", 4);
}

bool smpp_timestamp_write_relative(int64_t duration_ms, char out[SMPP_TIMESTAMP_SIZE])
{
    int64_t seconds;

    if (duration_ms < 0 || duration_ms > 32 * (int64_t)MS_PER_DAY - MS_PER_SECOND)
        return false;
    seconds = (duration_ms + MS_PER_SECOND - 1) / MS_PER_SECOND;
    memcpy(out, "0000", 4);
    write_two_digits(seconds / 86400, out + 4);
    write_time_of_day(seconds % 86400, out + 6);
    memcpy(out + 12, "000R", 4);
    return true;
}

size_t smpp_timestamp_write_date(int64_t epoch_ms, size_t digits, char *out)
{
    char date[SMPP_TIMESTAMP_DATE_MAX];

    write_absolute(epoch_ms, date);
    if (digits >= sizeof(date)) {
        memcpy(out, date, sizeof(date));
        return sizeof(date);
    }
    if (digits > sizeof(date) - CENTURY)
        digits = sizeof(date) - CENTURY;
    memcpy(out, date + CENTURY, digits);
    return digits;
}
