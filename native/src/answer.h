/* What the host gets into its buffer: JSON in GBK of the standard's answer parameters, never longer than the buffer. */
#ifndef YQ_ANSWER_H
#define YQ_ANSWER_H

#include <stddef.h>

#include "envelope_onetrans.h"

/* Writes a reply. False with an error where it is too long for `size` bytes; nothing is written then. */
bool yq_answer_reply(const struct yq_onetrans_reply *reply, char *out, size_t size, struct yq_error *error);
/* Writes a fault of the library's own; shortened until it fits, at last to nothing. */
void yq_answer_error(const struct yq_error *error, char *out, size_t size);

#endif
