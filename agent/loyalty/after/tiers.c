#include <stdio.h>

#include "agent/loyalty/rules/clock.h"
#include "agent/loyalty/rules/ladder.h"
#include "agent/loyalty/rules/time_text.h"
#include "agent/loyalty/tiers.h"

#define MINUTE_MS INT64_C(60000)
#define DAY_MS    INT64_C(86400000)

/* The moment at which a local day of the chain begins. Clocks that change on that very day, in the hours between, are taken
 * as they stand at midnight UTC. */
static int64_t day_begins_ms(const struct vn_ruleset *ruleset, int64_t day)
{
    int64_t midnight_ms = day * DAY_MS;
    return midnight_ms - vn_clock_offset_min(&ruleset->zone, midnight_ms) * MINUTE_MS;
}

/* The first moment of the period that is `later` periods after the one of that time. */
static int64_t period_begins_ms(const struct vn_ruleset *ruleset, int64_t at_ms, int later)
{
    int64_t minute = vn_time_local_minute(at_ms, vn_clock_offset_min(&ruleset->zone, at_ms));
    struct vn_date date = vn_clock_date(vn_clock_day(minute));
    int64_t months = date.year * 12 + (int64_t)date.month - 1;
    months -= (int64_t)((date.month - 1) % ruleset->tier_months);
    months += (int64_t)later * ruleset->tier_months;
    return day_begins_ms(ruleset, vn_clock_day_of(months / 12, (unsigned)(months % 12) + 1, 1));
}

/* The period that is `later` periods after the one that begins at `begin_ms`; noon stands for its first day, so that a change
 * of clocks in the night can't move it into the month before. */
static int64_t neighbour_ms(const struct vn_ruleset *ruleset, int64_t begin_ms, int later)
{
    return period_begins_ms(ruleset, begin_ms + DAY_MS / 2, later);
}

static void rise(const struct vn_ruleset *ruleset, unsigned reached, struct vn_tier_state *state)
{
    if (reached > vn_tier_rank(ruleset, state->tier)) {
        (void)snprintf(state->tier, sizeof state->tier, "%s", vn_tier_name(ruleset, reached));
    }
}

static bool has_periods(const struct vn_ruleset *ruleset)
{
    return ruleset->tier_months != 0 && ruleset->tier_count != 0;
}

/* FNV-1a */
static uint64_t mix(uint64_t hash, uint64_t value)
{
    for (unsigned i = 0; i < sizeof value; i++) {
        hash = (hash ^ (value >> (8 * i) & 0xff)) * UINT64_C(0x100000001b3);
    }
    return hash;
}

int64_t vn_tier_rules(const struct vn_ruleset *ruleset)
{
    if (!has_periods(ruleset)) {
        return 0;
    }
    uint64_t hash = mix(UINT64_C(0xcbf29ce484222325), ruleset->tier_months);
    hash = mix(hash, (uint64_t)ruleset->tier_grace_days * 2 + (ruleset->tiers_by_points ? 1 : 0));
    for (uint32_t i = 0; i < ruleset->tier_count; i++) {
        hash = mix(hash, (uint64_t)ruleset->tiers[i].from);
        for (const char *c = ruleset->tiers[i].id; *c != '\0'; c++) {
            hash = mix(hash, (unsigned char)*c);
        }
    }
    return (int64_t)(hash >> 2) + 1;
}

/* Is the tier listed, and above what the period before earned? */
static bool is_unearned(const struct vn_ruleset *ruleset, const struct vn_tier_state *state)
{
    unsigned rank = vn_tier_rank(ruleset, state->tier);
    return rank <= ruleset->tier_count && rank > vn_tier_reached(ruleset, state->before);
}

/* Nothing was counted and nothing can fall: one period is like the next. */
static bool is_idle(const struct vn_ruleset *ruleset, const struct vn_tier_state *state)
{
    return state->qualifying == 0 && state->before == 0 && state->fall_ms == 0 &&
           !is_unearned(ruleset, state);
}

static void end_period(const struct vn_ruleset *ruleset, int64_t next_ms, struct vn_tier_state *state)
{
    state->before = state->qualifying;
    state->qualifying = 0;
    state->period_ms = next_ms;
    if (!is_unearned(ruleset, state)) {
        state->fall_ms = 0;
    } else if (state->fall_ms == 0) {
        state->fall_ms = next_ms + ruleset->tier_grace_days * DAY_MS;
    }
}

static void fall(const struct vn_ruleset *ruleset, struct vn_tier_state *state)
{
    unsigned before = vn_tier_reached(ruleset, state->before);
    unsigned now = vn_tier_reached(ruleset, state->qualifying);
    (void)snprintf(state->tier, sizeof state->tier, "%s", vn_tier_name(ruleset, now > before ? now : before));
    state->fall_ms = 0;
}

void vn_tier_turn(const struct vn_ruleset *ruleset, int64_t now_ms, struct vn_tier_state *state)
{
    if (!has_periods(ruleset)) {
        state->fall_ms = 0;
        return;
    }
    int64_t present_ms = period_begins_ms(ruleset, now_ms, 0);
    if (state->period_ms == 0) {
        state->period_ms = present_ms;
    }
    for (;;) {
        bool falls = state->fall_ms != 0 && state->fall_ms <= now_ms;
        if (state->period_ms < present_ms) {
            int64_t next_ms = neighbour_ms(ruleset, state->period_ms, 1);
            if (!falls || next_ms <= state->fall_ms) {
                end_period(ruleset, is_idle(ruleset, state) ? present_ms : next_ms, state);
                continue;
            }
        }
        if (!falls) {
            return;
        }
        fall(ruleset, state);
    }
}

int64_t vn_tier_due_ms(const struct vn_ruleset *ruleset, const struct vn_tier_state *state)
{
    if (!has_periods(ruleset)) {
        return 0;
    }
    if (state->period_ms == 0) {
        return 1;
    }
    int64_t next_ms = neighbour_ms(ruleset, state->period_ms, 1);
    if (state->fall_ms != 0 && state->fall_ms < next_ms) {
        return state->fall_ms;
    }
    return is_idle(ruleset, state) ? 0 : next_ms;
}

enum vn_status vn_tier_count(const struct vn_ruleset *ruleset, int64_t at_ms, int64_t amount,
                             struct vn_tier_state *state, struct vn_error *error)
{
    int64_t *counter = &state->qualifying;
    if (has_periods(ruleset) && at_ms < state->period_ms) {
        if (at_ms < neighbour_ms(ruleset, state->period_ms, -1)) {
            return VN_OK;
        }
        counter = &state->before;
    }
    int64_t sum = 0;
    if (__builtin_add_overflow(*counter, amount, &sum)) {
        return vn_fail(error, VN_INPUT, "the counter of the member's tier does not fit into 64 bits");
    }
    *counter = sum;
    rise(ruleset, vn_tier_reached(ruleset, sum), state);
    if (state->fall_ms != 0 && !is_unearned(ruleset, state)) {
        state->fall_ms = 0;
    }
    return VN_OK;
}
