#include "onetrans_call.h"

#include <string.h>

#include "answer.h"
#include "course.h"

enum { CALL_BOUND = 16 * 1024 * 1024, ANSWER_BYTES = 1024 * 1024 };

static const char path[] = "/onetrans";

/* The length of what the host has handed in, as far as it may be read. */
static bool measured(const struct yq_settings *settings, const char *in, size_t *length, struct yq_error *error)
{
    size_t most = (size_t)settings->input_size;
    if (in == NULL)
        return yq_fail(error, YQ_NULL_POINTER, "pInData 是空指针，请传入请求报文");
    const char *end = memchr(in, '\0', most);
    if (end == NULL)
        return yq_fail(error, YQ_TOO_LONG, "pInData 在 %zu 字节内没有结束符，请检查长度与结尾的空字符", most);
    *length = (size_t)(end - in);
    return *length > 0 || yq_fail(error, YQ_EMPTY, "pInData 为空，请传入请求报文");
}

/* The gateway's whole address: one without a path gets the standard's. */
static bool addressed(struct yq_settings *settings, struct yq_error *error)
{
    char *host = strstr(settings->url, "://");
    if (host == NULL || (strncmp(settings->url, "http://", 7) != 0 && strncmp(settings->url, "https://", 8) != 0))
        return yq_fail(error, YQ_SETTINGS, "配置 [gateway] url 应为 http:// 或 https:// 开头的完整地址");
    char *slash = strchr(host + 3, '/');
    if (slash != NULL && slash[1] != '\0')
        return true;
    size_t length = slash != NULL ? (size_t)(slash - settings->url) : strlen(settings->url);
    if (length + sizeof path > sizeof settings->url)
        return yq_fail(error, YQ_SETTINGS, "配置 [gateway] url 过长，请缩短");
    memcpy(settings->url + length, path, sizeof path);
    return true;
}

static void answered(struct yq_desk *desk, char *out, size_t size, struct yq_error *error)
{
    struct yq_onetrans_reply reply;
    struct yq_error told = {YQ_OK, ""};
    enum yq_asked asked = yq_follow(desk, &reply, &told);
    if (asked != YQ_REPLIED)
        *error = told;
    else
        yq_answer_reply(&reply, out, size, error);
    yq_onetrans_reply_free(&reply);
}

static void with_connection(struct yq_desk *desk, char *out, size_t size, struct yq_error *error)
{
    char why[200];
    desk->http = yq_http_open(&desk->settings->http, why, sizeof why);
    if (desk->http == NULL) {
        yq_fail(error, YQ_NO_TRANSPORT, "%s", why);
        return;
    }
    answered(desk, out, size, error);
    yq_http_close(desk->http);
}

void yq_onetrans_call(const struct yq_settings *settings, const char *in, char *out, size_t size,
                      struct yq_error *error)
{
    struct yq_settings own = *settings;
    struct yq_desk desk = {.settings = &own};
    size_t length = 0;
    error->code = YQ_OK;
    yq_arena_init(&desk.arena, CALL_BOUND);
    yq_buffer_init(&desk.message, CALL_BOUND);
    yq_buffer_init(&desk.answer, ANSWER_BYTES);
    bool good = measured(&own, in, &length, error) && addressed(&own, error) &&
                yq_onetrans_open(&desk.arena, in, length, &desk.request, error);
    if (good)
        with_connection(&desk, out, size, error);
    if (error->code != YQ_OK)
        yq_answer_error(error, out, size);
    yq_buffer_wipe(&desk.message);
    yq_buffer_wipe(&desk.answer);
    yq_arena_free(&desk.arena);
}
