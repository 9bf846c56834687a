#include "hmac.h"

#include <string.h>

#include "sm3.h"
#include "wipe.h"

enum { DIGEST = 32, INNER = 0x36, OUTER = 0x5c };

/* A digest that has taken the key, masked. */
static void begin(struct yq_digest *digest, const uint8_t key[YQ_DIGEST_BLOCK], uint8_t mask)
{
    uint8_t masked[YQ_DIGEST_BLOCK];
    for (size_t at = 0; at < sizeof masked; at++)
        masked[at] = key[at] ^ mask;
    yq_sm3_begin(digest);
    yq_digest_add(digest, masked, sizeof masked);
    yq_wipe(masked, sizeof masked);
}

void yq_hmac_sm3(const void *key, size_t klen, const void *msg, size_t len, uint8_t out[32])
{
    uint8_t whole[YQ_DIGEST_BLOCK] = {0};
    struct yq_digest digest;
    if (klen > sizeof whole)
        yq_sm3(key, klen, whole);
    else if (klen > 0)
        memcpy(whole, key, klen);
    begin(&digest, whole, INNER);
    yq_digest_add(&digest, msg, len);
    yq_sm3_end(&digest, out);
    begin(&digest, whole, OUTER);
    yq_digest_add(&digest, out, DIGEST);
    yq_sm3_end(&digest, out);
    yq_wipe(whole, sizeof whole);
}

bool yq_equal(const void *one, const void *other, size_t length)
{
    const volatile uint8_t *a = one, *b = other;
    uint8_t difference = 0;
    for (size_t at = 0; at < length; at++)
        difference |= a[at] ^ b[at];
    return difference == 0;
}
