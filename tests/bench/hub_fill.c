/* Makes the members of a chain that was just initialised and whose hub does not run (hub_members.h).
 *
 *     bench_hub_fill DIR MEMBERS     prints one JSON object; progress goes to standard error */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/file.h"
#include "sync/hub/ledger/ledger.h"
#include "tests/bench/bench.h"
#include "tests/bench/hub_members.h"

#define CACHE_KIB   (2 * 1024 * 1024)
#define MANY        1000000 /* members, from where on it takes long enough to be told */
#define PROGRESS_NS INT64_C(5000000000)

static void must(enum vn_status status, const char *what, const struct vn_error *error)
{
    if (status != VN_OK) {
        bench_die(what, error->text[0] == '\0' ? vn_status_name(status) : error->text);
    }
}

static void on_progress(const char *what, long done, long of)
{
    static int64_t told_ns;
    if (of >= MANY && (bench_now_ns() - told_ns >= PROGRESS_NS || done == of)) {
        told_ns = bench_now_ns();
        (void)fprintf(stderr, "bench: %s: %ld of %ld\n", what, done, of);
    }
}

int main(int argc, char **argv)
{
    static struct vn_hub_keys keys;
    struct vn_error error = {VN_OK, "", ""};
    char path[VN_PATH_MAX];
    struct vn_hub hub = {.clock = vn_clock_system(), .random = vn_random_system(), .keys = &keys};
    const struct vn_storage_options options = {
        .clock = hub.clock, .random = hub.random, .cache_kib = CACHE_KIB};
    long members = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
    if (members < 1 || members > 99999999) {
        (void)fprintf(stderr, "Usage: bench_hub_fill DIR MEMBERS\n");
        return 2;
    }
    int64_t start = bench_now_ns();
    const char *database = getenv("VERNO_HUB_DATABASE");
    must(vn_file_path(argv[1], "hub.db", path, &error), "hub.db", &error);
    must(vn_hub_keys_load(argv[1], &keys, &error), "keys", &error);
    must(vn_storage_open(database == NULL ? path : database, &options, &hub.storage, &error), "hub.db",
         &error);
    must(vn_ledger_attach(&hub, VN_LEDGER_WRITES), "ledger", &error);
    must(bench_members_put(&hub, members, on_progress), "members", &error);
    vn_ledger_detach(&hub);
    vn_storage_close(hub.storage);
    vn_hub_keys_deinit(&keys);
    (void)printf("{\"members\":%ld,\"fill_ns\":%lld}\n", members, (long long)(bench_now_ns() - start));
    return 0;
}
