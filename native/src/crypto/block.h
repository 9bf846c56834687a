/* Messages of any length under a block cipher: PKCS#7 padding, taken off strictly, and ECB or CBC. */
#ifndef YQ_CRYPTO_BLOCK_H
#define YQ_CRYPTO_BLOCK_H

#include <stddef.h>
#include <stdint.h>

#include "mode.h"

enum { YQ_BLOCK_MOST = 16 };

struct yq_block_cipher {
    size_t block; /* bytes, YQ_BLOCK_MOST at most */
    void (*encrypt)(const void *schedule, const uint8_t *in, uint8_t *out);
    void (*decrypt)(const void *schedule, const uint8_t *in, uint8_t *out);
};

/* Gives the number of bytes written; `out` holds len + block and may be `in`. */
size_t yq_block_encrypt(const struct yq_block_cipher *cipher, const void *schedule, enum yq_mode mode,
                        const uint8_t *iv, const void *in, size_t len, void *out);
/* 0, or -1 where the length or the padding is wrong. `out` holds len and may be `in`. */
int yq_block_decrypt(const struct yq_block_cipher *cipher, const void *schedule, enum yq_mode mode, const uint8_t *iv,
                     const void *in, size_t len, void *out, size_t *out_len);

#endif
