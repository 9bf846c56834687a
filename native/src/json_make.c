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

struct yq_json *yq_json_put(struct yq_arena *arena, struct yq_json *object, const char *name, const char *text)
{
    struct yq_json *member = yq_arena_take(arena, sizeof *member);
    if (object == NULL || member == NULL)
        return NULL;
    member->kind = YQ_JSON_TEXT;
    member->length = strlen(text);
    member->name_length = strlen(name);
    member->text = yq_arena_copy(arena, text, member->length);
    member->name = yq_arena_copy(arena, name, member->name_length);
    if (member->text == NULL || member->name == NULL)
        return NULL;
    append(object, member);
    return object;
}

struct yq_json *yq_json_without(struct yq_arena *arena, const struct yq_json *object, const char *name)
{
    struct yq_json *made = yq_json_object(arena);
    for (const struct yq_json *one = object->first; one != NULL && made != NULL; one = one->next) {
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
