/*
 * What a messenger reports: its words understood, its signature checked.  Nothing here
 * allocates but the reading of JSON, and of a signature over more than the body.
 */
#include <stdlib.h>
#include <string.h>

#include "gateway/json.h"
#include "gateway/profile.h"
#include "gateway/profile_pieces.h"

static enum reason report_reason(const struct profile *profile,
                                 const struct json_value *told, enum profile_news news)
{
    char word[128];
    enum reason reason;

    if (news != PROFILE_FAILED && news != PROFILE_EXPIRED)
        return REASON_NONE;
    if (profile_text_at(told, profile->report_reason, word, sizeof(word))) {
        for (size_t i = 0; i < profile->cause_count; i++)
            if (strcmp(profile->causes[i].word, word) == 0)
                return profile->causes[i].is;
        reason = reason_find(word);
        if (reason != REASONS && reason != REASON_NONE)
            return reason;
    }
    return news == PROFILE_EXPIRED ? REASON_EXPIRED : REASON_UNKNOWN;
}

static bool find_news(const struct profile *profile, const char *word,
                      enum profile_news *out)
{
    for (size_t i = 0; i < profile->word_count; i++) {
        if (strcmp(profile->words[i].word, word) == 0) {
            *out = profile->words[i].is;
            return true;
        }
    }
    return false;
}

static enum profile_report_result read_report(const struct profile *profile,
                                              const struct json_value *told,
                                              struct profile_report *out)
{
    char word[128];
    bool has_id = profile_id_at(told, profile->report_id, out->id);
    bool has_ref = profile_text_at(told, profile->report_ref, out->ref, sizeof(out->ref));

    if (!profile_text_at(told, profile->report_status, word, sizeof(word)) ||
        !find_news(profile, word, &out->news))
        return PROFILE_REPORT_STATUS;
    if (!has_ref)
        out->ref[0] = '\0';
    if (!has_id && !has_ref)
        return PROFILE_REPORT_NAMELESS;
    out->reason = report_reason(profile, told, out->news);
    return PROFILE_REPORT_OK;
}

/* One by one what a body tells. */
struct walk {
    const struct profile *profile;
    profile_hear *hear; /* NULL: they are only counted */
    void *owner;
    size_t count;
};

static void hear_one(struct walk *walk, const struct json_value *told)
{
    struct profile_report report = {0};
    enum profile_report_result result;

    walk->count++;
    if (walk->hear == NULL)
        return;
    result = read_report(walk->profile, told, &report);
    walk->hear(walk->owner, result, &report);
}

/* All that lies at this path, which has a star where each element of a list is meant. */
static void go(struct walk *walk, const struct json_value *value, const char *path)
{
    size_t size = strcspn(path, ".");
    const char *rest = path + size + (path[size] == '.');
    char name[PROFILE_PATH_SIZE];

    if (value == NULL)
        return;
    if (size == 0) {
        hear_one(walk, value);
    } else if (size == 1 && *path == '*') {
        for (size_t i = 0; i < json_length(value); i++)
            go(walk, json_element(value, i), rest);
    } else {
        memcpy(name, path, size);
        name[size] = '\0';
        go(walk, json_below(value, name), rest);
    }
}

static enum profile_report_result hear_all(const struct profile *profile,
                                           const struct json_document *document,
                                           profile_hear *hear, void *owner)
{
    struct walk walk = {.profile = profile};
    const struct json_value *all = json_at(document, "");

    go(&walk, all, profile->report_each);
    if (walk.count > PROFILE_REPORTS_MAX)
        return PROFILE_REPORT_TOO_MANY;
    walk.hear = hear;
    walk.owner = owner;
    go(&walk, all, profile->report_each);
    return PROFILE_REPORT_OK;
}

enum profile_report_result profile_reports(const struct profile *profile, const void *body,
                                           size_t body_size, profile_hear *hear,
                                           void *owner)
{
    char error[128];
    struct json_document *document;
    enum profile_report_result result;

    if (profile->report_status[0] == '\0')
        return PROFILE_REPORT_NONE;
    document = json_parse(body, body_size, error, sizeof(error));
    if (document == NULL)
        return PROFILE_REPORT_SYNTAX;
    result = hear_all(profile, document, hear, owner);
    json_document_free(document);
    return result;
}

/* Seconds or milliseconds since 1970; -1: it is no time. */
static int64_t read_time_ms(const char *text)
{
    const int64_t first_ms = INT64_C(100000000000); /* of 1973; as seconds, of 5138 */
    size_t size = text != NULL ? strlen(text) : 0;
    int64_t number;

    if (size == 0 || size > 15 || strspn(text, "0123456789") != size)
        return -1;
    number = strtoll(text, NULL, 10);
    return number >= first_ms ? number : number * 1000;
}

static bool is_of_now(const struct profile *profile, const struct profile_signed *given)
{
    int64_t at_ms = read_time_ms(given->time);

    return at_ms >= 0 && given->now_ms - at_ms <= profile->signature_max_age_ms &&
           at_ms - given->now_ms <= profile->signature_max_age_ms;
}

/* The signature of the time, the separator and the body. */
static bool matches_with_time(const struct profile *profile,
                              const struct signature_scheme *scheme, const char *key,
                              const struct profile_signed *given)
{
    size_t time_size = strlen(given->time);
    size_t separator_size = strlen(profile->signature_time_separator);
    size_t size = time_size + separator_size + given->body_size;
    char *octets = malloc(size);
    bool matches;

    if (octets == NULL)
        abort();
    memcpy(octets, given->time, time_size);
    memcpy(octets + time_size, profile->signature_time_separator, separator_size);
    if (given->body_size > 0)
        memcpy(octets + time_size + separator_size, given->body, given->body_size);
    matches = signature_matches(scheme, key, strlen(key), octets, size, given->signature);
    free(octets);
    return matches;
}

bool profile_signature_ok(const struct profile *profile, const char *key,
                          const struct profile_signed *given)
{
    const struct signature_scheme scheme = {
        .hash = profile->signature_hash,
        .encoding = profile->signature_encoding,
        .prefix = profile->signature_prefix,
    };

    if (profile->signature_header[0] == '\0')
        return true;
    if (profile->signature_time_header[0] != '\0')
        return is_of_now(profile, given) && matches_with_time(profile, &scheme, key, given);
    return signature_matches(&scheme, key, strlen(key), given->body, given->body_size,
                             given->signature);
}
