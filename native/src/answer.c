#include "answer.h"

#include <stdio.h>
#include <string.h>

#include "host.h"
#include "utf8.h"

enum { ANSWER_BOUND = 4 * 1024 * 1024, MESSAGE_CHARACTERS = 200 };

static const char *const told[] = {"err_msg", "inf_refmsgid", "refmsg_time", "respond_time", NULL};

static void member(const char *name, const char *text, struct yq_buffer *json)
{
    yq_buffer_byte(json, ',');
    yq_json_quote(name, strlen(name), json);
    yq_buffer_byte(json, ':');
    yq_json_quote(text, strlen(text), json);
}

bool yq_answer_reply(const struct yq_onetrans_reply *reply, char *out, size_t size, struct yq_error *error)
{
    struct yq_buffer json;
    const char *code = yq_params_get(&reply->params, "code");
    size_t wanted = 0;
    yq_buffer_init(&json, ANSWER_BOUND);
    yq_buffer_text(&json, "{\"code\":");
    yq_json_quote(code, strlen(code), &json);
    yq_buffer_text(&json, ",\"data\":");
    if (reply->data != NULL)
        yq_json_write(reply->data, &json);
    else
        yq_buffer_text(&json, "{}");
    for (const char *const *name = told; *name != NULL; name++)
        member(*name, yq_params_get(&reply->params, *name), &json);
    yq_buffer_byte(&json, '}');
    bool good = yq_host_deliver(&json, false, out, size, &wanted);
    yq_buffer_wipe(&json);
    if (good)
        return true;
    return yq_fail(error, YQ_OUTPUT_FULL,
                   "平台已应答 %.10s，但应答长 %zu 字节，超过输出缓冲区 %zu 字节；请加大缓冲区与配置 [limits] "
                   "output_size，再用原流水号查询（traceNo=%.64s）",
                   code, wanted, size, yq_json_text(reply->data, "traceNo"));
}

void yq_answer_error(const struct yq_error *error, char *out, size_t size)
{
    size_t length = strlen(error->text), wanted;
    length = yq_utf8_first(error->text, length, MESSAGE_CHARACTERS);
    for (;;) {
        struct yq_buffer json;
        char code[32];
        yq_buffer_init(&json, ANSWER_BOUND);
        snprintf(code, sizeof code, "{\"code\":\"%06d\"", (int)error->code);
        yq_buffer_text(&json, code);
        yq_buffer_text(&json, ",\"data\":{},\"err_msg\":");
        yq_json_quote(error->text, length, &json);
        yq_buffer_byte(&json, '}');
        bool fits = yq_host_deliver(&json, false, out, size, &wanted);
        yq_buffer_free(&json);
        if (fits)
            return;
        if (length == 0)
            break;
        length = yq_utf8_whole(error->text, length / 2);
    }
    if (size > 0)
        out[0] = '\0';
}
