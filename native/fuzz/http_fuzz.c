#include "http_fuzz.h"

#include <stdio.h>
#include <string.h>

#include "chance.h"
#include "envelope_ehc.h"
#include "envelope_onetrans.h"
#include "http.h"
#include "mutate.h"

enum { ARENA = 4 * 1024 * 1024, BYTES = 1024 * 1024 };

struct yq_http {
    char unused;
};

static struct yq_http one;
static bool card_platform;
static const char *platform_key;

static const char *const codes[] = {"000000", "700100", "700103", "700105", "700200", "800100",
                                    "800102", "600012", "610001", "610008", "00"};
static const char *const contents[] = {
    "{}",
    "{\"result\":\"succ\",\"traceNo\":\"7001\"}",
    "{\"result\":\"ing\"}",
    "{\"result\":\"notfound\"}",
    "{\"extra\":{\"cashierUrl\":\"https://hub.example/cashier/1\"}}",
    "{\"extra\":{\"readerUrl\":\"https://hub.example/reader/1\",\"choiceNo\":\"W1\"}}",
    "{\"userName\":\"\xE9\x99\xB6\xE6\x96\x87\xE9\x9D\x99\",\"list\":[1,2.50,{\"a\":null}],\"t\":\"{\\\"b\\\":1}\"}",
    "{\"ehealth_authurl\":\"https://hub.example/consent/1\"}",
};

void yq_platform_is(bool card, const char *key)
{
    card_platform = card;
    platform_key = key;
}

struct yq_http *yq_http_open(const struct yq_http_settings *settings, char *why, size_t why_size)
{
    (void)settings;
    snprintf(why, why_size, "none");
    return yq_chance_below(500) == 0 ? NULL : &one;
}

void yq_http_close(struct yq_http *http)
{
    (void)http;
}

/* A signed answer is made as a request is: the envelope is the same. */
static void sealed(struct yq_arena *arena, const struct yq_json *content, struct yq_buffer *reply)
{
    struct yq_error error;
    const char *code = codes[yq_chance_below(sizeof codes / sizeof *codes)];
    if (card_platform) {
        struct yq_ehc_request answer = {.secret = platform_key, .sign = "", .content = content};
        const char *enc_types[] = {"SM4", "AES", "DES"};
        yq_params_set(&answer.params, "ret_code", yq_chance_below(4) ? "0000" : yq_chance_below(2) ? "2001" : "00");
        yq_params_set(&answer.params, "ret_msg", "\xE6\x88\x90\xE5\x8A\x9F");
        yq_params_set(&answer.params, "sign_type", yq_chance_below(2) ? "SM3" : "MD5");
        yq_params_set(&answer.params, "enc_type", enc_types[yq_chance_below(3)]);
        yq_ehc_seal(&answer, reply, &error);
    } else {
        struct yq_onetrans_request answer = {.app_key = platform_key, .data = content};
        yq_params_set(&answer.params, "code", code);
        yq_params_set(&answer.params, "err_msg", "\xE6\x88\x90\xE5\x8A\x9F");
        yq_params_set(&answer.params, "signtype", "SM3");
        yq_params_set(&answer.params, "enc_type", "SM4");
        yq_onetrans_seal(&answer, reply, &error);
    }
    (void)arena;
}

static void answered(struct yq_buffer *reply)
{
    struct yq_arena arena;
    struct yq_buffer text;
    struct yq_json_fault fault;
    yq_arena_init(&arena, ARENA);
    yq_buffer_init(&text, BYTES);
    yq_buffer_text(&text, contents[yq_chance_below(sizeof contents / sizeof *contents)]);
    if (yq_chance_below(3) == 0)
        yq_mutate(&text);
    struct yq_json *content = yq_json_read(&arena, yq_buffer_string(&text), text.length, &fault);
    if (content != NULL)
        sealed(&arena, content, reply);
    else
        yq_buffer_add(reply, yq_buffer_string(&text), text.length);
    if (yq_chance_below(4) == 0)
        yq_mutate(reply);
    yq_buffer_free(&text);
    yq_arena_free(&arena);
}

enum yq_sent yq_http_send(struct yq_http *http, const char *url, const char *content_type, const void *body,
                          size_t length, struct yq_buffer *reply, long *status, char *why, size_t why_size)
{
    volatile unsigned char last = 0; /* the whole message is there to be read */
    for (size_t at = 0; at < length; at++)
        last ^= ((const unsigned char *)body)[at];
    (void)http;
    (void)url;
    (void)content_type;
    snprintf(why, why_size, "by chance");
    yq_buffer_clear(reply);
    *status = yq_chance_below(40) == 0 ? 502 : 200;
    size_t fate = yq_chance_below(40);
    if (fate == 0)
        return YQ_HTTP_NOT_SENT;
    if (fate == 1)
        return YQ_HTTP_LOST;
    answered(reply);
    return YQ_HTTP_ANSWERED;
}
