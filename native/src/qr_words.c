#include "qr_words.h"

#include <string.h>

#include "qr.h"

enum { BYTE_MODE = 4, LONGEST_CORRECTION = 30, FIELD = 0x11D };

/* Of error correction M, by version: codewords of correction in a block, and blocks. */
static const uint8_t corrections[YQ_QR_VERSIONS + 1] = {0, 10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24};
static const uint8_t block_counts[YQ_QR_VERSIONS + 1] = {0, 1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9};

/* All codewords of a version: its modules without the patterns, in bytes. */
static size_t all_words(int version)
{
    int modules = (16 * version + 128) * version + 64;
    if (version >= 2) {
        int aligned = version / 7 + 2;
        modules -= (25 * aligned - 10) * aligned - 55;
    }
    if (version >= 7)
        modules -= 36;
    return (size_t)modules / 8;
}

static size_t data_words(int version)
{
    return all_words(version) - (size_t)corrections[version] * block_counts[version];
}

/* Multiplication in the field of 256 elements. */
static uint8_t times(uint8_t one, uint8_t other)
{
    unsigned product = 0;
    for (int bit = 7; bit >= 0; bit--) {
        product = product << 1 ^ (product >> 7) * FIELD;
        product ^= (unsigned)(other >> bit & 1) * one;
    }
    return (uint8_t)product;
}

/* The coefficients of the generator below its highest. */
static void generator(size_t degree, uint8_t divisor[LONGEST_CORRECTION])
{
    uint8_t root = 1;
    memset(divisor, 0, LONGEST_CORRECTION);
    divisor[degree - 1] = 1;
    for (size_t step = 0; step < degree; step++) {
        for (size_t at = 0; at < degree; at++) {
            divisor[at] = times(divisor[at], root);
            if (at + 1 < degree)
                divisor[at] ^= divisor[at + 1];
        }
        root = times(root, 2);
    }
}

static void correction(const uint8_t *data, size_t length, size_t degree, uint8_t *rest)
{
    uint8_t divisor[LONGEST_CORRECTION];
    generator(degree, divisor);
    memset(rest, 0, degree);
    for (size_t at = 0; at < length; at++) {
        uint8_t factor = data[at] ^ rest[0];
        memmove(rest, rest + 1, degree - 1);
        rest[degree - 1] = 0;
        for (size_t place = 0; place < degree; place++)
            rest[place] ^= times(divisor[place], factor);
    }
}

struct bits {
    uint8_t *bytes;
    size_t count;
};

static void put(struct bits *bits, unsigned value, int width)
{
    for (int bit = width - 1; bit >= 0; bit--, bits->count++)
        bits->bytes[bits->count / 8] |= (uint8_t)((value >> bit & 1) << (7 - bits->count % 8));
}

/* The text as data codewords: mode, length, bytes, end, padding. */
static void fill(const uint8_t *text, size_t length, int version, uint8_t *data, size_t size)
{
    struct bits bits = {data, 0};
    memset(data, 0, size);
    put(&bits, BYTE_MODE, 4);
    put(&bits, (unsigned)length, version < 10 ? 8 : 16);
    for (size_t at = 0; at < length; at++)
        put(&bits, text[at], 8);
    size_t left = 8 * size - bits.count;
    bits.count += left < 4 ? left : 4;
    for (size_t at = (bits.count + 7) / 8, pad = 0; at < size; at++, pad++)
        data[at] = pad % 2 == 0 ? 0xEC : 0x11;
}

/* The blocks' codewords one of each in turn: first the data, then the correction. */
static void interleave(const uint8_t *data, int version, uint8_t *words)
{
    size_t blocks = block_counts[version], degree = corrections[version], all = all_words(version);
    size_t shorter = all / blocks - degree, longer_blocks = all % blocks, start = 0;
    uint8_t rest[LONGEST_CORRECTION];
    for (size_t block = 0; block < blocks; block++) {
        size_t longer = block >= blocks - longer_blocks ? 1 : 0, length = shorter + longer;
        for (size_t at = 0; at < shorter; at++)
            words[at * blocks + block] = data[start + at];
        if (longer)
            words[shorter * blocks + block - (blocks - longer_blocks)] = data[start + shorter];
        correction(data + start, length, degree, rest);
        for (size_t at = 0; at < degree; at++)
            words[data_words(version) + at * blocks + block] = rest[at];
        start += length;
    }
}

int yq_qr_words(const void *text, size_t length, uint8_t words[YQ_QR_WORDS], size_t *count)
{
    uint8_t data[YQ_QR_WORDS];
    for (int version = 1; version <= YQ_QR_VERSIONS; version++) {
        size_t head = version < 10 ? 12 : 20; /* bits */
        if (length > YQ_QR_WORDS || head + 8 * length > 8 * data_words(version))
            continue;
        fill(text, length, version, data, data_words(version));
        interleave(data, version, words);
        *count = all_words(version);
        return version;
    }
    return 0;
}
