/* Everything is checked before anything changes. */
#include "gateway/reload.h"

#include <assert.h>
#include <stdlib.h>

#include "gateway/accounts.h"
#include "gateway/catalog.h"
#include "gateway/config_adopt.h"
#include "gateway/gateway.h"
#include "gateway/limits.h"
#include "gateway/log.h"
#include "gateway/tls.h"

static void reload_certificates(struct gateway *gateway)
{
    struct tls_expiry certificate;
    size_t certificates = 0;
    char error[1400];

    for (size_t at = 0; tls_next_certificate(gateway->tls, &at, &certificate);)
        certificates++;
    if (tls_reload(gateway->tls, error, sizeof(error)))
        log_info("tls.reloaded", "certificates=%zu", certificates);
    else
        log_error("tls.kept", "reason=\"%s\"", error);
}

static struct config *read_anew(const char *path)
{
    struct config_errors errors;
    struct config *fresh = config_load(path, &errors);
    char quoted[CONFIG_LINE_MAX * 2];

    for (size_t i = 0; i < errors.warning_count && i < CONFIG_WARNINGS_MAX; i++)
        log_warning("config.doubtful", "reason=%s",
                    log_quote(errors.warnings[i], quoted, sizeof(quoted)));
    for (size_t i = 0; fresh == NULL && i < errors.count && i < CONFIG_ERRORS_MAX; i++)
        log_error("config.kept", "reason=%s",
                  log_quote(errors.lines[i], quoted, sizeof(quoted)));
    return fresh;
}

/* What was made of the settings before, and is not asked of them each time. */
static void follow(struct gateway *gateway, const bool *passwords)
{
    const struct config *config = gateway->config;

    log_set_level(config->log_level);
    for (size_t i = 0; i < config->account_count; i++) {
        struct account *account = catalog_account_at(gateway->catalog, i);

        account->balance.limit = -config->accounts[i].credit_micro;
        accounts_changed(gateway->accounts, (uint32_t)i, passwords[i]);
    }
    limits_settle(gateway);
}

static enum reload_result take(struct gateway *gateway, struct config *config,
                               struct config *fresh)
{
    bool *passwords = calloc(config->account_count + 1, sizeof(*passwords));

    if (passwords == NULL)
        abort();
    for (size_t i = 0; i < config->account_count; i++)
        passwords[i] = config_password_differs(&config->accounts[i], &fresh->accounts[i]);
    config_adopt(config, fresh);
    follow(gateway, passwords);
    free(passwords);
    log_info("config.reloaded", "file=%s", config->path);
    return RELOAD_DONE;
}

static enum reload_result reload(struct gateway *gateway, struct config *config)
{
    struct config *fresh = read_anew(config->path);
    char room[400], quoted[800];
    const char *why = NULL;

    if (fresh == NULL)
        return RELOAD_REFUSED;
    why = config_may_adopt(config, fresh, room, sizeof(room));
    if (why == NULL && !config_differs(config, fresh)) {
        log_info("config.kept", "reason=\"nothing has changed\"");
        config_free(fresh);
        return RELOAD_SAME;
    }
    if (why == NULL && !catalog_take_prices(gateway->catalog, fresh))
        why = "there are too many prices";
    if (why == NULL)
        return take(gateway, config, fresh);
    log_error("config.kept", "reason=%s", log_quote(why, quoted, sizeof(quoted)));
    config_free(fresh);
    return RELOAD_REFUSED;
}

void gateway_reload(struct gateway *gateway, struct config *config)
{
    assert(config == gateway->config);
    reload_certificates(gateway);
    gateway->counters.reloads[reload(gateway, config)]++;
}
