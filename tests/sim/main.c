/* The simulator: build/release/bin/sim --help. */
#include <getopt.h>
#include <jansson.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/sim/plant.h"
#include "tests/sim/world/coverage.h"
#include "tests/sim/world/world.h"

static void usage(void)
{
    (void)printf("Usage: sim [--seed N] [--seeds COUNT] [--days D] [--stores N] [--tills M] [--sales S]\n"
                 "           [--members M] [--faults LIST] [--story] [--logs DIR] [--plant NAME]\n\n"
                 "A chain of one hub and its stores in one process, from one seed.\n"
                 "  --days D        0: by the seed, one for most of them, and nights between them\n"
                 "  --faults LIST   names with commas between, \"all\" or \"none\":");
    for (unsigned i = 0; sim_fault_name(i) != NULL; i++) {
        (void)printf(" %s", sim_fault_name(i));
    }
    (void)printf(
        "\n  --story         tells all that happens\n"
        "  --logs DIR      keeps the logs of the programs there\n"
        "  --plant NAME    commits a planted fault, in a build that can (cmake --preset planted)%s\n",
        sim_plant_name(0) == NULL ? "; this one can't" : ":");
    for (unsigned i = 0; sim_plant_name(i) != NULL; i++) {
        (void)printf("    %-24s %s\n", sim_plant_name(i), sim_plant_sentence(i));
    }
}

static bool read_faults(const char *text, unsigned *out)
{
    char copy[256];
    char *rest = copy;
    char *word = NULL;
    (void)snprintf(copy, sizeof copy, "%s", text);
    *out = 0;
    while ((word = strsep(&rest, ",")) != NULL) {
        unsigned found = strcmp(word, "all") == 0 ? (1U << SIM_FAULTS) - 1 : 0;
        for (unsigned i = 0; sim_fault_name(i) != NULL; i++) {
            found |= strcmp(word, sim_fault_name(i)) == 0 ? 1U << i : 0;
        }
        if (found == 0 && strcmp(word, "none") != 0 && word[0] != '\0') {
            return false;
        }
        *out |= found;
    }
    return true;
}

int main(int argc, char **argv)
{
    static const struct option names[] = {
        {"seed", required_argument, NULL, 's'},    {"seeds", required_argument, NULL, 'n'},
        {"days", required_argument, NULL, 'd'},    {"stores", required_argument, NULL, 'o'},
        {"tills", required_argument, NULL, 't'},   {"sales", required_argument, NULL, 'a'},
        {"members", required_argument, NULL, 'm'}, {"faults", required_argument, NULL, 'f'},
        {"story", no_argument, NULL, 'y'},         {"logs", required_argument, NULL, 'l'},
        {"plant", required_argument, NULL, 'p'},   {"coverage", no_argument, NULL, 'c'},
        {"help", no_argument, NULL, 'h'},          {NULL, 0, NULL, 0}};
    struct sim_options options = {
        .seed = 1, .stores = 2, .tills = 2, .members = 20, .sales = 100, .faults = SIM_FAULTS_USUAL};
    unsigned long seeds = 1;
    bool coverage = false;
    unsigned bad = 0;
    int option = 0;
    while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
        unsigned long number = optarg == NULL ? 0 : strtoul(optarg, NULL, 10);
        switch (option) {
        case 's': options.seed = optarg == NULL ? 0 : strtoull(optarg, NULL, 10); break;
        case 'n': seeds = number; break;
        case 'd': options.days = (unsigned)number; break;
        case 'o': options.stores = (unsigned)number; break;
        case 't': options.tills = (unsigned)number; break;
        case 'a': options.sales = (unsigned)number; break;
        case 'm': options.members = (unsigned)number; break;
        case 'c': coverage = true; break;
        case 'y': options.story = true; break;
        case 'l': options.logs = optarg; break;
        case 'f':
            if (read_faults(optarg, &options.faults)) {
                break;
            }
            usage();
            return 2;
        case 'p':
            if (sim_plant(optarg)) {
                break;
            }
            (void)fprintf(stderr, "sim: this build can't commit %s; see --help\n", optarg);
            return 2;
        default: usage(); return option == 'h' ? 0 : 2;
        }
    }
    (void)mallopt(M_MMAP_THRESHOLD, 1 << 30); /* pages that were had once are kept */
    (void)mallopt(M_TRIM_THRESHOLD, 1 << 30);
    (void)mallopt(M_TOP_PAD, 64 << 20);
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    json_object_seed(1);
    int64_t sales = 0;
    for (unsigned long i = 0; i < seeds; i++, options.seed++) {
        struct sim_result result;
        sim_world_run(&options, &result);
        sales += result.sales;
        (void)printf("seed %llu: %s, %lld sales in %lld simulated minutes, digest %016llx\n",
                     (unsigned long long)options.seed, result.violations == 0 ? "ok" : "FAILED",
                     (long long)result.sales, (long long)(result.simulated_ms / 60000),
                     (unsigned long long)result.digest);
        (void)fflush(stdout);
        bad += result.violations > 0 ? 1 : 0;
    }
    double cpu = (double)clock() / CLOCKS_PER_SEC;
    (void)printf("%lu seeds, %u failed; %.1f s of CPU, %.0f till-days of 100 sales a CPU minute\n", seeds,
                 bad, cpu, (double)sales / 100 / cpu * 60);
    if (coverage) {
        sim_coverage_print();
        bad += sim_coverage_missing();
    }
    return bad == 0 ? 0 : 1;
}
