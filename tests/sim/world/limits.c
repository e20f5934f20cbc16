/* At rest: queues are empty, and nothing that was kept for a while is kept still. What a program may have on its disk is reckoned
 * from what it was given: entries at a till, entries of all tills and rows of the imports at the hub. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/world/story.h"
#include "tests/sim/world/world.h"

#define LOG_BYTES     (8 * 1024 * 1024) /* of a log: what is written until it is begun anew */
#define TILL_BYTES    (1024 * 1024)     /* of a till without a sale, logs not counted */
#define HUB_BYTES     (4 * 1024 * 1024)
#define ENTRY_BYTES   (8 * 1024) /* for each entry, with its indexes and rows */
#define CACHES_MAX    3          /* the one in force, the one before, and one that is not selected yet */
#define SNAPSHOTS_MAX 4

struct kept {
    int64_t bytes, log_bytes; /* of the longest log */
    unsigned caches, snapshots;
};

static bool ends(const char *name, const char *with)
{
    size_t len = strlen(name);
    size_t tail = strlen(with);
    return len >= tail && strcmp(name + len - tail, with) == 0;
}

static void add_up(const struct sim_machine *machine, const char *folder, struct kept *out)
{
    char name[DISK_PATH_MAX];
    for (size_t i = 0; disk_list(machine->disk, folder, i, name); i++) {
        char path[2 * DISK_PATH_MAX];
        int64_t size = 0;
        (void)snprintf(path, sizeof path, "%s/%s", folder, name);
        if (disk_size_of(machine->disk, path, &size) != 0) {
            continue;
        }
        bool log = ends(name, "-wal");
        out->bytes += log ? 0 : size;
        out->caches += strncmp(name, "cache-", 6) == 0 && ends(name, ".db") ? 1 : 0;
        out->snapshots += ends(name, ".vns") ? 1 : 0;
        out->log_bytes = log && size > out->log_bytes ? size : out->log_bytes;
    }
}

static void check(struct sim_world *world, const struct sim_machine *machine, int64_t most_bytes)
{
    struct kept kept = {0};
    add_up(machine, machine->dir, &kept);
    if (kept.bytes > most_bytes || kept.log_bytes > LOG_BYTES) {
        sim_violation(&world->oracle, 11,
                      "%s has %lld bytes on its disk, and a log of %lld, where %lld and %d are the most",
                      machine->name, (long long)kept.bytes, (long long)kept.log_bytes, (long long)most_bytes,
                      LOG_BYTES);
    }
    if (kept.caches > CACHES_MAX || kept.snapshots > SNAPSHOTS_MAX) {
        sim_violation(&world->oracle, 11, "%s keeps %u caches and %u snapshots", machine->name, kept.caches,
                      kept.snapshots);
    }
}

static json_int_t entries_of(json_t *fleet, const char *till)
{
    size_t index = 0;
    json_t *row = NULL;
    json_int_t sum = 0;
    json_array_foreach(json_object_get(fleet, "tills"), index, row)
    {
        const char *name = json_string_value(json_object_get(row, "till"));
        bool is_it = till == NULL || (name != NULL && strcmp(name, till) == 0);
        sum += is_it ? json_integer_value(json_object_get(row, "acked_seq")) : 0;
    }
    return sum;
}

void sim_check_limits(struct sim_world *world)
{
    json_t *fleet = sim_admin(&world->hub, "GET", "/admin/fleet", "");
    check(world, &world->hub, HUB_BYTES + ENTRY_BYTES * entries_of(fleet, NULL));
    for (unsigned i = 0; i < world->till_count; i++) {
        const struct sim_machine *till = &world->tills[i];
        check(world, till, TILL_BYTES + ENTRY_BYTES * entries_of(fleet, till->till));
    }
    json_decref(fleet);
    json_t *reply = sim_admin(&world->hub, "GET", "/admin/quarantine", "");
    const json_t *list = json_object_get(reply, "quarantine");
    const json_t *unexplained = NULL;
    size_t waiting = 0;
    size_t index = 0;
    json_t *row = NULL;
    json_array_foreach(list, index, row)
    {
        if (!sim_oracle_may_stay(&world->oracle, row)) {
            unexplained = row;
            waiting++;
        }
    }
    if (waiting > world->oracle.may_be_refused) {
        char *first = json_dumps(unexplained, JSON_COMPACT | JSON_ENCODE_ANY);
        sim_violation(&world->oracle, 11, "%zu entries are still in quarantine, the last: %s", waiting,
                      first == NULL ? "?" : first);
        free(first);
    }
    json_decref(reply);
}
