/*
 * Files in the form of sluice.conf(5) as a tree of sections, each value a string with the
 * line it stands on; what config_build.c and profile_load.c read their structs from.  This
 * is the only place between libConfuse (config_read.c) and the rest.
 */
#ifndef GATEWAY_CONFIG_TREE_H
#define GATEWAY_CONFIG_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdint.h>

struct config_errors;
struct config_memory;

/* Blocks that are freed together.  Everything of one configuration is in one of these. */
struct config_memory *config_memory_new(void);
void config_memory_free(struct config_memory *memory);
/* Zeroed. */
void *config_memory_take(struct config_memory *memory, size_t size);
const char *config_memory_text(struct config_memory *memory, const char *text);
/* `folder`/`name``ending`; without the folder when the name begins with '/'. */
const char *config_memory_path(struct config_memory *memory, const char *folder,
                               const char *name, const char *ending);

/* As fopen() for reading, but nobody is waited for who would write into a pipe.  NULL:
 * errno says why. */
FILE *config_open(const char *path);

/* What a section may hold: its shape.  A list of shapes is a grammar; its first is the
 * file. */
struct config_shape {
    const char *name;
    const char *parent; /* NULL: the file itself */
    bool titled;
    const char **keys; /* ends with NULL */
};

/* `name = value` or `name = {value, ...}`. */
struct config_entry {
    const char *name;
    const char **values;
    size_t value_count;
    int line;
    struct config_entry *next;
};

struct config_node {
    const char *section; /* name of its shape */
    const char *title;   /* NULL without */
    const char *file;
    int line;
    struct config_entry *entries;
    struct config_node *children; /* in the order of the file */
    struct config_node *last_child;
    struct config_node *next;
    struct config_node *parent;
};

/*
 * Reads `path` and what it includes (globs relative to its folder) into one tree.
 * Syntax, unknown names, repeated names and titles are told to `errors`.  NULL when some
 * text could not be read to its end: what it seems to lack would then be no news.
 */
struct config_node *config_tree_read(struct config_memory *memory, const char *path,
                                     const struct config_shape *grammar, size_t shape_count,
                                     struct config_errors *errors);

/* NULL when the section does not say it. */
const struct config_entry *config_node_entry(const struct config_node *node,
                                             const char *name);

/* The next child of that section after `previous` (NULL: the first); NULL at the end. */
const struct config_node *config_node_child(const struct config_node *node,
                                            const char *section,
                                            const struct config_node *previous);
size_t config_node_count(const struct config_node *node, const char *section);

/* Adds "file:line: sentence".  `line` 0 leaves it out. */
void config_error_at(struct config_errors *errors, const char *file, int line,
                     const char *sentence, ...) __attribute__((format(printf, 4, 5)));
void config_warning_at(struct config_errors *errors, const char *file, int line,
                       const char *sentence, ...) __attribute__((format(printf, 4, 5)));

/* At a section or one of its entries (NULL: the section's own line), naming the section. */
void config_error_in(struct config_errors *errors, const struct config_node *node,
                     const struct config_entry *entry, const char *sentence, ...)
    __attribute__((format(printf, 4, 5)));
void config_warning_in(struct config_errors *errors, const struct config_node *node,
                       const struct config_entry *entry, const char *sentence, ...)
    __attribute__((format(printf, 4, 5)));

/* The name of the list most like `name`, NULL when none is near.  The list ends with NULL.
 */
const char *config_nearest(const char *name, const char *const *names);

#endif
