/* MD5 (RFC 1321): only because documents prescribe it; it keeps nobody from forging a message. */
#ifndef YQ_CRYPTO_MD5_H
#define YQ_CRYPTO_MD5_H

#include <stddef.h>
#include <stdint.h>

void yq_md5(const void *msg, size_t len, uint8_t out[16]);

#endif
