#include "smpp/pulse.h"

void smpp_pulse_init(struct smpp_pulse *pulse, int64_t now_ms)
{
    *pulse = (struct smpp_pulse){.listening = true, .since_ms = now_ms};
}

void smpp_pulse_listen(struct smpp_pulse *pulse, bool listening, int64_t now_ms)
{
    if (pulse->listening == listening)
        return;
    pulse->before_ms = smpp_pulse_listened_ms(pulse, now_ms);
    pulse->since_ms = now_ms;
    pulse->listening = listening;
}

void smpp_pulse_hear(struct smpp_pulse *pulse, bool active, int64_t now_ms)
{
    pulse->heard_ms = smpp_pulse_listened_ms(pulse, now_ms);
    if (active)
        pulse->active_ms = pulse->heard_ms;
}

int64_t smpp_pulse_listened_ms(const struct smpp_pulse *pulse, int64_t now_ms)
{
    return pulse->listening ? pulse->before_ms + (now_ms - pulse->since_ms)
                            : pulse->before_ms;
}

int64_t smpp_pulse_when_ms(const struct smpp_pulse *pulse, int64_t listened_ms)
{
    if (!pulse->listening || listened_ms == INT64_MAX)
        return INT64_MAX;
    return pulse->since_ms + (listened_ms - pulse->before_ms);
}
