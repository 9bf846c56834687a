#include "ini.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "charset.h"
#include "platform.h"
#include "utf8.h"

enum { YQ_INI_BOUND = 65536 };

static bool read_whole(struct yq_buffer *raw, const char *path)
{
    FILE *file = yq_open_file(path, "rb");
    if (file == NULL)
        return false;
    char chunk[1024];
    size_t got;
    while ((got = fread(chunk, 1, sizeof chunk, file)) > 0 && !raw->failed)
        yq_buffer_add(raw, chunk, got);
    bool good = !ferror(file) && !raw->failed;
    fclose(file);
    return good;
}

bool yq_ini_take(struct yq_ini *ini, const char *bytes, size_t length, const char *path, struct yq_error *error)
{
    yq_buffer_init(&ini->text, 2 * YQ_INI_BOUND);
    if (length >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0) {
        bytes += 3;
        length -= 3;
    }
    if (yq_utf8_valid(bytes, length))
        yq_buffer_add(&ini->text, bytes, length);
    else if (!yq_from_gb(bytes, length, &ini->text, NULL))
        return yq_fail(error, YQ_SETTINGS, "配置文件 %.300s 不是 UTF-8 或 GBK 编码，请另存后重试", path);
    return !ini->text.failed || yq_fail(error, YQ_NO_MEMORY, "内存不足，请稍后重试");
}

bool yq_ini_read(struct yq_ini *ini, const char *path, struct yq_error *error)
{
    struct yq_buffer raw;
    yq_buffer_init(&raw, YQ_INI_BOUND);
    yq_buffer_init(&ini->text, 2 * YQ_INI_BOUND);
    bool good = read_whole(&raw, path)
                    ? yq_ini_take(ini, yq_buffer_string(&raw), raw.length, path, error)
                    : yq_fail(error, YQ_SETTINGS,
                              "配置文件 %.300s 无法读取，请检查文件是否存在、权限与大小（64 KB 以内）", path);
    yq_buffer_wipe(&raw);
    return good;
}

void yq_ini_free(struct yq_ini *ini)
{
    yq_buffer_wipe(&ini->text);
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r';
}

static void trim(const char **text, size_t *length)
{
    while (*length > 0 && is_blank(**text)) {
        ++*text;
        --*length;
    }
    while (*length > 0 && is_blank((*text)[*length - 1]))
        --*length;
}

static bool same(const char *text, size_t length, const char *wanted)
{
    return strlen(wanted) == length && memcmp(text, wanted, length) == 0;
}

/* A line that says something; the pointers are into the ini's text. */
struct line {
    const char *section, *name, *value;
    size_t section_length, name_length, value_length;
};

/* Goes on to the next `name = value`; false at the end. */
static bool next_line(const char **at, const char *end, struct line *line)
{
    while (*at < end) {
        const char *text = *at, *stop = memchr(text, '\n', (size_t)(end - text));
        size_t size = stop != NULL ? (size_t)(stop - text) : (size_t)(end - text);
        *at += size + (stop != NULL ? 1 : 0);
        trim(&text, &size);
        if (size == 0 || *text == ';' || *text == '#')
            continue;
        if (*text == '[') {
            line->section = text + 1;
            line->section_length = size - 1 - (text[size - 1] == ']' ? 1 : 0);
            continue;
        }
        const char *equals = memchr(text, '=', size);
        line->name = text;
        line->name_length = equals != NULL ? (size_t)(equals - text) : size;
        line->value = equals != NULL ? equals + 1 : text + size;
        line->value_length = equals != NULL ? size - line->name_length - 1 : 0;
        trim(&line->name, &line->name_length);
        trim(&line->value, &line->value_length);
        return true;
    }
    return false;
}

/* The first value of that name in that section; NULL where there is none. */
static const char *find(const struct yq_ini *ini, const char *section, const char *name, size_t *length)
{
    const char *at = yq_buffer_string(&ini->text), *end = at + ini->text.length;
    struct line line = {.section = ""};
    while (next_line(&at, end, &line)) {
        if (!same(line.section, line.section_length, section) || !same(line.name, line.name_length, name))
            continue;
        *length = line.value_length;
        return line.value;
    }
    return NULL;
}

static void cut(const char *text, size_t length, char *out, unsigned size)
{
    size_t kept = length < size ? length : yq_utf8_whole(text, size - 1);
    memcpy(out, text, kept);
    out[kept] = '\0';
}

bool yq_ini_all_known(const struct yq_ini *ini, yq_ini_known known, char *section, char *name, unsigned size)
{
    const char *at = yq_buffer_string(&ini->text), *end = at + ini->text.length;
    struct line line = {.section = ""};
    while (next_line(&at, end, &line)) {
        if (known(line.section, line.section_length, line.name, line.name_length))
            continue;
        cut(line.section, line.section_length, section, size);
        cut(line.name, line.name_length, name, size);
        return false;
    }
    return true;
}

bool yq_ini_text(const struct yq_ini *ini, const char *section, const char *name, const char *otherwise, char *value,
                 unsigned size)
{
    size_t length = 0;
    const char *found = find(ini, section, name, &length);
    if (found == NULL) {
        found = otherwise;
        length = strlen(otherwise);
    }
    if (length >= size)
        return false;
    memcpy(value, found, length);
    value[length] = '\0';
    return true;
}

bool yq_ini_number(const struct yq_ini *ini, const char *section, const char *name, long least, long most, long *value)
{
    char text[16], *end;
    if (!yq_ini_text(ini, section, name, "", text, sizeof text))
        return false;
    if (text[0] == '\0')
        return true;
    errno = 0;
    long number = strtol(text, &end, 10);
    if (errno != 0 || *end != '\0' || number < least || number > most)
        return false;
    *value = number;
    return true;
}
