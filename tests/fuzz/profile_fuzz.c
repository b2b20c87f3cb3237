/* What a provider answers, and reports, read by the profile of the lab; and by one that
 * reports several at once. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/config_tree.h"
#include "gateway/profile.h"
#include "tests/fuzz/fuzz.h"

static struct profile *read_lab(struct config_memory *memory)
{
    struct profile *profile;
    const char *source = getenv("SLUICE_SOURCE");
    struct config_errors errors = {0};
    char path[1024];

    snprintf(path, sizeof(path), "%s/conf/providers/lab.conf", source ? source : ".");
    profile = profile_load(memory, path, "lab", &errors);
    assert(profile != NULL);
    return profile;
}

static void on_report(void *owner, enum profile_report_result result,
                      const struct profile_report *report)
{
    ++*(size_t *)owner;
    assert(result != PROFILE_REPORT_OK || report->id[0] != 0 || report->ref[0] != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int statuses[] = {200, 202, 400, 401, 404, 429, 500, 999};
    static struct config_memory *memory; /* for as long as the program runs */
    static struct profile *lab, *several;
    struct profile_verdict verdict;
    size_t count = 0;

    if (lab == NULL) {
        memory = config_memory_new();
        lab = read_lab(memory);
        several = read_lab(memory);
        several->report_each = "r.*.s.*";
    }
    if (size == 0)
        return 0;
    profile_verdict(lab, statuses[data[0] % 8], data + 1, size - 1, &verdict);
    assert(memchr(verdict.id, 0, sizeof(verdict.id)) != NULL);
    /* A message is taken only by an answer that says so. */
    assert(verdict.verdict != VERDICT_OK || (data[0] % 8 == 0 && verdict.id[0] != 0));
    if (profile_reports(lab, data + 1, size - 1, on_report, &count) == PROFILE_REPORT_OK)
        assert(count == 1);
    count = 0;
    if (profile_reports(several, data + 1, size - 1, on_report, &count) !=
        PROFILE_REPORT_OK)
        assert(count == 0);
    assert(!profile_signature_ok(
        lab, "lab-hook", &(struct profile_signed){.body = data, .body_size = size}));
    return 0;
}
