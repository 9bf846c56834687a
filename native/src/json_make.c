#include "json_make.h"

#include <string.h>

struct yq_json *yq_json_object(struct yq_arena *arena)
{
    struct yq_json *made = yq_arena_take(arena, sizeof *made);
    if (made != NULL) {
        made->kind = YQ_JSON_OBJECT;
        made->text = made->name = "";
    }
    return made;
}

static void append(struct yq_json *object, struct yq_json *member)
{
    struct yq_json **end = &object->first;
    while (*end != NULL)
        end = &(*end)->next;
    *end = member;
}

struct yq_json *yq_json_nest(struct yq_arena *arena, struct yq_json *object, const char *name, struct yq_json *value)
{
    if (object == NULL || value == NULL)
        return NULL;
    value->name_length = strlen(name);
    value->name = yq_arena_copy(arena, name, value->name_length);
    if (value->name == NULL)
        return NULL;
    append(object, value);
    return object;
}

struct yq_json *yq_json_put(struct yq_arena *arena, struct yq_json *object, const char *name, const char *text)
{
    struct yq_json *value = yq_arena_take(arena, sizeof *value);
    if (value == NULL)
        return NULL;
    value->kind = YQ_JSON_TEXT;
    value->length = strlen(text);
    value->text = yq_arena_copy(arena, text, value->length);
    return value->text != NULL ? yq_json_nest(arena, object, name, value) : NULL;
}

struct yq_json *yq_json_without(struct yq_arena *arena, const struct yq_json *object, const char *name)
{
    struct yq_json *made = object != NULL ? yq_json_object(arena) : NULL;
    for (const struct yq_json *one = made != NULL ? object->first : NULL; one != NULL && made != NULL;
         one = one->next) {
        if (strcmp(one->name, name) == 0)
            continue;
        struct yq_json *member = yq_arena_take(arena, sizeof *member);
        if (member == NULL)
            return NULL;
        *member = *one;
        member->next = NULL;
        append(made, member);
    }
    return made;
}
