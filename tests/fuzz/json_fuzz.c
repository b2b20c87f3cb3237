/* Whatever is called JSON, and what a caller asks of it. */
#include <assert.h>
#include <string.h>

#include "gateway/json.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char error[200] = "";
    struct json_document *document = json_parse(data, size, error, sizeof(error));
    const struct json_value *value;
    char text[40];
    int64_t number;

    if (document == NULL) {
        assert(error[0] != 0 && memchr(error, 0, sizeof(error)) != NULL);
        return 0;
    }
    (void)json_read_text(document, "to", JSON_NEEDED);
    (void)json_read_integer(document, "validity", JSON_OPTIONAL, "seconds", 1, 604800, 0);
    (void)json_read_bool(document, "plain", JSON_OPTIONAL, false);
    (void)json_fault(document);
    value = json_at(document, "a.b.0.c");
    if (value) {
        (void)json_text(value);
        (void)json_length(value);
        if (json_integer_of(value, &number))
            assert(json_as_text(value, text, sizeof(text)));
        if (json_as_text(value, text, sizeof(text)))
            assert(memchr(text, 0, sizeof(text)) != NULL);
    }
    json_document_free(document);
    return 0;
}
