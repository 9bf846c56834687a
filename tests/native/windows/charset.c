/* The characters of the basic plane, and some beyond it, and what they are in GB18030 and in GBK; and back. */
#include <stdio.h>

#include "gb18030_win.h"

static void print(const char *bytes, size_t size)
{
    printf(" ");
    for (size_t at = 0; at < size; at++)
        printf("%02x", (unsigned char)bytes[at]);
}

int main(void)
{
    for (uint32_t character = 0; character <= 0x10FFFF; character += character < 0x10000 ? 1 : 0xFF) {
        char gb[4], gbk[2];
        uint32_t back = 0;
        size_t size = yq_gb18030_write(character, gb), short_size = yq_gbk_write(character, gbk);
        if (size == 0)
            continue;
        if (yq_gb18030_read(gb, size, &back) != size || back != character)
            printf("not itself: ");
        printf("%x", (unsigned)character);
        print(gb, size);
        print(gbk, short_size);
        printf("\n");
    }
    return 0;
}
