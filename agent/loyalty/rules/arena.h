/* Memory of a ruleset: many small pieces that live and die together. */
#ifndef VN_LOYALTY_ARENA_H
#define VN_LOYALTY_ARENA_H

#include <stddef.h>

struct vn_arena_block;

struct vn_arena {
    struct vn_arena_block *blocks; /* newest first */
    size_t bytes;                  /* of all blocks */
};

void vn_arena_init(struct vn_arena *arena);
void vn_arena_deinit(struct vn_arena *arena);
/* Zeroed, aligned for any type; NULL when memory is out. */
void *vn_arena_take(struct vn_arena *arena, size_t size);
char *vn_arena_text(struct vn_arena *arena, const char *text);

#endif
