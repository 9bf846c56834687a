#include "block.h"

#include <string.h>

#include "wipe.h"

static void mix(uint8_t *into, const uint8_t *with, size_t length)
{
    for (size_t at = 0; at < length; at++)
        into[at] ^= with[at];
}

size_t yq_block_encrypt(const struct yq_block_cipher *cipher, const void *schedule, enum yq_mode mode,
                        const uint8_t *iv, const void *in, size_t len, void *out)
{
    const uint8_t *from = in;
    uint8_t *to = out;
    size_t block = cipher->block, whole = len / block * block;
    uint8_t chain[YQ_BLOCK_MOST] = {0}, plain[YQ_BLOCK_MOST];
    if (mode == YQ_CBC)
        memcpy(chain, iv, block);
    for (size_t at = 0; at <= whole; at += block) {
        size_t taken = at < whole ? block : len - whole;
        memset(plain, (int)(block - taken), block);
        if (taken > 0)
            memcpy(plain, from + at, taken);
        if (mode == YQ_CBC)
            mix(plain, chain, block);
        cipher->encrypt(schedule, plain, to + at);
        memcpy(chain, to + at, block);
    }
    yq_wipe(plain, sizeof plain);
    return whole + block;
}

/* How many bytes of the last block are padding, 0 where it is not padded. */
static size_t padding(const uint8_t *last, size_t block)
{
    size_t count = last[block - 1];
    if (count == 0 || count > block)
        return 0;
    uint8_t difference = 0;
    for (size_t at = block - count; at < block; at++)
        difference |= (uint8_t)(last[at] ^ count);
    return difference == 0 ? count : 0;
}

int yq_block_decrypt(const struct yq_block_cipher *cipher, const void *schedule, enum yq_mode mode, const uint8_t *iv,
                     const void *in, size_t len, void *out, size_t *out_len)
{
    const uint8_t *from = in;
    uint8_t *to = out;
    size_t block = cipher->block;
    uint8_t chain[YQ_BLOCK_MOST] = {0}, sealed[YQ_BLOCK_MOST];
    *out_len = 0;
    if (len == 0 || len % block != 0)
        return -1;
    if (mode == YQ_CBC)
        memcpy(chain, iv, block);
    for (size_t at = 0; at < len; at += block) {
        memcpy(sealed, from + at, block);
        cipher->decrypt(schedule, sealed, to + at);
        if (mode == YQ_CBC)
            mix(to + at, chain, block);
        memcpy(chain, sealed, block);
    }
    size_t added = padding(to + len - block, block);
    if (added == 0)
        return -1;
    *out_len = len - added;
    return 0;
}
