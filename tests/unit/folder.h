/* A temporary folder of a test's own, removed with everything in it. */
#ifndef VN_TESTS_FOLDER_H
#define VN_TESTS_FOLDER_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct folder {
    char path[64];
    char file[400]; /* of the last folder_file */
};

static inline void folder_create(struct folder *folder)
{
    strcpy(folder->path, "/tmp/verno-test-XXXXXX");
    if (mkdtemp(folder->path) == NULL) {
        abort();
    }
}

static inline const char *folder_file(struct folder *folder, const char *name)
{
    (void)snprintf(folder->file, sizeof folder->file, "%s/%s", folder->path, name);
    return folder->file;
}

static inline int folder_has(struct folder *folder, const char *name)
{
    return access(folder_file(folder, name), F_OK) == 0;
}

static inline void folder_remove(struct folder *folder)
{
    DIR *dir = opendir(folder->path);
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            (void)unlink(folder_file(folder, entry->d_name));
        }
    }
    if (dir != NULL) {
        (void)closedir(dir);
    }
    (void)rmdir(folder->path);
}

#endif
