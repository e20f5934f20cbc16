/* What this machine can do at best, measured beside the agent: one fsync of an appended page, one B-tree look-up in the
 * same cache, memcpy.
 *
 *     bench_limits DIR MEMBERS      prints one JSON object, times in nanoseconds */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/clock.h"
#include "agent/base/random.h"
#include "agent/crypto/hash.h"
#include "agent/store/cache.h"
#include "agent/store/enrolment.h"

#define SYNCS   500
#define LOOKUPS 20000
#define COPIES  200
#define BLOCK   ((size_t)16 * 1024 * 1024)

static int by_time(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static void print(const char *name, int64_t *times, size_t count, const char *end)
{
    qsort(times, count, sizeof times[0], by_time);
    (void)printf("\"%s\":{\"p50\":%lld,\"p99\":%lld}%s", name, (long long)times[count / 2],
                 (long long)times[count * 99 / 100], end);
}

static int bench_fsync(const char *folder, const struct vn_clock *clock)
{
    static int64_t times[SYNCS];
    static char page[4096];
    char path[VN_PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/fsync.bench", folder);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) {
        return 1;
    }
    for (size_t i = 0; i < SYNCS; i++) {
        int64_t start = vn_clock_mono_ns(clock);
        if (write(fd, page, sizeof page) != (ssize_t)sizeof page || fdatasync(fd) != 0) {
            (void)close(fd);
            return 1;
        }
        times[i] = vn_clock_mono_ns(clock) - start;
    }
    (void)close(fd);
    (void)unlink(path);
    print("fsync", times, SYNCS, ",");
    return 0;
}

static int bench_lookup(const char *folder, long members, const struct vn_clock *clock)
{
    static int64_t times[LOOKUPS];
    static struct vn_enrolment enrolment;
    static struct vn_member member;
    struct vn_cache_reader *reader = NULL;
    struct vn_error error;
    uint64_t seed = 1;
    struct vn_random random = vn_random_seeded(&seed);
    int64_t included = 0;
    if (vn_enrolment_load(folder, &enrolment, &error) != VN_OK ||
        vn_cache_reader_open(folder, &reader, &error) != VN_OK) {
        return 1;
    }
    for (size_t i = 0; i < LOOKUPS; i++) {
        char number[16];
        int sum = 0;
        uint32_t draw = 0;
        struct vn_hash card;
        if (vn_random_fill(&random, (uint8_t *)&draw, sizeof draw) != VN_OK) {
            return 1;
        }
        (void)snprintf(number, sizeof number, "2990%08ld", (long)draw % members);
        for (int d = 0; d < 12; d++) {
            sum += (number[d] - '0') * (d % 2 == 0 ? 1 : 3);
        }
        number[12] = (char)('0' + (10 - sum % 10) % 10);
        number[13] = '\0';
        vn_hmac_sha256(vn_view_of(enrolment.card_key, VN_HASH_SIZE), vn_view_str(number), card.bytes);
        int64_t start = vn_clock_mono_ns(clock);
        if (vn_cache_member(reader, &card, &member, &included) != VN_OK) {
            return 1;
        }
        times[i] = vn_clock_mono_ns(clock) - start;
    }
    vn_cache_reader_close(reader);
    print("lookup", times, LOOKUPS, ",");
    return 0;
}

static int bench_memcpy(const struct vn_clock *clock)
{
    static int64_t times[COPIES];
    char *from = malloc(BLOCK);
    char *to = malloc(BLOCK);
    if (from == NULL || to == NULL) {
        free(from);
        free(to);
        return 1;
    }
    memset(from, 1, BLOCK);
    for (size_t i = 0; i < COPIES; i++) {
        from[i] = (char)i;
        int64_t start = vn_clock_mono_ns(clock);
        memcpy(to, from, BLOCK);
        times[i] = vn_clock_mono_ns(clock) - start;
    }
    bool same = memcmp(from, to, BLOCK) == 0;
    free(from);
    free(to);
    print("memcpy_16mib", times, COPIES, "");
    return same ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct vn_clock clock = vn_clock_system();
    long members = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
    if (members < 1) {
        (void)fprintf(stderr, "Usage: bench_limits DIR MEMBERS\n");
        return 2;
    }
    (void)printf("{");
    int failed = bench_fsync(argv[1], &clock) + bench_lookup(argv[1], members, &clock) + bench_memcpy(&clock);
    (void)printf("}\n");
    return failed == 0 ? 0 : 1;
}
