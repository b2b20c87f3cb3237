/* Whatever comes in over HTTP: the head is found the same however it is cut. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/http_gate.h"
#include "tests/fuzz/fuzz.h"

/* All at once, and octet by octet. */
static size_t find_head(const uint8_t *data, size_t size)
{
    size_t scanned = 0;
    size_t found = 0;
    size_t slowly = 0;
    size_t slow_found = 0;
    http_gate_status status = http_gate_find_head(data, size, &scanned, &found);
    http_gate_status slow_status = 0;

    for (size_t have = 1; have <= size && slow_status == 0 && slow_found == 0; have++)
        slow_status = http_gate_find_head(data, have, &slowly, &slow_found);
    assert((status == 0 && found > 0) == (slow_status == 0 && slow_found > 0));
    assert(found == slow_found || status != 0 || slow_status != 0);
    return status == 0 ? found : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t head_size = find_head(data, size);
    struct http_head head;
    uint64_t chunk;
    size_t line;

    if (head_size > 0) {
        char *octets = malloc(head_size);

        assert(octets != NULL);
        memcpy(octets, data, head_size);
        if (http_gate_read_head(octets, head_size, &head) == 0) {
            assert(head.path[0] == '/');
            assert(head.header_count <= HTTP_HEADERS_MAX);
            assert(!head.is_chunked || head.content_length == 0);
        }
        free(octets);
    }
    if (http_gate_read_chunk_line(data, size, &line, &chunk) == 0)
        assert(line <= size);
    return 0;
}
