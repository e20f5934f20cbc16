#include "tests/sim/disk.h"

#include <errno.h>
#include <stdio.h>
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

/* --- names ---------------------------------------------------------------------------------------------------------- */

static char *copy_text(const char *text)
{
    size_t len = strlen(text) + 1;
    char *copy = disk_alloc(len);
    memcpy(copy, text, len);
    return copy;
}

static size_t names_at(const struct names *names, const char *path)
{
    size_t i = 0;
    while (i < names->count && strcmp(names->list[i].path, path) != 0) {
        i++;
    }
    return i;
}

static void names_remove(struct disk *disk, struct names *names, const char *path)
{
    size_t at = names_at(names, path);
    if (at < names->count) {
        struct name name = names->list[at];
        names->list[at] = names->list[--names->count];
        name.node->named -= names == &disk->now;
        free(name.path);
        disk_release(disk, name.node);
    }
}

static void names_put(struct disk *disk, struct names *names, const char *path, struct node *node)
{
    node->refs++;
    names_remove(disk, names, path);
    if (names->count == names->room) {
        size_t room = names->room == 0 ? 8 : 2 * names->room;
        names->list = disk_grow(names->list, names->room * sizeof *names->list, room * sizeof *names->list);
        names->room = room;
    }
    node->named += names == &disk->now;
    names->list[names->count++] = (struct name){copy_text(path), node};
}

static void names_empty(struct disk *disk, struct names *names)
{
    while (names->count > 0) {
        struct name name = names->list[--names->count];
        name.node->named -= names == &disk->now;
        free(name.path);
        disk_release(disk, name.node);
    }
}

static void apply(struct disk *disk, struct names *names, const struct change *change)
{
    if (change->from != NULL) {
        names_remove(disk, names, change->from);
    }
    if (change->node != NULL) {
        names_put(disk, names, change->path, change->node);
    } else {
        names_remove(disk, names, change->path);
    }
}

static void forget_change(struct disk *disk, struct change *change)
{
    free(change->path);
    free(change->from);
    if (change->node != NULL) {
        disk_release(disk, change->node);
    }
}

void disk_name(struct disk *disk, const char *path, const char *from, struct node *node)
{
    if (disk->changes_count == disk->changes_room) {
        size_t room = disk->changes_room == 0 ? 8 : 2 * disk->changes_room;
        disk->changes = disk_grow(disk->changes, disk->changes_room * sizeof *disk->changes,
                                  room * sizeof *disk->changes);
        disk->changes_room = room;
    }
    struct change *change = &disk->changes[disk->changes_count++];
    *change = (struct change){copy_text(path), from == NULL ? NULL : copy_text(from), node};
    if (node != NULL) {
        node->refs++;
    }
    apply(disk, &disk->now, change);
}

struct node *disk_find(const struct disk *disk, const char *path)
{
    size_t at = names_at(&disk->now, path);
    return at < disk->now.count ? disk->now.list[at].node : NULL;
}

static size_t folder_len(const char *path)
{
    const char *last = strrchr(path, '/');
    return last == NULL ? 0 : (size_t)(last - path);
}

static bool same_folder(const char *one, const char *other)
{
    size_t len = folder_len(one);
    return len == folder_len(other) && memcmp(one, other, len) == 0;
}

static bool is_in(const char *path, const char *folder)
{
    size_t len = strlen(folder);
    while (len > 0 && folder[len - 1] == '/') {
        len--;
    }
    return folder_len(path) == len && strncmp(path, folder, len) == 0;
}

/* The roots, "/" and "/simdisk", are there from the beginning. */
bool disk_has_folder(const struct disk *disk, const char *path)
{
    char folder[DISK_PATH_MAX];
    (void)snprintf(folder, sizeof folder, "%.*s", (int)folder_len(path), path);
    const struct node *node = disk_find(disk, folder);
    return folder_len(folder) == 0 || (node != NULL && node->folder);
}

int disk_make_folder(struct disk *disk, const char *path)
{
    if (disk_find(disk, path) != NULL) {
        return EEXIST;
    }
    if (!disk_has_folder(disk, path) || strlen(path) >= DISK_PATH_MAX) {
        return ENOENT;
    }
    if (disk->frozen) {
        return EIO;
    }
    struct node *node = disk_new_node(disk);
    node->folder = true;
    names_put(disk, &disk->now, path, node);
    names_put(disk, &disk->kept, path, node);
    return 0;
}

enum disk_what disk_there(const struct disk *disk, const char *path)
{
    const struct node *node = disk_find(disk, path);
    if (node == NULL) {
        return folder_len(path) == 0 ? DISK_A_FOLDER : DISK_NOTHING;
    }
    return node->folder ? DISK_A_FOLDER : DISK_FILE;
}

int disk_size_of(const struct disk *disk, const char *path, int64_t *size)
{
    const struct node *node = disk_find(disk, path);
    *size = node == NULL ? 0 : node->now.size;
    return node == NULL ? ENOENT : 0;
}

/* A file whose last name goes, and that nobody has open, gives its room back. */
static void give_room(struct disk *disk, const struct node *node)
{
    if (disk->room != DISK_UNLIMITED && node != NULL && node->named == 1 && node->open == 0) {
        disk->room += node->now.size;
    }
}

int disk_delete(struct disk *disk, const char *path)
{
    const struct disk_call call = {.kind = DISK_DELETE, .path = path};
    int code = disk_ask(disk, &call, true);
    const struct node *node = disk_find(disk, path);
    if (code != 0 || node == NULL || node->folder) {
        return code != 0 ? code : node == NULL ? ENOENT : EISDIR;
    }
    give_room(disk, node);
    disk_name(disk, path, NULL, NULL);
    return 0;
}

int disk_rename(struct disk *disk, const char *from, const char *to)
{
    const struct disk_call call = {.kind = DISK_RENAME, .path = from};
    int code = disk_ask(disk, &call, true);
    struct node *node = disk_find(disk, from);
    if (code != 0 || node == NULL) {
        return code != 0 ? code : ENOENT;
    }
    if (!same_folder(from, to) || node->folder || strlen(to) >= DISK_PATH_MAX) {
        return EXDEV;
    }
    if (node != disk_find(disk, to)) { /* two names of one file: nothing happens, says POSIX */
        give_room(disk, disk_find(disk, to));
        disk_name(disk, to, from, node);
    }
    return 0;
}

int disk_link(struct disk *disk, const char *from, const char *to)
{
    const struct disk_call call = {.kind = DISK_LINK, .path = from};
    int code = disk_ask(disk, &call, true);
    struct node *node = disk_find(disk, from);
    if (code != 0 || node == NULL || node->folder) {
        return code != 0 ? code : node == NULL ? ENOENT : EPERM;
    }
    if (disk_find(disk, to) != NULL) {
        return EEXIST;
    }
    if (!disk_has_folder(disk, to) || strlen(to) >= DISK_PATH_MAX) {
        return ENOENT;
    }
    disk_name(disk, to, NULL, node);
    return 0;
}

int disk_sync_folder(struct disk *disk, const char *path)
{
    const struct disk_call call = {.kind = DISK_FOLDER, .path = path};
    int code = disk_ask(disk, &call, true);
    if (code != 0 || disk_there(disk, path) != DISK_A_FOLDER) {
        return code != 0 ? code : ENOENT;
    }
    size_t left = 0;
    for (size_t i = 0; i < disk->changes_count; i++) {
        struct change *change = &disk->changes[i];
        if (is_in(change->path, path)) {
            apply(disk, &disk->kept, change);
            forget_change(disk, change);
        } else {
            disk->changes[left++] = *change;
        }
    }
    disk->changes_count = left;
    return 0;
}

bool disk_list(const struct disk *disk, const char *folder, size_t nth, char out[DISK_PATH_MAX])
{
    for (size_t i = 0; i < disk->now.count; i++) {
        const char *path = disk->now.list[i].path;
        if (is_in(path, folder) && nth-- == 0) {
            (void)snprintf(out, DISK_PATH_MAX, "%s", path + folder_len(path) + 1);
            return true;
        }
    }
    return false;
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
        forget_change(disk, &disk->changes[i]);
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
        to->changes[i] = (struct change){copy_text(change->path),
                                         change->from == NULL ? NULL : copy_text(change->from), node};
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
            apply(disk, &disk->kept, &disk->changes[i]);
        }
    }
    free(kept);
    names_empty(disk, &disk->now);
    for (size_t i = 0; i < disk->kept.count; i++) {
        names_put(disk, &disk->now, disk->kept.list[i].path, disk->kept.list[i].node);
    }
    for (size_t i = 0; i < disk->changes_count; i++) {
        forget_change(disk, &disk->changes[i]);
    }
    disk->changes_count = 0;
}

const struct disk_fates *disk_told(const struct disk *disk)
{
    return &disk->fates;
}

bool disk_in_doubt(const struct disk *disk)
{
    bool doubt = disk->changes_count > 0;
    for (const struct node *node = disk->nodes; node != NULL; node = node->next) {
        doubt = doubt || node->count > 0;
    }
    return doubt;
}
