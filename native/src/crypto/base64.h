/* Base64 (RFC 4648, the usual alphabet, padded, without line breaks). */
#ifndef YQ_CRYPTO_BASE64_H
#define YQ_CRYPTO_BASE64_H

#include <stddef.h>
#include <stdint.h>

/* Gives the number of characters; `out` holds (len + 2) / 3 * 4 + 1: a NUL goes behind. */
size_t yq_base64(const void *bytes, size_t len, char *out);
/* `out` holds len / 4 * 3. 0, or -1 where the text is none: a stray character, a missing or idle padding. */
int yq_unbase64(const char *text, size_t len, uint8_t *out, size_t *out_len);

#endif
