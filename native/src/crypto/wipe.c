#include "wipe.h"

void yq_wipe(void *secret, size_t length)
{
    volatile unsigned char *at = secret;
    while (length-- > 0)
        *at++ = 0;
}
