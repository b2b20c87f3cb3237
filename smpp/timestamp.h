/*
 * The times of SMPP (3.4 7.1.1) and the dates of receipts (Appendix B), to and from
 * milliseconds since 1970-01-01 UTC.  No clock and no zone file: the present is told,
 * and civil time is computed here, in the Gregorian calendar, without leap seconds.
 *
 * Years of two digits: 38-99 are 19xx, 00-37 are 20xx (3.4 Appendix C).
 */
#ifndef SMPP_TIMESTAMP_H
#define SMPP_TIMESTAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SMPP_TIMESTAMP_SIZE = 16,     /* "YYMMDDhhmmsstnnp", without its NUL */
    SMPP_TIMESTAMP_DATE_MAX = 14, /* "YYYYMMDDhhmmss" */
};

enum smpp_timestamp_result {
    SMPP_TIMESTAMP_OK = 0,
    SMPP_TIMESTAMP_NONE,    /* the empty string: no time given */
    SMPP_TIMESTAMP_INVALID, /* answered ESME_RINVSCHED or ESME_RINVEXPIRY */
};

/*
 * Reads schedule_delivery_time, validity_period or final_date: absolute with its offset
 * from UTC, or relative ('R') to `now_ms`, where years and months follow the calendar
 * (a month after 31 January is the last day of February).  Nothing is written unless OK.
 */
enum smpp_timestamp_result smpp_timestamp_read(const uint8_t *text, size_t size,
                                               int64_t now_ms, int64_t *out_ms)
    __attribute__((warn_unused_result));

/*
 * Reads the date of a receipt: 10 digits (YYMMDDhhmm), 12 (with seconds, else with the
 * century) or 14 (with both), taken as UTC, or an absolute time of 16 characters.  Whose
 * clock and zone the digits are nobody says, so they are news to show, not a time to decide
 * by.  False, and nothing written, when it is no such date.
 */
bool smpp_timestamp_read_date(const uint8_t *text, size_t size, int64_t *out_ms)
    __attribute__((warn_unused_result));

/* Writes an absolute time, in UTC ("00+"), tenths cut; 16 octets, no NUL. */
void smpp_timestamp_write(int64_t epoch_ms, char out[SMPP_TIMESTAMP_SIZE]);

/*
 * Writes a duration as a relative time in days, hours, minutes and seconds; 16 octets, no
 * NUL.  Rounded up to the second, so that nothing expires early.  False when it is
 * negative or 32 days or more, which only an absolute time can say.
 */
bool smpp_timestamp_write_relative(int64_t duration_ms, char out[SMPP_TIMESTAMP_SIZE])
    __attribute__((warn_unused_result));

/*
 * Writes the first 10 or 12 digits of YYMMDDhhmmss, or the 14 of YYYYMMDDhhmmss, in UTC;
 * no NUL; returns `digits`.
 */
size_t smpp_timestamp_write_date(int64_t epoch_ms, size_t digits, char *out);

#endif
