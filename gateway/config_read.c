/*
 * The text of a configuration made a tree: the one file that knows libConfuse.
 *
 * The library reads the tokens and the nesting of what config_text.c has gone over;
 * meaning, defaults and limits are others'.
 *
 * It stops at the first name it does not know.  To find the others too, that name is
 * noted, tolerated, and the file is read again.
 *
 * A file that includes others is read to its end first.
 */
#include "gateway/config_tree.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <confuse.h>

#include "gateway/config.h"
#include "gateway/config_text.h"

enum {
    FILE_MAX_BYTES = 4 * 1024 * 1024,
    FILES_MAX = 100,
    TOLERATED_MAX = CONFIG_ERRORS_MAX,
};

struct reader {
    struct config_memory *memory;
    const struct config_shape *grammar;
    size_t shape_count;
    struct config_errors *errors;
    struct config_node *root;

    const char *files[FILES_MAX]; /* to be read, in this order; the first is the main one */
    size_t file_count;

    const char *file; /* being read */
    struct config_node *top;
    bool broken;  /* some text was not read to its end */
    bool unknown; /* it ended at a name just added to `tolerated` */
    struct {
        const char *section;
        const char *name;
    } tolerated[TOLERATED_MAX];
    size_t tolerated_count;
};

FILE *config_open(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "r");

    if (fd >= 0 && file == NULL)
        abort();
    return file;
}

/* The text of the file, NUL-terminated; NULL and a sentence when it cannot be had. */
static const char *read_text(struct reader *reader, const char *path)
{
    FILE *file = config_open(path);
    char *text = NULL;
    struct stat status;

    if (file == NULL) {
        config_error_at(reader->errors, path, 0, "cannot be read: %s", strerror(errno));
        return NULL;
    }
    if (fstat(fileno(file), &status) != 0 || !S_ISREG(status.st_mode)) {
        config_error_at(reader->errors, path, 0, "is not a file");
    } else if (status.st_size > FILE_MAX_BYTES) {
        config_error_at(reader->errors, path, 0, "is longer than %d MiB",
                        FILE_MAX_BYTES >> 20);
    } else {
        text = config_memory_take(reader->memory, (size_t)status.st_size + 1);
        size_t size = fread(text, 1, (size_t)status.st_size, file);

        if (memchr(text, '\0', size) != NULL) {
            config_error_at(reader->errors, path, 0, "is not a text: it holds a NUL");
            text = NULL;
        }
    }
    fclose(file);
    return text;
}

/*
 * The library's callbacks carry nothing of ours, but every option of its arrays is copied
 * whole, and def.number of an option that is no number is not looked at: the reader is
 * there.
 */
static struct reader *reader_of(const cfg_opt_t *opt)
{
    return (struct reader *)(intptr_t)opt->def.number;
}

static bool is_tolerated(const struct reader *reader, const char *section, const char *name)
{
    for (size_t i = 0; i < reader->tolerated_count; i++)
        if (strcmp(reader->tolerated[i].section, section) == 0 &&
            strcmp(reader->tolerated[i].name, name) == 0)
            return true;
    return false;
}

static void begin_section(struct reader *reader, const cfg_t *cfg, int line)
{
    struct config_node *parent = reader->top;
    struct config_node *node = config_memory_take(reader->memory, sizeof(*node));

    node->section = config_memory_text(reader->memory, cfg->name);
    node->title = cfg->title ? config_memory_text(reader->memory, cfg->title) : NULL;
    node->file = reader->file;
    node->line = line;
    node->parent = parent;
    if (parent->last_child != NULL)
        parent->last_child->next = node;
    else
        parent->children = node;
    parent->last_child = node;
    reader->top = node;
}

static int on_section_end(cfg_t *cfg, cfg_opt_t *opt)
{
    struct reader *reader = reader_of(opt);

    (void)cfg;
    assert(reader->top->parent != NULL);
    reader->top = reader->top->parent;
    return 0;
}

/* One value; a list comes value by value, the first with opt->nvalues == 1. */
static int on_value(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
    struct reader *reader = reader_of(opt);
    struct config_node *node = reader->top;
    struct config_entry *entry;

    *(const char **)result = value;
    if (strcmp(opt->name, CONFIG_TEXT_MARK) == 0) {
        begin_section(reader, cfg, atoi(value));
        return 0;
    }
    if (is_tolerated(reader, cfg->name, opt->name))
        return 0;
    entry = (struct config_entry *)config_node_entry(node, opt->name);
    if (entry != NULL && opt->nvalues == 1) {
        config_error_at(reader->errors, reader->file, cfg->line,
                        "'%s' is already set on line %d", opt->name, entry->line);
        return 0;
    }
    if (entry == NULL) {
        entry = config_memory_take(reader->memory, sizeof(*entry));
        entry->name = config_memory_text(reader->memory, opt->name);
        entry->line = cfg->line;
        entry->next = node->entries;
        node->entries = entry;
    }
    const char **values =
        config_memory_take(reader->memory, (entry->value_count + 1) * sizeof(*values));

    if (entry->value_count > 0)
        memcpy(values, entry->values, entry->value_count * sizeof(*values));
    values[entry->value_count++] = config_memory_text(reader->memory, value);
    entry->values = values;
    return 0;
}

static void add_file(struct reader *reader, const char *path, int line)
{
    for (size_t i = 0; i < reader->file_count; i++) {
        if (strcmp(reader->files[i], path) == 0) {
            config_error_at(reader->errors, reader->file, line, "'%s' is included already",
                            path);
            return;
        }
    }
    if (reader->file_count < FILES_MAX)
        reader->files[reader->file_count++] = config_memory_text(reader->memory, path);
    else
        config_error_at(reader->errors, reader->file, line, "more than %d files",
                        FILES_MAX);
}

/* A pattern that fits nothing is fine; a plain name must be there. */
static int on_include(cfg_t *cfg, cfg_opt_t *opt, int argc, const char **argv)
{
    struct reader *reader = reader_of(opt);
    const char *slash = strrchr(reader->file, '/');
    char pattern[1024];
    glob_t found;

    if (argc != 1) {
        config_error_at(reader->errors, reader->file, cfg->line,
                        "include() takes one path");
        return 0;
    }
    if (argv[0][0] == '/' || slash == NULL)
        snprintf(pattern, sizeof(pattern), "%s", argv[0]);
    else
        snprintf(pattern, sizeof(pattern), "%.*s/%s", (int)(slash - reader->file),
                 reader->file, argv[0]);
    if (glob(pattern, 0, NULL, &found) == 0)
        for (size_t i = 0; i < found.gl_pathc; i++)
            add_file(reader, found.gl_pathv[i], cfg->line);
    else if (strpbrk(argv[0], "*?[") == NULL)
        config_error_at(reader->errors, reader->file, cfg->line, "there is no file '%s'",
                        argv[0]);
    globfree(&found);
    return 0;
}

/* All names a section may hold, its own sections included; ends with NULL. */
static const char *const *names_in(struct reader *reader, const char *section)
{
    size_t count = 0;
    const struct config_shape *its = NULL;
    const char **names;

    /* A section of two others has the same keys in both. */
    for (size_t i = 0; i < reader->shape_count && its == NULL; i++)
        if (strcmp(reader->grammar[i].name, section) == 0)
            its = &reader->grammar[i];
    while (its != NULL && its->keys[count] != NULL)
        count++;
    names = config_memory_take(reader->memory,
                               (count + reader->shape_count + 1) * sizeof(*names));
    count = 0;
    for (size_t i = 0; i < reader->shape_count; i++) {
        const struct config_shape *shape = &reader->grammar[i];

        if (shape->parent != NULL && strcmp(shape->parent, section) == 0)
            names[count++] = shape->name;
    }
    for (size_t i = 0; its != NULL && its->keys[i] != NULL; i++)
        names[count++] = its->keys[i];
    return names;
}

static const char *section_of(const struct reader *reader, const cfg_t *cfg)
{
    return strcmp(cfg->name, "root") == 0 ? reader->grammar[0].name : cfg->name;
}

/* "missing equal sign after option 'x'": the unknown x was a section, and has been told. */
static bool follows_tolerated(const struct reader *reader, const char *sentence)
{
    for (size_t i = 0; i < reader->tolerated_count; i++) {
        char name[100];

        snprintf(name, sizeof(name), "option '%s'", reader->tolerated[i].name);
        if (strstr(sentence, name) != NULL)
            return true;
    }
    return false;
}

static void on_error(cfg_t *cfg, const char *format, va_list values)
    __attribute__((format(printf, 2, 0)));

static void on_error(cfg_t *cfg, const char *format, va_list values)
{
    static const char unknown[] = "no such option '";
    struct reader *reader = reader_of(&cfg->opts[0]);
    const char *section = section_of(reader, cfg);
    char text[200];
    int size = vsnprintf(text, sizeof(text), format, values);

    if (strncmp(text, unknown, sizeof(unknown) - 1) != 0 || size >= (int)sizeof(text)) {
        reader->broken = true;
        if (!follows_tolerated(reader, text))
            config_error_at(reader->errors, reader->file, cfg->line, "%s", text);
        return;
    }
    char *name = text + sizeof(unknown) - 1;

    name[strlen(name) - 1] = '\0';
    const char *near = config_nearest(name, names_in(reader, section));
    const char *where = section == reader->grammar[0].name ? "" : section;

    config_error_at(reader->errors, reader->file, cfg->line,
                    "no such option '%s'%s%s%s%s%s", name, *where ? " in " : "", where,
                    near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    if (reader->tolerated_count < TOLERATED_MAX) {
        reader->tolerated[reader->tolerated_count].section =
            config_memory_text(reader->memory, cfg->name);
        reader->tolerated[reader->tolerated_count++].name =
            config_memory_text(reader->memory, name);
        reader->unknown = true;
    }
}

static cfg_opt_t value_option(struct reader *reader, const char *name)
{
    cfg_opt_t option = CFG_STR_LIST_CB(name, NULL, CFGF_NONE, on_value);

    option.def.number = (long)(intptr_t)reader;
    return option;
}

/* The library's array for a section: the mark first, so that reader_of(cfg->opts) works. */
static cfg_opt_t *options_of(struct reader *reader, const struct config_shape *shape)
{
    const char *library_name = shape->parent == NULL ? "root" : shape->name;
    const char *const *names = names_in(reader, shape->name);
    size_t count = 0, used = 0;
    cfg_opt_t end = CFG_END();

    while (names[count] != NULL)
        count++;
    cfg_opt_t *options = config_memory_take(
        reader->memory, (count + reader->tolerated_count + 3) * sizeof(*options));

    options[used++] = value_option(reader, CONFIG_TEXT_MARK);
    for (size_t i = 0; shape->keys[i] != NULL; i++)
        options[used++] = value_option(reader, shape->keys[i]);
    for (size_t i = 0; i < reader->shape_count; i++) {
        const struct config_shape *child = &reader->grammar[i];

        if (child->parent == NULL || strcmp(child->parent, shape->name) != 0)
            continue;
        options[used] = (cfg_opt_t)CFG_SEC(child->name, options_of(reader, child),
                                           CFGF_MULTI | (child->titled ? CFGF_TITLE : 0));
        options[used].def.number = (long)(intptr_t)reader;
        options[used++].validcb = on_section_end;
    }
    for (size_t i = 0; i < reader->tolerated_count; i++)
        if (strcmp(reader->tolerated[i].section, library_name) == 0)
            options[used++] = value_option(reader, reader->tolerated[i].name);
    if (shape->parent == NULL) {
        options[used] = (cfg_opt_t)CFG_FUNC("include", on_include);
        options[used++].def.number = (long)(intptr_t)reader;
    }
    options[used] = end;
    return options;
}

static void parse(struct reader *reader, char *clean, size_t size)
{
    cfg_t *cfg = cfg_init(options_of(reader, &reader->grammar[0]), CFGF_NONE);
    FILE *file = fmemopen(clean, size, "r");

    if (cfg == NULL || file == NULL)
        abort();
    cfg_set_error_function(cfg, on_error);
    free(cfg->filename);
    cfg->filename = strdup(reader->file);
    reader->top = reader->root;
    (void)cfg_parse_fp(cfg, file); /* what is wrong was told to on_error() */
    fclose(file);
    cfg_free(cfg);
}

/*
 * The file is read again from its start: of what this reading told, only its last
 * sentence, the unknown name, stays.
 */
static void keep_last_error(struct config_errors *errors, size_t told_before)
{
    if (errors->count <= CONFIG_ERRORS_MAX && errors->count - 1 > told_before)
        memcpy(errors->lines[told_before], errors->lines[errors->count - 1],
               CONFIG_LINE_MAX);
    errors->count = told_before + 1;
}

static void read_clean(struct reader *reader, char *clean, size_t size)
{
    const struct config_node root = *reader->root;
    const size_t file_count = reader->file_count;

    reader->tolerated_count = 0;
    for (;;) {
        size_t told_before = reader->errors->count;

        reader->unknown = false;
        parse(reader, clean, size);
        if (!reader->unknown)
            return;
        keep_last_error(reader->errors, told_before);
        *reader->root = root;
        if (root.last_child != NULL)
            root.last_child->next = NULL;
        reader->file_count = file_count;
    }
}

static void read_file(struct reader *reader, const char *path)
{
    size_t clean_size = 0;
    char *clean = NULL;
    const char *text;
    bool good;
    FILE *out;

    reader->file = path;
    text = read_text(reader, path);
    if (text == NULL) {
        reader->broken = true;
        return;
    }
    out = open_memstream(&clean, &clean_size);
    if (out == NULL)
        abort();
    good = config_text_clean(text, path, out, reader->errors);
    fputc('\n', out); /* never empty */
    if (fclose(out) != 0)
        abort();
    if (good)
        read_clean(reader, clean, clean_size);
    else
        reader->broken = true;
    free(clean);
}

static void check_titles(const struct config_node *parent, struct config_errors *errors)
{
    for (const struct config_node *node = parent->children; node; node = node->next) {
        const struct config_node *first = parent->children;

        check_titles(node, errors);
        if (node->title == NULL)
            continue;
        while (first->title == NULL || strcmp(first->section, node->section) != 0 ||
               strcmp(first->title, node->title) != 0)
            first = first->next;
        if (first != node)
            config_error_at(errors, node->file, node->line,
                            "%s '%s' is there twice; the first is at %s:%d", node->section,
                            node->title, first->file, first->line);
    }
}

struct config_node *config_tree_read(struct config_memory *memory, const char *path,
                                     const struct config_shape *grammar, size_t shape_count,
                                     struct config_errors *errors)
{
    struct reader reader = {
        .memory = memory, .grammar = grammar, .shape_count = shape_count, .errors = errors};

    reader.root = config_memory_take(memory, sizeof(*reader.root));
    reader.root->section = grammar[0].name;
    reader.root->file = config_memory_text(memory, path);
    add_file(&reader, path, 0);
    for (size_t i = 0; i < reader.file_count; i++)
        read_file(&reader, reader.files[i]);
    check_titles(reader.root, errors);
    return reader.broken ? NULL : reader.root;
}
