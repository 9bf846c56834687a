/* An ini file, read once into memory: `[section]`, `name = value`, comments from `;` or `#` at a line's start. */
#ifndef YQ_INI_H
#define YQ_INI_H

#include <stdbool.h>

#include "buffer.h"
#include "error.h"

struct yq_ini {
    struct yq_buffer text; /* UTF-8 */
};

/* Reads a file. False with an error that names it. To be freed in either case. */
bool yq_ini_read(struct yq_ini *ini, const char *path, struct yq_error *error);
/* Takes a file's bytes, in UTF-8 or, as editors in hospitals save them, in GBK. */
bool yq_ini_take(struct yq_ini *ini, const char *bytes, size_t length, const char *path, struct yq_error *error);
void yq_ini_free(struct yq_ini *ini);
/* Whether a name in a section is one that is used. */
typedef bool (*yq_ini_known)(const char *section, size_t section_length, const char *name, size_t name_length);
/* The first name that is not, "" where there is none, as `section` and `name` of at most `size` bytes each. */
bool yq_ini_all_known(const struct yq_ini *ini, yq_ini_known known, char *section, char *name, unsigned size);
/* Copies a value, trimmed; `otherwise` where the file has none. False where it is longer than `size` - 1. */
bool yq_ini_text(const struct yq_ini *ini, const char *section, const char *name, const char *otherwise, char *value,
                 unsigned size);
/* A whole number within bounds. False for anything else. */
bool yq_ini_number(const struct yq_ini *ini, const char *section, const char *name, long least, long most, long *value);

#endif
