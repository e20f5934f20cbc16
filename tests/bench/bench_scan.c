/* Scans random cards of the till that bench_till made, and waits for each on the screen.
 *
 *     bench_scan SOCKET PTY_FD MEMBERS SCANS      prints one JSON object, times in nanoseconds
 *
 * PTY_FD is the master of the pseudo-terminal that the agent has open as its scanner. A scanner's bytes trickle in; so the
 * last one is written by itself, after a pause in which the agent has taken the others and sleeps again. The clock starts
 * before that write and stops when the line with this member's points has been read. No two cards in a row have the same
 * balance, or the model would not change. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/random.h"
#include "tests/bench/bench.h"

#define PAUSE_US 2000
#define WAIT_MS  5000

struct run {
    struct bench_stream stream;
    int pty;
    long members;
    struct vn_random random;
    long before;   /* the balance on the screen */
    size_t others; /* lines that said something else */
};

static long draw(struct run *run)
{
    uint32_t value = 0;
    long card = 0;
    do {
        if (vn_random_fill(&run->random, (uint8_t *)&value, sizeof value) != VN_OK) {
            bench_die("scan", "no random numbers");
        }
        card = (long)value % run->members;
    } while (bench_balance(card) == run->before);
    return card;
}

static int64_t scan(struct run *run, long card)
{
    char number[BENCH_CARD_SIZE];
    char bytes[BENCH_CARD_SIZE + 8];
    char wanted[48];
    bench_card(card, number);
    run->before = bench_balance(card);
    (void)snprintf(wanted, sizeof wanted, "\"points\":\"%ld ", run->before);
    int len = snprintf(bytes, sizeof bytes, "]E0%s\r", number);
    if (write(run->pty, bytes, (size_t)len - 1) != len - 1) {
        bench_die("scan", "the pty does not take bytes");
    }
    bench_pause_us(PAUSE_US);
    int64_t start = bench_now_ns();
    if (write(run->pty, "\r", 1) != 1) {
        bench_die("scan", "the pty does not take bytes");
    }
    for (;;) {
        const char *line = bench_stream_next(&run->stream, WAIT_MS);
        int64_t end = bench_now_ns();
        if (line == NULL) {
            bench_die("scan: no model came for card", number);
        }
        if (strstr(line, wanted) != NULL) {
            return end - start;
        }
        run->others++;
    }
}

int main(int argc, char **argv)
{
    static struct run run;
    uint64_t seed = 2;
    if (argc != 5) {
        (void)fprintf(stderr, "Usage: bench_scan SOCKET PTY_FD MEMBERS SCANS\n");
        return 2;
    }
    size_t count = strtoul(argv[4], NULL, 10);
    int64_t *times = calloc(count + 1, sizeof *times);
    run.pty = (int)strtol(argv[2], NULL, 10);
    run.members = strtol(argv[3], NULL, 10);
    run.random = vn_random_seeded(&seed);
    if (times == NULL || count == 0 || run.members < 2) {
        bench_die("scan", "nothing to do");
    }
    bench_stream_open(&run.stream, argv[1], "/v1/screen?locale=en");
    if (bench_stream_next(&run.stream, WAIT_MS) == NULL) {
        bench_die("scan", "no first model");
    }
    for (size_t i = 0; i < count; i++) {
        times[i] = scan(&run, draw(&run));
    }
    (void)printf("{");
    bench_print("scan", times, count, ",");
    (void)printf("\"other_lines\":%zu}\n", run.others);
    free(times);
    return 0;
}
