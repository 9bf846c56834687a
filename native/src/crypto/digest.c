#include "digest.h"

#include <string.h>

enum { LENGTH_AT = YQ_DIGEST_BLOCK - 8 };

void yq_digest_add(struct yq_digest *digest, const void *bytes, size_t length)
{
    const uint8_t *at = bytes;
    size_t held = (size_t)(digest->length % YQ_DIGEST_BLOCK);
    digest->length += length;
    while (length > 0) {
        size_t taken = YQ_DIGEST_BLOCK - held < length ? YQ_DIGEST_BLOCK - held : length;
        memcpy(digest->block + held, at, taken);
        at += taken;
        length -= taken;
        held += taken;
        if (held == YQ_DIGEST_BLOCK) {
            digest->compress(digest->state, digest->block);
            held = 0;
        }
    }
}

void yq_digest_end(struct yq_digest *digest)
{
    uint64_t bits = digest->length * 8;
    size_t held = (size_t)(digest->length % YQ_DIGEST_BLOCK);
    digest->block[held++] = 0x80;
    if (held > LENGTH_AT) {
        memset(digest->block + held, 0, YQ_DIGEST_BLOCK - held);
        digest->compress(digest->state, digest->block);
        held = 0;
    }
    memset(digest->block + held, 0, LENGTH_AT - held);
    for (unsigned at = 0; at < 8; at++)
        digest->block[LENGTH_AT + at] = (uint8_t)(bits >> (digest->big_endian ? 56 - 8 * at : 8 * at));
    digest->compress(digest->state, digest->block);
}
