#include "reading.h"

#include <string.h>

#include "../include/yiqiao_reader.h"
#include "json_make.h"
#include "place.h"
#include "platform.h"
#include "utf8.h"

enum { CODE_TEXT = 512 + 1, CHARACTERS = 512, PATH_SIZE = 1600 };

static const char code_text[] = "code_text";

struct plugin {
    int (*version)(void);
    int (*read_code)(const char *, int, char *, int);
};

/* Whether a transaction reads a code that it does not bring along (means 01; the unified decoding reads nothing else).
 */
static bool wants_code(const struct yq_onetrans_request *request)
{
    const char *trans_type = yq_params_get(&request->params, "trans_type");
    bool means_code = strcmp(yq_json_text(request->data, "mdtrt_cert_type"), "01") == 0;
    bool reads =
        strcmp(trans_type, "hos.user.third.get") == 0 || (strcmp(trans_type, "hos.user.get") == 0 && means_code);
    return reads && yq_json_text(request->data, code_text)[0] == '\0';
}

/* From beside the library or by its whole path: nowhere is looked where somebody else may lay a file. */
static bool loaded(const struct yq_settings *settings, struct plugin *plugin)
{
    char path[PATH_SIZE];
    void *library = yq_beside_library(settings->plugin, path, sizeof path) ? yq_plugin_load(path) : NULL;
    void *version = library != NULL ? yq_plugin_symbol(library, "yiqiao_reader_version") : NULL;
    void *read_code = library != NULL ? yq_plugin_symbol(library, "yiqiao_read_code") : NULL;
    memcpy(&plugin->version, &version, sizeof version);
    memcpy(&plugin->read_code, &read_code, sizeof read_code);
    return version != NULL && read_code != NULL && plugin->version() == YIQIAO_READER_VERSION;
}

static bool told(int result, struct yq_error *error)
{
    static const struct {
        int result;
        enum yq_code code;
        const char *text;
    } faults[] = {
        {YIQIAO_NO_DEVICE, YQ_NO_DEVICE, "没有找到读卡设备，请检查连接后重试"},
        {YIQIAO_NOTHING, YQ_NOTHING_PRESENTED, "未检测到卡片或二维码，请患者出示后重试"},
        {YIQIAO_UNREADABLE, YQ_NOT_RECOGNISED, "卡片或二维码无法识别，请更换后重试"},
    };
    for (size_t at = 0; at < sizeof faults / sizeof *faults; at++)
        if (faults[at].result == result)
            return yq_fail(error, faults[at].code, "%s", faults[at].text);
    return yq_fail(error, YQ_READER, "读卡插件返回了未定义的结果 %d，请联系设备厂商", result);
}

bool yq_read_at_desk(struct yq_desk *desk, struct yq_error *error)
{
    const struct yq_settings *settings = desk->settings;
    struct plugin plugin;
    char text[CODE_TEXT] = "";
    if (settings->plugin[0] == '\0' || !wants_code(&desk->request))
        return true;
    if (!loaded(settings, &plugin))
        return yq_fail(error, YQ_READER, "读卡插件 %.200s 无法加载，请检查配置 [reader] plugin 与插件的版本",
                       settings->plugin);
    int result = plugin.read_code(settings->plugin_options, (int)settings->reader_ms, text, sizeof text);
    text[sizeof text - 1] = '\0';
    if (result != YIQIAO_READ)
        return told(result, error);
    size_t length = strlen(text);
    if (length == 0 || !yq_utf8_valid(text, length) || yq_utf8_first(text, length, CHARACTERS) != length)
        return told(YIQIAO_UNREADABLE, error);
    struct yq_json *data = yq_json_without(&desk->arena, desk->request.data, code_text);
    desk->request.data = yq_json_put(&desk->arena, data, code_text, text);
    return desk->request.data != NULL || yq_fail(error, YQ_NO_MEMORY, "内存不足，请稍后重试");
}
