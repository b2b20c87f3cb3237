/*
 * Signatures of callbacks: an HMAC over the raw octets of a body, written as hex or
 * base64.  Comparing takes the same time wherever the first difference is.
 */
#ifndef GATEWAY_SIGNATURE_H
#define GATEWAY_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum signature_hash { SIGNATURE_SHA256, SIGNATURE_SHA512 };
enum signature_encoding { SIGNATURE_HEX, SIGNATURE_BASE64 };

/* How one kind of caller signs. */
struct signature_scheme {
    enum signature_hash hash;
    enum signature_encoding encoding;
    const char *prefix; /* before the digits, "sha256=" or "" */
};

/* Room for the longest prefix allowed (32) with any signature and its NUL. */
#define SIGNATURE_TEXT_MAX 168

/* The signature as text, with its prefix. */
void signature_make(const struct signature_scheme *scheme, const void *key, size_t key_size,
                    const void *message, size_t message_size, char out[SIGNATURE_TEXT_MAX]);

/*
 * Whether `given`, as it stood in the header (NULL: it was absent), is the signature of
 * the message.  Hex digits may be of either case; the prefix may not.
 */
bool signature_matches(const struct signature_scheme *scheme, const void *key,
                       size_t key_size, const void *message, size_t message_size,
                       const char *given) __attribute__((warn_unused_result));

/*
 * The octets of a key as Standard Webhooks write it: "whsec_" and base64.  False when it is
 * none, or does not have `lowest` to `room` octets.
 */
bool signature_key_read(const char *text, size_t lowest, size_t room, uint8_t *out,
                        size_t *out_size) __attribute__((warn_unused_result));

/* SHA-256 of something, for keys that are made so. */
void signature_digest(const void *message, size_t message_size, uint8_t out[32]);

#endif
