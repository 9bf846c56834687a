/* A reader or scanner for OneTrans2, as a shared library of its own: [reader] plugin names it, [reader] options is
   handed to it. It has two functions with C linkage and the plain C calling convention (on Windows: cdecl,
   undecorated).

   The library asks for what the request wants read and does not bring along itself. What was read goes to the platform
   as the request's code_text; the platform finds out what it is. Texts are UTF-8. Calls come one at a time. */
#ifndef YIQIAO_READER_H
#define YIQIAO_READER_H

#define YIQIAO_READER_VERSION 1

#ifdef __cplusplus
extern "C" {
#endif

#if defined(_WIN32)
#define YIQIAO_READER_EXPORT __declspec(dllexport)
#else
#define YIQIAO_READER_EXPORT __attribute__((visibility("default")))
#endif

/* What came of reading. */
enum yiqiao_read_result {
    YIQIAO_READ = 0,       /* `text` holds what was read */
    YIQIAO_NO_DEVICE = 1,  /* there is no such device, or it does not answer */
    YIQIAO_NOTHING = 2,    /* nothing was presented within the time */
    YIQIAO_UNREADABLE = 3, /* something was presented and could not be read */
};

/* YIQIAO_READER_VERSION, as the plug-in was compiled. */
YIQIAO_READER_EXPORT int yiqiao_reader_version(void);

/* Reads a code, and comes back after `timeout_ms` at the latest. `options` is never NULL; `text` has `size` bytes, its
   NUL included. */
YIQIAO_READER_EXPORT int yiqiao_read_code(const char *options, int timeout_ms, char *text, int size);

#ifdef __cplusplus
}
#endif

#endif
