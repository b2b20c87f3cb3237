/*
 * Learning how an operator writes ids.  Where the destination of a report that nobody knows
 * is that of a message it took, and a rule makes their ids equal, the two are a pair for
 * this rule.  Twenty pairs in a row without one that speaks against it make a proposal: it
 * is logged, and used where the link says id_rule = "learn".
 *
 * Nothing is kept for a link all of whose reports are known.
 */
#include "gateway/reports_pieces.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/catalog.h"
#include "gateway/gateway.h"
#include "gateway/log.h"

enum {
    PAIRS_NEEDED = 20,
    ANSWERS_KEPT = 512,
    LIVES_PER_SWEEP = 20000,
    REMATCHES_PER_SWEEP = 500,
    RULES_PER_CHANNEL = 256, /* numbers of definitions */
};

/* What is tried, in this order. */
static const enum config_id_rule candidates[] = {
    CONFIG_ID_AS_IS,
    CONFIG_ID_ANY_CASE,
    CONFIG_ID_RECEIPT_HEX,
    CONFIG_ID_RECEIPT_DECIMAL,
};

enum { CANDIDATES = sizeof(candidates) / sizeof(candidates[0]) };

struct answered {
    uint64_t destination; /* hash; 0: no answer */
    uint8_t agreed;       /* candidates it was a pair for, as bits */
    char id[ATTEMPT_PROVIDER_ID_SIZE];
};

struct learner {
    struct answered answers[ANSWERS_KEPT];
    unsigned next;
    unsigned pairs[CANDIDATES];
    unsigned proposed; /* candidates, as bits */
};

void reports_learner_free(struct learner *learner)
{
    free(learner);
}

void reports_learner_hear(struct reports_channel *channel, const char *id,
                          const char *destination)
{
    struct learner *learner = channel->learner;
    struct answered *answered;

    if (learner == NULL)
        return;
    answered = &learner->answers[learner->next];
    learner->next = (learner->next + 1) % ANSWERS_KEPT;
    answered->destination = reports_hash_of_destination(channel->number, destination);
    answered->agreed = 0;
    memcpy(answered->id, id, strlen(id) + 1);
}

static bool agrees(enum config_id_rule rule, const char *answer, const char *report)
{
    char answer_key[REPORTS_KEY_SIZE], report_key[REPORTS_KEY_SIZE];

    reports_key_of_answer(rule, answer, answer_key);
    reports_key_of_report(rule, report, report_key);
    return answer_key[0] != 0 && strcmp(answer_key, report_key) == 0;
}

static void forget_reindexed(struct reports_channel *channel)
{
    free(channel->reindexed);
    channel->reindexed = NULL;
    channel->reindexed_count = channel->reindex_at = 0;
}

/* In a decision. */
static void use_rule(struct reports *reports, struct reports_channel *channel,
                     enum config_id_rule rule)
{
    const struct store_definition definition = {
        .kind = STORE_ID_RULE,
        .number = channel->number * RULES_PER_CHANNEL + ++channel->rules_learned,
        .name = config_id_rule_name(rule),
        .content = "",
    };

    channel->rule = rule;
    store_define(reports->gateway->store, &definition);
    channel->reindexing = true;
    forget_reindexed(channel);
}

static void propose(struct reports *reports, struct reports_channel *channel, unsigned at)
{
    struct learner *learner = channel->learner;
    bool used = channel->link->id_rule == CONFIG_ID_LEARN &&
                channel->rules_learned < RULES_PER_CHANNEL - 1;

    if (learner->proposed & 1u << at)
        return;
    reports->gateway->counters.id_rules_proposed++;
    log_warning("link.id_rule", "link=%s rule=%s pairs=%d used=%s", channel->link->name,
                config_id_rule_name(candidates[at]), PAIRS_NEEDED, used ? "yes" : "no");
    memset(learner, 0, sizeof(*learner));
    if (used)
        use_rule(reports, channel, candidates[at]);
    else
        learner->proposed = 1u << at;
}

void reports_learner_puzzle(struct reports *reports, const struct kept_report *report)
{
    struct reports_channel *channel = reports_channel(reports, report->channel);
    uint64_t destination =
        reports_hash_of_destination(report->channel, report->destination);
    unsigned agreed = 0;
    bool comparable = false;
    struct learner *learner = channel->learner;

    if (channel->link == NULL || report->provider_id[0] == 0 || report->destination[0] == 0)
        return;
    if (learner == NULL) {
        learner = channel->learner = calloc(1, sizeof(*learner));
        if (learner == NULL)
            abort();
    }
    for (unsigned i = 0; i < ANSWERS_KEPT; i++) {
        struct answered *answered = &learner->answers[i];

        if (answered->destination != destination)
            continue;
        comparable = true;
        for (unsigned at = 0; at < CANDIDATES; at++) {
            if (!agrees(candidates[at], answered->id, report->provider_id))
                continue;
            agreed |= 1u << at;
            /* A report that comes again is no further pair. */
            learner->pairs[at] += !(answered->agreed & 1u << at);
            answered->agreed |= (uint8_t)(1u << at);
        }
    }
    if (!comparable)
        return;
    for (unsigned at = 0; at < CANDIDATES; at++)
        if (!(agreed & 1u << at))
            learner->pairs[at] = 0;
    for (unsigned at = 0; at < CANDIDATES; at++) {
        if (learner->pairs[at] >= PAIRS_NEEDED && candidates[at] != channel->rule) {
            propose(reports, channel, at);
            return;
        }
    }
}

void reports_load_rule(struct gateway *gateway, const struct store_definition *rule)
{
    struct reports_channel *channel;
    uint32_t number = rule->number / RULES_PER_CHANNEL;
    uint8_t learned = rule->number % RULES_PER_CHANNEL;

    if (number > CATALOG_CHANNELS_MAX)
        return;
    channel = reports_channel(gateway->reports, number);
    if (channel->link == NULL || channel->link->id_rule != CONFIG_ID_LEARN ||
        learned <= channel->rules_learned)
        return;
    channel->rules_learned = learned;
    for (unsigned at = 0; at < CANDIDATES; at++)
        if (strcmp(config_id_rule_name(candidates[at]), rule->name) == 0)
            channel->rule = candidates[at];
}

/* --- what a new rule leaves to be done ---------------------------------------------- */

static void remember_again(struct reports *reports, const struct live *live,
                           uint32_t number)
{
    for (uint16_t i = 0; i < live->message.attempt_count; i++) {
        const struct attempt *attempt = &live->message.attempts[i];

        if (attempt->channel == number && attempt->provider_id[0])
            reports_remember(reports,
                             reports_hash_of_answer(reports, number, attempt->provider_id),
                             live->message.id, gateway_now_ms(reports->gateway));
    }
}

/* All at once: who comes is answered under the new rule. */
static void list_lives(struct reports_channel *channel, const struct gateway *gateway)
{
    size_t count = lives_count(gateway->lives);

    channel->reindexed = malloc((count + 1) * sizeof(*channel->reindexed));
    if (channel->reindexed == NULL)
        abort();
    channel->reindexed_count = live_ids(gateway, channel->reindexed, count);
}

static void reindex(struct reports *reports, struct reports_channel *channel)
{
    if (channel->reindexed == NULL)
        list_lives(channel, reports->gateway);
    for (unsigned i = 0;
         i < LIVES_PER_SWEEP && channel->reindex_at < channel->reindexed_count; i++) {
        const struct live *live =
            live_look(reports->gateway, channel->reindexed[channel->reindex_at++]);

        if (live)
            remember_again(reports, live, channel->number);
    }
    if (channel->reindex_at < channel->reindexed_count)
        return;
    forget_reindexed(channel);
    channel->reindexing = false;
    channel->rematch_left = channel->parked_count;
}

/* Each is taken out and comes in once more. */
static void rematch(struct reports *reports, struct reports_channel *channel)
{
    for (unsigned i = 0; i < REMATCHES_PER_SWEEP && channel->rematch_left > 0; i++) {
        struct kept_report report;
        bool begun;

        channel->rematch_left--;
        if (channel->oldest == NULL)
            continue;
        begun = store_begin(reports->gateway->store, STORE_CONTINUATION);
        assert(begun);
        report = channel->oldest->report;
        reports_unpark(reports, channel->oldest);
        reports_settle_or_park(reports, &report);
        store_end(reports->gateway->store);
    }
}

void reports_follow_rules(struct reports *reports)
{
    for (uint32_t i = 1; i <= reports->channel_last; i++) {
        struct reports_channel *channel = reports->channels[i];

        if (channel && channel->reindexing)
            reindex(reports, channel);
        else if (channel && channel->rematch_left > 0)
            rematch(reports, channel);
    }
}
