#include "gateway/json.h"

#include <stdlib.h>

#include <jansson.h>

#include "tests/test.h"

/* What was written, as a string. */
static const char *text_of(struct json_writer *writer)
{
    static char text[8192];

    assert_true(writer->size < sizeof(text));
    memcpy(text, writer->bytes, writer->size);
    text[writer->size] = '\0';
    return text;
}

TEST(objects_and_arrays_have_their_commas_and_keys)
{
    struct json_writer writer = {0};

    json_write_object(&writer, NULL);
    json_write_string(&writer, "a", "x");
    json_write_array(&writer, "list");
    json_write_integer(&writer, NULL, INT64_MIN);
    json_write_integer(&writer, NULL, INT64_MAX);
    json_write_object(&writer, NULL);
    json_write_object_end(&writer);
    json_write_array(&writer, NULL);
    json_write_array_end(&writer);
    json_write_array_end(&writer);
    json_write_bool(&writer, "t", true);
    json_write_bool(&writer, "f", false);
    json_write_null(&writer, "n");
    json_write_string(&writer, "absent", NULL);
    json_write_object_end(&writer);
    CHECK_STR(text_of(&writer),
              "{\"a\":\"x\",\"list\":[-9223372036854775808,9223372036854775807,{},[]],"
              "\"t\":true,\"f\":false,\"n\":null,\"absent\":null}",
              "written");
    json_writer_reset(&writer);
    json_write_array(&writer, NULL);
    json_write_null(&writer, NULL);
    json_write_array_end(&writer);
    CHECK_STR(text_of(&writer), "[null]", "written again");
    json_writer_done(&writer);
}

TEST(money_ids_and_times_are_strings_of_one_form)
{
    static const struct {
        const char *row;
        int64_t micros;
        const char *written;
    } money[] = {
        {"nothing",   0,             "[\"0.000000\"]"             },
        {"a part",    50000,         "[\"0.050000\"]"             },
        {"one micro", 1,             "[\"0.000001\"]"             },
        {"owed",      -1,            "[\"-0.000001\"]"            },
        {"much",      1000000000000, "[\"1000000.000000\"]"       },
        {"negative",  -12345678,     "[\"-12.345678\"]"           },
        {"the most",  INT64_MAX,     "[\"9223372036854.775807\"]" },
        {"the least", INT64_MIN,     "[\"-9223372036854.775808\"]"},
    };
    static const struct {
        const char *row;
        int64_t wall_ms;
        const char *written;
    } times[] = {
        {"not known",                    0,             "[null]"                        },
        {"negative",                     -5,            "[null]"                        },
        {"the first",                    1,             "[\"1970-01-01T00:00:00.001Z\"]"},
        {"a day",                        1795300801123, "[\"2026-11-21T22:40:01.123Z\"]"},
        {"leap day",                     1709164800000, "[\"2024-02-29T00:00:00.000Z\"]"},
        {"beyond four digits of a year", INT64_MAX,     "[null]"                        },
    };
    struct json_writer writer = {0};

    for (size_t i = 0; i < ROWS(money); i++) {
        json_writer_reset(&writer);
        json_write_array(&writer, NULL);
        json_write_money(&writer, NULL, money[i].micros);
        json_write_array_end(&writer);
        CHECK_STR(text_of(&writer), money[i].written, money[i].row);
    }
    for (size_t i = 0; i < ROWS(times); i++) {
        json_writer_reset(&writer);
        json_write_array(&writer, NULL);
        json_write_time(&writer, NULL, times[i].wall_ms);
        json_write_array_end(&writer);
        CHECK_STR(text_of(&writer), times[i].written, times[i].row);
    }
    json_writer_reset(&writer);
    json_write_object(&writer, NULL);
    json_write_id(&writer, "id", UINT64_MAX);
    json_write_object_end(&writer);
    CHECK_STR(text_of(&writer), "{\"id\":\"18446744073709551615\"}", "id");
    json_writer_done(&writer);
}

/* jansson reads back what we wrote: the oracle, for every scalar value of Unicode. */
TEST(every_character_survives_writing_and_reading)
{
    struct json_writer writer = {0};

    for (uint32_t code = 1; code <= 0x10FFFF; code++) {
        char text[5] = {0};
        json_t *read, *string;

        if (code >= 0xD800 && code <= 0xDFFF)
            continue;
        /* Above the first plane a sample will do. */
        if (code > 0x10000 && code % 97 != 0 && code != 0x10FFFF)
            continue;
        if (code < 0x80) {
            text[0] = (char)code;
        } else if (code < 0x800) {
            text[0] = (char)(0xC0 | code >> 6);
            text[1] = (char)(0x80 | (code & 0x3F));
        } else if (code < 0x10000) {
            text[0] = (char)(0xE0 | code >> 12);
            text[1] = (char)(0x80 | (code >> 6 & 0x3F));
            text[2] = (char)(0x80 | (code & 0x3F));
        } else {
            text[0] = (char)(0xF0 | code >> 18);
            text[1] = (char)(0x80 | (code >> 12 & 0x3F));
            text[2] = (char)(0x80 | (code >> 6 & 0x3F));
            text[3] = (char)(0x80 | (code & 0x3F));
        }
        json_writer_reset(&writer);
        json_write_array(&writer, NULL);
        json_write_string(&writer, NULL, text);
        json_write_array_end(&writer);
        read = json_loadb(writer.bytes, writer.size, 0, NULL);
        string = json_array_get(read, 0);
        if (string == NULL || strcmp(json_string_value(string), text) != 0)
            fail_msg("U+%04X: written as %s", code, text_of(&writer));
        json_decref(read);
    }
    json_writer_done(&writer);
}

TEST(whatever_the_octets_are_what_is_written_is_json)
{
    struct json_writer writer = {0};
    uint32_t seed = 7;
    static const struct {
        const char *row, *octets, *written;
    } rows[] = {
        {"stray continuation",  "a\x80z",                  "[\"a\xEF\xBF\xBDz\"]"                      },
        {"cut sequence",        "a\xE2\x82",               "[\"a\xEF\xBF\xBD\xEF\xBF\xBD\"]"           },
        {"surrogate",           "\xED\xA0\x80",            "[\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"]"},
        {"longer than needed",  "\xC0\xAF",                "[\"\xEF\xBF\xBD\xEF\xBF\xBD\"]"            },
        {"over the last plane", "\xF4\x90\x80\x80",
         "[\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"]"                                      },
        {"escapes",             "\"\\\n\r\t\b\f\x01\x7f/", "[\"\\\"\\\\\\n\\r\\t\\b\\f\\u0001\x7f/\"]" },
    };

    for (size_t i = 0; i < ROWS(rows); i++) {
        json_writer_reset(&writer);
        json_write_array(&writer, NULL);
        json_write_string(&writer, NULL, rows[i].octets);
        json_write_array_end(&writer);
        CHECK_STR(text_of(&writer), rows[i].written, rows[i].row);
    }
    for (int round = 0; round < 20000; round++) {
        char octets[24];
        json_t *read;

        for (size_t i = 0; i < sizeof(octets); i++) {
            seed = seed * 1664525 + 1013904223;
            octets[i] = (char)(seed >> 24);
        }
        json_writer_reset(&writer);
        json_write_object(&writer, NULL);
        json_write_octets(&writer, "text", octets, seed >> 8 & 15);
        json_write_object_end(&writer);
        read = json_loadb(writer.bytes, writer.size, JSON_ALLOW_NUL, NULL);
        if (read == NULL)
            fail_msg("round %d: not JSON", round);
        json_decref(read);
    }
    json_writer_done(&writer);
}

/* ---- Reading ------------------------------------------------------------- */

static struct json_document *parse(const char *text, char *error)
{
    return json_parse(text, strlen(text), error, 200);
}

TEST(what_is_not_strict_json_is_not_read)
{
    static const struct {
        const char *row, *text, *sentence;
    } rows[] = {
        {"empty",                 "",                                                                    "not JSON: "                    },
        {"cut",                   "{\"a\":1",                                                            "not JSON: "                    },
        {"word",                  "hello",                                                               "not JSON: "                    },
        {"bare string",           "\"a\"",                                                               "not JSON: "                    },
        {"more behind it",        "{} {}",                                                               "not JSON: "                    },
        {"duplicate key",         "{\"a\":1,\"a\":2}",                                                   "not JSON: duplicate object key"},
        {"comma at the end",      "{\"a\":1,}",                                                          "not JSON: "                    },
        {"comment",               "{/*x*/}",                                                             "not JSON: "                    },
        {"single quotes",         "{'a':1}",                                                             "not JSON: "                    },
        {"no UTF-8",              "{\"a\":\"\xff\"}",                                                    "not JSON: "                    },
        {"NUL in a string",       "{\"a\":\"\\u0000\"}",                                                 "not JSON: "                    },
        {"half a surrogate pair", "{\"a\":\"\\ud800\"}",                                                 "not JSON: "                    },
        {"number too large",      "{\"a\":99999999999999999999}",                                        "not JSON: "                    },
        {"not a number",          "{\"a\":NaN}",                                                         "not JSON: "                    },
        {"leading zero",          "{\"a\":01}",                                                          "not JSON: "                    },
        {"too deep",              "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
         "JSON nested deeper than 32"                                                                                                    },
    };
    char error[200];

    for (size_t i = 0; i < ROWS(rows); i++) {
        CHECK(parse(rows[i].text, error) == NULL, rows[i].row);
        if (strncmp(error, rows[i].sentence, strlen(rows[i].sentence)) != 0)
            fail_msg("%s: %s", rows[i].row, error);
    }
}

TEST(brackets_in_strings_are_no_depth)
{
    char error[200];
    struct json_document *document =
        parse("{\"a\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[ \\\" [[[[ \\\\\"}", error);

    assert_non_null(document);
    json_document_free(document);
}

/* As a handler reads the body of a message. */
static const char *read_message(struct json_document *document)
{
    (void)json_read_text(document, "to", JSON_NEEDED);
    (void)json_read_text(document, "plan", JSON_OPTIONAL);
    (void)json_read_integer(document, "validity", JSON_OPTIONAL, "seconds", 1, 604800, 60);
    (void)json_read_integer(document, "n", JSON_OPTIONAL, NULL, 0, 9, 0);
    (void)json_read_bool(document, "flash", JSON_OPTIONAL, false);
    return json_fault(document);
}

TEST(faults_of_a_body_are_sentences)
{
    static const struct {
        const char *row, *text, *fault; /* NULL: none */
    } rows[] = {
        {"right",             "{\"to\":\"1\",\"plan\":\"\",\"validity\":60,\"flash\":true}", NULL                             },
        {"least",             "{\"to\":\"1\"}",                                              NULL                             },
        {"null is absent",    "{\"to\":\"1\",\"plan\":null}",                                NULL                             },
        {"missing",           "{\"plan\":\"x\"}",                                            "\"to\" is missing"              },
        {"null where needed", "{\"to\":null}",                                               "\"to\" is missing"              },
        {"empty",             "{\"to\":\"\"}",                                               "\"to\" is empty"                },
        {"wrong kind",        "{\"to\":1}",                                                  "\"to\" must be a string"        },
        {"text for a number", "{\"to\":\"1\",\"validity\":\"60\"}",
         "\"validity\" must be an integer of seconds from 1 to 604800"                                                        },
        {"fraction",          "{\"to\":\"1\",\"validity\":1.5}",
         "\"validity\" must be an integer of seconds from 1 to 604800"                                                        },
        {"too large",         "{\"to\":\"1\",\"validity\":604801}",
         "\"validity\" must be an integer of seconds from 1 to 604800"                                                        },
        {"without a unit",    "{\"to\":\"1\",\"n\":10}",
         "\"n\" must be an integer from 0 to 9"                                                                               },
        {"not a bool",        "{\"to\":\"1\",\"flash\":1}",                                  "\"flash\" must be true or false"},
        {"unknown",           "{\"to\":\"1\",\"colour\":\"red\"}",                           "\"colour\" is not known here"   },
        {"the first of two",  "{\"plan\":1,\"validity\":0}",                                 "\"to\" is missing"              },
        {"an array",          "[]",                                                          "the body must be a JSON object" },
    };
    char error[200];

    for (size_t i = 0; i < ROWS(rows); i++) {
        struct json_document *document = parse(rows[i].text, error);
        const char *fault;

        assert_non_null(document);
        fault = read_message(document);
        if (rows[i].fault == NULL)
            CHECK(fault == NULL, rows[i].row);
        else
            CHECK_STR(fault, rows[i].fault, rows[i].row);
        json_document_free(document);
    }
}

TEST(values_are_given_and_fall_back)
{
    char error[200];
    struct json_document *document = parse("{\"to\":\"7\",\"n\":-3,\"b\":false}", error);

    assert_non_null(document);
    CHECK_STR(json_read_text(document, "to", JSON_NEEDED), "7", "text");
    CHECK(json_read_text(document, "from", JSON_OPTIONAL) == NULL, "no text");
    CHECK_EQ(json_read_integer(document, "n", JSON_NEEDED, NULL, -5, 5, 1), -3, "integer");
    CHECK_EQ(json_read_integer(document, "m", JSON_OPTIONAL, NULL, -5, 5, 1), 1,
             "fallback");
    CHECK(!json_read_bool(document, "b", JSON_NEEDED, true), "bool");
    CHECK(json_read_bool(document, "c", JSON_OPTIONAL, true), "fallback");
    CHECK(json_fault(document) == NULL, "no fault");
    json_document_free(document);
}

TEST(a_path_finds_what_lies_there_and_nothing_else)
{
    static const struct {
        const char *path, *text; /* NULL: nothing there, or no text */
    } rows[] = {
        {"messages.0.id", "wamid.1"},
        {"messages.1.id", "17"     },
        {"messages.2.id", NULL     },
        {"messages.x.id", NULL     },
        {"messages.-1",   NULL     },
        {"messages.0x0",  NULL     },
        {"messages",      NULL     },
        {"ok",            "true"   },
        {"ok.more",       NULL     },
        {"rate",          NULL     },
        {"nothing",       NULL     },
        {"null",          NULL     },
        {"messages..id",  NULL     },
        {"deep.a.b",      "end"    },
    };
    char error[200], text[16], small[4];
    int64_t number;
    struct json_document *document =
        parse("{\"messages\":[{\"id\":\"wamid.1\"},{\"id\":17}],\"ok\":true,\"rate\":1.5,"
              "\"null\":null,\"deep\":{\"a\":{\"b\":\"end\"}}}",
              error);

    assert_non_null(document);
    for (size_t i = 0; i < ROWS(rows); i++) {
        bool found = json_as_text(json_at(document, rows[i].path), text, sizeof(text));

        CHECK_EQ(found, rows[i].text != NULL, rows[i].path);
        if (found)
            CHECK_STR(text, rows[i].text, rows[i].path);
    }
    CHECK_EQ(json_length(json_at(document, "messages")), 2, "length");
    CHECK_EQ(json_length(json_at(document, "ok")), 0, "no array");
    CHECK_EQ(json_length(NULL), 0, "nothing");
    CHECK(json_text(json_at(document, "messages.1.id")) == NULL, "a number is no text");
    CHECK(json_integer_of(json_at(document, "messages.1.id"), &number), "integer");
    CHECK_EQ(number, 17, "integer");
    CHECK(!json_integer_of(json_at(document, "rate"), &number), "fraction");
    CHECK(!json_integer_of(NULL, &number), "nothing");
    CHECK(!json_as_text(json_at(document, "messages.0.id"), small, sizeof(small)), "room");
    CHECK_STR(json_text(json_below(json_at(document, "messages.0"), "id")), "wamid.1",
              "below");
    CHECK(json_at(document, "") != NULL, "the whole");
    json_document_free(document);
    json_document_free(NULL);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        RUN(objects_and_arrays_have_their_commas_and_keys),
        RUN(money_ids_and_times_are_strings_of_one_form),
        RUN(every_character_survives_writing_and_reading),
        RUN(whatever_the_octets_are_what_is_written_is_json),
        RUN(what_is_not_strict_json_is_not_read),
        RUN(brackets_in_strings_are_no_depth),
        RUN(faults_of_a_body_are_sentences),
        RUN(values_are_given_and_fall_back),
        RUN(a_path_finds_what_lies_there_and_nothing_else),
    };

    return RUN_ALL(tests);
}
