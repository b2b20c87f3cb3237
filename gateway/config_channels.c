/*
 * Channels of a configuration, each with the profile that it names.
 */
#include "gateway/config_build.h"

#include <stdio.h>
#include <string.h>

#include "gateway/profile.h"

/* Loaded once, however many channels name it. */
static const struct profile *profile_named(struct config_build *build,
                                           const struct config_channel *channel)
{
    const struct config *config = build->config;

    for (const struct config_channel *other = config->channels; other < channel; other++)
        if (other->profile != NULL &&
            strcmp(other->profile_name, channel->profile_name) == 0)
            return other->profile;
    return profile_load(build->memory,
                        config_memory_path(build->memory, config->providers,
                                           channel->profile_name, ".conf"),
                        channel->profile_name, build->errors);
}

static void build_channel(struct config_build *build, const struct config_node *node,
                          struct config_channel *channel)
{
    const char *label = config_build_word(node, "label");

    channel->name = config_build_name(build, node);
    config_build_rows(build, node, channel);
    channel->label = label != NULL ? label : channel->name;
    channel->token = config_secret(build, node, "token", "token_file");
    channel->key = config_secret(build, node, "key", "key_file");
    if (channel->token == NULL)
        channel->token = "";
    if (channel->key == NULL)
        channel->key = "";
    channel->profile_name = config_build_word(node, "profile");
    if (channel->profile_name == NULL)
        return; /* told as required */
    if (strchr(channel->profile_name, '/') != NULL) {
        config_error_in(build->errors, node, config_node_entry(node, "profile"),
                        "profile is the name of a file in the folder 'providers' names");
        return;
    }
    channel->profile = profile_named(build, channel);
    if (channel->profile == NULL)
        return;
    if (channel->timeout_ms == 0)
        channel->timeout_ms = channel->profile->timeout_ms;
    if (channel->ttl_min_ms == 0)
        channel->ttl_min_ms = channel->profile->ttl_min_ms;
    if (channel->profile->auth != PROFILE_AUTH_NONE && channel->token[0] == '\0')
        config_error_in(build->errors, node, NULL, "profile '%s' needs token or token_file",
                        channel->profile_name);
    if (channel->profile->signature_header[0] != '\0' && channel->key[0] == '\0')
        config_error_in(build->errors, node, NULL, "profile '%s' needs key or key_file",
                        channel->profile_name);
}

void config_build_channels(struct config_build *build)
{
    struct config *config = build->config;
    const struct config_node *node = NULL;
    struct config_channel *channel = config->channels = config_build_take(
        build, build->root, "channel", sizeof(*channel), &config->channel_count);

    for (; (node = config_node_child(build->root, "channel", node)) != NULL; channel++) {
        build_channel(build, node, channel);
        if (config_find_link(config, channel->name) >= 0)
            config_error_in(build->errors, node, NULL,
                            "there is a link of this name; a step could mean both");
    }
}
