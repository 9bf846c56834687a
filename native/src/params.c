#include "params.h"

#include <stdlib.h>
#include <string.h>

static bool named_in(const char *const *names, const char *name)
{
    for (; names != NULL && *names != NULL; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

bool yq_params_read(struct yq_params *params, const struct yq_json *object, const char *const *without,
                    struct yq_error *error)
{
    params->count = 0;
    if (object == NULL || object->kind != YQ_JSON_OBJECT)
        return yq_fail(error, YQ_UNREADABLE, "报文：最外层应是 JSON 对象");
    for (const struct yq_json *one = object->first; one != NULL; one = one->next) {
        if (one->kind == YQ_JSON_NULL || named_in(without, one->name))
            continue;
        if (one->kind != YQ_JSON_TEXT && one->kind != YQ_JSON_NUMBER)
            return yq_fail(error, YQ_UNREADABLE, "公共参数 %.40s 应为字符串", one->name);
        if (!yq_params_set(params, one->name, one->text))
            return yq_fail(error, YQ_UNREADABLE, "公共参数超过 %d 个，请检查报文", YQ_PARAMS);
    }
    return true;
}

static struct yq_param *find(const struct yq_params *params, const char *name)
{
    for (size_t at = 0; at < params->count; at++)
        if (strcmp(params->all[at].name, name) == 0)
            return (struct yq_param *)params->all + at;
    return NULL;
}

const char *yq_params_get(const struct yq_params *params, const char *name)
{
    const struct yq_param *found = find(params, name);
    return found != NULL ? found->value : "";
}

bool yq_params_set(struct yq_params *params, const char *name, const char *value)
{
    struct yq_param *found = find(params, name);
    if (found == NULL) {
        if (params->count == YQ_PARAMS)
            return false;
        found = params->all + params->count++;
        found->name = name;
    }
    found->value = value;
    return true;
}

static int by_name(const void *one, const void *other)
{
    return strcmp(((const struct yq_param *)one)->name, ((const struct yq_param *)other)->name);
}

void yq_params_join(const struct yq_params *params, const char *const *without, struct yq_buffer *out)
{
    struct yq_param sorted[YQ_PARAMS];
    memcpy(sorted, params->all, params->count * sizeof *sorted);
    qsort(sorted, params->count, sizeof *sorted, by_name);
    bool first = true;
    for (size_t at = 0; at < params->count; at++) {
        if (sorted[at].value[0] == '\0' || named_in(without, sorted[at].name))
            continue;
        if (!first)
            yq_buffer_byte(out, '&');
        yq_buffer_text(out, sorted[at].name);
        yq_buffer_byte(out, '=');
        yq_buffer_text(out, sorted[at].value);
        first = false;
    }
}

void yq_params_write(const struct yq_params *params, struct yq_buffer *out)
{
    yq_buffer_byte(out, '{');
    for (size_t at = 0; at < params->count; at++) {
        if (at > 0)
            yq_buffer_byte(out, ',');
        yq_json_quote(params->all[at].name, strlen(params->all[at].name), out);
        yq_buffer_byte(out, ':');
        yq_json_quote(params->all[at].value, strlen(params->all[at].value), out);
    }
    yq_buffer_byte(out, '}');
}
