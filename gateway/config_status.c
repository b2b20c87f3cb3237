/*
 * What a link does with each error status of submit_sm_resp: the file's on_status sections
 * over a table of defaults.
 */
#include "gateway/config_build.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/config_rows.h"
#include "gateway/config_value.h"
#include "smpp/command.h"

#define HALF_MINUTES 30000, 30000, 30000, 30000, 30000

/*
 * Statuses most operators mean the same by.  0x14 speaks of one message's queue and 0x58
 * of the whole bind, so only the latter stops the link; 0x0A and 0x0B may be another
 * operator's number; what speaks of fields is our configuration's fault.
 *
 * Status, action, delays and how many, alarm, bad number.
 */
static const struct config_on_status defaults[] = {
    {ESME_RINVBNDSTS,       CONFIG_ACTION_REBIND, {0},                          0, true,  false},
    {ESME_RSYSERR,          CONFIG_ACTION_RETRY,  {HALF_MINUTES},               5, false, false},
    {ESME_RINVSRCADR,       CONFIG_ACTION_NEXT,   {0},                          0, false, false},
    {ESME_RINVDSTADR,       CONFIG_ACTION_NEXT,   {0},                          0, false, true },
    {ESME_RMSGQFUL,         CONFIG_ACTION_RETRY,  {5000, 15000, 45000, 135000}, 4, false, false},
    {ESME_RINVSERTYP,       CONFIG_ACTION_FAIL,   {0},                          0, true,  false},
    {ESME_RINVESMCLASS,     CONFIG_ACTION_FAIL,   {0},                          0, true,  false},
    {ESME_RSUBMITFAIL,      CONFIG_ACTION_RETRY,  {60000, 60000, 60000},        3, false, false},
    {ESME_RINVSRCTON,       CONFIG_ACTION_FAIL,   {0},                          0, true,  false},
    {ESME_RINVSRCNPI,       CONFIG_ACTION_FAIL,   {0},                          0, true,  false},
    {ESME_RINVDSTTON,       CONFIG_ACTION_FAIL,   {0},                          0, true,  false},
    {ESME_RINVDSTNPI,       CONFIG_ACTION_FAIL,   {0},                          0, true,  false},
    {ESME_RTHROTTLED,       CONFIG_ACTION_PAUSE,  {1000, 30000},                2, false, false},
    {ESME_RINVSCHED,        CONFIG_ACTION_FAIL,   {0},                          0, true,  false},
    {ESME_RX_T_APPN,        CONFIG_ACTION_RETRY,  {HALF_MINUTES},               5, false, false},
    {ESME_RQUERYFAIL,       CONFIG_ACTION_RETRY,  {60000, 60000, 60000},        3, false, false},
    {ESME_RMISSINGOPTPARAM, CONFIG_ACTION_FAIL,   {0},                          0, true,  false},
    {ESME_RINVOPTPARAMVAL,  CONFIG_ACTION_FAIL,   {0},                          0, true,  false},
    {ESME_RDELIVERYFAILURE, CONFIG_ACTION_RETRY,  {60000, 60000, 60000},        3, false, false},
    {ESME_RUNKNOWNERR,      CONFIG_ACTION_RETRY,  {60000, 60000, 60000},        3, false, false},
};

enum { DEFAULTS = sizeof(defaults) / sizeof(defaults[0]), DELAY_MAX_MS = 86400000 };

#define OTHER_STATUS "other"

/* "0x58", "88" or "ESME_RTHROTTLED". */
static bool parse_status(const char *text, uint32_t *out)
{
    static const struct {
        const char *name;
        uint32_t status;
    } names[] = {
#define STATUS(value, name, meaning) {#name, name},
#include "smpp/status.def"
#undef STATUS
    };
    char *end;
    unsigned long value;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(names[i].name, text) == 0) {
            *out = names[i].status;
            return true;
        }
    }
    value = strtoul(text, &end, 0);
    if (*text < '0' || *text > '9' || *end != '\0' || value == 0 || value > UINT32_MAX)
        return false;
    *out = (uint32_t)value;
    return true;
}

static void read_delays(struct config_build *build, const struct config_node *node,
                        struct config_on_status *row)
{
    static const struct {
        size_t fewest;
        size_t most;
    } counts[] = {
        [CONFIG_ACTION_PAUSE] = {1, 2                },
          [CONFIG_ACTION_RETRY] = {1, CONFIG_DELAYS_MAX},
        [CONFIG_ACTION_FAIL] = {0, 0                },
          [CONFIG_ACTION_NEXT] = {0, 0                },
        [CONFIG_ACTION_REBIND] = {0, 0                },
    };
    const struct config_entry *delays = config_node_entry(node, "delays");
    size_t count = delays != NULL ? delays->value_count : 0;

    if (count < counts[row->action].fewest || count > counts[row->action].most) {
        config_error_in(build->errors, node, delays,
                        "pause takes one or two delays, retry 1 to %d, the others none",
                        CONFIG_DELAYS_MAX);
        return;
    }
    for (size_t i = 0; i < count; i++)
        if (!config_duration_parse(delays->values[i], &row->delays_ms[i]) ||
            row->delays_ms[i] > DELAY_MAX_MS)
            config_error_in(build->errors, node, delays,
                            "delays must be durations such as \"1s\" up to 1d; not '%.40s'",
                            delays->values[i]);
    row->delay_count = count;
}

static struct config_on_status *find(struct config_link *link, uint32_t status)
{
    for (size_t i = 0; i < link->on_status_count; i++)
        if (link->on_status[i].status == status)
            return &link->on_status[i];
    return NULL;
}

static int by_status(const void *a, const void *b)
{
    const struct config_on_status *left = a, *right = b;

    return (left->status > right->status) - (left->status < right->status);
}

void config_on_status_build(struct config_build *build, const struct config_node *node,
                            struct config_link *link)
{
    size_t said = config_node_count(node, "on_status");
    const struct config_node *child = NULL;
    bool other_said = false;

    link->on_status =
        config_memory_take(build->memory, (said + DEFAULTS) * sizeof(*defaults));
    link->on_other.action = CONFIG_ACTION_FAIL;
    while ((child = config_node_child(node, "on_status", child)) != NULL) {
        struct config_on_status row = {0};

        config_section_read(build->memory, config_keys, config_key_count, child, &row,
                            build->errors);
        read_delays(build, child, &row);
        if (strcmp(child->title, OTHER_STATUS) == 0) {
            link->on_other = row;
            other_said = true;
        } else if (!parse_status(child->title, &row.status)) {
            config_error_in(build->errors, child, NULL,
                            "a status is a number such as 0x58, a name such as "
                            "ESME_RTHROTTLED, or other");
        } else if (find(link, row.status) != NULL) {
            config_error_in(build->errors, child, NULL,
                            "this status has a section already");
        } else {
            link->on_status[link->on_status_count++] = row;
        }
    }
    for (size_t i = 0; i < DEFAULTS && !other_said; i++)
        if (find(link, defaults[i].status) == NULL)
            link->on_status[link->on_status_count++] = defaults[i];
    qsort(link->on_status, link->on_status_count, sizeof(*link->on_status), by_status);
}

const struct config_on_status *config_link_on_status(const struct config_link *link,
                                                     uint32_t status)
{
    const struct config_on_status key = {.status = status};
    const struct config_on_status *row = NULL;

    if (link->on_status_count > 0)
        row = bsearch(&key, link->on_status, link->on_status_count, sizeof(key), by_status);
    return row != NULL ? row : &link->on_other;
}
