#include "arena.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/wipe.h"

enum { YQ_BLOCK = 16384, YQ_ALIGN = 16 };

struct yq_arena_block {
    struct yq_arena_block *next;
    size_t size;
    _Alignas(YQ_ALIGN) unsigned char bytes[];
};

void yq_arena_init(struct yq_arena *arena, size_t bound)
{
    memset(arena, 0, sizeof *arena);
    arena->bound = bound;
}

static int new_block(struct yq_arena *arena, size_t size)
{
    size_t wanted = size > YQ_BLOCK ? size : YQ_BLOCK;
    if (wanted > arena->bound - arena->taken)
        return 0;
    struct yq_arena_block *block = calloc(1, sizeof *block + wanted);
    if (block == NULL)
        return 0;
    block->next = arena->blocks;
    block->size = wanted;
    arena->blocks = block;
    arena->left = wanted;
    arena->taken += wanted;
    return 1;
}

void *yq_arena_take(struct yq_arena *arena, size_t size)
{
    if (size > arena->bound)
        return NULL;
    size_t rounded = (size + YQ_ALIGN - 1) / YQ_ALIGN * YQ_ALIGN;
    if (rounded > arena->left && !new_block(arena, rounded))
        return NULL;
    void *taken = arena->blocks->bytes + (arena->blocks->size - arena->left);
    arena->left -= rounded;
    return taken;
}

char *yq_arena_copy(struct yq_arena *arena, const char *text, size_t length)
{
    char *copy = yq_arena_take(arena, length + 1);
    if (copy != NULL && length > 0)
        memcpy(copy, text, length);
    return copy;
}

void yq_arena_free(struct yq_arena *arena)
{
    struct yq_arena_block *block = arena->blocks;
    while (block != NULL) {
        struct yq_arena_block *next = block->next;
        yq_wipe(block->bytes, block->size); /* plain texts and keys were in it */
        free(block);
        block = next;
    }
    yq_arena_init(arena, arena->bound);
}
