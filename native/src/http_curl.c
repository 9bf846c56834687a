/* HTTP by the system's libcurl, which is loaded when it is first needed: so the library installs and loads anywhere,
   needs no header to be built, and says in words where libcurl is missing. The numbers are libcurl's stable interface.
   Certificates are always checked. */
#define _GNU_SOURCE
#include "http.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "place.h"
#include "platform.h"

enum {
    OPT_WRITEDATA = 10001,
    OPT_URL = 10002,
    OPT_PROXY = 10004,
    OPT_ERRORBUFFER = 10010,
    OPT_POSTFIELDS = 10015,
    OPT_USERAGENT = 10018,
    OPT_HTTPHEADER = 10023,
    OPT_CAINFO = 10065,
    OPT_WRITEFUNCTION = 20011,
    OPT_SSLVERSION = 32,
    OPT_POST = 47,
    OPT_POSTFIELDSIZE = 60,
    OPT_SSL_VERIFYPEER = 64,
    OPT_SSL_VERIFYHOST = 81,
    OPT_NOSIGNAL = 99,
    OPT_TIMEOUT_MS = 155,
    OPT_CONNECTTIMEOUT_MS = 156,
    OPT_PROTOCOLS = 181,
    PROTOCOLS_HTTP_AND_HTTPS = 3,
    TLS_1_2_OR_LATER = 6,
    INFO_RESPONSE_CODE = 0x200002,
    INFO_REQUEST_SIZE = 0x20000C,
    GLOBAL_ALL = 3,
    ERROR_SIZE = 256,
    PATH_SIZE = 1600,
};

struct list;

struct yq_http {
    void *handle;
    int (*set)(void *, int, ...);
    int (*perform)(void *);
    int (*info)(void *, int, ...);
    void (*cleanup)(void *);
    struct list *(*append)(struct list *, const char *);
    void (*free_list)(struct list *);
    char explained[ERROR_SIZE];
};

static void *library(void)
{
    static const char *const names[] = {"libcurl.so.4", "libcurl-gnutls.so.4", "libcurl-nss.so.4"};
    for (size_t at = 0; at < sizeof names / sizeof *names; at++) {
        void *found = dlopen(names[at], RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
        if (found != NULL)
            return found;
    }
    return NULL;
}

/* A function of libcurl into a pointer of its type; ISO C has no cast for it. */
static bool take(void *from, const char *name, void *pointer)
{
    void *found = dlsym(from, name);
    memcpy(pointer, &found, sizeof found);
    return found != NULL;
}

static size_t received(const char *bytes, size_t size, size_t count, void *reply)
{
    struct yq_buffer *buffer = reply;
    yq_buffer_add(buffer, bytes, size * count);
    return buffer->failed ? 0 : size * count;
}

static bool configured(struct yq_http *http, const struct yq_http_settings *settings)
{
    bool good = http->set(http->handle, OPT_NOSIGNAL, 1L) == 0 &&
                http->set(http->handle, OPT_PROTOCOLS, (long)PROTOCOLS_HTTP_AND_HTTPS) == 0 &&
                http->set(http->handle, OPT_CONNECTTIMEOUT_MS, settings->connect_ms) == 0 &&
                http->set(http->handle, OPT_TIMEOUT_MS, settings->timeout_ms) == 0 &&
                http->set(http->handle, OPT_SSLVERSION, (long)TLS_1_2_OR_LATER) == 0 &&
                http->set(http->handle, OPT_SSL_VERIFYPEER, 1L) == 0 &&
                http->set(http->handle, OPT_SSL_VERIFYHOST, 2L) == 0 &&
                http->set(http->handle, OPT_USERAGENT, "yiqiao-native") == 0 &&
                http->set(http->handle, OPT_ERRORBUFFER, http->explained) == 0 &&
                http->set(http->handle, OPT_WRITEFUNCTION, &received) == 0;
    if (good && settings->ca_file[0] != '\0') {
        char path[PATH_SIZE];
        good =
            yq_beside_library(settings->ca_file, path, sizeof path) && http->set(http->handle, OPT_CAINFO, path) == 0;
    }
    if (good && strcmp(settings->proxy, "system") != 0)
        good = http->set(http->handle, OPT_PROXY, settings->proxy) == 0;
    return good;
}

/* Older versions of libcurl cannot be started by two threads at once. */
static bool started(int (*start)(long))
{
    static atomic_flag lock = ATOMIC_FLAG_INIT;
    static bool done;
    while (atomic_flag_test_and_set(&lock))
        yq_sleep(1);
    done = done || start(GLOBAL_ALL) == 0;
    bool good = done;
    atomic_flag_clear(&lock);
    return good;
}

struct yq_http *yq_http_open(const struct yq_http_settings *settings, char *why, size_t why_size)
{
    void *curl = library();
    int (*start)(long);
    void *(*handle)(void);
    struct yq_http *http = calloc(1, sizeof *http);
    if (http == NULL) {
        snprintf(why, why_size, "内存不足");
        return NULL;
    }
    if (curl == NULL || !take(curl, "curl_global_init", &start) || !take(curl, "curl_easy_init", &handle) ||
        !take(curl, "curl_easy_setopt", &http->set) || !take(curl, "curl_easy_perform", &http->perform) ||
        !take(curl, "curl_easy_getinfo", &http->info) || !take(curl, "curl_easy_cleanup", &http->cleanup) ||
        !take(curl, "curl_slist_append", &http->append) || !take(curl, "curl_slist_free_all", &http->free_list)) {
        snprintf(why, why_size, "系统中没有 libcurl.so.4，请安装 libcurl");
        free(http);
        return NULL;
    }
    http->handle = started(start) ? handle() : NULL;
    if (http->handle == NULL || !configured(http, settings)) {
        snprintf(why, why_size, "libcurl 无法初始化，请检查其版本");
        yq_http_close(http);
        return NULL;
    }
    return http;
}

void yq_http_close(struct yq_http *http)
{
    if (http == NULL)
        return;
    if (http->handle != NULL)
        http->cleanup(http->handle);
    free(http);
}

/* "Expect" is taken away: it costs a second where the other side does not know it. */
static struct list *headers(struct yq_http *http, const char *content_type)
{
    char line[160];
    snprintf(line, sizeof line, "Content-Type: %s", content_type);
    struct list *first = http->append(NULL, line);
    struct list *both = first != NULL ? http->append(first, "Expect:") : NULL;
    if (both == NULL && first != NULL)
        http->free_list(first);
    return both;
}

enum yq_sent yq_http_send(struct yq_http *http, const char *url, const char *content_type, const void *body,
                          size_t length, struct yq_buffer *reply, long *status, char *why, size_t why_size)
{
    struct list *lines = headers(http, content_type);
    yq_buffer_clear(reply);
    http->explained[0] = '\0';
    *status = 0;
    bool good = lines != NULL && http->set(http->handle, OPT_URL, url) == 0 &&
                http->set(http->handle, OPT_WRITEDATA, (void *)reply) == 0 &&
                http->set(http->handle, OPT_HTTPHEADER, lines) == 0 && http->set(http->handle, OPT_POST, 1L) == 0 &&
                http->set(http->handle, OPT_POSTFIELDS, body) == 0 &&
                http->set(http->handle, OPT_POSTFIELDSIZE, (long)length) == 0;
    int outcome = good ? http->perform(http->handle) : -1;
    long sent = 0;
    http->info(http->handle, INFO_REQUEST_SIZE, &sent);
    http->info(http->handle, INFO_RESPONSE_CODE, status);
    http->set(http->handle, OPT_HTTPHEADER, (struct list *)NULL);
    if (lines != NULL)
        http->free_list(lines);
    if (outcome == 0)
        return YQ_HTTP_ANSWERED;
    snprintf(why, why_size, "%s", reply->failed ? "应答过大" : http->explained[0] ? http->explained : "libcurl 出错");
    return good && sent > 0 ? YQ_HTTP_LOST : YQ_HTTP_NOT_SENT;
}
