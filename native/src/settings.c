#include "settings.h"

#include <stddef.h>
#include <string.h>

#include "place.h"

struct text_key {
    const char *section, *name, *otherwise;
    size_t offset;
    unsigned size;
};

struct number_key {
    const char *section, *name;
    long otherwise, least, most;
    size_t offset;
};

#define TEXT(section, name, otherwise, member) \
    {section, name, otherwise, offsetof(struct yq_settings, member), sizeof(((struct yq_settings *)0)->member)}
#define NUMBER(section, name, otherwise, least, most, member) \
    {section, name, otherwise, least, most, offsetof(struct yq_settings, member)}

static const struct text_key texts[] = {
    TEXT("gateway", "url", "", url),
    TEXT("gateway", "ca_file", "", http.ca_file),
    TEXT("gateway", "proxy", "", http.proxy),
    TEXT("pages", "browser", "auto", browser),
    TEXT("reader", "plugin", "", plugin),
    TEXT("reader", "options", "", plugin_options),
    TEXT("recorder", "file", "", record),
    TEXT("printer", "name", "", printer),
    TEXT("screen", "file", "YiqiaoScreen.html", screen),
    TEXT("card", "key", "", card_key),
};

/* The host's buffer is the first: see `values`. */
static const struct number_key numbers[] = {
    NUMBER("limits", "output_size", 0, 64, 1048576, output_size),
    NUMBER("gateway", "connect_ms", 3000, 100, 60000, http.connect_ms),
    NUMBER("gateway", "timeout_ms", 30000, 100, 600000, http.timeout_ms),
    NUMBER("limits", "input_size", 8192, 64, 1048576, input_size),
    NUMBER("pages", "wait_s", 300, 0, 3600, wait_s),
    NUMBER("pages", "confirm_s", 20, 0, 3600, confirm_s),
    NUMBER("pages", "poll_ms", 2000, 50, 60000, poll_ms),
    NUMBER("reader", "timeout_ms", 15000, 0, 120000, reader_ms),
    NUMBER("recorder", "size_kb", 1024, 16, 1048576, record_kb),
    NUMBER("recorder", "files", 4, 1, 100, record_files),
};

static bool charset(struct yq_settings *settings, const struct yq_ini *ini, struct yq_error *error)
{
    char named[16];
    if (yq_ini_text(ini, "limits", "charset", "GBK", named, sizeof named)) {
        settings->utf8 = strcmp(named, "UTF-8") == 0;
        if (settings->utf8 || strcmp(named, "GBK") == 0)
            return true;
    }
    return yq_fail(error, YQ_SETTINGS, "配置 [limits] charset 应为 GBK 或 UTF-8");
}

static void usual(struct yq_settings *settings)
{
    memset(settings, 0, sizeof *settings);
    for (size_t at = 0; at < sizeof numbers / sizeof *numbers; at++)
        memcpy((char *)settings + numbers[at].offset, &numbers[at].otherwise, sizeof numbers[at].otherwise);
}

static bool is(const char *text, size_t length, const char *wanted)
{
    return strlen(wanted) == length && memcmp(text, wanted, length) == 0;
}

static bool known(const char *section, size_t section_length, const char *name, size_t name_length)
{
    for (size_t at = 0; at < sizeof texts / sizeof *texts; at++)
        if (is(section, section_length, texts[at].section) && is(name, name_length, texts[at].name))
            return true;
    for (size_t at = 0; at < sizeof numbers / sizeof *numbers; at++)
        if (is(section, section_length, numbers[at].section) && is(name, name_length, numbers[at].name))
            return true;
    return is(section, section_length, "limits") && is(name, name_length, "charset");
}

static bool number(struct yq_settings *settings, const struct yq_ini *ini, const struct number_key *key,
                   struct yq_error *error)
{
    long value;
    memcpy(&value, (char *)settings + key->offset, sizeof value);
    if (!yq_ini_number(ini, key->section, key->name, key->least, key->most, &value))
        return yq_fail(error, YQ_SETTINGS, "配置 [%s] %s 应为 %ld 至 %ld 的整数", key->section, key->name, key->least,
                       key->most);
    memcpy((char *)settings + key->offset, &value, sizeof value);
    return true;
}

/* The size of the host's buffer and its charset before all else: what is wrong with the rest is told in them. */
static bool values(struct yq_settings *settings, const struct yq_ini *ini, struct yq_error *error)
{
    struct yq_error second;
    bool sized = number(settings, ini, numbers, error);
    if (!charset(settings, ini, sized ? error : &second) || !sized)
        return false;
    for (size_t at = 0; at < sizeof texts / sizeof *texts; at++) {
        const struct text_key *key = texts + at;
        char *place = (char *)settings + key->offset;
        if (!yq_ini_text(ini, key->section, key->name, key->otherwise, place, key->size))
            return yq_fail(error, YQ_SETTINGS, "配置 [%s] %s 过长，最多 %u 字节", key->section, key->name,
                           key->size - 1);
    }
    for (size_t at = 1; at < sizeof numbers / sizeof *numbers; at++)
        if (!number(settings, ini, numbers + at, error))
            return false;
    char section[40], name[40];
    return yq_ini_all_known(ini, known, section, name, sizeof name) ||
           yq_fail(error, YQ_SETTINGS, "配置中有不认识的名称 [%s] %s，请核对拼写", section, name);
}

bool yq_settings_take(struct yq_settings *settings, const struct yq_ini *ini, long output_size, struct yq_error *error)
{
    usual(settings);
    settings->output_size = output_size;
    return values(settings, ini, error);
}

bool yq_settings_read(struct yq_settings *settings, const char *file, long output_size, struct yq_error *error)
{
    char path[1024];
    struct yq_ini ini;
    usual(settings);
    settings->output_size = output_size; /* an answer has to fit, also the one about the file */
    if (!yq_beside_library(file, path, sizeof path))
        return yq_fail(error, YQ_SETTINGS, "无法确定动态库所在目录，请把动态库放在路径较短的目录");
    bool good = yq_ini_read(&ini, path, error) && yq_settings_take(settings, &ini, output_size, error);
    yq_ini_free(&ini);
    return good;
}
