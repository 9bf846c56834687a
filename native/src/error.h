/* What went wrong, for the caller's eyes: a code of six digits and a sentence in Chinese (UTF-8). */
#ifndef YQ_ERROR_H
#define YQ_ERROR_H

#include <stdbool.h>

/* Codes from 690001 on are the library's own; the others are the platform's for the same fault. */
enum yq_code {
    YQ_OK = 0,
    YQ_CONCURRENT = 600001,
    YQ_EMPTY = 600002,
    YQ_UNREADABLE = 600003,
    YQ_PARAMETERS = 600004,
    YQ_SIGN_TYPE = 600006,
    YQ_ENC_TYPE = 600007,
    YQ_NO_KEY = 600011,
    YQ_UNWRITABLE = 600013,
    YQ_NOT_SENT = 600014,
    YQ_UNANSWERED = 600015,
    YQ_NO_DEVICE = 800101,
    YQ_NOTHING_PRESENTED = 800102,
    YQ_NOT_RECOGNISED = 800103,
    YQ_NULL_POINTER = 690001,
    YQ_TOO_LONG = 690002,
    YQ_OUTPUT_FULL = 690003,
    YQ_NO_MEMORY = 690004,
    YQ_SETTINGS = 690005,
    YQ_READER = 690006,
    YQ_PRINTER = 690007,
    YQ_NO_TRANSPORT = 690008,
};

struct yq_error {
    enum yq_code code;
    char text[600];
};

/* Fills in the error, whose text is UTF-8 whatever its parts were cut to; the answer is false, so that a failing
   function may end with `return yq_fail(…)`. */
#if defined(__MINGW32__)
__attribute__((format(gnu_printf, 3, 4))) /* its own formats, not those of the old msvcrt */
#elif defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
bool yq_fail(struct yq_error *error, enum yq_code code, const char *format, ...);

#endif
