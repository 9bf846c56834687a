/* What a host hands in and wants back: texts in GBK (or UTF-8 where the ini says so), of which nothing may be believed.
 */
#ifndef YQ_HOST_H
#define YQ_HOST_H

#include <stdbool.h>
#include <stddef.h>

#include "buffer.h"
#include "error.h"
#include "json.h"

/* The length of a host's text, of which at most `most` bytes are read, its NUL included. `name` is the argument's. */
bool yq_host_length(const char *text, size_t most, const char *name, size_t *length, struct yq_error *error);
/* The JSON of bytes in GBK or UTF-8, in the arena; NULL and an error with the place. `what` names the text. */
struct yq_json *yq_host_json(struct yq_arena *arena, const char *bytes, size_t length, bool utf8, const char *what,
                             struct yq_error *error);
/* A host's text as UTF-8. */
bool yq_host_text(const char *text, size_t length, bool utf8, struct yq_buffer *out, struct yq_error *error);
/* JSON in UTF-8 into a host's buffer, its NUL included; false where it does not fit, and nothing is written then.
   `wanted` is the size that it takes. */
bool yq_host_deliver(const struct yq_buffer *json, bool utf8, char *out, size_t size, size_t *wanted);

#endif
