#include "utf8.h"

static size_t size_of(unsigned char lead)
{
    if (lead < 0x80)
        return 1;
    if (lead >= 0xC2 && lead < 0xE0)
        return 2;
    if (lead >= 0xE0 && lead < 0xF0)
        return 3;
    return lead >= 0xF0 && lead < 0xF5 ? 4 : 0;
}

size_t yq_utf8_read(const char *text, size_t length, uint32_t *character)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    static const unsigned char masks[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    if (length == 0)
        return 0;
    size_t size = size_of((unsigned char)text[0]);
    if (size == 0 || size > length)
        return 0;
    uint32_t value = (unsigned char)text[0] & masks[size];
    for (size_t at = 1; at < size; at++) {
        unsigned char byte = (unsigned char)text[at];
        if ((byte & 0xC0) != 0x80)
            return 0;
        value = value << 6 | (byte & 0x3F);
    }
    if (value < smallest[size] || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000))
        return 0;
    *character = value;
    return size;
}

size_t yq_utf8_write(uint32_t character, char bytes[4])
{
    if (character < 0x80) {
        bytes[0] = (char)character;
        return 1;
    }
    if (character < 0x800) {
        bytes[0] = (char)(0xC0 | character >> 6);
        bytes[1] = (char)(0x80 | (character & 0x3F));
        return 2;
    }
    if (character < 0x10000) {
        bytes[0] = (char)(0xE0 | character >> 12);
        bytes[1] = (char)(0x80 | (character >> 6 & 0x3F));
        bytes[2] = (char)(0x80 | (character & 0x3F));
        return 3;
    }
    bytes[0] = (char)(0xF0 | character >> 18);
    bytes[1] = (char)(0x80 | (character >> 12 & 0x3F));
    bytes[2] = (char)(0x80 | (character >> 6 & 0x3F));
    bytes[3] = (char)(0x80 | (character & 0x3F));
    return 4;
}

size_t yq_utf16(uint32_t character, uint16_t units[2])
{
    bool beyond = character >= 0x10000;
    units[0] = (uint16_t)(beyond ? 0xD800 + ((character - 0x10000) >> 10) : character);
    units[1] = (uint16_t)(0xDC00 + ((character - 0x10000) & 0x3FF));
    return beyond ? 2 : 1;
}

bool yq_utf8_valid(const char *text, size_t length)
{
    return yq_utf8_first(text, length, length) == length;
}

size_t yq_utf8_first(const char *text, size_t length, size_t count)
{
    size_t at = 0;
    for (; count > 0 && at < length; count--) {
        uint32_t character;
        size_t size = yq_utf8_read(text + at, length - at, &character);
        if (size == 0)
            break;
        at += size;
    }
    return at;
}

size_t yq_utf8_whole(const char *text, size_t length)
{
    size_t cut = length;
    for (size_t back = 1; back <= 4 && back <= length; back++) {
        unsigned char byte = (unsigned char)text[length - back];
        if ((byte & 0xC0) == 0x80)
            continue;
        size_t size = size_of(byte);
        if (size > back)
            cut = length - back;
        break;
    }
    return cut;
}
