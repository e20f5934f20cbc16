/* Open files: bytes, locks, shared memory. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/disk_internal.h"

static bool is_dead(const struct disk_file *file)
{
    return file->boots != file->disk->boots;
}

static void take_room(struct disk *disk, int64_t bytes)
{
    disk->room -= disk->room == DISK_UNLIMITED ? 0 : bytes;
}

static void cut(struct disk *disk, struct node *node, int64_t size)
{
    take_room(disk, size - node->now.size);
    disk_add_piece(node, true, size, NULL, 0);
    content_resize(&node->now, size);
    disk_mark(disk, node);
}

int disk_open(struct disk *disk, const char *path, unsigned flags, struct disk_file **out)
{
    *out = NULL;
    struct node *node = disk_find(disk, path);
    const struct disk_call call = {.kind = DISK_OPEN, .path = path};
    bool changes = (flags & DISK_CREATES) != 0 && node == NULL;
    changes = changes || ((flags & DISK_EMPTIES) != 0 && node != NULL && node->now.size > 0);
    int code = disk_ask(disk, &call, changes);
    if (code != 0) {
        return code;
    }
    if (node == NULL &&
        ((flags & DISK_CREATES) == 0 || !disk_has_folder(disk, path) || strlen(path) >= DISK_PATH_MAX)) {
        return ENOENT;
    }
    if (node != NULL && (node->folder || ((flags & DISK_EXCLUSIVE) != 0 && (flags & DISK_CREATES) != 0))) {
        return node->folder ? EISDIR : EEXIST;
    }
    if (node == NULL) {
        node = disk_new_node(disk);
        disk_mark(disk, node);
        disk_name(disk, path, NULL, node);
    } else if ((flags & DISK_EMPTIES) != 0 && node->now.size > 0) {
        cut(disk, node, 0);
    }
    struct disk_file *file = disk_alloc(sizeof *file);
    file->disk = disk;
    file->node = node;
    file->boots = disk->boots;
    (void)snprintf(file->path, sizeof file->path, "%s", path);
    node->refs++;
    node->open++;
    *out = file;
    return 0;
}

void disk_close(struct disk_file *file)
{
    struct disk *disk = file->disk;
    struct node *node = file->node;
    for (unsigned slot = 0; slot < DISK_SLOTS; slot++) {
        (void)disk_hold(file, slot, DISK_FREE);
    }
    disk_unshare(file);
    node->open--;
    if (disk->room != DISK_UNLIMITED && node->open == 0 && node->named == 0) {
        disk->room += node->now.size;
    }
    disk_release(disk, node);
    free(file);
}

const char *disk_file_path(const struct disk_file *file)
{
    return file->path;
}

struct disk *disk_of(const struct disk_file *file)
{
    return file->disk;
}

int disk_read(struct disk_file *file, void *out, size_t len, int64_t at, size_t *got)
{
    const struct disk_call call = {.kind = DISK_READ, .path = file->path, .at = at, .len = (int64_t)len};
    *got = 0;
    int code = is_dead(file) ? EIO : disk_ask(file->disk, &call, false);
    if (code != 0) {
        return code;
    }
    int64_t left = file->node->now.size - at;
    *got = left <= 0 ? 0 : (uint64_t)left < len ? (size_t)left : len;
    content_read(&file->node->now, out, *got, at);
    return 0;
}

static void put(struct disk_file *file, const void *bytes, size_t len, int64_t at)
{
    if (len > 0) {
        struct node *node = file->node;
        int64_t before = node->now.size;
        disk_add_piece(node, false, at, bytes, len);
        content_write(&node->now, bytes, len, at);
        disk_mark(file->disk, node);
        take_room(file->disk, node->now.size - before);
    }
}

int disk_write(struct disk_file *file, const void *bytes, size_t len, int64_t at)
{
    int64_t end = at + (int64_t)len, size = file->node->now.size;
    const struct disk_call call = {.kind = DISK_WRITE,
                                   .path = file->path,
                                   .at = at,
                                   .bytes = bytes,
                                   .len = (int64_t)len,
                                   .grows = end > size ? end - size : 0};
    int code = is_dead(file) ? EIO : disk_ask(file->disk, &call, true);
    if (code == 0 && call.grows > file->disk->room) {
        int64_t room = size + file->disk->room - at;
        put(file, bytes, room <= 0 ? 0 : (size_t)room, at);
        file->disk->met_full++;
        return ENOSPC;
    }
    if (code != 0 && (is_dead(file) || file->disk->frozen)) {
        return code;
    }
    bool half = code != 0 && call.grows <= file->disk->room;
    put(file, bytes, code == 0 ? len : half ? len / 2 : 0, at);
    return code;
}

int disk_truncate(struct disk_file *file, int64_t size)
{
    int64_t before = file->node->now.size;
    const struct disk_call call = {
        .kind = DISK_TRUNCATE, .path = file->path, .at = size, .grows = size > before ? size - before : 0};
    int code = is_dead(file) ? EIO : disk_ask(file->disk, &call, true);
    if (code == 0 && call.grows > file->disk->room) {
        code = ENOSPC;
    }
    if (code == 0 && size != before) {
        cut(file->disk, file->node, size);
    }
    return code;
}

int disk_sync(struct disk_file *file)
{
    static const struct disk_policy by_chance = {.keep = 1, .drop = 1};
    struct disk *disk = file->disk;
    struct node *node = file->node;
    const struct disk_call call = {.kind = DISK_SYNC, .path = file->path};
    int code = is_dead(file) ? EIO : disk_ask(disk, &call, true);
    if (code != 0 && !is_dead(file) && !disk->frozen) {
        fate_of_pieces(disk, node, &disk->random, &by_chance);
    }
    if (code != 0) {
        return code;
    }
    bool cuts = false;
    for (size_t i = 0; i < node->count && !cuts; i++) {
        const struct piece *piece = node->pieces[i];
        cuts = piece->cuts;
        content_take(&node->kept, &node->now, piece->at, (int64_t)piece->len);
    }
    if (cuts) { /* what was cut off and grew again are zeros that nobody wrote */
        content_copy(&node->kept, &node->now);
    }
    disk_forget_pieces(node);
    return 0;
}

int64_t disk_size(const struct disk_file *file)
{
    return file->node->now.size;
}

int64_t disk_changed_ms(const struct disk_file *file)
{
    return file->node->changed_ms;
}

unsigned disk_note(const struct disk_file *file)
{
    return file->note;
}

void disk_set_note(struct disk_file *file, unsigned note)
{
    file->note = note;
}

/* --- locks ---------------------------------------------------------------------------------------------------------- */

int disk_hold(struct disk_file *file, unsigned slot_number, enum disk_hold hold)
{
    struct slot *slot = &file->node->slots[slot_number];
    enum disk_hold had = file->holds[slot_number];
    if (is_dead(file)) {
        file->holds[slot_number] = DISK_FREE;
        return hold == DISK_FREE ? 0 : EIO;
    }
    unsigned others = slot->shared - (had == DISK_SHARED);
    bool taken = slot->alone && had != DISK_ALONE;
    if ((hold != DISK_FREE && taken) || (hold == DISK_ALONE && others > 0)) {
        return EAGAIN;
    }
    slot->shared = others + (hold == DISK_SHARED);
    slot->alone = taken || hold == DISK_ALONE;
    file->holds[slot_number] = hold;
    return 0;
}

enum disk_hold disk_held(const struct disk_file *file, unsigned slot)
{
    return is_dead(file) ? DISK_FREE : file->holds[slot];
}

enum disk_hold disk_held_by_anybody(const struct disk_file *file, unsigned slot)
{
    const struct slot *held = &file->node->slots[slot];
    return held->alone ? DISK_ALONE : held->shared > 0 ? DISK_SHARED : DISK_FREE;
}

/* --- shared memory -------------------------------------------------------------------------------------------------- */

int disk_share(struct disk_file *file, unsigned region, size_t size, bool extend, volatile void **out)
{
    struct node *node = file->node;
    const struct disk_call call = {
        .kind = DISK_SHM, .path = file->path, .at = (int64_t)region * (int64_t)size, .len = (int64_t)size};
    *out = NULL;
    int code = is_dead(file) || region >= REGIONS ? EIO : disk_ask(file->disk, &call, false);
    if (code != 0) {
        return code;
    }
    if (file->shared == NULL) {
        if (node->shared == NULL) {
            node->shared = disk_alloc(sizeof *node->shared);
            node->shared->refs = 1; /* the file's own */
        }
        file->shared = node->shared;
        file->shared->refs++;
    }
    if (file->shared->regions[region] == NULL && extend) {
        file->shared->regions[region] = disk_alloc(size);
    }
    *out = file->shared->regions[region];
    return 0;
}

void disk_unshare(struct disk_file *file)
{
    struct shared *shared = file->shared;
    struct node *node = file->node;
    file->shared = NULL;
    if (shared == NULL) {
        return;
    }
    shared->refs--;
    if (shared == node->shared && shared->refs == 1) { /* only the file's own is left */
        node->shared = NULL;
        shared->refs--;
    }
    if (shared->refs == 0) {
        for (size_t i = 0; i < REGIONS; i++) {
            free(shared->regions[i]);
        }
        free(shared);
    }
}
