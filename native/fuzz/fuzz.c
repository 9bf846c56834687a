/* Inputs by chance for both libraries, each in memory of exactly its size, so that the sanitizers see a byte too far.

       fuzz COUNT SEED [planted]

   Most are good requests that were changed, some are any bytes, some have no end. The answers of the platform are by
   chance as well. What is looked at: the answer ends within the host's buffer, and is JSON unless nothing fitted. With
   `planted` the hosts' buffers are shorter than the libraries are told: a run that has no finding then sees nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chance.h"
#include "charset.h"
#include "host.h"
#include "http_fuzz.h"
#include "mutate.h"
#include "onetrans_call.h"
#include "qr.h"
#include "slip_document.h"
#include "virtualcard_call.h"

enum { BYTES = 1024 * 1024, INPUT = 8192, ARENA = 8 * 1024 * 1024 };

static bool planted;

static const char app_key[] = "0123456789abcdef0123456789abcdef";

static const char *const requests[] = {
    "{\"app_id\":\"a\",\"app_key\":\"0123456789abcdef0123456789abcdef\",\"msgid\":\"H98510001001202611181906400001\","
    "\"opter_name\":\"\xE9\x99\xB6\xE6\x96\x87\xE9\x9D\x99\",\"signtype\":\"SM3\",\"enc_type\":\"SM4\",\"trans_type\":"
    "\"hop.trade.recharge\",\"data\":{\"amount\":\"1.01\",\"outChargeNo\":\"C1\",\"extra\":{\"x\":[1,2,{\"y\":null}]}}"
    "}",
    "{\"app_id\":\"a\",\"app_key\":\"0123456789abcdef0123456789abcdef\",\"trans_type\":\"hop.trade.refund\",\"data\":"
    "{\"outRefundNo\":\"R1\",\"payAppId\":\"P\",\"cardNo\":\"1\"}}",
    "{\"app_id\":\"a\",\"app_key\":\"0123456789abcdef0123456789abcdef\",\"trans_type\":\"hos.user.get\",\"data\":"
    "\"{\\\"mdtrt_cert_type\\\":\\\"09\\\"}\"}",
};
static const char *const card_requests[] = {
    "{\"app_id\":\"a\",\"term_id\":\"t\",\"method\":\"ehc.ehealthcode.verify\",\"key\":"
    "\"0123456789abcdef0123456789abcdef\",\"enc_type\":\"AES\",\"sign_type\":\"MD5\",\"sign\":\"\",\"biz_content\":"
    "{\"ehealth_code\":\"1:1\",\"operator_name\":\"\xE9\x99\xB6\"}}",
    "{\"app_id\":\"a\",\"biz_content\":\"{\\\"a\\\":1.0}\",\"enc_type\":\"DES\"}",
    "{\"app_id\":\"a\",\"biz_content\":\"00\",\"sign\":\"00\",\"enc_type\":\"SM4\"}",
};

static void fail(unsigned long number, const char *what)
{
    fprintf(stderr, "input %lu: %s\n", number, what);
    abort();
}

static void settle(struct yq_settings *settings)
{
    memset(settings, 0, sizeof *settings);
    snprintf(settings->url, sizeof settings->url, "%s", yq_chance_below(50) ? "http://hub.example" : "x://");
    snprintf(settings->browser, sizeof settings->browser, "%s", yq_chance_below(2) ? "auto" : "none");
    snprintf(settings->card_key, sizeof settings->card_key, "%s", app_key);
    settings->input_size = INPUT;
    settings->output_size = (long)(yq_chance_below(4) ? 8192 : 64 + yq_chance_below(400));
    settings->wait_s = (long)yq_chance_below(20);
    settings->confirm_s = (long)yq_chance_below(10);
    settings->poll_ms = 2000;
    settings->utf8 = yq_chance_below(4) == 0;
}

/* A request in the host's charset, changed or not. */
static void request(const char *const *from, size_t count, bool utf8, struct yq_buffer *text)
{
    const char *good = from[yq_chance_below(count)];
    size_t fate = yq_chance_below(20);
    yq_buffer_init(text, BYTES);
    if (fate == 0)
        for (size_t length = yq_chance_below(300); length > 0; length--)
            yq_buffer_byte(text, (char)yq_chance());
    else if (utf8)
        yq_buffer_text(text, good);
    else
        yq_to_gb18030(good, strlen(good), text);
    if (fate > 2)
        yq_mutate(text);
}

/* The text in memory that ends with it: behind its NUL, or, without one, behind what may be read. */
static char *exactly(const struct yq_buffer *text)
{
    size_t length = text->length < INPUT ? text->length : INPUT - 1;
    bool endless = yq_chance_below(100) == 0;
    char *bytes = malloc(endless ? INPUT : length + 1);
    if (bytes == NULL)
        abort();
    if (endless) {
        memset(bytes, 'x', INPUT);
        return bytes;
    }
    memcpy(bytes, yq_buffer_string(text), length);
    bytes[length] = '\0';
    return bytes;
}

static void look(unsigned long number, const char *out, size_t size, bool utf8)
{
    struct yq_arena arena;
    struct yq_error error;
    const char *end = memchr(out, '\0', size);
    if (end == NULL)
        fail(number, "an answer without an end");
    yq_arena_init(&arena, ARENA);
    if (end > out && yq_host_json(&arena, out, (size_t)(end - out), utf8, "", &error) == NULL)
        fail(number, error.text);
    yq_arena_free(&arena);
}

static void call(unsigned long number, bool card)
{
    struct yq_settings settings;
    struct yq_buffer text;
    settle(&settings);
    settings.utf8 = settings.utf8 && card;
    yq_platform_is(card, app_key);
    if (card)
        request(card_requests, sizeof card_requests / sizeof *card_requests, settings.utf8, &text);
    else
        request(requests, sizeof requests / sizeof *requests, false, &text);
    size_t size = (size_t)settings.output_size;
    char *in = exactly(&text), *out = malloc(planted ? size / 4 : size);
    if (out == NULL)
        abort();
    memset(out, 'x', planted ? size / 4 : size);
    if (card) {
        struct yq_card_outcome outcome;
        yq_virtualcard_call(&settings, yq_chance_below(3) ? "" : "http://card.example/x", in, out, size, &outcome);
        if (memchr(outcome.code, '\0', sizeof outcome.code) == NULL || outcome.code[0] == '\0')
            fail(number, "no code");
    } else {
        struct yq_error error;
        yq_onetrans_call(&settings, in, out, size, &error);
    }
    look(number, out, size, settings.utf8);
    free(in);
    free(out);
    yq_buffer_free(&text);
}

/* Any text as a code on a slip. */
static void slip(void)
{
    struct yq_slip made;
    struct yq_buffer page;
    char text[400];
    size_t length = yq_chance_below(sizeof text);
    memset(&made, 0, sizeof made);
    for (size_t at = 0; at < length; at++)
        text[at] = (char)yq_chance();
    for (size_t at = 0; at + 1 < sizeof made.name && at < length; at++)
        made.name[at] = made.card_no[at] = (char)yq_chance();
    yq_buffer_init(&page, BYTES);
    if (yq_qr_make(text, length, &made.code))
        yq_slip_document(&made, &page);
    yq_buffer_free(&page);
}

/* An ini file. */
static void file(void)
{
    static const char good[] = "\xEF\xBB\xBF; x\r\n[gateway]\r\nurl = http://hub.example\r\nconnect_ms=3000\n[limits]\n"
                               "output_size = 8192\ncharset = GBK\n[printer]\nname = \xB4\xB0\xBF\xDA\n";
    struct yq_settings settings;
    struct yq_error error;
    struct yq_ini ini;
    struct yq_buffer text;
    yq_buffer_init(&text, BYTES);
    yq_buffer_add(&text, good, sizeof good - 1);
    yq_mutate(&text);
    char *bytes = malloc(text.length > 0 ? text.length : 1);
    if (bytes == NULL)
        abort();
    memcpy(bytes, yq_buffer_string(&text), text.length);
    if (yq_ini_take(&ini, bytes, text.length, "fuzz.ini", &error))
        yq_settings_take(&settings, &ini, 8192, &error);
    yq_ini_free(&ini);
    yq_buffer_free(&text);
    free(bytes);
}

int main(int count, char **arguments)
{
    unsigned long inputs = count > 1 ? strtoul(arguments[1], NULL, 10) : 10000;
    yq_chance_seed(count > 2 ? strtoull(arguments[2], NULL, 10) : 1);
    planted = count > 3 && strcmp(arguments[3], "planted") == 0;
    for (unsigned long number = 0; number < inputs; number++) {
        size_t which = yq_chance_below(1000);
        if (which < 4)
            slip(); /* few: a code is drawn eight times before it is chosen */
        else if (which < 50)
            file();
        else
            call(number, which < 350);
    }
    printf("%lu inputs\n", inputs);
    return 0;
}
