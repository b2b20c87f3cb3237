/* What a provider answers, and reports, read by the profile of the lab. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/config_tree.h"
#include "gateway/profile.h"
#include "tests/fuzz/fuzz.h"

static const struct profile *lab(void)
{
    static const struct profile *profile;
    static struct config_memory *memory; /* for as long as the program runs */
    const char *source = getenv("SLUICE_SOURCE");
    struct config_errors errors = {0};
    char path[1024];

    if (profile)
        return profile;
    snprintf(path, sizeof(path), "%s/conf/providers/lab.conf", source ? source : ".");
    profile = profile_load(memory = config_memory_new(), path, "lab", &errors);
    assert(profile != NULL);
    return profile;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int statuses[] = {200, 202, 400, 401, 404, 429, 500, 999};
    struct profile_verdict verdict;
    struct profile_report report;

    if (size == 0)
        return 0;
    profile_verdict(lab(), statuses[data[0] % 8], data + 1, size - 1, &verdict);
    assert(memchr(verdict.id, 0, sizeof(verdict.id)) != NULL);
    /* A message is taken only by an answer that says so. */
    assert(verdict.verdict != VERDICT_OK || (data[0] % 8 == 0 && verdict.id[0] != 0));
    if (profile_report(lab(), data + 1, size - 1, &report) == PROFILE_REPORT_OK)
        assert(report.id[0] != 0 || report.ref[0] != 0);
    assert(!profile_signature_ok(lab(), "lab-hook",
                                 &(struct profile_signed){.body = data, .body_size = size}));
    return 0;
}
