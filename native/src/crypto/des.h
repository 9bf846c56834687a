/* Single DES (FIPS 46-3), padded with PKCS#5. The key's parity bits are not looked at. */
#ifndef YQ_CRYPTO_DES_H
#define YQ_CRYPTO_DES_H

#include <stddef.h>
#include <stdint.h>

#include "mode.h"

/* Gives the number of bytes written; `out` holds len + 8 and may be `in`. */
size_t yq_des_encrypt(enum yq_mode mode, const uint8_t key[8], const uint8_t iv[8], const void *in, size_t len,
                      void *out);
/* 0, or -1 where the length or the padding is wrong. `out` holds len and may be `in`. */
int yq_des_decrypt(enum yq_mode mode, const uint8_t key[8], const uint8_t iv[8], const void *in, size_t len, void *out,
                   size_t *out_len);

#endif
