#include "wipe.h"

#include <string.h>

/* Through a pointer that may change at any time, so that no compiler knows what is called and leaves it out. */
static void *(*const volatile forget)(void *, int, size_t) = memset;

void yq_wipe(void *secret, size_t length)
{
    if (length > 0)
        forget(secret, 0, length);
}
