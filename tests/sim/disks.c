#include "tests/sim/disks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Each folder on the way, so that files in the last one can be made. */
static void make_folders(struct disk *disk, const char *root)
{
    char path[DISKS_ROOT_MAX];
    for (size_t i = 1; i <= strlen(root); i++) {
        if (root[i] == '/' || root[i] == '\0') {
            (void)snprintf(path, sizeof path, "%.*s", (int)i, root);
            (void)disk_make_folder(disk, path);
        }
    }
}

void disks_mount(struct disks *disks, const char *root, struct disk *disk)
{
    size_t i = 0;
    while (i < disks->count && strcmp(disks->list[i].root, root) != 0) {
        i++;
    }
    if (i == DISKS_MAX || strlen(root) >= DISKS_ROOT_MAX) {
        abort();
    }
    disks->count += i == disks->count;
    (void)snprintf(disks->list[i].root, DISKS_ROOT_MAX, "%s", root);
    disks->list[i].disk = disk;
    if (disk != NULL) {
        make_folders(disk, root);
    }
}

struct disk *disks_find(const struct disks *disks, const char *path)
{
    struct disk *found = NULL;
    size_t longest = 0;
    for (size_t i = 0; i < disks->count; i++) {
        size_t len = strlen(disks->list[i].root);
        bool is_in = strncmp(path, disks->list[i].root, len) == 0 && (path[len] == '/' || path[len] == '\0');
        if (is_in && len >= longest) {
            longest = len;
            found = disks->list[i].disk;
        }
    }
    return found;
}
