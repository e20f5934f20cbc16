#define _GNU_SOURCE /* strsignal */
#include "tests/sim/runs/apart.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct said {
    bool returned;
    struct sim_result result;
};

int64_t sim_real_ms(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void *sim_shared(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        perror("sim: no memory to share");
        abort();
    }
    return memory;
}

void sim_shared_free(void *memory, size_t size)
{
    (void)munmap(memory, size);
}

bool sim_is_trouble(const struct sim_trouble *trouble)
{
    return trouble->invariant != 0 || trouble->signal != 0 || trouble->status != 0;
}

void sim_trouble_text(const struct sim_trouble *trouble, char *out, size_t size)
{
    if (trouble->invariant != 0) {
        (void)snprintf(out, size, "breaks invariant %u (%s)", trouble->invariant,
                       sim_invariant(trouble->invariant));
    } else if (trouble->signal == SIGALRM) {
        (void)snprintf(out, size, "does not end");
    } else if (trouble->signal != 0) {
        (void)snprintf(out, size, "ends by signal %d, %s", trouble->signal, strsignal(trouble->signal));
    } else {
        (void)snprintf(out, size, trouble->status == 0 ? "is well" : "ends with code %d", trouble->status);
    }
}

/* The child: never returns. */
static _Noreturn void child(const struct sim_options *options, unsigned seconds, int out_fd,
                            struct said *said)
{
    int fd = out_fd >= 0 ? out_fd : open("/dev/null", O_WRONLY | O_CLOEXEC);
    (void)alarm(seconds);
    if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0 || dup2(fd, STDERR_FILENO) < 0) {
        _exit(125);
    }
    sim_world_run(options, &said->result);
    said->returned = true;
    (void)fflush(stdout);
    _exit(0);
}

static struct sim_trouble trouble_of(const struct said *said, int status)
{
    struct sim_trouble trouble = {0};
    if (said->returned) {
        trouble.invariant = said->result.first_broken;
    } else if (WIFSIGNALED(status)) {
        trouble.signal = WTERMSIG(status);
    } else {
        trouble.status = WEXITSTATUS(status) == 0 ? 255 : WEXITSTATUS(status);
    }
    return trouble;
}

void sim_run_apart(const struct sim_options *options, unsigned seconds, int out_fd, struct sim_apart *out)
{
    struct said *said = sim_shared(sizeof *said);
    int64_t begun_ms = sim_real_ms();
    int status = 0;
    (void)fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        child(options, seconds, out_fd, said);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid) {
        perror("sim: no child");
        abort();
    }
    *out = (struct sim_apart){
        .result = said->result, .trouble = trouble_of(said, status), .wall_ms = sim_real_ms() - begun_ms};
    sim_shared_free(said, sizeof *said);
}
