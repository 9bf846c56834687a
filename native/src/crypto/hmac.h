/* HMAC-SM3 (GB/T 15852.2), and the comparison that belongs to it. */
#ifndef YQ_CRYPTO_HMAC_H
#define YQ_CRYPTO_HMAC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The key may have any length. */
void yq_hmac_sm3(const void *key, size_t klen, const void *msg, size_t len, uint8_t out[32]);
/* Takes the same time wherever the two differ. */
bool yq_equal(const void *one, const void *other, size_t length);

#endif
