/*
 * When the peer was last heard, judged only by time in which we listened to it: while
 * reading is stopped, for whatever reason, its silence is our deafness and nothing runs.
 *
 * "Listened" times count from creation on a clock that stands still while we are deaf.
 */
#ifndef SMPP_PULSE_H
#define SMPP_PULSE_H

#include <stdbool.h>
#include <stdint.h>

struct smpp_pulse {
    bool listening;
    int64_t since_ms;  /* monotonic: when listening began or ended */
    int64_t before_ms; /* listened until then */
    int64_t heard_ms;  /* listened: the last PDU */
    int64_t active_ms; /* listened: the last PDU that was not about an enquire_link */
};

/* Embedded; begins listening, and takes the peer for heard just now. */
void smpp_pulse_init(struct smpp_pulse *pulse, int64_t now_ms);

void smpp_pulse_listen(struct smpp_pulse *pulse, bool listening, int64_t now_ms);

/* A PDU came; `active` unless it is about an enquire_link. */
void smpp_pulse_hear(struct smpp_pulse *pulse, bool active, int64_t now_ms);

int64_t smpp_pulse_listened_ms(const struct smpp_pulse *pulse, int64_t now_ms);

/* When, by the monotonic clock, we will have listened for `listened_ms` if nothing
 * changes; INT64_MAX while we are deaf, and for INT64_MAX. */
int64_t smpp_pulse_when_ms(const struct smpp_pulse *pulse, int64_t listened_ms);

#endif
