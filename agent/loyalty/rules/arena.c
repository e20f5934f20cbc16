#include "agent/loyalty/rules/arena.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE ((size_t)16384)
#define ALIGN      _Alignof(max_align_t)

struct vn_arena_block {
    struct vn_arena_block *next;
    size_t used, size;
    _Alignas(max_align_t) unsigned char bytes[];
};

void vn_arena_init(struct vn_arena *arena)
{
    arena->blocks = NULL;
    arena->bytes = 0;
}

void vn_arena_deinit(struct vn_arena *arena)
{
    while (arena->blocks != NULL) {
        struct vn_arena_block *next = arena->blocks->next;
        free(arena->blocks);
        arena->blocks = next;
    }
    arena->bytes = 0;
}

void *vn_arena_take(struct vn_arena *arena, size_t size)
{
    size = (size + ALIGN - 1) / ALIGN * ALIGN;
    struct vn_arena_block *block = arena->blocks;
    if (block == NULL || block->size - block->used < size) {
        size_t room = size > BLOCK_SIZE ? size : BLOCK_SIZE;
        block = calloc(1, sizeof *block + room);
        if (block == NULL) {
            return NULL;
        }
        block->size = room;
        block->next = arena->blocks;
        arena->blocks = block;
        arena->bytes += sizeof *block + room;
    }
    void *piece = block->bytes + block->used;
    block->used += size;
    return piece;
}

char *vn_arena_text(struct vn_arena *arena, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = vn_arena_take(arena, size);
    if (copy != NULL) {
        memcpy(copy, text, size);
    }
    return copy;
}
