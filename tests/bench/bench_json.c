#include "tests/bench/bench_json.h"

#include <inttypes.h>

static void put_string(FILE *file, const char *value)
{
    fputc('"', file);
    for (; *value; value++) {
        unsigned char octet = (unsigned char)*value;

        if (octet == '"' || octet == '\\')
            fprintf(file, "\\%c", octet);
        else if (octet < 0x20 || octet == 0x7f)
            fprintf(file, "\\u%04x", octet);
        else
            fputc(octet, file);
    }
    fputc('"', file);
}

static void begin_member(struct bench_json *json, const char *name)
{
    if (json->has_members)
        fputc(',', json->file);
    if (json->depth > 0)
        fprintf(json->file, "\n%*s", (int)json->depth * 2, "");
    if (name) {
        put_string(json->file, name);
        fputs(": ", json->file);
    }
    json->has_members = true;
}

void bench_json_open(struct bench_json *json, const char *name, char bracket)
{
    begin_member(json, name);
    fputc(bracket, json->file);
    json->depth++;
    json->has_members = false;
}

void bench_json_close(struct bench_json *json, char bracket)
{
    json->depth--;
    if (json->has_members)
        fprintf(json->file, "\n%*s", (int)json->depth * 2, "");
    fputc(bracket, json->file);
    json->has_members = true;
    if (json->depth == 0)
        fputc('\n', json->file);
}

void bench_json_count(struct bench_json *json, const char *name, uint64_t value)
{
    begin_member(json, name);
    fprintf(json->file, "%" PRIu64, value);
}

void bench_json_real(struct bench_json *json, const char *name, double value)
{
    begin_member(json, name);
    fprintf(json->file, "%.15g", value);
}

void bench_json_bool(struct bench_json *json, const char *name, bool value)
{
    begin_member(json, name);
    fputs(value ? "true" : "false", json->file);
}

void bench_json_string(struct bench_json *json, const char *name, const char *value)
{
    begin_member(json, name);
    put_string(json->file, value);
}
