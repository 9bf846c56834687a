#include "address.h"

#include <string.h>

bool yq_address(char *url, size_t size, const char *path, struct yq_error *error)
{
    char *host = strncmp(url, "http://", 7) == 0 ? url + 7 : strncmp(url, "https://", 8) == 0 ? url + 8 : NULL;
    if (host == NULL || *host == '\0' || strpbrk(url, " \t\r\n") != NULL)
        return yq_fail(error, YQ_SETTINGS,
                       "平台地址 url 应为 http:// 或 https:// 开头的完整地址，请检查配置 [gateway] url");
    char *slash = strchr(host, '/');
    if (slash != NULL && slash[1] != '\0')
        return true;
    size_t length = slash != NULL ? (size_t)(slash - url) : strlen(url);
    if (length + strlen(path) + 1 > size)
        return yq_fail(error, YQ_SETTINGS, "平台地址 url 过长，请缩短");
    memcpy(url + length, path, strlen(path) + 1);
    return true;
}
