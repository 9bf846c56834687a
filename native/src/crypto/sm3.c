#include "sm3.h"

#include "wipe.h"
#include "words.h"

static const uint32_t initial[8] = {0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600,
                                    0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e};

static uint32_t p0(uint32_t x)
{
    return x ^ yq_turn(x, 9) ^ yq_turn(x, 17);
}

static uint32_t p1(uint32_t x)
{
    return x ^ yq_turn(x, 15) ^ yq_turn(x, 23);
}

static void compress(uint32_t state[8], const uint8_t block[YQ_DIGEST_BLOCK])
{
    uint32_t w[68];
    for (unsigned j = 0; j < 16; j++)
        w[j] = yq_load_be(block + 4 * j);
    for (unsigned j = 16; j < 68; j++)
        w[j] = p1(w[j - 16] ^ w[j - 9] ^ yq_turn(w[j - 3], 15)) ^ yq_turn(w[j - 13], 7) ^ w[j - 6];
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    for (unsigned j = 0; j < 64; j++) {
        uint32_t t = j < 16 ? 0x79cc4519 : 0x7a879d8a;
        uint32_t ss1 = yq_turn(yq_turn(a, 12) + e + yq_turn(t, j), 7);
        uint32_t ss2 = ss1 ^ yq_turn(a, 12);
        uint32_t ff = j < 16 ? a ^ b ^ c : (a & b) | (a & c) | (b & c);
        uint32_t gg = j < 16 ? e ^ f ^ g : (e & f) | (~e & g);
        uint32_t tt1 = ff + d + ss2 + (w[j] ^ w[j + 4]);
        uint32_t tt2 = gg + h + ss1 + w[j];
        d = c;
        c = yq_turn(b, 9);
        b = a;
        a = tt1;
        h = g;
        g = yq_turn(f, 19);
        f = e;
        e = p0(tt2);
    }
    state[0] ^= a;
    state[1] ^= b;
    state[2] ^= c;
    state[3] ^= d;
    state[4] ^= e;
    state[5] ^= f;
    state[6] ^= g;
    state[7] ^= h;
}

void yq_sm3_begin(struct yq_digest *digest)
{
    *digest = (struct yq_digest){.compress = compress, .big_endian = true};
    for (unsigned at = 0; at < 8; at++)
        digest->state[at] = initial[at];
}

void yq_sm3_end(struct yq_digest *digest, uint8_t out[32])
{
    yq_digest_end(digest);
    for (unsigned at = 0; at < 8; at++)
        yq_store_be(out + 4 * at, digest->state[at]);
    yq_wipe(digest, sizeof *digest);
}

void yq_sm3(const void *msg, size_t len, uint8_t out[32])
{
    struct yq_digest digest;
    yq_sm3_begin(&digest);
    yq_digest_add(&digest, msg, len);
    yq_sm3_end(&digest, out);
}
