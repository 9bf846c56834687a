#include "screen.h"

#include <stdio.h>
#include <string.h>

#include "buffer.h"
#include "place.h"
#include "platform.h"
#include "qr.h"

enum { PAGE_BOUND = 512 * 1024, QUIET = 4 };

static const char head[] =
    "<!doctype html><html lang=\"zh-CN\"><meta charset=\"utf-8\"><meta http-equiv=\"refresh\" content=\"1\">"
    "<title>电子健康卡</title><style>html,body{height:100%;margin:0}body{display:flex;flex-direction:column;"
    "align-items:center;justify-content:center;background:#f5f7f8;color:#16202a;font:24px/1.6 'PingFang SC',"
    "'Microsoft YaHei','Noto Sans CJK SC',sans-serif}svg{width:min(70vh,70vw);background:#fff}</style>";
static const char resting[] = "<p>电子健康卡</p>";
static const char showing[] = "<p>请用手机扫描二维码，授权使用电子健康卡</p>";

static void drawn(const struct yq_qr *code, struct yq_buffer *page)
{
    char part[96];
    int all = code->side + 2 * QUIET;
    snprintf(part, sizeof part, "<svg viewBox=\"0 0 %d %d\" shape-rendering=\"crispEdges\">", all, all);
    yq_buffer_text(page, part);
    yq_buffer_text(page, "<path d=\"");
    for (int row = 0; row < code->side; row++)
        for (int column = 0; column < code->side; column++)
            if (code->dark[row][column]) {
                snprintf(part, sizeof part, "M%d %dh1v1h-1z", column + QUIET, row + QUIET);
                yq_buffer_text(page, part);
            }
    yq_buffer_text(page, "\"/></svg>");
}

static bool written(const struct yq_buffer *page, const char *path)
{
    char beside[YQ_SCREEN_PATH + 8];
    snprintf(beside, sizeof beside, "%s.new", path);
    FILE *file = page->failed ? NULL : yq_open_file(beside, "wb");
    if (file == NULL)
        return false;
    bool good = fwrite(yq_buffer_string(page), 1, page->length, file) == page->length;
    good = fclose(file) == 0 && good;
    return good && yq_replace_file(beside, path);
}

/* The file's address for a browser: three slashes, no backslash, and no byte that an address has not. */
static void address_of(const char *path, char address[YQ_SCREEN_ADDRESS])
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/:";
    char *end = address + snprintf(address, YQ_SCREEN_ADDRESS, "file://%s", path[0] == '/' ? "" : "/");
    for (; *path != '\0'; path++) {
        char byte = *path;
        if (byte == '\\')
            byte = '/';
        if (strchr(plain, byte) != NULL)
            *end++ = byte;
        else
            end += snprintf(end, 4, "%%%02X", (unsigned char)byte);
    }
    *end = '\0';
}

bool yq_screen(const struct yq_settings *settings, const char *text, char address[YQ_SCREEN_ADDRESS],
               struct yq_error *error)
{
    char path[YQ_SCREEN_PATH];
    struct yq_qr code;
    struct yq_buffer page;
    if (!yq_beside_library(settings->screen, path, sizeof path))
        return yq_fail(error, YQ_SETTINGS, "无法确定动态库所在目录，请在配置 [screen] file 中写完整路径");
    bool shown = text != NULL && yq_qr_make(text, strlen(text), &code);
    yq_buffer_init(&page, PAGE_BOUND);
    yq_buffer_text(&page, head);
    if (shown)
        drawn(&code, &page);
    yq_buffer_text(&page, shown ? showing : resting);
    bool good = written(&page, path);
    yq_buffer_wipe(&page);
    if (!good)
        return yq_fail(error, YQ_SETTINGS, "扩展屏页面 %.300s 无法写入，请检查配置 [screen] file 与目录权限", path);
    address_of(path, address);
    return shown || text == NULL || yq_fail(error, YQ_PARAMETERS, "授权链接过长，无法画成二维码");
}
