/* A character as JSON writes it where the charset does not have it. */
#ifndef YQ_ESCAPE_H
#define YQ_ESCAPE_H

#include <stdint.h>

#include "buffer.h"

/* Appends \uXXXX, or two of them for a character beyond the basic plane. */
void yq_escape(uint32_t character, struct yq_buffer *out);

#endif
