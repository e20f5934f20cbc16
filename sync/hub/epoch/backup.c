#include "sync/hub/epoch/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/file.h"
#include "agent/base/json.h"
#include "agent/crypto/hash.h"
#include "agent/db/db.h"
#include "sync/hub/core/mark.h"
#include "sync/hub/ledger/audit.h"

#define MANIFEST_BYTES_MAX (64 * 1024 * 1024) /* 100 bytes an enrolment */

struct work {
    vn_backup_progress progress;
    void *ctx;
    const char *doing;
    struct vn_error *error;
    int64_t contradictions;
};

static void on_pages(void *ctx, int pages, int of)
{
    const struct work *work = ctx;
    if (work->progress != NULL) {
        work->progress(work->ctx, work->doing, pages, of);
    }
}

static void begin(struct work *work, const char *doing)
{
    work->doing = doing;
    on_pages(work, 0, 0);
}

/* --- the file --------------------------------------------------------------------------------------------- */

static enum vn_status copy(struct work *work, const char *from, const char *to)
{
    const struct vn_db_options options = {.mode = VN_DB_READER};
    struct vn_db *db = NULL;
    enum vn_status status = vn_db_open(from, &options, &db, work->error);
    if (status == VN_OK) {
        status = vn_db_copy(db, to, on_pages, work, work->error);
        vn_db_close(db);
    }
    return status;
}

static enum vn_status digest(const char *path, int64_t *bytes, char hex[2 * VN_HASH_SIZE + 1],
                             struct vn_error *error)
{
    static const size_t piece = 1024 * 1024;
    uint8_t hash[VN_HASH_SIZE];
    struct vn_sha256 sha;
    *bytes = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return vn_fail(error, errno == ENOENT ? VN_ABSENT : VN_IO, "%s: %s", path, strerror(errno));
    }
    uint8_t *data = malloc(piece);
    ssize_t len = data == NULL ? -1 : 0;
    vn_sha256_start(&sha);
    while (data != NULL && (len = read(fd, data, piece)) > 0) {
        vn_sha256_add(&sha, vn_view_of(data, (size_t)len));
        *bytes += len;
    }
    free(data);
    (void)close(fd);
    if (len < 0) {
        return vn_fail(error, VN_IO, "%s can't be read", path);
    }
    vn_sha256_finish(&sha, hash);
    vn_hex_encode(vn_view_of(hash, sizeof hash), hex);
    return VN_OK;
}

/* --- what is in it ---------------------------------------------------------------------------------------- */

static enum vn_status take_sentence(void *ctx, const char *sentence)
{
    struct work *work = ctx;
    if (work->contradictions++ == 0) {
        (void)vn_fail(work->error, VN_CORRUPT, "the copy contradicts itself: %s", sentence);
    }
    return VN_OK;
}

static enum vn_status verify_pages(const char *path, struct vn_error *error)
{
    const struct vn_db_options options = {.mode = VN_DB_READER};
    struct vn_db *db = NULL;
    enum vn_status status = vn_db_open(path, &options, &db, error);
    if (status == VN_OK) {
        status = vn_db_verify(db, error);
        vn_db_close(db);
    }
    return status;
}

static enum vn_status list_till(void *ctx, const struct vn_enrolment_row *row, const char *report,
                                int64_t report_ms)
{
    json_t *tills = ctx;
    char hex[2 * VN_ID_BYTES + 1];
    (void)report;
    (void)report_ms;
    vn_hex_encode(vn_view_of(row->enrolment.bytes, VN_ID_BYTES), hex);
    json_t *till = json_pack("{s:s, s:s, s:s, s:I}", "enrolment", hex, "store", row->store, "till", row->till,
                             "seq", (json_int_t)row->high_seq);
    return json_array_append_new(tills, till) == 0 ? VN_OK : VN_NOMEM;
}

/* Reads the copy as the hub would: its journals, its ledger, and how far it goes. */
static enum vn_status audit(struct work *work, const char *path, struct vn_clock clock, struct vn_backup *out)
{
    const struct vn_storage_options options = {.reader = true, .clock = clock, .random = vn_random_system()};
    struct vn_hub hub = {.clock = clock, .random = options.random};
    struct vn_position position;
    json_t *tills = json_array();
    enum vn_status status = vn_storage_open(path, &options, &hub.storage, work->error);
    if (status != VN_OK) {
        json_decref(tills);
        return status;
    }
    status = vn_audit(&hub, take_sentence, work, &out->entries);
    if (status == VN_OK) {
        status = vn_storage_position(hub.storage, &position);
    }
    if (status == VN_OK) {
        status = vn_storage_enrolments(hub.storage, list_till, tills);
    }
    vn_storage_close(hub.storage);
    out->tills = (int64_t)json_array_size(tills);
    if (status != VN_OK) {
        json_decref(tills);
        return vn_fail(work->error, status, "the copy can't be read: %s", vn_status_name(status));
    }
    out->manifest =
        json_pack("{s:i, s:I, s:I, s:I, s:I, s:o}", "schema", VN_BACKUP_SCHEMA, "epoch",
                  (json_int_t)position.epoch, "change", (json_int_t)position.change, "movement",
                  (json_int_t)position.movement, "published", (json_int_t)position.published, "tills", tills);
    return out->manifest == NULL ? VN_NOMEM : work->contradictions > 0 ? VN_CORRUPT : VN_OK;
}

static enum vn_status write_manifest(const char *folder, struct vn_backup *out, const char *sha256,
                                     int64_t made_ms, struct vn_error *error)
{
    struct vn_buf text;
    vn_buf_init(&text, MANIFEST_BYTES_MAX);
    enum vn_status status =
        json_object_set_new(out->manifest, "made_ms", json_integer(made_ms)) == 0 &&
                json_object_set_new(out->manifest, "bytes", json_integer(out->bytes)) == 0 &&
                json_object_set_new(out->manifest, "sha256", json_string(sha256)) == 0
            ? vn_json_dump(out->manifest, &text)
            : VN_NOMEM;
    if (status == VN_OK) {
        status = vn_buf_append_str(&text, "\n");
    }
    if (status == VN_OK) {
        status = vn_file_create_in(folder, "manifest.json", vn_buf_view(&text), error);
    }
    vn_buf_deinit(&text);
    return status;
}

/* --- making ----------------------------------------------------------------------------------------------- */

/* "20261122T174500Z" */
static void stamp(int64_t now_ms, char out[VN_TIME_TEXT_MAX])
{
    char text[VN_TIME_TEXT_MAX];
    size_t len = 0;
    vn_time_text(now_ms, text);
    for (const char *c = text; *c != '\0' && *c != '.'; c++) {
        if (*c != '-' && *c != ':') {
            out[len++] = *c;
        }
    }
    out[len++] = 'Z';
    out[len] = '\0';
}

static enum vn_status make_folder(const char *to, int64_t now_ms, char out[VN_PATH_MAX],
                                  struct vn_error *error)
{
    char name[VN_TIME_TEXT_MAX];
    stamp(now_ms, name);
    if (mkdir(to, 0700) != 0 && errno != EEXIST) {
        return vn_fail(error, VN_IO, "%s: %s", to, strerror(errno));
    }
    enum vn_status status = vn_file_path(to, name, out, error);
    if (status == VN_OK && mkdir(out, 0700) != 0) {
        return errno == EEXIST ? vn_fail(error, VN_CONFLICT, "%s exists: a backup is never overwritten", out)
                               : vn_fail(error, VN_IO, "%s: %s", out, strerror(errno));
    }
    return status == VN_OK ? vn_file_sync(to, error) : status;
}

static enum vn_status fill_folder(struct work *work, const char *from, struct vn_clock clock,
                                  struct vn_backup *out)
{
    char to[VN_PATH_MAX];
    char sha256[2 * VN_HASH_SIZE + 1];
    int64_t made_ms = vn_clock_wall_ms(&clock);
    enum vn_status status = vn_file_path(out->path, "hub.db", to, work->error);
    if (status == VN_OK) {
        begin(work, "copying");
        status = copy(work, from, to);
    }
    if (status == VN_OK) {
        begin(work, "reading the copy");
        status = verify_pages(to, work->error);
    }
    if (status == VN_OK) {
        begin(work, "auditing the copy");
        status = audit(work, to, clock, out);
    }
    if (status == VN_OK) {
        begin(work, "writing the manifest");
        status = digest(to, &out->bytes, sha256, work->error);
    }
    return status == VN_OK ? write_manifest(out->path, out, sha256, made_ms, work->error) : status;
}

enum vn_status vn_backup_make(const char *dir, const char *to, struct vn_clock clock,
                              vn_backup_progress progress, void *ctx, struct vn_backup *out,
                              struct vn_error *error)
{
    struct work work = {.progress = progress, .ctx = ctx, .error = error};
    char from[VN_PATH_MAX];
    *out = (struct vn_backup){.manifest = NULL};
    enum vn_status status = vn_file_path(dir, "hub.db", from, error);
    if (status == VN_OK) {
        status = vn_file_there(from, error);
    }
    if (status == VN_ABSENT) {
        return vn_fail(error, VN_ABSENT,
                       "there is no hub.db in %s; a chain in PostgreSQL is backed up with PostgreSQL's own "
                       "pg_basebackup, between backup --begin and backup --told",
                       dir);
    }
    if (status == VN_OK) {
        status = make_folder(to, vn_clock_wall_ms(&clock), out->path, error);
    }
    if (status != VN_OK) {
        out->path[0] = '\0';
        return status;
    }
    status = fill_folder(&work, from, clock, out);
    if (status != VN_OK) {
        char broken[VN_PATH_MAX + 8];
        (void)snprintf(broken, sizeof broken, "%s.broken", out->path);
        if (rename(out->path, broken) == 0) {
            (void)snprintf(out->path, sizeof out->path, "%.*s", (int)sizeof out->path - 1, broken);
        }
        json_decref(out->manifest);
        out->manifest = NULL;
    }
    return status;
}

/* --- the way back ----------------------------------------------------------------------------------------- */

static enum vn_status read_manifest(const char *from, struct vn_mark *mark, char sha256[2 * VN_HASH_SIZE + 1],
                                    struct vn_backup *out, struct vn_error *error)
{
    char path[VN_PATH_MAX];
    int64_t schema = 0;
    json_error_t why;
    enum vn_status status = vn_file_path(from, "manifest.json", path, error);
    if (status != VN_OK) {
        return status;
    }
    status = vn_file_there(path, error);
    if (status != VN_OK) {
        return status == VN_ABSENT
                   ? vn_fail(error, VN_ABSENT, "%s is no backup: it has no manifest.json", from)
                   : status;
    }
    out->manifest = json_load_file(path, JSON_REJECT_DUPLICATES, &why);
    if (out->manifest == NULL) {
        return vn_fail(error, VN_CORRUPT, "%s: %s", path, why.text);
    }
    struct vn_error wrong = {VN_OK, "", ""};
    struct vn_json_in in = vn_json_root(out->manifest, &wrong);
    vn_json_int(&in, "schema", VN_REQUIRED, 1, INT64_MAX, &schema);
    vn_json_int(&in, "bytes", VN_REQUIRED, 0, INT64_MAX, &out->bytes);
    vn_json_int(&in, "epoch", VN_REQUIRED, 1, INT64_MAX, &mark->position.epoch);
    vn_json_int(&in, "change", VN_REQUIRED, 0, INT64_MAX, &mark->position.change);
    vn_json_int(&in, "movement", VN_REQUIRED, 0, INT64_MAX, &mark->position.movement);
    vn_json_int(&in, "published", VN_REQUIRED, 0, INT64_MAX, &mark->position.published);
    vn_json_str(&in, "sha256", VN_REQUIRED, sha256, 2 * VN_HASH_SIZE + 1);
    out->tills = (int64_t)json_array_size(json_object_get(out->manifest, "tills"));
    if (wrong.status != VN_OK) {
        return vn_fail(error, VN_CORRUPT, "%s: %s %s", path, wrong.pointer, wrong.text);
    }
    return schema == VN_BACKUP_SCHEMA
               ? VN_OK
               : vn_fail(error, VN_UNSUPPORTED, "%s was made by a newer version of verno-hub", from);
}

/* The place must have the keys, since without them no till would know this hub, and no database. */
static enum vn_status check_place(const char *dir, char db[VN_PATH_MAX], struct vn_error *error)
{
    char path[VN_PATH_MAX];
    enum vn_status status = vn_file_path(dir, "publishing.key", path, error);
    if (status == VN_OK) {
        status = vn_file_there(path, error);
    }
    if (status == VN_ABSENT) {
        return vn_fail(error, VN_ABSENT,
                       "%s has no keys: put the chain's keys there first (the files *.key and *.pem of the "
                       "folder that was lost)",
                       dir);
    }
    if (status == VN_OK) {
        status = vn_file_path(dir, "hub.db", db, error);
    }
    if (status == VN_OK && access(db, F_OK) == 0) {
        return vn_fail(error, VN_CONFLICT, "%s exists: move it away first, with its -wal if there is one",
                       db);
    }
    if (status == VN_OK) {
        status = vn_file_path(dir, "hub.db-wal", path, error);
    }
    return status == VN_OK && access(path, F_OK) == 0
               ? vn_fail(error, VN_CONFLICT,
                         "%s exists, the log of a hub.db that was here: move it away first", path)
               : status;
}

static enum vn_status check_digest(const char *from, const char *path, const char *wanted, int64_t bytes,
                                   struct vn_error *error)
{
    char found[2 * VN_HASH_SIZE + 1];
    int64_t len = 0;
    enum vn_status status = digest(path, &len, found, error);
    if (status == VN_OK && (len != bytes || strcmp(found, wanted) != 0)) {
        return vn_fail(error, VN_CORRUPT, "%s is damaged: hub.db is not what its manifest says", from);
    }
    return status;
}

/* Another chain's backup has nothing that these tills and cards are known by. */
static enum vn_status check_chain(const char *dir, const char *path, struct vn_error *error)
{
    const struct vn_storage_options options = {
        .reader = true, .clock = vn_clock_system(), .random = vn_random_system()};
    struct vn_storage *storage = NULL;
    struct vn_hub_keys *keys = calloc(1, sizeof *keys);
    if (keys == NULL) {
        return vn_fail(error, VN_NOMEM, "out of memory");
    }
    enum vn_status status = vn_hub_keys_load(dir, keys, error);
    if (status == VN_OK) {
        status = vn_storage_open(path, &options, &storage, error);
    }
    if (status == VN_OK) {
        status = vn_hub_keys_match(keys, storage, false, dir, error);
    }
    vn_storage_close(storage);
    vn_hub_keys_deinit(keys);
    free(keys);
    return status;
}

/* What was given here since the backup, in epochs that it does not know of, is not given once more. */
static void keep_above(struct vn_position *at, const struct vn_position *before)
{
    at->epoch = before->epoch > at->epoch ? before->epoch : at->epoch;
    at->change = before->change > at->change ? before->change : at->change;
    at->movement = before->movement > at->movement ? before->movement : at->movement;
    at->published = before->published > at->published ? before->published : at->published;
}

enum vn_status vn_backup_restore(const char *from, const char *dir, vn_backup_progress progress, void *ctx,
                                 struct vn_backup *out, struct vn_error *error)
{
    struct work work = {.progress = progress, .ctx = ctx, .error = error};
    struct vn_mark mark = {.restored = true};
    struct vn_mark before = {.restored = false};
    struct vn_error ignored;
    char sha256[2 * VN_HASH_SIZE + 1];
    char source[VN_PATH_MAX];
    char db[VN_PATH_MAX];
    char mark_path[VN_PATH_MAX];
    *out = (struct vn_backup){.manifest = NULL};
    enum vn_status status = check_place(dir, db, error);
    if (status == VN_OK) {
        status = read_manifest(from, &mark, sha256, out, error);
    }
    if (status == VN_OK) {
        status = vn_file_path(from, "hub.db", source, error);
    }
    if (status == VN_OK) {
        begin(&work, "reading the backup");
        status = check_digest(from, source, sha256, out->bytes, error);
    }
    if (status == VN_OK) {
        status = check_chain(dir, source, error);
    }
    if (status == VN_OK) {
        status = vn_file_path(dir, "mark", mark_path, error);
    }
    if (status == VN_OK && vn_mark_read(mark_path, &before, &ignored) == VN_OK) {
        mark.time_ms = before.time_ms; /* the hub ran after the backup was made */
        keep_above(&mark.position, &before.position);
    }
    if (status == VN_OK) { /* first, so that no moment has the database without it */
        status = vn_mark_write(mark_path, &mark, error);
    }
    if (status == VN_OK) {
        begin(&work, "copying");
        status = copy(&work, source, db);
    }
    if (status == VN_OK) {
        (void)snprintf(out->path, sizeof out->path, "%s", db);
    }
    return status;
}
