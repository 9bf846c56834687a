/* Objects made or changed by the library itself. All in the arena; NULL where it is full. */
#ifndef YQ_JSON_MAKE_H
#define YQ_JSON_MAKE_H

#include "json.h"

struct yq_json *yq_json_object(struct yq_arena *arena);
/* Adds a member with a text behind the others; the texts are copied. */
struct yq_json *yq_json_put(struct yq_arena *arena, struct yq_json *object, const char *name, const char *text);
/* Adds a member that is a value of the arena's already and belongs to no other. */
struct yq_json *yq_json_nest(struct yq_arena *arena, struct yq_json *object, const char *name, struct yq_json *value);
/* A copy of an object whose members are the same values, without the member `name`. */
struct yq_json *yq_json_without(struct yq_arena *arena, const struct yq_json *object, const char *name);

#endif
