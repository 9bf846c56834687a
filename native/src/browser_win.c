/* A page in a browser of the machine. */
#include <stdint.h>
#include <string.h>
#include <windows.h>

#include <shellapi.h> /* builds on windows.h */

#include "platform.h"
#include "wide_win.h"

enum { LONGEST = 2600, SHELL_ERRORS = 32 };

static bool shell_opens(const wchar_t *what, const wchar_t *arguments)
{
    return (INT_PTR)ShellExecuteW(NULL, L"open", what, arguments, NULL, SW_SHOWNORMAL) > SHELL_ERRORS;
}

/* The shell finds a browser by its registered name, wherever it is installed. */
static bool as_app(const wchar_t *url)
{
    static const wchar_t *const browsers[] = {L"msedge.exe", L"chrome.exe", L"360se.exe"};
    wchar_t application[LONGEST] = L"--app=";
    wcscat(application, url);
    for (size_t at = 0; at < sizeof browsers / sizeof *browsers; at++)
        if (shell_opens(browsers[at], application))
            return true;
    return shell_opens(url, NULL);
}

static bool by_command(const wchar_t *command, const wchar_t *url)
{
    wchar_t line[LONGEST];
    if (wcslen(command) + wcslen(url) + 4 > LONGEST)
        return false;
    wcscpy(line, command);
    wcscat(line, L" \"");
    wcscat(line, url);
    wcscat(line, L"\"");
    STARTUPINFOW how = {.cb = sizeof how};
    PROCESS_INFORMATION started;
    if (!CreateProcessW(NULL, line, NULL, NULL, FALSE, CREATE_NO_WINDOW, NULL, NULL, &how, &started))
        return false;
    CloseHandle(started.hThread);
    CloseHandle(started.hProcess);
    return true;
}

/* What could end the address within a command line is not handed on. */
static bool harmless(const char *url)
{
    for (; *url != '\0'; url++)
        if ((unsigned char)*url <= ' ' || *url == '"' || *url == 0x7f)
            return false;
    return true;
}

bool yq_open_page(const char *browser, const char *url)
{
    wchar_t wide_browser[600], wide_url[LONGEST - 100];
    if (!harmless(url) || !yq_wide(browser, wide_browser, sizeof wide_browser / sizeof *wide_browser) ||
        !yq_wide(url, wide_url, sizeof wide_url / sizeof *wide_url))
        return false;
    return strcmp(browser, "auto") == 0 ? as_app(wide_url) : by_command(wide_browser, wide_url);
}
