/* The charsets by the C library's iconv. */
#include <errno.h>
#include <iconv.h>
#include <stdint.h>
#include <string.h>

#include "charset.h"
#include "escape.h"
#include "utf8.h"

enum { YQ_CHUNK = 1024 };

/* Whether all bytes are ASCII, which every charset here writes alike. */
static bool is_ascii(const char *bytes, size_t length)
{
    for (size_t at = 0; at < length; at++)
        if ((unsigned char)bytes[at] >= 0x80)
            return false;
    return true;
}

/* What becomes of the input at which iconv stopped: how many bytes were dealt with, 0 to give up. */
typedef size_t (*yq_stray)(const char *at, size_t left, struct yq_buffer *out);

static bool convert(const char *to, const char *from, const char *bytes, size_t length, struct yq_buffer *out,
                    yq_stray stray, size_t *fault)
{
    if (is_ascii(bytes, length)) {
        yq_buffer_add(out, bytes, length);
        return !out->failed;
    }
    iconv_t converter = iconv_open(to, from);
    if (converter == (iconv_t)-1)
        return false;
    char *at = (char *)(uintptr_t)bytes; /* iconv does not write to its input */
    size_t left = length;
    bool good = true;
    while (good && left > 0) {
        char chunk[YQ_CHUNK];
        char *end = chunk;
        size_t room = sizeof chunk;
        size_t outcome = iconv(converter, &at, &left, &end, &room);
        int why = errno;
        yq_buffer_add(out, chunk, sizeof chunk - room);
        if (outcome == (size_t)-1 && why != E2BIG) {
            size_t dealt = stray == NULL ? 0 : stray(at, left, out);
            at += dealt;
            left -= dealt;
            good = dealt > 0;
        }
        good = good && !out->failed;
    }
    iconv_close(converter);
    if (fault != NULL)
        *fault = length - left;
    return good;
}

static size_t escaped(const char *at, size_t left, struct yq_buffer *out)
{
    uint32_t character;
    size_t size = yq_utf8_read(at, left, &character);
    if (size > 0)
        yq_escape(character, out);
    return size;
}

bool yq_from_gb(const char *bytes, size_t length, struct yq_buffer *utf8, size_t *fault)
{
    return convert("UTF-8", "GB18030", bytes, length, utf8, NULL, fault);
}

/* The euro sign is one byte to some makers of GBK and none to others, so it is always escaped. */
bool yq_json_to_gbk(const char *utf8, size_t length, struct yq_buffer *gbk)
{
    static const char euro[] = "\xE2\x82\xAC";
    size_t plain = 0;
    for (size_t at = 0; at + 3 <= length; at++) {
        if (memcmp(utf8 + at, euro, 3) != 0)
            continue;
        if (!convert("GBK", "UTF-8", utf8 + plain, at - plain, gbk, escaped, NULL))
            return false;
        yq_escape(0x20AC, gbk);
        plain = at + 3;
    }
    return convert("GBK", "UTF-8", utf8 + plain, length - plain, gbk, escaped, NULL);
}

bool yq_to_gb18030(const char *utf8, size_t length, struct yq_buffer *gb)
{
    return convert("GB18030", "UTF-8", utf8, length, gb, NULL, NULL);
}
