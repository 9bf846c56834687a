/* HTTP by WinHTTP, which every Windows has. Certificates are always checked, against the machine's own authorities;
   redirections are not followed, cookies not kept, the user's own credentials never offered. */
#include "http.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include <winhttp.h> /* builds on windows.h */

#include "platform.h"
#include "wide_win.h"

#ifndef WINHTTP_FLAG_SECURE_PROTOCOL_TLS1_2
#define WINHTTP_FLAG_SECURE_PROTOCOL_TLS1_2 0x00000800
#endif
#ifndef WINHTTP_FLAG_SECURE_PROTOCOL_TLS1_3
#define WINHTTP_FLAG_SECURE_PROTOCOL_TLS1_3 0x00002000
#endif

enum { LONGEST_URL = 1200, STATUS_SIZE = 16, CHUNK = 8192 };

struct yq_http {
    struct yq_http_settings settings;
    HINTERNET session;
    HINTERNET connection;
    wchar_t host[300]; /* what the connection leads to */
    INTERNET_PORT port;
    bool modern; /* TLS 1.2 at least is used, else there is no https */
    bool sent;   /* something of the present request has left */
};

/* What a call of WinHTTP that failed is told as. */
static const struct {
    DWORD error;
    const char *text;
} explained[] = {
    {ERROR_WINHTTP_TIMEOUT, "超时"},
    {ERROR_WINHTTP_CANNOT_CONNECT, "连接被拒绝或网络不通"},
    {ERROR_WINHTTP_NAME_NOT_RESOLVED, "域名无法解析"},
    {ERROR_WINHTTP_CONNECTION_ERROR, "连接被中断，或双方没有共同的 TLS 版本"},
    {ERROR_WINHTTP_SECURE_FAILURE,
     "服务器证书不可信：请检查证书的有效期、域名，并把签发机构导入本机“受信任的根证书颁发机构”"},
    {ERROR_WINHTTP_SECURE_CHANNEL_ERROR, "TLS 握手失败：服务器证书不可信，或双方没有共同的 TLS 版本（至少 1.2）"},
    {ERROR_WINHTTP_INVALID_SERVER_RESPONSE, "对方的应答不是 HTTP"},
    {ERROR_WINHTTP_INVALID_URL, "地址不合法"},
    {ERROR_WINHTTP_UNRECOGNIZED_SCHEME, "地址应以 http:// 或 https:// 开头"},
};

static void explain(DWORD error, char *why, size_t why_size)
{
    for (size_t at = 0; at < sizeof explained / sizeof *explained; at++)
        if (explained[at].error == error) {
            snprintf(why, why_size, "%s", explained[at].text);
            return;
        }
    snprintf(why, why_size, "Windows 错误 %lu", (unsigned long)error);
}

static void CALLBACK progressed(HINTERNET handle, DWORD_PTR context, DWORD status, void *details, DWORD size)
{
    (void)handle;
    (void)details;
    (void)size;
    if (status == WINHTTP_CALLBACK_STATUS_SENDING_REQUEST && context != 0)
        ((struct yq_http *)context)->sent = true;
}

static HINTERNET session(const char *proxy)
{
    static const wchar_t agent[] = L"yiqiao-native";
    wchar_t named[256];
    if (proxy[0] == '\0')
        return WinHttpOpen(agent, WINHTTP_ACCESS_TYPE_NO_PROXY, WINHTTP_NO_PROXY_NAME, WINHTTP_NO_PROXY_BYPASS, 0);
    if (strcmp(proxy, "system") == 0)
        return WinHttpOpen(agent, WINHTTP_ACCESS_TYPE_DEFAULT_PROXY, WINHTTP_NO_PROXY_NAME, WINHTTP_NO_PROXY_BYPASS, 0);
    const char *scheme = strstr(proxy, "://");
    if (!yq_wide(scheme != NULL ? scheme + 3 : proxy, named, sizeof named / sizeof *named))
        return NULL;
    return WinHttpOpen(agent, WINHTTP_ACCESS_TYPE_NAMED_PROXY, named, WINHTTP_NO_PROXY_BYPASS, 0);
}

/* Whether the session keeps to these versions of TLS; a Windows refuses those that it does not know. */
static bool speaks(HINTERNET opened, DWORD versions)
{
    return WinHttpSetOption(opened, WINHTTP_OPTION_SECURE_PROTOCOLS, &versions, sizeof versions);
}

struct yq_http *yq_http_open(const struct yq_http_settings *settings, char *why, size_t why_size)
{
    struct yq_http *http = calloc(1, sizeof *http);
    if (http == NULL) {
        snprintf(why, why_size, "内存不足");
        return NULL;
    }
    http->settings = *settings;
    if (settings->ca_file[0] != '\0') {
        snprintf(why, why_size,
                 "Windows 上 [gateway] ca_file 不起作用：请把该证书导入本机“受信任的根证书颁发机构”，并清空此项");
        yq_http_close(http);
        return NULL;
    }
    http->session = session(settings->proxy);
    if (http->session == NULL) {
        snprintf(why, why_size, "WinHTTP 无法初始化（Windows 错误 %lu），请检查 [gateway] proxy",
                 (unsigned long)GetLastError());
        yq_http_close(http);
        return NULL;
    }
    http->modern = speaks(http->session, WINHTTP_FLAG_SECURE_PROTOCOL_TLS1_2 | WINHTTP_FLAG_SECURE_PROTOCOL_TLS1_3) ||
                   speaks(http->session, WINHTTP_FLAG_SECURE_PROTOCOL_TLS1_2);
    WinHttpSetStatusCallback(http->session, progressed, WINHTTP_CALLBACK_FLAG_SEND_REQUEST, 0);
    return http;
}

void yq_http_close(struct yq_http *http)
{
    if (http == NULL)
        return;
    if (http->connection != NULL)
        WinHttpCloseHandle(http->connection);
    if (http->session != NULL)
        WinHttpCloseHandle(http->session);
    free(http);
}

/* One connection is kept: the platform is one. */
static bool connected(struct yq_http *http, const wchar_t *host, INTERNET_PORT port)
{
    if (http->connection != NULL && wcscmp(http->host, host) == 0 && http->port == port)
        return true;
    if (http->connection != NULL)
        WinHttpCloseHandle(http->connection);
    http->connection = WinHttpConnect(http->session, host, port, 0);
    wcscpy(http->host, host);
    http->port = port;
    return http->connection != NULL;
}

/* A request to this address, not yet sent. NULL, and the reason as the thread's last error. */
static HINTERNET request(struct yq_http *http, const char *url)
{
    wchar_t whole[LONGEST_URL], host[300], path[LONGEST_URL];
    URL_COMPONENTS parts = {.dwStructSize = sizeof parts,
                            .lpszHostName = host,
                            .dwHostNameLength = sizeof host / sizeof *host,
                            .lpszUrlPath = path,
                            .dwUrlPathLength = sizeof path / sizeof *path};
    if (!yq_wide(url, whole, LONGEST_URL)) {
        SetLastError(ERROR_WINHTTP_INVALID_URL);
        return NULL;
    }
    if (!WinHttpCrackUrl(whole, 0, 0, &parts))
        return NULL;
    if (parts.nScheme == INTERNET_SCHEME_HTTPS && !http->modern) {
        SetLastError(ERROR_WINHTTP_SECURE_CHANNEL_ERROR);
        return NULL;
    }
    if (!connected(http, host, parts.nPort))
        return NULL;
    HINTERNET opened = WinHttpOpenRequest(http->connection, L"POST", path[0] != L'\0' ? path : L"/", NULL,
                                          WINHTTP_NO_REFERER, WINHTTP_DEFAULT_ACCEPT_TYPES,
                                          parts.nScheme == INTERNET_SCHEME_HTTPS ? WINHTTP_FLAG_SECURE : 0);
    DWORD off = WINHTTP_DISABLE_COOKIES | WINHTTP_DISABLE_REDIRECTS | WINHTTP_DISABLE_AUTHENTICATION;
    if (opened != NULL)
        WinHttpSetOption(opened, WINHTTP_OPTION_DISABLE_FEATURE, &off, sizeof off);
    return opened;
}

/* What is left of the request's time is what its next step may take. */
static bool in_time(const struct yq_http *http, HINTERNET opened, int64_t end)
{
    int64_t left = end - yq_ticks_ms();
    if (left <= 0) {
        SetLastError(ERROR_WINHTTP_TIMEOUT);
        return false;
    }
    int whole = (int)left, connecting = left < http->settings.connect_ms ? whole : (int)http->settings.connect_ms;
    DWORD headers = (DWORD)whole; /* else 90 seconds */
    return WinHttpSetTimeouts(opened, connecting, connecting, whole, whole) &&
           WinHttpSetOption(opened, WINHTTP_OPTION_RECEIVE_RESPONSE_TIMEOUT, &headers, sizeof headers);
}

static bool answered(const struct yq_http *http, HINTERNET opened, int64_t end, long *status)
{
    wchar_t written[STATUS_SIZE];
    DWORD size = sizeof written;
    if (!in_time(http, opened, end) || !WinHttpReceiveResponse(opened, NULL) ||
        !WinHttpQueryHeaders(opened, WINHTTP_QUERY_STATUS_CODE, WINHTTP_HEADER_NAME_BY_INDEX, written, &size,
                             WINHTTP_NO_HEADER_INDEX))
        return false;
    *status = wcstol(written, NULL, 10);
    return true;
}

static bool read_whole(const struct yq_http *http, HINTERNET opened, int64_t end, struct yq_buffer *reply)
{
    char chunk[CHUNK];
    DWORD got = 1;
    while (got > 0) {
        if (!in_time(http, opened, end) || !WinHttpReadData(opened, chunk, sizeof chunk, &got))
            return false;
        yq_buffer_add(reply, chunk, got);
        if (reply->failed)
            return false;
    }
    return true;
}

/* Whether the answer is as long as it was announced: a connection that broke off has said less. */
static bool complete(HINTERNET opened, const struct yq_buffer *reply)
{
    wchar_t written[24];
    DWORD size = sizeof written;
    if (!WinHttpQueryHeaders(opened, WINHTTP_QUERY_CONTENT_LENGTH, WINHTTP_HEADER_NAME_BY_INDEX, written, &size,
                             WINHTTP_NO_HEADER_INDEX))
        return true;
    if (wcstoul(written, NULL, 10) == reply->length)
        return true;
    SetLastError(ERROR_WINHTTP_CONNECTION_ERROR);
    return false;
}

static bool sent(struct yq_http *http, HINTERNET opened, const char *content_type, const void *body, size_t length,
                 int64_t end)
{
    wchar_t type[160], header[200] = L"Content-Type: ";
    if (!yq_wide(content_type, type, sizeof type / sizeof *type))
        return false;
    wcscat(header, type);
    return in_time(http, opened, end) && WinHttpSendRequest(opened, header, (DWORD)-1, (void *)(uintptr_t)body,
                                                            (DWORD)length, (DWORD)length, (DWORD_PTR)http);
}

enum yq_sent yq_http_send(struct yq_http *http, const char *url, const char *content_type, const void *body,
                          size_t length, struct yq_buffer *reply, long *status, char *why, size_t why_size)
{
    int64_t end = yq_ticks_ms() + http->settings.timeout_ms;
    yq_buffer_clear(reply);
    *status = 0;
    http->sent = false;
    HINTERNET opened = request(http, url);
    bool good = opened != NULL && sent(http, opened, content_type, body, length, end) &&
                answered(http, opened, end, status) && read_whole(http, opened, end, reply) && complete(opened, reply);
    DWORD error = GetLastError();
    if (opened != NULL)
        WinHttpCloseHandle(opened);
    if (good)
        return YQ_HTTP_ANSWERED;
    if (reply->failed)
        snprintf(why, why_size, "应答过大");
    else
        explain(error, why, why_size);
    return http->sent ? YQ_HTTP_LOST : YQ_HTTP_NOT_SENT;
}
