#include "tests/sim/world/coverage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS     4096
#define NAME_MAX_ 80

struct slot {
    char name[NAME_MAX_];
    int64_t times;
};

static struct slot slots[SLOTS];

/* What a run of many seeds must reach. */
static const char *const wanted[] = {
#include "tests/sim/world/wanted.inc"
};

static struct slot *find(const char *what)
{
    uint64_t hash = 0xcbf29ce484222325U;
    for (const char *at = what; *at != '\0'; at++) {
        hash = (hash ^ (uint8_t)*at) * 0x100000001b3U;
    }
    for (unsigned i = 0; i < SLOTS; i++) {
        struct slot *slot = &slots[(hash + i) % SLOTS];
        if (slot->name[0] == '\0' || strncmp(slot->name, what, NAME_MAX_ - 1) == 0) {
            return slot;
        }
    }
    abort(); /* too many names: our bug */
}

void sim_cover_times(const char *what, int64_t times)
{
    struct slot *slot = find(what);
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

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct slot *)a)->name, ((const struct slot *)b)->name);
}

void sim_coverage_print(void)
{
    static struct slot sorted[SLOTS];
    memcpy(sorted, slots, sizeof sorted);
    qsort(sorted, SLOTS, sizeof *sorted, by_name);
    for (unsigned i = 0; i < SLOTS; i++) {
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
        char time[40], level[16], event[48], what[NAME_MAX_];
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
