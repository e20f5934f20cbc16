#include "tests/sim/world/coverage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct sim_covered covered;

/* What a run of many seeds must reach. */
static const char *const wanted[] = {
#include "tests/sim/world/wanted.inc"
};
#define WANTED (sizeof wanted / sizeof wanted[0])

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
    for (size_t i = 0; i < WANTED; i++) {
        if (sim_covered(wanted[i]) == 0) {
            (void)printf("%10d  %s\n", 0, wanted[i]);
        }
    }
}

unsigned sim_coverage_missing(void)
{
    unsigned missed = 0;
    for (size_t i = 0; i < WANTED; i++) {
        if (sim_covered(wanted[i]) == 0) {
            (void)printf("never reached: %s\n", wanted[i]);
            missed++;
        }
    }
    return missed;
}

/* --- logs ---------------------------------------------------------------------------------------------------------- */

/* What else of an event counts: the value of this key. */
static const struct {
    const char *event, *key;
} told[] = {{"hub_online", "state"},
            {"hub_offline", "state"},
            {"entry_quarantined", "class"},
            {"request_failed", "status"}};

static bool value_of(const char *line, const char *key, char *out, size_t size)
{
    char mark[32];
    int len = snprintf(mark, sizeof mark, " %s=", key);
    const char *at = strstr(line, mark);
    if (at == NULL) {
        return false;
    }
    at += len;
    (void)snprintf(out, size, "%.*s", (int)strcspn(at, " "), at);
    return true;
}

/* States of the uplink, as its till logs them: which, and which came after which. */
static void cover_state(const char *state, char *last, size_t size)
{
    char what[SIM_COVERED_NAME];
    (void)snprintf(what, sizeof what, "uplink: %s", state);
    sim_cover(what);
    if (last[0] != '\0' && strcmp(last, state) != 0) {
        (void)snprintf(what, sizeof what, "uplink: %s, then %s", last, state);
        sim_cover(what);
    }
    (void)snprintf(last, size, "%s", state);
}

static void cover_line(const char *who, const char *line, char *last, size_t size)
{
    char time[40], level[16], event[48], what[SIM_COVERED_NAME];
    char value[32];
    if (sscanf(line, "%39s %15s %47s", time, level, event) != 3) {
        return;
    }
    (void)snprintf(what, sizeof what, "%s: %s", who, event);
    sim_cover(what);
    for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
        if (strcmp(event, told[i].event) != 0 || !value_of(line, told[i].key, value, sizeof value)) {
            continue;
        }
        if (strcmp(told[i].key, "state") == 0) {
            cover_state(value, last, size);
        } else {
            (void)snprintf(what, sizeof what, "%s: %s %s", who, event, value);
            sim_cover(what);
        }
    }
}

void sim_cover_log(const char *who, const char *text, uint64_t len)
{
    const char *end = text + len;
    char last[32] = "";
    while (text < end) {
        const char *line_end = memchr(text, '\n', (size_t)(end - text));
        char line[400];
        size_t line_len = (size_t)((line_end == NULL ? end : line_end) - text);
        (void)snprintf(line, sizeof line, "%.*s", (int)(line_len < sizeof line ? line_len : sizeof line - 1),
                       text);
        cover_line(who, line, last, sizeof last);
        text = line_end == NULL ? end : line_end + 1;
    }
}
