/* The ciphers and digests that the electronic health card platform names, each with its key and its spelling. */
#ifndef YQ_CIPHER_EHC_H
#define YQ_CIPHER_EHC_H

#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"

enum { YQ_LONGEST_DIGEST = 32 };

struct yq_cipher;

/* By enc_type; NULL for an unknown one. */
const struct yq_cipher *yq_cipher(const char *enc_type);
/* Appends the cipher text as the platform spells it. False where the secret does not fit the cipher, or no memory. */
bool yq_encipher(const struct yq_cipher *cipher, const char *secret, const struct yq_buffer *plain,
                 struct yq_buffer *text);
/* The way back. False for any text that is none. */
bool yq_decipher(const struct yq_cipher *cipher, const char *secret, const char *text, struct yq_buffer *plain);
/* The digest of bytes in lower-case hexadecimal, by sign_type; false for an unknown one. */
bool yq_digest_hex(const char *sign_type, const struct yq_buffer *bytes, char hex[2 * YQ_LONGEST_DIGEST + 1]);

#endif
