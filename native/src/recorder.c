#include "recorder.h"

#include <stdio.h>
#include <string.h>

#include "host.h"
#include "moment.h"
#include "place.h"
#include "platform.h"

enum { LINE_BOUND = 4 * 1024 * 1024, PATH_SIZE = 1600, NUMBERED = PATH_SIZE + 24 };

/* Names whose texts and numbers may be read by whoever reads the record. */
static const char *const open_names[] = {
    "trans_type",       "msgid",
    "timestamp",        "signtype",
    "enc_type",         "app_id",
    "recer_sys_code",   "prd_id",
    "dev_no",           "dept_codg",
    "opter_type",       "code",
    "err_msg",          "inf_refmsgid",
    "refmsg_time",      "respond_time",
    "method",           "sign_type",
    "version",          "term_id",
    "ret_code",         "ret_msg",
    "termNo",           "accountType",
    "cardType",         "amount",
    "depositType",      "outChargeNo",
    "outRefundNo",      "outTradeNo",
    "chargeNo",         "traceNo",
    "traceTime",        "tradeType",
    "isRefund",         "result",
    "resultDesc",       "withdrawMode",
    "refundType",       "mdtrt_cert_type",
    "business_type",    "treatment_code",
    "out_verify_no",    "out_register_no",
    "out_alter_no",     "out_close_no",
    "out_authorize_no", "auth_status",
    "mdtrt_id",         "setl_id",
    "insutype",         "payType",
    "feeSumamt",        "fundPay",
    "psnAcctPay",       "ownPayAmt",
    "office_code",      NULL,
};

static bool is_open(const char *name)
{
    for (const char *const *one = open_names; *one != NULL; one++)
        if (strcmp(*one, name) == 0)
            return true;
    return false;
}

static void masked(const struct yq_json *value, const char *name, struct yq_buffer *out);

static void masked_members(const struct yq_json *value, const char *name, struct yq_buffer *out)
{
    bool object = value->kind == YQ_JSON_OBJECT;
    yq_buffer_byte(out, object ? '{' : '[');
    for (const struct yq_json *one = value->first; one != NULL && !out->failed; one = one->next) {
        if (one != value->first)
            yq_buffer_byte(out, ',');
        if (object) {
            yq_json_quote(one->name, one->name_length, out);
            yq_buffer_byte(out, ':');
        }
        masked(one, object ? one->name : name, out);
    }
    yq_buffer_byte(out, object ? '}' : ']');
}

static void masked(const struct yq_json *value, const char *name, struct yq_buffer *out)
{
    if (value->kind == YQ_JSON_OBJECT || value->kind == YQ_JSON_LIST)
        masked_members(value, name, out);
    else if ((value->kind == YQ_JSON_TEXT || value->kind == YQ_JSON_NUMBER) && value->length > 0 && !is_open(name))
        yq_buffer_text(out, "\"***\"");
    else
        yq_json_write(value, out);
}

/* A host's text, masked; what is no JSON is told by its length alone. */
static void told(const char *text, size_t most, bool utf8, struct yq_buffer *out)
{
    struct yq_arena arena;
    struct yq_error why;
    const char *end = text != NULL ? memchr(text, '\0', most) : NULL;
    size_t length = end != NULL ? (size_t)(end - text) : 0;
    yq_arena_init(&arena, LINE_BOUND);
    struct yq_json *value = length > 0 ? yq_host_json(&arena, text, length, utf8, "", &why) : NULL;
    if (value != NULL) {
        masked(value, "", out);
    } else {
        char number[32];
        snprintf(number, sizeof number, "%zu", length);
        yq_buffer_text(out, number);
    }
    yq_arena_free(&arena);
}

static void text_member(const char *name, const char *text, struct yq_buffer *out)
{
    yq_json_quote(name, strlen(name), out);
    yq_buffer_byte(out, ':');
    yq_json_quote(text, strlen(text), out);
    yq_buffer_byte(out, ',');
}

static void line_of(const struct yq_settings *settings, const struct yq_record *record, struct yq_buffer *line)
{
    char moment[18], took[48];
    yq_moment(record->began_ms, moment);
    snprintf(took, sizeof took, "\"took_ms\":%lld,", (long long)record->took_ms);
    yq_buffer_byte(line, '{');
    text_member("at", moment, line);
    text_member("function", record->function, line);
    text_member("code", record->code, line);
    yq_buffer_text(line, took);
    yq_buffer_text(line, "\"in\":");
    told(record->in, (size_t)settings->input_size, settings->utf8, line);
    yq_buffer_text(line, ",\"out\":");
    told(record->out, (size_t)settings->output_size, settings->utf8, line);
    yq_buffer_text(line, "}\n");
}

/* The file itself is number 0; each older one has the next number behind its name. */
static void numbered(const char *path, long number, char name[NUMBERED])
{
    if (number == 0)
        snprintf(name, NUMBERED, "%s", path);
    else
        snprintf(name, NUMBERED, "%s.%ld", path, number);
}

static void turn_over(const char *path, long files)
{
    char from[NUMBERED], to[NUMBERED];
    FILE *emptied = files == 1 ? yq_open_file(path, "wb") : NULL;
    if (emptied != NULL)
        fclose(emptied);
    for (long number = files - 1; number > 0; number--) {
        numbered(path, number - 1, from);
        numbered(path, number, to);
        yq_replace_file(from, to);
    }
}

static void append(const char *path, const struct yq_buffer *line, long bytes, long files)
{
    FILE *file = yq_open_file(path, "ab");
    if (file == NULL)
        return;
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    if (size > 0 && size + (long)line->length > bytes) {
        fclose(file);
        turn_over(path, files);
        file = yq_open_file(path, "ab");
    }
    if (file == NULL)
        return;
    fwrite(yq_buffer_string(line), 1, line->length, file);
    fclose(file);
}

void yq_record(const struct yq_settings *settings, const struct yq_record *record)
{
    char path[PATH_SIZE];
    struct yq_buffer line;
    if (settings->record[0] == '\0' || !yq_beside_library(settings->record, path, sizeof path))
        return;
    yq_buffer_init(&line, LINE_BOUND);
    line_of(settings, record, &line);
    if (!line.failed)
        append(path, &line, settings->record_kb * 1024, settings->record_files);
    yq_buffer_free(&line);
}
