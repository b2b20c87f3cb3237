/*
 * The text of a configuration made safe for libConfuse; see the header for what and why.
 */
#include "gateway/config_text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/config_tree.h"

enum { DEPTH_MAX = 16 };

/* For the sentences. */
struct cleaner {
    const char *file;
    struct config_errors *errors;
};

/* The position after "${NAME}" or "${NAME:-default}", which begins at `at`; NULL if it is
 * not good. */
static const char *check_variable(struct cleaner *cleaner, const char *at, int line)
{
    size_t size = strcspn(at, "}\n");
    char name[128];
    size_t name_size = strcspn(at + 2, ":}\n");

    if (at[size] != '}') {
        config_error_at(cleaner->errors, cleaner->file, line, "'${' without its '}'");
        return NULL;
    }
    snprintf(name, sizeof(name), "%.*s", (int)name_size, at + 2);
    if (strncmp(at + 2 + name_size, ":-", 2) != 0 && getenv(name) == NULL) {
        config_error_at(cleaner->errors, cleaner->file, line,
                        "environment variable '%s' is not set", name);
        return NULL;
    }
    return at + size + 1;
}

/* The position after the string that begins at `at`; NULL if it is not good. */
static const char *check_string(struct cleaner *cleaner, const char *at, int line)
{
    char quote = *at++;

    while (*at != quote) {
        if (*at == '\0' || *at == '\n') {
            config_error_at(cleaner->errors, cleaner->file, line,
                            "the string does not end on the line it begins on");
            return NULL;
        }
        if (*at == '\\' && quote == '"' &&
            (at[1] == '\0' || strchr("\"\\nrt$", at[1]) == NULL)) {
            config_error_at(cleaner->errors, cleaner->file, line,
                            "'\\%c' means nothing; \\\" \\\\ \\n \\r \\t are known",
                            isprint((unsigned char)at[1]) ? at[1] : '?');
            return NULL;
        }
        if (*at == '$' && at[1] == '{' && quote == '"') {
            at = check_variable(cleaner, at, line);
            if (at == NULL)
                return NULL;
            continue;
        }
        at += *at == '\\' && at[1] != '\0' && at[1] != '\n' ? 2 : 1;
    }
    return at + 1;
}

/* The position after the comment that begins at `at`, `at` if none does, NULL if it has no
 * end. */
static const char *skip_comment(const char *at)
{
    if (*at == '#' || (at[0] == '/' && at[1] == '/'))
        return at + strcspn(at, "\n");
    if (at[0] == '/' && at[1] == '*') {
        const char *end = strstr(at + 2, "*/");

        return end != NULL ? end + 2 : NULL;
    }
    return at;
}

/* Outside strings: what the library would silently pass over. */
static bool check_sign(struct cleaner *cleaner, const char *at, int line)
{
    if (*at == ';')
        config_error_at(cleaner->errors, cleaner->file, line,
                        "';' has no place here; a setting ends where the next begins");
    else if (*at == '*' || *at == CONFIG_TEXT_MARK[0] || (*at == '+' && at[1] != '=') ||
             (iscntrl((unsigned char)*at) && !isspace((unsigned char)*at)))
        config_error_at(cleaner->errors, cleaner->file, line,
                        "unexpected '%c'; such values need quotes",
                        isprint((unsigned char)*at) ? *at : '?');
    else
        return true;
    return false;
}

bool config_text_clean(const char *text, const char *file, FILE *out,
                       struct config_errors *errors)
{
    struct cleaner place = {file, errors};
    struct cleaner *cleaner = &place;
    char last = '\n';      /* that is neither blank nor comment */
    int opened[DEPTH_MAX]; /* lines of the braces that are open */
    size_t depth = 0;
    int line = 1;

    while (*text != '\0') {
        const char *next = skip_comment(text);

        if (next == NULL) {
            config_error_at(errors, file, line, "this comment is never closed");
            return false;
        }
        if (next != text) {
            for (; text < next; text++) {
                fputc(*text == '\n' ? '\n' : ' ', out);
                line += *text == '\n';
            }
            continue;
        }
        if (*text == '"' || *text == '\'')
            next = check_string(cleaner, text, line);
        else if (text[0] == '$' && text[1] == '{')
            next = check_variable(cleaner, text, line);
        else
            next = check_sign(cleaner, text, line) ? text + 1 : NULL;
        if (next == NULL)
            return false;
        fwrite(text, 1, (size_t)(next - text), out);
        if (*text == '{') {
            if (last != '=')
                fprintf(out, CONFIG_TEXT_MARK "=%d ", line);
            if (depth < DEPTH_MAX)
                opened[depth] = line;
            depth++;
        } else if (*text == '}' && depth > 0) {
            depth--;
        }
        line += *text == '\n';
        if (!isspace((unsigned char)*text))
            last = *text;
        text = next;
    }
    /* The library would take the end of the file for the brace. */
    if (depth > 0)
        config_error_at(cleaner->errors, cleaner->file,
                        opened[depth <= DEPTH_MAX ? depth - 1 : 0],
                        "this '{' is never closed");
    return depth == 0;
}
