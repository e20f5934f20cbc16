/* A wall clock that is wrong: shifts CLOCK_REALTIME by VERNO_CLOCK_SHIFT_S seconds in a program that preloads this. The tests make
 * expired certificates and codes with it. What is not here: file times, and time() of code that asks the kernel itself. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long shift_s(void)
{
    const char *text = getenv("VERNO_CLOCK_SHIFT_S");
    return text == NULL ? 0 : strtol(text, NULL, 10);
}

int clock_gettime(clockid_t id, struct timespec *out)
{
    long code = syscall(SYS_clock_gettime, id, out);
    if (code == 0 && id == CLOCK_REALTIME) {
        out->tv_sec += shift_s();
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
