#include "gateway/public_id.h"

size_t public_id_write(uint64_t id, char out[PUBLIC_ID_SIZE])
{
    char digits[PUBLIC_ID_SIZE];
    size_t count = 0;

    do
        digits[count++] = (char)('0' + id % 10);
    while ((id /= 10) > 0);
    for (size_t i = 0; i < count; i++)
        out[i] = digits[count - 1 - i];
    out[count] = 0;
    return count;
}
