/* A host with a window whose timer must go on while a call waits: alive REQUEST prints the value, the answer, how often
   the timer was served meanwhile, and that the host's own wish to end has not been lost. With `alive REQUEST busy` each
   message that the window is served leaves another until the call is back. */
#include <stdio.h>

#include <windows.h>

#include "OneTrans2.h"

enum { BUFFER = 8192, EVERY_MS = 20 };

static int served;
static BOOL busy;

static LRESULT CALLBACK handle(HWND window, UINT message, WPARAM first, LPARAM second)
{
    if (message == WM_APP && busy)
        PostMessageW(window, WM_APP, 0, 0);
    if (message == WM_TIMER && ++served == 10)
        PostQuitMessage(7);
    return DefWindowProcW(window, message, first, second);
}

int main(int count, char **arguments)
{
    static char request[BUFFER], answer[BUFFER];
    WNDCLASSW class = {.lpfnWndProc = handle, .lpszClassName = L"host"};
    FILE *file = count >= 2 ? fopen(arguments[1], "rb") : NULL;
    if (file == NULL || fread(request, 1, BUFFER - 1, file) == 0 || RegisterClassW(&class) == 0)
        return 1;
    HWND window = CreateWindowW(L"host", L"", 0, 0, 0, 0, 0, HWND_MESSAGE, NULL, NULL, NULL);
    SetTimer(window, 1, EVERY_MS, NULL);
    busy = count > 2;
    PostMessageW(window, WM_APP, 0, 0);
    int value = OneTrans(request, answer);
    int meanwhile = served;
    busy = FALSE;
    MSG message = {0};
    while (GetMessageW(&message, NULL, 0, 0) > 0)
        DispatchMessageW(&message);
    printf("%d\n%s\n%d\n%d\n", value, answer, meanwhile, (int)message.wParam);
    return 0;
}
