/* A snapshot's file as a hub would send it, with everything of a chain in it. Asserts with cmocka. */
#ifndef VN_TESTS_CACHE_FILE_H
#define VN_TESTS_CACHE_FILE_H

#include "sync/wire/snapshot.h"
#include "tests/unit/cache_world.h"

#define CACHE_FILE_MAX     (64 * 1024 * 1024)
#define CACHE_FILE_OWN_SEQ 40 /* this till's entries up to here are in it */

struct vn_hash cache_file_card(unsigned number); /* of member "w<number>" there, from 1 on */
static inline int64_t cache_file_balance(unsigned number)
{
    return number * INT64_C(10);
}
/* A file of cursor 1.number into `file`, which the caller deinits. */
void cache_file_write(struct world *world, int64_t number, unsigned members, struct vn_buf *file);
/* Pieces of that, for files of one's own: a vn_snapshot_write into a struct vn_buf, and a row. */
enum vn_status cache_file_append(void *ctx, struct vn_view bytes);
void cache_file_put(struct vn_snapshot_writer *writer, enum vn_snapshot_section section, struct vn_view key,
                    const struct vn_buf *value);

#endif
