/* Characters in GB18030 and in GBK. */
#ifndef YQ_GB18030_WIN_H
#define YQ_GB18030_WIN_H

#include <stddef.h>
#include <stdint.h>

/* The character at `bytes`; its length is the answer, 0 where there is none or it is malformed. */
size_t yq_gb18030_read(const char *bytes, size_t length, uint32_t *character);
/* The bytes of a character; the answer is their number, 0 where the charset does not have it. */
size_t yq_gb18030_write(uint32_t character, char bytes[4]);
size_t yq_gbk_write(uint32_t character, char bytes[2]);

#endif
