/*
 * The whole story of a message, for people: what its plan allowed, what was pinned, what
 * is behind each try, and which receipts were asked for.
 */
#include "gateway/api_pieces.h"

#include "gateway/body.h"
#include "gateway/catalog.h"
#include "gateway/senders.h"
#include "gateway/translate.h"
#include "routing/code.h"
#include "routing/delivery.h"

/* Of a group: of the first channel that has one. */
static void write_price(struct json_writer *writer, const struct price_pins *pins,
                        uint8_t step)
{
    const struct price *price = price_pinned(pins, step, price_first_way(pins, step));

    if (price == NULL) {
        json_write_null(writer, "price");
        return;
    }
    json_write_object(writer, "price");
    json_write_money(writer, "amount", price->price_micro);
    json_write_string(writer, "per", price->per_message ? "message" : "part");
    json_write_string(writer, "on",
                      price->billed == ATTEMPT_SENT
                          ? "submit"
                          : attempt_state_name((enum attempt_state)price->billed));
    json_write_object_end(writer);
}

static void write_step(struct gateway *gateway, struct json_writer *writer,
                       const struct api_message *it, uint8_t place)
{
    const struct plan_step *step = &it->plan->steps[place];
    const struct price_pins *pins = catalog_pins(gateway->catalog, it->message->pins);

    json_write_object(writer, NULL);
    json_write_string(writer, "name", step->name);
    json_write_array(writer, "channels");
    for (uint8_t i = 0; i < step->way_count; i++)
        json_write_string(writer, NULL,
                          catalog_channel_name(gateway->catalog, step->ways[i]));
    json_write_array_end(writer);
    json_write_string(writer, "until", attempt_state_name((enum attempt_state)step->until));
    json_write_integer(writer, "within_ms", step->within_ms);
    json_write_integer(writer, "enter_within_ms", step->enter_within_ms);
    if (pins != NULL && place < pins->step_count)
        write_price(writer, pins, place);
    json_write_object_end(writer);
}

/* In the order of the attempts, which are told already: what else is known of each. */
static void write_marks(struct gateway *gateway, struct json_writer *writer,
                        const struct api_message *it, const struct attempt *attempt)
{
    static const struct {
        uint16_t flag;
        const char *word;
    } marks[] = {
        {ATTEMPT_UNSENT,       "never sent"       },
        {ATTEMPT_RETURNED,     "permit returned"  },
        {ATTEMPT_RETRY,        "to be tried again"},
        {ATTEMPT_IN_DOUBT,     "in doubt"         },
        {ATTEMPT_CONTRADICTED, "contradicted"     },
        {ATTEMPT_NEXT_WAY,     "another way"      },
    };

    json_write_object(writer, NULL);
    json_write_id(writer, "id", attempt->id);
    json_write_id(writer, "ref", attempt->anchor);
    json_write_integer(writer, "code", code_number(attempt->code));
    json_write_time(writer, "again_at", attempt->again_at_ms);
    json_write_string(writer, "sender",
                      it->body_count > 0
                          ? senders_told(gateway, it->message, it->bodies[0], attempt)
                          : NULL);
    json_write_array(writer, "marks");
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
        if (attempt->flags & marks[i].flag)
            json_write_string(writer, NULL, marks[i].word);
    json_write_array_end(writer);
    json_write_object_end(writer);
}

/* What the part's own receipt tells, or will not. */
static enum message_end end_of_part(struct gateway *gateway, const struct api_message *it,
                                    const struct body *body)
{
    const struct live view = {
        .message = *it->message,
        .plan = it->plan,
        .bodies = it->bodies,
        .body_count = (uint16_t)it->body_count,
    };

    if (!(it->message->flags & MESSAGE_COLLECTED) || it->plan == NULL)
        return (enum message_end)it->message->end;
    return delivery_segment_end(it->message, it->plan, catalog_traits(gateway->catalog),
                                translate_body_segment(&view, body));
}

static void write_receipt(struct gateway *gateway, struct json_writer *writer,
                          const struct api_message *it, const struct body *body)
{
    /* SMPP 3.4 5.2.17. */
    static const char *const asked[] = {"never", "always", "on failure", "on success"};
    bool ended = it->message->state == MESSAGE_ENDED;

    json_write_object(writer, NULL);
    api_write_public_id(writer, "submission", body);
    json_write_integer(writer, "part", body->number);
    json_write_string(writer, "asked", asked[body->registered_delivery & 0x03]);
    json_write_bool(writer, "notifications", (body->registered_delivery & 0x10) != 0);
    json_write_string(writer, "end",
                      ended ? message_end_name(end_of_part(gateway, it, body)) : NULL);
    json_write_object_end(writer);
}

/* NULL: it never was kept for review. */
static const char *review_word(const struct message *message)
{
    if (message->flags & MESSAGE_KEPT)
        return message->flags & MESSAGE_REVIEWED ? "dropped" : "kept";
    return message->flags & MESSAGE_REVIEWED ? "released" : NULL;
}

/* Of the number, as the networks are configured now. */
static void write_network(struct gateway *gateway, struct json_writer *writer,
                          const struct api_message *it)
{
    const struct config_mobile_network *network =
        it->body_count > 0 ? config_network_of(gateway->config, it->bodies[0]->destination)
                           : NULL;

    if (network == NULL) {
        json_write_null(writer, "network");
        return;
    }
    json_write_object(writer, "network");
    json_write_string(writer, "code", network->code);
    json_write_string(writer, "name", network->name);
    json_write_object_end(writer);
}

void api_write_story(struct gateway *gateway, struct json_writer *writer,
                     const struct api_message *it)
{
    const struct message *message = it->message;

    write_network(gateway, writer, it);
    json_write_string(writer, "plan", it->plan != NULL ? it->plan->name : NULL);
    json_write_time(writer, "deadline", message->deadline_ms);
    json_write_money(writer, "held", message->held_micro);
    json_write_money(writer, "baseline", message->baseline_micro);
    json_write_integer(writer, "segments", message->segments);
    json_write_bool(writer, "collected", (message->flags & MESSAGE_COLLECTED) != 0);
    json_write_bool(writer, "binary", (message->flags & MESSAGE_BINARY) != 0);
    json_write_bool(writer, "transliterated",
                    (message->flags & MESSAGE_TRANSLITERATED) != 0);
    json_write_string(writer, "class", message_class_name(message_class(message)));
    json_write_string(writer, "review", review_word(message));
    json_write_array(writer, "steps");
    for (uint8_t i = 0; it->plan != NULL && i < it->plan->step_count; i++)
        write_step(gateway, writer, it, i);
    json_write_array_end(writer);
    json_write_array(writer, "tries");
    for (size_t i = 0; i < message->attempt_count; i++)
        write_marks(gateway, writer, it, &message->attempts[i]);
    json_write_array_end(writer);
    json_write_array(writer, "receipts");
    for (size_t i = 0; i < it->body_count; i++)
        write_receipt(gateway, writer, it, it->bodies[i]);
    json_write_array_end(writer);
}
