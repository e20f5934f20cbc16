/* What this machine can do at best, measured beside the agent: one B-tree look-up in the same cache, memcpy, and the way of
 * a byte through a pseudo-terminal into another process and back through a unix socket.
 *
 *     bench_limits DIR MEMBERS      prints one JSON object, times in nanoseconds
 *
 * fsync is measured between the sales, in bench_sale. */
#include <errno.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "agent/base/random.h"
#include "agent/crypto/hash.h"
#include "agent/store/cache.h"
#include "agent/store/enrolment.h"
#include "tests/bench/bench.h"

#define ECHOES   2000
#define LOOKUPS  20000
#define COPIES   200
#define BLOCK    ((size_t)16 * 1024 * 1024)
#define PAUSE_US 2000 /* as bench_scan: the other side sleeps when the byte comes */

static void bench_lookup(const char *folder, long members)
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
        vn_cache_reader_open(folder, NULL, &reader, &error) != VN_OK) {
        bench_die("lookup", error.text);
    }
    for (size_t i = 0; i < LOOKUPS; i++) {
        char number[BENCH_CARD_SIZE];
        uint32_t draw = 0;
        struct vn_hash card;
        if (vn_random_fill(&random, (uint8_t *)&draw, sizeof draw) != VN_OK) {
            bench_die("lookup", "no random numbers");
        }
        bench_card((long)draw % members, number);
        vn_hmac_sha256(vn_view_of(enrolment.card_key, VN_HASH_SIZE), vn_view_str(number), card.bytes);
        int64_t start = bench_now_ns();
        if (vn_cache_member(reader, &card, &member, &included) != VN_OK) {
            bench_die("lookup: no card", number);
        }
        times[i] = bench_now_ns() - start;
    }
    vn_cache_reader_close(reader);
    bench_print("lookup", times, LOOKUPS, ",");
}

static void bench_memcpy(void)
{
    static int64_t times[COPIES];
    char *from = malloc(BLOCK);
    char *to = malloc(BLOCK);
    if (from == NULL || to == NULL) {
        bench_die("memcpy", "out of memory");
    }
    memset(from, 1, BLOCK);
    for (size_t i = 0; i < COPIES; i++) {
        from[i] = (char)i;
        int64_t start = bench_now_ns();
        memcpy(to, from, BLOCK);
        times[i] = bench_now_ns() - start;
    }
    if (memcmp(from, to, BLOCK) != 0) {
        bench_die("memcpy", "the copy differs");
    }
    free(from);
    free(to);
    bench_print("memcpy_16mib", times, COPIES, ",");
}

static _Noreturn void echo(int slave, int back)
{
    char bytes[64];
    ssize_t got = 0;
    while ((got = read(slave, bytes, sizeof bytes)) > 0 && write(back, bytes, (size_t)got) == got) {
    }
    _exit(0);
}

static void bench_echo(void)
{
    static int64_t times[ECHOES];
    int pair[2];
    int master = -1;
    int slave = -1;
    struct termios raw;
    char byte = '\r';
    memset(&raw, 0, sizeof raw);
    cfmakeraw(&raw);
    if (openpty(&master, &slave, NULL, &raw, NULL) != 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) {
        bench_die("echo", strerror(errno));
    }
    pid_t child = fork();
    if (child < 0) {
        bench_die("fork", strerror(errno));
    }
    if (child == 0) {
        echo(slave, pair[1]);
    }
    for (size_t i = 0; i < ECHOES; i++) {
        bench_pause_us(PAUSE_US);
        int64_t start = bench_now_ns();
        if (write(master, &byte, 1) != 1 || read(pair[0], &byte, 1) != 1) {
            bench_die("echo", "it broke");
        }
        times[i] = bench_now_ns() - start;
    }
    (void)kill(child, SIGTERM);
    (void)waitpid(child, NULL, 0);
    bench_print("pty_echo", times, ECHOES, "}\n");
}

int main(int argc, char **argv)
{
    long members = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
    if (members < 1) {
        (void)fprintf(stderr, "Usage: bench_limits DIR MEMBERS\n");
        return 2;
    }
    (void)printf("{");
    bench_lookup(argv[1], members);
    bench_memcpy();
    (void)fflush(stdout); /* or the child of the echo would have it too */
    bench_echo();
    return 0;
}
