#include "json.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "utf8.h"

struct reader {
    struct yq_arena *arena;
    const char *text;
    size_t length;
    size_t at;
    struct yq_json_fault *fault;
};

static struct yq_json *value(struct reader *reader, unsigned depth);

/* Notes the first fault, at `at`; the answer is NULL. */
static void *wrong(struct reader *reader, size_t at, const char *format, ...)
{
    struct yq_json_fault *fault = reader->fault;
    va_list values;
    va_start(values, format);
    vsnprintf(fault->reason, sizeof fault->reason, format, values);
    va_end(values);
    fault->reason[yq_utf8_whole(fault->reason, strlen(fault->reason))] = '\0';
    fault->line = fault->column = 1;
    for (size_t byte = 0; byte < at && byte < reader->length; byte++) {
        if (reader->text[byte] == '\n') {
            fault->line++;
            fault->column = 1;
        } else if (((unsigned char)reader->text[byte] & 0xC0) != 0x80) {
            fault->column++;
        }
    }
    return NULL;
}

static void *no_memory(struct reader *reader)
{
    return wrong(reader, reader->at, "内容过大，超出处理上限");
}

static int head(const struct reader *reader)
{
    return reader->at < reader->length ? (unsigned char)reader->text[reader->at] : -1;
}

static void skip_blanks(struct reader *reader)
{
    while (reader->at < reader->length && strchr(" \t\r\n", reader->text[reader->at]) != NULL &&
           reader->text[reader->at] != '\0')
        reader->at++;
}

static struct yq_json *node(struct reader *reader, enum yq_json_kind kind)
{
    struct yq_json *made = yq_arena_take(reader->arena, sizeof *made);
    if (made == NULL)
        return no_memory(reader);
    made->kind = kind;
    made->text = "";
    made->name = "";
    return made;
}

static int hex_unit(const struct reader *reader, size_t at)
{
    if (at > reader->length || reader->length - at < 4)
        return -1;
    int unit = 0;
    for (size_t digit = 0; digit < 4; digit++) {
        char byte = reader->text[at + digit];
        int worth;
        if (byte >= '0' && byte <= '9')
            worth = byte - '0';
        else if ((byte | 32) >= 'a' && (byte | 32) <= 'f')
            worth = (byte | 32) - 'a' + 10;
        else
            return -1;
        unit = unit * 16 + worth;
    }
    return unit;
}

/* A \u escape whose backslash stands at `reader->at`; the bytes of its character, 0 for a fault. */
static size_t unicode(struct reader *reader, char bytes[4])
{
    int unit = hex_unit(reader, reader->at + 2);
    if (unit < 0) {
        wrong(reader, reader->at, "字符串里有不合法的转义");
        return 0;
    }
    uint32_t character = (uint32_t)unit;
    size_t taken = 6;
    if (unit >= 0xD800 && unit < 0xE000) {
        size_t at = reader->at + 6;
        bool paired =
            unit < 0xDC00 && reader->length > at + 1 && reader->text[at] == '\\' && reader->text[at + 1] == 'u';
        int low = paired ? hex_unit(reader, at + 2) : -1;
        if (low < 0xDC00 || low >= 0xE000) {
            wrong(reader, reader->at, "字符串里有不成对的代理字符");
            return 0;
        }
        character = 0x10000 + ((uint32_t)(unit - 0xD800) << 10) + (uint32_t)(low - 0xDC00);
        taken = 12;
    }
    if (character == 0) {
        wrong(reader, reader->at, "字符串里不能有空字符 \\u0000");
        return 0;
    }
    reader->at += taken;
    return yq_utf8_write(character, bytes);
}

static size_t escape(struct reader *reader, char bytes[4])
{
    static const char written[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    if (reader->at + 1 >= reader->length) {
        wrong(reader, reader->length, "字符串没有结束，报文不完整");
        return 0;
    }
    char kind = reader->text[reader->at + 1];
    if (kind == 'u')
        return unicode(reader, bytes);
    const char *place = kind != '\0' ? strchr(written, kind) : NULL;
    if (place == NULL) {
        wrong(reader, reader->at, "字符串里有不合法的转义");
        return 0;
    }
    bytes[0] = meant[place - written];
    reader->at += 2;
    return 1;
}

/* The text in quotes at `reader->at`, NUL-terminated in the arena. */
static const char *quoted(struct reader *reader, size_t *length)
{
    size_t end = reader->at + 1;
    while (end < reader->length && reader->text[end] != '"')
        end += reader->text[end] == '\\' ? 2 : 1;
    if (end >= reader->length)
        return wrong(reader, reader->length, "字符串没有结束，报文不完整");
    /* An escape is never shorter than what it stands for. */
    char *text = yq_arena_take(reader->arena, end - reader->at);
    if (text == NULL)
        return no_memory(reader);
    size_t written = 0;
    reader->at++;
    while (reader->at < end) {
        unsigned char byte = (unsigned char)reader->text[reader->at];
        if (byte < 0x20)
            return wrong(reader, reader->at, "字符串里有未转义的控制字符 U+%04X", (unsigned)byte);
        if (byte == '\\') {
            char bytes[4];
            size_t size = escape(reader, bytes);
            if (size == 0)
                return NULL;
            memcpy(text + written, bytes, size);
            written += size;
        } else {
            text[written++] = (char)byte;
            reader->at++;
        }
    }
    reader->at = end + 1;
    *length = written;
    return text;
}

static struct yq_json *text_value(struct reader *reader)
{
    struct yq_json *made = node(reader, YQ_JSON_TEXT);
    if (made == NULL)
        return NULL;
    made->text = quoted(reader, &made->length);
    return made->text != NULL ? made : NULL;
}

static size_t digits(const struct reader *reader, size_t at)
{
    size_t end = at;
    while (end < reader->length && reader->text[end] >= '0' && reader->text[end] <= '9')
        end++;
    return end - at;
}

static bool is_one_of(const struct reader *reader, size_t at, const char *bytes)
{
    return at < reader->length && reader->text[at] != '\0' && strchr(bytes, reader->text[at]) != NULL;
}

/* The length of the number at `reader->at`, 0 where its spelling is none of JSON's. */
static size_t number_length(const struct reader *reader)
{
    size_t at = reader->at + (is_one_of(reader, reader->at, "-") ? 1 : 0);
    size_t whole = digits(reader, at);
    if (whole == 0 || (whole > 1 && reader->text[at] == '0'))
        return 0;
    at += whole;
    if (is_one_of(reader, at, ".")) {
        size_t part = digits(reader, at + 1);
        if (part == 0)
            return 0;
        at += 1 + part;
    }
    if (is_one_of(reader, at, "eE")) {
        at += 1;
        at += is_one_of(reader, at, "+-") ? 1 : 0;
        size_t part = digits(reader, at);
        if (part == 0)
            return 0;
        at += part;
    }
    return is_one_of(reader, at, "+-.0123456789") ? 0 : at - reader->at;
}

static struct yq_json *number(struct reader *reader)
{
    size_t length = number_length(reader);
    if (length == 0)
        return wrong(reader, reader->at, "数字的写法不合 JSON");
    struct yq_json *made = node(reader, YQ_JSON_NUMBER);
    if (made == NULL)
        return NULL;
    made->text = yq_arena_copy(reader->arena, reader->text + reader->at, length);
    if (made->text == NULL)
        return no_memory(reader);
    made->length = length;
    reader->at += length;
    return made;
}

static struct yq_json *word(struct reader *reader)
{
    static const struct {
        const char *text;
        enum yq_json_kind kind;
    } words[] = {{"true", YQ_JSON_TRUE}, {"false", YQ_JSON_FALSE}, {"null", YQ_JSON_NULL}};
    for (size_t one = 0; one < sizeof words / sizeof *words; one++) {
        size_t length = strlen(words[one].text);
        if (reader->length - reader->at >= length && memcmp(reader->text + reader->at, words[one].text, length) == 0) {
            reader->at += length;
            return node(reader, words[one].kind);
        }
    }
    return wrong(reader, reader->at, "这里应是一个 JSON 值");
}

/* After a member: 1 where another follows, 0 where the bracket closed, -1 for a fault. */
static int another(struct reader *reader, char close)
{
    skip_blanks(reader);
    if (head(reader) == close) {
        reader->at++;
        return 0;
    }
    if (head(reader) != ',') {
        if (head(reader) < 0)
            wrong(reader, reader->at, "报文在此中断，不完整");
        else
            wrong(reader, reader->at, "这里缺少逗号或 %c", close);
        return -1;
    }
    size_t comma = reader->at++;
    skip_blanks(reader);
    if (head(reader) == close) {
        wrong(reader, comma, "%c 前面多了一个逗号", close);
        return -1;
    }
    return 1;
}

static struct yq_json *named(struct reader *reader, const struct yq_json *object, unsigned depth)
{
    size_t start = reader->at, length = 0;
    if (head(reader) < 0)
        return wrong(reader, start, "报文在此中断，不完整");
    if (head(reader) != '"')
        return wrong(reader, start, "这里应是双引号括起的名称");
    const char *name = quoted(reader, &length);
    if (name == NULL)
        return NULL;
    for (const struct yq_json *one = object->first; one != NULL; one = one->next)
        if (one->name_length == length && memcmp(one->name, name, length) == 0)
            return wrong(reader, start, "同一对象里重复出现名称“%.40s”", name);
    skip_blanks(reader);
    if (head(reader) != ':')
        return wrong(reader, reader->at, "名称后面缺少冒号");
    reader->at++;
    skip_blanks(reader);
    struct yq_json *made = value(reader, depth + 1);
    if (made != NULL) {
        made->name = name;
        made->name_length = length;
    }
    return made;
}

static struct yq_json *container(struct reader *reader, unsigned depth)
{
    bool object = head(reader) == '{';
    char close = object ? '}' : ']';
    if (depth > YQ_JSON_DEPTH)
        return wrong(reader, reader->at, "嵌套超过 %d 层", YQ_JSON_DEPTH);
    struct yq_json *made = node(reader, object ? YQ_JSON_OBJECT : YQ_JSON_LIST);
    if (made == NULL)
        return NULL;
    reader->at++;
    skip_blanks(reader);
    if (head(reader) == close) {
        reader->at++;
        return made;
    }
    struct yq_json **end = &made->first;
    for (int count = 1;; count++) {
        if (count > YQ_JSON_MEMBERS)
            return wrong(reader, reader->at, "成员超过 %d 个", YQ_JSON_MEMBERS);
        struct yq_json *member = object ? named(reader, made, depth) : value(reader, depth + 1);
        if (member == NULL)
            return NULL;
        *end = member;
        end = &member->next;
        int more = another(reader, close);
        if (more <= 0)
            return more == 0 ? made : NULL;
    }
}

static struct yq_json *value(struct reader *reader, unsigned depth)
{
    int first = head(reader);
    if (first < 0)
        return wrong(reader, reader->at, "报文在此中断，不完整");
    if (first == '"')
        return text_value(reader);
    if (first == '{' || first == '[')
        return container(reader, depth);
    if (first == '-' || (first >= '0' && first <= '9'))
        return number(reader);
    return word(reader);
}

struct yq_json *yq_json_read(struct yq_arena *arena, const char *utf8, size_t length, struct yq_json_fault *fault)
{
    struct reader reader = {arena, utf8, length, 0, fault};
    size_t valid = yq_utf8_first(utf8, length, length);
    if (valid < length)
        return wrong(&reader, valid, "不是合法的文本编码");
    skip_blanks(&reader);
    struct yq_json *made = value(&reader, 1);
    if (made == NULL)
        return NULL;
    skip_blanks(&reader);
    if (reader.at < length)
        return wrong(&reader, reader.at, "JSON 已经结束，后面还有多余的内容");
    return made;
}

struct yq_json *yq_json_member(const struct yq_json *object, const char *name)
{
    if (object == NULL || object->kind != YQ_JSON_OBJECT)
        return NULL;
    for (struct yq_json *one = object->first; one != NULL; one = one->next)
        if (strcmp(one->name, name) == 0)
            return one;
    return NULL;
}

const char *yq_json_text(const struct yq_json *object, const char *name)
{
    const struct yq_json *member = yq_json_member(object, name);
    return member != NULL && (member->kind == YQ_JSON_TEXT || member->kind == YQ_JSON_NUMBER) ? member->text : "";
}
