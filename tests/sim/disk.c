#include "tests/sim/disk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/disk_internal.h"

static const char *const kinds[DISK_KINDS] = {"open",   "read",   "write",  "truncate", "sync",
                                              "folder", "delete", "rename", "link",     "shm"};

const char *disk_kind_name(enum disk_kind kind)
{
    return kinds[kind];
}

/* --- judging -------------------------------------------------------------------------------------------------------- */

void disk_judge_by(struct disk *disk, disk_judge judge, void *ctx)
{
    disk->judge = judge;
    disk->judge_ctx = ctx;
}

long disk_count(const struct disk *disk, enum disk_kind kind)
{
    return disk->counts[kind];
}

int disk_ask(struct disk *disk, const struct disk_call *call, bool changes)
{
    disk->counts[call->kind]++;
    int code = disk->judge == NULL ? 0 : disk->judge(disk->judge_ctx, disk, call);
    return disk->frozen && changes ? EIO : code;
}

void disk_freeze(struct disk *disk)
{
    disk->frozen = true;
}

bool disk_is_frozen(const struct disk *disk)
{
    return disk->frozen;
}

void disk_set_room(struct disk *disk, int64_t bytes)
{
    disk->room = bytes;
}

void disk_tell_time(struct disk *disk, const struct vn_clock *clock)
{
    disk->clock = clock == NULL ? (struct vn_clock){NULL, NULL, NULL} : *clock;
}

void disk_mark(const struct disk *disk, struct node *node)
{
    node->changed_ms = disk->clock.wall_ms == NULL ? 0 : vn_clock_wall_ms(&disk->clock);
}

/* --- nodes ---------------------------------------------------------------------------------------------------------- */

struct node *disk_new_node(struct disk *disk)
{
    struct node *node = disk_alloc(sizeof *node);
    node->next = disk->nodes;
    disk->nodes = node;
    return node;
}

void disk_add_piece(struct node *node, bool cuts, int64_t at, const void *bytes, size_t len)
{
    struct piece *piece = disk_alloc(sizeof *piece + len);
    piece->refs = 1;
    piece->cuts = cuts;
    piece->at = at;
    piece->len = len;
    if (len > 0) {
        memcpy(piece->bytes, bytes, len);
    }
    if (node->count == node->room) {
        size_t room = node->room == 0 ? 8 : 2 * node->room;
        node->pieces = disk_grow((void *)node->pieces, node->room * sizeof(struct piece *),
                                 room * sizeof(struct piece *));
        node->room = room;
    }
    node->pieces[node->count++] = piece;
}

void disk_forget_pieces(struct node *node)
{
    for (size_t i = 0; i < node->count; i++) {
        if (--node->pieces[i]->refs == 0) {
            free(node->pieces[i]);
        }
    }
    node->count = 0;
}

static void forget_shared(struct node *node)
{
    struct shared *shared = node->shared;
    node->shared = NULL;
    if (shared != NULL && --shared->refs == 0) {
        for (size_t i = 0; i < REGIONS; i++) {
            free(shared->regions[i]);
        }
        free(shared);
    }
}

static void free_node(struct node *node)
{
    disk_forget_pieces(node);
    free((void *)node->pieces);
    content_empty(&node->now);
    content_empty(&node->kept);
    forget_shared(node);
    free(node);
}

void disk_release(struct disk *disk, struct node *node)
{
    if (--node->refs > 0) {
        return;
    }
    struct node **at = &disk->nodes;
    while (*at != node) {
        at = &(*at)->next;
    }
    *at = node->next;
    free_node(node);
}

/* --- life and death ------------------------------------------------------------------------------------------------- */

struct disk *disk_create(const struct vn_random *random)
{
    struct disk *disk = disk_alloc(sizeof *disk);
    disk->random = *random;
    disk->room = DISK_UNLIMITED;
    return disk;
}

static void forget_all(struct disk *disk)
{
    for (size_t i = 0; i < disk->changes_count; i++) {
        change_forget(disk, &disk->changes[i]);
    }
    disk->changes_count = 0;
    names_empty(disk, &disk->now);
    names_empty(disk, &disk->kept);
}

void disk_destroy(struct disk *disk)
{
    if (disk == NULL) {
        return;
    }
    forget_all(disk);
    free(disk->changes);
    free(disk->now.list);
    free(disk->kept.list);
    while (disk->nodes != NULL) {
        struct node *node = disk->nodes;
        disk->nodes = node->next;
        free_node(node);
    }
    free(disk);
}

static void copy_node(struct node *to, const struct node *from)
{
    to->folder = from->folder;
    to->changed_ms = from->changed_ms;
    content_copy(&to->now, &from->now);
    content_copy(&to->kept, &from->kept);
    if (from->count > 0) {
        to->pieces = disk_alloc(from->count * sizeof(struct piece *));
        to->room = to->count = from->count;
        for (size_t i = 0; i < from->count; i++) {
            to->pieces[i] = from->pieces[i];
            to->pieces[i]->refs++;
        }
    }
}

struct twin {
    const struct node *old;
    struct node *made;
};

static struct node *twin_of(const struct twin *twins, const struct node *old)
{
    while (old != NULL && twins->old != old) {
        twins++;
    }
    return old == NULL ? NULL : twins->made;
}

static void copy_into(struct disk *to, const struct disk *from)
{
    size_t count = 0;
    for (const struct node *node = from->nodes; node != NULL; node = node->next) {
        count++;
    }
    struct twin *twins = disk_alloc((count + 1) * sizeof *twins);
    struct node **last = &to->nodes; /* in the same order, so that chance falls as it would there */
    while (*last != NULL) {
        last = &(*last)->next;
    }
    size_t done = 0;
    for (const struct node *node = from->nodes; node != NULL; node = node->next) {
        struct node *made = disk_alloc(sizeof *made);
        copy_node(made, node);
        made->refs = 1; /* until all names are made */
        *last = made;
        last = &made->next;
        twins[done++] = (struct twin){node, made};
    }
    for (size_t i = 0; i < from->kept.count; i++) {
        names_put(to, &to->kept, from->kept.list[i].path, twin_of(twins, from->kept.list[i].node));
    }
    for (size_t i = 0; i < from->now.count; i++) {
        names_put(to, &to->now, from->now.list[i].path, twin_of(twins, from->now.list[i].node));
    }
    if (from->changes_count > 0) {
        free(to->changes);
        to->changes = disk_alloc(from->changes_count * sizeof *to->changes);
        to->changes_room = to->changes_count = from->changes_count;
    }
    for (size_t i = 0; i < from->changes_count; i++) {
        const struct change *change = &from->changes[i];
        struct node *node = twin_of(twins, change->node);
        to->changes[i] = (struct change){disk_copy_text(change->path),
                                         change->from == NULL ? NULL : disk_copy_text(change->from), node};
        if (node != NULL) {
            node->refs++;
        }
    }
    for (size_t i = 0; i < done; i++) {
        disk_release(to, twins[i].made);
    }
    free(twins);
    to->room = from->room;
}

struct disk *disk_clone(const struct disk *disk)
{
    struct disk *clone = disk_create(&disk->random);
    copy_into(clone, disk);
    return clone;
}

void disk_kill(struct disk *disk)
{
    disk->boots++;
    disk->frozen = false;
    for (struct node *node = disk->nodes; node != NULL; node = node->next) {
        memset(node->slots, 0, sizeof node->slots);
        forget_shared(node); /* who has it mapped still has the memory */
    }
}

void disk_restore(struct disk *disk, const struct disk *image)
{
    disk_kill(disk);
    forget_all(disk);
    copy_into(disk, image);
}

void disk_crash(struct disk *disk, const struct vn_random *random, const struct disk_policy *policy)
{
    disk_kill(disk);
    for (struct node *node = disk->nodes; node != NULL; node = node->next) {
        fate_of_pieces(disk, node, random, policy);
        content_copy(&node->now, &node->kept);
    }
    bool *kept = disk_alloc(disk->changes_count + 1);
    fate_of_names(disk, kept, disk->changes_count, random, policy);
    for (size_t i = 0; i < disk->changes_count; i++) {
        if (kept[i]) {
            change_apply(disk, &disk->kept, &disk->changes[i]);
        }
    }
    free(kept);
    names_empty(disk, &disk->now);
    for (size_t i = 0; i < disk->kept.count; i++) {
        names_put(disk, &disk->now, disk->kept.list[i].path, disk->kept.list[i].node);
    }
    for (size_t i = 0; i < disk->changes_count; i++) {
        change_forget(disk, &disk->changes[i]);
    }
    disk->changes_count = 0;
}

const struct disk_fates *disk_told(const struct disk *disk)
{
    return &disk->fates;
}

long disk_met_full(const struct disk *disk)
{
    return disk->met_full;
}

bool disk_in_doubt(const struct disk *disk)
{
    bool doubt = disk->changes_count > 0;
    for (const struct node *node = disk->nodes; node != NULL; node = node->next) {
        doubt = doubt || node->count > 0;
    }
    return doubt;
}
