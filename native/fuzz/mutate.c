#include "mutate.h"

#include <stdlib.h>
#include <string.h>

#include "chance.h"

enum { LONGEST = 20000 };

/* What parsers stumble over. */
/* clang-format off */
static const char *const odd[] = {
    "\"", "\\", "\\u0000", "\\ud800", "\\udc00\\ud800", "{", "}", "[", "]", ",", ":", "null", "true", "1e999", "-",
    "00", "\x81", "\x81\x30", "\x81\x30\x81\x30", "\xff", "\x80", "\xEF\xBB\xBF", "\xA2\xE3", "\t", "\r\n", "SM2",
    "{\"a\":1,\"a\":2}", "\"data\":\"{}\"", "\"sign\":\"00\"", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
    "9999999999999999999999999999999999999999",
};
/* clang-format on */

static void put(struct yq_buffer *text, size_t at, size_t taken, const char *with, size_t length)
{
    struct yq_buffer made;
    yq_buffer_init(&made, text->bound);
    yq_buffer_add(&made, yq_buffer_string(text), at);
    yq_buffer_add(&made, with, length);
    yq_buffer_add(&made, yq_buffer_string(text) + at + taken, text->length - at - taken);
    if (made.failed) {
        yq_buffer_free(&made);
        return;
    }
    yq_buffer_free(text);
    *text = made;
}

static void double_part(struct yq_buffer *text, size_t at)
{
    size_t length = yq_chance_below(text->length - at) + 1, times = yq_chance_below(8) + 1;
    char *part = malloc(length);
    if (part == NULL)
        return;
    memcpy(part, text->bytes + at, length);
    while (times-- > 0 && text->length < LONGEST)
        put(text, at, 0, part, length);
    free(part);
}

void yq_mutate(struct yq_buffer *text)
{
    for (size_t times = yq_chance_below(6) + 1; times > 0; times--) {
        if (text->length == 0)
            yq_buffer_byte(text, (char)yq_chance());
        size_t at = yq_chance_below(text->length), left = text->length - at;
        const char *one = odd[yq_chance_below(sizeof odd / sizeof *odd)];
        switch (yq_chance_below(7)) {
        case 0:
            text->bytes[at] ^= (char)(1 << yq_chance_below(8));
            break;
        case 1:
            text->bytes[at] = (char)yq_chance();
            break;
        case 2:
            put(text, at, yq_chance_below(left + 1), "", 0);
            break;
        case 3:
            put(text, at, 0, one, strlen(one));
            break;
        case 4:
            put(text, at, yq_chance_below(left + 1) / 4, one, strlen(one));
            break;
        case 5:
            double_part(text, at);
            break;
        default:
            put(text, at, left, "", 0);
            break;
        }
    }
}
