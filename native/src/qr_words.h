/* The codewords of a QR code: the text with its head, its padding, and the error correction of each block. */
#ifndef YQ_QR_WORDS_H
#define YQ_QR_WORDS_H

#include <stddef.h>
#include <stdint.h>

enum { YQ_QR_WORDS = 581 }; /* of version 14 */

/* The least version that takes the text, 0 for none; its codewords in their final order, `count` of them. */
int yq_qr_words(const void *text, size_t length, uint8_t words[YQ_QR_WORDS], size_t *count);

#endif
