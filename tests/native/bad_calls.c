/* Every bad call that a host can make, under the sanitizers: each text in memory of exactly its size. The ini lies
   beside the program. What each call answered is printed for the test to read. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "OneTrans2.h"
#include "VirtualCardChk.h"

enum { INPUT = 8192, OUTPUT = 8192, CARD_OUTPUT = 2048, THREADS = 4, ROUNDS = 50 };

static const char unified_request[] = "{\"app_id\":\"a\",\"app_key\":\"k\",\"trans_type\":\"t\",\"data\":{}}";
static const char card_request[] = "{\"biz_content\":{},\"key\":\"0123456789abcdef0123456789abcdef\"}";

/* Memory of this size full of one byte, without an end. */
static char *endless(size_t size)
{
    char *bytes = malloc(size);
    if (bytes == NULL)
        abort();
    memset(bytes, 'x', size);
    return bytes;
}

static char *copied(const char *text)
{
    size_t size = strlen(text) + 1;
    char *bytes = malloc(size);
    if (bytes == NULL)
        abort();
    return memcpy(bytes, text, size);
}

static void unified(char *in)
{
    char *out = endless(OUTPUT);
    printf("%d ", OneTrans(in, out));
    printf("%zu\n", strlen(out) > 0 ? (size_t)1 : (size_t)0);
    free(out);
    free(in);
}

static void card(char *url, char *in)
{
    char *out = endless(CARD_OUTPUT);
    printf("%s ", VirtualCardTrans(url, in, out));
    printf("%zu\n", strlen(out) > 0 ? (size_t)1 : (size_t)0);
    free(out);
    free(in);
    free(url);
}

/* Messages that can be read, for a platform that is not there. */
static void unsent(void)
{
    char *out = endless(OUTPUT), *card_out = endless(CARD_OUTPUT), *in = copied(unified_request);
    char *card_in = copied(card_request);
    int value = OneTrans(in, out);
    if (value != 600014 && value != 600001)
        abort();
    if (strcmp(VirtualCardTrans(NULL, card_in, card_out), "8004") != 0)
        abort();
    free(out);
    free(card_out);
    free(in);
    free(card_in);
}

static void *at_once(void *unused)
{
    (void)unused;
    for (int round = 0; round < ROUNDS; round++) {
        char *out = endless(OUTPUT), *card_out = endless(CARD_OUTPUT), *in = copied("{");
        int value = OneTrans(in, out);
        if (value != 600003 && value != 600001)
            abort();
        if (strcmp(VirtualCardTrans(NULL, in, card_out), "9008") != 0)
            abort();
        if (Set_QRflow_Mode(0) != 0)
            abort();
        free(out);
        free(card_out);
        free(in);
        if (round % 10 == 0)
            unsent();
    }
    return NULL;
}

int main(void)
{
    pthread_t threads[THREADS];
    printf("%d\n", OneTrans(NULL, NULL));
    unified(NULL);
    unified(copied(""));
    unified(endless(INPUT));
    unified(copied("{"));
    unified(copied(unified_request));
    printf("%s\n", VirtualCardTrans(NULL, NULL, NULL));
    card(NULL, NULL);
    card(copied(""), copied(""));
    card(endless(2048), copied(card_request));
    card(NULL, endless(INPUT));
    card(NULL, copied(card_request));
    printf("%d %d\n", Set_QRflow_Mode(2), Set_QRflow_Mode(-1));
    printf("%d %d\n", EhealthID_Print(NULL, NULL, NULL), EhealthID_Print("", NULL, NULL));
    char *long_text = endless(257);
    printf("%d\n", EhealthID_Print(long_text, NULL, NULL));
    free(long_text);
    for (int at = 0; at < THREADS; at++)
        if (pthread_create(threads + at, NULL, at_once, NULL) != 0)
            abort();
    for (int at = 0; at < THREADS; at++)
        pthread_join(threads[at], NULL);
    puts("done");
    return 0;
}
