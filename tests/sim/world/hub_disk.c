/* Backups of the hub's database by the hub's own functions, kept on another disk, and the way back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sync/hub/epoch/backup.h"
#include "tests/sim/world/coverage.h"
#include "tests/sim/world/story.h"
#include "tests/sim/world/world.h"

bool sim_hub_backup(struct sim_world *world, bool told)
{
    int64_t now_ms = sim_wall_ms();
    struct vn_backup backup;
    struct vn_error error = {VN_OK, "", ""};
    if (!world->hub.there) {
        return false;
    }
    enum vn_status status = vn_backup_make(world->hub.dir, "/simdisk/vault", sim_proc_clock(sim_self_proc()),
                                           NULL, NULL, &backup, &error);
    if (status != VN_OK) {
        sim_story("operator", "no backup: %s", error.text);
        sim_cover("hub: backup failed");
        return false;
    }
    (void)snprintf(world->backup, sizeof world->backup, "%s", backup.path);
    world->backup_ms = now_ms;
    sim_story("operator", "a backup of %lld entries%s", (long long)backup.entries,
              told ? "" : ", on the same machine");
    sim_cover(told ? "hub: backup made" : "hub: backup made on the same machine");
    if (told) {
        char *text = json_dumps(json_object_get(backup.manifest, "tills"), JSON_COMPACT);
        (void)snprintf(world->told_backup, sizeof world->told_backup, "%s", backup.path);
        world->told_ms = now_ms;
        json_decref(sim_admin(&world->hub, "POST", "/admin/durable", text));
        free(text);
    }
    json_decref(backup.manifest);
    return true;
}

static void remove_database(const struct sim_machine *hub)
{
    static const char *const names[] = {"hub.db", "hub.db-wal", "hub.db-shm"};
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        char path[VN_PATH_MAX];
        (void)snprintf(path, sizeof path, "%.200s/%s", hub->dir, names[i]);
        (void)unlink(path);
    }
}

void sim_hub_restore(struct sim_world *world)
{
    struct vn_backup backup;
    struct vn_error error = {VN_OK, "", ""};
    if (world->backup[0] == '\0' || !world->hub.there) {
        return;
    }
    if (strcmp(world->backup, world->told_backup) != 0 && world->told_backup[0] != '\0' && sim_chance(7500)) {
        memcpy(world->backup, world->told_backup, sizeof world->backup);
        world->backup_ms = world->told_ms;
        sim_cover("hub: not the newest backup");
    }
    sim_machine_stop(&world->hub);
    while (world->hub.there) {
        sim_sleep(SIM_S);
    }
    remove_database(&world->hub);
    world->hub_set_back = true;
    sim_oracle_hub_set_back(&world->oracle, world->backup_ms);
    sim_epochs_restored(&world->epochs);
    sim_revocations_restored(world);
    if (vn_backup_restore(world->backup, world->hub.dir, NULL, NULL, &backup, &error) == VN_OK) {
        json_decref(backup.manifest);
        sim_cover("hub: restored from a backup");
        sim_story("operator", "the hub is restored from a backup of %lld entries", (long long)backup.entries);
    } else {
        sim_violation(&world->oracle, 13, "the hub can't be restored: %s", error.text);
    }
    sim_start_by_day(world, &world->hub);
}
