#include "host.h"

#include <string.h>

#include "charset.h"
#include "utf8.h"

enum { TEXT_BOUND = 4 * 1024 * 1024 };

bool yq_host_length(const char *text, size_t most, const char *name, size_t *length, struct yq_error *error)
{
    if (text == NULL)
        return yq_fail(error, YQ_NULL_POINTER, "%s 是空指针，请传入内容", name);
    const char *end = memchr(text, '\0', most);
    if (end == NULL)
        return yq_fail(error, YQ_TOO_LONG, "%s 在 %zu 字节内没有结束符，请检查长度与结尾的空字符", name, most);
    *length = (size_t)(end - text);
    return *length > 0 || yq_fail(error, YQ_EMPTY, "%s 为空，请传入内容", name);
}

bool yq_host_text(const char *text, size_t length, bool utf8, struct yq_buffer *out, struct yq_error *error)
{
    size_t stray = utf8 ? yq_utf8_first(text, length, length) : 0;
    if (utf8 && stray == length) {
        yq_buffer_add(out, text, length);
        return !out->failed || yq_fail(error, YQ_NO_MEMORY, "内存不足，请稍后重试");
    }
    if (!utf8 && yq_from_gb(text, length, out, &stray))
        return true;
    return yq_fail(error, YQ_UNREADABLE, "第 %zu 个字节处不是合法的 %s 编码，请改正后重发", stray + 1,
                   utf8 ? "UTF-8" : "GBK");
}

struct yq_json *yq_host_json(struct yq_arena *arena, const char *bytes, size_t length, bool utf8, const char *what,
                             struct yq_error *error)
{
    struct yq_buffer text;
    struct yq_json_fault fault;
    struct yq_error why;
    struct yq_json *value = NULL;
    yq_buffer_init(&text, TEXT_BOUND);
    if (!yq_host_text(bytes, length, utf8, &text, &why)) {
        yq_fail(error, why.code, "%s%s", what, why.text);
    } else {
        value = yq_json_read(arena, yq_buffer_string(&text), text.length, &fault);
        if (value == NULL)
            yq_fail(error, YQ_UNREADABLE, "%s第 %zu 行第 %zu 列：%s", what, fault.line, fault.column, fault.reason);
    }
    yq_buffer_wipe(&text);
    return value;
}

bool yq_host_deliver(const struct yq_buffer *json, bool utf8, char *out, size_t size, size_t *wanted)
{
    struct yq_buffer bytes;
    yq_buffer_init(&bytes, TEXT_BOUND);
    bool good = !json->failed;
    if (good && utf8)
        yq_buffer_add(&bytes, yq_buffer_string(json), json->length);
    else if (good)
        good = yq_json_to_gbk(yq_buffer_string(json), json->length, &bytes);
    good = good && !bytes.failed;
    *wanted = bytes.length + 1;
    good = good && bytes.length < size;
    if (good)
        memcpy(out, yq_buffer_string(&bytes), bytes.length + 1);
    yq_buffer_wipe(&bytes);
    return good;
}
