/* One call of OneTrans, without its lock: from the host's two buffers and back. */
#ifndef YQ_ONETRANS_CALL_H
#define YQ_ONETRANS_CALL_H

#include <stddef.h>

#include "error.h"
#include "settings.h"

/* `error` stays YQ_OK where a reply was delivered; else its text stands in `out` as well. */
void yq_onetrans_call(const struct yq_settings *settings, const char *in, char *out, size_t size,
                      struct yq_error *error);

#endif
