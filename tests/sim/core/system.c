/* What the boxes ask the system by name although clock and randomness are given to them: in a fiber it is the machine's of that
 * fiber. The linker leads their calls here (--wrap). A file that
 * jansson would open by itself is opened as ours are. */
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/random.h>
#include <time.h>

#include "tests/sim/core/sim.h"

int __real_clock_gettime(clockid_t clock, struct timespec *out);
int __wrap_clock_gettime(clockid_t clock, struct timespec *out);
ssize_t __real_getrandom(void *out, size_t len, unsigned flags);
ssize_t __wrap_getrandom(void *out, size_t len, unsigned flags);
json_t *__real_json_load_file(const char *path, size_t flags, json_error_t *error);
json_t *__wrap_json_load_file(const char *path, size_t flags, json_error_t *error);
int __real_nanosleep(const struct timespec *wanted, struct timespec *left);
json_t *__wrap_json_load_file(const char *path, size_t flags, json_error_t *error)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return __real_json_load_file(path, flags, error);
    }
    json_t *json = json_loadf(file, flags, error);
    (void)fclose(file);
    return json;
}

int __wrap_nanosleep(const struct timespec *wanted, struct timespec *left);

int __wrap_clock_gettime(clockid_t clock, struct timespec *out)
{
    struct sim_proc *proc = sim_self_proc();
    if (proc == NULL) {
        return __real_clock_gettime(clock, out);
    }
    const struct vn_clock own = sim_proc_clock(proc);
    int64_t ns = clock == CLOCK_REALTIME ? vn_clock_wall_ms(&own) * SIM_MS : vn_clock_mono_ns(&own);
    *out = (struct timespec){.tv_sec = ns / SIM_S, .tv_nsec = ns % SIM_S};
    return 0;
}

ssize_t __wrap_getrandom(void *out, size_t len, unsigned flags)
{
    struct sim_proc *proc = sim_self_proc();
    if (proc == NULL) {
        return __real_getrandom(out, len, flags);
    }
    const struct vn_random own = sim_proc_random(proc);
    return vn_random_fill(&own, out, len) == VN_OK ? (ssize_t)len : -1;
}

int __wrap_nanosleep(const struct timespec *wanted, struct timespec *left)
{
    if (sim_self() == NULL) {
        return __real_nanosleep(wanted, left);
    }
    sim_sleep(wanted->tv_sec * SIM_S + wanted->tv_nsec);
    return 0;
}
