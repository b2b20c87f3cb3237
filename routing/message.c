/* Names of the states, and the growing list of attempts. */
#include "routing/message.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const char *const states[] = {
    [MESSAGE_COLLECTING] = "collecting", [MESSAGE_SCHEDULED] = "scheduled",
    [MESSAGE_WAITING] = "waiting",       [MESSAGE_SENT] = "sent",
    [MESSAGE_ENDED] = "ended",
};

static const char *const ends[] = {
    [MESSAGE_END_NONE] = "none",       [MESSAGE_DELIVERED] = "delivered",
    [MESSAGE_ACCEPTED] = "accepted",   [MESSAGE_UNDELIVERABLE] = "undeliverable",
    [MESSAGE_EXPIRED] = "expired",     [MESSAGE_REJECTED] = "rejected",
    [MESSAGE_CANCELLED] = "cancelled", [MESSAGE_UNKNOWN] = "unknown",
};

static const char *const attempt_states[] = {
    [ATTEMPT_INTENT] = "intent",     [ATTEMPT_SENT] = "sent",
    [ATTEMPT_ACCEPTED] = "accepted", [ATTEMPT_DELIVERED] = "delivered",
    [ATTEMPT_READ] = "read",         [ATTEMPT_CLICKED] = "clicked",
    [ATTEMPT_FAILED] = "failed",     [ATTEMPT_EXPIRED] = "expired",
    [ATTEMPT_UNKNOWN] = "unknown",
};

static const char *const reasons[REASONS] = {
    [REASON_NONE] = "none",
    [REASON_NO_ACCOUNT] = "no_account",
    [REASON_UNREACHABLE] = "unreachable",
    [REASON_BLOCKED] = "blocked",
    [REASON_CONTENT] = "content",
    [REASON_QUOTA] = "quota",
    [REASON_PROVIDER_DOWN] = "provider_down",
    [REASON_EXPIRED] = "expired",
    [REASON_NO_CONSENT] = "no_consent",
    [REASON_NO_ADDRESS] = "no_address",
    [REASON_NO_PRICE] = "no_price",
    [REASON_QUIET_HOURS] = "quiet_hours",
    [REASON_CAP] = "cap",
    [REASON_CHANNEL_GONE] = "channel_gone",
    [REASON_UNKNOWN] = "unknown",
    [REASON_OPTED_OUT] = "opted_out",
    [REASON_SENDER] = "sender",
};

static const char *name_at(const char *const *names, size_t count, size_t at)
{
    return at < count && names[at] ? names[at] : "unknown";
}

static const uint8_t class_flags[] = {0, MESSAGE_SERVICE, MESSAGE_ADVERTISING};
static const char *const class_names[] = {"transactional", "service", "advertising"};

uint8_t message_class_flags(uint8_t class)
{
    assert(class < sizeof(class_flags));
    return class_flags[class];
}

const char *message_class_name(uint8_t class)
{
    return class < sizeof(class_flags) ? class_names[class] : NULL;
}

uint8_t message_class(const struct message *message)
{
    for (uint8_t class = sizeof(class_flags) - 1; class > 0; class --)
        if (message->flags & class_flags[class])
            return class;
    return 0;
}

const char *message_state_name(enum message_state state)
{
    return name_at(states, sizeof(states) / sizeof(states[0]), state);
}

const char *message_end_name(enum message_end end)
{
    return name_at(ends, sizeof(ends) / sizeof(ends[0]), end);
}

const char *attempt_state_name(enum attempt_state state)
{
    return name_at(attempt_states, sizeof(attempt_states) / sizeof(attempt_states[0]),
                   state);
}

const char *reason_name(enum reason reason)
{
    return name_at(reasons, REASONS, reason);
}

enum reason reason_find(const char *name)
{
    for (size_t i = 0; i < REASONS; i++)
        if (strcmp(reasons[i], name) == 0)
            return (enum reason)i;
    return REASONS;
}

struct attempt *message_add_attempt(struct message *message)
{
    struct attempt *attempt;

    if (message->attempt_count == message->attempt_capacity) {
        size_t capacity = message->attempt_capacity ? message->attempt_capacity * 2u : 1u;

        message->attempts =
            realloc(message->attempts, capacity * sizeof(*message->attempts));
        if (message->attempts == NULL || capacity > UINT16_MAX)
            abort();
        message->attempt_capacity = (uint16_t)capacity;
    }
    attempt = &message->attempts[message->attempt_count++];
    memset(attempt, 0, sizeof(*attempt));
    attempt->ordinal = message->attempt_count;
    return attempt;
}

struct attempt *message_attempt(struct message *message, uint64_t id)
{
    for (size_t i = 0; i < message->attempt_count; i++)
        if (message->attempts[i].id == id)
            return &message->attempts[i];
    return NULL;
}

void message_done(struct message *message)
{
    free(message->attempts);
    message->attempts = NULL;
    message->attempt_count = 0;
    message->attempt_capacity = 0;
}
