#include "message.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* The platform's clock is Beijing's, whatever the machine's zone. */
static void now(char text[15])
{
    time_t beijing = time(NULL) + 8 * 3600;
    strftime(text, 15, "%Y%m%d%H%M%S", gmtime(&beijing));
}

int message_write(char message[MESSAGE], const struct application *of, const char *trans_type, const char *data)
{
    static unsigned serial;
    char moment[15];
    now(moment);
    serial = (serial + 1) % 10000;
    int length =
        snprintf(message, MESSAGE,
                 "{\"app_id\":\"%s\",\"app_key\":\"%s\",\"recer_sys_code\":\"YQ_LOCAL\",\"msgid\":\"%s%s%04u\","
                 "\"timestamp\":\"%s000\",\"signtype\":\"SM3\",\"enc_type\":\"SM4\",\"dept_codg\":\"9801\","
                 "\"dept_name\":\"\\u6536\\u8d39\\u5904\",\"opter\":\"S8101\","
                 "\"opter_name\":\"\\u9676\\u6587\\u9759\",\"opter_type\":\"1\",\"dev_no\":\"%s\","
                 "\"trans_type\":\"%s\",\"data\":%s}",
                 of->app_id, of->app_key, of->institution, moment, serial, moment, of->device, trans_type, data);
    return length > 0 && length < MESSAGE;
}

/* The end of a text whose first byte is `at`: its closing quote. In GBK a second byte may look like a backslash, so
   that both bytes of a character are passed over at once. */
static const char *closing(const char *at)
{
    while (*at != '\0' && *at != '"') {
        int pair = (unsigned char)*at >= 0x81 || *at == '\\';
        at += pair && at[1] != '\0' ? 2 : 1;
    }
    return at;
}

void message_value(const char *answer, const char *name, char *value, size_t size)
{
    size_t wanted = strlen(name);
    value[0] = '\0';
    for (const char *at = strchr(answer, '"'); at != NULL; at = strchr(at, '"')) {
        const char *key = at + 1, *end = closing(key);
        if (*end == '\0')
            return;
        at = end + 1;
        if ((size_t)(end - key) != wanted || memcmp(key, name, wanted) != 0 || *at != ':')
            continue;
        const char *begin = at + 1;
        const char *stop = *begin == '"' ? closing(++begin) : begin + strcspn(begin, ",}]");
        if ((size_t)(stop - begin) < size) {
            memcpy(value, begin, (size_t)(stop - begin));
            value[stop - begin] = '\0';
        }
        return;
    }
}
