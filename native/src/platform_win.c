/* Windows from XP on: nothing here is younger. */
#define _CRT_RAND_S
#include "platform.h"

#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "wide_win.h"

enum { LONGEST_PATH = 1024, MOST_MESSAGES = 256 };

/* By the address of a function, so that the library need not take note of itself when it is loaded. */
bool yq_library_folder(char *folder, size_t size)
{
    wchar_t path[LONGEST_PATH];
    HMODULE library;
    if (!GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                            (const wchar_t *)(uintptr_t)&yq_library_folder, &library))
        return false;
    DWORD length = GetModuleFileNameW(library, path, LONGEST_PATH);
    if (length == 0 || length >= LONGEST_PATH)
        return false;
    while (length > 0 && path[length - 1] != L'\\' && path[length - 1] != L'/')
        length--;
    path[length] = L'\0';
    return yq_narrow(path, folder, size);
}

FILE *yq_open_file(const char *path, const char *mode)
{
    wchar_t wide[LONGEST_PATH], wide_mode[8];
    bool good = yq_wide(path, wide, LONGEST_PATH) && yq_wide(mode, wide_mode, sizeof wide_mode / sizeof *wide_mode);
    return good ? _wfopen(wide, wide_mode) : NULL;
}

bool yq_replace_file(const char *from, const char *to)
{
    wchar_t wide_from[LONGEST_PATH], wide_to[LONGEST_PATH];
    return yq_wide(from, wide_from, LONGEST_PATH) && yq_wide(to, wide_to, LONGEST_PATH) &&
           MoveFileExW(wide_from, wide_to, MOVEFILE_REPLACE_EXISTING);
}

int64_t yq_now_ms(void)
{
    FILETIME now; /* tenths of microseconds since 1601 */
    GetSystemTimeAsFileTime(&now);
    int64_t ticks = (int64_t)((uint64_t)now.dwHighDateTime << 32 | now.dwLowDateTime);
    return ticks / 10000 - INT64_C(11644473600000);
}

int64_t yq_ticks_ms(void)
{
    LARGE_INTEGER frequency, counter;
    QueryPerformanceFrequency(&frequency);
    QueryPerformanceCounter(&counter);
    int64_t whole = counter.QuadPart / frequency.QuadPart, rest = counter.QuadPart % frequency.QuadPart;
    return whole * 1000 + rest * 1000 / frequency.QuadPart;
}

void yq_sleep(long ms)
{
    Sleep((DWORD)ms);
}

/* Hands the thread's messages to its windows; not for ever, where each that is served leaves another. The host's wish
   to end is left for the host to see: false then. */
static bool pump(void)
{
    MSG message;
    for (int served = 0; served < MOST_MESSAGES && PeekMessageW(&message, NULL, 0, 0, PM_REMOVE); served++) {
        if (message.message == WM_QUIT) {
            PostQuitMessage((int)message.wParam);
            return false;
        }
        TranslateMessage(&message);
        DispatchMessageW(&message);
    }
    return true;
}

void yq_pause(long ms)
{
    int64_t end = yq_ticks_ms() + ms, left = ms;
    while (left > 0) {
        if (!pump()) {
            Sleep((DWORD)left);
            return;
        }
        MsgWaitForMultipleObjectsEx(0, NULL, (DWORD)left, QS_ALLINPUT, MWMO_INPUTAVAILABLE);
        left = end - yq_ticks_ms();
    }
    pump();
}

bool yq_random(void *bytes, size_t length)
{
    unsigned char *at = bytes;
    while (length > 0) {
        unsigned value;
        if (rand_s(&value) != 0)
            return false;
        size_t taken = length < sizeof value ? length : sizeof value;
        memcpy(at, &value, taken);
        at += taken;
        length -= taken;
    }
    return true;
}

void *yq_plugin_load(const char *path)
{
    wchar_t wide[LONGEST_PATH];
    return yq_wide(path, wide, LONGEST_PATH) ? LoadLibraryExW(wide, NULL, LOAD_WITH_ALTERED_SEARCH_PATH) : NULL;
}

void *yq_plugin_symbol(void *plugin, const char *name)
{
    return (void *)(uintptr_t)GetProcAddress(plugin, name);
}
