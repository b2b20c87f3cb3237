#include "gateway/http_header.h"

static bool has_control(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7F)
            return true;
    return false;
}

bool http_header_is_safe(const struct http_header *header)
{
    return !has_control(header->name) && !has_control(header->value);
}
