#include "desk.h"

#include <stdio.h>
#include <string.h>

#include "moment.h"
#include "platform.h"

enum { INSTITUTION = 12, STATUS_OK = 200 };

static const char content_type[] = "application/json; charset=GBK";

enum yq_asked yq_ask(struct yq_desk *desk, struct yq_onetrans_reply *reply, struct yq_error *error)
{
    char why[300];
    long status = 0;
    memset(reply, 0, sizeof *reply);
    yq_buffer_clear(&desk->message);
    if (!yq_onetrans_seal(&desk->request, &desk->message, error))
        return YQ_UNSENT;
    enum yq_sent sent = yq_http_send(desk->http, desk->settings->url, content_type, yq_buffer_string(&desk->message),
                                     desk->message.length, &desk->answer, &status, why, sizeof why);
    if (sent == YQ_HTTP_NOT_SENT) {
        yq_fail(error, YQ_NOT_SENT, "无法连接平台 %.200s（%s），请检查网络与配置 [gateway] url", desk->settings->url,
                why);
        return YQ_UNSENT;
    }
    if (sent == YQ_HTTP_LOST) {
        yq_fail(error, YQ_UNANSWERED, "未收到完整应答（%s），平台可能已受理，请用原流水号重试或查询", why);
        return YQ_LOST;
    }
    if (status != STATUS_OK) {
        yq_fail(error, YQ_UNANSWERED,
                "%.200s 返回 HTTP %ld，不是平台的应答，请核对地址；处理结果未知时用原流水号重试或查询",
                desk->settings->url, status);
        return YQ_LOST;
    }
    bool believed = yq_onetrans_open_reply(yq_buffer_string(&desk->answer), desk->answer.length, desk->request.app_key,
                                           reply, error);
    return believed ? YQ_REPLIED : YQ_LOST;
}

bool yq_renew(struct yq_desk *desk)
{
    char institution[INSTITUTION + 1];
    unsigned serial;
    if (!yq_random(&serial, sizeof serial))
        return false;
    yq_moment(yq_now_ms(), desk->timestamp);
    const char *told = yq_params_get(&desk->request.params, "msgid");
    size_t length = 0;
    for (; told[length] != '\0' && length < INSTITUTION && (unsigned char)told[length] < 0x80; length++)
        institution[length] = told[length];
    memset(institution + length, '0', INSTITUTION - length);
    institution[INSTITUTION] = '\0';
    snprintf(desk->msgid, sizeof desk->msgid, "%s%.14s%04u", institution, desk->timestamp, serial % 10000);
    return yq_params_set(&desk->request.params, "msgid", desk->msgid) &&
           yq_params_set(&desk->request.params, "timestamp", desk->timestamp);
}
