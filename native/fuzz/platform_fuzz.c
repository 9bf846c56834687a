/* The system as a fuzz run has it: a clock that moves when it is looked at, nothing waited for, nothing opened. */
#include "platform.h"

#include <string.h>

#include "chance.h"

static int64_t now;

bool yq_library_folder(char *folder, size_t size)
{
    if (size < 3)
        return false;
    memcpy(folder, "./", 3);
    return true;
}

int64_t yq_now_ms(void)
{
    return 1795000000000 + ++now;
}

int64_t yq_ticks_ms(void)
{
    return ++now;
}

void yq_sleep(long ms)
{
    now += ms;
}

void yq_pause(long ms)
{
    now += ms;
}

bool yq_random(void *bytes, size_t length)
{
    for (size_t at = 0; at < length; at++)
        ((unsigned char *)bytes)[at] = (unsigned char)yq_chance();
    return true;
}

bool yq_open_page(const char *browser, const char *url)
{
    return browser[0] != '\0' && url[0] != '\0';
}

bool yq_print_slip(const char *printer, const struct yq_slip *slip)
{
    return printer[0] == '\0' && slip->code.side > 0;
}

FILE *yq_open_file(const char *path, const char *mode)
{
    return fopen(path, mode);
}

bool yq_replace_file(const char *from, const char *to)
{
    return from[0] != '\0' && to[0] != '\0';
}

void *yq_plugin_load(const char *path)
{
    (void)path;
    return NULL;
}

void *yq_plugin_symbol(void *plugin, const char *name)
{
    (void)plugin;
    (void)name;
    return NULL;
}
