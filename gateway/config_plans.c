/*
 * Plans, rules and prices of the configuration: the sections that name others.
 */
#include "gateway/config_build.h"

#include <string.h>

#include "gateway/config_value.h"
#include "gateway/profile.h"
#include "routing/plan.h"

static void way_named(struct config_build *build, const struct config_node *node,
                      const struct config_entry *entry, const char *name,
                      struct config_way *out)
{
    const struct config *config = build->config;
    int link = config_find_link(config, name);

    out->name = name;
    if (link >= 0) {
        out->is_link = true;
        out->index = (size_t)link;
        return;
    }
    for (size_t i = 0; i < config->channel_count; i++)
        if (strcmp(config->channels[i].name, name) == 0) {
            out->index = i;
            return;
        }
    config_build_unknown(build, node, entry, "link or channel", name,
                         config_build_titles(build, "link", "channel"));
}

enum config_proof config_proof_of(const struct config *config, const struct config_way *way)
{
    if (way->is_link)
        return config->links[way->index].receipts ? CONFIG_DELIVERED : CONFIG_ACCEPTED;
    return config->channels[way->index].profile->proves;
}

static const char *proof_name(enum config_proof proof)
{
    static const char *const names[] = {"acceptance", "delivery", "reading"};

    return names[proof];
}

enum { WEIGHT_MAX = 1000 };

/* "name" or "name:weight". */
static void weighted_way(struct config_build *build, const struct config_node *node,
                         const struct config_entry *entry, const char *said,
                         const struct config_step *step, struct config_way *out)
{
    const char *colon = strrchr(said, ':');
    size_t size = colon != NULL ? (size_t)(colon - said) : strlen(said);
    char *name = config_memory_take(build->memory, size + 1);
    int64_t weight = 1;

    memcpy(name, said, size);
    way_named(build, node, entry, name, out);
    if (colon != NULL &&
        (!config_integer_parse(colon + 1, &weight) || weight < 1 || weight > WEIGHT_MAX))
        config_error_in(build->errors, node, entry,
                        "the weight of '%s' must be 1 to %d; not '%.20s'", name, WEIGHT_MAX,
                        colon + 1);
    else if (colon != NULL && step->choose != CONFIG_CHOOSE_WEIGHT)
        config_error_in(build->errors, node, entry,
                        "the weight of '%s' counts only with choose = \"weight\"", name);
    out->weight = (uint32_t)weight;
}

static void build_step(struct config_build *build, const struct config_node *node,
                       const struct config_plan *plan, bool is_last,
                       struct config_step *step)
{
    const struct config_entry *ways = config_node_entry(node, "channels");
    size_t errors_before = build->errors->count;

    step->name = config_build_name(build, node);
    config_build_rows(build, node, step);
    if (step->within_ms == 0 && is_last)
        step->within_ms = plan->deadline_ms;
    if (step->within_ms == 0)
        config_error_in(
            build->errors, node, NULL,
            "within is required; only the last step may leave it to the deadline");
    if (step->enter_within_ms == 0)
        step->enter_within_ms = step->within_ms;
    if (ways == NULL)
        return; /* told as required */
    step->way_count = ways->value_count;
    if (step->way_count > PLAN_WAYS_MAX)
        config_error_in(build->errors, node, ways, "channels takes at most %d",
                        PLAN_WAYS_MAX);
    step->ways = config_memory_take(build->memory, step->way_count * sizeof(*step->ways));
    for (size_t i = 0; i < step->way_count; i++)
        weighted_way(build, node, ways, ways->values[i], step, &step->ways[i]);
    for (size_t i = 0; i < step->way_count && build->errors->count == errors_before; i++) {
        const struct config_way *way = &step->ways[i];

        if (step->way_count > 1 && !way->is_link)
            config_error_in(build->errors, node, ways,
                            "a step has one channel, or several links; '%s' is no link",
                            way->name);

        if (!way->is_link && build->config->channels[way->index].profile == NULL)
            continue; /* told there */
        if (step->until > config_proof_of(build->config, way))
            config_error_in(build->errors, node, config_node_entry(node, "until"),
                            "'%s' cannot prove %s; it proves %s at most", way->name,
                            proof_name(step->until),
                            proof_name(config_proof_of(build->config, way)));
    }
}

void config_build_plans(struct config_build *build)
{
    struct config *config = build->config;
    const struct config_node *node = NULL;
    struct config_plan *plan = config->plans =
        config_build_take(build, build->root, "plan", sizeof(*plan), &config->plan_count);

    for (; (node = config_node_child(build->root, "plan", node)) != NULL; plan++) {
        const struct config_node *child = NULL;
        struct config_step *step;

        plan->name = config_build_name(build, node);
        config_build_rows(build, node, plan);
        step = plan->steps =
            config_build_take(build, node, "step", sizeof(*step), &plan->step_count);
        if (plan->step_count == 0 || plan->step_count > PLAN_STEPS_MAX)
            config_error_in(build->errors, node, NULL, "a plan has 1 to %d steps",
                            PLAN_STEPS_MAX);
        for (; (child = config_node_child(node, "step", child)) != NULL; step++) {
            bool is_last = config_node_child(node, "step", child) == NULL;

            build_step(build, child, plan, is_last, step);
            for (size_t i = 0; i < step->way_count; i++)
                plan->collects = plan->collects || !step->ways[i].is_link;
        }
    }
}

void config_build_rules(struct config_build *build)
{
    struct config *config = build->config;
    const struct config_node *node = NULL;
    struct config_rule *rule = config->rules =
        config_build_take(build, build->root, "rule", sizeof(*rule), &config->rule_count);

    for (; (node = config_node_child(build->root, "rule", node)) != NULL; rule++) {
        const char *account = config_build_word(node, "account");
        const char *plan = config_build_word(node, "plan");

        config_build_rows(build, node, rule);
        config_reach_build(build, node, rule->prefix, &rule->reach);
        rule->source = config_build_digits(build, rule->source);
        rule->any_account = account == NULL || strcmp(account, "*") == 0;
        if (!rule->any_account)
            rule->account = config_build_account(
                build, node, config_node_entry(node, "account"), account);
        if (plan != NULL)
            rule->plan =
                config_build_plan(build, node, config_node_entry(node, "plan"), plan);
    }
}

void config_build_prices(struct config_build *build)
{
    struct config *config = build->config;
    const struct config_node *node = NULL;
    struct config_price *price = config->prices = config_build_take(
        build, build->root, "price", sizeof(*price), &config->price_count);

    for (; (node = config_node_child(build->root, "price", node)) != NULL; price++) {
        const char *account = config_build_word(node, "account");
        const char *channel = config_build_word(node, "channel");

        config_build_rows(build, node, price);
        config_reach_build(build, node, price->prefix, &price->reach);
        price->any_account = account == NULL || strcmp(account, "*") == 0;
        if (!price->any_account && price->side == CONFIG_BUY)
            config_error_in(build->errors, node, config_node_entry(node, "account"),
                            "what we buy has no account");
        else if (!price->any_account)
            price->account = config_build_account(
                build, node, config_node_entry(node, "account"), account);
        price->channel.name = "";
        if (channel != NULL && strcmp(channel, "*") != 0)
            way_named(build, node, config_node_entry(node, "channel"), channel,
                      &price->channel);
    }
}
