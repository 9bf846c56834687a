/* UTF-8, the form of all text inside the libraries. */
#ifndef YQ_UTF8_H
#define YQ_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The character at `text`; its length in bytes is the answer, 0 where there is none or it is malformed. */
size_t yq_utf8_read(const char *text, size_t length, uint32_t *character);
/* The bytes of a character, 1 to 4. */
size_t yq_utf8_write(uint32_t character, char bytes[4]);
/* The character in UTF-16: the count of its units, 1 or 2. */
size_t yq_utf16(uint32_t character, uint16_t units[2]);
bool yq_utf8_valid(const char *text, size_t length);
/* The greatest length up to `length` that cuts no character in two. */
size_t yq_utf8_whole(const char *text, size_t length);
/* The length in bytes of the first `count` characters. */
size_t yq_utf8_first(const char *text, size_t length, size_t count);

#endif
