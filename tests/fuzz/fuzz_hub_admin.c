/* Documents that verbs send to a running hub, by the first byte: lines of each import, and what a backup has. What is refused is
 * refused with a sentence; a line that was taken is taken again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sync/hub/core/hub.h"
#include "sync/hub/epoch/backup.h"
#include "sync/hub/ledger/ledger.h"
#include "sync/hub/masters/import.h"
#include "tests/sim/failvfs.h"

#define PATH_BYTES 64
#define FILE_BYTES (2 * 1024 * 1024)

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

/* A disk that waits for nothing. */
static const char *disk_name(void)
{
    static struct failvfs disk;
    static bool there;
    if (!there) {
        failvfs_start(&disk, "fuzz");
        there = true;
    }
    return "fuzz";
}

/* The file of an empty chain: making its tables takes longer than all that is done with them. */
static struct vn_view empty_chain(const char *path, const struct vn_storage_options *options)
{
    static uint8_t bytes[FILE_BYTES];
    static size_t len;
    struct vn_storage *storage = NULL;
    struct vn_error error;
    if (len == 0) {
        if (vn_storage_create(path, options, &storage, &error) != VN_OK) {
            abort();
        }
        vn_storage_close(storage);
        FILE *file = fopen(path, "rbe");
        len = file == NULL ? 0 : fread(bytes, 1, sizeof bytes, file);
        if (len == 0 || len == sizeof bytes || fclose(file) != 0) {
            abort();
        }
    }
    return vn_view_of(bytes, len);
}

/* Each input begins with one. */
static void open_chain(struct vn_hub *hub, char path[PATH_BYTES], char *dir)
{
    const struct vn_storage_options options = {
        .vfs = disk_name(), .clock = hub->clock, .random = hub->random};
    struct vn_error error;
    if (mkdtemp(dir) == NULL) {
        abort();
    }
    (void)snprintf(path, PATH_BYTES, "%s/hub.db", dir);
    struct vn_view chain = empty_chain(path, &options);
    FILE *file = fopen(path, "wbe");
    if (file == NULL || fwrite(chain.data, 1, chain.len, file) != chain.len || fclose(file) != 0 ||
        vn_storage_open(path, &options, &hub->storage, &error) != VN_OK ||
        vn_ledger_attach(hub, VN_LEDGER_WRITES) != VN_OK) {
        abort();
    }
}

static void close_chain(struct vn_hub *hub, const char *path, const char *dir)
{
    static const char *const tails[] = {"", "-wal", "-shm"};
    char file[PATH_BYTES + 8];
    vn_ledger_detach(hub);
    vn_storage_close(hub->storage);
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
        (void)snprintf(file, sizeof file, "%s%s", path, tails[i]);
        (void)unlink(file);
    }
    (void)rmdir(dir);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct vn_hub_keys keys;
    char dir[] = "/tmp/verno-fuzz-XXXXXX";
    char path[PATH_BYTES];
    uint64_t seed = 7;
    struct vn_hub hub = {
        .clock = {wall_ms, mono_ns, NULL}, .random = vn_random_seeded(&seed), .keys = &keys, .epoch = 1};
    if (size == 0) {
        return 0;
    }
    open_chain(&hub, path, dir);
    take(&hub, data[0] % (VN_IMPORTS + 1), vn_view_of(data + 1, size - 1));
    close_chain(&hub, path, dir);
    return 0;
}
