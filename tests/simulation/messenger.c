#include "tests/simulation/messenger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/hmac.h>

#include "gateway/http_header.h"
#include "tests/simulation/book.h"
#include "tests/simulation/web.h"
#include "tests/simulation/world.h"

enum { AGAIN_MS = 1000, POST_ON_ITS_WAY_MS = 5, EDGE_MS = 12, OUT_MS = 8, RACE_MS = 50 };

/* What one post meets. */
enum reception {
    RECEPTION_GOOD,    /* 200 with an id */
    RECEPTION_DOWN,    /* not one octet is written */
    RECEPTION_SILENT,  /* taken, and no answer */
    RECEPTION_LOST,    /* not taken, and no answer */
    RECEPTION_NO_ID,   /* 200 without an id */
    RECEPTION_ERROR,   /* 500 */
    RECEPTION_UNKNOWN, /* 404 */
    RECEPTION_CONTENT, /* 400 */
    RECEPTION_BUSY,    /* 429 */
    RECEPTIONS
};

static const struct {
    unsigned parts; /* of a hundred */
    bool taken;
    int status; /* 0: no answer */
    const char *body;
    enum situation situation;
} receptions[RECEPTIONS] = {
    [RECEPTION_GOOD] = {64, true,  200, NULL, SITUATIONS                  },
    [RECEPTION_DOWN] = {5,  false, 0,   "",   SITUATION_messenger_down    },
    [RECEPTION_SILENT] = {5,  true,  0,   "",   SITUATION_messenger_in_doubt},
    [RECEPTION_LOST] = {4,  false, 0,   "",   SITUATION_messenger_in_doubt},
    [RECEPTION_NO_ID] = {2,  true,  200, "{}", SITUATION_messenger_in_doubt},
    [RECEPTION_ERROR] = {3,  false, 500, "oh", SITUATION_messenger_in_doubt},
    [RECEPTION_UNKNOWN] = {9,  false, 404, "{}", SITUATION_messenger_refused },
    [RECEPTION_CONTENT] = {3,  false, 400, "{}", SITUATIONS                  },
    [RECEPTION_BUSY] = {5,  false, 429, "{}", SITUATIONS                  },
};

struct post {
    struct note *note; /* NULL: it is in no book */
    unsigned life;
    uint64_t call;
    char ref[24];
    enum reception reception;
};

struct hook {
    struct post *post;
    const char *status;
    bool with_ref;
    bool forged;
    bool races;    /* with the SMS */
    int64_t at_ms; /* when it left first, for a message that lived; 0: it did not */
    unsigned sendings;
    bool done;
};

struct messenger {
    struct world *world;
    struct post **posts;
    size_t post_count;
    struct hook **hooks;
    size_t hook_count;
    size_t hooks_open;
};

struct messenger *messenger_new(struct world *world)
{
    struct messenger *messenger = calloc(1, sizeof(*messenger));

    if (messenger == NULL)
        abort();
    messenger->world = world;
    return messenger;
}

void messenger_free(struct messenger *messenger)
{
    for (size_t i = 0; i < messenger->post_count; i++)
        free(messenger->posts[i]);
    for (size_t i = 0; i < messenger->hook_count; i++)
        free(messenger->hooks[i]);
    free(messenger->posts);
    free(messenger->hooks);
    free(messenger);
}

bool messenger_is_quiet(const struct messenger *messenger)
{
    return messenger->hooks_open == 0;
}

void messenger_count_races(const struct messenger *messenger)
{
    for (size_t i = 0; i < messenger->hook_count; i++) {
        const struct hook *hook = messenger->hooks[i];
        const struct note *note = hook->post->note;

        if (!hook->races || hook->at_ms == 0)
            continue;
        if (note->submits == 0)
            world_met(messenger->world, SITUATION_race_report_first);
        else if (llabs(note->submitted_ms - hook->at_ms) <= RACE_MS)
            world_met(messenger->world, note->submitted_ms <= hook->at_ms
                                            ? SITUATION_race_sms_first
                                            : SITUATION_race_crossed);
    }
}

/* A new element at the end of an array of pointers. */
static void *add(void ***array, size_t *count, size_t size)
{
    void **grown = realloc(*array, (*count + 1) * sizeof(void *));
    void *element = calloc(1, size);

    if (grown == NULL || element == NULL)
        abort();
    *array = grown;
    grown[(*count)++] = element;
    return element;
}

/* --- hooks -------------------------------------------------------------------------- */

static void send_hook(void *owner, uint64_t index);

static bool delivers(const struct hook *hook)
{
    return strcmp(hook->status, "delivered") == 0 || strcmp(hook->status, "read") == 0;
}

static void on_hook_answer(void *owner, uint64_t index, int status, const char *body)
{
    struct messenger *messenger = owner;
    struct world *world = messenger->world;
    struct hook *hook = messenger->hooks[index];
    struct note *note = hook->post->note;

    (void)body;
    if (hook->done)
        return;
    if (hook->forged && status != 0) {
        if (status != 401)
            world_violation(world, "a forged hook was answered %d", status);
        world_met(world, SITUATION_forged_hook);
    } else if (status == 200) {
        /* By the id alone it is known only to who has seen the answer. */
        if (note && delivers(hook) && hook->with_ref && note->messenger_known_ms == 0)
            note->messenger_known_ms = world_now_ms(world);
    } else {
        if (status != 0 && status != 503)
            world_violation(world, "a hook was answered %d", status);
        world_after(world, AGAIN_MS, send_hook, messenger, index);
        return;
    }
    hook->done = true;
    messenger->hooks_open--;
}

/* X-Signature: the HMAC of the raw body. */
static void sign(const char *body, bool forged, char out[80])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    char *at = out + sprintf(out, "sha256=");

    HMAC(EVP_sha256(), forged ? "wrong-key" : "lab-hook", forged ? 9 : 8,
         (const unsigned char *)body, strlen(body), digest, &size);
    for (unsigned i = 0; i < size; i++)
        at += sprintf(at, "%02x", digest[i]);
}

/* What is in a body. */
struct told {
    char body[600];
    size_t size;
};

static void tell(struct told *told, const struct hook *hook)
{
    size_t room = sizeof(told->body) - told->size;
    char ref[40] = "";

    if (hook->with_ref)
        snprintf(ref, sizeof(ref), ",\"ref\":\"%s\"", hook->post->ref);
    told->size += (size_t)snprintf(told->body + told->size, room,
                                   "%s{\"id\":\"m-%s\"%s,\"status\":\"%s\"}",
                                   told->size > 0 ? "," : "", hook->post->ref, ref,
                                   hook->status);
}

static void note_told(const struct messenger *messenger, const struct hook *hook)
{
    struct note *note = hook->post->note;

    if (note == NULL || !delivers(hook))
        return;
    note->messenger_delivered = true;
    if (note->submits > 0)
        world_met(messenger->world, SITUATION_report_after_next_step);
}

/* One more, before or after its own time. */
static void tell_too(struct told *told, const struct messenger *messenger, size_t index)
{
    const struct hook *hook =
        index < messenger->hook_count ? messenger->hooks[index] : NULL;

    if (hook == NULL || hook->forged)
        return;
    tell(told, hook);
    note_told(messenger, hook);
    world_met(messenger->world, SITUATION_several_reports);
}

/*
 * In a list there are with it: one that nobody can understand, one of long ago, and the one
 * that was planned next, often of the same message.
 */
static void tell_list(struct told *told, const struct messenger *messenger, size_t index)
{
    const struct hook *hook = messenger->hooks[index];

    told->size = (size_t)sprintf(told->body, "{\"" MESSENGER_LIST "\":[{\"status\":\"?\"}");
    if (!hook->forged)
        tell_too(told, messenger, index / 2);
    tell(told, hook);
    if (!hook->forged)
        tell_too(told, messenger, index + 1);
    strcpy(told->body + told->size, "]}");
}

static void send_hook(void *owner, uint64_t index)
{
    struct messenger *messenger = owner;
    struct world *world = messenger->world;
    struct hook *hook = messenger->hooks[index];
    struct note *note = hook->post->note;
    struct told told = {.size = 0};
    char signature[80];
    const struct http_header headers[] = {
        {"Content-Type", "application/json"},
        {"X-Signature",  signature         }
    };
    const struct web_request request = {.method = "POST",
                                        .path = "/v1/hooks/messenger",
                                        .headers = headers,
                                        .header_count = 2,
                                        .body = told.body,
                                        .on_answer = on_hook_answer,
                                        .owner = messenger,
                                        .number = index};

    if (world->lists)
        tell_list(&told, messenger, index);
    else
        tell(&told, hook);
    sign(told.body, hook->forged, signature);
    if (!hook->forged)
        note_told(messenger, hook);
    if (hook->sendings++ == 0 && note && note->receipts == 0 && world->gateway)
        hook->at_ms = world_now_ms(world);
    world_tell(world, "messenger reports N%u %s%s (%u)", note ? note->number : 0,
               hook->status, hook->forged ? ", forged" : "", hook->sendings);
    web_send(world, &request);
}

static void add_hook(struct messenger *messenger, struct post *post, const char *status,
                     int64_t delay_ms)
{
    struct hook *hook =
        add((void ***)&messenger->hooks, &messenger->hook_count, sizeof(*hook));

    hook->post = post;
    hook->status = status;
    /* Without an answer with an id only our ref says which it was. */
    hook->with_ref = post->reception != RECEPTION_GOOD || world_chance(messenger->world, 2);
    messenger->hooks_open++;
    world_after(messenger->world, delay_ms, send_hook, messenger,
                messenger->hook_count - 1);
}

/*
 * It is delivered as the SMS is about to go: for the step is over, or has failed.  The SMS
 * takes a little time to be out.
 */
static void plan_race(struct messenger *messenger, struct post *post, bool over)
{
    struct world *world = messenger->world;
    int64_t at_ms = over ? MESSENGER_WITHIN_MS - EDGE_MS + (world->races ? OUT_MS : 0)
                         : world_between(world, 0, 1500);

    if (!over)
        add_hook(messenger, post, "failed", at_ms);
    add_hook(messenger, post, "delivered", at_ms + world_between(world, 0, 2 * EDGE_MS));
    messenger->hooks[messenger->hook_count - 1]->races = post->note != NULL;
}

static void plan_hooks(struct messenger *messenger, struct post *post)
{
    struct world *world = messenger->world;
    uint64_t choice = world->faults ? world_chance(world, 100) : 0;
    int64_t delay_ms = world_between(world, 0, 1500);

    if (world->races) {
        plan_race(messenger, post, choice < 75);
        return;
    }

    if (choice < 50) {
        world_met(world, SITUATION_messenger_delivered);
        add_hook(messenger, post, "delivered", delay_ms);
    } else if (choice < 56) {
        add_hook(messenger, post, "delivered", delay_ms);
        add_hook(messenger, post, "read", delay_ms + world_between(world, 0, 3000));
    } else if (choice < 72) {
        world_met(world, SITUATION_messenger_failed);
        add_hook(messenger, post, choice & 1 ? "failed" : "expired", delay_ms);
    } else if (choice < 86) {
        world_met(world, SITUATION_messenger_silent);
    } else if (choice < 90) {
        world_met(world, SITUATION_messenger_at_the_edge);
        plan_race(messenger, post, true);
    } else if (choice < 94) {
        world_met(world, SITUATION_messenger_late);
        add_hook(messenger, post, "delivered",
                 MESSENGER_WITHIN_MS + world_between(world, 200, 60000));
    } else {
        add_hook(messenger, post, "delivered", delay_ms);
        messenger->hooks[messenger->hook_count - 1]->forged = true;
    }
}

/* --- posts -------------------------------------------------------------------------- */

static void copy_member(const char *json, const char *name, char *out, size_t room)
{
    const char *at = strstr(json, name);
    size_t size;

    out[0] = 0;
    if (at == NULL)
        return;
    at += strlen(name);
    size = strcspn(at, "\"");
    snprintf(out, room, "%.*s", (int)size, at);
}

static void answer_post(void *owner, uint64_t index)
{
    struct messenger *messenger = owner;
    struct post *post = messenger->posts[index];
    char body[64];
    const char *its = receptions[post->reception].body;
    struct http_result result = {.outcome = HTTP_ANSWERED,
                                 .status = receptions[post->reception].status,
                                 .retry_after_s = post->reception == RECEPTION_BUSY,
                                 .reason = ""};

    if (post->reception == RECEPTION_DOWN) {
        result = (struct http_result){.outcome = HTTP_NOT_SENT, .reason = "refused"};
        web_answer(messenger->world, post->life, post->call, &result);
        return;
    }
    snprintf(body, sizeof(body), "{\"id\":\"m-%s\"}", post->ref);
    if (its == NULL)
        its = body;
    result.body = (const uint8_t *)its;
    result.body_size = strlen(its);
    web_answer(messenger->world, post->life, post->call, &result);
}

static enum reception choose_reception(struct world *world)
{
    unsigned choice = (unsigned)world_chance(world, 100);

    if (!world->faults || (world->races && world_chance(world, 5) > 0))
        return RECEPTION_GOOD;
    for (unsigned i = 0; i < RECEPTIONS; i++) {
        if (choice < receptions[i].parts)
            return (enum reception)i;
        choice -= receptions[i].parts;
    }
    return RECEPTION_GOOD;
}

static void note_post(struct world *world, struct post *post, const char *text)
{
    char replaced[NOTE_TEXT_SIZE];
    struct note *note = post->note;

    if (note == NULL)
        return;
    book_write_replaced(note, replaced);
    if (strncmp(text, note->text, strlen(note->text)) != 0 &&
        strncmp(text, replaced, strlen(replaced)) != 0)
        world_violation(world, "N%u is posted with a text that nobody wrote",
                        note->number);
    note->calls++;
    if (post->reception == RECEPTION_DOWN || post->reception == RECEPTION_BUSY)
        return;
    if (post->reception == RECEPTION_GOOD)
        note->posted_at_ms = world_now_ms(world);
    if (++note->posts > 1)
        world_violation(world, "N%u was posted twice", note->number);
    if (note->submits > 0)
        world_violation(world, "N%u was posted after its SMS", note->number);
    if (receptions[post->reception].taken)
        note->posts_taken++;
}

void messenger_post(struct messenger *messenger, unsigned life,
                    const struct http_call *call)
{
    struct world *world = messenger->world;
    struct post *post =
        add((void ***)&messenger->posts, &messenger->post_count, sizeof(*post));
    size_t index = messenger->post_count - 1;
    char json[2048];
    char text[NOTE_TEXT_SIZE];
    char to[24];

    snprintf(json, sizeof(json), "%.*s", (int)call->body_size, (const char *)call->body);
    copy_member(json, "\"ref\":\"", post->ref, sizeof(post->ref));
    copy_member(json, "\"text\":\"", text, sizeof(text));
    copy_member(json, "\"to\":\"", to, sizeof(to));
    post->note = book_find_text(world->book, text, strlen(text), to);
    post->life = life;
    post->call = call->id;
    post->reception = choose_reception(world);
    world_tell(world, "messenger has N%u (reception %d)",
               post->note ? post->note->number : 0, post->reception);
    note_post(world, post, text);
    if (receptions[post->reception].situation != SITUATIONS)
        world_met(world, receptions[post->reception].situation);
    if (receptions[post->reception].status != 0 || post->reception == RECEPTION_DOWN)
        world_after(world, POST_ON_ITS_WAY_MS + world_between(world, 1, 300), answer_post,
                    messenger, index);
    if (receptions[post->reception].taken)
        plan_hooks(messenger, post);
}
