/* The charsets, character by character. */
#include "charset.h"
#include "escape.h"
#include "gb18030_win.h"
#include "utf8.h"

bool yq_from_gb(const char *bytes, size_t length, struct yq_buffer *utf8, size_t *fault)
{
    size_t at = 0;
    while (at < length && !utf8->failed) {
        uint32_t character;
        char written[4];
        size_t size = yq_gb18030_read(bytes + at, length - at, &character);
        if (size == 0) {
            if (fault != NULL)
                *fault = at;
            return false;
        }
        yq_buffer_add(utf8, written, yq_utf8_write(character, written));
        at += size;
    }
    return !utf8->failed;
}

bool yq_json_to_gbk(const char *utf8, size_t length, struct yq_buffer *gbk)
{
    size_t at = 0;
    while (at < length && !gbk->failed) {
        uint32_t character;
        char written[2];
        size_t size = yq_utf8_read(utf8 + at, length - at, &character);
        size_t count = size > 0 ? yq_gbk_write(character, written) : 0;
        if (size == 0)
            return false;
        if (count > 0)
            yq_buffer_add(gbk, written, count);
        else
            yq_escape(character, gbk);
        at += size;
    }
    return !gbk->failed;
}

bool yq_to_gb18030(const char *utf8, size_t length, struct yq_buffer *gb)
{
    size_t at = 0;
    while (at < length && !gb->failed) {
        uint32_t character;
        char written[4];
        size_t size = yq_utf8_read(utf8 + at, length - at, &character);
        size_t count = size > 0 ? yq_gb18030_write(character, written) : 0;
        if (count == 0)
            return false;
        yq_buffer_add(gb, written, count);
        at += size;
    }
    return !gb->failed;
}
