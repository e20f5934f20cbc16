#define _GNU_SOURCE /* memfd_create */
#include "tests/sim/runs/shrink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/sim/runs/apart.h"

#define SEEDS_EACH    3   /* of one attempt */
#define FIRST_SECONDS 600 /* of the seed that is to be shrunk */
#define LEAST_SECONDS 20
#define TIMES_LONGER  4 /* than that one a smaller story may take */
#define LINES_TOLD    30
#define LINE_MAX_     400

struct shrinking {
    const struct sim_shrink_words *words;
    struct sim_options best;
    struct sim_trouble trouble; /* that is sought */
    unsigned runs, seconds;
    bool coarse;
};

/* --- words ----------------------------------------------------------------------------------------------------- */

static void names_text(unsigned bits, const char *(*name)(unsigned bit), char *out, size_t size)
{
    size_t len = 0;
    (void)snprintf(out, size, "none");
    for (unsigned i = 0; name(i) != NULL && len < size; i++) {
        if ((bits >> i & 1U) != 0) {
            len += (size_t)snprintf(out + len, size - len, "%s%s", len == 0 ? "" : ",", name(i));
        }
    }
}

static void faults_text(unsigned faults, char *out, size_t size)
{
    names_text(faults, sim_fault_name, out, size);
}

void sim_replay_line(const struct sim_options *options, const struct sim_shrink_words *words, char *out,
                     size_t size)
{
    char faults[256];
    char days[32] = "";
    char habits[64] = "";
    char names[48];
    faults_text(sim_faults_of(options), faults, sizeof faults);
    if (options->habits != 0) {
        names_text(options->habits, sim_habit_name, names, sizeof names);
        (void)snprintf(habits, sizeof habits, " --habits %s", names);
    }
    if (options->days != 0) {
        (void)snprintf(days, sizeof days, " --days %u", options->days);
    }
    (void)snprintf(
        out, size,
        "%s --seed %llu%s --stores %u --tills %u --members %u --sales %u --faults %s%s%s%s --story",
        words->program, (unsigned long long)options->seed, days, options->stores, options->tills,
        options->members, options->sales, faults, habits, words->plant == NULL ? "" : " --plant ",
        words->plant == NULL ? "" : words->plant);
}

static void progress(const struct shrinking *s, const struct sim_options *tried,
                     const struct sim_trouble *trouble)
{
    char text[200];
    char faults[256];
    faults_text(tried->faults, faults, sizeof faults);
    sim_trouble_text(trouble, text, sizeof text);
    (void)fprintf(stderr,
                  "shrink: run %u of %u: seed %llu, %u stores of %u tills, %u members, %u sales, %u days, "
                  "faults %s: %s\n",
                  s->runs, s->words->runs, (unsigned long long)tried->seed, tried->stores, tried->tills,
                  tried->members, tried->sales, tried->days, faults, text);
}

/* --- attempts ---------------------------------------------------------------------------------------------------- */

/* What broke first at the beginning is broken, too, whatever was told before it. */
static bool is_same(const struct sim_apart *apart, const struct sim_trouble *sought)
{
    const struct sim_trouble *trouble = &apart->trouble;
    if (sought->invariant != 0) {
        return trouble->invariant != 0 && (apart->result.broken >> sought->invariant & 1U) != 0;
    }
    return trouble->invariant == 0 && trouble->signal == sought->signal && trouble->status == sought->status;
}

static bool may_run(const struct shrinking *s)
{
    return s->runs < s->words->runs;
}

/* Whether so little breaks the same; then it is the best so far. */
static bool attempt(struct shrinking *s, const struct sim_options *wanted)
{
    for (unsigned i = 0; i < SEEDS_EACH && may_run(s); i++) {
        struct sim_options options = *wanted;
        struct sim_apart apart;
        options.seed = s->best.seed + i;
        sim_run_apart(&options, s->seconds, -1, &apart);
        s->runs++;
        progress(s, &options, &apart.trouble);
        if (is_same(&apart, &s->trouble)) {
            s->best = options;
            return true;
        }
    }
    return false;
}

/* As little of it as possible, from `least` upwards; coarsely: only as long as half of the rest is enough. */
static bool lessen(struct shrinking *s, unsigned *(*field)(struct sim_options *options), unsigned least)
{
    bool any = false;
    unsigned from = least; /* below it none was found */
    unsigned failed = 0;
    while (may_run(s) && *field(&s->best) > from && (failed < 2 || !s->coarse)) {
        struct sim_options options = s->best;
        unsigned now = *field(&options);
        unsigned next = from == least && !any ? least : from + (now - from) / 2;
        *field(&options) = next;
        if (attempt(s, &options)) {
            any = true;
        } else {
            from = next + 1;
            failed++;
        }
    }
    return any;
}

static unsigned *sales_of(struct sim_options *options)
{
    return &options->sales;
}

static unsigned *days_of(struct sim_options *options)
{
    return &options->days;
}

static unsigned *stores_of(struct sim_options *options)
{
    return &options->stores;
}

static unsigned *tills_of(struct sim_options *options)
{
    return &options->tills;
}

static unsigned *members_of(struct sim_options *options)
{
    return &options->members;
}

static bool is_several(unsigned faults)
{
    return (faults & (faults - 1)) != 0;
}

static bool without(struct shrinking *s, unsigned faults)
{
    struct sim_options options = s->best;
    options.faults &= ~faults;
    bool tried = options.faults == s->best.faults || (options.faults == 0 && faults != ~0U);
    return !tried && may_run(s) && attempt(s, &options);
}

/* Without any, without each half, without each one. */
static bool fewer_faults(struct shrinking *s)
{
    unsigned half = (1U << SIM_FAULTS / 2) - 1;
    bool any = without(s, ~0U);
    if (is_several(s->best.faults)) {
        any = without(s, half) || any;
        any = without(s, ~half) || any;
    }
    for (unsigned i = 0; i < SIM_FAULTS && is_several(s->best.faults); i++) {
        any = without(s, 1U << i) || any;
    }
    return any;
}

/* What makes runs short comes first, and the last sales only when nothing else can go. */
static void shrink(struct shrinking *s)
{
    bool any = true;
    s->coarse = true;
    while ((any || s->coarse) && may_run(s)) {
        s->coarse = any && s->coarse;
        any = lessen(s, sales_of, 1);
        any = lessen(s, days_of, 1) || any;
        any = fewer_faults(s) || any;
        any = lessen(s, stores_of, 1) || any;
        any = lessen(s, tills_of, 1) || any;
        any = lessen(s, members_of, 1) || any;
    }
}

/* --- the story ----------------------------------------------------------------------------------------------------- */

/* The lines up to the one that says that this is broken, or to the end when there is none. */
static void tell(const char *text, size_t len, unsigned invariant)
{
    char broken[40];
    int broken_len = snprintf(broken, sizeof broken, "invariant %u broken", invariant);
    const char *oracle = memmem(text, len, broken, (size_t)broken_len);
    const char *end = oracle == NULL ? NULL : memchr(oracle, '\n', len - (size_t)(oracle - text));
    end = end == NULL ? text + len : end;
    const char *begin = end;
    for (unsigned lines = 0; begin > text; begin--) {
        lines += begin[-1] == '\n' ? 1 : 0;
        if (lines > LINES_TOLD) {
            break;
        }
    }
    while (begin < end) {
        const char *line_end = memchr(begin, '\n', (size_t)(end - begin));
        line_end = line_end == NULL ? end : line_end;
        int shown = line_end - begin > LINE_MAX_ ? LINE_MAX_ : (int)(line_end - begin);
        (void)printf("    %.*s\n", shown, begin);
        begin = line_end + 1;
    }
}

static void tell_story(const struct shrinking *s)
{
    struct sim_options options = s->best;
    struct sim_apart apart;
    int fd = memfd_create("story", MFD_CLOEXEC);
    options.story = true;
    sim_run_apart(&options, 2 * s->seconds, fd, &apart);
    off_t len = lseek(fd, 0, SEEK_END);
    char *text = len <= 0 ? MAP_FAILED : mmap(NULL, (size_t)len, PROT_READ, MAP_PRIVATE, fd, 0);
    if (text != MAP_FAILED) {
        tell(text, (size_t)len, s->trouble.invariant);
        (void)munmap(text, (size_t)len);
    }
    (void)close(fd);
}

bool sim_shrink(const struct sim_options *options, const struct sim_shrink_words *words)
{
    struct shrinking s = {.words = words, .best = *options, .runs = 1, .seconds = FIRST_SECONDS};
    struct sim_apart first;
    char text[200];
    char line[512];
    s.best.story = false;
    s.best.faults = sim_faults_of(options);
    sim_run_apart(&s.best, s.seconds, -1, &first);
    progress(&s, &s.best, &first.trouble);
    if (!sim_is_trouble(&first.trouble)) {
        (void)printf("seed %llu is well\n", (unsigned long long)options->seed);
        return false;
    }
    s.trouble = first.trouble;
    s.seconds = LEAST_SECONDS + TIMES_LONGER * (unsigned)(first.wall_ms / 1000);
    if (s.best.days == 0) {
        s.best.days = first.result.days;
    }
    shrink(&s);
    sim_trouble_text(&s.trouble, text, sizeof text);
    sim_replay_line(&s.best, words, line, sizeof line);
    (void)printf("after %u runs: what is left %s, and the story is told again by\n  %s\nIts last lines:\n",
                 s.runs, text, line);
    tell_story(&s);
    return true;
}
