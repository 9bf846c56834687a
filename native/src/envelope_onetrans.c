#include "envelope_onetrans.h"

#include <stdlib.h>
#include <string.h>

#include "charset.h"
#include "crypto/base64.h"
#include "crypto/hex.h"
#include "crypto/hmac.h"
#include "crypto/sm3.h"
#include "crypto/sm4.h"
#include "crypto/wipe.h"
#include "host.h"
#include "platform.h"

enum { BLOCK = 16, DIGEST = 32, MESSAGE_BOUND = 4 * 1024 * 1024 };

static const char *const apart[] = {"data", "app_key", "sign", NULL};
static const char *const unsigned_names[] = {"app_key", "sign", NULL};
static const char success[] = "000000";

/* The business parameters: an object, or a text that holds one, as some programs nest it. */
static const struct yq_json *content(struct yq_arena *arena, const struct yq_json *data, struct yq_error *error)
{
    if (data != NULL && data->kind == YQ_JSON_TEXT && data->length > 0) {
        data = yq_host_json(arena, data->text, data->length, true, "data 中的文本", error);
        if (data == NULL)
            return NULL;
    }
    if (data == NULL || data->kind != YQ_JSON_OBJECT) {
        yq_fail(error, YQ_UNREADABLE, "data 应是业务参数组成的 JSON 对象，请补上");
        return NULL;
    }
    return data;
}

/* The algorithms that this library has; what the host left open is set. */
static bool algorithms(struct yq_params *params, struct yq_error *error)
{
    const char *signtype = yq_params_get(params, "signtype"), *enc_type = yq_params_get(params, "enc_type");
    if (strcmp(signtype, "SM2") == 0)
        return yq_fail(error, YQ_SIGN_TYPE, "本动态库不持有 SM2 私钥，不能用 SM2 签名；请把 signtype 填为 SM3");
    if (signtype[0] != '\0' && strcmp(signtype, "SM3") != 0)
        return yq_fail(error, YQ_SIGN_TYPE, "未知签名类型 %.10s，请把 signtype 填为 SM3", signtype);
    if (enc_type[0] != '\0' && strcmp(enc_type, "SM4") != 0)
        return yq_fail(error, YQ_ENC_TYPE, "未知加密类型 %.10s，请把 enc_type 填为 SM4", enc_type);
    if (!yq_params_set(params, "signtype", "SM3") || !yq_params_set(params, "enc_type", "SM4"))
        return yq_fail(error, YQ_UNREADABLE, "公共参数过多，请检查报文");
    return true;
}

bool yq_onetrans_open(struct yq_arena *arena, const char *gbk, size_t length, struct yq_onetrans_request *request,
                      struct yq_error *error)
{
    struct yq_json *root = yq_host_json(arena, gbk, length, false, "报文", error);
    if (root == NULL || !yq_params_read(&request->params, root, apart, error))
        return false;
    request->app_key = yq_json_text(root, "app_key");
    if (yq_params_get(&request->params, "trans_type")[0] == '\0')
        return yq_fail(error, YQ_PARAMETERS, "缺少交易类型 trans_type，请补上");
    if (yq_params_get(&request->params, "app_id")[0] == '\0')
        return yq_fail(error, YQ_PARAMETERS, "缺少应用编号 app_id，请补上");
    if (request->app_key[0] == '\0')
        return yq_fail(error, YQ_NO_KEY, "缺少应用密钥 app_key，无法签名与加密，请补上");
    if (!algorithms(&request->params, error))
        return false;
    request->data = content(arena, yq_json_member(root, "data"), error);
    return request->data != NULL;
}

static void content_key(const char *app_key, uint8_t key[BLOCK])
{
    uint8_t digest[DIGEST];
    yq_sm3(app_key, strlen(app_key), digest);
    memcpy(key, digest, BLOCK);
    yq_wipe(digest, sizeof digest);
}

/* Plain bytes → Base64 of a fresh IV and the cipher text behind it. */
static bool encipher(const char *app_key, const struct yq_buffer *plain, struct yq_buffer *text)
{
    uint8_t key[BLOCK];
    uint8_t *sealed = malloc(BLOCK + plain->length + BLOCK);
    bool good = sealed != NULL && yq_random(sealed, BLOCK);
    if (good) {
        content_key(app_key, key);
        size_t length =
            BLOCK + yq_sm4_encrypt(YQ_CBC, key, sealed, yq_buffer_string(plain), plain->length, sealed + BLOCK);
        yq_wipe(key, sizeof key);
        char *room = yq_buffer_reserve(text, (length + 2) / 3 * 4 + 1);
        good = room != NULL;
        if (good)
            yq_buffer_grown(text, yq_base64(sealed, length, room));
    }
    free(sealed);
    return good;
}

/* The signature of parameters in hexadecimal. */
static bool mac(const struct yq_params *params, const char *app_key, char hex[2 * DIGEST + 1])
{
    struct yq_buffer joined, gb;
    uint8_t digest[DIGEST];
    yq_buffer_init(&joined, MESSAGE_BOUND);
    yq_buffer_init(&gb, MESSAGE_BOUND);
    yq_params_join(params, unsigned_names, &joined);
    bool good = !joined.failed && yq_to_gb18030(yq_buffer_string(&joined), joined.length, &gb);
    if (good) {
        yq_hmac_sm3(app_key, strlen(app_key), yq_buffer_string(&gb), gb.length, digest);
        yq_hex(digest, DIGEST, hex, 0);
        hex[2 * DIGEST] = '\0';
    }
    yq_buffer_wipe(&joined);
    yq_buffer_wipe(&gb);
    return good;
}

bool yq_onetrans_seal(const struct yq_onetrans_request *request, struct yq_buffer *message, struct yq_error *error)
{
    struct yq_params params = request->params;
    struct yq_buffer json, gbk, data;
    char sign[2 * DIGEST + 1];
    yq_buffer_init(&json, MESSAGE_BOUND);
    yq_buffer_init(&gbk, MESSAGE_BOUND);
    yq_buffer_init(&data, MESSAGE_BOUND);
    yq_json_write(request->data, &json);
    bool good = !json.failed && yq_json_to_gbk(yq_buffer_string(&json), json.length, &gbk) &&
                encipher(request->app_key, &gbk, &data) && yq_params_set(&params, "data", yq_buffer_string(&data)) &&
                mac(&params, request->app_key, sign) && yq_params_set(&params, "sign", sign);
    if (good) {
        yq_buffer_wipe(&json);
        yq_params_write(&params, &json);
        good = !json.failed && yq_json_to_gbk(yq_buffer_string(&json), json.length, message);
    }
    yq_buffer_wipe(&json);
    yq_buffer_wipe(&gbk);
    yq_buffer_free(&data);
    return good || yq_fail(error, YQ_UNWRITABLE, "报文无法签名或加密：公共参数过多、内容过大或内存不足，请检查报文");
}

/* Base64 with or without line breaks → plain bytes. */
static bool decipher(const char *app_key, const char *text, struct yq_buffer *plain)
{
    size_t length = strlen(text), count = 0, bytes = 0, plain_length = 0;
    uint8_t key[BLOCK];
    char *clean = malloc(length + 1);
    uint8_t *sealed = malloc(length + 4);
    bool good = clean != NULL && sealed != NULL;
    for (size_t at = 0; good && at < length; at++)
        if (text[at] != '\r' && text[at] != '\n')
            clean[count++] = text[at];
    good = good && yq_unbase64(clean, count, sealed, &bytes) == 0 && bytes >= 2 * BLOCK;
    char *room = good ? yq_buffer_reserve(plain, bytes) : NULL;
    if (room != NULL) {
        content_key(app_key, key);
        good = yq_sm4_decrypt(YQ_CBC, key, sealed, sealed + BLOCK, bytes - BLOCK, room, &plain_length) == 0;
        yq_wipe(key, sizeof key);
        yq_buffer_grown(plain, good ? plain_length : 0);
    }
    free(clean);
    free(sealed);
    return good && room != NULL;
}

static bool distrust(struct yq_error *error, const char *why)
{
    return yq_fail(error, YQ_UNANSWERED, "平台的应答不可采信：%s；处理结果未知，请用原流水号重试或查询", why);
}

static bool verified(const struct yq_params *params, const char *app_key, struct yq_error *error)
{
    char expected[2 * DIGEST + 1], told[2 * DIGEST + 1];
    const char *sign = yq_params_get(params, "sign");
    if (strcmp(yq_params_get(params, "signtype"), "SM3") != 0)
        return distrust(error, "应答没有用 SM3 签名，请让平台允许本应用使用 SM3");
    if (strlen(sign) != 2 * DIGEST || !mac(params, app_key, expected))
        return distrust(error, "验签失败");
    for (size_t at = 0; at <= 2 * DIGEST; at++)
        told[at] = (char)(sign[at] >= 'A' && sign[at] <= 'F' ? sign[at] | 32 : sign[at]);
    return yq_equal(expected, told, 2 * DIGEST) || distrust(error, "验签失败，请核对 app_key");
}

static bool opened(struct yq_onetrans_reply *reply, const char *app_key, struct yq_error *error)
{
    struct yq_buffer plain;
    struct yq_error why;
    const char *text = yq_params_get(&reply->params, "data");
    if (text[0] == '\0')
        return true;
    yq_buffer_init(&plain, MESSAGE_BOUND);
    bool good = decipher(app_key, text, &plain);
    if (!good) {
        distrust(error, "data 无法按 SM4 解密");
    } else {
        struct yq_json *data =
            yq_host_json(&reply->arena, yq_buffer_string(&plain), plain.length, false, "data 明文", &why);
        reply->data = data != NULL ? content(&reply->arena, data, &why) : NULL;
        good = reply->data != NULL || distrust(error, why.text);
    }
    yq_buffer_wipe(&plain);
    return good;
}

bool yq_onetrans_open_reply(const char *gbk, size_t length, const char *app_key, struct yq_onetrans_reply *reply,
                            struct yq_error *error)
{
    struct yq_error why;
    memset(reply, 0, sizeof *reply);
    yq_arena_init(&reply->arena, MESSAGE_BOUND);
    struct yq_json *root = length == 0 ? NULL : yq_host_json(&reply->arena, gbk, length, false, "应答", &why);
    if (length == 0)
        return distrust(error, "应答为空");
    if (root == NULL || !yq_params_read(&reply->params, root, NULL, &why))
        return distrust(error, why.text);
    const char *code = yq_params_get(&reply->params, "code");
    if (code[0] == '\0')
        return distrust(error, "应答缺少返回码 code");
    if (strcmp(code, success) != 0 && strspn(code, "0") == strlen(code))
        return distrust(error, "返回码不合法"); /* looks like a success, and a host would take it for one */
    if (yq_params_get(&reply->params, "sign")[0] == '\0' && strcmp(code, success) != 0)
        return true;
    return verified(&reply->params, app_key, error) && opened(reply, app_key, error);
}

void yq_onetrans_reply_free(struct yq_onetrans_reply *reply)
{
    yq_arena_free(&reply->arena);
}
