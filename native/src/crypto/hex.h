/* Bytes as hexadecimal digits. */
#ifndef YQ_CRYPTO_HEX_H
#define YQ_CRYPTO_HEX_H

#include <stddef.h>
#include <stdint.h>

/* `out` holds 2 * len + 1: a NUL goes behind. */
void yq_hex(const void *bytes, size_t len, char *out, int upper);
/* `len` digits of either case. `out` holds half as many; 0, or -1 where the text is no whole bytes. */
int yq_unhex(const char *text, size_t len, uint8_t *out);

#endif
