/* Overwriting what is secret, in a way that the compiler does not leave out. */
#ifndef YQ_CRYPTO_WIPE_H
#define YQ_CRYPTO_WIPE_H

#include <stddef.h>

void yq_wipe(void *secret, size_t length);

#endif
