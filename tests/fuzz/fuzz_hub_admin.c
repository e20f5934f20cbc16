/* Documents that verbs send to a running hub, by the first byte: lines of each import, and what a backup has. What is refused is
 * refused with a sentence; a line that was taken is taken again. */
#include <stdlib.h>

#include "sync/hub/core/hub.h"
#include "sync/hub/epoch/backup.h"
#include "sync/hub/ledger/ledger.h"
#include "sync/hub/masters/import.h"
#include "tests/sim/diskfiles.h"
#include "tests/sim/diskvfs.h"

#define ROOT     "/simdisk/fuzz"
#define DATABASE ROOT "/hub.db"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int64_t wall_ms(void *ctx)
{
    (void)ctx;
    return 1795334400000;
}

static int64_t mono_ns(void *ctx)
{
    (void)ctx;
    return 0;
}

static void take(struct vn_hub *hub, uint8_t what, struct vn_view text)
{
    struct vn_error error = {VN_OK, "", ""};
    int64_t count = 0;
    int64_t again = 0;
    enum vn_status status = what < VN_IMPORTS
                                ? vn_import(hub, (enum vn_import_kind)what, text, &count, &error)
                                : vn_backup_told(hub, text, &count, &error);
    if (status != VN_OK && error.text[0] == '\0') {
        abort(); /* it is said what is wrong */
    }
    if (what < VN_IMPORTS && status == VN_OK && count == 1 &&
        (vn_import(hub, (enum vn_import_kind)what, text, &again, &error) != VN_OK || again != count)) {
        abort(); /* imports are idempotent */
    }
}

/* A disk in memory, on which each input finds an empty chain: making its tables takes longer than all that is done with them. */
struct place {
    struct disks disks;
    struct diskvfs *vfs;
    struct disk *empty; /* with the chain's file */
};

static void open_storage(struct vn_hub *hub, bool create)
{
    const struct vn_storage_options options = {.clock = hub->clock, .random = hub->random};
    struct vn_error error;
    if ((create ? vn_storage_create(DATABASE, &options, &hub->storage, &error)
                : vn_storage_open(DATABASE, &options, &hub->storage, &error)) != VN_OK) {
        abort();
    }
}

static void make_place(struct place *place, struct vn_hub *hub)
{
    const struct diskvfs_options options = {
        .name = "fuzz", .disks = &place->disks, .clock = hub->clock, .random = hub->random, .standard = true};
    place->empty = disk_create(&hub->random);
    disks_mount(&place->disks, ROOT, place->empty);
    diskfiles_lead_to(&place->disks);
    place->vfs = diskvfs_create(&options);
    open_storage(hub, true);
    vn_storage_close(hub->storage);
}

static void take_on(struct disk *disk, struct place *place, struct vn_hub *hub, struct vn_view input)
{
    disks_mount(&place->disks, ROOT, disk);
    open_storage(hub, false);
    if (vn_ledger_attach(hub, VN_LEDGER_WRITES) != VN_OK) {
        abort();
    }
    take(hub, input.data[0] % (VN_IMPORTS + 1), vn_view_of(input.data + 1, input.len - 1));
    vn_ledger_detach(hub);
    vn_storage_close(hub->storage);
    disks_mount(&place->disks, ROOT, place->empty);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct vn_hub_keys keys;
    static struct place place;
    static uint64_t seed; /* the disk's, too */
    struct vn_hub hub = {
        .clock = {wall_ms, mono_ns, NULL}, .random = vn_random_seeded(&seed), .keys = &keys, .epoch = 1};
    if (size == 0) {
        return 0;
    }
    seed = 7;
    if (place.empty == NULL) {
        make_place(&place, &hub);
    }
    struct disk *disk = disk_clone(place.empty);
    take_on(disk, &place, &hub, vn_view_of(data, size));
    disk_destroy(disk);
    return 0;
}
