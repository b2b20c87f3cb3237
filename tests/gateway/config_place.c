#include "tests/gateway/config_place.h"

#include <stdlib.h>
#include <unistd.h>

#include "tests/test.h"

int config_place_enter(void **state)
{
    struct config_place *place = calloc(1, sizeof(*place));
    const char *source = getenv("SLUICE_SOURCE");
    char providers[PATH_MAX + 32];

    if (place == NULL || realpath(source != NULL ? source : ".", place->source) == NULL)
        return -1;
    snprintf(place->folder, sizeof(place->folder), "/tmp/sluice-config-XXXXXX");
    if (mkdtemp(place->folder) == NULL || chdir(place->folder) != 0)
        return -1;
    snprintf(providers, sizeof(providers), "%s/conf/providers", place->source);
    *state = place;
    return symlink(providers, "providers");
}

int config_place_leave(void **state)
{
    struct config_place *place = *state;
    static const char *const left[] = {"providers", "t.conf", "u.conf", "secret",
                                       "own.conf"};

    for (size_t i = 0; i < ROWS(left); i++)
        (void)unlink(left[i]);
    if (chdir(place->source) != 0)
        return -1;
    (void)rmdir(place->folder);
    free(place);
    return 0;
}

void config_place_write(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

struct config *config_place_load(const char *text, struct config_errors *errors)
{
    config_place_write("t.conf", text);
    return config_load("t.conf", errors);
}

struct config *config_place_load_lab(void **state)
{
    const struct config_place *place = *state;
    struct config_errors errors;
    char path[PATH_MAX + 32];
    struct config *config;

    snprintf(path, sizeof(path), "%s/conf/lab.conf", place->source);
    config = config_load(path, &errors);
    if (config == NULL)
        fail_msg("%s", errors.lines[0]);
    return config;
}
