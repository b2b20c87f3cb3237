/*
 * Secrets of the configuration: where they may stand, and what is asked of them.
 */
#include "gateway/config_build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

enum { SECRET_SIZE = 8192 }; /* a line with its end: tokens that are signed are long */

/* The first line of the file; NULL after a sentence. */
static const char *read_first_line(struct config_build *build,
                                   const struct config_node *node,
                                   const struct config_entry *entry)
{
    const char *path =
        config_memory_path(build->memory, build->config->folder, entry->values[0], "");
    char line[SECRET_SIZE] = "";
    struct stat status;
    FILE *file = config_open(path);

    if (file == NULL || fstat(fileno(file), &status) != 0 || !S_ISREG(status.st_mode)) {
        config_error_in(build->errors, node, entry, "%s '%s' %s%s", entry->name, path,
                        file == NULL ? "cannot be read: " : "is not a file",
                        file == NULL ? strerror(errno) : "");
        if (file != NULL)
            fclose(file);
        return NULL;
    }
    if ((status.st_mode & S_IROTH) != 0)
        config_warning_in(build->errors, node, entry, "everybody can read '%s'", path);
    if (fgets(line, sizeof(line), file) == NULL)
        line[0] = '\0';
    fclose(file);
    if (strlen(line) == sizeof(line) - 1 && strchr(line, '\n') == NULL) {
        config_error_in(build->errors, node, entry,
                        "the first line of '%s' has more than %d octets", path,
                        SECRET_SIZE - 2);
        return NULL;
    }
    line[strcspn(line, "\r\n")] = '\0';
    if (line[0] == '\0') {
        config_error_in(build->errors, node, entry, "the first line of '%s' is empty",
                        path);
        return NULL;
    }
    return config_memory_text(build->memory, line);
}

/* Good for whatever a secret may be of, the key of a webhook too. */
#define OF_NOBODY "whsec_nobodysecret"

/*
 * In the place of a secret that was printed as a mask: else who has seen the mask would
 * know it.
 */
static const char *secret_of_nobody(struct config_build *build)
{
    uint8_t octets[16];
    char text[sizeof(OF_NOBODY) + 2 * sizeof(octets)] = OF_NOBODY;

    if (getrandom(octets, sizeof(octets), 0) != (ssize_t)sizeof(octets))
        abort();
    for (size_t i = 0; i < sizeof(octets); i++)
        snprintf(text + strlen(OF_NOBODY) + 2 * i, 3, "%02x", octets[i]);
    return config_memory_text(build->memory, text);
}

bool config_secret_is_masked(const char *secret)
{
    return strncmp(secret, OF_NOBODY, strlen(OF_NOBODY)) == 0;
}

const char *config_secret(struct config_build *build, const struct config_node *node,
                          const char *key, const char *file_key)
{
    const struct config_entry *plain = config_node_entry(node, key);
    const struct config_entry *file = config_node_entry(node, file_key);

    if (plain != NULL && file != NULL) {
        config_error_in(build->errors, node, file, "%s and %s are both set", key, file_key);
        return NULL;
    }
    if (file != NULL)
        return read_first_line(build, node, file);
    if (plain == NULL)
        return NULL;
    if (strcmp(plain->values[0], CONFIG_MASK) != 0)
        return plain->values[0];
    config_warning_in(build->errors, node, plain, "%s is masked; nobody knows it", key);
    return secret_of_nobody(build);
}

void config_account_password(struct config_build *build, const struct config_node *node,
                             struct config_account *account)
{
    const struct config_entry *hash = config_node_entry(node, "password_hash");
    const struct config_entry *from = config_node_entry(node, "password");
    const char *secret = config_secret(build, node, "password", "password_file");

    if (hash != NULL) {
        if (from != NULL || config_node_entry(node, "password_file") != NULL)
            config_error_in(build->errors, node, hash,
                            "password_hash does not go with password or password_file");
        from = hash;
        secret = hash->values[0];
    } else if (from == NULL) {
        from = config_node_entry(node, "password_file");
        if (from == NULL)
            config_error_in(
                build->errors, node, NULL,
                "password_hash, password_file or (in practice) password is required");
    }
    if (secret == NULL)
        return;
    if (strncmp(secret, "$argon2id$", 10) == 0) {
        account->password_hash = secret;
    } else if (from == hash) {
        account->password_hash = secret;
        if (strcmp(secret, CONFIG_MASK) == 0)
            config_warning_in(build->errors, node, hash,
                              "password_hash is masked; nobody can bind with it");
        else
            config_error_in(build->errors, node, hash,
                            "password_hash must be an argon2id hash, as sluice "
                            "hash-password makes it");
    } else if (!build->config->practice) {
        config_error_in(build->errors, node, from,
                        "a plain password is allowed only with 'practice = true'; give its "
                        "argon2id hash, as sluice hash-password makes it");
    } else {
        account->password = secret;
    }
}
