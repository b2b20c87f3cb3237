#include "gateway/signature.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#define PREFIX_MAX 32

static size_t write_hex(const uint8_t *octets, size_t size, char *out)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < size; i++) {
        out[2 * i] = digits[octets[i] >> 4];
        out[2 * i + 1] = digits[octets[i] & 0x0F];
    }
    out[2 * size] = '\0';
    return 2 * size;
}

void signature_make(const struct signature_scheme *scheme, const void *key, size_t key_size,
                    const void *message, size_t message_size, char out[SIGNATURE_TEXT_MAX])
{
    const EVP_MD *hash = scheme->hash == SIGNATURE_SHA512 ? EVP_sha512() : EVP_sha256();
    size_t prefix_size = strlen(scheme->prefix);
    uint8_t octets[EVP_MAX_MD_SIZE];
    unsigned size = 0;

    assert(prefix_size <= PREFIX_MAX);
    if (HMAC(hash, key, (int)key_size, message, message_size, octets, &size) == NULL)
        abort();
    memcpy(out, scheme->prefix, prefix_size);
    if (scheme->encoding == SIGNATURE_HEX)
        write_hex(octets, size, out + prefix_size);
    else
        EVP_EncodeBlock((unsigned char *)out + prefix_size, octets, (int)size);
}

/* Hex digits are the only letters of which the case may differ. */
static void fold_case(char *hex)
{
    for (; *hex != '\0'; hex++)
        if (*hex >= 'A' && *hex <= 'F')
            *hex = (char)(*hex - 'A' + 'a');
}

bool signature_matches(const struct signature_scheme *scheme, const void *key,
                       size_t key_size, const void *message, size_t message_size,
                       const char *given)
{
    char expected[SIGNATURE_TEXT_MAX];
    char folded[SIGNATURE_TEXT_MAX];
    size_t size;

    signature_make(scheme, key, key_size, message, message_size, expected);
    size = strlen(expected);
    if (given == NULL || strlen(given) != size)
        return false; /* the right length is no secret */
    memcpy(folded, given, size + 1);
    if (scheme->encoding == SIGNATURE_HEX)
        fold_case(folded + strlen(scheme->prefix));
    return CRYPTO_memcmp(folded, expected, size) == 0;
}

void signature_digest(const void *message, size_t message_size, uint8_t out[32])
{
    SHA256(message, message_size, out);
}

bool signature_key_read(const char *text, size_t lowest, size_t room, uint8_t *out,
                        size_t *out_size)
{
    static const char prefix[] = "whsec_";
    uint8_t octets[256];
    size_t length, size;

    if (strncmp(text, prefix, sizeof(prefix) - 1) != 0)
        return false;
    text += sizeof(prefix) - 1;
    length = strlen(text);
    /* OpenSSL passes over blanks at either end. */
    if (length == 0 || length % 4 != 0 || length / 4 * 3 > sizeof(octets) ||
        EVP_DecodeBlock(octets, (const unsigned char *)text, (int)length) !=
            (int)(length / 4 * 3))
        return false;
    size = length / 4 * 3 - (text[length - 1] == '=') - (text[length - 2] == '=');
    if (size < lowest || size > room)
        return false;
    memcpy(out, octets, size);
    *out_size = size;
    return true;
}
