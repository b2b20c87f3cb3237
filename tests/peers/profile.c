/* Shapes of messengers.  See profile.h. */
#include "tests/peers/profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LAB_CALLBACK "{\"id\":\"%i\",\"ref\":\"%r\",\"status\":\"%s\",\"reason\":\"%x\"}"

#define WHATSAPP_ANSWER                                                                    \
    "{\"messaging_product\":\"whatsapp\",\"contacts\":[{\"input\":\"%t\",\"wa_id\":"       \
    "\"%t\"}],\"messages\":[{\"id\":\"wamid.%i\"}]}"

#define WHATSAPP_ERROR                                                                     \
    "{\"error\":{\"message\":\"refused\",\"type\":\"OAuthException\",\"code\":%e}}"

#define WHATSAPP_CALLBACK                                                                  \
    "{\"object\":\"whatsapp_business_account\",\"entry\":[{\"id\":\"1\",\"changes\":["     \
    "{\"field\":\"messages\",\"value\":{\"messaging_product\":\"whatsapp\",\"statuses\":"  \
    "[{\"id\":\"wamid.%i\",\"status\":\"%s\",\"timestamp\":\"%u\",\"recipient_id\":\"%t\"" \
    ",\"biz_opaque_callback_data\":\"%r\"}]}}]}]}"

#define VIBER_ANSWER "{\"status\":0,\"status_message\":\"ok\",\"message_token\":%i}"

#define VIBER_CALLBACK                                                                     \
    "{\"event\":\"%s\",\"timestamp\":%m,\"message_token\":%i,\"user_id\":\"%t\",\"desc\":" \
    "\"%x\"}"

/* clang-format off */
const struct profile profiles[] = {
    {
        .name = "lab",
        .path = "/send",
        .auth_header = "Authorization",
        .auth_prefix = "Bearer ",
        .to = "to",
        .text = "text",
        .ref = "ref",
        .ttl = "ttl",
        .answer = "{\"id\":\"%i\"}",
        .error = "{\"error\":\"%e\"}",
        .callback = LAB_CALLBACK,
        .signature_header = "X-Signature",
        .signature_prefix = "sha256=",
        .help = "POST /send {\"to\",\"text\",\"ref\",\"ttl\"}, 200 {\"id\"}",
    },
    {
        .name = "whatsapp",
        .path = "/*/messages",
        .auth_header = "Authorization",
        .auth_prefix = "Bearer ",
        .to = "to",
        .text = "text.body",
        .ref = "biz_opaque_callback_data",
        .answer = WHATSAPP_ANSWER,
        .error = WHATSAPP_ERROR,
        .callback = WHATSAPP_CALLBACK,
        .signature_header = "X-Hub-Signature-256",
        .signature_prefix = "sha256=",
        .words = {{"expired", "failed"}},
        .help = "POST /VERSION/NUMBER/messages, statuses[] in the callback",
    },
    {
        .name = "viber-bot",
        .path = "/pa/send_message",
        .auth_header = "X-Viber-Auth-Token",
        .auth_prefix = "",
        .to = "receiver",
        .text = "text",
        .ref = "tracking_data",
        .answer = VIBER_ANSWER,
        .error = "{\"status\":%e,\"status_message\":\"refused\"}",
        .callback = VIBER_CALLBACK,
        .signature_header = "X-Viber-Content-Signature",
        .signature_prefix = "",
        .words = {{"read", "seen"}, {"expired", "failed"}},
        .help = "POST /pa/send_message, message_token and status 0",
    },
};
/* clang-format on */
const size_t profile_count = sizeof(profiles) / sizeof(profiles[0]);

const struct profile *profile_find(const char *name)
{
    for (size_t i = 0; i < profile_count; i++) {
        if (strcmp(profiles[i].name, name) == 0)
            return &profiles[i];
    }
    return NULL;
}

bool profile_read(const json_t *request, const char *path, char *out, size_t size)
{
    char copy[64];
    char *rest = copy;
    const json_t *at = request;

    snprintf(copy, sizeof(copy), "%s", path);
    while (at != NULL && rest != NULL)
        at = json_object_get(at, strsep(&rest, "."));
    if (json_is_string(at))
        return (size_t)snprintf(out, size, "%s", json_string_value(at)) < size;
    if (json_is_integer(at))
        return (size_t)snprintf(out, size, "%lld", (long long)json_integer_value(at)) <
               size;
    return false;
}

static const char *their_word(const struct profile *profile, const char *ours)
{
    for (size_t i = 0; i < PROFILE_WORDS_MAX && profile->words[i].ours != NULL; i++) {
        if (strcmp(profile->words[i].ours, ours) == 0)
            return profile->words[i].theirs;
    }
    return ours;
}

/* Text of a letter; `number` is room for one that is not a string yet. */
static const char *text_of(const struct profile *profile, char letter,
                           const struct profile_values *values, char *number, size_t size)
{
    struct timespec now;

    switch (letter) {
    case 'i':
        return values->id;
    case 'r':
        return values->ref;
    case 't':
        return values->to;
    case 's':
        return their_word(profile, values->status);
    case 'x':
        return values->reason;
    case 'e':
        snprintf(number, size, "%d", values->code);
        return number;
    case 'u':
    case 'm':
        clock_gettime(CLOCK_REALTIME, &now);
        snprintf(number, size, "%lld%03ld", (long long)now.tv_sec, now.tv_nsec / 1000000);
        if (letter == 'u')
            number[strlen(number) - 3] = 0;
        return number;
    }
    abort();
}

/* As the inside of a JSON string. */
static size_t put_text(const char *text, char *out, size_t size)
{
    size_t used = 0;

    for (; text != NULL && *text != 0 && used + 7 < size; text++) {
        unsigned char octet = (unsigned char)*text;

        if (octet < 0x20)
            used += (size_t)snprintf(out + used, size - used, "\\u%04x", octet);
        else if (octet == '"' || octet == '\\')
            used += (size_t)snprintf(out + used, size - used, "\\%c", octet);
        else
            out[used++] = *text;
    }
    return used;
}

size_t profile_write(const struct profile *profile, const char *layout,
                     const struct profile_values *values, char *out, size_t size)
{
    char number[32];
    size_t used = 0;

    for (const char *at = layout; *at != 0 && used + 1 < size; at++) {
        if (*at != '%')
            out[used++] = *at;
        else
            used += put_text(text_of(profile, *++at, values, number, sizeof(number)),
                             out + used, size - used);
    }
    out[used] = 0;
    return used;
}
