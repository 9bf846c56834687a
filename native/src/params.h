/* The public parameters of a message: names with texts, in their order. Both envelopes are made of them. */
#ifndef YQ_PARAMS_H
#define YQ_PARAMS_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "buffer.h"
#include "error.h"
#include "json.h"

enum { YQ_PARAMS = 64 };

struct yq_param {
    const char *name;
    const char *value;
};

struct yq_params {
    struct yq_param all[YQ_PARAMS];
    size_t count;
};

/* Takes the members of an object but those named in `without` (ends with NULL); null is as good as absent, a number is
   its digits. False with an error where a value is anything else, or there are too many. */
bool yq_params_read(struct yq_params *params, const struct yq_json *object, const char *const *without,
                    struct yq_error *error);
/* "" where there is none. */
const char *yq_params_get(const struct yq_params *params, const char *name);
/* Sets or adds; both strings must outlive the parameters. False where there are too many. */
bool yq_params_set(struct yq_params *params, const char *name, const char *value);
/* Appends `name=value` joined by `&`, a to z, of those with a value but those named in `without`. */
void yq_params_join(const struct yq_params *params, const char *const *without, struct yq_buffer *out);
/* Appends a JSON object of texts. */
void yq_params_write(const struct yq_params *params, struct yq_buffer *out);

#endif
