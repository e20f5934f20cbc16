#include "tests/sim/net/model.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "tests/sim/core/sim.h"

#define CUTS_MAX 256
#define FEED     "/v1/feed"

struct cut {
    char from[32], to[32];
};

static struct {
    struct sim_net_weather weather;
    struct sim_net_counts counts;
    struct cut cuts[CUTS_MAX];
    unsigned cut_count;
    char mute[32];
    void (*see)(void *ctx, const struct sim_net_answer *answer);
    void *see_ctx;
    void (*seen)(void *ctx, const struct sim_net_seen *seen);
    void *seen_ctx;
} net;

void sim_net_begin(void)
{
    memset(&net, 0, sizeof net);
    net.weather = (struct sim_net_weather){.delay_min_us = 300, .delay_max_us = 3000};
}

void sim_net_end(void)
{
    net.cut_count = 0;
    net.mute[0] = '\0';
    net.see = NULL;
    net.seen = NULL;
}

void sim_net_witness(void (*see)(void *ctx, const struct sim_net_answer *answer), void *ctx)
{
    net.see = see;
    net.see_ctx = ctx;
}

void sim_net_answered(const struct sim_net_answer *answer)
{
    if (net.see != NULL) {
        net.see(net.see_ctx, answer);
    }
}

void sim_net_set(const struct sim_net_weather *weather)
{
    net.weather = *weather;
}

struct sim_net_counts *sim_net_counts(void)
{
    return &net.counts;
}

void sim_net_watch(void (*seen)(void *ctx, const struct sim_net_seen *seen), void *ctx)
{
    net.seen = seen;
    net.seen_ctx = ctx;
}

void sim_net_show(const struct sim_net_seen *seen)
{
    if (net.seen != NULL) {
        net.seen(net.seen_ctx, seen);
    }
}

void sim_net_cut(const char *from, const char *to)
{
    assert(net.cut_count < CUTS_MAX);
    struct cut *cut = &net.cuts[net.cut_count++];
    (void)snprintf(cut->from, sizeof cut->from, "%s", from);
    (void)snprintf(cut->to, sizeof cut->to, "%s", to);
}

void sim_net_heal(const char *from, const char *to)
{
    for (unsigned i = 0; i < net.cut_count; i++) {
        if (strcmp(net.cuts[i].from, from) == 0 && strcmp(net.cuts[i].to, to) == 0) {
            net.cuts[i] = net.cuts[--net.cut_count];
            return;
        }
    }
}

void sim_net_heal_all(void)
{
    net.cut_count = 0;
}

static bool fits(const char *pattern, const char *host)
{
    return pattern[0] == '\0' || strcmp(pattern, host) == 0;
}

bool sim_net_is_cut(const char *from, const char *to)
{
    for (unsigned i = 0; i < net.cut_count; i++) {
        if (fits(net.cuts[i].from, from) && fits(net.cuts[i].to, to)) {
            return true;
        }
    }
    return false;
}

void sim_net_mute(const char *host)
{
    (void)snprintf(net.mute, sizeof net.mute, "%s", host);
}

bool sim_net_is_mute(const char *host, const char *path)
{
    return net.mute[0] != '\0' && strcmp(net.mute, host) == 0 && strcmp(path, FEED) == 0;
}

bool sim_net_lies(void)
{
    return net.weather.lie_per_10000 > 0 && sim_chance(net.weather.lie_per_10000);
}

int64_t sim_net_plain_delay(void)
{
    return sim_between(net.weather.delay_min_us, net.weather.delay_max_us) * 1000;
}

enum sim_fate sim_net_send(const char *from, const char *to, int64_t *delay_ns)
{
    *delay_ns = sim_net_plain_delay();
    if (sim_net_is_cut(from, to)) {
        net.counts.cut++;
        return SIM_IS_SILENT;
    }
    if (sim_chance(net.weather.lose_per_10000)) {
        net.counts.lost++;
        return sim_chance(5000) ? SIM_IS_RESET : SIM_IS_SILENT;
    }
    if (sim_chance(net.weather.slow_per_10000)) {
        net.counts.slow++;
        *delay_ns += sim_between(0, net.weather.slow_max_ms) * SIM_MS;
    }
    return SIM_ARRIVES;
}

bool sim_net_repeats(int64_t *later_ns)
{
    if (!sim_chance(net.weather.repeat_per_10000)) {
        return false;
    }
    net.counts.repeated++;
    *later_ns = sim_between(0, net.weather.repeat_max_ms) * SIM_MS;
    return true;
}
