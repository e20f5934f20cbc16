/* The cache's writer: opens what is in force or begins anew, applies checkpoints, builds snapshots.
 *
 * Nothing in here is precious: whatever can't be trusted is left behind for a new, empty generation, and the
 * hub sends it all again. What must not happen is a cache that is half one state and half another: a
 * checkpoint is one transaction with its cursor, a snapshot is a file of its own until it is whole. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/file.h"
#include "agent/base/planted.h"
#include "agent/store/cache_internal.h"

struct vn_cache_writer {
    char folder[VN_PATH_MAX];
    const char *vfs;
    struct vn_enrolment_id enrolment;
    int64_t generation;
    struct vn_cursor cursor;
    struct cache_load load;
    bool unseen; /* `load` is a generation that is not in force until everything up to needs_seq was told */
    int64_t needs_seq;
    int64_t
        told_seq; /* up to here rows are on the disk, so that the journal may drop its entries; 0: not known */
};

static const char tables[] =
    "CREATE TABLE meta (id INTEGER PRIMARY KEY CHECK (id = 1), enrolment BLOB NOT NULL,"
    "  epoch INTEGER NOT NULL, number INTEGER NOT NULL) STRICT;"
    "CREATE TABLE cards (card BLOB PRIMARY KEY, account TEXT NOT NULL, included_seq INTEGER NOT NULL,"
    "  row BLOB NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE coupons (number BLOB PRIMARY KEY, key TEXT NOT NULL, row BLOB NOT NULL) STRICT, WITHOUT "
    "ROWID;"
    "CREATE TABLE items (code TEXT PRIMARY KEY, row BLOB NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE rulesets (number INTEGER PRIMARY KEY, signature BLOB NOT NULL, text BLOB NOT NULL) STRICT;"
    "CREATE TABLE stops (number INTEGER PRIMARY KEY, signature BLOB NOT NULL, promotion TEXT NOT NULL)"
    "  STRICT;";

/* Made after a snapshot's rows: sorting once is faster than a million insertions. */
static const char indexes[] = "CREATE INDEX cards_account ON cards (account);"
                              "CREATE INDEX coupons_key ON coupons (key);"
                              "PRAGMA user_version=2;";
_Static_assert(CACHE_SCHEMA == 2, "the schema's number stands in `indexes`");

static enum vn_status add_meta(struct vn_db *db, const struct vn_enrolment_id *enrolment,
                               struct vn_error *error)
{
    struct vn_statement *insert = NULL;
    enum vn_status status = vn_db_prepare(db, "INSERT INTO meta VALUES (1, ?, 0, 0)", &insert, error);
    if (status == VN_OK) {
        vn_bind_blob(insert, 1, vn_view_of(enrolment->bytes, sizeof enrolment->bytes));
        status = vn_statement_run(insert);
        if (status != VN_OK) {
            vn_db_describe(db, status, error);
        }
        vn_statement_destroy(insert);
    }
    return status;
}

static enum vn_status open_db(const char *folder, const char *vfs, int64_t generation, enum vn_db_mode mode,
                              struct vn_db **out, struct vn_error *error)
{
    char path[VN_PATH_MAX];
    struct vn_db_options options = {
        .mode = mode, .vfs = vfs, .cache_kib = mode == VN_DB_BUILD ? CACHE_BUILD_KIB : CACHE_CACHE_KIB};
    generation_path(folder, generation, path);
    return vn_db_open(path, &options, out, error);
}

/* VN_CORRUPT for everything that means "not ours, begin anew". */
static enum vn_status check_meta(struct vn_cache_writer *writer, struct vn_error *error)
{
    struct vn_statement *meta = NULL;
    struct vn_view enrolment = vn_view_of(writer->enrolment.bytes, VN_ID_BYTES);
    enum vn_status status = vn_db_prepare(
        writer->load.db, "SELECT enrolment, epoch, number, (SELECT * FROM pragma_user_version) FROM meta",
        &meta, error);
    if (status == VN_ARG) { /* no such table */
        return vn_fail(error, VN_CORRUPT, "not a cache");
    }
    if (status != VN_OK) {
        return status;
    }
    status = vn_statement_step(meta);
    if (status == VN_ABSENT || (status == VN_OK && (vn_column_int(meta, 3) != CACHE_SCHEMA ||
                                                    !vn_view_equal(vn_column_blob(meta, 0), enrolment)))) {
        status = vn_fail(error, VN_CORRUPT, "cache of another schema or enrolment");
    } else if (status == VN_OK) {
        writer->cursor = (struct vn_cursor){vn_column_int(meta, 1), vn_column_int(meta, 2)};
    }
    vn_statement_destroy(meta);
    return status;
}

static void close_load(struct cache_load *load)
{
    vn_db_close(load->db); /* and its statements */
    vn_buf_deinit(&load->row);
    memset(load, 0, sizeof *load);
}

static enum vn_status open_current(struct vn_cache_writer *writer, struct vn_error *error)
{
    enum vn_status status = generation_current(writer->folder, &writer->generation);
    if (status != VN_OK) {
        return vn_fail(error, status, "no cache in %s", writer->folder);
    }
    status = open_db(writer->folder, writer->vfs, writer->generation, VN_DB_CACHE, &writer->load.db, error);
    if (status == VN_OK) {
        status = check_meta(writer, error);
    }
    if (status == VN_OK) {
        status = cache_load_prepare(&writer->load, error);
        status = status == VN_ARG ? VN_CORRUPT : status;
    }
    if (status != VN_OK) {
        close_load(&writer->load);
    }
    return status;
}

static enum vn_status open_fresh(struct vn_cache_writer *writer, struct vn_error *error)
{
    enum vn_status status = generation_next(writer->folder, &writer->generation, error);
    writer->cursor = (struct vn_cursor){0, 0};
    if (status == VN_OK) {
        status =
            open_db(writer->folder, writer->vfs, writer->generation, VN_DB_CACHE, &writer->load.db, error);
    }
    if (status == VN_OK) {
        status = vn_db_exec(writer->load.db, tables, error);
    }
    if (status == VN_OK) {
        status = vn_db_exec(writer->load.db, indexes, error);
    }
    if (status == VN_OK) {
        status = add_meta(writer->load.db, &writer->enrolment, error);
    }
    if (status == VN_OK) {
        status = cache_load_prepare(&writer->load, error);
    }
    if (status == VN_OK) {
        status = generation_select(writer->folder, writer->generation, error);
    }
    return status;
}

enum vn_status vn_cache_open(const char *folder, const struct vn_enrolment_id *enrolment, const char *vfs,
                             struct vn_cache_writer **out, bool *fresh, struct vn_error *error)
{
    *out = NULL;
    *fresh = false;
    struct vn_cache_writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL) {
        return vn_fail(error, VN_NOMEM, "out of memory");
    }
    writer->enrolment = *enrolment;
    writer->vfs = vfs;
    enum vn_status status = VN_OK;
    /* Room for the longest name of ours in it. */
    if (strlen(folder) + 48 < sizeof writer->folder) {
        (void)snprintf(writer->folder, sizeof writer->folder, "%s", folder);
        status = open_current(writer, error);
    } else {
        status = vn_fail(error, VN_ARG, "the name of the cache's folder is too long");
    }
    if (status == VN_ABSENT || status == VN_CORRUPT) {
        *fresh = true;
        status = open_fresh(writer, error);
    }
    if (status != VN_OK) {
        vn_cache_close(writer);
        return status;
    }
    generation_clean(writer->folder, writer->generation, writer->generation);
    *out = writer;
    return VN_OK;
}

void vn_cache_close(struct vn_cache_writer *writer)
{
    if (writer != NULL) {
        close_load(&writer->load);
        free(writer);
    }
}

void vn_cache_cursor(const struct vn_cache_writer *writer, struct vn_cursor *out)
{
    *out = writer->cursor;
}

/* Sets up who must have signed, and what rows without an included_seq have; VN_ARG for a key that can't be read. */
static enum vn_status set_up(struct cache_load *load, const struct vn_cache_frame *frame,
                             struct vn_public_key *key, struct vn_error *error)
{
    const char *pem = frame->publishing_key;
    load->included_seq = frame->included_seq;
    load->key = NULL;
    load->changed = false;
    load->refused = 0;
    if (pem == NULL) {
        return VN_OK;
    }
    enum vn_status status = vn_public_key_from_pem(vn_view_str(pem), key);
    if (status != VN_OK) {
        return status == VN_NOMEM ? vn_fail(error, status, "out of memory")
                                  : vn_fail(error, VN_ARG, "the publishing key can't be read");
    }
    load->key = key;
    return VN_OK;
}

/* Entries leave the journal when the rows here include them, so those rows must outlive a power loss; no others need to. */
static enum vn_status begin(const struct vn_cache_writer *writer, const struct vn_cache_frame *frame,
                            struct vn_error *error)
{
    bool told = frame->told_seq > writer->told_seq;
    enum vn_status status =
        vn_db_exec(writer->load.db, told ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL", error);
    return status == VN_OK ? vn_db_begin(writer->load.db, error) : status;
}

enum vn_status vn_cache_apply(struct vn_cache_writer *writer, struct vn_cache_frame *frame,
                              bool *ruleset_changed, unsigned *refused, struct vn_error *error)
{
    struct cache_load *load = &writer->load;
    struct vn_public_key key;
    struct vn_cursor cursor;
    *ruleset_changed = false;
    *refused = 0;
    enum vn_status status = set_up(load, frame, &key, error);
    if (status == VN_OK) {
        status = begin(writer, frame, error);
    }
    if (status != VN_OK) {
        return status;
    }
    status = cache_load_frame(load, frame->lines, &writer->cursor, &cursor, error);
    if (status == VN_OK) {
        status = vn_db_commit(load->db, error);
    } else {
        vn_db_rollback(load->db);
    }
    load->key = NULL;
    frame->selects = status == VN_OK && writer->unseen && frame->told_seq >= writer->needs_seq;
    if (frame->selects) {
        status = generation_select(writer->folder, writer->generation, error);
    }
    if (status == VN_OK) {
        writer->unseen = writer->unseen && !frame->selects;
        writer->cursor = cursor;
        writer->told_seq = frame->told_seq > writer->told_seq ? frame->told_seq : writer->told_seq;
        *ruleset_changed = load->changed;
        *refused = load->refused;
    }
    return status;
}

/* What the chain has signed outlives its snapshots: the hub can't take a number back by sending one. */
static enum vn_status carry_over(struct vn_db *from, struct cache_load *to, struct vn_error *error)
{
    static const char *const queries[] = {"SELECT number, signature, text FROM rulesets",
                                          "SELECT number, signature, promotion FROM stops"};
    enum vn_status status = VN_ABSENT;
    for (int i = 0; i < 2 && status == VN_ABSENT; i++) {
        struct vn_statement *read = NULL;
        struct vn_statement *add = to->sql[i == 0 ? LOAD_RULESET : LOAD_STOP];
        status = vn_db_prepare(from, queries[i], &read, error);
        while (status == VN_OK && (status = vn_statement_step(read)) == VN_OK) {
            char promotion[VN_ID_MAX] = "";
            vn_bind_int(add, 1, vn_column_int(read, 0));
            vn_bind_blob(add, 2, vn_column_blob(read, 1));
            if (i == 0) {
                vn_bind_blob(add, 3, vn_column_blob(read, 2));
            } else {
                status = vn_column_text(read, 2, promotion, sizeof promotion);
                vn_bind_text(add, 3, promotion);
            }
            if (status == VN_OK) {
                status = vn_statement_run(add);
            }
        }
        if (status != VN_ABSENT && read != NULL) {
            vn_db_describe(from, status, error);
        }
        vn_statement_destroy(read);
    }
    return status == VN_ABSENT ? VN_OK : status;
}

/* What a generation is filled from. */
struct filling {
    const struct vn_cache_frame *frame;   /* a frame, or */
    const struct vn_cache_source *source; /* a file */
    struct vn_cursor cursor;
    int64_t included_seq;
};

static enum vn_status fill(struct vn_cache_writer *writer, struct cache_load *build, struct filling *from,
                           struct vn_error *error)
{
    enum vn_status status = vn_db_exec(build->db, tables, error);
    if (status == VN_OK) {
        status = cache_load_prepare(build, error);
    }
    if (status == VN_OK) {
        status = vn_db_begin(build->db, error);
    }
    if (status == VN_OK) {
        status = add_meta(build->db, &writer->enrolment, error);
    }
    if (status == VN_OK) {
        status = carry_over(writer->load.db, build, error);
    }
    if (status == VN_OK) {
        status = from->source != NULL
                     ? cache_load_file(build, from->source, &writer->enrolment, &from->cursor,
                                       &from->included_seq, error)
                     : cache_load_frame(build, from->frame->lines, NULL, &from->cursor, error);
    }
    if (status == VN_OK) {
        status = vn_db_commit(build->db, error);
    }
    if (status == VN_OK) {
        status = vn_db_exec(build->db, indexes, error);
    }
    return status == VN_OK ? vn_db_settle(build->db, error) : status;
}

/* Opens the finished file as it will be used, and puts it in force, unless it has to wait for that. */
static enum vn_status put_in_force(struct vn_cache_writer *writer, int64_t generation,
                                   const struct vn_cursor *cursor, bool select, struct vn_error *error)
{
    struct cache_load next = {.db = NULL};
    enum vn_status status = open_db(writer->folder, writer->vfs, generation, VN_DB_CACHE, &next.db, error);
    if (status == VN_OK) {
        status = cache_load_prepare(&next, error);
    }
    if (status == VN_OK && select) {
        status = generation_select(writer->folder, generation, error);
    }
    if (status != VN_OK) {
        close_load(&next);
        return status;
    }
    close_load(&writer->load);
    writer->load = next;
    writer->generation = generation;
    writer->cursor = *cursor;
    writer->unseen = !select;
    writer->told_seq = 0; /* that was of the other file */
    return VN_OK;
}

static enum vn_status replace(struct vn_cache_writer *writer, struct cache_load *build, struct filling *from,
                              unsigned *refused, struct vn_error *error)
{
    int64_t generation = 0;
    int64_t in_force = 0;
    int64_t base_seq = from->source == NULL ? 0 : from->source->base_seq;
    enum vn_status status = generation_next(writer->folder, &generation, error);
    /* An agent runs for months. Behind the line above: a file whose removal a crash undoes must not find its number taken. */
    if (status == VN_OK && generation_current(writer->folder, &in_force) == VN_OK) {
        generation_clean(writer->folder, in_force, writer->generation);
    }
    if (status == VN_OK) {
        status = open_db(writer->folder, writer->vfs, generation, VN_DB_BUILD, &build->db, error);
    }
    if (status == VN_OK) {
        status = fill(writer, build, from, error);
    }
    unsigned left_out = build->refused;
    close_load(build);
    if (status == VN_OK && VN_PLANTED(OLD_LOG_REPLAYED)) {
        char from_path[VN_PATH_MAX];
        char to_path[VN_PATH_MAX];
        generation_path(writer->folder, generation, from_path);
        generation = writer->generation;
        generation_path(writer->folder, generation, to_path);
        status = rename(from_path, to_path) == 0 ? VN_OK : VN_IO;
    }
    if (status == VN_OK) {
        status = put_in_force(writer, generation, &from->cursor, from->included_seq >= base_seq, error);
    }
    if (status != VN_OK) {
        int64_t current = 0;
        if (generation > 0 &&
            (generation_current(writer->folder, &current) != VN_OK || current != generation)) {
            generation_remove(writer->folder, generation);
        }
        return status;
    }
    writer->needs_seq = base_seq;
    *refused = left_out;
    return VN_OK;
}

enum vn_status vn_cache_replace(struct vn_cache_writer *writer, const struct vn_cache_frame *frame,
                                unsigned *refused, struct vn_error *error)
{
    struct cache_load build = {.building = true};
    struct filling from = {.frame = frame};
    struct vn_public_key key;
    *refused = 0;
    enum vn_status status = set_up(&build, frame, &key, error);
    return status == VN_OK ? replace(writer, &build, &from, refused, error) : status;
}

enum vn_status vn_cache_replace_from(struct vn_cache_writer *writer, const struct vn_cache_source *source,
                                     bool *selected, unsigned *refused, struct vn_error *error)
{
    const struct vn_cache_frame none = {.included_seq = -1, .publishing_key = source->publishing_key};
    struct cache_load build = {.building = true};
    struct filling from = {.source = source};
    struct vn_public_key key;
    *refused = 0;
    *selected = false;
    enum vn_status status = set_up(&build, &none, &key, error);
    if (status == VN_OK) {
        status = replace(writer, &build, &from, refused, error);
    }
    if (status == VN_OK) {
        vn_cache_part_drop(source->part);
        *selected = !writer->unseen;
    }
    return status;
}
