/* Memory that is given back all at once: what one call has parsed. */
#ifndef YQ_ARENA_H
#define YQ_ARENA_H

#include <stddef.h>

struct yq_arena_block;

struct yq_arena {
    struct yq_arena_block *blocks;
    size_t left;  /* bytes left in the newest block */
    size_t taken; /* of all blocks together */
    size_t bound;
};

void yq_arena_init(struct yq_arena *arena, size_t bound);
/* Zeroed, aligned for any value; NULL where there is no memory or the bound is reached. */
void *yq_arena_take(struct yq_arena *arena, size_t size);
/* A copy with a NUL behind it. */
char *yq_arena_copy(struct yq_arena *arena, const char *text, size_t length);
void yq_arena_free(struct yq_arena *arena);

#endif
