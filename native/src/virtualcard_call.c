#include "virtualcard_call.h"

#include <stdio.h>
#include <string.h>

#include "address.h"
#include "envelope_ehc.h"
#include "host.h"
#include "http.h"
#include "platform.h"
#include "recorder.h"
#include "utf8.h"

enum { CARD_BOUND = 4 * 1024 * 1024, CARD_ANSWER = 1024 * 1024, URL_SIZE = 2048, STATUS_OK = 200 };

static const char path[] = "/ehcService/gateway.do", content_type[] = "application/json; charset=utf-8";

/* The standard's codes (附录一) for the library's own faults. */
static const struct {
    enum yq_code fault;
    const char *code;
} codes[] = {
    {YQ_EMPTY, "8003"},      {YQ_UNREADABLE, "9008"},   {YQ_PARAMETERS, "9001"},   {YQ_SIGN_TYPE, "1007"},
    {YQ_ENC_TYPE, "1006"},   {YQ_NO_KEY, "9002"},       {YQ_UNWRITABLE, "9006"},   {YQ_NOT_SENT, "8004"},
    {YQ_UNANSWERED, "8001"}, {YQ_NULL_POINTER, "9001"}, {YQ_TOO_LONG, "9001"},     {YQ_OUTPUT_FULL, "9999"},
    {YQ_NO_MEMORY, "8009"},  {YQ_SETTINGS, "9005"},     {YQ_NO_TRANSPORT, "8002"},
};

static const char *code_of(enum yq_code fault)
{
    for (size_t at = 0; at < sizeof codes / sizeof *codes; at++)
        if (codes[at].fault == fault)
            return codes[at].code;
    return "9999";
}

/* {"ret_code":…,"ret_msg":…}, shortened until it fits, at last to nothing. */
static void tell(const char *code, const char *reason, bool utf8, char *out, size_t size)
{
    size_t length = strlen(reason), wanted;
    for (;;) {
        struct yq_buffer json;
        yq_buffer_init(&json, CARD_BOUND);
        yq_buffer_text(&json, "{\"ret_code\":");
        yq_json_quote(code, strlen(code), &json);
        yq_buffer_text(&json, ",\"ret_msg\":");
        yq_json_quote(reason, length, &json);
        yq_buffer_byte(&json, '}');
        bool fits = yq_host_deliver(&json, utf8, out, size, &wanted);
        yq_buffer_free(&json);
        if (fits)
            return;
        if (length == 0)
            break;
        length = yq_utf8_whole(reason, length / 2);
    }
    if (size > 0)
        out[0] = '\0';
}

void yq_virtualcard_fault(const struct yq_error *error, bool utf8, char *out, size_t size, char code[YQ_CARD_CODE])
{
    snprintf(code, YQ_CARD_CODE, "%s", code_of(error->code));
    tell(code, error->text, utf8, out, size);
}

/* The content into the host's buffer. */
static bool delivered(const struct yq_ehc_reply *reply, bool utf8, char *out, size_t size, struct yq_error *error)
{
    struct yq_buffer json;
    size_t wanted = 0;
    yq_buffer_init(&json, CARD_BOUND);
    if (reply->content != NULL)
        yq_json_write(reply->content, &json);
    else
        yq_buffer_text(&json, "{}");
    bool good = yq_host_deliver(&json, utf8, out, size, &wanted);
    yq_buffer_wipe(&json);
    return good || yq_fail(error, YQ_OUTPUT_FULL,
                           "交易已成功，但应答长 %zu 字节，超过输出缓冲区 %zu 字节；请加大缓冲区与配置 [limits] "
                           "output_size，再用原流水号查询",
                           wanted, size);
}

/* Sends and verifies; what was sent and not answered is told apart from what never left. */
static bool asked(const struct yq_settings *settings, const char *url, const struct yq_buffer *message,
                  const char *secret, struct yq_ehc_reply *reply, struct yq_error *error)
{
    char why[300];
    long status = 0;
    struct yq_buffer answer;
    struct yq_http *http = yq_http_open(&settings->http, why, sizeof why);
    if (http == NULL)
        return yq_fail(error, YQ_NO_TRANSPORT, "%s", why);
    yq_buffer_init(&answer, CARD_ANSWER);
    enum yq_sent sent = yq_http_send(http, url, content_type, yq_buffer_string(message), message->length, &answer,
                                     &status, why, sizeof why);
    yq_http_close(http);
    bool good = false;
    if (sent == YQ_HTTP_NOT_SENT)
        yq_fail(error, YQ_NOT_SENT, "无法连接平台 %.200s（%s），请检查网络与地址", url, why);
    else if (sent == YQ_HTTP_LOST)
        yq_fail(error, YQ_UNANSWERED, "未收到完整应答（%s），平台可能已受理，请用原流水号重试", why);
    else if (status != STATUS_OK)
        yq_fail(error, YQ_UNANSWERED, "%.200s 返回 HTTP %ld，不是平台的应答，请核对地址；处理结果未知时用原流水号重试",
                url, status);
    else
        good = yq_ehc_open_reply(yq_buffer_string(&answer), answer.length, secret, reply, error);
    yq_buffer_wipe(&answer);
    return good;
}

static void concluded(const struct yq_settings *settings, const struct yq_ehc_reply *reply, char *out, size_t size,
                      struct yq_card_outcome *outcome, struct yq_error *error)
{
    const char *code = yq_params_get(&reply->params, "ret_code");
    if (strcmp(code, "0000") != 0) {
        snprintf(outcome->code, sizeof outcome->code, "%.15s", code);
        outcome->code[yq_utf8_whole(outcome->code, strlen(outcome->code))] = '\0';
        tell(outcome->code, yq_params_get(&reply->params, "ret_msg"), settings->utf8, out, size);
    } else if (delivered(reply, settings->utf8, out, size, error)) {
        snprintf(outcome->code, sizeof outcome->code, "00");
        const char *link = yq_json_text(reply->content, "ehealth_authurl");
        outcome->authorises = link[0] != '\0';
        if (strlen(link) < sizeof outcome->authorisation)
            snprintf(outcome->authorisation, sizeof outcome->authorisation, "%s", link);
    }
}

/* The address: the host's, or the ini's where the host gives none. */
static bool addressed(const struct yq_settings *settings, const char *given, char url[URL_SIZE], struct yq_error *error)
{
    size_t length = 0;
    snprintf(url, URL_SIZE, "%s", settings->url);
    if (given != NULL && given[0] != '\0') {
        if (!yq_host_length(given, URL_SIZE, "strUrl", &length, error))
            return false;
        memcpy(url, given, length + 1);
    }
    return yq_address(url, URL_SIZE, path, error);
}

void yq_virtualcard_call(const struct yq_settings *settings, const char *url, const char *in, char *out, size_t size,
                         struct yq_card_outcome *outcome)
{
    struct yq_arena arena;
    struct yq_ehc_request request;
    struct yq_ehc_reply reply;
    struct yq_buffer message;
    struct yq_error error = {YQ_OK, ""};
    char address[URL_SIZE];
    size_t length = 0;
    int64_t began = yq_now_ms(), ticks = yq_ticks_ms();
    memset(outcome, 0, sizeof *outcome);
    memset(&reply, 0, sizeof reply);
    yq_arena_init(&arena, CARD_BOUND);
    yq_buffer_init(&message, CARD_BOUND);
    bool good = yq_host_length(in, (size_t)settings->input_size, "InData", &length, &error) &&
                addressed(settings, url, address, &error) &&
                yq_ehc_open(&arena, in, length, settings->utf8, settings->card_key, &request, &error) &&
                yq_ehc_seal(&request, &message, &error) &&
                asked(settings, address, &message, request.secret, &reply, &error);
    if (good) {
        error.code = YQ_OK;
        concluded(settings, &reply, out, size, outcome, &error);
    }
    if (outcome->code[0] == '\0')
        yq_virtualcard_fault(&error, settings->utf8, out, size, outcome->code);
    yq_record(settings, &(struct yq_record){"VirtualCardTrans", in, out, outcome->code, began, yq_ticks_ms() - ticks});
    yq_ehc_reply_free(&reply);
    yq_buffer_wipe(&message);
    yq_arena_free(&arena);
}
