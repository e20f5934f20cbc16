#include "sync/hub/feed/snapshot.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/file.h"
#include "sync/hub/feed/feed.h"
#include "sync/hub/ledger/ledger.h"
#include "sync/wire/member_row.h"
#include "sync/wire/snapshot.h"

#define PREFIX      "snapshot-"
#define SUFFIX      ".vns"
#define BUILDING    "snapshot.building"
#define PAGE        256
#define KEPT        2  /* of the epoch: tills that load the older one go on with it */
#define FILES_MAX   64 /* snapshots that are looked at in a folder */
#define FLUSH_BYTES ((size_t)1024 * 1024)

/* --- the folder --------------------------------------------------------------------------------------------- */

/* "snapshot-3.4711-0123abcd.vns" */
static bool read_name(const char *name, struct vn_cursor *cursor)
{
    char text[VN_ID_MAX];
    size_t len = strlen(name);
    if (strncmp(name, PREFIX, strlen(PREFIX)) != 0 || len <= strlen(PREFIX SUFFIX) ||
        strcmp(name + len - strlen(SUFFIX), SUFFIX) != 0) {
        return false;
    }
    const char *begin = name + strlen(PREFIX);
    const char *dash = strchr(begin, '-');
    return dash != NULL &&
           vn_view_copy_str(vn_view_of(begin, (size_t)(dash - begin)), text, sizeof text) == VN_OK &&
           vn_cursor_read(vn_view_str(text), cursor) == VN_OK;
}

struct found {
    char name[VN_SNAPSHOT_NAME_MAX];
    struct vn_cursor cursor;
    int64_t size;
    int64_t built_ns; /* of a chain in which nothing changes, two can have one cursor */
};

static int newest_first(const void *a, const void *b)
{
    const struct found *left = a;
    const struct found *right = b;
    if (left->cursor.epoch != right->cursor.epoch) {
        return left->cursor.epoch > right->cursor.epoch ? -1 : 1;
    }
    if (left->cursor.number != right->cursor.number) {
        return left->cursor.number > right->cursor.number ? -1 : 1;
    }
    return left->built_ns > right->built_ns ? -1 : left->built_ns < right->built_ns;
}

static unsigned list(const char *dir, struct found out[FILES_MAX])
{
    unsigned count = 0;
    char path[VN_PATH_MAX];
    struct stat facts;
    DIR *folder = opendir(dir);
    for (const struct dirent *entry;
         folder != NULL && count < FILES_MAX && (entry = readdir(folder)) != NULL;) {
        struct found *found = &out[count];
        if (strlen(entry->d_name) < sizeof found->name && read_name(entry->d_name, &found->cursor) &&
            vn_file_path(dir, entry->d_name, path, NULL) == VN_OK && stat(path, &facts) == 0) {
            memcpy(found->name, entry->d_name, strlen(entry->d_name) + 1);
            found->size = facts.st_size;
            found->built_ns = (int64_t)facts.st_mtim.tv_sec * 1000000000 + facts.st_mtim.tv_nsec;
            count++;
        }
    }
    if (folder != NULL) {
        (void)closedir(folder);
    }
    qsort(out, count, sizeof *out, newest_first);
    return count;
}

static enum vn_status describe(const char *dir, const struct found *found, struct vn_snapshot_file *out)
{
    const char *tag = found->name + strlen(PREFIX);
    (void)snprintf(out->etag, sizeof out->etag, "\"%.*s\"", (int)(strlen(tag) - strlen(SUFFIX)), tag);
    out->cursor = found->cursor;
    out->size = found->size;
    out->built_ms = found->built_ns / 1000000;
    return vn_file_path(dir, found->name, out->path, NULL);
}

enum vn_status vn_snapshot_find(const char *dir, int64_t epoch, const char *etag,
                                struct vn_snapshot_file *out)
{
    struct found *found = calloc(FILES_MAX, sizeof *found);
    unsigned kept = 0;
    memset(out, 0, sizeof *out);
    if (found == NULL) {
        return VN_NOMEM;
    }
    enum vn_status status = VN_ABSENT;
    unsigned count = list(dir, found);
    for (unsigned i = 0; i < count; i++) {
        struct vn_snapshot_file file;
        char path[VN_PATH_MAX];
        if (found[i].cursor.epoch == epoch && kept < KEPT) {
            kept++;
            bool wanted = describe(dir, &found[i], &file) == VN_OK && status == VN_ABSENT &&
                          (etag == NULL || strcmp(etag, file.etag) == 0);
            if (wanted) {
                *out = file;
                status = VN_OK;
            }
        } else if (vn_file_path(dir, found[i].name, path, NULL) == VN_OK) {
            (void)unlink(path);
        }
    }
    free(found);
    return status;
}

/* --- building ----------------------------------------------------------------------------------------------- */

struct build {
    struct vn_hub *hub;
    const atomic_bool *stop;
    int fd;
    struct vn_buf pending; /* bytes that wait to be written */
    struct vn_snapshot_writer *writer;
    struct vn_cursor cursor;
    struct vn_feed_item item;
    struct vn_buf value, text;
    int error; /* of the disk */
};

static enum vn_status write_pending(struct build *build)
{
    size_t done = 0;
    while (done < build->pending.len) {
        ssize_t wrote = write(build->fd, build->pending.data + done, build->pending.len - done);
        if (wrote < 0 && errno != EINTR) {
            build->error = errno;
            return errno == ENOSPC || errno == EDQUOT ? VN_FULL : VN_IO;
        }
        done += wrote > 0 ? (size_t)wrote : 0;
    }
    vn_buf_clear(&build->pending);
    return VN_OK;
}

static enum vn_status on_bytes(void *ctx, struct vn_view bytes)
{
    struct build *build = ctx;
    enum vn_status status = vn_buf_append(&build->pending, bytes);
    return status == VN_OK && build->pending.len >= FLUSH_BYTES ? write_pending(build) : status;
}

static enum vn_status put(struct build *build, enum vn_snapshot_section section, const void *key, size_t len)
{
    const struct vn_snapshot_row row = {section, vn_view_of(key, len), vn_buf_view(&build->value)};
    return vn_snapshot_put(build->writer, &row);
}

static enum vn_status begin_value(struct build *build, const char *key)
{
    uint8_t len = (uint8_t)strlen(key);
    vn_buf_clear(&build->value);
    enum vn_status status = vn_buf_append(&build->value, vn_view_of(&len, 1));
    return status == VN_OK ? vn_buf_append_str(&build->value, key) : status;
}

static enum vn_status put_tills(struct build *build)
{
    struct vn_posted_row rows[PAGE];
    struct vn_enrolment_id after = {{0}};
    unsigned count = PAGE;
    enum vn_status status = VN_OK;
    while (status == VN_OK && count == PAGE) {
        status = vn_storage_posted_after(build->hub->storage, &after, rows, PAGE, &count);
        for (unsigned i = 0; i < count && status == VN_OK; i++) {
            uint8_t seq[8];
            for (int byte = 0; byte < 8; byte++) {
                seq[byte] = (uint8_t)((uint64_t)rows[i].posted_seq >> (56 - 8 * byte));
            }
            after = rows[i].enrolment;
            vn_buf_clear(&build->value);
            status = vn_buf_append(&build->value, vn_view_of(seq, sizeof seq));
            if (status == VN_OK) {
                status = put(build, VN_SNAPSHOT_TILLS, after.bytes, VN_ID_BYTES);
            }
        }
    }
    return status;
}

static enum vn_status put_signed(struct build *build, const char *promotion)
{
    uint8_t number[8];
    enum vn_status status = vn_feed_rules_item(build->hub, promotion, &build->text, &build->item);
    if (status != VN_OK) {
        return status;
    }
    if (promotion != NULL) {
        memcpy(build->item.key, promotion, strlen(promotion) + 1);
    }
    for (int byte = 0; byte < 8; byte++) {
        number[byte] = (uint8_t)((uint64_t)build->item.number >> (56 - 8 * byte));
    }
    vn_buf_clear(&build->value);
    status = vn_feed_item_encode(&build->item, &build->value);
    return status == VN_OK ? put(build, VN_SNAPSHOT_RULES, number, sizeof number) : status;
}

/* Stops come in the order of their numbers, all above the ruleset's. */
static enum vn_status on_stopped(void *ctx, const char *promotion)
{
    return put_signed(ctx, promotion);
}

static enum vn_status put_rules(struct build *build)
{
    enum vn_status status = put_signed(build, NULL);
    if (status == VN_ABSENT) {
        return VN_OK; /* and so nothing is stopped */
    }
    return status == VN_OK ? vn_storage_stopped(build->hub->storage, on_stopped, build) : status;
}

static enum vn_status put_card(struct build *build, const struct vn_card_row *row)
{
    struct vn_member *member = &build->item.member;
    enum vn_status status = VN_OK;
    if (row->member == 0) {
        memset(member, 0, sizeof *member);
        member->known = true;
        member->blocked = true;
        vn_account_of_blocked(&row->card, member->account);
    } else {
        status = vn_feed_member(build->hub, row->member, member);
    }
    if (status == VN_ABSENT) {
        return VN_OK; /* a card that leads nowhere */
    }
    if (status == VN_OK) {
        status = begin_value(build, member->account);
    }
    if (status == VN_OK) {
        status = vn_member_row_write(member, &build->value);
    }
    return status == VN_OK ? put(build, VN_SNAPSHOT_CARDS, row->card.bytes, VN_HASH_SIZE) : status;
}

static enum vn_status put_cards(struct build *build)
{
    struct vn_card_row rows[PAGE];
    struct vn_hash after = {{0}};
    unsigned count = PAGE;
    enum vn_status status = VN_OK;
    while (status == VN_OK && count == PAGE) {
        status = atomic_load(build->stop)
                     ? VN_AGAIN
                     : vn_storage_cards_after(build->hub->storage, &after, rows, PAGE, &count);
        for (unsigned i = 0; i < count && status == VN_OK; i++) {
            after = rows[i].card;
            status = put_card(build, &rows[i]);
        }
    }
    return status;
}

static enum vn_status put_coupon(struct build *build, int64_t id, struct vn_hash *number)
{
    char account[VN_ID_MAX];
    (void)snprintf(account, sizeof account, "c%lld", (long long)id);
    enum vn_status status = vn_feed_coupon_item(build->hub, account, &build->item);
    if (status == VN_OK) {
        *number = build->item.cards[0];
        status = begin_value(build, account);
    }
    if (status == VN_OK) {
        status = vn_coupon_row_write(&build->item.coupon, &build->value);
    }
    return status == VN_OK ? put(build, VN_SNAPSHOT_COUPONS, number->bytes, VN_HASH_SIZE) : status;
}

static enum vn_status put_coupons(struct build *build)
{
    int64_t ids[PAGE];
    struct vn_hash after = {{0}};
    unsigned count = PAGE;
    enum vn_status status = VN_OK;
    while (status == VN_OK && count == PAGE) {
        status = atomic_load(build->stop)
                     ? VN_AGAIN
                     : vn_storage_coupons_after(build->hub->storage, &after, ids, PAGE, &count);
        for (unsigned i = 0; i < count && status == VN_OK; i++) {
            status = put_coupon(build, ids[i], &after);
        }
    }
    return status;
}

static enum vn_status put_items(struct build *build)
{
    char codes[PAGE][VN_CODE_MAX];
    char after[VN_CODE_MAX] = "";
    unsigned count = PAGE;
    enum vn_status status = VN_OK;
    while (status == VN_OK && count == PAGE) {
        status = atomic_load(build->stop)
                     ? VN_AGAIN
                     : vn_storage_items_after(build->hub->storage, after, codes, PAGE, &count);
        for (unsigned i = 0; i < count && status == VN_OK; i++) {
            memcpy(after, codes[i], sizeof after);
            status = vn_feed_goods_item(build->hub, after, &build->item);
            vn_buf_clear(&build->value);
            if (status == VN_OK) {
                status = vn_item_row_write(&build->item.item, &build->value);
            }
            if (status == VN_OK) {
                status = put(build, VN_SNAPSHOT_ITEMS, after, strlen(after));
            }
        }
    }
    return status;
}

/* All of it, from one moment. Runs again when the transaction collided, so it begins with an empty file. */
static enum vn_status fill(void *ctx, struct vn_storage *storage)
{
    struct build *build = ctx;
    vn_snapshot_writer_destroy(build->writer);
    build->writer = NULL;
    vn_buf_clear(&build->pending);
    enum vn_status status =
        ftruncate(build->fd, 0) == 0 && lseek(build->fd, 0, SEEK_SET) == 0 ? VN_OK : VN_IO;
    if (status == VN_OK) { /* of this moment: another epoch may have begun */
        status = vn_storage_number(storage, "epoch", &build->cursor.epoch);
    }
    if (status == VN_OK) {
        status = vn_storage_change_last(storage, &build->cursor.number);
    }
    if (status == VN_OK) {
        status = vn_snapshot_writer_create(&build->cursor, on_bytes, build, &build->writer);
    }
    static enum vn_status (*const sections[])(struct build *) = {put_tills, put_rules, put_cards, put_coupons,
                                                                 put_items};
    for (size_t i = 0; i < sizeof sections / sizeof *sections && status == VN_OK; i++) {
        status = sections[i](build);
    }
    if (status == VN_OK) {
        status = vn_snapshot_finish(build->writer);
    }
    return status == VN_OK ? write_pending(build) : status;
}

/* Gives the finished file its name. */
static enum vn_status publish(const struct build *build, const char *dir, const char *path,
                              struct vn_error *error)
{
    char cursor[VN_ID_MAX], name[VN_SNAPSHOT_NAME_MAX], final[VN_PATH_MAX], digits[9];
    uint8_t drawn[4];
    enum vn_status status = vn_random_fill(&build->hub->random, drawn, sizeof drawn);
    vn_hex_encode(vn_view_of(drawn, sizeof drawn), digits);
    vn_cursor_write(&build->cursor, cursor);
    (void)snprintf(name, sizeof name, PREFIX "%s-%s" SUFFIX, cursor, digits);
    if (status == VN_OK) {
        status = vn_file_path(dir, name, final, error);
    }
    if (status == VN_OK && (fsync(build->fd) != 0 || rename(path, final) != 0)) {
        status = vn_fail(error, VN_IO, "%s: %s", path, strerror(errno));
    }
    return status == VN_OK ? vn_file_sync(dir, error) : status;
}

enum vn_status vn_snapshot_build(struct vn_hub *hub, const char *dir, const atomic_bool *stop,
                                 struct vn_error *error)
{
    char path[VN_PATH_MAX];
    enum vn_status status = vn_file_path(dir, BUILDING, path, error);
    struct build *build = status == VN_OK ? calloc(1, sizeof *build) : NULL;
    if (build == NULL) {
        return status == VN_OK ? vn_fail(error, VN_NOMEM, "out of memory") : status;
    }
    build->hub = hub;
    build->stop = stop;
    vn_buf_init(&build->pending, (size_t)4 * VN_FEED_BYTES_MAX);
    vn_buf_init(&build->value, VN_FEED_BYTES_MAX);
    vn_buf_init(&build->text, VN_RULESET_MAX);
    build->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (build->fd < 0) {
        status = vn_fail(error, VN_IO, "%s: %s", path, strerror(errno));
    } else {
        status = vn_storage_unit(hub->storage, VN_SQL_SNAPSHOT, fill, build);
        if (build->error != 0) {
            (void)vn_fail(error, status, "%s: %s", path, strerror(build->error));
        }
    }
    if (status == VN_OK && build->fd >= 0) {
        status = publish(build, dir, path, error);
    }
    if (build->fd >= 0) {
        (void)close(build->fd);
    }
    if (status != VN_OK) {
        (void)unlink(path);
    }
    vn_snapshot_writer_destroy(build->writer);
    vn_buf_deinit(&build->pending);
    vn_buf_deinit(&build->value);
    vn_buf_deinit(&build->text);
    free(build);
    return status;
}
