/* What becomes of what was not synced. */
#include <stdlib.h>
#include <string.h>

#include "tests/sim/disk_internal.h"

const struct disk_policy disk_loses_all = {.drop = 1};
const struct disk_policy disk_keeps_all = {.keep = 1};
const struct disk_policy disk_mixes = {.keep = 4, .drop = 3, .tear = 2, .garble = 1};
const struct disk_policy disk_mixes_names = {
    .keep = 4, .drop = 3, .tear = 2, .garble = 1, .names = DISK_NAMES_ANY};

static uint32_t draw(const struct vn_random *random, uint32_t below)
{
    uint32_t number = 0;
    if (below < 2) {
        return 0;
    }
    if (vn_random_fill(random, (uint8_t *)&number, sizeof number) != VN_OK) {
        abort();
    }
    return number % below;
}

static void noise(const struct vn_random *random, uint8_t *out, size_t len)
{
    if (vn_random_fill(random, out, len) != VN_OK) {
        abort();
    }
}

/* Up to the end of the sector that `at` is in, and of the piece. */
static size_t sector_at(const struct piece *piece, size_t done)
{
    size_t left = DISK_SECTOR - (size_t)((piece->at + (int64_t)done) % DISK_SECTOR);
    return left < piece->len - done ? left : piece->len - done;
}

static void tear(struct content *kept, const struct piece *piece, const struct vn_random *random)
{
    if (draw(random, 2) == 0) { /* the power went while it was written */
        content_write(kept, piece->bytes, draw(random, (uint32_t)piece->len), piece->at);
        return;
    }
    for (size_t done = 0; done < piece->len;) {
        size_t len = sector_at(piece, done);
        if (draw(random, 2) == 0) {
            content_write(kept, piece->bytes + done, len, piece->at + (int64_t)done);
        }
        done += len;
    }
    if (draw(random, 2) == 0 && piece->at + (int64_t)piece->len > kept->size) { /* its length came first */
        content_resize(kept, piece->at + (int64_t)piece->len);
    }
}

static void garble(struct content *kept, const struct piece *piece, const struct vn_random *random)
{
    uint8_t bad[DISK_SECTOR];
    size_t sectors = piece->len / DISK_SECTOR + 2;
    size_t chosen = draw(random, (uint32_t)sectors); /* one for certain, if it is there, and one in four */
    size_t sector = 0;
    for (size_t done = 0; done < piece->len; sector++) {
        size_t len = sector_at(piece, done);
        if (sector == chosen || draw(random, 4) == 0) {
            noise(random, bad, len);
            content_write(kept, bad, len, piece->at + (int64_t)done);
        } else {
            content_write(kept, piece->bytes + done, len, piece->at + (int64_t)done);
        }
        done += len;
    }
}

static void keep(struct content *kept, const struct piece *piece)
{
    if (piece->cuts) {
        content_resize(kept, piece->at);
    } else {
        content_write(kept, piece->bytes, piece->len, piece->at);
    }
}

void fate_of_pieces(struct disk *disk, struct node *node, const struct vn_random *random,
                    const struct disk_policy *policy)
{
    struct disk_fates *fates = &disk->fates;
    for (size_t i = 0; i < node->count; i++) {
        const struct piece *piece = node->pieces[i];
        unsigned whole = policy->keep + policy->drop, all = whole + policy->tear + policy->garble;
        unsigned lot = draw(random, piece->cuts && whole > 0 ? whole : all);
        if (lot < policy->keep) {
            keep(&node->kept, piece);
            fates->kept++;
        } else if (lot < whole || piece->cuts) {
            fates->dropped++;
        } else if (lot < whole + policy->tear) {
            tear(&node->kept, piece, random);
            fates->torn++;
        } else {
            garble(&node->kept, piece, random);
            fates->garbled++;
        }
    }
    disk_forget_pieces(node);
}

void fate_of_names(struct disk *disk, bool *kept, size_t count, const struct vn_random *random,
                   const struct disk_policy *policy)
{
    unsigned all = policy->keep + policy->drop;
    size_t first = policy->drop == 0   ? count
                   : policy->keep == 0 ? 0
                                       : draw(random, (uint32_t)count + 1); /* of a log: these, and no more */
    for (size_t i = 0; i < count; i++) {
        kept[i] = policy->names == DISK_NAMES_ANY ? draw(random, all) < policy->keep : i < first;
        disk->fates.names_kept += kept[i];
        disk->fates.names_dropped += !kept[i];
    }
}
