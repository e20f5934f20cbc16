/* Lets libserialport open a pseudo-terminal, for the demo and the tests. Preloaded; never installed on a till.
 *
 *     LD_PRELOAD=<build>/lib/libverno-pty-shim.so verno-agent ...     scanner = serial:/dev/pts/7
 *
 * libserialport wants two things of a port that a pty has not: an entry in /sys/class/tty (it lstat()s and
 * readlink()s "/sys/class/tty/pts/7"), and modem lines (TIOCMGET and its kin answer ENOTTY). Both are made up
 * here, for ptys alone; every other path and descriptor goes to libc untouched. Everything else - open,
 * termios, read, write, poll, hang-up - is the kernel's own. A symbolic link to the pty is fine: the serial
 * driver resolves it first. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* RTLD_NEXT */
#endif
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define PTY_ENTRY     "/sys/class/tty/pts/"
#define PTY_LINK      "../../devices/virtual/tty/pts" /* neither "usb" nor "bluetooth": a plain port */
#define PTS_MAJOR_MIN 136 /* Unix98 pty slaves: Documentation/admin-guide/devices.txt */
#define PTS_MAJOR_MAX 143

int __lxstat(int version, const char *path, struct stat *out); /* what lstat() was before glibc 2.33 */

static int is_entry(const char *path)
{
    return strncmp(path, PTY_ENTRY, sizeof PTY_ENTRY - 1) == 0;
}

static int make_up_link(struct stat *out)
{
    memset(out, 0, sizeof *out);
    out->st_mode = S_IFLNK | 0777;
    return 0;
}

int lstat(const char *restrict file, struct stat *restrict buf)
{
    int (*next)(const char *, struct stat *) = dlsym(RTLD_NEXT, "lstat");
    return is_entry(file) ? make_up_link(buf) : next(file, buf);
}

int __lxstat(int version, const char *path, struct stat *out)
{
    int (*next)(int, const char *, struct stat *) = dlsym(RTLD_NEXT, "__lxstat");
    return is_entry(path) ? make_up_link(out) : next(version, path, out);
}

ssize_t readlink(const char *restrict path, char *restrict buf, size_t len)
{
    if (is_entry(path)) {
        size_t size = sizeof PTY_LINK - 1 < len ? sizeof PTY_LINK - 1 : len;
        memcpy(buf, PTY_LINK, size);
        return (ssize_t)size;
    }
    ssize_t (*next)(const char *, char *, size_t) = dlsym(RTLD_NEXT, "readlink");
    return next(path, buf, len);
}

static int is_modem_request(unsigned long request)
{
    return request == TIOCMGET || request == TIOCMSET || request == TIOCMBIS || request == TIOCMBIC;
}

int ioctl(int fd, unsigned long request, ...)
{
    va_list args;
    va_start(args, request);
    void *arg = va_arg(args, void *);
    va_end(args);
    int (*next)(int, unsigned long, ...) = dlsym(RTLD_NEXT, "ioctl");
    int result = next(fd, request, arg);
    struct stat st;
    if (result == 0 || !is_modem_request(request) || (errno != ENOTTY && errno != EINVAL) ||
        fstat(fd, &st) != 0 || major(st.st_rdev) < PTS_MAJOR_MIN || major(st.st_rdev) > PTS_MAJOR_MAX) {
        return result;
    }
    if (request == TIOCMGET) {
        *(int *)arg = TIOCM_CAR | TIOCM_CTS | TIOCM_DSR;
    }
    return 0;
}
