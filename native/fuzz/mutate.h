/* Inputs made from good ones. */
#ifndef YQ_MUTATE_H
#define YQ_MUTATE_H

#include "buffer.h"

/* Changes bytes, in place: flips, cuts, doubles, swaps, and what parsers stumble over. */
void yq_mutate(struct yq_buffer *text);

#endif
