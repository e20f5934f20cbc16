/* A machine in trouble, for a program that preloads this: a wall clock that is wrong, a disk that is full, breaks, or can't be
 * written. VERNO_CLOCK_SHIFT_S shifts the clock by so many seconds. VERNO_DISK names a file that may come and go; its first
 * letter says what is wrong with regular files meanwhile: f full, b every write fails, s every sync fails, k a sync works and
 * ends the program, r read-only. Standard output and error always work. What is not here: file times, and mapped memory. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* libc's own headers name these parameters in its reserved way. */
/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */

/* --- the clock ---------------------------------------------------------------------------------------------------- */

int clock_gettime(clockid_t id, struct timespec *out)
{
    const char *shift = getenv("VERNO_CLOCK_SHIFT_S");
    long code = syscall(SYS_clock_gettime, id, out);
    if (code == 0 && id == CLOCK_REALTIME && shift != NULL) {
        out->tv_sec += strtol(shift, NULL, 10);
    }
    return (int)code;
}

time_t time(time_t *out)
{
    struct timespec now = {0, 0};
    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (out != NULL) {
        *out = now.tv_sec;
    }
    return now.tv_sec;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone)
{
    struct timespec now = {0, 0};
    (void)zone;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    out->tv_sec = now.tv_sec;
    out->tv_usec = now.tv_nsec / 1000;
    return 0;
}

/* --- the disk ----------------------------------------------------------------------------------------------------- */

static char trouble(void)
{
    char letter = 0;
    const char *path = getenv("VERNO_DISK");
    long fd = path == NULL ? -1 : syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        letter = syscall(SYS_read, fd, &letter, 1) == 1 ? letter : 0;
        (void)syscall(SYS_close, fd);
    }
    return letter;
}

/* Whether writing to fd fails; errno says how. */
static int fails(int fd)
{
    struct stat info;
    int before = errno;
    char letter = fd > STDERR_FILENO && fstat(fd, &info) == 0 && S_ISREG(info.st_mode) ? trouble() : 0;
    errno = letter == 'f' ? ENOSPC : letter == 'b' ? EIO : before;
    return letter == 'f' || letter == 'b';
}

ssize_t write(int fd, const void *data, size_t len)
{
    return fails(fd) ? -1 : syscall(SYS_write, fd, data, len);
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
    return fails(fd) ? -1 : syscall(SYS_pwrite64, fd, data, len, at);
}

ssize_t pwrite64(int fd, const void *data, size_t len, off64_t at)
{
    return fails(fd) ? -1 : syscall(SYS_pwrite64, fd, data, len, at);
}

static int sync_fails(void)
{
    int fail = trouble() == 's';
    errno = fail ? EIO : errno;
    return fail;
}

static int synced(long code)
{
    if (code == 0 && trouble() == 'k') {
        (void)kill(getpid(), SIGKILL);
    }
    return (int)code;
}

int fsync(int fd)
{
    return sync_fails() ? -1 : synced(syscall(SYS_fsync, fd));
}

int fdatasync(int fd)
{
    return sync_fails() ? -1 : synced(syscall(SYS_fdatasync, fd));
}

static int open_as(const char *path, int flags, mode_t mode)
{
    if ((flags & O_ACCMODE) != O_RDONLY && trouble() == 'r') {
        errno = EROFS;
        return -1;
    }
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int open(const char *path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    mode_t mode = (flags & O_CREAT) != 0 ? va_arg(more, mode_t) : 0;
    va_end(more);
    return open_as(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    mode_t mode = (flags & O_CREAT) != 0 ? va_arg(more, mode_t) : 0;
    va_end(more);
    return open_as(path, flags, mode);
}

/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
