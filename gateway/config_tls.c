/*
 * The tls sections of listeners and links.  The files they name are looked for here; what
 * is in them is tls.c's.
 */
#include "gateway/config_build.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "gateway/config_rows.h"
#include "gateway/config_value.h"

/* Symbolic links stay: to point one at another file is how certificates are renewed. */
const char *config_tls_path(struct config_build *build, const struct config_node *node,
                            const char *key)
{
    const struct config_entry *entry = config_node_entry(node, key);
    char path[PATH_MAX + 1024];
    char *folder;
    struct stat status;
    FILE *file;

    if (entry == NULL || entry->values[0][0] == '\0')
        return "";
    folder = entry->values[0][0] == '/' ? NULL : realpath(build->config->folder, NULL);
    snprintf(path, sizeof(path), "%s%s%s", folder != NULL ? folder : "",
             folder != NULL ? "/" : "", entry->values[0]);
    free(folder);
    file = config_open(path);
    if (file == NULL) {
        config_error_in(build->errors, node, entry, "%s '%s' cannot be read: %s", key, path,
                        strerror(errno));
        return "";
    }
    if (fstat(fileno(file), &status) != 0 || !S_ISREG(status.st_mode))
        config_error_in(build->errors, node, entry, "%s '%s' is not a file", key, path);
    fclose(file);
    return config_memory_text(build->memory, path);
}

static void warn_of_readers(struct config_build *build, const struct config_node *node,
                            const char *key)
{
    struct stat status;

    if (key[0] != '\0' && stat(key, &status) == 0 && (status.st_mode & S_IROTH) != 0)
        config_warning_in(build->errors, node, config_node_entry(node, "key"),
                          "everybody can read '%s'", key);
}

static void refuse(struct config_build *build, const struct config_node *node,
                   const char *key, const char *sentence)
{
    const struct config_entry *entry = config_node_entry(node, key);

    if (entry != NULL)
        config_error_in(build->errors, node, entry, "%s", sentence);
}

void config_tls_check_name(struct config_build *build, const struct config_node *node,
                           const char *key)
{
    const char *name = config_build_word(node, key);

    if (name != NULL && name[0] == '.')
        config_error_in(build->errors, node, config_node_entry(node, key),
                        "%s is one name; '%s' would be all below a domain", key, name);
}

/* The section of `parent`; NULL without one. */
static const struct config_node *build_section(struct config_build *build,
                                               const struct config_node *parent,
                                               const char *ca_key, struct config_tls *tls)
{
    const struct config_node *node = config_node_child(parent, "tls", NULL);
    const struct config_node *again;

    tls->certificate = tls->key = tls->ca = tls->crl = tls->name = "";
    if (node == NULL)
        return NULL;
    again = config_node_child(parent, "tls", node);
    if (again != NULL)
        config_error_in(build->errors, again, NULL, "there is one already, on line %d",
                        node->line);
    tls->on = true;
    config_build_rows(build, node, tls);
    tls->certificate = config_tls_path(build, node, "certificate");
    tls->key = config_tls_path(build, node, "key");
    tls->ca = config_tls_path(build, node, ca_key);
    tls->crl = config_tls_path(build, node, "crl");
    warn_of_readers(build, node, tls->key);
    if ((config_node_entry(node, "certificate") == NULL) !=
        (config_node_entry(node, "key") == NULL))
        config_error_in(build->errors, node, NULL, "certificate and key go together");
    return node;
}

/* Who asks for no certificate would not look for it in a list. */
static void check_lists(struct config_build *build, const struct config_node *node,
                        const struct config_tls *tls)
{
    const struct config_entry *entry = config_node_entry(node, "crl");

    if (entry != NULL && tls->verify == CONFIG_VERIFY_NO)
        config_error_in(build->errors, node, entry,
                        "crl is of certificates that are verified, and none is");
}

void config_tls_of_listen(struct config_build *build, const struct config_node *parent,
                          struct config_listen *listen)
{
    const struct config_node *node =
        build_section(build, parent, "client_ca", &listen->tls);

    if (node == NULL)
        return;
    refuse(build, node, "ca", "ca is of links; a listener has client_ca");
    refuse(build, node, "name", "name is of links; an account has client_certificate");
    if (config_node_entry(node, "certificate") == NULL)
        config_error_in(build->errors, node, NULL, "certificate and key are required");
    if (config_node_entry(node, "client_ca") == NULL) {
        if (config_node_entry(node, "verify") != NULL &&
            listen->tls.verify != CONFIG_VERIFY_NO)
            config_error_in(build->errors, node, config_node_entry(node, "verify"),
                            "client_ca must name the authorities to verify with");
        listen->tls.verify = CONFIG_VERIFY_NO;
    }
    check_lists(build, node, &listen->tls);
}

void config_tls_of_link(struct config_build *build, const struct config_node *parent,
                        struct config_link *link)
{
    const struct config_node *node = build_section(build, parent, "ca", &link->tls);
    const char *name;

    if (node == NULL)
        return;
    refuse(build, node, "client_ca", "client_ca is of listeners; a link has ca");
    config_tls_check_name(build, node, "name");
    name = config_build_word(node, "name");
    link->tls.name = name != NULL && name[0] != '\0' ? name : link->hosts[0].host;
    if (link->host_count > 1 && link->tls.name == link->hosts[0].host)
        config_error_in(build->errors, node, NULL,
                        "with several hosts, tls needs the name that their certificates "
                        "must have");
    if (link->tls.verify == CONFIG_VERIFY_OPTIONAL)
        config_error_in(build->errors, node, config_node_entry(node, "verify"),
                        "an operator always shows a certificate: required or no");
    if (link->tls.verify == CONFIG_VERIFY_NO)
        config_warning_in(build->errors, node, config_node_entry(node, "verify"),
                          "whoever answers at the address is taken for the operator");
    check_lists(build, node, &link->tls);
}

static void print_path(const char *key, const char *path, int indent, FILE *out)
{
    if (path[0] == '\0')
        return;
    fprintf(out, "%*s%s = ", indent, "", key);
    config_text_print(path, out);
    fputc('\n', out);
}

void config_tls_print(const struct config_tls *tls, bool is_link, int indent, FILE *out)
{
    if (!tls->on)
        return;
    fprintf(out, "%*stls {\n", indent, "");
    print_path("certificate", tls->certificate, indent + 2, out);
    print_path("key", tls->key, indent + 2, out);
    print_path(is_link ? "ca" : "client_ca", tls->ca, indent + 2, out);
    print_path("crl", tls->crl, indent + 2, out);
    print_path("name", tls->name, indent + 2, out);
    config_section_print(config_keys, config_key_count, "tls", tls, indent + 2, out);
    fprintf(out, "%*s}\n", indent, "");
}
