/* JSON, read strictly (RFC 8259): what two programs could read in two ways is refused, with its place.

   Refused are a name that stands twice in one object, lone surrogates, a NUL within a text, nesting beyond
   YQ_JSON_DEPTH, more than YQ_JSON_MEMBERS members of one object or list. Numbers keep the digits that they have, and
   objects the order of their members. */
#ifndef YQ_JSON_H
#define YQ_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "buffer.h"

enum { YQ_JSON_DEPTH = 32, YQ_JSON_MEMBERS = 1024 };

enum yq_json_kind {
    YQ_JSON_NULL,
    YQ_JSON_TRUE,
    YQ_JSON_FALSE,
    YQ_JSON_NUMBER,
    YQ_JSON_TEXT,
    YQ_JSON_LIST,
    YQ_JSON_OBJECT
};

struct yq_json {
    enum yq_json_kind kind;
    const char *text; /* of a text its UTF-8, of a number its digits; NUL-terminated */
    size_t length;
    const char *name; /* within an object; NUL-terminated */
    size_t name_length;
    struct yq_json *first; /* members of a list or an object */
    struct yq_json *next;
};

/* Where and why; line and column count characters from 1. The reason is a sentence's beginning in Chinese. */
struct yq_json_fault {
    size_t line;
    size_t column;
    char reason[120];
};

/* The value, in the arena; NULL and the fault where there is none. */
struct yq_json *yq_json_read(struct yq_arena *arena, const char *utf8, size_t length, struct yq_json_fault *fault);
/* A member of an object; NULL where there is none, or `object` is NULL or none. */
struct yq_json *yq_json_member(const struct yq_json *object, const char *name);
/* The text of a member; "" where it has none. */
const char *yq_json_text(const struct yq_json *object, const char *name);

/* Appends the value in UTF-8, without blanks. */
void yq_json_write(const struct yq_json *value, struct yq_buffer *out);
/* Appends a text in quotes. */
void yq_json_quote(const char *text, size_t length, struct yq_buffer *out);

#endif
