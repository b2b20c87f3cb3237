/*
 * The tree of a configuration: memory, look-ups, sentences about what is wrong.  How the
 * text becomes the tree is config_read.c's business.
 */
#include "gateway/config_tree.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/config.h"

struct memory_block {
    struct memory_block *next;
    max_align_t data[];
};

struct config_memory {
    struct memory_block *blocks;
};

struct config_memory *config_memory_new(void)
{
    struct config_memory *memory = calloc(1, sizeof(*memory));

    if (memory == NULL)
        abort();
    return memory;
}

void config_memory_free(struct config_memory *memory)
{
    if (memory == NULL)
        return;
    while (memory->blocks != NULL) {
        struct memory_block *block = memory->blocks;

        memory->blocks = block->next;
        free(block);
    }
    free(memory);
}

void *config_memory_take(struct config_memory *memory, size_t size)
{
    struct memory_block *block = calloc(1, sizeof(*block) + size);

    if (block == NULL)
        abort();
    block->next = memory->blocks;
    memory->blocks = block;
    return block->data;
}

const char *config_memory_text(struct config_memory *memory, const char *text)
{
    size_t size = strlen(text) + 1;

    return memcpy(config_memory_take(memory, size), text, size);
}

const char *config_memory_path(struct config_memory *memory, const char *folder,
                               const char *name, const char *ending)
{
    size_t size = strlen(folder) + strlen(name) + strlen(ending) + 2;
    char *path = config_memory_take(memory, size);

    snprintf(path, size, "%s%s%s%s", name[0] == '/' ? "" : folder,
             name[0] == '/' ? "" : "/", name, ending);
    return path;
}

const struct config_entry *config_node_entry(const struct config_node *node,
                                             const char *name)
{
    for (const struct config_entry *entry = node->entries; entry; entry = entry->next)
        if (strcmp(entry->name, name) == 0)
            return entry;
    return NULL;
}

const struct config_node *config_node_child(const struct config_node *node,
                                            const char *section,
                                            const struct config_node *previous)
{
    const struct config_node *child = previous ? previous->next : node->children;

    while (child != NULL && strcmp(child->section, section) != 0)
        child = child->next;
    return child;
}

size_t config_node_count(const struct config_node *node, const char *section)
{
    const struct config_node *child = NULL;
    size_t count = 0;

    while ((child = config_node_child(node, section, child)) != NULL)
        count++;
    return count;
}

__attribute__((format(printf, 4, 0))) static void write_line(char line[CONFIG_LINE_MAX],
                                                             const char *file, int number,
                                                             const char *sentence,
                                                             va_list values)
{
    int used = number > 0 ? snprintf(line, CONFIG_LINE_MAX, "%s:%d: ", file, number)
                          : snprintf(line, CONFIG_LINE_MAX, "%s: ", file);

    if (used > 0 && used < CONFIG_LINE_MAX)
        vsnprintf(line + used, (size_t)(CONFIG_LINE_MAX - used), sentence, values);
}

__attribute__((format(printf, 5, 0))) static void add(struct config_errors *errors,
                                                      bool warning, const char *file,
                                                      int line, const char *sentence,
                                                      va_list values)
{
    if (warning) {
        if (errors->warning_count < CONFIG_WARNINGS_MAX)
            write_line(errors->warnings[errors->warning_count], file, line, sentence,
                       values);
        errors->warning_count++;
    } else {
        if (errors->count < CONFIG_ERRORS_MAX)
            write_line(errors->lines[errors->count], file, line, sentence, values);
        errors->count++;
    }
}

__attribute__((format(printf, 5, 0))) static void
add_in(struct config_errors *errors, bool warning, const struct config_node *node,
       const struct config_entry *entry, const char *sentence, va_list values)
{
    char text[CONFIG_LINE_MAX];
    int line = entry != NULL ? entry->line : node->line;

    vsnprintf(text, sizeof(text), sentence, values);
    void (*tell)(struct config_errors *, const char *, int, const char *, ...) =
        warning ? config_warning_at : config_error_at;
    if (node->parent == NULL)
        tell(errors, node->file, line, "%s", text);
    else if (node->title == NULL)
        tell(errors, node->file, line, "%s: %s", node->section, text);
    else
        tell(errors, node->file, line, "%s '%s': %s", node->section, node->title, text);
}

void config_error_at(struct config_errors *errors, const char *file, int line,
                     const char *sentence, ...)
{
    va_list values;

    va_start(values, sentence);
    add(errors, false, file, line, sentence, values);
    va_end(values);
}

void config_warning_at(struct config_errors *errors, const char *file, int line,
                       const char *sentence, ...)
{
    va_list values;

    va_start(values, sentence);
    add(errors, true, file, line, sentence, values);
    va_end(values);
}

void config_error_in(struct config_errors *errors, const struct config_node *node,
                     const struct config_entry *entry, const char *sentence, ...)
{
    va_list values;

    va_start(values, sentence);
    add_in(errors, false, node, entry, sentence, values);
    va_end(values);
}

void config_warning_in(struct config_errors *errors, const struct config_node *node,
                       const struct config_entry *entry, const char *sentence, ...)
{
    va_list values;

    va_start(values, sentence);
    add_in(errors, true, node, entry, sentence, values);
    va_end(values);
}

enum { NAME_MAX_COMPARED = 40 };

/* Levenshtein's distance. */
static size_t distance(const char *a, const char *b)
{
    size_t row[NAME_MAX_COMPARED + 1];
    size_t a_length = strlen(a), b_length = strlen(b);

    if (a_length > NAME_MAX_COMPARED || b_length > NAME_MAX_COMPARED)
        return SIZE_MAX;
    for (size_t j = 0; j <= b_length; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
            size_t shorter = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;

            diagonal = row[j];
            row[j] = replaced < shorter ? replaced : shorter;
        }
    }
    return row[b_length];
}

const char *config_nearest(const char *name, const char *const *names)
{
    const char *nearest = NULL;
    size_t limit = strlen(name) / 3 + 1; /* "hots" for "host" is two changes */
    size_t best = limit + 1;

    if (limit == 1)
        best = 2;
    for (; *names != NULL; names++) {
        size_t changes = distance(name, *names);

        if (changes < best) {
            best = changes;
            nearest = *names;
        }
    }
    return nearest;
}
