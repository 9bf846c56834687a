#include "envelope_ehc.h"

#include <string.h>

#include "cipher_ehc.h"
#include "crypto/hmac.h"
#include "host.h"
#include "moment.h"
#include "platform.h"

enum { EHC_BOUND = 4 * 1024 * 1024 };

static const char *const apart[] = {"biz_content", "key", "sign", NULL};
static const char *const content_apart[] = {"biz_content", NULL};
static const char *const unsigned_names[] = {"sign", NULL};
static const char success[] = "0000", version[] = "X.M.0.1";

/* What a host may leave to the library. */
static const struct left_open {
    const char *name, *value;
} usual[] = {{"sign_type", "SM3"}, {"enc_type", "SM4"}, {"version", version}};

static bool filled_in(struct yq_arena *arena, struct yq_params *params, struct yq_error *error)
{
    bool good = true;
    for (size_t at = 0; at < sizeof usual / sizeof *usual; at++)
        if (yq_params_get(params, usual[at].name)[0] == '\0')
            good = good && yq_params_set(params, usual[at].name, usual[at].value);
    if (yq_params_get(params, "timestamp")[0] == '\0') {
        char now[18];
        yq_moment(yq_now_ms(), now);
        const char *kept = yq_arena_copy(arena, now, 14);
        good = good && kept != NULL && yq_params_set(params, "timestamp", kept);
    }
    return good || yq_fail(error, YQ_UNREADABLE, "公共参数过多，请检查报文");
}

/* biz_content as an object; a text that holds one is read, as some programs nest it. */
static const struct yq_json *content(struct yq_arena *arena, const struct yq_json *given, struct yq_error *error)
{
    if (given != NULL && given->kind == YQ_JSON_TEXT && given->length > 0)
        given = yq_host_json(arena, given->text, given->length, true, "biz_content 中的文本", error);
    else if (given == NULL || given->kind != YQ_JSON_OBJECT)
        yq_fail(error, YQ_UNREADABLE, "biz_content 应是业务参数组成的 JSON 对象，请补上");
    if (given != NULL && given->kind == YQ_JSON_OBJECT)
        return given;
    if (given != NULL)
        yq_fail(error, YQ_UNREADABLE, "biz_content 应是业务参数组成的 JSON 对象，请改正");
    return NULL;
}

bool yq_ehc_open(struct yq_arena *arena, const char *bytes, size_t length, bool utf8, const char *secret,
                 struct yq_ehc_request *request, struct yq_error *error)
{
    struct yq_json *root = yq_host_json(arena, bytes, length, utf8, "报文", error);
    if (root == NULL || !yq_params_read(&request->params, root, apart, error))
        return false;
    const struct yq_json *given = yq_json_member(root, "biz_content");
    request->sign = yq_json_text(root, "sign");
    request->secret = yq_json_text(root, "key")[0] != '\0' ? yq_json_text(root, "key") : secret;
    if (request->secret[0] == '\0')
        return yq_fail(error, YQ_NO_KEY, "缺少应用密钥 key，无法签名与加密，请在报文或配置 [card] key 中补上");
    if (request->sign[0] != '\0' && given != NULL && given->kind == YQ_JSON_TEXT) {
        request->content = given; /* signed and enciphered by the host itself */
        return true;
    }
    request->sign = "";
    request->content = content(arena, given, error);
    return request->content != NULL && filled_in(arena, &request->params, error);
}

/* The signature of parameters, biz_content among them as it travels. */
static bool sign_of(const struct yq_params *params, const char *sign_type, const char *secret,
                    char hex[2 * YQ_LONGEST_DIGEST + 1])
{
    struct yq_buffer joined;
    yq_buffer_init(&joined, EHC_BOUND);
    yq_params_join(params, unsigned_names, &joined);
    yq_buffer_text(&joined, secret);
    bool good = !joined.failed && yq_digest_hex(sign_type, &joined, hex);
    yq_buffer_wipe(&joined);
    return good;
}

static bool algorithms(const struct yq_params *params, const struct yq_cipher *cipher, struct yq_error *error)
{
    const char *sign_type = yq_params_get(params, "sign_type");
    if (strcmp(sign_type, "SM3") != 0 && strcmp(sign_type, "MD5") != 0)
        return yq_fail(error, YQ_SIGN_TYPE, "未知签名类型 %.10s，可用：SM3、MD5", sign_type);
    if (cipher == NULL)
        return yq_fail(error, YQ_ENC_TYPE, "未知加密类型 %.10s，可用：SM4、AES、DES",
                       yq_params_get(params, "enc_type"));
    return true;
}

static bool sealed(struct yq_params *params, const struct yq_ehc_request *request, struct yq_buffer *message,
                   struct yq_error *error)
{
    const struct yq_cipher *cipher = yq_cipher(yq_params_get(params, "enc_type"));
    struct yq_buffer plain, text;
    char sign[2 * YQ_LONGEST_DIGEST + 1];
    if (!algorithms(params, cipher, error))
        return false;
    yq_buffer_init(&plain, EHC_BOUND);
    yq_buffer_init(&text, EHC_BOUND);
    yq_json_write(request->content, &plain);
    bool good = !plain.failed && yq_encipher(cipher, request->secret, &plain, &text);
    if (!good)
        yq_fail(error, YQ_UNWRITABLE, "密钥不适用于 %.10s，请核对密钥的长度与写法", yq_params_get(params, "enc_type"));
    good = good && yq_params_set(params, "biz_content", yq_buffer_string(&text)) &&
           sign_of(params, yq_params_get(params, "sign_type"), request->secret, sign) &&
           yq_params_set(params, "sign", sign);
    if (good)
        yq_params_write(params, message);
    yq_buffer_wipe(&plain);
    yq_buffer_free(&text);
    return good;
}

bool yq_ehc_seal(const struct yq_ehc_request *request, struct yq_buffer *message, struct yq_error *error)
{
    struct yq_params params = request->params;
    yq_fail(error, YQ_UNWRITABLE, "报文无法写成：公共参数过多或内容过大，请检查报文");
    if (request->sign[0] == '\0')
        return sealed(&params, request, message, error) && !message->failed;
    if (!yq_params_set(&params, "biz_content", request->content->text) ||
        !yq_params_set(&params, "sign", request->sign))
        return false;
    yq_params_write(&params, message);
    return !message->failed;
}

static bool distrust(struct yq_error *error, const char *why)
{
    return yq_fail(error, YQ_UNANSWERED, "平台的应答不可采信：%s；处理结果未知，请用原流水号重试或查询", why);
}

static bool verified(const struct yq_params *params, const char *secret, struct yq_error *error)
{
    char expected[2 * YQ_LONGEST_DIGEST + 1], told[2 * YQ_LONGEST_DIGEST + 1] = "";
    const char *sign = yq_params_get(params, "sign");
    if (!sign_of(params, yq_params_get(params, "sign_type"), secret, expected))
        return distrust(error, "未知签名类型");
    size_t length = strlen(expected);
    for (size_t at = 0; at < length && sign[at] != '\0'; at++)
        told[at] = (char)(sign[at] >= 'A' && sign[at] <= 'F' ? sign[at] | 32 : sign[at]);
    bool same = strlen(sign) == length && yq_equal(expected, told, length);
    return same || distrust(error, "验签失败，请核对密钥");
}

/* The content: an object in plain sight, or enciphered by enc_type. */
static bool opened(struct yq_ehc_reply *reply, const struct yq_json *given, const char *secret, struct yq_error *error)
{
    struct yq_buffer plain;
    struct yq_error why;
    if (given == NULL || given->kind == YQ_JSON_OBJECT || given->length == 0) {
        reply->content = given != NULL && given->kind == YQ_JSON_OBJECT ? given : NULL;
        return true;
    }
    const char *enc_type = yq_params_get(&reply->params, "enc_type");
    const struct yq_cipher *cipher = yq_cipher(enc_type);
    yq_buffer_init(&plain, EHC_BOUND);
    bool good = true;
    if (enc_type[0] == '\0')
        yq_buffer_add(&plain, given->text, given->length);
    else
        good = cipher != NULL && yq_decipher(cipher, secret, given->text, &plain);
    if (!good) {
        distrust(error, "biz_content 无法解密");
    } else if (plain.length > 0) {
        const struct yq_json *read =
            yq_host_json(&reply->arena, yq_buffer_string(&plain), plain.length, true, "biz_content 明文", &why);
        if (read != NULL && read->kind != YQ_JSON_OBJECT)
            yq_fail(&why, YQ_UNREADABLE, "biz_content 明文应是 JSON 对象");
        reply->content = read;
        good = (read != NULL && read->kind == YQ_JSON_OBJECT) || distrust(error, why.text);
    }
    yq_buffer_wipe(&plain);
    return good;
}

/* The parameters of an answer; an object in biz_content is signed as its text without blanks. */
static bool read_answer(struct yq_ehc_reply *reply, const struct yq_json *root, struct yq_error *error)
{
    const struct yq_json *given = yq_json_member(root, "biz_content");
    if (given == NULL || given->kind != YQ_JSON_OBJECT)
        return yq_params_read(&reply->params, root, NULL, error);
    struct yq_buffer text;
    yq_buffer_init(&text, EHC_BOUND);
    yq_json_write(given, &text);
    const char *kept = text.failed ? NULL : yq_arena_copy(&reply->arena, yq_buffer_string(&text), text.length);
    yq_buffer_wipe(&text);
    if (kept == NULL)
        return yq_fail(error, YQ_NO_MEMORY, "内存不足，请稍后重试");
    return yq_params_read(&reply->params, root, content_apart, error) &&
           yq_params_set(&reply->params, "biz_content", kept);
}

bool yq_ehc_open_reply(const char *bytes, size_t length, const char *secret, struct yq_ehc_reply *reply,
                       struct yq_error *error)
{
    struct yq_error why;
    memset(reply, 0, sizeof *reply);
    yq_arena_init(&reply->arena, EHC_BOUND);
    if (length == 0)
        return distrust(error, "应答为空");
    struct yq_json *root = yq_host_json(&reply->arena, bytes, length, true, "应答", &why);
    if (root == NULL || !read_answer(reply, root, &why))
        return distrust(error, why.text);
    const char *code = yq_params_get(&reply->params, "ret_code");
    if (code[0] == '\0')
        return distrust(error, "应答缺少返回码 ret_code");
    if (strcmp(code, success) != 0 && strspn(code, "0") == strlen(code))
        return distrust(error, "返回码不合法"); /* looks like a success, and a host would take it for one */
    if (yq_params_get(&reply->params, "sign")[0] == '\0' && strcmp(code, success) != 0)
        return true;
    return verified(&reply->params, secret, error) && opened(reply, yq_json_member(root, "biz_content"), secret, error);
}

void yq_ehc_reply_free(struct yq_ehc_reply *reply)
{
    yq_arena_free(&reply->arena);
}
