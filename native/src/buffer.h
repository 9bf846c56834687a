/* Bytes that grow up to a bound. A buffer that could not grow (no memory, bound reached) is `failed` from then on and
   takes nothing more, so that a chain of appends is checked once, at its end. */
#ifndef YQ_BUFFER_H
#define YQ_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

struct yq_buffer {
    char *bytes; /* NUL-terminated behind `length`, NULL while empty */
    size_t length;
    size_t room;
    size_t bound; /* the greatest length */
    bool failed;
};

void yq_buffer_init(struct yq_buffer *buffer, size_t bound);
void yq_buffer_free(struct yq_buffer *buffer);
void yq_buffer_clear(struct yq_buffer *buffer);
void yq_buffer_add(struct yq_buffer *buffer, const void *bytes, size_t length);
void yq_buffer_text(struct yq_buffer *buffer, const char *text);
void yq_buffer_byte(struct yq_buffer *buffer, char byte);
/* Room for `length` bytes more behind the present end, or NULL; what was written there counts after yq_buffer_grown. */
char *yq_buffer_reserve(struct yq_buffer *buffer, size_t length);
void yq_buffer_grown(struct yq_buffer *buffer, size_t length);
/* The text, never NULL. */
const char *yq_buffer_string(const struct yq_buffer *buffer);
/* Overwrite before freeing: for plain texts and keys. */
void yq_buffer_wipe(struct yq_buffer *buffer);

#endif
