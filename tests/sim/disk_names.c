/* Names: which there are now, which the disk has, and the changes in doubt. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/disk_internal.h"

char *disk_copy_text(const char *text)
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

void names_put(struct disk *disk, struct names *names, const char *path, struct node *node)
{
    node->refs++;
    names_remove(disk, names, path);
    if (names->count == names->room) {
        size_t room = names->room == 0 ? 8 : 2 * names->room;
        names->list = disk_grow(names->list, names->room * sizeof *names->list, room * sizeof *names->list);
        names->room = room;
    }
    node->named += names == &disk->now;
    names->list[names->count++] = (struct name){disk_copy_text(path), node};
}

void names_empty(struct disk *disk, struct names *names)
{
    while (names->count > 0) {
        struct name name = names->list[--names->count];
        name.node->named -= names == &disk->now;
        free(name.path);
        disk_release(disk, name.node);
    }
}

void change_apply(struct disk *disk, struct names *names, const struct change *change)
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

void change_forget(struct disk *disk, struct change *change)
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
    *change = (struct change){disk_copy_text(path), from == NULL ? NULL : disk_copy_text(from), node};
    if (node != NULL) {
        node->refs++;
    }
    change_apply(disk, &disk->now, change);
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

/* Whether `path` is `folder` or below it; then it is renamed with it. */
static void move_path(char **path, const char *folder, const char *to)
{
    size_t len = strlen(folder);
    if (*path != NULL && strncmp(*path, folder, len) == 0 && ((*path)[len] == '/' || (*path)[len] == '\0')) {
        char moved[2 * DISK_PATH_MAX];
        (void)snprintf(moved, sizeof moved, "%s%s", to, *path + len);
        free(*path);
        *path = disk_copy_text(moved);
    }
}

static int rename_folder(struct disk *disk, const char *from, const char *to)
{
    if (disk_find(disk, to) != NULL) {
        return EEXIST;
    }
    for (size_t i = 0; i < disk->now.count; i++) {
        move_path(&disk->now.list[i].path, from, to);
    }
    for (size_t i = 0; i < disk->kept.count; i++) {
        move_path(&disk->kept.list[i].path, from, to);
    }
    for (size_t i = 0; i < disk->changes_count; i++) {
        move_path(&disk->changes[i].path, from, to);
        move_path(&disk->changes[i].from, from, to);
    }
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
    if (!same_folder(from, to) || strlen(to) >= DISK_PATH_MAX) {
        return EXDEV;
    }
    if (node->folder) {
        return rename_folder(disk, from, to);
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
            change_apply(disk, &disk->kept, change);
            change_forget(disk, change);
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
