/* AES (FIPS 197), padded with PKCS#7. The key has 16, 24 or 32 bytes. */
#ifndef YQ_CRYPTO_AES_H
#define YQ_CRYPTO_AES_H

#include <stddef.h>
#include <stdint.h>

#include "mode.h"

/* Gives the number of bytes written, 0 for a key of another length; `out` holds len + 16 and may be `in`. */
size_t yq_aes_encrypt(enum yq_mode mode, const uint8_t *key, size_t klen, const uint8_t iv[16], const void *in,
                      size_t len, void *out);
/* 0, or -1 where the length, the padding or the key's length is wrong. `out` holds len and may be `in`. */
int yq_aes_decrypt(enum yq_mode mode, const uint8_t *key, size_t klen, const uint8_t iv[16], const void *in, size_t len,
                   void *out, size_t *out_len);

#endif
