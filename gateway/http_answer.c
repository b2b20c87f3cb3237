#include "gateway/http_answer.h"

#include <assert.h>
#include <stdio.h>

#include <event2/buffer.h>

#include "gateway/http_header.h"

static const struct {
    int status;
    const char *reason;
} reasons[] = {
    {200, "OK"                             },
    {201, "Created"                        },
    {202, "Accepted"                       },
    {204, "No Content"                     },
    {303, "See Other"                      },
    {304, "Not Modified"                   },
    {400, "Bad Request"                    },
    {401, "Unauthorized"                   },
    {402, "Payment Required"               },
    {403, "Forbidden"                      },
    {404, "Not Found"                      },
    {405, "Method Not Allowed"             },
    {408, "Request Timeout"                },
    {409, "Conflict"                       },
    {410, "Gone"                           },
    {413, "Content Too Large"              },
    {414, "URI Too Long"                   },
    {415, "Unsupported Media Type"         },
    {417, "Expectation Failed"             },
    {422, "Unprocessable Content"          },
    {429, "Too Many Requests"              },
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"          },
    {501, "Not Implemented"                },
    {503, "Service Unavailable"            },
    {505, "HTTP Version Not Supported"     },
};

const char *http_answer_reason(int status)
{
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return "";
}

void http_answer_write(const struct http_answer *answer, struct evbuffer *output)
{
    bool has_no_body = answer->status == 204 || answer->status == 304;
    char head[256];
    int used;

    used = snprintf(head, sizeof(head), "HTTP/1.1 %d %s\r\nDate: %s\r\n%s", answer->status,
                    http_answer_reason(answer->status), answer->date,
                    answer->closes ? "Connection: close\r\n" : "");
    assert(used > 0 && (size_t)used < sizeof(head));
    evbuffer_add(output, head, (size_t)used);
    if (answer->content_type != NULL)
        evbuffer_add_printf(output, "Content-Type: %s\r\n", answer->content_type);
    if (!has_no_body)
        evbuffer_add_printf(output, "Content-Length: %zu\r\n", answer->size);
    for (size_t i = 0; i < answer->extra_count; i++)
        if (http_header_is_safe(&answer->extra[i]))
            evbuffer_add_printf(output, "%s: %s\r\n", answer->extra[i].name,
                                answer->extra[i].value);
    evbuffer_add(output, "\r\n", 2);
    if (!has_no_body && !answer->is_head)
        evbuffer_add(output, answer->body, answer->size);
}
