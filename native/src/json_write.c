#include <stdio.h>
#include <string.h>

#include "json.h"

void yq_json_quote(const char *text, size_t length, struct yq_buffer *out)
{
    static const char meant[] = "\"\\\b\f\n\r\t", written[] = "\"\\bfnrt";
    yq_buffer_byte(out, '"');
    size_t plain = 0; /* what has not been written yet begins here */
    for (size_t at = 0; at < length; at++) {
        unsigned char byte = (unsigned char)text[at];
        if (byte >= 0x20 && byte != '"' && byte != '\\')
            continue;
        yq_buffer_add(out, text + plain, at - plain);
        plain = at + 1;
        const char *place = byte != 0 ? strchr(meant, (char)byte) : NULL;
        if (place != NULL) {
            yq_buffer_byte(out, '\\');
            yq_buffer_byte(out, written[place - meant]);
        } else {
            char escaped[7];
            snprintf(escaped, sizeof escaped, "\\u%04x", (unsigned)byte);
            yq_buffer_add(out, escaped, 6);
        }
    }
    yq_buffer_add(out, text + plain, length - plain);
    yq_buffer_byte(out, '"');
}

static void members(const struct yq_json *value, struct yq_buffer *out)
{
    bool object = value->kind == YQ_JSON_OBJECT;
    yq_buffer_byte(out, object ? '{' : '[');
    for (const struct yq_json *one = value->first; one != NULL && !out->failed; one = one->next) {
        if (one != value->first)
            yq_buffer_byte(out, ',');
        if (object) {
            yq_json_quote(one->name, one->name_length, out);
            yq_buffer_byte(out, ':');
        }
        yq_json_write(one, out);
    }
    yq_buffer_byte(out, object ? '}' : ']');
}

void yq_json_write(const struct yq_json *value, struct yq_buffer *out)
{
    static const char *const words[] = {[YQ_JSON_NULL] = "null", [YQ_JSON_TRUE] = "true", [YQ_JSON_FALSE] = "false"};
    switch (value->kind) {
    case YQ_JSON_NULL:
    case YQ_JSON_TRUE:
    case YQ_JSON_FALSE:
        yq_buffer_text(out, words[value->kind]);
        break;
    case YQ_JSON_NUMBER:
        yq_buffer_add(out, value->text, value->length);
        break;
    case YQ_JSON_TEXT:
        yq_json_quote(value->text, value->length, out);
        break;
    case YQ_JSON_LIST:
    case YQ_JSON_OBJECT:
        members(value, out);
        break;
    }
}
