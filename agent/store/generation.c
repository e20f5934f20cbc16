/* Generations of the cache's file.
 *
 * A database is never renamed over another: an old -wal that stays beside a new file is replayed into it, and
 * integrity_check calls the result well. So a new generation gets a number that no file of the folder carries,
 * and one small file says which number is in force. That file is replaced by rename, with the data synced
 * before and the folder after, so that it names the old or the new generation at any crash. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/file.h"
#include "agent/store/cache_internal.h"

#define POINTER         "cache.current"
#define PREFIX          "cache-"
#define GENERATION_MAX  1000000000000000
#define POINTER_LEN_MAX 24

void generation_path(const char *folder, int64_t generation, char out[VN_PATH_MAX])
{
    (void)snprintf(out, VN_PATH_MAX, "%s/" PREFIX "%lld.db", folder, (long long)generation);
}

static void path_in(const char *folder, const char *name, char out[VN_PATH_MAX])
{
    (void)snprintf(out, VN_PATH_MAX, "%s/%s", folder, name);
}

/* The number in "cache-<n>.db", "cache-<n>.db-wal" and so on; 0 for other names. */
static int64_t number_of(const char *name)
{
    if (strncmp(name, PREFIX, strlen(PREFIX)) != 0) {
        return 0;
    }
    char *end = NULL;
    errno = 0;
    long long number = strtoll(name + strlen(PREFIX), &end, 10);
    bool ours = errno == 0 && strncmp(end, ".db", 3) == 0 && number > 0 && number < GENERATION_MAX;
    return ours ? number : 0;
}

enum vn_status generation_current(const char *folder, int64_t *generation)
{
    char path[VN_PATH_MAX];
    char text[POINTER_LEN_MAX] = "";
    *generation = 0;
    path_in(folder, POINTER, path);
    size_t got = 0;
    enum vn_status status = vn_file_read(path, VN_FILE_OPEN, text, sizeof text, &got, NULL);
    if (status != VN_OK) {
        return status == VN_INPUT ? VN_CORRUPT : status;
    }
    char *end = NULL;
    long long number = got > 0 ? strtoll(text, &end, 10) : 0;
    if (number <= 0 || number >= GENERATION_MAX || strcmp(end, "\n") != 0) {
        return VN_CORRUPT;
    }
    generation_path(folder, number, path);
    if (access(path, F_OK) != 0) {
        return VN_CORRUPT;
    }
    *generation = number;
    return VN_OK;
}

enum vn_status generation_next(const char *folder, int64_t *out, struct vn_error *error)
{
    int64_t highest = 0;
    *out = 0;
    DIR *dir = opendir(folder);
    if (dir == NULL) {
        return vn_fail(error, errno == ENOMEM ? VN_NOMEM : VN_IO, "can't read the folder %s: %s", folder,
                       strerror(errno));
    }
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        int64_t number = number_of(entry->d_name);
        highest = number > highest ? number : highest;
    }
    (void)closedir(dir);
    *out = highest + 1;
    return VN_OK;
}

/* `same`: the files of this generation; else those of all but these two. */
static void remove_where(const char *folder, int64_t generation, int64_t other, bool same)
{
    DIR *dir = opendir(folder);
    for (const struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        int64_t number = number_of(entry->d_name);
        if (number > 0 && (number == generation || number == other) == same) {
            char path[VN_PATH_MAX];
            path_in(folder, entry->d_name, path);
            (void)unlink(path);
        }
    }
    if (dir != NULL) {
        (void)closedir(dir);
    }
}

void generation_clean(const char *folder, int64_t keep, int64_t also)
{
    remove_where(folder, keep, also, false);
}

void generation_remove(const char *folder, int64_t generation)
{
    remove_where(folder, generation, generation, true);
}

enum vn_status generation_select(const char *folder, int64_t generation, struct vn_error *error)
{
    char path[VN_PATH_MAX];
    char text[POINTER_LEN_MAX];
    path_in(folder, POINTER, path);
    (void)snprintf(text, sizeof text, "%lld\n", (long long)generation);
    return vn_file_replace(path, vn_view_str(text), error);
}

enum vn_status vn_cache_discard(const char *folder)
{
    char path[VN_PATH_MAX];
    path_in(folder, POINTER, path);
    return unlink(path) == 0 || errno == ENOENT ? VN_OK : VN_IO;
}
