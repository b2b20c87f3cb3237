/*
 * Subscribers' messages to a webhook: a POST of JSON, signed as Standard Webhooks say.  The
 * id of a letter is that of its message on every try, the time and so the signature are the
 * try's own.
 */
#include "gateway/inbound_pieces.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/catalog.h"
#include "gateway/clock.h"
#include "gateway/gateway.h"
#include "gateway/http_client.h"
#include "gateway/json.h"
#include "gateway/log.h"
#include "gateway/rfc3339.h"
#include "gateway/signature.h"
#include "gateway/table.h"
#include "smpp/command.h"
#include "smpp/parts.h"

enum {
    POSTS_PER_ACCOUNT = 8, /* under way at once */
    CONNECT_MS = 5000,
    ANSWER_MS = 15000,
};

/* --- what is said ------------------------------------------------------------------- */

static void write_hex(struct json_writer *writer, const struct inbound_message *message)
{
    static const char digits[] = "0123456789abcdef";
    const struct body *body = message->parts[0];
    char *hex = malloc(2 * (size_t)body->text_size + 1);

    if (hex == NULL)
        abort();
    for (uint32_t i = 0; i < body->text_size; i++) {
        hex[2 * i] = digits[body->bytes[i] >> 4];
        hex[2 * i + 1] = digits[body->bytes[i] & 0x0F];
    }
    json_write_octets(writer, "octets", hex, 2 * (size_t)body->text_size);
    free(hex);
}

/* A part whose others did not come is told as one. */
static void write_part(struct json_writer *writer, const struct inbound_message *message)
{
    struct smpp_part part;

    if (message->part_count == message->total || !body_part_of(message->parts[0], &part)) {
        json_write_null(writer, "part");
        return;
    }
    json_write_object(writer, "part");
    json_write_integer(writer, "reference", part.reference);
    json_write_integer(writer, "number", part.number);
    json_write_integer(writer, "total", part.total);
    json_write_object_end(writer);
}

static void write_data(struct gateway *gateway, struct json_writer *writer,
                       const struct config_inbound *section,
                       const struct inbound_message *message, const char *text,
                       const char *keyword)
{
    const struct body *body = message->parts[0];

    json_write_object(writer, "data");
    json_write_id(writer, "id", body->id);
    json_write_string(writer, "account", gateway->config->accounts[section->account].name);
    json_write_string(writer, "inbound", section->name);
    json_write_string(writer, "link",
                      catalog_channel_name(gateway->catalog, message->link));
    json_write_string(writer, "from", body->source);
    json_write_string(writer, "to", body->destination);
    json_write_string(writer, "text", text);
    json_write_string(writer, "keyword", text && *keyword ? keyword : NULL);
    json_write_integer(writer, "data_coding", body->data_coding);
    if (text)
        json_write_null(writer, "octets");
    else
        write_hex(writer, message);
    json_write_integer(writer, "parts", (int64_t)message->part_count);
    write_part(writer, message);
    json_write_time(writer, "received_at", message->at_ms);
    json_write_object_end(writer);
}

uint8_t *inbound_hook_row(struct gateway *gateway, const struct config_inbound *section,
                          const struct inbound_message *message, const char *text,
                          const char *keyword, size_t *out_size)
{
    size_t name_size = strlen(section->name) + 1;
    struct json_writer writer = {0};
    uint8_t *row;

    json_write_object(&writer, NULL);
    json_write_string(&writer, "type", "message.received");
    json_write_time(&writer, "timestamp", message->at_ms);
    write_data(gateway, &writer, section, message, text, keyword);
    json_write_object_end(&writer);
    row = malloc(name_size + writer.size);
    if (row == NULL)
        abort();
    memcpy(row, section->name, name_size);
    memcpy(row + name_size, writer.bytes, writer.size);
    *out_size = name_size + writer.size;
    json_writer_done(&writer);
    return row;
}

/* --- out and back ------------------------------------------------------------------- */

static const struct config_inbound *section_named(const struct config *config,
                                                  const char *name)
{
    for (size_t i = 0; i < config->inbound_count; i++)
        if (strcmp(config->inbounds[i].name, name) == 0)
            return &config->inbounds[i];
    return NULL;
}

static uint64_t posts_of(const struct inbound *inbound, uint32_t account)
{
    uint64_t open = 0;

    (void)table_get(inbound->open, account, &open);
    return open;
}

static void set_posts_of(struct inbound *inbound, uint32_t account, uint64_t open)
{
    if (open == 0)
        table_remove(inbound->open, account);
    else if (!table_put(inbound->open, account, open))
        abort();
}

/* The HMAC over "id.time.body". */
static void sign(const struct config_inbound *section, const char *id, const char *time,
                 const void *body, size_t body_size, char out[SIGNATURE_TEXT_MAX])
{
    static const struct signature_scheme scheme = {SIGNATURE_SHA256, SIGNATURE_BASE64,
                                                   "v1,"};
    size_t head_size = strlen(id) + strlen(time) + 2;
    char *signed_octets = malloc(head_size + body_size + 1);

    if (signed_octets == NULL)
        abort();
    snprintf(signed_octets, head_size + 1, "%s.%s.", id, time);
    memcpy(signed_octets + head_size, body, body_size);
    signature_make(&scheme, section->webhook_key, section->webhook_key_size, signed_octets,
                   head_size + body_size, out);
    free(signed_octets);
}

static bool post(struct gateway *gateway, const struct config_inbound *section,
                 uint64_t letter, const void *body, size_t body_size)
{
    char id[32], time[24], signature[SIGNATURE_TEXT_MAX] = "";
    struct http_header headers[] = {
        {"Content-Type",      "application/json"},
        {"webhook-id",        id                },
        {"webhook-timestamp", time              },
        {"webhook-signature", signature         },
    };
    const struct http_call call = {
        .id = letter,
        .url = section->webhook,
        .headers = headers,
        .header_count = section->webhook_key_size > 0 ? 4 : 3,
        .body = body,
        .body_size = body_size,
        .connect_timeout_ms = CONNECT_MS,
        .timeout_ms = ANSWER_MS,
    };

    snprintf(id, sizeof(id), "msg_%llu", (unsigned long long)letter);
    snprintf(time, sizeof(time), "%lld", (long long)(gateway_now_ms(gateway) / 1000));
    if (section->webhook_key_size > 0)
        sign(section, id, time, body, body_size, signature);
    return http_client_post(gateway->http_client, &call);
}

enum outbox_sent inbound_post(struct gateway *gateway, const struct outbox_letter *letter,
                              bool others)
{
    struct inbound *inbound = gateway->inbound;
    const char *name = (const char *)letter->bytes;
    size_t name_size = strnlen(name, letter->size) + 1;
    const struct config_inbound *section =
        name_size <= letter->size ? section_named(gateway->config, name) : NULL;
    uint64_t open = posts_of(inbound, letter->account);

    (void)others;
    if (section == NULL || section->webhook[0] == '\0')
        return OUTBOX_CANNOT;
    if (gateway->draining)
        return OUTBOX_AWAY;
    if (open >= POSTS_PER_ACCOUNT ||
        !post(gateway, section, letter->id, letter->bytes + name_size,
              letter->size - name_size))
        return OUTBOX_FULL;
    set_posts_of(inbound, letter->account, open + 1);
    if (!table_put(inbound->posts, letter->id, letter->account))
        abort();
    return OUTBOX_SENT;
}

bool inbound_posted(struct gateway *gateway, const struct http_result *result)
{
    struct inbound *inbound = gateway->inbound;
    bool taken = result->outcome == HTTP_ANSWERED && result->status / 100 == 2;
    uint64_t account;

    if (!table_get(inbound->posts, result->id, &account))
        return false;
    table_remove(inbound->posts, result->id);
    set_posts_of(inbound, (uint32_t)account, posts_of(inbound, (uint32_t)account) - 1);
    if (!taken && log_share_take(&gateway->posts_told, "inbound.untold",
                                 clock_mono_ms(gateway->clock)))
        log_info("inbound.not_taken", "id=%llu status=%d reason=\"%s\"",
                 (unsigned long long)result->id, result->status, result->reason);
    outbox_answered(gateway, result->id, taken ? ESME_ROK : ESME_RSYSERR);
    outbox_room(gateway, (uint32_t)account);
    return true;
}

size_t inbound_posts_max(const struct gateway *gateway)
{
    size_t count = 0;

    for (size_t i = 0; i < gateway->config->inbound_count; i++)
        count += gateway->config->inbounds[i].webhook[0] != '\0';
    return count * POSTS_PER_ACCOUNT;
}
