/* What SM3 and MD5 share: 64-byte blocks, and at the end one set bit, zeros and the length in bits. */
#ifndef YQ_CRYPTO_DIGEST_H
#define YQ_CRYPTO_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { YQ_DIGEST_BLOCK = 64 };

struct yq_digest {
    void (*compress)(uint32_t state[8], const uint8_t block[YQ_DIGEST_BLOCK]);
    bool big_endian; /* how the length is written */
    uint32_t state[8];
    uint64_t length; /* bytes so far */
    uint8_t block[YQ_DIGEST_BLOCK];
};

void yq_digest_add(struct yq_digest *digest, const void *bytes, size_t length);
/* After this the state is the result. */
void yq_digest_end(struct yq_digest *digest);

#endif
