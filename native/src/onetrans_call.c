#include "onetrans_call.h"

#include <stdio.h>

#include "answer.h"
#include "address.h"
#include "course.h"
#include "host.h"
#include "platform.h"
#include "reading.h"
#include "recorder.h"

enum { CALL_BOUND = 16 * 1024 * 1024, ANSWER_BYTES = 1024 * 1024 };

static const char path[] = "/onetrans";

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
    int64_t began = yq_now_ms(), ticks = yq_ticks_ms();
    error->code = YQ_OK;
    yq_arena_init(&desk.arena, CALL_BOUND);
    yq_buffer_init(&desk.message, CALL_BOUND);
    yq_buffer_init(&desk.answer, ANSWER_BYTES);
    bool good = yq_host_length(in, (size_t)own.input_size, "pInData", &length, error) &&
                yq_address(own.url, sizeof own.url, path, error) &&
                yq_onetrans_open(&desk.arena, in, length, &desk.request, error) && yq_read_at_desk(&desk, error);
    if (good)
        with_connection(&desk, out, size, error);
    if (error->code != YQ_OK)
        yq_answer_error(error, out, size);
    char code[16];
    snprintf(code, sizeof code, "%06d", (int)error->code);
    yq_record(&own, &(struct yq_record){"OneTrans", in, out, code, began, yq_ticks_ms() - ticks});
    yq_buffer_wipe(&desk.message);
    yq_buffer_wipe(&desk.answer);
    yq_arena_free(&desk.arena);
}
