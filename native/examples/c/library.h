/* Loading a library while the program runs, on Windows and elsewhere. */
#ifndef EXAMPLE_LIBRARY_H
#define EXAMPLE_LIBRARY_H

#include <string.h>

#ifdef _WIN32
#include <windows.h>

static void *library_open(const char *path)
{
    return LoadLibraryExA(path, NULL, LOAD_WITH_ALTERED_SEARCH_PATH);
}

static void *library_function(void *library, const char *name)
{
    FARPROC found = GetProcAddress(library, name);
    void *function;
    memcpy(&function, &found, sizeof function);
    return function;
}
#else
#include <dlfcn.h>

static void *library_open(const char *path)
{
    return dlopen(path, RTLD_NOW);
}

static void *library_function(void *library, const char *name)
{
    return dlsym(library, name);
}
#endif

#endif
