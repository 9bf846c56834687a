/* A host whose library lies in a folder with a Chinese name: wide REQUEST prints the answer. */
#include <stdio.h>
#include <string.h>

#include <windows.h>

enum { BUFFER = 8192 };

int main(int count, char **arguments)
{
    static char request[BUFFER], answer[BUFFER];
    FILE *file = count == 2 ? fopen(arguments[1], "rb") : NULL;
    HMODULE library = LoadLibraryW(L"\u533b\u9662 \u7a0b\u5e8f\\OneTrans2.dll");
    if (file == NULL || library == NULL || fread(request, 1, BUFFER - 1, file) == 0)
        return 1;
    int(WINAPI * function)(char *, char *);
    FARPROC found = GetProcAddress(library, "OneTrans");
    memcpy(&function, &found, sizeof function);
    function(request, answer);
    printf("%s\n", answer);
    return 0;
}
