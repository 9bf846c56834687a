/* UTF-16, in which Windows takes all names and addresses. */
#ifndef YQ_WIDE_WIN_H
#define YQ_WIDE_WIN_H

#include <stdbool.h>
#include <stddef.h>
#include <wchar.h>

/* False where the text is no UTF-8 or does not fit; `wide` is then empty. `room` counts units, the NUL's included. */
bool yq_wide(const char *utf8, wchar_t *wide, size_t room);
/* The way back; `room` counts bytes. */
bool yq_narrow(const wchar_t *wide, char *utf8, size_t room);

#endif
