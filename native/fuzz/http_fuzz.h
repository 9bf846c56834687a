/* A platform that answers by chance: signed answers with good and with broken content, broken bytes, nothing. */
#ifndef YQ_HTTP_FUZZ_H
#define YQ_HTTP_FUZZ_H

#include <stdbool.h>

/* The keys of the answers to come, and whether they are the health card platform's. */
void yq_platform_is(bool card, const char *key);

#endif
