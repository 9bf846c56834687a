#include "base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t yq_base64(const void *bytes, size_t len, char *out)
{
    const uint8_t *at = bytes;
    char *end = out;
    for (size_t index = 0; index < len; index += 3) {
        size_t left = len - index;
        uint32_t three = (uint32_t)at[index] << 16;
        if (left > 1)
            three |= (uint32_t)at[index + 1] << 8;
        if (left > 2)
            three |= at[index + 2];
        *end++ = alphabet[three >> 18];
        *end++ = alphabet[three >> 12 & 63];
        *end++ = left > 1 ? alphabet[three >> 6 & 63] : '=';
        *end++ = left > 2 ? alphabet[three & 63] : '=';
    }
    *end = '\0';
    return (size_t)(end - out);
}

static int value(char written)
{
    if (written >= 'A' && written <= 'Z')
        return written - 'A';
    if (written >= 'a' && written <= 'z')
        return written - 'a' + 26;
    if (written >= '0' && written <= '9')
        return written - '0' + 52;
    return written == '+' ? 62 : written == '/' ? 63 : -1;
}

int yq_unbase64(const char *text, size_t len, uint8_t *out, size_t *out_len)
{
    uint8_t *end = out;
    *out_len = 0;
    if (len % 4 != 0)
        return -1;
    for (size_t at = 0; at < len; at += 4) {
        size_t padding = 0;
        if (at + 4 == len)
            padding = text[at + 3] != '=' ? 0 : text[at + 2] != '=' ? 1 : 2;
        uint32_t three = 0;
        for (size_t index = 0; index < 4; index++) {
            int six = index < 4 - padding ? value(text[at + index]) : 0;
            if (six < 0)
                return -1;
            three = three << 6 | (uint32_t)six;
        }
        if ((three & ((1u << 8 * padding) - 1)) != 0)
            return -1; /* bits that no byte has: two texts would mean the same */
        for (size_t index = 0; index < 3 - padding; index++)
            *end++ = (uint8_t)(three >> (16 - 8 * index));
    }
    *out_len = (size_t)(end - out);
    return 0;
}
