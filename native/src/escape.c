#include "escape.h"

#include <stdio.h>

#include "utf8.h"

void yq_escape(uint32_t character, struct yq_buffer *out)
{
    char text[7];
    uint16_t units[2];
    size_t count = yq_utf16(character, units);
    for (size_t at = 0; at < count; at++) {
        snprintf(text, sizeof text, "\\u%04x", (unsigned)units[at]);
        yq_buffer_add(out, text, 6);
    }
}
