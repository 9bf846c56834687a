#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "utf8.h"

/* Takes away the bytes that form no character: texts put into a sentence may have been cut in the middle of one. */
static void in_characters(char *text)
{
    size_t length = strlen(text), kept = 0;
    for (size_t at = 0; at < length; at++) { /* at a byte that is none, or at the end */
        size_t good = yq_utf8_first(text + at, length - at, length - at);
        memmove(text + kept, text + at, good);
        kept += good;
        at += good;
    }
    text[kept] = '\0';
}

bool yq_fail(struct yq_error *error, enum yq_code code, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    int written = vsnprintf(error->text, sizeof error->text, format, values);
    va_end(values);
    if (written < 0)
        error->text[0] = '\0';
    in_characters(error->text);
    error->code = code;
    return false;
}
