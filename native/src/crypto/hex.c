#include "hex.h"

void yq_hex(const void *bytes, size_t len, char *out, int upper)
{
    const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    const uint8_t *at = bytes;
    for (size_t index = 0; index < len; index++) {
        *out++ = digits[at[index] >> 4];
        *out++ = digits[at[index] & 15];
    }
    *out = '\0';
}

static int digit(char written)
{
    if (written >= '0' && written <= '9')
        return written - '0';
    if (written >= 'a' && written <= 'f')
        return written - 'a' + 10;
    if (written >= 'A' && written <= 'F')
        return written - 'A' + 10;
    return -1;
}

int yq_unhex(const char *text, size_t len, uint8_t *out)
{
    if (len % 2 != 0)
        return -1;
    for (size_t at = 0; at < len; at += 2) {
        int high = digit(text[at]), low = digit(text[at + 1]);
        if (high < 0 || low < 0)
            return -1;
        *out++ = (uint8_t)(high << 4 | low);
    }
    return 0;
}
