#include "wide_win.h"

#include <windows.h>

bool yq_wide(const char *utf8, wchar_t *wide, size_t room)
{
    bool good = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, utf8, -1, wide, (int)room) > 0;
    if (!good)
        wide[0] = L'\0';
    return good;
}

bool yq_narrow(const wchar_t *wide, char *utf8, size_t room)
{
    bool good = WideCharToMultiByte(CP_UTF8, 0, wide, -1, utf8, (int)room, NULL, NULL) > 0;
    if (!good)
        utf8[0] = '\0';
    return good;
}
