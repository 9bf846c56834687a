#include "buffer.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/wipe.h"

enum { YQ_FIRST_ROOM = 256 };

void yq_buffer_init(struct yq_buffer *buffer, size_t bound)
{
    memset(buffer, 0, sizeof *buffer);
    buffer->bound = bound;
}

void yq_buffer_free(struct yq_buffer *buffer)
{
    size_t bound = buffer->bound;
    free(buffer->bytes);
    yq_buffer_init(buffer, bound);
}

void yq_buffer_wipe(struct yq_buffer *buffer)
{
    if (buffer->bytes != NULL)
        yq_wipe(buffer->bytes, buffer->room);
    yq_buffer_free(buffer);
}

void yq_buffer_clear(struct yq_buffer *buffer)
{
    buffer->length = 0;
    buffer->failed = false;
    if (buffer->bytes != NULL)
        buffer->bytes[0] = '\0';
}

char *yq_buffer_reserve(struct yq_buffer *buffer, size_t length)
{
    if (buffer->failed || length > buffer->bound || buffer->length > buffer->bound - length) {
        buffer->failed = true;
        return NULL;
    }
    size_t wanted = buffer->length + length + 1;
    if (wanted > buffer->room) {
        size_t room = buffer->room ? buffer->room : YQ_FIRST_ROOM;
        while (room < wanted && room <= SIZE_MAX / 2)
            room *= 2;
        if (room < wanted)
            room = wanted;
        char *bytes = malloc(room);
        if (bytes == NULL) {
            buffer->failed = true;
            return NULL;
        }
        /* Not realloc: what is left behind may be a plain text, and is wiped. */
        struct yq_buffer old = *buffer;
        if (old.bytes != NULL)
            memcpy(bytes, old.bytes, old.length);
        yq_buffer_wipe(&old);
        buffer->bytes = bytes;
        buffer->room = room;
    }
    buffer->bytes[buffer->length] = '\0';
    return buffer->bytes + buffer->length;
}

void yq_buffer_grown(struct yq_buffer *buffer, size_t length)
{
    if (buffer->failed)
        return;
    buffer->length += length;
    buffer->bytes[buffer->length] = '\0';
}

void yq_buffer_add(struct yq_buffer *buffer, const void *bytes, size_t length)
{
    char *end = yq_buffer_reserve(buffer, length);
    if (end == NULL)
        return;
    if (length > 0)
        memcpy(end, bytes, length);
    yq_buffer_grown(buffer, length);
}

void yq_buffer_text(struct yq_buffer *buffer, const char *text)
{
    yq_buffer_add(buffer, text, strlen(text));
}

void yq_buffer_byte(struct yq_buffer *buffer, char byte)
{
    yq_buffer_add(buffer, &byte, 1);
}

const char *yq_buffer_string(const struct yq_buffer *buffer)
{
    return buffer->bytes != NULL ? buffer->bytes : "";
}
