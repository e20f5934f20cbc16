/* The simulator: build/release/bin/sim --help. */
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "tests/sim/plant.h"
#include "tests/sim/runs/batch.h"
#include "tests/sim/runs/shrink.h"
#include "tests/sim/world/coverage.h"
#include "tests/sim/world/world.h"

static void usage(void)
{
    (void)printf("Usage: sim [--seed N] [--seeds COUNT] [--days D] [--stores N] [--tills M] [--sales S]\n"
                 "           [--members M] [--faults LIST] [--habits LIST] [--story] [--logs DIR]\n"
                 "           [--plant NAME] [--jobs J] [--seconds S] [--coverage] [--must NAME]...\n"
                 "           [--shrink [--runs R]]\n\n"
                 "A chain of one hub and its stores in one process, from one seed.\n"
                 "  --days D        0: by the seed, one for most of them, and nights between them\n"
                 "  --faults LIST   names with commas between, \"all\" or \"none\"; some of them, drawn by "
                 "the seed, when nothing is said:");
    for (unsigned i = 0; sim_fault_name(i) != NULL; i++) {
        (void)printf(" %s", sim_fault_name(i));
    }
    (void)printf("\n  --habits LIST   what people and tills do only if asked for, and what makes some "
                 "stories likely:");
    for (unsigned i = 0; sim_habit_name(i) != NULL; i++) {
        (void)printf(" %s", sim_habit_name(i));
    }
    (void)printf(
        "\n  --story         tells all that happens\n"
        "  --logs DIR      keeps the logs of the programs there; DIR is made if need be\n"
        "  --jobs J        so many processes share the seeds; a seed at which one dies is named\n"
        "  --seconds S     no seed is begun after that time\n"
        "  --coverage      tells what was reached how often, and fails if something that must be was not\n"
        "  --must NAME     fails if that, a line of --coverage, was not reached; as often as need be\n"
        "  --shrink        of the first seed that fails: a smaller story that breaks the same, in --runs R "
        "runs\n"
        "                  at most (120)\n"
        "  --plant NAME    commits a planted fault, in a build that can (cmake --preset planted)%s\n",
        sim_plant_name(0) == NULL ? "; this one can't" : ":");
    for (unsigned i = 0; sim_plant_name(i) != NULL; i++) {
        (void)printf("    %-24s %s\n", sim_plant_name(i), sim_plant_sentence(i));
    }
}

/* Names with commas between: those that `name` knows. */
static bool read_names(const char *text, const char *(*name)(unsigned bit), unsigned all, unsigned *out)
{
    char copy[256];
    char *rest = copy;
    char *word = NULL;
    (void)snprintf(copy, sizeof copy, "%s", text);
    *out = 0;
    while ((word = strsep(&rest, ",")) != NULL) {
        unsigned found = strcmp(word, "all") == 0 ? (1U << all) - 1 : 0;
        for (unsigned i = 0; name(i) != NULL; i++) {
            found |= strcmp(word, name(i)) == 0 ? 1U << i : 0;
        }
        if (found == 0 && strcmp(word, "none") != 0 && word[0] != '\0') {
            return false;
        }
        *out |= found;
    }
    return true;
}

#define MUST_MAX 8

struct words {
    struct sim_batch batch;
    bool coverage, shrink;
    unsigned shrink_runs;
    const char *plant;
    const char *must[MUST_MAX];
    unsigned must_count;
};

static const struct option names[] = {
    {"seed", required_argument, NULL, 's'},    {"seeds", required_argument, NULL, 'n'},
    {"days", required_argument, NULL, 'd'},    {"stores", required_argument, NULL, 'o'},
    {"tills", required_argument, NULL, 't'},   {"sales", required_argument, NULL, 'a'},
    {"members", required_argument, NULL, 'm'}, {"faults", required_argument, NULL, 'f'},
    {"story", no_argument, NULL, 'y'},         {"logs", required_argument, NULL, 'l'},
    {"plant", required_argument, NULL, 'p'},   {"coverage", no_argument, NULL, 'c'},
    {"jobs", required_argument, NULL, 'j'},    {"seconds", required_argument, NULL, 'e'},
    {"must", required_argument, NULL, 'u'},    {"shrink", no_argument, NULL, 'k'},
    {"runs", required_argument, NULL, 'r'},    {"habits", required_argument, NULL, 'b'},
    {"help", no_argument, NULL, 'h'},          {NULL, 0, NULL, 0}};

/* -1: go on; else the exit code. */
static int take_word(int option, const char *text, struct words *words)
{
    struct sim_options *options = &words->batch.options;
    unsigned long long number = text == NULL ? 0 : strtoull(text, NULL, 10);
    switch (option) {
    case 's': options->seed = number; return -1;
    case 'n': words->batch.seeds = number; return -1;
    case 'd': options->days = (unsigned)number; return -1;
    case 'o': options->stores = (unsigned)number; return -1;
    case 't': options->tills = (unsigned)number; return -1;
    case 'a': options->sales = (unsigned)number; return -1;
    case 'm': options->members = (unsigned)number; return -1;
    case 'j': words->batch.jobs = number > SIM_JOBS_MAX ? SIM_JOBS_MAX : (unsigned)number; return -1;
    case 'e': words->batch.seconds = (int64_t)number; return -1;
    case 'r': words->shrink_runs = (unsigned)number; return -1;
    case 'k': words->shrink = true; return -1;
    case 'c': words->coverage = true; return -1;
    case 'y': options->story = true; return -1;
    case 'l': options->logs = text; return -1;
    case 'u':
        if (words->must_count < MUST_MAX) {
            words->must[words->must_count++] = text;
            return -1;
        }
        break;
    case 'f':
        if (read_names(text, sim_fault_name, SIM_FAULTS, &options->faults)) {
            return -1;
        }
        break;
    case 'b':
        if (read_names(text, sim_habit_name, SIM_HABITS, &options->habits)) {
            return -1;
        }
        break;
    case 'p':
        words->plant = text;
        if (sim_plant(text)) {
            return -1;
        }
        (void)fprintf(stderr, "sim: this build can't commit %s; see --help\n", text);
        return 2;
    default: break;
    }
    usage();
    return option == 'h' ? 0 : 2;
}

/* Logs that nobody finds would be looked for in vain: the folder is made, its parents are not. */
static bool make_folder(const char *path)
{
    struct stat found;
    if (path == NULL || mkdir(path, 0777) == 0) {
        return true;
    }
    int error = errno;
    if (error == EEXIST && stat(path, &found) == 0 && S_ISDIR(found.st_mode)) {
        return true;
    }
    (void)fprintf(stderr, "sim: logs can't be kept in %s: %s\n", path,
                  error == EEXIST ? "it is no folder" : strerror(error));
    return false;
}

/* Of this process and of those that it started. */
static double cpu_seconds(void)
{
    static const int whose[] = {RUSAGE_SELF, RUSAGE_CHILDREN};
    double seconds = 0;
    for (size_t i = 0; i < sizeof whose / sizeof *whose; i++) {
        struct rusage usage = {0};
        (void)getrusage(whose[i], &usage);
        seconds += (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                   (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    }
    return seconds;
}

static bool run(const struct words *words, const char *program)
{
    const struct sim_shrink_words shrinking = {program, words->plant, words->shrink_runs};
    struct sim_options options = words->batch.options;
    struct sim_batch_sum sum;
    if (words->shrink && words->batch.seeds == 1) {
        return !sim_shrink(&options, &shrinking);
    }
    sim_batch_run(&words->batch, &sum);
    double cpu = cpu_seconds();
    (void)printf("%llu seeds, %llu failed; %.1f s of CPU, %.0f till-days of 100 sales a CPU minute\n",
                 (unsigned long long)sum.seeds, (unsigned long long)sum.failed, cpu,
                 (double)sum.sales / 100 / cpu * 60);
    if (sum.failed > 0) {
        char line[512];
        options.seed = sum.first_failed;
        sim_replay_line(&options, &shrinking, line, sizeof line);
        (void)printf("the first that failed is told by\n  %s\n", line);
    }
    if (words->coverage) {
        sim_coverage_print();
        sum.failed += sim_coverage_missing();
    }
    for (unsigned i = 0; i < words->must_count; i++) {
        if (sim_covered(words->must[i]) == 0) {
            (void)printf("never reached: %s\n", words->must[i]);
            sum.failed++;
        }
    }
    if (words->shrink && sum.first_failed > 0) {
        (void)sim_shrink(&options, &shrinking);
    }
    return sum.failed == 0;
}

int main(int argc, char **argv)
{
    struct words words = {.batch = {.options = {.seed = 1,
                                                .stores = 2,
                                                .tills = 2,
                                                .members = 20,
                                                .sales = 100,
                                                .faults = SIM_FAULTS_BY_SEED},
                                    .seeds = 1,
                                    .jobs = 1},
                          .shrink_runs = 120};
    int option = 0;
    while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
        int code = take_word(option, optarg, &words);
        if (code >= 0) {
            return code;
        }
    }
    if (!make_folder(words.batch.options.logs)) {
        return 2;
    }
    (void)mallopt(M_MMAP_THRESHOLD,
                  1 << 20); /* a till's large blocks are had untouched, not cleared: it starts often */
    (void)mallopt(M_TRIM_THRESHOLD, 1 << 30); /* other pages that were had once are kept */
    (void)mallopt(M_TOP_PAD, 64 << 20);
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    json_object_seed(1);
    return run(&words, argv[0]) ? 0 : 1;
}
