/* 32-bit words as bytes, and turned around. */
#ifndef YQ_CRYPTO_WORDS_H
#define YQ_CRYPTO_WORDS_H

#include <stdint.h>

static inline uint32_t yq_load_be(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static inline void yq_store_be(uint8_t *at, uint32_t word)
{
    at[0] = (uint8_t)(word >> 24);
    at[1] = (uint8_t)(word >> 16);
    at[2] = (uint8_t)(word >> 8);
    at[3] = (uint8_t)word;
}

static inline uint32_t yq_load_le(const uint8_t *at)
{
    return (uint32_t)at[3] << 24 | (uint32_t)at[2] << 16 | (uint32_t)at[1] << 8 | at[0];
}

static inline void yq_store_le(uint8_t *at, uint32_t word)
{
    at[0] = (uint8_t)word;
    at[1] = (uint8_t)(word >> 8);
    at[2] = (uint8_t)(word >> 16);
    at[3] = (uint8_t)(word >> 24);
}

/* To the left; any number of bits, also none and 32. */
static inline uint32_t yq_turn(uint32_t word, unsigned bits)
{
    return word << (bits & 31) | word >> (-bits & 31);
}

#endif
