/* GBK, the charset of both standards' libraries, to and from UTF-8.

   Read as GB18030, of which GBK is a part. Written in GBK; a character that GBK does not have goes out as JSON's own
   escape, so the text must be JSON. */
#ifndef YQ_CHARSET_H
#define YQ_CHARSET_H

#include <stdbool.h>
#include <stddef.h>

#include "buffer.h"

/* Appends the UTF-8 of GB18030 bytes. False where they are none, or the buffer is full; `fault` is the byte at which.
 */
bool yq_from_gb(const char *bytes, size_t length, struct yq_buffer *utf8, size_t *fault);
/* Appends the GBK of a JSON text in UTF-8. False where the buffer is full or the text is no UTF-8. */
bool yq_json_to_gbk(const char *utf8, size_t length, struct yq_buffer *gbk);
/* Appends the GB18030 of any text in UTF-8, as it is signed. */
bool yq_to_gb18030(const char *utf8, size_t length, struct yq_buffer *gb);

#endif
