/* A simulated scanner: `options` names a file, and whatever its first line says was scanned. An empty or missing line
   is nothing presented; the lines !absent and !unreadable are a device that is not there and a code that cannot be
   read. */
#include <stdio.h>
#include <string.h>

#include "yiqiao_reader.h"

enum { LONGEST = 1024 };

int yiqiao_reader_version(void)
{
    return YIQIAO_READER_VERSION;
}

int yiqiao_read_code(const char *options, int timeout_ms, char *text, int size)
{
    char line[LONGEST];
    (void)timeout_ms; /* a file is there at once */
    FILE *file = fopen(options, "rb");
    if (file == NULL)
        return YIQIAO_NO_DEVICE;
    if (fgets(line, sizeof line, file) == NULL)
        line[0] = '\0';
    fclose(file);
    line[strcspn(line, "\r\n")] = '\0';
    if (line[0] == '\0')
        return YIQIAO_NOTHING;
    if (strcmp(line, "!absent") == 0)
        return YIQIAO_NO_DEVICE;
    if (strcmp(line, "!unreadable") == 0 || size < 1 || strlen(line) >= (size_t)size)
        return YIQIAO_UNREADABLE;
    memcpy(text, line, strlen(line) + 1);
    return YIQIAO_READ;
}
