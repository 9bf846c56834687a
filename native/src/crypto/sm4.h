/* SM4 (GB/T 32907), padded with PKCS#7. */
#ifndef YQ_CRYPTO_SM4_H
#define YQ_CRYPTO_SM4_H

#include <stddef.h>
#include <stdint.h>

#include "mode.h"

/* Gives the number of bytes written; `out` holds len + 16 and may be `in`. */
size_t yq_sm4_encrypt(enum yq_mode mode, const uint8_t key[16], const uint8_t iv[16], const void *in, size_t len,
                      void *out);
/* 0, or -1 where the length or the padding is wrong. `out` holds len and may be `in`. */
int yq_sm4_decrypt(enum yq_mode mode, const uint8_t key[16], const uint8_t iv[16], const void *in, size_t len,
                   void *out, size_t *out_len);

#endif
