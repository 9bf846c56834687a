#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "utf8.h"

bool yq_fail(struct yq_error *error, enum yq_code code, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    int written = vsnprintf(error->text, sizeof error->text, format, values);
    va_end(values);
    if (written < 0)
        error->text[0] = '\0';
    error->text[yq_utf8_whole(error->text, strlen(error->text))] = '\0';
    error->code = code;
    return false;
}
