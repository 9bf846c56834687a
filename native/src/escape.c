#include "escape.h"

#include <stdio.h>

static void unit(unsigned value, struct yq_buffer *out)
{
    char text[7];
    snprintf(text, sizeof text, "\\u%04x", value & 0xFFFFu);
    yq_buffer_add(out, text, 6);
}

void yq_escape(uint32_t character, struct yq_buffer *out)
{
    if (character >= 0x10000) {
        unit(0xD800 + (unsigned)((character - 0x10000) >> 10), out);
        unit(0xDC00 + (unsigned)((character - 0x10000) & 0x3FF), out);
    } else {
        unit((unsigned)character, out);
    }
}
