#define _GNU_SOURCE /* fopencookie */
#include "tests/sim/diskfiles.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/sim/disk_internal.h"

#define FIRST_FD   (1 << 24) /* far above what the system gives */
#define OPEN_MAX_  256
#define SLOT_FLOCK (DISK_SLOTS - 1)
#define NAMES_MAX  512

/* What is behind a descriptor: a file, or a folder, which can only be synced. */
struct open_file {
    struct disk_file *file;
    struct disk *disk;
    char *folder;
    int64_t at;
    bool appends;
};

struct listing {
    size_t count, next;
    struct dirent entry;
    char names[NAMES_MAX][DISK_PATH_MAX];
};

/* The linker leads calls here without a word of whose they are. */
static const struct disks *the_disks;
static struct open_file files[OPEN_MAX_];
static struct listing *listings[OPEN_MAX_];

int __real_open(const char *path, int flags, ...);
int __real_mkstemp(char *path);
char *__real_mkdtemp(char *path);
int __real_rmdir(const char *path);
int __real_close(int fd);
ssize_t __real_read(int fd, void *out, size_t len);
ssize_t __real_pread(int fd, void *out, size_t len, off_t at);
ssize_t __real_write(int fd, const void *bytes, size_t len);
ssize_t __real_pwrite(int fd, const void *bytes, size_t len, off_t at);
off_t __real_lseek(int fd, off_t at, int from);
int __real_fsync(int fd);
int __real_ftruncate(int fd, off_t size);
int __real_fstat(int fd, struct stat *out);
int __real_stat(const char *path, struct stat *out);
int __real_access(const char *path, int mode);
int __real_rename(const char *from, const char *to);
int __real_link(const char *from, const char *to);
int __real_unlink(const char *path);
int __real_remove(const char *path);
int __real_mkdir(const char *path, mode_t mode);
int __real_flock(int fd, int how);
FILE *__real_fopen(const char *path, const char *mode);
DIR *__real_opendir(const char *path);
struct dirent *__real_readdir(DIR *dir);
int __real_closedir(DIR *dir);

int __wrap_open(const char *path, int flags, ...);
int __wrap___open_2(const char *path, int flags);
int __wrap_mkstemp(char *path);
char *__wrap_mkdtemp(char *path);
int __wrap_rmdir(const char *path);
int __wrap_close(int fd);
ssize_t __wrap_read(int fd, void *out, size_t len);
ssize_t __wrap___read_chk(int fd, void *out, size_t len, size_t room);
ssize_t __wrap_pread(int fd, void *out, size_t len, off_t at);
ssize_t __wrap___pread_chk(int fd, void *out, size_t len, off_t at, size_t room);
ssize_t __wrap_write(int fd, const void *bytes, size_t len);
ssize_t __wrap_pwrite(int fd, const void *bytes, size_t len, off_t at);
off_t __wrap_lseek(int fd, off_t at, int from);
int __wrap_fsync(int fd);
int __wrap_ftruncate(int fd, off_t size);
int __wrap_fstat(int fd, struct stat *out);
int __wrap_stat(const char *path, struct stat *out);
int __wrap_access(const char *path, int mode);
int __wrap_rename(const char *from, const char *to);
int __wrap_link(const char *from, const char *to);
int __wrap_unlink(const char *path);
int __wrap_remove(const char *path);
int __wrap_mkdir(const char *path, mode_t mode);
int __wrap_flock(int fd, int how);
FILE *__wrap_fopen(const char *path, const char *mode);
DIR *__wrap_opendir(const char *path);
struct dirent *__wrap_readdir(DIR *dir);
int __wrap_closedir(DIR *dir);

static struct disk *disk_at(const char *path)
{
    return the_disks == NULL ? NULL : disks_find(the_disks, path);
}

static bool is_ours(int fd)
{
    return fd >= FIRST_FD && fd < FIRST_FD + OPEN_MAX_ && files[fd - FIRST_FD].disk != NULL;
}

static struct open_file *of(int fd)
{
    return &files[fd - FIRST_FD];
}

/* 0, or -1 and errno. */
static int told(int code)
{
    if (code != 0) {
        errno = code;
    }
    return code == 0 ? 0 : -1;
}

/* --- opening and closing -------------------------------------------------------------------------------------------- */

static int open_on(struct disk *disk, const char *path, int flags)
{
    int place = 0;
    while (place < OPEN_MAX_ && files[place].disk != NULL) {
        place++;
    }
    if (place == OPEN_MAX_) {
        return told(EMFILE);
    }
    struct open_file made = {.disk = disk, .appends = (flags & O_APPEND) != 0};
    int code = 0;
    if (disk_there(disk, path) == DISK_A_FOLDER && (flags & O_ACCMODE) == O_RDONLY) {
        made.folder = disk_alloc(strlen(path) + 1);
        memcpy(made.folder, path, strlen(path));
    } else {
        unsigned wanted = (flags & O_CREAT) != 0 ? DISK_CREATES : 0;
        wanted |= (flags & O_EXCL) != 0 ? DISK_EXCLUSIVE : 0;
        wanted |= (flags & O_TRUNC) != 0 ? DISK_EMPTIES : 0;
        code = disk_open(disk, path, wanted, &made.file);
    }
    if (code != 0) {
        return told(code);
    }
    files[place] = made;
    return FIRST_FD + place;
}

int __wrap_open(const char *path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    mode_t mode = (flags & O_CREAT) != 0 ? va_arg(more, mode_t) : 0;
    va_end(more);
    struct disk *disk = disk_at(path);
    return disk == NULL ? __real_open(path, flags, mode) : open_on(disk, path, flags);
}

int __wrap___open_2(const char *path, int flags)
{
    return __wrap_open(path, flags);
}

int __wrap_mkstemp(char *path)
{
    struct disk *disk = disk_at(path);
    if (disk == NULL) {
        return __real_mkstemp(path);
    }
    int fd = -1;
    errno = EEXIST;
    for (unsigned i = 0; fd < 0 && errno == EEXIST && i < 1000000; i++) {
        (void)snprintf(path + strlen(path) - 6, 7, "%06u", i);
        fd = open_on(disk, path, O_RDWR | O_CREAT | O_EXCL);
    }
    return fd;
}

char *__wrap_mkdtemp(char *path)
{
    struct disk *disk = disk_at(path);
    if (disk == NULL) {
        return __real_mkdtemp(path);
    }
    int code = EEXIST;
    for (unsigned i = 0; code == EEXIST && i < 1000000; i++) {
        (void)snprintf(path + strlen(path) - 6, 7, "%06u", i);
        code = disk_make_folder(disk, path);
    }
    return told(code) == 0 ? path : NULL;
}

/* Folders stay until their disk goes. */
int __wrap_rmdir(const char *path)
{
    return disk_at(path) == NULL ? __real_rmdir(path) : told(ENOTSUP);
}

int __wrap_close(int fd)
{
    if (!is_ours(fd)) {
        return __real_close(fd);
    }
    struct open_file *open = of(fd);
    if (open->file != NULL) {
        disk_close(open->file);
    }
    free(open->folder);
    *open = (struct open_file){.disk = NULL};
    return 0;
}

/* --- bytes ---------------------------------------------------------------------------------------------------------- */

static ssize_t read_at(const struct open_file *open, void *out, size_t len, off_t at)
{
    size_t got = 0;
    int code = open->file == NULL ? EISDIR : disk_read(open->file, out, len, at, &got);
    return code == 0 ? (ssize_t)got : told(code);
}

ssize_t __wrap_pread(int fd, void *out, size_t len, off_t at)
{
    return is_ours(fd) ? read_at(of(fd), out, len, at) : __real_pread(fd, out, len, at);
}

ssize_t __wrap___pread_chk(int fd, void *out, size_t len, off_t at, size_t room)
{
    if (len > room) {
        abort();
    }
    return __wrap_pread(fd, out, len, at);
}

ssize_t __wrap_read(int fd, void *out, size_t len)
{
    if (!is_ours(fd)) {
        return __real_read(fd, out, len);
    }
    ssize_t got = read_at(of(fd), out, len, of(fd)->at);
    of(fd)->at += got > 0 ? got : 0;
    return got;
}

ssize_t __wrap___read_chk(int fd, void *out, size_t len, size_t room)
{
    if (len > room) {
        abort();
    }
    return __wrap_read(fd, out, len);
}

/* A disk that is full takes what fits, and the next write says so. */
static ssize_t write_at(const struct open_file *open, const void *bytes, size_t len, off_t at)
{
    int64_t before = open->file == NULL ? 0 : disk_size(open->file);
    int code = open->file == NULL ? EISDIR : disk_write(open->file, bytes, len, at);
    int64_t took = open->file == NULL ? 0 : disk_size(open->file) - at;
    if (code == ENOSPC && disk_size(open->file) > before && took > 0) {
        return took;
    }
    return code == 0 ? (ssize_t)len : told(code);
}

ssize_t __wrap_pwrite(int fd, const void *bytes, size_t len, off_t at)
{
    return is_ours(fd) ? write_at(of(fd), bytes, len, at) : __real_pwrite(fd, bytes, len, at);
}

ssize_t __wrap_write(int fd, const void *bytes, size_t len)
{
    if (!is_ours(fd)) {
        return __real_write(fd, bytes, len);
    }
    struct open_file *open = of(fd);
    if (open->appends && open->file != NULL) {
        open->at = disk_size(open->file);
    }
    ssize_t wrote = write_at(open, bytes, len, open->at);
    open->at += wrote > 0 ? wrote : 0;
    return wrote;
}

off_t __wrap_lseek(int fd, off_t at, int from)
{
    if (!is_ours(fd)) {
        return __real_lseek(fd, at, from);
    }
    struct open_file *open = of(fd);
    open->at = at + (from == SEEK_CUR ? open->at : from == SEEK_END ? disk_size(open->file) : 0);
    return open->at;
}

int __wrap_fsync(int fd)
{
    if (!is_ours(fd)) {
        return __real_fsync(fd);
    }
    const struct open_file *open = of(fd);
    return told(open->file != NULL ? disk_sync(open->file) : disk_sync_folder(open->disk, open->folder));
}

int __wrap_ftruncate(int fd, off_t size)
{
    return is_ours(fd) ? told(disk_truncate(of(fd)->file, size)) : __real_ftruncate(fd, size);
}

int __wrap_flock(int fd, int how)
{
    if (!is_ours(fd)) {
        return __real_flock(fd, how);
    }
    enum disk_hold hold = (how & LOCK_UN) != 0 ? DISK_FREE : (how & LOCK_SH) != 0 ? DISK_SHARED : DISK_ALONE;
    return told(disk_hold(of(fd)->file, SLOT_FLOCK, hold));
}

/* --- names ---------------------------------------------------------------------------------------------------------- */

static void describe(bool folder, int64_t size, int64_t changed_ms, struct stat *out)
{
    *out = (struct stat){.st_mode = folder ? S_IFDIR | 0700 : S_IFREG | 0600, .st_size = size, .st_nlink = 1};
    out->st_mtim.tv_sec = changed_ms / 1000;
    out->st_mtim.tv_nsec = changed_ms % 1000 * 1000000;
}

int __wrap_fstat(int fd, struct stat *out)
{
    if (!is_ours(fd)) {
        return __real_fstat(fd, out);
    }
    const struct disk_file *file = of(fd)->file;
    describe(file == NULL, file == NULL ? 0 : disk_size(file), file == NULL ? 0 : disk_changed_ms(file), out);
    return 0;
}

int __wrap_stat(const char *path, struct stat *out)
{
    const struct disk *disk = disk_at(path);
    if (disk == NULL) {
        return __real_stat(path, out);
    }
    const struct node *node = disk_find(disk, path);
    enum disk_what what = disk_there(disk, path);
    describe(what == DISK_A_FOLDER, node == NULL ? 0 : node->now.size, node == NULL ? 0 : node->changed_ms,
             out);
    return told(what == DISK_NOTHING ? ENOENT : 0);
}

int __wrap_access(const char *path, int mode)
{
    const struct disk *disk = disk_at(path);
    return disk == NULL ? __real_access(path, mode)
                        : told(disk_there(disk, path) == DISK_NOTHING ? ENOENT : 0);
}

int __wrap_rename(const char *from, const char *to)
{
    struct disk *disk = disk_at(from);
    if (disk != disk_at(to)) {
        return told(EXDEV);
    }
    return disk == NULL ? __real_rename(from, to) : told(disk_rename(disk, from, to));
}

int __wrap_link(const char *from, const char *to)
{
    struct disk *disk = disk_at(from);
    if (disk != disk_at(to)) {
        return told(EXDEV);
    }
    return disk == NULL ? __real_link(from, to) : told(disk_link(disk, from, to));
}

int __wrap_unlink(const char *path)
{
    struct disk *disk = disk_at(path);
    return disk == NULL ? __real_unlink(path) : told(disk_delete(disk, path));
}

int __wrap_remove(const char *path)
{
    struct disk *disk = disk_at(path);
    return disk == NULL ? __real_remove(path) : told(disk_delete(disk, path));
}

int __wrap_mkdir(const char *path, mode_t mode)
{
    struct disk *disk = disk_at(path);
    return disk == NULL ? __real_mkdir(path, mode) : told(disk_make_folder(disk, path));
}

/* --- streams, for reading ------------------------------------------------------------------------------------------- */

static ssize_t stream_read(void *cookie, char *out, size_t len)
{
    return __wrap_read((int)(intptr_t)cookie, out, len);
}

static int stream_close(void *cookie)
{
    return __wrap_close((int)(intptr_t)cookie);
}

FILE *__wrap_fopen(const char *path, const char *mode)
{
    struct disk *disk = disk_at(path);
    if (disk == NULL) {
        return __real_fopen(path, mode);
    }
    if (mode[0] != 'r' || strchr(mode, '+') != NULL) {
        errno = ENOTSUP;
        return NULL;
    }
    int fd = open_on(disk, path, O_RDONLY);
    const cookie_io_functions_t functions = {.read = stream_read, .close = stream_close};
    FILE *file = fd < 0 ? NULL : fopencookie((void *)(intptr_t)fd, "r", functions);
    if (fd >= 0 && file == NULL) {
        (void)__wrap_close(fd);
    }
    return file;
}

/* --- folders -------------------------------------------------------------------------------------------------------- */

static struct listing **listing_of(const DIR *dir)
{
    size_t place = 0;
    while (place < OPEN_MAX_ && (listings[place] == NULL || (const DIR *)listings[place] != dir)) {
        place++;
    }
    return place < OPEN_MAX_ ? &listings[place] : NULL;
}

DIR *__wrap_opendir(const char *path)
{
    const struct disk *disk = disk_at(path);
    size_t place = 0;
    if (disk == NULL) {
        return __real_opendir(path);
    }
    while (place < OPEN_MAX_ && listings[place] != NULL) {
        place++;
    }
    if (disk_there(disk, path) != DISK_A_FOLDER || place == OPEN_MAX_) {
        errno = place == OPEN_MAX_ ? EMFILE : ENOENT;
        return NULL;
    }
    struct listing *listing = disk_alloc(sizeof *listing);
    while (listing->count < NAMES_MAX &&
           disk_list(disk, path, listing->count, listing->names[listing->count])) {
        listing->count++;
    }
    listings[place] = listing;
    return (DIR *)listing;
}

struct dirent *__wrap_readdir(DIR *dir)
{
    struct listing **found = listing_of(dir);
    if (found == NULL) {
        return __real_readdir(dir);
    }
    struct listing *listing = *found;
    if (listing->next == listing->count) {
        return NULL;
    }
    (void)snprintf(listing->entry.d_name, sizeof listing->entry.d_name, "%.255s",
                   listing->names[listing->next++]);
    return &listing->entry;
}

int __wrap_closedir(DIR *dir)
{
    struct listing **found = listing_of(dir);
    if (found == NULL) {
        return __real_closedir(dir);
    }
    free(*found);
    *found = NULL;
    return 0;
}
void diskfiles_lead_to(const struct disks *disks)
{
    for (size_t i = 0; disks == NULL && i < OPEN_MAX_; i++) {
        if (files[i].disk != NULL) {
            (void)__wrap_close(FIRST_FD + (int)i);
        }
        free(listings[i]);
        listings[i] = NULL;
    }
    the_disks = disks;
}

unsigned diskfiles_open(void)
{
    unsigned count = 0;
    for (size_t i = 0; i < OPEN_MAX_; i++) {
        count += files[i].disk != NULL;
        count += listings[i] != NULL;
    }
    return count;
}
