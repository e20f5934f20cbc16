/* What the kernel says about another process: CPU time of each thread, memory. From /proc, so for one's own user's processes;
 * a process that is gone ends the program. */
#ifndef VN_TESTS_BENCH_HUB_WATCH_H
#define VN_TESTS_BENCH_HUB_WATCH_H

#include <stdint.h>
#include <sys/types.h>

#define BENCH_THREADS_MAX 64

struct bench_thread {
    long id;
    char name[20];
    int64_t cpu_ms;
};

struct bench_watch {
    unsigned count;
    struct bench_thread threads[BENCH_THREADS_MAX];
    long rss_kib, peak_kib, anonymous_kib;
    long files; /* open ones, its connections among them */
};

void bench_watch(pid_t pid, struct bench_watch *out);
/* "threads":[{"name","cpu_ms"},..] of those that worked between the two, and "rss_kib" and "peak_kib" of the second. */
void bench_watch_print(const struct bench_watch *before, const struct bench_watch *after);
int64_t bench_own_cpu_ms(void);

#endif
