#include "tests/bench/hub_watch.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/bench/bench.h"

static bool slurp(const char *path, char *out, size_t size)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return false;
    }
    size_t len = fread(out, 1, size - 1, file);
    (void)fclose(file);
    out[len] = '\0';
    return len > 0;
}

/* Fields 14 and 15, after the name in brackets, which may have blanks: proc(5). */
static bool read_thread(pid_t pid, const char *id, struct bench_thread *out)
{
    char path[128];
    char text[1024];
    (void)snprintf(path, sizeof path, "/proc/%ld/task/%s/stat", (long)pid, id);
    if (!slurp(path, text, sizeof text)) {
        return false;
    }
    char *name = strchr(text, '(');
    char *rest = strrchr(text, ')');
    if (name == NULL || rest == NULL) {
        return false;
    }
    *rest = '\0';
    out->id = strtol(id, NULL, 10);
    (void)snprintf(out->name, sizeof out->name, "%s", name + 1);
    char *at = rest + 1;
    for (int field = 2; field < 13 && at != NULL; field++) {
        at = strchr(at + 1, ' ');
    }
    if (at == NULL) {
        return false;
    }
    char *end = NULL;
    long long ticks = strtoll(at, &end, 10);
    ticks += strtoll(end, NULL, 10);
    out->cpu_ms = ticks * 1000 / sysconf(_SC_CLK_TCK);
    return true;
}

static long field_kib(const char *text, const char *name)
{
    const char *at = strstr(text, name);
    return at == NULL ? 0 : strtol(at + strlen(name), NULL, 10);
}

void bench_watch(pid_t pid, struct bench_watch *out)
{
    char path[64];
    char text[4096];
    memset(out, 0, sizeof *out);
    (void)snprintf(path, sizeof path, "/proc/%ld/task", (long)pid);
    DIR *dir = opendir(path);
    if (dir == NULL) {
        bench_die("hub", "it is not there any more");
    }
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        if (entry->d_name[0] != '.' && out->count < BENCH_THREADS_MAX &&
            read_thread(pid, entry->d_name, &out->threads[out->count])) {
            out->count++;
        }
    }
    (void)closedir(dir);
    (void)snprintf(path, sizeof path, "/proc/%ld/fd", (long)pid);
    dir = opendir(path);
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        out->files += entry->d_name[0] != '.';
    }
    if (dir != NULL) {
        (void)closedir(dir);
    }
    (void)snprintf(path, sizeof path, "/proc/%ld/status", (long)pid);
    if (!slurp(path, text, sizeof text)) {
        bench_die("hub", "it is not there any more");
    }
    out->rss_kib = field_kib(text, "VmRSS:");
    out->peak_kib = field_kib(text, "VmHWM:");
    out->anonymous_kib = field_kib(text, "RssAnon:");
}

static int64_t cpu_of(const struct bench_watch *watch, long id)
{
    for (unsigned i = 0; i < watch->count; i++) {
        if (watch->threads[i].id == id) {
            return watch->threads[i].cpu_ms;
        }
    }
    return 0;
}

void bench_watch_print(const struct bench_watch *before, const struct bench_watch *after)
{
    const char *comma = "";
    (void)printf("\"rss_kib\":%ld,\"peak_kib\":%ld,\"anonymous_kib\":%ld,\"threads\":[", after->rss_kib,
                 after->peak_kib, after->anonymous_kib);
    for (unsigned i = 0; i < after->count; i++) {
        int64_t used = after->threads[i].cpu_ms - cpu_of(before, after->threads[i].id);
        if (used > 0) {
            (void)printf("%s{\"name\":\"%s\",\"cpu_ms\":%lld}", comma, after->threads[i].name,
                         (long long)used);
            comma = ",";
        }
    }
    (void)printf("]");
}

int64_t bench_own_cpu_ms(void)
{
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    return (int64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
           (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
}
