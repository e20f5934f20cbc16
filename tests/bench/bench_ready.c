/* Starts the agent again and again: from exec to the first answer of GET /v1/status, and to the first
 * member on the screen.
 *
 *     bench_ready AGENT DIR STARTS [PRELOAD]      prints one JSON object, times in nanoseconds */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/bench.h"

#define POLL_US    200
#define WAIT_MS    5000
#define GIVE_UP_NS 30000000000

static void drop_output(int fd)
{
    int nowhere = open("/dev/null", O_WRONLY);
    if (nowhere < 0 || dup2(nowhere, fd) < 0) {
        _exit(127);
    }
}

static pid_t start(const char *agent, const char *folder, const char *preload)
{
    pid_t pid = fork();
    if (pid < 0) {
        bench_die("fork", strerror(errno));
    }
    if (pid == 0) {
        drop_output(STDERR_FILENO);
        (void)prctl(PR_SET_PDEATHSIG, SIGTERM); /* it ends with us, however we end */
        if (preload != NULL) {
            (void)setenv("LD_PRELOAD", preload, 1);
        }
        (void)execl(agent, "verno-agent", "--dir", folder, (char *)NULL);
        _exit(127);
    }
    return pid;
}

static int status_fd(const char *socket_path, int64_t until_ns)
{
    int fd = -1;
    while ((fd = bench_connect(socket_path)) < 0) {
        if (bench_now_ns() > until_ns) {
            bench_die("ready", "the agent does not listen");
        }
        bench_pause_us(POLL_US);
    }
    return fd;
}

/* What the kernel and the dynamic linker take alone: the same program, asked for its version. */
static int64_t exec_only(const char *agent)
{
    int exit_code = 0;
    int64_t begin = bench_now_ns();
    pid_t pid = fork();
    if (pid == 0) {
        drop_output(STDOUT_FILENO);
        (void)execl(agent, "verno-agent", "--version", (char *)NULL);
        _exit(127);
    }
    if (pid < 0 || waitpid(pid, &exit_code, 0) != pid || exit_code != 0) {
        bench_die("exec", "it did not end well");
    }
    return bench_now_ns() - begin;
}

/* Card 0 as a POS with its own scanner would report it, until the screen shows its points. */
static void first_card(int fd, const char *socket_path)
{
    static struct bench_stream stream;
    static char reply[BENCH_LINE_MAX];
    char number[BENCH_CARD_SIZE];
    char body[64];
    char wanted[48];
    const char *line = NULL;
    bench_card(0, number);
    (void)snprintf(body, sizeof body, "{\"aim\":\"]E0\",\"data\":\"%s\"}", number);
    (void)snprintf(wanted, sizeof wanted, "\"points\":\"%ld ", bench_balance(0));
    bench_stream_open(&stream, socket_path, "/v1/screen?locale=en");
    if (bench_call(fd, "/v1/scan", body, reply, sizeof reply) != 200) {
        bench_die("ready", "no scan");
    }
    do {
        line = bench_stream_next(&stream, WAIT_MS);
    } while (line != NULL && strstr(line, wanted) == NULL);
    if (line == NULL) {
        bench_die("ready: no model came for card", number);
    }
    (void)close(stream.fd);
}

static void once(char **argv, int64_t *ready, int64_t *card, int64_t *ended)
{
    static char reply[BENCH_LINE_MAX];
    char socket_path[512];
    int exit_code = 0;
    (void)snprintf(socket_path, sizeof socket_path, "%s/pos.sock", argv[2]);
    (void)unlink(socket_path);
    int64_t begin = bench_now_ns();
    pid_t pid = start(argv[1], argv[2], argv[4]);
    int fd = status_fd(socket_path, begin + GIVE_UP_NS);
    if (bench_call(fd, "/v1/status", NULL, reply, sizeof reply) != 200) {
        bench_die("ready", "no status");
    }
    *ready = bench_now_ns() - begin;
    while (strstr(reply, "\"ruleset\":0") != NULL &&
           bench_now_ns() < begin + GIVE_UP_NS) { /* no ruleset, no card */
        bench_pause_us(POLL_US);
        (void)bench_call(fd, "/v1/status", NULL, reply, sizeof reply);
    }
    first_card(fd, socket_path);
    *card = bench_now_ns() - begin;
    (void)close(fd);
    begin = bench_now_ns();
    (void)kill(pid, SIGTERM);
    if (waitpid(pid, &exit_code, 0) != pid || exit_code != 0) {
        bench_die("ready", "the agent did not end well");
    }
    *ended = bench_now_ns() - begin;
}

int main(int argc, char **argv)
{
    if (argc < 4 || argc > 5) {
        (void)fprintf(stderr, "Usage: bench_ready AGENT DIR STARTS [PRELOAD]\n");
        return 2;
    }
    size_t count = strtoul(argv[3], NULL, 10);
    int64_t *times = calloc(4 * count + 1, sizeof *times);
    if (times == NULL || count == 0) {
        bench_die("ready", "nothing to do");
    }
    for (size_t i = 0; i < count; i++) {
        once(argv, &times[i], &times[count + i], &times[2 * count + i]);
        times[3 * count + i] = exec_only(argv[1]);
    }
    (void)printf("{");
    bench_print("ready", times, count, ",");
    bench_print("first_card", times + count, count, ",");
    bench_print("ended", times + 2 * count, count, ",");
    bench_print("exec", times + 3 * count, count, "}\n");
    free(times);
    return 0;
}
