#include "tests/sim/world/coverage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct sim_covered covered;

/* What a run of many seeds must reach. */
static const char *const wanted[] = {
#include "tests/sim/world/wanted.inc"
};

static struct sim_covered_slot *find(const char *what)
{
    uint64_t hash = 0xcbf29ce484222325U;
    for (const char *at = what; *at != '\0'; at++) {
        hash = (hash ^ (uint8_t)*at) * 0x100000001b3U;
    }
    for (unsigned i = 0; i < SIM_COVERED_MAX; i++) {
        struct sim_covered_slot *slot = &covered.slots[(hash + i) % SIM_COVERED_MAX];
        if (slot->name[0] == '\0' || strncmp(slot->name, what, SIM_COVERED_NAME - 1) == 0) {
            return slot;
        }
    }
    abort(); /* too many names: our bug */
}

void sim_cover_times(const char *what, int64_t times)
{
    struct sim_covered_slot *slot = find(what);
    (void)snprintf(slot->name, sizeof slot->name, "%s", what);
    slot->times += times;
}

void sim_cover(const char *what)
{
    sim_cover_times(what, 1);
}

int64_t sim_covered(const char *what)
{
    return find(what)->times;
}

void sim_coverage_take(struct sim_covered *out)
{
    *out = covered;
}

void sim_coverage_forget(void)
{
    memset(&covered, 0, sizeof covered);
}

void sim_coverage_add(const struct sim_covered *more)
{
    for (unsigned i = 0; i < SIM_COVERED_MAX; i++) {
        if (more->slots[i].name[0] != '\0') {
            sim_cover_times(more->slots[i].name, more->slots[i].times);
        }
    }
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct sim_covered_slot *)a)->name, ((const struct sim_covered_slot *)b)->name);
}

void sim_coverage_print(void)
{
    static struct sim_covered_slot sorted[SIM_COVERED_MAX];
    memcpy(sorted, covered.slots, sizeof sorted);
    qsort(sorted, SIM_COVERED_MAX, sizeof *sorted, by_name);
    for (unsigned i = 0; i < SIM_COVERED_MAX; i++) {
        if (sorted[i].name[0] != '\0') {
            (void)printf("%10lld  %s\n", (long long)sorted[i].times, sorted[i].name);
        }
    }
    for (unsigned i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        if (sim_covered(wanted[i]) == 0) {
            (void)printf("%10d  %s\n", 0, wanted[i]);
        }
    }
}

unsigned sim_coverage_missing(void)
{
    unsigned missing = 0;
    for (unsigned i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        if (sim_covered(wanted[i]) == 0) {
            (void)printf("never reached: %s\n", wanted[i]);
            missing++;
        }
    }
    return missing;
}

void sim_cover_log(const char *who, const char *text, uint64_t len)
{
    const char *end = text + len;
    while (text < end) {
        const char *line_end = memchr(text, '\n', (size_t)(end - text));
        char time[40], level[16], event[48], what[SIM_COVERED_NAME];
        char line[120];
        size_t line_len = (size_t)((line_end == NULL ? end : line_end) - text);
        (void)snprintf(line, sizeof line, "%.*s", (int)(line_len < sizeof line ? line_len : sizeof line - 1),
                       text);
        if (sscanf(line, "%39s %15s %47s", time, level, event) == 3) {
            (void)snprintf(what, sizeof what, "%s: %s", who, event);
            sim_cover(what);
        }
        text = line_end == NULL ? end : line_end + 1;
    }
}
