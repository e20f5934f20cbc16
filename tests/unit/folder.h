/* A temporary folder of a test's own, removed with everything in it. */
#ifndef VN_TESTS_FOLDER_H
#define VN_TESTS_FOLDER_H

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FOLDER_PATH 64 /* a socket's path begins with it, and has room for 107 bytes */

struct folder {
    char path[FOLDER_PATH];
    char file[400]; /* of the last folder_file */
};

/* An empty folder below TMPDIR, or below /tmp when that is not set or too long. */
static inline void folder_make(char path[FOLDER_PATH], const char *name)
{
    const char *parent = getenv("TMPDIR");
    int len = snprintf(path, FOLDER_PATH, "%s/verno-%s-XXXXXX", parent == NULL ? "/tmp" : parent, name);
    if (len >= FOLDER_PATH) {
        (void)snprintf(path, FOLDER_PATH, "/tmp/verno-%s-XXXXXX", name);
    }
    if (mkdtemp(path) == NULL) {
        abort();
    }
}

static inline void folder_create(struct folder *folder)
{
    *folder = (struct folder){.file = ""};
    folder_make(folder->path, "test");
}

static inline const char *folder_file(struct folder *folder, const char *name)
{
    (void)snprintf(folder->file, sizeof folder->file, "%s/%s", folder->path, name);
    return folder->file;
}

/* Copies a file of anywhere to a new one of mode 0600. */
static inline void folder_copy(const char *from, const char *to)
{
    char piece[4096];
    FILE *in = fopen(from, "rb");
    int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (in == NULL || out < 0) {
        abort();
    }
    for (size_t got = sizeof piece; got == sizeof piece;) {
        got = fread(piece, 1, sizeof piece, in);
        if (write(out, piece, got) != (ssize_t)got) {
            abort();
        }
    }
    (void)fclose(in);
    (void)close(out);
}

/* Writes `len` bytes over the beginning of a file, which is made when it is not there. */
static inline void folder_write(struct folder *folder, const char *name, const void *bytes, size_t len)
{
    int out = open(folder_file(folder, name), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (out < 0 || write(out, bytes, len) != (ssize_t)len) {
        abort();
    }
    (void)close(out);
}

static inline int folder_has(struct folder *folder, const char *name)
{
    return access(folder_file(folder, name), F_OK) == 0;
}

/* How many files are in it, those that begin with a dot left out. */
static inline unsigned folder_count(const struct folder *folder)
{
    unsigned count = 0;
    DIR *dir = opendir(folder->path);
    for (const struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        count += entry->d_name[0] == '.' ? 0 : 1;
    }
    if (dir != NULL) {
        (void)closedir(dir);
    }
    return count;
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
