/* The charsets by Windows: code page 54936 is GB18030, 936 is GBK. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "charset.h"
#include "escape.h"
#include "utf8.h"

enum { GB18030 = 54936, GBK = 936 };

static bool from_page(UINT page, const char *bytes, size_t length, struct yq_buffer *utf8)
{
    int units = MultiByteToWideChar(page, MB_ERR_INVALID_CHARS, bytes, (int)length, NULL, 0);
    if (units <= 0)
        return false;
    wchar_t *wide = calloc((size_t)units, sizeof *wide);
    int size = 0;
    if (wide != NULL && MultiByteToWideChar(page, MB_ERR_INVALID_CHARS, bytes, (int)length, wide, units) == units)
        size = WideCharToMultiByte(CP_UTF8, 0, wide, units, NULL, 0, NULL, NULL);
    char *room = size > 0 ? yq_buffer_reserve(utf8, (size_t)size) : NULL;
    if (room != NULL) {
        WideCharToMultiByte(CP_UTF8, 0, wide, units, room, size, NULL, NULL);
        yq_buffer_grown(utf8, (size_t)size);
    }
    free(wide);
    return room != NULL;
}

/* The first byte at which GB18030 ends to be any: leads and trails are looked at, no table. */
static size_t first_stray(const char *bytes, size_t length)
{
    size_t at = 0;
    while (at < length) {
        unsigned char lead = (unsigned char)bytes[at];
        unsigned char trail = at + 1 < length ? (unsigned char)bytes[at + 1] : 0;
        if (lead < 0x80)
            at += 1;
        else if (lead == 0x80 || lead == 0xFF || trail < 0x30 || trail == 0x7F || trail == 0xFF)
            break;
        else
            at += trail < 0x40 ? 4 : 2;
    }
    return at < length ? at : length;
}

bool yq_from_gb(const char *bytes, size_t length, struct yq_buffer *utf8, size_t *fault)
{
    if (length == 0)
        return !utf8->failed;
    size_t stray = first_stray(bytes, length);
    bool good = stray == length && from_page(GB18030, bytes, length, utf8);
    if (!good && fault != NULL)
        *fault = stray;
    return good;
}

/* A character in a code page without a best fit; 0 where the page does not have it. */
static int in_page(UINT page, uint32_t character, char *bytes, int size)
{
    wchar_t units[2] = {(wchar_t)character, 0};
    int count = 1;
    BOOL replaced = FALSE;
    if (character >= 0x10000) {
        units[0] = (wchar_t)(0xD800 + ((character - 0x10000) >> 10));
        units[1] = (wchar_t)(0xDC00 + ((character - 0x10000) & 0x3FF));
        count = 2;
    }
    if (page == GB18030) /* has them all, and takes no such arguments */
        return WideCharToMultiByte(page, 0, units, count, bytes, size, NULL, NULL);
    int written = WideCharToMultiByte(page, WC_NO_BEST_FIT_CHARS, units, count, bytes, size, NULL, &replaced);
    return replaced || written != 2 ? 0 : written; /* a single byte beyond ASCII is not everybody's GBK */
}

static bool to_page(UINT page, bool escapes, const char *utf8, size_t length, struct yq_buffer *out)
{
    size_t at = 0;
    while (at < length && !out->failed) {
        uint32_t character;
        size_t size = yq_utf8_read(utf8 + at, length - at, &character);
        if (size == 0)
            return false;
        char bytes[8];
        int written = character < 0x80 ? 0 : in_page(page, character, bytes, sizeof bytes);
        if (character < 0x80)
            yq_buffer_add(out, utf8 + at, 1);
        else if (written > 0)
            yq_buffer_add(out, bytes, (size_t)written);
        else if (escapes)
            yq_escape(character, out);
        else
            return false;
        at += size;
    }
    return !out->failed;
}

bool yq_json_to_gbk(const char *utf8, size_t length, struct yq_buffer *gbk)
{
    return to_page(GBK, true, utf8, length, gbk);
}

bool yq_to_gb18030(const char *utf8, size_t length, struct yq_buffer *gb)
{
    return to_page(GB18030, false, utf8, length, gb);
}
