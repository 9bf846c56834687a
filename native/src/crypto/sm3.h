/* SM3 (GB/T 32905). */
#ifndef YQ_CRYPTO_SM3_H
#define YQ_CRYPTO_SM3_H

#include <stddef.h>
#include <stdint.h>

#include "digest.h"

void yq_sm3(const void *msg, size_t len, uint8_t out[32]);

/* The same in parts: begin, yq_digest_add as often as needed, end. */
void yq_sm3_begin(struct yq_digest *digest);
void yq_sm3_end(struct yq_digest *digest, uint8_t out[32]);

#endif
