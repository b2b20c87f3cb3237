#include "gateway/signature.h"

#include "tests/peers/random.h"
#include "tests/test.h"

#define PROBE "{\"probe\":\"sluice\",\"n\":1}"

static const char probe[] = PROBE;

static const struct signature_scheme prefixed = {SIGNATURE_SHA256, SIGNATURE_HEX,
                                                 "sha256="};
static const struct signature_scheme hex = {SIGNATURE_SHA256, SIGNATURE_HEX, ""};
static const struct signature_scheme base64 = {SIGNATURE_SHA256, SIGNATURE_BASE64, ""};
static const struct signature_scheme base64_512 = {SIGNATURE_SHA512, SIGNATURE_BASE64, ""};

/* As the providers sign; computed by another program, the last by RFC 4231, 4.3. */
#define WHATSAPP "sha256=e88652969fb3704a4f134cbc4687755eb4ec524595112c5a365714d6f9ab5751"
#define VIBER    "69a51e856f42d0c8589675c1e90a6d755156c462499af42431fac3388cb7c16f"
#define TELEGRAM "b29b238d7dd7c599c1b254a055d72b61fbce8653ea34bbb89e98348721f0db2a"
#define RBM                                                                                \
    "0E95sVn7KOeVzh6qegbSlKCaHQvLRPBlgLYUrA80P61b"                                         \
    "LSvDr7xRVSSrk7vOkJJFj8uxzlKlqFPqv5Q28sdsfg=="
#define HMS      "GLgJYhSAhOzHMq5EQtkKUxfYW5YLEXxgO9cPttCXMIE="
#define RFC_4231 "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"

static const struct {
    const char *row;
    const struct signature_scheme *scheme;
    const char *key;
    bool key_is_digest; /* the key is the SHA-256 of it */
    const char *message;
    const char *signature;
} vectors[] = {
    {"WhatsApp", &prefixed,   "wa-app-secret-1",      false, probe,                          WHATSAPP},
    {"Viber",    &hex,        "4f3c-viber-token-9a",  false, probe,                          VIBER   },
    {"Telegram", &hex,        "AAtest-gateway-token", true,  "1760000000\n" PROBE,           TELEGRAM},
    {"RBM",      &base64_512, "rbm-client-token-1",   false, probe,                          RBM     },
    {"HMS",      &base64,     "hms-cb-key-1",         false, "1760000000000nonce-77cbuser",  HMS     },
    {"RFC",      &hex,        "Jefe",                 false, "what do ya want for nothing?", RFC_4231},
};

static bool matches(size_t i, const char *given)
{
    uint8_t digest[32];
    const void *key = vectors[i].key;
    size_t key_size = strlen(vectors[i].key);

    if (vectors[i].key_is_digest) {
        signature_digest(key, key_size, digest);
        key = digest;
        key_size = sizeof(digest);
    }
    return signature_matches(vectors[i].scheme, key, key_size, vectors[i].message,
                             strlen(vectors[i].message), given);
}

TEST(the_signatures_of_the_providers_are_known)
{
    for (size_t i = 0; i < ROWS(vectors); i++)
        CHECK(matches(i, vectors[i].signature), vectors[i].row);
}

TEST(of_a_hundred_thousand_guesses_none_is_right)
{
    static const char digits[] = "0123456789abcdef";
    struct random chance = {.state = 7};
    unsigned right = 0;

    for (unsigned n = 0; n < 100000; n++) {
        char guess[SIGNATURE_TEXT_MAX];
        size_t size = (size_t)snprintf(guess, sizeof(guess), "%s", vectors[0].signature);
        size_t changed = 1 + random_below(&chance, 64); /* from the end: it begins right */

        for (size_t i = size - changed; i < size; i++)
            guess[i] = digits[random_below(&chance, 16)];
        right += strcmp(guess, vectors[0].signature) != 0 && matches(0, guess);
    }
    CHECK_EQ(right, 0, "guesses that were taken");
}

TEST(one_wrong_octet_anywhere_is_a_wrong_signature)
{
    for (size_t i = 0; i < ROWS(vectors); i++) {
        char wrong[SIGNATURE_TEXT_MAX];
        size_t size = strlen(vectors[i].signature);

        for (size_t at = 0; at < size; at++) {
            memcpy(wrong, vectors[i].signature, size + 1);
            wrong[at] = wrong[at] == '5' ? '6' : '5';
            CHECK(!matches(i, wrong), vectors[i].row);
        }
        memcpy(wrong, vectors[i].signature, size + 1);
        wrong[size - 1] = '\0';
        CHECK(!matches(i, wrong), "one shorter");
        snprintf(wrong, sizeof(wrong), "%s0", vectors[i].signature);
        CHECK(!matches(i, wrong), "one longer");
        CHECK(!matches(i, ""), "empty");
        CHECK(!matches(i, NULL), "absent");
    }
}

TEST(case_matters_but_in_hex_digits)
{
    CHECK(matches(
              0, "sha256=E88652969FB3704A4F134CBC4687755EB4EC524595112C5A365714D6F9AB5751"),
          "hex");
    CHECK(!matches(
              0, "SHA256=e88652969fb3704a4f134cbc4687755eb4ec524595112c5a365714d6f9ab5751"),
          "prefix");
    CHECK(!matches(4, "glgJYhSAhOzHMq5EQtkKUxfYW5YLEXxgO9cPttCXMIE="), "base64");
}

TEST(another_body_or_key_has_another_signature)
{
    char made[SIGNATURE_TEXT_MAX];

    signature_make(&prefixed, "lab-hook", 8, "{}", 2, made);
    CHECK(signature_matches(&prefixed, "lab-hook", 8, "{}", 2, made), "itself");
    CHECK(!signature_matches(&prefixed, "lab-hook", 8, "{} ", 3, made), "body");
    CHECK(!signature_matches(&prefixed, "lab-hooK", 8, "{}", 2, made), "key");
    CHECK(signature_matches(&prefixed, "lab-hook", 8, "{}", 2, made), "still itself");
}

TEST(a_key_of_standard_webhooks_is_read)
{
    static const uint8_t octets[] = {0x31, 0xF2, 0xA9, 0x43, 0x60, 0x0A, 0x91, 0xC0, 0xA4};
    uint8_t key[64];
    size_t size;

    assert_true(signature_key_read("whsec_MfKpQ2AKkcCk", 1, sizeof(key), key, &size));
    CHECK_BYTES(key, size, octets, sizeof(octets), "whole");
    assert_true(signature_key_read("whsec_MfKpQ2AKkcA=", 1, sizeof(key), key, &size));
    CHECK_EQ(size, 8, "filled up with one");
    assert_true(signature_key_read("whsec_MfKpQ2AKkQ==", 1, sizeof(key), key, &size));
    CHECK_EQ(size, 7, "filled up with two");
    assert_false(signature_key_read("whsec_MfKpQ2AKkcCk", 10, sizeof(key), key, &size));
    assert_false(signature_key_read("whsec_MfKpQ2AKkcCk", 1, 8, key, &size));
    assert_false(signature_key_read("whsec_MfKpQ2AKkcC", 1, sizeof(key), key, &size));
    assert_false(signature_key_read("whsec_MfKpQ2AKkc!k", 1, sizeof(key), key, &size));
    assert_false(signature_key_read("whsec_    MfKpQ2AKkcCk", 1, sizeof(key), key, &size));
    assert_false(
        signature_key_read("whsec_MfKpQ2AKkcCk\n\n\n\n", 1, sizeof(key), key, &size));
    assert_false(signature_key_read("whsec_", 0, sizeof(key), key, &size));
    assert_false(signature_key_read("MfKpQ2AKkcCk", 1, sizeof(key), key, &size));
}

/* The example of the specification's libraries: octets "id.time.body". */
TEST(a_post_is_signed_as_standard_webhooks_say)
{
    static const struct signature_scheme scheme = {SIGNATURE_SHA256, SIGNATURE_BASE64,
                                                   "v1,"};
    static const char text[] =
        "msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{\"test\": 2432232314}";
    char made[SIGNATURE_TEXT_MAX];
    uint8_t key[64];
    size_t size;

    assert_true(
        signature_key_read("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", 24, 64, key, &size));
    signature_make(&scheme, key, size, text, sizeof(text) - 1, made);
    CHECK_STR(made, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", "the example");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        RUN(the_signatures_of_the_providers_are_known),
        RUN(of_a_hundred_thousand_guesses_none_is_right),
        RUN(one_wrong_octet_anywhere_is_a_wrong_signature),
        RUN(case_matters_but_in_hex_digits),
        RUN(another_body_or_key_has_another_signature),
        RUN(a_key_of_standard_webhooks_is_read),
        RUN(a_post_is_signed_as_standard_webhooks_say),
    };

    return RUN_ALL(tests);
}
