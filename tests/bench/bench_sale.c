/* Whole sales over the local API: a card, a quote, the hold, the commit, and beside each commit one fsync of the same disk.
 *
 *     bench_sale SOCKET DIR MEMBERS SALES      prints one JSON object, times in nanoseconds
 *
 * The references are one page appended to a file, one page written over again, and as many bytes as a commit has written
 * over again, each with fdatasync: a write-ahead log appends until its first checkpoint and writes over from then on. DIR is
 * a folder on the agent's file system. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/bench.h"

#define SALE_LINES 5
#define LONG_LINES 50
#define PAGE       4096
#define SAME_PAGES 10 /* what a commit writes; strace shows it */
#define OVER_PAGES 1000

enum { COMMIT, HOLD, QUOTE_5, QUOTE_50, APPEND, OVERWRITE, OVER_SAME, SERIES };
static const char *const names[SERIES] = {"commit",       "hold",       "quote_5",   "quote_50",
                                          "fsync_append", "fsync_over", "fsync_same"};

struct run {
    int fd;
    int append, over;
    long members;
    char date[16];
    size_t first; /* receipt: another one in each run on the same till */
    size_t count;
    int64_t *times[SERIES];
};

static void basket(const struct run *run, size_t sale, const char *register_name, unsigned lines, char *out,
                   size_t size)
{
    int len = snprintf(out, size,
                       "{\"basket\":{\"sale\":{\"pos\":\"%s\",\"date\":\"%s\",\"receipt\":\"%zu\"},"
                       "\"operator\":\"7\",\"started_ms\":%lld,\"lines\":[",
                       register_name, run->date, run->first + sale, (long long)time(NULL) * 1000);
    for (unsigned i = 0; i < lines; i++) {
        struct vn_item item;
        bench_item((unsigned)(sale * 7 + i * 11) % BENCH_CATALOGUE, &item);
        len +=
            snprintf(out + len, size - (size_t)len,
                     "%s{\"id\":%u,\"code\":\"%s\",\"name\":\"%s\",\"qty_milli\":1000,\"amount_minor\":%lld,"
                     "\"unit_price_minor\":%lld,\"kind\":\"goods\"}",
                     i == 0 ? "" : ",", i + 1, item.code, item.name, (long long)item.price_minor,
                     (long long)item.price_minor);
    }
    (void)snprintf(out + len, size - (size_t)len, "]}}");
}

static int64_t call(const struct run *run, const char *path, const char *body)
{
    static char reply[BENCH_LINE_MAX];
    int64_t start = bench_now_ns();
    int status = bench_call(run->fd, path, body, reply, sizeof reply);
    int64_t end = bench_now_ns();
    if (status != 200) {
        bench_die(path, reply);
    }
    return end - start;
}

static int64_t sync_pages(int fd, off_t at, size_t pages)
{
    static char bytes[SAME_PAGES * PAGE];
    ssize_t len = (ssize_t)(pages * PAGE);
    bytes[0]++;
    int64_t start = bench_now_ns();
    if (pwrite(fd, bytes, (size_t)len, at) != len || fdatasync(fd) != 0) {
        bench_die("fsync", "the disk refuses");
    }
    return bench_now_ns() - start;
}

static int open_page_file(const char *folder, const char *name, size_t pages)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) {
        bench_die(path, "can't be made");
    }
    (void)unlink(path); /* it lives as long as it is open */
    static const char page[PAGE];
    for (size_t i = 0; i < pages; i++) {
        if (write(fd, page, PAGE) != PAGE) {
            bench_die(path, "can't be filled");
        }
    }
    (void)fsync(fd);
    return fd;
}

static void sell(struct run *run, size_t i)
{
    static char body[BENCH_LINE_MAX];
    char number[BENCH_CARD_SIZE];
    bench_card((long)(i * 7919) % run->members, number);
    basket(run, i, "1", SALE_LINES, body, sizeof body);
    char scan[64];
    (void)snprintf(scan, sizeof scan, "{\"aim\":\"]E0\",\"data\":\"%s\"}", number);
    (void)call(run, "/v1/scan", scan);
    run->times[QUOTE_5][i] = call(run, "/v1/quote", body);
    run->times[HOLD][i] = call(run, "/v1/hold", body);
    run->times[APPEND][i] = sync_pages(run->append, (off_t)i * PAGE, 1);
    run->times[OVER_SAME][i] =
        sync_pages(run->over, (off_t)(i * SAME_PAGES % (OVER_PAGES - SAME_PAGES)) * PAGE, SAME_PAGES);
    char commit[256];
    (void)snprintf(commit, sizeof commit,
                   "{\"sale\":{\"pos\":\"1\",\"date\":\"%s\",\"receipt\":\"%zu\"},\"fiscal\":\"F-%zu\"}",
                   run->date, run->first + i, i);
    run->times[COMMIT][i] = call(run, "/v1/commit", commit);
    run->times[OVERWRITE][i] = sync_pages(run->over, (off_t)(i % OVER_PAGES) * PAGE, 1);
}

int main(int argc, char **argv)
{
    static struct run run;
    static char body[BENCH_LINE_MAX];
    if (argc != 5) {
        (void)fprintf(stderr, "Usage: bench_sale SOCKET DIR MEMBERS SALES\n");
        return 2;
    }
    run.members = strtol(argv[3], NULL, 10);
    run.count = strtoul(argv[4], NULL, 10);
    run.fd = bench_connect(argv[1]);
    if (run.fd < 0 || run.count == 0 || run.members < 1) {
        bench_die("sale", "the agent does not listen, or nothing to do");
    }
    time_t now = time(NULL);
    run.first = (size_t)now * 1000;
    struct tm local;
    (void)strftime(run.date, sizeof run.date, "%Y-%m-%d", gmtime_r(&now, &local));
    run.append = open_page_file(argv[2], "append.bench", 0);
    run.over = open_page_file(argv[2], "over.bench", OVER_PAGES);
    for (int s = 0; s < SERIES; s++) {
        run.times[s] = calloc(run.count, sizeof *run.times[s]);
        if (run.times[s] == NULL) {
            bench_die("sale", "out of memory");
        }
    }
    for (size_t i = 0; i < run.count; i++) {
        sell(&run, i);
    }
    for (size_t i = 0; i < run.count; i++) {
        basket(&run, i, "2", LONG_LINES, body, sizeof body);
        run.times[QUOTE_50][i] = call(&run, "/v1/quote", body);
    }
    (void)printf("{");
    for (int s = 0; s < SERIES; s++) {
        bench_print(names[s], run.times[s], run.count, s + 1 < SERIES ? "," : "}\n");
        free(run.times[s]);
    }
    return 0;
}
